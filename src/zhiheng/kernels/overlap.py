"""Exact split of a regression coefficient into the parts of an additive index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.panel_ols import Absorber

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Split:
    """A slope as a sum over the parts of its regressor.

    Attributes
    ----------
    parts : ndarray, shape (m,)
        ``cov(part, y) / var(x)`` of each part, all after effects and controls.
    variance : ndarray, shape (m,)
        ``cov(part, x) / var(x)``: the part's effective weight in the same variation;
        sums to one.
    total : float
        The sum of `parts`: the slope of y on the index.
    """

    parts: Array
    variance: Array
    total: float


def split_slope(y: Array, parts: Array, controls: Array, absorb: Absorber) -> Split:
    """Split the slope of `y` on ``x = sum of parts`` into one term per part.

    Use it to see how much of a slope comes from parts that share data with the
    outcome. Weights and bounds are frozen: a part is one weighted, normalised
    indicator. The split is arithmetic, not a test; a part's term is not what
    the slope would be without that part.

    Parameters
    ----------
    y : ndarray, shape (E, P)
    parts : ndarray, shape (E, P, m)
    controls : ndarray, shape (E, P, c)
        Partialled out together with the effects; c may be 0.
    absorb : Absorber

    Notes
    -----
    Partialling out is linear, so ``x~ = sum_k part~_k`` and
    ``x~'y / x~'x~ = sum_k part~_k'y / x~'x~`` holds exactly.
    """
    m = parts.shape[-1]
    columns = absorb.remove(np.concatenate([y[..., None], parts, controls], axis=-1))
    flat = columns.reshape(-1, columns.shape[-1])
    kept, out = flat[:, : m + 1], flat[:, m + 1 :]
    if out.shape[1]:
        basis = np.linalg.qr(out / np.sqrt((out**2).sum(axis=0)))[0]
        kept = kept - basis @ (basis.T @ kept)
    outcome, pieces = kept[:, 0], kept[:, 1:]
    index = pieces.sum(axis=1)
    square = float(index @ index)
    terms = (pieces.T @ outcome) / square
    return Split(terms, (pieces.T @ index) / square, float(terms.sum()))
