"""Options of an index that need reading: given weights, bounds, levels, combinations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.kernels.means import MEANS
from zhiheng.measure.indicators import Indicators

Array = NDArray[np.float64]


def given_weights(data: Indicators, given: Mapping[str, float] | None) -> Array:
    """Weights from the call or from the system, in the order of the items.

    Raises
    ------
    ZhihengError
        M624 no weights, names that do not match, a weight that is negative or no
        number, or none above zero.
    """
    if given is None:
        given = {item.id: item.weight for item in data.items if item.weight is not None}
        if not given:
            raise _bad_weights([], Text("没有给出权重。", "No weights were given."))
    rows: list[Row] = [{"missing": name} for name in data.ids if name not in given]
    rows += [{"unknown": str(name)} for name in given if name not in data.ids]
    rows += [{"indicator": k, "weight": v} for k, v in given.items() if not _is_weight(v)]
    if rows or not sum(given.values()) > 0:
        raise _bad_weights(rows, _MISMATCH)
    return np.array([float(given[name]) for name in data.ids])


def read_bounds(data: Indicators, how: str, bounds: Mapping[str, object] | None) -> Array | None:
    """Goalposts or targets of all indicators, in the order of the items; shape (2, K).

    Raises
    ------
    ZhihengError
        M611 bounds where the normalisation takes none, an indicator without bounds, a
        name that is no indicator, or a value that cannot be read.
    """
    if how not in ("goalposts", "target"):
        if bounds:
            raise _bad_bounds([{"normalise": how}])
        return None
    given = bounds or {}
    rows: list[Row] = [{"missing": name} for name in data.ids if name not in given]
    rows += [{"unknown": str(name)} for name in given if name not in data.ids]
    read = {name: _pair(given[name], how) for name in data.ids if name in given}
    rows += [{"indicator": k, "value": str(given[k])} for k, v in read.items() if v is None]
    rows += [{"indicator": i.id, "direction": i.direction} for i in data.items if i.distance]
    if rows:
        raise _bad_bounds(rows)
    return np.array([read[name] for name in data.ids], dtype=np.float64).T


def _pair(value: object, how: str) -> tuple[float, float] | None:
    """``low:high``, a list of two, or for a target one number."""
    parts = value.split(":") if isinstance(value, str) else value
    found = list(parts) if isinstance(parts, Sequence) else [parts]
    try:
        numbers = [float(str(one)) for one in found]
    except ValueError:
        return None
    if not all(math.isfinite(n) for n in numbers):
        return None
    if how == "target":
        return (numbers[0], numbers[0]) if len(numbers) == 1 else None
    return (numbers[0], numbers[1]) if len(numbers) == 2 and numbers[0] < numbers[1] else None


def read_levels(data: Indicators, aggregation: str, levels: Sequence[str] | None) -> str:
    """The rule of each level, from the indicators up, written ``additive/geometric``.

    Raises
    ------
    ZhihengError
        M612 rules that do not nest, or another number of them than the tree has levels.
    """
    if levels is None and aggregation not in ("nested", "fixed"):
        return aggregation
    given = aggregation if levels is None else levels
    rules = [given] if isinstance(given, str) else list(given)
    unknown = [rule for rule in rules if rule not in MEANS]
    if unknown or len(rules) != len(data.tree) or len(rules) < 2:
        rows: list[Row] = [{"rule": rule, "nests": "no"} for rule in unknown]
        rows.append({"levels given": len(rules), "levels of the system": len(data.tree)})
        raise ZhihengError(
            "M612",
            Text(
                "逐层合成的规则与指标体系的层数不符，或用了不能逐层使用的规则。",
                "The rules by level do not fit the tree of the system, or one of them cannot nest.",
            ),
            evidence=rows,
            fix=Text(
                "自下而上每层写一种：{r}。", "Name one for each level from the indicators up: {r}."
            ).format(r=", ".join(MEANS)),
        )
    return rules[0] if len(set(rules)) == 1 else "/".join(rules)


def base_position(periods: Sequence[int], base: int | None) -> int:
    """The position of the base period; the first one by default.

    Raises
    ------
    ZhihengError
        M613 a period that the panel does not have.
    """
    if base is None:
        return 0
    if base not in periods:
        raise ZhihengError(
            "M613",
            Text("面板里没有基期 {b}。", "The panel has no period {b}.").format(b=base),
            evidence=[{"period": p} for p in periods],
            fix=Text("从已有时期中选一个。", "Choose one of the periods that it has."),
        )
    return list(periods).index(base)


def _is_weight(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value >= 0


def _bad_weights(rows: list[Row], what: Text) -> ZhihengError:
    return ZhihengError(
        "M624",
        what,
        evidence=rows,
        fix=Text(
            "用 weights=given，并给每个指标一个不小于零的权重：given=x1=3,x2=1。",
            "Use weights=given with a weight of zero or more for every indicator: given=x1=3,x2=1.",
        ),
    )


def _bad_bounds(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M611",
        Text("目标值或上下限与指标对不上。", "Goalposts or targets do not match the indicators."),
        evidence=rows,
        fix=Text(
            "normalise=goalposts 时每个指标写 下限:上限，normalise=target 时写一个目标值；"
            "其他标准化不要写。",
            "With normalise=goalposts give each indicator low:high, with normalise=target one "
            "number, and none with other normalisations.",
        ),
    )


_MISMATCH = Text("给出的权重与指标对不上。", "The given weights do not match the indicators.")
