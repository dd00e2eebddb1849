from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhiheng.catalog import embedded
from zhiheng.catalog.corrections import corrections
from zhiheng.catalog.embedded import dataset, datasets
from zhiheng.catalog.regions import provinces
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import all_series, series
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate
from zhiheng.core.panel import Panel, Status

NAMES = ("provinces", "world", "gdi2016")
TIBET = "540000"


def value(panel: Panel, name: str, entity: str, period: int) -> float:
    e, t = panel.entities.index(entity), panel.periods.index(period)
    return float(panel.array(name)[e, t])


def status(panel: Panel, name: str, entity: str, period: int) -> Status:
    e, t = panel.entities.index(entity), panel.periods.index(period)
    return Status(int(panel.status_of(name)[e, t]))


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_status_and_origin_and_every_gap_has_none(name: str) -> None:
    panel = dataset(name)
    held = ~np.isnan(panel.values)
    assert np.isfinite(panel.values[held]).all()
    assert ((panel.status >= 0) == held).all()
    assert ((panel.origin >= 0) == held).all()
    for k, s in enumerate(panel.series):
        origin = panel.origins[int(panel.origin[:, :, k].max())]
        assert origin.cell == f"{name}.parquet · {s}"
        assert len(origin.file.split("sha256:")[1]) == 64
        assert origin.source


@pytest.mark.parametrize("name", NAMES)
def test_each_series_is_catalogued_as_available_with_the_unit_it_is_stored_in(name: str) -> None:
    panel = dataset(name)
    for s in panel.series:
        info = series(s, panel.level)
        assert info is not None
        assert info.available, s
        assert info.unit == panel.units[s]
        assert not np.isnan(panel.array(s)).all(), s
    assert set(panel.labels) == set(panel.entities)
    assert list(panel.periods) == list(range(panel.periods[0], panel.periods[-1] + 1))


def test_every_available_base_series_is_shipped() -> None:
    held = {(dataset(n).level, s) for n in NAMES for s in dataset(n).series}
    wanted = {(s.level, s.name) for s in all_series() if s.available and not s.expression}
    assert held == wanted


def test_the_list_of_data_sets_tells_their_size() -> None:
    for d in datasets():
        panel = dataset(d.name)
        assert (d.entities, d.series) == (len(panel.entities), len(panel.series))
        assert (d.first, d.last) == (panel.periods[0], panel.periods[-1])
        assert d.rows == int((~np.isnan(panel.values)).sum())


def test_an_unknown_data_set_is_an_error_with_the_nearest() -> None:
    with pytest.raises(ZhihengError) as caught:
        dataset("province")
    assert caught.value.code == "C421"
    assert "provinces" in str(caught.value)


def test_a_changed_data_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tuple(replace(d, sha256="0" * 64) for d in datasets())
    monkeypatch.setattr(embedded, "datasets", lambda: wrong)
    with pytest.raises(ZhihengError) as caught:
        dataset.__wrapped__("gdi2016")
    assert caught.value.code == "C422"
    assert caught.value.exit_code == 3


# ------------------------------------------------------------------------------ the facts


def test_china_emitted_twelve_and_a_half_billion_tonnes_in_2022() -> None:
    # the publisher's figure in Mt, to the last digit that SOURCES quotes
    assert value(dataset("world"), "co2", "CHN", 2022) / 1e6 == pytest.approx(12_519, abs=1)
    assert value(dataset("world"), "goods_exports", "CHN", 2022) == pytest.approx(
        3.544e12, rel=1e-3
    )


def test_the_provinces_have_the_people_and_the_output_of_china() -> None:
    panel = dataset("provinces")
    t = panel.periods.index(2020)
    assert panel.array("population")[:, t].sum() == pytest.approx(1.41e9, rel=1e-3)
    # the provinces miss the revised national 103.5 tn CNY by less than one per cent
    assert panel.array("gdp_current")[:, t].sum() == pytest.approx(103.5e12, rel=0.01)


def test_real_and_nominal_output_agree_in_the_base_year() -> None:
    panel = dataset("provinces")
    real = evaluate("gdp_real", panel, scope("province"))
    t = panel.periods.index(2020)
    assert real.unit == "CNY_2020"
    assert (real.values[:, t] == panel.array("gdp_current")[:, t]).all()


def test_the_three_sectors_add_up_to_first_release_output() -> None:
    panel = dataset("provinces")
    total = sum(panel.array(f"va_{s}") for s in ("primary", "secondary", "tertiary"))
    gap = np.abs(total / panel.array("gdp_first_release") - 1)
    t = panel.periods.index(2013)
    assert gap[:, t].max() == pytest.approx(0.0152, abs=1e-4)  # recorded as sector_sum_2013
    assert np.nanmax(np.delete(gap, t, axis=1)) < 1e-4


def test_official_totals_follow_from_sub_indices_with_exact_class_weights_only() -> None:
    panel = dataset("gdi2016")
    parts = ("resource", "governance", "quality", "ecology", "growth", "living")
    subs = np.stack([panel.array(f"gdi_{p}")[:, 0] for p in parts], axis=1)
    total = panel.array("gdi")[:, 0]
    exact = np.array([32, 18, 21, 18, 10, 10]) / 109
    rounded = np.array([29.3, 16.5, 19.3, 16.5, 9.2, 9.2]) / 100
    # two decimals in seven published figures: 0.005 + rounding of the weighted sum
    assert np.abs(subs @ exact - total).max() <= 0.0065
    assert np.abs(subs @ rounded - total).max() > 0.0065


def test_the_default_study_has_no_gap() -> None:
    panel = dataset("provinces")
    years = [panel.periods.index(y) for y in range(2013, 2023)]
    rows = [i for i, e in enumerate(panel.entities) if e != TIBET]
    assert len(rows) == 30
    for expression in (
        "invention_grants / population", "tech_market_turnover / gdp_current",
        "rd_fte_industrial / population", "science_expenditure / fiscal_expenditure",
        "graduates_bachelor / population", "it_employment_share", "broadband_ports / population",
        "base_stations / population", "computers_per_100", "software_revenue / gdp_current",
        "ecommerce_sales / gdp_current", "ecommerce_firm_share", "va_tertiary / va_secondary",
        "log(co2_final_use / gdp_real)", "urbanisation_rate", "age65_share",
        "fiscal_expenditure / gdp_current",
    ):  # fmt: skip
        found = evaluate(expression, panel, scope("province")).values[np.ix_(rows, years)]
        assert np.isfinite(found).all(), expression


def test_final_use_co2_is_the_sum_of_fuels_and_half_of_the_territorial_account(
    shared: Path,
) -> None:
    panel = dataset("provinces")
    ours = evaluate("co2_final_use", panel, scope("province"))
    assert ours.unit == "t_CO2"
    total = np.nansum(ours.values[:, panel.periods.index(2019)]) / 1e6
    frame = pd.read_csv(shared / "data/provinces.csv.gz")
    ceads = frame[(frame.series == "co2_ceads_scope1") & (frame.year == 2019)].value.sum()
    assert ceads == pytest.approx(10_864, abs=1)
    # without power, heat and energy industries; the ratio is printed in the catalog
    assert total / ceads == pytest.approx(0.47, abs=0.005)
    assert np.isnan(ours.values[panel.entities.index(TIBET)]).all()


# ------------------------------------------------------------------------- the corrections


def test_repaired_cells_hold_the_recorded_value_and_status() -> None:
    panel = dataset("provinces")
    repaired = [c for c in corrections("provinces") if c.action == "repair"]
    assert repaired
    for c in repaired:
        (name,), (entity,), ((year, _),) = c.series, c.entities, c.periods
        assert value(panel, name, entity, year) == c.value
        assert status(panel, name, entity, year).name.lower() == c.status


def test_masked_cells_are_missing_and_weak_ones_say_so() -> None:
    world, home = dataset("world"), dataset("provinces")
    late = world.array("fossil_share")[:, world.periods.index(2015) :]
    assert np.isnan(late).all()
    assert np.isnan(value(world, "capital_formation_share", "ETH", 2000))
    assert np.isnan(value(home, "green_invention_patents", TIBET, 2001))
    assert np.isnan(home.array("goods_trade")[:, home.periods.index(2006)]).all()
    assert world.periods[-1] == 2024
    assert status(home, "final_lpg", "440000", 2016) is Status.ESTIMATED
    assert status(world, "mht_manufacturing_share", "UZB", 2005) is Status.IMPUTED


def test_every_flag_concerns_cells_that_are_there() -> None:
    for c in corrections():
        if c.action != "flag":
            continue
        panel = dataset(c.dataset)
        held = 0
        for name in c.series:
            column = panel.array(name)
            rows = [panel.entities.index(e) for e in c.entities] or list(range(len(column)))
            spans = c.periods or ((panel.periods[0], panel.periods[-1]),)
            at = [i for i, p in enumerate(panel.periods) if any(a <= p <= b for a, b in spans)]
            cells = column[np.ix_(rows, at)]
            held += int((cells == 0).sum() if c.where == "zero" else (~np.isnan(cells)).sum())
        assert held == c.cells, c.id


def test_corrections_name_known_provinces_and_series() -> None:
    codes = {p.code for p in provinces()} | set(dataset("world").entities)
    for c in corrections():
        assert set(c.entities) <= codes, c.id
        if c.action not in {"exclude"} and c.series != ("*",):
            assert set(c.series) <= set(dataset(c.dataset).series), c.id
        if c.action in {"repair", "status"}:
            assert c.status, c.id


def test_the_data_folder_does_not_hide_the_public_function() -> None:
    # a package of that name would replace `zhiheng.data` on import
    import zhiheng

    assert zhiheng.data("gdi2016").periods == (2016,)
    assert zhiheng.data("gdi2016") is dataset("gdi2016")
