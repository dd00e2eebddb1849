"""What is said beside the odds of having peaked."""

from __future__ import annotations

import numpy as np

from zhiheng.carbon.completeness import left_out_notes
from zhiheng.carbon.peak_input import Emissions
from zhiheng.carbon.peak_odds import Pool, Trial
from zhiheng.catalog.peaking import peaking
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED


def calibrated(pool: Pool) -> Text:
    """On whose past errors the odds stand."""
    if pool.own:
        return Text(
            "按本面板 {n} 个经济体自己的往期误差校准",
            "calibrated on the past of these {n} economies",
        ).format(n=len(pool.entities))
    return Text("按 {n} 个国家（{a}–{b}）校准", "calibrated on {n} countries ({a}–{b})").format(
        n=len(pool.entities), a=pool.first, b=pool.last
    )


def record(pool: Pool) -> Text:
    """The hindcast in one line, as it is printed beside every fan."""
    found, peaks = pool.skill, pool.peaks
    return Text(
        "回测 {h} 年：ln 排放平均绝对误差 {o:.3f}（半漂移 {d:.3f}，不变 {c:.3f}），"
        "九成区间实际覆盖 {k:.0%}，达峰概率的布里尔技巧 {s:.2f}（九成区间 {l:.2f}–{u:.2f}）。",
        "hindcast {h} years on: mean absolute error of ln emissions {o:.3f} (half drift {d:.3f}, "
        "no change {c:.3f}), nine-tenths intervals covered {k:.0%}, Brier skill of the odds "
        "{s:.2f} (90 % interval {l:.2f} to {u:.2f}).",
    ).format(
        h=pool.rolling.change.shape[2],
        o=float(found.mae["outlook"][-1]),
        d=float(found.mae["half_drift"][-1]),
        c=float(found.mae["constant"][-1]),
        k=float(found.coverage[1].mean()),
        s=peaks.skill,
        l=peaks.low,
        u=peaks.high,
    )


def notes(
    data: Emissions, pool: Pool, tried: Trial | None, h: int, delta: float, noise: float
) -> list[Note]:
    """Rules that applied, the record of the odds and what to mind."""
    out = [
        Note(
            Text(
                "达峰概率 = 末年之后 {h} 年没有一年超过历史最高值（容差 {d:.2g}%）的概率；"
                "打平不算超过。路径是衰减的惯性，不含与过去决裂的政策；{h} 年之后仍可能再升。",
                "The odds are those that none of the {h} years after the last one exceeds the "
                "maximum so far (tolerance {d:.2g}%); a tie does not. Paths are damped inertia "
                "without any policy that breaks with the past, and may rise again after those "
                "{h} years.",
            ).format(h=h, d=100 * delta)
        ),
        Note(_pool_text(pool), code="" if pool.own else "M981"),
        Note(Text("{r}", "Record: {r}").format(r=record(pool))),
    ]
    out += _gates(pool)
    if tried:
        out.append(_trial(tried, h))
    out.append(_revision(noise))
    out += [Note(text, level="caution") for text in peaking().cautions(data.named)]
    if data.unit == UNSTATED:
        out.append(
            Note(
                Text(
                    "排放没有写单位，按总排放量处理。",
                    "The emissions have no unit and are taken for gross amounts.",
                ),
                level="caution",
            )
        )
    out += left_out_notes(data.left_out)
    return [*out, *data.notes]


def _pool_text(pool: Pool) -> Text:
    rule = Text(
        "每个起点只用当年已知结局的往期误差；起点年份重叠，有效样本接近国家数而不是国家乘年份。",
        "Every origin uses past errors whose outcome was known by then; origins overlap, so that "
        "the effective sample is nearer to the number of countries than to countries times years.",
    )
    if pool.own:
        return Text("{c}。{r}", "These odds are {c}. {r}").format(c=calibrated(pool), r=rule)
    return Text(
        "{c}，不是按这些地区校准：内置数据 {d}，指纹 {f}，本次运行重新计算。{r}",
        "These odds are {c}, not on these regions: embedded data {d}, fingerprint {f}, computed "
        "again in this run. {r}",
    ).format(c=calibrated(pool), d=peaking().pool.dataset, f=pool.fingerprint[:12], r=rule)


def _gates(pool: Pool) -> list[Note]:
    gates = peaking().gates
    half, ours = (float(pool.skill.mae[r][-1]) for r in ("half_drift", "outlook"))
    covered = float(pool.skill.coverage[1].mean())
    failed = [
        text
        for text, fails in (
            (Text("误差比半漂移大", "errors above half drift"), ours > half + gates.worse),
            (
                Text("九成区间的覆盖偏离", "nine-tenths intervals off their level"),
                not gates.coverage[0] <= covered <= gates.coverage[1],
            ),
            (
                Text("布里尔技巧不足", "too little Brier skill"),
                not pool.peaks.skill >= gates.skill,
            ),
        )
        if fails
    ]
    if not failed:
        return []
    words = Text("；".join(t.zh for t in failed), "; ".join(t.en for t in failed))
    return [
        Note(
            Text(
                "这次回测没有达到要求：{w}。概率只作参考。",
                "This hindcast misses what is asked of it: {w}. Take the odds as a hint.",
            ).format(w=words),
            level="caution",
        )
    ]


def _trial(tried: Trial, h: int) -> Note:
    brier = float(((tried.probability - tried.event) ** 2).mean())
    base = float(((tried.climatology - tried.event) ** 2).mean())
    said = Text(
        "用这套概率回头判断这些地区 {a}–{b} 年的起点（{h} 年后的结局已知）：九成区间覆盖 {k:.0%}，"
        "误差 {o:.3f}（不变 {z:.3f}），布里尔分 {s:.3f}（只报国家的历史频率为 {c:.3f}），"
        "守住的比例 {e:.0%}，平均概率 {p:.0%}。",
        "The same odds for these regions from origins {a} to {b}, whose outcome {h} years on is "
        "known: nine-tenths intervals covered {k:.0%}, error {o:.3f} ({z:.3f} for no change), "
        "Brier score {s:.3f} ({c:.3f} for the past rate of countries), it held in {e:.0%} of cases "
        "and {p:.0%} was said on average.",
    ).format(
        a=tried.years[0], b=tried.years[-1], h=h, k=float(tried.inside[1].mean()), s=brier, c=base,
        o=float(tried.errors["outlook"].mean()), z=float(tried.errors["constant"].mean()),
        e=float(np.mean(tried.event)), p=float(tried.probability.mean()),
    )  # fmt: skip
    if brier < base and tried.errors["outlook"].mean() <= tried.errors["constant"].mean():
        return Note(said)
    warned = Text(
        "{t}在这些地区身上，它没有胜过简单的基准：按提示读，不按事实读。",
        "{t} On these regions it did not beat the plain benchmarks: read it as a hint.",
    )
    return Note(warned.format(t=said), level="caution")


def _revision(noise: float) -> Note:
    about = peaking().revision
    if noise != about.deviation:
        return Note(
            Text(
                "末年值的修订误差取标准差 {n:.1%}（给定）。",
                "The latest value is taken to be revised with a standard deviation of {n:.1%} "
                "(given).",
            ).format(n=noise)
        )
    return Note(
        Text(
            "末年值的修订误差取标准差 {n:.1%}，量级取自一个个案（{s}），待有修订记录时自行给出。",
            "The latest value is taken to be revised with a standard deviation of {n:.1%}; the "
            "size comes from a single case ({s}): give your own where a record of revisions is at "
            "hand.",
        ).format(n=noise, s=about.source)
    )
