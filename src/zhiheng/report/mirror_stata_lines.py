"""Lines of Stata that several methods share: one regression with its effects and errors."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.report.mirror_commands import Command, clustered_by_entity

_OTHER_FACTORS = {
    "sss": "the factor of R plm's sss: estimates are equal, errors differ by a constant",
    "cr1": "the factor G/(G-1): estimates are equal, errors differ by a constant",
    "none": "no small-sample factor: estimates are equal, errors differ by a constant",
}


def remarks(c: Command) -> list[str]:
    """What the command's errors are not."""
    kind = str(c.options.get("small_sample", "stata"))
    said = [f"* The study used {_OTHER_FACTORS[kind]}."] if kind in _OTHER_FACTORS else []
    if clustered_by_entity(c.options):
        return said
    kind = str(c.options["covariance"])
    if kind == "cluster":
        kind = f"cluster by {c.options['cluster']}"
    other = "xtscc (Driscoll-Kraay), newey, or vce() of regress"
    return [f"* Errors of the study: {kind}; estimates are equal, for the errors see {other}."]


def equation(c: Command, outcome: str, regressors: Sequence[str]) -> list[str]:
    """A regression with the effects, transformation and trends of the command's options."""
    kind, said = str(c.options.get("small_sample", "stata")), remarks(c)
    if c.options.get("transform", "levels") == "first_difference":
        return said + _differenced(c, outcome, regressors)
    effects, x = c.options["effects"], " ".join(regressors)
    if c.options.get("trends"):
        period = " period" if effects == "twoway" else ""
        return [
            *said,
            "* ssc install reghdfe; it may count absorbed slopes otherwise: errors can differ.",
            f"reghdfe {outcome} {x}, absorb(id id#c.period{period}) vce(cluster id)",
        ]
    dummies = " i.period" if effects in ("twoway", "period") else ""
    if effects in ("period", "none"):
        return [*said, f"regress {outcome} {x}{dummies}, vce(cluster id)"]
    if kind == "areg":
        return [*said, f"areg {outcome} {x}{dummies}, absorb(id) vce(cluster id)"]
    return [*said, f"xtreg {outcome} {x}{dummies}, fe vce(cluster id)"]


def _differenced(c: Command, outcome: str, regressors: Sequence[str]) -> list[str]:
    x = " ".join(f"D.{name}" for name in regressors)
    period = c.options["effects"] in ("twoway", "period")
    if c.options["trends"]:
        absorbed = "id period" if period else "id"
        return [
            "* ssc install reghdfe",
            f"reghdfe D.{outcome} {x}, absorb({absorbed}) vce(cluster id)",
        ]
    more = " i.period, " if period else ", noconstant "
    return [f"regress D.{outcome} {x}{more}vce(cluster id)"]
