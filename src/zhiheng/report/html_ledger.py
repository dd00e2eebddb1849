"""The ledger that travels inside the page: what a pressed number stands on.

Numbers share steps, cells and series: each is written once and referred to by
its place, so that a page with a thousand numbers stays small.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zhiheng.catalog.systems import load_system
from zhiheng.core.text import Text
from zhiheng.study.ledger import MOST_CELLS, Ledger, Selector
from zhiheng.study.sentences import Address

MOST_DEFINITIONS = 24
"""How many definitions of series one number shows."""


class _Places:
    """A list without repeats; `of` gives the place of an entry."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._at: dict[str, int] = {}

    def of(self, entry: Any) -> int:
        key = json.dumps(entry, ensure_ascii=False)
        if key not in self._at:
            self._at[key] = len(self.entries)
            self.entries.append(entry)
        return self._at[key]


def ledger_data(
    cited: Iterable[Address], ledger: Ledger, names: Mapping[str, Text]
) -> dict[str, Any]:
    """What the page's panel shows of each cited number.

    Returns
    -------
    dict
        ``n``: address → [step, table, key, column, value, set, definitions];
        ``steps``, ``sets`` (number of cells in all, places of those listed),
        ``cells`` [series, entity, period, value, status, place], ``series``
        (unit, publisher, licence), ``trees`` (name and tree of each definition), ``words``.
    """
    steps: dict[str, Any] = {}
    series: dict[str, Any] = {}
    cells, sets, trees = _Places(), _Places(), _Places()
    numbers: dict[str, Any] = {}
    used: set[str] = set()
    for address in cited:
        entry = ledger.entry(address)
        steps.setdefault(address.step, _step(entry))
        selector = ledger.selector(address)
        listed: list[int] = []
        for cell in _sample(selector, ledger):
            series.setdefault(cell["series"], [cell["unit"], cell["publisher"], cell["licence"]])
            used |= {str(cell["series"]), str(cell["entity"]), f"unit:{cell['unit']}"}
            row = [cell[c] for c in ("series", "entity", "period", "value", "status", "cell")]
            listed.append(cells.of(row))
        total = len(selector.entities) * len(selector.periods) * len(selector.series)
        place = sets.of([total, listed])
        definitions = _definitions(address, ledger)
        used |= {name for name, _ in definitions}
        shown = [trees.of(definition) for definition in definitions]
        key = [[str(k), v] for k, v in _key(address, ledger)]
        used |= {address.column, *(str(v) for _, v in key), *(k for k, _ in key)}
        numbers[str(address)] = [
            address.step, address.table, key, address.column, entry["value"], place, shown,
        ]  # fmt: skip
    return {
        "n": numbers,
        "steps": steps,
        "sets": sets.entries,
        "cells": cells.entries,
        "series": series,
        "trees": trees.entries,
        "words": {w: [names[w].zh, names[w].en] for w in sorted(used) if w in names},
    }


def _step(entry: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("method", "params", "result_hash", "panel")
    return {name: entry[name] for name in wanted}


def _key(address: Address, ledger: Ledger) -> Iterable[tuple[str, Any]]:
    table = ledger.run.results[address.step].tables[address.table]
    return zip(table.keys, address.key, strict=True)


def _sample(selector: Selector, ledger: Ledger) -> Iterator[dict[str, Any]]:
    """All cells of a small selector; of a large one, some of each series in the last period."""
    total = len(selector.entities) * len(selector.periods) * len(selector.series)
    if total <= MOST_CELLS:
        yield from ledger.cells(selector)
        return
    each = max(1, MOST_CELLS // len(selector.series))
    for name in selector.series[:MOST_CELLS]:
        last = Selector(selector.entities, selector.periods[-1:], (name,), selector.step)
        yield from ledger.cells(last, most=each)


def _definitions(address: Address, ledger: Ledger) -> list[list[str]]:
    """Names and trees of what is computed behind a number; base series have none.

    An index shows the expressions of its indicators, or of the one its row names.
    """
    run = ledger.run
    result = run.results[address.step]
    wanted = {name: name for name in result.series}
    system = result.params.get("system")
    if isinstance(system, str):
        wanted = {i.id: i.expression for i in load_system(system).indicators if i.expression}
    own = {name: text for name, text in wanted.items() if name in address.key}
    trees = [
        [name, ledger.definition(text, "zh")]
        for name, text in list((own or wanted).items())[:MOST_DEFINITIONS]
    ]
    return [[name, tree] for name, tree in trees if tree.strip() != name]


def as_script(data: Mapping[str, Any]) -> str:
    """JSON that may stand in a script element: no ``<`` can close it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
