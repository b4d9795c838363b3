"""What one errcode means for a release: the vocabulary that the tables are written in.

The rows stand by API family in `auth`, `general`, `domains`, `code` and `live`; `table` joins them. A `§` there names a
section of the fact sheet `wechat-api.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from functools import partial


class Verdict(StrEnum):
    """What happens to a release whose call got an errcode."""

    #: Passes by itself: back off, try again, fail after the last attempt.
    RETRY = auto()
    #: A per-minute limit: wait at least a minute, then try again.
    SLOW_DOWN = auto()
    #: The access token was rejected: refresh it once, repeat once.
    TOKEN = auto()
    #: A quota is used up: park until its reset.
    QUOTA = auto()
    #: The third-party platform itself is at fault: pause all releases.
    PLATFORM = auto()
    #: Only a person can help this release, which is then resumed.
    BLOCK = auto()
    #: Our request was wrong: fail loudly.
    BUG = auto()
    #: 61039 only: the privacy scan after a commit is still running.
    WAIT = auto()
    #: It is done, or goes on, already: whoever made the call decides whether that is what was wanted.
    ADOPT = auto()
    #: Not understood: retry once, then block with the code, the message and the rid.
    UNKNOWN = auto()


class QuotaReset(StrEnum):
    """What turns a used-up quota over; `DAY` also stands for "look again tomorrow"."""

    DAY = auto()
    MONTH = auto()


@dataclass(frozen=True, slots=True)
class Errcode:
    """A row of the table. `remedy` is what the operator reads in the record of a stopped release.

    `waiting` is what a release says that waits for this to pass, empty where none does.
    """

    code: int
    meaning: str
    remedy: str
    verdict: Verdict
    #: For QUOTA rows, and only for them.
    quota: QuotaReset | None = None
    #: It stops every submission of the provider, and nothing else.
    of_submissions: bool = False
    #: For RETRY rows: it takes a minute or more to pass.
    slow: bool = False
    waiting: str = ""
    #: The request is to blame: a resume would only send the same again.
    in_request: bool = False


#: What each release says first that waits and needs nobody.
GOES_ON = "It goes on by itself"
_RESETS = {
    QuotaReset.DAY: f"{GOES_ON} at the quota's reset.",
    QuotaReset.MONTH: f"{GOES_ON} when the next month begins.",
}
_IN_A_MINUTE = f"{GOES_ON}: the call is repeated after a minute or more."
_SOON = f"{GOES_ON}: the call is repeated, each time after a longer while."


def retry(code: int, meaning: str, remedy: str, *, slow: bool = False) -> Errcode:
    """Passes by itself; the remedy is for when it did not. `slow`: it takes a minute or more."""
    waiting = _IN_A_MINUTE if slow else _SOON
    return Errcode(code, meaning, remedy, Verdict.RETRY, slow=slow, waiting=waiting)


#: Passes by itself after a minute or more; the remedy is for when it did not.
slow_down = partial(Errcode, verdict=Verdict.SLOW_DOWN, waiting=_IN_A_MINUTE)
#: Passes with a fresh access token; the remedy is for when it did not.
token = partial(Errcode, verdict=Verdict.TOKEN)
#: Concerns every Mini Program of the platform.
platform = partial(Errcode, verdict=Verdict.PLATFORM)
#: Needs something done at WeChat; the remedy ends with how the release goes on.
block = partial(Errcode, verdict=Verdict.BLOCK)
#: The call was put together wrongly, in this program or in front of WeChat.
bug = partial(Errcode, verdict=Verdict.BUG)


def wait(code: int, meaning: str, remedy: str, *, waiting: str) -> Errcode:
    """Passes by itself, which is asked for; the remedy is for when it did not."""
    return Errcode(code, meaning, remedy, Verdict.WAIT, waiting=f"{GOES_ON}: {waiting}")


def quota(
    code: int, meaning: str, remedy: str, *, reset: QuotaReset, of_submissions: bool = False
) -> Errcode:
    """Passes at the quota's reset; the remedy is for those who cannot wait."""
    waiting = f"{_RESETS[reset]} {remedy}"
    return Errcode(
        code, meaning, remedy, Verdict.QUOTA, quota=reset, of_submissions=of_submissions, waiting=waiting
    )


def bad_request(code: int, meaning: str, fix: str) -> Errcode:
    """Blocks because of the release request, which a resume would only send again."""
    way_on = "Cancel this release and enqueue the corrected one; resume would send the same again."
    return block(code, meaning, f"{fix} {way_on}", in_request=True)


def unknown(code: int, meaning: str = "errcode that is in no table here") -> Errcode:
    """Listed or not, nobody knows what it says."""
    remedy = (
        "Look the errcode up in WeChat's return codes, or ask WeChat support with the rid; "
        "set right what they name, then resume the release."
    )
    return Errcode(code, meaning, remedy, Verdict.UNKNOWN)
