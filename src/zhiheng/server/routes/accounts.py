"""Organisations, users and API keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from zhiheng.server.access import Caller, Parts, address_of
from zhiheng.server.paging import After, Limit, page
from zhiheng.server.routes.sign_in import verify
from zhiheng.server.shapes import (
    Activity,
    KeyAnswer,
    MadeKey,
    Name,
    NewKey,
    NewOrganisation,
    NewPassword,
    NewUser,
    OrganisationAnswer,
    UserAnswer,
)

router = APIRouter(tags=["accounts"])


@router.get(
    "/organisations",
    response_model=list[OrganisationAnswer],
    summary="全部机构 · All organisations",
)
def organisations(
    by: Caller, parts: Parts, response: Response, limit: Limit = 100, after: After = ""
) -> Any:
    """All organisations: whoever shares must be able to name the other side."""
    return page(parts.platform.organisations(by), lambda o: o.id, limit, after, response)


@router.post(
    "/organisations",
    status_code=201,
    response_model=OrganisationAnswer,
    summary="登记机构 · Enter an organisation",
)
def add_organisation(by: Caller, parts: Parts, form: NewOrganisation) -> Any:
    """Enter an organisation; for administrators of the platform."""
    return parts.platform.add_organisation(by, form.id, form.name.text(), form.kind)


@router.get("/users", response_model=list[UserAnswer], summary="账户 · Accounts")
def users(
    by: Caller, parts: Parts, response: Response, limit: Limit = 100, after: After = ""
) -> Any:
    """The accounts of one's organisation; all of them for the platform's administrators."""
    return page(parts.platform.users(by), lambda u: u.name, limit, after, response)


@router.post("/users", status_code=201, response_model=UserAnswer, summary="开户 · Open an account")
def add_user(by: Caller, parts: Parts, form: NewUser) -> Any:
    """Open an account in one's organisation; in any for the platform's administrators."""
    # The right is checked before the password is hashed, which costs a lot of memory.
    parts.platform.users(by)
    made = parts.passwords.hash(form.password, user=form.name)
    return parts.platform.add_user(by, form.name, form.organisation, form.role, made)


@router.patch("/users/{name}", status_code=204, summary="停用或启用 · Close or open an account")
def set_active(by: Caller, parts: Parts, name: Name, form: Activity) -> Response:
    """Close an account, which ends its sessions and keys, or open it again."""
    parts.platform.set_active(by, name, active=form.active)
    return Response(status_code=204)


@router.put("/users/{name}/password", status_code=204, summary="重设口令 · Reset a password")
def reset_password(
    request: Request, by: Caller, parts: Parts, name: Name, form: NewPassword
) -> Response:
    """Set the password of an account that one keeps; for one's own the old one is needed too."""
    if name == by.user:
        verify(parts, address_of(request), name, form.old)
    parts.platform.users(by)
    parts.platform.set_password(by, name, parts.passwords.hash(form.new, user=name))
    return Response(status_code=204)


@router.get("/keys", response_model=list[KeyAnswer], summary="自己的密钥 · One's own keys")
def keys(by: Caller, parts: Parts) -> Any:
    """One's own API keys, without their secrets."""
    return parts.platform.keys(by)


@router.post("/keys", status_code=201, summary="造密钥 · Make a key")
def add_key(by: Caller, parts: Parts, form: NewKey) -> MadeKey:
    """Make an API key for oneself; its secret is in this answer and nowhere else."""
    key, secret = parts.platform.add_key(by, role=form.role, days=form.days)
    return MadeKey(**KeyAnswer.model_validate(key).model_dump(), secret=secret)


@router.delete("/keys/{id}", status_code=204, summary="废除密钥 · Revoke a key")
def revoke_key(by: Caller, parts: Parts, id: Name) -> Response:
    """Revoke one of one's own keys."""
    parts.platform.revoke_key(by, id)
    return Response(status_code=204)
