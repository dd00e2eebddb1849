"""Lines of R that several methods share: one regression with its effects and its factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhiheng.report.mirror_commands import Command, clustered_by_entity

_FACTORS = {"stata": "cr1", "areg": "cr1", "sss": "cr1", "cr1": "only_g", "none": "no_factor"}
_MODELS = {
    "twoway": ('"within"', '"twoways"'),
    "entity": ('"within"', '"individual"'),
    "period": ('"within"', '"time"'),
    "none": ('"pooling"', '"individual"'),
}


def quoted(names: Sequence[str]) -> str:
    """``c("a", "b")``."""
    return f"c({', '.join(f'{chr(34)}{n}{chr(34)}' for n in names)})"


def summed(names: Sequence[str]) -> str:
    """``a + b``."""
    return " + ".join(names)


def absorbed(effects: str) -> tuple[str, str]:
    """The model and the effect of plm, in quotes."""
    return _MODELS[effects]


def small_factor(options: Mapping[str, Any], count: int) -> str:
    """The small-sample factor and the number of parameters it counts."""
    return f"{_FACTORS[str(options.get('small_sample', 'stata'))]}, k = {count}"


def factor_of(c: Command, count: int) -> tuple[list[str], str]:
    """A remark where the study's errors are of another kind, and the factor."""
    if clustered_by_entity(c.options):
        return [], small_factor(c.options, count)
    kind = c.options["covariance"]
    if kind == "cluster":
        kind = f"cluster by {c.options['cluster']}"
    said = f"# Errors of the study: {kind}; only estimates are compared. See vcovHC, vcovDC,"
    return [said, "# vcovSCC and vcovNW of plm."], f"not_these, k = {count}"


def plm_lines(
    step: str,
    outcome: str,
    regressors: Sequence[str],
    effects: str,
    factor: str,
    *,
    kept: Sequence[str] = (),
    labels: Sequence[str] = (),
    data: str = "",
) -> list[str]:
    """A regression by plm, with the call of fixest above it."""
    model, effect = _MODELS[effects]
    formula = f"{outcome} ~ {summed(regressors)}"
    bars = {"twoway": " | id + period", "entity": " | id", "period": " | period"}
    more = f",\n  {quoted(labels)}" if labels else ""
    more += f", data = {data}" if data else ""
    return [
        f"# fixest: feols({formula}{bars.get(effects, '')}, {data or 'd'}, cluster = ~id)",
        f'by_plm("{step}", {formula}, {model}, {effect}, {quoted(kept or regressors)}, '
        f"{factor}{more})",
    ]


def equation(
    c: Command,
    outcome: str,
    regressors: Sequence[str],
    factor: str,
    *,
    kept: Sequence[str] = (),
    labels: Sequence[str] = (),
    data: str = "",
) -> list[str]:
    """A regression with the effects, transformation and trends of the command's options.

    Parameters
    ----------
    kept, labels : sequence of str
        Terms that are printed (all by default), and their names (the terms by default).
    data : str
        The data frame; `d` by default.
    """
    effects, trends = str(c.options["effects"]), bool(c.options.get("trends"))
    if c.options.get("transform", "levels") == "first_difference":
        columns = quoted((outcome, *regressors))
        frame = f"difference({columns}{f', {data}' if data else ''})"
        dummies = _dummies(effects, "factor(id)" if trends else "", "0")
        least = 1 if trends else 0
    elif trends:
        frame, least = data or "d", 2
        dummies = _dummies(effects, "factor(id) + factor(id):t", "1")
    else:
        return plm_lines(
            c.step, outcome, regressors, effects, factor, kept=kept, labels=labels, data=data
        )
    formula = f"{outcome} ~ {summed((*regressors, dummies))}"
    more = f",\n  {quoted(labels)}" if labels else ""
    more += f", least = {least}" if least else ""
    terms = quoted(kept or regressors)
    return [f'by_dummies("{c.step}", {formula}, {frame}, {terms}, {factor}{more})']


def _dummies(effects: str, trend: str, constant: str) -> str:
    parts = [trend] if trend else []
    parts += ["factor(period)"] if effects in ("twoway", "period") else []
    return summed(parts or [constant])
