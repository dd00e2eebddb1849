"""Stages of development: who stands where, who is stuck, and whom to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.strategies import load_strategy
from zhiheng.catalog.theory import theory
from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import typology_wording as wording
from zhiheng.diagnose.convergence_input import read_complete, refuse_short
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.diagnose.typology_input import check_options, read_compared
from zhiheng.diagnose.typology_pairs import pairs_of
from zhiheng.diagnose.variable import Variable
from zhiheng.kernels.convergence import resamples, slopes
from zhiheng.kernels.markov import classify, count_by_entity, quantile_cuts
from zhiheng.kernels.moves import Moves, Odds, moves, run_lengths

Array = NDArray[np.float64]
STAGES = ("low", "middle", "high")
# A row of shares of a handful of counts.
ROUNDING = 1e-12


@method(zh="阶段类型：低中高三阶段、谁被困住、梯度策略、可学对象与互补伙伴", example="regions")
def typology(
    panel: Panel,
    *,
    variable: str,
    cuts: Sequence[float] | None = None,
    compare: Mapping[str, str] | None = None,
    recent: int = 3,
    lag: int = 1,
    peers: int = 3,
    strategy: str = "trade-resilience",
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Sort entities into a low, a middle and a high stage, with the odds of leaving each.

    Use it to speak to each stage differently, and to name a peer to learn from and a
    partner to pair with. Stages are cut by a rule and are no natural kinds: an entity
    close to a cut changes stage by noise. The odds belong to the stage, not to the entity.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression; more is better.
    cuts : list of two numbers, optional
        Upper ends of the low and the middle stage; by default pooled terciles. The odds
        are given for terciles within each period as well.
    compare : mapping of str to {"more", "less"}, optional
        Series or expressions that peers and partners are found by, such as the groups of
        an index, each with its good direction. Standardised over entities in the last
        period (z-scores).
    recent : int
        Last periods over which the direction is taken.
    lag : int
        Periods from start to end of a transition.
    peers : int
        Peers and partners listed for each entity.
    strategy : str
        A strategy of the catalog.
    draws : int
        Resamples of whole entities for the intervals; two or more.
    seed : int
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M800 gaps, M770 one period only, M780 options out of range, M781 a direction that
        is neither more nor less or a column without variation, M783 an unknown strategy,
        M820 an option out of range.
    """
    check_numbers(draws=draws, level=level, lag=lag)
    refuse_short(panel, 2)
    ends = check_options(panel, cuts, recent=recent, lag=lag, peers=peers, draws=draws)
    data = read_complete(panel, variable)
    other = read_compared(panel, compare)
    advice = load_strategy(strategy)
    pooled = quantile_cuts(data.values.ravel(), len(STAGES)) if ends is None else ends
    state = classify(data.values, pooled)
    columns = [classify(y, quantile_cuts(y, len(STAGES))) for y in data.values.T]
    yearly = np.stack(columns, axis=1)
    order = np.argsort(np.array(panel.entities), kind="stable")
    pick = resamples(len(order), draws, seed)
    rules = {"fixed" if ends is not None else "pooled": state, "per_period": yearly}
    odds = {
        rule: moves(_counts(panel, s[order], lag), pick, level=level) for rule, s in rules.items()
    }
    tables = {
        "stages": _stages(panel, data, state, yearly, recent, next(iter(odds.values()))),
        "stage_odds": _odds_table(odds),
        "stage_cuts": _cuts(pooled, state),
        "strategies": _strategies(advice.paper, strategy),
        **pairs_of(panel, data.values[:, -1], other, peers),
    }
    notes = wording.notes(panel, (ends is not None, lag, recent), other, advice)
    series = tuple(sorted({*data.series, *other.series}))
    return Result(
        tables,
        wording.figures(),
        (*data.notes, *other.notes, *notes),
        (_check(odds), _size_check(tables["stage_cuts"], panel)),
        series,
    )


def _counts(panel: Panel, state: NDArray[np.intp], lag: int) -> Array:
    mask = np.ones(state.shape, dtype=np.bool_)
    periods = np.array(panel.periods, dtype=np.int64)
    return count_by_entity(state, mask, periods, classes=len(STAGES), lag=lag)


def _stages(
    panel: Panel,
    data: Variable,
    state: NDArray[np.intp],
    yearly: NDArray[np.intp],
    recent: int,
    odds: Moves,
) -> Table:
    names = [panel.name(e) for e in panel.entities]
    last, y = state[:, -1], data.values
    titles = [option_word("stage", STAGES[k]) for k in last]
    time = np.array(panel.periods[-recent:], dtype=np.float64)
    slope = slopes(y[:, -recent:], time)
    steps = np.diff(state, axis=1)
    rank = _ranks(y)
    direction = [option_word("direction_of", _word(float(s))) for s in slope]
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        value=y[:, -1],
        stage=(last + 1).astype(np.int64),
        stage_title_zh=[t.zh for t in titles],
        stage_title_en=[t.en for t in titles],
        stage_within_period=(yearly[:, -1] + 1).astype(np.int64),
        run=run_lengths(state),
        rises=(steps > 0).sum(axis=1),
        falls=(steps < 0).sum(axis=1),
        leave=odds.leave.estimate[last],
        ci_low=odds.leave.low[last],
        ci_high=odds.leave.high[last],
        stuck=((state == 0).all(axis=1)).astype(np.int64),
        stuck_within_period=((yearly == 0).all(axis=1)).astype(np.int64),
        slope=slope,
        direction_title_zh=[d.zh for d in direction],
        direction_title_en=[d.en for d in direction],
        rank=rank[:, -1],
        rank_change=rank[:, -recent] - rank[:, -1],
    )


def _word(slope: float) -> str:
    return "up" if slope > 0 else "down" if slope < 0 else "level"


def _ranks(y: Array) -> NDArray[np.int64]:
    """Rank within each period, 1 the highest; ties take the smallest."""
    return 1 + (y[None, :, :] > y[:, None, :]).sum(axis=1).astype(np.int64)


def _odds_table(odds: Mapping[str, Moves]) -> Table:
    k = len(STAGES)
    stages = [option_word("stage", s) for s in STAGES] * len(odds)
    rules = [option_word("stage_rule", rule) for rule in odds for _ in range(k)]

    def joined(part: str, column: str) -> Array:
        found: list[Odds] = [getattr(one, part) for one in odds.values()]
        return np.concatenate([getattr(one, column) for one in found])

    return Table.of(
        ("rule", "stage"),
        rule=[rule for rule in odds for _ in range(k)],
        rule_title_zh=[t.zh for t in rules],
        rule_title_en=[t.en for t in rules],
        stage=np.tile(np.arange(1, k + 1), len(odds)),
        stage_title_zh=[t.zh for t in stages],
        stage_title_en=[t.en for t in stages],
        n=np.concatenate([one.n for one in odds.values()]),
        entities=np.concatenate([one.entities for one in odds.values()]),
        leave=joined("leave", "estimate"),
        ci_low=joined("leave", "low"),
        ci_high=joined("leave", "high"),
        up=joined("up", "estimate"),
        up_low=joined("up", "low"),
        up_high=joined("up", "high"),
        down=joined("down", "estimate"),
        down_low=joined("down", "low"),
        down_high=joined("down", "high"),
    )


def _cuts(pooled: Array, state: NDArray[np.intp]) -> Table:
    titles = [option_word("stage", s) for s in STAGES]
    first, last = (np.bincount(state[:, t], minlength=len(STAGES)) for t in (0, -1))
    return Table.of(
        ("stage",),
        stage=np.arange(1, len(STAGES) + 1),
        stage_title_zh=[t.zh for t in titles],
        stage_title_en=[t.en for t in titles],
        upper=np.append(pooled, np.nan),
        members_first=first,
        members=last,
    )


def _strategies(paper: str, name: str) -> Table:
    found = load_strategy(name)
    cited = theory().paper(paper).citation
    where = Text(f"{cited.zh}，{found.section}", f"{cited.en}, section {found.section}")
    return Table.of(
        ("stage",),
        stage=np.arange(1, len(STAGES) + 1),
        stage_title_zh=[s.title.zh for s in found.stage],
        stage_title_en=[s.title.en for s in found.stage],
        strategy_zh=[s.strategy.zh for s in found.stage],
        strategy_en=[s.strategy.en for s in found.stage],
        quotation_zh=[s.quotation.zh for s in found.stage],
        quotation_en=[s.quotation.en for s in found.stage],
        source_zh=[where.zh] * len(STAGES),
        source_en=[where.en] * len(STAGES),
    )


def _check(odds: Mapping[str, Moves]) -> Check:
    worst = 0.0
    for one in odds.values():
        parts = one.up.estimate + one.down.estimate - one.leave.estimate
        worst = max(worst, float(np.nanmax(np.abs(parts), initial=0.0)))
    return Check(
        Text("上升与下降的概率之和等于离开的概率", "rising and falling add up to leaving"),
        worst,
        ROUNDING,
    )


def _size_check(table: Table, panel: Panel) -> Check:
    return Check(
        Text("各阶段的成员数之和等于地区数", "members of stages add up to the entities"),
        float(table.columns["members"].sum() - len(panel.entities)),
        0.0,
    )
