"""Simulated paths as an IAMC scenario file, the common format of energy and climate scenarios."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.iamc import quantiles, variable_name
from zhiheng.core.panel import Status
from zhiheng.core.result import Result, Table
from zhiheng.sources.iamc import BETWEEN, write
from zhiheng.sources.observations import Observations

MODEL = "Zhiheng"
KEYS = ("entity", "variable", "period")
"""Keys of a table of paths: any result with such a table can be written."""


def paths_of(result: Result) -> Table | None:
    """The table of paths of a result, or None."""
    found = result.tables.get("paths")
    known = quantiles()
    fits = found is not None and found.keys == KEYS and set(known) <= set(found.columns)
    return found if fits else None


def scenario_csv(result: Result, *, scenario: str = "", model: str = MODEL) -> bytes:
    """The paths of a result as IAMC CSV; `sources.iamc.parse` reads the same values back.

    The sum of several regions is the region ``total``, which no catalog has: read such a file with
    ``unknown="keep"``, or ``"drop"`` to leave it out.

    Parameters
    ----------
    result : Result
        With a table ``paths`` by entity, variable and period, such as that of ``simulate``.
    scenario : str
        Name of the scenario; that of the levers, or ``levers``/``baseline``, when empty.
    model : str

    Raises
    ------
    ZhihengError
        D102 two values for one cell.
    """
    table = paths_of(result)
    if table is None:
        raise ValueError("the result has no table of paths by entity, variable and period")
    name = scenario or _scenario(result)
    parts = [_one(table, column, suffix) for column, suffix in quantiles().items()]
    entity, period, series, value, unit = (np.concatenate(p) for p in zip(*parts, strict=True))
    kept = np.isfinite(value.astype(np.float64))
    size = int(kept.sum())
    empty = np.full(size, "", dtype=object)
    rows = Observations(
        entity=entity[kept],
        period=period[kept].astype(np.int64),
        series=series[kept],
        value=value[kept].astype(np.float64),
        unit=unit[kept],
        status=np.full(size, int(Status.ESTIMATED), dtype=np.int8),
        source=np.full(size, model + BETWEEN + name, dtype=object),
        vintage=empty, file=empty, cell=empty, level="", labels={},
    )  # fmt: skip
    return write(rows)


def _one(table: Table, column: str, suffix: str) -> tuple[NDArray[np.object_], ...]:
    columns = table.columns
    names = [variable_name(str(v)) + suffix for v in columns["variable"]]
    series = np.empty(len(names), dtype=object)
    series[:] = names
    return (
        columns["entity"].astype(object), columns["period"].astype(object), series,
        columns[column].astype(object), columns["unit"].astype(object),
    )  # fmt: skip


def _scenario(result: Result) -> str:
    levers = result.params.get("levers")
    if isinstance(levers, str) and levers:
        return levers.rsplit("/", 1)[-1].removesuffix(".toml")
    return "levers" if levers else "baseline"
