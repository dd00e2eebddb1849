"""Channels: what speaks for or against a mechanism, each method with its own reading.

The leads say what a table shows and what it cannot show; numbers stand in the tables alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.catalog.columns import table_title
from zhiheng.core.result import Result
from zhiheng.core.text import Text
from zhiheng.report.model import Block, FigureBlock, Paragraph, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.sections.shown import Shown, rows_of
from zhiheng.report.texts import say, words
from zhiheng.study.multiverse_plan import MULTIVERSE
from zhiheng.study.plan_parts import ShownStep
from zhiheng.study.refusals import REFUSALS, refusal
from zhiheng.study.run_types import StudyRun

PATHS = ("estimate", "std_error", "p_few", "ci_low", "ci_high", "share")
SLOPES = ("estimate", "std_error", "p_value", "p_few", "ci_low", "ci_high")
SHOWN: dict[str, tuple[tuple[str, ...], tuple[Shown, ...]]] = {
    "arithmetic_null": (
        ("null",),
        (Shown("test", ("arithmetic_decision_title",),
               ("estimate", "statistic", "p_value", "p_arithmetic", "null_median", "null_low",
                "null_high")),
         Shown("purged", ("index_title",), ("indicators", "weight", *SLOPES[:4]))),
    ),
    "pvar": (
        ("response_1_2", "response_2_1"),
        (Shown("direction", ("cause", "affected"), ("lag_sum", "p_value", "p_few")),
         Shown("stability", ("number",), ("modulus",))),
    ),
    "mediation": (
        ("effects",),
        (Shown("paths", ("kind_title", "route_title"), PATHS, long=True),
         Shown("two_step", ("mediator_title", "argument"), ("estimate", "std_error", "p_few")),
         Shown("sensitivity", ("mediator_title",),
               ("rho_zero", "ci_low", "ci_high", "r2_unexplained"))),
    ),
    "heterogeneity": (
        ("slopes",),
        (Shown("slopes", ("group_title",), ("entities", *SLOPES)),
         Shown("differences", ("group_a_title", "group_b_title"),
               ("difference", "std_error", "p_few", "p_permutation", "p_holm"), long=True),
         Shown("equality", (), ("f_statistic", "df", "df_residual", "p_value", "p_permutation"))),
    ),
    "moderation": (
        ("marginal",),
        (Shown("interaction", ("form_title",), SLOPES),
         Shown("line", (), ("f_statistic", "df", "df_residual", "p_value"))),
    ),
    "threshold": (
        ("likelihood_ratio",),
        (Shown("tests", ("thresholds",),
               ("f_statistic", "p_value", "critical_10", "critical_5", "critical_1")),
         Shown("thresholds", ("number",),
               ("estimate", "ci_low", "ci_high", "pieces", "share_below"))),
    ),
    "spatial_panel": (
        ("effects_indirect",),
        (Shown("effects", ("term", "effect_kind"),
               ("estimate", "std_error_delta", "p_value", "ci_low", "ci_high"), long=True),
         Shown("long_run", ("term", "effect_kind"),
               ("estimate", "std_error_delta", "simulated_low", "simulated_high"), long=True),
         Shown("tests", ("test_title",), ("test_statistic", "df", "p_value"), long=True)),
    ),
    "ekc": (
        ("curve",),
        (Shown("shape_test", ("point",), ("at", "slope_there", "std_error", "p_value", "p_few")),
         Shown("turning_point", ("extremum", "in_range"),
               ("turning_point", "delta_low", "delta_high", "share_below")),
         Shown("turning_set", ("number",), ("low", "high"))),
    ),
    "panel_tests": (
        (),
        (Shown("cross_section", ("variable_title", "test_title"), ("test_statistic", "p_value"),
               long=True),
         Shown("unit_roots", ("variable_title", "test_title"),
               ("test_statistic", "p_value", "p_simulated", "power"), long=True),
         Shown("slopes", ("test_title",), ("test_statistic", "p_value"))),
    ),
    "cointegration": (
        (),
        (Shown("tests", ("test_title",),
               ("test_statistic", "p_value", "p_simulated", "p_bootstrap", "power"), long=True),
         Shown("unit_roots", ("variable_title", "test_title"), ("test_statistic", "p_simulated"),
               long=True)),
    ),
    "power": (
        (),
        (Shown("detectable", ("term",),
               ("estimate", "std_error", "mde", "df_few", "mde_few", "mde_standardised")),),
    ),
    "iv": (
        (),
        (Shown("coefficients", ("term",), (*SLOPES, "estimate_ols")),
         Shown("strength", ("endogenous",),
               ("instruments", "f_partial", "f_robust", "f_effective", "f_critical")),
         Shown("tests", ("test_title",), ("test_statistic", "df", "p_value")),
         Shown("ar_set", ("endogenous", "piece"), ("ci_low", "ci_high"))),
    ),
    "did": (
        ("event",),
        (Shown("att", ("aggregate_title",),
               ("estimate", "std_error", "p_value", "ci_low", "ci_high")),
         Shown("pretrend", (), ("test_statistic", "df", "p_value"))),
    ),
}  # fmt: skip
"""By method: figures by name, and tables."""


def channels_section(run: StudyRun) -> Section | None:
    """Every step that the plan wants shown, a lead for each method, and what refused."""
    blocks: list[Block] = []
    said = ""
    for shown in run.plan.report.channels:
        result = run.results[shown.step]
        if result.method != said:
            blocks.append(Paragraph((say(f"channels.{result.method}"),)))
            said = result.method
        blocks += _one(run, shown, result)
    refusals = _refusals(run)
    if not blocks:  # steps of other sections may have refused
        title = words("carbon.refusals_title")
        return Section("refusals", title, tuple(refusals)) if refusals else None
    return Section("channels", words("channels.title"), (*blocks, *refusals))


def _one(run: StudyRun, shown: ShownStep, result: Result) -> list[Block]:
    if refusal(result):
        return [Paragraph((say("channels.refused", what=shown.title),), "note")]
    figures, tables = SHOWN[result.method]
    drawn = {f.name for f in result.figures}
    blocks: list[Block] = [FigureBlock(shown.step, name) for name in figures if name in drawn]
    blocks += [
        table_block(
            run, shown.step, one.table, stub=one.stub, columns=one.columns,
            rows=rows_of(result, one), long=one.long,
            caption=_caption(result.method, one.table, shown.title),
        )
        for one in tables
        if one.table in result.tables and len(result.tables[one.table])
    ]  # fmt: skip
    return blocks


def _caption(method: str, table: str, about: Text) -> Text:
    title = table_title(method, table)
    return Text(f"{title.zh}：{about.zh}", f"{title.en}: {about.en}")


def _refusals(run: StudyRun) -> list[Block]:
    if not len(run.results[REFUSALS].tables[REFUSALS]):
        return []
    return [
        Paragraph((say("channels.refusals"),)),
        table_block(
            run, REFUSALS, REFUSALS, stub=["method_title", "code", "what", "remedy"], columns=[],
        ),
    ]  # fmt: skip


def multiverse_section(run: StudyRun) -> Section | None:
    """Every declared specification, one test of all, and which choice decides."""
    if MULTIVERSE not in run.results:
        return None
    result = run.results[MULTIVERSE]
    joint = result.tables["joint"].columns["scope"]
    blocks: list[Block] = [
        Paragraph((say("multiverse.lead", step=MULTIVERSE),)),
        *(FigureBlock(MULTIVERSE, f.name, wide=True) for f in result.figures),
        Paragraph((say("multiverse.joint"),)),
        table_block(
            run, MULTIVERSE, "joint", stub=["scope_title", "statistic_title"],
            columns=["specifications", "observed", "null_mean", "null_low", "null_high",
                     "p_joint"],
            rows=list(range(len(joint))), long=True,
        ),
        table_block(
            run, MULTIVERSE, "survival", stub=["step_title", "choice_title"],
            columns=["specifications", "estimate_median", "share_sign", "share_survives"],
            rows=_choices(result), long=True,
        ),
        table_block(
            run, MULTIVERSE, "steps", stub=["step_title"],
            columns=["choices", "moves_sign", "moves_survival", "moves_statistic"],
        ),
    ]  # fmt: skip
    return Section("multiverse", words("multiverse.title"), tuple(blocks))


def _choices(result: Result) -> Sequence[int]:
    """Choices that the claim hangs on: all of the steps that move its survival most."""
    steps = result.tables["steps"].columns
    moved = dict(zip(steps["step"].tolist(), steps["moves_survival"].tolist(), strict=True))
    first = sorted(moved, key=lambda s: -moved[s])[:4]
    return np.flatnonzero(np.isin(result.tables["survival"].columns["step"], first)).tolist()
