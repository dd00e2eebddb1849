"""Paces towards a goal, paths that use up a budget, and shares of it by rule.

Notation of the module: `E` entities, `T` years, `R` rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]


# ------------------------------------------------------------------------ paces


def yearly_rate(start: Array, end: Array, years: Array | float) -> Array:
    """The constant rate of change a year that leads from `start` to `end`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.power(end / start, 1 / np.asarray(years, dtype=np.float64)) - 1


def on_geometric(start: Array, goal: Array, position: Array) -> Array:
    """Where a path at a constant rate stands; `position` runs from 0 at `start` to 1 at `goal`."""
    return start[:, None] * (goal / start)[:, None] ** position


def on_line(start: Array, goal: Array, position: Array) -> Array:
    """Where a straight line from `start` to `goal` stands."""
    return start[:, None] + (goal - start)[:, None] * position


# ---------------------------------------------------------------------- budgets


@dataclass(frozen=True, slots=True)
class Spent:
    """A path that uses up an allowance.

    Attributes
    ----------
    rate : ndarray, shape (E,)
        Yearly rate of change of the exponential path whose endless sum is the
        allowance; -1 where nothing is left.
    years_at_present : ndarray, shape (E,)
        Years until the allowance is used up at the latest emissions.
    years_to_zero : ndarray, shape (E,)
        Length of the straight line to zero that uses it up.
    """

    rate: Array
    years_at_present: Array
    years_to_zero: Array


def spend(latest: Array, allowance: Array) -> Spent:
    """Paths that start after the latest year and use up the allowance exactly.

    Parameters
    ----------
    latest : ndarray, shape (E,)
        Emissions of the latest year, positive; the budget begins after it.
    allowance : ndarray, shape (E,)
        May be negative, where a rule counts the past: then nothing is left.

    Notes
    -----
    Emissions of year ``k`` are ``latest * (1 + r) ** k`` and sum to
    ``latest * (1 + r) / -r``, so ``r = -latest / (latest + allowance)``. The line
    falls from `latest` to zero in ``n`` years and sums to ``latest * (n - 1) / 2``.
    """
    left = np.maximum(allowance, 0.0)
    return Spent(-latest / (latest + left), left / latest, 2 * left / latest + 1)


def exponential(latest: Array, rate: Array, years: int) -> Array:
    """Emissions [E, years] of the path at a constant rate, from the year after the latest."""
    return latest[:, None] * (1 + rate)[:, None] ** np.arange(1, years + 1)


def to_zero(latest: Array, length: Array, years: int) -> Array:
    """Emissions [E, years] on a straight line that is zero `length` years after the latest.

    The year in which the line ends part-way is cut at zero, so that sums over whole
    years are those of `spend` where `length` is a whole number.
    """
    left = 1 - np.arange(1, years + 1) / length[:, None]
    return latest[:, None] * np.maximum(left, 0.0)


# ------------------------------------------------------------------ equity rules


def proportional(weights: Array) -> Array:
    """Shares in proportion to positive weights [E]."""
    return weights / weights.sum()


def responsibility(population: Array, history: Array, budget: float) -> Array:
    """Shares by equal cumulative emissions per head, the past counted.

    Parameters
    ----------
    population : ndarray, shape (E,)
        Of the latest year.
    history : ndarray, shape (E,)
        Cumulative emissions up to the latest year.

    Returns
    -------
    ndarray, shape (E,)
        Sum to 1; negative where the past exceeds the fair part of past and future.
    """
    fair = proportional(population) * (history.sum() + budget)
    return (fair - history) / budget


def capability(population: Array, latest: Array, income: Array, *, power: float = 0.5) -> Array:
    """Shares by ability to pay: emissions of the latest year, divided by relative income.

    Parameters
    ----------
    income : ndarray, shape (E,)
        Per head, constant prices.
    power : float
        0 gives grandfathering; the more, the less goes to the rich.
    """
    mean = (income * population).sum() / population.sum()
    return proportional(latest * (income / mean) ** -power)


def convergence(population: Array, latest: Array, budget: float, horizon: int) -> Array:
    """Shares of contraction and convergence: from shares of emissions to shares of people.

    The total falls on the line that uses up the budget; the share of each entity
    moves on a straight line from its share of emissions to its share of people,
    which it reaches `horizon` years after the latest one.

    Notes
    -----
    With ``n`` whole years of the line of length ``L``, ``w_k = 1 - k / L`` and shares that
    move by ``min(k / horizon, 1)``, the part that goes to people is
    ``sum(w_k min(k / horizon, 1)) / sum(w_k)``: sums of powers, whatever the length.
    """
    length = float(spend(latest.sum(keepdims=True), np.array([budget])).years_to_zero[0])
    whole = max(math.ceil(length) - 1, 0)  # at `length` itself nothing is emitted
    moving = min(whole, horizon)
    moved = _weighted(length, moving, 1) / horizon
    moved += _weighted(length, whole, 0) - _weighted(length, moving, 0)
    part = moved / _weighted(length, whole, 0) if whole else 1 / horizon
    return blend(proportional(latest), proportional(population), part)


def _weighted(length: float, years: int, power: int) -> float:
    """The sum of ``k ** power * (1 - k / length)`` over years 1 to `years`; power 0 or 1."""
    n = float(years)
    first = n * (n + 1) / 2
    if power == 0:
        return n - first / length
    return first - n * (n + 1) * (2 * n + 1) / 6 / length


def blend(one: Array, other: Array, weight: float) -> Array:
    """A mixture of two rules; `weight` is that of the second."""
    return (1 - weight) * one + weight * other


# -------------------------------------------------------------------- agreement


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far rules agree.

    Attributes
    ----------
    low, high : ndarray, shape (E,)
        Of the shares over rules.
    concordance : float
        Kendall's W of the ranks of shares per head, 0 to 1; ties corrected.
    correlation : ndarray, shape (R, R)
        Spearman correlations of shares per head.
    """

    low: Array
    high: Array
    concordance: float
    correlation: Array


def agreement(shares: Array, population: Array) -> Agreement:
    """Agreement of rules on who gets more per head.

    Parameters
    ----------
    shares : ndarray, shape (R, E)
    population : ndarray, shape (E,)
    """
    # Rules that give alike differ in the last bits only; ranks must not see those.
    head = np.round(shares / proportional(population), 10)
    ranks = np.asarray(rankdata(head, axis=1))
    rules, count = ranks.shape
    spread = ranks.sum(axis=0) - rules * (count + 1) / 2
    same = (head[:, :, None] == head[:, None, :]).sum(axis=2)
    ties = (same.astype(np.float64) ** 2 - 1).sum(axis=1)
    whole = rules**2 * (count**3 - count) - rules * ties.sum()
    w = 12 * float((spread**2).sum()) / whole if whole > 0 else float("nan")
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1))
    norm = np.outer(size, size)
    blank = np.full((rules, rules), np.nan)
    correlation = np.divide(centred @ centred.T, norm, out=blank, where=norm > 0)
    return Agreement(shares.min(axis=0), shares.max(axis=0), w, correlation)
