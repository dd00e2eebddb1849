"""Which lever does what, and which uncertainty matters: Shapley values, LMDI and Sobol indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.backcast_goal import wrong
from zhiheng.carbon.backcast_space import BATCH
from zhiheng.carbon.backcast_tables import CLOSURE, DRIVERS, UNIT, factors
from zhiheng.carbon.lever_attribution_wording import figures, notes
from zhiheng.carbon.simulate_draws import Case, level_table, prepare
from zhiheng.carbon.simulate_input import read_start
from zhiheng.catalog.levers import Schedule, scenario, schedules
from zhiheng.catalog.levers import levers as catalogue
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.attribution import (
    MOST,
    alone_and_last,
    resampled_sobol,
    shapley_of_subsets,
    subsets,
)
from zhiheng.kernels.attribution import sobol as indices
from zhiheng.kernels.lmdi import effects
from zhiheng.kernels.simulator import calibrate, run, take
from zhiheng.kernels.simulator_records import Parameters, Paths

Array = NDArray[np.float64]
Variable = Literal["emissions", "net"]

GROUPS: dict[str, tuple[str, ...]] = {
    "outlook": ("population", "affluence", "emissions"),
    "structure": ("structure",),
    "fuel_mix": ("preference", "allocation"),
    "prices": ("price",),
    "lifetimes": ("lifetime", "plant_lifetime"),
    "choice": ("choice", "plant_choice"),
    "elasticities": ("short_run", "long_run"),
    "clean_supply": ("build", "plant_cost", "learning", "deployment", "integration"),
    "sink": ("sink",),
    "lever_effects": ("effects",),
}
"""Parameters that are exchanged together: what is drawn jointly stays joint."""

OUTER = (0.05, 0.95)
RESAMPLES = 200
"""Of the rows of the Sobol samples, for intervals of the indices."""


@method(zh="杠杆贡献：沙普利分摊、逐年楔子、LMDI 与 Sobol 敏感性", example="one_province")
def lever_attribution(
    panel: Panel,
    *,
    levers: Mapping[str, Any] | str,
    variable: Literal["emissions", "net"] = "emissions",
    year: int | None = None,
    horizon: int = 2060,
    draws: int = 200,
    sobol: int = 64,
    seed: int = 0,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Share the effect of policy levers among them, and say which uncertainty matters most.

    Use it on a simulation with several levers: what one adds depends on which act
    already, and the Shapley value averages over all orders. All subsets of up to
    twelve levers are run. It explains the model, and is no evidence on policies.

    Parameters
    ----------
    panel : Panel
        As for ``simulate``.
    levers : mapping or str
        Levers and levels, or the name or file of a scenario, as for ``simulate``.
    variable : {"emissions", "net"}
        Gross emissions, or net of removals by land.
    year : int, optional
        The year that is explained; the horizon when absent.
    sobol : int
        Base samples of the Sobol indices, a power of two; 0 leaves them out.
    horizon, draws, seed, gaps
        As for ``simulate``.

    Raises
    ------
    ZhihengError
        C455-C458 levers and scenarios, M919 an option out of range, M982-M986 the start,
        M989 draws or horizon.

    References
    ----------
    Shapley (1953); Ang (2005) Energy Policy 33(7): 867-871; Saltelli et al. (2010)
    Computer Physics Communications 181(2): 259-270.
    """
    chosen = _chosen(levers)
    begun = read_start(panel, start=None, gaps=gaps)
    case = prepare(begun, draws=draws, horizon=horizon, seed=seed)
    at = _position(year, case, sobol)
    values, full = _all_subsets(case, chosen, variable)
    found = {
        "shapley": _shapley(chosen, values, at),
        "wedges": _wedges(chosen, values, case),
        "drivers": _drivers(case, full, at),
    }
    if sobol:
        other = prepare(begun, draws=max(draws, sobol), horizon=horizon, seed=seed)
        twin = prepare(begun, draws=max(draws, sobol), horizon=horizon, seed=seed + 1)
        found["sobol"] = _sobol(
            (other, twin), chosen, variable=variable, at=at, size=sobol, seed=seed
        )
    total = values[-1] - values[0]
    shares = shapley_of_subsets(values.mean(axis=1))
    left = shares.sum(axis=0) - total.mean(axis=0)
    drivers = found["drivers"].columns["effect"].sum()
    gross = full.emissions.sum(axis=1)[:, at] - case.baseline.emissions.sum(axis=1)[:, at]
    size = float(np.abs(values[0]).max())
    checks = (
        Check(
            Text("各杠杆之和等于总效应", "levers sum to the total effect"),
            float(np.abs(left).max() / size), CLOSURE,
        ),
        Check(
            Text("各因素效应之和等于总排放的变化", "drivers sum to the change of gross emissions"),
            float((drivers - gross.mean()) / size), CLOSURE,
        ),
        Check(
            Text("各年能源与排放账户平衡", "yearly accounts of energy and emissions close"),
            float(max(full.balance.max(), full.kaya.max())), CLOSURE,
        ),
    )  # fmt: skip
    said = notes(chosen, case, variable, case.years[at], sobol=bool(sobol))
    drawn = figures(case.years[at], sobol=bool(sobol))
    return Result(found, drawn, tuple(said), checks, begun.series, params={"year": case.years[at]})


def _chosen(given: Mapping[str, Any] | str) -> tuple[Schedule, ...]:
    asked = scenario(given).schedules if isinstance(given, str) else schedules(given)
    found = tuple(s for s in asked if s.level != 0)
    if not 1 <= len(found) <= MOST:
        raise wrong(
            "levers", str(len(found)),
            Text("给一至十二个水平不为零的杠杆，或一个情景。",
                 "Give from one to twelve levers with a level, or a scenario."),
        )  # fmt: skip
    return found


def _position(year: int | None, case: Case, sobol: int) -> int:
    wanted = case.years[-1] if year is None else year
    if not case.years[1] <= wanted <= case.years[-1]:
        rule = Text("{a} 至 {b} 之间。", "Between {a} and {b}.")
        raise wrong("year", str(wanted), rule.format(a=case.years[1], b=case.years[-1]))
    if sobol and (sobol < 8 or sobol & (sobol - 1) or sobol > 4096):
        rule = Text("0，或 8 至 4096 之间的二的幂。", "0, or a power of two from 8 to 4,096.")
        raise wrong("sobol", str(sobol), rule)
    return case.years.index(wanted)


def _outcome(paths: Paths, variable: Variable) -> Array:
    """Emissions of all areas together, shape (D, T)."""
    return (paths.net if variable == "net" else paths.emissions).sum(axis=1)


def _all_subsets(
    case: Case, chosen: tuple[Schedule, ...], variable: Variable
) -> tuple[Array, Paths]:
    """The outcome of every subset of levers, shape (2^K, D, T), and the paths of all of them."""
    acts = subsets(len(chosen))
    each = np.stack([level_table([s], case.years) for s in chosen])  # (K, L, T)
    draws, areas = case.parameters.population.shape[:2]
    out = np.empty((len(acts), draws, len(case.years)))
    size = max(1, BATCH // (draws * areas))
    for first in range(0, len(acts), size):
        part = acts[first : first + size]
        # no two schedules move one lever, so that a sum puts them together
        levels = np.tensordot(part.astype(np.float64), each, axes=1)  # (C, L, T)
        paths = _runs(case, np.repeat(np.moveaxis(levels, 0, 1), draws, axis=1), len(part))
        out[first : first + size] = _outcome(paths, variable).reshape(len(part), draws, -1)
    return out, _runs(case, level_table(chosen, case.years), 1)


def _runs(case: Case, levels: Array, times: int) -> Paths:
    rows = np.tile(np.arange(case.parameters.population.shape[0]), times)
    return run(case.start.state, case.parameters, levels, case.baseline, draws=rows)


def _shapley(chosen: tuple[Schedule, ...], values: Array, at: int) -> Table:
    shares = shapley_of_subsets(values[:, :, at])
    first, last = alone_and_last(values[:, :, at].mean(axis=1))
    mean = shares.mean(axis=1)
    low, high = np.quantile(shares, OUTER, axis=1)
    total = mean.sum()
    known = [catalogue()[s.lever] for s in chosen]
    return Table.of(
        ("lever",),
        lever=[s.lever for s in chosen],
        lever_title_zh=[lever.title.zh for lever in known],
        lever_title_en=[lever.title.en for lever in known],
        lever_level=np.array([s.level for s in chosen]),
        lever_effect=mean,
        low=low,
        high=high,
        relative_effect=mean / values[0, :, at].mean(),
        relative_low=low / values[0, :, at].mean(),
        relative_high=high / values[0, :, at].mean(),
        share=mean / total if total else np.full(len(mean), np.nan),
        effect_first=first,
        effect_last=last,
        evidence_grade=[lever.grade for lever in known],
        unit=[UNIT] * len(chosen),
    )


def _wedges(chosen: tuple[Schedule, ...], values: Array, case: Case) -> Table:
    mean = values.mean(axis=1)
    cut = -shapley_of_subsets(mean)
    known = [catalogue()[s.lever].title for s in chosen]
    titles = [Text("剩余排放", "what remains"), *known]
    years = np.array(case.years, dtype=np.int64)
    return Table.of(
        ("period", "wedge"),
        period=np.repeat(years, len(titles)),
        wedge=["scenario", *(s.lever for s in chosen)] * len(years),
        wedge_title_zh=[t.zh for t in titles] * len(years),
        wedge_title_en=[t.en for t in titles] * len(years),
        wedge_value=np.concatenate([mean[-1:], cut]).T.ravel(),
        unit=[UNIT] * (len(years) * len(titles)),
    )


def _drivers(case: Case, full: Paths, at: int) -> Table:
    """LMDI-I between the runs without and with levers, gross emissions."""
    x0, x1 = factors(case.baseline)[:, :, at], factors(full)[:, :, at]
    found = effects(case.baseline.emissions[..., at], full.emissions[..., at], x0, x1)
    return Table.of(
        ("driver",),
        driver=list(DRIVERS),
        effect=found.sum(axis=1).mean(axis=0),
        unit=[UNIT] * len(DRIVERS),
    )


def _sobol(
    cases: tuple[Case, Case],
    chosen: tuple[Schedule, ...],
    *,
    variable: Variable,
    at: int,
    size: int,
    seed: int,
) -> Table:
    """First-order and total indices of groups of parameters, by exchange between two samples."""
    one, two = cases
    levels = level_table(chosen, one.years)
    rows: Any = np.arange(size)
    a, b = take(one.parameters, rows), take(two.parameters, rows)

    def outcome(p: Parameters) -> Array:
        """The outcome, and the part of it that levers take away, shape (2, n)."""
        base = calibrate(one.start.state, p)
        there = _outcome(run(one.start.state, p, levels, base), variable)[:, at]
        without = _outcome(base, variable)[:, at]
        return np.stack([there, 1.0 - there / without])

    f_a, f_b = outcome(a), outcome(b)
    f_ab = np.stack([outcome(_exchanged(a, b, names)) for names in GROUPS.values()])
    first, total = (_part(x) for x in indices(f_a, f_b, f_ab))
    # one group and outcome a row: outcomes first, as in the table
    again = resampled_sobol(f_a, f_b, f_ab, RESAMPLES, seed)
    first_band, total_band = (np.quantile(_part(x), OUTER, axis=0) for x in again)
    names = list(GROUPS)
    columns = {
        "first_order": first, "first_order_low": first_band[0], "first_order_high": first_band[1],
        "total_order": total, "total_order_low": total_band[0], "total_order_high": total_band[1],
    }  # fmt: skip
    return Table.of(
        ("sobol_outcome", "uncertainty"),
        sobol_outcome=["level"] * len(names) + ["abated"] * len(names),
        uncertainty=names * 2,
        **{name: values.T.ravel() for name, values in columns.items()},
    )


def _part(index: Array) -> Array:
    """An index is a part of the variance: estimates beyond 0 and 1 are errors of a small sample."""
    return np.clip(index, 0.0, 1.0)


def _exchanged(a: Parameters, b: Parameters, names: tuple[str, ...]) -> Parameters:
    """The first sample with a group of parameters from the second one."""
    moved: dict[str, Any] = {name: getattr(b, name) for name in names}
    return replace(a, **moved)


def ungrouped() -> set[str]:
    """Parameters in no group: those that are not drawn."""
    grouped = {name for names in GROUPS.values() for name in names}
    return {f.name for f in fields(Parameters)} - grouped
