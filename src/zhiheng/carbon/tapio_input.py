"""What `tapio` reads: two amounts without gaps, in units that may be set side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.completeness import whole_entities
from zhiheng.carbon.factor_refusals import nominal
from zhiheng.catalog.boundaries import refuse_mixed
from zhiheng.catalog.prices import in_current_prices
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Emissions and activity of the entities in use.

    Attributes
    ----------
    emissions, activity : ndarray, shape (entities, periods)
    left_out : tuple of str
        Entities without a complete history.
    """

    panel: Panel
    emissions: Array
    activity: Array
    left_out: tuple[str, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of periods, as places among the panel's periods."""

    first: int
    last: int


def read_pair(
    panel: Panel,
    emissions: str,
    activity: str,
    *,
    gaps: Literal["refuse", "drop"],
    boundaries: Mapping[str, str] | None = None,
) -> Pair:
    """Evaluate both expressions and refuse what has no growth rate.

    Raises
    ------
    ZhihengError
        C432 two boundaries in one ratio, M800 gaps, M831 one period, M934 an activity in
        current prices, M936 negative values.
    """
    if len(panel.periods) < 2:
        raise _too_short(panel)
    meaning, names = scope(panel.level), [emissions, activity]
    ratio = f"({emissions}) / ({activity})"
    refuse_mixed([*names, ratio], meaning, panel=panel, declared=boundaries)
    found = [evaluate(name, panel, meaning) for name in names]
    if in_current_prices(activity, found[1].unit, panel, meaning):
        raise nominal(
            panel,
            "activity",
            activity,
            found[1].unit,
            Text(
                "经济活动 {a} 以当年价计，涨价会被读成脱钩。",
                "The activity {a} is in current prices: inflation would pass for decoupling.",
            ),
        )
    values = np.stack([one.values for one in found], axis=-1)
    kept, values, left_out = whole_entities(panel, names, values, gaps)
    if (values < 0).any():
        raise _negative(kept, names, values)
    return Pair(
        panel=kept,
        emissions=values[..., 0],
        activity=values[..., 1],
        left_out=left_out,
        series=tuple(sorted({s for name in names for s in needs(name, meaning)})),
        notes=tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )


def read_windows(written: Sequence[str], periods: Sequence[int]) -> tuple[Window, ...]:
    """Windows such as ``2014-2018``; the whole span when none is given.

    Raises
    ------
    ZhihengError
        M937 a window that cannot be read or has an end outside of the panel.
    """
    if not written:
        return (Window(0, len(periods) - 1),)
    places = {period: i for i, period in enumerate(periods)}
    out: list[Window] = []
    bad: list[Row] = []
    for one in (written,) if isinstance(written, str) else written:
        match = re.fullmatch(r"\s*(\d+)\s*[-–:]\s*(\d+)\s*", one)
        ends = [int(end) for end in match.groups()] if match else []
        if len(ends) != 2 or ends[0] >= ends[1] or any(end not in places for end in ends):
            bad.append({"window": one, "periods": f"{periods[0]} … {periods[-1]}"})
            continue
        out.append(Window(places[ends[0]], places[ends[1]]))
    if bad:
        raise ZhihengError(
            "M937",
            Text("有 {n} 个窗口读不出来。", "{n} windows cannot be read.").format(n=len(bad)),
            evidence=bad,
            fix=Text(
                "写成 2014-2018，两端都要是数据里的时期，先早后晚。",
                "Write 2014-2018; both ends are periods of the data, the earlier one first.",
            ),
        )
    return tuple(dict.fromkeys(out))


def check_bounds(low: float, high: float) -> None:
    """Refuse bounds of coupling that are not in order (M937)."""
    if not 0 < low <= 1 <= high < np.inf:
        raise ZhihengError(
            "M937",
            Text("耦合的上下界不成立。", "The bounds of coupling do not hold."),
            evidence=[{"low": low, "high": high}],
            fix=Text(
                "下界在零与一之间，上界不小于一；通用 0.8 与 1.2。",
                "The lower one lies between zero and one, the upper one is one or more; 0.8 and "
                "1.2 are usual.",
            ),
        )


def _too_short(panel: Panel) -> ZhihengError:
    return ZhihengError(
        "M831",
        Text("只有一个时期，没有增长率。", "There is one period only, so no growth rate."),
        evidence=[{"periods": ", ".join(map(str, panel.periods))}],
        fix=Text("至少选两个时期。", "Select two periods or more."),
    )


def _negative(panel: Panel, names: Sequence[str], values: Array) -> ZhihengError:
    rows = panel.cells(values < 0, values, variable=names)
    return ZhihengError(
        "M936",
        Text(
            "有 {n} 个负值，由它们算出的增长率方向是反的。",
            "{n} values are negative: growth rates from them have the wrong sign.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "用总排放，把碳汇另列；经济活动不能为负。",
            "Use gross emissions and show sinks apart; an activity is not negative.",
        ),
    )
