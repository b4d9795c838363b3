"""The OpenAPI document: generated from the routes, with the bodies that our own code reads, and errors as they are sent."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from releases.request import RIGHT, ReleaseRequest
from web import problems

_JSON = "application/json"
_FIRST_ERROR = 400
#: A request that is right, without anything that is anybody's.
_EXAMPLE: dict[str, Any] = {
    "appid": "wx0123456789abcdef",
    "template_id": 12,
    "user_version": "1.4.2",
    "user_desc": "A faster cart",
    "ext": {"extAppid": "wx0123456789abcdef", "ext": {"shop": 17}},
    "label": "Flower shop",
}


def document(app: FastAPI) -> dict[str, Any]:
    """Make it, once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="mprelease",
            version=metadata.version("mprelease"),
            description="Releases a version of a template to WeChat Mini Programs: domains, commit, audit.",
            routes=app.routes,
        )
        for operations in made["paths"].values():
            for operation in operations.values():
                _name_media_type(operation)
        app.openapi_schema = made
    return app.openapi_schema


def _name_media_type(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if int(status) >= _FIRST_ERROR and _JSON in answer.get("content", {}):
            answer["content"][problems.MEDIA_TYPE] = answer["content"].pop(_JSON)


def request_body() -> dict[str, Any]:
    """Of one request."""
    return _body(_request_schema(), _EXAMPLE)


def wave_body(most: int) -> dict[str, Any]:
    """Of a wave's requests, with what they have in common."""
    of_one = _request_schema("appid")
    fields = of_one["properties"]
    common = {name: schema for name, schema in fields.items() if name not in ("appid", "wave")}
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["requests"],
        "properties": {
            "requests": {
                "type": "array",
                "description": "One for each Mini Program.",
                "minItems": 1,
                "maxItems": most,
                "items": {**of_one, "properties": {n: s for n, s in fields.items() if n != "wave"}},
            },
            "canary": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": most,
                "description": "The first so many run alone.",
            },
            "max_blocked": {
                "type": ["number", "null"],
                "minimum": 0,
                "maximum": 100,
                "description": "Stop the wave when over so many per cent end blocked or failed.",
            },
            **common,
        },
    }
    shops = [{"appid": "wx0123456789abcdef"}, {"appid": "wx0123456789abcdee", "label": "Tea house"}]
    shared = {name: _EXAMPLE[name] for name in ("template_id", "user_version", "user_desc")}
    return _body(schema, {"requests": shops, "canary": 1, "max_blocked": 10, **shared})


def body_of(model: type[BaseModel], *, required: bool) -> dict[str, Any]:
    """Of what a model describes."""
    return _body(model.model_json_schema(), {"reason": "the domain is registered now"}, required=required)


def _request_schema(*required: str) -> dict[str, Any]:
    schema = ReleaseRequest.model_json_schema()
    described = {name: {**field, "description": RIGHT[name]} for name, field in schema["properties"].items()}
    return {**schema, "properties": described, "required": [*required] or schema["required"]}


def _body(schema: dict[str, Any], example: Any, *, required: bool = True) -> dict[str, Any]:
    content = {_JSON: {"schema": schema, "example": example}}
    return {"requestBody": {"required": required, "content": content}}
