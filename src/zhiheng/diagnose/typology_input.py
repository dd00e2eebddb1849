"""What stages, peers and partners are computed from, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.diagnose.convergence_input import read_complete

Array = NDArray[np.float64]
SIGN = {"more": 1.0, "less": -1.0}
# Standard deviation below which a column counts as constant, relative to its size.
FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Compared:
    """Columns in the last period, standardised, more is better.

    Attributes
    ----------
    z : ndarray, shape (entities, columns)
        No columns where nothing was given.
    names : tuple of str
    titles : tuple of Text
    """

    z: Array
    names: tuple[str, ...]
    titles: tuple[Text, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def check_options(
    panel: Panel, cuts: object, *, recent: int, lag: int, peers: int, draws: int
) -> Array | None:
    """The cuts as numbers, or None for terciles; M780 for options out of range."""
    found = None if cuts is None else _numbers(cuts)
    span = panel.periods[-1] - panel.periods[0]
    wrong: list[Row] = [
        {"option": name, "value": str(value)}
        for name, value, fits in (
            ("cuts", cuts, found is None or (len(found) == 2 and found[0] < found[1])),
            ("recent", recent, 2 <= recent <= len(panel.periods)),
            ("lag", lag, lag <= span),
            ("peers", peers, peers >= 1),
            ("draws", draws, draws >= 2),
        )
        if not fits
    ]
    if wrong:
        raise ZhihengError(
            "M780",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=wrong,
            fix=Text(
                "cuts 是两个递增的数；recent 从二到时期数；lag 不超过窗口；"
                "peers 至少一，draws 至少二。",
                "cuts are two rising numbers; recent from two to the number of periods; lag within "
                "the window; peers one or more, draws two or more.",
            ),
        )
    return found


def _numbers(cuts: object) -> Array:
    parts = cuts if isinstance(cuts, Sequence) else ()
    try:
        return np.array([float(str(part)) for part in parts])
    except ValueError:
        return np.empty(0)


def read_compared(panel: Panel, compare: Mapping[str, str] | None) -> Compared:
    """Read what peers and partners are found by, as z-scores of the last period.

    Raises
    ------
    ZhihengError
        M800 gaps, M781 a wrong direction or a column that does not vary.
    """
    given = dict(compare or {})
    rows: list[Row] = [
        {"variable": name, "direction": way} for name, way in given.items() if str(way) not in SIGN
    ]
    if rows:
        raise _wrong(rows)
    found = {name: read_complete(panel, name) for name in given}
    last = [SIGN[given[name]] * one.values[:, -1] for name, one in found.items()]
    raw = np.stack(last, axis=1) if last else np.empty((len(panel.entities), 0))
    sd = raw.std(axis=0)
    still = sd <= FLAT * np.abs(raw).max(axis=0, initial=0.0)
    if still.any():
        raise _wrong([{"variable": list(given)[j]} for j in np.flatnonzero(still)])
    return Compared(
        (raw - raw.mean(axis=0)) / sd,
        tuple(given),
        tuple(panel.title(name) for name in given),
        tuple(s for one in found.values() for s in one.series),
        tuple(note for one in found.values() for note in one.notes),
    )


def _wrong(rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M781",
        Text(
            "比较用的变量方向只能是 more 或 less，且末期要有差别。",
            "What is compared has the direction more or less, and differs in the last period.",
        ),
        evidence=rows,
        fix=Text(
            "例如 compare=technology=more,so2=less；去掉没有差别的变量。",
            "For example compare=technology=more,so2=less; leave out what does not vary.",
        ),
    )
