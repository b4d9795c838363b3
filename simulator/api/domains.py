"""modify_domain and get_effective_domain: the server domains of one Mini Program."""

from dataclasses import dataclass, field
from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.domains import (
    LISTS,
    Lists,
    empty_lists,
    host_of,
    normal_origin,
    split_by_pool,
    styled,
    too_many,
)
from simulator.world.miniprogram import MiniProgram
from simulator.world.platform import Platform

MAX_EDITS_A_MONTH = 50


def modify_domain(call: Call) -> dict[str, Any]:
    """Read or change the six lists. Reading is free; 50 changes a month are allowed."""
    mini, action = call.mini, call.body.get("action")
    if not mini.is_miniprogram:
        raise WeChatError(85015)
    if action == "get":
        return dict(styled(mini.domains, mini.stored_style))
    if action not in ("add", "delete", "set"):
        raise WeChatError(40097)
    _check_edits(call)
    if call.world.platform.count_refused_edits:
        mini.domain_edits += 1
    answer = _delete(call) if action == "delete" else _write(call, overwrite=action == "set")
    if not call.world.platform.count_refused_edits:
        mini.domain_edits += 1
    return answer


def get_effective_domain(call: Call) -> dict[str, Any]:
    """Show whose the domains are, and which of them a release would leave."""
    ours, theirs = split_by_pool(call.mini.domains, call.world.platform.counts)
    return {
        "mp_domain": theirs,
        "third_domain": ours,
        "direct_domain": empty_lists(),
        "effective_domain": ours,
    }


@dataclass(slots=True)
class Sorted:
    """What was sent, sorted by what is wrong with it."""

    good: Lists = field(default_factory=empty_lists)
    invalid: Lists = field(default_factory=empty_lists)
    no_icp: list[str] = field(default_factory=list)

    def rejected(self) -> dict[str, Any]:
        """Name the rejected domains the way the answer does."""
        named: dict[str, Any] = {f"invalid_{name}": bad for name, bad in self.invalid.items() if bad}
        if self.no_icp:
            named["no_icp_domain"] = self.no_icp
        return named

    def complaint(self) -> int:
        """Give the errcode for a call that changed nothing."""
        broken = any(self.invalid.values())
        if broken and self.no_icp:
            return 85303
        if broken:
            return 85301
        return 85302 if self.no_icp else 85017


def _write(call: Call, *, overwrite: bool) -> dict[str, Any]:
    mini, platform = call.mini, call.world.platform
    sent = _sort(call.body, platform)
    wanted = _overwritten(call.body, mini.domains, sent) if overwrite else _added(mini.domains, sent.good)
    if wanted == mini.domains or (overwrite and sent.rejected() and not any(sent.good.values())):
        raise WeChatError(sent.complaint(), **sent.rejected())
    _check_registered(wanted, mini.domains, platform)
    if too_many(wanted):
        raise WeChatError(85016)
    before, mini.domains = mini.domains, wanted
    answered = {"after": wanted, "added": sent.good, "before": before}[mini.add_answers]
    return {**_lists_answered(mini, answered), **sent.rejected()}


def _delete(call: Call) -> dict[str, Any]:
    mini = call.mini
    gone = {name: {normal_origin(name, text) or text for text in _texts(call.body, name)} for name in LISTS}
    left = {name: [o for o in values if o not in gone[name]] for name, values in mini.domains.items()}
    if left == mini.domains:
        raise WeChatError(85017)
    mini.domains = left
    return dict(_lists_answered(mini, mini.domains))


def _sort(body: dict[str, Any], platform: Platform) -> Sorted:
    result = Sorted()
    for name in LISTS:
        for text in _texts(body, name):
            origin = normal_origin(name, text)
            if origin is None:
                result.invalid[name].append(text)
            elif host_of(origin) in platform.no_icp:
                result.no_icp.append(text)
            elif origin not in result.good[name]:
                result.good[name].append(origin)
    return result


def _added(present: Lists, good: Lists) -> Lists:
    return {name: list(dict.fromkeys([*present[name], *good[name]])) for name in LISTS}


def _overwritten(body: dict[str, Any], present: Lists, sent: Sorted) -> Lists:
    """Overwrite the lists that were sent; one left out stays as it is."""
    return {name: sent.good[name] if name in body else present[name] for name in LISTS}


def _check_registered(wanted: Lists, present: Lists, platform: Platform) -> None:
    new = {host_of(o) for name in LISTS for o in set(wanted[name]) - set(present[name])}
    unknown = {host for host in new if not platform.counts(host)}
    if unknown:
        only_testing = unknown.issubset(platform.testing)
        raise WeChatError(platform.testing_only_errcode if only_testing else 85018)


def _check_edits(call: Call) -> None:
    mini, month = call.mini, call.world.clock.month()
    if mini.edits_month != month:
        mini.edits_month, mini.domain_edits = month, 0
    if mini.domain_edits >= MAX_EDITS_A_MONTH:
        raise WeChatError(86102)


def _texts(body: dict[str, Any], name: str) -> list[str]:
    """Take the strings of a list; anything else counts as nothing sent (85017), as was reported."""
    value = body.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _lists_answered(mini: MiniProgram, lists: Lists) -> Lists:
    return styled(lists, mini.stored_style) if mini.add_answers_lists else {}
