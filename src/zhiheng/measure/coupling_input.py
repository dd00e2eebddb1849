"""What coupling coordination is computed from, and the misuses that are refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.coupling import Form, misuses
from zhiheng.measure.coupling_draws import Groups

Array = NDArray[np.float64]
MOST_SYSTEMS = 10
SUM_TO_ONE = 1e-9  # weights typed with nine digits or more, such as 0.333333333


@dataclass(frozen=True, slots=True)
class Systems:
    """Levels of the systems on the panel's grid, all observed and in [0, 1].

    Attributes
    ----------
    names : tuple of str
        The expressions, in order.
    levels : ndarray, shape (entities, periods, systems)
    weights : ndarray, shape (systems,)
        Sum to one.
    series : tuple of str
        The base series that the systems stand on.
    """

    names: tuple[str, ...]
    levels: Array
    weights: Array
    series: tuple[str, ...]
    notes: tuple[Note, ...]
    titles: tuple[Text, ...] = ()

    @property
    def unequal(self) -> bool:
        """Whether one system weighs more than another."""
        return bool(np.ptp(self.weights) > SUM_TO_ONE)


def read_systems(
    panel: Panel,
    systems: Sequence[str] | None,
    weights: Sequence[float] | None,
    form: Form,
    groups: Groups | None = None,
) -> Systems:
    """Evaluate the systems, or take the groups of an index, and refuse what is not allowed.

    Raises
    ------
    ZhihengError
        M680 fewer than two or more than ten systems, or one given twice, M681 missing
        cells, M682 levels outside [0, 1], M683 a zero under the traditional form, M684
        weights that are not positive or do not sum to one.
    """
    if groups is not None:
        _refuse_cells(panel, groups.names, groups.levels, form)
        own = _weights(groups.names, weights)
        return Systems(groups.names, groups.levels, own, groups.series, groups.notes, groups.titles)
    names = (systems,) if isinstance(systems, str) else tuple(systems or ())
    if not 2 <= len(names) <= MOST_SYSTEMS or len(set(names)) < len(names):
        raise _number_of_systems(names)
    meaning = scope(panel.level)
    found = [evaluate(name, panel, meaning) for name in names]
    levels = np.stack([one.values for one in found], axis=-1)
    _refuse_cells(panel, names, levels, form)
    notes = {note.text.en: note for one in found for note in one.notes}
    series = sorted({s for name in names for s in needs(name, meaning)})
    return Systems(names, levels, _weights(names, weights), tuple(series), tuple(notes.values()))


def one_of_two() -> ZhihengError:
    """M610: neither or both of `systems` and `system` were given."""
    return ZhihengError(
        "M610",
        Text(
            "要给出 systems（各系统）或 system（指标体系），且只给一样。",
            "Give systems or an index system, and only one of the two.",
        ),
        fix=Text(
            "例如 systems=技术,环境 两个得分，或 system=nqpf-triple-open。",
            "For example systems=technology,environment, or system=nqpf-triple-open.",
        ),
    )


def refuse_unsaid_weights(found: Systems, form: Form, weights_in: str | None) -> None:
    """Raise M685 when unequal weights are to enter without it being said where."""
    if not found.unequal:
        return
    if weights_in is None or (weights_in == "both" and form == "corrected"):
        raise ZhihengError(
            "M685",
            Text(
                "权重不等，而耦合度 C 的公式对各系统一视同仁：C 与 T 用的就不是同一组权重。",
                "The weights are unequal, while the coupling C treats all systems alike: C and T "
                "would not carry the same weights.",
            ),
            evidence=[
                {"system": name, "weight": float(w)}
                for name, w in zip(found.names, found.weights, strict=True)
            ],
            fix=Text(
                "写明 weights_in：both 表示 C 也用加权平均（仅 traditional），"
                "development 表示只有 T 加权；或用等权。",
                "Say weights_in: both for weighted means in C as well (traditional only), "
                "development for weights in T alone; or weigh equally.",
            ),
        )


def read_published(panel: Panel, found: Systems, published: str, digits: int) -> Array:
    """A coupling that was printed elsewhere.

    Raises
    ------
    ZhihengError
        M681 missing cells, M686 a value above one or below zero, with the known
        misuse that reproduces it.
    """
    values = evaluate(published, panel, scope(panel.level)).values
    missing = ~np.isfinite(values)
    if missing.any():
        raise _missing(_cells(panel, published, missing))
    outside = (values < 0) | (values > 1)
    if outside.any():
        like = [k for k, gap in distances(values, found.levels).items() if gap <= margin(digits)]
        rows: list[Row] = [{"formula": option_word("coupling_formula", k)} for k in like]
        raise ZhihengError(
            "M686",
            Text(
                "“{x}”有 {n} 个耦合度不在 0 与 1 之间；正确的公式给不出这样的数。",
                '"{x}" has {n} couplings outside zero to one; no correct formula gives them.',
            ).format(x=published, n=int(outside.sum())),
            evidence=[*rows, *_cells(panel, published, outside, values)],
            fix=Text(
                "核对公式是否漏了开方或系数 n；用 coupling 重算。",
                "Check whether the root or the factor n is missing; compute it with coupling.",
            ),
        )
    return values


def distances(values: Array, levels: Array) -> dict[str, float]:
    """The largest distance of printed couplings from each formula often written by mistake."""
    return {name: float(np.abs(c - values).max()) for name, c in misuses(levels).items()}


def margin(digits: int) -> float:
    """How far a number printed with so many decimals may lie from what it prints."""
    return 0.5 * 10.0**-digits * (1 + 1e-6)


def _refuse_cells(panel: Panel, names: tuple[str, ...], levels: Array, form: Form) -> None:
    for i, name in enumerate(names):
        missing = ~np.isfinite(levels[..., i])
        if missing.any():
            raise _missing(_cells(panel, name, missing))
    rows = _rows(panel, names, levels, (levels < 0) | (levels > 1))
    if rows:
        raise ZhihengError(
            "M682",
            Text(
                "系统的水平必须在 0 与 1 之间，有 {n} 个单元格不在；否则 C 可以大于 1，D 没有界。",
                "Levels of systems must lie in [0, 1]; {n} cells do not. C could then exceed one "
                "and D would have no bound.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "先把各系统合成为 0 到 1 的指数（如 index 的得分），或除以公认的上限。",
                "Make each system an index from zero to one first (such as a score of index), or "
                "divide by an accepted upper limit.",
            ),
        )
    rows = _rows(panel, names, levels, levels == 0)
    if rows and form == "traditional":
        raise ZhihengError(
            "M683",
            Text(
                "有 {n} 个零：传统公式在零处总给 C = 0，不论其余系统多好；"
                "极差标准化的最末一名必然是零，这是标准化的产物。",
                "There are {n} zeros: the traditional form gives C = 0 there however good the "
                "others are, and min-max scaling makes such a zero of whoever is last.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "换不产生零的标准化（如固定参照点），或写明平移，如 0.01 + 0.99 * x。",
                "Use a scaling without zeros (such as fixed goalposts), or write the shift out, as "
                "in 0.01 + 0.99 * x.",
            ),
        )


def _weights(names: tuple[str, ...], weights: Sequence[float] | None) -> Array:
    if weights is None:
        return np.full(len(names), 1.0 / len(names))
    given = [_number(w) for w in weights]
    total = math.fsum(given)
    right = len(given) == len(names) and all(w > 0 for w in given)
    if not right or not abs(total - 1) <= SUM_TO_ONE:
        rows: list[Row] = [{"weights": ", ".join(map(str, weights)), "sum": total}]
        raise ZhihengError(
            "M684",
            Text(
                "权重须与系统一一对应、大于零、和为一；否则 T 与 D 会越出 0 到 1。",
                "Weights must be one per system, above zero and sum to one; else T and D leave "
                "zero to one.",
            ),
            evidence=rows,
            fix=Text(
                "例如两个系统 weights=0.5,0.5；三个系统不要用 0.33。",
                "For two systems say weights=0.5,0.5; for three do not write 0.33.",
            ),
        )
    return np.array(given) / total


def _number(value: object) -> float:
    """A weight from Python or from the command line, where it is a word."""
    try:
        return float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        return math.nan


def _number_of_systems(names: tuple[str, ...]) -> ZhihengError:
    return ZhihengError(
        "M680",
        Text(
            "耦合协调需要二到十个不同的系统，给了 {n} 个。",
            "Coupling needs two to ten different systems; {n} were given.",
        ).format(n=len(names)),
        evidence=[{"system": name} for name in names],
        fix=Text(
            "列出序列或表达式，如 systems=a,b。", "List series or expressions, as in systems=a,b."
        ),
    )


def _missing(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M681",
        Text(
            "{n} 个单元格没有数值；少一个系统的耦合度不能与别的相比。",
            "{n} cells have no value; a coupling with one system less does not compare.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "去掉这些地区或时期，或换一个有数据的系统。",
            "Leave out these entities or periods, or use a system with data.",
        ),
    )


def _rows(
    panel: Panel, names: tuple[str, ...], levels: Array, wanted: NDArray[np.bool_]
) -> list[Row]:
    return [
        row
        for i, name in enumerate(names)
        for row in _cells(panel, name, wanted[..., i], levels[..., i])
    ]


def _cells(
    panel: Panel, name: str, wanted: NDArray[np.bool_], values: Array | None = None
) -> list[Row]:
    return [
        {
            "entity": panel.entities[e],
            "name": panel.name(panel.entities[e]),
            "period": panel.periods[t],
            "system": name,
            **({} if values is None else {"value": float(values[e, t])}),
        }
        for e, t in zip(*np.nonzero(wanted), strict=True)
    ]
