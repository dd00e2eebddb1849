"""Gravity networks on panels: tables, relations, what it refuses and admits."""

from __future__ import annotations

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.catalog.examples import example_options
from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import great_circle_km
from zhiheng.diagnose.gravity_network import gravity_network
from zhiheng.kernels.network import above_row_mean, gravity, network

PLACES = example_options("gravity_network")["coordinates"]
FIELD = zh.data("provinces").select(entities=sorted(PLACES), periods=[2021, 2022])


def run(**more):
    options = {"mass": ["gdp_current"], "coordinates": PLACES, "permutations": 99}
    return gravity_network(more.pop("panel", FIELD), **{**options, **more})


def refused(code, **options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code
    return caught.value


def test_each_period_equals_the_kernels():
    found = run(power=1.5)
    far = great_circle_km(np.array([PLACES[e] for e in FIELD.entities]))
    for t, period in enumerate(FIELD.periods):
        pull = gravity(FIELD.array("gdp_current")[:, t], far, power=1.5, shared=True)
        want = network(above_row_mean(pull))
        rows = found.table("places").query(f"period == {period}")
        np.testing.assert_allclose(rows.betweenness, want.betweenness, atol=1e-12)
        np.testing.assert_allclose(rows.pull_out, pull.sum(axis=1), rtol=1e-9)
        assert found.table("network").density[t] == pytest.approx(want.density)
    assert len(found.table("ties")) == found.table("network").ties.iloc[-1]


def test_masses_are_joined_by_their_geometric_mean():
    both = run(mass=["gdp_current", "urbanisation_rate"]).table("places")
    joint = run(mass=["sqrt(gdp_current * urbanisation_rate)"]).table("places")
    np.testing.assert_allclose(both.pull_in, joint.pull_in, rtol=1e-9)


def test_a_gradient_makes_unlike_places_near():
    plain, steep = run(), run(gradient="urbanisation_rate")
    assert not np.allclose(plain.table("places").pull_in, steep.table("places").pull_in)
    assert any("urbanisation_rate" in n.text.en for n in steep.notes)


def test_without_shares_every_tie_pulls_both_ways_alike():
    found = run(shared=False).table("places")
    np.testing.assert_allclose(found.pull_in, found.pull_out, rtol=1e-9)


def test_relations_are_judged_by_relabelling():
    found = run(explain=["provinces", "urbanisation_rate"]).table("relations")
    near = found.query("relation == 'provinces'")
    assert (near.p_correlation < 0.05).all()
    assert (near.qap_correlation > 0.3).all()
    none = run(explain="provinces", permutations=0).table("relations")
    assert none.p_permutation.isna().all()
    assert "relations" not in run().tables


def test_it_says_that_gravity_is_assumed():
    note = next(n for n in run().notes if n.code == "M886")
    assert note.level == "caution"


def test_the_order_of_entities_does_not_matter_not_even_to_permutations():
    mixed = FIELD.select(entities=tuple(reversed(FIELD.entities)))
    one, two = (run(panel=p, explain=["provinces"]).table("relations") for p in (FIELD, mixed))
    assert one.equals(two)


def test_what_cannot_be_gravity_is_refused():
    assert refused("M880", mass=["gdp_current - gdp_current"]).evidence
    refused("M887", mass=[])
    refused("M887", explain=["provinces", "provinces"])
    refused("M888", explain=["urbanisation_rate", "2 * urbanisation_rate"])
    refused("M880", gradient="urbanisation_rate * 0")
    same = {**PLACES, "310000": PLACES["110000"]}
    assert refused("M880", coordinates=same).evidence[0]["from"] == "110000"
    refused("M869", explain=["urbanisation_rate * 0"])
    refused("M870", power=0.0)
    refused("M877", coordinates={})
    refused("M881", panel=FIELD.select(entities=FIELD.entities[:4]))
