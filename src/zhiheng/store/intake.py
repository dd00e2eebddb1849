"""What an import must be before a byte of it is written, and the file that it becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store import schema
from zhiheng.store.archive import Incoming
from zhiheng.store.manifest import StoredFile

_compute: Any = pyarrow.compute  # its functions are made at import and have no types


def incoming(observations: Observations, *, licence: str = "", steward: str = "") -> Incoming:
    """Check observations and make the file that keeps them.

    Raises
    ------
    ZhihengError
        D106 nothing in it, D102 two values under one key, D109 two units in one
        series, D103 a value that is no finite number.
    """
    if not len(observations):
        raise _empty()
    if not np.isfinite(observations.value).all():
        raise _not_finite(observations)
    table = schema.table_of(observations)
    _refuse_two_values(table)
    _refuse_two_units(table)
    about = {
        "level": observations.level,
        "frequency": observations.frequency,
        "licence": licence,
        "steward": steward,
        "labels": schema.own_labels(observations),
        "notes": [{"zh": n.zh, "en": n.en} for n in observations.notes],
    }
    raw = schema.parquet_bytes(table, about)
    return Incoming(_entry(table, raw, observations, about), raw, table)


def _entry(table: Any, raw: bytes, observations: Observations, about: dict[str, Any]) -> StoredFile:
    return StoredFile(
        sha256=hashlib.sha256(raw).hexdigest(),
        rows=len(table),
        origin=_origin(table),
        content=schema.content_hash(table),
        level=observations.level,
        frequency=observations.frequency,
        series=_names(table, "series"),
        sources=_names(table, "source"),
        vintages=_names(table, "vintage"),
        licence=about["licence"],
        steward=about["steward"],
        notes=tuple(about["notes"]),
        labels=bool(about["labels"]),
    )


def _names(table: Any, column: str) -> tuple[str, ...]:
    return tuple(sorted(table[column].unique().to_pylist()))


def _origin(table: Any) -> str:
    read = _names(table, "file")
    return read[0] if len(read) == 1 else f"{read[0]} (+{len(read) - 1})"


def _refuse_two_values(table: Any) -> None:
    counted = table.group_by(list(schema.KEY)).aggregate([([], "count_all")])
    twice = counted.filter(_compute.greater(counted["count_all"], 1))
    if not len(twice):
        return
    keys = twice.select(list(schema.KEY))
    hit = table.join(keys, list(schema.KEY), join_type="left semi").sort_by(
        [(n, "ascending") for n in (*schema.KEY, "cell")]
    )
    rows: list[Row] = [
        {
            "cell": f"{r['file']}!{r['cell']}",
            **{k: r[k] for k in ("entity", "period", "series", "value", "source", "vintage")},
        }
        for r in hit.to_pylist()
    ]
    raise ZhihengError(
        "D102",
        Text("同一格有两个值。", "Two values are given for one cell."),
        evidence=rows,
        fix=Text(
            "留下一个，或给它们不同的来源或修订版次；不会替您取平均。",
            "Keep one, or give them different sources or vintages; values are never averaged.",
        ),
    )


def _refuse_two_units(table: Any) -> None:
    pairs = table.group_by(["series"]).aggregate([("unit", "count_distinct")])
    mixed = pairs.filter(_compute.greater(pairs["unit_count_distinct"], 1))["series"].to_pylist()
    if not mixed:
        return
    rows: list[Row] = []
    for name in sorted(mixed):
        units = table.filter(_compute.equal(table["series"], pa.scalar(name)))["unit"].unique()
        rows.append({"series": name, "units": ", ".join(sorted(units.to_pylist()))})
    raise ZhihengError(
        "D109",
        Text("同一序列有两种单位。", "One series has two units."),
        evidence=rows,
        fix=Text("统一单位或价格基期后再读。", "Bring the series to one unit or price basis."),
    )


def _empty() -> ZhihengError:
    return ZhihengError(
        "D106",
        Text("没有可用的观测。", "There are no observations."),
        fix=Text("检查文件和筛选条件。", "Check the file and the selection."),
    )


def _not_finite(observations: Observations) -> ZhihengError:
    bad: Sequence[int] = np.flatnonzero(~np.isfinite(observations.value)).tolist()
    return ZhihengError(
        "D103",
        Text("{n} 个数值单元格里不是数。", "{n} number cells do not hold a number.").format(
            n=len(bad)
        ),
        evidence=[
            {"cell": f"{observations.file[i]}!{observations.cell[i]}", "value": "NaN / ∞"}
            for i in bad
        ],
        fix=Text("改成数字；缺失请留空。", "Write a number; leave a missing value empty."),
    )
