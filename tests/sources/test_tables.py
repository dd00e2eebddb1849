"""Clean tables, long and wide: names, units and addresses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.units import UNSTATED
from zhiheng.sources.grid import column_letters
from zhiheng.sources.tables import parse

LONG = """region,year,series,value,unit
北京,2020,gdp_current,36102.6,亿元
110000,2021,gdp_current,40269.6,亿元
天津市,2020,gdp_current,14083.7,亿元
Tianjin,2021,gdp_current,..,亿元
"""
WIDE = """地区,年份,gdp_current [亿元],population（万人）,x1
北京,2020,36102.6,2189,1
北京,2021,40269.6,2189,2
天津,2020,14083.7,1387,3
天津,2021,15695.0,1373,
"""


def refused(text: str, **more: object) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        parse(text.encode(), "f.csv", **more)  # type: ignore[arg-type]
    return caught.value


def test_names_of_one_region_become_one_entity() -> None:
    panel = parse(LONG.encode(), "f.csv").panel()
    assert panel.entities == ("110000", "120000")
    assert panel.level == "province"
    assert panel.name("110000").zh == "北京"


def test_units_become_canonical_and_the_factor_is_applied() -> None:
    panel = parse(LONG.encode(), "f.csv").panel()
    assert panel.units == {"gdp_current": "CNY"}
    # relative 1e-15: one multiplication by a power of ten
    np.testing.assert_allclose(panel.array("gdp_current")[0, 0], 36102.6e8, rtol=1e-15)


def test_two_dots_are_a_gap() -> None:
    assert np.isnan(parse(LONG.encode(), "f.csv").panel().array("gdp_current")[1, 1])


def test_a_wide_table_takes_units_from_its_header() -> None:
    panel = parse(WIDE.encode(), "f.csv").panel()
    assert panel.units == {"gdp_current": "CNY", "population": "person", "x1": UNSTATED}
    assert np.isnan(panel.array("x1")[1, 1])


def test_wide_and_long_give_the_same_numbers() -> None:
    long, wide = parse(LONG.encode(), "a.csv").panel(), parse(WIDE.encode(), "b.csv").panel()
    one, two = long.array("gdp_current"), wide.array("gdp_current")
    np.testing.assert_array_equal(one[0], two[0])


def test_every_value_remembers_its_cell() -> None:
    panel = parse(WIDE.encode(), "f.csv").panel()
    origin = panel.origins[panel.origin[1, 0, panel.series.index("population")]]
    assert origin.cell == "D4"
    assert origin.file.startswith("f.csv#")


def test_text_in_a_number_cell_is_shown_with_its_address() -> None:
    error = refused(WIDE.replace("14083.7", "一万四"))
    assert error.code == "D103"
    assert error.evidence[0]["cell"] == "f.csv!C4"


def test_two_values_for_one_cell_are_shown_with_both_addresses() -> None:
    twice = LONG + "北京市,2020,gdp_current,41611,亿元\n"
    with pytest.raises(ZhihengError) as caught:
        parse(twice.encode(), "f.csv").panel()
    assert caught.value.code == "D102"
    assert [str(r["cell"]).split("!")[1] for r in caught.value.evidence] == ["D2", "D6"]


def test_a_declared_priority_decides_between_two_sources() -> None:
    head = "region,year,series,value,unit,source\n"
    rows = head + "北京,2020,gdp_current,1,亿元,old\n北京,2020,gdp_current,2,亿元,new\n"
    panel = parse(rows.encode(), "f.csv").panel(prefer=["new", "old"])
    assert panel.array("gdp_current")[0, 0] == 2e8
    assert panel.steps[-1].name == "prefer"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (LONG.replace("天津市", "天京"), "C401"),
        (LONG.replace("亿元", "亿圆"), "U210"),
        (LONG.replace("2020", "二〇二〇"), "D104"),
        ("region,year\n", "S502"),
        ("a,b\n1,2\n", "D101"),
        (LONG.replace("36102.6,亿元", "36102.6"), "S503"),
    ],
)
def test_bad_input_is_named(text: str, code: str) -> None:
    error = refused(text)
    assert error.exit_code == 2
    assert error.code == code


def test_money_of_another_price_basis_is_refused() -> None:
    error = refused("region,year,series,value,unit\n北京,2020,gdp_current,1,CNY_2020\n")
    assert error.code == "U209"


def test_labels_of_ones_own_are_kept_when_none_is_a_region() -> None:
    rows = "entity,year,x\nAlpha,2020,1\nBeta,2020,2\n"
    panel = parse(rows.encode(), "f.csv", own_labels=True).panel()
    assert panel.entities == ("Alpha", "Beta")
    assert panel.level == ""


def test_gb18030_is_read() -> None:
    assert len(parse(LONG.encode("gb18030"), "f.csv")) == 3


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        parse(b"PK\x03\x04\x00\xff\xfe\x00", "f.xlsx")
    assert caught.value.code == "S501"


@pytest.mark.parametrize(
    ("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_are_lettered_as_in_a_spreadsheet(column: int, letters: str) -> None:
    assert column_letters(column) == letters
