"""One's own jobs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from zhiheng.server import problems, refusals
from zhiheng.server.access import Caller, Parts
from zhiheng.server.jobs import Job, describe
from zhiheng.server.paging import After, Limit, page
from zhiheng.server.shapes import JobAnswer, Name

router = APIRouter(tags=["jobs"])


def described(job: Job, request: Request) -> dict[str, Any]:
    """A job as it is told, with the problem that ended it."""
    told = describe(job)
    if job.error is not None:
        request_id = request.scope["state"]["request_id"]
        told["error"] = problems.document(job.error, problems.language(request), request_id)
    return told


@router.get(
    "/jobs",
    response_model=list[JobAnswer],
    response_model_exclude_none=True,
    summary="自己的任务 · One's own jobs",
)
def jobs(
    request: Request,
    by: Caller,
    parts: Parts,
    response: Response,
    limit: Limit = 100,
    after: After = "",
) -> Any:
    """One's own jobs; those that ended long ago are forgotten."""
    found = page(parts.jobs.of(by), lambda j: j.id, limit, after, response)
    return [described(job, request) for job in found]


@router.get(
    "/jobs/{id}",
    response_model=JobAnswer,
    response_model_exclude_none=True,
    summary="一个任务 · One job",
)
def job(request: Request, by: Caller, parts: Parts, id: Name) -> Any:
    """How far a job is, or how it ended."""
    return described(parts.jobs.get(by, id), request)


@router.get("/jobs/{id}/result", response_model=dict[str, Any], summary="结果 · Its result")
def result(by: Caller, parts: Parts, id: Name) -> Response:
    """The result of a job that is done; the error of one that failed."""
    found = parts.jobs.get(by, id)
    if found.error is not None:
        raise found.error
    if found.state != "done":
        raise refusals.not_finished(found.id, found.state)
    if found.dataset:
        parts.platform.dataset(by, found.dataset)  # rights may have been taken back meanwhile
    return Response(found.result, media_type="application/json")


@router.delete("/jobs/{id}", status_code=204, summary="取消或忘掉 · Cancel or forget")
def cancel(by: Caller, parts: Parts, id: Name) -> Response:
    """Cancel a job; one that has ended is forgotten with its result."""
    parts.jobs.cancel(by, id)
    return Response(status_code=204)
