"""What there is: methods, index systems, embedded data."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from zhiheng.core.registry import catalogue
from zhiheng.core.text import Lang


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
    from zhiheng.catalog.systems import systems

    heads = {
        "zh": ("体系", "名称", "可算/全部", "核实"),
        "en": ("system", "title", "computable/all", "verification"),
    }
    table = _table(heads[lang])
    for system in systems().values():
        share = f"{len(system.computable())}/{len(system.indicators)}"
        table.add_row(system.id, system.title[lang], share, system.status)
    Console().print(table)


def print_system(name: str, lang: Lang) -> None:
    """One system: every indicator with expression, unit, direction and whether it is computable."""
    from zhiheng.catalog.systems import load_system

    system = load_system(name)
    can, of = len(system.computable()), len(system.indicators)
    heads = {
        "zh": ("组", "指标", "表达式", "方向", "可算", "说明"),
        "en": ("group", "indicator", "expression", "direction", "computable", "note"),
    }
    table = _table(heads[lang])
    yes = {"zh": ("是", "否"), "en": ("yes", "no")}[lang]
    for item in system.indicators:
        note = item.trap[lang] if item.trap else ""
        table.add_row(
            item.group,
            item.title[lang],
            item.expression or (item.operator[lang] if item.operator else ""),
            item.direction,
            yes[0] if item.computable else yes[1],
            note,
        )
    console = Console()
    said = {"zh": "数据可算 {a}/{b} 项", "en": "The data compute {a} of {b} items"}[lang]
    console.print(
        f"{system.title[lang]}\n{system.citation}\n{said.format(a=can, b=of)} · {system.status}"
    )
    console.print(table)


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
        from_ = source(info.source) if info else None
        table.add_row(
            s,
            info.title[lang] if info else "",
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
