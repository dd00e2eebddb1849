"""Answers of the query interface of the NBS portal (``QueryData``): JSON with data nodes.

Each node has a value and its place on the axes ``zb`` (indicator), ``reg`` (region)
and ``sj`` (time); the axes' names and units stand in ``wdnodes``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from zhiheng.sources.assemble import BadCells, Clock, Reading, Unknown, assemble
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import fingerprint, head, lacking, load_json, unreadable

SOURCE = "nbs_portal"


class _Axes(NamedTuple):
    names: Mapping[str, str]
    units: Mapping[str, str]
    regions: Mapping[str, str]


def sniff(raw: bytes, name: str) -> bool:
    """Whether the bytes are an answer of the query interface."""
    del name
    return re.match(r'\s*\{\s*"returncode"', head(raw)) is not None


def parse(
    raw: bytes,
    name: str,
    *,
    series: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read one answer.

    Parameters
    ----------
    raw : bytes
    name : str
    series : mapping of indicator code (``A020101``) or name to series name, optional
        By default the indicator's name is the name of the series.
    unknown : {"refuse", "drop", "keep"}

    Notes
    -----
    A national query has no region axis; its entity is ``CHN``. A node without data
    (``hasdata`` false) is a gap, never zero.

    Raises
    ------
    ZhihengError
        S552 unreadable or an error code of the portal, S553 keys missing, D103, S550/S551,
        C401, U210/U211.
    """
    document = load_json(raw, name)
    if not isinstance(document, dict) or "returncode" not in document:
        raise lacking(name, "NBS JSON", ["returncode", "returndata"])
    if document["returncode"] != 200:
        raise unreadable(name, "NBS JSON", f"returncode {document['returncode']}")
    clock, bad = Clock(name), BadCells(name)
    try:
        data = document["returndata"]
        axes = _axes(data["wdnodes"])
        found = [
            r
            for i, node in enumerate(data["datanodes"])
            if (r := _node(node, i, axes, series or {}, clock, bad)) is not None
        ]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise lacking(name, "NBS JSON", [repr(error)[:80]]) from None
    bad.stop()
    return assemble(
        found, file=fingerprint(raw, name), source=SOURCE, frequency=clock.frequency or "A",
        unknown=unknown,
    )  # fmt: skip


def _axes(nodes: Any) -> _Axes:
    by_code = {str(axis["wdcode"]): axis["nodes"] for axis in nodes}
    return _Axes(
        {str(n["code"]): str(n["cname"]).strip() for n in by_code["zb"]},
        {str(n["code"]): str(n.get("unit") or "").strip() for n in by_code["zb"]},
        {str(n["code"]): str(n["cname"]).strip() for n in by_code.get("reg", [])},
    )


def _node(
    node: Any, i: int, axes: _Axes, series: Mapping[str, str], clock: Clock, bad: BadCells
) -> Reading | None:
    at = {str(w["wdcode"]): str(w["valuecode"]) for w in node["wds"]}
    cell = f"/returndata/datanodes/{i}"
    period = clock.read(_time(at["sj"]), cell)
    if not node["data"]["hasdata"]:
        return None
    value = bad.number(node["data"]["data"], f"{cell}/data/data")
    if value is None:
        return None
    code = at["zb"]
    title = axes.names[code]
    name = series.get(code) or series.get(title) or title
    entity = axes.regions[at["reg"]] if "reg" in at else "CHN"
    return Reading(entity, period, name, value, axes.units[code], cell)


def _time(code: str) -> str:
    """The portal writes quarters as ``2022A`` … ``2022D``."""
    match = re.fullmatch(r"(\d{4})([ABCD])", code)
    return f"{match[1]}Q{'ABCD'.index(match[2]) + 1}" if match else code
