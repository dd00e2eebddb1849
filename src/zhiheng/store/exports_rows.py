"""The one table that every export carries: each field of an observation, and what frames it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Frequency, Status
from zhiheng.core.text import Text
from zhiheng.sources.observations import FIELDS, Observations

FRAME = ("time", "level", "frequency", "name_zh", "name_en")
COLUMNS = (*FIELDS, *FRAME)
"""Columns of an export: the fields, the period in words, level, frequency, names."""

_NUMBERS = {"period": np.int64, "value": np.float64}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class About:
    """What an export says of itself besides the rows.

    Parameters
    ----------
    version : str
        Id of the version that it was taken from.
    licences, sources : tuple of str
    """

    version: str = ""
    licences: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def columns_of(observations: Observations) -> dict[str, list[Any]]:
    """The columns of an export, in order; statuses as words."""
    found: dict[str, list[Any]] = {n: getattr(observations, n).tolist() for n in FIELDS}
    words = {int(s): s.name.lower() for s in Status}
    found["status"] = [words[s] for s in found["status"]]
    frequency, n = observations.frequency, len(observations)
    times = {p: time_label(frequency, p) for p in set(found["period"])}
    found["time"] = [times[p] for p in found["period"]]
    found["level"], found["frequency"] = [observations.level] * n, [frequency] * n
    for lang in ("zh", "en"):
        names = {k: getattr(v, lang) for k, v in observations.labels.items()}
        found[f"name_{lang}"] = [names.get(e, "") for e in found["entity"]]
    return found


def observations_from(columns: Mapping[str, Sequence[Any]], where: str) -> Observations:
    """Observations from the columns of an export, whatever form carried them.

    Raises
    ------
    ZhihengError
        S599 a column is missing or holds what no export wrote.
    """
    try:
        arrays = {n: _array(n, columns[n]) for n in FIELDS if n != "status"}
        levels, frequencies = set(columns["level"]), set(columns["frequency"])
        if len(levels) != 1 or len(frequencies) != 1:
            raise ValueError("level, frequency")
        names = {
            e: Text(zh, en)
            for e, zh, en in zip(
                *(columns[c] for c in ("entity", "name_zh", "name_en")), strict=True
            )
            if zh and en
        }
        frequency: Frequency = next(iter(frequencies))
        status = _statuses(columns["status"])
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise not_ours(where, repr(error)) from error
    return Observations(
        **arrays, status=status, level=str(next(iter(levels))), labels=names, frequency=frequency
    )


def time_label(frequency: Frequency, ordinal: int) -> str:
    """A period as SDMX writes it: ``2022``, ``2022-Q1``, ``2022-03``, ``2022-03-01T05:00:00``.

    Ordinals: the year; 4 × year + quarter − 1; 12 × year + month − 1; days and hours since 1970.
    """
    if frequency == "Q":
        return f"{ordinal // 4:04d}-Q{ordinal % 4 + 1}"
    if frequency == "M":
        return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"
    if frequency == "A":
        return f"{ordinal:04d}"
    step = timedelta(days=ordinal) if frequency == "D" else timedelta(hours=ordinal)
    try:
        return (_EPOCH + step).strftime("%Y-%m-%d" if frequency == "D" else "%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return str(ordinal)


def not_ours(where: str, detail: str) -> ZhihengError:
    """The error of a file that looks like an export of ours and is not whole."""
    return ZhihengError(
        "S599",
        Text("导出文件不完整或被改动。", "The export is not whole, or was altered."),
        evidence=[{"file": where, "error": detail}],
        fix=Text(
            "重新导出，或把它当作普通的表导入。", "Export again, or import it as a plain table."
        ),
    )


def cannot_carry(form: str, rows: Sequence[Mapping[str, object]]) -> ZhihengError:
    """The error of values that a form would change: they are refused, never altered."""
    return ZhihengError(
        "S598",
        Text("格式 {f} 装不下 {n} 处内容。", "The form {f} cannot carry {n} of the values.").format(
            f=form, n=len(rows)
        ),
        evidence=rows,
        fix=Text("改用 parquet 或 csv。", "Use parquet or csv."),
    )


def _array(name: str, values: Sequence[Any]) -> Any:
    if name in _NUMBERS:
        return np.array([_NUMBERS[name](v) for v in values], dtype=_NUMBERS[name])
    if not all(isinstance(v, str) for v in values):
        raise TypeError(name)
    return np.array(list(values), dtype=object)


def _statuses(words: Sequence[str]) -> Any:
    codes = {s.name.lower(): int(s) for s in Status}
    for word in set(words) - codes.keys():
        raise unknown_name("D110", str(word), codes, kind=Text("数据状态", "status"))
    return np.array([codes[w] for w in words], dtype=np.int8)
