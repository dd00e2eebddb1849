"""Printed words of the codes and names that occur in a run's tables."""

from __future__ import annotations

from zhiheng.core.text import Text
from zhiheng.study.run_types import StudyRun


def names_of(run: StudyRun) -> dict[str, Text]:
    """Words for entities, series, indicators, groups, factors and columns of a run.

    Where two kinds of thing share a name, the more specific word wins:
    columns, then series, then what the plan names itself, then indicators.
    """
    out: dict[str, Text] = {}
    out.update(_columns(run))
    out.update(_series(run))
    out.update(_of_plan(run))
    out.update(_systems(run))
    out.update(_own_titles(run))
    for panel in (*run.panels.values(), run.panel):
        out.update(panel.labels)
    out.update(_units(run))
    return out


def _columns(run: StudyRun) -> dict[str, Text]:
    from zhiheng.catalog.columns import columns

    known = columns()
    used = {c for r in run.results.values() for t in r.tables.values() for c in t.columns}
    return {name: known[name].label for name in used if name in known}


def _series(run: StudyRun) -> dict[str, Text]:
    from zhiheng.catalog.series import series

    out: dict[str, Text] = {}
    for panel in (*run.panels.values(), run.panel):  # those of the study last: they win
        found = {name: series(name, panel.level) for name in panel.series}
        out |= {name: info.title for name, info in found.items() if info}
    return out


def _of_plan(run: StudyRun) -> dict[str, Text]:
    out = {name: v.title for name, v in run.plan.variables.items()}
    for step in run.plan.step:
        out |= {name: added.title for name, added in step.add.items()}
        out |= {name: then.title for name, then in step.then.items()}
    return out


def _systems(run: StudyRun) -> dict[str, Text]:
    from zhiheng.catalog.systems import load_system

    out: dict[str, Text] = {}
    used = {str(r.params["system"]) for r in run.results.values() if r.params.get("system")}
    for name in sorted(used):
        system = load_system(name)
        out |= {g: system.group_title(g) for g in {i.group for i in system.indicators}}
        out |= {i.id: i.title for i in system.indicators}
    return out


def _own_titles(run: StudyRun) -> dict[str, Text]:
    """Words that a table gives itself: a key column with ``<key>_title_zh`` and ``_en``.

    Numbers are left out: a class, a grade and a stage of one number are three things.
    """
    out: dict[str, Text] = {}
    for result in run.results.values():
        for table in result.tables.values():
            for key in table.keys:
                pair = [table.columns.get(f"{key}_title_{lang}") for lang in ("zh", "en")]
                if pair[0] is None or pair[1] is None:
                    continue
                rows = zip(table.columns[key], pair[0], pair[1], strict=True)
                out |= {
                    code: Text(str(zh), str(en))
                    for code, zh, en in rows
                    if isinstance(code, str) and zh and en
                }
    return out


def _units(run: StudyRun) -> dict[str, Text]:
    """Units under ``unit:``, so that a unit ``1`` is not taken for a class of that name."""
    from zhiheng.catalog.wording import option_word

    used = {unit for p in (*run.panels.values(), run.panel) for unit in p.units.values()}
    for result in run.results.values():
        for table in result.tables.values():
            used |= {str(unit) for unit in table.columns.get("unit", ())}
    return {f"unit:{unit}": option_word("unit", unit) for unit in sorted(used)}
