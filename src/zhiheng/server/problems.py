"""Errors as problem documents (RFC 9457), in the language asked for and in both."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, cast

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Lang, Text
from zhiheng.server import refusals
from zhiheng.server.logs import logger

MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[str, int] = {
    "A101": 401, "A102": 403, "A103": 404, "A104": 409, "A106": 401, "A140": 422, "A141": 406,
    "A142": 413, "A143": 429, "A144": 429, "A145": 404, "A146": 429, "A147": 409, "A148": 422,
    "A149": 422, "A150": 404, "A151": 403, "A153": 422, "A155": 404, "A156": 400, "A157": 421,
    "A160": 500, "S510": 404, "S511": 404, "S602": 404, "S590": 409, "S591": 500,
    "S600": 503,
}  # fmt: skip
"""Where the status does not follow from the kind of the error."""
TITLES: Mapping[int, Text] = {
    400: Text("请求读不懂", "Bad request"),
    401: Text("没有登录", "Not signed in"),
    403: Text("没有权限", "Not allowed"),
    404: Text("没有找到", "Not found"),
    405: Text("不接受这种请求", "Method not allowed"),
    406: Text("没有这种格式", "Not acceptable"),
    409: Text("与现状冲突", "Conflict"),
    413: Text("太大", "Too large"),
    415: Text("不认识的类型", "Unsupported media type"),
    421: Text("找错了服务器", "Misdirected request"),
    422: Text("内容有误", "Cannot be processed"),
    429: Text("太频繁", "Too many requests"),
    500: Text("内部错误", "Internal error"),
    503: Text("暂不可用", "Unavailable"),
}
MOST_ROWS = 50
"""Rows of evidence that a document carries."""


def status_of(error: ZhihengError) -> int:
    """The HTTP status of an error."""
    return STATUS.get(error.code) or {1: 409, 2: 422, 3: 500}[error.exit_code]


def language(request: Request) -> Lang:
    """The language that the caller prefers; Chinese where nothing is said."""
    best: tuple[float, Lang] = (0.0, "zh")
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if tag[:2] in ("zh", "en") and quality > best[0]:
            best = (quality, "zh" if tag[:2] == "zh" else "en")
    return best[1]


def plain(value: Any) -> Any:
    """A value as valid JSON: texts in both languages, no NaN, infinities as words."""
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in cast(Mapping[object, Any], value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in cast(Iterable[Any], value)]
    item = getattr(value, "item", None)
    return _scalar(item() if callable(item) else value)


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8; half of a surrogate pair becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def document(error: ZhihengError, lang: Lang, request_id: str) -> dict[str, Any]:
    """The problem document of an error; of our own faults only the id is told."""
    status = status_of(error)
    shown = refusals.internal(request_id) if status == 500 else error
    title = TITLES.get(status, TITLES[400])
    # Of a database that is away neither address nor reason is told.
    rows = [{"id": request_id}] if status >= 500 else shown.evidence[:MOST_ROWS]
    return {
        "type": shown.problem()["type"],
        "title": title[lang],
        "status": status,
        "detail": shown.what[lang],
        "instance": f"urn:zhiheng:request:{request_id}",
        "code": shown.code,
        "fix": shown.fix[lang],
        "texts": {
            name: {"title": title[name], "detail": shown.what[name], "fix": shown.fix[name]}
            for name in ("zh", "en")
        },
        "evidence": [plain(row) for row in rows],
    }


def response(error: ZhihengError, request: Request, *, status: int = 0) -> Response:
    """The response to a request that an error ended."""
    request_id = request.scope.get("state", {}).get("request_id", "")
    lang = language(request)
    body = document(error, lang, request_id)
    if status:
        title = TITLES.get(status, TITLES[400])
        body |= {"status": status, "title": title[lang]}
        for name in ("zh", "en"):
            body["texts"][name]["title"] = title[name]
    if body["status"] >= 500:
        logger().error(
            "fault", exc_info=error, extra={"fields": {"id": request_id, "code": error.code}}
        )
    headers = {"Content-Language": lang, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if isinstance(error, refusals.TooMany):
        headers["Retry-After"] = str(error.wait)
    if body["status"] == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(json_bytes(body), body["status"], headers, MEDIA_TYPE)


async def of_ours(request: Request, error: Exception) -> Response:
    """Handler of `ZhihengError`."""
    assert isinstance(error, ZhihengError)
    return response(error, request)


async def of_validation(request: Request, error: Exception) -> Response:
    """Handler of requests that do not have the form asked for; values are not repeated."""
    assert isinstance(error, RequestValidationError)
    rows: list[Row] = [
        {"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()
    ]
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return response(refusals.unreadable("JSON"), request)
    return response(refusals.invalid(rows), request)


async def of_http(request: Request, error: Exception) -> Response:
    """Handler of what the framework itself refuses: addresses, methods, bodies."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        known = refusals.no_route(request.method, request.url.path)
        made = response(known, request, status=error.status_code)
    elif error.status_code == 413:
        made = response(refusals.too_large(int(error.detail)), request)
    else:
        made = response(refusals.unreadable(str(error.detail)), request)
    for name, value in (error.headers or {}).items():
        made.headers[name] = value
    return made
