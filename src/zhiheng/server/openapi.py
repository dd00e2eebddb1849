"""The OpenAPI document: what FastAPI derives, and the forms of what it cannot see."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from zhiheng.server import shapes
from zhiheng.server.problems import MEDIA_TYPE
from zhiheng.server.tabular import MEDIA

REF = "#/components/schemas/{model}"
PROBLEM: dict[str, Any] = {
    "description": "A problem document (RFC 9457) · 问题文档",
    "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}},
}
REFUSALS: dict[int | str, dict[str, Any]] = {"4XX": PROBLEM, "5XX": PROBLEM}
"""What every route may answer besides what it is for."""
TAG = {"ETag": {"description": "Hash of the answer", "schema": {"type": "string"}}}
_EXTRA = (shapes.Problem, shapes.TableAnswer, shapes.PanelAnswer)


def tabular(model: type[shapes.Answer]) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that gives JSON, CSV or Arrow, and 304."""
    schemas: dict[str, Any] = {
        MEDIA["json"]: {"schema": {"$ref": REF.format(model=model.__name__)}},
        MEDIA["csv"]: {"schema": {"type": "string"}},
        MEDIA["arrow"]: {"schema": {"type": "string", "contentMediaType": MEDIA["arrow"]}},
    }
    return {
        200: {"description": "JSON, CSV or Arrow", "headers": TAG, "content": schemas},
        304: {"description": "Not changed since the tag in If-None-Match", "headers": TAG},
    }


def install(app: FastAPI) -> None:
    """Let an application describe itself with the forms of problems, tables and panels."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = describe


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    _, found = models_json_schema([(m, "serialization") for m in _EXTRA], ref_template=REF)
    held: dict[str, Any] = made.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in found["$defs"].items():
        held.setdefault(name, schema)
    for name in ("HTTPValidationError", "ValidationError"):
        held.pop(name, None)
    return made


def page(document: dict[str, Any]) -> str:
    """A page of all routes that loads nothing from anywhere."""
    rows = "\n".join(_rows(document))
    title = html.escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        "<!doctype html>\n<html lang=zh><meta charset=utf-8>"
        f"<title>{title}</title>\n<h1>{title}</h1>\n"
        "<p>OpenAPI 3.1: <a href=openapi.json>openapi.json</a></p>\n"
        f"<table>\n{rows}\n</table>\n</html>\n"
    )


def _rows(document: dict[str, Any]) -> Iterable[str]:
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            words = html.escape(str(operation.get("summary", "")))
            yield f"<tr><td>{verb.upper()}<td><code>{html.escape(path)}</code><td>{words}"
