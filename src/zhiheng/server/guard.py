"""The first and the last door: every request gets an id, limits, headers and a line in the log."""

from __future__ import annotations

import time
import uuid
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhiheng.core.errors import ZhihengError
from zhiheng.server import problems, refusals
from zhiheng.server.logs import logger
from zhiheng.server.metrics import Metrics
from zhiheng.server.settings import Settings

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"interest-cohort=()"),
)
UPLOADS = "/imports"


class Guard:
    """ASGI middleware around the whole application.

    Cookies are taken out of every request before anything sees them: who you are is told
    by the ``Authorization`` header alone, which no foreign page can make a browser send.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(scope, self._settings)
        self._metrics.running.inc()
        try:
            await self._answer(visit, receive, send)
        finally:
            self._metrics.running.dec()
            self._record(visit)

    async def _answer(self, visit: _Visit, receive: Receive, send: Send) -> None:
        scope = visit.scope
        watched = visit.watched(send)
        try:
            refused = visit.refused()
            if refused is not None:
                await problems.response(refused, Request(scope))(scope, receive, watched)
                return
            await self._app(scope, visit.limited(receive), watched)
        except Exception:  # the last door: what happened goes to the log, the id to the caller
            logger().exception("fault", extra={"fields": {"id": visit.id}})
            if visit.status:
                raise  # the response has begun and cannot be taken back
            body = problems.document(
                refusals.internal(visit.id), problems.language(Request(scope)), visit.id
            )
            made = problems.Response(
                problems.json_bytes(body),
                500,
                {"Cache-Control": "no-store"},
                problems.MEDIA_TYPE,
            )
            await made(scope, receive, watched)

    def _record(self, visit: _Visit) -> None:
        route = visit.route
        seconds = time.perf_counter() - visit.start
        self._metrics.requests.labels(visit.method, route, str(visit.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        self._metrics.sent.inc(visit.sent)
        logger().info("request", extra={"fields": visit.fields(seconds)})


class _Visit:
    """One request and what became of it."""

    def __init__(self, scope: Scope, settings: Settings) -> None:
        self.id = uuid.uuid4().hex
        self.start = time.perf_counter()
        self.status = 0
        self.sent = 0
        self.scope: Scope = {
            **scope,
            "headers": [(k, v) for k, v in scope["headers"] if k != b"cookie"],
            "state": {**scope.get("state", {}), "request_id": self.id},
        }
        upload = scope["path"].rstrip("/").endswith(UPLOADS)
        self._limit = settings.most_upload if upload else settings.most_body
        self._hosts = settings.hosts

    @property
    def method(self) -> str:
        """The HTTP method; those that nobody knows are one, so that labels stay few."""
        known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        return self.scope["method"] if self.scope["method"] in known else "OTHER"

    @property
    def route(self) -> str:
        """The template of the route: it holds no names and no values."""
        found = self.scope.get("route")
        return str(getattr(found, "path", "")) or "unknown"

    def refused(self) -> ZhihengError | None:
        """Why the request is not even looked at."""
        headers: dict[bytes, bytes] = dict(self.scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if self._hosts and name not in self._hosts:
            return refusals.strange_host(host)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit:
            return refusals.too_large(self._limit)
        if _strange(self.scope["path"]) or _strange_query(self.scope["query_string"]):
            return refusals.unreadable("control character or not UTF-8 in the address")
        return None

    def limited(self, receive: Receive) -> Receive:
        """Read the body up to the limit."""
        size = 0

        async def inner() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                raise HTTPException(413, str(self._limit))
            return message

        return inner

    def watched(self, send: Send) -> Send:
        """Note the status, and add the headers that every response has."""

        async def inner(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                held = {k.lower() for k, _ in message["headers"]}
                more = [h for h in HEADERS if h[0] not in held]
                if b"cache-control" not in held:
                    more.append((b"cache-control", b"no-store"))
                more.append((b"x-request-id", self.id.encode()))
                message = {**message, "headers": [*message["headers"], *more]}
            self.sent += len(message.get("body", b""))
            await send(message)

        return inner

    def fields(self, seconds: float) -> dict[str, Any]:
        """What the log says of it: no header, no body, no query string."""
        by = self.scope["state"].get("principal")
        client = self.scope.get("client")
        return {
            "id": self.id,
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "ms": round(seconds * 1000, 1),
            "bytes": self.sent,
            "user": by.user if by else "",
            "organisation": by.organisation if by else "",
            "key": by.key if by else "",
            "address": client[0] if client else "",
        }


def _strange(text: str) -> bool:
    return any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in text)


def _strange_query(raw: bytes) -> bool:
    from urllib.parse import unquote_to_bytes

    found = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        return _strange(found.decode("utf-8"))
    except UnicodeDecodeError:
        return True
