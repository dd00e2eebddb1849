"""Radial efficiency of entities (CCR, BCC), with two ways to read undesirable outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
from zhiheng.kernels.dea import Efficiency, Quantities, Returns
from zhiheng.kernels.dea_radial import as_inputs, radial, translated
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
from zhiheng.measure.efficiency_wording import figures, notes, super_note

Array = NDArray[np.float64]
Reading = Literal["input", "translation"]


@method(zh="径向效率（CCR、BCC）：投入或产出导向、松弛与超效率", example="efficiency")
def dea_radial(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    undesirable_as: Reading | None = None,
    translation: Sequence[float] | None = None,
    orientation: Literal["input", "output"] = "input",
    returns: Returns = "crs",
    super: bool = False,
    frontier: Frontier = "period",
) -> Result:
    """Measure radial efficiency (CCR, BCC), with slacks and super-efficiency.

    Use it where all inputs (or all outputs) can move in one proportion, and to compare with
    older studies. It overlooks slacks in the score: a unit is efficient only with a score of
    one and no slack in the second stage. Undesirable outputs have no place in the model, so
    that their reading must be said; for green efficiency `dea_sbm` or `dea_directional` is
    the better choice.

    Parameters
    ----------
    panel : Panel
    inputs, outputs, undesirable : lists of str
        Series or expressions of at least zero.
    undesirable_as : {"input", "translation"}
        Needed with undesirable outputs: counted as inputs, or as desirable outputs
        ``translation - b`` (Seiford and Zhu 2002, variable returns only).
    translation : list of float
        One constant per undesirable output, above all of its values; by default the largest
        value of the panel plus one, as deaR does. Oriented to outputs, scores depend on it.
    orientation : {"input", "output"}
        The score is theta, or one over phi.
    returns : {"crs", "vrs", "nirs", "ndrs"}
    super : bool
        Whether every unit is held against all others instead (Andersen and Petersen 1993).
    frontier : {"period", "pooled"}

    Raises
    ------
    ZhihengError
        M640 the variables, M641 gaps, M642 negative values, M643 a variable that is zero for
        everyone, M646 undesirable outputs without a valid reading, M648 two variables in one
        proportion.

    References
    ----------
    Charnes, Cooper, Rhodes (1978) European Journal of Operational Research 2(6): 429-444;
    Banker, Charnes, Cooper (1984) Management Science 30(9): 1078-1092; Seiford, Zhu (2002)
    European Journal of Operational Research 142(1): 16-20; Hua, Bian (2007) in Zhu, Cook
    (eds) Modeling Data Irregularities and Structural Complexities in DEA, 103-121.
    """
    data = read_production(
        panel, inputs=inputs, outputs=outputs, undesirable=undesirable, zeros=True
    )
    by = _constants(data, undesirable_as, translation, returns)

    def read(quantities: Quantities) -> Quantities:
        return as_inputs(quantities) if by is None else translated(quantities, by)

    def hold(
        units: Quantities, reference: Quantities, member: Index, *, leave_out: bool = False
    ) -> Efficiency:
        found = radial(
            read(units),
            read(reference),
            returns=returns,
            orientation=orientation,
            member=member,
            leave_out=leave_out,
        )
        return _back(found, units, by)

    def above(units: Quantities, reference: Quantities, member: Index) -> Efficiency:
        # on the frontier or not is a matter of the plain programme
        efficient = hold(units, reference, member).efficient
        return replace(hold(units, reference, member, leave_out=True), efficient=efficient)

    cells = run(data, frontier, above if super else hold)
    held = influence(data, frontier, hold, cells)
    said = [*notes(panel, data, cells, frontier, returns), *influence_note(panel, data, held)]
    said += [_reading(data, by)] if data.count("undesirable") else []
    said += [super_note()] if super else []
    return Result(
        {
            "scores": score_table(panel, data, cells),
            "slacks": slack_table(panel, data, cells),
            "mean_slacks": mean_slack_table(panel, data, cells),
            "peers": peer_table(panel, data, cells),
            "influence": influence_table(panel, data, held),
            "certificates": certificate_table(data, cells),
        },
        figures(level=panel.level, several=len(panel.periods) > 1),
        (*data.notes, *said),
        tuple(certificates(data, cells)),
        data.series,
    )


def _constants(
    data: Production, reading: Reading | None, given: Sequence[float] | None, returns: Returns
) -> Array | None:
    """The constants of the translation; none where undesirable outputs are read as inputs."""
    count = data.count("undesirable")
    if reading is None and count:
        raise _unread(
            data,
            Text(
                "径向模型没有非期望产出的位置，须写明怎么读它。",
                "A radial model has no place for undesirable outputs; say how they are read.",
            ),
        )
    if reading != "translation" or not count:
        return None
    if returns != "vrs":
        raise _unread(
            data,
            Text(
                "平移只在规模报酬可变时保持有效集；现为 {r}。",
                "A translation keeps the efficient set with variable returns only, not with {r}.",
            ).format(r=option_word("returns", returns)),
        )
    largest = data.values[..., -count:].max(axis=(0, 1))
    by = largest + 1.0 if given is None else np.array([_number(v) for v in given])
    if by.shape != largest.shape or not (by > largest).all():
        raise _unread(
            data,
            Text(
                "平移常数须与非期望产出一一对应，且大于其全部数值。",
                "Constants of the translation must be one per undesirable output and above all "
                "of its values.",
            ),
            largest,
        )
    return by


def _number(value: object) -> float:
    """A constant from Python or from the command line, where it is a word."""
    try:
        return float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        return math.nan


def _unread(data: Production, what: Text, largest: Array | None = None) -> ZhihengError:
    bad = data.names[-data.count("undesirable") :]
    rows: list[Row] = [
        {"variable": name, **({} if largest is None else {"largest": float(largest[i])})}
        for i, name in enumerate(bad)
    ]
    return ZhihengError(
        "M646",
        what,
        evidence=rows,
        fix=Text(
            "写 undesirable_as=input；或 undesirable_as=translation returns=vrs，"
            "需要时给出 translation。",
            "Say undesirable_as=input, or undesirable_as=translation returns=vrs and, where "
            "wanted, translation.",
        ),
    )


def _back(found: Efficiency, units: Quantities, by: Array | None) -> Efficiency:
    """Slacks and targets of the three kinds, from a model that knows two."""
    m, s = units.x.shape[1], units.y.shape[1]
    slack, target = found.slack, found.target
    if by is None:
        parts = [Quantities(q.x[:, :m], q.y, q.x[:, m:]) for q in (slack, target)]
    else:
        parts = [
            Quantities(slack.x, slack.y[:, :s], slack.y[:, s:]),
            Quantities(target.x, target.y[:, :s], by - target.y[:, s:]),
        ]
    return replace(found, slack=parts[0], target=parts[1])


def _reading(data: Production, by: Array | None) -> Note:
    if by is None:
        return Note(
            Text(
                "非期望产出当作投入：两者须同比例变动，因此不是物质平衡意义上的排放。",
                "Undesirable outputs are read as inputs: they move in one proportion with them, "
                "which no material balance says of emissions.",
            )
        )
    bad = data.names[-data.count("undesirable") :]
    said = ", ".join(f"{name}: {value:g}" for name, value in zip(bad, by, strict=True))
    return Note(
        Text(
            "非期望产出以“常数减原值”当作期望产出，常数为 {c}；产出导向的分数随常数变化，"
            "常数带单位。",
            "Undesirable outputs are read as constant minus value, with {c}; oriented to outputs "
            "the scores depend on these constants, which carry units.",
        ).format(c=said)
    )
