"""Release a version to a Mini Program by HTTP, and wait for the end: python release.py APPID TEMPLATE_ID VERSION."""

import os
import sys
import time
from typing import Any

import requests

API = os.environ["MPRELEASE_API"]  # http://127.0.0.1:8080/api/v1
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['MPRELEASE_KEY']}"


def call(method: str, path: str, document: object = None) -> dict[str, Any]:
    """Ask, and ask again where the answer got lost or Redis was away: the same request twice is one release."""
    for _ in range(20):
        try:
            answer = session.request(method, API + path, json=document, timeout=30)
        except requests.ConnectionError:
            time.sleep(1)
            continue
        if answer.status_code not in (429, 503):
            break
        time.sleep(int(answer.headers["Retry-After"]))
    else:
        sys.exit("the API was away for too long")
    found: dict[str, Any] = answer.json()
    if not answer.ok:
        sys.exit(f"{answer.status_code}: {found['detail']}")
    return found


appid, template_id, version = sys.argv[1:]
request = {
    "appid": appid,
    "template_id": int(template_id),
    "user_version": version,
    "user_desc": "new checkout",
}
release_id = call("POST", "/releases", request)["release_id"]
while True:
    release = call("GET", f"/releases/{release_id}")
    if release["status"] not in ("queued", "running", "waiting"):
        break
    time.sleep(1)
stopped = release["block"] or release["failure"]
print(release["status"], release["auditid"] or (stopped and stopped["remedy"]))
sys.exit(release["status"] != "submitted")
