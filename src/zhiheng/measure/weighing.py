"""Each way of weighing with what its weights stand on, ready for the tables of `index_weights`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.weighting import weighting_limits
from zhiheng.core.result import Check, Note, Table
from zhiheng.kernels.hierarchy import equal_in_tree
from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.pca import PcaRule, pca_weights
from zhiheng.kernels.weights import MEMBERS, Weighting, entropy, weigh
from zhiheng.kernels.weights_combined import Importance, game, optimised
from zhiheng.kernels.weights_contrast import Correlation, critic, cv
from zhiheng.kernels.weights_judged import Prioritisation, ahp, bwm, joint
from zhiheng.kernels.weights_scatter import scatter_degree
from zhiheng.measure import weighing_wording as wording
from zhiheng.measure.judgement import BestWorstVectors, Pairs

Array = NDArray[np.float64]
Way = Literal[Weighting, "ahp", "ahp_geometric", "bwm", "bod"]
JUDGED = ("ahp", "ahp_geometric", "bwm")
RESIDUAL = 1e-9
"""Programmes and equations scaled to one are solved to this."""
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call gives beside the data."""

    tree: tuple[NDArray[np.intp], ...] = ()
    given: Array | None = None
    targets: Array | None = None
    judged: Pairs | BestWorstVectors | None = None
    members: tuple[str, ...] = MEMBERS
    correlation: Correlation = "pearson"
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Weighed:
    """Weights with what they stand on.

    Attributes
    ----------
    weights : ndarray, shape (1, K) or (P, K)
        NaN where the rule gives none.
    columns : mapping of str to ndarray, shape (K,)
        Columns of the table of weights.
    tables : mapping of str to Table
    unit : object
        The record of benefit of the doubt, whose weights are those of units.
    """

    weights: Array
    columns: Mapping[str, Array] = field(default_factory=dict[str, Array])
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])
    notes: tuple[Note, ...] = ()
    checks: tuple[Check, ...] = ()
    unit: Any = None


def weighed(z: Normalised, way: Way, ids: Sequence[str], asked: Asked) -> Weighed:
    """The weights under one rule, with what they stand on."""
    if way in ("ahp", "ahp_geometric"):
        return _hierarchy(cast(Pairs, asked.judged), ids, way)
    if way == "bwm":
        return _best_worst(cast(BestWorstVectors, asked.judged), ids)
    if way == "game":
        return _combined(z, ids, asked)
    if way == "bod":
        return _doubt(z)
    return _computed(z, cast(Weighting, way), asked)


def reads_data(way: str) -> bool:
    """Whether a rule takes its weights from the values."""
    fixed = ("equal", "equal_by_group", "given", *JUDGED)
    return way in get_args(Way) and way not in fixed


def _computed(z: Normalised, way: Weighting, asked: Asked) -> Weighed:
    if way in ("pca", "pca_first", "pca_composite"):
        return _components(z, way)
    if way in ("optimised", "optimised_correlation"):
        return _targeted(z, "effective" if way == "optimised" else "correlation", asked)
    if way == "scatter_degree":
        return _scatter(z)
    if way == "projection_pursuit":
        return _pursuit(z, asked.seed)
    return _spread(z, way, asked)


def _spread(z: Normalised, way: Weighting, asked: Asked) -> Weighed:
    if way in ("entropy", "entropy_per_period"):
        e = entropy(z, per_period=way == "entropy_per_period")
        means = {"entropy": e.entropy.mean(axis=0), "divergence": e.divergence.mean(axis=0)}
        return Weighed(e.weights, means)
    if way in ("critic", "critic_spearman"):
        how = "spearman" if way == "critic_spearman" else asked.correlation
        c = critic(z, how)
        amount = {"contrast": c.contrast, "conflict": c.conflict}
        return Weighed(c.weights, amount, notes=(wording.correlation_note(how),))
    if way == "cv":
        v = cv(z)
        stands = {"mean": v.mean, "deviation": v.deviation, "variation": v.ratio}
        return Weighed(v.weights, stands)
    if way == "equal_by_group":
        return Weighed(equal_in_tree(asked.tree))
    return Weighed(weigh(z, way, given=asked.given))


def _scatter(z: Normalised) -> Weighed:
    s = scatter_degree(z)
    note = wording.scatter_note(s.attained, s.largest, s.constrained)
    return Weighed(s.weights, {"projection": s.direction}, notes=(note,))


def _components(z: Normalised, rule: PcaRule) -> Weighed:
    p = pca_weights(z, rule)
    share = float(p.eigenvalues[: p.kept].sum() / max(p.eigenvalues.sum(), 1.0))
    note = wording.components_note(rule, p.kept, share)
    return Weighed(p.weights, {"coefficient": p.coefficients}, notes=(note,))


def _pursuit(z: Normalised, seed: int) -> Weighed:
    # compiled on import, so not before it is asked for
    from zhiheng.kernels.weights_pursuit import projection_pursuit

    p = projection_pursuit(z, seed=seed)
    columns = {"projection": p.direction, "projection_squared": p.direction**2}
    note = wording.pursuit_note(p.index, p.agreeing, len(p.reached), seed)
    return Weighed(p.weights, columns, notes=(note,))


def _targeted(z: Normalised, importance: Importance, asked: Asked) -> Weighed:
    o = optimised(z, asked.targets, importance)
    note = wording.target_note(importance, o.residual, missed=not o.residual <= RESIDUAL)
    checks = ()
    if importance == "effective":
        checks = (Check(wording.TARGET_CHECK, o.residual, RESIDUAL),)
    columns = {"target": o.target, "importance": o.importance}
    return Weighed(o.weights, columns, notes=(note,), checks=checks)


def _combined(z: Normalised, ids: Sequence[str], asked: Asked) -> Weighed:
    found = [weighed(z, cast(Way, m), ids, asked) for m in asked.members]
    rows = np.array([f.weights.mean(axis=0) for f in found])
    if not np.isfinite(rows).all():
        return Weighed(np.full((1, len(ids)), np.nan))
    g = game(rows)
    titles = [wording.way_word(m) for m in asked.members]
    n = len(ids)
    tables = {
        "members": Table.of(
            ("method",),
            method=asked.members,
            method_title_zh=[t.zh for t in titles],
            method_title_en=[t.en for t in titles],
            coefficient=g.solution,
            share=g.coefficients,
        ),
        "member_weights": Table.of(
            ("method", "indicator"),
            method=[m for m in asked.members for _ in range(n)],
            method_title_zh=[t.zh for t in titles for _ in range(n)],
            method_title_en=[t.en for t in titles for _ in range(n)],
            indicator=list(ids) * len(found),
            weight=rows.ravel(),
        ),
    }
    for f in found:
        tables |= {name: t for name, t in f.tables.items() if name not in tables}
    notes = tuple(note for f in found for note in f.notes)
    if (g.solution < 0).any():
        notes = (*notes, wording.negative_coefficient_note())
    check = Check(wording.GAME_CHECK, g.residual, RESIDUAL)
    return Weighed(g.weights, {}, tables, notes, (*(c for f in found for c in f.checks), check))


def _hierarchy(judged: Pairs, ids: Sequence[str], way: str) -> Weighed:
    prioritisation: Prioritisation = "geometric" if way == "ahp_geometric" else "eigenvector"
    limits, count = weighting_limits(), len(ids)
    index = limits.random_index.of(count)
    matrices, names = judged.matrices, list(judged.experts)
    whole = joint(matrices)
    if len(matrices) > 1:
        matrices, names = np.concatenate([matrices, whole[None]]), [*names, "joint"]
    found = [ahp(m, index, prioritisation=prioritisation) for m in matrices]
    ratios = [f.ratio for f in found]
    consistency = Table.of(
        ("expert",),
        expert=names,
        largest_eigenvalue=[f.largest for f in found],
        consistency_index=[f.index for f in found],
        random_index=np.full(len(found), index),
        consistency_ratio=np.array(ratios, dtype=np.float64),
        consistent=[r < limits.consistency_limit if np.isfinite(r) else None for r in ratios],
    )
    upper = np.triu_indices(count, 1)
    first, second = ([ids[int(i)] for i in side] for side in upper)
    gaps = found[-1].gaps
    pairs = Table.of(
        ("indicator_a", "indicator_b"),
        indicator_a=first,
        indicator_b=second,
        comparison=whole[upper],
        implied=(whole / np.exp(gaps))[upper],
        log_gap=gaps[upper],
    )
    notes = [
        wording.hierarchy_note(prioritisation, limits.random_index.citation, len(judged.experts))
    ]
    bad = [n for n, r in zip(names, ratios, strict=True) if not r < limits.consistency_limit]
    if bad:
        worst = int(np.abs(gaps[upper]).argmax())
        pair = (first[worst], second[worst])
        notes.append(wording.inconsistent_note(bad, limits.consistency_limit, pair))
    return Weighed(
        found[-1].weights, {}, {"consistency": consistency, "comparisons": pairs}, tuple(notes)
    )


def _best_worst(judged: BestWorstVectors, ids: Sequence[str]) -> Weighed:
    limits = weighting_limits()
    to_others, to_worst, names = judged.best_to_others, judged.others_to_worst, list(judged.experts)
    if len(names) > 1:
        to_others = np.concatenate([to_others, joint(to_others)[None]])
        to_worst = np.concatenate([to_worst, joint(to_worst)[None]])
        names = [*names, "joint"]
    found = [bwm(a, b, judged.best, judged.worst) for a, b in zip(to_others, to_worst, strict=True)]
    consistency = Table.of(
        ("expert",),
        expert=names,
        ksi=[f.ksi for f in found],
        consistency_ratio=[f.ratio for f in found],
        consistent=[f.ratio < limits.consistency_limit for f in found],
    )
    columns = {
        "best_to_others": to_others[-1],
        "others_to_worst": to_worst[-1],
        "consistency_ratio": found[-1].ratios,
    }
    notes = [wording.best_worst_note(ids[judged.best], ids[judged.worst], len(judged.experts))]
    bad = [n for n, f in zip(names, found, strict=True) if not f.ratio < limits.consistency_limit]
    if bad:
        worst = int(found[-1].ratios.argmax())
        pair = (ids[judged.best], ids[worst])
        notes.append(wording.inconsistent_note(bad, limits.consistency_limit, pair))
    return Weighed(found[-1].weights, columns, {"consistency": consistency}, tuple(notes))


def _doubt(z: Normalised) -> Weighed:
    # compiled on import, so not before it is asked for
    from zhiheng.kernels.bod import bod

    if (z.values < 0).any():
        return Weighed(np.full((1, z.values.shape[2]), np.nan))
    found = bod(z.values)
    mean = found.weights.mean(axis=(0, 1))
    shares = found.shares[np.isfinite(found.shares).all(axis=2)]
    total = mean.sum()
    weights = (mean / total if total > 0 else np.full(len(mean), np.nan))[None]
    columns = {"share": shares.mean(axis=0) if len(shares) else np.full(len(mean), np.nan)}
    full = int((found.scores > 1 - ROUNDING).sum())
    return Weighed(
        weights,
        columns,
        notes=(wording.doubt_note(full, found.scores.size),),
        checks=(Check(wording.DOUBT_CHECK, found.residual, RESIDUAL),),
        unit=found,
    )
