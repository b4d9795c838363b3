import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.errors import InvalidRequest
from releases.store.newest import Position
from web.cursors import cursor_of, position_of


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=64))
def test_a_cursor_leads_back_to_where_the_page_ended(created: float, name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    cursor = cursor_of(Position(created, name))
    assert cursor is not None
    assert position_of(cursor) == Position(created, name)


def test_no_cursor_is_the_first_page_and_the_last_page_has_none() -> None:
    assert position_of(None) is None
    assert cursor_of(None) is None


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        position_of(text)
    assert refused.value.field == "cursor"
