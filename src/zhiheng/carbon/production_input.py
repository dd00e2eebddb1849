"""What production decomposition reads: quantities above zero, without gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zhiheng.carbon.completeness import whole_entities
from zhiheng.carbon.factor_refusals import nominal
from zhiheng.catalog.boundaries import refuse_mixed
from zhiheng.catalog.prices import in_current_prices
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.production_decomposition import Production


@dataclass(frozen=True, slots=True)
class Inputs:
    """Quantities of the entities in use, and the unit of emissions."""

    panel: Panel
    production: Production
    unit: str
    left_out: tuple[str, ...]
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_production(
    panel: Panel,
    names: Sequence[str],
    *,
    gaps: Literal["refuse", "drop"],
    boundaries: Mapping[str, str] | None,
) -> Inputs:
    """Read emissions, energy, output and further inputs, in this order.

    Raises
    ------
    ZhihengError
        C432, M800, M831, M934, M945.
    """
    if len(panel.periods) < 2:
        raise ZhihengError(
            "M831",
            Text("只有一个时期，没有变化可以分解。", "There is one period only, so no change."),
            evidence=[{"periods": ", ".join(map(str, panel.periods))}],
            fix=Text("至少选两个时期。", "Select two periods or more."),
        )
    meaning = scope(panel.level)
    ratio = f"({names[0]}) / ({names[1]})"
    refuse_mixed([*names, ratio], meaning, panel=panel, declared=boundaries)
    found = [evaluate(name, panel, meaning) for name in names]
    if in_current_prices(names[2], found[2].unit, panel, meaning):
        raise nominal(
            panel,
            "output",
            names[2],
            found[2].unit,
            Text(
                "产出 {a} 以当年价计，涨价会被读成技术进步。",
                "The output {a} is in current prices: inflation would pass for technology.",
            ),
        )
    values = np.stack([one.values for one in found], axis=-1)
    kept, values, left_out = whole_entities(panel, names, values, gaps)
    if (values <= 0).any():
        rows = kept.cells(values <= 0, values, variable=names)
        raise ZhihengError(
            "M945",
            Text(
                "有 {n} 个值不大于零，没有对数与比值。",
                "{n} values are not above zero: they have no ratio and no logarithm.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "去掉这些地区或时期，或换一个变量。",
                "Leave these entities or periods out, or choose another variable.",
            ),
        )
    production = Production(values[..., 1], values[..., 2], values[..., 0], values[..., 3:])
    return Inputs(
        panel=kept,
        production=production,
        unit=found[0].unit,
        left_out=left_out,
        series=tuple(sorted({s for name in names for s in needs(name, meaning)})),
        notes=tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )
