"""What the mirrors need of single methods beyond a plain regression."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import read_groups
from zhiheng.catalog.spatial import weights_for
from zhiheng.core.result import Result, Table
from zhiheng.explain.index_parts import read_parts
from zhiheng.explain.regression import Model, transformed
from zhiheng.explain.treatment_parts import Given, read_treatment
from zhiheng.kernels.panel_ols import PanelFit, parameters
from zhiheng.report.mirror_commands import (
    Columns,
    Command,
    Number,
    clustered_by_entity,
    listed,
    numbers_of,
)

Array = NDArray[np.float64]


def counted(columns: Columns, names: Sequence[str], options: Mapping[str, Any]) -> int:
    """Parameters that the small-sample factor counts beside the regressors."""
    values = np.stack([columns.values[name] for name in names], axis=-1)
    mask: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=-1), dtype=np.bool_)
    values = np.where(mask[..., None], values, 0.0)
    how = options.get("transform", "levels"), bool(options.get("trends", False))
    model = Model("", (), options["effects"], *how)
    absorb = transformed(columns.run.panel, values, mask, model)[1]
    thin = absorb.mask.sum(axis=1) <= absorb.basis.shape[-1]
    if thin.any():  # such entities are no part of the estimate
        mask = np.asarray(mask & ~thin[:, None], dtype=np.bool_)
        absorb = transformed(columns.run.panel, values * mask[..., None], mask, model)[1]
    none: Array = np.zeros(0)
    bare = PanelFit(none, none, none, none, none, absorb)  # only its effects are counted
    return parameters(bare, options.get("small_sample", "stata"))


def instrumented(step: str, result: Result, columns: Columns) -> Command:
    """`iv`; adds the columns ``endogenous`` and ``instruments``."""
    options = result.params
    outcome = columns.of(str(options["outcome"]))
    names = {key: columns.all_of(options[key]) for key in ("endogenous", "instruments")}
    exogenous = columns.all_of(options["regressors"])
    table = result.tables["coefficients"]
    numbers = numbers_of(table, columns.names, errors=clustered_by_entity(options))
    count = int(result.tables["fit"].columns["parameters"][0])
    given = {**options, **names, "parameters": count}
    return Command(step, result.method, outcome, exogenous, given, numbers=numbers)


def moments(step: str, result: Result, columns: Columns) -> Command:
    """`gmm`; its options name columns instead of expressions."""
    options = result.params
    outcome = columns.of(str(options["outcome"]))
    regressors = columns.all_of(options["regressors"])
    lags: Mapping[str, Any] = options["regressor_lags"] or {}  # type: ignore[assignment]
    given = {
        **options,
        "regressor_lags": {columns.of(name): int(lag) for name, lag in lags.items()},
        "endogenous": columns.all_of(options["endogenous"]),
        "predetermined": columns.all_of(options["predetermined"]),
        "gmm_lags": [int(float(str(lag))) for lag in listed(options["gmm_lags"])],
    }
    c = result.tables["coefficients"].columns
    names = lag_terms(outcome, regressors, given)
    rows = zip(names, c["estimate"], c["std_error"], strict=False)  # a constant stands last
    numbers = tuple(Number(n, float(b), float(s)) for n, b, s in rows)
    return Command(step, result.method, outcome, regressors, given, numbers=numbers)


def lag_terms(outcome: str, regressors: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """The terms of a dynamic equation in their order: ``y L1``, ``x``, ``x L1``."""
    terms = [f"{outcome} L{j}" for j in range(1, int(options["lags"]) + 1)]
    for name in regressors:
        longest = int(options["regressor_lags"].get(name, 0))
        terms += [name, *(f"{name} L{j}" for j in range(1, longest + 1))]
    return terms


def regimes(step: str, result: Result, columns: Columns) -> Command:
    """`threshold`; adds ``regressor``, ``threshold`` (columns), ``cuts`` and ``parameters``."""
    options, number = result.params, int(str(result.params["regimes"]))
    outcome = columns.of(str(options["outcome"]))
    moved = columns.of(str(options["regressor"]))
    controls = columns.all_of(options["controls"])
    found = result.tables["thresholds"].where(thresholds=number)
    table = result.tables["coefficients"].where(thresholds=number)
    fit = result.tables["fit"].where(thresholds=number)
    c, numbers = table.columns, list[Number]()
    for term, regime, b, s in zip(
        c["term"], c["regime"], c["estimate"], c["std_error"], strict=True
    ):
        label = f"{moved}, regime {int(regime)}" if int(regime) else columns.names[str(term)]
        numbers.append(Number(label, float(b), float(s)))
    given = {
        **options,
        "regressor": moved,
        "threshold": columns.of(str(options["threshold"])),
        "cuts": sorted(float(v) for v in found.columns["estimate"]),
        "parameters": int(fit.columns["parameters"][0]),
    }
    return Command(step, result.method, outcome, controls, given, numbers=tuple(numbers))


def curve(step: str, result: Result, columns: Columns) -> Command:
    """`ekc`; adds the column ``regressor`` and ``parameters``."""
    options, degree = result.params, int(str(result.params["degree"]))
    outcome = columns.of(str(options["outcome"]))
    bent = columns.of(str(options["regressor"]))
    controls = columns.all_of(options["controls"])
    c = result.tables["coefficients"].columns
    names = [bent, *(f"{bent}^{j}" for j in range(2, degree + 1)), *controls]
    numbers = [
        Number(name, float(b), float(s))
        for name, b, s in zip(names, c["estimate"], c["std_error"], strict=True)
    ]
    turns = result.tables["turning_point"].columns
    for at, error in zip(turns["turning_point"], turns["std_error_delta"], strict=True):
        numbers.append(Number(f"turning point {len(numbers) - len(names) + 1}", at, error))
    count = int(result.tables["fit"].columns["parameters"][0])
    given = {**options, "regressor": bent, "parameters": count}
    return Command(step, result.method, outcome, controls, given, numbers=tuple(numbers))


def quantiles(step: str, result: Result, columns: Columns) -> Command:
    """`quantile_panel`; the bootstrap errors are not compared."""
    options = result.params
    outcome = columns.of(str(options["outcome"]))
    regressors = columns.all_of(options["regressors"])
    numbers = list[Number]()
    for table, key in (("moments", "moment"), ("coefficients", "tau")):
        c = result.tables[table].columns
        for at, term, b in zip(c[key], c["term"], c["estimate"], strict=True):
            label = str(at) if key == "moment" else f"q{float(at):g}"
            numbers.append(Number(f"{columns.names[str(term)]}, {label}", float(b)))
    return Command(step, result.method, outcome, regressors, options, numbers=tuple(numbers))


def groups(step: str, result: Result, columns: Columns) -> Command:
    """`heterogeneity`; adds ``treatment``, the column ``group`` of numbers, and their ``ids``."""
    options, panel = result.params, columns.run.panel
    outcome = columns.of(str(options["outcome"]))
    treatment = columns.of(str(options["treatment"]))
    controls = columns.all_of(options["controls"])
    named = read_groups(panel, options["groups"])  # type: ignore[arg-type]
    slopes, gaps = result.tables["slopes"].columns, result.tables["differences"].columns
    ids = [str(g) for g in slopes["group"]]
    place = {g: i + 1 for i, g in enumerate(ids)}
    number = np.array([float(place.get(named.ids[g], np.nan)) for g in named.number])
    group = columns.add("group", np.broadcast_to(number[:, None], panel.values.shape[:2]))
    count = counted(columns, [outcome, treatment, group, *controls], options)
    numbers = [
        Number(f"slope {place[str(g)]}", float(b), float(s))
        for g, b, s in zip(slopes["group"], slopes["estimate"], slopes["std_error"], strict=True)
    ]
    numbers += [
        Number(f"slope {place[str(a)]} - slope {place[str(b)]}", float(gap), float(s))
        for a, b, gap, s in zip(
            gaps["group_a"], gaps["group_b"], gaps["difference"], gaps["std_error"], strict=True
        )
    ]
    numbers.append(Number("F", float(result.tables["equality"].columns["f_statistic"][0])))
    given = {
        **options,
        "treatment": treatment,
        "group": group,
        "ids": ids,
        "parameters": count + len(ids) + len(controls),
    }
    return Command(step, result.method, outcome, controls, given, numbers=tuple(numbers))


def product(step: str, result: Result, columns: Columns) -> Command:
    """`moderation`; adds ``treatment``, ``moderator``, ``form``, ``own`` and ``at``.

    ``form`` is the interaction in force, ``own`` says whether the moderator has a term of its
    own, ``at`` holds the ends of the moderator's range at which slopes are compared.
    """
    options, tables = result.params, result.tables
    outcome = columns.of(str(options["outcome"]))
    treatment = columns.of(str(options["treatment"]))
    moderator = columns.of(str(options["moderator"]))
    controls = columns.all_of(options["controls"])
    table, ends = tables["coefficients"], tables["marginal"].columns
    terms = [str(t) for t in table.columns["term"]]
    numbers = [*numbers_of(table, {**columns.names, "treatment:moderator": "product"})]
    numbers += [
        Number(f"slope at {name}", float(ends["estimate"][i]), float(ends["std_error"][i]))
        for name, i in (("lowest", 0), ("highest", -1))
    ]
    given = {
        **options,
        "treatment": treatment,
        "moderator": moderator,
        "form": "product" if "bins" in tables else "double_demeaned",
        "own": str(options["moderator"]) in terms,
        "parameters": len(terms)
        + counted(columns, [outcome, treatment, moderator, *controls], options),
    }
    return Command(step, result.method, outcome, controls, given, numbers=tuple(numbers))


def paths(step: str, result: Result, columns: Columns) -> Command:
    """`mediation`; adds ``treatment``, ``mediators`` (columns), ``base``: the effects counted."""
    options = result.params
    through = [str(m) for m in listed(options["mediators"])]
    asked: Any = options
    cause = read_treatment(
        columns.run.panel,
        Given(
            asked["treatment"],
            asked["system"],
            asked["columns"],
            (asked["normalise"], asked["weights"]),
            asked["given"],
            bool(asked["purge"]),
        ),
        through,
    )
    treatment = columns.add("treatment", cause.values)
    outcome = columns.of(str(options["outcome"]))
    mediators, controls = columns.all_of(through), columns.all_of(options["controls"])
    place = dict(zip(through, mediators, strict=True))
    c, numbers = result.tables["paths"].columns, list[Number]()
    for kind, route, b, s in zip(c["kind"], c["route"], c["estimate"], c["std_error"], strict=True):
        label = path_label(str(kind), [place.get(x, "") for x in str(route).split(" > ")])
        error = math.nan if str(kind).startswith("indirect") else float(s)
        numbers.append(Number(label, float(b), error))
    base = counted(columns, [outcome, treatment, *mediators, *controls], options)
    given = {**options, "treatment": treatment, "mediators": mediators, "base": base}
    return Command(step, result.method, outcome, controls, given, numbers=tuple(numbers))


def arms(step: str, result: Result, columns: Columns) -> Command:
    """`arms`; adds ``pairs``, the columns of each group and of the rest, and ``base``."""
    asked: Any = result.params
    index = read_parts(
        columns.run.panel,
        system=asked["system"],
        columns=None,
        recipe=(asked["normalise"], asked["weights"]),
        given=asked["given"],
    )
    outcome, controls = columns.of(str(asked["outcome"])), columns.all_of(asked["controls"])
    c, numbers, pairs = result.tables["arms"].columns, list[Number](), list[tuple[str, str]]()
    for group in dict.fromkeys(str(g) for g in c["group"]):
        inside = np.array([item.group == group for item in index.items])
        halves = [
            columns.add(stem, index.values[..., some].sum(axis=-1) / index.weights[some].sum())
            for stem, some in (("arm", inside), ("rest", ~inside))
        ]
        pairs.append((halves[0], halves[1]))
        found = result.tables["arms"].where(group=group).columns
        rows = zip(halves, found["estimate"], found["std_error"], strict=True)
        numbers += [Number(name, float(b), float(s)) for name, b, s in rows]
    base = counted(columns, [outcome, *pairs[0], *controls], asked)
    given = {**asked, "pairs": pairs, "base": base}
    return Command(step, result.method, outcome, controls, given, numbers=tuple(numbers))


def path_label(kind: str, route: Sequence[str]) -> str:
    """``a m1``, ``between m1 m2``, ``indirect m1 m2``, ``total``: kind and mediators."""
    return " ".join([kind, *(name for name in route if name)])


def tests(step: str, result: Result, columns: Columns) -> Command:
    """`panel_tests`; the published p values are not compared, tests without a law are left out."""
    options = result.params
    outcome = columns.of(str(options["outcome"])) if options["outcome"] else ""
    right = columns.all_of(options["regressors"])
    given = columns.all_of(options["variables"])
    variables = given or ((outcome, *right) if outcome else right)
    numbers = [
        *_statistics(result.tables["cross_section"], columns.names),
        *_statistics(result.tables["unit_roots"], columns.names),
    ]
    used = {**options, "variables": variables}
    return Command(step, result.method, outcome, right, used, numbers=tuple(numbers))


def _statistics(table: Table, names: Mapping[str, str]) -> list[Number]:
    c = table.columns
    rows = zip(c["variable"], c["test"], c["test_statistic"], c["p_value"], strict=True)
    return [
        Number(f"{test}: {names.get(str(v), str(v))}", float(value))
        for v, test, value, p in rows
        if np.isfinite(p)
    ]


def neighbours(step: str, result: Result, columns: Columns) -> Command:
    """`spatial_panel`; adds ``file``, the weights, ``ratio`` of variances and ``kept`` entities."""
    options, panel = result.params, columns.run.panel
    weights, _ = weights_for(panel, str(options["spatial"]), islands=options["islands"])  # type: ignore[arg-type]
    outcome = columns.of(str(options["outcome"]))
    regressors = columns.all_of(options["regressors"])
    fit = result.tables["fit"].row(0)
    ratio = math.nan
    if options["effects"] == "random":
        ratio = float(str(fit["effect_variance"])) / float(str(fit["sigma2"]))
    dropped = [e for e in panel.entities if e not in set(weights.labels)]
    given = {**options, "file": columns.weights_file(weights), "ratio": ratio, "dropped": dropped}
    numbers = _spatial_numbers(result, columns)
    return Command(step, result.method, outcome, regressors, given, numbers=numbers)


def _spatial_numbers(result: Result, columns: Columns) -> tuple[Number, ...]:
    """Coefficients and effects; at the uncorrected maximum where lags in time are corrected."""
    options, c = result.params, result.tables["coefficients"].columns
    corrected = options["dynamic"] != "none" and options["correction"] == "lee_yu"
    if outside_process(options):
        return ()
    estimate = c["estimate_uncorrected"] if corrected else c["estimate"]
    plain = not corrected and options["covariance"] == "ml"
    errors = c["std_error_ml"] if plain else np.full(len(estimate), np.nan)
    labels = [
        spatial_label(str(role), columns.names.get(str(term), str(term)))
        for role, term in zip(c["role"], c["term"], strict=True)
    ]
    rows = zip(labels, estimate, errors, strict=True)
    numbers = [Number(name, float(b), float(s)) for name, b, s in rows]
    if not corrected:
        e = result.tables["effects"].columns
        for term, kind, b in zip(e["term"], e["effect_kind"], e["estimate"], strict=True):
            numbers.append(Number(f"{kind} {columns.names[str(term)]}", float(b)))
    return tuple(numbers)


def outside_process(options: Mapping[str, Any]) -> bool:
    """Whether random effects stay outside of a spatial error: a likelihood that R does not get."""
    own = options["model"] == "sem" and options["random_errors"] == "anselin"
    return bool(options["effects"] == "random" and own)


def spatial_label(role: str, term: str) -> str:
    """``rho``, ``x``, ``W x``, ``L y``, ``W L y``."""
    mark = {"neighbours": "W ", "time": "L ", "space_time": "W L "}.get(role, "")
    return "(Intercept)" if role == "constant" else f"{mark}{term}"
