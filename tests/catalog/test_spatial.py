"""Named weights, weights from files, and how they meet a panel."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.catalog.regions import provinces
from zhiheng.catalog.spatial import (
    contiguity,
    economic_distance,
    from_pairs,
    names,
    read_weights,
    weights_for,
)
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

FIELD = zh.data("provinces").select(periods=[2021, 2022])


def refused(code, function, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        function(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_the_facade_is_reached_from_the_top():
    assert len(zh.spatial.contiguity("provinces")) == 34
    assert "spatial" in dir(zh)


def test_contiguity_is_symmetric_and_only_taiwan_is_an_island():
    w = contiguity("provinces").standardised("none")
    np.testing.assert_array_equal(w.matrix, w.matrix.T)
    assert w.islands == ("710000",)
    assert w.links == (("440000", "460000"),)


def test_land_borders_leave_hainan_an_island():
    assert contiguity("provinces_borders").islands == ("460000", "710000")
    assert contiguity("provinces", links=False).hash == contiguity("provinces_borders").hash


def test_contiguity_equals_the_shared_pairs_with_the_declared_additions(shared):
    with (shared / "data" / "geo" / "province_adjacency.csv").open(encoding="utf-8") as file:
        pairs = {frozenset((r["code_a"], r["code_b"])) for r in csv.DictReader(file)}
    w = contiguity("provinces")
    ours = {
        frozenset((w.labels[i][:2], w.labels[j][:2]))
        for i, j in zip(w.rows, w.columns, strict=True)
    }
    added = {frozenset(p) for p in (("44", "81"), ("44", "82"), ("44", "46"))}
    assert ours - added == pairs - added
    assert added <= ours


def test_every_name_of_the_catalog_can_be_read():
    for name in names():
        assert read_weights(name).name == name
    assert "provinces" in refused("M867", read_weights, "provincs").evidence[0]["nearest"]
    refused("M867", contiguity, "provincs")


def test_weights_come_in_the_order_of_the_panel():
    mixed = FIELD.select(entities=tuple(reversed(FIELD.entities)))
    w, panel = weights_for(mixed, "provinces")
    assert w.labels == mixed.entities == panel.entities
    assert weights_for(FIELD, "provinces")[0].select(w.labels).hash == w.hash


def test_islands_are_refused_by_name_or_left_out():
    error = refused("M866", weights_for, FIELD, "provinces_borders")
    assert error.evidence[0]["entity"] == "460000"
    w, panel = weights_for(FIELD, "provinces_borders", islands="drop")
    assert "460000" not in panel.entities
    assert not w.islands
    alone = FIELD.select(entities=["110000", "460000"])
    refused("M866", weights_for, alone, "provinces_borders", islands="drop")


def test_names_and_codes_of_regions_are_the_same_label():
    pairs = [("北京", "天津"), ("Tianjin", "130000")]
    part = FIELD.select(entities=["110000", "120000", "130000"])
    w, _ = weights_for(part, from_pairs([(a.replace("Tianjin", "天津"), b) for a, b in pairs]))
    assert w.labels == part.entities
    assert w.matrix[1].tolist() == [0.5, 0, 0.5]


def test_labels_that_do_not_match_are_named_with_the_nearest():
    own = Panel.of({"y": np.ones((2, 1))}, entities=["north", "south"], periods=[2020], units={})
    error = refused("M865", weights_for, own, from_pairs([("north", "soth")]))
    assert error.evidence[0] == {"entity": "south", "nearest": "soth, north"}


def test_pairs_and_matrices_are_read_from_files(tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("a,b,weight\nx,y,2\ny,z,1\n", "utf-8")
    matrix = tmp_path / "matrix.csv"
    matrix.write_text(",x,y,z\nx,0,2,0\ny,2,0,1\nz,0,1,0\n", "utf-8")
    assert read_weights(str(pairs)).hash == read_weights(str(matrix)).hash
    standard = tmp_path / "row.csv"
    standard.write_text(",x,y,z\nx,0,1,0\ny,0.5,0,0.5\nz,0,1,0\n", "utf-8")
    assert not read_weights(str(standard)).directed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\nx\n",
        "a,b,weight\nx,y,two\n",
        ",x,y\nx,0,1\nz,1,0\n",
        ",x,y\nx,0,1\ny,1\n",
        ",x,y\nx,0,one\ny,1,0\n",
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path, text):
    file = tmp_path / "w.csv"
    file.write_text(text, "utf-8")
    refused("M867", read_weights, str(file))


def test_a_file_in_another_encoding_is_refused(tmp_path):
    file = tmp_path / "w.csv"
    file.write_bytes(b"\xff\xfe\xfa\x80")
    refused("M867", read_weights, str(file))


def test_economic_distance_rests_on_means_over_periods():
    w = economic_distance(FIELD, "urbanisation_rate", standardisation="none")
    mean = FIELD.array("urbanisation_rate").mean(axis=1)
    i, j = (FIELD.entities.index(c) for c in ("110000", "310000"))
    a, b = (w.labels.index(c) for c in ("110000", "310000"))
    assert w.matrix[a, b] == pytest.approx(1 / abs(mean[i] - mean[j]))
    refused("M800", economic_distance, zh.data("provinces"), "urbanisation_rate")


def test_all_provinces_have_a_row():
    assert contiguity().labels == tuple(r.code for r in provinces())
