from __future__ import annotations

import pytest

from config.celery_options import celery_options
from config.loading import load_settings, set_in_vain
from tests.unit.config.conftest import problems

WEBHOOK_SECRET, OTHER_SECRET = f"whsec_{'QUFB' * 8}", f"whsec_{'QkJC' * 21}"


IN_VAIN = {
    "MPRELEASE_WORKER__VISIBILITY_TIMEOUT_S": "what a killed worker had goes on when its lease ends",
    "MPRELEASE_WORKER__SWEEP_S": "lost messages are found by the order of the queue",
}


@pytest.mark.parametrize("variable", IN_VAIN)
@pytest.mark.parametrize("text", ["1", "22", "0.5", "86400"])
def test_a_setting_without_meaning_is_taken_and_says_what_replaced_it(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = celery_options(load_settings())
    monkeypatch.setenv(variable, text)

    (line,) = set_in_vain(load_settings())
    assert line.startswith(f"{variable} does nothing any more: {IN_VAIN[variable]}")
    assert celery_options(load_settings()) == defaults


@pytest.mark.parametrize("variable", IN_VAIN)
@pytest.mark.parametrize("text", ["", "soon", "0", "-1", "86401"])
def test_a_setting_without_meaning_is_still_a_number(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)

    assert problems()[0].startswith(f"{variable}: ")


def test_nothing_is_set_in_vain_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_WORKER__CONCURRENCY", "4")

    assert set_in_vain(load_settings()) == []
