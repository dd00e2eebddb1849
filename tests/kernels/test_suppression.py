"""Small cells: what is shown exposes no contributor, checked by brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.suppression import grouped


def sensitive(values, least, share):
    """The rule, contributor by contributor."""
    held = sorted((abs(v) for v in values if not np.isnan(v)), reverse=True)
    if not held:
        return False
    rest = sum(held[2:])
    return len(held) < least or rest < share * held[0] * (1 - 1e-9)


FIRMS = st.integers(1, 14)


@st.composite
def tables(draw):
    n, groups = draw(FIRMS), draw(st.integers(1, 5))
    values = draw(arrays(np.float64, (n, 2), elements=st.one_of(
        st.integers(0, 50).map(float), st.just(float("nan")))))  # fmt: skip
    group = draw(arrays(np.intp, n, elements=st.integers(0, groups - 1)))
    return values, group, groups, draw(st.integers(2, 4)), draw(st.sampled_from([0.0, 0.1, 0.3]))


@given(table=tables())
def test_what_is_shown_is_right_and_not_sensitive(table):
    values, group, groups, least, share = table
    found = grouped(values, group, groups, least=least, share=share)
    for g in range(groups):
        for c in range(values.shape[1]):
            inside = values[group == g, c]
            assert found.count[g, c] == (~np.isnan(inside)).sum()
            if found.count[g, c]:
                assert np.isclose(found.total[g, c], np.nansum(inside))
            if sensitive(inside, least, share):
                assert found.hidden[g, c]


@given(table=tables())
def test_what_is_hidden_cannot_be_had_from_the_total(table):
    """Total less what is shown is a sum that must be safe, unless nothing is shown at all."""
    values, group, groups, least, share = table
    found = grouped(values, group, groups, least=least, share=share)
    for c in range(values.shape[1]):
        hidden = np.flatnonzero(found.hidden[:, c])
        shown = (found.count[:, c] > 0) & ~found.hidden[:, c]
        if len(hidden) and shown.any():
            assert len(hidden) > 1
            inside = values[np.isin(group, hidden), c]
            assert not sensitive(inside, least, share)


@given(table=tables(), data=st.data())
def test_neither_order_nor_unit_matters(table, data):
    values, group, groups, least, share = table
    order = np.array(data.draw(st.permutations(range(len(values)))))
    one = grouped(values, group, groups, least=least, share=share)
    two = grouped(values[order] * 4.0, group[order], groups, least=least, share=share)
    np.testing.assert_array_equal(one.hidden, two.hidden)
    np.testing.assert_allclose(one.total * 4.0, two.total)


def test_large_groups_are_shown():
    rng = np.random.default_rng(1)
    found = grouped(rng.lognormal(size=(4000, 3)), rng.integers(0, 8, 4000), 8)
    assert not found.hidden.any()
