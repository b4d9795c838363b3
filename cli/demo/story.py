"""`mprelease demo`: the whole thing on one machine, with nothing configured and nothing left behind.

A real Redis, a real worker and a real receiver, and the simulator over real HTTP; the releases are enqueued, published
and followed by the commands that operators use. What they say is checked against what WeChat was told and what it has live.
"""

from __future__ import annotations

import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from cli import language
from cli.demo.operator import DemoFailed, Operator, expect
from cli.demo.processes import receiver, simulator, worker
from cli.demo.redis import embedded_redis
from cli.demo.world import World
from cli.printing import notes

#: Wanted by the third shop and not registered on the platform, until we do.
_NEW_HOST = "pay.example.com"
#: The errcode that says so.
_NOT_REGISTERED = 85018
_DOMAINS = {"requestdomain": ["https://api.example.com"], "wsrequestdomain": ["wss://ws.example.com"]}
_MORE_DOMAINS = {**_DOMAINS, "requestdomain": [*_DOMAINS["requestdomain"], f"https://{_NEW_HOST}"]}
_VERSION = "1.0.0"
#: As WeChat writes it, and as people read it.
_REASON_SENT = "1:小程序内容不符合规则:<br>(1):页面 pages/order 无法打开"
_REASON_SHOWN = "1:小程序内容不符合规则:\n(1):页面 pages/order 无法打开"

PLAIN, THERE, UNREGISTERED, SHAKY = (f"wx{number:016x}" for number in range(0xD1, 0xD5))
_STORY = {
    PLAIN: "gets its domains, is committed and submitted, passes and goes live",
    THERE: "has its domains already: no add is sent; its audit is rejected, and submitted once more",
    UNREGISTERED: f"wants https://{_NEW_HOST}, which the platform has not registered: blocked by {_NOT_REGISTERED}; "
    "and blocked again where going live would drop it",
    SHAKY: "meets a busy WeChat twice: retried by itself",
}


def run() -> None:
    """Run the demonstration; exits 0 when every release got live as it should."""
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mprelease-demo-")))
        notes.rule("starting Redis, a simulated WeChat, a receiver of its pushes, and a worker")
        redis_url = stack.enter_context(embedded_redis())
        world = World(stack.enter_context(simulator("--scan-s", "3")))
        _prepare(world)
        shop = Operator(directory, redis_url, world.url, _DOMAINS)
        receiver_url = stack.enter_context(receiver(shop.environment, directory / "receiver.log"))
        log = directory / "worker.log"
        stack.enter_context(worker(shop.environment, log))
        try:
            answer = world.push_ticket(receiver_url)
            expect(answer == {"status": 200, "text": "success"}, f"the receiver answered {answer}")
            notes.print(f"WeChat pushes a ticket: {answer['text']}", markup=False)
            shop.authorize({appid: _refresh_token(appid) for appid in _STORY})
            _tell(shop, world)
        except DemoFailed as error:
            notes.print(f"[bold red]the demo failed:[/] {error}")
            for line in log.read_text(errors="replace")[-4000:].splitlines():
                notes.print(line, markup=False)
            raise SystemExit(1) from None


def _prepare(world: World) -> None:
    for appid in _STORY:
        world.add_shop(appid, _refresh_token(appid), _DOMAINS if appid == THERE else None)
    world.add_fault(SHAKY, "commit", kind="errcode", errcode=-1, times=2)


def _tell(shop: Operator, world: World) -> None:
    for appid, what in _STORY.items():
        notes.print(f"  {appid}  {what}")
    _to_audit(shop, world)
    _through_audit(shop, world)
    _to_live(shop, world)
    _mended(shop, world)
    _ended(shop, world)


def _to_audit(shop: Operator, world: World) -> None:
    notes.rule("mprelease enqueue --file wave.jsonl --wait")
    first = {release["appid"]: release for release in shop.enqueue(map(_request, _STORY))}
    blocked = first[UNREGISTERED]
    expect(blocked["status"] == "blocked", "the unregistered domain did not block its release")
    expect(blocked["block"]["errcode"] == _NOT_REGISTERED, f"the block is not {_NOT_REGISTERED}")
    expect("commit" not in world.counts(UNREGISTERED), "the blocked release was committed")
    expect("add" not in world.actions(THERE), "an add was sent though nothing was missing")
    attempt = first[SHAKY]["attempts"]["commit_code"]
    expect(world.counts(SHAKY)["commit"] == attempt > 1, f"{SHAKY} was not committed at attempt {attempt}")
    for appid in _STORY:
        notes.print(f"  {appid}  {' '.join(world.told(appid))}", markup=False)
    notes.print()
    notes.print(f"retried: {SHAKY} by itself, committed at attempt {attempt}")
    _tell_block(blocked)
    notes.rule(f"the platform registers {_NEW_HOST}; mprelease resume {blocked['id']} --wait")
    world.register(_NEW_HOST)
    shop.documents("resume", blocked["id"], "--wait")
    for appid in _STORY:
        expect(
            world.effects(appid) == {"submit_audit": 1}, f"{appid} is not submitted once, or more was done"
        )


def _through_audit(shop: Operator, world: World) -> None:
    notes.rule("WeChat decides, and pushes it: three audits pass, one is rejected")
    passed = (PLAIN, UNREGISTERED, SHAKY)
    world.approve(*passed)
    world.reject(THERE, _REASON_SENT)
    decided = shop.wait_for({**dict.fromkeys(passed, "approved"), THERE: "rejected"})
    for appid in _STORY:
        notes.print(f"  {appid}  {decided[appid]['review']['status']}")
    reason = decided[THERE]["review"]["reason"]
    expect(reason == _REASON_SHOWN, f"the reason reads {reason}")
    notes.print(f"reason:  {' '.join(reason.splitlines())}", markup=False)
    rejected = decided[THERE]["id"]
    notes.rule(f"the merchant repairs the page; mprelease resume {rejected} --wait")
    shop.documents("resume", rejected, "--wait")
    expect(world.effects(THERE) == {"submit_audit": 2}, "what was rejected was not submitted once more")


def _to_live(shop: Operator, world: World) -> None:
    notes.rule(f"{_NEW_HOST} leaves the platform's pool; mprelease publish --wave demo --wait")
    world.unregister(_NEW_HOST)
    ordered = shop.documents("publish", "--wave", "demo", "--yes", "--wait", codes=(1,))
    published = {release["appid"]: release for release in ordered}
    for appid in (PLAIN, SHAKY):
        _expect_live(published[appid], world)
    stopped = published[UNREGISTERED]
    expect(
        stopped["status"] == "blocked",
        f"{UNREGISTERED} is {stopped['status']} though a domain would be dropped",
    )
    expect(world.live(UNREGISTERED) is None, "the stopped publication is live")
    expect("release" not in world.counts(UNREGISTERED), "the stopped publication was sent")
    _tell_block(stopped)
    notes.rule(f"the platform registers {_NEW_HOST} again; mprelease resume {stopped['id']} --wait")
    world.register(_NEW_HOST)
    _expect_live(shop.documents("resume", stopped["id"], "--wait")[0], world)


def _mended(shop: Operator, world: World) -> None:
    world.approve(THERE)
    approved = shop.wait_for({THERE: "approved"})[THERE]["id"]
    notes.rule(f"its second audit has passed; mprelease publish {approved} --wait")
    _expect_live(shop.documents("publish", approved, "--yes", "--wait")[0], world)


def _ended(shop: Operator, world: World) -> None:
    notes.rule("mprelease list")
    ended = shop.documents("list")
    shop.show("list")
    expect(len(ended) == len(_STORY), "there are more releases than were enqueued")
    for release in ended:
        _expect_live(release, world)
        submitted = 2 if release["appid"] == THERE else 1
        effects = world.effects(release["appid"])
        expect(
            release["auditid"] == world.auditid(release["appid"]),
            f"audit {release['auditid']} is not the latest",
        )
        expect(effects == {"submit_audit": submitted, "release": 1}, f"{release['appid']}: {effects}")
    notes.rule("every Mini Program is live, published once, with all its domains")


def _tell_block(release: dict[str, Any]) -> None:
    block = release["block"]
    expect(
        block["domains"] == {"requestdomain": [f"https://{_NEW_HOST}"]}, f"the block names {block['domains']}"
    )
    notes.print(f"blocked: {', '.join(block['domains']['requestdomain'])}: {block['errmsg']}", markup=False)
    notes.print(f"remedy:  {language.speech().remedy(block['remedy'], block['errcode'])}", markup=False)
    notes.print()


def _expect_live(release: dict[str, Any], world: World) -> None:
    appid, live = release["appid"], world.live(release["appid"])
    expect(
        (release["status"], live) == ("live", _VERSION), f"{appid} is {release['status']}, and live is {live}"
    )
    lacking = world.lacks(appid, _domains_of(appid))
    expect(not lacking, f"{appid} is live without {lacking}")


def _request(appid: str) -> dict[str, Any]:
    return {
        "appid": appid,
        "template_id": 1,
        "user_version": _VERSION,
        "user_desc": "演示 the demo's version",
        "ext": {"extAppid": appid, "ext": {"shop": "演示"}},
        "wave": "demo",
        "domains": _MORE_DOMAINS if appid == UNREGISTERED else None,
    }


def _domains_of(appid: str) -> dict[str, list[str]]:
    return _MORE_DOMAINS if appid == UNREGISTERED else _DOMAINS


def _refresh_token(appid: str) -> str:
    return f"refreshtoken@@@demo-{appid}"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
