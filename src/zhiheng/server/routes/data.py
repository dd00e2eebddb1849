"""Reading a dataset: rows, panels, what there is, sums over groups, findings."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from zhiheng.core.panel import Panel, Status
from zhiheng.core.text import Text
from zhiheng.server import shapes, tabular
from zhiheng.server.access import Caller, Parts, Services
from zhiheng.server.openapi import tabular as answers
from zhiheng.server.shapes import Findings, Name, PanelAnswer, TableAnswer, VersionAnswer
from zhiheng.server.tabular import Format
from zhiheng.store.findings import Finding, table_of
from zhiheng.store.rights import Principal

router = APIRouter(tags=["data"])

Series = Annotated[list[Name], Query(max_length=500, description="Series · 序列")]
Entities = Annotated[list[Name], Query(max_length=2000, description="Entities · 地区或主体")]
Bound = Annotated[int | None, Query(ge=-1_000_000, le=10_000_000, description="Period · 时期")]
Word = Annotated[str, Query(max_length=200)]
Which = Annotated[str, Query(max_length=80, description="Id, number or date · 版本号、序号或日期")]
Why = Annotated[str, Query(max_length=500, description="Stands in the audit log · 写入审计日志")]
As = Annotated[Format | None, Query(description="Else by Accept · 不写则按 Accept")]


class Selection(BaseModel):
    """Which part of a dataset, and which reading of it, a panel is made of."""

    model_config = ConfigDict(frozen=True)

    entities: tuple[Name, ...] = ()
    first: int | None = None
    last: int | None = None
    version: str = ""
    level: str | None = None
    frequency: str = ""
    vintage: str = "latest"
    prefer: tuple[Name, ...] = ()
    statuses: Literal["ignore", "apply"] = "ignore"


def selection(
    *,
    entities: Entities = [],  # noqa: B006
    first: Bound = None,
    last: Bound = None,
    version: Which = "",
    level: Annotated[str | None, Query(max_length=40)] = None,
    frequency: Annotated[Literal["", "A", "Q", "M", "D", "H"], Query()] = "",
    vintage: Word = "latest",
    prefer: Annotated[list[Name], Query(max_length=50, description="Sources, best first")] = [],  # noqa: B006
    statuses: Annotated[Literal["ignore", "apply"], Query()] = "ignore",
) -> Selection:
    """The selection that a query gives."""
    return Selection(
        entities=tuple(entities),
        first=first,
        last=last,
        version=version,
        level=level,
        frequency=frequency,
        vintage=vintage,
        prefer=tuple(prefer),
        statuses=statuses,
    )


def read_panel(
    parts: Services, by: Principal, dataset: str, series: list[str], part: Selection, why: str
) -> Panel:
    """The panel of a selection, as the principal may see it."""
    return parts.platform.panel(by, dataset, series, why=why, **part.model_dump())


@router.get(
    "/datasets/{id}/observations",
    response_class=Response,
    responses=answers(TableAnswer),
    summary="观测值 · Observations",
)
def observations(
    request: Request,
    by: Caller,
    parts: Parts,
    id: Name,
    *,
    series: Series = [],  # noqa: B006
    entities: Entities = [],  # noqa: B006
    first: Bound = None,
    last: Bound = None,
    version: Which = "",
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
    after: Annotated[str, Query(max_length=40, description="Next-Cursor · 游标")] = "",
    why: Why = "",
    format: As = None,
) -> Response:
    """One page of values with unit, status, source, vintage and the cell they stood in."""
    kind = tabular.format_of(request, format)
    found, cursor = parts.platform.observations(
        by,
        id,
        series=series,
        entities=entities,
        first=first,
        last=last,
        version=version,
        limit=min(limit, parts.settings.most_rows),
        after=after,
        why=why,
    )
    body = tabular.table_bytes(found, kind, next=cursor or None)
    return tabular.tagged(request, body, kind, _next(request, cursor))


def _next(request: Request, cursor: str) -> dict[str, str]:
    if not cursor:
        return {}
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "after"]
    target = f"{request.url.path}?{urlencode([*kept, ('after', cursor)])}"
    return {"Next-Cursor": cursor, "Link": f'<{target}>; rel="next"'}


@router.get(
    "/datasets/{id}/panel",
    response_class=Response,
    responses=answers(PanelAnswer),
    summary="面板 · A panel",
)
def panel(
    request: Request,
    by: Caller,
    parts: Parts,
    id: Name,
    *,
    series: Annotated[list[Name], Query(min_length=1, max_length=500)],
    part: Annotated[Selection, Depends(selection)],
    why: Why = "",
    format: As = None,
) -> Response:
    """Values by entity, period and series, one vintage a cell; a gap stays a gap."""
    kind = tabular.format_of(request, format)
    made = read_panel(parts, by, id, series, part, why)
    # Names of entities and the history are part of the answer and not of the fingerprint.
    key = (id, by.organisation, kind, made.fingerprint, made.steps)
    body = parts.pages.get(key)
    if body is None:
        body = parts.pages.put(key, tabular.panel_bytes(made, kind))
    return tabular.tagged(request, body, kind)


@router.get(
    "/datasets/{id}/inventory",
    response_class=Response,
    responses=answers(TableAnswer),
    summary="有什么 · What there is",
)
def inventory(
    request: Request,
    by: Caller,
    parts: Parts,
    id: Name,
    *,
    version: Which = "",
    format: As = None,
) -> Response:
    """Series, units, spans and counts of what one may see."""
    kind = tabular.format_of(request, format)
    found = parts.platform.inventory(by, id, version)
    return tabular.tagged(request, tabular.table_bytes(found, kind), kind)


@router.get(
    "/datasets/{id}/aggregate",
    response_class=Response,
    responses=answers(TableAnswer),
    summary="各组汇总 · Sums over groups",
)
def aggregate(
    request: Request,
    by: Caller,
    parts: Parts,
    id: Name,
    *,
    series: Annotated[list[Name], Query(min_length=1, max_length=100)],
    how: Annotated[Literal["sum", "mean", "count"], Query()] = "sum",
    why: Why = "",
    format: As = None,
) -> Response:
    """Sums, means or counts over groups, with small cells held back."""
    kind = tabular.format_of(request, format)
    found = parts.platform.aggregate(by, id, series, how=how, why=why)
    return tabular.tagged(request, tabular.table_bytes(found, kind), kind)


@router.get(
    "/datasets/{id}/findings",
    response_class=Response,
    responses=answers(TableAnswer),
    summary="体检发现 · Findings of health checks",
)
def findings(
    request: Request,
    by: Caller,
    parts: Parts,
    id: Name,
    *,
    version: Which = "",
    format: As = None,
) -> Response:
    """Judgements on values that one may see: the cell, the status suggested, why and by whom."""
    kind = tabular.format_of(request, format)
    found = parts.platform.findings(by, id, version)
    table = _with_words(table_of(found))
    return tabular.tagged(request, tabular.table_bytes(table, kind), kind)


def _with_words(table: Any) -> Any:
    words = [Status(code).name.lower() for code in table["status"].to_pylist()]
    place = table.column_names.index("status")
    return table.set_column(place, "status", pa.array(words, pa.string()))


@router.post(
    "/datasets/{id}/findings",
    status_code=201,
    response_model=VersionAnswer,
    summary="登记发现 · Lay findings beside the data",
)
def annotate(by: Caller, parts: Parts, id: Name, form: Findings) -> Any:
    """Lay judgements beside the newest version; no value is touched. For stewards."""
    made = parts.platform.annotate(
        by, id, [_finding(f, by.user) for f in form.findings], note=form.note
    )
    return {"id": made.id, "number": made.number, "created": made.created, "rows": made.rows,
            "note": form.note}  # fmt: skip


def _finding(form: shapes.FindingForm, by: str) -> Finding:
    return Finding(
        entity=form.entity,
        period=form.period,
        series=form.series,
        source=form.source,
        vintage=form.vintage,
        status=Status[form.status.upper()],
        reason=Text(form.reason.zh, form.reason.en),
        by=by,
    )
