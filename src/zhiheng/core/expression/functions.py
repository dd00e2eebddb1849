"""The functions of the expression language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.expression import quantity as q
from zhiheng.core.expression.scope import Scope
from zhiheng.core.expression.tree import Call, Expr, Name, Negate, Number, text
from zhiheng.core.panel import Panel, Status
from zhiheng.core.text import Text
from zhiheng.core.units import PLAIN


class Context(Protocol):
    """What a function may ask of the evaluation that calls it."""

    panel: Panel
    scope: Scope

    def value(self, node: Expr) -> q.Quantity:
        """The value of a node."""
        ...

    def refuse_outside(self, bad: NDArray[np.bool_], part: q.Quantity, node: Expr) -> None:
        """Raise for cells outside the domain of a function."""
        ...


Call1 = Callable[[Context, Call], q.Quantity]


def _log(run: Context, call: Call) -> q.Quantity:
    x = run.value(call.arguments[0])
    run.refuse_outside(x.values <= 0, x, call)
    return replace(x, values=np.log(x.values), unit=PLAIN, kind="log", shift=0)


def _exp(run: Context, call: Call) -> q.Quantity:
    x = run.value(call.arguments[0])
    return replace(x, values=np.exp(x.values), unit=PLAIN, kind="ratio")


def _sqrt(run: Context, call: Call) -> q.Quantity:
    x = run.value(call.arguments[0])
    run.refuse_outside(x.values < 0, x, call)
    return replace(x, values=np.sqrt(x.values), unit=run.scope.units.power(x.unit, 0.5))


def _abs(run: Context, call: Call) -> q.Quantity:
    x = run.value(call.arguments[0])
    return replace(x, values=np.abs(x.values))


def _lag(run: Context, call: Call) -> q.Quantity:
    return _shifted(run, run.value(call.arguments[0]), _steps(call))


def _diff(run: Context, call: Call) -> q.Quantity:
    x = run.value(call.arguments[0])
    return q.add(x, _shifted(run, x, _steps(call)), run.scope, -1)


def _growth(run: Context, call: Call) -> q.Quantity:
    x = run.value(call.arguments[0])
    before = _shifted(run, x, _steps(call))
    q.refuse_mixed_years(x, before, run.scope)
    ratio, _ = q.divide(x, replace(before, shift=x.shift), run.scope)
    return replace(ratio, values=ratio.values - 1.0, kind="rate")


def _share(run: Context, call: Call) -> q.Quantity:
    part, whole = (run.value(a) for a in call.arguments)
    if part.unit != whole.unit:
        q.add(part, whole, run.scope, 1)  # raises the error of unlike units with both addresses
    ratio, _ = q.divide(part, whole, run.scope)
    return replace(ratio, kind="share")


def _total(run: Context, call: Call) -> q.Quantity:
    return _sum(run, call.arguments)


def _children(run: Context, call: Call) -> q.Quantity:
    (parent,) = call.arguments
    names = run.scope.children.get(parent.name, ()) if isinstance(parent, Name) else ()
    if not names:
        raise unknown_name(
            "X306",
            text(parent),
            run.scope.children,
            kind=Text("有分项的序列", "series with children"),
        )
    return _sum(run, tuple(Name(name, parent.span) for name in names))


def _sum(run: Context, parts: tuple[Expr, ...]) -> q.Quantity:
    found = run.value(parts[0])
    for part in parts[1:]:
        found = q.add(found, run.value(part), run.scope, 1)
    return found


def _per_capita(run: Context, call: Call) -> q.Quantity:
    people = run.value(Name("population", call.span))
    quotient, _ = q.divide(run.value(call.arguments[0]), people, run.scope)
    return quotient


def _deflate(run: Context, call: Call) -> q.Quantity:
    money, nominal, real = (run.value(a) for a in call.arguments)
    deflator, _ = q.divide(nominal, real, run.scope)
    volume, _ = q.divide(money, deflator, run.scope)
    return replace(volume, kind=money.kind, shift=0)


def _chain(run: Context, call: Call) -> q.Quantity:
    """Multiply an index (previous period = 100) up and down from a base period."""
    index = run.value(call.arguments[0])
    if index.kind != "index":
        raise ZhihengError(
            "U207",
            Text(
                "chain 需要“上年=100”的指数。", "chain needs an index with the previous year = 100."
            ),
            evidence=[{"term": index.text, "kind": index.kind, "unit": index.unit}],
            fix=Text("换用指数序列。", "Use an index series."),
        )
    named = dict(call.named)
    base = _base(run, named.get("base"))
    status = np.broadcast_to(index.status, index.values.shape)
    volume = _linked(index.values / 100.0, base)
    unit = PLAIN
    if "level" in named:
        level = run.value(named["level"])
        unit = _constant_prices(run, level.unit, run.panel.periods[base])
        volume = volume * level.values[:, base : base + 1]
        status = np.maximum(status, level.status[:, base : base + 1])
    # the base period itself needs no index of its own, so its status is not ABSENT
    settled = np.where(np.isnan(volume), Status.ABSENT, np.maximum(status, 0)).astype(np.int8)
    return q.Quantity(volume, unit, "flow" if "level" in named else "index", settled)


def _linked(ratio: NDArray[np.float64], base: int) -> NDArray[np.float64]:
    up = np.cumprod(ratio[:, base + 1 :], axis=1)
    down = np.cumprod(1.0 / ratio[:, base:0:-1], axis=1)[:, ::-1]
    parts = [down, np.ones((len(ratio), 1)), up]
    return np.concatenate(parts, axis=1).astype(np.float64)


def _base(run: Context, node: Expr | None) -> int:
    year = int(node.value) if isinstance(node, Number) else None
    periods = run.panel.periods
    if year is None or year not in periods:
        raise ZhihengError(
            "X312",
            Text("数据里没有基期 {y}。", "The data have no base period {y}.").format(y=year),
            evidence=[{"first": periods[0], "last": periods[-1]}],
            fix=Text(
                "给出数据范围内的 base=年份；先算出不变价再截取年份。",
                "Give base=year within the data; compute volumes before cutting periods.",
            ),
        )
    if list(periods) != list(range(periods[0], periods[-1] + 1)):
        raise ZhihengError(
            "X313",
            Text(
                "时期不连续，不能连乘指数。", "Periods have holes, so an index cannot be chained."
            ),
            evidence=[{"periods": ", ".join(map(str, periods))}],
            fix=Text("补上缺少的时期。", "Supply the missing periods."),
        )
    return periods.index(year)


def _constant_prices(run: Context, unit: str, year: int) -> str:
    money = run.scope.units.symbols(unit) & run.scope.units.current_money
    for symbol in sorted(money):
        ratio = run.scope.units.product(f"{symbol}_{year}", symbol, -1)
        unit = run.scope.units.product(unit, ratio)
    return unit


def _steps(call: Call) -> int:
    node = dict(call.named).get("k", Number(1, call.span))
    inner = node.operand if isinstance(node, Negate) else node
    if not isinstance(inner, Number) or isinstance(node, Negate) or inner.value != int(inner.value):
        raise ZhihengError(
            "X307",
            Text("k 必须是非负整数。", "k must be a whole number, zero or more."),
            evidence=[{"k": text(node)}],
            fix=Text("写成 lag(x, k=1)。", "Write lag(x, k=1)."),
        )
    return int(inner.value)


def _shifted(run: Context, x: q.Quantity, k: int) -> q.Quantity:
    """The values `k` periods earlier, found by period, so that a hole in time is a gap."""
    periods = run.panel.periods
    where = {p: i for i, p in enumerate(periods)}
    source = np.array([where.get(p - k, -1) for p in periods])
    shape = (len(run.panel.entities), len(periods))
    values = np.broadcast_to(x.values, shape)[:, source].copy()
    status = np.broadcast_to(x.status, shape)[:, source].copy()
    values[:, source < 0] = np.nan
    status[:, source < 0] = Status.ABSENT
    return replace(x, values=values, status=status, shift=x.shift + k, text=f"lag({x.text})")


CALLS: dict[str, Call1] = {
    "log": _log,
    "exp": _exp,
    "sqrt": _sqrt,
    "abs": _abs,
    "lag": _lag,
    "diff": _diff,
    "growth": _growth,
    "share": _share,
    "total": _total,
    "children": _children,
    "per_capita": _per_capita,
    "chain": _chain,
    "deflate": _deflate,
}
"""Each name of the grammar's FUNCTIONS, implemented."""
