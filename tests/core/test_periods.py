"""Ordinals, spellings and labels of periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.periods import day, hour, label, parse_period, start


@pytest.mark.parametrize(
    ("written", "frequency", "ordinal"),
    [
        ("2022", "A", 2022),
        ("2022年", "A", 2022),
        ("２０２２年度", "A", 2022),
        ("2022.0", "A", 2022),
        ("2022Q1", "Q", 8088),
        ("2022-Q4", "Q", 8091),
        ("2022年第一季度", "Q", 8088),
        ("2022年二季度", "Q", 8089),
        ("2022年3季度", "Q", 8090),
        ("1Q2022", "Q", 8088),
        ("Q1 2022", "Q", 8088),
        ("4Q-2022", "Q", 8091),
        ("2022.10", "M", 24273),
        ("2022年3月", "M", 24266),
        ("2022年12月份", "M", 24275),
        ("202203", "M", 24266),
        ("2022-03", "M", 24266),
        ("2022/3", "M", 24266),
        ("2022M03", "M", 24266),
        ("2022-03-01", "D", 19052),
        ("2022/3/1", "D", 19052),
        ("20220301", "D", 19052),
        ("2022年3月1日", "D", 19052),
        ("1970-01-01T00Z", "H", 0),
        ("1970-01-01 08:00:00+08:00", "H", 0),
        ("1970-01-01T05:30:00+0530", "H", 0),
    ],
)
def test_the_usual_spellings(written: str, frequency: str, ordinal: int) -> None:
    assert parse_period(written) == (frequency, ordinal)


@pytest.mark.parametrize(
    "written",
    ["", "22", "2022-13", "2022.1", "1-2022", "1/2022",
     "202213", "2022Q5", "2022-02-30", "0000", "Mar-22", "3/1/2022",
     "2022-03-01T05:30Z", "2022-03-01T05", "2022-03-01T00+05:30", "9999-12-31T23-02:00",
     "99999999999", "2022 ~ 2023"],
)  # fmt: skip
def test_what_is_ambiguous_or_no_period_is_refused(written: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_period(written)
    assert caught.value.code == "S550"


def test_another_frequency_than_asked_is_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_period("2022-03", "A")
    assert caught.value.code == "S551"


RANGES = {
    "A": (1, 9999),
    "Q": (4, 4 * 9999 + 3),
    "M": (12, 12 * 9999 + 11),
    "D": ((date.min - date(1970, 1, 1)).days, (date.max - date(1970, 1, 1)).days),
    "H": (-17259888 + 10_000, 70389527),
}


@given(st.sampled_from(sorted(RANGES)), st.data())
def test_labels_read_back_to_the_same_ordinal(frequency: str, data: st.DataObject) -> None:
    ordinal = data.draw(st.integers(*RANGES[frequency]))
    assert parse_period(label(frequency, ordinal)) == (frequency, ordinal)  # type: ignore[arg-type]


@given(st.dates())
def test_days_agree_with_the_calendar(value: date) -> None:
    assert day(value).ordinal == value.toordinal() - date(1970, 1, 1).toordinal()
    assert start("D", day(value).ordinal).date() == value


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14, 14))
def test_an_instant_has_one_hour_in_whatever_zone(value: datetime, shift: int) -> None:
    there = value.replace(tzinfo=timezone(timedelta(hours=shift)))
    assert hour(there) == hour(there.astimezone(UTC))
    assert start("H", hour(there).ordinal) <= there < start("H", hour(there).ordinal + 1)


@pytest.mark.parametrize("frequency", ["A", "Q", "M"])
@given(st.integers(4000, 8000))
def test_ordinals_are_consecutive(frequency: str, ordinal: int) -> None:
    nexts = start(frequency, ordinal + 1)  # type: ignore[arg-type]
    days = (nexts - start(frequency, ordinal)).days  # type: ignore[arg-type]
    assert days in {"A": (365, 366), "Q": (90, 91, 92), "M": (28, 29, 30, 31)}[frequency]


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(written: str) -> None:
    try:
        found = parse_period(written)
    except ZhihengError:
        return
    assert parse_period(label(*found)) == found


def test_ordinals_outside_of_the_calendar_have_no_label() -> None:
    for frequency, ordinal in (("A", 0), ("D", 10**9), ("H", -(10**12))):
        with pytest.raises(ZhihengError):
            label(frequency, ordinal)  # type: ignore[arg-type]


def test_an_instant_without_a_zone_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        hour(datetime(2022, 1, 1))
