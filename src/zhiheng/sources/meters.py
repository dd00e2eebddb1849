"""Readings of meters and sensors: CSV or JSON with device, timestamp, value and unit.

Timestamps are ISO 8601 or seconds or milliseconds since 1970. A time without an
offset needs a declared zone; where a clock was put back or forward the local time is
ambiguous or did not exist, and is refused rather than guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.periods import day, hour, month
from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Reading, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    csv_rows,
    fingerprint,
    first_row,
    head,
    lacking,
    load_json,
    places,
    unreadable,
)

How = Literal["", "mean", "sum", "last"]

ROLES: Mapping[str, tuple[str, ...]] = {
    "device": ("device", "device_id", "meter", "meter_id", "sensor", "sensor_id", "设备", "表号",
               "设备编号", "测点"),
    "timestamp": ("timestamp", "time", "datetime", "ts", "时间", "时间戳", "采集时间"),
    "value": ("value", "reading", "数值", "读数", "值"),
    "unit": ("unit", "uom", "单位"),
    "quantity": ("quantity", "metric", "variable", "指标", "量"),
}  # fmt: skip
"""Accepted names of columns and keys, compared without case."""

SHOWN = 5
"""Readings out of order that are named."""
_NEEDED = ("device", "timestamp", "value")
_LISTS = ("readings", "data", "values", "measurements")
DAILY, MONTHLY = 23, 27 * 24
"""Hours from which readings are daily or monthly; a day of a changed clock has 23."""
_MILLISECONDS = 1e11
"""Numbers from here on are milliseconds: as seconds they would lie after the year 5138."""


@dataclass(frozen=True, slots=True)
class _Raw:
    device: str
    timestamp: Any
    value: Any
    unit: str
    quantity: str
    cell: str


class _Timed(NamedTuple):
    key: tuple[str, str, int]
    at: datetime
    value: float
    unit: str
    cell: str


def sniff(raw: bytes, name: str) -> bool:
    """Whether there are a device, a timestamp and a value in the header or the first record."""
    del name
    start = head(raw)
    if re.match(r"\s*[\[{]", start):
        keys = {k.casefold() for k in re.findall(r'"([^"]+)"\s*:', start)}
        return all(keys & set(ROLES[role]) for role in _NEEDED)
    return set(_NEEDED) <= places(first_row(raw), ROLES).keys()


def parse(
    raw: bytes,
    name: str,
    *,
    frequency: Literal["", "H", "D", "M"] = "",
    how: How = "",
    zone: str = "",
    series: str = "reading",
    unit: str = "",
) -> Observations:
    """Read meter or sensor records as hourly, daily or monthly observations.

    Parameters
    ----------
    raw : bytes
    name : str
    frequency : {"H", "D", "M"}
        Hours are hours of UTC; days and months are those of `zone`, without one those of
        the offset that is written. By default months or days where all devices are usually
        read so far apart, else hours.
    how : {"mean", "sum", "last"}
        How several readings within a period become one; without it they are an error.
        ``sum`` for amounts of an interval, ``mean`` for a state, ``last`` for a counter.
    zone : str
        IANA zone of timestamps without an offset, such as ``Asia/Shanghai``.
    series : str
        Name of the series where records have no quantity.
    unit : str
        Unit of records that give none.

    Notes
    -----
    The same reading sent twice counts once; two values of one device and instant are an
    error. The order of records does not matter. Both are counted in the notes.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 columns missing, S558 a timestamp that cannot be read, S559 a
        time without zone or in a change of the clock, S560 several readings in a period,
        D102 two values at one instant, D103 no number, U210/U211 units.
    """
    local = _zone(zone)
    records = list(_json(raw, name) if raw.lstrip()[:1] in (b"[", b"{") else _csv(raw, name))
    bad = BadCells(name)
    read: list[_Timed] = []
    for r in records:
        at, value = _instant(r, local, name), bad.number(r.value, r.cell)
        if value is not None:
            key = (r.device, r.quantity or series, 0)
            read.append(_Timed(key, at, value, r.unit or unit, r.cell))
    bad.stop()
    frequency = frequency or _usual(read)
    timed = [
        r._replace(key=(*r.key[:2], _period(r.at.astimezone(local) if local else r.at, frequency)))
        for r in read
    ]
    notes = _order_note(timed)
    distinct = _distinct(timed, name)
    if len(distinct) < len(timed):
        notes.append(
            Text("{n} 条重复读数只计一次。", "{n} repeated readings count once.").format(
                n=len(timed) - len(distinct)
            )
        )
    groups = _groups(distinct)
    notes += _thin_note(groups)
    labels = {r.device: Text.same(r.device) for r in records if r.device}
    return assemble(
        _periods(groups, how, name), file=fingerprint(raw, name), source=name,
        frequency=frequency, notes=notes, own_labels=labels,
    )  # fmt: skip


def _usual(read: Sequence[_Timed]) -> Literal["H", "D", "M"]:
    """The longest of hour, day and month that is no longer than the usual step of any device."""
    instants: dict[tuple[str, str], set[datetime]] = {}
    for r in read:
        instants.setdefault(r.key[:2], set()).add(r.at)
    steps = [
        Counter((b - a) // timedelta(hours=1) for a, b in pairwise(sorted(own))).most_common(1)[0][
            0
        ]
        for own in instants.values()
        if len(own) > 1
    ]
    shortest = min(steps, default=0)
    return "M" if shortest >= MONTHLY else "D" if shortest >= DAILY else "H"


def _period(at: datetime, frequency: Literal["H", "D", "M"]) -> int:
    if frequency == "H":
        return hour(at).ordinal
    return (day(at.date()) if frequency == "D" else month(at.year, at.month)).ordinal


def _csv(raw: bytes, name: str) -> Iterator[_Raw]:
    rows = csv_rows(raw, name)
    header = rows[0] if rows else []
    at = places(header, ROLES)
    if not set(_NEEDED) <= at.keys():
        raise lacking(name, "meter CSV", [r for r in _NEEDED if r not in at])
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise unreadable(name, "meter CSV", f"row {i} has {len(row)} cells")
        got = {role: row[c] for role, c in at.items()}
        cell = f"{column_letters(at['value'])}{i}"
        yield _raw(got, cell, name)


def _json(raw: bytes, name: str) -> Iterator[_Raw]:
    document = load_json(raw, name)
    where = ""
    if isinstance(document, dict):
        where = next((k for k in _LISTS if isinstance(document.get(k), list)), "")
        outer = {k: v for k, v in document.items() if not isinstance(v, (list, dict))}
        rows: Any = document[where] if where else [document]
    else:
        rows, outer = document, {}
    pointer = f"/{where}" if where else ""
    for i, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict):
            raise lacking(name, "meter JSON", [f"{pointer}/{i}"])
        keys = {str(k).casefold(): v for k, v in {**outer, **row}.items()}
        got = {
            role: next((keys[w] for w in words if w in keys), None) for role, words in ROLES.items()
        }
        yield _raw({k: v for k, v in got.items() if v is not None}, f"{pointer}/{i}", name)


def _raw(got: Mapping[str, Any], cell: str, name: str) -> _Raw:
    device, at = str(got.get("device", "")).strip(), got.get("timestamp", "")
    if not device or at == "":
        raise lacking(name, "meter record", [f"{cell}: device, timestamp"])
    unit, quantity = (str(got.get(k, "")).strip() for k in ("unit", "quantity"))
    return _Raw(device, at, got.get("value"), unit, quantity, cell)


def _zone(zone: str) -> tzinfo | None:
    if not zone:
        return None
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise _clock_error(
            "S559", Text("没有时区“{z}”。", 'There is no time zone "{z}".').format(z=zone), []
        ) from None


def _instant(r: _Raw, local: tzinfo | None, name: str) -> datetime:
    rows: list[Row] = [{"cell": f"{name}!{r.cell}", "timestamp": str(r.timestamp)[:40]}]
    try:
        at = _read(r.timestamp)
    except (ValueError, OverflowError, OSError):
        raise ZhihengError(
            "S558",
            Text("读不出时间戳。", "A timestamp cannot be read."),
            evidence=rows,
            fix=Text(
                "写成 2022-03-01T08:00:00+08:00，或 1970 年以来的秒或毫秒。",
                "Write 2022-03-01T08:00:00+08:00, or seconds or milliseconds since 1970.",
            ),
        ) from None
    if at.tzinfo is not None:
        return at
    if local is None:
        raise _clock_error("S559", Text("时间没有时区。", "A time has no zone."), rows)
    first, second = (at.replace(tzinfo=local, fold=f) for f in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise _clock_error(
            "S559",
            Text(
                "这个钟面时间在拨钟时出现两次或不存在。",
                "This time of the clock occurs twice or never, as the clock was changed.",
            ),
            rows,
        )
    return first


def _read(written: Any) -> datetime:
    if isinstance(written, str) and re.fullmatch(r"-?\d{9,17}(\.\d+)?", written.strip()):
        written = float(written)
    if isinstance(written, bool) or not isinstance(written, (int, float, str)):
        raise ValueError("not a timestamp")
    if isinstance(written, str):
        at = datetime.fromisoformat(written.strip().replace("/", "-"))
        far = not 1900 < at.year < 3000
    else:
        seconds = written / 1000 if abs(written) >= _MILLISECONDS else written
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        far = not 1900 < at.year < 3000
    if far:
        raise ValueError("far from the present")
    return at


def _clock_error(code: str, what: Text, rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        code,
        what,
        evidence=rows,
        fix=Text(
            '写明时区 zone="Asia/Shanghai"，或在时间里写出偏移 +08:00。',
            'Declare zone="Asia/Shanghai", or write the offset +08:00 in the time.',
        ),
    )


def _order_note(timed: Sequence[_Timed]) -> list[Text]:
    latest: dict[tuple[str, str], datetime] = {}
    late: list[str] = []
    for r in timed:
        before = latest.get(r.key[:2])
        if before is not None and r.at < before:
            late.append(f"{r.key[0]} {r.cell}")
        else:
            latest[r.key[:2]] = r.at
    if not late:
        return []
    shown = ", ".join(late[:SHOWN]) + (" …" if len(late) > SHOWN else "")
    return [
        Text(
            "{n} 条读数的时间倒退（{s}），已按时间排列；核对表的时钟。",
            "{n} readings came out of order ({s}) and were put in order; check the clock.",
        ).format(n=len(late), s=shown)
    ]


def _distinct(timed: Sequence[_Timed], name: str) -> list[_Timed]:
    seen: dict[tuple[str, str, datetime], _Timed] = {}
    clash: list[Row] = []
    for r in timed:
        first = seen.setdefault((*r.key[:2], r.at), r)
        if (first.value, first.unit) != (r.value, r.unit):
            clash.append(
                {
                    "cell": f"{name}!{first.cell}, {r.cell}",
                    "entity": r.key[0],
                    "value": f"{first.value} / {r.value}",
                }
            )
    if clash:
        raise ZhihengError(
            "D102",
            Text("同一时刻有两个读数。", "Two readings are given for one instant."),
            evidence=clash,
            fix=Text("留下正确的一条。", "Keep the right one."),
        )
    return list(seen.values())


_Groups = Mapping[tuple[str, str, int], Sequence[_Timed]]


def _groups(distinct: Sequence[_Timed]) -> _Groups:
    """The readings of each device, quantity and period, in the order of time."""
    groups: dict[tuple[str, str, int], list[_Timed]] = {}
    for r in sorted(distinct, key=lambda r: (*r.key, r.at)):
        groups.setdefault(r.key, []).append(r)
    return groups


def _thin_note(groups: _Groups) -> list[Text]:
    """A sum over an hour of which a quarter is missing is lower, and nobody sees it."""
    counts = Counter(len(g) for g in groups.values())
    usual = counts.most_common(1)[0][0] if counts else 1
    thin = sum(n for size, n in counts.items() if size < usual)
    if not thin:
        return []
    return [
        Text(
            "{n} 个时段的读数少于通常的 {k} 个，合成值只含已有的读数。",
            "{n} periods have fewer than the usual {k} readings; only those there are counted.",
        ).format(n=thin, k=usual)
    ]


def _periods(groups: _Groups, how: How, name: str) -> list[Reading]:
    crowded: list[Row] = [
        {"entity": k[0], "series": k[1], "cell": f"{name}!{g[0].cell} … {g[-1].cell}", "n": len(g)}
        for k, g in groups.items()
        if len(g) > 1
    ]
    if crowded and not how:
        raise ZhihengError(
            "S560",
            Text("一个时段里有几个读数。", "A period has several readings."),
            evidence=crowded,
            fix=Text(
                '写明怎样合成：how="mean"、"sum" 或 "last"。',
                'Say how they become one: how="mean", "sum" or "last".',
            ),
        )
    return [_one(key, group, how) for key, group in groups.items()]


def _one(key: tuple[str, str, int], group: Sequence[_Timed], how: How) -> Reading:
    units = {r.unit for r in group}
    if len(units) > 1:
        raise ZhihengError(
            "D109",
            Text("同一序列有两种单位。", "One series has two units."),
            evidence=[{"series": key[1], "entity": key[0], "units": ", ".join(sorted(units))}],
            fix=Text("统一单位后再读。", "Bring the series to one unit."),
        )
    values = [r.value for r in group]
    total = sum(values)
    value = {"sum": total, "mean": total / len(values)}.get(how, values[-1])
    cell = group[0].cell if len(group) == 1 else f"{group[0].cell}…{group[-1].cell}"
    return Reading(key[0], key[2], key[1], value, group[0].unit, cell)
