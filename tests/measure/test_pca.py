"""Principal components as a method: what it prints and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from index_cases import columns, made, panel_of

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.pca import pca

REFERENCE = Path(__file__).parents[1] / "reference" / "pca"


def crime():
    frame = pd.read_csv(REFERENCE / "input.csv")
    return Panel.from_frame(frame, entity="state", period="year")


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        pca(panel, **options)
    assert caught.value.code == code
    assert caught.value.evidence
    return caught.value


def test_the_tables_are_those_of_psych():
    panel = crime()
    found = pca(panel, columns=list(panel.series))
    expected = pd.read_csv(REFERENCE / "expected.csv")
    theirs = expected[expected["what"] == "eigenvalue"]["value"]
    np.testing.assert_allclose(found.table("eigenvalues")["eigenvalue"], theirs, atol=1e-12)
    tests = found.table("tests").set_index("test")
    for name, row in (("kmo", "kmo"), ("bartlett", "chi2")):
        value = expected[expected["what"] == row]["value"].item()
        assert tests.loc[name, "test_statistic"] == pytest.approx(value, rel=1e-12)
    assert all(check.passed for check in found.checks)
    assert "M699" not in {note.code for note in found.notes}


def test_scores_are_uncorrelated_and_correlate_with_indicators_as_loadings_say():
    panel = crime()
    found = pca(panel, columns=list(panel.series), draws=0)
    wide = found.table("scores").pivot(
        index="entity", columns="component", values="component_score"
    )
    scores = wide.loc[list(panel.entities)].to_numpy()
    np.testing.assert_allclose(np.corrcoef(scores.T), np.eye(2), atol=1e-10)
    loadings = found.table("loadings").set_index(["indicator", "component"])["loading"]
    for name in panel.series:
        r = np.corrcoef(panel.array(name)[:, 0], scores[:, 0])[0, 1]
        assert r == pytest.approx(loadings[name, 1], abs=1e-10)
    assert found.table("eigenvalues")["parallel"].isna().all()


def test_a_direction_turns_loadings_and_nothing_else():
    panel = made((9, 3, 4))
    one = pca(panel, columns=list(panel.series))
    less = pca(panel, columns=columns(panel, ["less", "more", "more", "more"]))
    for name in ("eigenvalue", "parallel"):
        np.testing.assert_allclose(
            one.table("eigenvalues")[name], less.table("eigenvalues")[name], atol=1e-10
        )
    np.testing.assert_allclose(
        one.table("loadings")["communality"], less.table("loadings")["communality"], atol=1e-10
    )


def test_indicators_without_anything_in_common_are_flagged():
    panel = panel_of(np.random.default_rng(0).normal(size=(40, 1, 4)))
    assert "M699" in {note.code for note in pca(panel, columns=list(panel.series)).notes}


def test_what_cannot_be_inverted_is_refused_by_name():
    x = np.random.default_rng(1).lognormal(size=(9, 2, 4))
    flat, bound = x.copy(), x.copy()
    flat[..., 2] = 3.0
    bound[..., 3] = x[..., 0] + 2 * x[..., 1]
    error = refused("M695", panel_of(flat), columns=["x0", "x1", "x2"])
    assert [row["indicator"] for row in error.evidence] == ["x2"]
    error = refused("M695", panel_of(bound), columns=["x0", "x1", "x2", "x3"])
    assert [row["indicator"] for row in error.evidence] == ["x0", "x1", "x3"]
    refused("M695", panel_of(x), columns=["x0"])
    refused("M695", panel_of(x[:2, :1]), columns=["x0", "x1"])
    refused("M628", panel_of(x), columns=["x0", "x1"], draws=-1)
