"""What a sheet leaves open is asked, and answered by a mapping file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.units import UNSTATED
from zhiheng.sources.questions import Answers, TableAnswer, load_answers, write_answers
from zhiheng.sources.reading import Reading, read_sheets

_spec = importlib.util.spec_from_file_location("sheets", Path(__file__).with_name("sheets.py"))
assert _spec is not None
assert _spec.loader is not None
made: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
NAMES, CODES, figure = made.NAMES, made.CODES, made.figure
YEARS = (2019, 2020, 2021)


def read(raw: bytes, name: str = "f.csv", **answers: Any) -> Reading:
    return read_sheets(raw, name, answers=Answers(**answers))


def panel(raw: bytes, name: str = "f.csv", **answers: Any) -> Panel:
    return read(raw, name, **answers).observations().panel()


def keys(reading: Reading) -> list[str]:
    return [f"{q.section}.{q.key}.{q.part}".rstrip(".") for q in reading.open]


def square(scale: float = 1.0) -> np.ndarray:
    return np.array([[figure(i, j) * scale for j in range(3)] for i in range(6)])


def wide(head: str = "地区") -> list[list[Any]]:
    rows: list[list[Any]] = [[head, *YEARS]]
    return rows + [[n, *(figure(i, j) for j in range(3))] for i, n in enumerate(NAMES)]


def test_a_missing_unit_is_asked_and_answered() -> None:
    raw = made.csv([["收入", "", "", ""], *wide()])
    assert keys(read(raw)) == ["units.收入"]
    with pytest.raises(ZhihengError) as caught:
        read(raw).observations()
    assert caught.value.code == "S525"
    assert caught.value.evidence[0]["cell"] == "f.csv!B3"
    assert panel(raw, units={"收入": "亿元"}).units == {"收入": "CNY"}
    assert panel(raw, units={"收入": "unstated"}).units == {"收入": UNSTATED}


def test_an_unknown_region_is_asked_with_suggestions() -> None:
    rows = wide()
    rows[1][0], rows[2][0] = "Yunan", "湖被"
    raw = made.csv([["收入（亿元）", "", "", ""], *rows])
    reading = read(raw)
    assert keys(reading) == ["regions.Yunan", "regions.湖被"]
    assert "Yunnan" in reading.open[0].choices
    table = panel(raw, regions={"Yunan": "云南", "湖被": "drop"})
    assert table.entities[0] == "530000"
    assert len(table.entities) == 5


def test_an_unknown_unit_and_one_that_counts_nothing_are_asked() -> None:
    rows = [
        ["地区", "年份", "布(万米)", "专利授权(件)"],
        ["北京", 2020, 1, 2],
        ["天津", 2020, 3, 4],
    ]
    assert keys(read(made.csv(rows))) == ["units.万米", "units.件"]
    table = panel(made.csv(rows), units={"万米": "公里", "件": "件（授权）"})
    assert table.units == {"布(万米)": "km", "专利授权": "grant"}


def test_a_table_without_series_year_or_region_is_asked() -> None:
    assert keys(read(made.csv(wide()), "收入.csv")) == ["tables.A1.series", "tables.A1.unit"]
    rows = [["地区", "收入(亿元)"], *[[n, 1 + i] for i, n in enumerate(NAMES)]]
    assert keys(read(made.csv(rows))) == ["tables.A1.period"]
    answer = {"A1": TableAnswer(period="2020")}
    assert panel(made.csv(rows), tables=answer).periods == (2020,)
    rows = [["指标", "2020年", "2021年"], ["收入(亿元)", 1, 2], ["人数(万人)", 3, 4]]
    assert keys(read(made.csv(rows))) == ["tables.A1.entity"]
    assert panel(made.csv(rows), entity="上海").entities == ("310000",)


def test_two_columns_for_one_year_are_asked() -> None:
    rows: list[list[Any]] = [["收入(亿元)", "", "", ""], ["地区", 2019, 2020, 2020]]
    rows += [[n, 1.5, 2.5, 3.5 + i] for i, n in enumerate(NAMES)]
    reading = read(made.csv(rows))
    assert keys(reading) == ["columns.D2"]
    assert "D3" in reading.open[0].text.en
    assert panel(made.csv(rows), columns={"D2": "drop"}).periods == (2019, 2020)
    assert panel(made.csv(rows), columns={"D2": "2021"}).periods == (2019, 2020, 2021)


def test_two_tables_that_disagree_on_a_series_are_asked() -> None:
    other = [[c + 1 if isinstance(c, float) else c for c in row] for row in wide()]
    title: list[Any] = ["收入（亿元）"]
    raw = made.book({"A": [title, *wide()], "B": [title, *other]})
    reading = read(raw, "f.xlsx")
    assert keys(reading) == ["tables.B!A2.use"]
    kept = panel(raw, "f.xlsx", tables={"B!A2": TableAnswer(use=False)})
    np.testing.assert_allclose(kept.values[:, :, 0], square(1e8), rtol=1e-15)
    renamed = panel(raw, "f.xlsx", tables={"B!A2": TableAnswer(series="收入二")})
    assert renamed.series == ("收入", "收入二")


def test_equal_values_twice_are_kept_once_and_said() -> None:
    title: list[Any] = ["收入（亿元）"]
    reading = read(made.book({"A": [title, *wide()], "B": [title, *wide()]}), "f.xlsx")
    assert keys(reading) == []
    assert len(reading.observations()) == 18
    assert "18 values stand twice" in reading.notes[0].en


def test_text_in_a_number_cell_is_asked_with_its_address() -> None:
    rows = wide()
    rows[2][1], rows[3][2] = "约300", "1,5"
    raw = made.csv([["收入（亿元）", "", "", ""], *rows], mark=";")
    assert keys(read(raw)) == ["cells.B4", "cells.C5"]
    table = panel(raw, cells={"B4": 300, "C5": "missing"})
    assert table.values[1, 0, 0] == 300e8
    assert np.isnan(table.values[2, 1, 0])


def test_a_percentage_under_money_is_asked() -> None:
    rows = [["收入（亿元）", ""], ["地区", "2020年"], ["北京", "12%"], ["天津", "13%"]]
    assert keys(read(made.csv(rows))) == ["units.收入"]


def test_a_name_of_two_vintages_is_asked() -> None:
    raw = made.csv([["各地区生产总值（亿元）", "", "", ""], *wide()])
    reading = read(raw)
    assert keys(reading) == ["series.各地区生产总值"]
    assert reading.open[0].choices == ("gdp_current", "gdp_first_release", "own")
    assert panel(raw, series={"各地区生产总值": "gdp_first_release"}).series == (
        "gdp_first_release",
    )
    assert panel(raw, series={"各地区生产总值": "own"}).series == ("各地区生产总值",)


def test_a_catalog_series_in_another_dimension_is_asked() -> None:
    raw = made.csv([["能源消费总量（亿元）", "", "", ""], *wide()])
    assert keys(read(raw)) == ["series.能源消费总量"]


def test_months_are_left_out_and_said() -> None:
    rows = [
        ["收入（亿元）", "", ""],
        ["地区", "2020年", "2021年1月"],
        ["北京", 1, 2],
        ["天津", 3, 4],
    ]
    reading = read(made.csv(rows))
    assert reading.periods == (2020,)
    assert [d.where for d in reading.dropped] == ["C2"]


def test_cities_are_labels_only_when_said() -> None:
    rows = [["城市", "2020年", "2021年"], ["安庆", 1, 2], ["蚌埠", 3, 4], ["北京", 5, 6]]
    raw = made.csv([["收入（亿元）", "", ""], *rows])
    assert keys(read(raw)) == ["own_labels.own_labels"]
    assert panel(raw, own_labels=True).entities == ("安庆", "蚌埠", "北京")


@pytest.mark.parametrize(
    ("name", "year", "dates"),
    [
        ("莱芜", 2020, ("1993", "2018")),
        ("巢湖市", 2012, ("2000", "2010")),
        ("重庆", 1990, ("1997",)),
    ],
)
def test_a_name_outside_its_dates_is_asked_with_both(
    name: str, year: int, dates: tuple[str]
) -> None:
    rows = [
        ["收入（亿元）", ""],
        ["地区", f"{year}年"],
        [name, 1],
        ["四川", 2],
        ["山东", 3],
        ["安徽", 4],
    ]
    reading = read(made.csv(rows))
    found = [q for q in reading.open if q.key == name]
    assert found
    assert all(d in found[0].text.en and d in found[0].text.zh for d in dates)
    assert str(year) in found[0].text.en


def test_a_mapping_file_remembers_the_answers(tmp_path: Path) -> None:
    rows = wide()
    rows[1][0], rows[2][1], rows[3][2] = "Yunan", "约300", 'a "quoted"\ttext'
    raw = made.csv(rows, mark=";")
    path = tmp_path / "map.toml"
    answers = Answers(source="手册")
    for _ in range(4):
        reading = read_sheets(raw, "f.csv", answers=answers)
        write_answers(path, reading.questions, answers, file="f.csv")
        text = path.read_text("utf-8")
        assert text.count('"?"') == len(reading.open)
        for old, new in {
            'series = "?"': 'series = "收入"',
            'unit = "?"': 'unit = "亿元"',
            '"Yunan" = "?"': '"Yunan" = "云南"',
            '"B3" = "?"': '"B3" = 300',
            '"C4" = "?"': '"C4" = "missing"',
        }.items():
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
        answers = load_answers(path)
    found = read_sheets(raw, "f.csv", answers=answers).observations()
    assert set(found.source) == {"手册"}
    assert found.panel().array("收入")[1, 0] == 300e8


@pytest.mark.parametrize(
    "text", ["not toml", "unit = {}", "[units]\na = 3", "own_labels = 'perhaps'"]
)
def test_a_bad_mapping_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ZhihengError) as caught:
        load_answers(path)
    assert caught.value.code == "S524"


def test_percentages_that_look_like_fractions_are_asked() -> None:
    rows = [
        ["增速(%)", ""],
        ["地区", "2020年"],
        *[[n, 0.05 + i / 100] for i, n in enumerate(NAMES)],
    ]
    reading = read(made.csv(rows))
    assert keys(reading) == ["units.增速"]
    assert panel(made.csv(rows), units={"增速": "1"}).values[0, 0, 0] == 0.05
    assert panel(made.csv(rows), units={"增速": "%"}).values[0, 0, 0] == pytest.approx(0.0005)
