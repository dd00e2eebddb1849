"""Ellipses and projections: pointpats stored, closed forms, laws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.core.neighbours import great_circle_km
from zhiheng.kernels.ellipse import Projection, bearing, ellipses

REFERENCE = Path(__file__).parents[1] / "reference" / "ellipse"
STORED = json.loads((REFERENCE / "expected.json").read_text("utf-8"))["cases"]

# Square roots of eigenvalues of two-by-two matrices.
ROUNDING = 1e-10
# Degrees: an inverse tangent of a difference of sums.
ANGLE = 1e-6

unhurried = settings(deadline=None)
seeds = st.integers(0, 2**32 - 1)


def made(seed, n=9, periods=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)) * [3, 1], rng.gamma(2.0, size=(periods, n))


@pytest.mark.parametrize("number", range(len(STORED)))
@pytest.mark.parametrize("convention", ["crimestat", "yuill"])
def test_ellipses_equal_the_stored_ones_of_pointpats(number, convention):
    case = STORED[number]
    found = ellipses(
        np.array(case["at"]), np.array([case["weights"]]), corrected=convention == "crimestat"
    )
    want = case[convention]
    np.testing.assert_allclose(found.centre[0], case["centre"], rtol=ROUNDING)
    assert found.major[0] == pytest.approx(want["major"], rel=ROUNDING)
    assert found.minor[0] == pytest.approx(want["minor"], rel=ROUNDING)
    turned = (found.rotation[0] - want["rotation"] + 90) % 180 - 90
    assert turned == pytest.approx(0, abs=ANGLE)


def test_four_places_on_the_axes_have_a_closed_form():
    at = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]])
    found = ellipses(at, np.ones((1, 4)), corrected=False)
    assert found.major[0] == pytest.approx(np.sqrt(2))
    assert found.minor[0] == pytest.approx(np.sqrt(0.5))
    assert found.rotation[0] == pytest.approx(90)  # east and west
    assert found.area[0] == pytest.approx(np.pi)


def test_a_round_spread_has_no_direction():
    at = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert np.isnan(ellipses(at, np.ones((1, 4)), corrected=False).rotation[0])


@unhurried
@given(seeds, st.floats(0.01, 100))
def test_the_unit_of_weights_does_not_matter(seed, scale):
    at, w = made(seed)
    one, two = ellipses(at, w, corrected=True), ellipses(at, scale * w, corrected=True)
    np.testing.assert_allclose(two.major, one.major, rtol=ROUNDING)
    np.testing.assert_allclose(two.centre, one.centre, rtol=1e-8, atol=1e-10)


@unhurried
@given(seeds, st.floats(0, 360))
def test_turning_the_plane_turns_the_ellipse(seed, angle):
    at, w = made(seed)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = at @ np.array([[c, -s], [s, c]])  # clockwise
    one, two = ellipses(at, w, corrected=False), ellipses(turned, w, corrected=False)
    np.testing.assert_allclose(two.major, one.major, rtol=1e-8)
    gap = (two.rotation - one.rotation - angle + 90) % 180 - 90
    np.testing.assert_allclose(gap, 0, atol=1e-4)


@unhurried
@given(seeds)
def test_axes_are_the_spread_along_their_own_direction(seed):
    at, w = made(seed, periods=1)
    found = ellipses(at, w, corrected=False)
    a = np.radians(found.rotation[0])
    along = (at - found.centre[0]) @ np.array([np.sin(a), np.cos(a)])
    assert found.major[0] == pytest.approx(np.sqrt((w[0] * along**2).sum() / w.sum()), rel=1e-8)


@unhurried
@given(st.floats(-179, 179), st.floats(-80, 80), seeds)
def test_places_survive_the_projection_and_its_inverse(longitude, latitude, seed):
    rng = np.random.default_rng(seed)
    globe = Projection(longitude, latitude, 6371.0)
    near = np.array([longitude, latitude]) + rng.uniform(-8, 8, size=(5, 2))
    back = globe.to_globe(globe.to_plane(near))
    np.testing.assert_allclose(back, near, atol=1e-9)


def test_the_projection_keeps_areas_and_near_distances():
    globe = Projection(105.0, 35.0, 6371.0088)
    step = 1e-4
    for longitude, latitude in ((105.0, 35.0), (87.6, 43.8), (126.6, 45.8)):
        corner = np.array([[0, 0], [step, 0], [0, step]]) + [longitude, latitude]
        a, b, c = globe.to_plane(corner)
        area = abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])
        want = (np.radians(step) * 6371.0088) ** 2 * np.cos(np.radians(latitude))
        assert area == pytest.approx(want, rel=1e-4)
    at = np.array([[105.0, 35.0], [106.0, 36.0]])
    plane = globe.to_plane(at)
    assert np.hypot(*(plane[1] - plane[0])) == pytest.approx(great_circle_km(at)[0, 1], rel=1e-4)
    np.testing.assert_allclose(globe.to_plane(at)[0], 0, atol=1e-9)


def test_bearings_go_clockwise_from_north():
    steps = np.array([[0.0, 1], [1, 0], [0, -1], [-1, 0], [0, 0]])
    np.testing.assert_allclose(bearing(steps), [0, 90, 180, 270, np.nan])
