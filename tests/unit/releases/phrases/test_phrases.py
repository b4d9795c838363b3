"""What is composed in English has its Chinese: each sentence of the steps and brakes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from releases.phrases.finding import SENTENCES, sentence
from releases.phrases.parts import STATUS, STEP
from releases.remedies import Text
from releases.states import Status, Step
from tests.support.bilingual import is_chinese
from web.page.rendering import translations
from web.page.words import STATUS as WORDS
from web.phrases import DETAILS

ROOT = Path(__file__).parents[4]
#: Who composes sentences for records and pauses.
COMPOSERS = (
    *sorted((ROOT / "releases/steps").rglob("*.py")),
    *sorted((ROOT / "wechat").rglob("*.py")),
    *sorted((ROOT / "cli/commands").rglob("*.py")),
    *(
        ROOT / "releases" / name
        for name in ("waves/brake.py", "waves/waves.py", "intake/course.py", "intake/publications.py")
    ),
)
#: Of a call of these the first or only argument is for the history; what `errmsg=` holds, is for a block or a wait; what
#: `detail=` holds, is for the log of actions.
TOLD = {
    "changed",
    "note",
    "_note",
    "_happened",
    "Done",
    "Submitted",
    "Live",
    "Reverted",
    "_stopped",
    "_stopped_live",
    "_save",
}
#: Variables that hold such a sentence.
KEPT = {"what", "errmsg", "asked"}
#: What a variable is in the sentences that are tried.
SAMPLE = "7"
#: Of what was said and of numbers alone.
FOREIGN = {SAMPLE, f"HTTP {SAMPLE}", f"HTTP {SAMPLE} with {SAMPLE}"}


def composed(path: Path) -> Iterator[str]:
    """Each sentence, with SAMPLE for what differs."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in KEPT
        ):
            found = text_of(node.value)
            if found is not None and " " in found:
                yield found
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        args = [keyword.value for keyword in node.keywords if keyword.arg in ("errmsg", "detail")]
        args += node.args[:2] if name in TOLD else node.args[1:2] if name == "Unanswered" else []
        for arg in args:
            found = text_of(arg)
            if found is not None and found not in FOREIGN and " " in found:
                yield found


def text_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = [part.value if isinstance(part, ast.Constant) else SAMPLE for part in node.values]
    return "".join(map(str, parts))


def test_what_steps_and_brakes_say_has_its_chinese() -> None:
    found = {text: path.name for path in COMPOSERS for text in composed(path)}
    assert len(found) > 50
    lacking = {text: name for text, name in found.items() if not is_chinese(sentence(text))}
    assert not lacking, f"give them a Text in releases/phrases: {lacking}"


@pytest.mark.parametrize("text", [*SENTENCES, *DETAILS], ids=lambda text: text.english)
def test_a_sentence_is_found_and_keeps_what_it_names(text: Text) -> None:
    names = {name for _, name, _, _ in Formatter().parse(text.english) if name}
    said = {name: f"{number}x" for number, name in enumerate(sorted(names))}
    found = sentence(text.english.format(**said), DETAILS)
    assert found != text.english.format(**said)
    assert is_chinese(found) or not re.search("[a-z]{3}", re.sub(r"\{\w+\}|errcode", "", text.english))
    kept = {name for _, name, _, _ in Formatter().parse(text.chinese) if name}
    assert kept <= names
    assert names - kept <= {"rest"}


def test_what_somebody_wrote_is_not_translated() -> None:
    assert sentence("paused by hand: resumed") == "已由人暂停：resumed"
    assert sentence("a merchant's own words") == "a merchant's own words"
    assert sentence("waiting: errcode 85085") == "等待：85085 服务商本月的提审额度已用完"
    assert sentence("waiting: errcode 123456789") == "等待：123456789"


def test_statuses_and_steps_are_called_as_the_page_calls_them() -> None:
    say = translations("zh").gettext
    ours = {text.english: text.chinese for text in STATUS}
    assert {str(status): say(word) for status, word in WORDS.items()} == {
        str(status): ours[status] for status in Status
    }
    assert {text.english for text in STEP} == set(Step)
