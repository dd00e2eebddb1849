"""Treatment of outliers: laws, and the definition in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from zhiheng.kernels.treatment import OutlierRule, treat, winsorise

RULE = OutlierRule(skewness=2.0, kurtosis=3.5, most=5)
HOWS = ("skew_kurtosis", "winsorise", "log", "box_cox")
# logarithms and moments of a few dozen values
CLOSE = 1e-9

columns = arrays(np.float64, (12, 2, 2), elements=st.floats(-100, 100, width=32), unique=True)


def made(seed=0, tail=40.0):
    x = np.random.default_rng(seed).normal(size=(20, 2, 3))
    x[0, 0, 1] = tail
    x[3, 1, 1] = tail * 1.5
    return x


def plain_winsorise(x, rule):
    """One point at a time, as the definition says it."""
    x, moved = list(x), set()
    while len(moved) < rule.most:
        skew, kurt = stats.skew(x, bias=False), stats.kurtosis(x, bias=False)
        if not (abs(skew) > rule.skewness and kurt > rule.kurtosis):
            break
        end = max(x) if skew >= 0 else min(x)
        rest = [v for v in x if v != end]
        to = max(rest) if skew >= 0 else min(rest)
        moved |= {i for i, v in enumerate(x) if v == end}
        x = [to if v == end else v for v in x]
    return np.array(x), moved


@pytest.mark.parametrize("seed", range(20))
def test_winsorising_equals_the_definition_point_by_point(seed):
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(size=25), rng.normal(size=3) * 30 * rng.choice([-1, 1])])
    expected, moved = plain_winsorise(x, RULE)
    found, mask = winsorise(x, RULE)
    assert np.array_equal(found, expected)
    assert set(np.flatnonzero(mask)) == moved


def test_columns_that_pass_are_left_to_the_last_bit():
    x = made()
    found = treat(x, "skew_kurtosis", RULE)
    assert found.actions == ("none", "winsorised", "none")
    assert np.array_equal(found.values[:, :, [0, 2]], x[:, :, [0, 2]])
    assert found.moved[:, :, 1].sum() == 2
    assert abs(found.after[0, 1]) <= RULE.skewness or found.after[1, 1] <= RULE.kurtosis


def test_the_rule_falls_back_to_a_logarithm_where_five_points_do_not_suffice():
    x = np.exp(np.random.default_rng(1).normal(size=(200, 1, 1)))
    found = treat(x, "skew_kurtosis", RULE)
    assert found.actions == ("log",)
    low, high = x.min(), x.max()
    assert np.allclose(found.values, np.log(x - low + 0.01 * (high - low)), rtol=CLOSE)
    assert treat(x, "winsorise", RULE).actions == ("not_passed",)


@given(columns, st.sampled_from(HOWS), st.floats(0.01, 100), st.floats(-50, 50))
def test_order_survives_every_treatment(x, how, factor, shift):
    found = treat(factor * x + shift, how, RULE).values.reshape(-1, 2)
    flat = x.reshape(-1, 2)
    for k in range(2):
        order = np.argsort(flat[:, k])
        assert (np.diff(found[order, k]) >= -CLOSE * np.abs(found[:, k]).max()).all()


@pytest.mark.parametrize("how", HOWS)
def test_a_mirrored_column_is_treated_alike(how):
    x = made()
    assert np.allclose(treat(-x, how, RULE).values, -treat(x, how, RULE).values, atol=CLOSE)


def test_a_column_that_does_not_vary_and_a_short_one_are_left_alone():
    x = np.ones((8, 1, 1))
    assert treat(x, "skew_kurtosis", RULE).actions == ("none",)
    few = np.array([0.0, 0.0, 1e9]).reshape(3, 1, 1)
    assert treat(few, "skew_kurtosis", RULE).actions == ("none",)
