"""Who holds the frontier up: what scores would be without each efficient unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text
from zhiheng.measure.efficiency_cells import Cells, Frontier, Model, places
from zhiheng.measure.efficiency_input import Production

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Influence:
    """One row per efficient cell: whom it serves as a peer, and what they would score without it.

    Attributes
    ----------
    cell : ndarray of int, shape (rows, 2)
        Positions of entity and period.
    serves : ndarray of int, shape (rows,)
        Inefficient cells that have it among their peers. Only their scores can change.
    change, largest : ndarray, shape (rows,)
        Mean and largest rise of their scores; NaN where it serves nobody.
    whom : ndarray of int, shape (rows, 2)
        The cell with the largest rise; −1 where there is none.
    """

    cell: NDArray[np.int64]
    serves: NDArray[np.int64]
    change: Array
    largest: Array
    whom: NDArray[np.int64]


def influence(data: Production, frontier: Frontier, model: Model, cells: Cells) -> Influence:
    """Take each efficient cell out of the frontier and solve anew for those that it serves.

    A cell that does not have it among its peers keeps its optimum, so that nothing else
    needs to be solved. `model` is the plain one, without super-efficiency. Idle use of a unit
    (`dea_radial.with_idle`) makes no peer and is not seen here.
    """
    rows = np.argwhere(cells.efficient)
    values = data.values
    unit, period, peer, other = cells.peers.T
    below = ~cells.efficient[unit, period]
    serves, change = np.zeros(len(rows), dtype=np.int64), np.full((2, len(rows)), np.nan)
    whom = np.full((len(rows), 2), -1, dtype=np.int64)
    for i, (e, t) in enumerate(rows):
        mine = below & (peer == e) & (other == t)
        serves[i] = mine.sum()
        if not mine.any():
            continue
        group = (
            np.argwhere(np.ones(cells.score.shape, dtype=bool))
            if frontier == "pooled"
            else np.column_stack([np.arange(len(values)), np.full(len(values), t)])
        )
        rest = group[(group[:, 0] != e) | (group[:, 1] != t)]
        served = np.column_stack([unit[mine], period[mine]])
        found = model(
            data.quantities(values[tuple(served.T)]),
            data.quantities(values[tuple(rest.T)]),
            _positions(served, rest, values.shape[1]),
        )
        rise = found.score - cells.score[tuple(served.T)]
        change[:, i] = rise.mean(), rise.max()
        whom[i] = served[rise.argmax()]
    return Influence(rows, serves, change[0], change[1], whom)


def influence_table(panel: Panel, data: Production, found: Influence) -> Table:
    """The efficient cells, whom they serve and what others would score without them."""
    place = np.argsort(data.shown)
    order = np.lexsort((found.cell[:, 1], place[found.cell[:, 0]]))
    cell, whom = found.cell[order], found.whom[order]
    names = [panel.name(data.entities[i]) if i >= 0 else Text.same("—") for i in whom[:, 0]]
    return Table.of(
        ("entity", "period"),
        **places(panel, data, cell[:, 0], cell[:, 1]),
        serves=found.serves[order],
        rise_without=found.change[order],
        largest_change=found.largest[order],
        most_changed_zh=[n.zh for n in names],
        most_changed_en=[n.en for n in names],
    )


def influence_note(panel: Panel, data: Production, found: Influence) -> list[Note]:
    """The cell whose absence would move scores most in sum, whose data are to be checked first."""
    if not found.serves.any():
        return []
    total = np.where(found.serves > 0, np.nan_to_num(found.change) * found.serves, -np.inf)
    top = int(total.argmax())
    e, t = found.cell[top]
    return [
        Note(
            Text(
                "前沿最依赖{x} {p}：没有它，以它为参照的 {n} 个单元格平均高 {c:.3f}。"
                "前沿单元的一个错数会压低所有人，请先核对它的数据（见 influence 表）。",
                "The frontier rests most on {x} {p}: without it the {n} cells that it serves "
                "would score {c:.3f} more on average. One wrong number of a frontier unit lowers "
                "everyone; check its data first (table influence).",
            ).format(
                x=panel.name(data.entities[e]),
                p=data.periods[t],
                n=int(found.serves[top]),
                c=float(found.change[top]),
            )
        )
    ]


def _positions(
    wanted: NDArray[np.int64], rest: NDArray[np.intp], periods: int
) -> NDArray[np.int64]:
    """Where each wanted cell stands among the rest; all of them do."""
    keys = rest[:, 0] * periods + rest[:, 1]
    order = np.argsort(keys)
    return order[np.searchsorted(keys[order], wanted[:, 0] * periods + wanted[:, 1])]
