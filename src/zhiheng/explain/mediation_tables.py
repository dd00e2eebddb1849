"""Tables of mediation: paths, sensitivity, two-step, and what variables share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.expression import Overlap, overlap
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.explain.mediation_wording import ARGUED
from zhiheng.explain.overlap_audit import INDEX, meaning_of
from zhiheng.explain.panel_ols import clustered
from zhiheng.explain.regression import Fitted
from zhiheng.kernels.few_clusters import FewClusters, bell_mccaffrey
from zhiheng.kernels.mediation import Paths, Route, effect_at, indirect, links, routes
from zhiheng.kernels.panel_ols import PanelFit, SmallSample, factor
from zhiheng.kernels.resample import expanded_level, interval

if TYPE_CHECKING:
    from zhiheng.explain.mediation import Setup

Array = NDArray[np.float64]
GRID = np.linspace(-0.9, 0.9, 19)
"""Correlations at which the indirect effect is printed; beyond 0.9 there is no error left."""


@dataclass(frozen=True, slots=True)
class Equations:
    """The fits behind the paths: outcome with and without mediators, and each mediator."""

    full: PanelFit
    total: PanelFit
    marginal: tuple[PanelFit, ...]
    chained: tuple[PanelFit, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table of paths."""

    kind: str
    steps: tuple[str, ...]
    estimate: float
    error: float
    few: float
    draws: Array
    share: float = np.nan


def _scores(fit: PanelFit) -> Array:
    """Each entity's contribution to the error of each coefficient, shape (E, k)."""
    return np.einsum("ep,epk->ek", fit.residuals, fit.x) @ fit.bread


def _few(fit: PanelFit) -> tuple[FewClusters, Array]:
    found = bell_mccaffrey(fit)
    return found, 2 * stats.t.sf(np.abs(fit.beta / found.std_error), found.df)


def paths_table(
    panel: Panel, setup: Setup, equations: Equations, one: Paths, drawn: Paths
) -> Table:
    """Every path and every product of paths, with three kinds of uncertainty."""
    lines = [*_effects(setup, equations, one, drawn), *_single(setup, equations, drawn)]
    clusters = equations.full.clusters
    level = expanded_level(setup.level, clusters)
    ends = interval(np.stack([line.draws for line in lines], axis=1), level)
    estimate = np.array([line.estimate for line in lines])
    error = np.array([line.error for line in lines])
    words = [option_word("path", line.kind) for line in lines]
    titles = [_route_title(panel, setup, line.steps) for line in lines]
    paths = [_path_title(panel, w, line.steps) for w, line in zip(words, lines, strict=True)]
    return Table.of(
        ("kind", "route"),
        kind=[line.kind for line in lines],
        kind_title_zh=[w.zh for w in words],
        kind_title_en=[w.en for w in words],
        route=[" > ".join(line.steps) for line in lines],
        route_title_zh=[t.zh for t in titles],
        route_title_en=[t.en for t in titles],
        effect_route=[f"{line.kind}: {' > '.join(line.steps[1:-1])}" for line in lines],
        effect_route_title_zh=[t.zh for t in paths],
        effect_route_title_en=[t.en for t in paths],
        role=["link" if line.kind in ("a", "b", "between") else "effect" for line in lines],
        estimate=estimate,
        std_error=error,
        p_value=2 * stats.t.sf(np.abs(estimate / error), clusters - 1),
        p_few=np.array([line.few for line in lines]),
        ci_low=ends[0],
        ci_high=ends[1],
        share=np.array([line.share for line in lines]),
    )


def _route_title(panel: Panel, setup: Setup, steps: Sequence[str]) -> Text:
    found = [option_word("treatment_name", s) if s == INDEX else panel.title(s) for s in steps]
    return Text(" → ".join(t.zh for t in found), " → ".join(t.en for t in found))


def _path_title(panel: Panel, kind: Text, steps: Sequence[str]) -> Text:
    """The kind of effect, with the mediators that it runs through."""
    through = [panel.title(s) for s in steps[1:-1]]
    if not through:
        return kind
    return Text("{k}：{m}", "{k}: {m}").format(
        k=kind, m=Text("、".join(t.zh for t in through), ", ".join(t.en for t in through))
    )


def _effects(setup: Setup, equations: Equations, one: Paths, drawn: Paths) -> list[Line]:
    """Total, direct, and the indirect effects, all in units of the outcome."""
    k, kind = len(setup.mediators), setup.model.small_sample
    x, y = setup.model.regressors[0], setup.model.outcome
    total, full = equations.total, equations.full
    few_total, few_full = _few(total)[1], _few(full)[1]
    products = indirect(one, k, serial=setup.serial)[0]
    draws = indirect(drawn, k, serial=setup.serial)
    known = routes(k, serial=setup.serial)
    scores = np.stack([_route_scores(equations, one, route) for route in known], axis=1)
    scale = factor(full, kind)
    error = np.sqrt((scores**2).sum(axis=0) * scale)
    all_error = float(np.sqrt((scores.sum(axis=1) ** 2).sum() * scale))
    whole = float(total.beta[0])
    return [
        Line("total", (x, y), whole, float(clustered(total, kind)[0]), float(few_total[0]),
             drawn.total),
        Line("direct", (x, y), float(full.beta[0]), float(clustered(full, kind)[0]),
             float(few_full[0]), drawn.direct, _share(float(full.beta[0]), whole)),
        *(
            Line("indirect", (x, *(setup.mediators[m] for m in route), y), float(products[i]),
                 float(error[i]), _joint(equations, route), draws[:, i],
                 _share(float(products[i]), whole))
            for i, route in enumerate(known)
        ),
        Line("indirect_total", (x, y), float(products.sum()), all_error,
             _joint(equations, known[0]) if len(known) == 1 else np.nan,
             draws.sum(axis=1), _share(float(products.sum()), whole)),
    ]  # fmt: skip


def _share(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _route_scores(equations: Equations, one: Paths, route: Route) -> Array:
    """The delta method entity by entity: the product's contribution to its own error."""
    found = links(one, route)[0]
    parts = [_scores(equations.chained[route[0]])[:, 0]]
    for before, after in zip(route[:-1], route[1:], strict=True):
        parts.append(_scores(equations.chained[after])[:, 1 + before])
    parts.append(_scores(equations.full)[:, 1 + route[-1]])
    others = [np.prod(np.delete(found, i)) for i in range(len(found))]
    return np.stack(parts, axis=1) @ np.array(others)


def _joint(equations: Equations, route: Route) -> float:
    """The largest p along the route: a product is not zero only if no link is."""
    found = [_few(equations.chained[route[0]])[1][0]]
    for before, after in zip(route[:-1], route[1:], strict=True):
        found.append(_few(equations.chained[after])[1][1 + before])
    found.append(_few(equations.full)[1][1 + route[-1]])
    return float(max(found))


def _single(setup: Setup, equations: Equations, drawn: Paths) -> list[Line]:
    """The single links of all routes."""
    x, y, kind = setup.model.regressors[0], setup.model.outcome, setup.model.small_sample
    lines: list[Line] = []
    for j, name in enumerate(setup.mediators):
        fit = equations.chained[j]
        lines.append(_line("a", (x, name), fit, 0, drawn.a[:, j], kind))
        if setup.serial:
            lines += [
                _line("between", (setup.mediators[i], name), fit, 1 + i,
                      drawn.between[:, i, j], kind)
                for i in range(j)
            ]  # fmt: skip
    full = equations.full
    return lines + [
        _line("b", (name, y), full, 1 + j, drawn.b[:, j], kind)
        for j, name in enumerate(setup.mediators)
    ]


def _line(
    kind: str, steps: tuple[str, ...], fit: PanelFit, column: int, draws: Array, small: SmallSample
) -> Line:
    error, few = clustered(fit, small)[column], _few(fit)[1][column]
    return Line(kind, steps, float(fit.beta[column]), float(error), float(few), draws)


def two_step_table(panel: Panel, setup: Setup, equations: Equations) -> Table:
    """Treatment to mediator, tested against theory's sign; mediator to outcome is not tested."""
    kind, fits = setup.model.small_sample, equations.marginal
    found = [_few(fit) for fit in fits]
    estimate = np.array([fit.beta[0] for fit in fits])
    error = np.array([clustered(fit, kind)[0] for fit in fits])
    df = equations.full.clusters - 1
    half = stats.t.ppf(1 - setup.level / 2, df) * error
    titles = [panel.title(m) for m in setup.mediators]
    argued = [arrow.quotation or ARGUED for arrow in setup.arrows]
    return Table.of(
        ("mediator",),
        mediator=setup.mediators,
        mediator_title_zh=[t.zh for t in titles],
        mediator_title_en=[t.en for t in titles],
        estimate=estimate,
        std_error=error,
        p_value=2 * stats.t.sf(np.abs(estimate / error), df),
        ci_low=estimate - half,
        ci_high=estimate + half,
        std_error_cr2=np.array([few.std_error[0] for few, _ in found]),
        df_few=np.array([few.df[0] for few, _ in found]),
        p_few=np.array([p[0] for _, p in found]),
        theory_sign=_words([arrow.sign for arrow in setup.arrows]),
        sign_agrees=_words(
            [_agrees(a.sign, e) for a, e in zip(setup.arrows, estimate, strict=True)]
        ),
        argument_zh=[a.zh for a in argued],
        argument_en=[a.en for a in argued],
    )


def _agrees(sign: str, estimate: float) -> str:
    return "" if not sign else ("yes" if (estimate > 0) == (sign == "+") else "no")


def sensitivity_table(panel: Panel, setup: Setup, one: Paths, drawn: Paths, clusters: int) -> Table:
    """The correlation of errors at which each mediator's indirect effect vanishes."""
    ends = interval(drawn.rho, expanded_level(setup.level, clusters))
    titles = [panel.title(m) for m in setup.mediators]
    return Table.of(
        ("mediator",),
        mediator=setup.mediators,
        mediator_title_zh=[t.zh for t in titles],
        mediator_title_en=[t.en for t in titles],
        rho_zero=one.rho[0],
        ci_low=ends[0],
        ci_high=ends[1],
        r2_unexplained=one.rho[0] ** 2,
        estimate=(one.marginal * one.b)[0],
    )


def sensitivity_curve(setup: Setup, one: Paths, drawn: Paths, clusters: int) -> Table:
    """The indirect effect through each mediator over a grid of correlations of errors."""
    ends = interval(effect_at(drawn, GRID), expanded_level(setup.level, clusters))
    return Table.of(
        ("mediator", "rho"),
        mediator=[m for m in setup.mediators for _ in GRID],
        rho=np.tile(np.round(GRID, 10), len(setup.mediators)),
        estimate=effect_at(one, GRID)[0].ravel(),
        ci_low=ends[0].ravel(),
        ci_high=ends[1].ravel(),
    )


def overlap_table(panel: Panel, setup: Setup) -> Table:
    """What treatment, mediators and outcome share; any of it moves both sides by arithmetic."""
    rows = shared_pairs(panel, setup)
    return Table.of(
        ("variable", "other", "series", "relation"),
        variable=_words([left for left, _, _ in rows]),
        other=_words([right for _, right, _ in rows]),
        series=_words([o.left for _, _, o in rows]),
        outcome_series=_words([o.right for _, _, o in rows]),
        relation=_words([o.relation for _, _, o in rows]),
        relation_title_zh=_words([option_word("relation", o.relation).zh for _, _, o in rows]),
        relation_title_en=_words([option_word("relation", o.relation).en for _, _, o in rows]),
    )


def shared_pairs(panel: Panel, setup: Setup) -> list[tuple[str, str, Overlap]]:
    """Pairs of variables (or an ingredient and a variable) with what they share."""
    meaning, outcome = meaning_of(setup.treatment.level, panel), setup.model.outcome
    rows = [(item.id, mediator, one) for mediator, item, one in setup.treatment.kin]
    rows += [
        (item.id, outcome, one)
        for item in setup.treatment.ingredients
        for one in overlap(item.expression, outcome, meaning)
    ]
    rows += [
        (mediator, outcome, one)
        for mediator in setup.mediators
        for one in overlap(mediator, outcome, meaning)
    ]
    keyed = {(left, right, one.left, one.relation): (left, right, one) for left, right, one in rows}
    return list(keyed.values())


def fit_table(fitted: Fitted, drawn: Paths, draws: int) -> Table:
    """What the equations were estimated on."""
    fit, mask = fitted.fit, fitted.fit.absorber.mask
    lost = ~np.isfinite(drawn.total + drawn.direct + drawn.b.sum(axis=1))
    return Table.of(
        (),
        n=np.array([fit.rows]),
        entities=np.array([fit.clusters]),
        periods=np.array([int(mask.any(axis=0).sum())]),
        df=np.array([fit.clusters - 1]),
        r2_within=np.array([fit.r2_within]),
        rows_dropped=np.array([int((~fitted.used).sum())]),
        draws=np.array([draws]),
        draws_undefined=np.array([int(lost.sum())]),
    )


def _words(values: Sequence[str]) -> NDArray[np.object_]:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out
