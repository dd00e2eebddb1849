"""The carbon account: what is emitted, by which activity, and whose demand is behind it."""

from __future__ import annotations

from zhiheng.core.text import Text
from zhiheng.report.model import Section
from zhiheng.report.sections.carbon import Exhibit, carbon_section, plain
from zhiheng.report.sections.columns import NAME
from zhiheng.report.sections.shown import Shown
from zhiheng.report.texts import say
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

MEGA = tuple((column, ",.0f") for column in ("value", "low", "high"))
"""Whole numbers where the table is in millions of tonnes."""


def inventory(run: StudyRun, step: str, title: Text) -> tuple[Sentence, ...]:
    """The rule; for one entity also its total of the last year."""
    table = run.results[step].tables["totals"]
    said = (say("carbon.inventory", title=title),)
    entities = dict.fromkeys(table.columns["entity"])
    if len(entities) != 1:
        return said
    year = int(table.columns["period"].max())
    row = table.row(table.find(*_key(table.keys, next(iter(entities)), year)))
    name = Text(str(row["name_zh"]), str(row["name_en"]))
    return (*said, say("carbon.inventory_total", step=step, entity=str(row["entity"]), year=year,
                       name=name))  # fmt: skip


def _key(keys: tuple[str, ...], entity: str, year: int) -> tuple[str | int, ...]:
    return tuple(entity if k == "entity" else year for k in keys)


EXHIBITS = {
    "inventory": Exhibit(
        inventory,
        (Shown("totals", (NAME,), ("scope_1", "scope_2", "half_width"), last=True, long=True,
               large=("scope_1", "scope_2"), sort="scope_1"),
         Shown("by_fuel", (NAME, "fuel_title"), ("energy_tce", "emission"), last=True, long=True,
               large=("emission",), sort="emission", formats=(("energy_tce", ",.0f"),)),
         Shown("by_sector", (NAME, "sector_title", "emission_scope"), ("emission",), last=True,
               long=True, large=("emission",), sort="emission", parts="sector"),
         Shown("factors", ("factor_name", "factor_status", "source", "unit"), ("value",),
               long=True, alone=True)),
    ),
    "monitor": Exhibit(plain("monitor")),
    "embodied": Exhibit(
        plain("embodied"),
        (Shown("accounts", ("account_title",), ("value", "low", "high", "share"), last=True,
               formats=MEGA),
         Shown("by_demand", ("demand_title",), ("value", "low", "high", "share"), last=True,
               formats=MEGA),
         Shown("trade", ("sector_title",),
               ("exported", "exported_low", "exported_high", "imported", "trade_balance"),
               last=True, long=True, sort="exported", most=15, formats=MEGA)),
        ("flows", "multipliers", "exports"),
    ),
}  # fmt: skip


def carbon_account_section(run: StudyRun) -> Section | None:
    """Inventories, live accounts and embodied carbon."""
    return carbon_section(run, "account", run.plan.report.carbon.account, EXHIBITS)
