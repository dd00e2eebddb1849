"""Average treatment effects by cohort and period (Callaway and Sant'Anna 2021).

Each cell compares the change of one cohort since the period before treatment with the
change of entities that are not treated. Influence functions carry the uncertainty of cells
to any average of them. Treatment is coded as in `zhiheng.kernels.event_design`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Comparison = Literal["never", "not_yet"]
Adjust = Literal["doubly_robust", "regression"]

# Newton's method on a logit is done when a step moves no fitted probability by more.
CONVERGED = 1e-12
STEPS = 50
# A condition number beyond the inverse of this is that of a singular matrix, up to rounding.
RANK = 1e-12
# Fitted probabilities of treatment at or above this mark entities without a counterpart
# (the trimming of R's DRDID).
TRIM = 0.995
# A fitted probability this near to one means that covariates separate the two sides (R did).
SEPARATED = 0.999


class NoOverlap(Exception):
    """A cell whose covariates separate treated from untreated, or that is too small for them."""

    def __init__(self, cohort: int, period: int) -> None:
        super().__init__(cohort, period)
        self.cohort, self.period = cohort, period


@dataclass(frozen=True, slots=True)
class Effects:
    """Estimates with their influence functions.

    Attributes
    ----------
    estimate : ndarray, shape (m,)
    influence : ndarray, shape (E, m)
        Mean zero up to rounding; ``influence.T @ influence / E**2`` is the covariance.
    """

    estimate: Array
    influence: Array

    @property
    def covariance(self) -> Array:
        """Covariance of the estimates, clustered by entity."""
        return self.influence.T @ self.influence / len(self.influence) ** 2

    @property
    def std_error(self) -> Array:
        """Standard errors."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, slots=True)
class GroupTime:
    """Effects by cohort and period.

    Attributes
    ----------
    cohort, period : ndarray of int, shape (m,)
        Positions of the first treated period and of the period.
    effects : Effects
    """

    cohort: Ints
    period: Ints
    effects: Effects


def group_time(
    y: Array, x: Array, start: Ints, *, comparison: Comparison, adjust: Adjust
) -> GroupTime:
    """Effects of each cohort in each period from the second on.

    Use it where entities are treated at different times and effects may differ by cohort
    or grow: no comparison uses treated entities as controls. It needs untreated entities
    in every period and parallel changes, given `x` if there are covariates.

    Parameters
    ----------
    y : ndarray, shape (E, P)
    x : ndarray, shape (E, P, c)
        Covariates; those of the period before treatment (the base) are used.
    start : ndarray of int, shape (E,)
    comparison : {"never", "not_yet"}
        Entities that are never treated, or all that are not yet treated.
    adjust : {"doubly_robust", "regression"}

    Notes
    -----
    Before treatment a cell compares neighbouring periods ("varying base" of R did).

    Raises
    ------
    NoOverlap
        The covariates separate treated from untreated.
    """
    entities, periods = y.shape
    cells = [(g, t) for g in np.unique(start[start < periods]) for t in range(1, periods)]
    estimate, influence = np.empty(len(cells)), np.zeros((entities, len(cells)))
    ones = np.ones((entities, 1))
    for j, (g, t) in enumerate(cells):  # cohorts by periods, of which there are few
        base = g - 1 if t >= g else t - 1
        used = (start == g) | untreated(start, periods, g, max(t, base), comparison)
        change, design = y[used, t] - y[used, base], np.hstack([ones, x[:, base]])[used]
        treated = (start[used] == g).astype(np.float64)
        try:
            estimate[j], found = _ESTIMATORS[adjust](change, treated, design)
        except np.linalg.LinAlgError:
            raise NoOverlap(int(g), t) from None
        influence[used, j] = found * entities / used.sum()
    table = np.array(cells, dtype=np.int64).reshape(-1, 2)
    return GroupTime(table[:, 0], table[:, 1], Effects(estimate, influence))


def untreated(
    start: Ints, periods: int, cohort: int, until: int, comparison: Comparison
) -> NDArray[np.bool_]:
    """The entities that a cell compares its cohort with."""
    if comparison == "never":
        return np.asarray(start == periods, dtype=np.bool_)
    return np.asarray((start > until) & (start != cohort), dtype=np.bool_)


def _outcome_model(change: Array, treated: Array, x: Array) -> tuple[Array, Array]:
    """What the untreated predict, and how each entity moves the coefficients."""
    own = x * (1 - treated)[:, None]
    gram = own.T @ x / len(x)
    if np.linalg.cond(gram) > 1 / RANK:
        raise np.linalg.LinAlgError
    beta = np.linalg.solve(gram, own.T @ change / len(x))
    predicted = x @ beta
    moves = np.linalg.solve(gram, (own * (change - predicted)[:, None]).T).T
    return predicted, moves.astype(np.float64)


def _by_regression(change: Array, treated: Array, x: Array) -> tuple[float, Array]:
    predicted, moves = _outcome_model(change, treated, x)
    share = treated.mean()
    gap = treated * (change - predicted)
    att = gap.mean() / share
    pull = (treated[:, None] * x).mean(axis=0)
    return float(att), (gap - treated * att - moves @ pull) / share


def _doubly_robust(change: Array, treated: Array, x: Array) -> tuple[float, Array]:
    """Sant'Anna and Zhao (2020): wrong in one of two models at most and still consistent."""
    predicted, moves = _outcome_model(change, treated, x)
    chance, score = _propensity(treated, x)
    kept = np.where(treated > 0, 1.0, (chance < TRIM).astype(np.float64))
    control = kept * chance * (1 - treated) / (1 - chance)
    gap = change - predicted
    one, two = (treated * gap).mean() / treated.mean(), (control * gap).mean() / control.mean()
    first = treated * (gap - one) - moves @ (treated[:, None] * x).mean(axis=0)
    second = (
        control * (gap - two)
        + score @ ((control * (gap - two))[:, None] * x).mean(axis=0)
        - moves @ (control[:, None] * x).mean(axis=0)
    )
    return float(one - two), first / treated.mean() - second / control.mean()


def _propensity(treated: Array, x: Array) -> tuple[Array, Array]:
    """Logit probabilities of treatment, and how each entity moves the coefficients."""
    beta = np.zeros(x.shape[1])
    chance = np.full(len(x), 0.5)
    for _ in range(STEPS):
        hessian = (x * (chance * (1 - chance))[:, None]).T @ x
        if np.linalg.cond(hessian) > 1 / RANK:
            break
        beta = beta + np.linalg.solve(hessian, x.T @ (treated - chance))
        before, chance = chance, 1 / (1 + np.exp(-np.clip(x @ beta, -500, 500)))
        if np.abs(chance - before).max() < CONVERGED:
            if chance.max() >= SEPARATED:
                break
            hessian = (x * (chance * (1 - chance))[:, None]).T @ x / len(x)
            moves = np.linalg.solve(hessian, (x * (treated - chance)[:, None]).T).T
            return chance, moves.astype(np.float64)
    raise np.linalg.LinAlgError


_Estimator = Callable[[Array, Array, Array], tuple[float, Array]]
_ESTIMATORS: dict[Adjust, _Estimator] = {
    "doubly_robust": _doubly_robust,
    "regression": _by_regression,
}


# ------------------------------------------------------------------------- averages


def average(cells: GroupTime, start: Ints, keep: NDArray[np.bool_]) -> Effects:
    """Average of the kept cells, each weighted by the size of its cohort.

    The influence function counts that cohort shares are estimated too.
    """
    member = (start[:, None] == cells.cohort[keep]).astype(np.float64)
    share = member.mean(axis=0)
    total = share.sum()
    weight = share / total
    moved = (member - share) / total - np.outer((member - share).sum(axis=1), share / total**2)
    estimate, influence = cells.effects.estimate[keep], cells.effects.influence[:, keep]
    out = influence @ weight + moved @ estimate
    return Effects(np.array([weight @ estimate]), out[:, None])


def stacked(parts: list[Effects]) -> Effects:
    """Several averages as one record."""
    return Effects(
        np.concatenate([p.estimate for p in parts]),
        np.concatenate([p.influence for p in parts], axis=1),
    )


def mean_of(effects: Effects) -> Effects:
    """The plain mean of effects."""
    return Effects(
        effects.estimate.mean(keepdims=True), effects.influence.mean(axis=1, keepdims=True)
    )


def by_event(cells: GroupTime, start: Ints) -> tuple[Ints, Effects]:
    """Averages by distance to the first treated period."""
    offset = cells.period - cells.cohort
    offsets = np.unique(offset)
    return offsets, stacked([average(cells, start, offset == e) for e in offsets])


def by_period(cells: GroupTime, start: Ints) -> Effects:
    """Averages of the treated cohorts by calendar period."""
    post = cells.period >= cells.cohort
    periods = np.unique(cells.period[post])
    return stacked([average(cells, start, post & (cells.period == t)) for t in periods])


def by_cohort(cells: GroupTime, start: Ints) -> GroupTime:
    """Means over treated periods by cohort; the period is that of the start."""
    post, cohorts = cells.period >= cells.cohort, np.unique(cells.cohort)
    means = [average(cells, start, post & (cells.cohort == g)) for g in cohorts]
    return GroupTime(cohorts, cohorts, stacked(means))


def cell_weights(y: Array, start: Ints, comparison: Comparison) -> Array:
    """The average over treated cells without covariates as a linear form.

    Returns
    -------
    ndarray, shape (P + 1, P)
        ``sum_e y[e] @ out[start[e]]`` is the average, whoever the entities of a start are.
    """
    periods = y.shape[1]
    sizes = np.bincount(start, minlength=periods + 1).astype(np.float64)
    out = np.zeros((periods + 1, periods))
    treated = [(g, t) for g in np.unique(start[start < periods]) for t in range(g, periods)]
    total = sum(sizes[g] for g, _ in treated)
    kinds = np.arange(periods + 1)
    for g, t in treated:
        inside = untreated(kinds, periods, g, t, comparison) & (sizes > 0)
        change = np.zeros(periods)
        change[t], change[g - 1] = 1.0, -1.0
        out[g] += change / total
        out[inside] -= change * sizes[g] / total / sizes[inside].sum()
    return out
