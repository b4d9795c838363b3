from io import StringIO

import pytest
from rich.console import Console

from cli.waiting.bar import bar

COUNTS = "300 queued, 16 running, 9000 waiting, 250 blocked, 434 submitted, 1103 a minute, done at about 23:07:53 UTC"


@pytest.mark.parametrize(
    "name", ["1.4.2", "the-wave-of-november-2026-with-a-rather-long-name-and-more-of-it"]
)
def test_eighty_columns_show_every_figure(name: str) -> None:
    said = StringIO()
    progress = bar()
    progress.add_task(name, total=10_000, completed=10_000, text=COUNTS)

    Console(file=said, width=80, force_terminal=True, color_system=None).print(progress.get_renderable())

    lines = said.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "10000/10000" in said.getvalue()
    assert "━" * 20 in said.getvalue()
    assert " ".join(COUNTS.split()) in " ".join(said.getvalue().split())
    assert "…" not in said.getvalue()
