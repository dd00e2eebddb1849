"""``mirror.do`` and ``mirror.R``: the estimates of a run as commands of Stata and R.

One table of all variables in use, one command for each estimate, and our own numbers beside
them. A reader without Python can find the numbers again; each command names the standard error
that it prints.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from zhiheng.core.result import Result
from zhiheng.core.spatial import SpatialWeights
from zhiheng.report import mirror_commands as known
from zhiheng.report import mirror_makers as more
from zhiheng.report.mirror_commands import NOWHERE, Columns, Command
from zhiheng.report.mirror_r import r_text
from zhiheng.report.mirror_stata import stata_text
from zhiheng.study.refusals import REFUSAL
from zhiheng.study.run_types import StudyRun

DATA = "data/mirror.csv"
EXPECTED = "data/mirror_expected.csv"

Maker = Callable[[str, Result, Columns], Command]
_MAKERS: dict[str, Maker] = {
    "panel_ols": known.regression,
    "did": known.difference,
    "pvar": known.system,
    "cointegration": known.relation,
    "arms": more.arms,
    "iv": more.instrumented,
    "gmm": more.moments,
    "threshold": more.regimes,
    "ekc": more.curve,
    "quantile_panel": more.quantiles,
    "heterogeneity": more.groups,
    "moderation": more.product,
    "mediation": more.paths,
    "panel_tests": more.tests,
    "spatial_panel": more.neighbours,
}


def mirror(run: StudyRun) -> dict[str, str]:
    """The table and the two programs by file name; nothing where no step can be mirrored.

    Parameters
    ----------
    run : StudyRun
    """
    columns, commands = Columns(run), list[Command]()
    for step, result in run.results.items():
        found = _command(step, result, columns)
        commands += [found] if found else []
    if all(c.method in (*NOWHERE, REFUSAL) for c in commands):
        return {}
    legend = {name: text for text, name in columns.names.items() if name != text}
    numbers = [
        (c.step, n.term, _cell(n.estimate), _cell(n.std_error)) for c in commands for n in c.numbers
    ]
    return {
        DATA: _csv(["entity", "id", "period", *columns.values], _rows(run, columns)),
        EXPECTED: _csv(["step", "term", "estimate", "std_error"], numbers),
        **{name: _weights(w) for name, w in columns.weights.items()},
        "mirror.do": stata_text(commands, legend),
        "mirror.R": r_text(commands, legend),
    }


def _command(step: str, result: Result, columns: Columns) -> Command | None:
    planned = {"outcome", "variables"} & set(result.params)  # not so the accounts of a run
    if REFUSAL in result.tables:
        wanted = result.method in _MAKERS or result.method in NOWHERE
        return Command(step, REFUSAL, "", (), {}) if wanted else None
    if result.method in NOWHERE:
        return Command(step, result.method, "", (), {})
    maker = _MAKERS.get(result.method)
    return maker(step, result, columns) if maker and planned else None


def _rows(run: StudyRun, columns: Columns) -> Iterable[Sequence[object]]:
    arrays = list(columns.values.values())
    for e, entity in enumerate(run.panel.entities):
        for t, period in enumerate(run.panel.periods):
            yield entity, e + 1, period, *(_cell(float(a[e, t])) for a in arrays)


def _weights(weights: SpatialWeights) -> str:
    """A square table: the unit of each row, then its weights in the same order."""
    matrix = weights.matrix
    head = ["entity", *(f"w{i + 1}" for i in range(len(weights)))]
    rows = zip(weights.labels, matrix, strict=True)
    return _csv(head, ([unit, *(_cell(float(v)) if v else "0" for v in row)] for unit, row in rows))


def _cell(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))  # repr keeps every bit


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()
