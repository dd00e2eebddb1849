"""Lagrange multiplier tests for spatial dependence, from the model without it.

Notation as in `zhiheng.kernels.spatial_ml`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.spatial_ml import Frame, SpatialFit, square_norm
from zhiheng.kernels.spatial_spectrum import trace

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MultiplierTests:
    """Statistics, each chi-squared with one degree of freedom under its hypothesis.

    Attributes
    ----------
    lag, error : float
        Of no lag without an error process, and the reverse.
    robust_lag, robust_error : float
        The same, allowing the other locally (Anselin, Bera, Florax and Yoon 1996).
    """

    lag: float
    error: float
    robust_lag: float
    robust_error: float

    @property
    def p_values(self) -> Array:
        """In the order lag, error, robust lag, robust error."""
        every = [self.lag, self.error, self.robust_lag, self.robust_error]
        return np.asarray(stats.chi2.sf(every, 1))


def multiplier_tests(fit: SpatialFit, x: Array, y: Array, f: Frame) -> MultiplierTests:
    """Tests on least squares after the effects (Anselin et al. 1996; Elhorst 2010).

    Parameters
    ----------
    fit : SpatialFit
        Of `linear_model` on the same `y`, `x` and `f`.
    x, y : ndarray, shapes (n, T, k), (n, T)
        As observed.
    """
    pairs = f.periods * (trace(2, 0.0, f.values) + square_norm(f, 0.0))
    e = fit.residuals.ravel()
    columns = f.remove(x).reshape(-1, x.shape[-1])
    mean = f.remove(f.spectrum.lag(fit.fitted)).ravel()
    outside = mean - columns @ np.linalg.lstsq(columns, mean, rcond=None)[0]
    lag = float(e @ f.lagged(y).ravel()) / fit.sigma2
    error = float(e @ f.spectrum.lag(fit.residuals).ravel()) / fit.sigma2
    information = float(outside @ outside) / fit.sigma2 + pairs
    share = pairs / information
    return MultiplierTests(
        lag**2 / information,
        error**2 / pairs,
        (lag - error) ** 2 / (information - pairs),
        (error - share * lag) ** 2 / (pairs * (1.0 - share)),
    )
