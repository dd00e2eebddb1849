"""A refusal says why and what remains, and what it names does run on the same data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import from_pairs
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.text import LANGS


def made(entities: int = 30, periods: int = 11, seed: int = 1) -> Panel:
    rng = np.random.default_rng(seed)
    size = (entities, periods)
    a, b, z = (rng.standard_normal(size) for _ in range(3))
    fixed = np.repeat(rng.standard_normal(entities)[:, None], periods, axis=1)
    common = np.repeat(np.arange(periods, dtype=float)[None], entities, axis=0)
    y = 0.5 * a + rng.standard_normal(size)
    columns = {"y": y, "a": a, "b": b, "z": z, "twin": 2 * a, "fixed": fixed, "common": common,
               "flat": np.ones(size), "wave": common + 0.001 * b}  # fmt: skip
    return Panel.of(
        columns,
        entities=[f"{i:02d}" for i in range(entities)],
        periods=range(2000, 2000 + periods),
        units=dict.fromkeys(columns, "1"),
    )


def ring(entities: int, standardisation: str = "row"):
    names = [f"{i:02d}" for i in range(entities)]
    pairs = [(names[i], names[(i + 1) % entities]) for i in range(entities)]
    return from_pairs(pairs, labels=names, standardisation=standardisation)


@dataclass(frozen=True)
class Case:
    """A call that is refused, the code, what the fix must name, and calls that remain."""

    code: str
    method: str
    options: dict[str, Any]
    named: tuple[str, ...]
    remains: tuple[tuple[str, dict[str, Any]], ...]
    panel: Callable[[], Panel] = made
    twice: dict[str, Any] = field(default_factory=dict)


OLS = {"outcome": "y", "regressors": ["a"]}
CASES = {
    "fewer than ten clusters": Case(
        "M701", "panel_ols", OLS, ("inequality", "sigma_convergence"),
        (("sigma_convergence", {"variable": "exp(y)"}), ("inequality", {"variable": "exp(y)"})),
        panel=lambda: made(9),
    ),
    "fewer than ten clusters, instruments": Case(
        "M701", "iv", {"outcome": "y", "endogenous": ["a"], "instruments": ["z"]},
        ("inequality",), (("inequality", {"variable": "exp(y)"}),), panel=lambda: made(9),
    ),
    "fewer than ten entities, dynamic": Case(
        "M716", "gmm", OLS, ("panel_ols",), (), panel=lambda: made(9),
    ),
    "too few periods, dynamic": Case(
        "M716", "gmm", OLS, ("panel_ols",), (("panel_ols", OLS),), panel=lambda: made(30, 2),
    ),
    "collinear": Case(
        "M703", "panel_ols", {"outcome": "y", "regressors": ["a", "twin"]}, ("index",),
        (("panel_ols", OLS), ("index", {"columns": {"a": "more", "twin": "more"}})),
    ),
    "collinear in a spatial model": Case(
        "M738", "spatial_panel",
        {"outcome": "y", "regressors": ["a", "twin"], "spatial": ring(30)}, ("sar", "sem"),
        (("spatial_panel", {**OLS, "spatial": ring(30), "model": "sar"}),),
    ),
    "no variation within entities": Case(
        "M702", "panel_ols", {"outcome": "y", "regressors": ["fixed"]}, ("effects=period",),
        (("panel_ols", {"outcome": "y", "regressors": ["fixed"], "effects": "period"}),),
    ),
    "no variation within periods": Case(
        "M702", "panel_ols", {"outcome": "y", "regressors": ["common"], "effects": "twoway"},
        ("effects=entity",),
        (("panel_ols", {"outcome": "y", "regressors": ["common"], "effects": "entity"}),),
    ),
    "an outcome without variation": Case(
        "M707", "panel_ols", {"outcome": "fixed", "regressors": ["a"]}, ("effects=period",),
        (("panel_ols", {"outcome": "fixed", "regressors": ["a"], "effects": "period"}),),
    ),
    "no variation in differences": Case(
        "M720", "gmm", {"outcome": "y", "regressors": ["fixed"]}, ("panel_ols",),
        (("panel_ols", {"outcome": "y", "regressors": ["fixed"], "effects": "period"}),),
    ),
    "no instrument for each": Case(
        "M710", "iv", {"outcome": "y", "endogenous": ["a", "b"], "instruments": ["z"]},
        ("panel_ols",), (("panel_ols", {"outcome": "y", "regressors": ["a", "b"]}),),
    ),
    "an instrument without information": Case(
        "M711", "iv", {"outcome": "y", "endogenous": ["a"], "instruments": ["fixed"]},
        ("panel_ols",), (("panel_ols", OLS),),
    ),
    "an instrument that is the outcome": Case(
        "M712", "iv", {"outcome": "y", "endogenous": ["a"], "instruments": ["exp(y)"]},
        ("panel_ols", "arithmetic_null"), (("panel_ols", OLS),),
    ),
    "more instruments than entities": Case(
        "M718", "gmm", {**OLS, "gmm_lags": [2], "endogenous": ["a"]}, ("collapse=True", "gmm_lags"),
        (("gmm", {**OLS, "gmm_lags": [2, 3], "endogenous": ["a"], "collapse": True}),),
    ),
    "too few instruments, dynamic": Case(
        "M721", "gmm", {**OLS, "endogenous": ["a"], "lags": 3, "gmm_lags": [10]},
        ("gmm_lags", "panel_ols"),
        (("panel_ols", OLS),
         ("gmm", {**OLS, "endogenous": ["a"], "gmm_lags": [2, 4], "collapse": True})),
    ),
    "weights that are not row-standardised": Case(
        "M737", "spatial_panel",
        {**OLS, "spatial": ring(30, "none"), "effects": "twoway", "model": "sar"},
        ("effects=entity", "standardisation=row"),
        (("spatial_panel",
          {**OLS, "spatial": ring(30, "none"), "effects": "entity", "model": "sar"}),
         ("spatial_panel", {**OLS, "spatial": ring(30), "effects": "twoway", "model": "sar"})),
    ),
    "a singular spatial filter": Case(
        "M739", "spatial_panel",
        {"outcome": "wave", "regressors": ["a"], "spatial": ring(30), "effects": "entity",
         "model": "sar"}, ("slx",),
        (("spatial_panel", {"outcome": "wave", "regressors": ["a"], "spatial": ring(30),
                            "effects": "entity", "model": "slx"}),),
    ),
    "three regions": Case(
        "M740", "spatial_panel", {**OLS, "spatial": ring(4)}, ("moran", "lisa"),
        (("moran", {"variable": "y", "spatial": ring(4)}),), panel=lambda: made(4),
    ),
    "an identity": Case(
        "M708", "panel_ols", {"outcome": "log(exp(a) * exp(b))", "regressors": ["a", "b"]},
        ("overlap_audit",),
        (("overlap_audit", {"outcome": "log(exp(a) * exp(b))",
                            "columns": {"a": "more", "b": "more"}}),),
    ),
    "a mediator inside the treatment": Case(
        "M746", "mediation", {"outcome": "y", "treatment": "a + b", "mediators": ["2 * b"]},
        ("panel_ols",), (("panel_ols", {"outcome": "y", "regressors": ["a + b"]}),),
    ),
}  # fmt: skip


def refused(case: Case) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        methods[case.method](case.panel(), **case.options)
    return caught.value


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_says_why_and_names_what_remains(name):
    case, error = CASES[name], refused(CASES[name])
    assert error.code == case.code
    assert error.evidence, "the rows that it stands on are shown"
    for lang in LANGS:
        assert error.what[lang]
        assert error.fix is not None
        assert [word for word in case.named if word not in error.fix[lang]] == []


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.remains])
def test_what_remains_does_run_on_the_same_data(name):
    for method, options in CASES[name].remains:
        result = methods[method](CASES[name].panel(), **options)
        assert result.tables
        assert all(check.passed for check in result.checks)
