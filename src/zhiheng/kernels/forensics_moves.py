"""How rows grow: the ground for slips, outliers, changes of base and swapped columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.kernels.forensics import MAD, Floats, Ground, logs, quantile, row_median

LEAST_SPREAD = 0.004
"""Growth is never taken as steadier than this, in decimal logarithms (about one per cent)."""
SWEEPS = 3
UPPER_QUARTILE = 1.1503
"""Upper quartile of the absolute value of a standard normal variable."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Decimal logarithms of absolute values and their changes.

    Attributes
    ----------
    log : ndarray, shape (series, entities, periods)
        NaN for zeros and gaps.
    before : ndarray, same shape
        The last value before each cell, over gaps.
    usual : ndarray, shape (series, entities)
        Median change of a row.
    spread : ndarray, shape (series, entities)
        Robust standard deviation of its changes; of the series where a row is short.
    restless : ndarray, shape (series, entities)
        The same from the upper quartile of changes, which a single wrong cell leaves
        alone but a row that jumps often does not.
    residual : ndarray, shape (series, entities, periods)
        Changes less row and period medians: what the panel model does not explain.
    common : ndarray, shape (series, periods)
        Median change of a period over entities, less each row's usual one.
    """

    log: Floats
    before: Floats
    usual: Floats
    spread: Floats
    restless: Floats
    residual: Floats
    common: Floats

    @property
    def jump(self) -> Floats:
        """Change of each cell beyond the usual one of its row."""
        return self.log - self.before - self.usual[:, :, None]


def moves(ground: Ground) -> Moves:
    """Measure the growth of every row."""
    log = logs(ground.values)
    before = _last_before(log)
    change = log - before
    usual = _or_series(row_median(change), change)
    off = change - usual[:, :, None]
    spread = MAD * row_median(np.abs(off))
    few = np.isfinite(off).sum(axis=2) < 4  # noqa: PLR2004
    pooled = _series_median(np.where(few, np.nan, spread))
    spread = np.where(few, pooled[:, None], np.fmax(spread, 0.3 * pooled[:, None]))
    spread = np.fmax(np.where(np.isfinite(spread), spread, 1.0), LEAST_SPREAD)
    upper = quantile(np.abs(off), 0.75) / UPPER_QUARTILE
    restless = np.fmax(spread, np.where(few, spread, upper))
    residual, common = _two_way(off)
    return Moves(log, before, usual, spread, restless, residual, common)


def _last_before(log: Floats) -> Floats:
    """The last observed value before each cell of a row."""
    place = np.where(np.isfinite(log), np.arange(log.shape[2]), -1)
    last = np.maximum.accumulate(place, axis=2)
    previous = np.concatenate([np.full((*log.shape[:2], 1), -1), last[:, :, :-1]], axis=2)
    held = np.take_along_axis(log, np.maximum(previous, 0), axis=2)
    return np.where(previous >= 0, held, np.nan)


def next_after(log: Floats) -> Floats:
    """The first observed value after each cell of a row."""
    return _last_before(log[:, :, ::-1])[:, :, ::-1]


def _series_median(values: Floats) -> Floats:
    return row_median(values.reshape(len(values), -1))


def _or_series(rows: Floats, values: Floats) -> Floats:
    few = np.isfinite(values).sum(axis=2) < 4  # noqa: PLR2004
    out = np.where(few, _series_median(values)[:, None], rows)
    return np.where(np.isfinite(out), out, 0.0)


def _two_way(change: Floats) -> tuple[Floats, Floats]:
    """Tukey's median polish: what is left of changes after row and period medians.

    Tukey (1977), Exploratory Data Analysis.
    """
    rest = change.copy()
    common = np.zeros((change.shape[0], change.shape[2]))
    for _ in range(SWEEPS):
        period = row_median(np.swapaxes(rest, 1, 2))
        period = np.where(np.isfinite(period), period, 0.0)
        rest = rest - period[:, None, :]
        common += period
        row = row_median(rest)
        rest = rest - np.where(np.isfinite(row), row, 0.0)[:, :, None]
    return rest, common
