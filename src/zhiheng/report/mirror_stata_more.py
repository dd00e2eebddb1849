"""Commands of Stata for single methods beyond a plain regression."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from zhiheng.report.mirror_commands import Command
from zhiheng.report.mirror_stata_lines import equation, remarks


def _period_dummies(effects: object) -> str:
    return " i.period" if effects in ("twoway", "period") else ""


def instrumented(c: Command) -> list[str]:
    """`iv` by ivreghdfe, or ivregress where every effect is counted or there is none."""
    o = c.options
    effects, x = str(o["effects"]), " ".join((c.outcome, *c.regressors))
    equal = f"({' '.join(o['endogenous'])} = {' '.join(o['instruments'])})"
    said = remarks(c)
    if effects == "none":
        return [*said, f"ivregress 2sls {x} {equal}, vce(cluster id) small", "estat firststage"]
    dummies = {"twoway": "i.id i.period", "entity": "i.id", "period": "i.period"}[effects]
    if o["small_sample"] == "areg" or effects == "period":
        return [
            *said,
            f"ivregress 2sls {x} {dummies} {equal}, vce(cluster id) small",
            "estat firststage",
        ]
    absorbed = {"twoway": "id period", "entity": "id"}[effects]
    return [
        *said,
        "* ssc install ivreghdfe; ssc install ivreg2; ssc install reghdfe; ssc install ranktest",
        f"ivreghdfe {x} {equal}, absorb({absorbed}) cluster(id) first",
    ]


def moments(c: Command) -> list[str]:
    """`gmm` by xtabond2, every option written out."""
    o = c.options
    system, first = o["instruments"] == "system", int(o["gmm_lags"][0])
    last = o["gmm_lags"][1] if len(o["gmm_lags"]) > 1 else "."
    collapse = " collapse" if o["collapse"] else ""
    right = [f"L(1/{o['lags']}).{c.outcome}" if int(o["lags"]) > 1 else f"L.{c.outcome}"]
    blocks = [f"gmm({c.outcome}, lag({first} {last}){collapse})"]
    outside = list[str]()
    for name in c.regressors:
        longest = int(o["regressor_lags"].get(name, 0))
        term = f"L(0/{longest}).{name}" if longest else name
        right.append(term)
        if name in o["endogenous"] or name in o["predetermined"]:
            from_lag = first - (name in o["predetermined"])
            blocks.append(f"gmm({name}, lag({from_lag} {last}){collapse})")
        else:
            outside.append(term)
    blocks += [f"iv({' '.join(outside)})"] if outside else []
    dummies = ""
    if o["effects"] == "twoway":
        dummies = " i.period"
        blocks.append("iv(i.period, equation(level))" if system else "iv(i.period)")
    shape = {"full": 3, "block": 2, "identity": 1}[str(o["h_matrix"])]
    steps = "twostep robust" if o["steps"] == "two" else "robust"
    tail = "" if system else " noleveleq"
    return [
        "* ssc install xtabond2. Statistics are compared with the normal law, as in the study.",
        f"xtabond2 {c.outcome} {' '.join(right)}{dummies}, {' '.join(blocks)} "
        f"{steps} h({shape}){tail}",
    ]


def regimes(c: Command) -> list[str]:
    """`threshold` by xthreg, and the regression at the study's own thresholds."""
    o, q, x = c.options, c.options["threshold"], c.options["regressor"]
    count, controls = len(o["cuts"]), "".join(f" {name}" for name in c.regressors)
    lines = list[str]()
    dummies = _period_dummies(o["effects"])
    if o["transform"] == "within" and int(o["bootstrap"]):
        trims = " ".join([str(o["trim"])] * count)
        draws = " ".join([str(o["bootstrap"])] * count)
        more = controls
        if dummies:
            lines.append("quietly tabulate period, generate(yr__)")
            more += " yr__2-yr__" + "`r(r)'"
        search = f"rx({x}) qx({q}) thnum({count}) trim({trims}) grid({o['grid']}) bs({draws})"
        lines += [
            "* Wang's xthreg (st0373): it searches again, with draws of its own.",
            f"xthreg {c.outcome}{more}, {search}",
        ]
        if dummies:
            lines.append("drop yr__*")
    cut = "<=" if o["transform"] == "within" else "<"
    regime = f"regime_{c.step.replace('-', '_')}"[:32]
    below = " + ".join(f"!({q} {cut} {value!r})" for value in o["cuts"])
    lines += [
        "* The regression at the study's thresholds.",
        f"capture drop {regime}",
        f"generate byte {regime} = 1 + {below}",
    ]
    if o["transform"] != "within":
        lines.append("* The study takes deviations without the last period (Hansen 1999): differs.")
    call = f"xtreg {c.outcome} ibn.{regime}#c.{x}{controls}{dummies}, fe vce(cluster id)"
    return [*lines, call]


def arms(c: Command) -> list[str]:
    """`arms`: a regression for each group of the index beside the rest."""
    pairs: Sequence[tuple[str, str]] = c.options["pairs"]
    return [line for pair in pairs for line in equation(c, c.outcome, [*pair, *c.regressors])]


def curve(c: Command) -> list[str]:
    """`ekc`: powers as factor variables would hide them from utest, so they are columns."""
    x, degree = str(c.options["regressor"]), int(c.options["degree"])
    powers = [f"{x[:28]}__{j}" for j in range(2, degree + 1)]
    lines = [f"capture generate double {name} = {x}^{j}" for j, name in enumerate(powers, start=2)]
    lines += equation(c, c.outcome, [x, *powers, *c.regressors])
    if degree == 2:
        lines += [
            "* ssc install utest (Lind and Mehlum)",
            f"utest {x} {powers[0]}, fieller",
            f"nlcom -_b[{x}] / (2 * _b[{powers[0]}])",
        ]
    else:
        root = f"sqrt(_b[{powers[0]}]^2 - 3 * _b[{x}] * _b[{powers[1]}])"
        lines += [
            f"nlcom (-_b[{powers[0]}] {sign} {root}) / (3 * _b[{powers[1]}])" for sign in "-+"
        ]
    return lines


def quantiles(c: Command) -> list[str]:
    """`quantile_panel` by xtqreg."""
    o = c.options
    x, taus = " ".join(c.regressors), " ".join(f"{float(q):g}" for q in o["quantiles"])
    if o["effects"] == "none":
        return ["* xtqreg has no model without effects; see mirror.R."]
    dummies = _period_dummies(o["effects"])
    return [
        "* ssc install xtqreg (Machado and Santos Silva). Its errors are analytic; the study draws",
        "* whole entities anew.",
        f"xtqreg {c.outcome} {x}{dummies}, i(id) quantile({taus})",
    ]


def groups(c: Command) -> list[str]:
    """`heterogeneity`: slopes by group, tests of equality and of each difference."""
    o, count = c.options, len(c.options["ids"])
    named = ", ".join(f"{i + 1} {g}" for i, g in enumerate(o["ids"]))
    slope = f"{{}}.{o['group']}#c.{o['treatment']}"
    each = [slope.format(i) for i in range(1, count + 1)]
    return [
        f"* {o['group']}: {named}. Permutations of labels are the study's own.",
        *equation(c, c.outcome, [slope.format("ibn"), *c.regressors]),
        "test " + " = ".join(each),
        *(f"lincom {a} - {b}" for a, b in combinations(each, 2)),
    ]


def product(c: Command) -> list[str]:
    """`moderation`: the slope over the moderator's range by margins."""
    o = c.options
    x, m = str(o["treatment"]), str(o["moderator"])
    if o["form"] == "product":
        terms = [f"c.{x}##c.{m}" if o["own"] else f"c.{x} c.{x}#c.{m}", *c.regressors]
        return [
            "* The slope of the uncentred product holds where the moderator is zero; margins are",
            "* those of the study.",
            *equation(c, c.outcome, terms),
            f"summarize {m} if e(sample)",
            f"margins, dydx({x}) at({m} = (`r(min)' `r(mean)' `r(max)'))",
        ]
    columns = ", ".join((c.outcome, x, m, *c.regressors))
    own = [m] if o["own"] else []
    return [
        f"generate byte rows__ = !missing({columns})",
        f"egen double mean_x__ = mean({x}) if rows__, by(id)",
        f"egen double mean_m__ = mean({m}) if rows__, by(id)",
        f"generate double apart__ = ({x} - mean_x__) * ({m} - mean_m__)",
        *equation(c, c.outcome, [x, "apart__", *own, *c.regressors]),
        "drop rows__ mean_x__ mean_m__ apart__",
    ]


def paths(c: Command) -> list[str]:
    """`mediation`: one regression for each equation, on the same rows."""
    o = c.options
    x, through = str(o["treatment"]), list(o["mediators"])
    rows = "rows__"
    columns = ", ".join((c.outcome, x, *through, *c.regressors))
    lines = [
        "* Products of paths and their intervals: the study draws whole entities anew.",
        f"generate byte {rows} = !missing({columns})",
    ]

    def add(said: str, outcome: str, names: Sequence[str]) -> None:
        call = equation(c, outcome, [*names, *c.regressors])
        lines.append(f"* {said}")
        lines.extend(_only(line, rows) for line in call)  # remarks stay as they are

    add("total", c.outcome, [x])
    add("direct, and mediators to outcome", c.outcome, [x, *through])
    for j, name in enumerate(through):
        before = through[:j] if o["serial"] else []
        add(f"treatment to {name}", name, [x, *before])
    return [*lines, f"drop {rows}"]


def _only(line: str, rows: str) -> str:
    """The command on these rows only; of a difference both rows."""
    both = f"{rows} & L.{rows} == 1" if "D." in line else rows
    return line if line.startswith("*") else line.replace(",", f" if {both},", 1)


def tests(c: Command) -> list[str]:
    """`panel_tests`: unit roots, dependence and equal slopes."""
    o, lags = c.options, c.options["adf_lags"]
    trend = " trend" if o["trend"] == "trend" else ""
    lines = ["* Published p values: wrong in short panels. The study also simulates them."]
    for name in o["variables"]:
        lines += [
            f"xtunitroot llc {name},{trend} lags({lags})",
            f"xtunitroot ips {name},{trend} lags({lags})",
            f"xtunitroot fisher {name}, dfuller{trend} lags({lags})",
        ]
    names = " ".join(o["variables"])
    lines += [
        "* ssc install xtcd; ssc install pescadf; ssc install xtcsd; ssc install xthst",
        f"xtcd {names}",
        *(f"pescadf {name}, lags({lags}){trend}" for name in o["variables"]),
    ]
    if c.outcome:
        x = " ".join(c.regressors)
        lines += [
            f"xtreg {c.outcome} {x}, fe",
            "xtcsd, pesaran abs",
            f"xthst {c.outcome} {x}",
        ]
    return lines


def neighbours(c: Command) -> list[str]:
    """`spatial_panel` by xsmle, with the weights as a matrix."""
    o, x = c.options, " ".join(c.regressors)
    lines = [
        "* ssc install xsmle. Its effects come with errors by simulation; the study has both.",
        "preserve",
        f'import delimited "{o["file"]}", clear varnames(1) case(preserve) stringcols(1)',
        "mkmat w*, matrix(W)",
        "restore",
    ]
    lines += _dropped(o["dropped"])
    if o["model"] == "slx":
        lags = " ".join(f"W_{name[:28]}" for name in c.regressors)
        return [
            *lines,
            "* No xsmle for slx: lags of the regressors by spmat or Mata, then a regression.",
            f"* xtreg {c.outcome} {x} {lags}{_period_dummies(o['effects'])}, fe",
            *(["restore"] if o["dropped"] else []),
        ]
    weights = "emat(W)" if o["model"] == "sem" else "wmat(W)"
    kinds = {"twoway": "both", "entity": "ind", "period": "time"}
    leeyu = ", leeyu" if o["correction"] == "lee_yu" else ""
    effects = "re" if o["effects"] == "random" else "fe"
    if effects == "fe" and o["effects"] != "none":
        effects += f" type({kinds[str(o['effects'])]}{leeyu})"
    dynamic = {"time": " dlag(1)", "space": " dlag(2)", "both": " dlag(3)"}
    effects += dynamic.get(str(o["dynamic"]), "")
    if o["model"] == "sem" and o["effects"] == "random":
        own = "outside of" if o["random_errors"] == "anselin" else "part of"
        lines.append(f"* In the study the effects are {own} the spatial error process.")
    errors = " vce(robust)" if o["covariance"] == "qml" else ""
    shown = "" if o["model"] == "sem" else " effects"
    if o["effects"] == "none":
        lines.append("* Without effects: xsmle has no such model; spregress on each period, or")
        lines.append("* mirror.R.")
    else:
        lines.append(
            f"xsmle {c.outcome} {x}, {weights} model({o['model']}) {effects}{errors}{shown} nolog"
        )
    return [*lines, *(["restore"] if o["dropped"] else [])]


def _dropped(entities: Sequence[str]) -> list[str]:
    if not entities:
        return []
    rows = " | ".join(f'entity == "{entity}"' for entity in entities)
    return ["* Without neighbours and left out.", "preserve", f"drop if {rows}"]
