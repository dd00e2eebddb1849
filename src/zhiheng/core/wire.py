"""Results as JSON text and back, without loss: for the cache, the API and the ledger."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text


def dumps(result: Result) -> str:
    """One result as JSON; floats keep every bit, NaN is null."""
    document = {
        "method": result.method,
        "params": dict(result.params),
        "inputs": result.inputs,
        "series": list(result.series),
        "tables": {name: _table(table) for name, table in result.tables.items()},
        "figures": [_figure(f) for f in result.figures],
        "notes": [{"text": _text(n.text), "level": n.level, "code": n.code} for n in result.notes],
        "checks": [
            {"name": _text(c.name), "residual": _number(c.residual), "tolerance": c.tolerance}
            for c in result.checks
        ],
    }
    return json.dumps(document, ensure_ascii=False)


def loads(source: str) -> Result:
    """The result that `dumps` wrote; raises ValueError or KeyError when it is not one."""
    d = json.loads(source)
    return Result(
        tables={name: _read_table(t) for name, t in d["tables"].items()},
        figures=tuple(_read_figure(f) for f in d["figures"]),
        notes=tuple(Note(Text.of(n["text"]), n["level"], n["code"]) for n in d["notes"]),
        checks=tuple(
            Check(Text.of(c["name"]), _read_number(c["residual"]), c["tolerance"])
            for c in d["checks"]
        ),
        series=tuple(d["series"]),
        method=d["method"],
        params=d["params"],
        inputs=d["inputs"],
    )


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _read_number(value: float | None) -> float:
    return float("nan") if value is None else value


def _table(table: Table) -> dict[str, Any]:
    return {
        "keys": list(table.keys),
        "columns": {
            name: {"dtype": values.dtype.str, "data": _values(values)}
            for name, values in table.columns.items()
        },
    }


def _values(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "f":
        return [None if np.isnan(v) else v for v in values.tolist()]
    return list(values.tolist())


def _read_table(document: dict[str, Any]) -> Table:
    columns: dict[str, NDArray[Any]] = {}
    for name, column in document["columns"].items():
        dtype, data = np.dtype(column["dtype"]), column["data"]
        if dtype.kind == "f":
            data = [np.nan if v is None else v for v in data]
        columns[name] = np.array(data, dtype=dtype) if dtype.kind != "O" else _objects(data)
    return Table(tuple(document["keys"]), columns)


def _objects(data: list[Any]) -> NDArray[Any]:
    out = np.empty(len(data), dtype=object)
    out[:] = data
    return out


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "kind": figure.kind,
        "table": figure.table,
        "title": _text(figure.title),
        "reading": _text(figure.reading),
        "encodings": dict(figure.encodings),
    }


def _read_figure(d: dict[str, Any]) -> Figure:
    return Figure(
        d["name"], d["kind"], d["table"], Text.of(d["title"]), Text.of(d["reading"]), d["encodings"]
    )
