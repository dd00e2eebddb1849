"""Drivers of a change: LMDI-I additive decomposition of an identity."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import lmdi_wording as wording
from zhiheng.carbon.factors import Factors, read_factors
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.identities import identity as read_identity
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.lmdi import Lmdi
from zhiheng.kernels.lmdi import lmdi as decompose

# The promised bound, relative to the largest of |change|, start and end; rounding alone stays
# four digits below it.
CLOSURE = 1e-10


@method(zh="LMDI 分解：排放等变化量归于各因素，逐期链式相加", example="regions")
def lmdi(
    panel: Panel,
    *,
    identity: str,
    chain: bool = True,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Decompose a change into the effects of the factors of an identity (additive LMDI-I).

    Use it to say by how much each factor moved an amount, without a remainder.
    It is arithmetic, not causation: factors of an identity are no independent
    levers. It is undefined for negative values; decompose sinks apart.

    Parameters
    ----------
    panel : Panel
        Two periods or more. Effects are computed for each entity and summed.
    identity : str
        A catalogued identity such as ``kaya``, or one written out, such as
        ``co2: population * gdp_real/population * co2/gdp_real``.
    chain : bool
        Sum the effects of period-to-period steps; otherwise one step from the
        first period to the last.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropping leaves the whole entity out.

    Raises
    ------
    ZhihengError
        C430/C431 an identity that cannot be read or found, M800 gaps, M831 fewer
        than two periods, M832 an identity that does not hold, M833 negative values.

    References
    ----------
    Ang (2005) Energy Policy 33(7): 867-871; Ang, Zhang and Choi (1998) Energy
    23(6): 489-495.
    """
    if len(panel.periods) < 2:
        raise _too_short(panel)
    meaning = read_identity(identity)
    data = read_factors(panel, meaning, gaps=gaps)
    found = decompose(data.aggregate, data.factors, chain=chain)
    tables = {
        "effects": _effects(found, meaning, data),
        "change": _change(data),
        "by_period": _by_period(found, meaning, data),
    }
    if len(data.panel.entities) > 1:
        tables["by_entity"] = _by_entity(found, meaning, data)
    notes = (*data.notes, *wording.notes(meaning, data, found, chain=chain))
    figures = _figures(meaning, steps=len(found.first))
    return Result(tables, figures, notes, _checks(found, data), data.series)


def _effects(found: Lmdi, identity: Identity, data: Factors) -> Table:
    effect = found.effects.sum(axis=(0, 1))
    start = data.aggregate[:, 0].sum()
    return Table.of(
        ("factor",),
        **_titled(identity, 1),
        effect=effect,
        share=_share(effect, np.array(found.change.sum())),
        relative_effect=_share(effect, np.array(start)),
        unit=[data.unit] * len(effect),
    )


def _change(data: Factors) -> Table:
    start, end = data.aggregate[:, 0].sum(), data.aggregate[:, -1].sum()
    return Table.of(
        (),
        period_from=[data.panel.periods[0]],
        period=[data.panel.periods[-1]],
        start=[start],
        end=[end],
        change=[end - start],
        relative_change=[(end - start) / start if start > 0 else np.nan],
        unit=[data.unit],
        n=[len(data.panel.entities)],
    )


def _by_period(found: Lmdi, identity: Identity, data: Factors) -> Table:
    effect = found.effects.sum(axis=0)
    periods = np.array(data.panel.periods, dtype=np.int64)
    factors = effect.shape[1]
    return Table.of(
        ("period_from", "period", "factor"),
        period_from=np.repeat(periods[found.first], factors),
        period=np.repeat(periods[found.last], factors),
        **_titled(identity, len(effect)),
        effect=effect.ravel(),
        unit=[data.unit] * effect.size,
    )


def _by_entity(found: Lmdi, identity: Identity, data: Factors) -> Table:
    effect = found.effects.sum(axis=1)
    change = found.change.sum(axis=1, keepdims=True)
    entities, factors = effect.shape
    names = [data.panel.name(e) for e in data.panel.entities]
    return Table.of(
        ("entity", "factor"),
        entity=[e for e in data.panel.entities for _ in range(factors)],
        name_zh=[n.zh for n in names for _ in range(factors)],
        name_en=[n.en for n in names for _ in range(factors)],
        **_titled(identity, entities),
        effect=effect.ravel(),
        share=_share(effect, change).ravel(),
        unit=[data.unit] * effect.size,
    )


def _titled(identity: Identity, times: int) -> dict[str, list[str]]:
    return {
        "factor": [f.id for f in identity.factors] * times,
        "factor_title_zh": [f.title.zh for f in identity.factors] * times,
        "factor_title_en": [f.title.en for f in identity.factors] * times,
    }


def _share(effect: NDArray[np.float64], change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Effects over the change or the start; NaN where that is zero."""
    out = np.full(effect.shape, np.nan)
    return np.divide(effect, change, out=out, where=np.broadcast_to(change != 0, effect.shape))


def _checks(found: Lmdi, data: Factors) -> tuple[Check, ...]:
    total = found.change.sum()
    start, end = data.aggregate[:, 0].sum(), data.aggregate[:, -1].sum()
    left = found.effects.sum() - (end - start)
    size = max(abs(total), start, end)
    return (
        Check(
            Text(
                "各因素效应之和等于每个地区每一步的变化",
                "effects sum to every entity's change in every step",
            ),
            float(np.abs(found.residual).max()),
            CLOSURE,
        ),
        Check(
            Text("各因素效应之和等于总变化", "effects sum to the total change"),
            float(left / size) if size > 0 else 0.0,
            CLOSURE,
        ),
        Check(
            Text("各因素之积等于被分解量", "the product of the factors is the decomposed quantity"),
            data.deviation,
            CLOSURE,
        ),
    )


def _too_short(panel: Panel) -> ZhihengError:
    return ZhihengError(
        "M831",
        Text(
            "只有一个时期，没有变化可以分解。",
            "There is one period only, so no change to decompose.",
        ),
        evidence=[{"periods": ", ".join(map(str, panel.periods))}],
        fix=Text("至少选两个时期。", "Select two periods or more."),
    )


def _figures(identity: Identity, *, steps: int) -> tuple[Figure, ...]:
    total = Figure(
        "effects",
        "waterfall",
        "effects",
        Text("变化由谁推动：{t}", "What drove the change: {t}").format(t=identity.title),
        Text(
            "自上而下，每一条从上一条的终点出发：向右是增加，向左是减少，最后一条是总变化。",
            "Read downwards; each bar starts where the last one ended: to the right adds, to the "
            "left takes away, and the last bar is the total change.",
        ),
        {"label": "factor", "value": "effect"},
    )
    if steps < 2:
        return (total,)
    path = Figure(
        "by_period",
        "stack",
        "by_period",
        Text("逐期效应：{t}", "Effects step by step: {t}").format(t=identity.title),
        Text(
            "每根柱子是到该期为止一步的变化：零线以上的部分使其增加，以下的使其减少。",
            "Each bar is the step that ends in that period: parts above the zero line add to it, "
            "parts below take away.",
        ),
        {"x": "period", "colour": "factor", "value": "effect"},
    )
    return (total, path)
