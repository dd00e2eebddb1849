"""Change of productivity over time: Malmquist, Malmquist-Luenberger and global indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import Against, Cube, against
from zhiheng.kernels.malmquist import (
    Change,
    adjacent,
    chain_residual,
    cumulated,
    decomposition_residual,
    geometric_mean,
    pooled,
    pure_and_scale,
)
from zhiheng.measure.malmquist_options import Choice, choose, refuse_one_period
from zhiheng.measure.malmquist_wording import figures, notes
from zhiheng.measure.production import (
    cube_of,
    current_prices,
    in_order,
    names_of,
    read,
    refuse_stalled,
    too_few,
)

Array = NDArray[np.float64]
# Products of at most a few dozen factors, each the ratio of two answers certified to 1e-9 and
# mostly exact to 1e-13.
IDENTITY = 1e-10
# Which periods have units held against a frontier: the last has no next one, the first no previous.
PLACES = {
    "own": slice(None),
    "pooled": slice(None),
    "next": slice(-1),
    "previous": slice(1, None),
}


@method(zh="生产率变化：Malmquist、Malmquist–Luenberger 与全局 ML 指数及其分解", example="regions")
def malmquist(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    kind: Literal["malmquist", "ml", "gml"] = "malmquist",
    returns: Literal["crs", "vrs"] = "crs",
    orientation: Literal["output", "input"] | None = None,
    direction: Literal["outputs", "all"] | None = None,
    convention: Literal["apz", "cfg"] | None = None,
    measure: Literal["ddf", "sbm"] | None = None,
) -> Result:
    """Measure the change of productivity from period to period, and what it is made of.

    Use it for a panel of comparable units over two periods or more. ``malmquist`` has no
    undesirable outputs; ``ml`` credits their fall, against the frontiers of the two periods
    compared, which may give no answer for some units; ``gml`` measures against one frontier
    of all periods, always has an answer and multiplies along periods, but changes when a
    period is added. The index is relative to the units of the panel: it is no growth
    accounting, and a frontier of few units says little.

    Parameters
    ----------
    panel : Panel
    inputs, outputs, undesirable : list of str
        Series or expressions with values above zero, in natural units.
    kind : {"malmquist", "ml", "gml"}
    returns : {"crs", "vrs"}
        Constant returns make the index one of total factor productivity; varying ones do not.
    orientation : {"output", "input"}
        Of ``malmquist`` only; output by default.
    direction : {"outputs", "all"}
        Of directional distances: outputs up and undesirable ones down in proportion, inputs
        held (default), or inputs reduced as well.
    convention : {"apz", "cfg"}
        ``cfg`` binds undesirable to desirable outputs (weak disposability, Chung et al. 1997
        and Oh 2010; default of ``gml``); ``apz`` lets undesirable ones be cut freely, up to
        the largest one observed (Aparicio et al. 2013; default of ``ml``).
    measure : {"ddf", "sbm"}
        Of ``gml``: directional distance (default) or slacks-based efficiency.

    Raises
    ------
    ZhihengError
        M660 one period only, M661 undesirable outputs that the kind does not take or lacks,
        M662 an option that does not belong to the kind, M664 a unit without any input or
        output, M666 a programme without a certified answer, and the refusals of inputs and
        outputs that `dea_directional` has.

    References
    ----------
    Färe, Grosskopf, Norris and Zhang (1994) American Economic Review 84(1): 66-83; Chung,
    Färe and Grosskopf (1997) Journal of Environmental Management 51(3): 229-240; Aparicio,
    Pastor and Zofío (2013) European Journal of Operational Research 229(3): 738-742; Oh
    (2010) Journal of Productivity Analysis 34(3): 183-197.
    """
    refuse_one_period(panel)
    choice = choose(kind, undesirable, (orientation, direction, convention, measure), returns)
    panel = in_order(panel)
    data = read(panel, inputs, outputs, undesirable, zeros=choice.model.kind != "sbm")
    cube = cube_of(data)
    own = against(cube, choice.model, "own")
    seen = {"own": own} | {name: against(cube, choice.model, name) for name in choice.references}
    _refuse_stalled(panel, seen)
    change = _change(seen)
    parts = _scale_parts(cube, choice, own)
    tables = {
        "scores": _scores(panel, change, parts),
        "means": _means(panel, change, parts),
        "paths": _paths(panel, change),
        "by_entity": _by_entity(panel, change),
        "distances": _distances(panel, seen, choice),
    }
    checks = [_product(change)]
    if "pooled" in seen:
        checks.append(_chain(change, seen["pooled"].efficiency))
    few = too_few(data, len(panel.entities))
    said = [*current_prices(panel, data), *few, *notes(panel, choice, change, seen)]
    return Result(
        tables,
        figures(),
        (*data.notes, *said),
        tuple(checks),
        data.series,
        params={"technology": choice.technology},
    )


def _refuse_stalled(panel: Panel, seen: dict[str, Against]) -> None:
    """Programmes across periods belong to the cell of the unit that was measured."""
    stalled = np.zeros((len(panel.entities), len(panel.periods)), dtype=bool)
    for name, one in seen.items():
        stalled[:, PLACES[name]] |= one.stalled
    refuse_stalled(panel, stalled)


def _change(seen: dict[str, Against]) -> Change:
    own = seen["own"].efficiency
    if "pooled" in seen:
        return pooled(own, seen["pooled"].efficiency)
    return adjacent(own, seen["next"].efficiency, seen["previous"].efficiency)


def _scale_parts(cube: Cube, choice: Choice, own: Against) -> dict[str, Array]:
    """Pure and scale parts of the change of efficiency, where both technologies exist."""
    if choice.scale_model is None:
        return {}
    variable = against(cube, choice.scale_model, "own")
    pure, scale = pure_and_scale(own.efficiency, variable.efficiency)
    return {"pure_efficiency_change": pure, "scale_change": scale}


def _factors(change: Change, parts: dict[str, Array]) -> dict[str, Array]:
    return {
        "productivity_change": change.productivity,
        "efficiency_change": change.efficiency,
        "technical_change": change.technical,
        **parts,
    }


def _steps(panel: Panel) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    periods = np.array(panel.periods, dtype=np.int64)
    return periods[:-1], periods[1:]


def _scores(panel: Panel, change: Change, parts: dict[str, Array]) -> Table:
    first, last = _steps(panel)
    known = np.isfinite(change.productivity).ravel()
    return Table.of(
        ("entity", "period_from", "period"),
        **names_of(panel, len(first)),
        period_from=np.tile(first, len(panel.entities)),
        period=np.tile(last, len(panel.entities)),
        **{name: values.ravel() for name, values in _factors(change, parts).items()},
        cumulated=cumulated(change.productivity).ravel(),
        status=["solved" if one else "infeasible" for one in known],
    )


def _means(panel: Panel, change: Change, parts: dict[str, Array]) -> Table:
    """Geometric means over entities; a part counts where it has an answer, and n says how many."""
    first, last = _steps(panel)
    known = np.isfinite(change.productivity)
    return Table.of(
        ("period_from", "period"),
        period_from=first,
        period=last,
        **{n: geometric_mean(v, axis=0) for n, v in _factors(change, parts).items()},
        n=known.sum(axis=0),
        infeasible=(~known).sum(axis=0),
    )


def _paths(panel: Panel, change: Change) -> Table:
    """Products of the geometric means, one in the first period; whole indices only."""
    whole = np.isfinite(change.productivity)
    paths = {
        name: np.cumprod(np.append(1.0, geometric_mean(np.where(whole, v, np.nan), axis=0)))
        for name, v in _factors(change, {}).items()
    }
    return Table.of(("period",), period=np.array(panel.periods, dtype=np.int64), **paths)


def _by_entity(panel: Panel, change: Change) -> Table:
    """Mean factors of each entity; without an answer where one of its steps has none."""
    e, steps = change.productivity.shape
    kept = (change.productivity, change.efficiency, change.technical)
    total, efficiency, technical = (np.exp(np.log(v).mean(axis=1)) for v in kept)
    return Table.of(
        ("entity",),
        **names_of(panel, 1),
        period_from=np.full(e, panel.periods[0], dtype=np.int64),
        period=np.full(e, panel.periods[-1], dtype=np.int64),
        mean_growth=total - 1.0,
        mean_productivity=total,
        mean_efficiency=efficiency,
        mean_technical=technical,
        cumulated=cumulated(change.productivity)[:, -1],
        infeasible=steps - np.isfinite(change.productivity).sum(axis=1),
    )


def _distances(panel: Panel, seen: dict[str, Against], choice: Choice) -> Table:
    """Each unit against each frontier: what the indices are made of."""
    periods = np.array(panel.periods, dtype=np.int64)
    blocks = [(name, periods[PLACES[name]], one) for name, one in seen.items()]
    e = len(panel.entities)
    columns = {
        name: sum((names_of(panel, len(p))[name] for _, p, _ in blocks), [])
        for name in ("entity", "name_zh", "name_en")
    }
    efficiency = np.concatenate([one.efficiency.ravel() for _, _, one in blocks])
    distance = {"beta": 1.0 / efficiency - 1.0} if choice.model.kind == "ddf" else {}
    return Table.of(
        ("entity", "period", "frontier"),
        **columns,
        period=np.concatenate([np.tile(p, e) for _, p, _ in blocks]),
        frontier=[name for name, p, _ in blocks for _ in range(e * len(p))],
        efficiency=efficiency,
        **distance,
        status=["solved" if v else "infeasible" for v in np.isfinite(efficiency)],
    )


def _product(change: Change) -> Check:
    return Check(
        Text(
            "生产率指数等于效率变化乘技术变化",
            "the index equals change of efficiency times technical change",
        ),
        decomposition_residual(change),
        IDENTITY,
    )


def _chain(change: Change, common: Array) -> Check:
    return Check(
        Text(
            "逐期指数之积等于首末两期直接比较",
            "the product over all steps equals the first and last period compared directly",
        ),
        chain_residual(change, common),
        IDENTITY,
    )
