"""Regression of efficiency on what may explain it, with a parametric bootstrap.

Notation of the module: `d` is one or more, as in :mod:`zhiheng.kernels.smoothed_bootstrap`;
the regression is that of ``d - 1`` on `z`, cut off at zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.drawn_frontier import inefficiency
from zhiheng.kernels.smoothed_bootstrap import ON_FRONTIER, Side
from zhiheng.kernels.truncated import draw, fit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Regression:
    """Estimates and their draws; the last parameter is the standard deviation of the error.

    Attributes
    ----------
    estimate : ndarray, shape (p + 1,)
        NaN where the likelihood has no maximum.
    draws : ndarray, shape (B, p + 1)
        NaN in the rows whose sample has no maximum of the likelihood.
    loglik : float
    """

    estimate: Array
    draws: Array
    loglik: float

    @property
    def exists(self) -> bool:
        """Whether the likelihood of the sample has a maximum."""
        return bool(np.isfinite(self.estimate).all())


def regress(d: Array, z: Array, *, draws: int, random: np.random.Generator) -> Regression:
    """Truncated regression with draws from the fitted model.

    Parameters
    ----------
    d : ndarray, shape (m,)
        Above one.
    z : ndarray, shape (m, p)
        Of full column rank; its first column is one.

    References
    ----------
    Simar and Wilson (2007) Journal of Econometrics 136(1): 31-64, algorithm 1 steps 2-3.
    """
    one = fit(d[None, :] - 1.0, z)
    beta, sigma = one.coefficients[0], one.sigma[0]
    found = np.full((draws, z.shape[1] + 1), np.nan)
    if one.found[0] and draws:
        again = draw(z @ beta, sigma, random.random((draws, len(z))))
        # a draw of exactly zero has probability zero; rounding may make one
        many = fit(np.maximum(again, np.finfo(float).tiny), z)
        found = np.column_stack([many.coefficients, many.sigma])
    constant = np.zeros(z.shape[1] + 1)
    constant[0] = 1.0  # from d - 1 back to d
    return Regression(np.append(beta, sigma) + constant, found + constant, float(one.loglik[0]))


def basic_interval(estimate: Array, draws: Array, *, level: float) -> tuple[Array, Array]:
    """The estimate less the quantiles of its error, as published for the two algorithms.

    Draws without a maximum of the likelihood do not take part.
    """
    known = draws[np.isfinite(draws).all(axis=1)]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(known - estimate, [1.0 - tail, tail], axis=0)
    return estimate - low, estimate - high


@dataclass(frozen=True, slots=True)
class Production:
    """Units and the frontiers that they span.

    Attributes
    ----------
    x, y : ndarrays, shapes (n, m) and (n, s)
    sets : sequence of int arrays
        The units of each frontier; every unit is in one.
    side : Side
    """

    x: Array
    y: Array
    sets: Sequence[NDArray[np.intp]]
    side: Side

    def inefficiency(self, factors: Array) -> Array:
        """Every unit against its frontier, whose units are moved by `factors` (B, n)."""
        out = np.empty(factors.shape)
        for rows in self.sets:
            out[:, rows] = inefficiency(
                self.x[rows], self.y[rows], factors[:, rows],
                orientation=self.side.orientation, variable=self.side.variable,
            )  # fmt: skip
        return out


def plain_scores(units: Production) -> Array:
    """The estimated `d`, exactly one on the frontier."""
    d = units.inefficiency(np.ones((1, len(units.x))))[0]
    return np.where(d <= 1.0 + ON_FRONTIER, 1.0, d)


def corrected_scores(
    units: Production, d: Array, z: Array, *, draws: int, random: np.random.Generator
) -> Array:
    """Scores corrected for bias with draws from the regression itself.

    NaN throughout where the first regression has no maximum.

    Parameters
    ----------
    d : ndarray, shape (n,)
        Of `plain_scores`.
    z : ndarray, shape (n, p)
    draws : int
        A hundred, after the authors.

    References
    ----------
    Simar and Wilson (2007), as above, algorithm 2 steps 2-4.
    """
    inside = d > 1.0
    first = regress(d[inside], z[inside], draws=0, random=random)
    if not first.exists:
        return np.full(len(d), np.nan)
    mean, sigma = z @ first.estimate[:-1] - 1.0, float(first.estimate[-1])
    stars = 1.0 + draw(mean, sigma, random.random((draws, len(d))))
    drawn = units.inefficiency(stars / d)
    whole = np.isfinite(drawn).all(axis=1)
    return 2.0 * d - drawn[whole].mean(axis=0)
