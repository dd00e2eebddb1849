"""Global spatial autocorrelation: Moran's I, Geary's C, Getis and Ord's G, with permutations.

Notation: `n` units, ``z = x - mean(x)``, ``m2 = sum z^2 / n``, ``b2 = m4 / m2^2``,
weights w with sums S0, S1, S2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from zhiheng.kernels.links import Links, Sums, sums

Array = NDArray[np.float64]
Alternative = Literal["two_sided", "greater", "less"]

_CELLS = 8_000_000  # permuted positions held in memory at a time


@dataclass(frozen=True, slots=True)
class Moments:
    """A statistic with its expectation and variances without autocorrelation.

    Attributes
    ----------
    value, expected : float
    variance_normal : float
        If values are draws from one normal distribution; NaN where not defined.
    variance_random : float
        If the values in hand are dealt to the units at random.
    """

    value: float
    expected: float
    variance_normal: float
    variance_random: float

    def z(self, *, normal: bool = False) -> float:
        """The standardised statistic; NaN without a variance."""
        variance = self.variance_normal if normal else self.variance_random
        if not variance > 0:
            return float("nan")
        return (self.value - self.expected) / float(np.sqrt(variance))

    def p(self, alternative: Alternative = "two_sided", *, normal: bool = False) -> float:
        """The p value of the normal approximation."""
        z = self.z(normal=normal)
        if alternative == "two_sided":
            return float(2.0 * norm.sf(abs(z)))
        return float(norm.sf(z) if alternative == "greater" else norm.cdf(z))


def moran(x: Array, links: Links, *, y: Array | None = None) -> Moments:
    """Moran's I, ``n / S0 * z'Wz / z'z``; with `y` the bivariate form ``z_x' W z_y``, both scaled.

    The moments are those of the univariate form (Cliff and Ord); the bivariate
    one has none here and is judged by permutations.
    """
    s = sums(links)
    z = x - x.mean()
    n = len(x)
    if y is None:
        value = float(n / s.s0 * (z @ (links.matrix @ z)) / (z @ z))
        return Moments(value, -1.0 / (n - 1), *_moran_variances(s, n, _kurtosis(z)))
    other = y - y.mean()
    scale = float(np.sqrt((z @ z) * (other @ other)))
    value = float(n / s.s0 * (z @ (links.matrix @ other)) / scale)
    return Moments(value, float("nan"), float("nan"), float("nan"))


def _kurtosis(z: Array) -> float:
    return float((z**4).mean() / (z**2).mean() ** 2)


def _moran_variances(s: Sums, n: int, b2: float) -> tuple[float, float]:
    expected = -1.0 / (n - 1)
    base = s.s0**2
    normal = (n * n * s.s1 - n * s.s2 + 3 * base) / (base * (n * n - 1)) - expected**2
    if n < 4:
        return normal, float("nan")
    first = n * ((n * n - 3 * n + 3) * s.s1 - n * s.s2 + 3 * base)
    second = b2 * ((n * n - n) * s.s1 - 2 * n * s.s2 + 6 * base)
    random = (first - second) / ((n - 1) * (n - 2) * (n - 3) * base) - expected**2
    return normal, random


def geary(x: Array, links: Links) -> Moments:
    """Geary's C, ``(n - 1) / (2 S0) * sum w_ij (x_i - x_j)^2 / z'z``; its expectation is one."""
    s, n = sums(links), len(x)
    z = x - x.mean()
    rows = np.repeat(np.arange(n), np.diff(links.starts))
    squares = float((links.weights * (z[rows] - z[links.columns]) ** 2).sum())
    value = (n - 1) * squares / (2 * s.s0 * float(z @ z))
    base, b2 = s.s0**2, _kurtosis(z)
    normal = ((2 * s.s1 + s.s2) * (n - 1) - 4 * base) / (2 * (n + 1) * base)
    if n < 4:
        return Moments(value, 1.0, normal, float("nan"))
    first = (n - 1) * s.s1 * (n * n - 3 * n + 3 - (n - 1) * b2)
    second = (n - 1) * s.s2 / 4 * (n * n + 3 * n - 6 - (n * n - n + 2) * b2)
    third = base * (n * n - 3 - (n - 1) ** 2 * b2)
    random = (first - second + third) / (n * (n - 2) * (n - 3) * base)
    return Moments(value, 1.0, normal, random)


def getis_ord(x: Array, links: Links) -> Moments:
    """Getis and Ord's general G, ``sum w_ij x_i x_j / sum_{i != j} x_i x_j``.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Positive throughout: large values near each other raise G.
    links : Links
        Binary weights are the convention.
    """
    s, n = sums(links), len(x)
    m = [float((x**p).sum()) for p in range(5)]
    value = float(x @ (links.matrix @ x)) / (m[1] ** 2 - m[2])
    expected = s.s0 / (n * (n - 1))
    if n < 4:
        return Moments(value, expected, float("nan"), float("nan"))
    base, s1, s2 = s.s0**2, s.s1, s.s2
    b0 = (n * n - 3 * n + 3) * s1 - n * s2 + 3 * base
    b1 = -((n * n - n) * s1 - 2 * n * s2 + 6 * base)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * base)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * base
    b4 = s1 - s2 + base
    powers = b0 * m[2] ** 2 + b1 * m[4] + b2 * m[1] ** 2 * m[2] + b3 * m[1] * m[3] + b4 * m[1] ** 4
    square = powers / ((m[1] ** 2 - m[2]) ** 2 * n * (n - 1) * (n - 2) * (n - 3))
    return Moments(value, expected, float("nan"), square - expected**2)


def permute(
    x: Array, links: Links, *, permutations: int, seed: int, y: Array | None = None
) -> Array:
    """I, C and G when the values trade places, shape (R, 3).

    Every draw deals the values of all units at random; G counts each pair of
    neighbours once, whatever its weight. With `y` (bivariate I) its values trade
    places and those of `x` stay; C and G are then NaN.

    Parameters
    ----------
    x : ndarray, shape (n,)
    links : Links
    """
    z = x - x.mean()
    other = z if y is None else y - y.mean()
    found = _products(z, other, links, permutations=permutations, seed=seed, alike=y is None)
    n, s0 = len(x), float(links.weights.sum())
    scale = float(np.sqrt((z @ z) * (other @ other)))
    out = np.full((permutations, 3), np.nan)
    out[:, 0] = n / (s0 * scale) * found[:, 0]
    if y is None:
        out[:, 1] = (n - 1) / (2 * s0 * scale) * (found[:, 1] - 2 * found[:, 0])
        mean, total = float(x.mean()), float(x.sum() ** 2 - (x**2).sum())
        raw = found[:, 2] + mean * found[:, 3] + mean**2 * len(links.weights)
        out[:, 2] = raw / total if total else np.nan
    return out


def _products(
    z: Array, other: Array, links: Links, *, permutations: int, seed: int, alike: bool
) -> Array:
    """The sums of `permuted_products`, in blocks that fit in memory."""
    from zhiheng.kernels.spatial_loops import permuted_products

    rng = np.random.default_rng(seed)
    n = len(z)
    w = links.matrix
    weights = np.asarray(w.sum(axis=0)).ravel() + np.asarray(w.sum(axis=1)).ravel()
    near = np.diff(links.starts) + np.bincount(links.columns, minlength=n)
    out = np.empty((permutations, 4))
    block = max(1, _CELLS // n)
    for at in range(0, permutations, block):
        rows = min(block, permutations - at)
        dealt = rng.permuted(np.tile(np.arange(n), (rows, 1)), axis=1)
        permuted_products(
            (links.starts, links.columns, links.weights),
            (z, other),
            (weights, near.astype(np.float64)),
            dealt,
            alike,
            out[at : at + rows],
        )
    return out


def tail_p(found: float, drawn: Array, centre: float, alternative: Alternative) -> float:
    """The share of draws as extreme as the found one, which is counted: (1 + #) / (1 + R).

    Two-sided means at least as far from `centre`. Values within a relative 1e-12
    count as equal: sums in another order differ there.
    """
    slack = 1e-12 * abs(found)
    if alternative == "greater":
        hits = drawn >= found - slack
    elif alternative == "less":
        hits = drawn <= found + slack
    else:
        hits = np.abs(drawn - centre) >= abs(found - centre) - slack
    return float((1 + hits.sum()) / (1 + len(drawn)))
