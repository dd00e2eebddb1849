"""Spatial weights by name, from a file, or made here; ``zhiheng.spatial`` is this module.

A method's option `spatial` takes a name of the catalog (``provinces``), the path
of a CSV file (pairs ``a,b[,weight]``, or a square matrix with labels in the first
row and column), or a record made with one of these functions.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml
from zhiheng.catalog.region_files import Level
from zhiheng.catalog.regions import adjacency, is_region, provinces, region
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.expression import evaluate
from zhiheng.core.local_files import local_file
from zhiheng.core.neighbours import (
    Pair,
    by_difference,
    from_matrix,
    from_pairs,
    inverse_distance,
    k_nearest,
)
from zhiheng.core.panel import Panel
from zhiheng.core.spatial import SpatialWeights, Standardisation
from zhiheng.core.text import Text

__all__ = [
    "SpatialWeights",
    "contiguity",
    "economic_distance",
    "from_matrix",
    "from_pairs",
    "inverse_distance",
    "k_nearest",
    "names",
    "read_weights",
    "weights_for",
]

Islands = Literal["refuse", "drop"]


class _Matrix(Entry):
    """One named matrix of ``weights.toml``."""

    id: str
    level: Level
    links: bool
    title: Words
    source: str
    status: EntryStatus


class _MatrixFile(Entry):
    """The file ``weights.toml``."""

    matrix: tuple[_Matrix, ...]


def names() -> dict[str, Text]:
    """The named weights of the catalog with their titles."""
    return {entry.id: entry.title for entry in _entries().values()}


@cache
def _entries() -> dict[str, _Matrix]:
    return {entry.id: entry for entry in read_toml("regions/weights.toml", _MatrixFile).matrix}


def contiguity(name: str = "provinces", *, standardisation: Standardisation = "row",
               links: bool | None = None) -> SpatialWeights:  # fmt: skip
    """Neighbours by a common border, from the catalog.

    Use it for 31 or 34 provinces; a part of them is selected by the method that
    gets the weights. Hainan has no land border: ``provinces`` counts the declared
    link to Guangdong across the Qiongzhou Strait as a neighbour and says so,
    ``provinces_borders`` leaves Hainan (and Taiwan) an island.

    Parameters
    ----------
    name : str
        A name of `names`.
    standardisation : {"row", "none", "spectral"}
    links : bool, optional
        Overrides whether declared links count.

    Raises
    ------
    ZhihengError
        M867 there are no weights of this name.
    """
    if name not in _entries():
        raise _unreadable(name, Text("目录里没有这个名称", "the catalog has no such name"))
    entry = _entries()[name]
    linked = entry.links if links is None else links
    found = adjacency(links=linked)
    across = [(p.a, p.b) for p in found if p.kind == "link"]
    return from_pairs(
        [(p.a, p.b) for p in found],
        labels=[r.code for r in provinces()],
        standardisation=standardisation,
        name=name,
        links=across,
    )


def economic_distance(
    panel: Panel, variable: str, *, standardisation: Standardisation = "row"
) -> SpatialWeights:
    """Weights that fall with economic distance: one over the difference of means over periods.

    Use a variable that the studied outcome does not enter, or the weights are
    endogenous.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression, such as ``gdp_real / population``.

    Raises
    ------
    ZhihengError
        M800 missing cells, M862 two entities with the same mean.
    """
    found = evaluate(variable, panel, scope(panel.level)).values
    missing = panel.cells(~np.isfinite(found))
    if missing:
        raise ZhihengError(
            "M800",
            Text(
                "“{x}”有 {n} 个单元格没有观测值。", '"{x}" has {n} cells without an observation.'
            ).format(x=variable, n=len(missing)),
            evidence=missing,
            fix=Text("换一个窗口或变量。", "Choose another window or variable."),
        )
    means = dict(zip(panel.entities, found.mean(axis=1).tolist(), strict=True))
    return by_difference(means, standardisation=standardisation, name=f"1/|Δ {variable}|")


def weights_for(
    panel: Panel, spatial: str | SpatialWeights, *, islands: Islands = "refuse"
) -> tuple[SpatialWeights, Panel]:
    """The weights among the entities of a panel, and the panel that goes with them.

    Labels are compared as the panel's level does: codes and names of one region
    are the same. The weights come in the panel's order of entities.

    Parameters
    ----------
    panel : Panel
    spatial : str or SpatialWeights
    islands : {"refuse", "drop"}
        What to do with entities that have no neighbour in the panel.

    Raises
    ------
    ZhihengError
        M865 an entity that the weights lack, M866 islands, M867 a name or a file
        that cannot be read.
    """
    weights = read_weights(spatial) if isinstance(spatial, str) else spatial
    if panel.level and weights.labels and all(map(is_region, weights.labels)):
        weights = _coded(weights)
    here = weights.select(panel.entities)
    if not here.islands:
        return here, panel
    if islands == "refuse":
        raise _islands(panel, here)
    kept = [e for e in panel.entities if e not in set(here.islands)]
    if not kept:
        raise _islands(panel, here)
    return here.select(kept), panel.select(entities=kept)


def _coded(weights: SpatialWeights) -> SpatialWeights:
    codes = {label: region(label).code for label in weights.labels}
    if all(label == code for label, code in codes.items()):
        return weights
    return SpatialWeights(
        tuple(codes.values()),
        weights.starts,
        weights.columns,
        weights.given,
        weights.standardisation,
        weights.name,
        weights.directed,
        tuple((codes[a], codes[b]) for a, b in weights.links),
        weights.notes,
    )


def read_weights(name: str) -> SpatialWeights:
    """Weights of the catalog by name, or of a CSV file by path.

    Raises
    ------
    ZhihengError
        M867 neither a name nor a readable file; M860–M864 what the file holds.
    """
    if name in _entries():
        return contiguity(name)
    path = local_file(name)
    if path is None:
        raise _unreadable(name, Text("既不是目录名也不是文件", "neither a name nor a file"))
    try:
        lines = [row for row in csv.reader(path.read_text("utf-8-sig").splitlines()) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(name, Text.same(str(error))) from error
    if not lines:
        raise _unreadable(name, Text("文件是空的", "the file is empty"))
    if [cell.strip().lower() for cell in lines[0][:2]] == ["a", "b"]:
        return from_pairs(_pairs_of(name, lines[1:]), name=path.name)
    return _matrix_of(name, lines, path.name)


def _pairs_of(file: str, lines: Sequence[Sequence[str]]) -> list[Pair]:
    out: list[Pair] = []
    for number, row in enumerate(lines, start=2):
        cells = [cell.strip() for cell in row]
        if len(cells) not in (2, 3) or not all(cells[:2]):
            raise _unreadable(file, Text("行 {n} 不是一对", "line {n} is no pair").format(n=number))
        ends = (cells[0], cells[1])
        out.append((*ends, _number(file, number, cells[2])) if len(cells) == 3 else ends)
    return out


def _matrix_of(file: str, lines: Sequence[Sequence[str]], name: str) -> SpatialWeights:
    labels = [cell.strip() for cell in lines[0][1:]]
    rows = [row[0].strip() for row in lines[1:]]
    if labels != rows:
        at = next((i for i, (a, b) in enumerate(zip(labels, rows, strict=False)) if a != b), "-")
        raise _unreadable(
            file,
            Text(
                "首行与首列的标签不一致（第 {i} 个起）；成对的文件首行须为 a,b",
                "labels of the first row and column differ (from number {i}); a file of pairs "
                "starts with a,b",
            ).format(i=at),
        )
    values = [[_number(file, i, c) for c in row[1:]] for i, row in enumerate(lines[1:], start=2)]
    if any(len(row) != len(labels) for row in values):
        raise _unreadable(file, Text("行长短不一", "rows differ in length"))
    matrix = np.array(values, dtype=np.float64)
    pattern = matrix != 0
    # a file that was standardised by row has unequal values but still pairs both ways
    return from_matrix(matrix, labels, name=name, directed=not bool((pattern == pattern.T).all()))


def _number(file: str, line: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise _unreadable(
            file,
            Text("行 {n} 的“{c}”不是数", "line {n}: {c!r} is no number").format(n=line, c=cell),
        ) from error


def _unreadable(name: str, why: Text) -> ZhihengError:
    known = names()
    row: Row = {"spatial": name, "why": why, "nearest": ", ".join(nearest(name, known)) or "-"}
    return ZhihengError(
        "M867",
        Text("空间权重“{n}”读不出来。", 'The spatial weights "{n}" cannot be read.').format(n=name),
        evidence=[row],
        fix=Text(
            "写目录里的名称（{k}），或 CSV 文件的路径：成对的 a,b[,weight]，或带标签的方阵。",
            "Give a name of the catalog ({k}), or the path of a CSV file: pairs a,b[,weight], or "
            "a square matrix with labels.",
        ).format(k=", ".join(known)),
    )


def _islands(panel: Panel, weights: SpatialWeights) -> ZhihengError:
    rows: list[Row] = [{"entity": e, "name": panel.name(e)} for e in weights.islands]
    return ZhihengError(
        "M866",
        Text(
            "按空间权重“{w}”，{n} 个地区在面板里没有邻居。",
            'By the weights "{w}", {n} entities have no neighbour in the panel.',
        ).format(w=weights.name, n=len(rows)),
        evidence=rows,
        fix=Text(
            "写 islands=drop 去掉它们（会说明），或换一套权重（如 provinces 把海南连到广东）。",
            "Say islands=drop to leave them out (it is said), or use other weights (provinces "
            "links Hainan to Guangdong).",
        ),
    )
