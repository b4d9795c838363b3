"""What an exception gives away, to whoever prints, logs, stores or sends it."""

from __future__ import annotations

import traceback


def everything_shown_by(error: BaseException) -> str:
    return "\n".join(
        [
            str(error),
            repr(error),
            repr(error.args),
            repr(vars(error)),
            repr(error.__cause__),
            repr(error.__context__),
            *traceback.format_exception(error),
        ]
    )
