"""What an identity is refused for, with the cells that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.completeness import missing_cells
from zhiheng.carbon.sectors import Spread
from zhiheng.carbon.telescope import leftover
from zhiheng.catalog.dimensions import Label
from zhiheng.catalog.identities import Identity
from zhiheng.catalog.units import unit_catalog
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Scope, evaluate, names, parse
from zhiheng.core.expression.evaluation import Evaluated
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED

# Sums of many published figures agree with their total to this, relative to it.
ADDS_UP = 1e-9

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the values of an identity stand: entities, parts, periods, expressions.

    Attributes
    ----------
    expressions : sequence of str
        What they are called.
    inside : sequence of tuple of str
        The names in each of them, families without their marks.
    """

    panel: Panel
    parts: tuple[Label, ...]
    expressions: Sequence[str]
    inside: Sequence[tuple[str, ...]]

    def rows(self, marked: NDArray[np.bool_], values: Array | None = None) -> list[Row]:
        """The marked cells [entity, part, period(, expression)] as evidence."""
        out: list[Row] = []
        for place in zip(*np.nonzero(marked), strict=True):
            entity = self.panel.entities[place[0]]
            row: dict[str, object] = {"entity": entity, "name": self.panel.name(entity)}
            if self.parts[place[1]]:
                row["sector"] = ".".join(self.parts[place[1]])
            row["period"] = self.panel.periods[place[2]]
            if len(place) > 3:
                row["expression"] = self.expressions[place[3]]
            if values is not None:
                row["value"] = float(values[place])
            if len(place) > 3:
                row |= self._source(*(int(i) for i in place))
            out.append(row)
        return out

    def _source(self, entity: int, part: int, period: int, expression: int) -> Row:
        """The stored series that makes the value what it is, with its cell if that is known."""
        stored = [self._stored(name, self.parts[part]) for name in self.inside[expression]]
        values = {s: float(self.panel.array(s)[entity, period]) for s in stored if s}
        faults = [s for s, v in values.items() if not np.isfinite(v)]
        faults += [s for s, v in values.items() if v < 0]
        faults += [s for s, v in values.items() if v == 0]
        if not faults:
            return {}
        return {"series": faults[0], **self.panel.address(entity, period, faults[0])}

    def _stored(self, name: str, part: Label) -> str:
        """The finest series of a family for a part; empty for a derived one."""
        labels = (".".join((name, *part[:depth])) for depth in range(len(part), -1, -1))
        return next((label for label in labels if label in self.panel.series), "")


def missing(address: Address, marked: NDArray[np.bool_]) -> ZhihengError:
    """Gaps, or ratios with a zero below."""
    return missing_cells(
        address.rows(marked),
        Text(
            "恒等式有 {n} 个单元格没有值（缺失，或除以零）。",
            "{n} cells of the identity have no value (a gap, or a division by zero).",
        ),
    )


def negative(address: Address, values: Array, sink: NDArray[np.bool_], *, apart: bool) -> None:
    """Refuse negative values, but for what is negative throughout when that is taken apart."""
    bad = values < 0
    if apart:
        inside = bad[..., 1:].any(axis=2).sum(axis=-1) <= 1
        bad = bad & ~(sink & inside)[..., None, None]
    rows = address.rows(bad, values)
    if rows:
        raise ZhihengError(
            "M833",
            Text(
                "恒等式有 {n} 个负值，对数平均没有定义。",
                "{n} values of the identity are negative, for which the logarithmic mean is "
                "undefined.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "把排放与碳汇分开分解，不分解净额：始终为负的部门或地区可用 sinks=apart 单独分解；"
                "正负变号的净额不能分解。",
                "Decompose emissions and sinks apart, not their net amount: sectors or entities "
                "that are negative throughout with sinks=apart; a net amount that changes its sign "
                "cannot be decomposed.",
            ),
        )  # fmt: skip


def total_among_parts(address: Address, values: Array) -> None:
    """Refuse a part that is the sum of all others: the total would be counted twice."""
    count = len(address.parts)
    whole = values.sum(axis=1)
    if count < 3 or not whole.any():
        return
    rest = whole[:, None] - values
    equal = (np.abs(values - rest) <= ADDS_UP * rest).all(axis=(0, 2)) & values.any(axis=(0, 2))
    if not equal.any():
        return
    i = int(np.flatnonzero(equal)[0])
    name = ".".join(address.parts[i])
    raise ZhihengError(
        "M955",
        Text(
            "部门 {p} 等于其余部门之和：合计会被算两遍。",
            "The part {p} is the sum of all others: the total would count twice.",
        ).format(p=name),
        evidence=[
            {
                "series": address.expressions[0],
                "sector": name,
                "value": float(values[:, i].sum()),
                "sum of the others": float(rest[:, i].sum()),
            }
        ],
        fix=Text(
            "用 sectors= 列出不相重叠的部门；合计行可命名为 total，会被认出。",
            "List parts that do not overlap with sectors=; a total named total is known for what "
            "it is.",
        ),
    )


def unequal(
    address: Address,
    wide: Spread,
    values: Array,
    off: Array,
    *,
    bound: float,
    meaning: Scope,
) -> ZhihengError:
    """The product of the factors is not the left-hand side, with what remains."""
    left, product = values[..., 0], values[..., 1:].prod(axis=-1)
    order = np.argsort(-off, axis=None, kind="stable")[: int((off > bound).sum())]
    rows: list[Row] = []
    for e, i, t in zip(*np.unravel_index(order, off.shape), strict=True):
        row: dict[str, object] = {"entity": address.panel.entities[e]}
        if address.parts[i]:
            row["sector"] = ".".join(address.parts[i])
        row |= {
            "period": address.panel.periods[t],
            "left": float(left[e, i, t]),
            "product": float(product[e, i, t]),
            "residual": float(product[e, i, t] - left[e, i, t]),
        }
        rows.append(row)
    rest = str(leftover(wide.identity, meaning, wide.panel.series))
    return unbalanced(address.expressions[0], [{"product / left": rest}, *rows])


def unbalanced(left: str, rows: list[Row]) -> ZhihengError:
    """M832 with the rows that show it."""
    return ZhihengError(
        "M832",
        Text(
            "恒等式不成立：各因素之积不等于 {x}。",
            "The identity does not hold: the product of its factors is not {x}.",
        ).format(x=left),
        evidence=rows,
        fix=Text(
            "补上或删去因素，使分子分母逐一约去；余下的部分见 product / left。",
            "Add or remove factors until numerators and denominators cancel; what remains is shown "
            "as product / left.",
        ),
    )


def parts_miss_total(panel: Panel, wide: Spread, total: Array, summed: Array) -> ZhihengError:
    """The products of the parts do not add up to the left-hand side."""
    off = np.abs(total - summed)
    e, t = np.unravel_index(int(np.nanargmax(off)), off.shape)
    row: Row = {
        "entity": panel.entities[e],
        "period": panel.periods[t],
        "left": float(total[e, t]),
        "product": float(summed[e, t]),
        "residual": float(summed[e, t] - total[e, t]),
    }
    return unbalanced(wide.identity.id.partition(":")[0], [row])


def other_unit(identity: Identity, found: Sequence[Evaluated], meaning: Scope) -> None:
    """Refuse an identity whose numbers fit but whose units do not."""
    units = [one.unit for one in found]
    if UNSTATED in units:
        return
    product = units[1]
    for unit in units[2:]:
        product = meaning.units.product(product, unit)
    if product != units[0]:
        rows: list[Row] = [{"unit of the left": units[0], "unit of the product": product}]
        raise unbalanced(identity.left, rows)


def _money(unit: str, meaning: Scope) -> frozenset[str]:
    """The symbols of money in a unit, each with its price basis."""
    roots = {m.symbol for m in unit_catalog().money}
    return frozenset(s for s in meaning.units.symbols(unit) if s.split("_")[0] in roots)


def _unit(name: str, panel: Panel, meaning: Scope) -> str:
    """The unit of a series, of a derived one, or of a family by its first member."""
    if name in panel.series:
        return panel.units[name]
    if name in meaning.definitions:
        return evaluate(name, panel, meaning).unit
    return next((panel.units[s] for s in panel.series if s.startswith(name + ".")), UNSTATED)


def _cell(name: str, panel: Panel) -> dict[str, object]:
    """Where the first value of a series was read, if that is known."""
    if name in panel.series:
        at = panel.origin[:, :, panel.series.index(name)].ravel()
        known = at[at >= 0]
        if len(known):
            return {"cell": panel.origins[int(known[0])].cell}
    return {}


def _priced(panel: Panel, expression: str, meaning: Scope) -> list[Row]:
    """The names in money of one expression, but for shares, in which money cancels."""
    used = list(dict.fromkeys(n.name for n in names(parse(expression))))
    units = {n: _unit(n, panel, meaning) for n in used}
    money = [n for n in used if _money(units[n], meaning)]
    if len(money) > 1 and len({units[n] for n in money}) == 1:
        return []
    return [
        {"expression": expression, "series": n, "unit": units[n], **_cell(n, panel)} for n in money
    ]


def price_bases(panel: Panel, expressions: Sequence[str], meaning: Scope) -> None:
    """Refuse one identity with money of two price bases, such as nominal and real output."""
    rows = [row for e in expressions[1:] for row in _priced(panel, e, meaning)]
    bases = {b for row in rows for b in _money(str(row["unit"]), meaning)}
    if len(bases) > 1:
        raise ZhihengError(
            "M954",
            Text(
                "恒等式混用了不同价格基准的货币：{b}。",
                "The identity mixes money of different price bases: {b}.",
            ).format(b=", ".join(sorted(bases))),
            evidence=rows,
            fix=Text(
                "产出全部用同一个不变价序列（如 gdp_real）；确要分解价格，写明 prices=allow。",
                "Use one series at constant prices for output (gdp_real, say); to decompose "
                "prices on purpose say prices=allow.",
            ),
        )


def nominal(panel: Panel, role: str, expression: str, unit: str, what: Text) -> ZhihengError:
    """M934: an activity or an output in current prices, with what it would pass for."""
    used = [n.name for n in names(parse(expression))]
    cells = [cell for cell in (_cell(name, panel) for name in used) if cell]
    return ZhihengError(
        "M934",
        what.format(a=expression),
        evidence=[{role: expression, "unit": unit, **(cells[0] if cells else {})}],
        fix=Text("换成不变价，如 gdp_real。", "Use constant prices, such as gdp_real."),
    )


def current_prices(panel: Panel, money: Mapping[str, str], meaning: Scope) -> ZhihengError:
    """Activity or intensity in prices of its own year: factors, with the expressions."""
    rows: list[Row] = [
        {"factor": factor, **row}
        for factor, expression in money.items()
        for row in _priced(panel, expression, meaning)
        if meaning.units.is_current_money(str(row["unit"]))
    ]
    return ZhihengError(
        "M839",
        Text(
            "因素 {f} 以当年价计：物价上涨会冒充规模扩张与强度下降。",
            "The factors {f} are in current prices: inflation would pass for growth and for "
            "falling intensity.",
        ).format(f=", ".join(money)),
        evidence=rows,
        fix=Text(
            "换成不变价序列，如 gdp_real；明知如此仍要分解，写明 prices=allow。",
            "Use constant prices such as gdp_real; to decompose it all the same say prices=allow.",
        ),
    )  # fmt: skip
