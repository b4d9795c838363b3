from __future__ import annotations

import pytest

from wechat.tokens.issued import MOST_CHARACTERS, REFRESH_TOKEN, TICKET, problem_of

GOOD = "ticket@@@fTFyOlnUzPYlIDMqL0hLTKnJXjBHBHPpNfjfA-xbw_K5KOCZ4PGsLr96p8SFRH2-EkF0rPn6yzQvDHU1NEIu5Q"
#: What gets pasted in place of a ticket, and a word of what is said.
NO_TICKETS = {
    "": "empty",
    f"<xml><ComponentVerifyTicket><![CDATA[{GOOD}]]></ComponentVerifyTicket></xml>": "XML",
    f"<![CDATA[{GOOD}]]>": "XML",
    "<xml><AppId>wx</AppId><Encrypt>abc</Encrypt></xml>": "decrypt it",
    f'{{"ComponentVerifyTicket":"{GOOD}"}}': "JSON",
    f'"{GOOD}"': "quotes",
    f"'{GOOD}": "quotes",
    f"“{GOOD}”": "quotes",
    f"{GOOD} {GOOD}": "one word",
    f"{GOOD[:20]}\n{GOOD[20:]}": "one word",
    f"{GOOD[:20]}\u3000{GOOD[20:]}": "one word",
    f"{GOOD}\u200b": "none of WeChat's has",
    f"{GOOD}，": "none of WeChat's has",
    f"ComponentVerifyTicket:{GOOD}": "none of WeChat's has",
    f"component_verify_ticket={GOOD}": "does not begin with ticket@@@",
    "refreshtoken@@@abc": "does not begin with ticket@@@",
    "ticket@@@" + "x" * MOST_CHARACTERS: f"{MOST_CHARACTERS} is the most",
}


@pytest.mark.parametrize("text", [GOOD, "ticket@@@" + "x" * (MOST_CHARACTERS - 9), "another+format/1="])
def test_a_ticket_is_taken(text: str) -> None:
    assert problem_of(text, TICKET) is None


@pytest.mark.parametrize(("text", "said"), NO_TICKETS.items())
def test_what_is_no_ticket_is_refused_with_what_to_give(text: str, said: str) -> None:
    problem = problem_of(text, TICKET)

    assert problem is not None
    assert said in problem
    assert problem.endswith("give the component_verify_ticket alone, like ticket@@@…")
    assert GOOD not in problem


@pytest.mark.parametrize("text", [GOOD, '"refreshtoken@@@abc"', "very secret"])
def test_what_is_no_refresh_token_is_refused(text: str) -> None:
    assert problem_of("refreshtoken@@@abc", REFRESH_TOKEN) is None
    problem = problem_of(text, REFRESH_TOKEN)
    assert problem is not None
    assert problem.endswith("give the refresh token alone, like refreshtoken@@@…")
