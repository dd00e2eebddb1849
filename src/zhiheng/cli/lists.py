"""What there is: methods, index systems, embedded data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from zhiheng.core.registry import catalogue
from zhiheng.core.text import Lang, Text

if TYPE_CHECKING:
    from zhiheng.catalog.systems import IndexSystem, Indicator


def print_methods(lang: Lang) -> None:
    """Each method with its options; required ones are marked with a star."""
    table = _table(
        {
            "zh": ("方法", "作用", "选项 (* 必填)"),
            "en": ("method", "what it does", "options (* required)"),
        }[lang]
    )
    for info in catalogue().values():
        options = ", ".join(o.name + ("*" if o.required else "") for o in info.options)
        table.add_row(info.name, info.summary[lang], options)
    Console().print(table)


def print_systems(lang: Lang) -> None:
    """Each index system with how many of its items the embedded data can compute."""
    from zhiheng.catalog.regions import LEVELS
    from zhiheng.catalog.systems import systems
    from zhiheng.catalog.wording import option_word

    heads = {
        "zh": ("体系", "名称", "层级", "项数", "内置数据", "核实"),
        "en": ("system", "title", "level", "items", "embedded data", "verification"),
    }
    table = _table(heads[lang])
    said = {"zh": "可算 {a}/{b}", "en": "computes {a}/{b}"}[lang]
    for system in systems().values():
        can, of = len(system.computable()), len(system.indicators)
        status = option_word("entry_status", system.status)[lang]
        level = LEVELS[system.level][lang]
        table.add_row(
            system.id, system.title[lang], level, str(of), said.format(a=can, b=of), status
        )
    Console().print(table)


def print_system(name: str, lang: Lang) -> None:
    """One system: every indicator with expression, weight and what it lacks; then its notes."""
    from zhiheng.catalog.systems import load_system
    from zhiheng.catalog.wording import option_word

    system = load_system(name)
    heads = {
        "zh": ("组", "指标", "表达式", "方向", "规模", "权重", "可算", "说明"),
        "en": ("group", "indicator", "expression", "sign", "scale", "weight", "data", "note"),
    }
    table = _table(heads[lang])
    for item in system.indicators:
        table.add_row(
            system.path_title(item.group)[lang],
            item.title[lang],
            item.expression or (item.operator[lang] if item.operator else ""),
            option_word("direction", item.direction)[lang],
            option_word("scale", item.scale)[lang],
            "" if item.weight is None else f"{item.weight:.2%}",
            _lacks(item)[lang],
            item.trap[lang] if item.trap else "",
        )
    console = Console()
    for line in _about(system):
        console.print(line[lang])
    console.print(table)
    for note in system.notes:
        console.print(f"· {note[lang]}")


def _about(system: IndexSystem) -> tuple[Text, ...]:
    """Title, citation, years of use, weights, status, and how much the data compute."""
    from zhiheng.catalog.regions import LEVELS
    from zhiheng.catalog.wording import option_word

    status = option_word("entry_status", system.status)
    first, last = system.used
    return (
        system.title,
        Text.same(system.citation),
        Text(
            "{level} · 使用于 {first}—{last} 年 · {weights} · {status}",
            "{level} · used for {first}–{last} · weights: {weights} · {status}",
        ).format(
            level=LEVELS[system.level],
            first=first,
            last=last,
            weights=option_word("weight_method", system.weight_method),
            status=status,
        ),
        Text("数据可算 {a}/{b} 项", "The data compute {a} of {b} items").format(
            a=len(system.computable()), b=len(system.indicators)
        ),
    )


def _lacks(item: Indicator) -> Text:
    """Whether an item can be computed, and if not, which series or operator it lacks."""
    from zhiheng.catalog.systems import missing_series

    if item.computable:
        return Text("是", "yes")
    missing = ", ".join(missing_series(item))
    if missing:
        return Text("缺 {m}", "lacks {m}").format(m=missing)
    return Text("缺算子", "needs an operator")


def print_datasets(lang: Lang) -> None:
    """Each embedded data set."""
    from zhiheng.catalog.embedded import datasets

    heads = {
        "zh": ("数据集", "名称", "地区", "序列", "时期", "许可"),
        "en": ("data set", "title", "entities", "series", "periods", "licence"),
    }
    table = _table(heads[lang])
    for d in datasets():
        span = f"{d.first}-{d.last}"
        table.add_row(d.name, d.title[lang], str(d.entities), str(d.series), span, d.licence)
    Console().print(table)


def print_dataset(name: str, lang: Lang) -> None:
    """The series of one data set with unit, span, number of values, publisher and licence."""
    import numpy as np

    from zhiheng.catalog.embedded import dataset
    from zhiheng.catalog.series import series as series_info
    from zhiheng.catalog.sources import source

    panel = dataset(name)
    heads = {
        "zh": ("序列", "名称", "单位", "起止", "值数", "发布者", "许可"),
        "en": ("series", "title", "unit", "span", "values", "publisher", "licence"),
    }
    table = _table(heads[lang])
    for s in panel.series:
        info = series_info(s, panel.level)
        held = ~np.isnan(panel.array(s))
        seen = np.flatnonzero(held.any(axis=0))
        years = [panel.periods[t] for t in seen.tolist()]
        row = int(panel.origin[:, :, panel.series.index(s)].max())
        publisher = info.source if info else panel.origins[row].source if row >= 0 else ""
        from_ = source(publisher) if publisher else None
        table.add_row(
            s,
            (info.title if info else panel.title(s))[lang],
            panel.units[s],
            f"{years[0]}-{years[-1]}" if years else "",
            str(int(held.sum())),
            from_.publisher[lang] if from_ else "",
            from_.licence if from_ else "",
        )
    Console().print(table)


def _table(heads: tuple[str, ...]) -> Table:
    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
