"""The test of Hausman between fixed and random entity effects in spatial models.

Notation as in `zhiheng.kernels.spatial_ml`. Mutl and Pfaffermayr (2011) show that the test
keeps its form. Both variances are taken at the estimates with random effects, as `sigmamore`
of Stata does: their difference then is no negative matrix, whatever the sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.spatial_ml import (
    Frame,
    SpatialFit,
    error_model,
    inverse,
    lag_fit,
    lag_model,
    linear_model,
)
from zhiheng.kernels.spatial_random import Part

Array = NDArray[np.float64]

STILL = 1e-10
"""Share of a column's squares about its mean within units below which it does not vary there."""


@dataclass(frozen=True, slots=True)
class Hausman:
    """A chi-squared statistic; `df` counts the slopes that vary within units, and may be zero."""

    statistic: float
    df: int


def hausman(y: Array, x: Array, f: Frame, random: SpatialFit, part: Part) -> Hausman:
    """Compare the slopes of both models.

    Parameters
    ----------
    y : ndarray, shape (n, T)
    x : ndarray, shape (n, T, k)
        As the random-effects model takes it, with a constant.
    f : Frame
        Of the random-effects model.
    random : SpatialFit
    part : {"lag", "error", "none"}
    """
    periods = y.shape[1] - 1
    within = replace(f, effects="entity", rows=periods * f.spectrum.n, periods=periods)
    inside = (within.remove(x) ** 2).sum(axis=(0, 1))
    around = ((x - x.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1))
    moving = np.flatnonzero(inside > STILL * np.maximum(around, 1e-300))
    if not len(moving):
        return Hausman(0.0, 0)
    columns, slopes = x[..., moving], random.beta[moving]
    fixed = {"lag": lag_model, "error": error_model, "none": linear_model}[part](y, columns, within)
    if part == "lag":
        at = lag_fit(y, columns, within, random.rho, slopes, random.sigma2)
        wide = at.covariance[1:, 1:]
    else:
        z = within.remove(columns)
        z = z - random.rho * within.lagged(columns) if part == "error" else z
        flat = z.reshape(-1, len(moving))
        wide = random.sigma2 * inverse(flat.T @ flat)
    gap = fixed.beta - slopes
    narrow = random.covariance[np.ix_(1 + moving, 1 + moving)]
    scale = 1.0 / np.sqrt(np.diag(wide))
    difference = (wide - narrow) * np.outer(scale, scale)
    scaled = scale * gap
    found = scaled @ np.linalg.pinv((difference + difference.T) / 2, hermitian=True) @ scaled
    return Hausman(float(max(found, 0.0)), len(moving))
