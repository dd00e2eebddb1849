"""What the run says of itself, as results: data in use, claims, evidence, checks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.catalog.breaks import Break, breaks
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.sources import Source, source
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel, Status
from zhiheng.core.registry import catalogue
from zhiheng.core.result import Cell, Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.study.plan import Plan
from zhiheng.study.plan_parts import Variable
from zhiheng.study.run_types import ClaimFinding, LeftOutEntity

DATA, CLAIMS = "data", "claims"
CHECKS, ROBUSTNESS = "checks", "robustness"
"""Names under which these results stand beside those of the steps."""


def data_account(
    plan: Plan,
    panel: Panel,
    used: list[str],
    left: tuple[LeftOutEntity, ...],
    absent: Mapping[str, Variable],
    beside: Mapping[str, tuple[Panel, tuple[str, ...]]] | None = None,
) -> Result:
    """Base series in use, entities left out, known breaks.

    `beside` are panels of another level on which single steps stand, with their base series.
    """
    names = [n for n in used if n in panel.series and n not in panel.definitions]
    held = {n: ~np.isnan(panel.array(n)) for n in names}
    weak = {n: panel.status_of(n) >= Status.ESTIMATED for n in names}
    gaps = {n: int((~held[n]).sum()) for n in names}
    cells = len(panel.entities) * len(panel.periods) * len(names)
    summary: dict[str, int] = {
        "entities": len(panel.entities),
        "periods": len(panel.periods),
        "series": len(names),
        "cells": cells,
        "gaps": sum(gaps.values()),
        "estimated": sum(int(w.sum()) for w in weak.values()),
        "left_out": len(left),
    }
    infos = [series_info(n, plan.data.level) for n in names]
    sources = [source(i.source) if i else None for i in infos]
    return Result(
        tables={
            "summary": Table.of(
                ["item"], item=list(summary), value=np.array(list(summary.values()))
            ),
            "series": Table.of(
                ["series"],
                series=names,
                **_pair(
                    "title",
                    [i.title if i else Text.same(n) for i, n in zip(infos, names, strict=True)],
                ),
                **_pair("unit", [option_word("unit", panel.units[n]) for n in names]),
                **_pair("publisher", [s.publisher if s else Text.same("—") for s in sources]),
                **_pair("licence", [_licence(s) for s in sources]),
                **_pair("status", [option_word("status", _status(panel, n)) for n in names]),
                values=np.array([int(held[n].sum()) for n in names]),
                gaps=np.array([gaps[n] for n in names]),
                estimated=np.array([int(weak[n].sum()) for n in names]),
            ),
            "left_out": Table.of(
                ["entity"],
                entity=[item.entity for item in left],
                **_pair("name", [item.name for item in left]),
                **_pair("reason", [item.why for item in left]),
            ),
            "absent": Table.of(
                ["variable"],
                variable=list(absent),
                **_pair("title", [v.title for v in absent.values()]),
                **_pair("reason", [v.unless_absent or v.title for v in absent.values()]),
            ),
            "breaks": _breaks(names, panel, plan.data.level),
            **({"beside": _beside(plan, beside)} if beside else {}),
        },
        method=DATA,
        inputs=panel.fingerprint,
        series=tuple(names),
    )


def _beside(plan: Plan, found: Mapping[str, tuple[Panel, tuple[str, ...]]]) -> Table:
    """Series of other data sets: which steps stand on them, with their cells.

    Series that are parts of one table, such as ``use.01`` and ``use.02``, are one row.
    """
    data = {step.id: step.data.dataset for step in plan.steps() if step.data is not None}
    rows: dict[tuple[str, str], tuple[Panel, dict[str, None], dict[str, None]]] = {}
    for step, (panel, names) in found.items():
        for name in names:
            if name in panel.series:
                group = name.partition(".")[0] + (".*" if "." in name else "")
                held = rows.setdefault((data[step], group), (panel, {}, {}))
                held[1][name], held[2][step] = None, None
    firsts = [(panel, next(iter(names))) for panel, names, _ in rows.values()]
    infos = [series_info(name, panel.level) for panel, name in firsts]
    sources = [source(i.source) if i else None for i in infos]
    held = [
        np.stack([~np.isnan(panel.array(n)) for n in names]) for panel, names, _ in rows.values()
    ]
    titles = [_group_title(panel, list(names)) for panel, names, _ in rows.values()]
    return Table.of(
        ["dataset", "series"],
        dataset=[d for d, _ in rows],
        series=[name for _, name in rows],
        **_pair("title", titles),
        **_pair("unit", [option_word("unit", panel.units[name]) for panel, name in firsts]),
        **_pair("publisher", [s.publisher if s else Text.same("—") for s in sources]),
        **_pair("licence", [_licence(s) for s in sources]),
        steps=[", ".join(steps) for _, _, steps in rows.values()],
        values=np.array([int(h.sum()) for h in held]),
        gaps=np.array([int((~h).sum()) for h in held]),
    )


def _group_title(panel: Panel, names: list[str]) -> Text:
    """The title of a series; of the parts of a table that of the first, and how many they are."""
    first = panel.title(names[0])
    if len(names) == 1:
        return first
    return Text("{t} 等 {n} 项", "{t} and others, {n} in all").format(t=first, n=len(names))


def claims_account(claims: tuple[ClaimFinding, ...], results: Mapping[str, Result]) -> Result:
    """Each criterion of each claim with its value and limit."""
    rows = [(claim, criterion) for claim in claims for criterion in claim.criteria]
    return Result(
        tables={
            "criteria": Table.of(
                ["claim", "number"],
                claim=[c.claim for c, _ in rows],
                number=np.array([c.criteria.index(k) + 1 for c, k in rows], dtype=np.int64),
                **_pair("claim_title", [c.text for c, _ in rows]),
                **_pair("criterion", [k.name for _, k in rows]),
                **_pair(
                    "entity_title", [_entity(results, k.step, k.table, k.key) for _, k in rows]
                ),
                value=np.array([k.value for _, k in rows], dtype=np.float64),
                limit=np.array([k.limit for _, k in rows], dtype=np.float64),
                **_pair("passed_title", [option_word("passed", str(k.passed)) for _, k in rows]),
            ),
            "verdicts": Table.of(
                ["claim"],
                claim=[c.claim for c in claims],
                **_pair("claim_title", [c.text for c in claims]),
                **_pair("verdict_title", [option_word("verdict", c.verdict) for c in claims]),
                **_pair("reason", [c.reason for c in claims]),
            ),
        },
        method=CLAIMS,
        series=tuple(sorted({s for _, k in rows for s in results[k.step].series})),
    )


def robustness_account(plan: Plan, panel: Panel, results: Mapping[str, Result]) -> Result:
    """The leading coefficient of every printed regression: p values, power, single entities."""
    columns = [c for t in plan.report.tables for c in t.columns]
    tables = {c.step: results[c.step].tables for c in columns}
    first = {step: t["coefficients"].row(0) for step, t in tables.items()}
    influence = {s: t["influence"] for s, t in tables.items()}
    heavy = {s: int(np.argmax(t.columns["share"])) for s, t in influence.items()}
    worst = {s: int(np.argmax(t.columns["p_value"])) for s, t in influence.items()}
    numbers: dict[str, list[float]] = {
        name: [float(str(first[s][name])) for s in tables]
        for name in ("estimate", "p_value", "p_few", "p_wild", "mde")
    }
    numbers["heavy_share"] = [float(t.columns["share"][heavy[s]]) for s, t in influence.items()]
    numbers["p_without"] = [float(t.columns["p_value"][worst[s]]) for s, t in influence.items()]
    return Result(
        tables={
            "models": Table.of(
                ["step"],
                step=list(tables),
                **_pair("model_title", [c.heading for c in columns]),
                **_pair("term_title", [panel.title(str(first[s]["term"])) for s in tables]),
                **_pair("heavy_title", [_name(influence[s], heavy[s]) for s in tables]),
                **_pair("worst_title", [_name(influence[s], worst[s]) for s in tables]),
                **{name: np.array(values, dtype=np.float64) for name, values in numbers.items()},
            )
        },
        method=ROBUSTNESS,
        series=tuple(sorted({n for s in tables for n in results[s].series})),
    )


def checks_account(results: Mapping[str, Result]) -> Result:
    """Every identity that the steps were tested against, with its worst residual."""
    worst: dict[tuple[str, str], list[Check]] = {}
    for result in results.values():
        for check in result.checks:
            worst.setdefault((result.method, check.name.en), []).append(check)
    summaries = [catalogue()[method].summary for method, _ in worst]
    short = [Text(t.zh.split("：")[0], t.en.split(":")[0].split(",")[0]) for t in summaries]
    return Result(
        tables={
            "checks": Table.of(
                ["method", "number"],
                method=[method for method, _ in worst],
                number=np.arange(1, len(worst) + 1),
                **_pair("method_title", short),
                **_pair("check", [checks[0].name for checks in worst.values()]),
                times=np.array([len(checks) for checks in worst.values()]),
                residual=np.array([max(abs(c.residual) for c in cs) for cs in worst.values()]),
                tolerance=np.array([cs[0].tolerance for cs in worst.values()]),
            )
        },
        method=CHECKS,
    )


def _pair(name: str, texts: list[Text]) -> dict[str, list[str]]:
    """A bilingual column as two: ``name_zh`` and ``name_en``."""
    return {f"{name}_zh": [t.zh for t in texts], f"{name}_en": [t.en for t in texts]}


def _licence(publisher: Source | None) -> Text:
    return option_word("licence", publisher.licence) if publisher else Text.same("—")


def _status(panel: Panel, name: str) -> str:
    codes = panel.status_of(name)
    return Status(int(codes.max())).name.lower()


def _breaks(names: list[str], panel: Panel, level: str) -> Table:
    """Each known break once, with all series in use that it touches."""
    here = set(panel.entities)
    touched: dict[tuple[str, str], tuple[Break, list[str]]] = {}
    for name in names:
        for one in breaks(name, panel.periods, level):
            if not one.entities or here & set(one.entities):
                touched.setdefault((one.span.zh, one.what.zh), (one, []))[1].append(name)
    found = list(touched.values())
    titles = [_joined([panel.title(n) for n in series]) for _, series in found]
    return Table.of(
        ["number"],
        number=np.arange(1, len(found) + 1),
        series=[", ".join(series) for _, series in found],
        **_pair("title", titles),
        **_pair("span", [b.span for b, _ in found]),
        **_pair("what", [b.what for b, _ in found]),
        **_pair("action", [option_word("break_action", b.action) for b, _ in found]),
    )


def _joined(parts: list[Text]) -> Text:
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def _entity(results: Mapping[str, Result], step: str, table: str, key: tuple[Cell, ...]) -> Text:
    if table != "influence":
        return Text.same("—")
    rows = results[step].tables[table]
    return _name(rows, rows.find(*key))


def _name(table: Table, row: int) -> Text:
    return Text(str(table.columns["name_zh"][row]), str(table.columns["name_en"][row]))
