"""A plain client of the simulator. It shares nothing with the project's own: that is what it checks."""

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from simulator.world import little_world

TIMEOUT_S = 10
POLL_S = 0.01
MINI = "wx00000000000000b1"
OTHER = "wx00000000000000b2"


class Client:
    """Calls WeChat with the right tokens, and the control side."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self._tokens: dict[str, str] = {}

    def forget_tokens(self) -> None:
        """Drop the cached tokens."""
        self._tokens.clear()

    def sim(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control side."""
        answer = self.session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send anything."""
        return self.session.request(method, self.url + path, **{"timeout": TIMEOUT_S, **options})

    def component_token_answer(self, **changes: Any) -> dict[str, Any]:
        """Ask for a component token, with changes to a correct body."""
        body = {
            "component_appid": little_world.PLATFORM_APPID,
            "component_appsecret": little_world.PLATFORM_SECRET,
            "component_verify_ticket": little_world.TICKET,
            **changes,
        }
        return self.post("/cgi-bin/component/api_component_token", body)

    def component_token(self) -> str:
        """Give a component token, asked for once."""
        if "" not in self._tokens:
            self._tokens[""] = self.component_token_answer()["component_access_token"]
        return self._tokens[""]

    def authorizer_token_answer(self, appid: str = MINI, **changes: Any) -> dict[str, Any]:
        """Ask for an authorizer token, with changes to a correct body."""
        body = {
            "component_appid": little_world.PLATFORM_APPID,
            "authorizer_appid": appid,
            "authorizer_refresh_token": self.refresh_token(appid),
            **changes,
        }
        return self.component("/cgi-bin/component/api_authorizer_token", body)

    def refresh_token(self, appid: str) -> str:
        """Look up a Mini Program's refresh token."""
        token: str = self.sim("POST", "miniprograms", {"appid": appid})[0]["refresh_token"]
        return token

    def token(self, appid: str = MINI) -> str:
        """Give an authorizer token, asked for once."""
        if appid not in self._tokens:
            self._tokens[appid] = self.authorizer_token_answer(appid)["authorizer_access_token"]
        return self._tokens[appid]

    def post(self, path: str, body: Any, *, token: str | None = None, **options: Any) -> dict[str, Any]:
        """POST raw UTF-8 JSON."""
        data = json.dumps(body, ensure_ascii=False).encode()
        answer: dict[str, Any] = self.raw("POST", path + _query(token), data=data, **options).json()
        return answer

    def component(self, path: str, body: Any) -> dict[str, Any]:
        """POST with the component token."""
        return self.post(path, body, token=self.component_token())

    def mini(self, name: str, body: Any = None, *, appid: str = MINI, **options: Any) -> dict[str, Any]:
        """POST /wxa/NAME for a Mini Program."""
        return self.post(f"/wxa/{name}", body or {}, token=self.token(appid), **options)

    def get(self, name: str, *, appid: str = MINI, **query: Any) -> dict[str, Any]:
        """GET /wxa/NAME for a Mini Program."""
        params = {"access_token": self.token(appid), **query}
        answer: dict[str, Any] = self.raw("GET", f"/wxa/{name}", params=params).json()
        return answer

    def approve(self, **changes: Any) -> int:
        """Commit, submit and let it pass; gives the audit's id."""
        self.commit_and_scan(**changes)
        auditid: int = self.mini("submit_audit")["auditid"]
        self.sim("POST", f"audits/{MINI}", {"status": 0})
        return auditid

    def put_live(self, **changes: Any) -> None:
        """Approve a version and release it."""
        self.approve(**changes)
        assert self.mini("release")["errcode"] == 0

    def live(self, appid: str = MINI) -> dict[str, Any]:
        """Give what is live of one Mini Program, what was, and what was done to it."""
        live: dict[str, Any] = self.sim("GET", f"live?appid={appid}")[appid]
        return live

    def commit(self, **changes: Any) -> dict[str, Any]:
        """Commit version 1.0.0 of template 1, or something else."""
        body = {
            "template_id": 1,
            "ext_json": "{}",
            "user_version": "1.0.0",
            "user_desc": "新版本",
            **changes,
        }
        return self.mini("commit", body)

    def commit_and_scan(self, **changes: Any) -> None:
        """Commit, and let the privacy scan end."""
        assert self.commit(**changes)["errcode"] == 0
        self.advance(60)

    def advance(self, seconds: float) -> None:
        """Turn WeChat's clock forward."""
        self.sim("POST", "clock", {"advance_s": seconds})

    def fault(self, kind: str, **fields: Any) -> None:
        """Script a fault."""
        self.sim("POST", "faults", {"kind": kind, **fields})

    def state(self, appid: str = MINI) -> dict[str, Any]:
        """Give the state of one Mini Program."""
        state: dict[str, Any] = self.sim("GET", f"state?appid={appid}")["miniprograms"][appid]
        return state

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        """List the recorded calls of one endpoint."""
        calls: list[dict[str, Any]] = self.sim("GET", f"calls?endpoint={endpoint}")["calls"]
        return calls


def until(condition: Callable[[], Any]) -> None:
    """Wait for the condition, with a deadline."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(POLL_S)


def _query(token: str | None) -> str:
    return "" if token is None else f"?access_token={token}"
