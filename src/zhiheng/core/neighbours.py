"""Ways to make spatial weights: from pairs, a matrix, places, or differences of a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.spatial import SpatialWeights, Standardisation
from zhiheng.core.text import Text

Floats = NDArray[np.float64]
Pair = tuple[str, str] | tuple[str, str, float]
Places = Mapping[str, Sequence[float]]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG); it scales distances in km and cancels in row-standardisation."""


def from_pairs(
    pairs: Sequence[Pair],
    *,
    labels: Sequence[str] | None = None,
    standardisation: Standardisation = "row",
    directed: bool = False,
    name: str = "pairs",
    links: Sequence[tuple[str, str]] = (),
    notes: Sequence[Text] = (),
) -> SpatialWeights:
    """Weights from pairs of neighbours; without `directed` each pair counts in both directions.

    Parameters
    ----------
    pairs : sequence of (a, b) or (a, b, weight)
        A pair may be given once or in both directions, with one weight.
    labels : sequence of str, optional
        All units; one that no pair names is an island. Without it, the units
        that the pairs name, sorted.

    Raises
    ------
    ZhihengError
        M860 a unit with itself, M861 a unit that is not in `labels`, M862 a weight
        that is not positive, M863 one pair with two weights.
    """
    _refuse_no_pairs(pairs)
    named = sorted({end for pair in pairs for end in pair[:2]})
    units = list(named if labels is None else labels)
    unknown: list[Row] = [
        {"name": u, "nearest": ", ".join(nearest(u, units)) or "-"}
        for u in named
        if u not in set(units)
    ]
    if unknown:
        raise ZhihengError(
            "M861",
            Text("邻接对里有未列出的单元。", "Pairs name units that are not in the list."),
            evidence=unknown,
            fix=Text("改正名称，或把单元列进 labels。", "Correct the name, or add it to labels."),
        )
    cells = _cells(pairs, directed=directed)
    where = {unit: i for i, unit in enumerate(units)}
    return SpatialWeights.of(
        units,
        np.array([where[a] for a, _ in cells], dtype=np.intp),
        np.array([where[b] for _, b in cells], dtype=np.intp),
        np.array(list(cells.values()), dtype=np.float64),
        standardisation=standardisation,
        name=name,
        directed=directed,
        links=links,
        notes=notes,
    )


def _refuse_no_pairs(pairs: Sequence[Pair]) -> None:
    """Anything that is not two names, with a number or without."""
    wrong: list[Row] = []
    for pair in pairs:
        cells: list[Any] = list(pair)
        names = len(cells) in (2, 3) and all(isinstance(end, str) for end in cells[:2])
        if not names or isinstance(pair, str) or not isinstance([*cells, 1.0][2], int | float):
            wrong.append({"pair": str(pair)})
    if wrong:
        raise ZhihengError(
            "M861",
            Text("{n} 个邻接对读不懂。", "{n} pairs cannot be read.").format(n=len(wrong)),
            evidence=wrong,
            fix=Text(
                "每对写两个名称，可加一个权重：(a, b) 或 (a, b, 2.0)。",
                "Give two names, with a weight or without: (a, b) or (a, b, 2.0).",
            ),
        )


def _cells(pairs: Sequence[Pair], *, directed: bool) -> dict[tuple[str, str], float]:
    cells: dict[tuple[str, str], float] = {}
    for pair in pairs:
        weight = float(pair[2]) if len(pair) == 3 else 1.0
        ends = [(pair[0], pair[1])] if directed else [(pair[0], pair[1]), (pair[1], pair[0])]
        for cell in ends:
            if cell in cells and cells[cell] != weight:
                raise ZhihengError(
                    "M863",
                    Text("同一对单元有两个权重。", "One pair has two weights."),
                    evidence=[{"from": cell[0], "to": cell[1], "one": cells[cell], "two": weight}],
                    fix=Text(
                        "每对只给一个权重；两个方向本就不同时写 directed=True。",
                        "Give one weight per pair; if directions differ, say directed=True.",
                    ),
                )
            cells[cell] = weight
    return cells


def from_matrix(
    matrix: Any,
    labels: Sequence[str],
    *,
    standardisation: Standardisation = "row",
    directed: bool = False,
    name: str = "matrix",
) -> SpatialWeights:
    """Weights from a square matrix; zero means no neighbour.

    Parameters
    ----------
    matrix : array_like or scipy sparse array, shape (n, n)
    labels : sequence of str
        The units, in the order of rows and columns.

    Raises
    ------
    ZhihengError
        M860, M862, M863 as in `SpatialWeights`, M864 a shape that does not fit.
    """
    rows, columns, given, shape = _entries(matrix)
    if shape != (len(labels), len(labels)):
        raise ZhihengError(
            "M864",
            Text("矩阵与标签数目不合。", "The matrix does not fit the labels."),
            evidence=[{"shape": str(shape), "labels": len(labels)}],
            fix=Text(
                "给数的方阵，行列与标签一一对应。", "Give a square matrix of numbers, one row each."
            ),
        )
    return SpatialWeights.of(
        [str(label) for label in labels],
        rows,
        columns,
        given,
        standardisation=standardisation,
        name=name,
        directed=directed,
    )


def _entries(
    matrix: Any,
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats, tuple[int, ...]]:
    """Rows, columns and values that are not zero, and the shape; a NaN counts as given."""
    if hasattr(matrix, "tocoo"):
        cells = matrix.tocoo(copy=True)
        cells.sum_duplicates()
        cells.eliminate_zeros()
        rows, columns = cells.coords if hasattr(cells, "coords") else (cells.row, cells.col)
        return rows, columns, np.asarray(cells.data, dtype=np.float64), tuple(cells.shape)
    try:
        given = np.asarray(matrix, dtype=np.float64)
    except (TypeError, ValueError):  # rows of unequal length, or words
        given = np.empty((0,))
    if given.ndim != 2:
        none = np.empty(0, dtype=np.intp)
        return none, none, np.empty(0), given.shape
    rows, columns = np.nonzero(given)
    return rows, columns, given[rows, columns], given.shape


def k_nearest(
    places: Places, k: int, *, great_circle: bool = True, name: str = ""
) -> SpatialWeights:
    """The k nearest units of each, weighted equally; not symmetric by nature.

    Parameters
    ----------
    places : mapping of label to (longitude, latitude) in degrees, or (x, y)
    k : int
        From 1 to the number of units less one.
    great_circle : bool
        Longitude and latitude on the globe; else Euclidean distance of x and y.

    Notes
    -----
    Equal distances are broken in the order of labels, and said.
    """
    labels, distance = _distances(places, great_circle)
    n = len(labels)
    if not 1 <= k < n:
        raise _out_of_range("k", k, Text(f"取 1 到 {n - 1}。", f"Take 1 to {n - 1}."))
    order = np.argsort(distance, axis=1, kind="stable")
    chosen = order[:, :k]
    tied = [
        labels[i]
        for i in range(n)
        if k < n - 1 and distance[i, order[i, k - 1]] == distance[i, order[i, k]]
    ]
    notes = []
    if tied:
        notes.append(
            Text(
                "距离相等、按标签次序取舍的单元：{u}。",
                "Equal distances broken in the order of labels at: {u}.",
            ).format(u=", ".join(tied))
        )
    return SpatialWeights.of(
        labels,
        np.repeat(np.arange(n), k),
        chosen.ravel(),
        np.ones(n * k),
        name=name or f"{k} nearest",
        directed=True,
        notes=notes,
    )


def inverse_distance(
    places: Places,
    *,
    power: float = 1.0,
    cutoff: float | None = None,
    great_circle: bool = True,
    standardisation: Standardisation = "row",
    name: str = "",
) -> SpatialWeights:
    """Weights that fall with distance: ``d ** -power``, up to `cutoff` if given (km or units)."""
    labels, distance = _distances(places, great_circle)
    near = np.isfinite(distance) & (True if cutoff is None else distance <= cutoff)
    rows, columns = np.nonzero(near)
    _refuse_zero(labels, rows, columns, distance, Text("位置相同", "at the same place"))
    return SpatialWeights.of(
        labels,
        rows,
        columns,
        distance[rows, columns] ** -power,
        standardisation=standardisation,
        name=name or f"distance^-{power:g}",
    )


def by_difference(
    values: Mapping[str, float], *, standardisation: Standardisation = "row", name: str = ""
) -> SpatialWeights:
    """Weights that fall with the difference of a value: one over its absolute value."""
    labels = sorted(values)
    level = np.array([values[label] for label in labels], dtype=np.float64)
    distance = np.abs(level[:, None] - level)
    np.fill_diagonal(distance, np.inf)
    rows, columns = np.nonzero(distance < np.inf)
    _refuse_zero(labels, rows, columns, distance, Text("取值相同", "with the same value"))
    return SpatialWeights.of(
        labels,
        rows,
        columns,
        1.0 / distance[rows, columns],
        standardisation=standardisation,
        name=name or "difference",
    )


def _distances(places: Places, great_circle: bool) -> tuple[list[str], Floats]:
    """Labels in order and their distances, with infinity on the diagonal."""
    labels = sorted(places)
    wrong: list[Row] = [
        {"label": label, "place": str(places[label])}
        for label in labels
        if not _is_place(places[label], great_circle)
    ]
    if wrong or len(labels) < 2:
        raise ZhihengError(
            "M877",
            Text("坐标读不懂或不足两个。", "Coordinates cannot be read, or fewer than two."),
            evidence=wrong,
            fix=Text(
                "每个单元给（经度, 纬度），单位为度；平面坐标写 great_circle=False。",
                "Give (longitude, latitude) in degrees for each unit; for plane coordinates say "
                "great_circle=False.",
            ),
        )
    at = np.array([places[label] for label in labels], dtype=np.float64)
    distance = great_circle_km(at) if great_circle else np.hypot(*(at[:, None] - at).T).T
    np.fill_diagonal(distance, np.inf)
    return labels, distance


def _is_place(place: Sequence[float], great_circle: bool) -> bool:
    if len(place) != 2 or not np.isfinite(np.asarray(place, dtype=np.float64)).all():
        return False
    return not great_circle or (abs(place[0]) <= 180 and abs(place[1]) <= 90)


def great_circle_km(at: Floats) -> Floats:
    """Distances on the globe between points (longitude, latitude) in degrees; haversine, km."""
    longitude, latitude = np.radians(at).T
    half_latitude = np.sin((latitude[:, None] - latitude) / 2) ** 2
    half_longitude = np.sin((longitude[:, None] - longitude) / 2) ** 2
    chord = half_latitude + np.cos(latitude[:, None]) * np.cos(latitude) * half_longitude
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))


def _refuse_zero(
    labels: Sequence[str],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    distance: Floats,
    what: Text,
) -> None:
    same = [(i, j) for i, j in zip(rows, columns, strict=True) if i < j and distance[i, j] == 0]
    if same:
        raise ZhihengError(
            "M862",
            Text("{n} 对单元{w}，权重没有定义。", "{n} pairs {w}: no weight.").format(
                n=len(same), w=what
            ),
            evidence=[{"from": labels[i], "to": labels[j]} for i, j in same],
            fix=Text("合并这些单元，或改用别的权重。", "Merge these units, or use other weights."),
        )


def _out_of_range(option: str, value: object, fix: Text) -> ZhihengError:
    return ZhihengError(
        "M870",
        Text("选项的值不在范围内。", "An option is out of range."),
        evidence=[{"option": option, "value": value}],
        fix=fix,
    )
