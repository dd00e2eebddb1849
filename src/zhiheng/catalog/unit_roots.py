"""Published constants of panel unit-root tests, read off for one length and number of lags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from zhiheng.catalog.loading import Entry, EntryStatus, read_toml

Row = tuple[float, ...]


class _Tables(Entry):
    ips_mean: tuple[Row, ...]
    ips_variance: tuple[Row, ...]
    llc_mu: Row
    llc_sigma: Row
    mackinnon_small: Row
    mackinnon_large: Row
    mackinnon_limit: float


class _File(Entry):
    status: EntryStatus
    citation: str
    ips_rows: Row
    llc_periods: Row
    constant: _Tables
    trend: _Tables


@dataclass(frozen=True, slots=True)
class UnitRootLaw:
    """Constants for one length and number of lags.

    Attributes
    ----------
    mean, variance : float
        Of one series' t statistic (Im, Pesaran and Shin).
    mu, sigma : float
        Adjustments of Levin, Lin and Chu.
    small, large, limit
        MacKinnon's polynomials for p values, below and above the limit.
    ips_tabulated, llc_tabulated : bool
        Whether the length lies inside the published table; outside, the nearest entry is
        used, as R ``plm`` does, and no p value should rest on it.
    """

    mean: float
    variance: float
    mu: float
    sigma: float
    small: Row
    large: Row
    limit: float
    ips_tabulated: bool
    llc_tabulated: bool


@cache
def _file() -> _File:
    return read_toml("unit_roots.toml", _File)


def longest_tabulated_lag() -> int:
    """The largest number of lags with published moments."""
    return len(_file().constant.ips_mean) - 1


def unit_root_law(trend: str, *, periods: int, lags: int) -> UnitRootLaw:
    """The constants for series of `periods` values with `lags` lagged changes.

    Between published lengths they are interpolated linearly.
    """
    file = _file()
    tables = file.trend if trend == "trend" else file.constant
    rows = periods - lags - 1
    mean, inside = _read(file.ips_rows, tables.ips_mean[lags], rows)
    variance, _ = _read(file.ips_rows, tables.ips_variance[lags], rows)
    mu, long_enough = _read(file.llc_periods, tables.llc_mu, periods)
    sigma, _ = _read(file.llc_periods, tables.llc_sigma, periods)
    return UnitRootLaw(
        mean, variance, mu, sigma, tables.mackinnon_small, tables.mackinnon_large,
        tables.mackinnon_limit, inside, long_enough,
    )  # fmt: skip


def _read(lengths: Row, values: Row, at: int) -> tuple[float, bool]:
    x, v = np.array(lengths), np.array(values)
    known = np.isfinite(v)
    x, v = x[known], v[known]
    return float(np.interp(at, x, v)), bool(x[0] <= at <= x[-1])
