"""Local statistics on panels: clusters, flags, hot spots, the notes that go with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import zhiheng as zh
from zhiheng.catalog.spatial import from_pairs
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.lisa import lisa

SIDE = 7
NAMES = [f"c{i}{j}" for i in range(SIDE) for j in range(SIDE)]
GRID = from_pairs(
    [(f"c{i}{j}", f"c{i + 1}{j}") for i in range(SIDE - 1) for j in range(SIDE)]
    + [(f"c{i}{j}", f"c{i}{j + 1}") for i in range(SIDE) for j in range(SIDE - 1)],
    name="grid",
)


def board(noise=0.2, periods=1):
    """A plain with one hot corner."""
    rng = np.random.default_rng(0)
    y = 3 + noise * rng.normal(size=(SIDE, SIDE, periods))
    y[:3, :3] += 4.0
    return Panel.of(
        {"y": y.reshape(-1, periods), "x": rng.normal(size=(SIDE**2, periods))},
        entities=NAMES,
        periods=list(range(2000, 2000 + periods)),
        units={"y": "1", "x": "1"},
    )


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        lisa(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_a_hot_corner_is_found_and_flat_land_is_not():
    found = lisa(board(), variable="y", spatial=GRID).table("local").set_index("entity")
    assert found.loc["c11", "cluster"] == "HH"
    assert found.loc["c00", "quadrant"] == "HH"  # two neighbours are too few to be significant
    spots = lisa(board(), variable="y", spatial=GRID, permutations=99).table("hot_spots")
    spots = spots.set_index("entity")
    assert bool(spots.loc["c11", "gi_significant"])
    assert spots.loc["c66", "gi_star"] < 0
    assert (found.query("cluster == 'HL'")).empty


def test_flags_follow_quadrants_and_counts_add_up():
    result = lisa(board(periods=2), variable="y", spatial=GRID, permutations=999)
    local, clusters = result.table("local"), result.table("clusters")
    assert (local.cluster[local.significant] == local.quadrant[local.significant]).all()
    assert (local.cluster[~local.significant] == "NS").all()
    assert (clusters.groupby("period").members.sum() == SIDE**2).all()
    flagged = local.groupby("period").significant.sum()
    assert (clusters.groupby("period").significant_members.sum() == flagged).all()


def test_noise_alone_is_rarely_flagged():
    # the false discovery rate is 5 %: of forty maps of pure noise, two are expected to show
    # anything; six or more has a probability below 2 %
    rng, w = np.random.default_rng(5), GRID
    maps = Panel.of(
        {"y": rng.normal(size=(SIDE**2, 40))}, entities=NAMES, periods=list(range(40)), units={}
    )
    local = lisa(maps, variable="y", spatial=w, permutations=4999).table("local")
    assert (local.groupby("period").significant.sum() > 0).sum() < 6


def test_few_permutations_are_said_to_be_few():
    few = lisa(board(), variable="y", spatial=GRID, permutations=999)
    note = next(n for n in few.notes if n.code == "M875")
    assert "1959" in note.text.en
    many = lisa(board(), variable="y", spatial=GRID)
    assert "M875" not in {n.code for n in many.notes}


def test_the_order_of_entities_does_not_matter_not_even_to_permutations():
    data = board()
    mixed = data.select(entities=tuple(reversed(data.entities)))
    one, two = (
        lisa(p, variable="y", spatial=GRID, permutations=199).table("local").sort_values("entity")
        for p in (data, mixed)
    )
    pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True), rtol=1e-8)


def test_two_variables_have_no_hot_spots():
    found = lisa(board(), variable="y", other="x", spatial=GRID, permutations=99)
    assert "hot_spots" not in found.tables
    assert found.table("local").p_permutation.notna().all()


def test_provinces_get_a_map():
    data = zh.data("provinces").select(periods=[2022])
    found = lisa(data, variable="urbanisation_rate", spatial="provinces", permutations=99)
    assert [f.kind for f in found.figures] == ["tilemap", "scatter"]
    assert found.params["weights"]["name"] == "provinces"


def test_options_out_of_range_are_refused():
    refused("M870", board(), variable="y", spatial=GRID, permutations=9)
    refused("M820", board(), variable="y", spatial=GRID, level=2.0)
