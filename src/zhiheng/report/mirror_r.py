"""Commands of R for the estimates of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import resources

from zhiheng.report import mirror_r_more as more
from zhiheng.report.mirror_commands import NOWHERE, Command
from zhiheng.report.mirror_r_lines import (
    absorbed,
    equation,
    factor_of,
    plm_lines,
    quoted,
    small_factor,
    summed,
)
from zhiheng.study.refusals import REFUSAL

_PARTS = {
    "ekc": "mirror_curve.R",
    "heterogeneity": "mirror_groups.R",
    "quantile_panel": "mirror_quantiles.R",
    "panel_tests": "mirror_tests.R",
    "spatial_panel": "mirror_spatial.R",
}
"""Functions that some methods need, by file of the pack's folder."""


def r_text(commands: Sequence[Command], legend: Mapping[str, str]) -> str:
    """The text of ``mirror.R``.

    Parameters
    ----------
    commands : sequence of Command
    legend : mapping of str to str
        Columns of the table that stand for an expression.
    """
    used = {c.method for c in commands}
    files = ["mirror_head.R", *(file for method, file in _PARTS.items() if method in used)]
    parts = [*map(_shipped, files), *(f"# {name} = {text}\n" for name, text in legend.items())]
    parts += ["\n".join([f"\n# --- {c.step}", *_lines(c), ""]) for c in commands]
    return "".join([*parts, _shipped("mirror_tail.R")])


def _lines(command: Command) -> list[str]:
    if command.method == REFUSAL:
        return ["# The study refused this step; there is no estimate to find again."]
    if command.method in NOWHERE:
        return [f"# {command.method}: {NOWHERE[command.method]}."]
    return _WRITERS[command.method](command)


def _shipped(name: str) -> str:
    return resources.files("zhiheng.report").joinpath(f"pack/{name}").read_text("utf-8")


def _regression(c: Command) -> list[str]:
    effects = str(c.options["effects"])
    said, factor = factor_of(c, c.options["parameters"])
    if effects in ("between", "random"):
        return [*said, *more.with_means(c, factor)]
    return [*said, *equation(c, c.outcome, c.regressors, factor)]


def _difference(c: Command) -> list[str]:
    method, x = c.options["method"], "".join(f" + {name}" for name in c.regressors)
    until = c.options["until"]
    data = f"subset(d, period < {until})" if until else "d"
    if method == "twfe":
        names = (c.treated, *c.regressors)
        # Regressors, constant and period effects, as Stata counts them.
        factor = f"cr1, k = {len(names)} + length(unique(d$period))"
        return plm_lines(c.step, c.outcome, names, "twoway", factor)
    if method == "callaway_santanna":
        formula = f"~ {' + '.join(c.regressors)}" if c.regressors else "~ 1"
        kind = "dr" if c.options["adjust"] == "doubly_robust" else "reg"
        group = "notyettreated" if c.options["comparison"] == "not_yet" else "nevertreated"
        return [
            'if (requireNamespace("did", quietly = TRUE)) {',
            f'  fit <- did::att_gt("{c.outcome}", "period", "id", "{c.cohort}", {formula}, {data},',
            f'    control_group = "{group}", est_method = "{kind}", bstrap = FALSE, cband = FALSE)',
            '  print(did::aggte(fit, type = "simple", bstrap = FALSE, cband = FALSE))',
            "}",
        ]
    term = f"i(period - {c.cohort}, {c.cohort} > 0, ref = -1)"
    if method == "sun_abraham":
        term = f"sunab(ifelse({c.cohort} > 0, {c.cohort}, 10000), period)"
    return [
        'if (requireNamespace("fixest", quietly = TRUE)) {',
        f"  print(fixest::feols({c.outcome} ~ {term}{x} | id + period, {data}, cluster = ~id))",
        "}",
    ]


def _system(c: Command) -> list[str]:
    return ["# A panel VAR by these moments has no command in R that we know; see mirror.do."]


def _relation(c: Command) -> list[str]:
    said = "# Kao's and Pedroni's tests: see mirror.do; pco takes moments of one regressor more."
    if "westerlund" not in c.options["tests"]:
        return [said]
    trend = "TRUE" if c.options["trend"] == "trend" else "FALSE"
    return [
        said,
        'if (requireNamespace("Westerlund", quietly = TRUE)) {',
        f'  print(Westerlund::westerlund_test(d, "{c.outcome}", {quoted(c.regressors)}, "id",',
        f'    "period", constant = TRUE, trend = {trend}, lags = {c.options["lags"]}, leads = 0,',
        f"    lrwindow = {c.options['window']}, bootstrap = {c.options['draws']}))",
        "}",
    ]


def _instrumented(c: Command) -> list[str]:
    said, factor = factor_of(c, c.options["parameters"])
    effects = str(c.options["effects"])
    right = summed((*c.options["endogenous"], *c.regressors))
    outside = summed((*c.options["instruments"], *c.regressors))
    model, effect = absorbed(effects)
    constant = ("(Intercept)",) if effects == "none" else ()
    terms = quoted((*c.options["endogenous"], *c.regressors, *constant))
    return [
        *said,
        f'by_plm("{c.step}", {c.outcome} ~ {right} | {outside},',
        f"  {model}, {effect}, {terms}, {factor})",
    ]


def _mediation(c: Command) -> list[str]:
    x, through = str(c.options["treatment"]), tuple(c.options["mediators"])
    columns = (c.outcome, x, *through, *c.regressors)
    data = f"e <- whole({quoted(columns)})"
    lines = ["# Intervals of the study are from drawing whole entities anew; see boot.", data]

    def run(outcome: str, names: Sequence[str], kept: Sequence[str], labels: Sequence[str]) -> str:
        factor = small_factor(c.options, int(c.options["base"]) + len(names))
        call = equation(c, outcome, names, factor, kept=kept, labels=labels, data="e")
        return "\n".join(line for line in call if not line.startswith("#"))

    lines.append(run(c.outcome, (x, *c.regressors), (x,), ("total",)))
    labels = ("direct", *(f"b {m}" for m in through))
    lines.append("both <- " + run(c.outcome, (x, *through, *c.regressors), (x, *through), labels))
    serial = bool(c.options["serial"])
    for j, name in enumerate(through):
        before = through[:j] if serial else ()
        labels = (f"a {name}", *(f"between {m} {name}" for m in before))
        kept = (x, *before)
        lines.append(f"a{j + 1} <- " + run(name, (x, *before, *c.regressors), kept, labels))
    return [*lines, *more.products(c, serial=serial)]


_WRITERS: dict[str, Callable[[Command], list[str]]] = {
    "panel_ols": _regression,
    "did": _difference,
    "pvar": _system,
    "cointegration": _relation,
    "arms": more.arms,
    "iv": _instrumented,
    "mediation": _mediation,
    "gmm": more.moments,
    "threshold": more.regimes,
    "ekc": more.curve,
    "quantile_panel": more.quantiles,
    "heterogeneity": more.groups,
    "moderation": more.product,
    "panel_tests": more.tests,
    "spatial_panel": more.neighbours,
}
