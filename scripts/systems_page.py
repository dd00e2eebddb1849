"""The page of all index systems: each item with expression, scale, weight and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zhiheng.catalog.regions import LEVELS
from zhiheng.catalog.systems import (
    IndexSystem,
    Indicator,
    SystemGroup,
    missing_series,
    mixes_scales,
    systems,
)
from zhiheng.catalog.wording import option_word
from zhiheng.core.text import Text

HEAD = """# 指标体系 · Index systems

指标是基础序列上的式子，缺一个序列就“不可计算”，不作近似。“可算”指随包数据够不够。强度（比值）与总量（随地区大小
变化）分开标明：二者混在一个体系里，地区大小就进入得分。“凭记忆”指项目名单未与原表逐项核对。

An indicator is an expression over base series; if one is missing it is *not computable*, and
nothing is approximated. *Data* says whether the shipped data suffice. Intensive items are ratios,
extensive ones grow with the size of the region: mixed in one system they let size into the score.
*Recalled* means that the list of items was not compared with the published table.

自己的体系写成同样的 TOML 文件，用 `--system my.toml` 读入。A system of your own is a file of the
same form: `--system my.toml`."""


def systems_page(generated: str) -> str:
    """The page, under the line that says it is generated."""
    parts = [generated, HEAD, _summary(), *(p for s in systems().values() for p in _system(s))]
    return "\n\n".join(parts) + "\n"


def _summary() -> str:
    rows = [
        "| 体系 system | 名称 title | 层级 level | 可算 computable | 核实 status |",
        "|---|---|---|---|---|",
    ]
    for s in systems().values():
        cells = (
            f"[`{s.id}`](#{s.id})",
            _both(s.title),
            _both(LEVELS[s.level]),
            f"{len(s.computable())}/{len(s.indicators)}",
            _word("entry_status", s.status),
        )
        rows.append(_row(cells))
    return "\n".join(rows)


def _system(system: IndexSystem) -> Iterator[str]:
    yield f"## {system.title.zh} {{ #{system.id} }}"
    yield f"*{system.title.en}* · `{system.id}`"
    yield _facts(system)
    for top in system.top_groups:
        yield _group(system, top)
    if system.notes:
        yield "\n".join(f"- {n.zh}<br>{n.en}" for n in system.notes)


def _facts(system: IndexSystem) -> str:
    extensive, intensive = mixes_scales(system)
    first, last = system.used
    rows = [
        "| | |",
        "|---|---|",
        _row(("引文 citation", system.citation)),
        _row(("层级 level", _both(LEVELS[system.level]))),
        _row(("使用年份 used", f"{first}–{last}")),
        _row(("赋权 weights", _word("weight_method", system.weight_method))),
        _row(("核实 status", _word("entry_status", system.status))),
        *([_row(("代替 stands for", f"[`{r}`](#{r})"))] if (r := system.replaces) else []),
        _row(("可算 computable", f"{len(system.computable())}/{len(system.indicators)}")),
        _row(("强度 / 总量 intensive / extensive", f"{len(intensive)} / {len(extensive)}")),
    ]
    return "\n".join(rows)


def _group(system: IndexSystem, top: SystemGroup) -> str:
    """The items of one dimension, with a column for inner groups where there are any."""
    items = [i for i in system.indicators if top.id in system.path(i.group)]
    nested = any(i.group != top.id for i in items)
    weighted = any(i.weight is not None for i in items)
    weight = system.group_weights.get(top.id)
    title = f"**{top.title.zh} · {top.title.en}**" + (f" {weight:.2%}" if weight else "")
    heads = [
        *(["分组 group"] if nested else []),
        "指标 indicator",
        "表达式 expression",
        "方向 direction",
        "规模 scale",
        *(["权重 weight"] if weighted else []),
        "可算 data",
        "说明 note",
    ]
    rows = [_row(heads), "|" + "---|" * len(heads)]
    rows += [_row(_cells(system, i, top, nested=nested, weighted=weighted)) for i in items]
    return title + "\n\n" + "\n".join(rows)


def _cells(
    system: IndexSystem, item: Indicator, top: SystemGroup, *, nested: bool, weighted: bool
) -> Iterator[str]:
    if nested:
        inside = [n for n in reversed(system.path(item.group)) if n != top.id]
        yield "<br>".join(_both(system.group_title(n)) for n in inside)
    yield f"{_both(item.title)}<br>`{item.id}`"
    yield f"`{item.expression}`" if item.expression else _both(item.operator or Text.same("-"))
    yield _word("direction", item.direction)
    yield _word("scale", item.scale)
    if weighted:
        yield "" if item.weight is None else f"{item.weight:.2%}"
    yield _data(item)
    yield "<br>".join(_both(t) for t in _remarks(item))


def _data(item: Indicator) -> str:
    if item.computable:
        return "可算 yes"
    missing = missing_series(item)
    lacks = "缺 lacks " + ", ".join(f"`{n}`" for n in missing) if missing else ""
    operator = "" if item.expression else "缺算子 needs an operator"
    return "<br>".join(t for t in (operator, lacks) if t)


def _remarks(item: Indicator) -> Iterator[Text]:
    if item.stands_for:
        yield Text("代替 `{n}`", "stands for `{n}`").format(n=item.stands_for)
    if item.additional:
        yield Text("补充项", "additional")
    if item.branch:
        yield item.branch
    if item.applies != "all":
        yield option_word("applies", item.applies)
    if item.green:
        yield Text("绿色内容", "green content")
    if item.scale_reason:
        yield item.scale_reason
    if item.trap:
        yield item.trap


def _word(option: str, value: str) -> str:
    return _both(option_word(option, value))


def _both(text: Text) -> str:
    return text.zh if text.zh == text.en else f"{text.zh} {text.en}"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"
