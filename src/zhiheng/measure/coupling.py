"""Coupling coordination of several systems: degree, grade and what moved it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.grades import GradeScale, grade_scales
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.coupling import Change, Coupling, Form, change
from zhiheng.kernels.coupling import coupling as couple
from zhiheng.measure.coupling_draws import coordination_interval, read_groups
from zhiheng.measure.coupling_input import (
    Systems,
    distances,
    margin,
    one_of_two,
    read_published,
    read_systems,
    refuse_unsaid_weights,
)
from zhiheng.measure.coupling_wording import figures, formula_title, interval_note, notes

Array = NDArray[np.float64]
# Contributions are at most 2^10 differences of numbers of at most one.
ROUNDING = 1e-12
SCALE = "coordination-10"


@method(zh="耦合协调度：耦合度、发展度、协调度、十级与变化来源", example="regions")
def coupling(
    panel: Panel,
    *,
    systems: Sequence[str] | None = None,
    system: str | None = None,
    index_weights: Literal["entropy", "equal", "equal_by_group"] = "entropy",
    weights: Sequence[float] | None = None,
    form: Form = "traditional",
    weights_in: Literal["both", "development"] | None = None,
    published: str | None = None,
    digits: int = 4,
    draws: int = 2000,
    recipes: str = "default",
    seed: int = 1,
) -> Result:
    """Measure how well several systems develop together: coupling, development, coordination.

    Use it for two to ten systems whose levels are indices from zero to one on comparable
    scales. It describes a balance and shows no effect of one system on another. The
    traditional coupling is high where all systems are equally low; the table ``forms``
    sets the corrected one beside it. Grades belong to one scaling of the systems and do
    not compare across papers.

    Parameters
    ----------
    panel : Panel
    systems : list of str, optional
        Series or expressions with values in [0, 1], such as scores of an index.
    system : str, optional
        Instead of `systems`: an index system of the catalog, whose uppermost groups are
        the systems. Coordination then has an interval over the admissible recipes of the
        index, and the grade the range that goes with it.
    index_weights : {"entropy", "equal", "equal_by_group"}
        Of the indicators inside each group.
    weights : list of float
        Of the systems in the development T; above zero, summing to one; equal by default.
    form : {"traditional", "corrected"}
        Coupling as geometric over arithmetic mean, or after Wang et al. (2021).
    weights_in : {"both", "development"}
        Needed when weights differ: whether C carries them as well (traditional form
        only) or T alone, as most papers print it.
    published : str
        A series with a coupling printed elsewhere, to be compared with the right
        formulas and with those often written by mistake.
    digits : int
        Decimals that `published` was printed with.
    draws, recipes, seed
        Of the interval, as in :func:`index`; with `system` only.

    Raises
    ------
    ZhihengError
        M610 not exactly one of `systems` and `system`, M680 the number of systems, M681
        gaps, M682 levels outside [0, 1], M683 a zero under the traditional form, M684
        weights that do not sum to one, M685 unequal
        weights without saying where they enter, M686 a published coupling above one.

    References
    ----------
    Wang, Kong, Ren, Zhi, Dai (2021) Journal of Natural Resources 36(3): 793-810;
    Liao (1999) Tropical Geography 19(2): 171-177.
    """
    if (systems is None) == (system is None):
        raise one_of_two()
    groups = None if system is None else read_groups(panel, system, index_weights, recipes)
    data = read_systems(panel, systems, weights, form, groups)
    refuse_unsaid_weights(data, form, weights_in)
    weighted = weights_in == "both"
    printed = None if published is None else read_published(panel, data, published, digits)
    found = couple(data.levels, data.weights, form=form, weighted=weighted)
    corrected = couple(data.levels, data.weights, form="corrected")
    traditional = couple(data.levels, data.weights, form="traditional", weighted=weighted)
    scale = grade_scales()[SCALE]
    ends = None
    if groups is not None and draws > 0:
        ends = coordination_interval(
            groups, data.weights, form, weighted=weighted, draws=draws, seed=seed
        )
    tables = {
        "coordination": _coordination(panel, found, scale, ends),
        "forms": _forms(panel, traditional, corrected, scale),
        "grades": _grades(panel, found, scale),
    }
    checks = [_bounds(found)]
    if len(panel.periods) > 1:
        first, last = data.levels[:, 0], data.levels[:, -1]
        split = change(first, last, data.weights, form=form, weighted=weighted)
        tables["change"] = _change(panel, found, split)
        tables["drivers"] = _drivers(panel, data, split)
        checks += _sums(split)
    if printed is not None:
        right = {"traditional": traditional.coupling, "corrected": corrected.coupling}
        tables["audit"] = _audit(printed, data, right, digits)
    said = notes(panel, data, found, scale, (form, weights_in))
    if groups is not None and ends is not None:
        said = [*said, interval_note(len(groups.recipes), draws, seed)]
    return Result(
        tables,
        figures(len(panel.periods) > 1, drawn=ends is not None),
        (*data.notes, *said),
        tuple(checks),
        data.series,
    )


def grade_of(coordination: Array, scale: GradeScale) -> NDArray[np.intp]:
    """The grade of each value, from 1; a limit belongs to the grade above it."""
    return np.searchsorted(np.array(scale.lowers), coordination, side="right").clip(min=1)


def _places(panel: Panel) -> dict[str, list[object] | NDArray[np.int64]]:
    """Identifiers of the cells, in the order of a raveled (entities, periods) array."""
    p = len(panel.periods)
    names = [panel.name(e) for e in panel.entities]
    return {
        "entity": [e for e in panel.entities for _ in range(p)],
        "name_zh": [n.zh for n in names for _ in range(p)],
        "name_en": [n.en for n in names for _ in range(p)],
        "period": np.tile(np.array(panel.periods, dtype=np.int64), len(panel.entities)),
    }


def _coordination(
    panel: Panel, found: Coupling, scale: GradeScale, ends: tuple[Array, Array] | None
) -> Table:
    grade = grade_of(found.coordination, scale).ravel()
    titles = [scale.grade[g - 1].title for g in grade]
    interval: dict[str, NDArray[Any]] = {}
    if ends is not None:
        low, high = (end.ravel() for end in ends)
        interval = {"coordination_low": low, "coordination_high": high}
        interval["grade_low"] = grade_of(low, scale)
        interval["grade_high"] = grade_of(high, scale)
    return Table.of(
        ("entity", "period"),
        **_places(panel),
        coupling=found.coupling.ravel(),
        development=found.development.ravel(),
        coordination=found.coordination.ravel(),
        grade=grade,
        grade_title_zh=[t.zh for t in titles],
        grade_title_en=[t.en for t in titles],
        **interval,
    )


def _forms(panel: Panel, one: Coupling, two: Coupling, scale: GradeScale) -> Table:
    a, b = (grade_of(x.coordination, scale).ravel() for x in (one, two))
    return Table.of(
        ("entity", "period"),
        **_places(panel),
        coupling_traditional=one.coupling.ravel(),
        coupling_corrected=two.coupling.ravel(),
        coordination_traditional=one.coordination.ravel(),
        coordination_corrected=two.coordination.ravel(),
        grade_traditional=a,
        grade_corrected=b,
        grade_shift=b - a,
    )


def _grades(panel: Panel, found: Coupling, scale: GradeScale) -> Table:
    """How many entities each grade has in each period."""
    grade = grade_of(found.coordination, scale)
    count = (grade[..., None] == np.arange(1, len(scale.grade) + 1)).sum(axis=0)
    p, k = count.shape
    titles = [one.title for one in scale.grade]
    return Table.of(
        ("period", "grade"),
        period=np.repeat(np.array(panel.periods, dtype=np.int64), k),
        grade=np.tile(np.arange(1, k + 1), p),
        grade_title_zh=[t.zh for t in titles] * p,
        grade_title_en=[t.en for t in titles] * p,
        lower=np.tile(np.array(scale.lowers), p),
        n=count.ravel(),
        share=count.ravel() / len(panel.entities),
    )


def _change(panel: Panel, found: Coupling, split: Change) -> Table:
    e = len(panel.entities)
    names = [panel.name(code) for code in panel.entities]
    return Table.of(
        ("entity", "period_from", "period"),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period_from=np.full(e, panel.periods[0], dtype=np.int64),
        period=np.full(e, panel.periods[-1], dtype=np.int64),
        start=found.coordination[:, 0],
        end=found.coordination[:, -1],
        change=split.change,
        by_coupling=split.by_coupling,
        by_development=split.by_development,
    )


def _drivers(panel: Panel, data: Systems, split: Change) -> Table:
    e, n = split.systems.shape
    names = [panel.name(code) for code in panel.entities]
    titles = data.titles or tuple(panel.title(name) for name in data.names)
    # shares of a change that is nothing but rounding say nothing
    moved = np.abs(split.change) > ROUNDING
    whole = np.where(moved, split.change, np.nan)[:, None]
    return Table.of(
        ("entity", "system"),
        entity=[code for code in panel.entities for _ in range(n)],
        name_zh=[name.zh for name in names for _ in range(n)],
        name_en=[name.en for name in names for _ in range(n)],
        system=list(data.names) * e,
        system_title_zh=[t.zh for t in titles] * e,
        system_title_en=[t.en for t in titles] * e,
        start=data.levels[:, 0].ravel(),
        end=data.levels[:, -1].ravel(),
        contribution=split.systems.ravel(),
        share=(split.systems / whole).ravel(),
    )


def _audit(printed: Array, data: Systems, right: dict[str, Array], digits: int) -> Table:
    """The largest distance of a printed coupling from each formula, right ones first."""
    gaps = {name: float(np.nanmax(np.abs(c - printed))) for name, c in right.items()}
    gaps |= distances(printed, data.levels)
    titles = [formula_title(name) for name in gaps]
    return Table.of(
        ("formula",),
        formula=list(gaps),
        formula_title_zh=[t.zh for t in titles],
        formula_title_en=[t.en for t in titles],
        largest_gap=list(gaps.values()),
        reproduces=[int(gap <= margin(digits)) for gap in gaps.values()],
    )


def _bounds(found: Coupling) -> Check:
    seen = [found.coupling[np.isfinite(found.coupling)], found.coordination, found.development]
    values = np.concatenate([x.ravel() for x in seen])
    beyond = np.maximum(values - 1.0, -values)
    return Check(
        Text("C、T、D 都在 0 与 1 之间", "C, T and D lie between zero and one"),
        float(np.maximum(beyond, 0.0).max()),
        ROUNDING,
    )


def _sums(split: Change) -> list[Check]:
    by_system = split.systems.sum(axis=1) - split.change
    by_factor = split.by_coupling + split.by_development - split.change
    return [
        Check(
            Text(
                "各系统的贡献之和等于协调度的变化",
                "contributions of systems sum to the change of coordination",
            ),
            float(np.abs(by_system).max()),
            ROUNDING,
        ),
        Check(
            Text(
                "均衡与水平两部分之和等于协调度的变化",
                "balance and level sum to the change of coordination",
            ),
            float(np.abs(by_factor).max()),
            ROUNDING,
        ),
    ]
