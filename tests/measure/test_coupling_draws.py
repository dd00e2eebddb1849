"""Coupling of the groups of an index, with an interval over recipes."""

from __future__ import annotations

import numpy as np
import pytest
from index_cases import ITEMS, made, system_file

from zhiheng.core.errors import ZhihengError
from zhiheng.kernels.coupling import coupling as couple
from zhiheng.measure.coupling import coupling
from zhiheng.measure.index import index

# products and roots of numbers of at most one
CLOSE = 1e-12


def run(tmp_path, **more):
    given = {"system": system_file(tmp_path), "form": "corrected", "draws": 300} | more
    return coupling(made(), **given)


def test_levels_are_the_scores_of_the_groups_of_the_index(tmp_path):
    found = run(tmp_path).table("coordination")
    groups = index(made(), system=system_file(tmp_path), draws=0).table("groups")
    levels = groups.pivot(index=["entity", "period"], columns="group", values="score")
    expected = couple(levels.to_numpy(), np.array([0.5, 0.5]), form="corrected").coordination
    both = found.set_index(["entity", "period"]).coordination.sort_index()
    assert np.allclose(both, expected, atol=CLOSE)


def test_the_interval_is_ordered_and_grades_go_with_its_ends(tmp_path):
    found = run(tmp_path).table("coordination")
    assert (found.coordination_low <= found.coordination_high).all()
    assert (found.grade_low <= found.grade_high).all()
    assert (found.coordination_low >= 0).all()
    assert (found.coordination_high <= 1).all()
    assert (found.coordination_high - found.coordination_low).max() > 0.05, "recipes do differ"


def test_the_same_seed_gives_the_same_interval_and_no_draws_none(tmp_path):
    one, two, three = (run(tmp_path, seed=s).table("coordination") for s in (1, 1, 2))
    assert one.equals(two)
    assert not one.coordination_low.equals(three.coordination_low)
    assert "coordination_low" not in run(tmp_path, draws=0).tables["coordination"].columns


def test_the_note_says_over_how_many_recipes(tmp_path):
    text = " ".join(note.text.en for note in run(tmp_path).notes)
    assert "300 draws over" in text


@pytest.mark.parametrize("given", [{}, {"systems": ["x0", "x1"], "system": "nqpf-triple-open"}])
def test_neither_and_both_are_refused(given):
    with pytest.raises(ZhihengError) as caught:
        coupling(made(), **given)
    assert caught.value.code == "M610"


def test_a_system_with_one_group_is_refused(tmp_path):
    one = [dict(item, group="one") for item in ITEMS]
    text = system_file(tmp_path, one)
    path = tmp_path / "made.toml"
    body = path.read_text("utf-8").replace(
        '[[group]]\nid = "two"\ntitle = { zh = "第二组", en = "second group" }\n', ""
    )
    path.write_text(body, "utf-8")
    with pytest.raises(ZhihengError) as caught:
        coupling(made(), system=text)
    assert caught.value.code == "M680"
