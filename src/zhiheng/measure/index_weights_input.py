"""What a call of `index_weights` gives beside the data, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.text import Text
from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.weights import MEMBERS, Weighting, unfit
from zhiheng.measure.composite_input import given_weights
from zhiheng.measure.indicators import Indicators
from zhiheng.measure.judgement import BestWorstVectors, Pairs, read_best_worst, read_pairs
from zhiheng.measure.weighing import JUDGED, Asked, Way, Weighed, weighed
from zhiheng.measure.weighing_wording import way_word

Array = NDArray[np.float64]
TARGETED = ("optimised", "optimised_correlation")
COMPARED: tuple[Way, ...] = (
    "equal", "equal_by_group", "entropy", "critic", "critic_spearman", "cv", "pca", "pca_first",
    "pca_composite", "scatter_degree", "projection_pursuit", "optimised", "bod", "game",
)  # fmt: skip
"""What every call sets side by side; those that need a judgement stand there when chosen."""

SEARCHED = ("projection_pursuit", "bod")
MOST_CELLS = 10_000
"""Beyond so many cells the rules in `SEARCHED` take minutes and are run only when asked for."""


@dataclass(frozen=True, slots=True)
class Other:
    """A method beside the chosen one: its weights, or why it has none."""

    way: Way
    found: Weighed
    reason: Text | None


def read_asked(
    data: Indicators,
    way: Way,
    *,
    given: Mapping[str, float] | None,
    judgement: str | Mapping[str, object] | None,
    members: Sequence[str] | None,
    targets: Mapping[str, float] | None,
) -> Asked:
    """What the method is to stand on, read and checked.

    Raises
    ------
    ZhihengError
        M624 given weights that do not match, M690 an input that is missing or not used,
        M691 to M693 judgements, M696 targets.
    """
    joined = _members(way, members)
    used = {way, *joined} if way == "game" else {way}
    _refuse_unused(used, given=given, judgement=judgement, members=members, targets=targets)
    return Asked(
        tree=data.tree,
        given=given_weights(data, given) if "given" in used else None,
        targets=None if targets is None else _targets(data, targets),
        judged=_judged(data, used, judgement),
        members=joined,
    )


def refuse_unfit(data: Indicators, z: Normalised, way: Way, asked: Asked, found: Weighed) -> None:
    """Raise M694 when the chosen method gives no weights for these data."""
    reason = why_not(data, z, way, asked, found)
    if reason is None:
        return
    raise ZhihengError(
        "M694",
        Text(
            "这些数据不能用“{m}”赋权：{why}。", 'These data have no weights by "{m}": {why}.'
        ).format(m=way_word(way), why=reason),
        evidence=_spans(data, z),
        fix=Text(
            "换一种标准化（如 global）或赋权方法；comparison 表列出可用的各法。",
            "Choose another normalisation (such as global) or another method; the table "
            "comparison of a method that works lists those that do.",
        ),
    )


def why_not(
    data: Indicators, z: Normalised, way: Way, asked: Asked, found: Weighed | None
) -> Text | None:
    """Why a method gives no weights here; None where it gives some."""
    if "equal_by_group" in (way, *(asked.members if way == "game" else ())) and not data.groups:
        return _NO_GROUPS
    if found is None or np.isfinite(found.weights).all():
        return None
    if way == "bod":
        return option_word("unfit", "negative" if (z.values < 0).any() else "constant")
    known = get_args(Weighting)
    listed = asked.members if way == "game" else (way,)
    reasons = [unfit(z, cast(Weighting, m)) for m in listed if m in known]
    return option_word("unfit", next((r for r in reasons if r is not None), "agreement"))


def side_by_side(
    z: Normalised, data: Indicators, way: Way, found: Weighed, asked: Asked
) -> tuple[Other, ...]:
    """Every method that needs nothing but these data; the chosen one is not computed again."""
    plain = Asked(tree=data.tree, correlation="pearson", seed=asked.seed)
    out: list[Other] = []
    for other in COMPARED:
        if other == "equal_by_group" and not data.groups:
            continue
        same = other == way and other not in ("game", *TARGETED, "critic")
        if other in SEARCHED and not same and z.values[..., 0].size > MOST_CELLS:
            nothing = Weighed(np.full((1, len(data.ids)), np.nan))
            out.append(Other(other, nothing, option_word("unfit", "too_many")))
            continue
        one = found if same else weighed(z, other, data.ids, plain)
        out.append(Other(other, one, why_not(data, z, other, plain, one)))
    return tuple(out)


def _members(way: Way, members: Sequence[str] | None) -> tuple[str, ...]:
    if way != "game" or members is None:
        return MEMBERS
    names = (members,) if isinstance(members, str) else tuple(members)
    known = [w for w in get_args(Way) if w not in ("game", "bod")]
    for name in names:
        if name not in known:
            raise unknown_name("M690", name, known, kind=Text("组合成员", "member"))
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise _inputs(
            Text("组合赋权需要两种以上不同的方法。", "A combination needs two different methods."),
            [{"members": ", ".join(names)}],
        )
    return names


def _refuse_unused(used: set[str], **inputs: object) -> None:
    """An input that the method would ignore, or lacks."""
    serves = {
        "given": {"given"},
        "judgement": set(JUDGED),
        "members": {"game"},
        "targets": set(TARGETED),
    }
    ignored = [n for n, v in inputs.items() if v is not None and not serves[n] & used]
    if ignored:
        raise _inputs(
            Text("方法用不到这些输入：{n}。", "The method does not use: {n}.").format(
                n=", ".join(ignored)
            ),
            [{"input": n, "serves": ", ".join(sorted(serves[n]))} for n in ignored],
        )
    judged = used & set(JUDGED)
    if judged and inputs["judgement"] is None:
        raise _inputs(
            Text("{m}需要专家判断。", "{m} needs judgements.").format(
                m=way_word(sorted(judged)[0])
            ),
            [{"method": m, "needs": "judgement"} for m in sorted(judged)],
        )
    if "bwm" in judged and len(judged) > 1:
        raise _inputs(
            Text(
                "一份判断不能同时用于层次分析法与最优最劣法。",
                "One set of judgements serves either pairs or best-worst, not both.",
            ),
            [{"members": ", ".join(sorted(judged))}],
        )


def _judged(
    data: Indicators, used: set[str], judgement: str | Mapping[str, object] | None
) -> Pairs | BestWorstVectors | None:
    if judgement is None:
        return None
    if "bwm" in used:
        return read_best_worst(judgement, data.ids)
    return read_pairs(judgement, data.ids)


def _targets(data: Indicators, targets: Mapping[str, float]) -> Array:
    rows: list[Row] = [{"missing": name} for name in data.ids if name not in targets]
    rows += [{"unknown": str(name)} for name in targets if name not in data.ids]
    rows += [{"indicator": k, "target": v} for k, v in targets.items() if not _is_amount(v)]
    still = np.ptp(data.oriented()[0], axis=(0, 1)) == 0
    rows += [
        {"indicator": name, "target": targets[name], "reason": _STILL}
        for name, flat in zip(data.ids, still, strict=True)
        if flat and _is_amount(targets.get(name)) and targets[name] > 0
    ]
    if rows or not sum(targets.values()) > 0:
        raise ZhihengError(
            "M696",
            Text("重要性目标与指标对不上。", "The targets do not match the indicators."),
            evidence=rows or [{"targets": str(dict(targets))}],
            fix=Text(
                "给每个指标一个不小于零的目标，没有变化的指标目标为零：targets=x1=2,x2=1。",
                "Give every indicator a target of zero or more, zero where it does not vary: "
                "targets=x1=2,x2=1.",
            ),
        )
    return np.array([float(targets[name]) for name in data.ids])


def _is_amount(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value >= 0


def _spans(data: Indicators, z: Normalised) -> list[Row]:
    low, high = z.values.min(axis=(0, 1)), z.values.max(axis=(0, 1))
    mean = z.values.mean(axis=(0, 1))
    return [
        {"indicator": name, "least": float(a), "mean": float(m), "greatest": float(b)}
        for name, a, m, b in zip(data.ids, low, mean, high, strict=True)
    ]


def _inputs(what: Text, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M690",
        what,
        evidence=rows,
        fix=Text(
            "ahp、bwm 要 judgement=文件；given 要 given=；game 可给 members=；"
            "optimised 可给 targets=；其余方法不用这些。",
            "ahp and bwm take judgement=FILE, given takes given=, game may take members=, "
            "optimised may take targets=; other methods take none of these.",
        ),
    )


_NO_GROUPS = Text("没有声明分组", "no groups are declared")
_STILL = Text("没有变化", "does not vary")
