"""The platform at WeChat: its name, secret, whitelist and domain pool."""

from __future__ import annotations

from collections.abc import Iterator

from cli.context import settings
from cli.context import unchecked_services as services
from cli.doctor.findings import Finding, fail, ok, warn
from cli.doctor.workers import differences
from cli.printing import in_short
from releases.problems import describe
from releases.states import Step
from wechat.component import PlatformDomains
from wechat.domains import Domains
from wechat.errors import NotLent, OwnerAway, Unanswered, WeChatError
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.http.route import ca_problem
from worker.agreement import WHO_OWNS, WITH_WHOM

#: Seconds that all calls to WeChat may take together.
_DEADLINE_S = 30.0


def platform() -> Iterator[Finding]:
    """The settings without which no release is submitted."""
    lacking = settings().lacking
    if lacking:
        yield fail("platform", f"set {' and '.join(lacking)}")
    else:
        yield ok("platform", settings().platform.appid)
    wanted = services().wanted
    if wanted.server:
        yield ok("domains", ", ".join(wanted.hosts()))
    else:
        yield fail("domains", "set MPRELEASE_DOMAINS__REQUESTDOMAIN and the other lists")


def wechat() -> Iterator[Finding]:
    """Two calls tell whether ticket, secret and the whitelisted IP are right, and which hosts are registered."""
    if settings().lacking:
        return
    if any(WHO_OWNS in names for names in differences().values()):
        yield fail(
            "WeChat",
            f"not asked: {WHO_OWNS} is not the same in all processes, and two owners lock each other out",
        )
        return
    unusable = ca_problem(settings().wechat.api_url)
    if unusable:
        yield fail("WeChat", unusable)
        return
    # A shell that speaks with another WeChat, or in another name, may not put its token in the place of the workers'.
    keep = not any(WITH_WHOM & set(names) for names in differences().values())
    try:
        found = services().wechat.try_credentials(Deadline(_DEADLINE_S), keep=keep)
    except (WeChatError, DeadlineExceeded) as error:
        yield _not_told(error)
        return
    how = "borrowed" if settings().tokens.is_borrowed else "granted"
    yield ok("WeChat", f"component token {how}, IP whitelisted")
    yield _domain_pool("domain pool", services().wanted.server, found, "mprelease platform domains add")
    business = services().wanted.web_view
    if business:
        try:
            found = services().wechat.jump_hosts(Deadline(_DEADLINE_S))
        except (WeChatError, DeadlineExceeded) as error:
            yield _not_told(error)
            return
        command = "mprelease platform domains add --web-view"
        yield _domain_pool("business domains", business, found, command)


def _not_told(error: WeChatError | DeadlineExceeded) -> Finding:
    if isinstance(error, NotLent):
        return warn(
            "domain pool",
            "unknown, as the template library is: the owner of the tokens lends no component token",
        )
    if isinstance(error, OwnerAway):
        return fail("tokens", in_short(describe(error, Step.ENSURE_DOMAINS)))
    if isinstance(error, Unanswered | DeadlineExceeded):
        said = str(error) or f"no answer within {_DEADLINE_S:.0f} s"
        return fail("WeChat", f"{said}; check the network and the proxy of this machine, and WeChat's status")
    return fail("WeChat", in_short(describe(error, Step.ENSURE_DOMAINS)))


def _domain_pool(label: str, wanted: Domains, found: PlatformDomains, command: str) -> Finding:
    pool = found.pool()
    # Below a registered business domain a host is registered.
    missing, unknown = wanted.missing_in(pool).hosts(), wanted.server.unknown_in(pool).hosts()
    if found.published is None:
        text = "the platform was never published: only accounts on its test list can be released to"
        lacking = f"; not registered for testing: {', '.join(missing)}" if missing else ""
        return warn(label, text + lacking)
    if missing:
        return fail(label, f"not published on the platform: {', '.join(missing)}; `{command}` registers them")
    counted = f"{len(found.published)} host{'s' * (len(found.published) != 1)} published"
    if unknown:
        counted += (
            f"; only a domain above is registered of {', '.join(unknown)}: the first release asks WeChat"
        )
    return ok(label, counted)
