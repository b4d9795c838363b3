from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.markup import escape

from cli import following, language, printing
from cli.commands import errcodes
from cli.commands.errcodes import what_to_do
from cli.commands.wave import _tell, what_holds
from cli.following import way_out
from cli.lines import words
from cli.printing import in_short, listing, next_command, notes, whole
from cli.waiting.bar import bar
from releases import remedies
from releases.scope import Scope
from releases.states import Status, Step
from releases.store.pauses import Pause
from releases.store.tally import WaveTally
from releases.waves.report import WaveReport
from releases.waves.standing import holds_of
from tests.support.bilingual import is_chinese, unnamed
from tests.support.examples import a_problem, a_release
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import TABLE, verdict_of

ROOT = Path(__file__).parents[3]
SHOP = "https://pay.example.com"
NOT_LISTED = 123456789
#: What is looked for or typed as it stands.
NAME = re.compile(r"[\w/.-]{2,}", re.ASCII)


@pytest.fixture(params=["en", "zh"])
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield from speaking(request.param, monkeypatch)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield from speaking("zh", monkeypatch)


def speaking(spoken: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """As a process that was started with this setting."""
    monkeypatch.setenv("MPRELEASE_LANGUAGE", spoken)
    language.speech.cache_clear()
    yield spoken
    language.speech.cache_clear()


def refused(code: int) -> dict[str, object]:
    return {"errcode": code, "errmsg": "system says no", "remedy": verdict_of(code).remedy}


def run(*typed: str, **environment: str) -> str:
    """What a command prints."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    command = [sys.executable, "-m", "worker", *typed]
    ran = subprocess.run(command, cwd=ROOT, env={**rest, **environment}, capture_output=True, check=True)
    return ran.stdout.decode("utf-8")


@pytest.mark.parametrize("code", [*TABLE, NOT_LISTED])
def test_a_row_is_said_in_the_language(code: int, spoken: str) -> None:
    assert language.speech().row(code) == (chinese_of(code) if spoken == "zh" else verdict_of(code))


@pytest.mark.parametrize("code", [*TABLE, NOT_LISTED])
def test_a_problem_is_told_in_the_language(code: int, spoken: str) -> None:
    told = in_short(a_problem(**refused(code), domains={"requestdomain": [SHOP]}))

    if spoken == "en":
        assert told == f"{code} system says no [{SHOP}] -- {verdict_of(code).remedy}"
        return
    meaning = f"{chinese_of(code).meaning} (system says no)" if code in TABLE else "system says no"
    assert told == f"{code} {meaning} [{SHOP}] -- {chinese_of(code).remedy}"


def test_a_remedy_that_nobody_knows_is_told_as_it_is(chinese: str) -> None:
    assert (
        in_short(a_problem(errmsg="odd", remedy="Ask the newer version.")) == "odd -- Ask the newer version."
    )


def test_what_a_person_wrote_is_never_taken_for_a_text_of_ours(chinese: str) -> None:
    pause = Pause(
        step=Step.ENSURE_DOMAINS, errmsg="paused by hand: delayed", remedy=remedies.PAUSED_BY_HAND()
    )

    assert in_short(pause) == f"已由人暂停：delayed -- {remedies.PAUSED_BY_HAND.chinese}"


def test_list_and_show_tell_it_and_their_json_does_not(
    chinese: str, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = a_release(status=Status.BLOCKED, block=a_problem(**refused(85018)))
    listing([blocked])
    listed = capsys.readouterr().out
    whole(blocked)
    shown = capsys.readouterr().out

    for told in (listed, shown):
        assert chinese_of(85018).meaning in told
        assert chinese_of(85018).remedy in told
        assert verdict_of(85018).remedy not in told
    assert not is_chinese(json.dumps(blocked.public(), ensure_ascii=False))


def a_wave() -> WaveReport:
    """It is braked, the platform is paused, a quota is used up."""
    braked = Pause(step=Step.ENSURE_DOMAINS, errmsg="wave w is braked", remedy=remedies.BRAKED(wave="w"))
    trying = Pause(step=Step.ENSURE_DOMAINS, errmsg="out", remedy=remedies.TRYING())
    counts = {str(status): 0 for status in Status} | {"waiting": 3}
    holds = holds_of(
        WaveTally(counts=counts, started=3, waits={"wave": 1, "all": 1, "86102": 1}),
        braked,
        {Scope.ALL: trying},
    )
    return WaveReport(
        name="w",
        counts=counts,
        policy=None,
        pause=braked,
        holds=holds,
        per_minute=0.0,
        estimated_end=None,
        fit=None,
    )


def test_a_wave_tells_what_holds_it_back(spoken: str) -> None:
    report = a_wave()
    held = [language.speech().held(hold) for hold in report.holds]

    if spoken == "en":
        assert held == list(report.holds)
        return
    assert [hold.remedy for hold in held] == [
        remedies.BRAKED.chinese.format(wave="w"),
        remedies.TRYING.chinese,
        chinese_of(86102).waiting,
    ]
    assert str(held[2]) == f"1 held back: 86102 {chinese_of(86102).meaning}"
    assert f"86102 {chinese_of(86102).meaning}" in what_holds(report)
    assert not is_chinese(json.dumps(report.public(), ensure_ascii=False))


def test_a_braked_wave_is_shown_without_the_command_that_shows_it(
    spoken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = a_wave()
    _tell(report, [])

    said = capsys.readouterr().err
    assert "mprelease wave w" in report.holds[0].remedy
    assert "mprelease wave w" not in said
    begins = "w is braked. Remove the causes, then" if spoken == "en" else "w is braked. 排除原因后，"
    assert begins in said
    assert "`mprelease resume --wave w`" in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            f"61007 not authorized -- {verdict_of(61007).remedy}",
            f"61007 {chinese_of(61007).meaning} (not authorized) -- {chinese_of(61007).remedy}",
        ),
        (
            remedies.NOT_REGISTERED(hosts="a.cn, b.cn"),
            remedies.NOT_REGISTERED.chinese.format(hosts="a.cn, b.cn"),
        ),
        (f"a -- b -- {remedies.UNANSWERED()}", f"a -- b -- {remedies.UNANSWERED.chinese}"),
        ("85009 version 7 is under audit", f"85009 {chinese_of(85009).meaning} (version 7 is under audit)"),
        ("85 -- c", "85 -- c"),
        ("version 1.4.1 would be cancelled", "version 1.4.1 would be cancelled"),
    ],
)
def test_what_stands_in_the_way_of_a_plan_is_told(text: str, shown: str, chinese: str) -> None:
    assert language.speech().obstacle(text) == shown


@pytest.fixture(params=[60, 80])
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Those of the terminal that everything is printed on."""
    number: int = request.param
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(number))
    # The width of a test before, if `notes` was made in it.
    monkeypatch.setattr(notes, "_width", None)
    return number


def check_lines(printed: str, told: str, columns: int) -> None:
    """It is there once and whole, in lines that the terminal holds, no name is broken."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in printed.splitlines()]
    assert max(map(cell_len, lines)) <= columns
    assert "".join("".join(lines).split()).count("".join(told.split())) == 1
    assert [line for line in lines if line.strip()[:1] in set("，。；：）”") or line[-1:] in set("（“")] == []
    assert [name for name in NAME.findall(told) if not any(name in line for line in lines)] == []


@pytest.mark.parametrize("code", [*TABLE, NOT_LISTED])
def test_a_terminal_holds_it_in_whole_words_though_each_character_takes_two(
    code: int, columns: int, chinese: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    problem = a_problem(**refused(code))
    told = in_short(problem)
    blocked = a_release(status=Status.BLOCKED, block=problem)
    shown: tuple[Callable[[], None], ...] = (
        lambda: words(told),
        lambda: notes.print(escape(told)),
        lambda: listing([blocked]),
        lambda: whole(blocked),
    )
    for show in shown:
        show()
        printed = capsys.readouterr()
        check_lines(printed.out + printed.err, told, columns)


def test_the_line_below_the_bar_is_folded(
    columns: int, chinese: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = in_short(a_problem(**refused(85017)))
    with bar() as shown:
        shown.add_task("w", total=1, text=told)
        *_, below = shown.get_renderables()
    capsys.readouterr()
    notes.print(below)
    check_lines(capsys.readouterr().err, told, columns)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"MPRELEASE_LANGUAGE": "zh"}, "zh"),
        ({"MPRELEASE_LANGUAGE": "zh", "LC_ALL": "C"}, "zh"),
        ({"MPRELEASE_LANGUAGE": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_command_speaks_the_language_of_its_environment(
    environment: dict[str, str], expected: str
) -> None:
    said = run("errcodes", "85018", **environment)

    remedy = chinese_of(85018).remedy if expected == "zh" else verdict_of(85018).remedy
    assert said.splitlines()[-1].endswith(f"| blocked | {remedy} |")


def test_all_rows_are_told_in_chinese_and_nothing_but_names_is_left_in_english() -> None:
    heads, line, *rows = run("errcodes", MPRELEASE_LANGUAGE="zh").splitlines()

    assert is_chinese(heads)
    assert line == "| --- | --- | --- | --- |"
    assert len(rows) == len(TABLE)
    for row in rows:
        _, code, meaning, _, remedy, _ = (cell.strip() for cell in row.split("|"))
        chinese = chinese_of(int(code))
        assert (meaning, remedy) == (chinese.meaning, what_to_do(chinese))
        assert remedy.startswith(chinese.waiting)
        assert remedy.endswith(chinese.remedy)


TEXTS = [
    (module.__name__, name, text)
    for module in (following, printing, errcodes)
    for name, text in vars(module).items()
    if isinstance(text, remedies.Text)
]


@pytest.mark.parametrize(("module", "name", "text"), TEXTS)
def test_what_the_command_line_says_itself_is_the_same_in_both(
    module: str, name: str, text: remedies.Text
) -> None:
    assert is_chinese(text.chinese) or text is errcodes._ON_A_LINE
    assert unnamed(text.english, text.chinese) == set()
    assert [word for word in text.english.split() if word.startswith("--") and word not in text.chinese] == []


def test_the_way_out_of_a_wave_is_told_in_the_language(spoken: str) -> None:
    wrong, other = a_problem(**refused(85014)), a_problem(**refused(85018))
    resume = "mprelease resume --wave 'a b'"

    ways = [way_out("a b", problems) for problems in ([wrong], [wrong, other], [other])]
    assert [is_chinese(way) for way in ways] == [spoken == "zh"] * 3
    assert [resume in way for way in ways] == [False, True, True]
    assert ["--supersede" in way for way in ways] == [True, True, False]


def test_the_next_command_is_told_in_the_language(spoken: str) -> None:
    blocked = a_release(status=Status.BLOCKED, block=a_problem(**refused(85018)))

    said = "下一步：" if spoken == "zh" else "Next: "
    assert next_command(blocked) == f" {said}mprelease resume {blocked.id}"


def test_json_is_the_same_in_both_languages() -> None:
    assert run("errcodes", "--json", MPRELEASE_LANGUAGE="zh") == run(
        "errcodes", "--json", MPRELEASE_LANGUAGE="en"
    )


def test_a_language_that_there_is_not_is_a_bad_setting() -> None:
    command = [sys.executable, "-m", "worker", "errcodes"]
    environment = {**os.environ, "MPRELEASE_LANGUAGE": "fr"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "MPRELEASE_LANGUAGE: Input should be 'en' or 'zh'" in ran.stderr
