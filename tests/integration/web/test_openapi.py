"""The document describes what is served, and what is served is what it describes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from config.api_keys import KeyScope
from releases.record import Release
from tests.support.api import Api, walked
from tests.support.examples import a_release
from web.models import ReleaseRecord

#: What every route may be answered.
EVERYWHERE = {"400", "401", "403", "421", "422", "429", "503"}


@pytest.fixture(scope="module")
def document(running: Api) -> dict[str, Any]:
    told: dict[str, Any] = running.ask("GET", "/openapi.json").json()
    return told


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from objects(part)


def test_every_route_says_its_scope_what_it_does_and_how_it_may_end(document: dict[str, Any]) -> None:
    for method, path, operation in walked(document):
        assert operation["description"], path
        if path == "/healthz":
            assert "security" not in operation
            continue
        (scope,) = operation["security"][0]["key"]
        assert scope in set(KeyScope)
        assert {*operation["responses"]} >= EVERYWHERE, (method, path)
        assert any(status.startswith("2") for status in operation["responses"])


def test_every_error_is_a_problem_and_every_success_has_a_schema(document: dict[str, Any]) -> None:
    for _, path, operation in walked(document):
        for status, answer in operation["responses"].items():
            (media_type,) = answer["content"]
            assert media_type == ("application/json" if status[0] == "2" else "application/problem+json"), (
                path
            )
            assert "$ref" in answer["content"][media_type]["schema"]


def test_every_field_has_a_type_and_a_description(document: dict[str, Any]) -> None:
    named = [found["properties"] for found in objects(document) if isinstance(found.get("properties"), dict)]
    assert len(named) > 15
    for properties in named:
        for name, field in properties.items():
            assert field.get("description"), (name, field)
            assert {"type", "anyOf", "$ref", "allOf", "enum"} & field.keys(), (name, field)
    for _, _, operation in walked(document):
        for parameter in operation.get("parameters", []):
            assert parameter["schema"]
            assert parameter["description"], parameter


def test_every_body_has_an_example_and_none_holds_a_secret(document: dict[str, Any]) -> None:
    for method, path, operation in walked(document):
        if method == "POST":
            (content,) = operation["requestBody"]["content"].values()
            assert content["example"], path
    assert not re.search(r"mpr_|[0-9a-f]{64}|secret=|ticket@@@|refreshtoken", json.dumps(document))


def test_the_records_fields_are_those_of_the_document() -> None:
    public = a_release().public()
    assert {*ReleaseRecord.model_fields} == {*public}
    assert ReleaseRecord.model_validate(public)
    assert {*Release.model_fields} - {"progress"} == {*public}
