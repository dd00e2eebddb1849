"""What a curve of abatement costs refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhiheng.catalog.measures import Measure, Range
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text


def missing(rows: Sequence[Row]) -> ZhihengError:
    """M800: gaps in the emissions."""
    return ZhihengError(
        "M800",
        Text("排放源有 {n} 个单元格没有值。", "{n} cells of the sources are empty.").format(
            n=len(rows)
        ),
        evidence=rows,
        fix=Text("换一个窗口或地区范围。", "Choose other periods or entities."),
    )


def no_emissions(rows: Sequence[Row]) -> ZhihengError:
    """M995: a source is not in tonnes of CO2, or sources differ in unit."""
    return ZhihengError(
        "M995",
        Text(
            "排放源须以 t_CO2 或 t_CO2e 计，且各源单位相同。",
            "Sources must be in t_CO2 or t_CO2e, all in the same unit.",
        ),
        evidence=rows,
        fix=Text(
            "source 写成排放序列或表达式，能耗要先乘排放因子。",
            "Name a series or expression of emissions; energy needs an emission factor first.",
        ),
    )


def not_positive(rows: Sequence[Row]) -> ZhihengError:
    """M995: a source is negative or nothing."""
    return ZhihengError(
        "M995",
        Text("排放源有负值或为零，无从减排。", "A source is negative or zero: nothing to abate."),
        evidence=rows,
        fix=Text("把碳汇与排放分开。", "Keep sinks and emissions apart."),
    )


def nested(rows: Sequence[Row]) -> ZhihengError:
    """M996: one source is a part of another."""
    return ZhihengError(
        "M996",
        Text(
            "一个排放源是另一个的一部分，同一吨会被减两次。",
            "One source is a part of another: the same tonne would be abated twice.",
        ),
        evidence=rows,
        fix=Text(
            "让各措施作用于互不重叠的源，或都作用于总量。",
            "Let measures act on sources without overlap, or all on the total.",
        ),
    )


def incomplete(measure: str, quantity: str, technology: str) -> ZhihengError:
    """M993: neither the measure nor its technology has a quantity."""
    return ZhihengError(
        "M993",
        Text("措施 {m} 没有给出 {q}。", "The measure {m} has no {q}.").format(
            m=measure, q=quantity
        ),
        evidence=[{"measure": measure, "field": quantity, "technology": technology}],
        fix=Text(
            "在措施里写明，或用 technology 指向目录里有此项的技术。",
            "Give it, or point `technology` at a catalogued one that has it.",
        ),
    )


def out_of_range(rows: Sequence[Row]) -> ZhihengError:
    """M993: values that no measure can have."""
    return ZhihengError(
        "M993",
        Text("措施有 {n} 个数值出界。", "{n} values of measures are out of range.").format(
            n=len(rows)
        ),
        evidence=rows,
        fix=Text(
            "寿命与单位减排量为正，投资不为负，学习率在 0 与 1 之间，增长不为负。",
            "Life and abatement are positive, capex and growth not negative, learning is from 0 "
            "to below 1.",
        ),
    )


def potential_or_units(measure: str) -> ZhihengError:
    """M993: potential and units both or neither."""
    return ZhihengError(
        "M993",
        Text(
            "措施 {m} 要么写 potential，要么写 units，二者取一。",
            "The measure {m} needs either potential or units, not both.",
        ).format(m=measure),
        evidence=[{"measure": measure, "field": "potential / units"}],
        fix=Text(
            "potential 是占排放源的份额，units 是可安装的数量。",
            "potential is the part of its source, units is how many can be installed.",
        ),
    )


def beyond_source(rows: Sequence[Row]) -> ZhihengError:
    """M994: a measure abates more than its source emits, or nothing."""
    return ZhihengError(
        "M994",
        Text(
            "有 {n} 项措施的潜力不在零与排放源之间。",
            "The potential of {n} measures is not between nothing and their source.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "检查 units、abatement 的单位，或换成更大的排放源。",
            "Check the units of units and abatement, or name a larger source.",
        ),
    )


def other_money(measure: str, basis: str, money: str) -> ZhihengError:
    """C466: the catalogue's price basis is another one."""
    return ZhihengError(
        "C466",
        Text(
            "措施 {m} 的投资以 {b} 计，而本次以 {c} 计，价格基础不同不能相加。",
            "The capex of {m} is in {b}, the call is in {c}: bases do not add up.",
        ).format(m=measure, b=basis, c=money),
        evidence=[{"measure": measure, "catalogue": basis, "money": money}],
        fix=Text(
            "写明 exchange（如 {b}=…），或在措施里直接给出 capex。",
            "Give exchange (such as {b}=…), or the capex of the measure itself.",
        ).format(b=basis),
    )


def price(prices: Mapping[str, Any], fuel: str) -> Range:
    """The price of a fuel; M993 when it is absent, negative or no number."""
    if fuel in prices:
        try:
            found = Measure.model_validate({"id": fuel, "abatement": prices[fuel]}).abatement
        except ValueError as error:
            raise _no_number(f"prices.{fuel}", str(prices[fuel])) from error
        if found.low < 0:
            raise _no_number(f"prices.{fuel}", str(prices[fuel]))
        return found
    raise ZhihengError(
        "M993",
        Text("没有给出 {f} 的价格。", "There is no price of {f}.").format(f=fuel),
        evidence=[{"fuel": fuel, "prices": ", ".join(prices)}],
        fix=Text("在 prices 里写明。", "Give it in prices."),
    )


def positive_number(value: Any, where: str) -> float:
    """A positive number; from the command line it comes as a word."""
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise _no_number(where, str(value)) from error
    if not found > 0:
        raise _no_number(where, str(value))
    return found


def _no_number(where: str, value: str) -> ZhihengError:
    return ZhihengError(
        "M993",
        Text("{w} 不是可用的数：{v}。", "{w} is no usable number: {v}.").format(w=where, v=value),
        evidence=[{"field": where, "value": value}],
        fix=Text(
            "写一个不为负的数，或 低;可能;高 三个递增的数。",
            "Write a number that is not negative, or three ascending ones: low;likely;high.",
        ),
    )


def wrong_option(name: str, value: float | int, rule: Text) -> ZhihengError:
    """M916: an option of the method is out of range."""
    return ZhihengError(
        "M916",
        Text("选项 {o} 不能是 {v}。", "The option {o} cannot be {v}.").format(o=name, v=value),
        evidence=[{"option": name, "value": value}],
        fix=rule,
    )
