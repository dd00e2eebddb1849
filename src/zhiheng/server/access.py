"""Who asks: keys, sessions and how often; the parts of a server that routes need."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from zhiheng.core.errors import ZhihengError
from zhiheng.server import refusals
from zhiheng.server.jobs import Jobs
from zhiheng.server.limits import Buckets, Failures
from zhiheng.server.metrics import Metrics
from zhiheng.server.passwords import Passwords
from zhiheng.server.settings import Settings
from zhiheng.server.tokens import Session, Tokens, secret_of
from zhiheng.store.denials import not_signed_in
from zhiheng.store.platform import Platform
from zhiheng.store.rights import Principal

MOST_PAGES = 64
KEY = "zh_"


class Pages:
    """Rendered bodies of panels, which never change; the one not used for longest goes first."""

    def __init__(self) -> None:
        self._held: OrderedDict[object, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> bytes | None:
        """A body, when it is held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: object, body: bytes) -> bytes:
        """Hold a body, and give it back."""
        with self._lock:
            self._held[key] = body
            while len(self._held) > MOST_PAGES:
                self._held.popitem(last=False)
        return body


@dataclass
class Services:
    """What one server is made of."""

    platform: Platform
    settings: Settings
    metrics: Metrics
    jobs: Jobs
    tokens: Tokens
    passwords: Passwords
    callers: Buckets
    addresses: Buckets
    failures: Failures
    pages: Pages = field(default_factory=Pages)

    @staticmethod
    def of(platform: Platform, settings: Settings) -> Services:
        """Set up the parts of a server."""
        metrics = Metrics()
        return Services(
            platform=platform,
            settings=settings,
            metrics=metrics,
            jobs=Jobs(settings, metrics),
            tokens=Tokens(secret_of(settings.secret, settings.secret_file), settings.token_minutes),
            passwords=Passwords(
                memory=settings.hash_memory,
                rounds=settings.hash_rounds,
                least=settings.least_password,
            ),
            callers=Buckets(settings.rate, settings.burst),
            addresses=Buckets(settings.address_rate, settings.address_burst),
            failures=Failures(),
        )


def services(request: Request) -> Services:
    """The parts of the server that a request came to."""
    return request.app.state.services


def address_of(request: Request) -> str:
    """The network address that a request came from."""
    return request.client.host if request.client else ""


Parts = Annotated[Services, Depends(services)]
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="A token of POST /token, or an API key · 令牌或 API 密钥",
)
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def session(parts: Parts, shown: Shown) -> Session | None:
    """The session of a token, when the request shows one."""
    if shown is None or shown.credentials.startswith(KEY):
        return None
    return parts.tokens.read(shown.credentials)


def caller(
    request: Request,
    parts: Parts,
    shown: Shown,
    held: Annotated[Session | None, Depends(session)],
) -> Principal:
    """Whoever asks.

    Raises
    ------
    ZhihengError
        A101 nobody known, A106 an account or key that is closed, A143 too often.
    """
    address = address_of(request)
    wait = parts.addresses.wait(address)
    if shown is None:
        raise not_signed_in()
    try:
        by = _principal(parts, shown.credentials, held)
    except ZhihengError:
        parts.addresses.take(address)
        if wait:
            raise refusals.too_often(wait) from None
        raise
    request.state.principal = by
    wait = parts.callers.take(f"key {by.key}" if by.key else f"user {by.user}")
    if wait:
        raise refusals.too_often(wait)
    return by


def _principal(parts: Services, credentials: str, held: Session | None) -> Principal:
    if credentials.startswith(KEY):
        return parts.platform.by_key(credentials)
    if held is None:
        raise not_signed_in()
    try:
        user = parts.platform.user(held.user)
    except ZhihengError as error:
        raise (error if error.code == "A106" else not_signed_in()) from None
    if user.stamp != held.stamp:
        raise not_signed_in()
    return Principal(user.name, user.organisation, user.role)


Caller = Annotated[Principal, Depends(caller)]
