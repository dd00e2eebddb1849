"""Difference in differences, with what staggered adoption does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method as registered
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import did_wording as wording
from zhiheng.explain.did_models import (
    Estimates,
    Method,
    Rows,
    by_cells,
    by_regression,
    random_starts,
)
from zhiheng.explain.regression import Model, check_model
from zhiheng.explain.treatment import AlwaysTreated, Sample, read_sample
from zhiheng.kernels.bacon import comparisons, effect_weights
from zhiheng.kernels.group_time import Adjust, Comparison
from zhiheng.kernels.panel_ols import PanelFit

ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""
SAME = 1e-9
"""A placebo estimate this close to the observed one is the same one, rounded otherwise."""
NEGATIVE = 1e-9
"""Weights of single cells below minus this count as negative; nearer to zero they are rounding."""


@registered(zh="双重差分：双向固定效应、事件研究、交错处理稳健估计与安慰剂", example="regions")
def did(
    panel: Panel,
    *,
    outcome: str,
    treated: str | Mapping[str, object],
    controls: Sequence[str] = (),
    method: Method = "twfe",
    leads: int | None = None,
    lags: int | None = None,
    comparison: Comparison = "never",
    adjust: Adjust = "doubly_robust",
    always_treated: AlwaysTreated = "refuse",
    placebo: int = 500,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Estimate what a policy that starts in some entities did to an outcome.

    Use it where some entities are treated from a known period on and others are not, and
    where without the policy both would have changed alike. With several starting periods use
    ``"sun_abraham"`` or ``"callaway_santanna"``: two-way fixed effects then also compare with
    entities that are treated already; the table `bacon` shows how much. Do not use it where
    treatment is switched off again, comes by degrees, or was handed out because of the outcome.

    Parameters
    ----------
    panel : Panel
        Without gaps in the variables; periods follow each other.
    outcome : str
        A series or an expression.
    treated : str or mapping of entity to period
        A series of zeros and ones, or the first treated period: a series constant within
        entities (zero: never), or a mapping (entities not named: never).
    controls : list of str
        In regressions they enter as they are; in ``"callaway_santanna"`` their values in the
        period before treatment are used. Controls that the policy moves spoil the estimate.
    method : {"twfe", "event_study", "sun_abraham", "callaway_santanna"}
    leads, lags : int, optional
        How many periods before and after the start are printed and, before, tested; by
        default all. All are estimated.
    comparison : {"never", "not_yet"}
        Whom ``"callaway_santanna"`` compares with. Where nobody is never treated, all methods
        but ``"twfe"`` end before the last cohort starts and compare with that.
    adjust : {"doubly_robust", "regression"}
        How ``"callaway_santanna"`` uses controls.
    always_treated : {"refuse", "drop"}
        Entities that are treated from the first period on.
    placebo : int
        Random assignments of the same starts to entities; 0 leaves them out.
    seed : int
    level : float
        One minus the coverage of intervals.

    Raises
    ------
    ZhihengError
        M701 fewer than ten entities, M704 gaps, M900 a treatment that cannot be read, M901
        nobody to compare, M902 always treated, M903 holes in the periods, M904 no overlap,
        M905 options out of range; and M702 to M708 as in `panel_ols`.

    References
    ----------
    Goodman-Bacon (2021); Sun and Abraham (2021); Callaway and Sant'Anna (2021); Sant'Anna
    and Zhao (2020); de Chaisemartin and D'Haultfoeuille (2020).
    """
    names = (outcome, *((controls,) if isinstance(controls, str) else controls))
    check_model(Model(outcome, ("treated", *names[1:])))
    _check_numbers(leads=leads, lags=lags, placebo=placebo, level=level)
    sample = read_sample(panel, outcome, treated, names[1:], always_treated=always_treated)
    if method == "callaway_santanna":
        found = by_cells(sample, comparison, adjust, level)
    else:
        found = by_regression(sample, names, method, level)
    clean, checks = sample.clean(), list[Check]()
    shown = (found.offsets >= -_most(leads)) & (found.offsets <= _most(lags))
    tables = {
        "att": _overall(found),
        "event": Table.of(
            ("event_time",), event_time=found.offsets[shown], **_columns(found.event, shown)
        ),
        "pretrend": _pretrend(found, shown),
    }
    if found.by_cell is not None:
        tables["group_time"] = _cells(clean, found)
    if found.fit is not None:
        checks.append(_normal_equations(found.fit))
    if len(sample.cohorts) > 1:
        tables |= _staggered(
            sample, found if method == "twfe" and len(names) == 1 else None, checks
        )
    if placebo:
        observed, drawn = random_starts(
            sample, found, method, comparison=comparison, draws=placebo, seed=seed
        )
        tables["placebo"] = _placebo(observed, drawn, level)
    tables["cohorts"] = _cohorts(sample)
    if sample.dropped is not None:
        tables["dropped"] = sample.dropped
    notes = wording.notes(sample, tables, method, names, comparison=comparison, adjust=adjust)
    figures = wording.figures(tables, method)
    return Result(tables, figures, (*sample.data.notes, *notes), tuple(checks), sample.data.series)


def _columns(rows: Rows, which: Any = slice(None)) -> dict[str, Any]:
    return {name: values[which] for name, values in rows.columns.items()}


def _most(count: int | None) -> float:
    return np.inf if count is None else count


def _overall(found: Estimates) -> Table:
    words = [option_word("aggregate", a) for a in found.aggregates]
    return Table.of(
        ("aggregate",),
        aggregate=list(found.aggregates),
        aggregate_title_zh=[w.zh for w in words],
        aggregate_title_en=[w.en for w in words],
        **_columns(found.overall),
    )


def _cells(sample: Sample, found: Estimates) -> Table:
    assert found.by_cell is not None
    periods = np.array(sample.panel.periods, dtype=np.int64)
    return Table.of(
        ("cohort", "period"),
        cohort=periods[found.cohort],
        period=periods[found.period],
        event_time=found.period - found.cohort,
        **_columns(found.by_cell),
    )


def _pretrend(found: Estimates, shown: np.ndarray[Any, np.dtype[np.bool_]]) -> Table:
    """The joint test of everything before treatment that the method estimates."""
    test = found.pretrend
    return Table.of(
        (),
        test_statistic=np.array([test.statistic]),
        df=np.array([test.df]),
        df_denominator=np.array([test.df_denominator]),
        p_value=np.array([test.p_value]),
        leads_shown=np.array([int((found.offsets[shown] < 0).sum())]),
    )


def _cohorts(sample: Sample) -> Table:
    """Who is treated from when, as it was read."""
    panel, periods = sample.panel, sample.panel.periods
    names = [panel.name(e) for e in panel.entities]
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        cohort=np.array([periods[s] if s < sample.periods else 0 for s in sample.start]),
        treated_periods=sample.periods - sample.start,
    )


def _staggered(sample: Sample, plain: Estimates | None, checks: list[Check]) -> dict[str, Table]:
    """Which comparisons two-way fixed effects rest on; equal to `plain` where that is given."""
    found = comparisons(sample.data.values[..., 0], sample.start)
    if plain is not None:
        estimate = float(plain.overall.columns["estimate"][0])
        gap = found.weight @ found.estimate - estimate
        scale = max(abs(estimate), float(plain.overall.columns["std_error"][0]))
        checks.append(Check(wording.BACON_CHECK, float(gap / scale), ROUNDING))
    weight, treated = effect_weights(sample.start, sample.periods)
    negative = treated & (weight < -NEGATIVE)
    checks.append(Check(wording.WEIGHTS_CHECK, float(weight.sum() - 1.0), ROUNDING))
    periods = np.array([*sample.panel.periods, 0], dtype=np.int64)
    kinds = np.where(
        found.forbidden, "forbidden", np.where(found.control < sample.periods, "later", "never")
    )
    words = [option_word("control_kind", str(k)) for k in kinds]
    bacon = Table.of(
        ("treated_from", "control_from"),
        treated_from=periods[found.treated],
        control_from=periods[found.control],
        pair=[
            f"{a} / {b or '—'}"
            for a, b in zip(periods[found.treated], periods[found.control], strict=True)
        ],
        control_kind=[str(k) for k in kinds],
        control_kind_title_zh=[w.zh for w in words],
        control_kind_title_en=[w.en for w in words],
        already_treated=found.forbidden,
        weight=found.weight,
        estimate=found.estimate,
    )
    audit = Table.of(
        (),
        forbidden_weight=np.array([float(found.weight[found.forbidden].sum())]),
        treated_cells=np.array([int(treated.sum())]),
        negative_cells=np.array([int(negative.sum())]),
        negative_weight=np.array([float(weight[negative].sum())]),
    )
    return {"bacon": bacon, "twfe_audit": audit}


def _placebo(observed: float, drawn: np.ndarray[Any, Any], level: float) -> Table:
    beyond = int((np.abs(drawn) >= abs(observed) * (1 - SAME)).sum())
    low, high = np.quantile(drawn, [level / 2, 1 - level / 2])
    return Table.of(
        (),
        estimate=np.array([observed]),
        draws=np.array([len(drawn)]),
        p_value=np.array([(1 + beyond) / (1 + len(drawn))]),
        placebo_mean=np.array([drawn.mean()]),
        placebo_low=np.array([low]),
        placebo_high=np.array([high]),
    )


def _normal_equations(fit: PanelFit) -> Check:
    residuals = np.sqrt((fit.residuals**2).sum())
    lengths = np.sqrt((fit.x**2).sum(axis=(0, 1)))
    cosines = np.einsum("epk,ep->k", fit.x, fit.residuals) / (lengths * residuals)
    return Check(wording.NORMAL_CHECK, float(np.abs(cosines).max()), ROUNDING)


def _check_numbers(*, level: float, **counts: int | None) -> None:
    bad: list[Row] = [
        {"option": k, "value": v} for k, v in counts.items() if v is not None and v < 0
    ]
    if not 0 < level < 1:
        bad.append({"option": "level", "value": level})
    if bad:
        raise ZhihengError(
            "M905",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=bad,
            fix=Text(
                "level 在零与一之间；leads、lags 与次数不为负。",
                "level lies between zero and one; leads, lags and draws are not negative.",
            ),
        )
