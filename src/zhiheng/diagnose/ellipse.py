"""Where the weight lies and how it spreads: gravity centre and standard deviational ellipse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.places import places_for
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.neighbours import EARTH_RADIUS_KM, great_circle_km
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.variable import read_variable
from zhiheng.kernels.ellipse import Ellipses, Projection, bearing, ellipses

Array = NDArray[np.float64]
Convention = Literal["crimestat", "yuill"]

# Degrees on the globe after a projection and its inverse.
ROUNDING = 1e-9
FEWEST = 3


@method(zh="标准差椭圆与重心：重心逐年迁移、长短轴、方向与面积", example="regions")
def ellipse(
    panel: Panel,
    *,
    variable: str,
    coordinates: str | Mapping[str, Sequence[float]],
    convention: Convention = "crimestat",
    projection: Literal["azimuthal", "none"] = "azimuthal",
) -> Result:
    """Find the gravity centre of a variable, its moves and the ellipse of its spread.

    Use it for totals (output, emissions): each place pulls by its value. For
    ratios the centre is that of an unweighted mean of ratios and means little.
    The centre may move because one far place grows; the ellipse describes, it
    tests nothing.

    Parameters
    ----------
    panel : Panel
        One period or more; three entities or more.
    variable : str
        A series or an expression; no negative value.
    coordinates : str or mapping
        Entity to (longitude, latitude) in degrees, or a CSV file with columns
        entity, longitude, latitude; plane coordinates with ``projection="none"``.
    convention : {"crimestat", "yuill"}
        Semi-axes as the square root of the weighted covariance (Yuill), or that
        times ``sqrt(2 n / (n - 2))`` (CrimeStat).
    projection : {"azimuthal", "none"}
        Degrees are projected with equal areas (Lambert azimuthal, sphere) about the
        mean place, the same for all periods; ``none`` takes coordinates as a plane.

    Raises
    ------
    ZhihengError
        M800 gaps, M877 coordinates, M881 fewer than three entities, M883 negative
        values or a sum of zero.

    References
    ----------
    Lefever (1926) American Journal of Sociology 32(1): 88-94; Yuill (1971)
    Geografiska Annaler B 53(1): 28-39; Levine (2015) CrimeStat, chapter 4.
    """
    ordered = panel.select(entities=sorted(panel.entities))
    data = read_variable(ordered, variable, gaps="refuse")
    _refuse(ordered, data.values)
    at = places_for(ordered, coordinates, globe=projection == "azimuthal")
    globe = _projection(at) if projection == "azimuthal" else None
    plane = globe.to_plane(at) if globe else at
    found = ellipses(plane, data.values.T, corrected=convention == "crimestat")
    shown = globe.to_globe(found.centre) if globe else found.centre
    tables = {
        "ellipse": _table(panel, found, shown, globe=globe is not None),
        "migration": _migration(panel, found, shown, globe=globe is not None),
    }
    notes = [*data.notes, *_notes(at, convention, globe)]
    checks = () if globe is None else (_round_trip(at, globe),)
    return Result(tables, (_figure(globe is not None),), tuple(notes), checks, data.series)


def _refuse(panel: Panel, values: Array) -> None:
    if len(panel.entities) < FEWEST:
        raise ZhihengError(
            "M881",
            Text("椭圆至少要三个地区。", "An ellipse needs three entities."),
            evidence=[{"entities": len(panel.entities)}],
            fix=Text("选更多地区。", "Select more entities."),
        )
    rows: list[Row] = panel.cells(values < 0, values)
    rows += [
        {"period": p, "sum": 0.0}
        for p, total in zip(panel.periods, values.sum(axis=0), strict=True)
        if total == 0
    ]
    if rows:
        raise ZhihengError(
            "M883",
            Text(
                "作为权数的变量有负值，或某期合计为零。",
                "The weighing variable has negative values, or sums to zero in a period.",
            ),
            evidence=rows,
            fix=Text("换一个总量变量。", "Use a variable that is a total."),
        )


def _projection(at: Array) -> Projection:
    """Centred on the mean direction of the places, so that the date line does no harm."""
    longitude, latitude = np.radians(at).T
    x, y, z = (
        (np.cos(latitude) * np.cos(longitude)).mean(),
        (np.cos(latitude) * np.sin(longitude)).mean(),
        np.sin(latitude).mean(),
    )
    return Projection(
        float(np.degrees(np.arctan2(y, x))),
        float(np.degrees(np.arctan2(z, np.hypot(x, y)))),
        EARTH_RADIUS_KM,
    )


def _table(panel: Panel, found: Ellipses, shown: Array, *, globe: bool) -> Table:
    names = ("longitude", "latitude") if globe else ("x_east", "y_north")
    return Table.of(
        ("period",),
        period=np.array(panel.periods),
        **dict(zip(names, shown.T, strict=True)),
        semi_major=found.major,
        semi_minor=found.minor,
        rotation=found.rotation,
        ellipse_area=found.area,
        flattening=np.divide(
            found.major - found.minor,
            found.major,
            out=np.full(len(found.major), np.nan),
            where=found.major > 0,
        ),
    )


def _migration(panel: Panel, found: Ellipses, shown: Array, *, globe: bool) -> Table:
    """Each move of the centre from one period to the next."""
    step = np.diff(found.centre, axis=0)
    if globe:
        gone = np.array([great_circle_km(shown[i : i + 2])[0, 1] for i in range(len(step))])
    else:
        gone = np.hypot(step[:, 0], step[:, 1])
    years = np.diff(np.array(panel.periods))
    return Table.of(
        ("period_from", "period"),
        period_from=np.array(panel.periods[:-1], dtype=np.int64),
        period=np.array(panel.periods[1:], dtype=np.int64),
        centre_moved=gone.astype(np.float64),
        centre_moved_per_period=gone / years,
        bearing=bearing(step),
        moved_east=step[:, 0],
        moved_north=step[:, 1],
    )


def _round_trip(at: Array, globe: Projection) -> Check:
    back = globe.to_globe(globe.to_plane(at))
    turned = (back[:, 0] - at[:, 0] + 180.0) % 360.0 - 180.0
    return Check(
        Text("投影后还原的经纬度与原值相同（度）", "places survive the projection and its inverse"),
        float(np.abs(np.stack([turned, back[:, 1] - at[:, 1]])).max()),
        ROUNDING,
    )


def _notes(at: Array, convention: Convention, globe: Projection | None) -> list[Note]:
    kinds = {
        "crimestat": Text(
            "CrimeStat 约定：半轴乘以 sqrt(2n/(n−2))",
            "the convention of CrimeStat: semi-axes times sqrt(2n/(n-2))",
        ),
        "yuill": Text(
            "Yuill 约定：半轴为加权协方差特征值的平方根",
            "the convention of Yuill: square roots of the eigenvalues of the weighted covariance",
        ),
    }
    notes = [
        Note(
            Text(
                "椭圆用{k}；方向为长轴自正北顺时针的角度。",
                "Ellipses use {k}; rotation is that of the major axis clockwise from north.",
            ).format(k=kinds[convention])
        )
    ]
    if globe is not None:
        notes.append(
            Note(
                Text(
                    "经纬度按以（{a}, {b}）为中心的兰伯特等积方位投影换成千米（球体，半径 {r}）；"
                    "迁移距离为球面距离。",
                    "Degrees are projected to km by Lambert's azimuthal equal-area projection about"
                    " ({a}, {b}) on a sphere of radius {r}; moves are great-circle distances.",
                ).format(
                    a=f"{globe.longitude:.3f}", b=f"{globe.latitude:.3f}", r=f"{globe.radius:.1f}"
                )
            )
        )
    elif (np.abs(at[:, 0]) <= 180).all() and (np.abs(at[:, 1]) <= 90).all():
        notes.append(
            Note(
                Text(
                    "坐标未投影，却像是经纬度：一度经线与一度纬线不等长，椭圆会变形。",
                    "Coordinates are not projected but look like degrees: a degree of longitude is "
                    "shorter than one of latitude, and the ellipse is distorted.",
                ),
                level="caution",
                code="M878",
            )
        )
    return notes


def _figure(globe: bool) -> Figure:
    return Figure(
        "centre",
        "scatter",
        "ellipse",
        Text("重心怎样移动", "How the gravity centre moves"),
        Text(
            "每点是一期的重心，按时间相连；坐标轴只取重心所在的一小块，移动被放大。",
            "Each point is the centre of one period, joined in time; the axes show the small area "
            "of the centres only, so moves look large.",
        ),
        {
            "x": "longitude" if globe else "x_east",
            "y": "latitude" if globe else "y_north",
            "label": "period",
            "path": True,
        },
    )
