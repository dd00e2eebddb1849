"""``mirror.do`` and ``mirror.R``: the estimates of a run as commands of Stata and R.

One table of all variables in use, one command for each column. A reader without Python can
find the numbers again; each command names the standard error that it prints.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.expression import evaluate
from zhiheng.core.result import Result
from zhiheng.report.mirror_r import r_text
from zhiheng.report.mirror_stata import stata_text
from zhiheng.study.run_types import StudyRun

DATA = "data/mirror.csv"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_TAKEN = frozenset(("id", "entity", "period", "t", "d", "c", "results", "if", "in", "by", "else"))


@dataclass(frozen=True, slots=True)
class Command:
    """One estimate: the method, the names of its columns in the table, its options.

    Attributes
    ----------
    outcome : str
    regressors : tuple of str
    options : mapping
        Options in force; for regressions also ``parameters``, the count in the factor; for
        difference in differences ``until``, the first period that is not used, if any.
    treated, cohort : str
        Columns of a difference in differences.
    """

    step: str
    method: str
    outcome: str
    regressors: tuple[str, ...]
    options: Mapping[str, Any]
    treated: str = ""
    cohort: str = ""


@dataclass(slots=True)
class _Columns:
    """The columns of the table as they are asked for, by expression."""

    run: StudyRun
    names: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict[str, NDArray[np.float64]])

    def of(self, expression: str) -> str:
        """The name of the column that holds an expression."""
        if expression not in self.names:
            plain = _PLAIN.fullmatch(expression) and expression not in _TAKEN
            name = expression if plain else self.free("v")
            found = evaluate(expression, self.run.panel, scope(self.run.plan.data.level))
            self.names[expression] = name
            self.values[name] = found.values
        return self.names[expression]

    def free(self, stem: str) -> str:
        """A name that no column has."""
        number = 1
        while f"{stem}{number}" in self.values or f"{stem}{number}" in self.run.panel.series:
            number += 1
        return f"{stem}{number}"


def mirror(run: StudyRun) -> dict[str, str]:
    """The table and the two programs by file name; nothing where no step can be mirrored.

    Parameters
    ----------
    run : StudyRun
    """
    columns, commands = _Columns(run), list[Command]()
    for step, result in run.results.items():
        maker = _MAKERS.get(result.method)
        if maker and {"outcome", "variables"} & set(result.params):
            commands.append(maker(step, result, columns))
    if not commands:
        return {}
    legend = {name: text for text, name in columns.names.items() if name != text}
    return {
        DATA: _csv(run, columns),
        "mirror.do": stata_text(commands, legend),
        "mirror.R": r_text(commands, legend),
    }


def _regression(step: str, result: Result, columns: _Columns) -> Command:
    options = result.params
    count = int(result.tables["fit"].columns["parameters"][0])
    return Command(
        step,
        result.method,
        columns.of(str(options["outcome"])),
        tuple(columns.of(x) for x in _list(options["regressors"])),
        {**options, "parameters": count},
    )


def _difference(step: str, result: Result, columns: _Columns) -> Command:
    options, table, panel = result.params, result.tables["cohorts"], columns.run.panel
    first = dict(zip(table.columns["entity"], table.columns["cohort"], strict=True))
    shape = panel.values.shape[:2]
    start = np.array([float(first.get(e, np.nan)) for e in panel.entities])[:, None]
    until = None
    if options["method"] != "twfe" and not (start == 0).any():
        until = int(np.nanmax(start))  # the last cohort serves as the comparison until it starts
        start = np.where(start == until, 0.0, start)
    cohort = columns.free("cohort")
    columns.values[cohort] = np.broadcast_to(start, shape)
    treated = columns.free("treated")
    since = (start > 0) & (np.array(panel.periods) >= start)
    columns.values[treated] = np.where(np.isnan(start), np.nan, since.astype(np.float64))
    return Command(
        step,
        result.method,
        columns.of(str(options["outcome"])),
        tuple(columns.of(x) for x in _list(options["controls"])),
        {**options, "until": until},
        treated,
        cohort,
    )


def _system(step: str, result: Result, columns: _Columns) -> Command:
    names = tuple(columns.of(x) for x in _list(result.params["variables"]))
    return Command(step, result.method, names[0], names[1:], result.params)


def _relation(step: str, result: Result, columns: _Columns) -> Command:
    options, periods = result.params, len(columns.run.panel.periods)
    return Command(
        step,
        result.method,
        columns.of(str(options["outcome"])),
        tuple(columns.of(x) for x in _list(options["regressors"])),
        {**options, "window": int(4 * (periods / 100) ** (2 / 9))},
    )


_MAKERS = {
    "panel_ols": _regression,
    "did": _difference,
    "pvar": _system,
    "cointegration": _relation,
}


def _list(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value)


def _csv(run: StudyRun, columns: _Columns) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["entity", "id", "period", *columns.values])
    arrays = list(columns.values.values())
    for e, entity in enumerate(run.panel.entities):
        for t, period in enumerate(run.panel.periods):
            cells = [float(a[e, t]) for a in arrays]
            written = ["" if np.isnan(v) else repr(v) for v in cells]
            writer.writerow([entity, e + 1, period, *written])
    return out.getvalue()
