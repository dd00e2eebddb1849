"""Laws of panel cointegration statistics at the size at hand, drawn and not tabulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from zhiheng.kernels.cointegration import Settings, kao, pedroni
from zhiheng.kernels.error_correction import Null, resampled, westerlund
from zhiheng.kernels.unit_roots import BLOCK_CELLS, BURN_IN

Array = NDArray[np.float64]
Family = Literal["kao", "pedroni", "westerlund"]
Draw = Callable[[int, np.random.Generator], Array]
_FAMILIES = {"kao": kao, "pedroni": pedroni, "westerlund": westerlund}


@dataclass(frozen=True, slots=True)
class Scale:
    """Size of changes: each entity's own, and a correlation that all of them share.

    Attributes
    ----------
    deviation : ndarray, shape (N, M)
        Standard deviation of changes, the outcome first; entities in the order of their
        deviations, so that what is drawn does not depend on how a panel lists them.
    root : ndarray, shape (M, M)
        Lower Cholesky factor of the correlation of changes within entities.
    """

    deviation: Array
    root: Array


def measured_scale(z: Array) -> Scale:
    """The scale of one panel, shape (N, T, M).

    Deviations from few changes differ more than those of the entities do; their logarithms
    are drawn together until the spread is what is left without the error of estimation.
    """
    change = np.diff(z, axis=1)
    change = change - change.mean(axis=1, keepdims=True)
    deviation = np.sqrt((change**2).mean(axis=1))
    rows = (change / deviation[:, None]).reshape(-1, z.shape[-1])
    deviation = _shrunk(deviation, change.shape[1] - 1)
    order = np.lexsort(deviation.T[::-1])
    return Scale(deviation[order], np.linalg.cholesky(rows.T @ rows / len(rows)))


def statistics(z: Array, how: Settings, families: Sequence[Family]) -> Mapping[str, Array]:
    """All statistics of the given families, panels of shape (R, N, T, M)."""
    return {name: v for one in families for name, v in _FAMILIES[one](z, how).items()}


def law(
    draw: Draw, cells: int, *, draws: int, seed: int, how: Settings, families: Sequence[Family]
) -> Mapping[str, Array]:
    """Statistics of `draws` panels, in blocks that bound memory.

    Parameters
    ----------
    draw : callable
        Gives that many panels from a generator.
    cells : int
        Numbers in one panel.
    """
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK_CELLS // cells)
    found = [
        statistics(draw(min(block, draws - start), rng), how, families)
        for start in range(0, draws, block)
    ]
    return {name: np.concatenate([f[name] for f in found]) for name in found[0]}


def walks(scale: Scale, periods: int) -> Draw:
    """Random walks without drift and without cointegration, entities independent."""

    def draw(draws: int, rng: np.random.Generator) -> Array:
        n, m = scale.deviation.shape
        shocks = rng.standard_normal((draws, n, periods, m)) @ scale.root.T
        return np.cumsum(shocks * scale.deviation[:, None], axis=2)

    return draw


def cointegrated(scale: Scale, periods: int, root: float) -> Draw:
    """The outcome is the sum of the regressors and an error with the given root.

    The error's shocks are as large as the outcome's changes that the regressors' changes
    leave unexplained.
    """

    def draw(draws: int, rng: np.random.Generator) -> Array:
        z = walks(scale, periods)(draws, rng)
        shocks = rng.standard_normal((draws, z.shape[1], periods + BURN_IN))
        error = np.zeros(shocks.shape[:2])
        size = scale.deviation[:, 0] * _unexplained(scale.root)
        for t in range(shocks.shape[-1]):  # a recursion in time, one step for all series
            error = root * error + size * shocks[..., t]
            if t >= BURN_IN:
                z[:, :, t - BURN_IN, 0] = z[:, :, t - BURN_IN, 1:].sum(axis=-1) + error
        return z

    return draw


def bootstrap(null: Null, periods: int) -> Draw:
    """Panels under the null whose entities share the periods drawn (Westerlund 2007)."""

    def draw(draws: int, rng: np.random.Generator) -> Array:
        return resampled(null, periods, draws, rng)

    return draw


def _shrunk(deviation: Array, freedom: int) -> Array:
    logs = np.log(deviation)
    centre = logs.mean(axis=0)
    spread = logs.var(axis=0, ddof=1)
    noise = special.polygamma(1, freedom / 2) / 4  # variance of half a log chi-squared
    kept = np.sqrt(np.clip(1 - noise / np.maximum(spread, noise), 0, 1))
    return np.exp(centre + kept * (logs - centre))


def _unexplained(root: Array) -> float:
    """Conditional deviation of the first variable given the others, correlations `root root'`."""
    return float(np.sqrt(1 / np.linalg.inv(root @ root.T)[0, 0]))
