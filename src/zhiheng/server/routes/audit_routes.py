"""The audit log: who read or changed what, when and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from zhiheng.server.access import Caller, Parts
from zhiheng.server.shapes import AuditLine

router = APIRouter(prefix="/audit", tags=["audit"])
JSONL = "application/x-ndjson"


@router.get("", response_model=list[AuditLine], summary="审计日志 · The audit log")
def lines(
    by: Caller,
    parts: Parts,
    first: Annotated[int, Query(ge=1, le=2**62)] = 1,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Any:
    """Lines from number `first` on: one's own, for administrators those of the organisation."""
    return parts.platform.audit(by, first=first, limit=limit)


@router.get(
    "/export",
    response_class=Response,
    responses={
        200: {
            "description": "Lines of JSON · 每行一个 JSON",
            "content": {JSONL: {"schema": {"type": "string"}}},
        }
    },
    summary="导出审计日志 · Export the audit log",
)
def export(by: Caller, parts: Parts) -> Response:
    """The whole log for a third party to verify without us; for the platform's administrators."""
    body = parts.platform.audit_export(by)
    return Response(
        body,
        media_type=JSONL,
        headers={"Content-Disposition": 'attachment; filename="audit.jsonl"'},
    )
