"""The index method: rules that are applied and said, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from index_cases import BOOK, ITEMS, columns, made, panel_of, refused, run, system_file


def test_a_constant_column_is_named_and_weighs_nothing():
    values = np.random.default_rng(1).lognormal(size=(6, 3, 3))
    values[..., 1] = 4.2
    found = run(panel_of(values))
    weights = found.table("weights").set_index("indicator")
    assert weights.nominal["x1"] == 0
    assert bool(weights.constant["x1"])
    table = found.table("indicators")
    assert (table.normalised[table.indicator == "x1"] == 0).all()
    assert any(note.code == "M630" and "x1" in note.text.zh for note in found.notes)


def test_missing_cells_are_named_and_not_filled():
    values = np.random.default_rng(1).lognormal(size=(6, 3, 3))
    values[2, 1, 0] = np.nan
    error = refused("M622", panel_of(values), columns=columns(made()))
    assert [row["entity"] for row in error.evidence] == ["r2"]
    assert [row["period"] for row in error.evidence] == [2002]
    assert [row["indicator"] for row in error.evidence] == ["x0"]


def test_a_cell_divided_by_zero_is_a_missing_cell():
    values = np.random.default_rng(1).lognormal(size=(6, 3, 2))
    values[0, 0, 1] = 0.0
    refused("M622", panel_of(values), columns={"x0 / x1": "more"})


def test_system_or_columns_but_not_both():
    refused("M620", made())
    refused("M620", made(), system="nqpf-triple-open", columns={"x0": "more"})
    refused("M620", made(), columns={})


def test_directions_are_more_or_less():
    error = refused("M621", made(), columns={"x0": "more", "x1": "up"})
    assert error.evidence == ({"indicator": "x1", "direction": "up"},)


def test_items_that_the_data_cannot_compute_are_listed_together(tmp_path):
    lacking = [{**ITEMS[0], "expression": "x0 / y"}, {**ITEMS[1], "expression": "w"}, ITEMS[2]]
    error = refused("M625", made(), system=system_file(tmp_path, lacking))
    assert [row["indicator"] for row in error.evidence] == ["a", "b"]
    assert [row["series"] for row in error.evidence] == ["y", "w"]


def test_an_unknown_column_is_named_with_the_nearest():
    refused("X304", made(), columns={"x9": "more"})


@pytest.mark.parametrize(
    "options",
    [
        {"normalise": "zscore", "weights": "entropy"},
        {"normalise": "zscore", "weights": "equal", "aggregation": "geometric"},
    ],
)
def test_recipes_that_are_not_defined_are_refused(options):
    refused("M623", made(), columns=columns(made()), **options)


def test_a_recipe_that_the_book_calls_invalid_is_computed_with_a_caution():
    found = run(made(), normalise="per_period", weights="entropy")
    assert any(note.code == "M632" for note in found.notes)
    table = found.table("recipes")
    assert not table.admissible[table.chosen].any()


def test_nothing_that_varies_is_refused():
    still = panel_of(np.ones((4, 3, 2)))
    refused("M623", still, columns=columns(still))
    values = np.random.default_rng(1).lognormal(size=(4, 3, 2))
    values[:, 1] = 2.0
    one_still_period = panel_of(values)
    assert run(one_still_period).table("recipes").admissible.any()
    refused("M623", one_still_period, columns=columns(one_still_period), normalise="per_period")


@pytest.mark.parametrize(
    "given_",
    [{"x0": 1}, {"x0": 1, "x1": 1, "x2": -1}, {"x0": 0, "x1": 0, "x2": 0},
     {"x0": 1, "x1": 1, "x2": 1, "x3": 1}, {"x0": 1, "x1": 1, "x2": float("nan")}, None],
)  # fmt: skip
def test_given_weights_must_match(given_):
    refused("M624", made(), columns=columns(made()), weights="given", given=given_)


def test_weights_without_saying_given_are_refused():
    refused("M690", made(), columns=columns(made()), given={"x0": 1, "x1": 1, "x2": 1})


def test_values_of_different_units_are_not_added_as_they_are():
    values = np.random.default_rng(1).lognormal(size=(4, 3, 2))
    panel = panel_of(values, units={"x0": "CNY", "x1": "person"})
    refused("M627", panel, columns=columns(panel), normalise="none", weights="equal")
    assert len(run(panel, weights="equal").table("scores")) == 12


def test_one_entity_cannot_be_ranked():
    one = made((1, 4, 2))
    refused("M626", one, columns=columns(one))


def test_draws_are_not_negative():
    refused("M628", made(), columns=columns(made()), draws=-1)


def test_an_unknown_recipe_book_is_named():
    refused("C460", made(), columns=columns(made()), recipes="defualt")


def test_a_recipe_book_with_an_unknown_method_is_refused(tmp_path):
    book = tmp_path / "book.toml"
    book.write_text(
        BOOK.format(concentration=100.0)
        + '[[alternative]]\nstep = "weights"\nid = "ballot"\n'
        + 'title = { zh = "甲", en = "a" }\n',
        "utf-8",
    )
    refused("C461", made(), columns=columns(made()), recipes=str(book))


def test_every_refusal_speaks_both_languages():
    error = refused("M624", made(), columns=columns(made()), weights="given")
    assert "处理" in error.message("zh")
    assert "Fix" in error.message("en")
