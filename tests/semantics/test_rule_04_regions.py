"""Rule 4: a region is a catalog code with aliases; an unknown name stops the load."""

from __future__ import annotations

import pytest

import zhiheng as zh
from zhiheng.catalog.regions import region
from zhiheng.sources.tables import parse


@pytest.mark.parametrize(
    "name", ["北京", "北京市", "110000", "11", "Beijing", "beijing", "BEIJING "]
)
def test_all_names_of_beijing_are_one_region(name: str) -> None:
    assert region(name).code == "110000"


def test_shaanxi_is_not_shanxi() -> None:
    assert region("Shaanxi").code == "610000"
    assert region("Shanxi").code == "140000"


def test_an_unknown_name_stops_the_load_with_the_nearest() -> None:
    rows = "region,year,gdp_current [亿元]\n北京,2020,1\n上嗨,2020,2\n"
    with pytest.raises(zh.ZhihengError) as caught:
        parse(rows.encode(), "f.csv")
    assert caught.value.code == "C401"
    assert "上海" in str(caught.value.evidence[0]["nearest"])
