"""Mediation in panels with fixed effects: paths, sensitivity, and what theory must argue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result
from zhiheng.explain import mediation_wording as wording
from zhiheng.explain.index_parts import Normalise, WeightRule
from zhiheng.explain.mediation_input import Arrow, check_call, read_arrows
from zhiheng.explain.mediation_tables import (
    Equations,
    fit_table,
    overlap_table,
    paths_table,
    sensitivity_curve,
    sensitivity_table,
    two_step_table,
)
from zhiheng.explain.regression import Fitted, Model, Transform, check_model, estimate
from zhiheng.explain.treatment_parts import Given, Treatment, read_treatment
from zhiheng.explain.variables import Gaps, Variables, dropped_rows, read_variables
from zhiheng.kernels.mediation import Paths, cross_products, indirect, mediation_paths
from zhiheng.kernels.panel_ols import Effects, SmallSample, solve
from zhiheng.kernels.resample import multiplicities

ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is estimated: names in the order of the columns, and how."""

    treatment: Treatment
    mediators: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    model: Model
    serial: bool
    level: float


@method(zh="中介路径：区块自助区间、敏感性与两步检验；指标不得充当自身的中介", example="regions")
def mediation(
    panel: Panel,
    *,
    outcome: str,
    mediators: Sequence[str],
    treatment: str | None = None,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    normalise: Normalise = "global",
    weights: WeightRule = "entropy",
    given: Mapping[str, float] | None = None,
    purge: bool = False,
    controls: Sequence[str] = (),
    theory: Mapping[str, str] | None = None,
    serial: bool = False,
    effects: Effects = "twoway",
    transform: Transform = "levels",
    trends: bool = False,
    small_sample: SmallSample = "stata",
    gaps: Gaps = "refuse",
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Estimate how much of a slope runs through mediators, and what that rests on.

    Use it for linear paths in a panel of regions and years. A product of slopes is
    an effect only if nothing unmeasured moves mediator and outcome together, and
    no design of this method sees to that: `sensitivity` says how much of it would
    be enough. The table `two_step` stops where the data stop: it tests treatment
    to mediator and leaves mediator to outcome to argument. Do not use it when the
    mediator is part of the treatment; that is refused.

    Parameters
    ----------
    panel : Panel
    outcome : str
        A series or an expression.
    mediators : list of str
        One or more; in a serial model in causal order, at most four.
    treatment : str
        A series, an expression or a score of an earlier step. A score needs `system`
        or `columns` beside it, so that its ingredients are known.
    system, columns, normalise, weights, given
        An index as in `overlap_audit`: the treatment itself, or what `treatment` is
        made of.
    purge : bool
        Build the treatment without the indicators that share data with a mediator.
    controls : list of str
        In every equation.
    theory : mapping of mediator to sign
        ``"+"``, ``"-"``, or the id of an arrow of the theory graph, for the arrow from
        treatment to mediator.
    serial : bool
        Let each mediator act on those after it, and print every chain.
    effects, transform, trends, small_sample, gaps
        As in `panel_ols`.
    draws, seed : int
        Resamples of whole entities; the effects are removed anew in each.
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M746 a mediator is an ingredient of the treatment, M747 what the treatment is made
        of is not clear, M748 options of this method, and the refusals of `panel_ols`
        (M701–M708) and `overlap_audit` (M751, M752).

    References
    ----------
    Jiang (2022) China Industrial Economics (5): 100-120; Imai, Keele and Yamamoto (2010)
    Statistical Science 25(1): 51-71; Hesterberg (2015) The American Statistician
    69(4): 371-386; MacKinnon et al. (2002) Psychological Methods 7(1): 83-104.
    """
    through = (mediators,) if isinstance(mediators, str) else tuple(mediators)
    others = (controls,) if isinstance(controls, str) else tuple(controls)
    check_call(through, serial=serial, draws=draws, level=level)
    arrows = read_arrows(through, theory or {})
    asked = Given(treatment, system, columns, (normalise, weights), given, purge)
    cause = read_treatment(panel, asked, through)
    model = Model(
        outcome, (cause.name, *through, *others), effects, transform, trends, small_sample
    )
    check_model(model)
    data = _with_treatment(panel, cause, (outcome, *through, *others), gaps)
    fitted = estimate(panel, data, model)
    setup = Setup(cause, through, arrows, model, serial, level)
    return _result(panel, data, fitted, setup, (draws, seed))


def _with_treatment(
    panel: Panel, cause: Treatment, names: tuple[str, ...], gaps: Gaps
) -> Variables:
    """The columns of all equations: outcome, treatment, mediators, controls."""
    data = read_variables(panel, names, gaps=gaps, level=cause.level)
    seen = np.isfinite(cause.values)
    if gaps == "refuse" and not seen.all():
        read_variables(panel, [cause.name], gaps="refuse", level=cause.level)
    mask = np.asarray(data.mask & seen, dtype=np.bool_)
    values = np.insert(data.values, 1, np.where(seen, cause.values, 0.0), axis=-1)
    series = tuple(sorted({*data.series, *cause.series}))
    notes = tuple(dict.fromkeys((*data.notes, *cause.notes)))
    return replace(data, values=values * mask[..., None], mask=mask, series=series, notes=notes)


def _result(
    panel: Panel, data: Variables, fitted: Fitted, setup: Setup, drawing: tuple[int, int]
) -> Result:
    k, clusters = len(setup.mediators), fitted.fit.clusters
    equations = _equations(fitted, k, serial=setup.serial)
    one, drawn = _drawn(panel, fitted, setup, drawing)
    tables = {
        "paths": paths_table(panel, setup, equations, one, drawn),
        "two_step": two_step_table(panel, setup, equations),
        "sensitivity": sensitivity_table(panel, setup, one, drawn, clusters),
        "sensitivity_curve": sensitivity_curve(setup, one, drawn, clusters),
        "overlaps": overlap_table(panel, setup),
        "fit": fit_table(fitted, drawn, drawing[0]),
    }
    if not fitted.used.all():
        tables["dropped"] = dropped_rows(panel, fitted.used)
    total = float(one.total[0])
    parts = indirect(one, k, serial=setup.serial)[0]
    size = max(abs(total), float(np.abs(parts).max()), abs(float(one.direct[0])))
    difference = total - float(one.direct[0]) - float(parts.sum())
    same = float(np.abs(one.b[0] - equations.full.beta[1 : 1 + k]).max())
    scale = max(1.0, float(np.abs(one.b[0]).max()))
    checks = (
        Check(wording.PRODUCT_CHECK, difference / size, ROUNDING),
        Check(wording.CROSS_CHECK, same / scale, ROUNDING * 100),
    )
    notes = (*data.notes, *wording.notes(panel, setup, tables))
    return Result(tables, wording.figures(), notes, checks, data.series)


def _equations(fitted: Fitted, k: int, *, serial: bool) -> Equations:
    """Every least-squares fit behind the paths, on the same rows with the same effects."""
    full = fitted.fit
    x, controls = full.x[..., :1], full.x[..., 1 + k :]
    base = np.concatenate([x, controls], axis=-1)
    total = solve(full.y, base, full.absorber)
    marginal = [solve(full.x[..., 1 + j], base, full.absorber) for j in range(k)]
    chained = list(marginal)
    if serial:
        for j in range(1, k):
            before = np.concatenate([x, full.x[..., 1 : 1 + j], controls], axis=-1)
            chained[j] = solve(full.x[..., 1 + j], before, full.absorber)
    return Equations(full, total, tuple(marginal), tuple(chained))


def _drawn(
    panel: Panel, fitted: Fitted, setup: Setup, drawing: tuple[int, int]
) -> tuple[Paths, Paths]:
    """Paths of the data, and of resampled entities in the order of their names."""
    absorb = fitted.fit.absorber
    k = len(setup.mediators)
    swept = absorb.remove(fitted.raw)  # keeps the cross products well conditioned
    seen: NDArray[np.bool_] = np.asarray(absorb.mask.any(axis=1))
    inside = np.flatnonzero(seen)
    named = sorted(inside, key=lambda i: panel.entities[i])
    count = multiplicities(np.zeros(len(named), dtype=np.intp), draws=drawing[0], seed=drawing[1])
    times: NDArray[np.float64] = np.zeros((drawing[0], len(absorb.mask)))
    times[:, named] = count
    everyone = seen.astype(np.float64)[None, :]
    gram = cross_products(swept, absorb, np.concatenate([everyone, times]))
    gram[0] = (swept.transpose(0, 2, 1) @ swept).sum(axis=0)
    found = mediation_paths(gram, k, serial=setup.serial)
    fields = Paths.__dataclass_fields__
    one = Paths(**{name: getattr(found, name)[:1] for name in fields})
    return one, Paths(**{name: getattr(found, name)[1:] for name in fields})
