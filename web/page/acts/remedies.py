"""What remedies say, as the page has it: for a command the button or screen that does the same, if there is one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from releases.appid import APPID
from web.page import addresses
from web.page.words import N_

#: Between backticks; the table of errcodes has one that stands bare.
_COMMAND = re.compile(r"`([^`]+)`|\b(mprelease resume --platform)\b")
#: What a remedy says that sends nobody to the button beside it; and what it says instead, where it does not name that.
_AGAINST = re.compile(r"resume would|no resume|retry cannot")
_RESUME, _INSTEAD = re.compile(r"\bresumed?\b"), re.compile(r"\b(cancel|enqueue)\b")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: as it stands, a command, or the name of what the page has instead, of what, and where."""

    text: str = ""
    command: str = ""
    name: str = ""
    of: str = ""
    address: str = ""


def helps(remedy: str) -> bool:
    """Whether a release that stopped may be resumed by its remedy, which a record keeps in English."""
    if _AGAINST.search(remedy):
        return False
    return bool(_RESUME.search(remedy)) or not _INSTEAD.search(remedy)


def parts(text: str, *, is_live: bool = False) -> Iterator[Part]:
    """The pieces of a text. `is_live`: what it says of a wave it says of its publications."""
    end = 0
    for found in _COMMAND.finditer(text):
        command = found[1] or found[2]
        yield Part(text[end : found.start()])
        yield _named(command, is_live=is_live) or Part(command=command)
        end = found.end()
    yield Part(text[end:])


def _named(command: str, *, is_live: bool) -> Part | None:
    for pattern, name, address in _PUBLICATIONS + _PAGE if is_live else _PAGE:
        found = re.fullmatch(f"mprelease {pattern}", command)
        if found:
            what = _unquoted(found[1]) if address else ""
            of = what if name.startswith(_SCREEN) else ""
            return Part(name=name, of=of, address=address(what) if address else "")
    return None


def _unquoted(word: str) -> str:
    """As it was before a shell's quotes stood around it."""
    try:
        return " ".join(shlex.split(word))
    except ValueError:
        return word


def _at_wave(name: str) -> str:
    return f"{addresses.wave(name)}#acts"


def _at_release(release_id: str) -> str:
    return f"{addresses.release(release_id)}#acts"


def _asked(appid: str) -> str:
    return addresses.to(addresses.mini_program(appid), ask=1)


def _listed(status: str) -> str:
    return addresses.to("/releases", status=status)


_SCREEN = "the screen of"
_WAVE, _ID = "--wave (.+)", "([0-9a-f]{32})"
_Rows = tuple[tuple[str, str, Callable[[str], str] | None], ...]
#: What follows `mprelease`, the name of the button, in quotes, or screen, and where that is for what is in the parentheses.
_PAGE: _Rows = (
    ("resume (--platform)", N_("“Let … go on…”"), lambda _: "/platform"),
    (f"resume {_WAVE}", N_("“Resume…”"), _at_wave),
    (f"cancel {_WAVE}", N_("“Cancel”"), _at_wave),
    (f"publish {_WAVE}", N_("“Put live…”"), _at_wave),
    (f"revert {_WAVE}", N_("“Take back…”"), _at_wave),
    (f"publish {_ID}", N_("“Put live…”"), _at_release),
    (f"cancel {_ID}", N_("“Give up…”"), _at_release),
    (f"withdraw {_ID}", N_("“Withdraw the audit…”"), _at_release),
    ("resume( ID)?", N_("“Resume…”"), None),
    ("revert( ID)?", N_("“Take back…”"), None),
    ("publish ID", N_("“Put live…”"), None),
    ("withdraw ID", N_("“Withdraw the audit…”"), None),
    ("wave (.+)", N_("the screen of wave"), addresses.wave),
    (f"show {_ID}", N_("the screen of release"), addresses.release),
    ("show ID", N_("its screen"), None),
    (f"versions ({APPID})", N_("the screen of Mini Program"), _asked),
    ("versions APPID", N_("the screen of the Mini Program"), None),
    ("list --status ([a-z]+)", N_("the list of releases"), _listed),
)
#: The same for the publications of a wave.
_PUBLICATIONS: _Rows = ((f"resume {_WAVE}", N_("“Resume publications…”"), _at_wave),)
