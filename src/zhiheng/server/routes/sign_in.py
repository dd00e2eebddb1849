"""Signing in and out, and who one is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from zhiheng.server import refusals
from zhiheng.server.access import Caller, Parts, Services, address_of, session
from zhiheng.server.shapes import Me, NewPassword, SignIn, Token
from zhiheng.server.tokens import Session
from zhiheng.store.denials import not_signed_in

router = APIRouter(tags=["session"])


@router.post("/token", summary="登录，得到短期令牌 · Sign in for a short-lived token")
def sign_in(request: Request, parts: Parts, form: SignIn) -> Token:
    """A token for a name and a password; the same answer and work for unknown names."""
    address = address_of(request)
    wait = parts.addresses.take(address)
    if wait:
        raise refusals.too_often(wait)
    verify(parts, address, form.user, form.password)
    user = parts.platform.user(form.user)
    parts.metrics.sign_ins.labels("done").inc()
    return Token(
        access_token=parts.tokens.issue(user.name, user.stamp), expires_in=parts.tokens.seconds
    )


def verify(parts: Services, address: str, user: str, password: str) -> None:
    """Refuse a wrong password, ever more slowly for the same name from the same address."""
    place = f"{address} {user}"
    wait = parts.failures.wait(place)
    if wait:
        parts.metrics.sign_ins.labels("paused").inc()
        raise refusals.paused(wait)
    if not parts.passwords.fits(password, parts.platform.password_hash(user)):
        parts.failures.failed(place)
        parts.metrics.sign_ins.labels("refused").inc()
        raise not_signed_in()
    parts.failures.succeeded(place)


@router.delete("/token", status_code=204, summary="退出 · Sign out")
def sign_out(
    by: Caller, parts: Parts, held: Annotated[Session | None, Depends(session)]
) -> Response:
    """End the session of the token shown; a key has no session, it is revoked instead."""
    del by
    if held is not None:
        parts.tokens.end(held)
    return Response(status_code=204)


@router.get("/me", summary="我是谁 · Who I am")
def me(by: Caller) -> Me:
    """Whom the token or key stands for."""
    return Me(user=by.user, organisation=by.organisation, role=by.role, key=by.key)


@router.put("/me/password", status_code=204, summary="改自己的口令 · Change one's password")
def change_password(request: Request, by: Caller, parts: Parts, form: NewPassword) -> Response:
    """Set one's own password; it needs the old one, and ends all sessions."""
    verify(parts, address_of(request), by.user, form.old)
    made = parts.passwords.hash(form.new, user=by.user)
    parts.platform.set_password(by, by.user, made)
    return Response(status_code=204)
