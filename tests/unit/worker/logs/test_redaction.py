import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.logs.redaction import redact

#: What WeChat and our settings call a secret. Not the product's own list, of which one could be missing.
SECRET_NAMES = (
    "access_token",
    "component_access_token",
    "authorizer_access_token",
    "refresh_token",
    "authorizer_refresh_token",
    "component_refresh_token",
    "appsecret",
    "component_appsecret",
    "component_secret",
    "component_verify_ticket",
    "password",
)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            '"POST /wxa/commit?access_token=abc_-1 HTTP/1.1" 200',
            '"POST /wxa/commit?access_token=*** HTTP/1.1" 200',
        ),
        ("?a=1&component_access_token=abc&b=2", "?a=1&component_access_token=***&b=2"),
        ('{"authorizer_refresh_token": "abc"}', '{"authorizer_refresh_token": "***"}'),
        ('{"password": "a\\"bc", "n": 1}', '{"password": "***", "n": 1}'),
        ("{'component_appsecret': 'abc'}", "{'component_appsecret': '***'}"),
        ("{'component_appsecret': b'abc'}", "{'component_appsecret': b'***'}"),
        ("{'component_appsecret': \"a'bc\"}", "{'component_appsecret': \"***\"}"),
        ("it was cut: {'refresh_token': 'abc", "it was cut: {'refresh_token': '***"),
        (
            "Error 111 connecting to redis://ops:abc@h:6379/0",
            "Error 111 connecting to redis://ops:***@h:6379/0",
        ),
        ("'Authorization': 'Bearer abc-1=='", "'Authorization': 'Bearer ***'"),
        ('{\\"authorization\\": \\"bearer abc\\"}', '{\\"authorization\\": \\"bearer ***\\"}'),
        ("redis://:abc@h", "redis://:***@h"),
        ("nothing to hide: access_token", "nothing to hide: access_token"),
    ],
)
def test_values_of_secrets_are_replaced_and_the_rest_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "/wxa/commit?{}=abcdef&b=1",
        '{{"{}": "abcdef"}}',
        "{{'{}': 'abcdef'}}",
        "{{'{}': b'abcdef'}}",
        '{{\\"{}\\": \\"abcdef\\"}}',
        "{{'{}': \"a'bcdef\"}}",
    ],
)
def test_a_value_of_each_name_is_replaced(name: str, text: str) -> None:
    redacted = redact(text.format(name))
    assert "***" in redacted
    assert "bcdef" not in redacted


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(
    "text",
    [
        "?access_token=abcdef&x=1",
        '"?access_token=abcdef"',
        "?access_token=abcdef\n",
        '{"refresh_token": "abcdef", "n": 1}',
        "{'refresh_token': 'abcdef'}",
        "redis://ops:abcdef@h:6379/0",
        "rediss://:abcdef@h",
    ],
)
def test_a_secret_in_json_is_found_however_deep_its_quotes_are_escaped(text: str, depth: int) -> None:
    for _ in range(depth):
        text = json.dumps({"event": text})
    redacted = redact(text)
    assert "abcdef" not in redacted
    assert "***" in redacted
    for _ in range(depth):
        redacted = json.loads(redacted)["event"]


@given(st.lists(st.sampled_from([*"\"'\\:@=&b{ \n\té", "x://", ": ", "abc", *SECRET_NAMES]), max_size=30))
def test_json_stays_json_whatever_is_taken_out_of_it(parts: list[str]) -> None:
    fields = {"event": "".join(parts), "more": {"".join(parts): ["".join(parts)]}, "last": 1}
    for separators in ((", ", ": "), (",", ":")):
        redacted = json.loads(redact(json.dumps(fields, ensure_ascii=False, separators=separators)))
        assert redacted["last"] == 1
