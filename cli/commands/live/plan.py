"""`mprelease publish --plan`: what would go live and what stands in the way, with nothing ordered and nothing sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import typer
from rich.console import Console
from rich.progress import track

from cli import language
from cli.commands.plan import tell_counted
from cli.context import services
from cli.lines import counted, document, words
from cli.printing import MOST_LISTED, notes
from releases.intake.publication_plan import PublicationPlan, by_wechat
from releases.record import Release
from wechat.http.deadline import Deadline

#: Mini Programs that are asked at the same time.
_AT_ONCE = 8


def show_plan(releases: Sequence[Release], others: Mapping[str, int], *, as_json: bool) -> None:
    """Print the plan of each; exit 1 unless all of them would go live. `others` of their wave are not approved."""
    said: Counter[str] = Counter()
    going = 0
    most = len(releases) if as_json or not Console().is_terminal else MOST_LISTED
    for at, made in enumerate(_plans(releases)):
        going += not made.obstacles
        said.update((*made.obstacles, *made.unknown))
        if as_json:
            document(made.public())
        elif at < most:
            _tell(made)
    if len(releases) > most:
        more = counted(len(releases) - most, "more release")
        notes.print(f"and {more}: in a pipe all are shown, as to `| less`")
    stay = "".join(f"; {number} {status}" for status, number in others.items())
    notes.print(
        f"{going} of {counted(len(releases), 'release')} would go live{stay}; "
        "nothing was sent but the questions for this"
    )
    tell_counted(said)
    if going < len(releases) or not releases:
        raise typer.Exit(1)


def _plans(releases: Sequence[Release]) -> Iterator[PublicationPlan]:
    made = services()
    registered = made.wechat.registered_hosts()
    jump_hosts = made.wechat.registered_jump_hosts() if made.wanted.web_view else None

    def asked(release: Release) -> PublicationPlan:
        shop = made.wechat.mini_program(release.appid, Deadline(made.step_deadline_s))
        return by_wechat(release, shop, made.wanted, registered, jump_hosts)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        plans = pool.map(asked, releases)
        quiet = not notes.is_terminal
        yield from track(plans, "", len(releases), console=notes, transient=True, disable=quiet)


def _tell(made: PublicationPlan) -> None:
    release = made.release
    label = f"  ({release.label})" if release.label else ""
    words(f"{release.id}  {release.appid}  {release.user_version}{label}")
    for obstacle in made.obstacles:
        words(f"    ! {language.speech().obstacle(obstacle)}")
    for what in made.unknown:
        words(f"    ? {language.speech().obstacle(what)}")
