"""Coupling coordination as a method: what it prints and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.grades import grade_scales
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.coupling import coupling, grade_of

# Sums of a few numbers of at most one.
ROUNDING = 1e-12


def panel(**series):
    values = {k: np.asarray(v, dtype=float) for k, v in series.items()}
    rows, cols = next(iter(values.values())).shape
    return Panel.of(
        values,
        entities=[f"e{i}" for i in range(rows)],
        periods=list(range(2019, 2019 + cols)),
        units=dict.fromkeys(values, "1"),
    )


def random_panel(rows=5, cols=3, names=("a", "b", "c")):
    rng = np.random.default_rng(1)
    return panel(**{k: rng.uniform(0.05, 1, (rows, cols)) for k in names})


def refused(given, **options):
    with pytest.raises(ZhihengError) as caught:
        coupling(given, **options)
    assert caught.value.evidence
    return caught.value.code


def test_two_systems_have_the_textbook_numbers():
    found = coupling(panel(a=[[0.9]], b=[[0.4]]), systems=["a", "b"]).table("coordination")
    c = 2 * np.sqrt(0.36) / 1.3
    assert found["coupling"][0] == pytest.approx(c, abs=ROUNDING)
    assert found["development"][0] == pytest.approx(0.65, abs=ROUNDING)
    assert found["coordination"][0] == pytest.approx(np.sqrt(c * 0.65), abs=ROUNDING)
    assert found["grade_title_zh"][0] == "中级协调"


def test_the_corrected_form_is_the_one_of_its_authors():
    found = coupling(panel(a=[[0.9]], b=[[0.4]]), systems=["a", "b"], form="corrected")
    c = np.sqrt((1 - 0.5) * 0.4 / 0.9)
    assert found.table("coordination")["coupling"][0] == pytest.approx(c, abs=ROUNDING)


def test_a_limit_belongs_to_the_grade_above_it_and_one_to_the_last():
    scale = grade_scales()["coordination-10"]
    lowers = np.array(scale.lowers)
    assert (grade_of(lowers, scale) == np.arange(1, 11)).all()
    below = np.nextafter(lowers[1:], 0)
    assert (grade_of(below, scale) == np.arange(1, 10)).all()
    assert grade_of(np.array([1.0]), scale)[0] == 10


def test_a_panel_of_one_period_has_no_drivers_and_works():
    found = coupling(random_panel(cols=1), systems=["a", "b", "c"])
    assert set(found.tables) == {"coordination", "forms", "grades"}
    assert [f.name for f in found.figures] == ["coordination"]


def test_drivers_and_both_factors_sum_to_the_change():
    found = coupling(random_panel(), systems=["a", "b", "c"], form="corrected")
    move = found.table("change").set_index("entity")
    parts = found.table("drivers").groupby("entity")["contribution"].sum()
    np.testing.assert_allclose(parts, move["change"], rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(move["end"] - move["start"], move["change"], atol=ROUNDING)
    assert all(check.passed for check in found.checks)


def test_grades_count_every_entity_once_a_period():
    found = coupling(random_panel(), systems=["a", "b"]).table("grades")
    assert (found.groupby("period")["n"].sum() == 5).all()


def test_an_entity_that_does_not_move_has_no_shares():
    still = panel(a=[[0.5, 0.5]], b=[[0.7, 0.7]])
    assert coupling(still, systems=["a", "b"]).table("drivers")["share"].isna().all()


def test_expressions_are_systems_too():
    found = coupling(random_panel(), systems=["(a + b) / 2", "c"])
    assert found.series == ("a", "b", "c")


def test_systems_that_are_all_low_are_named():
    found = coupling(panel(a=[[0.05]], b=[[0.06]]), systems=["a", "b"])
    assert "M688" in {note.code for note in found.notes}


def test_weights_of_equal_size_need_no_word_and_change_nothing():
    given = random_panel()
    plain = coupling(given, systems=["a", "b"]).table("coordination")
    same = coupling(given, systems=["a", "b"], weights=[0.5, 0.5]).table("coordination")
    np.testing.assert_array_equal(plain["coordination"], same["coordination"])


def test_unequal_weights_enter_where_they_are_told_to():
    given, options = random_panel(), {"systems": ["a", "b"], "weights": [0.7, 0.3]}
    plain = coupling(given, systems=["a", "b"]).table("coordination")
    level = coupling(given, **options, weights_in="development")
    both = coupling(given, **options, weights_in="both")
    one, two = level.table("coordination"), both.table("coordination")
    np.testing.assert_array_equal(one["coupling"], plain["coupling"])
    assert (two["coupling"] != plain["coupling"]).all()
    np.testing.assert_array_equal(one["development"], two["development"])
    assert "M687" in {note.code for note in level.notes}


def test_the_four_misuses_are_refused_with_their_rows():
    given = random_panel()
    raw = panel(a=[[2.0, 0.4]], b=[[0.5, 0.5]])
    zero = panel(a=[[0.0, 0.4]], b=[[0.5, 0.5]])
    assert refused(raw, systems=["a", "b"]) == "M682"
    assert refused(zero, systems=["a", "b"]) == "M683"
    assert refused(given, systems=["a", "b"], weights=[0.6, 0.6]) == "M684"
    assert refused(given, systems=["a", "b"], weights=[1.0]) == "M684"
    assert refused(given, systems=["a", "b", "c"], weights=[0.33, 0.33, 0.33]) == "M684"
    assert refused(given, systems=["a", "b"], weights=[0.6, 0.4]) == "M685"
    unequal = {"systems": ["a", "b"], "weights": [0.6, 0.4], "form": "corrected"}
    assert refused(given, **unequal, weights_in="both") == "M685"


def test_one_system_or_the_same_twice_is_refused():
    given = random_panel()
    assert refused(given, systems=["a"]) == "M680"
    assert refused(given, systems=["a", "a"]) == "M680"


def test_a_gap_is_refused_with_its_cell():
    assert refused(panel(a=[[np.nan, 0.4]], b=[[0.5, 0.5]]), systems=["a", "b"]) == "M681"


def test_a_zero_under_the_corrected_form_is_a_caution():
    zero = panel(a=[[0.0, 0.4], [0.3, 0.3]], b=[[0.5, 0.5], [0.0, 0.2]])
    found = coupling(zero, systems=["a", "b"], form="corrected")
    assert "M689" in {note.code for note in found.notes}
    assert found.table("coordination")["coordination"][0] == 0


@pytest.mark.parametrize("wrong", ["root_missing", "coefficient_missing", "square_root"])
def test_a_printed_coupling_is_traced_to_the_mistake_behind_it(wrong):
    given = random_panel()
    a, b, c = (given.array(k) for k in ("a", "b", "c"))
    product, total = a * b * c, a + b + c
    made = {
        "root_missing": 3 * product / total,
        "coefficient_missing": np.cbrt(product) / total,
        "square_root": 3 * np.sqrt(product) / total,
    }
    printed = panel(a=a, b=b, c=c, paper=np.round(made[wrong], 4))
    found = coupling(printed, systems=["a", "b", "c"], published="paper").table("audit")
    assert list(found.loc[found["reproduces"] == 1, "formula"]) == [wrong]


def test_a_printed_coupling_that_is_right_is_called_so():
    given = random_panel()
    c = coupling(given, systems=["a", "b"]).table("coordination")["coupling"].to_numpy()
    printed = panel(a=given.array("a"), b=given.array("b"), paper=c.reshape(5, 3).round(4))
    found = coupling(printed, systems=["a", "b"], published="paper").table("audit")
    assert list(found.loc[found["reproduces"] == 1, "formula"]) == ["traditional"]


def test_a_printed_coupling_above_one_is_refused():
    given = panel(a=[[0.5]], b=[[0.5]], paper=[[1.2]])
    assert refused(given, systems=["a", "b"], published="paper") == "M686"
