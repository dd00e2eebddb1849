"""The detector on panels: factors of both kinds, tests, interactions, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.geodetector import geodetector
from zhiheng.kernels import strata as kernel
from zhiheng.kernels.markov import classify, quantile_cuts

FIELD = zh.data("provinces").select(periods=[2021, 2022])
N = 40


def made(seed=0):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(N, 2)), rng.normal(size=(N, 2))
    return Panel.of(
        {"y": x**2 + 0.2 * rng.normal(size=(N, 2)), "x": x, "z": z, "flat": np.ones((N, 2))},
        entities=[f"e{i:02d}" for i in range(N)],
        periods=[2000, 2001],
        units={},
    )


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        geodetector(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_each_period_equals_the_kernel():
    data = made()
    found = geodetector(data, outcome="y", factors=["x"], classes=5).table("factors")
    for t in range(2):
        x, y = data.array("x")[:, t], data.array("y")[:, t]
        want = kernel.factor(y, classify(x, quantile_cuts(x, 5)))
        assert found.q[t] == pytest.approx(want.q)
        assert found.p_value[t] == pytest.approx(want.p)
        assert found.strata[t] == 5


def test_a_bent_relation_is_found_and_noise_is_not():
    found = geodetector(made(), outcome="y", factors=["x", "z"]).table("factors")
    by = found.groupby("factor").first()
    assert by.p_permutation["x"] == pytest.approx(0.001)
    assert by.p_permutation["z"] > 0.05
    assert by.q["x"] > 3 * by.q_expected["x"]


def test_groupings_of_the_catalog_are_taken_as_they_are():
    found = geodetector(FIELD, outcome="urbanisation_rate", factors=["zones4"]).table("factors")
    assert set(found.strata) == {4}
    assert set(found.smallest_stratum) == {3}  # the north-east


def test_interactions_are_of_every_pair_and_never_lower():
    result = geodetector(made(), outcome="y", factors=["x", "z", "x * z"], permutations=0)
    found = result.table("interactions")
    assert len(found) == 3 * 2
    assert (found.q_both >= found[["q_a", "q_b"]].max(axis=1) - 1e-12).all()
    assert "M884" in {n.code for n in result.notes}
    assert result.table("factors").p_permutation.isna().all()


def test_one_factor_has_no_interactions_and_the_command_line_writes_words():
    one = geodetector(made(), outcome="y", factors=["x"])
    assert "interactions" not in one.tables
    both = geodetector(made(), outcome="y", factors="x, z", permutations=9)
    assert set(both.table("factors").factor) == {"x", "z"}


def test_strata_of_one_entity_are_cautioned():
    found = geodetector(made(), outcome="y", factors=["x", "z"], classes=8, permutations=0)
    assert "M879" in {n.code for n in found.notes}


def test_the_order_of_entities_does_not_matter_not_even_to_permutations():
    data = made()
    mixed = data.select(entities=tuple(reversed(data.entities)))
    one, two = (
        geodetector(p, outcome="y", factors=["x"], permutations=99).table("factors")
        for p in (data, mixed)
    )
    assert one.equals(two)


def test_what_does_not_vary_is_refused():
    assert refused("M869", made(), outcome="flat", factors=["x"]).evidence[0]["period"] == 2000
    assert refused("M869", made(), outcome="y", factors=["flat"]).evidence[0]["variable"] == "flat"


def test_options_out_of_range_are_refused():
    refused("M820", made(), outcome="y", factors=["x"], classes=1)
    refused("M870", made(), outcome="y", factors=["x"], permutations=-1)
    refused("M887", made(), outcome="y", factors=[])
    assert refused("M887", made(), outcome="y", factors=["x", "x"]).evidence[0]["name"] == "x"
    few = made().select(entities=["e00", "e01", "e02", "e03"])
    refused("M881", few, outcome="y", factors=["x"], classes=4)
