"""ECB euro reference rates: the zip with its CSV, the CSV, and the XML of one or many days.

The entity is the currency, the series ``eur_rate`` has one unit per currency and so
cannot be one series; each currency is its own series ``eur_rate.CNY`` of entity ``EUR``,
in units of that currency for one euro. Rates are read as printed; N/A is a gap.
"""

from __future__ import annotations

import re

from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock, Reading, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    csv_rows,
    fingerprint,
    first_row,
    head,
    is_zip,
    lacking,
    load_xml,
    unreadable,
    unzip,
)

SOURCE = "ecb_rates"
_LABELS = {"EUR": Text("欧元", "euro")}
_CURRENCY = re.compile(r"[A-Z]{3}")


def sniff(raw: bytes, name: str) -> bool:
    """Whether the bytes are reference rates; an archive is judged by its name."""
    if is_zip(raw):
        return name.rsplit("/", 1)[-1].startswith("eurofxref")
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "eurofxref" in head(raw)
    row = first_row(raw)
    return row[:1] == ["Date"] and sum(bool(_CURRENCY.fullmatch(h)) for h in row[1:]) >= 3


def parse(raw: bytes, name: str) -> Observations:
    """Read reference rates, one observation a currency and day (frequency D).

    Use it for converting money at the day's rate. Not a series of market prices:
    the ECB fixes once a day, and not at weekends.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 no currencies, D103 no number, S550 no day, U210 a currency
        that ``units.toml`` does not know.
    """
    if is_zip(raw):
        inside = {k: v for k, v in unzip(raw, name).items() if k.endswith((".csv", ".xml"))}
        if len(inside) != 1:
            raise lacking(name, "ECB zip", ["eurofxref.csv"])
        member, content = next(iter(inside.items()))
        return parse(content, member)
    clock, bad = Clock(name), BadCells(name)
    xml = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    found = _xml(raw, name, clock, bad) if xml else _csv(raw, name, clock, bad)
    bad.stop()
    return assemble(
        found, file=fingerprint(raw, name), source=SOURCE, frequency=clock.frequency or "D",
        own_labels=_LABELS,
    )  # fmt: skip


def _reading(currency: str, period: int, value: float, cell: str) -> Reading:
    return Reading("EUR", period, f"eur_rate.{currency}", value, f"{currency}/EUR", cell)


def _csv(raw: bytes, name: str, clock: Clock, bad: BadCells) -> list[Reading]:
    rows = csv_rows(raw, name)
    header = rows[0] if rows else []
    currencies = [(c, h) for c, h in enumerate(header) if _CURRENCY.fullmatch(h)]
    if header[:1] != ["Date"] or not currencies:
        raise lacking(name, "ECB CSV", ["Date", "USD …"])
    found: list[Reading] = []
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise unreadable(name, "ECB CSV", f"row {i} is cut off")
        period = clock.read(_day(row[0]), f"A{i}")
        for c, currency in currencies:
            value = bad.number(row[c], f"{column_letters(c)}{i}")
            if value is not None:
                found.append(_reading(currency, period, value, f"{column_letters(c)}{i}"))
    return found


_MONTHS = {
    m: i
    for i, m in enumerate(
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        start=1,
    )
}


def _day(written: str) -> str:
    """The CSV of the day writes ``30 October 2026``, the history ``2026-10-30``."""
    match = re.fullmatch(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})", written)
    if match is None or match[2] not in _MONTHS:
        return written
    return f"{match[3]}-{_MONTHS[match[2]]:02d}-{int(match[1]):02d}"


def _xml(raw: bytes, name: str, clock: Clock, bad: BadCells) -> list[Reading]:
    cubes = [e for e in load_xml(raw, name).iter() if e.tag.rsplit("}", 1)[-1] == "Cube"]
    days = [cube for cube in cubes if "time" in cube.attrib]
    if not days:
        raise lacking(name, "ECB XML", ["Cube time"])
    found: list[Reading] = []
    for d, at in enumerate(days, start=1):
        period = clock.read(at.attrib["time"], f"/Cube/Cube[{d}]/@time")
        for k, cube in enumerate(at, start=1):
            cell = f"/Cube/Cube[{d}]/Cube[{k}]"
            if not _CURRENCY.fullmatch(cube.get("currency", "")) or "rate" not in cube.attrib:
                raise lacking(name, "ECB XML", [f"{cell} currency, rate"])
            value = bad.number(cube.attrib["rate"], cell)
            if value is not None:
                found.append(_reading(cube.attrib["currency"], period, value, cell))
    return found
