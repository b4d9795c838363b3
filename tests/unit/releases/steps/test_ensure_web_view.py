"""Business (web-view) domains, ensured beside the server domains."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import pytest

from releases.problems import NotShownYet, StepBlocked
from releases.record import Progress
from releases.steps.calls import WebView
from releases.steps.ensure_domains import each_in_turn, ensure_domains
from tests.support.fake_wechat import FakeMiniProgram, refused
from tests.unit.releases.steps.test_ensure_domains import API, BOTH, NO_LISTS, WANTED, WS, lists
from wechat.domains import Domains

PAGES, SHOP = "https://m.example.com", "https://shop.example.com"
WEB_VIEW = Domains.wanted({"webviewdomain": [PAGES, SHOP]})


def ensure_both(
    mini_program: FakeMiniProgram, jump_pool: Collection[str] | None = (), **progress: int
) -> str:
    noted = Progress(**progress)
    return each_in_turn(
        partial(ensure_domains, mini_program, WANTED, lambda: (), noted),
        partial(ensure_domains, WebView(mini_program), WEB_VIEW, lambda: jump_pool, noted),
    )


def test_business_domains_that_are_there_are_not_added() -> None:
    mini_program = FakeMiniProgram(get=[lists(**BOTH)], web_view_domains=[[SHOP, PAGES]])

    assert ensure_both(mini_program) == "domains were already there"
    assert mini_program.calls == ["get", "web_view_domains"]


def test_only_the_missing_business_domains_are_added_and_a_get_confirms_them() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(**BOTH)], web_view_domains=[[PAGES], [PAGES, SHOP]], add_web_view_domains=[None]
    )

    assert ensure_both(mini_program) == f"added {SHOP}"
    assert mini_program.added_web_view == [[SHOP]]
    assert mini_program.calls == ["get", "web_view_domains", "add_web_view_domains", "web_view_domains"]


def test_what_was_added_of_both_kinds_is_said() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(requestdomain=[API])],
        add=[BOTH],
        web_view_domains=[[PAGES], [PAGES, SHOP]],
        add_web_view_domains=[None],
    )

    assert ensure_both(mini_program) == f"added {WS}; added {SHOP}"
    assert mini_program.added == [{"wsrequestdomain": [WS]}]


@pytest.mark.parametrize("errcode", [89020, 89021])
def test_business_domains_that_the_platform_has_not_registered_block_by_name(errcode: int) -> None:
    mini_program = FakeMiniProgram(
        get=[lists(**BOTH)], web_view_domains=[[]], add_web_view_domains=[refused(errcode, "no", "r")]
    )

    with pytest.raises(StepBlocked) as caught:
        ensure_both(mini_program, ["m.example.com"])

    assert (caught.value.errcode, caught.value.rid) == (errcode, "r")
    assert caught.value.domains == {"webviewdomain": [SHOP]}
    assert "modify_wxa_jump_domain" in caught.value.remedy


def test_other_refusals_of_business_domains_block_naming_all_of_them() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(**BOTH)], web_view_domains=[[]], add_web_view_domains=[refused(89029)]
    )

    with pytest.raises(StepBlocked) as caught:
        ensure_both(mini_program, None)

    assert (caught.value.errcode, caught.value.domains) == (89029, WEB_VIEW.as_dict())


def test_business_domains_that_were_added_and_are_not_shown_are_asked_for_again_and_not_added_again() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(**BOTH)] * 2, web_view_domains=[[], [PAGES], [PAGES]], add_web_view_domains=[None]
    )

    for unshown in (0, 1):
        with pytest.raises(NotShownYet) as caught:
            ensure_both(mini_program, unshown=unshown)
        assert (caught.value.budget, caught.value.tries) == ("unshown", 2)
        assert (caught.value.blocked.errcode, caught.value.blocked.domains) == (0, {"webviewdomain": [SHOP]})


def test_server_domains_that_are_not_shown_yet_keep_no_business_domain_from_being_added() -> None:
    mini_program = FakeMiniProgram(
        get=[lists(), lists(), lists(**BOTH)],
        add=[NO_LISTS],
        web_view_domains=[[], [PAGES, SHOP], [PAGES, SHOP]],
        add_web_view_domains=[None],
    )

    with pytest.raises(NotShownYet) as caught:
        ensure_both(mini_program)
    assert caught.value.blocked.domains == BOTH

    assert ensure_both(mini_program, unshown=1) == "domains were already there"
    assert mini_program.added_web_view == [[PAGES, SHOP]]
