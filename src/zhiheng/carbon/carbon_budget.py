"""A carbon budget shared among regions by several rules of equity side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.budget_input import Sharing, Terms, read_sharing
from zhiheng.carbon.completeness import left_out_notes
from zhiheng.catalog.equity import equity_rules
from zhiheng.catalog.targets import deadline_of
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.figures.canvas import magnitude
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.pathways import (
    Agreement,
    agreement,
    exponential,
    spend,
    to_zero,
    yearly_rate,
)

Array = NDArray[np.float64]

# Shares are ratios of sums of a few dozen numbers.
ROUNDING = 1e-10
RECENT = 5
"""Years of the recent pace that the required one is held against."""
FEWEST_RULES = 2
LEADING = "blended"
"""The rule whose paths are tabled where none is named."""


@method(zh="碳预算分配：多种公平规则并列、可用年数、所需速度与规则间分歧", example="regions")
def carbon_budget(
    panel: Panel,
    *,
    budget: float,
    emissions: str = "co2",
    rules: Sequence[str] | None = None,
    population: str = "population",
    output: str = "gdp_real",
    power: float = 0.5,
    weight: float = 0.5,
    horizon: int = 20,
    shown: str | None = None,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Share a carbon budget among regions by several rules, and say what pace each implies.

    Use it to see how much of a quota is arithmetic and how much is the choice of a
    rule: no rule is the right one, and the spread between them is a result. The
    budget covers the years after the last one of the panel and all of its regions.

    Parameters
    ----------
    panel : Panel
    budget : float
        Tonnes for all regions together, more than 0.
    emissions : str
        Gross emissions; their boundary must be that of the budget.
    rules : list of str, optional
        Catalogued rules; all by default.
    population, output : str
        People, and output in constant prices.
    power : float
        Of relative income in ``capability``, 0 to 2.
    weight : float
        Of equality in ``blended``, 0 to 1.
    horizon : int
        Years to equal shares per head in ``convergence``, from 1.
    shown : str, optional
        The one of `rules` whose paths are tabled year by year; by default ``blended``
        where it is among them, else the first.
    gaps : {"refuse", "drop"}

    Raises
    ------
    ZhihengError
        C451 an unknown rule, M800 gaps, M973 to M976 emissions that cannot be shared,
        M980 an option out of range.

    References
    ----------
    van den Berg et al. (2020) Climatic Change 162: 1805-1822; Raupach et al. (2014)
    Nature Climate Change 4: 873-879.
    """
    terms = Terms(budget, power, weight, horizon)
    _refuse_range(terms)
    chosen = equity_rules(rules)
    sharing = read_sharing(
        panel, chosen, terms, emissions=emissions, population=population, output=output, gaps=gaps
    )
    agreed = agreement(sharing.shares, sharing.population)
    names = [rule.id for rule in chosen]
    lead = _lead(names, shown)
    tables = {
        "allocation": _allocation(sharing, budget),
        "pace": _pace(sharing, budget),
        "spread": _spread(sharing, agreed, budget),
        "path": _path(sharing, budget, lead),
        "rules": _rules(sharing),
    }
    if len(chosen) >= FEWEST_RULES:
        tables["agreement"] = _agreement(names, agreed)
    notes = _notes(sharing, agreed, terms)
    return Result(
        tables, _figures(sharing, lead), tuple(notes), _checks(sharing, budget), sharing.series,
        params={"concordance": agreed.concordance if np.isfinite(agreed.concordance) else None},
    )  # fmt: skip


def _lead(names: Sequence[str], shown: str | None) -> int:
    """The position of the rule whose paths are tabled."""
    if shown is None:
        return names.index(LEADING) if LEADING in names else 0
    equity_rules([shown])
    if shown not in names:
        raise _out_of_range([{"option": "shown", "value": shown, "allowed": ", ".join(names)}])
    return names.index(shown)


def _named(sharing: Sharing, times: int) -> dict[str, list[str]]:
    panel = sharing.data.panel
    names = [panel.name(e) for e in panel.entities]
    return {
        "entity": [e for e in panel.entities for _ in range(times)],
        "name_zh": [n.zh for n in names for _ in range(times)],
        "name_en": [n.en for n in names for _ in range(times)],
    }


def _recent(sharing: Sharing) -> Array:
    values = sharing.data.values
    back = min(RECENT, values.shape[1] - 1)
    return yearly_rate(values[:, -1 - back], values[:, -1], back)


def _allocation(sharing: Sharing, budget: float) -> Table:
    """What each region gets by each rule, and how long it lasts."""
    count = len(sharing.rules)
    shares = sharing.shares.T
    allowance = (shares * budget).ravel()
    spent = spend(np.repeat(sharing.latest, count), allowance)
    return Table.of(
        ("entity", "equity_rule"),
        **_named(sharing, count),
        equity_rule=[r.id for r in sharing.rules] * len(shares),
        share=shares.ravel(),
        allowance=allowance,
        allowance_per_head=allowance / np.repeat(sharing.population, count),
        years_at_present=spent.years_at_present,
        unit=[sharing.data.unit] * len(allowance),
    )


def _pace(sharing: Sharing, budget: float) -> Table:
    """The pace that each rule asks of each region, against the recent one."""
    count = len(sharing.rules)
    shares = sharing.shares.T
    spent = spend(np.repeat(sharing.latest, count), (shares * budget).ravel())
    recent = np.repeat(_recent(sharing), count)
    return Table.of(
        ("entity", "equity_rule"),
        **_named(sharing, count),
        equity_rule=[r.id for r in sharing.rules] * len(shares),
        required_pace=spent.rate,
        recent_pace=recent,
        pace_gap=recent - spent.rate,
        zero_year=sharing.data.panel.periods[-1] + spent.years_to_zero,
    )


def _spread(sharing: Sharing, agreed: Agreement, budget: float) -> Table:
    """How far the rules are apart for each region, and what it would use at present."""
    names = [rule.id for rule in sharing.rules]
    shares = sharing.shares
    year = sharing.data.panel.periods[-1]
    deadline = deadline_of("neutrality") or year
    positive = agreed.low > 0
    ratio = np.divide(agreed.high, agreed.low, out=np.full(len(positive), np.nan), where=positive)
    return Table.of(
        ("entity",),
        **_named(sharing, 1),
        share_latest=sharing.latest / sharing.latest.sum(),
        smallest_share=agreed.low,
        largest_share=agreed.high,
        times_apart=ratio,
        rule_low=[names[int(i)] for i in shares.argmin(axis=0)],
        rule_high=[names[int(i)] for i in shares.argmax(axis=0)],
        allowance_low=agreed.low * budget,
        allowance_middle=np.median(shares, axis=0) * budget,
        allowance_high=agreed.high * budget,
        use_at_present=sharing.latest * max(deadline - year, 0),
        period_to=np.full(len(positive), deadline),
        unit=[sharing.data.unit] * len(positive),
    )


def _path(sharing: Sharing, budget: float, lead: int) -> Table:
    """Emissions year by year that use up the allowance of one rule: constant rate, and line."""
    year = sharing.data.panel.periods[-1]
    years = max((deadline_of("neutrality") or year) - year, 1)
    spent = spend(sharing.latest, sharing.shares[lead] * budget)
    curve = exponential(sharing.latest, spent.rate, years)
    line = to_zero(sharing.latest, spent.years_to_zero, years)
    count = len(sharing.latest)
    return Table.of(
        ("entity", "period"),
        **_named(sharing, years),
        period=np.tile(np.arange(1, years + 1) + year, count),
        constant_rate=curve.ravel(),
        straight_line=line.ravel(),
        equity_rule=[sharing.rules[lead].id] * (count * years),
        unit=[sharing.data.unit] * (count * years),
    )


def _rules(sharing: Sharing) -> Table:
    return Table.of(
        ("equity_rule",),
        equity_rule=[r.id for r in sharing.rules],
        equity_title_zh=[r.title.zh for r in sharing.rules],
        equity_title_en=[r.title.en for r in sharing.rules],
        principle_zh=[r.principle.zh for r in sharing.rules],
        principle_en=[r.principle.en for r in sharing.rules],
        source=[r.source for r in sharing.rules],
        entry_status=[r.status for r in sharing.rules],
    )


def _agreement(names: Sequence[str], agreed: Agreement) -> Table:
    one, other = np.triu_indices(len(names), 1)
    return Table.of(
        ("equity_rule", "other_rule"),
        equity_rule=[names[int(i)] for i in one],
        other_rule=[names[int(i)] for i in other],
        rank_correlation=agreed.correlation[one, other],
    )


def _checks(sharing: Sharing, budget: float) -> tuple[Check, ...]:
    # by responsibility a small budget makes shares of either sign that are far above one
    size_of = np.maximum(np.abs(sharing.shares).max(axis=1), 1.0)
    total = (sharing.shares.sum(axis=1) - 1) / size_of
    allowance = np.maximum(sharing.shares * budget, 0.0)
    rates = np.stack([spend(sharing.latest, a).rate for a in allowance])
    summed = sharing.latest * (1 + rates) / -rates
    size = np.maximum(allowance, sharing.latest)
    return (
        Check(
            Text("每条规则的份额之和为一", "the shares of every rule sum to one"),
            float(np.abs(total).max()),
            ROUNDING,
        ),
        Check(
            Text("定速路径之和等于分得的预算", "the path at a constant rate uses up the allowance"),
            float((np.abs(summed - allowance) / size).max()),
            ROUNDING,
        ),
    )


def _figures(sharing: Sharing, lead: int) -> tuple[Figure, ...]:
    spread = Figure(
        "spread",
        "dumbbell",
        "spread",
        Text("同一预算，不同规则下的份额", "One budget, shares by different rules"),
        Text(
            "空心点是各规则中最小的份额，实心点是最大的；线越长，分多少越取决于选哪条规则。",
            "The hollow dot is the smallest share over rules, the full one the largest; the longer "
            "the line, the more the answer is a choice of rule.",
        ),
        {"label": "entity", "value": "smallest_share", "other": "largest_share", "format": ".1%"},
    )
    gauge = Figure(
        "gauge",
        "gauge",
        "spread",
        Text(
            "照末年排放走到碳中和年，用掉预算的几倍",
            "Emissions kept at the latest level until neutrality, against the budget",
        ),
        Text(
            "刻度是各规则的中位预算；超过刻度的部分是要减下来的。",
            "The tick is the median allowance over rules; what lies beyond it has to be cut.",
        ),
        {"label": "entity", "value": "use_at_present", "target": "allowance_middle"},
    )
    pace = Figure(
        "pace",
        "bar",
        "pace",
        Text("各地区所需速度：{r}", "Required pace by region: {r}").format(
            r=sharing.rules[lead].title
        ),
        Text(
            "每年不变的变化率，照它走下去正好用完预算。",
            "The constant rate of change a year that uses up the allowance exactly.",
        ),
        {
            "label": "entity", "value": "required_pace", "format": "+.1%",
            "where": {"equity_rule": sharing.rules[lead].id},
        },
    )  # fmt: skip
    return spread, gauge, pace


def _amount(value: float, unit: str) -> Text:
    """A large amount as it is said, such as 950 亿吨."""
    word = option_word("unit", unit)
    zh, en = magnitude([value], "zh"), magnitude([value], "en")
    return Text(
        f"{value / zh.divisor:,.4g} {zh.word}{word.zh}",
        " ".join(part for part in (f"{value / en.divisor:,.4g}", en.word, word.en) if part),
    )


def _notes(sharing: Sharing, agreed: Agreement, terms: Terms) -> list[Note]:
    data = sharing.data
    first, year = data.panel.periods[0], data.panel.periods[-1]
    years = terms.budget / float(sharing.latest.sum())
    out = [
        Note(
            Text(
                "预算 {b} 管 {y} 年之后的全部排放，照末年排放够用 {n:.1f} 年；"
                "往年排放从面板的第一年 {f} 年算起；预算的口径须与这些排放相同。",
                "The budget of {b} covers all emissions after {y}; at the latest level it "
                "lasts {n:.1f} years. The past is counted from {f}, the first year of the panel; "
                "the boundary of the budget must be that of these emissions.",
            ).format(b=_amount(terms.budget, data.unit), y=year, n=years, f=first)
        ),
        Note(
            Text(
                "没有哪条规则是对的：规则之间的差距本身就是结果，选哪条是政治决定。",
                "None of the rules is the right one: the spread between them is a result, and the "
                "choice is political.",
            )
        ),
    ]
    if np.isfinite(agreed.concordance):
        out.append(
            Note(
                Text(
                    "各规则对“谁人均分得多”的排序，肯德尔和谐系数 {w:.2f}"
                    "（一为完全一致，零为毫无一致）。",
                    "On who gets more per head the rules have a Kendall concordance of {w:.2f} "
                    "(one is full agreement, zero none).",
                ).format(w=agreed.concordance)
            )
        )
    spent = [
        f"{data.panel.entities[e]} ({rule.id})"
        for rule, shares in zip(sharing.rules, sharing.shares, strict=True)
        for e in np.flatnonzero(shares <= 0)
    ]
    if spent:
        out.append(
            Note(
                Text(
                    "按某些规则，这些地区往年已经用完了份额：{s}。",
                    "By some rules these regions have used up their part already: {s}.",
                ).format(s=", ".join(spent)),
                level="caution",
            )
        )
    out += left_out_notes(data.left_out)
    return [*out, *data.notes]


def _refuse_range(terms: Terms) -> None:
    wrong = {
        "budget": (terms.budget, "> 0", terms.budget > 0 and np.isfinite(terms.budget)),
        "power": (terms.power, "0-2", 0 <= terms.power <= 2),
        "weight": (terms.weight, "0-1", 0 <= terms.weight <= 1),
        "horizon": (terms.horizon, "1-", terms.horizon >= 1),
    }
    rows: list[Row] = [
        {"option": k, "value": v, "allowed": a} for k, (v, a, fine) in wrong.items() if not fine
    ]
    if rows:
        raise _out_of_range(rows)


def _out_of_range(rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M980",
        Text("选项超出范围。", "An option is out of range."),
        evidence=rows,
        fix=Text("改到所示范围之内。", "Bring it into the range shown."),
    )
