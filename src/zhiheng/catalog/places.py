"""Coordinates of the entities of a panel, from a mapping or a file of the user.

The catalog ships no coordinates: no source of capitals or centroids with a
licence that allows it is part of this package.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.regions import is_region, region
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.local_files import local_file
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Places = Mapping[str, Sequence[float]]


def places_for(panel: Panel, coordinates: str | Places, *, globe: bool) -> NDArray[np.float64]:
    """Coordinates in the panel's order of entities, shape (entities, 2).

    Parameters
    ----------
    panel : Panel
    coordinates : str or mapping
        Entity to (longitude, latitude) or (x, y), or the path of a CSV file whose
        first three columns are the entity and its two coordinates, under a header.
    globe : bool
        Whether they must be degrees on the globe.

    Raises
    ------
    ZhihengError
        M877 coordinates that are missing, unreadable or off the globe.
    """
    given = _read(coordinates) if isinstance(coordinates, str) else dict(coordinates)
    if panel.level:
        given = {region(k).code if is_region(k) else k: v for k, v in given.items()}
    out = np.full((len(panel.entities), 2), np.nan)
    wrong: list[Row] = []
    for i, entity in enumerate(panel.entities):
        place = _place(given.get(entity))
        inside = not globe or (abs(place[0]) <= 180 and abs(place[1]) <= 90)
        if not np.isfinite(place).all() or not inside:
            shown = str(given[entity]) if entity in given else "-"
            wrong.append({"entity": entity, "name": panel.name(entity), "coordinates": shown})
        out[i] = place
    if wrong:
        raise _refused(
            Text(
                "{n} 个地区的坐标缺失、读不懂或越界。",
                "The coordinates of {n} entities are missing, unreadable or off the globe.",
            ).format(n=len(wrong)),
            wrong,
        )
    return out


def _place(value: Sequence[float] | None) -> NDArray[np.float64]:
    try:
        place = np.array([float(v) for v in value or ()], dtype=np.float64)
    except (TypeError, ValueError):
        return np.full(2, np.nan)
    return place if place.shape == (2,) else np.full(2, np.nan)


def _read(file: str) -> dict[str, Sequence[float]]:
    path = local_file(file)
    if path is None:
        raise _refused(
            Text("没有坐标文件“{f}”。", 'There is no file of coordinates "{f}".').format(f=file), []
        )
    try:
        lines = [row for row in csv.reader(path.read_text("utf-8-sig").splitlines()) if any(row)]
    except (UnicodeDecodeError, csv.Error):
        lines = []
    out: dict[str, Sequence[float]] = {}
    for number, row in enumerate(lines[1:], start=2):
        try:
            out[row[0].strip()] = (float(row[1]), float(row[2]))
        except (IndexError, ValueError) as error:
            raise _refused(
                Text("坐标文件有读不懂的行。", "The file of coordinates has an unreadable line."),
                [{"line": number, "text": ",".join(row)}],
            ) from error
    return out


def _refused(what: Text, rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M877",
        what,
        evidence=rows,
        fix=Text(
            "每个地区给（经度, 纬度），单位为度，或给一个 CSV：地区,经度,纬度；"
            "平面坐标写 projection=none。",
            "Give (longitude, latitude) in degrees for each entity, or a CSV entity,longitude,"
            "latitude; for plane coordinates say projection=none.",
        ),
    )
