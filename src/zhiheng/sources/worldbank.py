"""World Bank: bulk CSV (also zipped) and pages of the JSON interface.

CSV: ``Data Source`` and ``Last Updated Date`` above, then one row for each country
and indicator with the years as columns; exports of the DataBank are alike, with the
date below. JSON: ``[{page, pages, …}, [row, …]]``.
The unit is what the last bracket of the indicator's name says; where there is
none the unit is unstated, unless `units` gives it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock, Reading, Unknown, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    csv_rows,
    fingerprint,
    head,
    is_zip,
    lacking,
    load_json,
    places,
    unreadable,
    unzip,
)

SOURCE = "wdi"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "country": ("Country Code",),
    "title": ("Indicator Name", "Series Name"),
    "code": ("Indicator Code", "Series Code"),
}
"""Headers of the bulk files, then of the DataBank."""

_FOOT = ("Data from database", "Last Updated")
_BRACKET = re.compile(r"\(([^()]*)\)\s*$")
_YEAR = re.compile(r"(YR)?\d{4}([QM]\d{1,2})?(\s*\[YR\d{4}\])?")


def sniff(raw: bytes, name: str) -> bool:
    """Whether the bytes look like a World Bank file; `name` decides for archives only."""
    if is_zip(raw):
        return name.startswith("API_") and name.endswith(".zip")
    start = head(raw)
    by_page = re.match(r'\s*\[\s*\{\s*"(page|message)"', start) is not None
    return by_page or (
        "Country Code" in start and ("Indicator Code" in start or "Series Code" in start)
    )


def parse(
    raw: bytes,
    name: str,
    *,
    units: Mapping[str, str] | None = None,
    series: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read one World Bank file.

    Parameters
    ----------
    raw : bytes
    name : str
        File name, for addresses.
    units : mapping of indicator code to unit, optional
        In place of what the indicator's name says.
    series : mapping of indicator code to series name, optional
        By default the code is the name of the series.
    unknown : {"refuse", "drop", "keep"}
        The files hold aggregates such as the euro area beside economies; ``drop``
        leaves out what is no catalogued economy, with a note that names it.

    Raises
    ------
    ZhihengError
        S552 unreadable or a message of the interface, S553 columns missing, S555 pages
        missing, D103 no number, S550/S551 periods, C401 unknown region, U210/U211 units.
    """
    if is_zip(raw):
        inside = unzip(raw, name)
        found = [k for k in inside if k.rsplit("/", 1)[-1].startswith("API_")]
        if len(found) != 1:
            raise lacking(name, "World Bank zip", ["API_*.csv"])
        return parse(inside[found[0]], found[0], units=units, series=series, unknown=unknown)
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return parse_pages([(raw, name)], units=units, series=series, unknown=unknown)
    return _csv(raw, name, units or {}, series or {}, unknown)


def parse_pages(
    pages: Sequence[tuple[bytes, str]],
    *,
    units: Mapping[str, str] | None = None,
    series: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read all pages of one answer of the JSON interface; S555 when one is missing."""
    bad, clock = BadCells(pages[0][1]), Clock(pages[0][1])
    found: list[Reading] = []
    seen: set[int] = set()
    last = 1
    for raw, name in pages:
        meta, rows = page(raw, name)
        seen.add(int(meta["page"]))
        last = max(last, int(meta["pages"]))
        found += _api_rows(rows, meta, fingerprint(raw, name), bad, clock)
    if seen != set(range(1, last + 1)):
        raise _missing_pages(pages[0][1], sorted(set(range(1, last + 1)) - seen), last)
    bad.stop()
    found = _renamed(found, units or {}, series or {})
    return assemble(
        found, file=fingerprint(*pages[0]), source=SOURCE, frequency=clock.frequency or "A",
        unknown=unknown,
    )  # fmt: skip


def unit_in_name(indicator: str) -> str:
    """The unit that the last bracket of an indicator's name states; empty when there is none.

    Examples
    --------
    >>> unit_in_name("GDP (constant 2015 US$)"), unit_in_name("Exports (% of GDP)")
    ('constant 2015 US$', '%')
    """
    match = _BRACKET.search(indicator)
    if match is None:
        return ""
    inside = match[1].strip()
    return "%" if inside.startswith(("% ", "annual %")) or inside == "%" else inside


def _csv(
    raw: bytes, name: str, units: Mapping[str, str], series: Mapping[str, str], unknown: Unknown
) -> Observations:
    rows = csv_rows(raw, name)
    tops = [i for i, r in enumerate(rows[:20]) if len(places(r, _COLUMNS)) == len(_COLUMNS)]
    if not tops:
        raise lacking(name, "World Bank CSV", [words[0] for words in _COLUMNS.values()])
    top, place = tops[0], places(rows[tops[0]], _COLUMNS)
    clock, bad = Clock(name), BadCells(name)
    years = [
        (c, clock.read(h.split("[")[0], f"{column_letters(c)}{top + 1}"))
        for c, h in enumerate(rows[top])
        if _YEAR.fullmatch(h)
    ]
    vintage = _vintage(rows, top)
    found: list[Reading] = []
    for i in range(top + 1, len(rows)):
        row = rows[i]
        if not any(row) or (row[0].startswith(_FOOT) and not any(row[1:])):
            continue
        if len(row) < len(rows[top]) - 1:  # the trailing comma may be missing, nothing more
            raise unreadable(name, "World Bank CSV", f"row {i + 1} is cut off")
        code, unit = row[place["code"]], unit_in_name(row[place["title"]])
        for c, period in years:
            cell = f"{column_letters(c)}{i + 1}"
            value = bad.number(row[c] if c < len(row) else "", cell)
            if value is not None:
                entity = row[place["country"]]
                found.append(Reading(entity, period, code, value, unit, cell, vintage=vintage))
    bad.stop()
    return assemble(
        _renamed(found, units, series), file=fingerprint(raw, name), source=SOURCE,
        frequency=clock.frequency or "A", unknown=unknown,
    )  # fmt: skip


def _vintage(rows: Sequence[Sequence[str]], top: int) -> str:
    """The date of the release: above the bulk files, below what the DataBank exports."""
    above = [r[1] for r in rows[:top] if len(r) > 1 and r[0] == "Last Updated Date"]
    below = [
        r[0].partition(":")[2].strip() for r in rows[-10:] if r and r[0].startswith("Last Updated")
    ]
    return (above + below + [""])[0]


def page(raw: bytes, name: str) -> tuple[Mapping[str, Any], list[Any]]:
    """The description and the rows of one page; S552 for a message, S553 for another shape."""
    document = load_json(raw, name)
    if not isinstance(document, list) or not document or not isinstance(document[0], dict):
        raise lacking(name, "World Bank JSON", ["[{page, pages}, [rows]]"])
    meta = document[0]
    if "message" in meta:
        raise unreadable(name, "World Bank JSON", str(meta["message"]))
    rows = document[1] if len(document) > 1 else None
    numbered = all(type(meta.get(k)) in (int, str) and _digits(meta[k]) for k in ("page", "pages"))
    if not isinstance(rows, list) or not numbered:
        raise lacking(name, "World Bank JSON", ["page", "pages", "rows"])
    return meta, rows


def _digits(value: Any) -> bool:
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) < 6


def _api_rows(
    rows: list[Any], meta: Mapping[str, Any], file: str, bad: BadCells, clock: Clock
) -> list[Reading]:
    found: list[Reading] = []
    for i, row in enumerate(rows):
        cell = f"/1/{i}/value"
        try:
            entity = row["countryiso3code"] or row["country"]["id"]
            code, title = row["indicator"]["id"], row["indicator"]["value"]
            written, value, unit = row["date"], row["value"], row.get("unit") or ""
        except (KeyError, TypeError, AttributeError):
            raise lacking(file, "World Bank JSON", [f"row {i}"]) from None
        if not all(isinstance(w, str) for w in (entity, code, title, written, unit)):
            raise lacking(file, "World Bank JSON", [f"row {i}"])
        period, number = clock.read(written, f"/1/{i}/date"), bad.number(value, cell)
        if number is not None:
            found.append(
                Reading(
                    entity,
                    period,
                    code,
                    number,
                    unit or unit_in_name(title),
                    cell,
                    vintage=str(meta.get("lastupdated", "")),
                    file=file,
                )  # fmt: skip
            )
    return found


def _renamed(
    found: list[Reading], units: Mapping[str, str], series: Mapping[str, str]
) -> list[Reading]:
    return [
        r._replace(unit=units.get(r.series, r.unit), series=series.get(r.series, r.series))
        for r in found
    ]


def _missing_pages(name: str, missing: Sequence[int], last: int) -> ZhihengError:
    return ZhihengError(
        "S555",
        Text("一次查询共 {n} 页，缺页。", "An answer has {n} pages, and some are missing.").format(
            n=last
        ),
        evidence=[{"file": name, "missing": ", ".join(str(p) for p in missing[:20])}],
        fix=Text(
            "把全部页一起读入（parse_pages），或取数时加大 per_page。",
            "Read all pages together (parse_pages), or ask for larger pages (per_page).",
        ),
    )
