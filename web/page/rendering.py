"""Screens out of templates. Whatever WeChat, a merchant or an orchestrator chose is escaped; no template says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from config.language import Language
from releases.waves.speech import Speech
from web.page import addresses, static
from web.page.acts.done import done_in
from web.page.acts.remedies import helps, parts
from web.page.visit import FORM_FIELD, remember, visit_of
from web.page.words import Words

_HERE = Path(__file__).parent
#: Nothing but what is ours is loaded, nothing is run that stands in a page, and nobody shows a page within another.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",  # for browsers that know no frame-ancestors
}


def translations(language: Language) -> NullTranslations:
    """The catalog of a language; English is what the templates say."""
    if language == "en":
        return NullTranslations()
    return translation("page", _HERE / "locale", ["zh"], fallback=True)


@cache
def environment(language: Language) -> Environment:
    """Templates in this language."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    found: Any = translations(language)
    gettext: Any = made
    gettext.install_gettext_translations(found, newstyle=True)
    speech = Speech(is_chinese=language == "zh")
    made.globals.update(
        to=addresses, static=static.address, speech=speech, words=Words.of(found), form_field=FORM_FIELD
    )
    made.filters.update(
        time=_time, iso=_iso, remedy=speech.remedy, said=speech.said, done=done_in, in_parts=parts
    )
    made.tests.update(helped_by_resume=helps)
    return made


def fragment(language: Language, template: str, **context: Any) -> str:
    """A part of a screen that is the same for everybody who reads this language."""
    return environment(language).get_template(template).render(**context)


def screen(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """One whole screen, for whoever looks."""
    visit = visit_of(request)
    text = (
        environment(visit.language).get_template(template).render(visit=visit, here=_here(request), **context)
    )
    answer = HTMLResponse(text, status, headers=HEADERS)
    remember(request, answer, visit)
    return answer


def _here(request: Request) -> str:
    return addresses.of(request.scope)


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _time(moment: datetime | None) -> str:
    """In UTC, as text; a script of ours puts it into the reader's time zone."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
