"""Tables of a multiverse: the curve, its joint test, and which choice moves the claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.explain.multiverse_fit import Fits
from zhiheng.explain.multiverse_input import Space
from zhiheng.kernels.multiverse import Joint
from zhiheng.kernels.sensitivity import first_order

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Traits = Mapping[str, Mapping[str, str]]
STATISTICS = ("median", "share_sign", "share_significant")
DRAWN = 50
"""So many places along the curve are drawn; a longer curve is cut into as many equal slices."""
# Estimates closer than this, relative to the largest, keep the order of the plan, so that the
# last bits of sums do not decide a rank.
TIE = 1e-10


@dataclass(frozen=True, slots=True)
class Axis:
    """One choice that specifications make: its values and which one each specification has.

    `control` is the word of a control where the choice is whether it is in.
    """

    id: str
    title: Text
    values: tuple[str, ...]
    titles: tuple[Text, ...]
    label: NDArray[np.intp]
    control: Text | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What each specification says of the claim.

    Attributes
    ----------
    direction : int
        The declared sign, or that of the median where none is declared.
    plain : ndarray of bool, shape (S,)
        Specifications that count: no mediator or ingredient among their controls.
    right, survives, survives_wild : ndarray of bool, shape (S,)
        Whether the sign is the claimed one, and significant by t or by resampling.
    """

    direction: int
    plain: Mask
    right: Mask
    survives: Mask
    survives_wild: Mask


def verdicts(fits: Fits, space: Space, joint: Joint, direction: int, level: float) -> Verdicts:
    """Judge every specification by the claim."""
    plain = fits.controls < space.plain
    side = direction or int(np.sign(np.median(fits.estimate[plain]))) or 1
    right = side * fits.estimate > 0
    wild = right & (joint.p_single <= level)
    return Verdicts(side, plain, right, right & (fits.p_value <= level), wild)


def axes(panel: Panel, space: Space, fits: Fits, traits: Traits) -> list[Axis]:
    """Every choice of which there is more than one, with what each specification chose."""
    frames = space.frames
    found = [
        _axis("outcome", fits.outcome, space.outcomes, [panel.title(o) for o in space.outcomes]),
        *_trait_axes(panel, space, fits, traits),
        *(_control_axis(panel, space, fits, name) for name in space.controls),
    ]
    parts: list[tuple[str, list[str], list[Text]]] = [
        ("transform", [f.transform for f in frames],
         [option_word("change_of", f.transform) for f in frames]),
        ("lag", [str(f.lag) for f in frames],
         [Text("滞后 {n} 期", "lag {n}").format(n=f.lag) for f in frames]),
        ("window", [f.window.id for f in frames], [Text.same(f.window.id) for f in frames]),
        ("sample", [f.sample.id for f in frames], [f.sample.title for f in frames]),
    ]  # fmt: skip
    for step, ids, titles in parts:
        named = dict(zip(ids, titles, strict=True))
        place = {v: i for i, v in enumerate(named)}
        label = np.array([place[v] for v in ids])[fits.frame]
        found.append(_axis(step, label, tuple(named), list(named.values())))
    plain = fits.controls < space.plain
    return [one for one in found if len(np.unique(one.label[plain])) > 1]


def _axis(step: str, label: NDArray[np.intp], values: Sequence[str], titles: list[Text]) -> Axis:
    return Axis(step, option_word("multiverse_step", step), tuple(values), tuple(titles), label)


def _control_axis(panel: Panel, space: Space, fits: Fits, name: str) -> Axis:
    inside = np.array([int(name in chosen) for chosen in space.sets])
    titles = (option_word("control_use", "out"), option_word("control_use", "in"))
    title = Text("控制：{n}", "control: {n}").format(n=panel.title(name))
    return Axis(
        f"control:{name}", title, ("out", "in"), titles, inside[fits.controls], panel.title(name)
    )


def _trait_axes(panel: Panel, space: Space, fits: Fits, traits: Traits) -> list[Axis]:
    """How the treatments were made; the treatments themselves where nothing is said of that."""
    if not traits:
        titles = [panel.title(t) for t in space.treatments]
        return [_axis("treatment_variable", fits.treatment, space.treatments, titles)]
    out: list[Axis] = []
    for step in dict.fromkeys(s for one in traits.values() for s in one):
        chosen = [str(traits[t][step]) for t in space.treatments]
        values = list(dict.fromkeys(chosen))
        label = np.array([values.index(c) for c in chosen])[fits.treatment]
        titles = [option_word(step, v) for v in values]
        out.append(Axis(step, _step_title(step), tuple(values), tuple(titles), label))
    return out


def _step_title(step: str) -> Text:
    """A step of an index by its own word, another trait by the name that was given."""
    found = option_word("step", step)
    return option_word("multiverse_step", step) if found == Text.same(step) else found


def order_of(fits: Fits, said: Verdicts) -> NDArray[np.intp]:
    """Specifications along the curve: those that count by estimate, then the flagged ones."""
    size = np.abs(fits.estimate).max()
    return np.lexsort((np.round(fits.estimate / (size * TIE)), ~said.plain))


def curve_table(space: Space, fits: Fits, said: Verdicts, joint: Joint, level: float) -> Table:
    """Every specification with its choices, estimate and tests, along the curve."""
    order = order_of(fits, said)
    half = stats.t.ppf(1 - level / 2, fits.freedom) * fits.std_error
    count = int(said.plain.sum())
    rank = np.where(np.arange(len(order)) < count, np.arange(1.0, len(order) + 1), np.nan)
    frames = [space.frames[i] for i in fits.frame[order]]
    words = [", ".join(chosen) or "—" for chosen in space.sets]
    return Table.of(
        ("specification",),
        specification=order + 1,
        curve_rank=rank,
        outcome=[space.outcomes[i] for i in fits.outcome[order]],
        term=[space.treatments[i] for i in fits.treatment[order]],
        controls=[words[i] for i in fits.controls[order]],
        transform=[f.transform for f in frames],
        lag=np.array([f.lag for f in frames], dtype=np.int64),
        window=[f.window.id for f in frames],
        sample=[f.sample.id for f in frames],
        flagged=(~said.plain)[order],
        estimate=fits.estimate[order],
        std_error=fits.std_error[order],
        statistic=fits.statistic[order],
        df=fits.freedom[order],
        p_value=fits.p_value[order],
        ci_low=(fits.estimate - half)[order],
        ci_high=(fits.estimate + half)[order],
        p_wild=joint.p_single[order],
        survives=said.survives[order],
        n=fits.rows[order],
    )


def scopes_of(
    panel: Panel, space: Space, fits: Fits, plain: Mask
) -> tuple[list[tuple[str, Text]], Mask]:
    """What is tested together: everything, each transform and each outcome by itself."""
    named = [("all", option_word("multiverse_scope", "all"))]
    masks = [plain]
    changes = list(dict.fromkeys(f.transform for f in space.frames))
    for one in changes if len(changes) > 1 else []:
        inside = np.array([f.transform == one for f in space.frames])
        named.append((one, option_word("change_of", one)))
        masks.append(plain & inside[fits.frame])
    for n, outcome in enumerate(space.outcomes if len(space.outcomes) > 1 else ()):
        named.append((outcome, panel.title(outcome)))
        masks.append(plain & (fits.outcome == n))
    return named, np.stack(masks)


def joint_table(named: Sequence[tuple[str, Text]], masks: Mask, joint: Joint) -> Table:
    """Three summaries of the curve against their distribution when no treatment matters."""
    n, words = len(named), [option_word("multiverse_statistic", s) for s in STATISTICS]
    low, high = np.quantile(joint.drawn, [0.05, 0.95], axis=0)
    return Table.of(
        ("scope", "statistic_name"),
        scope=[s for s, _ in named for _ in STATISTICS],
        scope_title_zh=[t.zh for _, t in named for _ in STATISTICS],
        scope_title_en=[t.en for _, t in named for _ in STATISTICS],
        statistic_name=list(STATISTICS) * n,
        statistic_title_zh=[w.zh for w in words] * n,
        statistic_title_en=[w.en for w in words] * n,
        specifications=np.repeat(masks.sum(axis=1), len(STATISTICS)),
        observed=joint.observed.ravel(),
        null_mean=joint.drawn.mean(axis=0).ravel(),
        null_low=low.ravel(),
        null_high=high.ravel(),
        p_joint=joint.p_value.ravel(),
    )


def survival_table(found: Sequence[Axis], fits: Fits, said: Verdicts) -> Table:
    """How often the claim survives under each choice, everything else varied."""
    groups = [(a, v, said.plain & (a.label == v)) for a in found for v in range(len(a.values))]
    groups = [g for g in groups if g[2].any()]
    axis_, value, hit = zip(*groups, strict=True) if groups else ((), (), ())
    return Table.of(
        ("step", "choice"),
        step=[a.id for a in axis_],
        step_title_zh=[a.title.zh for a in axis_],
        step_title_en=[a.title.en for a in axis_],
        choice=[a.values[v] for a, v in zip(axis_, value, strict=True)],
        choice_title_zh=[a.titles[v].zh for a, v in zip(axis_, value, strict=True)],
        choice_title_en=[a.titles[v].en for a, v in zip(axis_, value, strict=True)],
        **_shares(hit, fits, said),
    )


def _shares(
    hit: Sequence[Mask], fits: Fits, said: Verdicts
) -> dict[str, Array | NDArray[np.int64]]:
    return {
        "specifications": np.array([h.sum() for h in hit], dtype=np.int64),
        "estimate_median": np.array([np.median(fits.estimate[h]) for h in hit]),
        "share_sign": np.array([said.right[h].mean() for h in hit]),
        "share_survives": np.array([said.survives[h].mean() for h in hit]),
        "share_survives_wild": np.array([said.survives_wild[h].mean() for h in hit]),
    }


def steps_table(found: Sequence[Axis], fits: Fits, said: Verdicts) -> Table:
    """Which choice moves sign, significance and size: first-order shares of the variance."""
    inside = said.plain
    results = np.stack([said.right, said.survives, fits.statistic], axis=1).astype(np.float64)
    varied = [a for a in found if len(np.unique(a.label[inside])) > 1]
    parts = [first_order(results[inside], a.label[inside]) for a in varied]
    shares = np.array(parts).reshape(len(varied), 3)
    return Table.of(
        ("step",),
        step=[a.id for a in varied],
        step_title_zh=[a.title.zh for a in varied],
        step_title_en=[a.title.en for a in varied],
        choices=np.array([len(np.unique(a.label[inside])) for a in varied], dtype=np.int64),
        moves_sign=shares[:, 0],
        moves_survival=shares[:, 1],
        moves_statistic=shares[:, 2],
    )


def terms_table(panel: Panel, space: Space, fits: Fits, said: Verdicts) -> Table:
    """Each treatment over all regressions."""
    hit = [said.plain & (fits.treatment == i) for i in range(len(space.treatments))]
    titles = [panel.title(t) for t in space.treatments]
    return Table.of(
        ("term",),
        term=list(space.treatments),
        term_title_zh=[t.zh for t in titles],
        term_title_en=[t.en for t in titles],
        **_shares(hit, fits, said),
    )


def regressions_table(space: Space, fits: Fits, said: Verdicts) -> Table:
    """Each regression over all treatments: how often its claim survives how they were made."""
    where = np.flatnonzero(said.plain & (fits.treatment == 0))
    frames = [space.frames[i] for i in fits.frame[where]]
    shape = (len(space.frames), len(space.sets), len(space.treatments), len(space.outcomes))
    kept = slice(0, space.plain)
    estimate = fits.estimate.reshape(shape)[:, kept]
    right, by_t, by_draws = (
        one.reshape(shape)[:, kept].mean(axis=2).ravel()
        for one in (said.right, said.survives, said.survives_wild)
    )
    return Table.of(
        ("outcome", "controls", "transform", "lag", "window", "sample"),
        outcome=[space.outcomes[i] for i in fits.outcome[where]],
        controls=[", ".join(space.sets[i]) or "—" for i in fits.controls[where]],
        transform=[f.transform for f in frames],
        lag=np.array([f.lag for f in frames], dtype=np.int64),
        window=[f.window.id for f in frames],
        sample=[f.sample.id for f in frames],
        treatments=np.full(len(where), len(space.treatments), dtype=np.int64),
        estimate_lowest=estimate.min(axis=2).ravel(),
        estimate_median=np.median(estimate, axis=2).ravel(),
        estimate_highest=estimate.max(axis=2).ravel(),
        share_sign=right,
        share_survives=by_t,
        share_survives_wild=by_draws,
    )


def controls_table(panel: Panel, space: Space) -> Table:
    """Each control with its declared role and what follows from it."""
    roles, names = list(space.controls.values()), list(space.controls)
    titles = [panel.title(n) for n in names]
    said = [option_word("control_role", r) for r in roles]
    use = [option_word("control_use", "varied" if r == "confounder" else "flagged") for r in roles]
    return Table.of(
        ("variable",),
        variable=names,
        variable_title_zh=[t.zh for t in titles],
        variable_title_en=[t.en for t in titles],
        role=roles,
        role_title_zh=[w.zh for w in said],
        role_title_en=[w.en for w in said],
        use_zh=[w.zh for w in use],
        use_en=[w.en for w in use],
    )


def drawn_tables(
    found: Sequence[Axis], fits: Fits, said: Verdicts, level: float
) -> dict[str, Table]:
    """The curve in few places for the figure, and how often each choice is made there."""
    order = order_of(fits, said)[: int(said.plain.sum())]
    slices = np.array_split(order, min(DRAWN, len(order)))
    middle = np.array([s[len(s) // 2] for s in slices])
    half = stats.t.ppf(1 - level / 2, fits.freedom) * fits.std_error
    places = np.arange(1, len(slices) + 1)
    curve = Table.of(
        ("place",),
        place=places,
        specifications=np.array([len(s) for s in slices], dtype=np.int64),
        specification=middle + 1,
        estimate=fits.estimate[middle],
        ci_low=(fits.estimate - half)[middle],
        ci_high=(fits.estimate + half)[middle],
        share_survives=np.array([said.survives[s].mean() for s in slices]),
    )
    rows = [row for a in found for row in _drawn_rows(a)]
    share = [[float((label[s] == v).mean()) for s in slices] for *_, label, v in rows]
    n = len(slices)
    choices = Table.of(
        ("step", "choice", "place"),
        step=[r[0] for r in rows for _ in range(n)],
        step_title_zh=[r[1].zh for r in rows for _ in range(n)],
        step_title_en=[r[1].en for r in rows for _ in range(n)],
        choice=[r[2] for r in rows for _ in range(n)],
        choice_title_zh=[r[3].zh for r in rows for _ in range(n)],
        choice_title_en=[r[3].en for r in rows for _ in range(n)],
        place=np.tile(places, len(rows)),
        share=np.array(share).ravel(),
    )
    return {"drawn": curve, "drawn_choices": choices}


def _drawn_rows(one: Axis) -> list[tuple[str, Text, str, Text, NDArray[np.intp], int]]:
    """Step, choice, labels and value of each row below the curve; of a control only "in"."""
    if one.control is not None:
        title = option_word("multiverse_step", "controls")
        return [("controls", title, one.id, one.control, one.label, 1)]
    return [
        (one.id, one.title, value, title, one.label, v)
        for v, (value, title) in enumerate(zip(one.values, one.titles, strict=True))
    ]
