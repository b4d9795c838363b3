"""`GET /tokens/APPID`: access tokens, lent to the platform's other systems."""

from __future__ import annotations

import math
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from releases.appid import is_appid
from web.problems import problem
from web.routes.scoped import answers
from wechat.component import COMPONENT_TOKEN_PATH
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import NotAuthorized, Refused, Unanswered, WeChatError
from wechat.http.deadline import DeadlineExceeded
from wechat.tokens.lending import Lender, LendsNone
from wechat.tokens.slots import COMPONENT

#: A borrower comes again after so many seconds where nothing says when a token will be there.
_RETRY_AFTER_S = 30
#: Whatever the answer is, nobody may keep it.
_NO_STORE = {"Cache-Control": "no-store"}
_ANSWERS = answers(
    {
        404: "The Mini Program has not authorized the platform, or it is no appid.",
        503: "WeChat gives none now, or has pushed no ticket yet (then `Retry-After` says when to ask again); or "
        "this process can't lend: it is not the owner of the tokens, or lacks the AppSecret or an encryption key.",
    }
)


class LentToken(BaseModel):
    """An access token. Keep it no longer than it lives, and refresh nothing yourself: there is one owner."""

    access_token: str = Field(
        description="What a call of WeChat's takes as `access_token`.",
        repr=False,
        examples=["an-access-token-of-the-mini-program"],
    )
    expires_in: int = Field(description="Seconds that it has left.", examples=[6710])


def lending(router: APIRouter, lender: Lender) -> APIRouter:
    """The router with the route added; it lets nobody in without the scope `tokens`."""

    @router.get("/tokens/{appid}", response_model=LentToken, responses=_ANSWERS)
    def lend_token(
        appid: Annotated[
            str, Path(description="A Mini Program's appid, or `component` for the platform's own.")
        ],
        rejected: Annotated[
            str | None,
            Query(
                pattern="^[0-9a-f]{64}$",
                description="SHA-256 (hex) of a token that WeChat rejected. If it is the current one, it is replaced, at most once a "
                "minute.",
            ),
        ] = None,
    ) -> Response:
        """Lend the access token of a Mini Program, or the platform's own."""
        if appid != COMPONENT and not is_appid(appid):
            return _problem(HTTPStatus.NOT_FOUND, "no appid")
        try:
            loan = lender.lend(appid, rejected)
        except (WeChatError, DeadlineExceeded) as error:
            return _why_none(appid, error)
        return JSONResponse(asdict(loan), headers=_NO_STORE)

    return router


def _why_none(slot: str, error: WeChatError | DeadlineExceeded) -> Response:
    said = str(error) or "WeChat did not answer in time"
    if isinstance(error, NotAuthorized) or (slot != COMPONENT and _is_its_own(error)):
        return _problem(HTTPStatus.NOT_FOUND, said)
    if isinstance(error, LendsNone):
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, said)
    asked_s = error.retry_after_s if isinstance(error, Unanswered) else None
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, said, after_s=math.ceil(asked_s or _RETRY_AFTER_S))


def _is_its_own(error: WeChatError | DeadlineExceeded) -> bool:
    """Whether WeChat refuses this Mini Program's token, and would give another's: no borrower has to stop for that."""
    if not isinstance(error, Refused) or error.endpoint == COMPONENT_TOKEN_PATH:
        return False
    return verdict_of(error.errcode).verdict is Verdict.BLOCK


def _problem(status: HTTPStatus, said: str, *, after_s: int | None = None) -> Response:
    retry_after = {} if after_s is None else {"Retry-After": str(after_s)}
    return problem(status, said, headers={**_NO_STORE, **retry_after})
