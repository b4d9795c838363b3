import hashlib

import pytest

from config.api_keys import ApiKey, KeyScope
from web.keys import Keys

KEY = "mpr_secret"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()


def a_key(scopes: str = "read", name: str = "ci") -> ApiKey:
    return ApiKey.read(f"{name}:{scopes}:{DIGEST}")


@pytest.mark.parametrize(
    ("granted", "may"),
    [
        ("read", {"read"}),
        ("operate", {"read", "operate"}),
        ("publish", {"read", "operate", "publish"}),
        ("tokens", {"tokens"}),
        ("tokens+read", {"tokens", "read"}),
    ],
)
def test_what_a_scope_includes(granted: str, may: set[str]) -> None:
    assert {scope for scope in KeyScope if a_key(granted).may(scope)} == may


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ci",
        "ci:read",
        f"ci:read:{DIGEST[:-1]}",
        f"ci:read:{KEY}",
        f"ci::{DIGEST}",
        f"ci:admin:{DIGEST}",
        f"ci:read+:{DIGEST}",
        f":read:{DIGEST}",
        f"two words:read:{DIGEST}",
        f"{'x' * 41}:read:{DIGEST}",
    ],
)
def test_what_is_no_key_is_told_without_its_value(line: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        ApiKey.read(line)
    assert KEY not in str(refused.value)
    assert DIGEST not in str(refused.value)


def test_a_key_is_written_as_it_is_read_and_shows_no_digest_otherwise() -> None:
    key = a_key("tokens+read")
    assert str(key) == f"ci:read+tokens:{DIGEST}"
    assert DIGEST not in repr(key)
    assert key.digest.hex() == DIGEST


@pytest.mark.parametrize(
    ("header", "is_let_in"),
    [
        (f"Bearer {KEY}", True),
        (f"bearer  {KEY}", True),
        (f"Basic {KEY}", False),
        (f"Bearer {KEY}x", False),
        (f"Bearer {DIGEST}", False),
        (KEY, False),
        ("Bearer ", False),
        ("Bearer \xff", False),
        ("", False),
    ],
)
def test_who_shows_a_key_is_its_holder(header: str, is_let_in: bool) -> None:
    keys = Keys([a_key(name="other"), a_key()])
    found = keys.holder(header)
    assert (found is not None) == is_let_in


def test_without_keys_nobody_is_let_in() -> None:
    assert Keys([]).holder(f"Bearer {KEY}") is None
    assert not Keys([])
