"""Result tables and figures of a decomposition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.comparison import Plan
from zhiheng.carbon.factors import Factors
from zhiheng.carbon.lmdi_analysis import Analysis, Own, by_first
from zhiheng.carbon.lmdi_uncertainty import Interval
from zhiheng.catalog.identities import Identity
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.kernels.lmdi_forms import Form, Method

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Titles:
    """What the rows of the tables are called."""

    identity: Identity
    data: Factors
    plan: Plan
    form: Form

    @property
    def unit(self) -> str:
        """Of effects; indices are plain numbers."""
        return self.data.unit if self.form == "additive" else "1"

    @property
    def target(self) -> tuple[str, ...]:
        """The key column of what is explained; none for periods."""
        return {"periods": (), "entities": ("entity",), "scenarios": ("scenario",)}[
            self.plan.between
        ]

    def targets(self, times: int) -> dict[str, list[str]]:
        """The columns of the targets, each repeated."""
        if not self.target:
            return {}
        names = [t for t in self.plan.targets for _ in range(times)]
        found = {self.target[0]: names}
        return found | (_named(self.data.panel, names) if self.plan.between == "entities" else {})

    def factors(self, times: int) -> dict[str, list[str]]:
        """The columns of the factors, all of them repeated."""
        known = self.identity.factors
        return {
            "factor": [f.id for f in known] * times,
            "factor_title_zh": [f.title.zh for f in known] * times,
            "factor_title_en": [f.title.en for f in known] * times,
        }


def _named(panel: Panel, entities: Sequence[str]) -> dict[str, list[str]]:
    names = [panel.name(e) for e in entities]
    return {"name_zh": [n.zh for n in names], "name_en": [n.en for n in names]}


def of_side(
    found: Analysis, titles: Titles, *, method: Method, spread: Interval | None
) -> dict[str, Table]:
    """All tables of the emissions."""
    tables = {
        "effects": _effects(found, titles, spread),
        "change": _change(found, titles, spread),
        "by_period": _by_period(found, titles),
    }
    shared = titles.form == "multiplicative" or method == "lmdi2"
    for name, own, columns in _members(found, titles):
        tables[f"by_{name}"] = _by_member(own, columns, titles)
        if shared:
            tables[f"attribution_{name}"] = _attribution(own, columns, titles)
    return tables


def of_sinks(found: Analysis, titles: Titles, *, spread: Interval | None) -> dict[str, Table]:
    """The effects on what is negative throughout, with its own sign."""
    additive = titles.form == "additive"
    effects = -found.effects if additive else found.effects
    start, end = _ends(found, titles.plan)
    more: dict[str, Any] = {}
    moved: dict[str, Any] = {}
    if spread is not None:  # amounts change their sign, and so their ends change places
        low, high = (-spread.high, -spread.low) if additive else (spread.low, spread.high)
        more = {"low": low.ravel(), "high": high.ravel()}
        moved = {"change_low": -spread.change_high, "change_high": -spread.change_low}
    table = Table.of(
        (*titles.target, "factor"),
        **titles.targets(effects.shape[1]),
        **titles.factors(len(effects)),
        effect=effects.ravel(),
        share=_shares(found.effects, start, end, titles.form).ravel(),
        **more,
        unit=[titles.unit] * effects.size,
    )
    change = Table.of(
        titles.target,
        **titles.targets(1),
        **_periods(titles),
        start=-start,
        end=-end,
        change=start - end,
        **moved,
        relative_change=_over(end - start, start),
        unit=[titles.data.unit] * len(start),
        n=[int(titles.data.sink.sum())] * len(start),
    )
    return {"sinks": table, "sinks_change": change}


def _ends(found: Analysis, plan: Plan) -> tuple[Array, Array]:
    """The total at both ends of the path, by target."""
    return found.start[:, 0 if plan.chained else -1], found.end[:, -1]


def _effects(found: Analysis, titles: Titles, spread: Interval | None) -> Table:
    effects = found.effects
    start, end = _ends(found, titles.plan)
    additive = titles.form == "additive"
    relative = _over(effects, start[:, None]) if additive else effects - 1.0
    more: dict[str, Any] = {}
    if spread is not None:
        more = {"low": spread.low.ravel(), "high": spread.high.ravel()}
    return Table.of(
        (*titles.target, "factor"),
        **titles.targets(effects.shape[1]),
        **titles.factors(len(effects)),
        effect=effects.ravel(),
        share=_shares(effects, start, end, titles.form).ravel(),
        relative_effect=relative.ravel(),
        **more,
        unit=[titles.unit] * effects.size,
    )


def _shares(effects: Array, start: Array, end: Array, form: Form) -> Array:
    """Effects over the change, or logarithms of indices over that of the ratio."""
    if form == "additive":
        return _over(effects, (end - start)[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        return _over(np.log(effects), np.log(_over(end, start))[:, None])


def _periods(titles: Titles) -> dict[str, list[int]]:
    plan, periods = titles.plan, titles.data.panel.periods
    count = len(plan.targets)
    last = periods[plan.last[-1]]
    if plan.between != "periods":
        return {"period": [last] * count}
    first = periods[plan.first[0 if plan.chained else -1]]
    return {"period_from": [first] * count, "period": [last] * count}


def _change(found: Analysis, titles: Titles, spread: Interval | None) -> Table:
    start, end = _ends(found, titles.plan)
    more: dict[str, Any] = {}
    if spread is not None:
        more = {"change_low": spread.change_low, "change_high": spread.change_high}
    return Table.of(
        titles.target,
        **titles.targets(1),
        **_periods(titles),
        start=start,
        end=end,
        change=end - start,
        **more,
        relative_change=_over(end - start, start),
        unit=[titles.data.unit] * len(start),
        n=[len(titles.plan.regions)] * len(start),
    )


def _by_period(found: Analysis, titles: Titles) -> Table:
    plan = titles.plan
    effect = found.steps.effects
    targets, steps, factors = effect.shape
    periods = np.array(titles.data.panel.periods, dtype=np.int64)
    from_ = {"period_from": np.tile(np.repeat(periods[plan.first], factors), targets)}
    return Table.of(
        (*titles.target, *(from_ if plan.between == "periods" else ()), "period", "factor"),
        **titles.targets(steps * factors),
        **(from_ if plan.between == "periods" else {}),
        period=np.tile(np.repeat(periods[plan.last], factors), targets),
        **titles.factors(targets * steps),
        effect=effect.ravel(),
        unit=[titles.unit] * effect.size,
    )


Columns = Mapping[str, Sequence[str]]


def _members(found: Analysis, titles: Titles) -> list[tuple[str, Own, Columns]]:
    """Entities, sectors and parts of sectors, with the columns that name them."""
    out: list[tuple[str, Own, Columns]] = []
    if found.entities is not None:
        regions = titles.plan.regions
        key = "entity" if titles.plan.between == "periods" else "region"
        out.append(("entity", found.entities, {key: regions, **_named(titles.data.panel, regions)}))
    if found.sectors is not None:
        out.append(("sector", found.sectors, {"sector": list(by_first(titles.data.parts))}))
    if found.parts is not None:
        parts = titles.data.parts
        columns = {"sector": [p[0] for p in parts], "part": [".".join(p[1:]) for p in parts]}
        out.append(("part", found.parts, columns))
    return [
        (name, own, {k: [values[i] for i in own.members] for k, values in columns.items()})
        for name, own, columns in out
    ]


def _member_columns(own: Own, columns: Columns, titles: Titles) -> dict[str, list[str]]:
    """Targets, then members, then factors."""
    targets, members, factors = own.effects.shape
    return {
        **titles.targets(members * factors),
        **{k: _repeated(values, factors, targets) for k, values in columns.items()},
        **titles.factors(targets * members),
    }  # fmt: skip


def _repeated(values: Sequence[str], each: int, whole: int) -> list[str]:
    return [v for v in values for _ in range(each)] * whole


def _keys(columns: Columns, titles: Titles) -> tuple[str, ...]:
    return (*titles.target, *(k for k in columns if not k.startswith("name_")), "factor")


def _by_member(own: Own, columns: Columns, titles: Titles) -> Table:
    change = own.change[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (
            _over(own.effects, change)
            if titles.form == "additive"
            else _over(np.log(own.effects), np.log(change))
        )
    return Table.of(
        _keys(columns, titles),
        **_member_columns(own, columns, titles),
        effect=own.effects.ravel(),
        share=share.ravel(),
        unit=[titles.unit] * own.effects.size,
    )


def _attribution(own: Own, columns: Columns, titles: Titles) -> Table:
    return Table.of(
        _keys(columns, titles),
        **_member_columns(own, columns, titles),
        attributed=own.attributed.ravel(),
        unit=[titles.unit] * own.attributed.size,
    )


def _over(above: Array, below: Array) -> Array:
    """A quotient; NaN where the divisor is zero."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    out = np.full(shape, np.nan)
    return np.divide(above, below, out=out, where=np.broadcast_to(below != 0, shape)) + 0.0
