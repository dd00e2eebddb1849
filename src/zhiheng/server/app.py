"""The HTTP application over one platform."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from zhiheng.core.errors import ZhihengError
from zhiheng.server import openapi, problems
from zhiheng.server.access import Services
from zhiheng.server.guard import Guard
from zhiheng.server.routes import (
    accounts,
    audit_routes,
    data,
    datasets,
    imports,
    job_routes,
    method_routes,
    sign_in,
    status,
)
from zhiheng.server.settings import Settings
from zhiheng.store.platform import Platform

PREFIX = "/api/v1"
DESCRIPTION = (
    "质衡平台：数据、版本、授权、方法与审计。Zhiheng platform: data, versions, grants, methods, "
    "audit.\n\nErrors are problem documents (RFC 9457) in Chinese and English."
)


def create_app(platform: Platform, settings: Settings | None = None) -> FastAPI:
    """The application that serves a platform.

    Use it behind any ASGI server; ``zhiheng serve`` is one with safe defaults. It keeps
    counters of rates, failures and jobs in its own memory, so run it as one process.

    Parameters
    ----------
    platform : Platform
        Stays open when the application ends.
    settings : Settings, optional

    Raises
    ------
    ZhihengError
        A154 the key file of tokens is unusable.
    """
    parts = Services.of(platform, settings or Settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        del app
        # Each thread holds up to three connections to PostgreSQL, whose default is 100 in all.
        current_default_thread_limiter().total_tokens = parts.settings.threads
        yield
        parts.jobs.close()

    app = FastAPI(
        title="质衡 Zhiheng",
        version=version("zhiheng"),
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the pages that FastAPI offers load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.services = parts
    app.add_middleware(Guard, settings=parts.settings, metrics=parts.metrics)
    app.add_exception_handler(ZhihengError, problems.of_ours)
    app.add_exception_handler(RequestValidationError, problems.of_validation)
    app.add_exception_handler(HTTPException, problems.of_http)
    app.include_router(_api(), prefix=PREFIX, responses=openapi.REFUSALS)
    app.include_router(status.router)
    openapi.install(app)

    @app.get(f"{PREFIX}/", include_in_schema=False)
    def index() -> HTMLResponse:
        return HTMLResponse(openapi.page(app.openapi()))

    return app


def _api() -> APIRouter:
    api = APIRouter()
    for part in (sign_in, accounts, datasets, data, imports, job_routes, audit_routes):
        api.include_router(part.router)
    api.include_router(method_routes.make_router())
    return api
