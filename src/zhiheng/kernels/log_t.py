"""The log t test of Phillips and Sul, and the convergence clubs that it finds.

Notation of the module: `N` units, `T` periods, `G` groups that are tested at once. The
transition path of unit `i` is ``h_it = x_it / mean_i x_it`` and the dispersion of a group
``H_t = mean_i (h_it - 1)^2``. Under convergence ``log(H_1 / H_t) - 2 log log t`` rises
with ``log t``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Array = NDArray[np.float64]
Hac = Literal["authors", "andrews"]
Rule = Literal["ps2007", "schnurbus"]

# Phillips and Sul (2009) raise the threshold of the sieve "until the group converges", without
# naming steps; these are those of Du (2017), whose numbers are the published ones.
STEP, CAP = 0.05, 50.0
_BLOCK = 64  # groups looked at ahead of the first one that fails


@dataclass(frozen=True, slots=True)
class LogT:
    """Log t regressions: slope, standard error and t statistic, shape (G,).

    NaN where a group has no dispersion, so that its logarithm does not exist.
    """

    beta: Array
    std_error: Array
    t: Array


@dataclass(frozen=True, slots=True)
class Settings:
    """How a log t regression is run.

    Attributes
    ----------
    trim : float
        Share of the first periods left out; ``round(trim T)`` of them.
    hac : {"authors", "andrews"}
        Long-run variance, see :func:`long_run_variance`.
    critical : float
        A group converges when its t statistic is above.
    """

    trim: float
    hac: Hac
    critical: float


@dataclass(frozen=True, slots=True)
class Clubs:
    """Clubs from the highest down.

    Attributes
    ----------
    club : ndarray of int, shape (N,)
        From 1; 0 for units that belong to none.
    core : ndarray of bool, shape (N,)
        Members of the core group from which their club was grown.
    clubs : int
    """

    club: NDArray[np.int64]
    core: NDArray[np.bool_]
    clubs: int


def hp_trend(y: Array, smoothing: float) -> Array:
    """Trend of Hodrick and Prescott along the last axis: ``(I + s D'D)^-1 y``.

    Parameters
    ----------
    y : ndarray, shape (N, T)
        Three periods or more.
    smoothing : float
    """
    size = y.shape[1]
    d = np.diff(np.eye(size), n=2, axis=0)
    full = np.eye(size) + smoothing * (d.T @ d)
    bands = np.zeros((3, size))
    for k in range(3):
        bands[2 - k, k:] = np.diagonal(full, k)
    return np.asarray(linalg.solveh_banded(bands, y.T)).T


def paths(x: Array) -> Array:
    """Relative transition paths ``h_it``, shape (N, T); their mean is one in each period."""
    return x / x.mean(axis=0)


def dispersion(x: Array) -> Array:
    """``H_t`` of one group, shape (T,)."""
    return ((paths(x) - 1.0) ** 2).mean(axis=0)


def log_t(h: Array, settings: Settings) -> LogT:
    """Run the log t regression for many groups at once.

    Parameters
    ----------
    h : ndarray, shape (G, T)
        Dispersions ``H_t``.
    settings : Settings

    References
    ----------
    Phillips and Sul (2007) Econometrica 75(6): 1771-1855, section 4.
    """
    size = h.shape[1]
    first = first_used(size, settings.trim)
    t = np.arange(first + 1, size + 1)
    x = np.log(t) - np.log(t).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.log(h[:, :1] / h[:, first:]) - 2.0 * np.log(np.log(t))
        y = np.where(np.isfinite(y).all(axis=1, keepdims=True), y, np.nan)
        beta = y @ x / (x @ x)
        u = y - y.mean(axis=1, keepdims=True) - beta[:, None] * x
        error = np.sqrt(long_run_variance(u, settings.hac) / (x @ x))
        return LogT(beta, error, beta / error)


def first_used(periods: int, trim: float) -> int:
    """Periods left out at the start; never the first alone, whose ``log log t`` is not finite."""
    return max(int(round(trim * periods)), 1)


def long_run_variance(u: Array, hac: Hac) -> Array:
    """Long-run variance with the quadratic spectral kernel and Andrews' bandwidth, shape (G,).

    The bandwidth is ``1.3221 (4 r^2 / (1 - r)^4 n)^(1/5)`` with `r` the slope of the
    residuals on their own lag, without constant.

    Parameters
    ----------
    u : ndarray, shape (G, n)
    hac : {"authors", "andrews"}
        ``"andrews"`` divides all products by `n`. ``"authors"`` is the program with which
        Phillips and Sul made their tables, and which Stata ``psecta`` and R
        ``ConvergenceClubs`` follow: products at lags leave out the last residual, and all
        are divided by ``n - 1``.

    References
    ----------
    Andrews (1991) Econometrica 59(3): 817-858, equations 6.2 and 6.4.
    """
    n = u.shape[1]
    r = (u[:, 1:] * u[:, :-1]).sum(axis=1) / (u[:, :-1] ** 2).sum(axis=1)
    width = 1.3221 * (4.0 * r**2 / (1.0 - r) ** 4 * n) ** 0.2
    used = n - 1 if hac == "authors" else n
    lags = np.arange(1, used)
    z = 1.2 * np.pi * lags / np.maximum(width, np.finfo(np.float64).tiny)[:, None]
    weight = 3.0 * (np.sin(z) / z - np.cos(z)) / z**2
    v = u[:, :used]
    lagged = np.stack([(v[:, k:] * v[:, : used - k]).sum(axis=1) for k in lags], axis=1)
    return ((u**2).sum(axis=1) + 2.0 * (weight * lagged).sum(axis=1)) / used


def find_clubs(x: Array, key: Array, settings: Settings, rule: Rule) -> Clubs:
    """Group units into convergence clubs.

    From the highest unit down: (1) a core group, the run of neighbours with the largest
    t statistic among those above the critical value; (2) every unit whose t statistic
    together with the core is above a threshold of zero; (3) if the group so grown does
    not converge, ``"ps2007"`` raises the threshold until it does, ``"schnurbus"`` adds
    one unit at a time, always the one with the largest t statistic, while the group
    converges. What remains is tested as a whole, and searched again if it fails.

    Parameters
    ----------
    x : ndarray, shape (N, T)
        Positive in the mean of every group; usually the trend of a logarithm.
    key : ndarray, shape (N,)
        By which units are ranked; ties are resolved by their values from the last
        period back.
    settings : Settings
    rule : {"ps2007", "schnurbus"}

    References
    ----------
    Phillips and Sul (2007) section 5; (2009) Journal of Applied Econometrics 24(7):
    1153-1185; Schnurbus, Haupt and Meier (2017) Journal of Applied Econometrics 32(5):
    1039-1042.
    """
    left = np.lexsort((*x.T, key))[::-1]
    club, core = np.zeros(len(x), dtype=np.int64), np.zeros(len(x), dtype=np.bool_)
    number = 0
    while len(left) > 1:
        if number and converges(x[left], settings):
            number += 1
            club[left] = number
            break
        inner = _core(x[left], settings)
        if inner is None:
            break
        member = _grow(x[left], inner, settings, rule)
        number += 1
        club[left[member]] = number
        core[left[inner]] = True
        left = left[~member]
    return Clubs(club, core, number)


def converges(x: Array, settings: Settings) -> bool:
    """Whether one group passes the log t test."""
    return bool(log_t(dispersion(x)[None, :], settings).t[0] > settings.critical)


def _core(x: Array, settings: Settings) -> NDArray[np.bool_] | None:
    """The core group of ranked units, or None where no two neighbours converge."""
    start = _first_pair(x, settings)
    if start is None:
        return None
    best, size = -np.inf, 2
    for at in range(2, len(x) - start + 1, _BLOCK):
        stop = min(at + _BLOCK, len(x) - start + 1)
        t = log_t(_growing(x[start : start + stop - 1])[at - 1 :], settings).t
        falls = np.flatnonzero(~(t > settings.critical))
        t = t[: falls[0]] if len(falls) else t
        if len(t) and t.max() > best:
            best, size = float(t.max()), at + int(np.argmax(t))
        if len(falls):
            break
    inside = np.zeros(len(x), dtype=np.bool_)
    inside[start : start + size] = True
    return inside


def _first_pair(x: Array, settings: Settings) -> int | None:
    for at in range(0, len(x) - 1, _BLOCK):
        one, two = x[at : at + _BLOCK], x[at + 1 : at + _BLOCK + 1]
        one = one[: len(two)]
        # two units differ from their mean by half their difference, each
        pair = ((one - two) / (one + two)) ** 2
        good = np.flatnonzero(log_t(pair, settings).t > settings.critical)
        if len(good):
            return at + int(good[0])
    return None


def _growing(x: Array) -> Array:
    """``H_t`` of the first unit, the first two, ... , shape (N, T)."""
    z = x - x[0]  # from a member, so that the squares do not cancel
    n = np.arange(1.0, len(x) + 1)[:, None]
    return _spread(np.cumsum(z, axis=0), np.cumsum(z**2, axis=0), n, x[0])


def _with_each(x: Array, inside: NDArray[np.bool_], others: NDArray[np.intp]) -> Array:
    """``H_t`` of a group together with each of the others, shape (others, T)."""
    base = x[inside].mean(axis=0)
    z, own = x[others] - base, x[inside] - base
    n = np.array(float(inside.sum() + 1))
    return _spread(own.sum(axis=0) + z, (own**2).sum(axis=0) + z**2, n, base)


def _spread(total: Array, squares: Array, n: Array, base: Array) -> Array:
    mean = total / n
    return np.maximum(squares / n - mean**2, 0.0) / (base + mean) ** 2


def _grow(x: Array, inner: NDArray[np.bool_], settings: Settings, rule: Rule) -> NDArray[np.bool_]:
    """The club around a core group."""
    others = np.flatnonzero(~inner)
    t = log_t(_with_each(x, inner, others), settings).t
    member = inner.copy()
    member[others[t > 0.0]] = True
    if member.sum() == inner.sum() or converges(x[member], settings):
        return member
    if rule == "schnurbus":
        return _one_by_one(x, inner, np.flatnonzero(member & ~inner), settings)
    # a threshold between two t statistics changes nothing, so that only useful ones are tried
    threshold = 0.0
    while threshold < CAP:
        threshold = _next(threshold, t)
        member = inner.copy()
        member[others[t > threshold]] = True
        if member.sum() == inner.sum() or converges(x[member], settings):
            return member
    return inner


def _next(threshold: float, t: Array) -> float:
    """The least multiple of `STEP` that leaves out at least one unit more."""
    above = t[t > threshold]
    least = float(above.min()) if len(above) else CAP
    return max(np.ceil(round(least / STEP, 9)) * STEP, threshold + STEP)


def _one_by_one(
    x: Array, inner: NDArray[np.bool_], others: NDArray[np.intp], settings: Settings
) -> NDArray[np.bool_]:
    member = inner.copy()
    while len(others):
        t = log_t(_with_each(x, member, others), settings).t
        best = int(np.argmax(np.where(np.isnan(t), -np.inf, t)))
        if not t[best] > settings.critical:
            break
        member[others[best]] = True
        others = np.delete(others, best)
    return member


def merge(x: Array, found: Clubs, settings: Settings) -> NDArray[np.int64]:
    """Join neighbouring clubs that converge together, from the highest down, shape (N,).

    A club that was joined is tested, as joined, with the next one.

    References
    ----------
    Phillips and Sul (2009), section 4.
    """
    out, last = found.club.copy(), min(found.clubs, 1)
    for k in range(2, found.clubs + 1):
        together = (out == last) | (found.club == k)
        if not converges(x[together], settings):
            last += 1
        out[found.club == k] = last
    return out
