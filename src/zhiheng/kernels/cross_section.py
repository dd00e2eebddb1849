"""Dependence between entities and equality of their slopes, balanced panels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dependence:
    """Correlation of entities over time.

    Attributes
    ----------
    cd : float
        Pesaran (2004), standard normal without dependence.
    lm : float
        Breusch and Pagan (1980), chi-squared with `pairs` degrees of freedom, T large.
    scaled : float
        Its standardised form, standard normal with T and then N large.
    corrected : float
        The same less ``N / (2 (T - 1))``, for residuals of a fixed-effects regression
        (Baltagi, Feng and Kao 2012).
    pairs : int
    mean, mean_absolute : float
        Average correlation of pairs, and of their sizes.
    identity : float
        `cd` computed from sums over entities instead of pairs, less `cd`.
    """

    cd: float
    lm: float
    scaled: float
    corrected: float
    pairs: int
    mean: float
    mean_absolute: float
    identity: float


@dataclass(frozen=True, slots=True)
class Slopes:
    """The statistics of Pesaran and Yamagata (2008), standard normal when slopes are equal."""

    delta: float
    adjusted: float


def dependence(u: Array) -> Dependence:
    """Tests of correlation between entities.

    Parameters
    ----------
    u : ndarray, shape (N, T)
        A series, or residuals; every row must vary.
    """
    n, t = u.shape
    z = u - u.mean(axis=1, keepdims=True)
    z = z / np.sqrt((z**2).sum(axis=1, keepdims=True))
    rho = (z @ z.T)[np.triu_indices(n, 1)]
    cd = np.sqrt(2 * t / (n * (n - 1))) * rho.sum()
    sums = np.sqrt(2 * t / (n * (n - 1))) * ((z.sum(axis=0) ** 2).sum() - n) / 2
    squares = t * rho**2
    scaled = np.sqrt(1 / (n * (n - 1))) * (squares - 1).sum()
    return Dependence(
        float(cd),
        float(squares.sum()),
        float(scaled),
        float(scaled - n / (2 * (t - 1))),
        len(rho),
        float(rho.mean()),
        float(np.abs(rho).mean()),
        float(sums - cd),
    )


def slopes(y: Array, x: Array) -> Slopes:
    """Test whether slopes are the same in all entities.

    Parameters
    ----------
    y : ndarray, shape (N, T)
    x : ndarray, shape (N, T, k)
        Without a constant: every entity has its own.

    Notes
    -----
    Variances use residuals of the common slope and ``T - 1``; the adjustment divides by the
    square root of ``2 k (T - k - 1) / (T + 1)``.
    """
    n, t, k = x.shape
    y0 = y - y.mean(axis=1, keepdims=True)
    x0 = x - x.mean(axis=1, keepdims=True)
    xx = np.einsum("ntj,ntk->njk", x0, x0)
    xy = np.einsum("ntk,nt->nk", x0, y0)
    common = np.linalg.solve(xx.sum(axis=0), xy.sum(axis=0))
    variance = ((y0 - x0 @ common) ** 2).sum(axis=1) / (t - 1)
    weighted = xx / variance[:, None, None]
    pooled = np.linalg.solve(weighted.sum(axis=0), (xy / variance[:, None]).sum(axis=0))
    apart = np.linalg.solve(xx, xy[..., None])[..., 0] - pooled
    swamy = np.einsum("nj,njk,nk->", apart, weighted, apart)
    gap = np.sqrt(n) * (swamy / n - k)
    return Slopes(
        float(gap / np.sqrt(2 * k)),
        float(gap / np.sqrt(2 * k * (t - k - 1) / (t + 1))),
    )


def within(y: Array, x: Array) -> Array:
    """Residuals of the fixed-effects regression, shape (N, T)."""
    y0 = y - y.mean(axis=1, keepdims=True)
    x0 = x - x.mean(axis=1, keepdims=True)
    flat = x0.reshape(-1, x.shape[-1])
    beta = np.linalg.lstsq(flat, y0.ravel(), rcond=None)[0]
    return y0 - x0 @ beta
