"""Words of claim tests: rules, reasons, names of statistics, windows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.diagnose.claim_statistics import Statistic


def window(text: str) -> tuple[int, int] | None:
    """First and last period of ``2013-2017``, or None."""
    found = re.fullmatch(r"\s*(\d+)\s*[-–—]\s*(\d+)\s*", text)
    return (int(found[1]), int(found[2])) if found else None


def statistic(one: Statistic) -> Text:
    """How a statistic is called, with what it was computed on."""
    name = option_word("claim_statistic", one.name)
    if one.variant.startswith("shift "):
        added = one.variant.removeprefix("shift ")
        if added == "0":
            return name
        return Text("{n}（加 {s}）", "{n} (plus {s})").format(n=name, s=added)
    if one.variant == "as_is":
        return name
    return Text("{n}（{v}）", "{n} ({v})").format(
        n=name, v=option_word("claim_variant", one.variant)
    )


def reason(tests: Sequence[Statistic], verdict: str) -> Text:
    """Why the verdict is what it is."""
    if verdict in ("supported", "not_supported"):
        return Text(
            "{n} 个统计量的区间都在{s}",
            "the intervals of all {n} statistics lie on the {s}",
        ).format(
            n=len(tests),
            s=Text("主张一侧", "claimed side")
            if verdict == "supported"
            else Text("相反一侧", "other side"),
        )
    sides = [t.side for t in tests]
    if 1 in sides and -1 in sides:
        return Text(
            "测法之间相互矛盾：{a} 个在主张一侧，{b} 个在相反一侧，{c} 个跨界",
            "ways of measuring contradict each other: {a} on the claimed side, {b} on the other, "
            "{c} across",
        ).format(a=sides.count(1), b=sides.count(-1), c=sides.count(0))
    return Text(
        "{n} 个统计量中有 {c} 个的区间跨过界限", "{c} of {n} intervals hold the limit"
    ).format(n=len(tests), c=sides.count(0))


def holds(supported: int, tested: int) -> Text:
    """The summary of a claim."""
    if not tested:
        return Text("没有可检验的格", "nothing could be tested")
    return Text("{n} 格中 {k} 格成立", "holds in {k} of {n}").format(n=tested, k=supported)


def notes(shifts: tuple[float, ...], draws: int, level: float, *, natural: bool) -> list[Note]:
    """The rule of the three verdicts, and what they do not hold."""
    said = [
        Note(
            Text(
                "判定：一条主张的全部统计量，{l} 百分位区间整个落在主张一侧为支持，"
                "整个落在相反一侧为不支持，其余为证据不足；"
                "转移类主张要求合并分级与逐年分级一致。区间由整个地区有放回重抽 {d} 次得到，"
                "转移概率另与精确二项区间取外包。",
                "Rule: supported when the {l} percentile intervals of all statistics of a claim "
                "lie on the claimed side, not supported when all lie on the other, else "
                "insufficient; claims on transitions need pooled and yearly classes to agree. "
                "Intervals come from {d} resamples of whole entities, those of transition odds "
                "joined with the exact binomial one.",
            ).format(l=f"{100 * (1 - level):g}%", d=draws)
        ),
        Note(
            Text(
                "各格共用数据，彼此不独立，“n 格中 k 格成立”是在数读法，不是概率；"
                "区间不含指数本身的不确定性和测量误差，起点的误差会压低“强者愈强”。",
                "Cells share data and are not independent: “holds in k of n” counts readings and "
                "is no probability. Intervals hold no uncertainty of the index and no measurement "
                "error; errors at the start count against leaders pulling away.",
            ),
            code="M789",
        ),
    ]
    if any(shifts):
        said.append(
            Note(
                Text(
                    "相对差距取决于零点放在哪里：先后加 {s} 再算，须全部一致；绝对差距不受影响。",
                    "Relative gaps depend on where zero is put: taken after adding {s} in turn, "
                    "all of which must agree; absolute gaps are not affected.",
                ).format(s=", ".join(f"{s:g}" for s in shifts))
            )
        )
    if natural:
        said.append(
            Note(
                Text(
                    "自然单位的对应量没有人为的零点，同样须与之一致。",
                    "The counterpart in natural units has no arbitrary zero and must agree too.",
                )
            )
        )
    return said


def not_computed(number: int) -> list[Note]:
    """That some statistics were not allowed by the data, if any."""
    if not number:
        return []
    return [
        Note(
            Text(
                "{n} 个统计量因数值为零或负而没有定义，未参与判定（见 not_computed 一栏）。",
                "{n} statistics are undefined for values of zero or less and decided nothing "
                "(column not_computed).",
            ).format(n=number),
            code="M786",
        )
    ]


def figures() -> tuple[Figure, ...]:
    """In what share of cells each claim holds."""
    return (
        Figure(
            "claims",
            "bar",
            "summary",
            Text("各条主张在多少格里成立", "In what share of cells each claim holds"),
            Text(
                "一表示在所有变量和窗口上都得到支持，零表示一处也没有；没有得到支持不等于被否定，见表。",
                "One means supported for all variables and windows, zero for none; not supported "
                "is not refuted, see the table.",
            ),
            {"label": "claim", "value": "supported_share", "format": ".0%"},
        ),
    )
