"""Decoupling: the elasticity of emissions to an activity and the eight states of Tapio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import tapio_wording as wording
from zhiheng.carbon.tapio_efforts import (
    Drivers,
    effort_index,
    elasticities,
    read_drivers,
    step_shares,
    window_shares,
)
from zhiheng.carbon.tapio_input import Pair, Window, check_bounds, read_pair, read_windows
from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.kernels.decoupling import (
    STATES,
    Growth,
    added,
    elasticity,
    growth,
    states,
    transitions,
)

Array = NDArray[np.float64]

# The effects of an identity close to 1e-10 of the larger end; over a growth rate of a tenth of a
# per cent that is 1e-7 of an elasticity, so the check compares growth rates instead. Where they
# are above one it is relative to the largest effect.
CLOSURE = 1e-10


@method(zh="Tapio 脱钩：弹性、八种状态、窗口、转移与各驱动因素的弹性", example="regions")
def tapio(
    panel: Panel,
    *,
    emissions: str,
    activity: str,
    identity: str | None = None,
    windows: Sequence[str] = (),
    chain: bool = False,
    low: float = 0.8,
    high: float = 1.2,
    boundaries: Mapping[str, str] | None = None,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Classify how emissions move with an activity, step by step and over windows.

    Use it to say whether growth still needs more emissions, and since when. It compares
    two growth rates and nothing else: it is no test, a single year is mostly weather and
    stocks, and in a recession the same word means the opposite. An elasticity of a step
    in which the activity hardly moved is large and means nothing.

    Parameters
    ----------
    panel : Panel
        Two periods or more.
    emissions, activity : str
        Series or expressions, not negative; the activity in constant prices.
    identity : str, optional
        An identity of the emissions, such as ``kaya``: adds the elasticity of each factor
        (its LMDI-I effect over emissions at the start, over the activity's growth). They sum
        to the elasticity of emissions.
    windows : list of str
        Stretches such as ``2014-2018``; the whole span by default.
    chain : bool
        Growth over a window as the sum of growth rates of its steps; otherwise between its
        ends.
    low, high : float
        Bounds of coupling. Both belong to coupling; an elasticity of zero is weak (or weak
        negative) decoupling; an activity that stands still is ``undefined``.
    boundaries : mapping, optional
        Boundary of series of your own, such as ``{"co2": "territorial"}``.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropping leaves the whole entity out.

    Raises
    ------
    ZhihengError
        C432 two boundaries in one ratio, M800 gaps, M831 one period, M934 an activity in
        current prices, M936 negative values, M937 windows or bounds, M938 an identity of
        another quantity, and the refusals of `lmdi`.

    References
    ----------
    Tapio (2005) Transport Policy 12(2): 137-151; Diakoulaki and Mandaraka (2007) Energy
    Economics 29(4): 636-664 (effort index); Ang (2005) Energy Policy 33(7): 867-871.
    """
    check_bounds(low, high)
    spans = read_windows(windows, panel.periods)
    pair = read_pair(panel, emissions, activity, gaps=gaps, boundaries=boundaries)
    drivers = None
    if identity is not None:
        drivers, pair = read_drivers(
            panel, pair, activity, identity, gaps=gaps, boundaries=boundaries
        )
    count = len(pair.panel.periods)
    steps = tuple(Window(i, i + 1) for i in range(count - 1))
    c, g = _steps(pair.emissions), _steps(pair.activity)
    code = states(c, g, low, high)
    wide = _over(pair.emissions, spans, chain=chain), _over(pair.activity, spans, chain=chain)
    broad = states(wide[0], wide[1], low, high)
    tables = {
        "states": _states(pair, steps, (c, g), code),
        "windows": _states(pair, spans, wide, broad),
        "by_period": _by_period(pair, code),
    }
    if count > 2:
        tables["transitions"] = _transitions(code, pair.panel.periods)
    checks: list[Check] = []
    if drivers:
        narrow, broader = step_shares(drivers), window_shares(drivers, spans, chain=chain)
        tables["efforts"] = _efforts(pair, drivers, spans, broader, wide)
        tables["efforts_by_step"] = _efforts(pair, drivers, steps, narrow, (c, g))
        off = [
            (shares.sum(axis=-1) - one.rate) / np.maximum(1.0, np.abs(shares).max(axis=-1))
            for shares, one in ((narrow, c), (broader, wide[0]))
        ]
        worst = max(float(np.nanmax(np.abs(o), initial=0.0)) for o in off)
        checks.append(Check(wording.EFFORTS_CHECK, worst, CLOSURE))
    share = tables["by_period"].columns["share"].reshape(count - 1, -1).sum(axis=1)
    checks.append(Check(wording.SHARES_CHECK, float(np.abs(share - 1).max()), CLOSURE))
    notes = [
        *pair.notes,
        *wording.notes(pair, (c, g), code, bounds=(low, high), chain=chain, drivers=drivers),
    ]
    figures = wording.figures(tables)
    return Result(tables, figures, tuple(notes), tuple(checks), pair.series)


def _steps(values: Array) -> Growth:
    return growth(values[:, :-1], values[:, 1:])


def _over(values: Array, windows: Sequence[Window], *, chain: bool) -> Growth:
    """Growth over windows, (entities, windows)."""
    if not chain:
        return growth(values[:, [w.first for w in windows]], values[:, [w.last for w in windows]])
    steps = _steps(values)
    parts = [
        added(Growth(steps.rate[:, w.first : w.last], steps.slack[:, w.first : w.last]), axis=1)
        for w in windows
    ]
    return Growth(
        np.stack([p.rate for p in parts], axis=1), np.stack([p.slack for p in parts], axis=1)
    )


def _named(pair: Pair, each: int) -> dict[str, list[str]]:
    names = [pair.panel.name(e) for e in pair.panel.entities]
    return {
        "entity": [e for e in pair.panel.entities for _ in range(each)],
        "name_zh": [n.zh for n in names for _ in range(each)],
        "name_en": [n.en for n in names for _ in range(each)],
    }


def _dated(pair: Pair, windows: Sequence[Window], each: int = 1) -> dict[str, NDArray[np.int64]]:
    periods, count = np.array(pair.panel.periods, dtype=np.int64), len(pair.panel.entities)
    first = np.repeat(periods[[w.first for w in windows]], each)
    last = np.repeat(periods[[w.last for w in windows]], each)
    return {"period_from": np.tile(first, count), "period": np.tile(last, count)}


def _titled(code: NDArray[np.int8]) -> dict[str, list[str]]:
    names = [STATES[int(c)] for c in code.ravel()]
    titles = {name: option_word("decoupling_state", name) for name in STATES}
    return {
        "state": names,
        "state_title_zh": [titles[n].zh for n in names],
        "state_title_en": [titles[n].en for n in names],
    }


def _states(
    pair: Pair,
    windows: Sequence[Window],
    found: tuple[Growth, ...],
    code: NDArray[np.int8],
) -> Table:
    c, g = found
    return Table.of(
        ("entity", "period_from", "period"),
        **_named(pair, len(windows)),
        **_dated(pair, windows),
        emissions_growth=c.rate.ravel(),
        activity_growth=g.rate.ravel(),
        elasticity=elasticity(c, g).ravel(),
        **_titled(code),
    )


def _by_period(pair: Pair, code: NDArray[np.int8]) -> Table:
    size = len(STATES)
    count = np.stack([(code == s).sum(axis=0) for s in range(size)], axis=-1)
    periods = np.array(pair.panel.periods[1:], dtype=np.int64)
    each = np.tile(np.arange(size, dtype=np.int8), len(periods))
    return Table.of(
        ("period", "state"),
        period=np.repeat(periods, size),
        **_titled(each),
        number_of_entities=count.ravel(),
        share=(count / len(code)).ravel(),
    )


def _transitions(code: NDArray[np.int8], periods: Sequence[int]) -> Table:
    step = np.diff(np.array(periods))
    found = transitions(code, step[1:] == step[:-1])
    seen = np.flatnonzero(found.sum(axis=0) + found.sum(axis=1))
    found = found[np.ix_(seen, seen)]
    total = found.sum(axis=1, keepdims=True)
    share = np.divide(found, total, out=np.full(found.shape, np.nan), where=total > 0)
    titles = [option_word("decoupling_state", STATES[s]) for s in seen]
    size, names = len(seen), [STATES[s] for s in seen]
    return Table.of(
        ("from_state", "to_state"),
        from_state=[n for n in names for _ in range(size)],
        from_state_title_zh=[t.zh for t in titles for _ in range(size)],
        from_state_title_en=[t.en for t in titles for _ in range(size)],
        to_state=names * size,
        to_state_title_zh=[t.zh for t in titles] * size,
        to_state_title_en=[t.en for t in titles] * size,
        times=found.ravel(),
        probability=share.ravel(),
    )


def _efforts(
    pair: Pair,
    drivers: Drivers,
    windows: Sequence[Window],
    shares: Array,
    found: tuple[Growth, ...],
) -> Table:
    """One row for each factor, and the effort index repeated beside them."""
    factors = drivers.identity.factors
    size, places = len(factors), len(pair.panel.entities) * len(windows)
    index = effort_index(shares, drivers.activity)
    return Table.of(
        ("entity", "period_from", "period", "factor"),
        **_named(pair, len(windows) * size),
        **_dated(pair, windows, size),
        factor=[f.id for f in factors] * places,
        factor_title_zh=[f.title.zh for f in factors] * places,
        factor_title_en=[f.title.en for f in factors] * places,
        in_activity=["yes" if a else "no" for a in drivers.activity] * places,
        relative_effect=shares.ravel(),
        effort_elasticity=elasticities(shares, found[1]).ravel(),
        effort_index=np.repeat(index.ravel(), size),
    )
