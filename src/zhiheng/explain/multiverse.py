"""All declared ways of regressing an outcome on a treatment, and one test of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import multiverse_tables as tables
from zhiheng.explain import multiverse_wording as wording
from zhiheng.explain.multiverse_fit import Fits, fit_space
from zhiheng.explain.multiverse_input import Space, read_space
from zhiheng.explain.panel_ols import clustered
from zhiheng.explain.regression import Model, estimate
from zhiheng.explain.variables import Variables, read_variables
from zhiheng.kernels.multiverse import joint_test, signs
from zhiheng.kernels.panel_ols import Effects

Array = NDArray[np.float64]
ROUNDING = 1e-9
"""A batched projection and a single regression agree to this, relative to the estimate."""
LEAST_DRAWS = 99
"""With fewer the smallest p that can come out is above one per cent."""
DIRECTION = {"+": 1, "-": -1, "any": 0}
ERRORS: Literal["stata"] = "stata"


@method(zh="多重设定：全部事先声明的设定、设定曲线与联合检验", example="regions")
def multiverse(
    panel: Panel,
    *,
    outcomes: Sequence[str],
    treatments: Sequence[str],
    controls: Mapping[str, str] | None = None,
    sign: Literal["+", "-", "any"] = "any",
    transforms: Sequence[str] = ("levels", "trends", "first_difference"),
    lags: Sequence[int] = (0, 1),
    windows: Sequence[str] | None = None,
    samples: Mapping[str, Sequence[str]] | None = None,
    leave_each_out: bool = False,
    effects: Effects = "twoway",
    traits: Mapping[str, Mapping[str, str]] | None = None,
    level: float = 0.05,
    draws: int = 999,
    seed: int = 1,
) -> Result:
    """Estimate every declared specification and test all of them together.

    Use it to show that an association does not hang on one choice of index, controls, lag,
    window, sample or transform, and to see which choice it hangs on. Declare the space before
    looking at it. It is no cure for a design that identifies nothing: a thousand regressions
    share their omitted variables.

    Parameters
    ----------
    panel : Panel
        Complete in every variable.
    outcomes, treatments : list of str
        Series or expressions; each specification takes one of either.
    controls : mapping of str to role
        ``confounder``: left in or out, all combinations. ``mediator`` or ``ingredient`` (of
        the treatment or the outcome): a control in flagged specifications only, which take
        no part in the joint test. A control without a role is refused.
    sign : {"+", "-", "any"}
        The sign that the claim declares.
    transforms : list of {"levels", "trends", "first_difference"}
        ``trends``: levels with a linear trend of each entity.
    lags : list of int
        Periods by which the treatment is lagged.
    windows : list of str, optional
        Such as ``2013-2017``, periods of the outcome; the whole panel by default.
    samples : mapping of name to entities, optional
        Entities left out, beside the whole sample; on the command line
        ``name=110000+310000``.
    leave_each_out : bool
        Whether to leave out every single entity as well.
    effects : {"twoway", "entity", "period", "none"}
    traits : mapping of treatment to mapping, optional
        How each treatment was made, such as ``{"weights": "entropy"}``: what survival is
        counted by in place of the treatments themselves.
    level : float
        Level of the tests.
    draws : int
        Draws of the joint test, at least 99.
    seed : int

    Returns
    -------
    Result
        Tables ``curve`` (every specification), ``joint`` (three summaries of it with p
        values under the null), ``survival`` (by choice), ``steps`` (which choice moves sign,
        significance and size: first-order shares), ``regressions`` (over treatments),
        ``terms`` (over regressions), ``controls``, ``drawn`` and ``drawn_choices`` for the
        figure.

    Raises
    ------
    ZhihengError
        M790 a control without a role, M791 an axis that cannot be used, M792 too many
        specifications, M793 too few entities or rows, M794 absorbed or collinear columns,
        M797 gaps, M798 options out of range, M799 traits that do not fit.

    Notes
    -----
    The null is imposed by the restricted wild cluster bootstrap with the same signs in all
    specifications: dependence between specifications and within entities is kept. With
    fewer than about a dozen entities few sign patterns exist and p values are coarse.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208; Steegen, Tuerlinckx,
    Gelman and Vanpaemel (2016), Perspectives on Psychological Science 11: 702; Cameron,
    Gelbach and Miller (2008), Review of Economics and Statistics 90: 414.
    """
    _check_numbers(level=level, draws=draws)
    space = read_space(
        panel, outcomes=outcomes, treatments=treatments, controls=controls or {}, lags=lags,
        windows=windows or (), samples=samples or {}, each=leave_each_out, transforms=transforms,
    )  # fmt: skip
    made = _checked_traits(space, traits or {})
    data = _complete(panel, space)
    values, scale = _scaled(data.values, space)
    fits = fit_space(panel, values, space, effects=effects, small_sample=ERRORS)
    named, masks = tables.scopes_of(panel, space, fits, fits.controls < space.plain)
    order = np.argsort(np.array(panel.entities), kind="stable")
    joint = joint_test(
        fits.blocks,
        masks,
        stats.t.ppf(1 - level / 2, fits.freedom),
        signs(len(panel.entities), draws, order, seed),
        direction=DIRECTION[sign],
    )
    said = tables.verdicts(fits, space, joint, DIRECTION[sign], level)
    found = tables.axes(panel, space, fits, made)
    drawn = tables.drawn_tables(found, fits, said, level)
    every: dict[str, Table] = {
        "joint": tables.joint_table(named, masks, joint),
        "survival": tables.survival_table(found, fits, said),
        "steps": tables.steps_table(found, fits, said),
        "curve": tables.curve_table(space, fits, said, joint, level),
        "regressions": tables.regressions_table(space, fits, said),
        "terms": tables.terms_table(panel, space, fits, said),
        "controls": tables.controls_table(panel, space),
        **drawn,
    }
    return Result(
        every,
        (wording.curve_figure(int(said.plain.sum()), len(drawn["drawn"])),),
        (*data.notes, *wording.notes(space, said.direction, sign=sign, level=level, draws=draws)),
        (Check(wording.ONE_CHECK, _deviation(panel, data, space, fits, scale, effects), ROUNDING),),
        data.series,
    )


def _complete(panel: Panel, space: Space) -> Variables:
    """Every column, refused where a cell is missing: specifications must share their rows."""
    data = read_variables(panel, space.names, gaps="drop")
    if data.mask.all():
        return data
    meaning = scope(panel.level)
    seen = np.stack([np.isfinite(evaluate(n, panel, meaning).values) for n in space.names], axis=-1)
    rows = panel.cells(~seen, variable=space.names)
    raise ZhihengError(
        "M797",
        Text(
            "{n} 个单元格没有观测值：各设定必须用同样的数据，不会悄悄丢行。",
            "{n} cells have no observation: specifications must share their data, and no row is "
            "dropped by itself.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "缩短面板的时期，剔除缺数的地区，或换变量。",
            "Shorten the panel, leave out the entities that lack data, or choose other variables.",
        ),
    )


def _scaled(values: Array, space: Space) -> tuple[Array, Array]:
    """Each column over its standard deviation in all cells; one that never varies stays."""
    spread = values.std(axis=(0, 1))
    scale = np.where(spread > 0, spread, 1.0)
    return values / scale, scale


def _deviation(
    panel: Panel, data: Variables, space: Space, fits: Fits, scale: Array, effects: Effects
) -> float:
    """The largest deviation of two specifications from regressions of their own."""
    worst = 0.0
    for i in (0, len(fits.estimate) - 1):
        frame, chosen = space.frames[fits.frame[i]], space.sets[fits.controls[i]]
        window, inside = frame.window, np.flatnonzero(frame.sample.inside)
        years = [p for p in panel.periods if window.first - frame.lag <= p <= window.last]
        cut = panel.select(periods=years, entities=[panel.entities[e] for e in inside])
        names = (space.outcomes[fits.outcome[i]], space.treatments[fits.treatment[i]], *chosen)
        own = _lagged(read_variables(cut, names, gaps="refuse"), cut, frame.lag, window.first)
        difference = frame.transform == "first_difference"
        model = Model(names[0], names[1:], effects, "first_difference" if difference else "levels",
                      frame.transform == "trends", ERRORS)  # fmt: skip
        fit = estimate(cut, own, model).fit
        ratio = scale[space.names.index(names[1])] / scale[space.names.index(names[0])]
        found = np.array([fit.beta[0], clustered(fit, ERRORS)[0]]) * ratio
        ours = np.array([fits.estimate[i], fits.std_error[i]])
        worst = max(worst, float((np.abs(ours - found) / np.abs(found).max()).max()))
    return worst


def _lagged(own: Variables, panel: Panel, lag: int, first: int) -> Variables:
    """The treatment, in column 1, moved by `lag` periods."""
    place = {p: i for i, p in enumerate(panel.periods)}
    source = np.array([place.get(p - lag, -1) for p in panel.periods])
    inside = (source >= 0) & (np.array(panel.periods) >= first)
    values = own.values.copy()
    values[:, :, 1] = own.values[:, np.maximum(source, 0), 1]
    mask = own.mask & inside[None, :]
    return replace(own, values=values * mask[..., None], mask=mask)


def _checked_traits(
    space: Space, traits: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    said: Mapping[str, object] = traits
    steps = {s for one in said.values() for s in _steps_of(one)}
    rows: list[Row] = [
        {"treatment": t, "needs": ", ".join(sorted(steps)) or "—"}
        for t in space.treatments
        if said and _steps_of(said.get(t)) != steps
    ]
    rows += [{"unknown": t} for t in traits if t not in space.treatments]
    if rows:
        raise ZhihengError(
            "M799",
            Text(
                "处理变量的做法（traits）要么不写，要么每个处理变量写同样几步。",
                "Traits are given for no treatment or, with the same steps, for every one.",
            ),
            evidence=rows,
            fix=Text(
                "补齐缺少的步骤，去掉多余的名字。", "Add missing steps; remove names too many."
            ),
        )
    return traits


def _steps_of(traits: object) -> set[str]:
    """The steps named for a treatment; none where what was given is no mapping."""
    return (
        {str(s) for s in cast("Mapping[str, str]", traits)}
        if isinstance(traits, Mapping)
        else set()
    )


def _check_numbers(*, level: float, draws: int) -> None:
    bad: list[Row] = []
    if not 0 < level < 1:
        bad.append({"option": "level", "value": level})
    if draws < LEAST_DRAWS:
        bad.append({"option": "draws", "value": draws, "least": LEAST_DRAWS})
    if bad:
        raise ZhihengError(
            "M798",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=bad,
            fix=Text(
                "level 在零与一之间，draws 至少 {n}。",
                "level lies between zero and one; draws is at least {n}.",
            ).format(n=LEAST_DRAWS),
        )
