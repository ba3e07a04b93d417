"""A small vocabulary in which the platforms' calls are described; it comes out as OpenAPI 3.1.

A name that ends in ``?`` is optional, wherever names stand for fields: in a query, a form, a JSON body, an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
Fields = Mapping[str, Schema]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}
FILE: Schema = {"type": "string", "format": "binary"}
ANYTHING: Schema = {"type": "object"}

JSON = "application/json"
PAGE = "text/html"
PICTURE = "image/*"
FILM = "video/mp4"
BYTES = "application/octet-stream"
ANY_FILE = "*/*"


def text(example: str = "", *, most: int | None = None, pattern: str = "") -> Schema:
    """A string; ``most`` characters, what it looks like."""
    schema = {"type": "string", "examples": [example] if example else None, "maxLength": most, "pattern": pattern}
    return {name: value for name, value in schema.items() if value}


def one_of(*values: str | int) -> Schema:
    return {"enum": list(values)}


def whole(low: int | None = None, high: int | None = None) -> Schema:
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return {name: value for name, value in schema.items() if value is not None}


def many(item: Schema, *, most: int | None = None, least: int = 0) -> Schema:
    schema = {"type": "array", "items": item, "minItems": least, "maxItems": most}
    return {name: value for name, value in schema.items() if value}


def shape(fields: Fields) -> Schema:
    """An object with these fields, and maybe others."""
    required = [name for name in fields if not name.endswith("?")]
    schema = {"type": "object", "properties": {name.rstrip("?"): kind for name, kind in fields.items()}}
    return {**schema, "required": required} if required else schema


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


@dataclass(frozen=True)
class Described:
    """One call: what it takes, and what it gives where it succeeds. ``path`` is below the platform's prefix.

    A body is ``json``, or ``form`` with or without ``files``, or ``raw`` bytes of that media type. ``gives`` is a
    schema of JSON, or the media type of something else; ``open``: no credentials are needed.
    """

    method: str
    path: str
    says: str
    query: Fields = field(default_factory=dict)
    headers: Fields = field(default_factory=dict)
    json: Schema | None = None
    form: Fields = field(default_factory=dict)
    files: Fields = field(default_factory=dict)
    raw: str = ""
    gives: Schema | str = field(default_factory=lambda: ANYTHING)
    status: int = 200
    open: bool = False


@dataclass(frozen=True)
class Description:
    """All calls of one platform, and how it is told who calls.

    ``security``: OpenAPI's security schemes by name, all needed together; ``headers``: what else every call that needs
    them has to say; ``refusal``: the body of a "no", which comes with HTTP 200 where ``refuses_with_200``.
    """

    platform: str
    calls: tuple[Described, ...]
    security: Mapping[str, Schema]
    refusal: Schema
    refuses_with_200: bool = True
    headers: Fields = field(default_factory=dict)

    def operation(self, call: Described) -> dict[str, Any]:
        """A call as OpenAPI's Operation Object."""
        operation: dict[str, Any] = {
            "tags": [self.platform],
            "operationId": re.sub(r"\W+", "_", f"{self.platform}_{call.method}_{call.path}").strip("_").lower(),
            "summary": call.says,
            "parameters": _parameters(call, {} if call.open else self.headers),
            "responses": self._responses(call),
        }
        body = _body(call)
        if body:
            operation["requestBody"] = {"required": True, "content": body}
        if not call.open and self.security:
            operation["security"] = [{f"{self.platform}_{name}": [] for name in self.security}]
        return operation

    def _responses(self, call: Described) -> dict[str, Any]:
        no = {"description": "refused", "content": {JSON: {"schema": self.refusal}}}
        unseen = {"description": "refused before the platform saw it, or no such thing to look at"}
        if isinstance(call.gives, str):
            content: dict[str, Any] = {call.gives: {}}
            if not call.open:
                content[JSON] = {"schema": ANYTHING}
            return {str(call.status): {"description": "shown", "content": content}, "default": unseen}
        if self.refuses_with_200:
            schema = either(call.gives, self.refusal)
            return {
                "200": {"description": "done, or refused", "content": {JSON: {"schema": schema}}},
                "default": unseen,
            }
        return {
            str(call.status): {"description": "done", "content": {JSON: {"schema": call.gives}}},
            "400": no,
            "401": no,
            "403": no,
            "404": no,
            "default": unseen,
        }


def _parameters(call: Described, headers: Fields) -> list[dict[str, Any]]:
    placed = [("path", name, TEXT) for name in re.findall(r"\{(\w+)\}", call.path)]
    placed += [("query", name, schema) for name, schema in call.query.items()]
    placed += [("header", name, schema) for name, schema in {**headers, **call.headers}.items()]
    return [
        {
            "in": place,
            "name": name.rstrip("?"),
            "required": not name.endswith("?"),
            # An object goes as JSON, as in forms.
            **({"content": {JSON: {"schema": schema}}} if schema.get("type") == "object" else {"schema": schema}),
        }
        for place, name, schema in placed
    ]


def _body(call: Described) -> dict[str, Any]:
    if call.raw:
        return {call.raw: {"schema": FILE}}
    if call.json is not None:
        return {JSON: {"schema": call.json}}
    fields = {**call.form, **call.files}
    if not fields:
        return {}
    kind = "multipart/form-data" if call.files else "application/x-www-form-urlencoded"
    # A field that is an object goes as JSON, which is also what OpenAPI takes for granted in a multipart body.
    as_json = {name.rstrip("?"): {"contentType": JSON} for name, kind in fields.items() if kind.get("type") == "object"}
    return {kind: {"schema": shape(fields), **({"encoding": as_json} if as_json else {})}}
