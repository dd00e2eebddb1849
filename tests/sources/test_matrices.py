"""Tables of two dimensions: emission inventories and input-output tables, and their sums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import source_shapes as shapes
from source_shapes import refused, rows

from zhiheng.sources import ceads, input_output, multi_regional

# --- CEADs --------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [False, True])
def test_an_inventory_and_its_sums(old: bool) -> None:
    found = ceads.parse(shapes.ceads_inventory(old=old), "c.xlsx")
    assert set(found.entity) == {"110000", "150000"}
    assert ("110000", 2019, "co2.food_processing.raw_coal", 4e6, "t_CO2", "Beijing2019!B5") in rows(
        found
    )
    assert max(g.relative for g in ceads.gaps(found)) == 0
    assert "NOTE" in found.notes[0].en


def test_a_total_that_does_not_add_up_is_seen() -> None:
    made = ceads.parse(shapes.ceads_inventory(), "c.xlsx")
    changed = np.where(made.cell == "Beijing2019!B5", 5e6, made.value)
    broken = type(made)(**{**{f: getattr(made, f) for f in made.__slots__}, "value": changed})
    worst = max(ceads.gaps(broken), key=lambda g: g.relative)
    assert (worst.entity, worst.parts - worst.total) == ("110000", 1e6)


def test_cities_keep_their_names() -> None:
    found = ceads.parse(shapes.workbook(shapes.CEADS_CITIES), "c.xlsx")
    assert rows(found)[1][:4] == ("安徽安庆", 2019, "co2", 30.4e6)
    assert found.level == ""


def test_every_inventory_at_hand_adds_up(shared: Path) -> None:
    files = sorted((shared / "data/raw/ceads").glob("*Inventor*.xlsx"))
    inventories = [f for f in files if "Cities" not in f.name]
    assert len(inventories) == 5
    for path in inventories:
        found = ceads.parse(path.read_bytes(), path.name)
        gaps = ceads.gaps(found)
        assert len(gaps) > 1000
        # 1e-14: sums of 48 doubles, each with an error of 2e-16
        assert max(g.relative for g in gaps) < 1e-14
    total = found.value[found.series == "co2.total.scope_1_total"].sum()
    assert round(total / 1e6) == 10864  # 30 provinces, 2019


def test_cities_at_hand_say_the_same_twice(shared: Path) -> None:
    path = next((shared / "data/raw/ceads").glob("*Cities*.xlsx"))
    found = ceads.parse(path.read_bytes(), path.name)
    matrix = pd.read_excel(path, sheet_name="emission matrix", index_col=0, engine="openpyxl")
    for entity, period, _, value, _, _ in rows(found)[::37]:
        np.testing.assert_allclose(value, matrix.loc[entity, str(period)] * 1e6, rtol=1e-12)


# --- input-output -------------------------------------------------------------------------


def test_both_layouts_give_one_table() -> None:
    found = input_output.parse(shapes.IO_CSV, "china_2020_2.csv", unit="万元")
    assert ("02.imports", 2020, "use.01", 0.5e4, "CNY", "E5") in rows(found)
    assert found.labels["01"].zh == "农业"
    assert all("0.0e+00" in n.en for n in found.notes)
    sheet = input_output.parse(shapes.workbook({"表": shapes.IO_SHEET}), "t.xlsx")
    assert ("02", 2020, "use.01", 4e4, "CNY", "表!D6") in rows(sheet)
    assert {g.identity for g in input_output.balance(sheet)} == {
        "inputs = TII", "VA = TVA", "TII + TVA = TI", "TI = GO", "uses = TIU",
    }  # fmt: skip


def test_a_yearbook_prints_names_without_codes() -> None:
    found = input_output.parse(shapes.workbook({"3-24": shapes.IO_YEARBOOK}), "yearbook.xlsx")
    coded = input_output.parse(shapes.workbook({"表": shapes.IO_SHEET}), "t.xlsx")
    assert {r[:5] for r in rows(found)} == {r[:5] for r in rows(coded)}
    assert found.labels["01"].zh == "农业"
    lines = [",".join(str(w or "") for w in row) for row in shapes.IO_YEARBOOK]
    raw = "\n".join(lines).encode("gb18030")
    assert input_output.sniff(raw, "yearbook.csv")
    assert len(input_output.parse(raw, "yearbook.csv")) == len(found)


def test_a_table_that_does_not_balance_is_read_and_said() -> None:
    found = input_output.parse(shapes.IO_CSV.replace(b",3,10,,,", b",3,11,,,"), "io_2020.csv")
    worst = max(input_output.balance(found), key=lambda g: g.relative)
    assert (worst.identity, worst.sector) == ("VA = TVA", "02")


def test_a_table_needs_a_year_and_distinct_codes() -> None:
    assert refused(lambda: input_output.parse(shapes.IO_CSV, "io.csv")).code == "S557"
    twice = shapes.IO_CSV.replace(b"TVA,Total", b"VA002,Total")
    assert refused(lambda: input_output.parse(twice, "io_2020.csv")).code == "D102"


def test_the_national_tables_at_hand_balance(shared: Path) -> None:
    files = sorted((shared / "data/io").glob("china_*.csv"))
    assert len(files) == 4
    for path in files:
        found = input_output.parse(path.read_bytes(), path.name, unit="万元")
        gaps = input_output.balance(found)
        # 1e-6: the publisher's own rounding; reported by the notes
        assert max(g.relative for g in gaps) < 1e-6, path.name
    total = sum(r[3] for r in rows(found) if r[0] == "TVA" and r[2].removeprefix("use.").isdigit())
    assert round(total / 1e12, 2) == 101.64  # value added 2020, trillion yuan


# --- several regions ----------------------------------------------------------------------


def test_a_table_of_regions_has_rows_columns_and_satellites() -> None:
    found = multi_regional.parse(shapes.REGIONS_CSV, "t.csv")
    assert ("r1.ore", 2015, "use.r2.food", 6e4, "CNY", "E6") in rows(found)
    assert ("r2.food", 2015, "use.r2.C", 310e4, "CNY", "H7") in rows(found)
    assert ("r1.food", 2015, "co2", 1.2e6, "t_CO2", "C10") in rows(found)
    assert ("VA001", 2015, "use.r1.food", 455e4, "CNY", "C9") in rows(found)
    assert not input_output.sniff(shapes.REGIONS_CSV, "t.csv")


def test_a_table_of_regions_reads_alike_from_a_workbook() -> None:
    cells = [line.split(",") for line in shapes.REGIONS_CSV.decode().splitlines()]
    sheet = [[float(w) if w.replace(".", "").isdigit() else w or None for w in c] for c in cells]
    raw = shapes.workbook({"notes": [["about"]], "table": sheet})
    assert multi_regional.sniff(raw, "t.xlsx")
    assert not multi_regional.sniff(shapes.workbook({"表": shapes.IO_SHEET}), "t.xlsx")
    found = rows(multi_regional.parse(raw, "t.xlsx"))
    plain = rows(multi_regional.parse(shapes.REGIONS_CSV, "t.csv"))
    assert [r[:5] for r in found] == [r[:5] for r in plain]
    assert [r[5] for r in found] == [f"table!{r[5]}" for r in plain]


def test_a_label_left_out_as_in_merged_cells_is_named_and_loses_no_column() -> None:
    raw = shapes.REGIONS_CSV
    merged = raw.replace(b"region,,r1,r1,", b"region,,r1,,")
    found = refused(lambda: multi_regional.parse(merged, "t.csv"))
    assert (found.code, found.evidence[0]["cell"]) == ("S553", "D1")
    below = raw.replace(b"r2,ore,3", b",ore,3")
    found = refused(lambda: multi_regional.parse(below, "t.csv"))
    assert (found.code, found.evidence[0]["cell"]) == ("S553", "A8")


def test_a_satellite_stands_below_a_national_table_with_its_unit() -> None:
    raw = shapes.IO_CSV.rstrip(b"\n") + b"\n"
    header = next(w for w in raw.decode().splitlines() if ",TIU" in w).split(",")
    place = {header.index(c): v for c, v in (("01", "5"), ("02", "7"))}
    line = ["co2 [kt CO2]", *(place.get(c, "") for c in range(1, len(header)))]
    found = rows(input_output.parse(raw + ",".join(line).encode(), "china_2020.csv"))
    co2 = [r[:5] for r in found if r[2] == "co2"]
    assert co2 == [("01", 2020, "co2", 5e3, "t_CO2"), ("02", 2020, "co2", 7e3, "t_CO2")]


def test_a_table_of_regions_needs_a_year_and_distinct_codes() -> None:
    raw = shapes.REGIONS_CSV
    assert multi_regional.parse(raw, "t.csv", year=2020).period[0] == 2020
    undated = raw.replace(b"year,,2015\n", b"")
    assert refused(lambda: multi_regional.parse(undated, "t.csv")).code == "S557"
    assert multi_regional.parse(undated, "t_2018.csv").period[0] == 2018
    twice = raw.replace(b"r2,ore,3", b"r2,food,3")
    assert refused(lambda: multi_regional.parse(twice, "t.csv")).code == "D102"
    dotted = raw.replace(b"r2,ore,3", b"r.2,ore,3")
    assert refused(lambda: multi_regional.parse(dotted, "t.csv")).code == "S553"
    words = raw.replace(b",43,48", b",many,48")
    assert refused(lambda: multi_regional.parse(words, "t.csv")).code == "D103"
