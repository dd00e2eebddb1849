"""Identities that an inventory is tested against: sums, published totals, the catalog's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_energy import Flow
from zhiheng.carbon.inventory_factors import Choices, Emission
from zhiheng.carbon.inventory_input import PUBLISHED, Line
from zhiheng.catalog.factors import EMBEDDED
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import fuels
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Table
from zhiheng.core.text import Text

Array = NDArray[np.float64]

ROUNDING = 1e-12
"""Relative; sums of at most a few hundred lines in another order."""

PUBLISHED_SUMS = 1e-3
"""Relative; published inventories print about seven digits and round each cell."""

TEN_DIGITS = 1e-9
"""Relative; the catalog writes the factors of `co2_final_use` with ten digits."""

COEFFICIENTS = 1e-9
"""Relative; the compiler of final energy used the same coefficients; single cells are rounded."""


def checks(
    panel: Panel,
    lines: Sequence[Line],
    found: Sequence[Emission],
    energy: Sequence[Flow],
    how: Choices,
) -> tuple[Check, ...]:
    """Every identity that can be tested on what is there."""
    out = [_sums(found)]
    own = _catalogued(panel, lines, found, how)
    if own is not None:
        out.append(own)
    coal = _final_energy(panel, energy)
    if coal is not None:
        out.append(coal)
    out += _published(panel, lines)
    return tuple(out)


def check_table(tested: Sequence[Check]) -> Table:
    """The checks as a table."""
    return Table.of(
        ("number",),
        number=np.arange(1, len(tested) + 1),
        check_zh=[c.name.zh for c in tested],
        check_en=[c.name.en for c in tested],
        residual=np.array([c.residual for c in tested]),
        tolerance=np.array([c.tolerance for c in tested]),
        passed=np.array([c.passed for c in tested]),
    )


def _sums(found: Sequence[Emission]) -> Check:
    """Sectors and fuels, summed apart, give one total."""
    ends: list[Array] = []
    for part in ("sector", "carrier"):
        groups: dict[str, Array] = {}
        for one in found:
            name = str(getattr(one.line, part))
            groups[name] = groups.get(name, 0.0) + one.co2e
        ends.append(np.sum(list(groups.values()), axis=0))
    name = Text("部门之和等于燃料之和", "sectors and fuels have one sum")
    return Check(name, _relative(ends[0], ends[1]), ROUNDING)


def _catalogued(
    panel: Panel, lines: Sequence[Line], found: Sequence[Emission], how: Choices
) -> Check | None:
    wanted = {f"final_{f.fuel}" for f in fuels()}
    given = {line.series for line in lines if line.counted and line.kind == "fuel"}
    if panel.level != "province" or given != wanted or how.factors != {"default": EMBEDDED}:
        return None
    if any(name.startswith(("ncv.", "ef.", "carbon.", "oxidation.")) for name in panel.series):
        return None
    known = evaluate("co2_final_use", panel, scope(panel.level)).values
    total = np.sum([e.co2e for e in found if e.scope == "1" and e.gas == "CO2"], axis=0)
    name = Text("等于目录里的终端能源消费 CO2", "equals CO2 of final use of the catalog")
    return Check(name, _relative(total, known), TEN_DIGITS)


def _final_energy(panel: Panel, energy: Sequence[Flow]) -> Check | None:
    """Coal equivalents of the carriers of final use against the published total."""
    if "final_energy" not in panel.series or panel.level != "province":
        return None
    parts = [f for f in energy if f.line.basis == "final"]
    if len(parts) != len(fuels()) + 3:
        return None
    total = np.sum([f.tce for f in parts], axis=0)
    name = Text(
        "各能源折标煤之和等于终端能源消费总量",
        "carriers in coal equivalent sum to final energy consumption",
    )
    return Check(name, _relative(total, panel.array("final_energy")), COEFFICIENTS)


def _published(panel: Panel, lines: Sequence[Line]) -> list[Check]:
    """Totals that a published inventory prints, against the sums of its rows and columns."""
    cells = [x for x in lines if x.kind == "emission" and x.stated]
    worst = {"sector": 0.0, "fuel": 0.0}
    seen = {"sector": False, "fuel": False}
    for line in cells:
        if line.carrier in PUBLISHED and not line.total:
            parts = [x for x in cells if x.sector == line.sector and x.counted]
            kind = "fuel"
        elif line.total and line.carrier not in PUBLISHED:
            parts = [x for x in cells if x.carrier == line.carrier and x.counted]
            kind = "sector"
        else:
            continue
        parts = (
            [x for x in parts if not x.carrier.startswith("scope_2")] if kind == "fuel" else parts
        )
        if parts:
            total = np.sum([panel.array(x.series) for x in parts], axis=0)
            worst[kind] = max(worst[kind], _relative(total, panel.array(line.series)))
            seen[kind] = True
    names = {
        "sector": Text("各部门之和等于公布的合计", "sectors sum to the published totals"),
        "fuel": Text("各燃料之和等于公布的部门合计", "fuels sum to the published sums of sectors"),
    }
    return [Check(names[k], worst[k], PUBLISHED_SUMS) for k in ("sector", "fuel") if seen[k]]


def _relative(one: Array, other: Array) -> float:
    size = np.maximum(np.abs(one), np.abs(other))
    off = np.divide(np.abs(one - other), size, out=np.zeros_like(size), where=size > 0)
    return float(np.nanmax(off)) if np.isfinite(off).any() else 0.0
