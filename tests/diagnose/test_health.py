"""The data health check on real files: faults that are known, found without being told."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.diagnose.health import health
from zhiheng.diagnose.health_input import KINDS
from zhiheng.diagnose.health_wording import suggested
from zhiheng.sources.tables import parse


def read_long(path: Path, entity: str) -> Panel:
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        rows = [
            (r[entity], int(r["year"]), r["series"], float(r["value"]))
            for r in csv.DictReader(handle)
        ]
    frame = pd.DataFrame(rows, columns=["entity", "year", "series", "value"])
    wide = frame.pivot_table(
        index=["entity", "year"], columns="series", values="value"
    ).reset_index()
    return Panel.from_frame(wide, entity="entity", period="year")


@pytest.fixture(scope="module")
def provinces(shared: Path) -> pd.DataFrame:
    return health(read_long(shared / "data/provinces.csv.gz", "region_code")).table("findings")


@pytest.fixture(scope="module")
def world(shared: Path) -> pd.DataFrame:
    return health(read_long(shared / "data/world.csv.gz", "iso3")).table("findings")


def of(found: pd.DataFrame, series: str, *kinds: str) -> pd.DataFrame:
    return found[(found.series == series) & found.kind.isin(kinds)]


def test_twin_series_are_found(provinces: pd.DataFrame) -> None:
    twins = provinces[provinces.kind == "twin_series"]
    assert set(twins.series) == {"patent_applications_or_grants", "patent_grants"}
    reasons = " ".join(twins.reason_en)
    assert "434 of 434" in reasons
    assert "310 of 310" in reasons


FUELS = ("coal", "coke", "crude", "diesel", "fuel_oil", "gasoline", "kerosene", "natural_gas")


@pytest.mark.parametrize("fuel", FUELS)
def test_the_copied_year_of_fuels_and_their_geometric_fills(
    provinces: pd.DataFrame, fuel: str
) -> None:
    year = of(provinces, f"consumption_{fuel}", "copied_year")
    assert (2018, 2018) in set(zip(year.period_from, year.period_to, strict=True))


def test_geometric_fills_of_fuels_before_1995(provinces: pd.DataFrame) -> None:
    fills = provinces[
        provinces.series.str.startswith("consumption_") & (provinces.kind == "geometric")
    ]
    assert (fills.period_to < 1995).mean() > 0.9  # noqa: PLR2004
    assert fills.cells.sum() > 900  # noqa: PLR2004


@pytest.mark.parametrize(
    ("series", "first", "last", "least"),
    [("dig_ipv4", 2015, 2016, 40), ("dig_mobile_internet_users", 2014, 2014, 25),
     ("dig_websites", 2019, 2019, 30), ("industrial_wastewater", 2019, 2020, 15)],
)  # fmt: skip
def test_linear_years(
    provinces: pd.DataFrame, series: str, first: int, last: int, least: int
) -> None:
    fills = of(provinces, series, "linear")
    inside = fills[(fills.period_from <= last) & (fills.period_to >= first)]
    assert inside.cells.sum() >= least


def test_a_change_of_base_is_found(provinces: pd.DataFrame) -> None:
    assert set(of(provinces, "dig_telecom_revenue", "rebased").period_from) == {2021}


@pytest.mark.parametrize(
    ("series", "entity", "year"),
    [("tech_market_turnover", "63", 2019), ("dig_software_revenue", "15", 2021),
     ("dig_software_revenue", "23", 2018), ("dig_optical_cable_km", "46", 2018),
     ("final_energy_total", "44", 2016), ("final_energy_total", "46", 2004),
     ("final_energy_total", "46", 2021), ("final_energy_total", "33", 2022),
     ("final_energy_total", "34", 2005)],
)  # fmt: skip
def test_single_jumps(provinces: pd.DataFrame, series: str, entity: str, year: int) -> None:
    odd = of(provinces, series, "jump", "outlier", "scale")
    assert (entity, year) in set(zip(odd.entity, odd.period_from, strict=True))


def test_chance_repeats_of_the_rounded_index_are_not_frozen(provinces: pd.DataFrame) -> None:
    assert of(provinces, "gdp_index_prev_year_100", "frozen").empty


def test_zeros_that_mean_missing(world: pd.DataFrame) -> None:
    fossil = of(world, "fossil_share", "zero")
    assert len(fossil) >= 45  # noqa: PLR2004
    assert set(fossil.period_from) == {2016}  # in 2015 the level breaks, zeros follow
    (ethiopia,) = of(world, "capital_formation_share", "zero").itertuples()
    assert (ethiopia.entity, ethiopia.period_from, ethiopia.period_to) == ("ETH", 1990, 2010)


def test_true_zeros_stay(world: pd.DataFrame) -> None:
    for series in ("alternative_nuclear_share", "coal_electricity_share"):
        assert of(world, series, "zero").empty


def test_carried_forward_and_interpolated_by_the_publisher(world: pd.DataFrame) -> None:
    forest = of(world, "forest_share", "linear")
    assert forest.cells.sum() > 850  # noqa: PLR2004
    for code in ("UZB", "NGA", "ARE", "GHA"):
        frozen = world[(world.entity == code) & world.series.str.contains("mht|medium|high_tech")]
        assert {"frozen", "linear"} & set(frozen.kind), code


def test_the_workbook_with_real_errors(shared: Path) -> None:
    file = shared / "data/raw/huangwt/Indicator-Mediator-Control Variables.csv"
    frame = pd.read_csv(file, encoding="utf-8-sig").dropna(subset=["Year"])
    keep = [c for c in frame.columns if frame[c].dtype.kind in "fi" or c == "Province"]
    found = health(Panel.from_frame(frame[keep], entity="Province", period="Year")).table(
        "findings"
    )
    (twin,) = found[found.kind == "twin_series"].itertuples()
    assert "Openness Level" in twin.reason_en
    assert twin.series == "Industrialization Level"
    assert of(found, "Fixed Asset Investment", "copied_year").cells.sum() > 150  # noqa: PLR2004
    assert of(found, "Higher Education Share", "copied_year").cells.sum() > 250  # noqa: PLR2004
    emissions = pd.read_csv(
        file.with_name("Total carbon emissions by province.csv"), encoding="utf-8-sig"
    ).dropna()
    emissions["Fiscal Year"] = emissions["Fiscal Year"].astype(int)
    odd = health(Panel.from_frame(emissions, entity="Province", period="Fiscal Year")).table(
        "findings"
    )
    assert ("Beijing", 2016) in set(zip(odd.entity, odd.period_from, strict=True))


def test_shares_that_disagree_with_their_level_are_found() -> None:
    ratio = health(dataset("provinces"), kinds=["ratio"]).table("findings")
    assert set(ratio.series) == {"secondary_share"}
    assert len(ratio) > 20  # noqa: PLR2004


def small(**changed: float) -> Panel:
    rng = np.random.default_rng(1)
    shape = (6, 12)
    parts = {
        n: np.round(500 * np.exp(rng.normal(0.05, 0.03, shape).cumsum(axis=1)), 1)
        for n in ("a", "b")
    }
    total = parts["a"] + parts["b"]
    total[2, 5] *= changed.get("total", 1.0)
    return Panel.of(
        {**parts, "total": total},
        entities=list("fedcba"),
        periods=range(2001, 2013),
        units=dict.fromkeys(("a", "b", "total"), "CNY"),
    )


def test_own_totals_are_checked_and_values_stay() -> None:
    panel = small(total=1.02)
    before = panel.values.copy()
    found = health(panel, totals={"total": "a + b"}, kinds=["total"])
    (row,) = found.table("findings").itertuples()
    assert (row.entity, row.period_from, row.cells, row.suggested) == ("d", 2006, 1, "keep")
    assert "2.0%" in row.reason_en
    assert np.array_equal(panel.values, before)
    assert not len(health(small(), totals={"total": "a + b"}, kinds=["total"]).tables["findings"])


def test_cells_carry_the_address_they_were_read_at() -> None:
    rng = np.random.default_rng(5)
    values = np.round(100 * np.exp(rng.normal(0.05, 0.03, (5, 12)).cumsum(axis=1)), 2)
    values[2, 6] *= 100
    lines = ["city,year,x [1]".replace("city", "entity")]
    lines += [f"城{i},{2001 + t},{values[i, t]:.2f}" for i in range(5) for t in range(12)]
    panel = parse("\n".join(lines).encode(), "mine.csv", own_labels=True).panel()
    (cell,) = health(panel, kinds=["scale"]).table("cells").itertuples()
    assert (cell.entity, cell.period, cell.value) == ("城2", 2007, round(values[2, 6], 2))
    assert cell.cell.startswith("mine.csv#")
    assert cell.cell.endswith(f"C{2 * 12 + 6 + 2}")


@pytest.mark.parametrize(
    ("code", "options"),
    [("D130", {"kinds": ["linaer"]}), ("D131", {"confidence": 1.5}), ("D107", {"series": ["z"]})],
)
def test_bad_options_are_refused(code: str, options: dict[str, object]) -> None:
    with pytest.raises(ZhihengError) as caught:
        health(small(), **options)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_every_kind_has_its_words_and_a_status() -> None:
    for kind in KINDS:
        assert option_word("finding", kind).zh != kind
        assert option_word("suggested", suggested(kind)).zh != suggested(kind)


def test_findings_below_the_confidence_are_counted_in_a_note() -> None:
    panel = dataset("world")
    few, every = health(panel, confidence=0.9), health(panel, confidence=0.0)
    hidden = len(every.tables["findings"]) - len(few.tables["findings"])
    assert any(f"{hidden} findings" in note.text.en for note in few.notes)
    assert all(check.passed for check in (*few.checks, *every.checks))
