"""`mprelease rekey`: what is stored in Redis is sealed with the first of the encryption keys."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import services, settings
from cli.lines import counted, document
from cli.printing import complain, notes
from cli.who import As, Reason, by, order
from config.loading import SettingsError
from releases.record import By
from releases.store.actions import What
from wechat.tokens.rekeying import StoredSecrets

#: So many names are shown to people; --json has them all.
_SHOWN = 10


def rekey(
    drop_unreadable: Annotated[
        bool, typer.Option("--drop-unreadable", help="Forget what none of the keys opens.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Seal the stored ticket and tokens with the first key, while the workers work; safe to repeat."""
    if not settings().redis.encryption_keys:
        raise SettingsError(["MPRELEASE_REDIS__ENCRYPTION_KEYS is not set"])
    stored, who = services().wechat.stored_secrets, by(actor, reason)
    if stored.tally().outdated:
        order(What.REKEY, who)
    resealed = stored.seal_anew()
    dropped = _drop(stored, who, yes=yes) if drop_unreadable else 0
    left = stored.tally()
    if as_json:
        document(
            {
                "resealed": resealed,
                "dropped": dropped,
                "current": left.current,
                "outdated": left.outdated,
                "unreadable": list(left.unreadable),
            }
        )
    notes.print(
        f"{resealed} sealed anew, {dropped} dropped; {left.current} of {left.total} are as they should be"
    )
    if left.outdated:
        complain(
            f"{counted(left.outdated, 'secret')} written meanwhile, and not with the first of these keys.",
            "Put it first everywhere, restart the workers, then repeat the command.",
        )
    if left.unreadable:
        complain(
            f"{counted(len(left.unreadable), 'secret')} can't be read with any of the keys:",
            *left.unreadable[:_SHOWN],
            *(["…"] if len(left.unreadable) > _SHOWN else []),
            "Add the key that they were sealed with; where it is lost, --drop-unreadable forgets them.",
        )
    raise typer.Exit(1 if left.outdated or left.unreadable else 0)


def _drop(stored: StoredSecrets, who: By, *, yes: bool) -> int:
    number = len(stored.tally().unreadable)
    if number and not yes:
        typer.confirm(
            f"Forget {counted(number, 'stored secret')}, to be stored anew from WeChat?",
            abort=True,
            err=True,
        )
    if number:
        order(What.REKEY, who, detail=f"forgets what no key opens: {number}")
    return stored.drop_unreadable()
