"""Spatial panels with lags in time: quasi-likelihood with its bias of order 1/T removed.

Notation as in `zhiheng.kernels.spatial_ml`; the model is ``y_t = rho W y_t + tau
y_t-1 + eta W y_t-1 + x_t beta + effects + e_t``, and ``A = (I - rho W)^-1 (tau I +
eta W)`` carries the outcome from one period to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.spatial_ml import (
    Frame,
    SpatialFit,
    inverse,
    lag_fit,
    lag_model,
    linear_fit,
    linear_model,
)
from zhiheng.kernels.spatial_spectrum import Spectrum

Array = NDArray[np.float64]
Dynamic = Literal["none", "time", "space", "both"]

LAGS: dict[Dynamic, tuple[bool, bool]] = {
    "none": (False, False),
    "time": (True, False),
    "space": (False, True),
    "both": (True, True),
}
"""Whether the lag in time and the spatial lag of that lag are in the model."""


@dataclass(frozen=True, slots=True)
class DynamicFit:
    """A fit, and what the correction started from.

    Attributes
    ----------
    fit : SpatialFit
        At the corrected parameters; its height is that of the likelihood there.
    plain : SpatialFit
        The maximum of the quasi-likelihood.
    tau, eta : float
        Coefficients of the lag in time and of its spatial lag, zero where left out.
    """

    fit: SpatialFit
    plain: SpatialFit
    tau: float
    eta: float


def whole(f: Frame, periods: int) -> Frame:
    """The frame that counts all periods: the correction of bias stands on that likelihood."""
    return replace(f, rows=periods * len(f.values), periods=periods)


def past_of(y: Array, f: Frame, dynamic: Dynamic) -> Array:
    """The lags of `y` (n, T + 1) that `dynamic` names, shape (n, T, 0 to 2)."""
    before = y[:, :-1]
    time, space = LAGS[dynamic]
    parts = [*([before] if time else []), *([f.spectrum.lag(before)] if space else [])]
    return np.stack(parts, axis=-1) if parts else np.zeros((*before.shape, 0))


def dynamic_model(
    y: Array, x: Array, f: Frame, dynamic: Dynamic, *, lagged: bool, corrected: bool
) -> DynamicFit:
    """Quasi-maximum likelihood with the correction of Yu, de Jong and Lee (2008).

    Entity effects bias the estimates by order 1/T. The bias is that of the score,
    which has a closed form, times the inverse of the information. With period effects the
    frame takes the transformation of Lee and Yu (2010), off the constant, to which
    the same correction applies.

    Parameters
    ----------
    y : ndarray, shape (n, T)
    x : ndarray, shape (n, T, k)
        Lags of the outcome first, as `past_of` gives them.
    lagged : bool
        Whether ``W y`` is in the model.
    corrected : bool
        False leaves the maximum as it is.

    Raises
    ------
    NoMaximum
    """
    f = whole(f, y.shape[1])
    plain = (lag_model if lagged else linear_model)(y, x, f)
    fit = plain
    if corrected:
        parameters = np.concatenate([[plain.rho], plain.beta, [plain.sigma2]])
        used = np.arange(0 if lagged else 1, len(parameters))
        bias = score_bias(plain, f, dynamic)[used] * len(f.values)
        step = inverse(plain.information[np.ix_(used, used)]) @ bias
        parameters[used] += step
        rho, beta, sigma2 = float(parameters[0]), parameters[1:-1], float(parameters[-1])
        fit = (
            lag_fit(y, x, f, rho, beta, sigma2, slope=plain.slope)
            if lagged and f.spectrum.low < rho < f.spectrum.high
            else linear_fit(y, x, f, beta, sigma2)
        )
        fit = replace(fit, rho=rho)
    tau, eta = _lags(fit.beta, dynamic)
    return DynamicFit(fit, plain, tau, eta)


def _lags(beta: Array, dynamic: Dynamic) -> tuple[float, float]:
    time, space = LAGS[dynamic]
    tau = float(beta[0]) if time else 0.0
    return tau, float(beta[int(time)]) if space else 0.0


def score_bias(fit: SpatialFit, f: Frame, dynamic: Dynamic) -> Array:
    """Minus the mean of the score of (rho, beta, sigma2) per unit, in the limit of long panels.

    Demeaning leaves the mean innovation in every lag: ``sum_h A^h (I - rho W)^-1 = (I - rho
    W - tau I - eta W)^-1``, whose traces are sums over eigenvalues.
    """
    tau, eta = _lags(fit.beta, dynamic)
    w = f.values
    carried = tau + eta * w
    g = w / (1.0 - fit.rho * w)
    long = 1.0 / (1.0 - fit.rho * w - carried)
    out = np.zeros(len(fit.beta) + 2)
    out[0] = (g * carried * long + g).real.mean()
    terms = [v for v, on in zip((long, w * long), LAGS[dynamic], strict=True) if on]
    for i, term in enumerate(terms):
        out[1 + i] = term.real.mean()
    out[-1] = 1.0 / (2.0 * fit.sigma2)
    return out


def modulus(rho: float, tau: float, eta: float, spectrum: Spectrum) -> float:
    """Largest modulus of the eigenvalues of ``A``; infinite outside the domain of `rho`.

    Below one the outcome returns from every shock (Elhorst 2012).
    """
    if not spectrum.low < rho < spectrum.high:
        return float("inf")
    w = spectrum.values
    return float(np.abs((tau + eta * w) / (1.0 - rho * w)).max())
