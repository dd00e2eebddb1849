"""Global statistics on panels: tables, weights in parameters, gaps, islands, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import zhiheng as zh
from zhiheng.catalog.spatial import from_pairs
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.moran import moran
from zhiheng.kernels import autocorrelation as kernel
from zhiheng.kernels.links import Links

# A different order of sums.
ROUNDING = 1e-10

N = 10
RING = from_pairs([(f"r{i}", f"r{(i + 1) % N}") for i in range(N)], name="ring")


def panel(values, names=None):
    y = np.asarray(values, dtype=float)
    return Panel.of(
        {"y": y, "x": y[::-1] + 1.0},
        entities=names or [f"r{i}" for i in range(len(y))],
        periods=list(range(2000, 2000 + y.shape[1])),
        units={"y": "1", "x": "1"},
    )


def smooth(periods=3):
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(N) / N * 2 * np.pi)[:, None]
    return panel(5 + wave + 0.1 * rng.normal(size=(N, periods)))


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        moran(*args, **options)
    assert caught.value.code == code
    return caught.value


def codes(result):
    return {note.code for note in result.notes}


def test_each_period_equals_the_kernel():
    data = smooth()
    found = moran(data, variable="y", spatial=RING, permutations=99).table("global")
    links = Links(RING.starts, RING.columns, RING.values)
    for t in range(3):
        want = kernel.moran(data.array("y")[:, t], links)
        row = found.iloc[t]
        assert row.moran == pytest.approx(want.value, abs=ROUNDING)
        assert row.variance_random == pytest.approx(want.variance_random, rel=ROUNDING)
        assert row.p_value == pytest.approx(want.p(), rel=1e-8)
        assert row.p_permutation == pytest.approx(0.01)
    assert list(found.period) == [2000, 2001, 2002]
    rows = moran(data, variable="y", spatial=RING, permutations=0).table("moments")
    by = rows.set_index(["period", "item"])
    for name, kind in (("geary", kernel.geary), ("moran", kernel.moran)):
        want = kind(data.array("y")[:, 1], links)
        assert by.loc[(2001, name), "value"] == pytest.approx(want.value, abs=ROUNDING)
        assert by.loc[(2001, name), "z_normal"] == pytest.approx(want.z(normal=True), rel=1e-8)
    binary = Links(RING.starts, RING.columns, np.ones(len(RING.columns)))
    g = kernel.getis_ord(data.array("y")[:, 1], binary)
    assert by.loc[(2001, "getis_ord"), "p_value"] == pytest.approx(g.p(), rel=1e-6)


def test_one_period_is_enough():
    found = moran(smooth(1), variable="y", spatial=RING, permutations=9)
    assert len(found.table("global")) == 1
    assert [f.name for f in found.figures] == ["scatter"]


def test_the_slope_of_the_scatter_is_the_index():
    found = moran(smooth(), variable="y", spatial=RING, permutations=0)
    points = found.table("scatter").query("period == 2002")
    slope = np.polyfit(points.standardised, points.neighbours, 1)[0]
    assert slope == pytest.approx(found.table("global").moran.iloc[-1], abs=ROUNDING)
    assert found.table("global").p_permutation.isna().all()


def test_weights_objects_are_written_into_parameters_as_name_and_hash():
    found = moran(smooth(), variable="y", spatial=RING, permutations=0)
    assert found.params["spatial"] == {"name": "ring", "hash": RING.hash}
    assert found.params["weights"]["standardisation"] == "row"


def test_weights_by_name_are_written_with_the_hash_of_what_was_used():
    data = zh.data("provinces").select(periods=[2022])
    found = moran(data, variable="urbanisation_rate", spatial="provinces", permutations=0)
    assert found.params["spatial"] == "provinces"
    assert found.params["weights"]["units"] == 31
    link = next(n for n in found.notes if n.code == "M868")
    assert "海南" in link.text.zh
    assert "Hainan" in link.text.en


def test_something_that_is_no_weights_is_refused_by_type():
    refused("M604", smooth(), variable="y", spatial=3)


def test_the_order_of_entities_does_not_matter_not_even_to_permutations():
    data = smooth()
    mixed = data.select(entities=tuple(reversed(data.entities)))
    one, two = (
        moran(p, variable="y", spatial=RING, permutations=99).table("global") for p in (data, mixed)
    )
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)


def test_dropped_gaps_leave_the_others_standardised_among_themselves():
    y = smooth().array("y").copy()
    y[3, 1] = np.nan
    refused("M800", panel(y), variable="y", spatial=RING)
    found = moran(panel(y), variable="y", spatial=RING, gaps="drop", permutations=0)
    assert list(found.table("global").n) == [10, 9, 10]
    rest = [f"r{i}" for i in range(N) if i != 3]
    part = RING.select(rest)
    want = kernel.moran(np.delete(y[:, 1], 3), Links(part.starts, part.columns, part.values))
    assert found.table("global").moran[1] == pytest.approx(want.value, abs=ROUNDING)


def test_a_unit_whose_neighbours_are_all_missing_is_an_island_of_that_period():
    y = smooth().array("y").copy()
    y[[2, 4], 1] = np.nan
    error = refused("M866", panel(y), variable="y", spatial=RING, gaps="drop")
    assert error.evidence[0]["entity"] == "r3"
    found = moran(panel(y), variable="y", spatial=RING, gaps="drop", islands="drop", permutations=0)
    assert list(found.table("global").n) == [10, 7, 10]
    assert "M882" in codes(found)


def test_a_period_without_any_value_is_left_out():
    y = smooth().array("y").copy()
    y[:, 1] = np.nan
    found = moran(panel(y), variable="y", spatial=RING, gaps="drop", permutations=0)
    assert list(found.table("global").period) == [2000, 2002]


def test_islands_that_are_dropped_are_named():
    names = [f"r{i}" for i in range(N)]
    w = from_pairs([(f"r{i}", f"r{i + 1}") for i in range(N - 2)], labels=names)
    error = refused("M866", smooth(), variable="y", spatial=w)
    assert error.evidence[0]["entity"] == "r9"
    found = moran(smooth(), variable="y", spatial=w, islands="drop", permutations=0)
    note = next(n for n in found.notes if n.code == "M882")
    assert "r9" in note.text.en
    assert set(found.table("global").n) == {9}


def test_a_constant_variable_is_refused_with_its_periods():
    y = smooth().array("y").copy()
    y[:, 1] = 3.0
    assert refused("M869", panel(y), variable="y", spatial=RING).evidence[0]["period"] == 2001


def test_few_units_are_refused():
    w = from_pairs([("r0", "r1"), ("r1", "r2"), ("r0", "r2")])
    refused("M881", panel(np.eye(3)), variable="y", spatial=w)


def test_negative_values_have_no_g_but_a_note():
    found = moran(smooth(), variable="y - 5", spatial=RING, permutations=9)
    assert found.table("global").getis_ord.isna().all()
    assert found.table("global").moran.notna().all()
    assert "M872" in codes(found)


def test_directed_weights_are_said():
    w = from_pairs([(f"r{i}", f"r{(i + 1) % N}") for i in range(N)], directed=True)
    assert "M871" in codes(moran(smooth(), variable="y", spatial=w, permutations=0))


def test_two_variables_give_a_permutation_p_only():
    found = moran(smooth(), variable="y", other="x", spatial=RING, permutations=99)
    row = found.table("global").iloc[0]
    assert np.isnan(row.p_value)
    assert 0 < row.p_permutation <= 1
    assert np.isnan(row.geary)


def test_one_sided_p_values_halve_or_turn():
    both, more, less = (
        moran(smooth(), variable="y", spatial=RING, permutations=99, alternative=a)
        .table("global")
        .iloc[0]
        for a in ("two_sided", "greater", "less")
    )
    assert more.p_value == pytest.approx(both.p_value / 2)
    assert less.p_value == pytest.approx(1 - more.p_value)
    assert less.p_permutation > 0.9


def test_permutations_out_of_range_are_refused():
    refused("M870", smooth(), variable="y", spatial=RING, permutations=-1)
