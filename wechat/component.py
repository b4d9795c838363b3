"""The calls a third-party platform makes in its own name: token and domain-pool calls.

Source: Third-party Platforms > ticket-token and domain-mgnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wechat.domains import Pool
from wechat.errors import Refused, Unanswered
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport
from wechat.values import integer, text, time_s

#: Lifetime of an access token where the answer names none, in seconds.
DEFAULT_EXPIRES_IN_S = 7200
#: A lifetime beyond that is a mistake, in seconds.
MAX_EXPIRES_IN_S = 30 * 86400
#: Largest page of api_get_authorizer_list.
AUTHORIZERS_PER_PAGE = 500
#: What gettemplatelist answers where the library is empty.
NO_TEMPLATE = 85064

#: What the paths of these calls begin with.
PREFIX = "/cgi-bin/component/"
COMPONENT_TOKEN_PATH = PREFIX + "api_component_token"
#: Beside them: the template library is the platform's own, and takes its token.
TEMPLATES_PATH = "/wxa/gettemplatelist"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The platform (component) itself."""

    appid: str
    appsecret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as WeChat issued it; `refresh_token` is empty where none came back."""

    token: str = field(repr=False)
    expires_in_s: float
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an authorization code was exchanged for: whose it is, and the Mini Program's first tokens."""

    appid: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Template:
    """One of the template library. `created_at` is when its draft was uploaded, in seconds, 0 if unknown."""

    id: int
    user_version: str
    user_desc: str
    created_at: float


@dataclass(frozen=True, slots=True)
class ComponentApi:
    """The raw calls. Which token they take and what to do when it is rejected is decided elsewhere."""

    transport: Transport
    credentials: Credentials

    @property
    def appid(self) -> str:
        """The platform's own appid."""
        return self.credentials.appid

    def component_token(self, ticket: str, deadline: Deadline) -> Grant:
        """Trade the newest ticket for a component access token."""
        body = {
            "component_appid": self.credentials.appid,
            "component_appsecret": self.credentials.appsecret,
            "component_verify_ticket": ticket,
        }
        answer = self._post("api_component_token", body, deadline, secrets=(ticket,))
        return _grant("api_component_token", answer, "component_access_token")

    def authorizer_token(self, token: str, appid: str, refresh_token: str, deadline: Deadline) -> Grant:
        """Trade a Mini Program's refresh token for an access token."""
        body = {
            "component_appid": self.credentials.appid,
            "authorizer_appid": appid,
            "authorizer_refresh_token": refresh_token,
        }
        secrets = (refresh_token,)
        answer = self._post("api_authorizer_token", body, deadline, token, secrets=secrets, appid=appid)
        return _grant("api_authorizer_token", answer, "authorizer_access_token")

    def query_auth(self, token: str, code: str, deadline: Deadline) -> Authorization:
        """Exchange an authorization code, which works once."""
        name = "api_query_auth"
        body = {"component_appid": self.credentials.appid, "authorization_code": code}
        answer = self._post(name, body, deadline, token, secrets=(code,))
        info = answer.get("authorization_info")
        if not isinstance(info, dict) or not text_of_token(info.get("authorizer_refresh_token")):
            raise Unanswered(PREFIX + name, "the answer has no authorization_info with a refresh token")
        return Authorization(
            text(info.get("authorizer_appid")), _grant(name, info, "authorizer_access_token")
        )

    def start_push_ticket(self, deadline: Deadline) -> None:
        """Ask WeChat to push tickets, if it has stopped; the next one comes within ten minutes."""
        body = {
            "component_appid": self.credentials.appid,
            "component_secret": self.credentials.appsecret,
        }
        self._post("api_start_push_ticket", body, deadline)

    def authorizers(self, token: str, offset: int, deadline: Deadline) -> list[dict[str, Any]]:
        """One page of {authorizer_appid, refresh_token, auth_time}."""
        body = {
            "component_appid": self.credentials.appid,
            "offset": offset,
            "count": AUTHORIZERS_PER_PAGE,
        }
        name = "api_get_authorizer_list"
        answer = self._post(name, body, deadline, token)
        page = answer.get("list")
        if not isinstance(page, list):
            raise Unanswered(PREFIX + name, "the answer has no list")
        return [row for row in page if isinstance(row, dict)]

    def platform_domains(self, token: str, deadline: Deadline) -> PlatformDomains:
        """The platform's own domain pool (modify_wxa_server_domain get)."""
        return _pool(self._post("modify_wxa_server_domain", {"action": "get"}, deadline, token))

    def jump_hosts(self, token: str, deadline: Deadline) -> PlatformDomains:
        """The platform's own pool of business (web-view) domains (modify_wxa_jump_domain get)."""
        answer = self._post("modify_wxa_jump_domain", {"action": "get"}, deadline, token)
        return _pool(answer, "wxa_jump_h5_domain")

    def add_platform_domains(
        self,
        token: str,
        hosts: Sequence[str],
        deadline: Deadline,
        *,
        testing_only: bool = False,
        web_view: bool = False,
    ) -> tuple[PlatformDomains, tuple[str, ...]]:
        """Register hosts on the platform, published and testing together; returns the pool and the rejected hosts.

        One of 50 changes a month for the whole platform. `web_view`: in the pool of business domains.
        """
        name = "wxa_jump_h5_domain" if web_view else "wxa_server_domain"
        path = "modify_wxa_jump_domain" if web_view else "modify_wxa_server_domain"
        body = {
            "action": "add",
            name: ";".join(hosts),
            "is_modify_published_together": not testing_only,
        }
        answer = self._post(path, body, deadline, token)
        return _pool(answer, name), _hosts(answer.get(f"invalid_{name}"))

    def templates(self, token: str, deadline: Deadline) -> tuple[Template, ...]:
        """The template library, standard templates with the others, as WeChat orders them."""
        try:
            answer = self.transport.call(TEMPLATES_PATH, deadline=deadline, query={"access_token": token})
        except Refused as refused:
            if refused.errcode == NO_TEMPLATE:
                return ()
            raise
        listed = answer.get("template_list")
        if not isinstance(listed, list):
            raise Unanswered(TEMPLATES_PATH, "the answer has no template_list")
        return tuple(_template(row) for row in listed)

    def _post(
        self,
        name: str,
        body: Mapping[str, Any],
        deadline: Deadline,
        token: str | None = None,
        *,
        secrets: tuple[str, ...] = (),
        appid: str | None = None,
    ) -> dict[str, Any]:
        query = {} if token is None else {"access_token": token}
        return self.transport.call(
            PREFIX + name, deadline=deadline, query=query, body=body, appid=appid, secrets=secrets
        )


@dataclass(frozen=True, slots=True)
class PlatformDomains:
    """The hosts registered on the platform; only the published ones count for released Mini Programs.

    `published` is None where the platform has never been published.
    """

    published: tuple[str, ...] | None
    testing: tuple[str, ...]

    def pool(self, *, testing_only: bool = False) -> Pool:
        """The hosts that a wanted one is compared with: the published ones, or as long as there are none the testing ones."""
        return Pool(self.testing if testing_only or self.published is None else self.published)


def _grant(name: str, answer: Mapping[str, Any], field_name: str) -> Grant:
    token = text_of_token(answer.get(field_name))
    if not token:
        raise Unanswered(PREFIX + name, f"the answer has no {field_name}")
    return Grant(token, _expires_in(answer), text_of_token(answer.get("authorizer_refresh_token")))


def _template(row: Any) -> Template:
    """A row that can't be read is no answer: without it a template would seem to be missing."""
    fields = row if isinstance(row, dict) else {}
    template_id = integer(fields.get("template_id"))
    if template_id is None:
        raise Unanswered(TEMPLATES_PATH, "the answer has a template without a template_id")
    return Template(
        id=template_id,
        user_version=text(fields.get("user_version")),
        user_desc=text(fields.get("user_desc")),
        created_at=time_s(fields.get("create_time")),
    )


def text_of_token(value: Any) -> str:
    """A token as an answer gave it; empty for what could not be sent again, such as half of a surrogate pair."""
    return value if isinstance(value, str) and value.isprintable() else ""


def _expires_in(answer: Mapping[str, Any]) -> float:
    try:
        seconds = float(answer.get("expires_in", DEFAULT_EXPIRES_IN_S))
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_EXPIRES_IN_S
    return seconds if 0 < seconds <= MAX_EXPIRES_IN_S else DEFAULT_EXPIRES_IN_S


def _pool(answer: Mapping[str, Any], name: str = "wxa_server_domain") -> PlatformDomains:
    raw = answer.get(f"published_{name}")
    published = _hosts(raw) if isinstance(raw, str) else None
    return PlatformDomains(published, _hosts(answer.get(f"testing_{name}")))


def _hosts(value: Any) -> tuple[str, ...]:
    """Hosts joined with `;`; absent when the platform was never published."""
    if not isinstance(value, str):
        return ()
    return tuple(host.strip().lower() for host in value.split(";") if host.strip())
