"""Factors of the user's own: which line each belongs to, and what is refused about them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_input import Line, cells, unreadable
from zhiheng.carbon.inventory_names import carrier_id, known_carriers, sector_id
from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Array = NDArray[np.float64]

CONTENT = ("carbon", "oxidation")
"""What an own factor `ef` holds already."""
OWN = ("ncv", "carbon", "oxidation", "ef")
"""First parts of dotted names that are factors of the user's own."""

_Key = tuple[str, str, str]


def own_series(panel: Panel, what: str, line: Line) -> str:
    """The user's own factor for a line: that of its sector, else of its carrier; or empty."""
    known = _own(panel.series)
    for key in ((what, line.sector, line.carrier), (what, "", line.carrier)):
        if key in known:
            return known[key][0]
    return ""


def refuse_unknown_factors(panel: Panel) -> None:
    """Refuse factors of the user's own that are of no known fuel, or are given twice.

    Left alone they would be passed over, and a default would stand where the user gave a value.

    Raises
    ------
    ZhihengError
        M924.
    """
    rows: list[Row] = []
    for (_, _, carrier), names in _own(panel.series).items():
        if carrier not in known_carriers():
            near = ", ".join(nearest(carrier, known_carriers()))
            rows += [{"series": n, "unknown": carrier, "nearest": near} for n in names]
        elif len(names) > 1:
            rows.append({"series": names[0], "again": ", ".join(names[1:])})
    if rows:
        raise unreadable(rows)


def own_factors(panel: Panel, lines: Sequence[Line]) -> tuple[list[str], list[str]]:
    """The user's own factors that are used, and those that belong to no activity."""
    used = {own_series(panel, "ef", line) for line in lines}
    for line in lines:
        direct = bool(own_series(panel, "ef", line))
        used |= {own_series(panel, w, line) for w in ("ncv", *(() if direct else CONTENT))}
    own = [n for names in _own(panel.series).values() for n in names]
    return [n for n in own if n in used], [n for n in own if n not in used]


def refuse_impossible(panel: Panel, series: str, line: Line, values: Array) -> None:
    """Refuse negative factors, heating values of zero, and oxidation above one (M927)."""
    what = series.partition(".")[0]
    wrong = (values < 0) | np.isinf(values)
    if what == "ncv":
        wrong |= values == 0
    if what == "oxidation":
        wrong |= values > 1
    rows = cells(panel, series, wrong, activity=line.series)
    if rows:
        raise ZhihengError(
            "M927",
            Text(
                "自有因子有 {n} 个值不可能：为负，热值为零，或氧化率大于一。",
                "{n} values of own factors are impossible: negative, a heating value of zero, or "
                "oxidation above one.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "核对所示单元格；氧化率写成 0 到 1，或带单位 %；没有热值就留空。",
                "Check the cells shown; write oxidation from 0 to 1, or with the unit %; leave a "
                "heating value empty where there is none.",
            ),
        )


@lru_cache(maxsize=8)
def _own(series: tuple[str, ...]) -> dict[_Key, list[str]]:
    found: dict[_Key, list[str]] = {}
    for name in series:
        parts = name.split(".")
        if parts[0] in OWN and len(parts) in (2, 3):
            place = sector_id(parts[1]) if len(parts) == 3 else ""
            found.setdefault((parts[0], place, carrier_id(parts[-1])), []).append(name)
    return found
