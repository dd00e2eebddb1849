"""Ratios and totals: what an item is declared to be, and what its ingredients say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.catalog.scales import derived_scale
from zhiheng.catalog.series import all_series
from zhiheng.catalog.systems import Indicator, load_system, mixes_scales, systems
from zhiheng.core.errors import ZhihengError

ITEMS = [(s, i) for s in systems().values() for i in s.indicators]
WRITTEN = [(s.id, i) for s, i in ITEMS if i.expression]
EXCEPTIONS = {
    ("trade-resilience", "liner_connectivity"),
    ("trade-resilience-world", "liner_connectivity"),
}
"""Items whose scale is not that of their ingredients; each gives its reason in the data."""
TOTALS = sorted(s.name for s in all_series("province") if s.extensive and not s.expression)
RATIOS = sorted(s.name for s in all_series("province") if not s.extensive and not s.expression)
RATIO, TOTAL = "intensive", "extensive"


@pytest.mark.parametrize(("system", "item"), WRITTEN)
def test_the_declared_scale_is_that_of_the_ingredients(system: str, item: Indicator) -> None:
    derived = derived_scale(item.expression, item.level)
    assert derived is not None, "the catalog cannot say"
    assert (derived == item.scale) != ((system, item.id) in EXCEPTIONS)


def test_exceptions_give_a_reason_and_no_other_item_does() -> None:
    assert {(s.id, i.id) for s, i in ITEMS if i.scale_reason} == EXCEPTIONS


@given(st.sampled_from(TOTALS), st.sampled_from(TOTALS), st.sampled_from(RATIOS))
def test_ratios_of_totals_are_intensive_and_their_products_with_ratios_total(
    a: str, b: str, ratio: str
) -> None:
    assert derived_scale(f"{a} / {b}", "province") == RATIO
    assert derived_scale(f"log({a} / {b})", "province") == RATIO
    assert derived_scale(f"-growth({a})", "province") == RATIO
    assert derived_scale(f"share({a}, {b})", "province") == RATIO
    assert derived_scale(f"per_capita({a})", "province") == RATIO
    assert derived_scale(f"{ratio}^2", "province") == RATIO
    assert derived_scale(f"{ratio} * {a}", "province") == TOTAL
    assert derived_scale(f"total({a}, {b})", "province") == TOTAL
    assert derived_scale(f"lag({a}, k=2) - {b}", "province") == TOTAL
    assert derived_scale(f"sqrt({a} * {b})", "province") == TOTAL
    assert derived_scale(f"sqrt({a} * {b}) / {b}", "province") == RATIO
    assert derived_scale(f"{ratio} / {a}", "province") == TOTAL


@pytest.mark.parametrize(
    ("expression", "scale"),
    [
        ("gdp_real", TOTAL),
        ("gdp_real_per_capita", RATIO),
        ("co2_final_use / gdp_real", RATIO),
        ("chain(gdp_index_prev_100, base=2020, level=gdp_current)", TOTAL),
        ("chain(gdp_index_prev_100, base=2020)", RATIO),
        ("deflate(software_revenue, gdp_current, gdp_real)", TOTAL),
        ("final_raw_coal * ef.raw_coal", TOTAL),
        ("children(goods_trade)", TOTAL),
        ("log(patent_grants)", None),
        ("patent_grants + rd_intensity", None),
        ("population^rd_intensity", None),
        ("my_own_series / population", None),
    ],
)
def test_degrees_follow_the_expression(expression: str, scale: str | None) -> None:
    assert derived_scale(expression, "province") == scale


def test_a_share_in_the_world_total_lets_size_in() -> None:
    assert derived_scale("goods_exports / world_goods_exports", "economy") == TOTAL


def test_both_kinds_of_item_are_listed_in_their_order() -> None:
    extensive, intensive = mixes_scales(load_system("nqpf-three-elements"))
    assert extensive == ("robots", "highways", "railways", "optical_cable")
    assert len(intensive) == 21
    assert mixes_scales(load_system("nqpf-triple-open"))[0] == ()


def _own(root: Path, folder: Path, old: str, new: str) -> str:
    source = (root / "src/zhiheng/catalog/data/systems/nqpf-world.toml").read_text("utf-8")
    assert re.search(old, source)
    path = folder / "own.toml"
    path.write_text(re.sub(old, new, source, count=1), "utf-8")
    return str(path)


def test_a_scale_against_the_ingredients_is_refused_without_a_reason(
    root: Path, tmp_path: Path
) -> None:
    with pytest.raises(ZhihengError) as caught:
        load_system(_own(root, tmp_path, 'scale = "intensive"', 'scale = "extensive"'))
    assert caught.value.code == "C417"
    assert caught.value.evidence[0]["indicator"] == "articles_per_person"
    reason = 'scale = "extensive"\nscale_reason = { zh = "甲", en = "because" }'
    found = load_system(_own(root, tmp_path, 'scale = "intensive"', reason))
    assert mixes_scales(found)[0] == ("articles_per_person",)


def test_a_missing_or_unknown_scale_is_refused(root: Path, tmp_path: Path) -> None:
    for new in ("", 'scale = "large"\n'):
        with pytest.raises(ZhihengError) as caught:
            load_system(_own(root, tmp_path, 'scale = "intensive"\n', new))
        assert caught.value.code == "C411"
        assert caught.value.evidence[0]["field"].endswith("scale")
