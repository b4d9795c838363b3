"""The XML of a push, read as what it is: one element with fields in it. No tree is built, and no entity of a document's own."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError, XMLParser

from wechat.push.refusals import Malformed

#: What may hold a `<!` that is only text, and how it ends; any other `<!` is a declaration.
_CLOSING = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_OPENING = re.compile(r"<!--|<!\[CDATA\[|<\?|<!")
#: Depth of a field below the document.
_FIELD_DEPTH = 2


def fields_of(document: bytes) -> dict[str, str]:
    """The fields by name, the first of each, without blanks at the ends; deeper ones are left out. Raises Malformed."""
    try:
        text = document.decode()
    except UnicodeDecodeError:
        raise Malformed("xml") from None
    if _declares(text):
        raise Malformed("doctype")
    # A text, not bytes: so no declaration in it changes the encoding to one that was not looked at.
    # What could make stdlib's parser dangerous are the declarations that were refused just now.
    found = _Fields()
    parser = XMLParser(target=found)  # noqa: S314
    try:
        parser.feed(text)
        parser.close()
    except (ParseError, ValueError):
        raise Malformed("xml") from None
    return found.fields


def _declares(text: str) -> bool:
    """Whether a DOCTYPE, an ENTITY or the like stands in it as such, and not in somebody's words."""
    found = _OPENING.search(text)
    while found is not None:
        closing = _CLOSING.get(found[0])
        if closing is None:
            return True
        end = text.find(closing, found.end())
        if end < 0:
            raise Malformed("xml")
        found = _OPENING.search(text, end)
    return False


class _Fields:
    """Takes what the parser reads, in its order."""

    def __init__(self) -> None:
        self._depth = 0
        self._text: list[str] = []
        self.fields: dict[str, str] = {}

    def start(self, _tag: str, _attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth <= _FIELD_DEPTH:
            self._text = []

    def data(self, text: str) -> None:
        """A piece of text."""
        if self._depth == _FIELD_DEPTH:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._depth == _FIELD_DEPTH:
            self.fields.setdefault(tag, "".join(self._text).strip())
        self._depth -= 1
