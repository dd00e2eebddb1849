"""Gravity centres on panels: moves, projection, coordinates of every form, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import great_circle_km
from zhiheng.core.panel import Panel
from zhiheng.diagnose.ellipse import ellipse

REFERENCE = Path(__file__).parents[1] / "reference" / "ellipse"
PLACES = {"110000": (116.4, 39.9), "310000": (121.5, 31.2), "440000": (113.3, 23.1),
          "510000": (104.1, 30.7)}  # fmt: skip
FOUR = zh.data("provinces").select(entities=list(PLACES), periods=[2018, 2020, 2022])


def panel(values, names=None, periods=None):
    y = np.asarray(values, dtype=float)
    return Panel.of(
        {"y": y},
        entities=names or [f"p{i}" for i in range(len(y))],
        periods=periods or list(range(2000, 2000 + y.shape[1])),
        units={"y": "1"},
    )


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        ellipse(*args, **options)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize("convention", ["crimestat", "yuill"])
def test_planes_equal_the_stored_ellipses_of_pointpats(convention):
    case = json.loads((REFERENCE / "expected.json").read_text("utf-8"))["cases"][1]
    weights = np.array(case["weights"])[:, None]
    data = panel(weights)
    at = {f"p{i}": place for i, place in enumerate(case["at"])}
    found = ellipse(
        data, variable="y", coordinates=at, projection="none", convention=convention
    ).table("ellipse")
    assert found.semi_major[0] == pytest.approx(case[convention]["major"], rel=1e-10)
    assert found.semi_minor[0] == pytest.approx(case[convention]["minor"], rel=1e-10)
    assert found.x_east[0] == pytest.approx(case["centre"][0])


def test_moves_are_great_circles_between_the_centres():
    found = ellipse(FOUR, variable="gdp_current", coordinates=PLACES)
    centres = found.table("ellipse")[["longitude", "latitude"]].to_numpy()
    moves = found.table("migration")
    assert list(moves.period_from) == [2018, 2020]
    for i in range(2):
        want = great_circle_km(centres[i : i + 2])[0, 1]
        assert moves.centre_moved[i] == pytest.approx(want)
        assert moves.centre_moved_per_period[i] == pytest.approx(want / 2)
    # over so short a way the plane and the globe agree
    np.testing.assert_allclose(
        np.hypot(moves.moved_east, moves.moved_north), moves.centre_moved, rtol=0.01
    )
    assert all(check.passed for check in found.checks)


def test_the_centre_goes_to_whoever_grows():
    data = panel([[1.0, 1], [1, 1], [1, 5]])
    at = {"p0": (0.0, 0), "p1": (0, 90.5), "p2": (300.0, 0)}
    moves = ellipse(data, variable="y", coordinates=at, projection="none").table("migration")
    assert moves.moved_east[0] > 0
    assert 90 < moves.bearing[0] < 180  # east, and away from the one in the north


def test_a_constant_distribution_stands_still():
    data = panel(np.tile([[1.0], [2.0], [4.0]], (1, 3)) * [1, 2, 3])
    at = {"p0": (0.0, 0), "p1": (0, 5), "p2": (3.0, 0)}
    moves = ellipse(data, variable="y", coordinates=at, projection="none").table("migration")
    np.testing.assert_allclose(moves.centre_moved, 0, atol=1e-12)


def test_one_period_has_no_moves():
    found = ellipse(FOUR.select(periods=[2020]), variable="gdp_current", coordinates=PLACES)
    assert len(found.table("ellipse")) == 1
    assert len(found.table("migration")) == 0


def test_names_and_codes_and_files_are_the_same_coordinates(tmp_path):
    file = tmp_path / "places.csv"
    rows = ["region,longitude,latitude", "北京,116.4,39.9", "Shanghai,121.5,31.2",
            "440000,113.3,23.1", "四川,104.1,30.7"]  # fmt: skip
    file.write_text("\n".join(rows), "utf-8")
    one = ellipse(FOUR, variable="gdp_current", coordinates=PLACES)
    two = ellipse(FOUR, variable="gdp_current", coordinates=str(file))
    for name in one.tables:
        assert one.table(name).equals(two.table(name))


def test_coordinates_that_cannot_be_are_refused_by_name(tmp_path):
    some = {k: v for k, v in PLACES.items() if k != "440000"}
    assert refused("M877", FOUR, variable="gdp_current", coordinates=some).evidence[0][
        "entity"
    ] == "440000"  # fmt: skip
    swapped = {k: (v[1], v[0]) for k, v in PLACES.items()}
    refused("M877", FOUR, variable="gdp_current", coordinates=swapped)
    refused("M877", FOUR, variable="gdp_current", coordinates=PLACES | {"310000": (1.0,)})
    refused("M877", FOUR, variable="gdp_current", coordinates=PLACES | {"310000": "east"})
    refused("M877", FOUR, variable="gdp_current", coordinates=PLACES | {"310000": None})
    refused("M877", FOUR, variable="gdp_current", coordinates="nowhere.csv")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("region,x,y\n北京,116.4\n", "utf-8")
    assert refused("M877", FOUR, variable="gdp_current", coordinates=str(wrong)).evidence


def test_degrees_on_a_plane_are_cautioned():
    found = ellipse(FOUR, variable="gdp_current", coordinates=PLACES, projection="none")
    assert "M878" in {n.code for n in found.notes}
    assert "x_east" in found.tables["ellipse"].columns


def test_negative_weights_and_empty_periods_are_refused():
    at = {"p0": (0.0, 0), "p1": (0, 5), "p2": (3.0, 0)}
    error = refused("M883", panel([[1.0], [-2], [3]]), variable="y", coordinates=at)
    assert error.evidence[0]["entity"] == "p1"
    refused("M883", panel([[0.0], [0], [0]]), variable="y", coordinates=at)
    refused("M881", panel([[1.0], [2]]), variable="y", coordinates=at)
