"""The page of the HTTP interface: every route of the OpenAPI document, without the methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from zhiheng.server.app import PREFIX, create_app
from zhiheng.store.platform import Platform

HEAD = """# HTTP 接口 · HTTP interface

由 OpenAPI 3.1 文档生成；运行中的服务器在 `/api/v1/openapi.json` 给出全文，包括每个方法的选项。
怎么启动见 [提供一个平台](../how-to/serve-a-platform.md)，错误见 [错误](errors.md)。

Made from the OpenAPI 3.1 document; a running server gives it in full at `/api/v1/openapi.json`,
with the options of every method. To start one see
[Serve a platform](../how-to/serve-a-platform.md); for errors see [Errors](errors.md).

每个 [方法](methods.md) 是一条路由 `POST /api/v1/methods/{name}`。
Each [method](methods.md) is a route `POST /api/v1/methods/{name}`."""

PARAMETERS = "| 参数 parameter | in | 必需 | 类型 type | |\n|---|---|---|---|---|\n"
CALL = "index"
"""The method whose form stands for that of all: only `options` differ."""


def api_page(generated: str) -> str:
    """The page, under the line that says it is generated."""
    document = create_app(cast(Platform, None)).openapi()
    parts = [generated, HEAD, *_routes(document), *_forms(document)]
    return "\n\n".join(parts) + "\n"


def _routes(document: dict[str, Any]) -> Iterator[str]:
    for path, operations in document["paths"].items():
        if path.startswith(f"{PREFIX}/methods/") and not path.endswith(("}", f"/{CALL}")):
            continue
        for verb, operation in operations.items():
            runs = operation["operationId"] == f"run_{CALL}"
            shown = path.replace(f"/{CALL}", "/{name}") if runs else path
            yield f"## `{verb.upper()} {shown}`"
            if not runs:
                yield f"{operation['summary']}<br>{operation.get('description', '')}"
            else:
                yield "运行一个方法 · Run a method"
            yield from _details(operation)


def _details(operation: dict[str, Any]) -> Iterator[str]:
    rows = [
        f"| `{p['name']}` | {p['in']} | {'✓' if p.get('required') else ''} | "
        f"{_type(p['schema'])} | {p.get('description', '')} |"
        for p in operation.get("parameters", ())
    ]
    if rows:
        yield PARAMETERS + "\n".join(rows)
    body = operation.get("requestBody", {}).get("content", {})
    told = [f"请求 body: {_type(c['schema'])} (`{media}`)" for media, c in body.items()]
    for status, answer in operation["responses"].items():
        if status not in ("4XX", "5XX"):
            forms = [f"{_type(c['schema'])} (`{m}`)" for m, c in answer.get("content", {}).items()]
            told.append(f"`{status}`: {', '.join(forms) or '—'}")
    yield "\n".join(f"- {line}" for line in told)


def _forms(document: dict[str, Any]) -> Iterator[str]:
    yield "## 内容的形式 · Forms"
    for name, schema in sorted(document["components"]["schemas"].items()):
        if name.startswith("Call_") and name != f"Call_{CALL}":
            continue
        yield f"### `{_shown(name)}` {{ #{_shown(name).lower()} }}"
        yield schema.get("description", "").split("\n\n")[0]
        needed = schema.get("required", ())
        rows = [
            f"| `{field}` | {'✓' if field in needed else ''} | {_type(s)} |"
            for field, s in schema.get("properties", {}).items()
        ]
        if rows:
            yield "| 字段 field | 必需 | 类型 type |\n|---|---|---|\n" + "\n".join(rows)


def _shown(name: str) -> str:
    return "Call" if name.startswith("Call_") else name


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = _shown(schema["$ref"].rsplit("/", 1)[-1])
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " ".join(f"`{v}`" for v in schema["enum"] if v != "")
    if "const" in schema:
        return f"`{schema['const']}`"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return ", ".join(_type(s) for s in schema[union] if s.get("type") != "null")
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema['items'])}" if "items" in schema else "array"
    return ", ".join(cast("list[str]", kind)) if isinstance(kind, list) else str(kind)
