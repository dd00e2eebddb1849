"""Weights made from other weights or to a target: game combination, and targeted importance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.weights_contrast import cells, correlations

Array = NDArray[np.float64]
Importance = Literal["effective", "correlation"]

# A Newton step whose decrement is below this moves nothing but rounding.
DECREMENT = 1e-26
NEWTON_STEPS = 200
SHORT = 1e-10
HALVINGS = 60
# The largest miss of a share of variance that passes for rounding.
ACCEPTED = 1e-9
# The score has variance one; scaled weights this large say that their sum can be held constant.
LARGEST = 1e6
# Directions whose gram matrix has smaller relative singular values are the same direction.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Game:
    """A combination of several sets of weights.

    Attributes
    ----------
    solution : ndarray, shape (m,)
        Of the linear system ``W W' a = diag(W W')``.
    coefficients : ndarray, shape (m,)
        ``|a|`` as shares.
    residual : float
        Largest entry of ``W W' a - diag(W W')`` in absolute value.
    weights : ndarray, shape (1, K)
    """

    solution: Array
    coefficients: Array
    residual: float
    weights: Array


@dataclass(frozen=True, slots=True)
class Targeted:
    """Weights found so that indicators have a wanted importance.

    Attributes
    ----------
    target : ndarray, shape (K,)
        As shares; 0 for an indicator that does not vary.
    importance : ndarray, shape (K,)
        What the weights attain, as shares.
    residual : float
        The largest distance between the two; NaN where no weights exist.
    weights : ndarray, shape (1, K)
    """

    target: Array
    importance: Array
    residual: float
    weights: Array


def game(members: Array) -> Game:
    """Combine several sets of weights with the least total deviation from each (game theory).

    Use it to join judged and computed weights when neither shall rule alone.
    The combination leans to the members that are most alike, so adding a near
    copy of one moves it there.

    Parameters
    ----------
    members : ndarray, shape (m, K)
        Each row sums to one.

    Notes
    -----
    The first-order condition of ``min_a sum_i |sum_j a_j w_j - w_i|^2`` as the
    field writes it: ``sum_j a_j (w_i . w_j) = w_i . w_i`` for every i. Its
    solution is taken in absolute value and divided by its sum. Where members
    coincide the solution of least length is taken.
    """
    gram = members @ members.T
    right = np.diag(gram)
    a = np.asarray(np.linalg.lstsq(gram, right, rcond=SAME)[0], dtype=np.float64)
    shares = np.abs(a) / np.abs(a).sum()
    w = shares @ members
    return Game(a, shares, float(np.abs(gram @ a - right).max()), (w / w.sum())[None])


def optimised(
    z: Normalised, targets: Array | None = None, importance: Importance = "effective"
) -> Targeted:
    """Weights under which each indicator has the importance that it is meant to have.

    Use it where declared weights are meant as importance: nominal weights are
    not, because indicators vary and correlate. For additive indices.

    Parameters
    ----------
    z : Normalised
    targets : ndarray, shape (K,), optional
        Wanted importance, any scale, not negative; equal by default.
    importance : {"effective", "correlation"}
        ``"effective"``: shares ``cov(w_k z_k, S) / var(S)`` of the variance of the
        score. For positive targets exactly one set of positive weights meets
        them, and it is found to rounding. ``"correlation"``: shares of squared
        correlations ``corr(z_k, S)^2`` (linear correlation ratios); targets may
        be out of reach, so the nearest weights by least squares are given.

    Notes
    -----
    With correlations R and scaled weights ``y_k = w_k s_k``, effective weights
    equal to t are the stationary point of the convex
    ``y' R y / 2 - sum_k t_k ln y_k``, found by damped Newton steps.

    References
    ----------
    Becker, Saisana, Paruolo and Vandecasteele (2017), Ecological Indicators 80:12;
    Paruolo, Saisana and Saltelli (2013), JRSS A 176:609.
    """
    x, varies = cells(z)
    count = x.shape[1]
    wanted = np.full(count, 1.0) if targets is None else np.asarray(targets, dtype=np.float64)
    wanted = np.where(varies, wanted, 0.0)
    used = wanted > 0
    nothing = np.full(count, np.nan)
    if not used.any():
        return Targeted(nothing, nothing, np.nan, nothing[None])
    t = wanted / wanted.sum()
    s = x[:, used].std(axis=0)
    r = correlations(x[:, used])
    y = _balanced(r, t[used])
    if y is not None and importance == "correlation":
        y = _correlated(r, t[used], y)
    if y is None:
        return Targeted(t, nothing, np.nan, nothing[None])
    got = np.zeros(count)
    got[used] = _effective(r, y) if importance == "effective" else _ratios(r, y)
    w = np.zeros(count)
    w[used] = y / s
    return Targeted(t, got, float(np.abs(got - t).max()), (w / w.sum())[None])


def _balanced(r: Array, t: Array) -> Array | None:
    """The positive y with ``y * (R y) = t``; None where a score can be held constant instead."""
    y: Array = np.sqrt(t)
    for _ in range(NEWTON_STEPS):
        gradient = r @ y - t / y
        step: Array = np.linalg.solve(r + np.diag(t / y**2), gradient).astype(np.float64)
        decrement = float(gradient @ step)
        y = y - step * _length(r, t, y, step, decrement)
        if decrement <= DECREMENT:
            break
        if not np.isfinite(y).all() or y.max() > LARGEST:
            return None
    return y if np.abs(y * (r @ y) - t).max() < ACCEPTED else None


def _length(r: Array, t: Array, y: Array, step: Array, decrement: float) -> float:
    """How far to go: inside the positive orthant, and halved until the objective falls enough."""
    worst = float((step / y).max())
    length = min(1.0, 0.95 / worst) if worst > 0 else 1.0
    if decrement < SHORT:  # the full step is right here, and rounding would hide the descent
        return length
    start = _objective(r, t, y)
    for _ in range(HALVINGS):
        if _objective(r, t, y - length * step) <= start - 0.25 * length * decrement:
            break
        length /= 2
    return length


def _objective(r: Array, t: Array, y: Array) -> float:
    return float(y @ r @ y / 2 - t @ np.log(y))


def _correlated(r: Array, t: Array, start: Array) -> Array:
    def gap(log_y: Array) -> Array:
        return _ratios(r, np.exp(log_y)) - t

    found = least_squares(gap, np.log(start), xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=2000)
    return np.exp(np.asarray(found.x, dtype=np.float64))


def _effective(r: Array, y: Array) -> Array:
    part = y * (r @ y)
    return part / part.sum()


def _ratios(r: Array, y: Array) -> Array:
    squares = (r @ y) ** 2
    return squares / squares.sum()
