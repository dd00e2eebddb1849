"""Commands of R for single methods beyond a plain regression."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from zhiheng.report.mirror_commands import Command
from zhiheng.report.mirror_makers import lag_terms, outside_process, path_label
from zhiheng.report.mirror_r_lines import (
    equation,
    plm_lines,
    quoted,
    small_factor,
    summed,
)


def with_means(c: Command, factor: str) -> list[str]:
    """Random effects and the between regression of `panel_ols`."""
    terms = quoted((*c.regressors, "(Intercept)"))
    formula = f"{c.outcome} ~ {summed(c.regressors)}"
    if c.options["effects"] == "random":
        return [
            "# Swamy and Arora; in unbalanced panels plm takes other components than Stata and we.",
            f'by_plm("{c.step}", {formula}, "random", "individual", {terms}, {factor})',
        ]
    columns = quoted((c.outcome, *c.regressors))
    return [
        f"e <- aggregate(. ~ id, whole({columns})[c('id', {columns[2:]}], mean)",
        f'by_dummies("{c.step}", {formula}, e, {terms}, {factor})',
    ]


def moments(c: Command) -> list[str]:
    """`gmm` by pgmm of plm, where it has the model."""
    o = c.options
    system = o["instruments"] == "system"
    if system and (o["effects"] == "individual" or o["h_matrix"] != "full"):
        return [
            "# pgmm of plm has no system with a constant alone, nor one whose first step takes",
            "# other weights than the full matrix; see mirror.do.",
        ]
    if system and set(c.regressors) - set(o["endogenous"]):
        return [
            "# In a system pgmm of plm instruments exogenous and predetermined regressors",
            "# otherwise than xtabond2, gretl and the study; see mirror.do.",
        ]
    if not system and o["h_matrix"] == "identity":
        return ["# pgmm of plm has no first step with equal weights; see mirror.do."]
    first, last = [*map(int, o["gmm_lags"]), 99][:2]
    past = [f"lag({c.outcome}, {first}:{last})"]
    outside = list[str]()
    right = [f"lag({c.outcome}, 1:{o['lags']})"]
    for name in c.regressors:
        longest = int(o["regressor_lags"].get(name, 0))
        right.append(f"lag({name}, 0:{longest})" if longest else name)
        if name in o["endogenous"] or name in o["predetermined"]:
            past.append(f"lag({name}, {first - (name in o['predetermined'])}:{last})")
        else:
            outside.append(right[-1])
    formula = f"{c.outcome} ~ {summed(right)} | {summed(past)}"
    formula += f" | {summed(outside)}" if outside else ""
    effect = "twoways" if o["effects"] == "twoway" else "individual"
    model = "twosteps" if o["steps"] == "two" else "onestep"
    labels = quoted(lag_terms(c.outcome, c.regressors, o))
    collapse = ", collapse = TRUE" if o["collapse"] else ""
    return [
        "# Robust errors, with Windmeijer's correction in two steps.",
        "try({",
        f"  fit <- pgmm({formula},",
        f'    pdata.frame(d, c("id", "period")), effect = "{effect}", model = "{model}",',
        f'    transformation = "{"ld" if system else "d"}"{collapse})',
        "  beta <- if (is.list(fit$coefficients)) fit$coefficients[[2]] else fit$coefficients",
        f"  terms <- {labels}",
        f'  put("{c.step}", terms, beta[seq_along(terms)],',
        "      sqrt(diag(vcovHC(fit)))[seq_along(terms)])",
        "})",
    ]


def regimes(c: Command) -> list[str]:
    """`threshold`: the regression of the regimes at the thresholds that the study found."""
    o, q = c.options, c.options["threshold"]
    cuts: Sequence[float] = o["cuts"]
    above, below = ("<=", ">") if o["transform"] == "within" else ("<", ">=")
    names, lines = (
        list[str](),
        ["# Thresholds of the study; they are not searched again.", "e <- d"],
    )
    for i in range(len(cuts) + 1):
        sides = [f"{q} {below} {cuts[i - 1]!r}"] if i else []
        sides += [f"{q} {above} {cuts[i]!r}"] if i < len(cuts) else []
        names.append(f"regime_{i + 1}")
        lines.append(f"e${names[-1]} <- with(e, {o['regressor']} * ({' & '.join(sides)}))")
    labels = [f"{o['regressor']}, regime {i + 1}" for i in range(len(names))]
    terms = (*names, *c.regressors)
    factor, labels = small_factor(o, o["parameters"]), [*labels, *c.regressors]
    if o["transform"] == "within":
        return [*lines, *equation(c, c.outcome, terms, factor, labels=labels, data="e")]
    columns = quoted((c.outcome, *terms))
    dummies = "factor(period)" if o["effects"] == "twoway" else "0"
    return [
        *lines,
        "# Deviations from the means of all periods, without the last period (Hansen 1999).",
        f"for (name in {columns}) e[[name]] <- e[[name]] - ave(e[[name]], e$id)",
        "e <- e[e$period < max(e$period), ]",
        f'by_dummies("{c.step}", {c.outcome} ~ {summed((*terms, dummies))}, e, {quoted(terms)},'
        f" {factor},",
        f"  {quoted(labels)})",
    ]


def arms(c: Command) -> list[str]:
    """`arms`: a regression for each group of the index beside the rest."""
    lines = list[str]()
    for pair in c.options["pairs"]:
        names = (*pair, *c.regressors)
        factor = small_factor(c.options, int(c.options["base"]) + len(names))
        lines += equation(c, c.outcome, names, factor, kept=pair)
    return lines


def curve(c: Command) -> list[str]:
    """`ekc`: powers, and the turning points with delta errors."""
    o, x, degree = c.options, c.options["regressor"], int(c.options["degree"])
    lines, terms, labels = ["e <- d"], [x], [x]
    for j in range(2, degree + 1):
        terms.append(f"power_{j}")
        labels.append(f"{x}^{j}")
        lines.append(f"e$power_{j} <- e${x}^{j}")
    terms, labels = [*terms, *c.regressors], [*labels, *c.regressors]
    call = equation(c, c.outcome, terms, small_factor(o, o["parameters"]), labels=labels, data="e")
    return [*lines, *_named("found", call), f'turning("{c.step}", found, {degree})']


def _named(name: str, call: Sequence[str]) -> list[str]:
    """The call with its value kept; remarks stay above."""
    said = [line for line in call if line.startswith("#")]
    return [*said, f"{name} <- " + "\n".join(line for line in call if not line.startswith("#"))]


def quantiles(c: Command) -> list[str]:
    """`quantile_panel` by its two regressions and the level of each quantile."""
    taus = ", ".join(f"{float(q):g}" for q in c.options["quantiles"])
    return [
        "# Errors of the study are from drawing whole entities anew.",
        f'by_moments("{c.step}", "{c.outcome}", {quoted(c.regressors)}, '
        f'"{c.options["effects"]}", c({taus}))',
    ]


def groups(c: Command) -> list[str]:
    """`heterogeneity`: slopes by group, their differences, and the joint test."""
    o, count = c.options, len(c.options["ids"])
    named = ", ".join(f"{i + 1} {g}" for i, g in enumerate(o["ids"]))
    lines = [f"# {o['group']}: {named}", "e <- d"]
    terms, labels = list[str](), list[str]()
    for i in range(1, count + 1):
        terms.append(f"slope_{i}")
        labels.append(f"slope {i}")
        lines.append(f"e$slope_{i} <- e${o['treatment']} * (e${o['group']} == {i})")
    call = plm_lines(
        c.step,
        c.outcome,
        (*terms, *c.regressors),
        str(o["effects"]),
        small_factor(o, o["parameters"]),
        kept=terms,
        labels=labels,
        data="e",
    )
    columns = quoted((c.outcome, *terms, *c.regressors))
    clusters = f"length(unique(whole({columns}, e, {int(o['effects'] != 'period')})$id))"
    return [
        *lines,
        *_named("found", call),
        f'contrasts_of("{c.step}", found, {count}, {clusters})',
    ]


def product(c: Command) -> list[str]:
    """`moderation`: the product, and the slope at both ends of the moderator's range."""
    o = c.options
    x, m = str(o["treatment"]), str(o["moderator"])
    lines = [f"e <- whole({quoted((c.outcome, x, m, *c.regressors))})"]
    centre = "mean(z)" if o["form"] == "product" else "ave(z, e$id)"
    lines.append(f"centred <- function(z) z - {centre}")
    lines.append(f"e$product <- centred(e${x}) * centred(e${m})")
    terms = [x, "product", *([m] if o["own"] else []), *c.regressors]
    factor = small_factor(o, o["parameters"])
    call = plm_lines(c.step, c.outcome, terms, str(o["effects"]), factor, data="e")
    return [
        *lines,
        *_named("found", call),
        f"ends <- range(centred(e${m}))",
        f'put("{c.step}", c("slope at lowest", "slope at highest"),',
        "    found$b[1] + found$b[2] * ends,",
        "    sqrt(found$v[1, 1] + 2 * ends * found$v[1, 2] + ends^2 * found$v[2, 2]))",
    ]


def products(c: Command, *, serial: bool) -> list[str]:
    """Products of paths of `mediation`: one for each chain of mediators."""
    through: Sequence[str] = c.options["mediators"]
    count = len(through)
    chains = [r for size in range(1, count + 1) for r in combinations(range(count), size)]
    if not serial:
        chains = [(j,) for j in range(count)]
    lines, parts = list[str](), list[str]()
    for chain in chains:
        factors = [f"a{chain[0] + 1}$b[1]"]
        factors += [f"a{j + 1}$b[{2 + i}]" for i, j in zip(chain[:-1], chain[1:], strict=True)]
        factors.append(f"both$b[{2 + chain[-1]}]")
        parts.append(" * ".join(factors))
        label = path_label("indirect", [through[j] for j in chain])
        lines.append(f'put("{c.step}", "{label}", {parts[-1]})')
    return [*lines, f'put("{c.step}", "indirect_total", {summed(parts)})']


def tests(c: Command) -> list[str]:
    """`panel_tests` by purtest and pcdtest of plm."""
    o = c.options
    exo = "trend" if o["trend"] == "trend" else "intercept"
    lines = ["# Short panels: published p values are wrong; the study also simulates them."]
    for name in o["variables"]:
        lines += [
            f'dependence("{c.step}", "{name}", pdata.frame(d, c("id", "period"))${name},',
            '  tests = c("cd", "lm", "sclm"))',
            f'unit_roots("{c.step}", "{name}", "{exo}", {o["adf_lags"]})',
        ]
    if c.outcome:
        lines += [
            f'dependence("{c.step}", "residuals", {c.outcome} ~ {summed(c.regressors)}, data = d,',
            '  index = c("id", "period"), model = "within", tests = c("cd", "lm", "sclm", '
            '"bcsclm"))',
        ]
    return lines


def neighbours(c: Command) -> list[str]:
    """`spatial_panel`: the concentrated likelihood, and the call of splm."""
    o = c.options
    if outside_process(o):
        return [
            '# Random effects outside of the error process: splm::spml with model = "random",',
            '# lag = FALSE, spatial.error = "b"; not computed here.',
        ]
    said = list[str]()
    if o["effects"] == "random":
        said.append("# At the study's ratio of both variances; rho and slopes are searched anew.")
    if o["dynamic"] != "none" and o["correction"] == "lee_yu":
        said.append("# The maximum before the bias of order 1/T is removed: estimate_uncorrected.")
    if o["covariance"] != "ml":
        said.append("# Errors of the study are those of quasi-likelihood; not compared.")
    dropped = ", ".join(o["dropped"])
    said += [f"# Without neighbours and left out: {dropped}."] if dropped else []
    plain = o["covariance"] == "ml" and not (o["dynamic"] != "none" and o["correction"] == "lee_yu")
    return [
        *said,
        f'spatial("{c.step}", "{c.outcome}", {quoted(c.regressors)}, "{o["file"]}",',
        f'  model = "{o["model"]}", effects = "{o["effects"]}", correction = "{o["correction"]}",',
        f'  lag_order = "{o["lag_order"]}", dynamic = "{o["dynamic"]}", '
        f"ratio = {_number(float(o['ratio']))}, errors = {'TRUE' if plain else 'FALSE'})",
    ]


def _number(value: float) -> str:
    return repr(value) if value == value else "NA"  # noqa: PLR0124
