"""Effective weights: what each part of a sum does to the differences that the sum shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.sensitivity import first_order

Array = NDArray[np.float64]

# Variation below this share of the raw sum of squares is what rounding left of a flat score.
FLAT = 1e-24


@dataclass(frozen=True, slots=True)
class EffectiveWeights:
    """Shares of the variance of a score, by part; each sums to one.

    A share is negative where a part works against the score, and NaN
    everywhere where the score does not vary in that sense.

    Attributes
    ----------
    pooled : ndarray, shape (K,)
        Over all cells of the panel.
    within_period : ndarray, shape (K,)
        Period means taken out: differences between entities of the same period.
    within : ndarray, shape (K,)
        Entity and period means taken out: the variation that regressions with
        two-way effects use.
    """

    pooled: Array
    within_period: Array
    within: Array


def effective_weights(terms: Array) -> EffectiveWeights:
    """Shares ``e_k = cov(t_k, S) / var(S)`` of the parts of a sum ``S = sum_k t_k``.

    Use it beside the nominal weights: an indicator with a small weight and a
    wide spread can decide the ranking, one with a large weight and no spread
    cannot. It describes this panel and is no measure of importance.

    Parameters
    ----------
    terms : ndarray, shape (E, P, K)
        Weighted normalised values ``w_k z_k``.

    References
    ----------
    Nardo et al. (2008), OECD Handbook; Becker et al. (2017), Ecol. Indic. 80:12.
    """
    cells = terms - terms.mean(axis=(0, 1))
    period = terms - terms.mean(axis=0)
    both = period - period.mean(axis=1, keepdims=True)
    size = float((terms.sum(axis=2) ** 2).sum())
    return EffectiveWeights(*(_shares(part, size) for part in (cells, period, both)))


def _shares(terms: Array, size: float) -> Array:
    total = terms.sum(axis=2)
    variance = float((total**2).sum())
    if variance <= FLAT * size:
        return np.full(terms.shape[2], np.nan)
    return np.einsum("epk,ep->k", terms, total) / variance


def first_order_shares(z: Array, scores: Array) -> Array:
    """Share of the variance of a score that each indicator explains by itself.

    ``Var(E[S | z_k]) / Var(S)`` over the cells of the panel, the first-order Sobol'
    share, also called correlation ratio; the mean of S given an indicator is taken in
    classes of equal size. For rules that are no sum, where it stands in for the
    effective weight. Indicators that move together share what they explain, so that the
    shares need not sum to one.

    Parameters
    ----------
    z : ndarray, shape (E, P, K)
    scores : ndarray, shape (P, E)

    References
    ----------
    Paruolo, Saisana, Saltelli (2013) JRSS A 176: 609-634.
    """
    cells = z.reshape(-1, z.shape[2])
    target = scores.T.reshape(-1, 1)
    classes = max(2, round(np.sqrt(len(target))))
    out = np.empty(z.shape[2])
    for k in range(z.shape[2]):
        place = np.searchsorted(
            np.sort(cells[:, k]), cells[:, k], side="left"
        )  # ties stay together
        out[k] = first_order(target, place * classes // len(target))[0]
    return out
