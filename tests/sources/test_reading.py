"""Layouts of sheets: what is read, from which cell, and what is asked."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.sources.questions import Answers
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


def test_an_export_of_the_portal_by_years() -> None:
    reading = read(made.portal_years())
    assert keys(reading) == []
    found = reading.observations()
    table = found.panel()
    assert table.entities == CODES
    assert table.periods == (2021, 2022, 2023)
    assert table.units == {"gdp_current": "CNY"}
    # relative 1e-12: one multiplication by a power of ten, decimals written here
    np.testing.assert_allclose(table.array("gdp_current")[0], [103.8e8, 101.9e8, 100e8], rtol=1e-12)
    assert np.isnan(table.array("gdp_current")[1, 0])
    assert set(found.source) == {"国家统计局"}
    where = dict(zip(zip(found.entity, found.period, strict=True), found.cell, strict=True))
    assert where["110000", 2023] == "B5"
    assert where["210000", 2021] == "D10"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_the_same_table_in_every_encoding(encoding: str) -> None:
    one, two = panel(made.portal_years(encoding=encoding)), panel(made.portal_years())
    np.testing.assert_array_equal(one.values, two.values)


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_the_delimiter_is_guessed(mark: str) -> None:
    rows = [["指标：人口数(万人)", "", "", ""], *wide()]
    assert panel(made.csv(rows, mark=mark)).values.shape == (6, 3, 1)


def test_an_export_of_the_portal_by_indicators() -> None:
    table = panel(made.portal_series())
    assert table.periods == (2019,)
    assert table.units == {"gdp_current": "CNY", "population": "person", "城镇登记失业率": "1"}
    assert table.array("population")[5, 0] == pytest.approx(figure(5, 1) * 1e4, rel=1e-15)
    assert np.isnan(table.array("城镇登记失业率")[2, 0])
    assert table.array("城镇登记失业率")[0, 0] == pytest.approx(0.035, rel=1e-15)


def test_a_yearbook_sheet_with_merged_headers() -> None:
    rows, merged = made.yearbook()
    reading = read(
        made.book({"3-9": rows}, merged=merged), "book.xlsx", units={"千克": "千克标准煤"}
    )
    assert keys(reading) == []
    table = reading.observations().panel()
    assert table.series == ("能源消费总量/合计", "能源消费总量/煤炭", "电力")
    assert set(table.units.values()) == {"tce", "kWh"}
    assert table.periods == (2020,)
    assert table.entities == CODES
    assert table.array("能源消费总量/煤炭")[0, 0] == pytest.approx(figure(0, 1) * 1e4, rel=1e-15)
    assert table.array("电力")[2, 0] == pytest.approx(1202.5e8, rel=1e-15)
    dropped = {d.where: d.reason.en for d in reading.dropped}
    assert dropped == {
        "3-9!A5": "a total or average, no region",
        "3-9!A6": "a total or average, no region",
        "3-9!E4": "a column without a value",
    }
    origin = table.origins[table.origin[0, 0, 1]]
    assert origin.cell == "3-9!C7"
    assert origin.source == "中国能源统计年鉴"


def test_regions_down_and_years_across() -> None:
    table = panel(made.csv([["单位：亿元", "", "", ""], ["各地区财政收入", "", "", ""], *wide()]))
    assert table.series == ("各地区财政收入",)
    np.testing.assert_allclose(table.values[:, :, 0], square(1e8), rtol=1e-15)


def test_years_down_and_provinces_across() -> None:
    rows: list[list[Any]] = [["各省财政收入（亿元）"], ["年份", *NAMES]]
    rows += [[f"{y}年", *(figure(i, j) for i in range(6))] for j, y in enumerate(YEARS)]
    table = panel(made.book({"S": rows}), "f.xlsx")
    np.testing.assert_allclose(table.values[:, :, 0], square(1e8), rtol=1e-15)


def test_indicators_down_and_years_across_for_one_province() -> None:
    rows: list[list[Any]] = [
        ["数据库：分省年度数据"],
        ["地区：北京市"],
        ["指标", "2021年", "2020年"],
    ]
    rows += [["地区生产总值(亿元)", 3, 2], ["年末常住人口(万人)", 7, 6]]
    table = panel(made.csv([[*r, *[""] * (3 - len(r))] for r in rows]))
    assert table.entities == ("110000",)
    np.testing.assert_array_equal(table.values[0], [[2e8, 6e4], [3e8, 7e4]])


def test_values_near_2000_are_values() -> None:
    rows: list[list[Any]] = [["地区：北京", "", ""], ["指标", 2020, 2021]]
    rows += [["收入(亿元)", 1950, 1955], ["人数(万人)", 2000, 2010], ["产量(万吨)", 1, 2]]
    table = panel(made.csv(rows))
    np.testing.assert_array_equal(table.values[0], [[1950e8, 2000e4, 1e4], [1955e8, 2010e4, 2e4]])


def test_indicators_across_two_header_rows_of_series_and_years() -> None:
    rows: list[list[Any]] = [["地区", "收入(亿元)", None, "人数(万人)", None],
                             [None, 2020, 2021, 2020, 2021]]  # fmt: skip
    rows += [[n, 1 + i, 2 + i, 3 + i, 4 + i] for i, n in enumerate(NAMES)]
    for raw, name in [
        (made.csv(rows), "f.csv"),
        (made.book({"S": rows}, merged=["A1:A2", "B1:C1", "D1:E1"]), "f.xlsx"),
    ]:
        table = panel(raw, name)
        assert table.units == {"收入": "CNY", "人数": "person"}
        np.testing.assert_array_equal(table.array("收入")[0], [1e8, 2e8])
        np.testing.assert_array_equal(table.array("人数")[5], [8e4, 9e4])


def test_a_long_table_and_a_table_by_region_and_year() -> None:
    long = [["地区", "年份", "指标", "数值", "单位"]]
    long += [
        [n, y, "收入", figure(i, j), "亿元"]
        for i, n in enumerate(NAMES)
        for j, y in enumerate(YEARS)
    ]
    by_year = [["省份", "年度", "收入_亿元"]]
    by_year += [[n, y, figure(i, j)] for i, n in enumerate(NAMES) for j, y in enumerate(YEARS)]
    for rows in (long, by_year):
        np.testing.assert_allclose(panel(made.csv(rows)).array("收入"), square(1e8), rtol=1e-15)


def test_two_tables_on_one_sheet_below_and_beside_each_other() -> None:
    rows: list[list[Any]] = [
        ["收入（亿元）", None, None, None],
        *wide(),
        [None],
        ["人数（万人）"],
        *wide(),
    ]
    below = panel(made.book({"S": rows}), "f.xlsx")
    assert below.units == {"收入": "CNY", "人数": "person"}
    np.testing.assert_allclose(below.array("人数"), square(1e4), rtol=1e-15)
    head = ["地区", "收入(亿元)", None, "地区", "人数(万人)"]
    side = [head] + [[n, 1.5 + i, None, n, 2.5 + i] for i, n in enumerate(NAMES)]
    beside = panel(made.book({"2020": side}), "f.xlsx")
    assert beside.units == {"收入": "CNY", "人数": "person"}
    assert beside.array("人数")[3, 0] == 5.5e4


def test_years_as_date_cells_and_percentages() -> None:
    rows: list[list[Any]] = [
        ["城镇化率", None, None],
        ["地区", dt.date(2020, 1, 1), dt.date(2021, 1, 1)],
    ]
    rows += [[n, 0.123, "45.6%"] for n in NAMES]
    formats = {f"B{i}": "0.0%" for i in range(3, 9)}
    table = panel(made.book({"S": rows}, formats=formats), "f.xlsx")
    assert table.periods == (2020, 2021)
    assert table.units == {"urbanisation_rate": "1"}
    np.testing.assert_allclose(table.values[0, :, 0], [0.123, 0.456], rtol=1e-12)


def test_full_width_digits_and_separators() -> None:
    rows = [
        ["收入（亿元）", "", ""],
        ["地区", "２０２０年", "２０２１年"],
        ["北京", "１，２３４．５", "12*"],
        ["天津", '"2,345,678"', "−3"],
    ]
    table = panel(made.csv(rows))
    np.testing.assert_allclose(table.values[:, :, 0], [[1234.5e8, 12e8], [2345678e8, -3e8]])


def test_a_sheet_name_gives_region_and_year() -> None:
    rows: list[list[Any]] = [
        ["", "Raw coal", "Coke"],
        ["", "Mt CO2", "Mt CO2"],
        ["Total", 1.5, 2.5],
        ["Farming", 3.5, 4.5],
    ]
    table = panel(made.book({"Shanghai2015": rows, "Yunnan2015": rows}), "f.xlsx")
    assert table.entities == ("310000", "530000")
    assert table.periods == (2015,)
    assert table.array("Coke/Farming")[0, 0] == 4.5e6


def test_a_series_named_once_for_several_years() -> None:
    rows: list[list[Any]] = [[None, None, *NAMES]]
    for k, name in enumerate(["收入(亿元)", "人数(万人)"]):
        for j, y in enumerate(YEARS):
            rows.append([name if j == 0 else None, str(y), *(figure(i, j) + k for i in range(6))])
    table = panel(made.book({"S": rows}), "f.xlsx")
    np.testing.assert_allclose(table.array("收入"), square(1e8), rtol=1e-15)
    np.testing.assert_allclose(table.array("人数"), (square() + 1) * 1e4, rtol=1e-15)


def test_a_file_without_a_table_is_refused_with_a_reason_for_each_sheet() -> None:
    raw = made.book({"A": [["only", "words"], ["and", "more"]], "B": []})
    with pytest.raises(ZhihengError) as caught:
        read(raw, "f.xlsx")
    assert caught.value.code == "S527"
    assert [r["cell"] for r in caught.value.evidence] == ["A!A1", "B!A1"]


def test_rows_without_names_are_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        read(made.csv([[2019, 2020, 2021], [1.5, 2.5, 3.5], [4.5, 5.5, 6.5]]))
    assert caught.value.code == "S527"


def test_one_sheet_can_be_chosen() -> None:
    raw = made.book({"A": [["收入(亿元)"], *wide()], "B": [["人数(万人)"], *wide()]})
    assert read_sheets(raw, "f.xlsx", sheet="B").series[0].word == "人数"
    with pytest.raises(ZhihengError) as caught:
        read_sheets(raw, "f.xlsx", sheet="C")
    assert caught.value.code == "S526"


def test_a_bilingual_yearbook_names_regions_twice_in_one_cell() -> None:
    english = ("Beijing", "Tianjin", "Hebei", "Shanxi", "Inner Mongolia", "Liaoning")
    rows: list[list[Any]] = [
        ["3-9 主要指标（2020年）", None, None],
        [None, None, "单位：亿元 (100 million yuan)"],
    ]
    rows += [
        ["地  区 Region", "收入\nRevenue", "支出\nExpenditure"],
        ["全  国 National Total", 9, 9],
    ]
    rows += [
        [f"{n} {e}", figure(i, 0), figure(i, 1)]
        for i, (n, e) in enumerate(zip(NAMES, english, strict=True))
    ]
    table = panel(made.book({"S": rows}), "f.xlsx")
    assert table.entities == CODES
    assert table.series == ("收入 Revenue", "支出 Expenditure")
    assert table.array("支出 Expenditure")[4, 0] == pytest.approx(figure(4, 1) * 1e8, rel=1e-15)


def test_indicators_down_and_provinces_across() -> None:
    rows: list[list[Any]] = [["2020年主要指标", None, None], ["指标", "北京", "上海"]]
    rows += [["收入(亿元)", 1, 2], ["人数(万人)", 3, 4]]
    table = panel(made.book({"S": rows}), "f.xlsx")
    assert table.entities == ("110000", "310000")
    np.testing.assert_array_equal(table.values[:, 0], [[1e8, 3e4], [2e8, 4e4]])


def test_sections_repeat_a_label_and_are_asked() -> None:
    rows: list[list[Any]] = [["地区：北京", None, None], ["指标", "2020年", "2021年"]]
    rows += [["一、城镇"], ["人数(万人)", 1, 2], ["二、农村"], ["人数(万人)", 3, 4]]
    reading = read(made.book({"S": rows}), "f.xlsx")
    assert [q.section for q in reading.open] == ["rows"]
    assert reading.open[0].key == "S!A6"
