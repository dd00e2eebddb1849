"""From plan to StudyRun: a pure function of data hash, plan hash and code version."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import Scope, evaluate, needs
from zhiheng.core.hashing import digest, table_digest
from zhiheng.core.panel import Panel
from zhiheng.core.registry import catalogue, methods
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.sources.kinds import observe
from zhiheng.sources.tables import read_file
from zhiheng.study import account
from zhiheng.study.cache import Cache, NoCache
from zhiheng.study.claim_matrix import MATRIX, claim_matrix
from zhiheng.study.claims import judge
from zhiheng.study.evidence import EVIDENCE, evidence_account, weigh
from zhiheng.study.lineage import Lineage
from zhiheng.study.multiverse import index_multiverse
from zhiheng.study.multiverse_plan import MULTIVERSE
from zhiheng.study.plan import Plan, Step, option_words
from zhiheng.study.plan_parts import Added, MatrixPlan, Variable
from zhiheng.study.refusals import REFUSALS, refusals_account, refused
from zhiheng.study.run_types import LeftOutEntity, StudyRun
from zhiheng.study.system_account import SYSTEM, system_account
from zhiheng.study.version import code_version

BAD_INPUT = 2
"""The exit code of errors that say no; 3 would be our own fault and is never a result."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data of a study after selection, before the first step."""

    panel: Panel
    left_out: tuple[LeftOutEntity, ...]


def run_study(
    plan: Plan,
    *,
    panel: Panel | None = None,
    cache: Cache | NoCache | None = None,
    progress: Progress = lambda name, done, of: None,
) -> StudyRun:
    """Run a study.

    Parameters
    ----------
    plan : Plan
    panel : Panel, optional
        The full data; without it the plan's embedded data set is read.
    cache : Cache, optional
        Where finished steps are kept; a step is reused when method, options,
        input and code are the same.
    progress : callable
        Called with step id, steps done and steps in all.
    """
    keep = cache or NoCache()
    meaning = scope(plan.data.level)
    full = panel or study_panel(plan)
    absent = _absent(plan, full, meaning)
    plan = plan.leaving_out(tuple(absent))
    prepared = prepare(plan, full, meaning)
    steps = plan.steps()
    version = code_version()
    current, results, seconds = prepared.panel, dict[str, Result](), dict[str, float]()
    own: dict[str, Panel] = {}
    for done, step in enumerate(steps):
        progress(step.id, done, len(steps))
        started = time.perf_counter()
        stands = _stands_on(step, current)
        if step.data is not None:
            own[step.id] = stands
        results[step.id] = _call(step, stands, plan.seed, keep, version)
        current = _extend(current, step, results[step.id], meaning)
        seconds[step.id] = time.perf_counter() - started
    progress("", len(steps), len(steps))
    if plan.multiverse is not None:
        varied = next(s for s in steps if s.id == plan.multiverse.index)
        results[MULTIVERSE] = index_multiverse(
            prepared.panel, plan.multiverse, varied.options, plan.seed
        )
    claims = tuple(judge(claim, results) for claim in plan.claim)
    edges = weigh(plan, current, results)
    lineage = Lineage(results, current, meaning, own)
    elsewhere = {step: p for step, p in own.items() if p.level != current.level}
    used = sorted({n for step in results if step not in elsewhere for n in lineage.of_step(step)})
    results[EVIDENCE] = evidence_account(edges, results)
    results[REFUSALS] = refusals_account(steps, results)
    results[account.CLAIMS] = account.claims_account(claims, results)
    results[account.ROBUSTNESS] = account.robustness_account(plan, current, results)
    results[account.CHECKS] = account.checks_account(results)
    if plan.matrix is not None:
        results[MATRIX] = _claim_matrix(plan.matrix, prepared.panel, plan.seed)
    index = results.get(plan.report.index)
    system = index.params.get("system") if index else None
    if isinstance(system, str):
        results[SYSTEM] = system_account(system)
    results[account.DATA] = account.data_account(
        plan, current, used, prepared.left_out, absent,
        beside={s: (p, lineage.of_step(s)) for s, p in elsewhere.items()},
    )  # fmt: skip
    return StudyRun(
        plan=plan,
        panel=current,
        results=results,
        left_out=prepared.left_out,
        claims=claims,
        edges=edges,
        data_hash=prepared.panel.fingerprint,
        plan_hash=digest(plan.model_dump(mode="json", fallback=_plain)),
        code_version=version,
        number_hash=digest(*[[k, table_digest(r.tables)] for k, r in sorted(results.items())]),
        byte_hash=digest(*_bytes_of(results)),
        seconds=seconds,
        panels=own,
    )


def _stands_on(step: Step, panel: Panel) -> Panel:
    """The panel of a step: that of the study, a part of it, or another embedded data set."""
    wanted = step.data
    if wanted is None:
        return panel
    found = dataset(wanted.dataset) if wanted.dataset else panel
    if wanted.periods is not None:
        first, last = wanted.periods
        found = found.select(periods=[p for p in found.periods if first <= p <= last])
    return found.select(entities=list(wanted.entities)) if wanted.entities else found


def _claim_matrix(wanted: MatrixPlan, panel: Panel, seed: int) -> Result:
    """The claims of a file, over systems and windows, on the data of the study."""
    return claim_matrix(
        panel,
        claims=wanted.claims,
        wanted=wanted.systems,
        windows=wanted.windows,
        weights=wanted.weights,
        draws=wanted.draws,
        seed=seed,
    )


def study_panel(plan: Plan) -> Panel:
    """The full data of a plan: an embedded data set, or a clean CSV file beside the plan."""
    if plan.data.file:
        path = plan.folder / plan.data.file
        return observe(read_file(path), path.name).panel()
    return dataset(plan.data.dataset)


def _absent(plan: Plan, full: Panel, meaning: Scope) -> dict[str, Variable]:
    """The variables that the plan can do without and whose series the data lack."""
    return {
        name: variable
        for name, variable in plan.variables.items()
        if variable.unless_absent and not needs(variable.expression, meaning) <= set(full.series)
    }


def prepare(plan: Plan, full: Panel, meaning: Scope) -> Prepared:
    """Select entities, compute variables on all periods, then cut to the window."""
    gone = {item.entity: item.why for item in plan.data.leave_out}
    panel = full.select(where=lambda e: e not in gone)
    for name, variable in plan.variables.items():
        panel = _with_variable(panel, name, variable, meaning)
    first, last = plan.data.periods
    panel = panel.select(periods=[p for p in panel.periods if first <= p <= last])
    left = tuple(LeftOutEntity(e, full.name(e), why) for e, why in gone.items())
    if plan.data.incomplete == "leave_out":
        panel, incomplete = _leave_incomplete(plan, panel, meaning)
        left += incomplete
    return Prepared(panel, left)


def _leave_incomplete(
    plan: Plan, panel: Panel, meaning: Scope
) -> tuple[Panel, tuple[LeftOutEntity, ...]]:
    """Leave out, by name and with the series, every entity that has a gap in what is used."""
    used = named_series(plan, panel, meaning)
    missing = np.stack([np.isnan(panel.array(n)).any(axis=1) for n in used], axis=1)
    out: list[LeftOutEntity] = []
    for e, row in zip(panel.entities, missing, strict=True):
        if row.any():
            titles = [panel.title(n) for n, gap in zip(used, row, strict=True) if gap]
            names = Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
            why = Text("窗口内有缺口：{n}", "gaps in the window: {n}").format(n=names)
            out.append(LeftOutEntity(e, panel.name(e), why))
    gone = {item.entity for item in out}
    return panel.select(where=lambda e: e not in gone), tuple(out)


def named_series(plan: Plan, panel: Panel, meaning: Scope) -> list[str]:
    """The base series and variables that the options of the steps name."""
    from zhiheng.catalog.systems import load_system

    found: set[str] = set()
    for step in plan.steps():
        if step.data is not None and step.data.dataset:
            continue
        system = step.options.get("system")
        if isinstance(system, str):
            for indicator in load_system(system).indicators:
                found |= needs(indicator.expression, meaning)
        found |= {word for word in option_words(step.options) if word in panel.series}
    return sorted(found)


def _call(step: Step, panel: Panel, seed: int, cache: Cache | NoCache, version: str) -> Result:
    options = dict(step.options)
    if any(o.name == "seed" for o in catalogue()[step.method].options):
        options.setdefault("seed", seed)
    key = digest(step.method, options, panel.fingerprint, version)
    kept = cache.get(key)
    if kept is not None:
        return kept
    try:
        found = methods[step.method](panel, **options)
    except ZhihengError as error:
        if step.may_refuse and error.exit_code == BAD_INPUT:
            return refused(step, panel, error)
        rows = [{"step": step.id, "method": step.method}, *error.evidence]
        raise ZhihengError(
            error.code, error.what, fix=error.fix, evidence=rows, exit_code=error.exit_code
        ) from error
    cache.put(key, found)
    return found


def _extend(panel: Panel, step: Step, result: Result, meaning: Scope) -> Panel:
    for name, added in step.add.items():
        panel = _with_column(panel, name, step.id, result, added)
    for name, variable in step.then.items():
        panel = _with_variable(panel, name, variable, meaning)
    return panel


def _with_column(panel: Panel, name: str, step: str, result: Result, added: Added) -> Panel:
    table = result.tables[added.table].where(**added.where)
    values = np.full((len(panel.entities), len(panel.periods)), np.nan)
    e = {v: i for i, v in enumerate(panel.entities)}
    t = {v: i for i, v in enumerate(panel.periods)}
    rows = [e[v] for v in table.columns["entity"]]
    columns = [t[int(v)] for v in table.columns["period"]]
    values[rows, columns] = table.columns[added.column]
    where = "".join(f"[{v}]" for v in added.where.values())
    definition = f"@{step}.{added.table}{where}.{added.column}"
    return panel.with_series(name, values, unit="1", definition=definition, title=added.title)


def _with_variable(panel: Panel, name: str, variable: Variable, meaning: Scope) -> Panel:
    found = evaluate(variable.expression, panel, meaning)
    return panel.with_series(
        name,
        found.values,
        unit=found.unit,
        definition=variable.expression,
        title=variable.title,
        status=found.status,
    )


def _bytes_of(results: Mapping[str, Result]) -> list[object]:
    parts: list[object] = []
    for step, result in sorted(results.items()):
        for name, table in sorted(result.tables.items()):
            for column, values in table.columns.items():
                data = values.tolist() if values.dtype == object else values
                parts += [[step, name, column], data]
    return parts


def _plain(value: object) -> object:
    return {"zh": value.zh, "en": value.en} if isinstance(value, Text) else str(value)
