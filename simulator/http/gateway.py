"""WeChat's front door: checks a request the way WeChat does, and applies it to the world."""

from dataclasses import dataclass
from typing import Any

from simulator.api.endpoint import ANY_TOKEN, ANY_VERB, NO_TOKEN, Call
from simulator.api.errors import WeChatError
from simulator.api.visit import Visit
from simulator.http import answers
from simulator.world.tokens import AUTHORIZER, COMPONENT
from simulator.world.world import World


@dataclass(slots=True, frozen=True)
class Outcome:
    """What WeChat answers, JSON or a picture, and the errcode in it."""

    errcode: int
    document: dict[str, Any] | bytes

    def content_type(self, of_json: str) -> str:
        """Say what it is; of JSON, WeChat says this and that."""
        return answers.PICTURE_TYPE if isinstance(self.document, bytes) else of_json


def apply(world: World, visit: Visit) -> Outcome:
    """Check the visit and let it take effect."""
    world.agenda.run()
    try:
        fields = visit.endpoint.handler(_checked(world, visit))
    except WeChatError as refused:
        return Outcome(refused.errcode, answers.refusal(refused.errcode, refused.fields))
    if isinstance(fields, bytes) or visit.endpoint.bare:
        return Outcome(0, fields)
    return Outcome(0, answers.success(fields))


def refuse(errcode: int) -> Outcome:
    """Refuse without a look at the visit."""
    return Outcome(errcode, answers.refusal(errcode))


def _checked(world: World, visit: Visit) -> Call:
    if not world.platform.ip_allowed:
        raise WeChatError(61004)
    _check_verb(visit)
    caller = _check_token(world, visit)
    body = visit.check_body(strict_encoding=world.platform.strict_encoding)
    world.quotas.spend(caller, visit.endpoint.short)
    return Call(world, caller, body, visit.query)


def _check_verb(visit: Visit) -> None:
    wanted = visit.endpoint.verb
    if wanted not in (ANY_VERB, visit.method):
        raise WeChatError(43001 if wanted == "GET" else 43002)


def _check_token(world: World, visit: Visit) -> str:
    wanted = visit.endpoint.token
    if wanted == NO_TOKEN:
        return world.platform.appid
    token = world.tokens.check(visit.token, component_expired=world.platform.component_expired_errcode)
    if wanted not in (ANY_TOKEN, token.kind):
        raise WeChatError(61014 if wanted == COMPONENT else 61015)
    if token.kind == AUTHORIZER:
        _check_authorization(world, token.appid)
    return token.appid


def _check_authorization(world: World, appid: str) -> None:
    mini = world.miniprograms.get(appid)
    if mini is None or not mini.authorized:
        raise WeChatError(61003)
    if not mini.granted:
        raise WeChatError(61007)
