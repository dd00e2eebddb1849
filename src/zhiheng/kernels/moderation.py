"""Marginal effects over a moderator, their Johnson–Neyman region, and bins that check the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.panel_ols import PanelFit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marginal:
    """The slope on the treatment at given values of the moderator.

    Attributes
    ----------
    estimate, std_error : ndarray, shape (g,)
    """

    estimate: Array
    std_error: Array


def marginal_effect(slopes: Array, covariance: Array, at: Array) -> Marginal:
    """``b1 + b2 w`` and its standard error at each value of a centred moderator.

    Parameters
    ----------
    slopes : ndarray, shape (2,)
        Slope at the centre, and its change per unit of the moderator.
    covariance : ndarray, shape (2, 2)
    at : ndarray, shape (g,)
    """
    design = np.stack([np.ones_like(at), at], axis=1)
    variance = np.einsum("gi,ij,gj->g", design, covariance, design)
    return Marginal(design @ slopes, np.sqrt(np.maximum(variance, 0.0)))


def johnson_neyman(slopes: Array, covariance: Array, critical: float) -> Array:
    """Values of the moderator at which the marginal effect is exactly `critical` errors from zero.

    Use it to cut the moderator's range into parts where an effect can be told from
    zero and parts where it cannot; the cuts are at the roots of
    ``(b1 + b2 w)^2 = c^2 (v11 + 2 v12 w + v22 w^2)``.

    Returns
    -------
    ndarray, shape (0,), (1,) or (2,)
        Ascending; empty where the effect is on one side of the limit everywhere.

    References
    ----------
    Johnson and Neyman (1936); Bauer and Curran (2005) Multivariate Behavioral Research
    40(3): 373-400.
    """
    (b1, b2), v, c2 = slopes, covariance, critical**2
    a = b2**2 - c2 * v[1, 1]
    b = 2 * (b1 * b2 - c2 * v[0, 1])
    c = b1**2 - c2 * v[0, 0]
    if a == 0:
        return np.array([]) if b == 0 else np.array([-c / b])
    inside = b * b - 4 * a * c
    if inside < 0:
        return np.array([])
    far = -0.5 * (b + np.copysign(np.sqrt(inside), b))  # no cancellation, whatever the signs
    roots = [far / a, c / far] if far else [0.0, 0.0]
    return np.unique(np.array(roots))


def bin_columns(
    treatment: Array, moderator: Array, cuts: Array, mask: NDArray[np.bool_]
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Columns of the binning estimator, the median of each bin, and each row's bin.

    Parameters
    ----------
    treatment, moderator, mask : ndarray, shape (E, P)
    cuts : ndarray, shape (J - 1,)
        Ascending; a value at a cut belongs to the bin above.

    Returns
    -------
    columns : ndarray, shape (E, P, 4 J - 1)
        For each bin `j`: treatment, treatment × (moderator − median), moderator −
        median; then a dummy for each bin but the first. With effects the constant is
        theirs.
    medians : ndarray, shape (J,)
    bins : ndarray, shape (E, P)

    References
    ----------
    Hainmueller, Mummolo and Xu (2019) Political Analysis 27(2): 163-192, equation 4.
    """
    bins = np.searchsorted(cuts, moderator, side="right")
    count = len(cuts) + 1
    medians = np.array([np.median(moderator[mask & (bins == j)]) for j in range(count)])
    inside = (bins[..., None] == np.arange(count)) * mask[..., None]
    off = (moderator[..., None] - medians) * inside
    own = treatment[..., None] * inside
    columns = [own, treatment[..., None] * off, off, inside[..., 1:].astype(np.float64)]
    return np.concatenate(columns, axis=-1), medians, bins


def score_parts(fit: PanelFit) -> Array:
    """What each entity adds to the error of each coefficient, shape (E, k).

    Their outer product is the clustered covariance without a factor; stacked with
    the parts of another fit on the same rows it gives the covariance across fits.
    """
    return np.einsum("ep,epk->ek", fit.residuals, fit.x) @ fit.bread
