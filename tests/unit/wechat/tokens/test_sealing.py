from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.keys import NEW, OLD, OTHER
from wechat.tokens.sealing import MARK, Seal

SECRET = "refreshtoken@@@of-a-merchant"
#: Texts that look sealed and are not what any key has made.
SPOILT = [
    MARK,
    MARK + "gAAAAA",
    MARK + "é" * 80,
    MARK + SECRET,
    Seal([NEW]).encrypt(SECRET)[:-8],
    Seal([NEW]).encrypt(SECRET)[:-12] + "AAAAAAAAAAA=",
]


@given(st.text())
def test_what_is_closed_opens_to_the_same_text(text: str) -> None:
    seal = Seal([NEW, OLD])

    assert seal.decrypt(seal.encrypt(text)) == text


def test_a_closed_text_shows_nothing_and_is_another_one_each_time() -> None:
    seal = Seal([NEW])
    closed = {seal.encrypt(SECRET) for _ in range(3)}

    assert len(closed) == 3
    assert not any(SECRET in text for text in closed)


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    assert Seal([NEW, OLD]).decrypt(Seal([OLD]).encrypt(SECRET)) == SECRET
    assert Seal([NEW]).decrypt(Seal([NEW, OLD]).encrypt(SECRET)) == SECRET
    assert Seal([OLD]).decrypt(Seal([NEW, OLD]).encrypt(SECRET)) is None


@pytest.mark.parametrize("seal", [Seal(), Seal([NEW]), Seal([NEW], encrypts=False)])
def test_plain_text_decrypts_to_itself(seal: Seal) -> None:
    assert seal.decrypt(SECRET) == SECRET


@pytest.mark.parametrize("seal", [Seal(), Seal([NEW], encrypts=False)], ids=["no key", "not yet"])
def test_without_a_key_or_before_its_time_texts_stay_plain(seal: Seal) -> None:
    assert seal.encrypt(SECRET) == SECRET


def test_a_key_decrypts_before_it_encrypts() -> None:
    assert Seal([NEW], encrypts=False).decrypt(Seal([NEW]).encrypt(SECRET)) == SECRET


@pytest.mark.parametrize("stored", [*SPOILT, Seal([OTHER]).encrypt(SECRET)])
@pytest.mark.parametrize("seal", [Seal(), Seal([NEW, OLD])], ids=["no key", "keys"])
def test_what_no_key_has_closed_does_not_open(seal: Seal, stored: str) -> None:
    assert seal.decrypt(stored) is None
    assert not seal.is_current(stored)


@pytest.mark.parametrize(
    ("stored", "is_current"),
    [
        (SECRET, False),
        (Seal([OLD]).encrypt(SECRET), False),
        (Seal([NEW]).encrypt(SECRET).removeprefix(MARK), False),
        (Seal([NEW]).encrypt(SECRET), True),
    ],
    ids=["plain", "another key", "without the mark", "first key"],
)
def test_current_is_what_the_first_key_has_closed(stored: str, is_current: bool) -> None:
    assert Seal([NEW, OLD]).is_current(stored) is is_current


@pytest.mark.parametrize("seal", [Seal(), Seal([NEW], encrypts=False)], ids=["no key", "not yet"])
def test_where_nothing_is_to_be_sealed_plain_text_is_current(seal: Seal) -> None:
    assert seal.is_current(SECRET)
    assert not seal.is_current(Seal([NEW]).encrypt(SECRET))


def test_a_seal_does_not_show_its_keys() -> None:
    assert NEW not in repr(Seal([NEW]))
