"""Whether the server is well: for supervisors and for Prometheus."""

from __future__ import annotations

import ipaddress
import secrets

from fastapi import APIRouter, Request, Response

from zhiheng.server import refusals
from zhiheng.server.access import Parts, address_of
from zhiheng.server.openapi import REFUSALS
from zhiheng.server.shapes import Live, Ready

router = APIRouter(tags=["status"], responses=REFUSALS)
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/health/live", summary="活着 · Alive")
def live() -> Live:
    """That the process answers; a supervisor restarts it when it does not."""
    return Live(live=True)


@router.get(
    "/health/ready",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Not ready · 未就绪"}},
    summary="就绪 · Ready",
)
def ready(parts: Parts, response: Response) -> Ready:
    """Whether the store and the audit log can be reached; 503 when one cannot."""
    checks = parts.platform.check()
    if not all(checks.values()):
        response.status_code = 503
    return Ready(ready=all(checks.values()), checks=checks)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus text",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
    summary="监控指标 · Metrics",
)
def metrics(request: Request, parts: Parts) -> Response:
    """Counters and times; on this machine, or with the metrics token."""
    known = parts.settings.metrics_token
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    right = bool(known) and secrets.compare_digest(shown.encode(), known.encode())
    if not right and (known or not _is_local(request, local=parts.settings.local)):
        raise refusals.metrics_closed()
    return Response(parts.metrics.text(), media_type=PROMETHEUS)


def _is_local(request: Request, *, local: bool) -> bool:
    """Whether a request comes from this machine and not through a proxy on it."""
    passed_on = {"forwarded", "x-forwarded-for", "x-real-ip"} & set(request.headers)
    try:
        near = ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        near = False
    return local and near and not passed_on
