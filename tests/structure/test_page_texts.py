"""Each text of the page is Chinese as well: none stands bare in a template, none lacks its translation."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "web/page"
CATALOG = PAGE / "locale/zh/LC_MESSAGES/page"
TEMPLATES = sorted(path.relative_to(PAGE / "templates") for path in (PAGE / "templates").rglob("*.html"))
#: What is the same in every language.
NAMES = {"mprelease", "appid", "errcode", "rid", "CSV", "UTC", "English", "中文", "JSON"}
#: Attributes that people are shown or read out.
READ = re.compile(r"""\b(?:aria-label|alt|placeholder|title)\s*=\s*["']([^"'\0]*)["']""")
PLACE = re.compile(r"%\((\w+)\)[sd]")


def catalog() -> Catalog:
    return read_po(CATALOG.with_suffix(".po").read_bytes().splitlines(keepends=True), locale="zh")


def texts() -> set[str | tuple[str, ...]]:
    """All that are collected, those with a plural as both."""
    found = extract_from_dir(
        ROOT / "web",
        [("**.py", "python"), ("page/templates/**.html", "jinja2")],
        keywords={"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)},
        comment_tags=(),
    )
    return {text for _, _, text, _, _ in found}


def test_every_text_has_its_chinese() -> None:
    said = {message.id: message for message in catalog() if message.id}
    wanted = texts()
    assert len(wanted) > 15
    lacking = sorted(str(text) for text in wanted if text not in said or not all(_forms(said[text].string)))
    assert not lacking, f"make texts, then translate in {CATALOG.name}.po: {lacking}"
    assert not [message.id for message in said.values() if message.fuzzy]
    assert not set(said) - wanted, "make texts takes out what no screen says any more"


def test_what_is_filled_in_is_filled_in_in_chinese_as_well() -> None:
    for message in catalog():
        for text in _forms(message.string):
            assert set(PLACE.findall(text)) <= set(PLACE.findall("".join(_forms(message.id)))), message.id


def test_the_compiled_catalog_is_of_this_one() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalog())
    assert CATALOG.with_suffix(".mo").read_bytes() == compiled.getvalue(), "make texts"


@pytest.mark.parametrize("name", TEMPLATES, ids=str)
def test_no_text_stands_bare_in_a_template(name: Path) -> None:
    bare = _bare((PAGE / "templates" / name).read_text())
    assert not re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", " ".join(bare)), bare


def test_a_bare_text_would_be_found() -> None:
    assert _bare("<p>All <b>{{ x }}</b></p>") == ["All"]
    assert _bare('<input placeholder="All">') == ["All"]
    assert (
        _bare('{% trans %}All{% endtrans %}<a href="{{ x }}">{{ gettext("All") }}</a><code>all</code>') == []
    )


def _forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def _bare(source: str) -> list[str]:
    """What a template says outside of `trans` and of what is filled in. What stands in <code> is typed, not read."""
    said, is_translated, block = "", False, ""
    for _, kind, value in Environment(extensions=["jinja2.ext.i18n"]).lex(source):
        if kind == "data" and not is_translated:
            said += value
        elif kind in {"variable_begin", "block_begin"}:
            block = kind
            said += "\0"
        elif kind == "name" and block == "block_begin":
            is_translated = value == "trans" or (is_translated and value != "endtrans")
            block = ""
    shown = READ.findall(said)
    without = re.sub(
        r"""<(code|pre)\b[^>]*>.*?</\1>|<!--.*?-->|<[^>]*>|[\w-]+="[^"]*["]""", "\0", said, flags=re.DOTALL
    )
    parts = [part.strip() for part in (*without.split("\0"), *shown)]
    return [part for part in parts if part and not set(re.findall(r"\w+", part)) <= NAMES]
