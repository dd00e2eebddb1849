"""Datasets, their grants and groups."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from zhiheng.server.access import Caller, Parts
from zhiheng.server.paging import After, Limit, page
from zhiheng.server.shapes import (
    DatasetAnswer,
    GrantAnswer,
    Groups,
    Name,
    NewDataset,
    NewGrant,
    VersionAnswer,
    Words,
)

router = APIRouter(tags=["datasets"])


@router.get(
    "/datasets", response_model=list[DatasetAnswer], summary="看得到的数据集 · Datasets one may see"
)
def datasets(
    by: Caller, parts: Parts, response: Response, limit: Limit = 100, after: After = ""
) -> Any:
    """The datasets of which one may see something."""
    return page(parts.platform.datasets(by), lambda d: d.id, limit, after, response)


@router.post(
    "/datasets",
    status_code=201,
    response_model=DatasetAnswer,
    summary="登记数据集 · Enter a dataset",
)
def add_dataset(by: Caller, parts: Parts, form: NewDataset) -> Any:
    """Enter a dataset kept by one's own organisation; for its stewards."""
    return parts.platform.add_dataset(
        by,
        form.id,
        form.title.text(),
        form.licence,
        micro=form.micro,
        description=(form.description or form.title).text(),
    )


@router.get("/datasets/{id}", response_model=DatasetAnswer, summary="一个数据集 · One dataset")
def dataset(by: Caller, parts: Parts, id: Name) -> Any:
    """What a dataset is, who keeps it, and on what terms."""
    return parts.platform.dataset(by, id)


@router.get(
    "/datasets/{id}/versions", response_model=list[VersionAnswer], summary="版本 · Versions"
)
def versions(by: Caller, parts: Parts, id: Name) -> Any:
    """The versions of a dataset, oldest first."""
    return parts.platform.versions(by, id)


@router.get("/datasets/{id}/grants", response_model=list[GrantAnswer], summary="授权 · Grants")
def grants(by: Caller, parts: Parts, id: Name) -> Any:
    """All grants of a dataset for those who keep it; for others those that they hold."""
    return parts.platform.grants(by, id)


@router.post(
    "/datasets/{id}/grants",
    status_code=201,
    response_model=GrantAnswer,
    summary="授权 · Open part of a dataset",
)
def grant(by: Caller, parts: Parts, id: Name, form: NewGrant) -> Any:
    """Open part of a dataset to an organisation, or to everybody (``*``)."""
    return parts.platform.grant(
        by,
        id,
        form.organisation,
        series=form.series,
        entities=form.entities,
        first=form.first,
        last=form.last,
        level=form.level,
        reason=form.reason,
        until=form.until,
    )


@router.delete("/grants/{id}", status_code=204, summary="收回授权 · Take a grant back")
def revoke(
    by: Caller,
    parts: Parts,
    id: Name,
    reason: Annotated[Words, Query(description="Stands in the audit log · 写入审计日志")],
) -> Response:
    """Take a grant back; its record stays."""
    parts.platform.revoke(by, id, reason)
    return Response(status_code=204)


@router.put("/datasets/{id}/groups", status_code=204, summary="登记分组 · Say the groups")
def set_groups(by: Caller, parts: Parts, id: Name, form: Groups) -> Response:
    """Say to which group each entity belongs; sums are made over these."""
    parts.platform.set_groups(by, id, dict(form.groups))
    return Response(status_code=204)
