"""Tables and panels as JSON, CSV or Arrow, with a tag that says whether they changed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from starlette.requests import Request
from starlette.responses import Response

from zhiheng.core.panel import Panel
from zhiheng.server import refusals
from zhiheng.server.problems import json_bytes, plain

Format = Literal["json", "csv", "arrow"]
MEDIA: Mapping[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
}
_RANGES: Mapping[str, Format] = {
    **{media: name for name, media in MEDIA.items()},
    "*/*": "json",
    "application/*": "json",
    "text/*": "csv",
}


def format_of(request: Request, asked: Format | None) -> Format:
    """The format of the answer: named in the query, else the best that the caller accepts.

    Raises
    ------
    ZhihengError
        A141 the caller accepts none that there is.
    """
    accepted = request.headers.get("accept", "")
    if asked or not accepted.strip():
        return asked or "json"
    ranked: list[tuple[float, Format]] = []
    for part in accepted.split(","):
        kind, *parameters = (p.strip().lower() for p in part.split(";"))
        quality = _quality(parameters)
        if kind in _RANGES and quality > 0:
            ranked.append((quality, _RANGES[kind]))
    if not ranked:
        raise refusals.not_acceptable(accepted, [*MEDIA.values()])
    return max(ranked, key=lambda pair: pair[0])[1]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def table_bytes(table: Any, format: Format, *, next: str | None = None) -> bytes:
    """An Arrow table in a format; the cursor of the next page stands in JSON only."""
    if format == "arrow":
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue()
    if format == "csv":
        sink = io.BytesIO()
        pa_csv.write_csv(table, sink)
        return sink.getvalue()
    columns = [_values(table[name]) for name in table.column_names]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return json_bytes({"columns": table.column_names, "rows": rows, "next": next})


def _values(column: Any) -> list[Any]:
    values = column.to_pylist()
    return [plain(v) for v in values] if pa.types.is_floating(column.type) else values


def panel_bytes(panel: Panel, format: Format) -> bytes:
    """A panel in a format: nested by entity, period and series in JSON, else a row a cell."""
    if format != "json":
        return table_bytes(panel_table(panel), format)
    document = {
        "entities": [{"id": e, "name": plain(panel.name(e))} for e in panel.entities],
        "periods": list(panel.periods),
        "series": [
            {"name": s, "unit": panel.units[s], "title": plain(panel.title(s))}
            for s in panel.series
        ],
        "values": _nested(panel.values),
        "status": panel.status.tolist(),
        "frequency": panel.frequency,
        "level": panel.level,
        "fingerprint": panel.fingerprint,
        "steps": [f"{s.name}: {s.detail}" for s in panel.steps],
    }
    return json_bytes(document)


def _nested(values: np.ndarray[Any, Any]) -> list[Any]:
    """Nested lists with null for gaps; infinities cannot be observed and are gaps as well."""
    if np.isfinite(values).all():
        return values.tolist()
    out = values.astype(object)
    out[~np.isfinite(values)] = None
    return out.tolist()


def panel_table(panel: Panel) -> Any:
    """The cells of a panel that have a value, a row each."""
    e, p, s = np.nonzero(~np.isnan(panel.values))
    series = np.array(panel.series, dtype=object)[s]
    return pa.table(
        {
            "entity": pa.array(np.array(panel.entities, dtype=object)[e], pa.string()),
            "period": pa.array(np.array(panel.periods, dtype=np.int64)[p]),
            "series": pa.array(series, pa.string()),
            "value": pa.array(panel.values[e, p, s]),
            "unit": pa.array([panel.units[name] for name in series], pa.string()),
            "status": pa.array(panel.status[e, p, s]),
        }
    )


def tagged(
    request: Request, body: bytes, format: Format, headers: Mapping[str, str] | None = None
) -> Response:
    """The response, or 304 when the caller has these bytes already.

    The tag is a hash of the bytes that this caller may see, so it changes with the version,
    with the query and with the rights, and tells nothing of rows that are held back.
    """
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    more = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
        **(headers or {}),
    }
    known = [
        t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")
    ]
    if tag in known or known == ["*"]:
        return Response(None, 304, more)
    return Response(body, 200, more, MEDIA[format])
