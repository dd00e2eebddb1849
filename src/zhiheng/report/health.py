"""The two pages of a health check, before any medium: verdict, tables, what it cannot see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.columns import column, table_title
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Cell, Result, Table
from zhiheng.core.text import LANGS, Text

MOST_SERIES, MOST_FINDINGS, PER_KIND = 10, 14, 2
TITLE = Text("数据体检报告", "Data health report")
LABELS = {
    "cells": Text("单元格", "cells"),
    "n": Text("值", "values"),
    "term_title": Text("变量", "term"),
}
LIMITS = Text(
    "没有问题不等于数据真实：单个格子的插值、加了噪声的填补、取整很粗的序列里的填补看不出来；"
    "成员国共用的税率之类本来就相同。异常与跳变多半是真实事件。本报告只加标记，不改任何值。",
    "A clean bill is no proof: single filled cells, fills with noise added and fills in coarsely "
    "rounded series look like data; tariffs that members share are equal by law. Most outliers and "
    "jumps are real events. The check adds marks and changes no value.",
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A table ready to print: heading, rows of texts, and which columns are words."""

    caption: Text
    head: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    words: int
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What the report says, in both languages."""

    title: Text
    subtitle: Text
    verdict: Text
    cards: tuple[tuple[Text, Text, Text], ...]
    tables: tuple[Printed, ...]
    limits: Text


def health_report(panel: Panel, audit: Result, effect: Result | None, source: str) -> HealthReport:
    """Compose the report of one data file.

    Parameters
    ----------
    panel : Panel
    audit : Result
        Of the method `health`.
    effect : Result or None
        Of `zhiheng.study.health_effect`, where a regression was named.
    source : str
        The file or data set, as the user named it.
    """
    by_series = audit.tables["by_series"].columns
    n, gone = int(by_series["n"].sum()), int(by_series["cells_unobserved"].sum())
    first, last = panel.periods[0], panel.periods[-1]
    subtitle = Text(
        f"{source}：{len(panel.entities)} 个地区，{first}–{last}，{len(panel.series)} 个序列",
        f"{source}: {len(panel.entities)} entities, {first}–{last}, {len(panel.series)} series",
    )
    tables = [_kinds(audit), _series(audit), _findings(audit)]
    tables += [_effect(effect)] if effect else []
    return HealthReport(
        TITLE, subtitle, _verdict(n, gone, audit), _cards(n, audit), tuple(tables), LIMITS
    )


def _count(audit: Result, *statuses: str) -> int:
    """Distinct cells for which one of these statuses is suggested."""
    c = audit.tables["cells"].columns
    keep = np.isin(np.array(c["suggested"], dtype=str), statuses)
    return len(set(zip(c["entity"][keep], c["period"][keep], c["series"][keep], strict=True)))


def _verdict(n: int, gone: int, audit: Result) -> Text:
    share = gone / n if n else 0.0
    touched = int((audit.tables["by_series"].columns["cells_unobserved"] > 0).sum())
    if not gone:
        return Text(
            f"{n:,} 个值里没有发现从未观测或有误的单元格。",
            f"Among {n:,} values no cell was found that was never observed or is wrong.",
        )
    return Text(
        f"{n:,} 个值里有 {gone:,} 个（{share:.1%}）不是观测到的样子，集中在 {touched} 个序列。",
        f"Of {n:,} values, {gone:,} ({share:.1%}) do not show what was observed; "
        f"they stand in {touched} series.",
    )


def _cards(n: int, audit: Result) -> tuple[tuple[Text, Text, Text], ...]:
    made, wrong = _count(audit, "interpolated", "imputed"), _count(audit, "absent")
    look = int((audit.tables["findings"].columns["suggested"] == "keep").sum())
    share = [Text.same(f"{k / n:.1%}" if n else "0") for k in (made, wrong)]
    filled = Text("个单元格是填补或照抄的", "cells were filled or copied")
    broken = Text("个单元格有误或以零代缺失", "cells are wrong, or zero for missing")
    advice = Text("条提示请核对，值保留", "remarks to look at; values stay")
    return (
        (Text.same(f"{made:,}"), filled, share[0]),
        (Text.same(f"{wrong:,}"), broken, share[1]),
        (Text.same(f"{look:,}"), advice, Text("不计入", "not counted")),
    )


def _kinds(audit: Result) -> Printed:
    table = audit.tables["by_kind"]
    order = np.arange(len(table))
    columns = ("kind_title", "suggested", "findings", "cells", "series_touched", "confidence")
    return _printed(table, order, columns, words=2, caption=table_title("health", "by_kind"))


def _series(audit: Result) -> Printed:
    table = audit.tables["by_series"]
    c = table.columns
    order = np.lexsort((-c["findings"], -c["share_unobserved"]))
    order = order[c["findings"][order] > 0][:MOST_SERIES]
    columns = ("series_title", "n", "findings", "cells_unobserved", "share_unobserved")
    caption = Text("状况最差的序列", "Series in the worst state")
    return _printed(table, order, columns, words=1, caption=caption)


def _findings(audit: Result) -> Printed:
    """The findings to look at first: the surest of each kind, at most two of one."""
    table = audit.tables["findings"]
    c = table.columns
    surest = np.lexsort((-c["cells"], -c["confidence"]))
    held: dict[str, list[str]] = {}
    chosen: list[int] = []
    for i in surest.tolist():
        kind, series = str(c["kind"][i]), str(c["series"][i])
        if kind == "break" or series in held.get(kind, []) or len(held.get(kind, [])) == PER_KIND:
            continue
        held.setdefault(kind, []).append(series)
        chosen.append(i)
    order = {kind: i for i, kind in enumerate(audit.tables["by_kind"].columns["kind"])}
    while len(chosen) > MOST_FINDINGS:
        chosen.remove(_least_needed(c, chosen))
    chosen.sort(key=lambda i: order[c["kind"][i]])
    columns = ("kind_title", "series_title", "name", "reason", "confidence")
    caption = Text("先看哪几条", "What to look at first")
    note = Text(
        "全部清单与单元格地址见 CSV。", "The CSV files list all, with the address of every cell."
    )
    return _printed(
        table, np.array(chosen, dtype=np.intp), columns, words=4, caption=caption, note=note
    )


def _least_needed(columns: Mapping[str, NDArray[Any]], chosen: list[int]) -> int:
    """The last finding of a kind that has two; else the least sure one."""
    kinds = [columns["kind"][i] for i in chosen]
    double = [i for i, kind in zip(chosen, kinds, strict=True) if kinds.count(kind) > 1]
    return min(double or chosen, key=lambda i: (columns["confidence"][i], -i))


def _effect(effect: Result) -> Printed:
    table = effect.tables["coefficients"]
    fit = effect.tables["fit"]
    columns = (
        "sample_title",
        "term_title",
        "estimate",
        "std_error",
        "p_value",
        "coefficient_shift_errors",
    )
    rows = _printed(table, np.arange(len(table)), columns, words=2, caption=TITLE)
    n = {
        str(s): f"{int(k):,}" for s, k in zip(fit.columns["sample"], fit.columns["n"], strict=True)
    }
    sizes = [Text.same(n[str(s)]) for s in table.columns["sample"]]
    caption = Text("对回归的影响：去掉标记单元格前后的系数", "What it does to the regression")
    body = tuple((*row, size) for row, size in zip(rows.rows, sizes, strict=True))
    note = Text(
        "；".join(x.text.zh for x in effect.notes), " ".join(x.text.en for x in effect.notes)
    )
    return Printed(caption, (*rows.head, Text("样本数", "n")), body, 2, note)


def _printed(
    table: Table, rows: NDArray[np.intp], columns: tuple[str, ...], *, words: int, caption: Text,
    note: Text | None = None,
) -> Printed:  # fmt: skip
    body = tuple(tuple(_cell(table.row(int(i)), name) for name in columns) for i in rows)
    head = tuple(LABELS.get(name) or column(name).label for name in columns)
    return Printed(caption, head, body, words, note)


def _cell(row: dict[str, Cell], name: str) -> Text:
    if f"{name}_zh" in row:
        return Text(*(str(row[f"{name}_{lang}"]) or "-" for lang in LANGS))
    value, form = row[name], column(name).format
    if form == "s":
        return option_word(name, str(value))
    if value is None:
        return Text.same("-")
    shown = (
        "<0.001"
        if form == "p" and float(value) < 0.001
        else format(value, ".3f" if form == "p" else "," if form == "d" else form)
    )  # noqa: PLR2004, E501
    return Text.same(shown.replace("-", "\u2212"))
