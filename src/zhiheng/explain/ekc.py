"""Environmental Kuznets curves: where a fitted curve turns, and whether it truly does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.boundaries import refuse_mixed
from zhiheng.catalog.scope import scope
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import ekc_wording, wording
from zhiheng.explain.current_money import nominal_notes
from zhiheng.explain.panel_ols import ROUNDING
from zhiheng.explain.regression import Fitted, Model, check_model, estimate
from zhiheng.explain.threshold_input import out_of_range
from zhiheng.explain.threshold_wording import few_clusters
from zhiheng.explain.variables import Gaps, Variables, dropped_rows, read_variables
from zhiheng.kernels.panel_ols import Effects, covariance, factor, parameters
from zhiheng.kernels.turning import (
    combinations,
    delta_errors,
    flat_set,
    gradient,
    one_sided,
    powers,
    recentring,
    turning_points,
)

Array = NDArray[np.float64]
POINTS = 101
"""Points of the drawn curve."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted polynomial in ``z = (x - centre) / scale``, and the data it stands on.

    Attributes
    ----------
    beta, cov : ndarray, shapes (degree,) and (degree, degree)
        The polynomial's part of coefficients and clustered covariance, in z.
    x : ndarray, shape (n,)
        The regressor in the rows of the estimation.
    """

    fitted: Fitted
    beta: Array
    cov: Array
    x: Array
    centre: float
    scale: float
    level: float

    @property
    def degree(self) -> int:
        """2 or 3."""
        return len(self.beta)

    @property
    def df(self) -> int:
        """Degrees of freedom: clusters less one."""
        return self.fitted.fit.clusters - 1

    @property
    def quantile(self) -> float:
        """The two-sided t quantile."""
        return float(stats.t.ppf(1 - self.level / 2, self.df))

    def z(self, x: Array) -> Array:
        """Points on the scale of the fit."""
        return (x - self.centre) / self.scale

    def back(self, z: Array) -> Array:
        """Points on the scale of the data."""
        return self.centre + self.scale * z

    def ends(self) -> Array:
        """Lowest and highest value of the regressor."""
        return np.array([self.x.min(), self.x.max()])


@method(zh="环境库兹涅茨曲线：拐点及其区间、U 形检验（Lind–Mehlum）与 N 形检验", example="regions")
def ekc(
    panel: Panel,
    *,
    outcome: str,
    regressor: str,
    controls: Sequence[str] = (),
    degree: int = 2,
    effects: Effects = "twoway",
    boundaries: Mapping[str, str] | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.05,
) -> Result:
    """Fit a quadratic or cubic in one variable and test whether it turns inside the data.

    Use it before a U shape, an inverted U or an N is spoken of: significant
    powers do not make one, since a curve that only flattens is fitted by a
    parabola too. Do not use it as proof of a mechanism, nor with a turning point
    that few regions have passed; with trending series compare first differences.

    Parameters
    ----------
    panel : Panel
    outcome : str
        A series or an expression, such as ``log(co2 / population)``.
    regressor : str
        Its powers are formed here; write ``log(...)`` if the curve is in logarithms.
    controls : list of str
    degree : int
        2 for a U or an inverted U, 3 for an N.
    effects : {"twoway", "entity", "period", "none"}
        As in `panel_ols`.
    boundaries : mapping, optional
        Boundary of series of your own, such as ``{"co2": "territorial"}``.
    gaps : {"refuse", "drop"}
        What to do with rows in which a variable is missing.
    level : float
        Level of tests and intervals.

    Raises
    ------
    ZhihengError
        C432 two boundaries, M704 gaps, M727 an option out of range, and the refusals of
        `panel_ols` (M701–M708).

    References
    ----------
    Sasabuchi (1980), Biometrika 67:429; Lind and Mehlum (2010), Oxf. Bull. Econ. Stat.
    72:109; Fieller (1954), J. R. Stat. Soc. B 16:175; Grossman and Krueger (1995),
    Q. J. Econ. 110:353 (all recalled).
    """
    others = (controls,) if isinstance(controls, str) else tuple(controls)
    check_model(Model(outcome, (regressor, *others), effects))
    _check(degree, level)
    variables = [outcome, regressor, *others]
    refuse_mixed(variables, scope(panel.level), panel=panel, declared=boundaries)
    data = read_variables(panel, variables, gaps=gaps)
    terms = ekc_wording.terms(regressor, degree)
    model = Model(outcome, (*terms, *others), effects)
    curve = _fit(panel, data, model, degree, level)
    turns, shape_test = _turning_table(curve), _shape_test(curve)
    shape = _shape(curve, shape_test)
    tables = {
        "coefficients": _coefficients(curve, model),
        "turning_point": turns,
        "turning_set": _turning_set(curve),
        "shape_test": shape_test,
        "shape": shape,
        "fit": _fit_table(curve),
        "curve": _curve(curve),
    }
    notes: list[Note] = [
        *data.notes,
        *nominal_notes(panel, variables),
        *ekc_wording.notes(curve.degree, level, shape, tables["turning_set"]),
        wording.standard_errors(model.small_sample),
        few_clusters(),
        *wording.model_notes(model),
    ]
    if not curve.fitted.used.all():
        tables["dropped"] = dropped_rows(panel, curve.fitted.used)
        notes.append(wording.rows_dropped())
    inside = turns.columns["turning_point"][turns.columns["in_range"] == "yes"]
    figure = ekc_wording.curve_figure(regressor, [float(v) for v in inside])
    return Result(tables, (figure,), tuple(notes), _checks(curve), data.series)


def _check(degree: int, level: float) -> None:
    fair = {"degree": (degree, degree in (2, 3)), "level": (level, 0 < level < 1)}
    bad = [{"option": k, "value": v} for k, (v, fine) in fair.items() if not fine]
    if bad:
        fix = Text(
            "degree 为 2 或 3；level 在零与一之间。",
            "degree is 2 or 3; level lies between zero and one.",
        )
        raise out_of_range(bad, fix)


def _fit(panel: Panel, data: Variables, model: Model, degree: int, level: float) -> Curve:
    x = data.values[..., 1]
    seen = x[data.mask]
    centre = float(seen.mean()) if seen.size else 0.0
    scale = float(seen.std()) if seen.size else 0.0
    scale = scale if scale > 0 else 1.0  # a flat regressor is refused by name below
    z = np.where(data.mask, (x - centre) / scale, 0.0)
    columns = [data.values[..., :1], powers(z, degree), data.values[..., 2:]]
    values = np.concatenate(columns, axis=-1) * data.mask[..., None]
    fitted = estimate(panel, replace(data, values=values), model)
    cov = covariance(fitted.fit) * factor(fitted.fit, model.small_sample)
    inside = x[fitted.used]
    beta = fitted.fit.beta[:degree]
    return Curve(fitted, beta, cov[:degree, :degree], inside, centre, scale, level)


def _wide(curve: Curve, weights: Array) -> Array:
    """Weights on the polynomial's coefficients, padded with zeros for the controls."""
    return np.pad(weights, ((0, 0), (0, len(curve.fitted.fit.beta) - curve.degree)))


def _coefficients(curve: Curve, model: Model) -> Table:
    fit, k = curve.fitted.fit, len(curve.fitted.fit.beta)
    weights = np.eye(k)
    weights[: curve.degree, : curve.degree] = recentring(curve.centre, curve.scale, curve.degree)
    cov = covariance(fit) * factor(fit, model.small_sample)
    few = combinations(fit, weights)
    se = np.sqrt(np.einsum("mi,ij,mj->m", weights, cov, weights))
    half = curve.quantile * se
    return Table.of(
        ("term",),
        term=model.regressors,
        estimate=few.estimate,
        std_error=se,
        statistic=few.estimate / se,
        p_value=2 * stats.t.sf(np.abs(few.estimate / se), curve.df),
        ci_low=few.estimate - half,
        ci_high=few.estimate + half,
        std_error_cr2=few.std_error,
        df_few=few.df,
        p_few=2 * stats.t.sf(np.abs(few.estimate / few.std_error), few.df),
    )


def _turning_table(curve: Curve) -> Table:
    z = turning_points(curve.beta)
    points, error = curve.back(z), curve.scale * delta_errors(curve.beta, curve.cov, z)
    low, high = curve.ends()
    pieces = [_piece(curve, at) for at in z]
    return Table.of(
        ("number",),
        number=np.arange(1, len(z) + 1),
        turning_point=points,
        extremum=["minimum" if c > 0 else "maximum" for c in _second(curve, z)],
        std_error_delta=error,
        delta_low=points - curve.quantile * error,
        delta_high=points + curve.quantile * error,
        fieller_low=np.array([a for a, _ in pieces]),
        fieller_high=np.array([b for _, b in pieces]),
        in_range=["yes" if low < p < high else "no" for p in points],
        set_in_range=["yes" if a > low and b < high else "no" for a, b in pieces],
        share_below=np.array([(curve.x <= p).mean() for p in points]),
    )


def _second(curve: Curve, z: Array) -> Array:
    """The second derivative at points."""
    k = np.arange(2, curve.degree + 1)
    return (z[:, None] ** (k - 2) * (k * (k - 1))) @ curve.beta[1:]


def _pieces(curve: Curve) -> list[tuple[float, float]]:
    return flat_set(curve.beta, curve.cov, curve.quantile)


def _piece(curve: Curve, z: float) -> tuple[float, float]:
    """The part of the set that holds a turning point; infinite where it has no end."""
    for low, high in _pieces(curve):
        if low <= z <= high:
            return _end(curve, low), _end(curve, high)
    return np.nan, np.nan


def _end(curve: Curve, z: float) -> float:
    """In units of the regressor; a set that is open on a side has no end there."""
    return float(curve.back(np.array([z]))[0]) if np.isfinite(z) else z


def _turning_set(curve: Curve) -> Table:
    pieces = _pieces(curve)
    return Table.of(
        ("number",),
        number=np.arange(1, len(pieces) + 1),
        low=np.array([_end(curve, a) for a, _ in pieces]),
        high=np.array([_end(curve, b) for _, b in pieces]),
    )


def _shape_test(curve: Curve) -> Table:
    ends = curve.z(curve.ends())
    upward = curve.beta[-1] > 0
    if curve.degree == 2:
        names, at = ["low", "high"], ends
        signs = np.array([-1.0, 1.0]) if upward else np.array([1.0, -1.0])
    else:
        middle = -curve.beta[1] / (3 * curve.beta[2])
        names, at = ["low", "inflection", "high"], np.array([ends[0], middle, ends[1]])
        signs = np.array([1.0, -1.0, 1.0]) * (1 if upward else -1)
    weights = gradient(at, curve.degree) / curve.scale
    few = combinations(curve.fitted.fit, _wide(curve, weights))
    se = np.sqrt(np.einsum("mi,ij,mj->m", weights, curve.cov, weights))
    return Table.of(
        ("point",),
        point=names,
        at=curve.back(at),
        sign_tested=["+" if s > 0 else "-" for s in signs],
        slope_there=few.estimate,
        std_error=se,
        statistic=few.estimate / se,
        p_value=one_sided(few.estimate / se, signs, curve.df),
        std_error_cr2=few.std_error,
        df_few=few.df,
        p_few=one_sided(few.estimate / few.std_error, signs, few.df),
    )


def _shape(curve: Curve, tested: Table) -> Table:
    """The joint test: each slope has its sign, so the largest p counts; and turns lie inside."""
    p, p_few = (float(tested.columns[c].max()) for c in ("p_value", "p_few"))
    turns = curve.back(turning_points(curve.beta))
    low, high = curve.ends()
    inside = int(((turns > low) & (turns < high)).sum())
    name = {(2, True): "u", (2, False): "inverted_u", (3, True): "n", (3, False): "inverted_n"}
    stands = max(p, p_few) < curve.level and inside == curve.degree - 1
    shape = name[curve.degree, bool(curve.beta[-1] > 0)] if stands else "not_established"
    return Table.of(
        (),
        shape=[shape],
        p_value=np.array([p]),
        p_few=np.array([p_few]),
        turning_points=np.array([len(turns)]),
        turning_inside=np.array([inside]),
        range_low=np.array([low]),
        range_high=np.array([high]),
    )


def _fit_table(curve: Curve) -> Table:
    fit = curve.fitted.fit
    return Table.of(
        (),
        n=np.array([fit.rows]),
        entities=np.array([fit.clusters]),
        periods=np.array([int(fit.absorber.mask.any(axis=0).sum())]),
        df=np.array([curve.df]),
        parameters=np.array([parameters(fit, "stata")]),
        r2_within=np.array([fit.r2_within]),
        rows_dropped=np.array([int((~curve.fitted.used).sum())]),
    )


def _curve(curve: Curve) -> Table:
    low, high = (float(end) for end in curve.ends())
    at = np.linspace(low, high, POINTS)
    weights = powers(curve.z(at), curve.degree)  # zero at the mean of the regressor
    value = weights @ curve.beta
    half = curve.quantile * np.sqrt(np.einsum("mi,ij,mj->m", weights, curve.cov, weights))
    return Table.of(
        ("at",), at=at, fitted_difference=value, ci_low=value - half, ci_high=value + half
    )


def _checks(curve: Curve) -> tuple[Check, ...]:
    fit = curve.fitted.fit
    lengths = np.sqrt((fit.x**2).sum(axis=(0, 1))) * np.sqrt((fit.residuals**2).sum())
    cosines = np.einsum("epk,ep->k", fit.x, fit.residuals) / lengths
    checks = [Check(wording.NORMAL_CHECK, float(np.abs(cosines).max()), ROUNDING)]
    z = turning_points(curve.beta)
    if len(z):
        terms = gradient(z, curve.degree) * curve.beta
        worst = np.abs(terms.sum(axis=1)) / np.abs(terms).sum(axis=1)
        checks.append(Check(ekc_wording.FLAT_CHECK, float(worst.max()), ROUNDING))
    return tuple(checks)
