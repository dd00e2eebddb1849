"""An export read back is what was exported: every field, to the last bit."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.observations import FIELDS, Observations
from zhiheng.store import exports
from zhiheng.store.exports_rows import About, time_label
from zhiheng.store.store import Store

FORMS = sorted(exports.SUFFIXES)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12)
VALUES = st.floats(-8e307, 8e307, allow_nan=False, width=64)


@st.composite
def anything(draw: st.DrawFn) -> Observations:
    n = draw(st.integers(1, 8))

    def words(pattern: st.SearchStrategy[str] = WORDS) -> object:
        return np.array(draw(st.lists(pattern, min_size=n, max_size=n)), dtype=object)

    frequency = draw(st.sampled_from("AQMDH"))
    low, high = {"A": (1, 9999), "Q": (4, 39999), "M": (12, 99999), "D": (-9999, 99999),
                 "H": (-9999, 999999)}[frequency]  # fmt: skip
    entity = words()
    return Observations(
        entity=entity,
        period=np.array(draw(st.lists(st.integers(low, high), min_size=n, max_size=n))),
        series=words(), unit=words(), source=words(), vintage=words(), file=words(), cell=words(),
        value=np.array(draw(st.lists(VALUES, min_size=n, max_size=n)), dtype=np.float64),
        status=np.array(draw(st.lists(st.integers(-1, 4), min_size=n, max_size=n)), dtype=np.int8),
        level=draw(st.sampled_from(["", "province", "firm"])),
        labels={str(entity[0]): Text("甲厂", "Works")}, frequency=frequency,
    )  # fmt: skip


def check(found: Observations | None, wanted: Observations) -> None:
    assert found is not None
    for name in FIELDS:
        a, b = getattr(found, name), getattr(wanted, name)
        assert a.tolist() == b.tolist(), name
        assert a.dtype == b.dtype, name
    np.testing.assert_array_equal(np.signbit(found.value), np.signbit(wanted.value))
    assert (found.level, found.frequency) == (wanted.level, wanted.frequency)
    assert dict(found.labels).items() >= dict(wanted.labels).items()
    assert exports.same(found, wanted)


def attempt(raw: bytes) -> tuple[Observations | None, str]:
    try:
        return exports.decode(raw, "x"), ""
    except ZhihengError as error:
        return None, error.code


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40)
@given(observations=anything())
def test_the_round_trip_is_the_identity(form: str, observations: Observations) -> None:
    check(exports.decode(exports.encode(observations, form), "x"), observations)


@pytest.mark.parametrize("form", FORMS)
def test_a_store_survives_a_trip_through_a_file(
    tmp_path: Path, form: str, rows: Callable[..., Observations]
) -> None:
    made = Store(tmp_path / "a")
    made.add(rows([("110000", 2020, "gdp_current", 0.1 + 0.2, "nbs", "2021"),
                   ("110000", 2020, "gdp_current", 1e-300, "nbs", "2022")]),
             licence="CC BY 4.0")  # fmt: skip
    made.add(rows([("120000", 2021, "population", -0.0, "nbs", "")], name='=g,"\t'))
    target = tmp_path / f"out{exports.SUFFIXES[form]}"
    assert exports.export(made, target) == 3
    found = exports.decode(target.read_bytes(), target.name)
    check(found, made.observations())
    again = Store(tmp_path / "b")
    again.add(found)
    check(again.observations(), made.observations())
    with pytest.raises(ZhihengError) as caught:
        exports.export(made, target)
    assert caught.value.code == "S605"
    first = target.read_bytes()
    exports.export(made, target, force=True)
    if form not in ("xlsx", "dta"):  # these two carry the moment of their making
        assert target.read_bytes() == first


@pytest.mark.parametrize(
    ("form", "text"),
    [("xlsx", "a\x01b"), ("xlsx", "a\rb"), ("xlsx", "x" * 40_000), ("dta", "a\x00")],
)
def test_what_a_form_would_change_is_refused(
    form: str, text: str, rows: Callable[..., Observations]
) -> None:
    found = replace(rows([("1", 1, "a", 1.0, "s", "")]), cell=np.array([text], dtype=object))
    with pytest.raises(ZhihengError) as caught:
        exports.encode(found, form)
    assert caught.value.code == "S598"
    check(exports.decode(exports.encode(found, "csv"), "x"), found)


def test_stata_has_no_room_for_the_largest_numbers(rows: Callable[..., Observations]) -> None:
    with pytest.raises(ZhihengError) as caught:
        exports.encode(rows([("1", 1, "a", 1.7e308, "s", "")]), "dta")
    assert caught.value.code == "S598"


@pytest.mark.parametrize("form", ["csv", "sdmx", "iamc", "datapackage", "parquet"])
def test_half_a_file_is_never_read_as_a_whole_one(
    form: str, rows: Callable[..., Observations]
) -> None:
    raw = exports.encode(rows([("1", t, "a", 1.5, "s", "") for t in range(50)]), form)
    for end in (len(raw) - 3, len(raw) // 2):
        found, code = attempt(raw[:end])
        assert code == "S599" or found is None or len(found) < 50


@pytest.mark.parametrize(
    "raw", [b"", b"a,b\n1,2\n", b"PK\x03\x04junk", b"<stata_dta>junk", b"\xff\xfe"]
)
def test_files_of_others_are_left_to_the_parsers(raw: bytes) -> None:
    found, code = attempt(raw)
    assert (found, code) in [(None, ""), (None, "S599")]


def test_sdmx_has_the_columns_of_the_standard(rows: Callable[..., Observations]) -> None:
    raw = exports.encode(rows([("110000", 2020, "a", 1.5, "s", "")]), "sdmx").decode("utf-8-sig")
    first = next(csv.DictReader(io.StringIO(raw)))
    assert list(first)[:3] == ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    assert (first["STRUCTURE"], first["ACTION"], first["OBS_STATUS"]) == ("dataflow", "I", "A")
    assert (first["REF_AREA"], first["TIME_PERIOD"], first["OBS_VALUE"]) == (
        "110000",
        "2020",
        "1.5",
    )


def test_the_data_package_describes_itself(rows: Callable[..., Observations]) -> None:
    about = About("000001-abc", ("CC BY 4.0",), ("nbs_portal", "mine"))
    raw = exports.encode(
        rows([("110000", 2020, "gdp_current", 1.5, "s", "")]), "datapackage", about
    )
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        document = json.loads(archive.read("datapackage.json"))
    assert document["licenses"] == [{"name": "other", "title": "CC BY 4.0"}]
    assert document["sources"][0]["path"].startswith("https://")
    assert document["series"][0]["unit"] == "CNY"
    fields = document["resources"][0]["schema"]["fields"]
    assert {f["name"]: f["type"] for f in fields}["value"] == "number"


def test_periods_in_words() -> None:
    wanted = {"A": (2022, "2022"), "Q": (8089, "2022-Q2"), "M": (24266, "2022-03"),
              "D": (19052, "2022-03-01"), "H": (457253, "2022-03-01T05:00:00")}  # fmt: skip
    assert {f: time_label(f, p) for f, (p, _) in wanted.items()} == {
        f: w for f, (_, w) in wanted.items()
    }


def test_the_form_comes_from_the_name(tmp_path: Path) -> None:
    for form, suffix in exports.SUFFIXES.items():
        assert exports.form_for(tmp_path / f"x{suffix}") == form
    with pytest.raises(ZhihengError) as caught:
        exports.form_for(tmp_path / "x.doc")
    assert caught.value.code == "S597"
