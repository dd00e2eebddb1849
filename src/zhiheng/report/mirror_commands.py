"""What a mirror says of each step: columns of the shared table, options, and our own numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.expression import evaluate
from zhiheng.core.result import Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.study.run_types import StudyRun

Array = NDArray[np.float64]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_TAKEN = frozenset(
    ("id", "entity", "period", "t", "d", "e", "c", "results", "if", "in", "by", "else")
)
NOWHERE = {
    "arithmetic_null": "the permutation under an arithmetic null has no command elsewhere",
    "multiverse": "the specification curve has no command elsewhere",
    "overlap_audit": "the audit of shared data has no command elsewhere",
    "power": "power with few-cluster errors has no command elsewhere",
}
"""Methods without a command in either program, with the line that says so."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the study that R finds again; a missing error is not compared."""

    term: str
    estimate: float
    std_error: float = math.nan


@dataclass(frozen=True, slots=True)
class Command:
    """One estimate: the method, the names of its columns in the table, its options.

    Attributes
    ----------
    outcome : str
    regressors : tuple of str
    options : mapping
        Options in force; for regressions also ``parameters``, the count in the factor; for
        difference in differences ``until``, the first period that is not used, if any. Other
        methods add what their writers need, see their makers.
    treated, cohort : str
        Columns of a difference in differences.
    numbers : tuple of Number
        What the study found.
    """

    step: str
    method: str
    outcome: str
    regressors: tuple[str, ...]
    options: Mapping[str, Any]
    treated: str = ""
    cohort: str = ""
    numbers: tuple[Number, ...] = ()


@dataclass(slots=True)
class Columns:
    """The columns of the table as they are asked for, by expression; and weights by file."""

    run: StudyRun
    names: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, Array] = field(default_factory=dict[str, Array])
    weights: dict[str, SpatialWeights] = field(default_factory=dict[str, SpatialWeights])

    def of(self, expression: str) -> str:
        """The name of the column that holds an expression."""
        if expression not in self.names:
            plain = _PLAIN.fullmatch(expression) and expression not in _TAKEN
            name = expression if plain else self.free("v")
            found = evaluate(expression, self.run.panel, scope(self.run.plan.data.level))
            self.names[expression] = name
            self.values[name] = found.values
        return self.names[expression]

    def all_of(self, expressions: Any) -> tuple[str, ...]:
        """The columns of one expression or several."""
        return tuple(self.of(x) for x in listed(expressions))

    def add(self, stem: str, values: Array) -> str:
        """A column that is no expression."""
        name = self.free(stem)
        self.values[name] = values
        return name

    def free(self, stem: str) -> str:
        """A name that no column has."""
        number = 1
        while f"{stem}{number}" in self.values or f"{stem}{number}" in self.run.panel.series:
            number += 1
        return f"{stem}{number}"

    def weights_file(self, weights: SpatialWeights) -> str:
        """The file that holds these weights."""
        for name, known in self.weights.items():
            if known.labels == weights.labels and np.array_equal(known.matrix, weights.matrix):
                return name
        number = len(self.weights) + 1
        name = f"data/weights{number if number > 1 else ''}.csv"
        self.weights[name] = weights
        return name


def listed(value: Any) -> Sequence[str]:
    """One name or several, as a sequence."""
    return [value] if isinstance(value, str) else list(value or ())


def numbers_of(
    table: Table, names: Mapping[str, str], *, errors: bool = True, error: str = "std_error"
) -> tuple[Number, ...]:
    """The rows of a table of coefficients, with the names that terms have in the table."""
    c = table.columns
    shown = c[error] if errors else np.full(len(table), np.nan)
    terms = [names.get(str(term), str(term)) for term in c["term"]]
    rows = zip(terms, c["estimate"], shown, strict=True)
    return tuple(
        Number("(Intercept)" if t == "const" else t, float(b), float(s)) for t, b, s in rows
    )


def clustered_by_entity(options: Mapping[str, Any]) -> bool:
    """Whether errors are those that both mirrors compute."""
    return options.get("covariance", "cluster") == "cluster" and (
        options.get("cluster", "entity") == "entity"
    )


def regression(step: str, result: Result, columns: Columns) -> Command:
    """`panel_ols`."""
    options = result.params
    count = int(result.tables["fit"].columns["parameters"][0])
    outcome = columns.of(str(options["outcome"]))
    regressors = columns.all_of(options["regressors"])
    return Command(
        step,
        result.method,
        outcome,
        regressors,
        {**options, "parameters": count},
        numbers=numbers_of(
            result.tables["coefficients"], columns.names, errors=clustered_by_entity(options)
        ),
    )


def difference(step: str, result: Result, columns: Columns) -> Command:
    """`did`."""
    options, table, panel = result.params, result.tables["cohorts"], columns.run.panel
    first = dict(zip(table.columns["entity"], table.columns["cohort"], strict=True))
    shape = panel.values.shape[:2]
    start = np.array([float(first.get(e, np.nan)) for e in panel.entities])[:, None]
    until = None
    if options["method"] != "twfe" and not (start == 0).any():
        until = int(np.nanmax(start))  # the last cohort serves as the comparison until it starts
        start = np.where(start == until, 0.0, start)
    cohort = columns.add("cohort", np.broadcast_to(start, shape))
    since = (start > 0) & (np.array(panel.periods) >= start)
    treated = columns.add("treated", np.where(np.isnan(start), np.nan, since.astype(np.float64)))
    numbers: tuple[Number, ...] = ()
    if options["method"] == "twfe":
        row = result.tables["att"].row(0)
        numbers = (Number(treated, float(row["estimate"] or 0), float(row["std_error"] or 0)),)
    return Command(
        step,
        result.method,
        columns.of(str(options["outcome"])),
        columns.all_of(options["controls"]),
        {**options, "until": until},
        treated,
        cohort,
        numbers,
    )


def system(step: str, result: Result, columns: Columns) -> Command:
    """`pvar`."""
    names = columns.all_of(result.params["variables"])
    return Command(step, result.method, names[0], names[1:], result.params)


def relation(step: str, result: Result, columns: Columns) -> Command:
    """`cointegration`."""
    options, periods = result.params, len(columns.run.panel.periods)
    return Command(
        step,
        result.method,
        columns.of(str(options["outcome"])),
        columns.all_of(options["regressors"]),
        {**options, "window": int(4 * (periods / 100) ** (2 / 9))},
    )
