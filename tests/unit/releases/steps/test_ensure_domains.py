from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from releases.problems import NotShownYet, StepBlocked
from releases.record import Progress
from releases.steps.ensure_domains import ensure_domains
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from wechat.domains import SCHEMES, Domains
from wechat.errors import Refused, Unanswered

API, WS, OWN = "https://api.example.com", "wss://ws.example.com", "https://own.merchant.cn"
WANTED = Domains.wanted({"requestdomain": [API], "wsrequestdomain": [WS]})
BOTH = {"requestdomain": [API], "wsrequestdomain": [WS]}
NO_LISTS = {"errcode": 0}


def lists(**named: list[str]) -> dict[str, Any]:
    """An answer with all six lists."""
    return {**{name: [] for name in SCHEMES}, **named}


def nobody_asks() -> Collection[str] | None:
    raise AssertionError("the platform's pool was asked for")


def ensure(mini_program: FakeMiniProgram, pool: Collection[str] | None = (), **progress: int) -> str:
    return ensure_domains(mini_program, WANTED, lambda: pool, Progress(**progress))


def blocked(mini_program: FakeMiniProgram, pool: Collection[str] | None = ()) -> StepBlocked:
    with pytest.raises(StepBlocked) as caught:
        ensure(mini_program, pool)
    return caught.value


def test_when_nothing_is_missing_nothing_is_added() -> None:
    mini_program = FakeMiniProgram(get=[lists(**BOTH)])

    assert ensure(mini_program) == "domains were already there"
    assert mini_program.calls == ["get"]


def test_case_and_a_trailing_slash_make_no_difference() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(requestdomain=["HTTPS://Api.Example.com/"], wsrequestdomain=["wss://WS.example.com"])]
    )

    ensure(mini_program)

    assert mini_program.calls == ["get"]


def test_a_port_makes_a_difference() -> None:
    there = lists(requestdomain=[API + ":8443"], wsrequestdomain=[WS])
    mini_program = FakeMiniProgram(get=[there], add=[lists(**BOTH)])

    ensure(mini_program)

    assert mini_program.added == [{"requestdomain": [API]}]


def test_only_the_missing_are_added_and_the_answers_lists_confirm_them() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(requestdomain=[OWN, API])], add=[lists(requestdomain=[OWN, API], wsrequestdomain=[WS])]
    )

    assert ensure(mini_program) == f"added {WS}"
    assert mini_program.added == [{"wsrequestdomain": [WS]}]
    assert mini_program.calls == ["get", "add"]


def test_a_domain_in_another_list_is_missing_in_this_one() -> None:
    wanted = Domains.wanted({"requestdomain": [API], "uploaddomain": [API]})
    mini_program = FakeMiniProgram(
        get=[lists(requestdomain=[API])], add=[lists(requestdomain=[API], uploaddomain=[API])]
    )

    ensure_domains(mini_program, wanted, nobody_asks, Progress())

    assert mini_program.added == [{"uploaddomain": [API]}]


def test_an_answer_without_lists_is_verified_by_one_get() -> None:
    mini_program = FakeMiniProgram(get=[lists(), lists(**BOTH)], add=[NO_LISTS])

    ensure(mini_program)

    assert mini_program.calls == ["get", "add", "get"]


@pytest.mark.parametrize("carried", [{"requestdomain": [API]}, {**BOTH, "wsrequestdomain": None}])
def test_an_answer_without_all_the_wanted_lists_is_verified_by_one_get(carried: dict[str, Any]) -> None:
    mini_program = FakeMiniProgram(get=[lists(), lists(**BOTH)], add=[carried])

    ensure(mini_program)

    assert mini_program.calls == ["get", "add", "get"]


def test_lists_nobody_wants_need_not_be_carried() -> None:
    mini_program = FakeMiniProgram(get=[lists()], add=[BOTH])

    ensure(mini_program)

    assert mini_program.calls == ["get", "add"]


@pytest.mark.parametrize(
    "carried",
    [
        {},
        {"requestdomain": None, "wsrequestdomain": None},
        lists(),
        lists(wsrequestdomain=[WS]),
        lists(requestdomain=[OWN], wsrequestdomain=[WS]),
        lists(requestdomain=[API + ":443"], wsrequestdomain=[WS]),
        {"requestdomain": OWN, "wsrequestdomain": {"domain": WS}},
    ],
)
def test_an_answer_whose_lists_do_not_show_all_is_verified_by_one_get(carried: dict[str, Any]) -> None:
    mini_program = FakeMiniProgram(get=[lists(requestdomain=[API]), lists(**BOTH)], add=[carried])

    assert ensure(mini_program) == f"added {WS}"
    assert mini_program.calls == ["get", "add", "get"]


@pytest.mark.parametrize(
    "carried",
    [
        {"requestdomain": [API.upper() + "/"], "wsrequestdomain": [{"domain": WS}]},
        {"requestdomain": f"{OWN};{API}", "wsrequestdomain": WS},
    ],
)
def test_an_answer_that_shows_all_in_another_spelling_needs_no_get(carried: dict[str, Any]) -> None:
    mini_program = FakeMiniProgram(get=[lists()], add=[carried])

    ensure(mini_program)

    assert mini_program.calls == ["get", "add"]


def test_an_unanswered_verifying_get_confirms_nothing() -> None:
    with pytest.raises(Unanswered):
        ensure(FakeMiniProgram(get=[lists(), unanswered()], add=[NO_LISTS]))


@pytest.mark.parametrize(
    "refusal",
    [
        {"invalid_wsrequestdomain": [WS]},
        {"invalid_wsrequestdomain": [WS.upper() + "/"]},
        {"no_icp_domain": [WS]},
        {"no_icp_domain": ["ws.example.com"]},
    ],
)
def test_a_partial_success_blocks_naming_the_domains(refusal: dict[str, Any]) -> None:
    answer = {**lists(requestdomain=[API]), **refusal}

    error = blocked(FakeMiniProgram(get=[lists()], add=[answer]))

    assert (error.errcode, error.domains) == (0, {"wsrequestdomain": [WS]})


def test_a_domain_named_invalid_blocks_even_if_the_lists_carry_it() -> None:
    answer = {**lists(**BOTH), "invalid_requestdomain": [API]}

    assert blocked(FakeMiniProgram(get=[lists()], add=[answer])).domains == {"requestdomain": [API]}


def test_somebody_elses_invalid_domain_is_no_partial_success() -> None:
    answer = {**lists(**BOTH), "invalid_requestdomain": [OWN], "no_icp_domain": ["own.merchant.cn"]}

    assert ensure(FakeMiniProgram(get=[lists()], add=[answer])).startswith("added")


@pytest.mark.parametrize("errcode", [85017, 85301])
def test_nothing_added_because_they_are_there_meanwhile_is_done(errcode: int) -> None:
    mini_program = FakeMiniProgram(get=[lists(), lists(**BOTH)], add=[refused(errcode)])

    assert (
        ensure_domains(mini_program, WANTED, nobody_asks, Progress())
        == "domains were added by somebody else meanwhile"
    )
    assert mini_program.calls == ["get", "add", "get"]


@pytest.mark.parametrize("errcode", [85017, 85301])
def test_nothing_added_and_still_missing_blocks_naming_only_those(errcode: int) -> None:
    mini_program = FakeMiniProgram(
        get=[lists(), lists(requestdomain=[API])], add=[refused(errcode, "no", "r")]
    )

    error = blocked(mini_program)

    assert (error.errcode, error.errmsg, error.rid) == (errcode, "no", "r")
    assert error.domains == {"wsrequestdomain": [WS]}
    assert error.remedy
    assert mini_program.calls == ["get", "add", "get"]


def test_85018_names_only_the_domains_that_the_platform_has_not_registered() -> None:
    mini_program = FakeMiniProgram(get=[lists()], add=[refused(85018)])

    error = blocked(mini_program, pool=["api.example.com"])

    assert (error.errcode, error.domains) == (85018, {"wsrequestdomain": [WS]})
    assert mini_program.calls == ["get", "add"]


def test_85018_names_no_domain_below_a_registered_one_while_another_is_to_blame() -> None:
    wanted = Domains.wanted({"requestdomain": ["https://a.shop.example", "https://b.other.example"]})
    below = Domains.wanted({"requestdomain": ["https://a.shop.example"]})

    for these, named in ((wanted, ["https://b.other.example"]), (below, ["https://a.shop.example"])):
        mini_program = FakeMiniProgram(get=[lists()], add=[refused(85018)])
        with pytest.raises(StepBlocked) as caught:
            ensure_domains(mini_program, these, lambda: ["shop.example"], Progress())
        assert caught.value.domains == {"requestdomain": named}


@pytest.mark.parametrize("pool", [None, (), ["api.example.com", "ws.example.com"]])
def test_85018_names_all_that_were_sent_if_the_pool_does_not_tell(pool: Collection[str] | None) -> None:
    mini_program = FakeMiniProgram(get=[lists()], add=[refused(85018)])

    assert blocked(mini_program, pool).domains == BOTH


def test_85018_names_those_that_the_answer_names_and_asks_nobody() -> None:
    mini_program = FakeMiniProgram(get=[lists()], add=[refused(85018, invalid_requestdomain=[API])])

    with pytest.raises(StepBlocked) as caught:
        ensure_domains(mini_program, WANTED, nobody_asks, Progress())

    assert caught.value.domains == {"requestdomain": [API]}


@pytest.mark.parametrize("errcode", [85015, 85016, 85302, 85303])
def test_the_other_refusals_block_at_once(errcode: int) -> None:
    mini_program = FakeMiniProgram(get=[lists()], add=[refused(errcode, no_icp_domain=["ws.example.com"])])

    with pytest.raises(StepBlocked) as caught:
        ensure_domains(mini_program, WANTED, nobody_asks, Progress())

    assert (caught.value.errcode, caught.value.domains) == (errcode, {"wsrequestdomain": [WS]})
    assert mini_program.calls == ["get", "add"]


@pytest.mark.parametrize("errcode", [-1, 86102, 45009, 61004, 40001])
def test_what_is_not_about_the_domains_is_left_to_the_policy(errcode: int) -> None:
    with pytest.raises(Refused) as caught:
        ensure(FakeMiniProgram(get=[lists()], add=[refused(errcode)]))

    assert caught.value.errcode == errcode


def not_shown(mini_program: FakeMiniProgram, **progress: int) -> NotShownYet:
    with pytest.raises(NotShownYet) as caught:
        ensure(mini_program, (), **progress)
    return caught.value


def test_domains_that_were_added_and_are_not_shown_are_asked_for_again() -> None:
    mini_program = FakeMiniProgram(get=[lists(), lists(requestdomain=[API])], add=[NO_LISTS])

    error = not_shown(mini_program)

    assert (error.budget, error.tries) == ("unshown", 2)
    assert (error.blocked.errcode, error.blocked.domains) == (0, {"wsrequestdomain": [WS]})
    assert mini_program.calls == ["get", "add", "get"]


def test_domains_that_were_added_are_not_added_again() -> None:
    mini_program = FakeMiniProgram(get=[lists(requestdomain=[API]), lists(**BOTH)])

    assert not_shown(mini_program, unshown=1).blocked.domains == {"wsrequestdomain": [WS]}
    assert ensure(mini_program, unshown=2) == "domains were already there"
    assert mini_program.calls == ["get", "get"]


@pytest.mark.parametrize("progress", [{"failures": 1}, {"unadded": 1}])
def test_nothing_to_add_after_an_attempt_that_may_have_added_them_is_asked_for_again(
    progress: dict[str, int],
) -> None:
    mini_program = FakeMiniProgram(get=[lists(), lists()], add=[refused(85017, "no", "r")])

    error = not_shown(mini_program, **progress)

    assert (error.budget, error.tries) == ("unadded", 2)
    assert (error.blocked.errcode, error.blocked.rid, error.blocked.domains) == (85017, "r", BOTH)


def test_without_configured_domains_it_blocks_before_any_call() -> None:
    mini_program = FakeMiniProgram()

    with pytest.raises(StepBlocked, match="no server domain") as caught:
        ensure_domains(mini_program, Domains.wanted({}), nobody_asks, Progress())

    assert "MPRELEASE_DOMAINS__REQUESTDOMAIN" in caught.value.remedy
    assert mini_program.calls == []
