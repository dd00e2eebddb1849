"""UN Comtrade: CSV and JSON, with the present column names and those before 2023."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock
from zhiheng.sources.grid import column_letters
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
from zhiheng.sources.trade import TradeRecords, table

SOURCE = "un_comtrade"

ROLES: Mapping[str, tuple[str, ...]] = {
    "period": ("period",),
    "reporter": ("reporterISO", "Reporter ISO", "rt3ISO"),
    "reporter_name": ("reporterDesc", "Reporter", "rtTitle", "reporterCode", "Reporter Code"),
    "partner": ("partnerISO", "Partner ISO", "pt3ISO"),
    "partner_name": ("partnerDesc", "Partner", "ptTitle"),
    "partner_code": ("partnerCode", "Partner Code", "ptCode"),
    "flow": ("flowCode", "Trade Flow Code", "rgCode"),
    "product": ("cmdCode", "Commodity Code"),
    "procedure": ("customsCode", "Customs Proc. Code", "cstCode"),
    "transport": ("motCode", "Mode of Transport Code"),
    "second": ("partner2Code", "2nd Partner Code", "ptCode2"),
    "unit": ("qtyUnitAbbr", "Qty Unit", "qtDesc"),
    "quantity": ("qty", "TradeQuantity"),
    "weight": ("netWgt", "Netweight (kg)", "NetWeight"),
    "value": ("primaryValue", "Trade Value (US$)", "TradeValue"),
}
"""Column of each role, present names first."""

_NEEDED = ("period", "flow", "product", "value")
FLOWS = {
    "X": "export", "2": "export", "M": "import", "1": "import",
    "RX": "re_exports", "3": "re_exports", "RM": "re_imports", "4": "re_imports",
}  # fmt: skip
"""Flow codes; others stay as they are. Re-exports are part of exports."""

_LISTS = ("data", "dataset")


def sniff(raw: bytes, name: str) -> bool:
    """Whether header or first record has the columns of Comtrade."""
    del name
    start = head(raw)
    if start.lstrip()[:1] in ("{", "["):
        return '"cmdCode"' in start and ('"primaryValue"' in start or '"TradeValue"' in start)
    return set(_NEEDED) <= places(first_row(raw), ROLES).keys()


def parse(raw: bytes, name: str) -> TradeRecords:
    """Read a download or an answer of the interface.

    Values are US dollars; reporter and partner are ISO 3166 alpha-3 codes where the
    file has them, the world is ``WLD``.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 columns missing, S550/S551 periods, D103 no number.
    """
    is_json = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    clock, bad = Clock(name), BadCells(name)
    columns: dict[str, list[Any]] = {}
    records = _json(raw, name) if is_json else _csv(raw, name)
    for n, got, cell in records:
        for key, value in _record(got, cell, n, clock, bad).items():
            columns.setdefault(key, []).append(value)
    bad.stop()
    if not columns:
        raise unreadable(name, "Comtrade", "no records")
    where = _where(raw, name) if is_json else "row {}"
    return TradeRecords(
        table(columns), "USD", clock.frequency or "A", fingerprint(raw, name), SOURCE, where,
        (Text("价值为当期美元。", "Values are US dollars of the period."),),
    )  # fmt: skip


_Record = tuple[int, Mapping[str, Any], str]


def _csv(raw: bytes, name: str) -> Iterator[_Record]:
    rows = csv_rows(raw, name)
    header = rows[0] if rows else []
    at = places(header, ROLES)
    if not set(_NEEDED) <= at.keys():
        raise lacking(name, "Comtrade CSV", [ROLES[r][0] for r in _NEEDED if r not in at])
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header) and not (len(row) == len(header) + 1 and not row[-1]):
            raise unreadable(name, "Comtrade CSV", f"row {i} has {len(row)} cells")
        yield i, {role: row[c] for role, c in at.items()}, f"{column_letters(at['value'])}{i}"


def _json(raw: bytes, name: str) -> Iterator[_Record]:
    rows = _rows(load_json(raw, name))
    if rows is None:
        raise lacking(name, "Comtrade JSON", ["data"])
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise lacking(name, "Comtrade JSON", [f"record {i}"])
        got = {
            role: next((row[w] for w in words if w in row), None) for role, words in ROLES.items()
        }
        missing = [ROLES[r][0] for r in _NEEDED if got[r] is None and r != "value"]
        if missing:
            raise lacking(name, "Comtrade JSON", missing)
        yield i, got, f"/{i}"


def _rows(document: Any) -> Sequence[Any] | None:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return None
    return next((document[k] for k in _LISTS if isinstance(document.get(k), list)), None)


def _where(raw: bytes, name: str) -> str:
    document = load_json(raw, name)
    if isinstance(document, list):
        return "/{}"
    return f"/{next(k for k in _LISTS if isinstance(document.get(k), list))}/{{}}"


def _record(
    got: Mapping[str, Any], cell: str, n: int, clock: Clock, bad: BadCells
) -> dict[str, Any]:
    def word(role: str) -> str:
        value = got.get(role)
        return "" if value is None else str(value).strip()

    flow = word("flow")
    world = word("partner_code") == "0" or word("partner") in ("W00", "WLD")
    unit = word("unit")
    return {
        "period": clock.read(word("period"), cell),
        "reporter": word("reporter") or word("reporter_name"),
        "partner": "WLD" if world else word("partner") or word("partner_name"),
        "flow": FLOWS.get(flow, flow.casefold()),
        "product": word("product"),
        "breakdown": "/".join(_plain(word(r)) for r in ("procedure", "transport", "second")),
        "value": bad.number(got.get("value"), cell),
        "quantity": bad.number(got.get("quantity"), cell) if unit not in ("", "N/A") else None,
        "quantity_unit": "" if unit == "N/A" else unit,
        "weight": bad.number(got.get("weight"), cell),
        "row": n,
    }


def _plain(code: str) -> str:
    """The code of the total of a breakdown, in whichever way it is written."""
    return "" if code in ("", "0", "C00") else code
