from __future__ import annotations

from typing import Any

import pytest

from releases.record import Progress, Release
from releases.steps.ours import (
    Judgement,
    is_our_trial,
    judge,
    name_of_audit,
    name_of_trial,
)
from tests.support.examples import a_release, a_request
from wechat.mini_program import LatestAudit, TrialVersion

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
SINCE, UNTIL = 1000.0, 1010.0
LONG = "新版本 & <更快> " + "x" * 80
#: What WeChat has made of the description LONG.
ALTERED = {
    "left out": "",
    "cut at 64": LONG[:64],
    "cut anywhere": LONG[:5],
    "cut in the middle of an entity": "新版本 &am",
    "cut with dots": LONG[:20] + "...",
    "escaped": LONG.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "escaped twice": LONG.replace("&", "&amp;amp;").replace("<", "&amp;lt;").replace(">", "&amp;gt;"),
    "other white space": LONG.replace(" ", "\u3000\n"),
    "other case": LONG.upper(),
}


def committed(until: float | None = UNTIL, **request: Any) -> Release:
    progress = Progress(commit_at=SINCE, committed_at=until)
    return a_release(a_request(user_desc=LONG, **request), progress=progress)


def audit(status: int, **different: Any) -> LatestAudit:
    facts = {"auditid": 2**60 + 1, "version": "1.4.2", "desc": LONG, "submit_time": SINCE}
    return LatestAudit(status=status, **{**facts, **different})


@pytest.mark.parametrize("desc", [*ALTERED.values(), LONG, "put there by WeChat", "None"])
@pytest.mark.parametrize("time", [999, 1000, 1005, 1012])
def test_a_trial_version_of_our_version_and_time_is_ours_whatever_its_description(
    desc: str, time: float
) -> None:
    assert is_our_trial(TrialVersion("1.4.2", desc, time), committed())


@pytest.mark.parametrize("time", [998, 1013, 5000])
def test_the_same_version_from_another_time_is_somebody_elses(time: float) -> None:
    assert not is_our_trial(TrialVersion("1.4.2", LONG, time), committed())


def test_the_second_before_counts_because_wechats_times_are_whole_seconds() -> None:
    release = a_release(progress=Progress(commit_at=1000.9, committed_at=1001.9))

    assert is_our_trial(TrialVersion("1.4.2", "faster", 999), release)


@pytest.mark.parametrize("desc", [*ALTERED.values(), LONG])
def test_a_commit_that_was_not_answered_has_no_end(desc: str) -> None:
    assert is_our_trial(TrialVersion("1.4.2", desc, 5000), committed(until=None))


@pytest.mark.parametrize("trial", [("1.4.2", "somebody else's", 1005), ("1.4.2", LONG, 0), ("1.4.2", "", 0)])
def test_after_a_commit_that_was_not_answered_nothing_doubtful_is_believed(
    trial: tuple[str, str, float],
) -> None:
    assert not is_our_trial(TrialVersion(*trial), committed(until=None))


def test_where_the_time_was_measured_ours_has_exactly_that_one() -> None:
    release = committed()
    progress = release.progress.model_copy(update={"exp_time": 4000.0})
    measured = release.model_copy(update={"progress": progress})

    assert is_our_trial(TrialVersion("1.4.2", "put there by WeChat", 4000), measured)
    assert is_our_trial(TrialVersion("", "", 4000), measured)
    for trial in (("1.4.2", LONG, 4001), ("1.4.2", LONG, 1005), ("1.4.2", LONG, 0), ("1.4.1", LONG, 4000)):
        assert not is_our_trial(TrialVersion(*trial), measured)


@pytest.mark.parametrize("desc", ALTERED.values())
def test_without_a_time_the_version_decides_unless_the_description_contradicts(desc: str) -> None:
    assert is_our_trial(TrialVersion("1.4.2", desc, 0), committed())
    assert not is_our_trial(TrialVersion("1.4.2", "somebody else's", 0), committed())


def test_without_a_version_the_time_decides_and_without_both_the_description() -> None:
    assert is_our_trial(TrialVersion("", "", 1005), committed())
    assert not is_our_trial(TrialVersion("", LONG, 5000), committed())
    assert is_our_trial(TrialVersion("", LONG[:30], 0), committed())
    assert not is_our_trial(TrialVersion("", "", 0), committed())


@pytest.mark.parametrize("trial", [None, TrialVersion("1.4.1", LONG, 1005), TrialVersion("9.9.9", "", 0)])
def test_another_version_or_none_is_not_ours(trial: TrialVersion | None) -> None:
    assert not is_our_trial(trial, committed())


@pytest.mark.parametrize("version", ["1.4 &amp; more ", "\u30001.4 &amp;amp; more\n"])
def test_a_version_may_be_escaped_and_have_space_around_it(version: str) -> None:
    assert is_our_trial(TrialVersion(version, LONG, 1005), committed(user_version="1.4 & more"))


@pytest.mark.parametrize(
    "version", ["1.4-U\u0308ber", "\ufeff1.4-Über", "1.4-Ü\u200bber\u200e", "1.4-&#220;ber"]
)
def test_a_version_may_be_composed_in_another_way_and_hold_what_nobody_sees(version: str) -> None:
    for user_version in ("1.4-Über", "1.4-U\u0308ber"):
        assert is_our_trial(TrialVersion(version, LONG, 1005), committed(user_version=user_version))


@pytest.mark.parametrize("version", ["1.4&more", "1.4  & more", "1.4 & More"])
def test_space_within_a_version_and_its_case_count(version: str) -> None:
    assert not is_our_trial(TrialVersion(version, LONG, 1005), committed(user_version="1.4 & more"))


def test_nothing_is_ours_that_was_never_committed() -> None:
    assert not is_our_trial(TrialVersion("1.4.2", "faster", 1000), a_release())


@pytest.mark.parametrize("desc", [*ALTERED.values(), LONG, "put there by WeChat", "None"])
@pytest.mark.parametrize(
    ("status", "submit_time", "expected"),
    [
        (IN_REVIEW, SINCE, Judgement.OURS),
        (IN_REVIEW, SINCE - 2, Judgement.OURS),
        (IN_REVIEW, SINCE - 3, Judgement.OTHER),
        (IN_REVIEW, 0, Judgement.OURS),
        (DELAYED, SINCE, Judgement.OURS),
        (DELAYED, 0, Judgement.OURS),
        (PASSED, SINCE, Judgement.OURS),
        (PASSED, SINCE - 10, Judgement.OURS),
        (PASSED, SINCE - 11, Judgement.OTHER),
        (PASSED, 0, Judgement.OURS),
        (REJECTED, SINCE, Judgement.ENDED),
        (REJECTED, SINCE - 11, Judgement.OTHER),
        (REJECTED, 0, Judgement.ENDED),
        (WITHDRAWN, SINCE + 60, Judgement.ENDED),
        (WITHDRAWN, SINCE - 11, Judgement.OTHER),
    ],
)
def test_an_audit_of_this_version_is_judged_by_status_and_time_whatever_its_description(
    status: int, submit_time: float, expected: Judgement, desc: str
) -> None:
    assert judge(audit(status, submit_time=submit_time, desc=desc), committed(), SINCE) is expected


@pytest.mark.parametrize("status", range(5))
def test_an_audit_of_another_version_has_nothing_to_do_with_us(status: int) -> None:
    assert judge(audit(status, version="1.4.1"), committed(), SINCE) is Judgement.OTHER
    assert judge(None, committed(), SINCE) is Judgement.OTHER


@pytest.mark.parametrize(
    ("different", "expected"),
    [
        ({}, Judgement.OURS),
        ({"desc": ""}, Judgement.OURS),
        ({"submit_time": SINCE - 3}, Judgement.OTHER),
    ],
)
def test_without_a_version_the_time_decides(different: dict[str, Any], expected: Judgement) -> None:
    assert judge(audit(IN_REVIEW, version="", **different), committed(), SINCE) is expected


def test_a_text_that_is_not_too_long_is_shown_whole() -> None:
    assert name_of_trial(TrialVersion("9" * 64, "", 0)) == f"version {'9' * 64}"
    assert name_of_trial(TrialVersion("9" * 65, "", 0)) == f"version {'9' * 64}…"


def test_others_texts_are_shown_in_one_short_line() -> None:
    trial = TrialVersion("9.9.9", "\x1b]0;x\x07two\nlines\ud800" + "y" * 100, 0)

    assert name_of_trial(trial).startswith("version 9.9.9 (]0;xtwolinesyyy")
    assert len(name_of_trial(trial)) < 100
    assert name_of_trial(None) == "no version at all"
    assert name_of_audit(audit(IN_REVIEW, auditid=7)) == (
        "audit 7 of version 1.4.2, submitted 1970-01-01 00:16 UTC (in review)"
    )
    assert name_of_audit(audit(9, auditid=7, version="", submit_time=1e300)).startswith(
        "audit 7 of version (not"
    )
