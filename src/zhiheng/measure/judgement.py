"""Experts' judgements of indicators, from CSV files or mappings, every fault shown by its cell."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.local_files import local_file
from zhiheng.core.text import Text

Array = NDArray[np.float64]
# Two halves of a matrix agree when typed as fractions; 0.33 for a third does not.
RECIPROCAL = 1e-6
HEADER = ("indicator", "best_to_others", "others_to_worst")
MAPPING = "judgement"
"""What the place of a judgement that came as a mapping is called."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Matrices of pairwise comparisons, one for each expert, exactly reciprocal.

    Attributes
    ----------
    experts : tuple of str
    matrices : ndarray, shape (experts, K, K)
    """

    experts: tuple[str, ...]
    matrices: Array


@dataclass(frozen=True, slots=True)
class BestWorstVectors:
    """Comparisons with the best and with the worst, one row for each expert.

    Attributes
    ----------
    experts : tuple of str
    best_to_others, others_to_worst : ndarray, shape (experts, K)
    best, worst : int
        The same for all experts.
    """

    experts: tuple[str, ...]
    best_to_others: Array
    others_to_worst: Array
    best: int
    worst: int


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells as typed: where it came from, names of rows and columns, words with their places."""

    where: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    words: Mapping[tuple[str, str], tuple[str, str]]


def read_pairs(judgement: str | Mapping[str, object], ids: Sequence[str]) -> Pairs:
    """Read comparisons of pairs: a square table, names in the first row and column.

    A cell says how many times more its row matters than its column; fractions such
    as 1/3 are allowed. An empty cell is the reciprocal of its mirror image, an empty
    diagonal is one. Several files are separated by semicolons, one for each expert.

    Raises
    ------
    ZhihengError
        M691 a file or cell that cannot be read, M692 cells that contradict their
        mirror image, M693 names that are not those of the indicators.
    """
    grids = _grids(judgement)
    for grid in grids:
        _refuse_names(grid, grid.rows, ids)
        _refuse_names(grid, grid.columns, ids)
    return Pairs(tuple(g.where for g in grids), np.array([_matrix(g, ids) for g in grids]))


def read_best_worst(judgement: str | Mapping[str, object], ids: Sequence[str]) -> BestWorstVectors:
    """Read comparisons with the best and with the worst indicator.

    A table with the columns indicator, best_to_others and others_to_worst: how many
    times more the best matters than each, and each than the worst, one or more. The
    best has best_to_others 1, the worst others_to_worst 1; no other may have it.

    Raises
    ------
    ZhihengError
        M691 a file or cell that cannot be read, or no single best and worst, M692 the
        two comparisons of best and worst differ, M693 names that do not match.
    """
    grids = _grids(judgement)
    found = [_vectors(grid, ids) for grid in grids]
    ends = {(best, worst) for _, _, best, worst in found}
    if len(ends) > 1:
        raise _unreadable(
            Text(
                "各位专家的最重要或最次要指标不同，判断不能合并。",
                "Experts name different best or worst indicators; they cannot be joined.",
            ),
            [
                {"file": g.where, "best": ids[b], "worst": ids[w]}
                for g, (_, _, b, w) in zip(grids, found, strict=True)
            ],
        )
    best, worst = ends.pop()
    return BestWorstVectors(
        tuple(g.where for g in grids),
        np.array([f[0] for f in found]),
        np.array([f[1] for f in found]),
        best,
        worst,
    )


def _grids(judgement: str | Mapping[str, object]) -> list[_Grid]:
    if isinstance(judgement, Mapping):
        return [_from_mapping(judgement)]
    names = [name.strip() for name in judgement.split(";") if name.strip()]
    absent: list[Row] = [{"file": name} for name in names if local_file(name) is None]
    if absent or not names:
        raise _unreadable(
            Text("没有这个判断文件。", "There is no such file of judgements."),
            absent or [{"file": judgement}],
        )
    return [_from_file(name) for name in names]


def _from_file(name: str) -> _Grid:
    try:
        text = Path(name).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(
            Text("判断文件不是 UTF-8 文本。", "The file of judgements is not UTF-8 text."),
            [{"file": name, "error": str(error)}],
        ) from error
    lines = [line for line in csv.reader(io.StringIO(text)) if any(c.strip() for c in line)]
    if len(lines) < 2 or len(lines[0]) < 2:
        raise _unreadable(
            Text("判断文件是空的。", "The file of judgements is empty."), [{"file": name}]
        )
    columns = tuple(c.strip() for c in lines[0][1:])
    rows = tuple(line[0].strip() for line in lines[1:])
    short: list[Row] = [
        {"cell": f"{name}!A{i + 2}", "cells": len(line), "needs": len(lines[0])}
        for i, line in enumerate(lines[1:])
        if len(line) != len(lines[0])
    ]
    if short:
        raise _unreadable(Text("各行格数不齐。", "Rows have unequal numbers of cells."), short)
    words = {
        (rows[i], columns[j]): (line[j + 1].strip(), f"{name}!{_letters(j + 1)}{i + 2}")
        for i, line in enumerate(lines[1:])
        for j in range(len(columns))
    }
    return _Grid(name, rows, columns, words)


def _from_mapping(judgement: Mapping[str, object]) -> _Grid:
    """Rows as mappings or lists: of pairs by indicator, or the two vectors by their names."""
    vectors = set(HEADER[1:]) <= set(judgement)
    outer = [str(k) for k in judgement if not vectors or k in HEADER[1:]]
    words: dict[tuple[str, str], tuple[str, str]] = {}
    inner: dict[str, None] = {}
    for name in outer:
        for other, value in _entries(judgement[name], outer, name):
            inner[other] = None
            key = (other, name) if vectors else (name, other)
            words[key] = ("" if value is None else str(value).strip(), f"{MAPPING}!{name}.{other}")
    rows, columns = (tuple(inner), tuple(outer)) if vectors else (tuple(outer), tuple(inner))
    return _Grid(MAPPING, rows, columns, words)


def _entries(row: object, names: Sequence[str], name: str) -> list[tuple[str, object]]:
    if isinstance(row, Mapping):
        return [(str(k), v) for k, v in row.items()]  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(row, (list, tuple)) and len(row) == len(names):
        return list(zip(names, row, strict=True))
    raise _unreadable(
        Text(
            "一行判断要写成映射，或与指标一样多的列表。",
            "A row of judgements is a mapping, or a list as long as the indicators.",
        ),
        [{"cell": f"{MAPPING}!{name}", "value": str(row)}],
    )


def _matrix(grid: _Grid, ids: Sequence[str]) -> Array:
    typed = {key: _value(*cell) for key, cell in grid.words.items() if cell[0]}
    _refuse_values(grid, typed, least=0.0)
    absent: list[Row] = []
    against: list[Row] = []
    out = np.eye(len(ids))
    for i, one in enumerate(ids):
        if abs(typed.get((one, one), 1.0) - 1.0) > RECIPROCAL:
            cell = grid.words[one, one]
            against.append({"cell": cell[1], "value": cell[0], "must_be": "1"})
        for j in range(i + 1, len(ids)):
            two = ids[j]
            up, down = typed.get((one, two)), typed.get((two, one))
            if up is None and down is None:
                absent.append({"file": grid.where, "row": one, "column": two})
                continue
            value = up if up is not None else 1.0 / (down or 1.0)
            if up is not None and down is not None and abs(up * down - 1.0) > RECIPROCAL:
                (a, place), (b, mirror) = grid.words[one, two], grid.words[two, one]
                against.append({"cell": place, "value": a, "mirror": mirror, "mirror_value": b})
            out[i, j], out[j, i] = value, 1.0 / value
    if against:
        raise _contradiction(against)
    if absent:
        raise _unreadable(
            Text("{n} 对指标没有比较。", "{n} pairs were not compared.").format(n=len(absent)),
            absent,
        )
    return out


def _vectors(grid: _Grid, ids: Sequence[str]) -> tuple[Array, Array, int, int]:
    absent = [name for name in HEADER[1:] if name not in grid.columns]
    if absent:
        raise _unreadable(
            Text("判断缺少列：{c}。", "The judgements lack columns: {c}.").format(
                c=", ".join(absent)
            ),
            [{"file": grid.where, "columns": ", ".join(grid.columns)}],
        )
    _refuse_names(grid, grid.rows, ids)
    typed = {key: _value(*cell) for key, cell in grid.words.items() if key[1] in HEADER}
    _refuse_values(grid, typed, least=1.0)
    to_others, to_worst = (np.array([typed[name, h] for name in ids]) for h in HEADER[1:])
    best, worst = np.flatnonzero(to_others == 1), np.flatnonzero(to_worst == 1)
    if len(best) != 1 or len(worst) != 1 or best[0] == worst[0]:
        rows: list[Row] = [{"best_to_others=1": ids[int(i)]} for i in best]
        rows += [{"others_to_worst=1": ids[int(i)]} for i in worst]
        raise _unreadable(
            Text(
                "最重要与最次要的指标须各有且只有一个，且不同。",
                "There must be exactly one best and one worst indicator, and they must differ.",
            ),
            rows or [{"file": grid.where}],
        )
    b, w = int(best[0]), int(worst[0])
    if abs(to_others[w] - to_worst[b]) > RECIPROCAL:
        (one, place), (two, mirror) = grid.words[ids[w], HEADER[1]], grid.words[ids[b], HEADER[2]]
        raise _contradiction([{"cell": place, "value": one, "mirror": mirror, "mirror_value": two}])
    return to_others, to_worst, b, w


def _value(word: str, _place: str) -> float:
    """A number or a fraction such as 1/3; NaN for anything else."""
    try:
        return float(Fraction(word.replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        return math.nan


def _refuse_values(grid: _Grid, typed: Mapping[tuple[str, str], float], *, least: float) -> None:
    wrong: list[Row] = [
        {"cell": grid.words[key][1], "row": key[0], "column": key[1], "value": grid.words[key][0]}
        for key, value in typed.items()
        if not math.isfinite(value) or value < least or value <= 0
    ]
    if wrong:
        raise _unreadable(
            Text(
                "{n} 个格子不是{k}的数或分数。", "{n} cells are not numbers or fractions {k}."
            ).format(n=len(wrong), k=_FROM_ONE if least else _POSITIVE),
            wrong,
        )


def _refuse_names(grid: _Grid, found: Sequence[str], ids: Sequence[str]) -> None:
    rows: list[Row] = [{"file": grid.where, "missing": n} for n in ids if n not in found]
    rows += [{"file": grid.where, "unknown": n} for n in found if n not in ids]
    rows += [
        {"file": grid.where, "twice": n} for n in sorted({x for x in found if found.count(x) > 1})
    ]
    if rows:
        raise ZhihengError(
            "M693",
            Text(
                "判断里的名称与指标对不上。", "Names in the judgements are not those of indicators."
            ),
            evidence=rows,
            fix=Text("指标依次为：{i}。", "The indicators are: {i}.").format(i=", ".join(ids)),
        )


def _letters(column: int) -> str:
    """The letters of a spreadsheet column, A for 0."""
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


def _contradiction(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M692",
        Text(
            "判断自相矛盾：有 {n} 处与其对称的一格不符。",
            "The judgements contradict themselves: {n} cells do not match their mirror image.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "a 比 b 为 3，则 b 比 a 写 1/3（不要写 0.33），或把下三角留空；对角线为 1。",
            "If a over b is 3, write 1/3 for b over a (not 0.33), or leave the lower half empty; "
            "the diagonal is 1.",
        ),
    )


def _unreadable(what: Text, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M691",
        what,
        evidence=rows,
        fix=Text(
            "AHP 用方阵 CSV（首行首列为指标名，可写 1/3）；最优最劣法用 "
            "indicator,best_to_others,others_to_worst 三列；多位专家的文件以分号隔开。",
            "AHP takes a square CSV with names in the first row and column (1/3 is allowed); "
            "best-worst takes the columns indicator, best_to_others, others_to_worst; separate "
            "files of several experts by semicolons.",
        ),
    )


_POSITIVE = Text("大于零", "above zero")
_FROM_ONE = Text("不小于一", "of one or more")
