"""The world the simulator starts with. Nothing in it is secret: the values are made up and fixed."""

from typing import Any

from simulator.world.platform import Platform
from simulator.world.secret_book import SecretBook
from simulator.world.world import World

PLATFORM_APPID = "wx00000000000000aa"
PLATFORM_SECRET = "simulated-appsecret-0123456789ab"  # noqa: S105 - made up
TICKET = "ticket@@@simulated-component-verify-ticket"
#: Token and EncodingAESKey of its pushes.
PUSH_TOKEN = "simulated-push-token"  # noqa: S105 - made up
PUSH_KEY = "simulatedEncodingAESKey" + 20 * "0"

PUBLISHED = ["api.example.com", "ws.example.com", "cdn.example.com", "upload.example.com"]
#: Registered in the testing version of the pool only: modify_domain refuses it until it is published.
TESTING_ONLY = "beta.example.com"
#: The pool of business domains.
WEBVIEW = ["pages.example.com"]
NO_ICP = ["unfiled.example.com"]
TEMPLATES = [1, 2, 3]

#: What a worker for this platform has in its settings.
PLATFORM_DOMAINS = {
    "requestdomain": ["https://api.example.com"],
    "wsrequestdomain": ["wss://ws.example.com"],
    "uploaddomain": ["https://upload.example.com"],
    "downloaddomain": ["https://cdn.example.com"],
}

MINIPROGRAMS: list[dict[str, Any]] = [
    {
        "appid": "wx00000000000000b1",
        "refresh_token": "refreshtoken@@@simulated-b1",
        "domains": {"requestdomain": ["https://shop-b1.example.net"]},
    },
    {
        "appid": "wx00000000000000b2",
        "refresh_token": "refreshtoken@@@simulated-b2",
        "domains": PLATFORM_DOMAINS,
    },
    {
        "appid": "wx00000000000000b3",
        "refresh_token": "refreshtoken@@@simulated-b3",
        "rotates_refresh_token": True,
    },
    {"appid": "wx00000000000000b4", "refresh_token": "refreshtoken@@@simulated-b4"},
]


def empty(secrets: SecretBook) -> World:
    """Make a world with the platform and its ticket, and nothing else."""
    world = World(Platform(PLATFORM_APPID, PLATFORM_SECRET), secrets)
    world.add_ticket(TICKET)
    return world


def little(secrets: SecretBook) -> World:
    """Make the world a developer starts with."""
    world = empty(secrets)
    world.patch_platform(
        {
            "published": PUBLISHED,
            "testing": [*PUBLISHED, TESTING_ONLY],
            "webview_published": WEBVIEW,
            "webview_testing": WEBVIEW,
            "no_icp": NO_ICP,
            "templates": TEMPLATES,
        }
    )
    for wanted in MINIPROGRAMS:
        world.put_miniprogram(wanted)
    return world
