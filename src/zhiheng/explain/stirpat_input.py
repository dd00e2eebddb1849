"""What `stirpat` reads, and what the two sides of it share by arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.boundaries import refuse_mixed
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Scope, evaluate, overlap
from zhiheng.core.expression.monomials import monomial
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.variables import Gaps, Variables, read_variables

Array = NDArray[np.float64]
Estimator = Literal["fe", "ridge", "pooled"]

# Residual of exponents, which are small whole numbers or fractions of them.
SPANNED = 1e-9


@dataclass(frozen=True, slots=True)
class Terms:
    """The equation: what is taken in logarithms and what as it is.

    Attributes
    ----------
    impact, population, affluence : str
    technology : tuple of str
        In logarithms too.
    controls : tuple of str
        As they are.
    """

    impact: str
    population: str
    affluence: str
    technology: tuple[str, ...]
    controls: tuple[str, ...]
    quadratic: bool

    @property
    def logged(self) -> tuple[str, ...]:
        """Everything on the right that is taken in logarithms."""
        return (self.population, self.affluence, *self.technology)

    @property
    def names(self) -> tuple[str, ...]:
        """The regressors as printed, the square of affluence behind affluence."""
        out = [f"log({x})" for x in self.logged]
        if self.quadratic:
            out.insert(2, f"log({self.affluence})^2")
        return (*out, *self.controls)


@dataclass(frozen=True, slots=True)
class Shared:
    """A regressor that holds the impact's own series, and its slope by arithmetic alone.

    Attributes
    ----------
    term, series, relation : str
    slope : float
        What a regression would find if the shared series moved independently of the rest;
        NaN where kinship is catalogued but no common factor stands on both sides.
    """

    term: str
    series: str
    relation: str
    slope: float


def read_terms(
    panel: Panel, terms: Terms, *, gaps: Gaps, boundaries: Mapping[str, str] | None
) -> Variables:
    """The columns of the equation: the impact first, then the regressors without the square.

    Raises
    ------
    ZhihengError
        C432 two boundaries in one equation, M704 gaps, M943 the impact is a product of the
        regressors, M945 values whose logarithm does not exist.
    """
    meaning = scope(panel.level)
    _check(terms)
    refuse_mixed([terms.impact, *terms.logged], meaning, panel=panel, declared=boundaries)
    _refuse_identity(panel, terms, meaning)
    found = {x: evaluate(x, panel, meaning) for x in (terms.impact, *terms.logged)}
    values = np.stack([one.values for one in found.values()], axis=-1)
    if (values <= 0).any():
        raise _no_logarithm(panel, list(found), values)
    columns = [f"log({x})" for x in found]
    return read_variables(panel, [*columns, *terms.controls], gaps=gaps)


def _check(terms: Terms) -> None:
    everything = [terms.impact, *terms.logged, *terms.controls]
    twice = sorted({x for x in everything if everything.count(x) > 1})
    if twice:
        raise ZhihengError(
            "M941",
            Text("同一变量出现了两次：{n}。", "One variable stands twice: {n}.").format(
                n=", ".join(twice)
            ),
            evidence=[{"variable": x} for x in twice],
            fix=Text("每个变量只写一次。", "Name each variable once."),
        )


def _definitions(panel: Panel, meaning: Scope) -> dict[str, str]:
    own = {k: v for k, v in panel.definitions.items() if not v.startswith("@")}
    return {k: v for k, v in {**meaning.definitions, **own}.items() if k not in panel.series}


def _powers(panel: Panel, terms: Terms, meaning: Scope) -> tuple[Array, Array, list[str]]:
    """Exponents of series: those of the impact, and one column for each regressor."""
    known = _definitions(panel, meaning)
    left, *right = (dict(monomial(x, known).powers) for x in (terms.impact, *terms.logged))
    series = sorted({name for one in (left, *right) for name in one})
    table = np.array([[one.get(s, 0.0) for one in right] for s in series])
    return np.array([left.get(s, 0.0) for s in series]), table, series


def _refuse_identity(panel: Panel, terms: Terms, meaning: Scope) -> None:
    target, table, _ = _powers(panel, terms, meaning)
    weights = np.linalg.lstsq(table, target, rcond=None)[0]
    if np.abs(table @ weights - target).max() > SPANNED:
        return
    rows: list[Row] = [
        {"regressor": f"log({x})", "coefficient by arithmetic": float(round(w, 9)) + 0.0}
        for x, w in zip(terms.logged, weights, strict=True)
    ]
    raise ZhihengError(
        "M943",
        Text(
            "{i} 是各解释变量的乘积：这是 Kaya 恒等式，不是回归，系数由算术决定。",
            "{i} is a product of the regressors: this is the Kaya identity and no regression; "
            "arithmetic sets the coefficients.",
        ).format(i=terms.impact),
        evidence=rows,
        fix=Text(
            "技术项不要含排放本身；要分解恒等式用 lmdi。",
            "Keep the impact out of technology; to decompose the identity use lmdi.",
        ),
    )


Partial = Callable[[Array, str], Array]
"""Columns [entity, period, c] without the effects and every regressor but the named one."""


def shared_terms(panel: Panel, terms: Terms, partial: Partial) -> list[Shared]:
    """What each regressor has in common with the impact, and the slope of arithmetic alone.

    With ``ln I = a ln s + u`` and ``ln T = p ln s + v`` the slope on T is
    ``a p var(s) / (p^2 var(s) + var(v))`` if s, u and v have nothing to do with each other.
    Variances are those left after the effects and the other regressors.
    """
    meaning = scope(panel.level)
    target, table, series = _powers(panel, terms, meaning)
    out: list[Shared] = []
    for j, name in enumerate(terms.logged):
        common = [i for i in range(len(series)) if target[i] and table[i, j]]
        if common:
            weights = np.array([[target[i], table[i, j]] for i in common])
            slope = _by_arithmetic(panel, name, [series[i] for i in common], weights, partial)
            joint = ", ".join(series[i] for i in common)
            out.append(Shared(f"log({name})", joint, "same_series", slope))
            continue
        out += _kin(name, terms.impact, meaning)
    return out


def _kin(name: str, impact: str, meaning: Scope) -> list[Shared]:
    """Sums of the same series, and kinship that the catalog names: one row for each relation."""
    found: dict[str, list[str]] = {}
    for one in overlap(name, impact, meaning):
        pair = one.left if one.left == one.right else f"{one.left} / {one.right}"
        found.setdefault(one.relation, []).append(pair)
    return [Shared(f"log({name})", ", ".join(v), k, np.nan) for k, v in found.items()]


def _by_arithmetic(
    panel: Panel, name: str, series: Sequence[str], weights: Array, partial: Partial
) -> float:
    meaning = scope(panel.level)
    parts = [evaluate(f"log({s})", panel, meaning).values for s in series]
    whole = evaluate(f"log({name})", panel, meaning).values
    common = np.stack(parts, axis=-1)
    rest = whole - common @ weights[:, 1]
    left = partial(np.concatenate([common, rest[..., None]], axis=-1), f"log({name})")
    variance = (left**2).sum(axis=(0, 1))
    a, p, v = weights[:, 0], weights[:, 1], variance[:-1]
    return float((a * p * v).sum() / ((p**2 * v).sum() + variance[-1]))


def _no_logarithm(panel: Panel, names: Sequence[str], values: Array) -> ZhihengError:
    rows = panel.cells(values <= 0, values, variable=names)
    return ZhihengError(
        "M945",
        Text(
            "有 {n} 个值不大于零，没有对数。", "{n} values are not above zero: no logarithm exists."
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "换一个变量；不大于零的技术变量写进 controls，不取对数。",
            "Choose another variable; put a technology that is not above zero into controls, where "
            "no logarithm is taken.",
        ),
    )
