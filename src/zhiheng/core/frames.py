"""From pandas frames to panels, with every fault shown by its row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.panel import Panel, Step
from zhiheng.core.text import Text

if TYPE_CHECKING:
    import pandas as pd


def read_wide(df: pd.DataFrame, *, entity: str, period: str, units: Mapping[str, str]) -> Panel:
    """See :meth:`zhiheng.core.panel.Panel.from_frame`."""
    _require_columns(df, [entity, period, *units])
    names = [str(c) for c in df.columns if c not in (entity, period)]
    if not names or not len(df):
        raise ZhihengError(
            "D106",
            Text("表里没有可用的数据。", "The table holds no data."),
            fix=Text("至少给出一行和一个数值列。", "Give at least one row and one numeric column."),
        )
    periods = _whole_periods(df, period)
    labels = [_label(v) for v in df[entity].tolist()]
    _refuse_empty_labels(labels, entity)
    _refuse_repeats(labels, periods, names, df)
    entities = list(dict.fromkeys(labels))
    times = sorted(set(periods))
    place = {label: i for i, label in enumerate(entities)}
    e = np.array([place[label] for label in labels])
    t = np.searchsorted(times, periods)
    arrays: dict[str, Any] = {}
    for name in names:
        cube = np.full((len(entities), len(times)), np.nan)
        cube[e, t] = _numbers(df, name)
        arrays[name] = cube
    step = Step("from_frame", f"{len(df)} rows x {len(names)} series")
    return Panel.of(arrays, entities=entities, periods=times, units=units, steps=(step,))


def _label(value: object) -> str:
    missing = value is None or (isinstance(value, float) and np.isnan(value))
    return "" if missing else str(value)


def _require_columns(df: pd.DataFrame, wanted: list[str]) -> None:
    known = [str(c) for c in df.columns]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ZhihengError(
            "D101",
            Text("表里没有列：{m}。", "The table has no column: {m}.").format(m=", ".join(missing)),
            evidence=[{"column": m, "nearest": ", ".join(nearest(m, known))} for m in missing],
            fix=Text("表中的列有：{k}。", "The columns are: {k}.").format(k=", ".join(known)),
        )


def _refuse_empty_labels(labels: list[str], entity: str) -> None:
    empty: list[Row] = [{"row": i + 1, "column": entity} for i, v in enumerate(labels) if not v]
    if empty:
        raise ZhihengError(
            "D108",
            Text("{n} 行没有地区名。", "{n} rows have no entity.").format(n=len(empty)),
            evidence=empty,
            fix=Text("补上地区，或删去这些行。", "Fill in the entity or remove these rows."),
        )


def _whole_periods(df: pd.DataFrame, period: str) -> list[int]:
    out: list[int] = []
    bad: list[Row] = []
    for i, value in enumerate(df[period].tolist()):
        try:
            whole = int(value)
            if float(value) != whole:
                raise ValueError
        except (TypeError, ValueError):
            bad.append({"row": i + 1, "column": period, "value": value})
            whole = 0
        out.append(whole)
    if bad:
        raise ZhihengError(
            "D104",
            Text("{n} 个时期不是整数年份。", "{n} periods are not whole years.").format(n=len(bad)),
            evidence=bad,
            fix=Text("时期写成整数，如 2022。", "Write periods as whole numbers such as 2022."),
        )
    return out


def _refuse_repeats(
    labels: list[str], periods: list[int], names: list[str], df: pd.DataFrame
) -> None:
    first: dict[tuple[str, int], int] = {}
    rows: list[Row] = []
    for i, key in enumerate(zip(labels, periods, strict=True)):
        if key in first:
            for j in (first[key], i):
                values = {name: df[name].iloc[j] for name in names[:3]}
                rows.append({"row": j + 1, "entity": key[0], "period": key[1], **values})
        first.setdefault(key, i)
    if rows:
        raise ZhihengError(
            "D102",
            Text("同一地区同一时期有多行。", "Several rows give the same entity and period."),
            evidence=rows,
            fix=Text(
                "每个地区每个时期只留一行；不会替您取平均。",
                "Keep one row per entity and period; they are never averaged for you.",
            ),
        )


def _numbers(df: pd.DataFrame, name: str) -> Any:
    import pandas as pd

    numbers = pd.to_numeric(df[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    text = np.isnan(numbers) & df[name].notna().to_numpy()
    text |= np.isinf(numbers)
    if text.any():
        raise ZhihengError(
            "D103",
            Text(
                "列“{c}”里有不是数的内容。", 'Column "{c}" holds cells that are not numbers.'
            ).format(c=name),
            evidence=[
                {"row": int(i) + 1, "column": name, "value": df[name].iloc[int(i)]}
                for i in np.flatnonzero(text)
            ],
            fix=Text("改成数字；缺失请留空。", "Write a number; leave a missing value empty."),
        )
    return numbers
