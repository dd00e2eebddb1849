"""Difference in differences: estimates of each method in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.explain.regression import Model, estimate, refuse_few_clusters
from zhiheng.explain.treatment import Sample
from zhiheng.explain.variables import Variables
from zhiheng.kernels import event_design as design
from zhiheng.kernels import group_time as cells
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import PanelFit, covariance, factor

Method = Literal["twfe", "event_study", "sun_abraham", "callaway_santanna"]
Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Estimates ready to be printed: one array per column."""

    columns: dict[str, Array]
    covariance: Array

    def take(self, which: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        kept = {name: values[which] for name, values in self.columns.items()}
        return Rows(kept, self.covariance[np.ix_(which, which)])


@dataclass(frozen=True, slots=True)
class Wald:
    """A joint test of zero: F with clusters less one in the denominator, or chi-squared."""

    statistic: float
    df: int
    df_denominator: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a method finds.

    Attributes
    ----------
    aggregates : tuple of str
        Names of the rows of `overall`.
    cohort, period : ndarray of int
        Positions behind the rows of `by_cell`; empty where there are none.
    offsets : ndarray of int
        Distances to treatment behind the rows of `event`.
    """

    aggregates: tuple[str, ...]
    overall: Rows
    cohort: Ints
    period: Ints
    by_cell: Rows | None
    offsets: Ints
    event: Rows
    pretrend: Wald
    fit: PanelFit | None


def by_regression(sample: Sample, names: Sequence[str], method: Method, level: float) -> Estimates:
    """Two-way fixed effects: one indicator, event times, or cohorts by event times."""
    start, clean = sample.start, sample.clean()
    shape: Method = "sun_abraham" if method == "sun_abraham" else "event_study"
    columns = _design(shape, _inside(clean), clean.periods)
    fit = _fit(clean, names, columns)
    offsets, weights = design.event_weights(_inside(clean), clean.periods, columns)
    event = of_fit(design.combine(fit, _pad(weights, fit)), len(offsets), level)
    if method == "twfe":
        fit = _fit(sample, names, design.static())
        whole = of_fit(fit, 1, level)
    else:
        weight = design.overall_weights(_inside(clean), clean.periods, columns)
        whole = of_fit(design.combine(fit, _pad(weight[None], fit)), 1, level)
    by_cell = None
    if method == "sun_abraham":
        by_cell = of_fit(fit, len(columns.offset), level)
        cohort, period = columns.cohort, columns.cohort + columns.offset
    else:
        cohort = period = np.empty(0, dtype=np.int64)
    leads = event.take(np.asarray(offsets < 0))
    alone = method == "sun_abraham" and clean.lonely
    test = _wald(leads, df_denominator=len(start) - 1, invalid=alone)
    return Estimates(("overall",), whole, cohort, period, by_cell, offsets, event, test, fit)


def by_cells(
    sample: Sample, comparison: cells.Comparison, adjust: cells.Adjust, level: float
) -> Estimates:
    """Callaway and Sant'Anna: effects by cohort and period, and four averages of them."""
    clean = sample.clean()
    start, values = _inside(clean), clean.data.values
    refuse_few_clusters(len(start))
    try:
        found = cells.group_time(
            values[..., 0], values[..., 1:], start, comparison=comparison, adjust=adjust
        )
    except cells.NoOverlap as problem:
        raise _no_overlap(clean, problem) from None
    post = np.asarray(found.period >= found.cohort, dtype=np.bool_)
    cohorts = cells.by_cohort(found, start)
    offsets, event = cells.by_event(found, start)
    later = offsets >= 0
    averages = [
        cells.average(found, start, post),
        cells.average(cohorts, start, np.ones(len(cohorts.cohort), dtype=np.bool_)),
        cells.mean_of(cells.Effects(event.estimate[later], event.influence[:, later])),
        cells.mean_of(cells.by_period(found, start)),
    ]
    by_cell = of_effects(found.effects, level)
    return Estimates(
        ("overall", "by_cohort", "by_event", "by_period"),
        of_effects(cells.stacked(averages), level),
        found.cohort,
        found.period,
        by_cell,
        offsets,
        of_effects(event, level),
        _wald(by_cell.take(~post), df_denominator=np.inf, invalid=clean.lonely),
        None,
    )


def random_starts(
    sample: Sample,
    estimates: Estimates,
    method: Method,
    *,
    comparison: cells.Comparison,
    draws: int,
    seed: int,
) -> tuple[float, Array]:
    """The overall estimate, and what it would be with treatment handed out at random."""
    used = sample if method == "twfe" else sample.clean()
    start = _inside(used)
    order = np.argsort(np.array(used.panel.entities), kind="stable")
    starts = design.assignments(start, draws=draws, seed=seed, order=order)
    y = used.data.values[..., 0]
    if method == "callaway_santanna":
        form = cells.cell_weights(y, start, comparison)
        every = y @ form.T
        drawn = every[np.arange(len(y)), starts].sum(axis=1)
        return float((y * form[start]).sum()), drawn
    assert estimates.fit is not None
    columns = _design(method, start, used.periods)
    absorb = estimates.fit.absorber
    swept = absorb.remove(used.data.values)
    controls = design.orthonormal(swept[..., 1:])
    left = swept[..., 0] - controls @ np.einsum("epc,ep->c", controls, swept[..., 0])
    weights = np.ones(1)
    if method != "twfe":
        weights = design.overall_weights(start, used.periods, columns)
    drawn = design.placebo_regression(left, controls, absorb, starts, columns, weights)
    return float(estimates.overall.columns["estimate"][0]), drawn


# ------------------------------------------------------------------------- one form


def of_fit(fit: PanelFit, count: int, level: float) -> Rows:
    """The first `count` coefficients with clustered and bias-reduced errors."""
    scaled = covariance(fit) * factor(fit, "stata")
    df, beta = fit.clusters - 1, fit.beta
    columns = _tested(beta, np.sqrt(np.diag(scaled)), df, level)
    few = bell_mccaffrey(fit)
    columns |= {
        "std_error_cr2": few.std_error,
        "df_few": few.df,
        "p_few": 2 * stats.t.sf(np.abs(beta / few.std_error), few.df),
    }
    rows = Rows(columns, scaled)
    return rows.take(np.arange(len(beta)) < count)


def of_effects(effects: cells.Effects, level: float) -> Rows:
    """Effects with errors from their influence functions."""
    df = len(effects.influence) - 1
    return Rows(_tested(effects.estimate, effects.std_error, df, level), effects.covariance)


def _tested(estimate: Array, error: Array, df: int, level: float) -> dict[str, Array]:
    half = stats.t.ppf(1 - level / 2, df) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "statistic": estimate / error,
        "p_value": 2 * stats.t.sf(np.abs(estimate / error), df),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }


def _wald(rows: Rows, *, df_denominator: float, invalid: bool) -> Wald:
    """Joint test; not computed where `invalid` or where the covariance has not the rank for it."""
    estimate, count = rows.columns["estimate"], len(rows.columns["estimate"])
    if invalid or not count or np.linalg.matrix_rank(rows.covariance, hermitian=True) < count:
        return Wald(np.nan, count, df_denominator, np.nan)
    chi = float(estimate @ np.linalg.solve(rows.covariance, estimate))
    if np.isinf(df_denominator):
        return Wald(chi, count, np.nan, float(stats.chi2.sf(chi, count)))
    found = chi / count
    return Wald(found, count, df_denominator, float(stats.f.sf(found, count, df_denominator)))


def _design(method: Method, start: Ints, periods: int) -> design.Columns:
    if method == "twfe":
        return design.static()
    make = design.saturated if method == "sun_abraham" else design.dynamic
    return make(start, periods)


def _inside(sample: Sample) -> Ints:
    """Starts with all that lies outside of the periods as never."""
    return np.minimum(sample.start, sample.periods)


def _fit(sample: Sample, names: Sequence[str], columns: design.Columns) -> PanelFit:
    """Two-way fixed effects on the columns and the controls."""
    x = design.indicators(_inside(sample), sample.periods, columns)
    values = sample.data.values
    data = Variables(
        np.concatenate([values[..., :1], x, values[..., 1:]], axis=-1),
        sample.data.mask,
        sample.data.series,
        (),
    )
    first, periods = [], sample.panel.periods
    for cohort, offset in zip(columns.cohort, columns.offset, strict=True):
        who = "treated" if cohort == design.ANY else f"cohort {periods[cohort]}"
        first.append(who if offset == design.AFTER else f"{who}, {offset:+d}")
    return estimate(sample.panel, data, Model(names[0], (*first, *names[1:]))).fit


def _pad(rows: Array, fit: PanelFit) -> Array:
    return np.pad(rows, ((0, 0), (0, len(fit.beta) - rows.shape[1])))


def _no_overlap(sample: Sample, problem: cells.NoOverlap) -> ZhihengError:
    periods = sample.panel.periods
    return ZhihengError(
        "M904",
        Text(
            "处理组与对照组在控制变量上没有重叠（或地区太少），这一格无法估计。",
            "Treated and untreated do not overlap in the controls, or are too few for them.",
        ),
        evidence=[{"cohort": periods[problem.cohort], "period": periods[problem.period]}],
        fix=Text(
            "减少控制变量，或写 adjust=regression，或 comparison=not_yet。",
            "Use fewer controls, or adjust=regression, or comparison=not_yet.",
        ),
    )
