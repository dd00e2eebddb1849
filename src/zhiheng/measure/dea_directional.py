"""Directional distances of entities, with weakly or strongly disposable undesirable outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Result
from zhiheng.core.text import Text
from zhiheng.kernels.dea import Efficiency, Quantities
from zhiheng.kernels.dea_radial import Disposability, directional
from zhiheng.kernels.dea_records import Index
from zhiheng.measure.efficiency_cells import (
    Frontier,
    certificate_table,
    certificates,
    mean_slack_table,
    peer_table,
    run,
    score_table,
    slack_table,
)
from zhiheng.measure.efficiency_influence import influence, influence_note, influence_table
from zhiheng.measure.efficiency_input import Production, read_production
from zhiheng.measure.efficiency_wording import figures, notes

Array = NDArray[np.float64]
DIRECTIONS: Mapping[str, tuple[str, ...]] = {
    "outputs": ("output", "undesirable"),
    "all": ("input", "output", "undesirable"),
    "undesirable": ("undesirable",),
}
"""Which roles move, each by the unit's own value."""


@method(zh="方向距离函数：弱处置或强处置的非期望产出", example="efficiency")
def dea_directional(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    direction: str | Mapping[str, float] = "outputs",
    disposability: Disposability = "weak",
    returns: Literal["crs", "vrs"] = "crs",
    frontier: Frontier = "period",
) -> Result:
    """Measure how far entities can move along a direction: more output, less pollution.

    Use it where undesirable outputs cannot be cut for nothing (weak disposability): carbon of
    burnt fuel, sulphur without a scrubber. The distance is the share (or, with a direction
    in natural units, the number of steps) by which a unit could still move; zero is on the
    frontier. Not a measure of slack: what is left after the move is in the table of slacks.

    Parameters
    ----------
    panel : Panel
    inputs, outputs, undesirable : lists of str
        Series or expressions of at least zero.
    direction : {"outputs", "all", "undesirable"} or mapping of variable to float
        Own values of desirable and undesirable outputs, of all variables, or of undesirable
        outputs alone; or one step for every unit in natural units, variables not named
        staying still.
    disposability : {"weak", "strong"}
        Of undesirable outputs. Weak with variable returns is Kuosmanen's technology.
    returns : {"crs", "vrs"}
    frontier : {"period", "pooled"}

    Raises
    ------
    ZhihengError
        M640 the variables, M641 gaps, M642 negative values, M643 a variable that is zero for
        everyone, M647 a direction that leads nowhere, M648 two variables in one proportion.

    References
    ----------
    Chung, Faere, Grosskopf (1997) Journal of Environmental Management 51(3): 229-240;
    Kuosmanen (2005) American Journal of Agricultural Economics 87(4): 1077-1082.
    """
    data = read_production(
        panel, inputs=inputs, outputs=outputs, undesirable=undesirable, zeros=True
    )
    step = _direction(data, direction)

    def model(units: Quantities, reference: Quantities, member: Index) -> Efficiency:
        return directional(
            units,
            data.quantities(step(units.stacked)),
            reference,
            returns=returns,
            disposability=disposability,
            member=member,
        )

    own = isinstance(direction, str)

    def scored(beta: Array) -> Array:
        """A number that rises as the distance falls, for ranks and comparisons."""
        return 1.0 / (1.0 + beta) if own else -beta

    def turned(units: Quantities, reference: Quantities, member: Index) -> Efficiency:
        found = model(units, reference, member)
        return replace(found, score=scored(found.score))

    first = run(data, frontier, model)
    cells = replace(first, score=scored(first.score))
    held = influence(data, frontier, turned, cells)
    said = [*notes(panel, data, cells, frontier, returns), *influence_note(panel, data, held)]
    said.append(_score_note(own=own))
    if data.count("undesirable"):
        said.append(_disposable(disposability, returns))
    return Result(
        {
            "scores": score_table(panel, data, cells, scored=own, beta=first.score),
            "slacks": slack_table(panel, data, cells),
            "mean_slacks": mean_slack_table(panel, data, cells),
            "peers": peer_table(panel, data, cells),
            "influence": influence_table(panel, data, held),
            "certificates": certificate_table(data, cells),
        },
        figures("score" if own else "beta", level=panel.level, several=len(panel.periods) > 1),
        (*data.notes, *said),
        tuple(certificates(data, cells)),
        data.series,
    )


def _direction(data: Production, direction: str | Mapping[str, float]) -> Callable[[Array], Array]:
    """From values (n, variables) to the direction of each unit, refused where it leads nowhere."""
    if isinstance(direction, str):
        moving = np.array([role in DIRECTIONS.get(direction, ()) for role in data.roles])
        if not moving.any():
            raise _nowhere(data, [{"direction": direction}])
        return lambda values: np.where(moving, values, 0.0)
    fixed = np.array([_number(direction.get(name, 0.0)) for name in data.names])
    unknown = [name for name in direction if name not in data.names]
    if unknown or not (fixed >= 0).all() or not fixed.any():
        rows: list[Row] = [{"variable": k, "step": str(v)} for k, v in direction.items()]
        raise _nowhere(data, rows)
    return lambda values: np.broadcast_to(fixed, values.shape)


def _number(value: object) -> float:
    """A step from Python or from the command line, where it is a word."""
    try:
        return float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        return math.nan


def _nowhere(data: Production, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M647",
        Text(
            "方向须至少移动一个已列出的变量，步长不为负。",
            "A direction moves at least one of the listed variables, by steps of zero or more.",
        ),
        evidence=rows,
        fix=Text(
            "写 direction=outputs、all、undesirable，或按变量给步长：{v}。",
            "Say direction=outputs, all or undesirable, or give steps by variable: {v}.",
        ).format(v=", ".join(f"{name}=1" for name in data.names)),
    )


def _score_note(*, own: bool) -> Note:
    if own:
        return Note(
            Text(
                "beta 是沿方向还能移动的份额，零在前沿上；score = 1 / (1 + beta) 只为排序与作图。",
                "beta is the share by which a unit could still move, zero on the frontier; "
                "score = 1 / (1 + beta) is there for order and figures only.",
            )
        )
    return Note(
        Text(
            "beta 是给定步长的倍数，随步长与单位变化；没有 0 到 1 的分数，名次按 beta 由小到大。",
            "beta counts the given steps and changes with them; there is no score from zero "
            "to one, and ranks go by beta, the least first.",
        )
    )


def _disposable(disposability: Disposability, returns: str) -> Note:
    word = option_word("disposability", disposability)
    if disposability == "strong":
        more = Text(
            "减少非期望产出不以期望产出为代价，会高估可减的量。",
            "Undesirable outputs could be cut at no cost in desirable ones, which overstates what "
            "can be saved.",
        )
    elif returns == "vrs":
        more = Text(
            "规模报酬可变下各参照单元各有减排因子（Kuosmanen 2005）；影子价格可为负。",
            "With variable returns each reference unit has an abatement factor of its own "
            "(Kuosmanen 2005); shadow prices may be negative.",
        )
    else:
        more = Text(
            "减少非期望产出须同比例减少期望产出；影子价格可为负。",
            "Undesirable outputs are cut along with desirable ones; shadow prices may be negative.",
        )
    return Note(Text(f"{word.zh}。{more.zh}", f"{word.en}. {more.en}"))
