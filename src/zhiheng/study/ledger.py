"""From a printed number back to its result, its definition and its source cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.sources import source
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import explain, needs
from zhiheng.core.hashing import table_digest
from zhiheng.core.panel import Status
from zhiheng.core.result import Cell
from zhiheng.core.text import Lang, Text
from zhiheng.study.lineage import SCORE, Lineage
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Address

MOST_CELLS = 50
"""How many source cells are listed for one number; the selector names all of them."""

LARGE = "large"
SCALES: dict[Lang, tuple[float, str]] = {"zh": (1e8, ",.2f"), "en": (1e6, ",.1f")}
"""The format ``large`` prints in 亿 or in millions, as the language counts; captions say so."""

MINUS = "\u2212"
INFINITY = "∞"
DASH = "—"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which cells of the panel a number stands on."""

    entities: tuple[str, ...]
    periods: tuple[int, ...]
    series: tuple[str, ...]
    step: str = ""


class Ledger:
    """Resolves addresses of one run.

    Parameters
    ----------
    run : StudyRun
    """

    def __init__(self, run: StudyRun) -> None:
        self.run = run
        self._scope = scope(run.plan.data.level)
        self._lineage = Lineage(run.results, run.panel, self._scope, run.panels)

    def value(self, address: Address) -> Cell:
        """The value at an address; raises R802 when it does not exist."""
        try:
            table = self.run.results[address.step].tables[address.table]
            return table.row(table.find(*address.key))[address.column]
        except KeyError as error:
            raise ZhihengError(
                "R802",
                Text("报告引用了不存在的数字。", "The report cites a number that does not exist."),
                evidence=[{"address": str(address), "error": str(error)}],
                fix=Text("核对步骤、表、键和列。", "Check step, table, key and column."),
                exit_code=3,
            ) from error

    def show(self, address: Address, form: str, lang: Lang) -> str:
        """The number as printed."""
        value = self.value(address)
        if form == LARGE and isinstance(value, (int, float)):
            divisor, inner = SCALES[lang]
            return shown(value / divisor, inner)
        return shown(value, form)

    def entry(self, address: Address) -> dict[str, Any]:
        """What ``ledger.json`` says of one number."""
        result = self.run.results[address.step]
        selector = self.selector(address)
        return {
            "address": str(address),
            "value": _written(self.value(address)),
            "step": address.step,
            "method": result.method,
            "params": dict(result.params),
            "result_hash": self._result_hashes[address.step],
            "table": address.table,
            "key": list(address.key),
            "column": address.column,
            "panel": result.inputs,
            "selector": {
                "entities": list(selector.entities),
                "periods": list(selector.periods),
                "series": list(selector.series),
            },
        }

    def selector(self, address: Address) -> Selector:
        """The cells a number stands on: narrowed by entity, period and indicator of its row."""
        table = self.run.results[address.step].tables[address.table]
        key = dict(zip(table.keys, address.key, strict=True))
        panel = self.run.panel_of(address.step)
        entities, periods = panel.entities, panel.periods
        if key.get("entity") in panel.entities and self._local(address.step):
            entities = (str(key["entity"]),)
        if key.get("period") in panel.periods and self._local(address.step):
            periods = (int(str(key["period"])),)
        names = self.base_series(address.step)
        word = str(key.get("indicator", ""))
        if word in self._indicators:
            names = tuple(sorted(needs(self._indicators[word], self._scope)))
        return Selector(entities, periods, names, address.step)

    def base_series(self, step: str) -> tuple[str, ...]:
        """The base series of a step, through variables and scores of earlier steps."""
        return self._lineage.of_step(step)

    def definition(self, name: str, lang: Lang) -> str:
        """How a series is computed, as an indented tree."""
        del lang
        text = self.run.panel.definitions.get(name, "")
        if text.startswith(SCORE):
            return f"{name} = {text[1:]}"
        return explain(text or name, self._scope)

    def cells(self, selector: Selector, most: int = MOST_CELLS) -> list[dict[str, Any]]:
        """At most `most` source cells of a selector, with value, unit, status and origin."""
        panel = self.run.panel_of(selector.step)
        found: list[dict[str, Any]] = []
        for name in selector.series:
            if name not in panel.series:
                continue
            k = panel.series.index(name)
            info = series_info(name, panel.level)
            publisher = source(info.source) if info else None
            for entity in selector.entities:
                e = panel.entities.index(entity)
                for period in selector.periods:
                    t = panel.periods.index(period)
                    if len(found) >= most:
                        return found
                    origin = panel.origin[e, t, k]
                    where = panel.origins[origin].cell if origin >= 0 else ""
                    value = float(panel.values[e, t, k])
                    found.append(
                        {
                            "entity": entity,
                            "period": period,
                            "series": name,
                            "value": None if np.isnan(value) else value,
                            "unit": panel.units[name],
                            "status": Status(int(panel.status[e, t, k])).name.lower(),
                            "cell": where,
                            "publisher": publisher.publisher.zh if publisher else "",
                            "licence": publisher.licence if publisher else "",
                        }
                    )
        return found

    @cached_property
    def _result_hashes(self) -> dict[str, str]:
        return {k: table_digest(r.tables)[:16] for k, r in self.run.results.items()}

    @cached_property
    def _indicators(self) -> dict[str, str]:
        from zhiheng.catalog.systems import load_system

        found: dict[str, str] = {}
        for step in self.run.plan.steps():
            system = step.options.get("system")
            if isinstance(system, str):
                found |= {
                    i.id: i.expression for i in load_system(system).indicators if i.expression
                }
        return found

    def _local(self, step: str) -> bool:
        """Whether a row of this step stands on its own entity and period (up to normalisation)."""
        return self.run.results[step].method == "index"


def _written(value: Cell) -> Cell:
    """A value as JSON has it, which knows no infinity."""
    return str(value) if isinstance(value, float) and np.isinf(value) else value


def shown(value: Cell, form: str) -> str:
    """Print a value: ``d``, ``.3f``, ``+.3f``, ``.1%``, ``p`` (p value) or ``s``."""
    if value is None:
        return DASH
    if isinstance(value, str) or form == "s":
        return str(value)
    number = float(value)
    if np.isinf(number):  # the end of a set that is open on this side
        return INFINITY if number > 0 else MINUS + INFINITY
    if form == "p":
        return "<0.001" if number < 0.001 else f"{number:.3f}"  # noqa: PLR2004
    if form == "d":
        return f"{round(number):,d}".replace("-", MINUS)
    text = format(number, form)
    if not any(c in "123456789" for c in text):
        text = text.lstrip("-")  # what rounds to zero has no sign
    return text.replace("-", MINUS)
