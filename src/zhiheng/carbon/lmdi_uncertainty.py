"""Errors of the series carried through a decomposition by simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.comparison import Plan, pair
from zhiheng.carbon.factors import Factors, cube
from zhiheng.carbon.lmdi_analysis import whole
from zhiheng.carbon.sectors import spread
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.expression import evaluate, names, parse
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.lmdi_forms import Form, Method, decompose

LOW, HIGH = 0.05, 0.95
"""The middle 90 % of the draws is shown."""
FEWEST = 100
BLOCK = 2_000_000
"""Cells that are drawn at once, so that memory stays small whatever the number of draws."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 90 % of effects [targets, factors] and of changes [targets]."""

    low: Array
    high: Array
    change_low: Array
    change_high: Array


def intervals(
    *,
    data: Factors,
    identity: Identity,
    plan: Plan,
    kept: NDArray[np.bool_],
    method: Method,
    form: Form,
    uncertainty: Mapping[str, float],
    correlation: float,
    draws: int,
    seed: int,
) -> Interval | None:
    """Draw errors of the series and decompose every draw.

    Errors are factors, log-normal with mean one and the given standard deviation,
    independent between entities and between series; `correlation` ties the
    periods (and scenarios are other entities, so they err apart).

    Raises
    ------
    ZhihengError
        M959 an unknown series, a number out of its range, or an identity that holds in these
        data only.
    """
    if not uncertainty:
        return None
    _refuse_bad(data, uncertainty, correlation, draws)
    panel = _with_derived(data.panel, uncertainty)
    sd = _by_series(panel, uncertainty)
    rng = np.random.default_rng(seed)
    size = data.aggregate.size * (1 + data.factors.shape[-1])
    block = int(np.clip(BLOCK // size, 1, draws))
    effects: list[Array] = []
    change: list[Array] = []
    for at in range(0, draws, block):
        count = min(block, draws - at)
        found, moved = _block(
            data, panel, identity, plan, kept, _errors(panel, sd, correlation, count, rng),
            method=method, form=form,
        )  # fmt: skip
        effects.append(found)
        change.append(moved)
    joint, moved = np.concatenate(effects), np.concatenate(change)
    low, high = np.quantile(joint, [LOW, HIGH], axis=0)
    change_low, change_high = np.quantile(moved, [LOW, HIGH], axis=0)
    return Interval(low, high, change_low, change_high)


def _errors(
    panel: Panel, sd: Array, correlation: float, draws: int, rng: np.random.Generator
) -> Array:
    """Factors on the values, [draw * entity, period, series]; one where nothing is uncertain."""
    entities, periods, series = panel.values.shape
    out = np.ones((draws, entities, periods, series))
    at = np.array(sorted(np.flatnonzero(sd > 0), key=lambda i: panel.series[i]), dtype=np.intp)
    order = np.argsort(np.argsort(np.array(panel.entities)))  # errors go with names, not places
    shared = rng.standard_normal((draws, entities, 1, len(at)))
    own = rng.standard_normal((draws, entities, periods, len(at)))
    z = (np.sqrt(correlation) * shared + np.sqrt(1.0 - correlation) * own)[:, order]
    spread_ = np.sqrt(np.log1p(sd[at] ** 2))
    out[..., at] = np.exp(spread_ * z - spread_**2 / 2)
    return out.reshape(draws * entities, periods, series)


def _block(
    data: Factors,
    panel: Panel,
    identity: Identity,
    plan: Plan,
    kept: NDArray[np.bool_],
    errors: Array,
    *,
    method: Method,
    form: Form,
) -> tuple[Array, Array]:
    """Effects [draw, target, factor] and changes [draw, target] of one block."""
    meaning = scope(panel.level)
    shape = errors.shape
    draws = shape[0] // len(panel.entities)
    drawn = replace(
        panel,
        values=np.tile(panel.values, (draws, 1, 1)) * errors,
        status=np.tile(panel.status, (draws, 1, 1)),
        origin=np.broadcast_to(np.int32(-1), shape).copy(),
        entities=panel.entities * draws,
    )
    sectors = sorted({p[0] for p in data.parts if p}) or None
    wide = spread(drawn, identity, meaning, sectors=sectors)
    expressions = [wide.identity.left, *(f.expression for f in wide.identity.factors)]
    found = [evaluate(e, wide.panel, meaning) for e in expressions]
    values, _ = cube(wide, found, expressions, meaning)
    values = np.abs(values).reshape(draws, len(panel.entities), *values.shape[1:])
    ends = pair(plan, values, wide, meaning, sink=kept)
    steps = decompose(ends.start, ends.end, ends.x0, ends.x1, method=method, form=form)
    start, end = ends.start.sum(axis=-1), ends.end.sum(axis=-1)
    first = start[..., 0] if plan.chained else start[..., -1]
    return whole(steps.effects, plan, form, axis=2), end[..., -1] - first


def _with_derived(panel: Panel, uncertainty: Mapping[str, float]) -> Panel:
    """The panel with derived series that err as a whole among its own."""
    meaning = scope(panel.level)
    for name in uncertainty:
        if name in meaning.definitions and name not in panel.series:
            found = evaluate(name, panel, meaning)
            panel = panel.with_series(name, found.values, unit=found.unit)
    return panel


def _by_series(panel: Panel, uncertainty: Mapping[str, float]) -> Array:
    """The standard deviation of each series of the panel; a family gives it to its parts."""
    sd = np.zeros(len(panel.series))
    for name, value in uncertainty.items():
        for i, series in enumerate(panel.series):
            if series == name or series.startswith(name + "."):
                sd[i] = float(value)
    return sd


def _refuse_bad(
    data: Factors, uncertainty: Mapping[str, float], correlation: float, draws: int
) -> None:
    written = data.spread.identity
    direct = [n.name for f in written.factors for n in names(parse(f.expression))]
    used = {*data.series, *direct} - set(written.marked)
    rows: list[Row] = []
    for name, value in uncertainty.items():
        if not any(s == name or s.startswith(name + ".") for s in used):
            near = ", ".join(nearest(name, used) or sorted(used)[:3])
            rows.append({"series": name, "problem": "not in the identity", "nearest": near})
        elif not _number(value) or not 0 <= float(value) < 1:
            rows.append({"series": name, "value": value, "range": "0 <= sd < 1"})
    if not 0 <= correlation <= 1:
        rows.append({"option": "correlation", "value": correlation, "range": "0 - 1"})
    if draws < FEWEST:
        rows.append({"option": "draws", "value": draws, "range": f">= {FEWEST}"})
    if not data.by_construction and not data.spread.by_product:
        rows.append({"identity": data.spread.identity.id, "problem": "holds in these data only"})
    if rows:
        raise ZhihengError(
            "M959",
            Text("不确定性的写法不能用。", "The uncertainty cannot be used as given."),
            evidence=rows,
            fix=Text(
                "写恒等式里的序列与相对标准差，如 uncertainty=co2=0.05；"
                "恒等式要由式子约简成立，抽取的误差才不破坏它。",
                "Give series of the identity with relative standard deviations, such as "
                "uncertainty=co2=0.05; the identity must cancel by construction, or errors "
                "would break it.",
            ),
        )


def _number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
