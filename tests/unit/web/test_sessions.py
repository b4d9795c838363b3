import pytest

from web.login.sessions import LASTS_S, Sessions

PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize(
    ("age_s", "is_good"), [(0, True), (LASTS_S - 1, True), (LASTS_S + 1, False), (-59, True), (-61, False)]
)
def test_a_session_lasts_for_hours_and_clocks_may_differ_by_a_minute(age_s: int, *, is_good: bool) -> None:
    cookie = Sessions(PASSWORD, lambda: 1_000_000.0).begin("王芳")
    found = Sessions(PASSWORD, lambda: 1_000_000.0 + age_s).name(cookie)
    assert found == ("王芳" if is_good else None)


def test_only_the_password_is_the_password() -> None:
    sessions = Sessions(PASSWORD)
    assert sessions.is_password(PASSWORD)
    assert not [text for text in ("", PASSWORD[:-1], PASSWORD + " ", "王") if sessions.is_password(text)]
