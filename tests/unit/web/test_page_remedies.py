"""A remedy on the page sends nobody to a command line for what a button or a screen does, nor to a button that does not help."""

import re

import pytest

from config.language import Language
from releases import remedies
from releases.states import Status
from releases.waves.report import Cause
from tests.support.examples import a_problem, a_release
from tests.unit.web.test_acts import offered
from web.page.acts.remedies import Part, helps, parts
from web.page.rendering import environment, translations
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import TABLE

ID, APPID = "0" * 32, "wx0123456789abcdef"
#: What the page has a button or a screen for.
_OURS = {"resume", "cancel", "publish", "revert", "withdraw", "wave", "show", "list", "versions"}
_GIVEN = {"id": ID, "appid": APPID, "wave": "'spring & co'"}


class _Given(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"({name})"


def _said() -> list[str]:
    """All remedies there are, in both languages."""
    own = [text for one in remedies.OWN for text in (one.english, one.chinese)]
    rows = [text for row in TABLE.values() for text in (row.remedy, row.waiting)]
    rows += [text for code in TABLE for text in (chinese_of(code).remedy, chinese_of(code).waiting)]
    return [text.format_map(_Given(_GIVEN)) for text in own] + rows


def test_no_remedy_names_a_command_where_the_page_has_the_same() -> None:
    commands = {part.command for text in _said() for part in parts(text) if part.command}
    assert "mprelease platform domains add" in commands
    assert {command for command in commands if command.split()[1:2] and command.split()[1] in _OURS} == set()


def test_what_stands_there_instead_leads_to_it() -> None:
    text = "See `mprelease wave 'a b'`; `mprelease resume --wave 'a b'`, mprelease resume --platform. `mprelease ticket`"
    wave = Part(name="the screen of wave", of="a b", address="/wave?name=a+b")
    ticket = Part(command="mprelease ticket")
    for is_live, name in ((False, "“Resume…”"), (True, "“Resume publications…”")):
        button = Part(name=name, address="/wave?name=a+b#acts")
        platform = Part(name="“Let … go on…”", address="/platform")
        found = [part for part in parts(text, is_live=is_live) if not part.text]
        assert [one for one in found if one != Part()] == [wave, button, platform, ticket]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_button_is_called_as_it_is_named(language: Language) -> None:
    say = translations(language).gettext
    names = {part.name for live in (False, True) for text in _said() for part in parts(text, is_live=live)}
    quoted = {name for name in names if name.startswith("“")} - {"“Cancel”", "“Let … go on…”"}
    assert len(quoted) > 5
    for name in quoted:
        assert say(name) == f"“{say(name.strip('“”'))}”"


def test_of_each_errcode_the_button_says_what_the_remedy_says() -> None:
    for row in TABLE.values():
        assert not (row.in_request and helps(row.remedy)), row
        assert helps(row.remedy) or not re.search(r"(then|,) resume the release\.", row.remedy), row
    assert not helps(TABLE[87006].remedy)
    assert not helps(remedies.AUDIT_NOT_PASSED())
    assert helps(remedies.DOMAINS_GONE())


def test_where_a_resume_does_not_help_the_button_says_so() -> None:
    for code, of_one, of_all in (
        (85014, "Resume anyway…", "Resume all of these anyway…"),
        (85018, "Resume…", "Resume all with this problem…"),
    ):
        problem = a_problem(errcode=code, remedy=TABLE[code].remedy)
        release = a_release(status=Status.BLOCKED, block=problem)
        assert f">{of_one}</a>" in offered("operate", "of_release", release)
        assert f">{of_all}</a>" in offered("operate", "of_cause", "x", Cause(Status.BLOCKED, problem, 3))


def test_whatever_a_remedy_holds_is_text() -> None:
    hostile = "`mprelease wave '<script>'` `mprelease wave \"` <img> `mprelease show <b>`"
    macro = environment("en").from_string(
        '{% import "parts/macros.html" as ui with context %}{{ ui.typed(text) }}'
    )
    told = macro.render(text=hostile)
    assert set(re.findall(r"<(\w+)", told)) == {"a", "code"}
