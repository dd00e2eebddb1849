"""Filling gaps: each rule against its definition in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.impute import fill

# means of a few numbers in another order
CLOSE = 1e-12
RULES = ("period_mean", "period_median", "group_mean", "carry", "interpolate")
GROUPS = np.array([0, 0, 1, 1, 1])
cells = arrays(
    np.float64, (5, 4, 2), elements=st.one_of(st.just(float("nan")), st.floats(-10, 10, width=32))
)


def plain(x, how):
    out = x.copy()
    entities, periods, items = x.shape
    for e, p, k in np.argwhere(np.isnan(x)):
        same = [i for i in range(entities) if how != "group_mean" or GROUPS[i] == GROUPS[e]]
        seen = [x[i, p, k] for i in same if not np.isnan(x[i, p, k])]
        before = [q for q in range(p) if not np.isnan(x[e, q, k])]
        after = [q for q in range(p + 1, periods) if not np.isnan(x[e, q, k])]
        if how in ("period_mean", "group_mean"):
            out[e, p, k] = np.mean(seen) if seen else np.nan
        elif how == "period_median":
            out[e, p, k] = np.median(seen) if seen else np.nan
        elif how == "carry":
            out[e, p, k] = x[e, before[-1], k] if before else np.nan
        elif before and after:
            a, b = before[-1], after[0]
            out[e, p, k] = x[e, a, k] + (p - a) / (b - a) * (x[e, b, k] - x[e, a, k])
    return out


@pytest.mark.parametrize("how", RULES)
@given(x=cells)
def test_each_rule_equals_its_definition_and_leaves_the_rest_a_gap(how, x):
    found = fill(x, how, groups=GROUPS)
    assert np.allclose(found, plain(x, how), atol=CLOSE, equal_nan=True)
    assert np.array_equal(found[~np.isnan(x)], x[~np.isnan(x)])
