"""What flagged cells do to a regression: β with them, and without those never observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import VERBATIM, ZhihengError
from zhiheng.core.panel import Panel, Status
from zhiheng.core.registry import methods
from zhiheng.core.result import Figure, Note, Result, Table
from zhiheng.core.text import Text

HEALTH_EFFECT = "health_effect"
NEVER_OBSERVED = frozenset({"interpolated", "imputed"})
WRONG = frozenset({"absent"})
SAMPLES = (
    ("all", frozenset[str]()),
    ("observed", NEVER_OBSERVED),
    ("clean", NEVER_OBSERVED | WRONG),
)
"""What is taken out by suggested status: nothing, what was never observed, what is wrong too."""


def read_formula(formula: str) -> tuple[str, tuple[str, ...]]:
    """Outcome and regressors of ``y ~ x1 + x2``; terms are split at top-level plus signs.

    Raises
    ------
    ZhihengError
        D133 a formula that cannot be read.

    Examples
    --------
    >>> read_formula("log(co2) ~ log(gdp / population) + urbanisation_rate")
    ('log(co2)', ('log(gdp / population)', 'urbanisation_rate'))
    """
    left, sign, right = formula.partition("~")
    terms = [term.strip() for term in _terms(right)]
    if not sign or not left.strip() or not all(terms):
        raise ZhihengError(
            "D133",
            Text("回归式读不懂。", "The regression cannot be read."),
            evidence=[{VERBATIM: formula}],
            fix=Text(
                "写成 y ~ x1 + x2，各项是序列或式子；式子里的加号放进括号。",
                "Write y ~ x1 + x2; each term is a series or an expression, with its own plus "
                "signs in parentheses.",
            ),
        )
    return left.strip(), tuple(terms)


def _terms(source: str) -> list[str]:
    depth, parts = 0, [""]
    for letter in source:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "+" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def health_effect(
    panel: Panel, audit: Result, *, outcome: str, regressors: Sequence[str], effects: str = "twoway"
) -> Result:
    """Estimate a regression on all cells, without those never observed, and without wrong ones.

    Use it to see whether a coefficient rests on filled cells. A coefficient that moves
    says that the filled cells matter, not which of the two is right: cells that were
    filled may not be missing at random.

    Parameters
    ----------
    panel : Panel
    audit : Result
        What `health` found in this panel.
    outcome : str
        A series or an expression.
    regressors : sequence of str
    effects : {"twoway", "entity", "period", "none"}

    Returns
    -------
    Result
        ``coefficients`` by sample and term, ``fit`` by sample, ``removed`` cells.

    Raises
    ------
    ZhihengError
        D134 the regression cannot be estimated without the flagged cells; the errors of
        `panel_ols` for the sample as it stands.
    """
    flags = {name: _flagged(panel, audit, statuses) for name, statuses in SAMPLES}
    fits: dict[str, Result] = {}
    for name, mask in flags.items():
        fits[name] = _fit(_without(panel, mask), name, outcome, regressors, effects)
    used = fits["all"].series
    tables = {
        "coefficients": _coefficients(panel, fits),
        "fit": _fit_table(panel, fits, flags, used),
        "removed": _removed(panel, flags["clean"], used),
    }
    return Result(tables, _figures(), _notes(fits), (), used, method=HEALTH_EFFECT)


def _flagged(panel: Panel, audit: Result, statuses: frozenset[str]) -> NDArray[np.bool_]:
    """The cells for which one of these statuses is suggested, or that have it already."""
    mask = np.zeros(panel.values.shape, dtype=np.bool_)
    if statuses >= NEVER_OBSERVED:
        mask |= panel.status >= Status.INTERPOLATED
    cells = audit.tables["cells"].columns
    rows = np.array([s in statuses for s in cells["suggested"]], dtype=np.bool_)
    places = [
        {name: i for i, name in enumerate(axis)}
        for axis in (panel.entities, panel.periods, panel.series)
    ]
    columns = (cells["entity"][rows], cells["period"][rows], cells["series"][rows])
    e, t, s = ([p[v] for v in c.tolist()] for p, c in zip(places, columns, strict=True))
    mask[e, t, s] = True
    return mask & np.isfinite(panel.values)


def _without(panel: Panel, mask: NDArray[np.bool_]) -> Panel:
    """A copy of the panel in which the marked cells are gaps; the panel itself stays."""
    values = np.where(mask, np.nan, panel.values)
    status = np.where(mask, Status.ABSENT, panel.status).astype(np.int8)
    return replace(panel, values=values, status=status)


def _fit(panel: Panel, sample: str, outcome: str, terms: Sequence[str], effects: str) -> Result:
    try:
        return methods["panel_ols"](
            panel, outcome=outcome, regressors=list(terms), effects=effects, gaps="drop",
            draws=0, influence=False,
        )  # fmt: skip
    except ZhihengError as error:
        if sample == "all":
            raise
        raise ZhihengError(
            "D134",
            Text(
                "去掉标记的单元格以后，回归无法估计：{why}",
                "Without the flagged cells the regression cannot be estimated: {why}",
            ).format(why=error.what),
            evidence=error.evidence,
            fix=Text(
                "换别的变量或窗口：现在的样本里可用的观测太少。",
                "Choose other variables or another window: too little of this sample was observed.",
            ),
        ) from error


def _coefficients(panel: Panel, fits: dict[str, Result]) -> Table:
    first = fits["all"].tables["coefficients"].columns
    parts = [(name, fit.tables["coefficients"].columns) for name, fit in fits.items()]
    words = [option_word("health_sample", name) for name, c in parts for _ in c["term"]]
    titles = [panel.title(term) for _, c in parts for term in c["term"]]
    estimate = np.concatenate([c["estimate"] for _, c in parts])
    before = np.tile(first["estimate"], len(parts))
    errors = np.tile(first["std_error"], len(parts))
    return Table.of(
        ("sample", "term"),
        sample=[name for name, c in parts for _ in c["term"]],
        sample_title_zh=[w.zh for w in words],
        sample_title_en=[w.en for w in words],
        term=[term for _, c in parts for term in c["term"]],
        term_title_zh=[t.zh for t in titles],
        term_title_en=[t.en for t in titles],
        estimate=estimate,
        std_error=np.concatenate([c["std_error"] for _, c in parts]),
        p_value=np.concatenate([c["p_value"] for _, c in parts]),
        ci_low=np.concatenate([c["ci_low"] for _, c in parts]),
        ci_high=np.concatenate([c["ci_high"] for _, c in parts]),
        coefficient_shift=estimate - before,
        coefficient_shift_errors=(estimate - before) / errors,
    )


def _fit_table(
    panel: Panel,
    fits: dict[str, Result],
    flags: dict[str, NDArray[np.bool_]],
    used: Sequence[str],
) -> Table:
    places = [panel.series.index(name) for name in used if name in panel.series]
    rows = [fit.tables["fit"].row(0) for fit in fits.values()]
    words = [option_word("health_sample", name) for name in fits]
    return Table.of(
        ("sample",),
        sample=list(fits),
        sample_title_zh=[w.zh for w in words],
        sample_title_en=[w.en for w in words],
        n=[row["n"] for row in rows],
        entities=[row["entities"] for row in rows],
        periods=[row["periods"] for row in rows],
        flagged_cells=[int(mask[:, :, places].sum()) for mask in flags.values()],
        r2_within=[row["r2_within"] for row in rows],
    )


def _removed(panel: Panel, mask: NDArray[np.bool_], used: Sequence[str]) -> Table:
    inside = np.isin(np.array(panel.series), list(used))
    e, t, s = np.nonzero(mask & inside)
    names = [panel.name(panel.entities[i]) for i in e]
    return Table.of(
        ("entity", "period", "series"),
        entity=[panel.entities[i] for i in e],
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period=np.array(panel.periods, dtype=np.int64)[t],
        series=[panel.series[i] for i in s],
        value=panel.values[e, t, s],
    )


def _notes(fits: dict[str, Result]) -> tuple[Note, ...]:
    row = fits["all"].tables["fit"].row(0)
    crit = float(stats.norm.ppf(0.975))
    moved = [
        abs(e - b) > crit * s
        for b, s, e in zip(
            *(fits["all"].tables["coefficients"].columns[c] for c in ("estimate", "std_error")),
            fits["clean"].tables["coefficients"].columns["estimate"],
            strict=True,
        )
    ]
    said = Text(
        "同一设定估计三次：全部 {n} 行；去掉从未观测的单元格；再去掉量级、符号等错误。"
        "双向固定效应时按地区聚类；缺一个变量的行整行退出。",
        "One specification, three samples: all {n} rows; without cells that were never observed; "
        "also without slips, signs and swaps. Errors are clustered by entity; a row that lacks a "
        "variable is left out.",
    ).format(n=row["n"])
    caution = Text(
        "有系数移动超过 1.96 个原标准误：结论依赖从未观测或有误的单元格。",
        "A coefficient moves by more than 1.96 of its standard errors: the conclusion rests on "
        "cells that were never observed, or are wrong.",
    )
    return (Note(said), *([Note(caution, "caution")] if any(moved) else []))


def _figures() -> tuple[Figure, ...]:
    return (
        Figure(
            "effect",
            "interval",
            "coefficients",
            Text("去掉标记单元格前后的系数", "Coefficients with and without flagged cells"),
            Text("横线是 95% 区间。", "Bars are 95 % intervals."),
            {"label": "sample_title", "value": "estimate", "low": "ci_low", "high": "ci_high"},
        ),
    )
