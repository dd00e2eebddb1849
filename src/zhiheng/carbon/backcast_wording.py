"""What is said beside a back-cast, and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zhiheng.carbon.backcast_goal import Goal
from zhiheng.carbon.backcast_space import Runner
from zhiheng.carbon.backcast_tables import UNIT
from zhiheng.carbon.simulate_draws import Case
from zhiheng.catalog.levers import levers
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.kernels.backcasting import BINDING, Solution

if TYPE_CHECKING:
    from zhiheng.carbon.backcast import Plan

FULL = 0.995
"""From this part of its cap on a lever is called at its cap."""


def notes(
    runner: Runner,
    plan: Plan,
    late: Sequence[tuple[int, Solution]],
    left_out: Sequence[str],
    probability: float,
    case: Case,
) -> list[Note]:
    """Rules that applied and what to mind."""
    out = [_how(runner, plan, probability), _reached(runner, plan, probability)]
    out += _levers(runner, plan, left_out)
    if plan.solution.met and plan.solution.margin < -BINDING:
        out.append(
            Note(
                Text(
                    "求得的组合没有正好落在目标的界上，而是略有富余：可能模型里最便宜的设定本身就"
                    "超额达到，也可能搜索停在界前；因此不给影子成本。",
                    "The plan meets the goal with a little to spare, not on its bound: either what "
                    "is cheapest in the model overshoots it, or the search stopped before the "
                    "bound. No shadow cost is given, therefore.",
                ),
                level="caution",
            )
        )
    if plan.solution.cost < 0:
        out.append(
            Note(
                Text(
                    "模型里省下的能源多于花费，所以总成本为负；少用能源本身的损失、没有计入的成本与"
                    "阻力不在其中。",
                    "In the model saved energy is worth more than is spent, so that the cost is "
                    "negative; what users lose by using less, and costs and obstacles that are "
                    "not modelled, are not in it.",
                ),
                level="caution",
            )
        )
    if late:
        out.append(
            Note(
                Text(
                    "推迟：全部行动后移相应月数后重新求解，成本折现到同一年；模型以年为步，"
                    "整年之间按两年的日程线性混合，再除以月数。",
                    "Delay: all action is put off and the plan is sought again, costs discounted "
                    "to the same year. The model steps by years: between whole years two "
                    "schedules are mixed in proportion, and the difference is divided by months.",
                )
            )
        )
    out.append(
        Note(
            Text(
                "概率来自按国家历史误差校准的模拟（{n} 国，{a}—{b} 年），不是本地检验。",
                "Probabilities come from a simulation calibrated on past errors of countries ({n} "
                "of them, {a}-{b}), not on this place.",
            ).format(n=len(case.countries.entities), a=case.countries.first, b=case.countries.last),
            level="caution",
            code="M981",
        )
    )
    return out


def _how(runner: Runner, plan: Plan, probability: float) -> Note:
    return Note(
        Text(
            "目标：{g}，概率不低于 {p}。以折现后的实际成本（含省下的能源，折现率 {r}）为最小，"
            "用逐次线性规划（HiGHS）求解，每一步都由模拟器核实，共模拟 {n} 组设定。",
            "Goal: {g} with a probability of at least {p}. Discounted real cost (saved energy "
            "counted, rate {r}) is minimised by successive linear programmes (HiGHS), each step "
            "confirmed by the simulator, {n} settings in all.",
        ).format(
            g=runner.goal.words(UNIT),
            p=f"{probability:.0%}",
            r=f"{runner.discount:.1%}",
            n=plan.solution.runs,
        )
    )


def _reached(runner: Runner, plan: Plan, probability: float) -> Note:
    search, fresh = (float((m <= 0).mean()) for m in (plan.search, plan.fresh))
    if not plan.solution.met:
        return Note(
            Text(
                "达不到：所给杠杆在其范围内能得到的最高概率约为 {s}（新抽样 {f}），低于 {p}。"
                "表里是概率最高的设定，不是最便宜的。",
                "Out of reach: within their ranges the levers give a probability of about {s} at "
                "most ({f} on fresh draws), below {p}. The table holds the settings with the "
                "best odds, not the cheapest ones.",
            ).format(s=f"{search:.1%}", f=f"{fresh:.1%}", p=f"{probability:.0%}"),
            level="caution",
            code="M918",
        )
    level = "note" if fresh >= probability else "caution"
    return Note(
        Text(
            "在求解所用抽样上的概率为 {s}，在 {n} 条未用过的新抽样上为 {f}。",
            "The probability is {s} on the draws of the search and {f} on {n} fresh ones.",
        ).format(s=f"{search:.1%}", f=f"{fresh:.1%}", n=plan.fresh.size),
        level=level,
    )


def _levers(runner: Runner, plan: Plan, left_out: Sequence[str]) -> list[Note]:
    known = levers()
    out: list[Note] = []
    share = plan.solution.settings[: len(runner.space.names)]
    full = [n for n, s in zip(runner.space.names, share, strict=True) if s >= FULL]
    if full:
        out.append(
            Note(
                Text(
                    "这些杠杆用到上限：{l}；上限是输入，不是结论。",
                    "These levers stand at their caps: {l}; caps are input, no finding.",
                ).format(l=_listed(full)),
                level="caution",
            )
        )
    if left_out:
        out.append(
            Note(
                Text(
                    "模型没有计入其成本的杠杆不参与求解：{l}；在 levers 里写明才用。",
                    "Levers whose cost the model does not count take no part: {l}; name them in "
                    "levers to use them.",
                ).format(l=_listed(left_out))
            )
        )
    free = [n for n in runner.space.names if not known[n].payer]
    if free:
        out.append(
            Note(
                Text(
                    "{l} 的成本没有计入模型，求解会把它当作免费。",
                    "The cost of {l} is not in the model: the search takes it to be free.",
                ).format(l=_listed(free)),
                level="caution",
            )
        )
    weak = [n for n in runner.space.names if known[n].grade in ("weak", "assumed")]
    weak = [n for n in weak if plan.solution.settings[runner.space.names.index(n)] > 0]
    if weak:
        out.append(
            Note(
                Text(
                    "方案用到证据弱或仅为假设的杠杆：{l}。",
                    "The plan uses levers with weak or assumed evidence: {l}.",
                ).format(l=_listed(weak)),
                level="caution",
            )
        )
    return out


def _listed(names: Sequence[str]) -> Text:
    known = levers()
    return Text(
        "、".join(known[n].title.zh for n in names), ", ".join(known[n].title.en for n in names)
    )


def figures(goal: Goal) -> tuple[Figure, ...]:
    """The levers, the path, and who pays."""
    return (
        Figure(
            "plan",
            "bar",
            "plan",
            Text("最便宜的杠杆组合", "The cheapest set of levers"),
            Text(
                "每条是杠杆用到其上限的几成；没有用到的为零。",
                "Each bar is the part of its cap that a lever uses; unused ones are zero.",
            ),
            {"label": "lever", "value": "cap_share", "format": ".0%"},
        ),
        Figure(
            "path",
            "fan",
            "path",
            Text("方案下的排放", "Emissions under the plan"),
            Text(
                "线是中位数，深带为五成、浅带为九成抽样所在。",
                "The line is the median; half of the draws lie in the dark band, nine in ten in "
                "the light one.",
            ),
            {"x": "period", "low": "low", "inner_low": "q25", "middle": "median",
             "inner_high": "q75", "high": "high", "colour": "policy_case", "rule": "goal_year"},
        ),
    )  # fmt: skip
