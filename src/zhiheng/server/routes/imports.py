"""Imports: a file becomes a job, and the job a version."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, File, Form, Response, UploadFile

from zhiheng.core.text import Text
from zhiheng.server import refusals
from zhiheng.server.access import Caller, Parts
from zhiheng.server.jobs import Job, describe
from zhiheng.server.problems import json_bytes, plain
from zhiheng.server.shapes import JobAnswer, Name
from zhiheng.sources.kinds import observe
from zhiheng.sources.observations import Observations
from zhiheng.sources.questions import parse_answers
from zhiheng.store.denials import not_allowed
from zhiheng.store.platform import Platform
from zhiheng.store.rights import Principal

router = APIRouter(tags=["imports"])


@router.post(
    "/datasets/{id}/imports",
    status_code=202,
    response_model=JobAnswer,
    response_model_exclude_none=True,
    summary="导入文件 · Import a file",
)
def start(
    response: Response,
    by: Caller,
    parts: Parts,
    id: Name,
    *,
    file: Annotated[UploadFile, File(description="A table or sheet · 表或工作簿")],
    map: Annotated[
        UploadFile | None, File(description="Answers to what the file leaves open · 映射文件")
    ] = None,
    note: Annotated[str, Form(max_length=500)] = "",
    expect: Annotated[
        str | None,
        Form(max_length=80, description="Id of the version built upon · 所依据的版本号"),
    ] = None,
) -> Any:
    """Read, check and store a file as a new version, all of it or nothing.

    A sheet of any layout will do. What it leaves open is refused with its questions (S525); send
    it again with their answers as `map`, a mapping file. The answer is a job: its stages are
    ``read``, ``check`` and ``store``. With `expect` nothing is stored when somebody else has
    written meanwhile.
    """
    raw = file.file.read(parts.settings.most_upload + 1)
    if len(raw) > parts.settings.most_upload:
        raise refusals.too_large(parts.settings.most_upload)
    _may_import(parts.platform, by, id)
    name = _plain_name(file.filename or "")
    answers = parse_answers(map.file.read(), _plain_name(map.filename or "")) if map else None

    def work(job: Job) -> bytes:
        job.report("read", 0.0)
        found = observe(raw, name, answers=answers, own_labels=True)
        return _store(job, parts.platform, found, note or name, expect)

    job = parts.jobs.start(by, "import", work, dataset=id)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return describe(job)


def _may_import(platform: Platform, by: Principal, dataset: str) -> None:
    """Refuse at once who could not import anyway, before the file is parsed."""
    info = platform.dataset(by, dataset)
    if info.organisation != by.organisation or not by.at_least("steward"):
        raise not_allowed(
            Text("导入数据", "import data"), Text("数据管理员", "steward of the dataset")
        )


def _plain_name(name: str) -> str:
    """The last part of a file name: it is shown in addresses of cells and never opened."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:120] or "upload.csv"


def _store(
    job: Job, platform: Platform, found: Observations, note: str, expect: str | None
) -> bytes:
    job.report("check", 0.4)
    shape = _shape(found)
    job.report("store", 0.7)
    version = platform.import_(job.by, job.dataset, found, note=note, expect=expect)
    return json_bytes(
        {"version": version.id, "number": version.number, "rows": len(found), **shape,
         "notes": [plain(n) for n in found.notes]}
    )  # fmt: skip


def _shape(found: Observations) -> dict[str, int]:
    return {
        "entities": len(np.unique(found.entity.astype(str))),
        "periods": len(np.unique(found.period)),
        "series": len(np.unique(found.series.astype(str))),
    }
