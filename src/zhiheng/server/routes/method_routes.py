"""Each registered method is a route: validate, run as a job, answer with the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import WithJsonSchema, create_model
from starlette.concurrency import run_in_threadpool

from zhiheng.core.panel import Panel
from zhiheng.core.registry import MethodInfo, as_json, catalogue, methods
from zhiheng.core.text import Text
from zhiheng.server import inputs, refusals
from zhiheng.server.access import Caller, Parts, Services
from zhiheng.server.inputs import MethodForm, ResultAnswer
from zhiheng.server.jobs import Job, ended
from zhiheng.server.problems import json_bytes
from zhiheng.server.routes.job_routes import described
from zhiheng.server.shapes import JobAnswer, Name
from zhiheng.store.rights import Principal

RUN = Text("运行方法", "run methods")


def make_router() -> APIRouter:
    """The routes of all methods."""
    router = APIRouter(prefix="/methods", tags=["methods"])
    router.add_api_route(
        "", listed, methods=["GET"], response_model=list[dict[str, Any]],
        summary="全部方法 · All methods",
    )  # fmt: skip
    router.add_api_route(
        "/{name}", one, methods=["GET"], response_model=dict[str, Any],
        summary="一个方法 · One method",
    )  # fmt: skip
    for info in catalogue().values():
        router.add_api_route(
            f"/{info.name}",
            _endpoint(info),
            methods=["POST"],
            operation_id=f"run_{info.name}",
            summary=f"{info.summary.zh} · {info.summary.en}",
            response_model=ResultAnswer,
            responses={202: {"model": JobAnswer, "description": "Still running · 仍在运行"}},
        )
    return router


def listed(by: Caller) -> Any:
    """All methods with their options."""
    del by
    return [_described(info) for info in catalogue().values()]


def one(by: Caller, name: Name) -> Any:
    """A method: what it does, and the schema of its options."""
    del by
    info = catalogue().get(name)
    if info is None:
        raise refusals.unknown_method(name, catalogue())
    return {**_described(info), "schema": inputs.options_schema(info)}


def _described(info: MethodInfo) -> dict[str, Any]:
    told = {k: v for k, v in as_json(info).items() if k not in ("target", "example")}
    return {"name": info.name, **told}


def _endpoint(info: MethodInfo) -> Callable[..., Any]:
    described_options = Annotated[
        dict[str, Any], WithJsonSchema({**inputs.options_schema(info), "default": {}})
    ]
    form_type: Any = create_model(
        f"Call_{info.name}", __base__=MethodForm, options=(described_options, {})
    )

    async def endpoint(
        request: Request, by: Caller, parts: Parts, form: Annotated[Any, Body()]
    ) -> Response:
        return await _call(info, request, by, parts, form)

    endpoint.__annotations__["form"] = Annotated[form_type, Body()]
    endpoint.__doc__ = f"{info.summary.zh}\n\n{info.summary.en}."
    return endpoint


async def _call(
    info: MethodInfo, request: Request, by: Principal, parts: Services, form: MethodForm
) -> Response:
    job = await run_in_threadpool(_start, info, by, parts, form)
    longest = parts.settings.wait_seconds if form.wait is None else form.wait
    if not await ended(job, longest) or job.state == "cancelled":
        return Response(
            json_bytes(described(job, request)), 202, {"Location": f"/api/v1/jobs/{job.id}"},
            "application/json",
        )  # fmt: skip
    if job.error is not None:
        raise job.error
    return Response(job.result, media_type="application/json")


def _start(info: MethodInfo, by: Principal, parts: Services, form: MethodForm) -> Job:
    by.need("analyst", RUN)
    options = inputs.checked(info, form.options, parts.settings.most_repeats)
    kind = inputs.input_of(form)
    named = kind == "dataset"
    panel = _of_dataset(info, by, parts, form) if named else inputs.panel_of(form)

    def work(job: Job) -> bytes:
        job.report("run", 0.0)
        return inputs.result_bytes(methods[info.name](panel, **options))

    return parts.jobs.start(by, f"method:{info.name}", work, dataset=form.dataset or "")


def _of_dataset(info: MethodInfo, by: Principal, parts: Services, form: MethodForm) -> Panel:
    dataset, why = form.dataset or "", form.why or f"method {info.name}"
    part = form.selection.model_dump(exclude={"without"})
    series = list(form.series)
    if not series:
        found = parts.platform.inventory(by, dataset, form.selection.version)
        series = list(dict.fromkeys(found["series"].to_pylist()))
    panel = parts.platform.panel(by, dataset, series, why=why, **part)
    return inputs.without(panel, form.selection.without)
