"""SDMX data: ML 2.1 (generic and structure-specific), JSON and CSV.

Read with the standard library, because an address must be kept and no structure
message is at hand: every observation has its XPath, JSON pointer or cell. A key
(``FREQ``, ``REF_AREA``, …) becomes entity, series and unit: the entity is the
reference area, the series is the other dimensions joined by points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from zhiheng.core.panel import Status
from zhiheng.sources.assemble import BadCells, Clock, Reading, Unknown, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    csv_rows,
    fingerprint,
    first_row,
    head,
    lacking,
    load_json,
    load_xml,
    unreadable,
)

AREAS = ("REF_AREA", "GEO", "LOCATION", "COUNTRY", "COUNTERPART_AREA", "AREA")
"""Dimensions that are the entity unless another is named, in this order."""

TIMES = ("TIME_PERIOD", "TIME")
UNITS = ("UNIT_MEASURE", "UNIT", "UNITS")
NOT_SERIES = frozenset(
    {"FREQ", "FREQUENCY", "OBS_STATUS", "CONF_STATUS", "OBS_CONF", "UNIT_MULT", "DECIMALS",
     "COLLECTION", "TITLE", "TITLE_COMPL", "TIME_FORMAT", "SOURCE_AGENCY", "OBS_PRE_BREAK",
     "OBS_COM", "OBS_FLAG", "COMMENT_OBS", "DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "ACTION",
     "LAST_UPDATE", "LAST UPDATE", *TIMES, *UNITS}
)  # fmt: skip
"""What tells nothing of what is measured, in messages that do not say what a dimension is."""

STATUSES = {"E": Status.ESTIMATED, "F": Status.ESTIMATED, "I": Status.IMPUTED}
"""Observation statuses of the code list CL_OBS_STATUS that ours has words for."""


@dataclass(frozen=True, slots=True)
class _Obs:
    key: Mapping[str, str]
    period: str
    value: Any
    attributes: Mapping[str, str]
    cell: str


def sniff(raw: bytes, name: str) -> bool:
    """Whether the bytes are an SDMX data message."""
    del name
    start = head(raw)
    if start.lstrip()[:1] == "<":
        return (
            "GenericData" in start
            or "GenericTimeSeriesData" in start
            or ("StructureSpecific" in start and "Data" in start)
        )
    if start.lstrip()[:1] == "{":
        return '"dataSets"' in start or "sdmx" in start.casefold()
    row = first_row(raw)
    return row[:1] in (["DATAFLOW"], ["STRUCTURE"]) and {"TIME_PERIOD", "OBS_VALUE"} <= set(row)


def parse(
    raw: bytes,
    name: str,
    *,
    entity: str = "",
    series: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
    areas: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read an SDMX data message.

    Parameters
    ----------
    raw : bytes
    name : str
    entity : str, optional
        The dimension that is the entity; by default ``REF_AREA``, ``GEO``, ….
    series : sequence of str, optional
        The dimensions that make the series' name; by default all others but frequency,
        unit and known attributes. Name them for a structure-specific message whose
        attributes are not the usual ones.
    units : mapping of the message's unit code to a catalogued unit, optional
        Such as ``{"PC": "%"}``; ``UNIT_MULT`` is applied.
    areas : mapping of the message's area code to a region, optional
        For two-letter codes: ``{"CN": "CHN"}``.
    unknown : {"refuse", "drop", "keep"}

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 not a data message or no such dimension, S550/S551 periods,
        D103 no number, C401 unknown region, U210/U211 units.
    """
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    read = _xml if start == b"<" else _json if start == b"{" else _csv
    clock, bad = Clock(name), BadCells(name)
    found: list[Reading] = []
    for obs in read(raw, name):
        value = bad.number(obs.value, obs.cell)
        if value is not None:
            got = _reading(obs, value, entity, series, clock, name)
            unit, area = (units or {}).get(got.unit, got.unit), got.entity
            found.append(got._replace(unit=unit, entity=(areas or {}).get(area, area)))
    bad.stop()
    return assemble(
        found, file=fingerprint(raw, name), source=name, frequency=clock.frequency or "A",
        unknown=unknown,
    )  # fmt: skip


def _reading(
    obs: _Obs, value: float, entity: str, series: Sequence[str], clock: Clock, name: str
) -> Reading:
    upper = {d.upper(): d for d in obs.key}  # Eurostat writes geo, unit and freq
    area = entity or next((upper[a] for a in AREAS if a in upper), "")
    chosen = series or [d for d in obs.key if d.upper() not in NOT_SERIES and d != area]
    missing = [d for d in ([area] if area else ["REF_AREA"]) if d not in obs.key]
    missing += [d for d in chosen if d not in obs.key]
    if missing:
        raise lacking(name, "SDMX", missing)
    said = {k.upper(): v for k, v in {**obs.key, **obs.attributes}.items()}
    unit = next((said[u] for u in UNITS if said.get(u)), "")
    power = said.get("UNIT_MULT", "0") or "0"
    if not (power.lstrip("-").isdigit() and power.isascii() and abs(int(power)) <= 18):
        raise unreadable(name, "SDMX", f"UNIT_MULT {power[:20]}")
    return Reading(
        obs.key[area],
        clock.read(_time(obs.period), obs.cell),
        ".".join(obs.key[d] for d in chosen) or "value",
        value * 10.0 ** int(power),
        unit,
        obs.cell,
        STATUSES.get(said.get("OBS_STATUS", ""), Status.OBSERVED),
    )


def _time(period: str) -> str:
    """``2022-A1`` is a reporting year of SDMX."""
    return period.removesuffix("-A1")


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _xml(raw: bytes, name: str) -> Iterator[_Obs]:
    root = load_xml(raw, name)
    kind = _tag(root)
    if not kind.endswith("Data"):
        raise lacking(name, "SDMX-ML", ["GenericData / StructureSpecificData"])
    generic = kind.startswith("Generic")
    sets = [e for e in root if _tag(e) == "DataSet"]
    for d, data in enumerate(sets, start=1):
        where = f"/DataSet[{d}]"
        shared = {} if generic else dict(data.attrib)
        groups = [e for e in data if _tag(e) == "Series"]
        for s, group in enumerate(groups, start=1):
            key, about = _key(group, generic)
            rows = [e for e in group if _tag(e) == "Obs"]
            for o, row in enumerate(rows, start=1):
                cell = f"{where}/Series[{s}]/Obs[{o}]"
                yield _xml_obs(row, key, {**shared, **about}, cell, name)
        for o, row in enumerate([e for e in data if _tag(e) == "Obs"], start=1):
            yield _xml_obs(row, {}, shared, f"{where}/Obs[{o}]", name)


def _key(element: Element, generic: bool) -> tuple[dict[str, str], dict[str, str]]:  # noqa: FBT001
    """Key and attributes of a series or a flat observation."""
    if not generic:
        return dict(element.attrib), {}
    parts: dict[str, dict[str, str]] = {"SeriesKey": {}, "ObsKey": {}, "Attributes": {}}
    for child in element:
        if _tag(child) in parts:
            parts[_tag(child)] = {v.get("id", ""): v.get("value", "") for v in child}
    return {**parts["SeriesKey"], **parts["ObsKey"]}, parts["Attributes"]


def _xml_obs(
    row: Element, key: Mapping[str, str], shared: Mapping[str, str], cell: str, name: str
) -> _Obs:
    children = {_tag(e): e for e in row}
    if "ObsValue" in children:
        own, about = _key(row, generic=True)
        at = children.get("ObsDimension")
        time = at.get("value", "") if at is not None else _pop(own)
        value = children["ObsValue"].get("value")
        return _Obs({**key, **own}, time, value, {**shared, **about}, cell)
    own = dict(row.attrib)
    value, time = own.pop("OBS_VALUE", None), _pop(own)
    if not time:
        raise lacking(name, "SDMX-ML", [f"{cell} TIME_PERIOD"])
    about = own if key else {}
    return _Obs(key or own, time, value, {**shared, **about}, cell)


def _pop(own: dict[str, str]) -> str:
    return next((own.pop(t) for t in TIMES if t in own), "")


def _json(raw: bytes, name: str) -> Iterator[_Obs]:
    document = load_json(raw, name)
    try:
        yield from _json_sets(document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise lacking(name, "SDMX-JSON", [repr(error)[:80]]) from None


def _json_sets(document: Any) -> Iterator[_Obs]:
    data = document.get("data", document)
    structure = data["structures"][0] if "structures" in data else data["structure"]
    dimensions, attributes = structure["dimensions"], structure.get("attributes", {})
    outer = [*dimensions.get("dataSet", ()), *dimensions.get("dataset", ())]
    fixed = {d["id"]: _member(d, 0) for d in outer if d.get("values")}
    for n, one in enumerate(data["dataSets"]):
        where = f"{'/data' if 'data' in document else ''}/dataSets/{n}"
        for place, series in one.get("series", {}).items():
            key = {**fixed, **_decoded(place, dimensions["series"])}
            about = _described(series.get("attributes"), attributes.get("series", ()))
            for at, cells in series["observations"].items():
                cell = f"{where}/series/{place}/observations/{at}"
                yield _json_obs(key, at, cells, dimensions, attributes, about, cell)
        for at, cells in one.get("observations", {}).items():
            cell = f"{where}/observations/{at}"
            yield _json_obs(fixed, at, cells, dimensions, attributes, {}, cell)


def _json_obs(  # noqa: PLR0917  one call in two places
    key: Mapping[str, str],
    at: str,
    cells: Any,
    dimensions: Any,
    attributes: Any,
    about: Mapping[str, str],
    cell: str,
) -> _Obs:
    own = _decoded(at, dimensions["observation"])
    time = _pop(own)
    said = _described(cells[1:], attributes.get("observation", ()))
    return _Obs({**key, **own}, time, cells[0], {**about, **said}, cell)


def _decoded(place: str, dimensions: Any) -> dict[str, str]:
    indices = [int(i) for i in place.split(":")]
    return {d["id"]: _member(d, i) for d, i in zip(dimensions, indices, strict=True)}


def _member(dimension: Any, index: int) -> str:
    if index < 0:
        raise IndexError(index)
    value = dimension["values"][index]
    return str(value["id"] if "id" in value else value["value"])


def _described(indices: Any, attributes: Any) -> dict[str, str]:
    pairs: Any = zip(attributes, indices or (), strict=False)
    return {a["id"]: _member(a, i) for a, i in pairs if isinstance(i, int) and a.get("values")}


def _csv(raw: bytes, name: str) -> Iterator[_Obs]:
    rows = csv_rows(raw, name)
    header = [h.split(":")[0].strip() for h in rows[0]] if rows else []
    needed = ("TIME_PERIOD", "OBS_VALUE")
    if not set(needed) <= set(header):
        raise lacking(name, "SDMX-CSV", needed)
    value = header.index("OBS_VALUE")
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise unreadable(name, "SDMX-CSV", f"row {i} has {len(row)} cells")
        cells = {h: c.split(":")[0].strip() for h, c in zip(header, row, strict=True)}
        key = {h: cells[h] for h in header[:value] if h not in TIMES}
        about = {h: cells[h] for h in header[value + 1 :]}
        yield _Obs(key, cells["TIME_PERIOD"], row[value], about, f"{column_letters(value)}{i}")
