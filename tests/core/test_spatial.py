"""Spatial weights: laws of the record, false pairs refused, ways to make them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array, csr_matrix

from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import (
    by_difference,
    from_matrix,
    from_pairs,
    great_circle_km,
    inverse_distance,
    k_nearest,
)
from zhiheng.core.spatial import SpatialWeights

# Quotients of small sums.
ROUNDING = 1e-12
# Eigenvalues of small dense matrices.
SOLVED = 1e-9

unhurried = settings(deadline=None, max_examples=40)


def refused(code, function, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        function(*args, **options)
    assert caught.value.code == code
    return caught.value


def made(seed, n=8):
    rng = np.random.default_rng(seed)
    raw = rng.random((n, n)) * (rng.random((n, n)) > 0.5)
    raw = np.triu(raw, 1)
    return from_matrix(raw + raw.T, [f"u{i}" for i in range(n)])


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_rows_sum_to_one_except_those_of_islands(seed):
    w = made(seed)
    rows = w.matrix.sum(axis=1)
    alone = np.isin(w.labels, w.islands)
    np.testing.assert_allclose(rows[~alone], 1, rtol=ROUNDING)
    np.testing.assert_array_equal(rows[alone], 0)


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_spectral_weights_have_a_spectral_radius_of_one_and_stay_symmetric(seed):
    w = made(seed).standardised("spectral").matrix
    np.testing.assert_allclose(w, w.T, rtol=ROUNDING)
    if w.any():
        assert np.abs(np.linalg.eigvals(w)).max() == pytest.approx(1, abs=SOLVED)


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_selecting_everything_in_another_order_and_back_changes_nothing(seed):
    w = made(seed)
    order = np.random.default_rng(seed).permutation(len(w))
    mixed = w.select([w.labels[i] for i in order])
    np.testing.assert_allclose(mixed.matrix, w.matrix[np.ix_(order, order)], rtol=ROUNDING)
    assert mixed.select(w.labels).hash == w.hash


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_sparse_and_dense_matrices_are_the_same_weights(seed):
    w = made(seed).standardised("none")
    for form in (csr_array, coo_array, csr_matrix):
        again = from_matrix(form(w.matrix), w.labels, standardisation="none")
        assert again.hash == w.hash


def test_a_part_is_standardised_among_itself():
    w = from_pairs([("a", "b"), ("b", "c"), ("c", "d")])
    part = w.select(["b", "c"])
    np.testing.assert_array_equal(part.matrix, [[0, 1], [1, 0]])


def test_hashes_tell_weights_apart_and_names_do_not_matter():
    one = from_pairs([("a", "b"), ("b", "c")])
    assert one.hash == from_pairs([("b", "a"), ("c", "b")], name="other").hash
    assert one.hash != from_pairs([("a", "b"), ("a", "c")]).hash
    assert one.hash != one.standardised("none").hash
    assert one.reference() == {"name": "pairs", "hash": one.hash}


def test_the_record_cannot_be_changed():
    w = from_pairs([("a", "b")])
    with pytest.raises(ValueError, match="read-only"):
        w.given[0] = 2


def test_pairs_count_in_both_directions_unless_directed():
    np.testing.assert_array_equal(from_pairs([("a", "b")]).matrix, [[0, 1], [1, 0]])
    np.testing.assert_array_equal(from_pairs([("a", "b")], directed=True).matrix, [[0, 1], [0, 0]])


def test_weights_of_pairs_are_kept():
    w = from_pairs([("a", "b", 2.0), ("a", "c", 1.0)], standardisation="none")
    np.testing.assert_array_equal(w.matrix, [[0, 2, 1], [2, 0, 0], [1, 0, 0]])


def test_a_unit_without_pairs_is_an_island():
    assert from_pairs([("a", "b")], labels=["a", "b", "c"]).islands == ("c",)


def test_false_pairs_are_refused_by_name():
    assert refused("M860", from_pairs, [("a", "a"), ("a", "b")]).evidence[0]["label"] == "a"
    error = refused("M861", from_pairs, [("ab", "cd"), ("ab", "ce")], labels=["ab", "cd"])
    assert error.evidence[0] == {"name": "ce", "nearest": "cd"}
    refused("M862", from_pairs, [("a", "b", -1.0)])
    refused("M862", from_pairs, [("a", "b", float("nan"))])
    refused("M863", from_pairs, [("a", "b", 1.0), ("b", "a", 2.0)])
    one_way = refused("M863", from_matrix, [[0, 1], [0, 0]], ["a", "b"])
    assert one_way.evidence[0] == {"from": "a", "to": "b"}
    refused("M864", from_matrix, [[0, 1], [1, 0]], ["a", "a"])
    refused("M864", from_matrix, [[0, 1], [1, 0]], ["a", "b", "c"])
    refused("M864", from_pairs, [])
    refused("M861", from_pairs, [("a",)])
    refused("M861", from_pairs, ["ab"])
    refused("M861", from_pairs, [("a", "b", "much")])
    refused("M864", from_matrix, [[0, 1], [1]], ["a", "b"])
    refused("M864", from_matrix, [0, 1], ["a", "b"])
    refused("M862", from_matrix, [[0, np.nan], [1, 0]], ["a", "b"], directed=True)
    refused("M865", from_pairs([("a", "b")]).select, ["a", "z"])


# ------------------------------------------------------------------ places

PLACES = {"a": (116.4, 39.9), "b": (117.2, 39.1), "c": (121.5, 31.2), "d": (113.3, 23.1)}


def test_distances_on_the_globe_follow_the_law_of_cosines():
    at = np.array(list(PLACES.values()))
    lon, lat = np.radians(at).T
    cosine = np.sin(lat[:, None]) * np.sin(lat) + np.cos(lat[:, None]) * np.cos(lat) * np.cos(
        lon[:, None] - lon
    )
    want = 6371.0088 * np.arccos(np.clip(cosine, -1, 1))
    np.testing.assert_allclose(great_circle_km(at), want, atol=1e-3)
    quarter = great_circle_km(np.array([[0.0, 0.0], [90.0, 0.0], [0.0, 90.0]]))
    np.testing.assert_allclose(quarter[0, 1:], 6371.0088 * np.pi / 2, rtol=ROUNDING)


def test_nearest_units_are_the_nearest_and_each_has_k():
    w = k_nearest(PLACES, 2)
    assert w.directed
    np.testing.assert_array_equal(np.diff(w.starts), 2)
    assert [w.labels[j] for j in w.columns[:2]] == ["b", "c"]
    refused("M870", k_nearest, PLACES, 4)
    refused("M870", k_nearest, PLACES, 0)


def test_equal_distances_are_broken_by_label_and_said():
    square = {"a": (0, 0), "b": (0, 1), "c": (1, 0), "d": (1, 1)}
    w = k_nearest(square, 1, great_circle=False)
    assert "a" in w.notes[0].en
    assert w.labels[w.columns[0]] == "b"
    assert not k_nearest(square, 3, great_circle=False).notes


def test_inverse_distances_fall_with_distance_and_end_at_the_cutoff():
    line = {"a": (0, 0), "b": (1, 0), "c": (3, 0)}
    w = inverse_distance(line, power=2, great_circle=False, standardisation="none").matrix
    np.testing.assert_allclose(w, [[0, 1, 1 / 9], [1, 0, 1 / 4], [1 / 9, 1 / 4, 0]])
    near = inverse_distance(line, cutoff=1.5, great_circle=False)
    assert near.islands == ("c",)


def test_differences_of_a_value_make_weights():
    w = by_difference({"a": 1.0, "b": 2.0, "c": 4.0}, standardisation="none").matrix
    np.testing.assert_allclose(w, [[0, 1, 1 / 3], [1, 0, 1 / 2], [1 / 3, 1 / 2, 0]])


def test_places_that_cannot_be_are_refused():
    refused("M877", k_nearest, {"a": (39.9, 116.4), "b": (31.2, 121.5)}, 1)  # swapped
    refused("M877", k_nearest, {"a": (1.0, 2.0)}, 1)
    refused("M877", k_nearest, {"a": (1.0, float("nan")), "b": (1.0, 2.0)}, 1)
    refused("M862", inverse_distance, {"a": (1, 1), "b": (1, 1), "c": (2, 2)})
    refused("M862", by_difference, {"a": 1.0, "b": 1.0})


def test_a_record_checks_what_it_is_given():
    with pytest.raises(ZhihengError) as caught:
        SpatialWeights.of(["a", "b"], np.array([0]), np.array([1]), np.array([np.inf]))
    assert caught.value.code == "M862"
