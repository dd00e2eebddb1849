"""Slacks-based efficiency of entities, with undesirable outputs and super-efficiency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result
from zhiheng.core.text import Text
from zhiheng.kernels.dea import Efficiency, Orientation, Quantities, Returns
from zhiheng.kernels.dea_records import Index
from zhiheng.kernels.dea_sbm import sbm, super_sbm
from zhiheng.measure.efficiency_cells import (
    Cells,
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
from zhiheng.measure.efficiency_wording import ceiling_note, figures, notes, super_note

# A score is rebuilt from slacks that are shares of own values and may be much above one.
REBUILT = 1e-8


@method(zh="SBM 效率：松弛、非期望产出、超效率与参照单元", example="efficiency")
def dea_sbm(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    returns: Returns = "crs",
    orientation: Orientation = "none",
    super: bool = False,
    frontier: Frontier = "period",
) -> Result:
    """Measure efficiency by slacks (SBM), with undesirable outputs and super-efficiency.

    Use it for green efficiency of regions or firms of one kind: what inputs and undesirable
    outputs could be saved and what desirable ones gained, measured against the best of the
    sample. Not for entities of different technology, for zero or negative values, for shares
    and indices, or where few units face many variables. Undesirable outputs count as strongly
    disposable and separable (Tone 2003); where they are tied to an input, as carbon is to
    fuel, a weakly disposable model (`dea_directional`) is the check.

    Parameters
    ----------
    panel : Panel
    inputs, outputs, undesirable : lists of str
        Series or expressions, all above zero.
    returns : {"crs", "vrs", "nirs", "ndrs"}
        Returns to scale.
    orientation : {"none", "input", "output"}
        Whose slacks are counted; undesirable outputs go with outputs.
    super : bool
        Whether efficient units get a score of one or more from the programme that leaves
        them out (Tone 2002; with undesirable outputs see `zhiheng.kernels.dea_sbm`).
    frontier : {"period", "pooled"}
        Units of the same period, or of all periods, as reference.

    Raises
    ------
    ZhihengError
        M640 the variables, M641 gaps, M642 values of zero or less, M643 a variable that is
        zero for everyone, M648 two variables in one proportion.

    References
    ----------
    Tone (2001) European Journal of Operational Research 130(3): 498-509; Tone (2002) European
    Journal of Operational Research 143(1): 32-41; Tone (2003) GRIPS Research Report
    I-2003-0005.
    """
    data = read_production(panel, inputs=inputs, outputs=outputs, undesirable=undesirable)

    def plain(units: Quantities, reference: Quantities, member: Index) -> Efficiency:
        return sbm(units, reference, returns=returns, orientation=orientation, member=member)

    def above(units: Quantities, reference: Quantities, member: Index) -> Efficiency:
        return super_sbm(units, reference, returns=returns, orientation=orientation, member=member)

    cells = run(data, frontier, above if super else plain)
    held = influence(data, frontier, plain, cells)
    said = [*notes(panel, data, cells, frontier, returns), *influence_note(panel, data, held)]
    if super:
        said.append(super_note())
        bad = data.count("undesirable")
        if bad and returns == "crs" and orientation == "none":
            said.append(ceiling_note(data.count("output"), bad))
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
        (*certificates(data, cells), _rebuilt(data, cells, orientation)),
        data.series,
    )


def _rebuilt(data: Production, cells: Cells, orientation: Orientation) -> Check:
    """The score from its definition and the slacks, for efficient and other units alike."""
    share = cells.slack / data.values
    m = data.count("input")
    top = 1.0 - share[..., :m].mean(axis=-1)
    bottom = 1.0 + share[..., m:].mean(axis=-1)
    made = {"none": top / bottom, "input": top, "output": 1.0 / bottom}[orientation]
    gap = np.abs(made / cells.score - 1.0)
    return Check(
        Text("由松弛按定义重算的分数等于分数", "the score rebuilt from its slacks"),
        float(np.nan_to_num(gap, nan=0.0).max()),
        REBUILT,
    )
