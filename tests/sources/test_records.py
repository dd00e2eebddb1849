"""Trade records and meter readings: what becomes an observation, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import source_shapes as shapes
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.sources import baci, comtrade, customs, meters
from zhiheng.sources.observations import Observations
from zhiheng.sources.trade import SCHEMA, TradeRecords, table


def cells(found: Observations) -> dict[tuple[str, int, str], float]:
    return {
        (e, p, s): v
        for e, p, s, v in zip(
            found.entity.tolist(), found.period.tolist(), found.series.tolist(),
            found.value.tolist(), strict=True,
        )
    }  # fmt: skip


def refused(code: str, call: Any) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def test_the_world_is_not_added_to_its_parts() -> None:
    records = comtrade.parse(shapes.COMTRADE_CSV, "c.csv")
    error = refused("S561", records.observations)
    assert "WLD" in str(error)
    world = records.select(partner="WLD").observations()
    assert cells(world) == {("CHN", 2022, "exports"): 100.5, ("CHN", 2022, "imports"): 20.0}
    parts = records.select(partner=["USA", "JPN"]).observations()
    assert cells(parts) == {("CHN", 2022, "exports"): 100.5}
    assert parts.cell[0] == "row 3 … row 4 (2)"


def test_dimensions_kept_stand_in_the_name_of_the_series() -> None:
    records = comtrade.parse(shapes.COMTRADE_CSV, "c.csv").select(partner="USA")
    found = records.observations(keep=("product", "partner"), measure="weight")
    assert cells(found) == {("CHN", 2022, "exports.weight.854143.USA"): 0.004}
    assert found.unit[0] == "t"


def test_products_of_two_levels_are_not_added() -> None:
    raw = shapes.COMTRADE_OLD.replace(b"JPN,854140", b"JPN,85")
    records = comtrade.parse(raw, "c.csv")
    refused("S561", records.observations)
    assert cells(records.digits(6).observations()) == {("CHN", 2018, "exports"): 60.0}


def test_old_and_new_columns_and_json() -> None:
    old = comtrade.parse(shapes.COMTRADE_OLD, "c.csv").observations(keep=("partner",))
    assert cells(old) == {
        ("CHN", 2018, "exports.JPN"): 40.0, ("CHN", 2018, "exports.USA"): 60.0,
    }  # fmt: skip
    monthly = comtrade.parse(shapes.COMTRADE_JSON, "c.json").observations()
    assert (monthly.frequency, monthly.period[0], monthly.cell[0]) == ("M", 24266, "/data/0")


def test_a_unit_of_quantity_that_is_not_catalogued_is_an_error() -> None:
    records = comtrade.parse(shapes.COMTRADE_OLD, "c.csv")
    refused("U210", lambda: records.observations(measure="quantity"))


def test_a_record_twice_is_refused() -> None:
    raw = shapes.COMTRADE_OLD + shapes.COMTRADE_OLD.splitlines(keepends=True)[-1]
    error = refused("D102", comtrade.parse(raw, "c.csv").observations)
    assert "row 3" in str(error)


def test_a_sum_over_a_missing_number_is_a_gap() -> None:
    raw = shapes.COMTRADE_OLD.replace(b",5,40,0", b",5,,0")
    found = comtrade.parse(raw, "c.csv").observations(measure="weight")
    np.testing.assert_allclose(found.value, [0.009], rtol=1e-15)
    refused("S502", comtrade.parse(raw, "c.csv").observations)


def test_baci_needs_its_countries_and_can_be_mirrored() -> None:
    records = baci.parse(shapes.BACI_CSV, "b.csv", countries=shapes.BACI_COUNTRIES)
    assert records.table.schema.equals(SCHEMA)
    assert cells(records.observations(keep=("product",))) == {
        ("CHN", 2020, "exports.010121"): 1500.0, ("USA", 2020, "exports.854140"): 2000.0,
    }  # fmt: skip
    assert cells(records.mirrored().observations()) == {
        ("CHN", 2020, "imports"): 2000.0, ("USA", 2020, "imports"): 1500.0,
    }  # fmt: skip
    few = shapes.BACI_COUNTRIES.splitlines(keepends=True)
    refused("S562", lambda: baci.parse(shapes.BACI_CSV, "b.csv", countries=b"".join(few[:2])))


def test_customs_by_place_and_mode() -> None:
    records = customs.parse(shapes.CUSTOMS_CSV, "h.csv", flow="export")
    assert cells(records.observations()) == {("CHN", 24266, "exports"): 5100.0}
    by_place = records.observations(entity="place", keep=("mode",))
    assert cells(by_place)["310000", 24266, "exports.来料加工装配贸易"] == 30.0
    assert by_place.level == "province"
    tonnes = records.observations(measure="quantity")
    np.testing.assert_allclose(tonnes.value, [1.215], rtol=1e-15)
    assert tonnes.unit[0] == "t"


def test_customs_in_two_currencies_asks_for_one() -> None:
    both = "数据年月,商品编码,人民币,美元\n202203,8541,7,1\n".encode()
    refused("S563", lambda: customs.parse(both, "h.csv", flow="import"))
    found = customs.parse(both, "h.csv", flow="import", currency="CNY").observations()
    assert (found.series[0], found.unit[0], found.value[0]) == ("imports", "CNY", 7.0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["CHN", "USA"]), st.sampled_from(["JPN", "DEU"]),
                  st.sampled_from(["010101", "854143"]), st.integers(0, 10**9)),
        min_size=1, unique_by=lambda r: r[:3],
    )
)  # fmt: skip
def test_any_grouping_keeps_the_total(records: list[tuple[str, str, str, int]]) -> None:
    """Whole numbers below 2^53 add exactly, whatever the grouping."""
    n = len(records)
    made = TradeRecords(
        table(
            {
                "period": [2020] * n, "flow": ["export"] * n, "row": range(n),
                "reporter": [r[0] for r in records], "partner": [r[1] for r in records],
                "product": [r[2] for r in records], "value": [float(r[3]) for r in records],
            }
        ), "USD", "A", "f", "s",
    )  # fmt: skip
    total = sum(r[3] for r in records)
    for keep in ((), ("partner",), ("product", "partner")):
        assert made.observations(keep=keep).value.sum() == total


def test_an_unknown_dimension_is_named() -> None:
    records = comtrade.parse(shapes.COMTRADE_OLD, "c.csv")
    refused("S561", lambda: records.select(colour="red"))


# --- meters -------------------------------------------------------------------------------


def test_readings_out_of_order_and_twice_are_counted() -> None:
    found = meters.parse(shapes.METER_CSV, "m.csv")
    assert cells(found) == {
        ("m1", 457247, "reading"): 4.0, ("m1", 457248, "reading"): 5.5,
        ("m2", 457248, "reading"): 7.0,
    }  # fmt: skip
    assert found.frequency == "H"
    assert any("out of order" in n.en for n in found.notes)
    assert any("count once" in n.en for n in found.notes)


def test_seconds_and_milliseconds() -> None:
    found = meters.parse(shapes.METER_JSON, "m.json")
    assert cells(found) == {("s1", 457248, "reading"): 1.5, ("s1", 457249, "reading"): 2.0}
    assert found.cell.tolist() == ["/readings/0", "/readings/1"]


def readings(*times: str, value: str = "1") -> bytes:
    lines = [f"m,{t},{value},kWh" for t in times]
    return "\n".join(["device,time,value,unit", *lines, ""]).encode()


def test_a_time_without_a_zone_needs_one() -> None:
    raw = readings("2022-03-01 00:30")
    refused("S559", lambda: meters.parse(raw, "m.csv"))
    refused("S559", lambda: meters.parse(raw, "m.csv", zone="Asia/Nowhere"))
    found = meters.parse(raw, "m.csv", zone="Asia/Shanghai")
    assert found.period[0] == 19052 * 24 - 8
    assert meters.parse(raw, "m.csv", zone="Asia/Shanghai", frequency="D").period[0] == 19052


def test_days_and_months_are_told_by_the_usual_step_and_dated_where_they_were_read() -> None:
    """Local midnight in China is the day before in UTC."""
    days = [f"2022-0{m}-{d:02d}T00:00:00+08:00" for m in (1, 2) for d in range(1, 29)]
    found = meters.parse(readings(*days), "m.csv")
    assert found.frequency == "D"
    assert found.period[0] == (np.datetime64("2022-01-01") - np.datetime64("1970-01-01")).astype(
        int
    )
    months = [f"2022-{m:02d}-01T00:00:00+08:00" for m in range(1, 13)]
    found = meters.parse(readings(*months), "m.csv")
    assert (found.frequency, found.period[0]) == ("M", 2022 * 12)
    hours = [f"2022-01-01T{h:02d}:00:00+08:00" for h in range(24)]
    both = readings(*hours) + "".join(f"daily,{d},1,kWh\n" for d in days).encode()
    assert meters.parse(both, "m.csv").frequency == "H"
    assert meters.parse(readings(*days), "m.csv", frequency="H").frequency == "H"


def test_a_clock_that_jumps_back_is_named_by_device_and_cell() -> None:
    back = readings("2022-03-01T00:00Z", "2022-03-01T02:00Z", "2022-03-01T01:00Z")
    (note,) = meters.parse(back, "m.csv").notes
    assert "(m C4)" in note.en


@pytest.mark.parametrize("time", ["2022-10-30 02:30", "2022-03-27 02:30"])
def test_a_changed_clock_is_not_guessed(time: str) -> None:
    """In Berlin 2:30 came twice on one of these days and never on the other."""
    refused("S559", lambda: meters.parse(readings(time), "m.csv", zone="Europe/Berlin"))
    assert len(meters.parse(readings(f"{time}+02:00"), "m.csv", zone="Europe/Berlin")) == 1


def test_a_day_of_a_changed_clock_has_23_or_25_hours() -> None:
    for offset, at, hours in (("+01:00", "2022-03-27", 23), ("+02:00", "2022-10-30", 25)):
        start = np.datetime64(f"{at}T00:00") - np.timedelta64(int(offset[2]), "h")
        times = [f"{start + np.timedelta64(h, 'h')}:00Z" for h in range(30)]
        found = meters.parse(
            readings(*times), "m.csv", zone="Europe/Berlin", frequency="D", how="sum"
        )
        assert found.value.tolist() == [hours, 30 - hours]


def test_several_readings_in_a_period_need_a_way_to_become_one() -> None:
    raw = readings("2022-03-01T00:00Z", "2022-03-01T00:15Z", "2022-03-01T00:30Z")
    refused("S560", lambda: meters.parse(raw, "m.csv"))
    for how, value in (("sum", 3.0), ("mean", 1.0), ("last", 1.0)):
        assert meters.parse(raw, "m.csv", how=how).value.tolist() == [value]  # type: ignore[arg-type]


def test_a_period_with_a_reading_missing_is_said() -> None:
    times = [f"2022-03-01T{h:02d}:{m:02d}Z" for h in range(3) for m in (0, 15, 30, 45)]
    found = meters.parse(readings(*times[:-1]), "m.csv", how="sum")
    assert found.value.tolist() == [4.0, 4.0, 3.0]
    assert any("1 periods have fewer than the usual 4" in n.en for n in found.notes)
    whole = meters.parse(readings(*times), "m.csv", how="sum")
    assert whole.notes == ()


@given(st.permutations(range(12)), st.sampled_from(["sum", "mean", "last"]))
def test_the_order_of_records_does_not_matter(order: list[int], how: Any) -> None:
    """Values are small whole numbers, so that sums are exact in any order."""
    lines = [f"m{i % 2},2022-03-01T{i // 4:02d}:{i % 4 * 15:02d}Z,{i * i % 7},kWh" for i in order]
    raw = "\n".join(["device,time,value,unit", *lines]).encode()
    one = cells(meters.parse(raw, "m.csv", how=how))
    lines.sort()
    raw = "\n".join(["device,time,value,unit", *lines]).encode()
    assert one == cells(meters.parse(raw, "m.csv", how=how))


def test_two_values_at_one_instant_are_refused() -> None:
    raw = readings("2022-03-01T00:00Z") + b"m,2022-03-01T08:00+08:00,2,kWh\n"
    refused("D102", lambda: meters.parse(raw, "m.csv"))


@pytest.mark.parametrize(
    "time", ["yesterday", "2022-02-30T00:00Z", "12", "1e12", "9999999999999999"]
)
def test_what_is_no_timestamp_is_refused(time: str) -> None:
    refused("S558", lambda: meters.parse(readings(time), "m.csv"))
