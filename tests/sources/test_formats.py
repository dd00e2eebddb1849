"""Formats of publishers: values, units, periods, addresses, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import source_shapes as shapes
from hypothesis import given
from hypothesis import strategies as st
from source_shapes import refused, rows

from zhiheng.core.panel import Status
from zhiheng.sources import ecb, iamc, nbs_api, owid, sdmx, stata, worldbank
from zhiheng.sources.observations import Observations

# --- World Bank ---------------------------------------------------------------------------


def test_world_bank_csv_keeps_years_units_and_the_date_of_the_release() -> None:
    found = worldbank.parse(shapes.WORLDBANK_CSV, "API.csv")
    assert rows(found)[0] == ("CHN", 2020, "NY.GDP.MKTP.KD", 10.5, "USD_2015", "E6")
    assert len(found) == 7
    assert set(found.vintage) == {"2024-06-28"}
    assert found.panel().units == {"NY.GDP.MKTP.KD": "USD_2015", "SP.POP.TOTL": "unstated"}


def test_an_export_of_the_databank() -> None:
    found = worldbank.parse(shapes.DATABANK_CSV, "d.csv")
    assert [r[:5] for r in rows(found)] == [
        ("CHN", 2020, "NY.GDP.MKTP.CD", 14687.5, "USD"),
        ("CHN", 2020, "SP.POP.TOTL", 1411.0, "unstated"),
        ("CHN", 2021, "SP.POP.TOTL", 1412.5, "unstated"),
    ]
    assert set(found.vintage) == {"06/28/2024"}


def test_world_bank_units_and_names_can_be_given() -> None:
    found = worldbank.parse(
        shapes.WORLDBANK_CSV, "API.csv", units={"SP.POP.TOTL": "百万人"},
        series={"SP.POP.TOTL": "population", "NY.GDP.MKTP.KD": "gdp_real"},
    )  # fmt: skip
    assert found.panel().array("population")[0, 0] == 1411e6
    error = refused(
        lambda: worldbank.parse(
            shapes.WORLDBANK_CSV,
            "API.csv",
            units={"SP.POP.TOTL": "吨"},
            series={"SP.POP.TOTL": "population"},
        )  # fmt: skip
    )
    assert error.code == "U209"


def test_aggregates_stop_the_load_are_left_out_or_kept() -> None:
    raw = shapes.WORLDBANK_CSV.replace(b'"Viet Nam","VNM"', b'"Euro area","EMU"')
    assert refused(lambda: worldbank.parse(raw, "API.csv")).code == "C401"
    dropped = worldbank.parse(raw, "API.csv", unknown="drop")
    assert set(dropped.entity) == {"CHN"}
    assert "EMU" in dropped.notes[0].en
    kept = worldbank.parse(raw, "API.csv", unknown="keep")
    assert (kept.level, set(kept.entity)) == ("", {"CHN", "EMU"})


def test_an_answer_in_pages_is_read_whole_or_not_at_all() -> None:
    pages = [(shapes.worldbank_page(p, 2), f"p{p}.json") for p in (1, 2)]
    found = worldbank.parse_pages(pages)
    assert [r[:4] for r in rows(found)] == [
        ("CHN", 2022, "SP.POP.TOTL", 1412.5),
        ("CHN", 2021, "SP.POP.TOTL", 1412.5),
    ]
    assert found.cell[0] == "/1/0/value"
    assert found.file[1].startswith("p2.json#")
    assert refused(lambda: worldbank.parse(*pages[0])).code == "S555"


def test_a_message_of_the_interface_is_no_data() -> None:
    raw = b'[{"message":[{"id":"120","key":"Invalid value","value":"no such indicator"}]}]'
    error = refused(lambda: worldbank.parse(raw, "p.json"))
    assert error.code == "S552"
    assert "no such indicator" in str(error)


# --- ECB, OWID, NBS -----------------------------------------------------------------------


def test_reference_rates_are_the_same_from_csv_xml_and_zip() -> None:
    from_csv = ecb.parse(shapes.ECB_CSV, "eurofxref.csv")
    assert from_csv.frequency == "D"
    assert ("EUR", 19053, "eur_rate.CNY", 7.0205, "CNY/EUR", "E2") in rows(from_csv)
    assert len(from_csv) == 6
    again = ecb.parse(shapes.zipped(eurofxref__csv=shapes.ECB_CSV), "eurofxref.zip")
    assert rows(again) == rows(from_csv)
    values = {r[1:4] for r in rows(from_csv)}
    assert {r[1:4] for r in rows(ecb.parse(shapes.ECB_XML, "e.xml"))} <= values


def test_the_csv_of_the_day_writes_the_month_in_words() -> None:
    found = ecb.parse(b"Date, USD, JPY, CNY, \n02 March 2022, 1.1106, 128.29, 7.0205, \n", "e.csv")
    assert [r[1] for r in rows(found)] == [19053] * 3


@pytest.mark.slow
def test_the_whole_history_of_the_ecb(shared: Path) -> None:
    raw = (shared / "data/series/eurofxref-hist.zip").read_bytes()
    found = ecb.parse(raw, "eurofxref-hist.zip")
    panel = found.panel(order=sorted(set(found.series)))
    assert len(panel.periods) > 7000
    first = pd.Timestamp("1999-01-04").toordinal() - pd.Timestamp("1970-01-01").toordinal()
    assert panel.periods[0] == first


def test_owid_takes_units_from_the_metadata() -> None:
    found = owid.parse(shapes.OWID_CSV, "co2.csv", metadata=shapes.OWID_META)
    assert rows(found)[0] == ("CHN", 2020, "annual_co2", 10.9, "t_CO2", "D2")
    assert set(owid.parse(shapes.OWID_CSV, "co2.csv").unit) == {"unstated"}


def test_an_answer_of_the_nbs_portal() -> None:
    found = nbs_api.parse(shapes.nbs_answer(), "nbs.json", series={"A020101": "gdp_current"})
    assert len(found) == 3  # the node without data is a gap, not a zero
    assert rows(found)[0][:3] == ("110000", 2022, "gdp_current")
    # relative 1e-15: one multiplication by 1e8
    np.testing.assert_allclose(found.value[0], 41610.9e8, rtol=1e-15)
    national = nbs_api.parse(shapes.nbs_answer(national=True, quarterly=True), "nbs.json")
    assert (national.entity[0], national.frequency, national.period[0]) == ("CHN", "Q", 8089)


# --- IAMC ---------------------------------------------------------------------------------


def test_scenarios_of_one_file_stay_apart() -> None:
    both = iamc.parse(shapes.IAMC_CSV, "iamc.csv")
    assert refused(both.panel).code == "D102"
    one = iamc.parse(shapes.IAMC_CSV, "iamc.csv", scenario="NDC").panel()
    assert one.array("Emissions|CO2")[0].tolist()[:2] == [11000e6, 10500.5e6]
    chosen = both.panel(prefer=["MESSAGE / 1.5C"])
    assert chosen.array("Emissions|CO2")[0, 1] == 7000e6


def test_an_unmapped_unit_is_said_with_its_cell() -> None:
    raw = shapes.IAMC_CSV.replace(b"Mt CO2,320", b"billion US$2010/yr,320")
    error = refused(lambda: iamc.parse(raw, "iamc.csv"))
    assert error.code == "U210"
    assert "F3" in str(error)
    assert len(iamc.parse(raw, "i.csv", units={"billion US$2010/yr": "Mt CO2"})) == 8


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["CHN", "VNM"]), st.integers(1900, 2100),
                  st.sampled_from(["Emissions|CO2", "Population, \"total\""])),
        st.floats(allow_nan=False, allow_infinity=False), min_size=1,
    )
)  # fmt: skip
def test_iamc_out_and_in_is_the_identity(cells: dict[tuple[str, int, str], float]) -> None:
    n = len(cells)

    def words(word: str) -> Any:
        return np.full(n, word, dtype=object)

    keys = sorted(cells)
    made = Observations(
        np.array([k[0] for k in keys], dtype=object), np.array([k[1] for k in keys]),
        np.array([k[2] for k in keys], dtype=object), np.array([cells[k] for k in keys]),
        words("t_CO2"), np.zeros(n, dtype=np.int8), words("m / s"), words(""), words("f"),
        words("A1"), "economy", {},
    )  # fmt: skip
    again = iamc.parse(iamc.write(made), "out.csv")
    assert {r[:5] for r in rows(again)} == {r[:5] for r in rows(made)}
    assert set(again.source) == {"m / s"}
    assert iamc.write(again) == iamc.write(made)


def test_iamc_needs_a_model_and_a_scenario() -> None:
    found = worldbank.parse(shapes.WORLDBANK_CSV, "API.csv")
    assert refused(lambda: iamc.write(found)).code == "S556"
    assert iamc.write(found, model="WDI", scenario="history").startswith(b"Model,Scenario,Region")


# --- Stata --------------------------------------------------------------------------------


def test_stata_takes_units_from_labels() -> None:
    found = stata.parse(shapes.stata_file(), "p.dta")
    assert [r[:3] for r in rows(found)] == [("110000", 2020, "gdp"), ("120000", 2020, "gdp")]
    np.testing.assert_allclose(found.value[0], 36102.6e8, rtol=1e-15)
    assert (found.unit[0], found.cell[1]) == ("CNY", "gdp[2]")
    assert "note" in found.notes[0].en


def test_extended_missing_values_are_counted_gaps() -> None:
    dot, dot_a = (bytes.fromhex(h)[::-1] for h in ("7fe0000000000000", "7fe0010000000000"))
    raw = shapes.stata_file()
    assert raw.count(dot) == 1
    found = stata.parse(raw.replace(dot, dot_a), "p.dta")
    assert len(found) == 2
    assert any(".a: 1" in n.en for n in found.notes)


def test_chinese_of_old_files_is_repaired() -> None:
    frame = pd.DataFrame({"province": ["北京"], "year": [2010], "gdp": [1.0]})
    frame["province"] = [w.encode("gb18030").decode("latin-1") for w in frame["province"]]
    out = io.BytesIO()
    frame.to_stata(out, write_index=False, version=114)
    assert rows(stata.parse(out.getvalue(), "old.dta"))[0][:2] == ("110000", 2010)


@pytest.mark.parametrize(
    ("form", "frequency", "ordinal"),
    [("tm", "M", 24266), ("tq", "Q", 8088), ("td", "D", 19052), ("ty", "A", 2022)],
)
def test_stata_dates_count_from_1960(form: str, frequency: str, ordinal: int) -> None:
    frame = pd.DataFrame({"firm": ["a"], "t": [pd.Timestamp("2022-03-01")], "x": [1.0]})
    out = io.BytesIO()
    frame.to_stata(out, write_index=False, convert_dates={"t": form})
    found = stata.parse(out.getvalue(), "f.dta", period="t", unknown="keep")
    assert (found.frequency, found.period[0]) == (frequency, ordinal)


def test_labelled_codes_of_provinces_are_read_by_their_words() -> None:
    frame = pd.DataFrame({"province": [1, 2], "year": [2020, 2020], "x": [1.0, 2.0]})
    out = io.BytesIO()
    words = {"province": {1: "北京", 2: "天津"}}
    frame.to_stata(out, write_index=False, version=118, value_labels=words)
    assert stata.parse(out.getvalue(), "p.dta").entity.tolist() == ["110000", "120000"]


def test_stata_without_a_recognised_period_asks_for_it() -> None:
    frame = pd.DataFrame({"province": ["北京"], "when": [2020], "x": [1.0]})
    out = io.BytesIO()
    frame.to_stata(out, write_index=False, version=118)
    assert refused(lambda: stata.parse(out.getvalue(), "p.dta")).code == "D101"
    assert len(stata.parse(out.getvalue(), "p.dta", period="when")) == 1


# --- SDMX ---------------------------------------------------------------------------------

MESSAGES = {
    "generic.xml": shapes.SDMX_GENERIC,
    "specific.xml": shapes.SDMX_SPECIFIC,
    "sdmx.json": shapes.SDMX_JSON,
    "sdmx.csv": shapes.SDMX_CSV,
}


@pytest.mark.parametrize("name", MESSAGES)
def test_four_forms_of_one_message_give_the_same(name: str) -> None:
    found = sdmx.parse(MESSAGES[name], name)
    assert [r[:5] for r in rows(found)] == [
        ("CHN", 2020, "GDP", 1.5e6, "USD"),
        ("CHN", 2021, "GDP", 2.25e6, "USD"),
    ]
    assert found.status.tolist() == [Status.OBSERVED, Status.ESTIMATED]


@pytest.mark.parametrize("name", ["generic.xml", "specific.xml", "sdmx.json"])
@pytest.mark.filterwarnings("ignore")
def test_sdmx1_reads_the_same_values(name: str) -> None:
    peer = pytest.importorskip("sdmx", reason="sdmx1 is not installed")
    message = peer.read_sdmx(io.BytesIO(MESSAGES[name]))
    theirs = {
        (o.key["REF_AREA"].value, o.key["TIME_PERIOD"].value, float(o.value))
        for o in message.data[0].obs
    }
    ours = {(r[0], str(r[1]), r[3] / 1e6) for r in rows(sdmx.parse(MESSAGES[name], name))}
    assert ours == theirs


def test_sdmx_areas_and_units_can_be_mapped() -> None:
    raw = shapes.SDMX_CSV.replace(b"CHN", b"CN").replace(b"USD,6", b"PC,0")
    found = sdmx.parse(raw, "s.csv", areas={"CN": "CHN"}, units={"PC": "%"})
    assert rows(found)[0][:5] == ("CHN", 2020, "GDP", 0.015, "1")
    assert refused(lambda: sdmx.parse(raw, "s.csv", entity="GEO")).code == "S553"


def test_dimensions_in_small_letters_as_eurostat_writes_them() -> None:
    raw = shapes.SDMX_SPECIFIC
    for old, new in ((b"REF_AREA", b"geo"), (b"FREQ", b"freq"), (b"UNIT_MEASURE", b"unit")):
        raw = raw.replace(old, new)
    assert rows(sdmx.parse(raw, "e.xml"))[0][:5] == ("CHN", 2020, "GDP", 1.5e6, "USD")


def test_json_without_infinity() -> None:
    raw = json.dumps({"dataSets": [float("inf")]}).encode()
    assert refused(lambda: sdmx.parse(raw, "s.json")).code == "S552"
