"""From a panel to stacked moment conditions, refusing what cannot be estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.regression import FEWEST_CLUSTERS
from zhiheng.explain.variables import Gaps, Variables, read_variables
from zhiheng.kernels.dynamic_panel import identified
from zhiheng.kernels.moment_stack import (
    Design,
    Instrumented,
    Stack,
    Weighting,
    lagged,
    observed,
    stack,
)
from zhiheng.kernels.panel_ols import defects, difference_absorber

Instruments = Literal["difference", "system"]
Steps = Literal["one", "two"]
DynamicEffects = Literal["individual", "twoway"]


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What is estimated, apart from the data."""

    outcome: str
    regressors: tuple[str, ...]
    lags: int = 1
    regressor_lags: Mapping[str, int] = field(default_factory=dict[str, int])
    endogenous: tuple[str, ...] = ()
    predetermined: tuple[str, ...] = ()
    instruments: Instruments = "difference"
    gmm_lags: tuple[int, ...] = (2,)
    collapse: bool = False
    steps: Steps = "two"
    effects: DynamicEffects = "twoway"
    h_matrix: Weighting = "full"

    @property
    def names(self) -> tuple[str, ...]:
        """The terms of the equation, lags of the outcome first."""
        terms = [f"lag({self.outcome}, {j})" for j in range(1, self.lags + 1)]
        for name in self.regressors:
            terms.append(name)
            terms += [f"lag({name}, {j})" for j in range(1, self.regressor_lags.get(name, 0) + 1)]
        return tuple(terms)

    @property
    def longest(self) -> int:
        """The longest lag of the equation."""
        return max([self.lags, *(self.regressor_lags.get(n, 0) for n in self.regressors)])


@dataclass(frozen=True, slots=True)
class Prepared:
    """Stacked equations with the data they were made from."""

    data: Variables
    design: Design
    stacked: Stack


def whole(value: object) -> int:
    """A whole number, also as the command line gives it ("2", 2.0); −1 for anything else."""
    try:
        number = float(str(value))
    except ValueError:
        return -1
    return int(number) if number.is_integer() else -1


def check_dynamic(model: Dynamic) -> None:
    """Refuse options that do not go together (M717)."""
    stated = [*model.endogenous, *model.predetermined]
    problems: list[Row] = []
    listed = list(model.regressors)
    if len(set(listed)) < len(listed) or model.outcome in listed:
        problems.append({"option": "regressors", "value": ", ".join(listed)})
    unknown = [x for x in [*stated, *model.regressor_lags] if x not in listed]
    unknown += [x for x in set(stated) if stated.count(x) > 1]
    if unknown:
        problems.append({"option": "endogenous/predetermined", "value": ", ".join(unknown)})
    if model.lags < 1 or min(model.regressor_lags.values(), default=0) < 0:
        problems.append({"option": "lags", "value": model.lags})
    bounds = list(model.gmm_lags)
    if len(bounds) not in (1, 2) or min(bounds) < 2 or bounds != sorted(bounds):
        problems.append({"option": "gmm_lags", "value": str(bounds)})
    if problems:
        raise ZhihengError(
            "M717",
            Text("选项互不相容或出界。", "Options are out of range or at odds."),
            evidence=problems,
            fix=Text(
                "内生与前定变量须在 regressors 之中且不重复；lags 不小于 1；"
                "gmm_lags 为 [起] 或 [起, 止]，起点不小于 2。",
                "Endogenous and predetermined variables stand among the regressors, once; lags is "
                "one or more; gmm_lags is [first] or [first, last], from 2 on.",
            ),
        )


def prepare(panel: Panel, model: Dynamic, *, gaps: Gaps) -> Prepared:
    """Read the variables and stack the equations.

    Raises
    ------
    ZhihengError
        M704 gaps, M716 too few entities or periods, M718 more instruments than entities
        with two steps, M720 regressors that cannot be told apart, M721 too few instruments.
    """
    data = read_variables(panel, [model.outcome, *model.regressors], gaps=gaps)
    design = _design(data, model)
    _check_size(panel, design, model)
    _check_columns(design, model)
    stacked = stack_model(data, design, model)
    if stacked.z.shape[-1] > stacked.entities and model.steps == "two":
        raise _too_many(stacked, model)
    if not identified(stacked):
        raise ZhihengError(
            "M721",
            Text(
                "工具变量不足以识别全部系数：{l} 个工具变量，{k} 个参数。",
                "The instruments do not identify all coefficients: {l} instruments, "
                "{k} parameters.",
            ).format(l=stacked.z.shape[-1], k=stacked.x.shape[-1]),
            evidence=[{"instruments": stacked.z.shape[-1], "parameters": stacked.x.shape[-1]}],
            fix=Text(
                "放宽 gmm_lags，或减少内生变量、滞后与时期效应；panel_ols 不用工具变量。",
                "Allow more lags (gmm_lags), or use fewer endogenous variables, lags or effects; "
                "panel_ols needs no instruments.",
            ),
        )
    return Prepared(data, design, stacked)


def stack_model(data: Variables, design: Design, model: Dynamic) -> Stack:
    """The stacked equations of `model`."""
    first, *rest = model.gmm_lags
    last = rest[0] if rest else design.seen.shape[1]
    own = [Instrumented(design.y, first, last)]
    outside: list[NDArray[np.float64]] = []
    for j, name in enumerate(model.regressors):
        values = data.values[..., 1 + j]
        if name in model.endogenous or name in model.predetermined:
            own.append(Instrumented(values, first - (name in model.predetermined), last))
        else:
            outside += [lagged(values, s) for s in range(model.regressor_lags.get(name, 0) + 1)]
    exogenous = np.stack(outside, -1) if outside else np.zeros((*design.y.shape, 0))
    return stack(
        design,
        own,
        exogenous,
        system=model.instruments == "system",
        periods=model.effects == "twoway",
        collapse=model.collapse,
        weighting=model.h_matrix,
    )


def _design(data: Variables, model: Dynamic) -> Design:
    y = data.values[..., 0]
    columns = [lagged(y, j) for j in range(1, model.lags + 1)]
    for j, name in enumerate(model.regressors):
        lags = range(model.regressor_lags.get(name, 0) + 1)
        columns += [lagged(data.values[..., 1 + j], s) for s in lags]
    rows = observed(data.mask, model.longest)
    return Design(y, np.stack(columns, -1), rows, data.mask)


def _check_size(panel: Panel, design: Design, model: Dynamic) -> None:
    steps = np.diff(np.array(panel.periods, dtype=np.int64))
    apart = design.rows[:, 1:] & design.rows[:, :-1]
    entities = int(apart.any(axis=1).sum())
    if (steps == 1).all() and entities >= FEWEST_CLUSTERS:
        return
    raise ZhihengError(
        "M716",
        Text(
            "数据太短、太少或时期不相邻：{e} 个地区在 {l} 阶滞后与差分之后还有数据，"
            "至少要 {m} 个；时期须逐期相邻。",
            "Too short, too few, or periods that are not neighbours: {e} entities have data left "
            "after lags up to {l} and differencing, {m} are needed; periods must follow each "
            "other without a break.",
        ).format(e=entities, l=model.longest, m=FEWEST_CLUSTERS),
        evidence=[
            {"entities": entities, "periods": len(panel.periods), "longest_lag": model.longest}
        ],
        fix=Text(
            "加长窗口、增加地区，或减少滞后；静态的 panel_ols 需要的期数较少。",
            "Use a longer window, more entities or fewer lags; a static panel_ols needs fewer "
            "periods.",
        ),
    )


def _check_columns(design: Design, model: Dynamic) -> None:
    apart = design.rows[:, 1:] & design.rows[:, :-1]
    raw = np.diff(design.x, axis=1) * apart[..., None]
    effects = "twoway" if model.effects == "twoway" else "entity"
    swept = difference_absorber(apart, effects).remove(raw)
    wrong = defects(raw, swept, apart)
    bad: Sequence[int] = wrong.flat or wrong.tied
    if bad:
        raise ZhihengError(
            "M720",
            Text(
                "差分（并去掉时期效应）之后，这些变量没有变化或完全共线。",
                "Differenced, and without period effects, these terms do not vary or are exactly "
                "collinear.",
            ),
            evidence=[{"term": model.names[j]} for j in bad],
            fix=Text(
                "去掉其中的变量，或换一组效应；水平上仍有变化的变量可用 panel_ols。",
                "Leave out a term, or choose other effects; what still varies in levels can stand "
                "in panel_ols.",
            ),
        )


def _too_many(stacked: Stack, model: Dynamic) -> ZhihengError:
    offer = Text("collapse=True；", "collapse=True; ") if not model.collapse else Text("", "")
    return ZhihengError(
        "M718",
        Text(
            "工具变量多于地区：{l} 个对 {n} 个。两步权重矩阵不满秩，汉森检验失去意义。",
            "More instruments than entities: {l} against {n}. The two-step weights have no full "
            "rank and Hansen's test loses its meaning.",
        ).format(l=stacked.z.shape[-1], n=stacked.entities),
        evidence=[{"instruments": stacked.z.shape[-1], "entities": stacked.entities}],
        fix=Text(
            "{c}缩短 gmm_lags（如 [2, 3]）；effects=individual；或 steps=one（会带告诫）。",
            "{c}fewer lags (gmm_lags such as [2, 3]); effects=individual; or steps=one, which "
            "carries a caution.",
        ).format(c=offer),
    )
