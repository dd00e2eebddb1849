"""Forensics against definitions, closed forms and laws."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.catalog.embedded import dataset
from zhiheng.kernels.forensics import decimals, prepare, quantile
from zhiheng.kernels.forensics_fills import from_chord, straight_runs
from zhiheng.kernels.forensics_moves import moves
from zhiheng.kernels.forensics_scan import scan

TIMES = np.arange(2001, 2021, dtype=np.float64)


def noisy(seed, entities=12, series=1, digits=2):
    """Rows that grow by two to eight per cent, published with two decimals."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(200, 900, size=(series, entities, 1))
    growth = rng.normal(0.05, 0.03, size=(series, entities, len(TIMES)))
    return np.round(level * np.exp(growth.cumsum(axis=2)), digits)


def placed(found, *, kind):
    return {
        (f.series, int(e), int(t))
        for f in found
        if f.kind == kind
        for e, t in zip(f.entities, f.periods, strict=True)
    }


def keys(found):
    return {(f.kind, f.series, *map(int, (e, t))) for f in found
            for e, t in zip(f.entities, f.periods, strict=True)}  # fmt: skip


def test_decimals_are_those_a_number_is_written_with():
    rng = np.random.default_rng(1)
    x = np.array(
        [
            round(v, int(d))
            for v, d in zip(rng.lognormal(5, 2, 500), rng.integers(0, 5, 500), strict=True)
        ]
    )
    x = np.append(x[x > 0], [1200.0, 1e8, 0.5, 1 / 3, 12345678901.0])
    wanted = [-Decimal(repr(float(v))).normalize().as_tuple().exponent for v in x[:-2]]
    got = decimals(x)
    assert np.isinf(got[-2:]).all()
    assert np.array_equal(got[:-2], np.array(wanted, dtype=float))


def test_quantiles_of_rows_with_gaps_equal_numpy():
    rng = np.random.default_rng(2)
    x = np.where(rng.random((4, 5, 9)) < 0.3, np.nan, rng.normal(size=(4, 5, 9)))
    for q in (0.25, 0.5, 0.75):
        assert np.allclose(quantile(x, q), np.nanquantile(x, q, axis=2), atol=1e-15)


def test_straight_runs_equal_a_plain_loop():
    """Every maximal run whose cells all lie on the chord, in a panel without rounding."""
    rng = np.random.default_rng(3)
    v = rng.normal(size=(2, 8, len(TIMES)))
    for s, e, a, n in ((0, 1, 3, 4), (0, 5, 9, 2), (1, 2, 1, 7), (1, 2, 12, 1)):
        v[s, e, a : a + n] = np.interp(
            TIMES[a : a + n], TIMES[[a - 1, a + n]], v[s, e, [a - 1, a + n]]
        )
    found = straight_runs(prepare(v, TIMES), v, prepare(v, TIMES).slack)
    got = set(
        zip(
            *(x.tolist() for x in (found.series, found.entity, found.first, found.length)),
            strict=True,
        )
    )
    brute = set()
    for s, e in np.ndindex(2, 8):
        t = 1
        while t < len(TIMES) - 1:
            n = 0
            while t + n < len(TIMES) - 1 and on_line(v[s, e], t, n + 1):
                n += 1
            if n:
                brute.add((s, e, t, n))
            t += max(n, 1)
    assert got == brute == {(0, 1, 3, 4), (0, 5, 9, 2), (1, 2, 1, 7), (1, 2, 12, 1)}


def on_line(row, first, n):
    a, b = first - 1, first + n
    line = row[a] + (np.arange(first, b) - a) / (b - a) * (row[b] - row[a])
    return bool(np.abs(row[first:b] - line).max() < 1e-9)  # noqa: PLR2004


def test_uneven_periods_are_interpolated_in_time_not_in_position():
    times = np.array([2000.0, 2005, 2006, 2010])
    v = np.array([[[1.0, 6.0, 7.0, 11.0]]])
    assert np.allclose(from_chord(v, times)[0, 0, 1:-1], 0)


PLANTS = {
    "linear": lambda r: np.round(np.linspace(r[4], r[8], 5)[1:-1], 2),
    "geometric": lambda r: np.round(np.geomspace(r[4], 2 * r[4], 5)[1:-1], 2),
    "frozen": lambda r: np.repeat(r[4], 3),
    "scale": lambda r: r[5:8] * 1000,
    "sign": lambda r: -r[5:8],
    "zero": lambda r: r[5:8] * 0,
}


@pytest.mark.parametrize("kind", PLANTS)
def test_a_constructed_fault_is_found_at_its_cells_and_nowhere_else(kind):
    v = noisy(4)
    if kind == "geometric":
        v[0, 3, 8:] *= 2 * v[0, 3, 4] / v[0, 3, 8]
        v[0, 3, 8] = np.round(2 * v[0, 3, 4], 2)
    assert placed(scan(noisy(4), TIMES), kind=kind) == set()
    v[0, 3, 5:8] = PLANTS[kind](v[0, 3])
    assert placed(scan(v, TIMES), kind=kind) == {(0, 3, t) for t in (5, 6, 7)}


def test_copies_are_found():
    v = noisy(5, series=6)
    v[2, 4, 6:11] = v[2, 9, 6:11]
    v[:5, 1, 15] = v[:5, 7, 15]
    v[3, :, 12] = v[3, :, 10]
    v = np.concatenate([v, v[:1] * 10])
    found = scan(v, TIMES)
    assert placed(found, kind="copied_entity") == {(2, e, t) for e in (4, 9) for t in range(6, 11)}
    assert placed(found, kind="copied_block") >= {(s, e, 15) for s in range(5) for e in (1, 7)}
    assert placed(found, kind="copied_year") == {(3, e, 12) for e in range(12)}
    (twin,) = [f for f in found if f.kind == "twin_series"]
    assert (twin.series, twin.facts["mate"], round(twin.facts["ratio"])) == (6, 0, 10)


def test_series_wide_faults_are_found():
    v = noisy(6, series=4)
    v[0, :, 15:] *= 10_000
    v[1, :, 8:] *= 1.6
    v[3] *= 30
    v[[2, 3], 3, 5:7] = v[[3, 2], 3, 5:7]
    found = scan(v, TIMES)
    assert placed(found, kind="unit_change") == {
        (0, e, t) for e in range(12) for t in range(15, 20)
    }
    assert placed(found, kind="rebased") == {(1, e, 8) for e in range(12)}
    assert placed(found, kind="swapped") == {(s, 3, t) for s in (2, 3) for t in (5, 6)}


def test_true_zeros_stay():
    v = noisy(7, series=2)
    v[0, 2] = 0.0
    v[0, 4, 12:] = 0.0  # one plant closes, alone
    v[0, 5, :6] = 0.0  # one opens
    v[0, 6:] *= np.linspace(0.001, 1, 6)[:, None]  # small entities exist as well
    assert placed(scan(v, TIMES), kind="zero") == set()


def test_an_attribute_that_never_moves_is_not_frozen():
    v = noisy(8)
    v[0] = v[0, :, :1]
    assert placed(scan(v, TIMES), kind="frozen") == set()


def test_rounded_figures_freeze_by_chance_without_being_called_frozen():
    panel = dataset("provinces")
    index = np.moveaxis(panel.select(series=("gdp_index_prev_100",)).values, 2, 0)
    same = (np.diff(index[0], axis=1) == 0).sum()
    assert same > 10  # noqa: PLR2004  the chance event is there
    assert (
        placed(scan(np.ascontiguousarray(index), np.array(panel.periods, float)), kind="frozen")
        == set()
    )


LAWS = settings(max_examples=25)


@LAWS
@given(seed=st.integers(0, 10_000))
def test_the_order_of_entities_does_not_matter(seed):
    v = spoilt(seed)
    order = np.random.default_rng(seed).permutation(v.shape[1])
    plain = {k for k in keys(scan(v, TIMES)) if k[0] != "swapped"}
    mixed = {
        (k, s, int(order[e]), t) for k, s, e, t in keys(scan(v[:, order], TIMES)) if k != "swapped"
    }
    assert plain == mixed


@LAWS
@given(seed=st.integers(0, 10_000), power=st.integers(-6, 9))
def test_a_change_of_unit_changes_no_finding(seed, power):
    v = spoilt(seed)
    assert keys(scan(v, TIMES)) == keys(scan(v * 10.0**power, TIMES))


@LAWS
@given(seed=st.integers(0, 10_000))
def test_nothing_planted_nothing_new(seed):
    v = spoilt(seed)
    before = v.copy()
    first = keys(scan(v, TIMES))
    assert np.array_equal(v, before)
    assert keys(scan(v, TIMES)) == first
    assert {k for k in keys(scan(noisy(seed), TIMES)) if k[0] not in ("jump", "outlier")} == set()


def spoilt(seed):
    """A panel with a few faults at random places."""
    rng = np.random.default_rng(seed)
    v = noisy(seed, series=2)
    e, t = rng.integers(0, 12, size=4), rng.integers(2, 14, size=4)
    v[0, e[0], t[0] : t[0] + 3] = np.round(
        np.linspace(v[0, e[0], t[0] - 1], v[0, e[0], t[0] + 3], 5)[1:-1], 2
    )
    v[0, e[1], t[1] : t[1] + 3] = v[0, e[1], t[1] - 1]
    v[1, e[2], t[2]] *= 100
    v[1, e[3], t[3]] *= -1
    return v


def test_gaps_and_empty_series_do_no_harm():
    v = noisy(9, series=3)
    v[1] = np.nan
    v[2, :, ::2] = np.nan
    v[0, 0, 3:9] = np.nan
    assert {k for k in keys(scan(v, TIMES)) if k[0] not in ("jump", "outlier")} == set()
    assert np.isnan(moves(prepare(v, TIMES)).log[1]).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 2), (2, 1, 3), (1, 3, 4)])
def test_small_panels_are_checked_without_complaint(shape):
    assert isinstance(
        scan(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), TIMES[: shape[2]]), list
    )
