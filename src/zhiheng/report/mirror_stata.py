"""Commands of Stata for the estimates of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from zhiheng.report import mirror_stata_more as more
from zhiheng.report.mirror_commands import NOWHERE, Command
from zhiheng.report.mirror_stata_lines import equation, remarks
from zhiheng.study.refusals import REFUSAL

_HEAD = """\
* Estimates of this study as Stata commands; written by the study, not run by it.
* 本研究估计的 Stata 命令，由程序写出，写出时没有运行 Stata。
version 15
import delimited "data/mirror.csv", clear asdouble case(preserve) stringcols(1)
xtset id period
"""


def stata_text(commands: Sequence[Command], legend: Mapping[str, str]) -> str:
    """The text of ``mirror.do``.

    Parameters
    ----------
    commands : sequence of Command
    legend : mapping of str to str
        Columns of the table that stand for an expression.
    """
    parts = [_HEAD, *(f"* {name} = {text}\n" for name, text in legend.items())]
    parts += ["\n".join([f"\n* --- {c.step}", *_lines(c), ""]) for c in commands]
    return "".join(parts)


def _lines(command: Command) -> list[str]:
    if command.method == REFUSAL:
        return ["* The study refused this step; there is no estimate to find again."]
    if command.method in NOWHERE:
        return [f"* {command.method}: {NOWHERE[command.method]}."]
    return _WRITERS[command.method](command)


def _regression(c: Command) -> list[str]:
    effects, x = str(c.options["effects"]), " ".join(c.regressors)
    if effects == "between":
        return [
            "* Errors of xtreg, be are classical; the study's are robust.",
            f"xtreg {c.outcome} {x}, be",
        ]
    if effects == "random":
        return [*remarks(c), f"xtreg {c.outcome} {x}, re vce(cluster id)"]
    return equation(c, c.outcome, c.regressors)


def _difference(c: Command) -> list[str]:
    x = "".join(f" {name}" for name in c.regressors)
    method, until = c.options["method"], c.options["until"]
    some = f" if period < {until}" if until else ""
    if method == "callaway_santanna":
        kind = "dripw" if c.options["adjust"] == "doubly_robust" else "reg"
        notyet = " notyet" if c.options["comparison"] == "not_yet" else ""
        given = f"ivar(id) time(period) gvar({c.cohort}) method({kind}){notyet}"
        return [
            "* ssc install csdid; ssc install drdid",
            f"csdid {c.outcome}{x}{some}, {given}",
            "estat simple",
            "estat event",
        ]
    if method == "twfe":
        return [f"xtreg {c.outcome} {c.treated}{x} i.period, fe vce(cluster id)"]
    cell = f"cell_{c.cohort}"
    if method == "event_study":
        coded = f"period - {c.cohort} + 1000"
        said = "* Level 1000 + e of the cells is distance e to treatment."
    else:
        coded = f"{c.cohort} * 100 + period - {c.cohort} + 50"
        said = "* Cohorts by distances (Sun and Abraham); the study averages them by cohort size."
    base = f"{c.cohort} == 0 | period == {c.cohort} - 1"
    return [
        said,
        f"generate {cell}_code = cond({base}, 0, {coded})",
        f"egen {cell} = group({cell}_code), label",
        f"xtreg {c.outcome} i.{cell}{x} i.period{some}, fe vce(cluster id)",
    ]


def _system(c: Command) -> list[str]:
    names = " ".join((c.outcome, *c.regressors))
    if c.options["effects"] != "fod":
        return ["* Means taken off: pvar of Stata has no such option; see mirror.R."]
    td = " td" if c.options["period_effects"] else ""
    return [
        "* Abrigo and Love's pvar; its coefficients by default, its own standard errors.",
        f"pvar {names}, lags({c.options['lags']}) fod{td}",
        "pvargranger",
        "pvarstable",
        f"pvarirf, oirf step({c.options['horizon']})",
    ]


def _relation(c: Command) -> list[str]:
    names, given = " ".join((c.outcome, *c.regressors)), c.options
    shared = f"lags({given['lags']}) kernel(bartlett {given['window']})"
    trend = " trend" if given["trend"] == "trend" else ""
    lines = ["* Published p values: wrong in short panels. The study also simulates them."]
    if "kao" in given["tests"] and not trend:
        lines.append(f"xtcointtest kao {names}, {shared}")
    if "pedroni" in given["tests"]:
        lines += [
            f"xtcointtest pedroni {names},{trend} {shared}",
            f"xtcointtest pedroni {names},{trend} ar(same) {shared}",
        ]
    if "westerlund" in given["tests"]:
        lines += [
            "* ssc install xtwest",
            f"xtwest {names}, constant{trend} lags({given['lags']}) "
            f"lrwindow({given['window']}) bootstrap({given['draws']})",
        ]
    return lines


_WRITERS: dict[str, Callable[[Command], list[str]]] = {
    "panel_ols": _regression,
    "did": _difference,
    "pvar": _system,
    "cointegration": _relation,
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
