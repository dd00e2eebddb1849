"""Periods as whole numbers: ordinals of a frequency, the usual spellings, and labels back.

| frequency | ordinal | label |
|---|---|---|
| A | the year | ``2022`` |
| Q | 4 · year + quarter − 1 | ``2022Q1`` |
| M | 12 · year + month − 1 | ``2022-03`` |
| D | days since 1970-01-01 | ``2022-03-01`` |
| H | hours since 1970-01-01T00Z | ``2022-03-01T05Z`` |

Ordinals of one frequency are consecutive, so that a lag is a subtraction. Years are 1 to 9999.
An hour is an hour of UTC; what a clock on a wall showed needs a time zone first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Frequency
from zhiheng.core.text import Text

FREQUENCIES: Mapping[Frequency, Text] = {
    "A": Text("年", "year"),
    "Q": Text("季", "quarter"),
    "M": Text("月", "month"),
    "D": Text("日", "day"),
    "H": Text("时", "hour"),
}
"""The frequencies, coarsest first."""

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHINESE = {"一": "1", "二": "2", "三": "3", "四": "4"}
_Y, _M, _D = r"(?P<y>\d{4})", r"(?P<m>\d{1,2})", r"(?P<d>\d{1,2})"
_TIME = r"(?P<h>\d{1,2})(?::?(?P<min>\d{2})(?::?(?P<s>\d{2})(?:\.0*)?)?)?"
_ZONE = r"(?P<z>Z|[+-]\d{2}:?\d{2})"


class Period(NamedTuple):
    """A frequency and an ordinal of it."""

    frequency: Frequency
    ordinal: int


@dataclass(frozen=True, slots=True)
class _Form:
    frequency: Frequency
    pattern: re.Pattern[str]


def _form(frequency: Frequency, pattern: str) -> _Form:
    return _Form(frequency, re.compile(pattern, flags=re.I))


_FORMS = (
    _form("A", rf"{_Y}(?:年|年度)?(?:\.0)?"),
    _form("A", r"(?:YR|FY)?(?P<y>\d{4})"),
    _form("Q", rf"{_Y}\s*[-年/]?\s*(?:Q|第)?(?P<q>[1-4])\s*季度?"),
    _form("Q", rf"{_Y}\s*[-年/.]?\s*Q(?P<q>[1-4])"),
    _form("Q", rf"(?:Q(?P<q>[1-4])|(?P<q2>[1-4])Q)[-/ ]?{_Y}"),  # never 1-2022: it may be January
    _form("M", rf"{_Y}\s*年\s*{_M}\s*月(?:份)?"),
    _form("M", rf"{_Y}[-/. ]?M{_M}"),
    _form("M", rf"{_Y}[-/]{_M}"),
    _form("M", rf"{_Y}\.(?P<m>\d{{2}})"),  # never 2022.1: a sheet writes October so
    _form("M", r"(?P<y>\d{4})(?P<m>\d{2})"),
    _form("D", rf"{_Y}\s*年\s*{_M}\s*月\s*{_D}\s*[日号]"),
    _form("D", rf"{_Y}([-/.]){_M}\2{_D}"),
    _form("D", r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    _form("H", rf"{_Y}-?{_M}-?{_D}[T ]{_TIME}\s*{_ZONE}"),
)


def parse_period(written: str, frequency: Frequency | None = None) -> Period:
    """Read one period as people write it.

    Use it for the period column of a table. Not for instants within the hour:
    those are readings, see `zhiheng.sources.meters`.

    Parameters
    ----------
    written : str
        Such as ``2022``, ``2022年``, ``2022Q1``, ``2022年第一季度``, ``2022年3月``,
        ``202203``, ``2022-03``, ``2022-03-01``, ``20220301``, ``2022-03-01T05Z``.
    frequency : {"A", "Q", "M", "D", "H"}, optional
        What is expected; another one is refused.

    Raises
    ------
    ZhihengError
        S550 the spelling is not known, names no day of the calendar, or does not
        fall on a whole hour; S551 it is of another frequency than asked.
    """
    plain = " ".join(unicodedata.normalize("NFKC", written).split())
    plain = plain.translate(str.maketrans(_CHINESE)) if "季" in plain else plain
    for form in _FORMS:
        match = form.pattern.fullmatch(plain)
        if match is None:
            continue
        found = _ordinal(form.frequency, match, written)
        if frequency not in (None, found.frequency):
            raise _other_frequency(written, found.frequency, frequency)
        return found
    raise _unreadable(written)


def label(frequency: Frequency, ordinal: int) -> str:
    """The label of an ordinal; `parse_period` reads it back to the same ordinal.

    Raises
    ------
    ZhihengError
        S550 the ordinal lies outside the years 1 to 9999.
    """
    try:
        return _label(frequency, ordinal)
    except (ValueError, OverflowError):
        raise _unreadable(str(ordinal)) from None


def year(value: int) -> Period:
    """A year."""
    return Period("A", value)


def quarter(of: int, number: int) -> Period:
    """Quarter 1 to 4 of a year."""
    return Period("Q", 4 * of + number - 1)


def month(of: int, number: int) -> Period:
    """Month 1 to 12 of a year."""
    return Period("M", 12 * of + number - 1)


def day(value: date) -> Period:
    """A day of the calendar."""
    return Period("D", (value - _EPOCH_DAY).days)


def hour(value: datetime) -> Period:
    """The hour of UTC in which an instant lies; the instant must carry its zone."""
    if value.tzinfo is None:
        raise ValueError("an instant without a time zone names no hour")
    return Period("H", (value - _EPOCH) // timedelta(hours=1))


def start(frequency: Frequency, ordinal: int) -> datetime:
    """The first instant of a period, in UTC."""
    if frequency == "H":
        return _EPOCH + timedelta(hours=ordinal)
    if frequency == "D":
        return _EPOCH + timedelta(days=ordinal)
    per_year = {"Q": 4, "M": 12}.get(frequency, 1)
    of, place = divmod(ordinal, per_year)
    return datetime(of, place * (12 // per_year) + 1, 1, tzinfo=UTC)


def _label(frequency: Frequency, ordinal: int) -> str:
    begins = start(frequency, ordinal)
    if frequency == "Q":
        return f"{begins.year:04d}Q{begins.month // 3 + 1}"
    forms: dict[Frequency, str] = {"M": "-%m", "D": "-%m-%d", "H": "-%m-%dT%HZ"}
    return f"{begins.year:04d}" + begins.strftime(forms.get(frequency, ""))


def _ordinal(frequency: Frequency, match: re.Match[str], written: str) -> Period:
    parts = {k: int(v) for k, v in match.groupdict().items() if v is not None and k != "z"}
    try:
        if frequency in ("A", "Q", "M"):
            return _coarse(frequency, parts)
        if frequency == "D":
            return day(date(parts["y"], parts["m"], parts["d"]))
        return _hour(parts, match["z"])
    except (ValueError, OverflowError):
        raise _unreadable(written) from None


def _coarse(frequency: Frequency, parts: Mapping[str, int]) -> Period:
    first = date(parts["y"], parts.get("m", 1), 1)  # raises for year 0 and month 13
    if frequency == "A":
        return year(first.year)
    return (
        quarter(first.year, parts.get("q") or parts["q2"])
        if frequency == "Q"
        else month(first.year, first.month)
    )


def _hour(parts: Mapping[str, int], zone: str) -> Period:
    shift = timedelta()
    if zone not in ("Z", "z"):
        digits = zone[1:].replace(":", "")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        shift = -shift if zone[0] == "-" else shift
    clock = (parts["h"], parts.get("min", 0), parts.get("s", 0))
    at = datetime(parts["y"], parts["m"], parts["d"], *clock, tzinfo=UTC) - shift
    if at.minute or at.second:
        raise ValueError("not a whole hour of UTC")
    return hour(at)


def _unreadable(written: str) -> ZhihengError:
    return ZhihengError(
        "S550",
        Text("读不出时期“{p}”。", 'The period "{p}" cannot be read.').format(p=written[:60]),
        fix=Text(
            "写成 2022、2022Q1、2022-03、2022-03-01 或 2022-03-01T05Z。",
            "Write 2022, 2022Q1, 2022-03, 2022-03-01 or 2022-03-01T05Z.",
        ),
    )


def _other_frequency(written: str, found: Frequency, wanted: Frequency | None) -> ZhihengError:
    names = {"a": FREQUENCIES[found], "b": FREQUENCIES[wanted or found]}
    return ZhihengError(
        "S551",
        Text(
            "“{p}”的频率是{a}，这里要的是{b}。", 'A {a} stands where a {b} belongs: "{p}".'
        ).format(p=written[:60], **names),
        evidence=[{"period": written[:60], "frequency": found}],
        fix=Text(
            "一张表只用一种频率；换频率要另行声明怎样汇总。",
            "Use one frequency in a table; changing it needs a declared way to aggregate.",
        ),
    )
