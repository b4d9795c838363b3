"""A small mistake in a file: a piece of its text, and what stands there instead."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Change:
    """The bytes from `start` to `end` of a file are `text` instead."""

    path: str
    start: int
    end: int
    text: str

    def made_in(self, source: bytes) -> bytes:
        """The file with the mistake."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def shown(self, source: bytes) -> str:
        """The lines that it changes, as a diff."""
        first = source.rfind(b"\n", 0, self.start) + 1
        last = source.find(b"\n", self.end)
        rest = source[self.end : last if last >= 0 else None]
        before = source[first : self.end] + rest
        after = source[first : self.start] + self.text.encode() + rest
        line = source.count(b"\n", 0, self.start) + 1
        return "\n".join([f"{self.path}:{line}", _marked("-", before), _marked("+", after)])


def _marked(sign: str, lines: bytes) -> str:
    return "\n".join(f"{sign} {line}" for line in lines.decode().splitlines())
