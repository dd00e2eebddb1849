"""Published moments of panel cointegration statistics, by trend and number of regressors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from zhiheng.catalog.loading import Entry, EntryStatus, read_toml

Row = tuple[float, ...]
SHARED = {"panel_adf": "panel_t", "group_adf": "group_t"}
"""Statistics whose moments are those of another."""


class _Pedroni(Entry):
    panel_v_mean: Row
    panel_v_variance: Row
    panel_rho_mean: Row
    panel_rho_variance: Row
    panel_t_mean: Row
    panel_t_variance: Row
    group_rho_mean: Row
    group_rho_variance: Row
    group_t_mean: Row
    group_t_variance: Row


class _Westerlund(Entry):
    gt_mean: Row
    gt_variance: Row
    ga_mean: Row
    ga_variance: Row
    pt_mean: Row
    pt_variance: Row
    pa_mean: Row
    pa_variance: Row


class _File(Entry):
    status: EntryStatus
    citation: str
    pedroni: Mapping[str, _Pedroni]
    westerlund: Mapping[str, _Westerlund]


@cache
def _file() -> _File:
    return read_toml("cointegration.toml", _File)


def cointegration_moments(test: str, *, trend: str, regressors: int) -> tuple[float, float] | None:
    """Mean and variance of one statistic; None where nothing is published.

    Parameters
    ----------
    test : str
        Name of the statistic, as the kernels give it.
    trend : {"constant", "trend"}
    regressors : int
        Number of regressors, from one.
    """
    name = SHARED.get(test, test)
    for family in (_file().pedroni, _file().westerlund):
        mean: Row | None = getattr(family[trend], f"{name}_mean", None)
        if mean is not None and 1 <= regressors <= len(mean):
            variance: Row = getattr(family[trend], f"{name}_variance")
            return mean[regressors - 1], variance[regressors - 1]
    return None
