"""Notes, checks and figures of difference in differences, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.explain.did_models import Method
from zhiheng.explain.regression import FEWEST_CLUSTERS
from zhiheng.explain.treatment import Sample
from zhiheng.kernels.group_time import Adjust, Comparison

NORMAL_CHECK = Text("残差与解释变量正交", "residuals are orthogonal to the regressors")
BACON_CHECK = Text(
    "各对比较的加权和等于双向固定效应估计", "weighted comparisons sum to the two-way estimate"
)
WEIGHTS_CHECK = Text("各处理格的权重之和为一", "weights of treated cells sum to one")

_ADJUST: dict[Adjust, Text] = {
    "doubly_robust": Text(
        "控制变量按双重稳健法（Sant'Anna–Zhao；R DRDID 的 drdid_panel）进入",
        "controls enter doubly robustly (Sant'Anna and Zhao; drdid_panel of R's DRDID)",
    ),
    "regression": Text(
        "控制变量按结果回归（DRDID 的 reg_did_panel）进入",
        "controls enter by outcome regression (reg_did_panel of DRDID)",
    ),
}
_COMPARISON: dict[Comparison, Text] = {
    "never": Text("从未受处理的地区", "entities that are never treated"),
    "not_yet": Text("尚未受处理的地区", "entities not yet treated"),
}


def notes(
    sample: Sample,
    tables: Mapping[str, Table],
    method: Method,
    names: Sequence[str],
    *,
    comparison: Comparison,
    adjust: Adjust,
) -> list[Note]:
    """How the numbers were made, and what stands against them."""
    said = [_assumption(sample)]
    if method == "callaway_santanna":
        said += _cells(len(names) > 1, comparison, adjust)
    else:
        said += _regression(method)
    if not sample.never:
        said.append(_last_cohort(sample, method))
    if sample.later:
        said.append(_later(sample))
    said += _few_treated(sample)
    if sample.clean().lonely and method in ("sun_abraham", "callaway_santanna"):
        said.append(_lonely())
    if len(names) > 1:
        said.append(
            Note(
                Text(
                    "控制变量若会被政策改变，系数就混入了政策的一部分；"
                    "只用处理前已定的变量最稳妥。",
                    "A control that the policy moves takes part of its effect away; controls "
                    "settled before treatment are safest.",
                ),
                level="caution",
            )
        )
    if "bacon" in tables:
        said.append(_forbidden(tables["twfe_audit"], method, len(names) > 1))
    if "placebo" in tables:
        said.append(_placebo(method, len(names) > 1))
    return said


def _assumption(sample: Sample) -> Note:
    treated = int((sample.start < sample.periods).sum())
    return Note(
        Text(
            "{n} 个地区受处理，{m} 个在窗口内从未受处理（名单见 cohorts 表）。"
            "识别靠平行趋势与无预期：事前"
            "系数不显著并不证明事后平行，只说明事前没有发现不平行；政策若因结果而设，"
            "哪种估计都不能补救。",
            "{n} entities are treated and {m} never are within the window (table 'cohorts'). "
            "Identification rests on parallel trends and no anticipation: insignificant leads do "
            "not prove parallel trends afterwards, they only found no break before; no estimator "
            "mends a policy that was handed out because of the outcome.",
        ).format(n=treated, m=len(sample.start) - treated)
    )


def _regression(method: Method) -> list[Note]:
    error = Note(
        Text(
            "标准误按地区聚类（CR1），小样本因子同 Stata xtreg, fe vce(cluster) 与 reghdfe；t "
            "检验自由度为"
            "地区数减一。p_few 用 CR2 标准误与 Satterthwaite 自由度。事前联合检验为 F 检验。",
            "Standard errors are clustered by entity (CR1) with the factor of Stata xtreg, fe "
            "vce(cluster) and reghdfe; t tests have entities less one degrees of freedom. p_few "
            "uses CR2 errors with Satterthwaite degrees of freedom. The joint test of leads is F.",
        )
    )
    kinds: dict[Method, Text] = {
        "twfe": Text(
            "总效应来自地区与时期双向固定效应下的一个处理变量；event 表是同一模型的动态形式，"
            "以处理前一期为基期。",
            "The overall effect is one treatment indicator under two-way fixed effects; the table "
            "'event' is the dynamic form of that model, against the period before treatment.",
        ),
        "event_study": Text(
            "双向固定效应的动态形式，以处理前一期为基期，全部相对期都单独估计；总效应是各处理后系数"
            "按处理格数的加权平均。分批处理且效应因批而异时，系数会相互污染（Sun–Abraham）。",
            "Dynamic two-way fixed effects against the period before treatment, every distance on "
            "its own; the overall effect weights later coefficients by treated cells. With several "
            "cohorts whose effects differ the coefficients contaminate each other (Sun and "
            "Abraham).",
        ),
        "sun_abraham": Text(
            "批次乘相对期的饱和回归，再按批次地区数加权（同 R fixest 的 sunab）；权重视为给定。",
            "Saturated regression of cohorts by distances, then averaged by cohort size (as sunab "
            "of R fixest); the weights are taken as given.",
        ),
    }
    return [Note(kinds[method]), error]


def _cells(controls: bool, comparison: Comparison, adjust: Adjust) -> list[Note]:
    said = [
        Note(
            Text(
                "Callaway–Sant'Anna：每格把一批地区自处理前一期以来的变化与{c}的变化相比；"
                "处理前各格比较相邻"
                "两期（R did 的 varying base）。标准误来自影响函数，即按地区聚类，不用自助法，同 "
                "R did 与 "
                "csdid 的解析标准误；p 值用自由度为地区数减一的 t 分布。"
                "事前检验是对处理前全部格的卡方检验"
                "（同 R did）。区间逐点成立，不是联合区间。",
                "Callaway and Sant'Anna: a cell compares a cohort's change since the period before "
                "treatment with that of {c}; before treatment cells compare neighbouring periods "
                "(varying base of R did). Errors come from influence functions, so they are "
                "clustered by entity, without bootstrap, as the analytical ones of R did and "
                "csdid; p values use t with entities less one degrees of freedom. The pre-test is "
                "chi-squared on all cells before treatment (as R did). Intervals are pointwise.",
            ).format(c=_COMPARISON[comparison])
        )
    ]
    if controls:
        said.append(
            Note(
                Text("{a}，取处理前一期的值。", "{a}, at their values before treatment.").format(
                    a=_ADJUST[adjust]
                )
            )
        )
    return said


def _last_cohort(sample: Sample, method: Method) -> Note:
    last = sample.panel.periods[int(sample.start.max())]
    words = Text(
        "没有从未受处理的地区：除双向固定效应的总效应外，以 {y} 年起受处理的最后一批为对照，"
        "只用此前的时期。",
        "Nobody is never treated: apart from the overall two-way effect, the last cohort (from "
        "{y}) is the comparison and only earlier periods are used.",
    )
    if method in ("callaway_santanna", "sun_abraham"):
        words = Text(
            "没有从未受处理的地区：以 {y} 年起受处理的最后一批为对照，只用此前的时期。",
            "Nobody is never treated: the last cohort (from {y}) is the comparison and only "
            "earlier periods are used.",
        )
    return Note(words.format(y=last), level="caution")


def _later(sample: Sample) -> Note:
    return Note(
        Text(
            "窗口之后才受处理的地区作未受处理：{n}。",
            "Treated only after the window, so counted as untreated: {n}.",
        ).format(n=", ".join(sample.later))
    )


def _few_treated(sample: Sample) -> list[Note]:
    treated = int((sample.start < sample.periods).sum())
    side = min(treated, len(sample.start) - treated)
    if treated >= FEWEST_CLUSTERS and (side >= FEWEST_CLUSTERS or not sample.never):
        return []
    return [
        Note(
            Text(
                "受处理或未受处理的地区不足 {m} 个（较少的一方为 {n} 个）：聚类标准误往往过小，"
                "联合检验过易"
                "拒绝，只有一个地区的批次尤其如此；应以随机化（安慰剂）p 值为准。",
                "Fewer than {m} entities are treated or untreated (the smaller side: {n}): "
                "clustered errors tend to be too small and joint tests to reject too often, most "
                "of "
                "all with a cohort of one entity; trust the randomisation (placebo) p.",
            ).format(m=FEWEST_CLUSTERS, n=min(treated, side) if side else treated),
            level="caution",
            code="M908",
        )
    ]


def _lonely() -> Note:
    return Note(
        Text(
            "有的批次只有一个地区：它自己的误差无从估计，该批次的标准误只含对照一方，联合检验因此不作。",
            "Some cohort is a single entity: its own error cannot be seen, the errors of its cells "
            "hold the controls only, and the joint test of leads is not made.",
        ),
        level="caution",
    )


def _forbidden(audit: Table, method: Method, controls: bool) -> Note:
    row = audit.row(0)
    weight, cells = float(row["forbidden_weight"] or 0.0), int(row["negative_cells"] or 0)
    body = (_SPLIT_WITHOUT_CONTROLS if controls else _SPLIT).format(w=weight, c=cells)
    flagged = method in ("twfe", "event_study") and (weight > 0 or cells > 0)
    if not flagged:
        return Note(body)
    return Note(
        Text(
            "{b}效应若随时间或批次而变，估计会偏，甚至变号；请与 sun_abraham、callaway_santanna "
            "对照。",
            "{b} Where effects grow or differ by cohort it is biased, even in sign; compare with "
            "sun_abraham and callaway_santanna.",
        ).format(b=body),
        level="caution",
        code="M909",
    )


_SPLIT = Text(
    "分批处理：双向固定效应估计有 {w:.1%} 的权重来自以已受处理者为对照的比较（Goodman-Bacon），"
    "{c} 个处理格的权重为负（de Chaisemartin–D'Haultfoeuille）。",
    "Staggered treatment: {w:.1%} of the weight of two-way fixed effects lies on comparisons "
    "with entities treated already (Goodman-Bacon), and {c} treated cells have a negative "
    "weight (de Chaisemartin and D'Haultfoeuille).",
)
_SPLIT_WITHOUT_CONTROLS = Text(
    _SPLIT.zh + "分解不含控制变量。", _SPLIT.en + " The split is without controls."
)


def _placebo(method: Method, controls: bool) -> Note:
    text = Text(
        "安慰剂：把同样的处理起点随机分给各地区，重估总效应；p 是绝对值不小于观测值的比例"
        "（分子分母各加一），检验“对任何地区都没有影响”的零假设。",
        "Placebo: the same starts are handed to entities at random and the overall effect is "
        "estimated again; p is the share at least as large in absolute value (one added above "
        "and below), a test of no effect on any entity.",
    )
    if method != "callaway_santanna" or not controls:
        return Note(text)
    return Note(
        Text(
            "{t}这里的安慰剂与其观测值都不含控制变量。",
            "{t} Here placebo and observed value leave controls out.",
        ).format(t=text)
    )


def figures(tables: Mapping[str, Table], method: Method) -> tuple[Figure, ...]:
    """The event study, and the comparisons behind two-way fixed effects."""
    found = [
        Figure(
            name="event_study",
            kind="interval",
            table="event",
            title=Text("处理前后的效应", "Effects before and after treatment"),
            reading=Text(
                "每行是距处理起点的期数（负数在处理之前）；处理前的区间应跨过零线，"
                "处理后离开零线才是效应。",
                "Each row is a distance to the start of treatment (negative: before); intervals "
                "before should cross zero, and leaving zero afterwards is the effect.",
            ),
            encodings={
                "label": "event_time",
                "value": "estimate",
                "low": "ci_low",
                "high": "ci_high",
                "reference": 0,
            },
        )
    ]
    if "bacon" in tables and method == "twfe":
        found.append(
            Figure(
                name="comparisons",
                kind="bar",
                table="bacon",
                title=Text(
                    "双向固定效应由哪些比较构成", "Comparisons behind two-way fixed effects"
                ),
                reading=Text(
                    "柱长是该对比较（处理起点 / 对照起点）在估计中的权重；"
                    "着色的以已受处理的地区为对照，"
                    "会把它们自己的效应当作趋势减掉。",
                    "A bar is the weight of a comparison (start of the treated / of the control); "
                    "coloured ones use controls treated already and subtract their effect as if "
                    "it were a trend.",
                ),
                encodings={
                    "label": "pair",
                    "value": "weight",
                    "colour": "already_treated",
                    "sort": "-value",
                },
            )
        )
    return tuple(found)
