"""The order of vintages: by the date in their names, or as the caller says; never by guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.text import Text

_DATED = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:[-./年]?(\d{1,2})(?!\d))?(?:[-./月]?(\d{1,2})(?!\d))?"
)


@dataclass(frozen=True, slots=True)
class VintageOrder:
    """Vintages from the oldest to the newest.

    Attributes
    ----------
    names : tuple of str
    doubtful : tuple of str
        Those whose place the names do not tell: without a date, or with the date of another.
    """

    names: tuple[str, ...]
    doubtful: tuple[str, ...]


def date_of(name: str) -> tuple[int, int, int] | None:
    """The date in the name of a vintage; a bare year counts as its beginning.

    >>> date_of("统计年鉴2023"), date_of("2024-01-17"), date_of("初步核算")
    ((2023, 0, 0), (2024, 1, 17), None)
    """
    found = _DATED.search(name)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    return (year, month, day) if month <= 12 and day <= 31 else (year, 0, 0)


def order_of(names: Sequence[str], given: Sequence[str] = ()) -> VintageOrder:
    """Order vintages.

    Parameters
    ----------
    names : sequence of str
        Those that occur.
    given : sequence of str, optional
        All of them from the oldest to the newest, where the names do not tell.

    Raises
    ------
    ZhihengError
        S594 `given` leaves one out.
    """
    if given:
        for name in names:
            if name not in given:
                raise unknown_name("S594", name, given, kind=Text("修订版次", "vintage"))
        return VintageOrder(tuple(dict.fromkeys(given)), ())
    dated = [(date_of(name) or (0, 0, 0), name) for name in sorted(set(names))]
    dates = [date for date, _ in dated]
    doubtful = [n for date, n in dated if date == (0, 0, 0) or dates.count(date) > 1]
    if len(dated) == 1:
        doubtful = []
    return VintageOrder(tuple(name for _, name in sorted(dated)), tuple(doubtful))


def until(order: VintageOrder, wanted: str) -> str:
    """The newest vintage not after `wanted`, which is one of them or a date.

    Raises
    ------
    ZhihengError
        S594 there is none.
    """
    if wanted in order.names:
        return wanted
    limit = date_of(wanted)
    held = [n for n in order.names if limit and (date_of(n) or (9999, 0, 0)) <= limit]
    if not held:
        raise unknown_name("S594", wanted, order.names, kind=Text("修订版次", "vintage"))
    return held[-1]


def undecided(rows: Sequence[Row]) -> ZhihengError:
    """The error of cells with several vintages whose order nobody has said."""
    return ZhihengError(
        "S593",
        Text(
            "{n} 格有几个修订版次，名称里看不出先后。",
            "{n} cells have several vintages, and the names do not tell which is later.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "写明先后 vintage_order=[旧, …, 新]，或在导入时给出带日期的版次。",
            "State vintage_order=[oldest, …, newest], or import with dated vintages.",
        ),
    )
