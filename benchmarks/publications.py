"""A wave from enqueue to live on this machine, watched: `python -m benchmarks.publications [--releases N]`.

Real Redis, real workers, a receiver of WeChat's pushes, the simulator; one per cent of the Mini Programs meets each kind of
trouble, and one per cent is approved and never ordered. Prints what became of them; 1 if one ended as it should not, if the
counts do not add up, or if WeChat has published what was not ordered, or twice.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.watched import say, watch
from tests.support import forks, receivers
from tests.support.receivers import KEY, TOKEN
from tests.support.workers import Platform, platform, wait_for

RELEASES = 2000
WORKERS = 2
CONCURRENCY = 32
WAVE, NEVER_ORDERED = "spring", "next-month"
#: Audits are decided so long after they were submitted.
DECIDED_AFTER_S = 2
#: A domain that is lost brakes the wave; so often it is resumed at the most.
MOST_RESUMES = 20


@dataclass(frozen=True)
class Kind:
    """What one per cent meets, how it ends, and how often its version is published."""

    status: str = "live"
    step: str = "verify_live"
    published: int = 1
    shop: Mapping[str, Any] = field(default_factory=dict)
    fault: Mapping[str, Any] | None = None
    wave: str = WAVE


_REJECTED: dict[str, Any] = {"status": "rejected", "step": "submit_audit", "published": 0}
_RELEASE = {"endpoint": "release"}
PLAIN, FOREIGN, WITHDRAWN, LOST = "plain", "newer foreign audit", "withdrawn", "domain lost"
KINDS: dict[str, Kind] = {
    "busy": Kind(fault={"endpoint": "commit", "kind": "errcode", "errcode": -1, "times": 2}),
    "submission cut": Kind(fault={"endpoint": "submit_audit", "kind": "cut_after", "skip": 1}),
    "not registered": Kind(
        "blocked",
        "ensure_domains",
        0,
        fault={
            "endpoint": "modify_domain",
            "action": "add",
            "kind": "errcode",
            "errcode": 85018,
            "times": -1,
        },
    ),
    "rejected": Kind(
        **_REJECTED, shop={"audit_plan": [{"after_s": 1, "status": 1, "reason": "1:内容<br>(1):页面"}]}
    ),
    WITHDRAWN: Kind(**_REJECTED, shop={"audit_plan": [{"after_s": 1, "status": 3}]}),
    "delayed": Kind(
        shop={"audit_plan": [{"after_s": 1, "status": 4, "reason": "慢"}, {"after_s": 3, "status": 0}]}
    ),
    FOREIGN: Kind("blocked", "publish", 0, shop={"audit_plan": []}),
    "cut after release": Kind(fault={**_RELEASE, "kind": "cut_after"}),
    "cut before release": Kind(fault={**_RELEASE, "kind": "cut_before"}),
    "85052": Kind(fault={**_RELEASE, "kind": "errcode", "errcode": 85052, "apply": True}),
    "85020 twice": Kind(fault={**_RELEASE, "kind": "errcode", "errcode": 85020, "times": 2}),
    "{}": Kind(fault={**_RELEASE, "kind": "body", "body": "{}"}),
    "shown late": Kind(shop={"live_after_s": 3}),
    LOST: Kind(shop={"loses_at_release": ["ws.example.com"]}),
    "never ordered": Kind("approved", "submit_audit", 0, wave=NEVER_ORDERED),
    PLAIN: Kind(),
}


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publications", description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    parser.add_argument("--workers", type=int, default=WORKERS)
    options = parser.parse_args()
    forks.Server.is_used = False
    with tempfile.TemporaryDirectory(prefix="mprelease-publications-") as directory, ExitStack() as stack:
        home, secrets = Path(directory), Path(directory, "secrets")
        secrets.mkdir()
        made = stack.enter_context(platform(home, "--scan-s", "0.5", settings=_settings(secrets)))
        told = {"MPRELEASE_REDIS__URL": made.redis_url}
        receiver = stack.enter_context(receivers.receiver(made.directory, told))
        pushes = {"push_to": receiver.url, "push_token": TOKEN, "push_key": KEY}
        plan = [{"after_s": DECIDED_AFTER_S, "status": 0}]
        made.sim("POST", "platform", {**pushes, "audit_plan": plan})
        kinds = _shops(made, options.releases)
        for _ in range(options.workers):
            stack.enter_context(made.worker("--concurrency", str(CONCURRENCY)))
        _to_audit(made, kinds)
        _through_audit(made, kinds)
        report = _to_live(made)
        problems = [*_wrong_ends(made, kinds), *_wrong_counts(made, report)]
        say(*problems, "all as it should be" if not problems else f"{len(problems)} problems")
        return 1 if problems else 0


def _settings(secrets: Path) -> dict[str, str]:
    return {
        **receivers.SETTINGS,
        # Beside the logs it would be too large to be read.
        "MPRELEASE_SECRETS_DIR": str(secrets),
        "MPRELEASE_RETRY__SCAN_WAIT_S": "1",
        "MPRELEASE_WECHAT__READ_TIMEOUT_S": "30",
        "MPRELEASE_WORKER__STEP_DEADLINE_S": "60",
    }


def _shops(made: Platform, number: int) -> dict[str, str]:
    """The Mini Programs, by appid of which kind each is."""
    appids, share = made.mini_programs(number), max(1, number // 100)
    names = [name for name in KINDS if name != PLAIN for _ in range(share)]
    kinds = dict(zip(appids, names + [PLAIN] * (number - len(names)), strict=True))
    shops = [{"appid": appid, **KINDS[kind].shop} for appid, kind in kinds.items() if KINDS[kind].shop]
    made.sim("POST", "miniprograms", shops)
    faults = [
        {"appid": appid, **(KINDS[kind].fault or {})} for appid, kind in kinds.items() if KINDS[kind].fault
    ]
    made.sim("POST", "faults", faults)
    return kinds


def _to_audit(made: Platform, kinds: Mapping[str, str]) -> None:
    path = made.directory / "wave.jsonl"
    requests = [made.request(appid, wave=KINDS[kind].wave) for appid, kind in kinds.items()]
    path.write_text("\n".join(map(json.dumps, requests)))
    began = time.monotonic()
    made.run("enqueue", "--file", str(path))
    report = watch(made, WAVE)
    watch(made, NEVER_ORDERED)
    say(f"to the audit in {time.monotonic() - began:.0f} s: {_counts(report)}")


def _through_audit(made: Platform, kinds: Mapping[str, str]) -> None:
    began = time.monotonic()
    ours = {release["appid"]: release["auditid"] for release in made.releases()}
    foreign = [appid for appid, kind in kinds.items() if kind == FOREIGN]
    made.sim(
        "POST",
        "others",
        [{"appid": appid, "user_version": "6.6.6", "up_to": "submitted"} for appid in foreign],
    )
    for appid in foreign:
        made.sim("POST", f"audits/{appid}", {"auditid": ours[appid], "status": 0})
    # WeChat does not push that one was withdrawn: a person asks.
    unheard = sum(kind == WITHDRAWN for kind in kinds.values())
    wait_for(lambda: len(_under_audit(made)) <= unheard, patience_s=600)
    made.run("audits", "--ask")
    wait_for(lambda: not _under_audit(made), patience_s=600)
    say(f"decided and read in {time.monotonic() - began:.0f} s")


def _under_audit(made: Platform) -> list[dict[str, Any]]:
    return made.documents("list", "--status", "submitted")


def _to_live(made: Platform) -> dict[str, Any]:
    began = time.monotonic()
    made.run("publish", "--wave", WAVE, "--yes")
    report = watch(made, WAVE)
    resumes = 0
    while report["publication"]["state"] == "braked" or made.documents(
        "list", "--step", "verify_live", "--status", "blocked"
    ):
        assert resumes < MOST_RESUMES, report["publication"]
        resumes += 1
        made.run("resume", "--wave", WAVE, code=None)
        report = watch(made, WAVE)
    say(
        f"published in {time.monotonic() - began:.0f} s, resumed {resumes} times: {_counts(report['publication'])}"
    )
    return report


def _wrong_ends(made: Platform, kinds: Mapping[str, str]) -> Iterator[str]:
    live = made.sim("GET", "live")
    releases = {release["appid"]: release for release in made.releases()}
    for appid, name in kinds.items():
        kind, release, shown = KINDS[name], releases[appid], live[appid]
        version = None if shown["live"] is None else shown["live"]["user_version"]
        ended = (release["status"], release["step"], shown["effects"].get("release", 0), version)
        if ended != (kind.status, kind.step, kind.published, "1.0.0" if kind.published else None):
            yield f"{name}: {appid} is {ended}: {release['history'][-1]['what']}"


def _wrong_counts(made: Platform, report: dict[str, Any]) -> Iterator[str]:
    of_wave = [release for release in made.releases() if release["wave"] == WAVE]
    ordered = Counter(release["status"] for release in of_wave if release["publication"] is not None)
    publication = report["publication"]
    if (publication["ordered"], _counts(publication)) != (ordered.total(), dict(ordered)):
        yield f"the wave counts {publication}, and the records {dict(ordered)}"
    if report["total"] != len(of_wave) or sum(report["counts"].values()) != len(of_wave):
        yield f"the wave counts {report['counts']} of {report['total']}, and there are {len(of_wave)} records"
    effects = sum(shop["effects"].get("release", 0) for shop in made.sim("GET", "live").values())
    if effects != ordered["live"]:
        yield f"WeChat published {effects} times, and {ordered['live']} are live"


def _counts(report: Mapping[str, Any]) -> dict[str, int]:
    return {name: number for name, number in report["counts"].items() if number}


if __name__ == "__main__":
    sys.exit(main())
