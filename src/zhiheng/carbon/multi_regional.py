"""A large input–output table from arrays, without the memory of a long list of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.sectors import USE
from zhiheng.core.panel import Panel
from zhiheng.core.units import UNSTATED

Array = NDArray[np.float64]


def table_panel(
    deliveries: Array,
    demand: Array,
    *,
    sectors: Sequence[str],
    columns: Sequence[str],
    period: int,
    unit: str = UNSTATED,
    satellites: Mapping[str, tuple[Array, str]] | None = None,
) -> Panel:
    """A table of one or several regions as the panel that `embodied` reads.

    Use it where the numbers lie in arrays already (EXIOBASE, WIOD, an own balance).
    The panel holds one copy of them; statuses and origins take no memory.

    Parameters
    ----------
    deliveries : ndarray, shape (n, n)
        Row i is delivered to column j.
    demand : ndarray, shape (n, k)
    sectors : sequence of n str
        ``REGION.SECTOR`` for several regions.
    columns : sequence of k str
        Codes of final demand, ``REGION.CODE`` for several regions.
    satellites : mapping of str to (ndarray (n,), unit)
    """
    more = dict(satellites or {})
    n, k = demand.shape
    values = np.empty((n, 1, n + k + len(more)))
    values[:, 0, :n], values[:, 0, n : n + k] = deliveries, demand
    for i, (held, _) in enumerate(more.values()):
        values[:, 0, n + k + i] = held
    names = (*(USE + s for s in sectors), *(USE + c for c in columns), *more)
    units = dict.fromkeys(names[: n + k], unit) | {s: u for s, (_, u) in more.items()}
    return Panel(
        values=values,
        entities=tuple(sectors),
        periods=(period,),
        series=names,
        units=units,
        status=np.broadcast_to(np.int8(0), values.shape),
        origin=np.broadcast_to(np.int32(-1), values.shape),
    )
