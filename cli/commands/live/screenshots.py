"""The pictures that an audit's reason refers to, as files. WeChat's names for them are not used: a file's name is ours."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.commands.domains import mini_program
from cli.lines import counted
from cli.printing import complain, in_short, notes
from releases.problems import describe
from releases.record import Release
from releases.states import Step
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded

#: What pictures begin with.
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"BM": "bmp", b"RIFF": "webp"}


def fetch(release: Release, folder: Path) -> None:
    """Write them there, and say how they are called; ends with 1 if WeChat does not give one, with 2 if none can be written."""
    pictures = () if release.review is None else release.review.screenshots
    failed = 0
    for number, media_id in enumerate(pictures, start=1):
        try:
            picture = mini_program(release.appid).material(media_id)
        except (WeChatError, DeadlineExceeded) as error:
            failed += 1
            complain(f"screenshot {number}: {in_short(describe(error, Step.WATCH_AUDIT))}")
            continue
        path = folder / f"{release.id}-{number}.{_kind(picture)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture)
        except OSError as error:
            complain(f"{path}: {error.strerror}")
            raise typer.Exit(2) from None
        notes.print(str(path), markup=False)
    notes.print(
        f"{counted(len(pictures) - failed, 'screenshot')} fetched" if pictures else "it has no screenshots"
    )
    if failed:
        raise typer.Exit(1)


def _kind(picture: bytes) -> str:
    return next((kind for start, kind in _KINDS.items() if picture.startswith(start)), "bin")
