"""Requests: whatever the fields are, the request is taken, and then survives, or is refused by a named field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given

from releases.errors import InvalidRequest
from releases.record import Release
from releases.request import ReleaseRequest, parse_request
from releases.store.known import dump, parse
from tests.properties.cases import Cases, share
from tests.properties.json_values import any_json, any_object, near_misses
from tests.properties.right import requests
from tests.support.examples import NOW
from wechat.http.transport import encode

FIELDS = set(ReleaseRequest.model_fields)


def taken(fields: dict[str, Any]) -> ReleaseRequest | None:
    """The request, or None for one that is refused as the contract says."""
    try:
        return parse_request(fields)
    except InvalidRequest as refused:
        assert refused.args == (refused.field, refused.problem)
        assert names_a_field(refused.field, fields), refused.field
        assert refused.problem.strip()
        assert len(refused.problem) < 1000
        # It goes into Celery's result, into the log and onto the terminal.
        json.dumps(refused.args).encode()
        str(refused).encode()
        return None


def names_a_field(name: str, fields: dict[str, Any]) -> bool:
    """One of the contract's (or a place in it), the foreign one as given, or `request` where it can't be written."""
    return (
        name.partition(".")[0] in FIELDS
        or name in fields
        or (name == "request" and not can_be_written(fields))
    )


def can_be_written(names: Iterable[str]) -> bool:
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        return False
    return True


def survives(request: ReleaseRequest) -> None:
    """What was taken is the same after Redis, and can be sent to WeChat and through Celery."""
    stored = parse(dump(Release.of(request, NOW)), 1).release
    assert stored.differing(request) == []
    assert (stored.appid, stored.template_id) == (request.appid, request.template_id)
    assert stored.user_version == request.user_version
    for body in (stored.ext, stored.audit):
        assert json.loads(encode(body)) == body
    encode({"ext_json": encode(stored.ext).decode(), "user_desc": stored.user_desc})
    json.dumps(stored.public()).encode()


@share(2)
@given(fields=near_misses(requests))
def test_a_request_that_is_nearly_right_is_taken_and_survives_or_names_its_field(
    cases: Cases, fields: dict[str, Any]
) -> None:
    request = taken(fields)
    if request is not None:
        survives(request)
    cases.add()


@given(fields=any_object)
def test_any_fields_at_all_are_refused_by_name(cases: Cases, fields: dict[str, Any]) -> None:
    assert taken(fields) is None
    cases.add()


@given(ext=any_json, audit=any_json)
def test_any_ext_and_audit_are_taken_and_survive_or_are_refused(cases: Cases, ext: Any, audit: Any) -> None:
    fields = {"appid": "wx0123456789abcdef", "template_id": 1, "user_version": "1", "user_desc": ""}
    request = taken({**fields, "ext": ext, "audit": audit})
    if request is not None:
        survives(request)
    cases.add()
