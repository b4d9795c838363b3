"""Errcodes from the audit to live: publish, revert, withdraw, gray release, and what an operator does by hand.

Source: wechat-live.md part A and B; WeChat's pages under miniprogram-management/code-management.
"""

from __future__ import annotations

from wechat.errcodes.row import Errcode, Verdict, block

_NO_TESTER_NEEDED = "No release needs a tester."

ROWS: tuple[Errcode, ...] = (
    block(
        40007,
        "media id invalid",
        "The picture is another account's, or no longer kept: look at it in the Mini Program console.",
    ),
    block(85001, "no such WeChat id", f"Correct the tester's WeChat id. {_NO_TESTER_NEEDED}"),
    block(
        85002,
        "Mini Program has as many testers as it may",
        f"Unbind a tester (unbind_tester) first. {_NO_TESTER_NEEDED}",
    ),
    block(
        85003,
        "this person is a tester of as many Mini Programs as may be",
        f"Bind another person. {_NO_TESTER_NEEDED}",
    ),
    Errcode(85004, "tester bound already", f"Nothing is to be done. {_NO_TESTER_NEEDED}", Verdict.ADOPT),
    block(
        85019,
        "no approved version to publish",
        "See in `mprelease versions APPID` which audit was the last one: if this release's is to be passed yet, "
        "resume the release then; else cancel it and enqueue it anew.",
    ),
    block(
        85020,
        "audit's status does not allow to publish",
        "See in `mprelease versions APPID` what audit and filing say, and whether another version was "
        "committed after the approval. If the audit has passed, resume the release; else cancel it.",
    ),
    # No page lists it; a published version is never published again, only a new audit's.
    Errcode(
        85052,
        "version published already",
        "See in `mprelease versions APPID` what is live. This release's version: resume the release. "
        "Another one: cancel it and enqueue it anew, since only a new audit can be published.",
        Verdict.ADOPT,
    ),
    block(
        85079,
        "no live version: the first one cannot be a gray release",
        "Publish the first version to everybody: `mprelease publish ID`.",
    ),
    block(85080, "audit has not passed: no gray release", "Read the audit with `mprelease audits --ask`."),
    block(
        85081, "percentage of a gray release invalid", "Give `mprelease gray APPID PERCENT` 1 to 100 percent."
    ),
    block(
        85082,
        "percentage of a gray release can only grow",
        "Give a higher one, or end the gray release: `mprelease gray APPID stop`.",
    ),
    block(
        87011,
        "gray release running: no revert",
        "End it with `mprelease gray APPID stop`, then `mprelease revert ID`.",
    ),
    block(
        87012,
        "no version to revert to: none before, or reverted already",
        "A revert goes back one version in all, see `mprelease versions APPID`. To bring another one back, "
        "enqueue its template as a new release.",
    ),
    block(
        87013,
        "withdrawals of this Mini Program used up",
        "Wait for the audit's result, or withdraw it after midnight with `mprelease withdraw ID` (5 a day and 10 a "
        "month for each Mini Program), then resume the release that waits for it.",
    ),
    block(
        89014,
        "lowest base library version invalid",
        "Name a version that getweappsupportversion lists.",
    ),
    block(
        89402,
        "audit not in the queue: decided, or never submitted",
        "Read what became of it: `mprelease audits --ask`.",
    ),
    block(89403, "audit of a kind that cannot be sped up", "Wait for its result."),
    Errcode(
        89404, "audit sped up already", "Wait for its result: WeChat promises 2 to 12 hours.", Verdict.ADOPT
    ),
    block(
        89405,
        "provider's speed-ups of this month used up",
        "Wait for the audit's result; speedup_rest of queryquota tells what is left.",
    ),
)
