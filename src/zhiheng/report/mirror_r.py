"""Commands of R for the estimates of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhiheng.report.mirror import Command

_HEAD = """\
# Estimates of this study as R commands; results go to mirror_results.csv.
# 本研究估计的 R 命令，结果写入 mirror_results.csv。
# Needs plm and sandwich. Standard errors: clustered by entity (CR1); `k` is the number of
# parameters that the small-sample factor G/(G-1) * (N-1)/(N-k) counts.
suppressPackageStartupMessages({library(plm); library(sandwich)})
d <- read.csv("data/mirror.csv", colClasses = c(entity = "character"), na.strings = "")
d <- d[order(d$id, d$period), ]
d$t <- d$period - mean(range(d$period))
results <- NULL
keep <- function(step, fit, variance, terms) {
  error <- sqrt(diag(as.matrix(variance)))[terms]
  row <- data.frame(step = step, term = terms, estimate = coef(fit)[terms], std_error = error)
  results <<- rbind(results, row)
}
cr1 <- function(n, g, k) g / (g - 1) * (n - 1) / (n - k)
only_g <- function(n, g, k) g / (g - 1)
no_factor <- function(n, g, k) 1
by_plm <- function(step, formula, model, effect, terms, factor, k) {
  fit <- plm(formula, d, index = c("id", "period"), model = model, effect = effect)
  v <- vcovHC(fit, method = "arellano", type = "HC0", cluster = "group")
  g <- length(unique(index(fit, "id")))
  keep(step, fit, v * factor(nobs(fit), g, k), terms)
}
by_dummies <- function(step, formula, data, terms, factor, k) {
  data <- data[complete.cases(data[all.vars(formula)]), ]
  fit <- lm(formula, data)
  v <- vcovCL(fit, cluster = data$id, type = "HC0", cadjust = FALSE)
  keep(step, fit, v * factor(nobs(fit), length(unique(data$id)), k), terms)
}
difference <- function(columns) {
  last <- nrow(d)
  near <- c(FALSE, d$id[-1] == d$id[-last] & d$period[-1] == d$period[-last] + 1)
  out <- d
  out[-1, columns] <- d[-1, columns] - d[-last, columns]
  out[near, ]
}
"""
_TAIL = """
print(results, digits = 7, row.names = FALSE)
shown <- transform(results, estimate = format(estimate, digits = 15),
                   std_error = format(std_error, digits = 15))
write.csv(shown, "mirror_results.csv", row.names = FALSE)
"""
_FACTORS = {"stata": "cr1", "areg": "cr1", "sss": "cr1", "cr1": "only_g", "none": "no_factor"}
_MODELS = {
    "twoway": ('"within"', '"twoways"'),
    "entity": ('"within"', '"individual"'),
    "period": ('"within"', '"time"'),
    "none": ('"pooling"', '"individual"'),
}


def r_text(commands: Sequence[Command], legend: Mapping[str, str]) -> str:
    """The text of ``mirror.R``.

    Parameters
    ----------
    commands : sequence of Command
    legend : mapping of str to str
        Columns of the table that stand for an expression.
    """
    parts = [_HEAD, *(f"# {name} = {text}\n" for name, text in legend.items())]
    for command in commands:
        lines = _WRITERS[command.method](command)
        parts.append("\n".join([f"\n# --- {command.step}", *lines, ""]))
    return "".join([*parts, _TAIL])


def _regression(c: Command) -> list[str]:
    factor = f"{_FACTORS[str(c.options['small_sample'])]}, k = {c.options['parameters']}"
    if c.options["transform"] == "first_difference":
        columns = _quoted((c.outcome, *c.regressors))
        dummies = _dummies(c, trend="factor(id)", constant="0")
        return [_dummy_call(c, dummies, f"difference({columns})", factor)]
    if c.options["trends"]:
        dummies = _dummies(c, trend="factor(id) + factor(id):t", constant="1")
        return [_dummy_call(c, dummies, "d", factor)]
    return _plm(c.step, c, c.regressors, str(c.options["effects"]), factor)


def _plm(step: str, c: Command, regressors: Sequence[str], effects: str, factor: str) -> list[str]:
    model, effect = _MODELS[effects]
    formula = f"{c.outcome} ~ {' + '.join(regressors)}"
    absorbed = {"twoway": " | id + period", "entity": " | id", "period": " | period"}
    return [
        f"# fixest: feols({formula}{absorbed.get(effects, '')}, d, cluster = ~id)",
        f'by_plm("{step}", {formula}, {model}, {effect}, {_quoted(regressors)}, {factor})',
    ]


def _dummies(c: Command, *, trend: str, constant: str) -> str:
    period = c.options["effects"] in ("twoway", "period")
    parts = [trend] if c.options["trends"] else []
    parts += ["factor(period)"] if period else []
    return " + ".join(parts or [constant])


def _dummy_call(c: Command, dummies: str, data: str, factor: str) -> str:
    formula = f"{c.outcome} ~ {' + '.join((*c.regressors, dummies))}"
    return f'by_dummies("{c.step}", {formula}, {data}, {_quoted(c.regressors)}, {factor})'


def _difference(c: Command) -> list[str]:
    method, x = c.options["method"], "".join(f" + {name}" for name in c.regressors)
    until = c.options["until"]
    data = f"subset(d, period < {until})" if until else "d"
    if method == "twfe":
        names = (c.treated, *c.regressors)
        # Regressors, constant and period effects, as Stata counts them.
        factor = f"cr1, k = {len(names)} + length(unique(d$period))"
        return _plm(c.step, c, names, "twoway", factor)
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
        f'  print(Westerlund::westerlund_test(d, "{c.outcome}", {_quoted(c.regressors)}, "id",',
        f'    "period", constant = TRUE, trend = {trend}, lags = {c.options["lags"]}, leads = 0,',
        f"    lrwindow = {c.options['window']}, bootstrap = {c.options['draws']}))",
        "}",
    ]


def _quoted(names: Sequence[str]) -> str:
    return f"c({', '.join(f'{chr(34)}{n}{chr(34)}' for n in names)})"


_WRITERS = {
    "panel_ols": _regression,
    "did": _difference,
    "pvar": _system,
    "cointegration": _relation,
}
