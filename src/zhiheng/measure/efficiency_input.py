"""What efficiency is computed from: inputs, outputs, undesirable outputs, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.dea import Quantities

Array = NDArray[np.float64]
Role = Literal["input", "output", "undesirable"]
# Two variables whose ratio is the same everywhere to this share are one variable in two units.
PROPORTIONAL = 1e-9


@dataclass(frozen=True, slots=True)
class Production:
    """What units use and make, observed everywhere, entities in the order of their codes.

    Entities are sorted by code so that no result depends on the order of the panel: where
    an optimum is not unique, the choice between equals goes by position.

    Attributes
    ----------
    names : tuple of str
        The expressions: inputs, then outputs, then undesirable outputs.
    roles : tuple of str
        Aligned with `names`.
    units : tuple of str
    values : ndarray, shape (entities, periods, variables)
    entities : tuple of str
        Sorted codes, the first axis of `values`.
    shown : ndarray of int
        Positions in `entities` in the order of the panel, in which tables are written.
    periods : tuple of int
    series : tuple of str
        The base series that the variables stand on.
    notes : tuple of Note
        Of the expressions.
    """

    names: tuple[str, ...]
    roles: tuple[Role, ...]
    units: tuple[str, ...]
    values: Array
    entities: tuple[str, ...]
    shown: NDArray[np.int64]
    periods: tuple[int, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]

    def count(self, role: Role) -> int:
        """How many variables play a role."""
        return self.roles.count(role)

    def quantities(self, values: Array) -> Quantities:
        """Split an array whose last axis is the variables, shape (n, variables)."""
        m, s = self.count("input"), self.count("output")
        return Quantities(values[:, :m], values[:, m : m + s], values[:, m + s :])

    def at(self, period: int) -> Quantities:
        """All entities in the period of this position."""
        return self.quantities(self.values[:, period])

    def pooled(self) -> Quantities:
        """All entities in all periods, period by period."""
        return self.quantities(self.values.swapaxes(0, 1).reshape(-1, len(self.names)))


def read_production(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    zeros: bool = False,
) -> Production:
    """Evaluate the variables and refuse what no frontier can be drawn through.

    Parameters
    ----------
    inputs, outputs, undesirable : lists of str
        Series or expressions.
    zeros : bool
        Whether single zeros are borne (radial and directional models) or refused
        (slacks-based ones, which divide by every value).

    Raises
    ------
    ZhihengError
        M640 no input, no output or a variable given twice, M641 gaps, M642 values of zero
        or less, M643 a variable that is zero for everyone in a period, M648 two variables
        that are one in different units.
    """
    lists = [_listed(inputs), _listed(outputs), _listed(undesirable)]
    names = tuple(name for one in lists for name in one)
    if not lists[0] or not lists[1] or len(set(names)) < len(names):
        raise _variables(names, lists)
    words: tuple[Role, ...] = ("input", "output", "undesirable")
    roles: tuple[Role, ...] = tuple(
        role for role, one in zip(words, lists, strict=True) for _ in one
    )
    meaning = scope(panel.level)
    order = sorted(panel.entities)
    sorted_panel = panel.select(entities=order)
    found = [evaluate(name, sorted_panel, meaning) for name in names]
    values = np.stack([one.values for one in found], axis=-1)
    _refuse(sorted_panel, names, values, zeros=zeros)
    notes = {note.text.en: note for one in found for note in one.notes}
    series = sorted({s for name in names for s in needs(name, meaning)})
    return Production(
        names=names,
        roles=roles,
        units=tuple(str(one.unit) for one in found),
        values=values,
        entities=tuple(order),
        shown=np.argsort(np.argsort(np.array(panel.entities, dtype=str))).astype(np.int64),
        periods=panel.periods,
        series=tuple(series),
        notes=tuple(notes.values()),
    )


def least_units(data: Production) -> int:
    """The usual least number of units: ``max(m s, 3 (m + s))``, undesirable ones among ``s``."""
    m = data.count("input")
    s = len(data.names) - m
    return max(m * s, 3 * (m + s))


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _refuse(panel: Panel, names: tuple[str, ...], values: Array, *, zeros: bool) -> None:
    missing = ~np.isfinite(values)
    if missing.any():
        raise _cells(
            "M641",
            panel.cells(missing, variable=names),
            Text(
                "{n} 个单元格没有数值；缺一个变量的单元不能放进前沿，也不能被评价。",
                "{n} cells have no value; a unit that lacks a variable can neither span a "
                "frontier nor be held against one.",
            ),
            Text(
                "去掉这些地区或时期，或换一个有数据的变量；不要用零代替。",
                "Leave out these entities or periods, or use a variable with data; do not put "
                "zero in its place.",
            ),
        )
    wrong = values < 0 if zeros else values <= 0
    if wrong.any():
        raise _cells(
            "M642",
            panel.cells(wrong, values, variable=names),
            Text(
                "{n} 个单元格不是正数；SBM 以每个数值为除数，径向模型也不容负值。",
                "{n} cells are not above zero; a slacks-based measure divides by every value, "
                "and radial models do not bear negative ones.",
            ),
            Text(
                "核对数据；真正的零产出请换径向或方向距离模型，负值请换变量而不要平移。",
                "Check the data; for true zeros use a radial or directional model, for negative "
                "values another variable, not a shift.",
            ),
        )
    empty = (values == 0).all(axis=0)
    if empty.any():
        rows: list[Row] = [
            {"period": panel.periods[t], "variable": names[i]} for t, i in np.argwhere(empty)
        ]
        raise _cells(
            "M643",
            rows,
            Text(
                "{n} 个变量在某一时期对所有单元都是零，前沿在这一维没有意义。",
                "{n} variables are zero for every unit in a period; no frontier has that side.",
            ),
            Text("去掉这个变量或这一时期。", "Leave out the variable or the period."),
        )
    _refuse_twins(names, values)


def _refuse_twins(names: tuple[str, ...], values: Array) -> None:
    """Refuse two variables in constant proportion, where there are units enough to tell."""
    flat = values.reshape(-1, len(names))
    if len(flat) < 3:
        return
    unit = flat / np.linalg.norm(flat, axis=0)
    for i, j in zip(*np.triu_indices(len(names), k=1), strict=True):
        if np.abs(unit[:, i] - unit[:, j]).max() <= PROPORTIONAL * np.abs(unit[:, i]).max():
            raise ZhihengError(
                "M648",
                Text(
                    "“{a}”与“{b}”处处成同一比例：同一变量算了两次，分数会偏高，松弛会重复。",
                    '"{a}" and "{b}" are in one proportion everywhere: one variable would count '
                    "twice, scores rise and slacks repeat.",
                ).format(a=names[i], b=names[j]),
                evidence=[{"variable": names[i], "same_as": names[j]}],
                fix=Text("只保留其中一个。", "Keep one of them."),
            )


def _cells(code: str, rows: list[Row], what: Text, fix: Text) -> ZhihengError:
    return ZhihengError(code, what.format(n=len(rows)), evidence=rows, fix=fix)


def _variables(names: tuple[str, ...], lists: list[tuple[str, ...]]) -> ZhihengError:
    words = ("input", "output", "undesirable")
    rows: list[Row] = [
        {"role": option_word("dea_role", role), "variable": name}
        for role, one in zip(words, lists, strict=True)
        for name in one
    ]
    twice = len(names) - len(set(names))
    return ZhihengError(
        "M640",
        Text(
            "效率需要至少一个投入和一个产出，每个变量只能出现一次；重复 {n} 个。",
            "Efficiency needs an input and an output, each variable once; {n} are repeated.",
        ).format(n=twice),
        evidence=rows,
        fix=Text(
            "例如 inputs=a,b outputs=y undesirable=c；同一变量不要既作投入又作产出。",
            "As in inputs=a,b outputs=y undesirable=c; do not give one variable two roles.",
        ),
    )
