"""Rows and panels in every form, page by page, and what filters let through."""

from __future__ import annotations

import contextlib
import io
import itertools

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server_world import OPEN, REGIONS, SHUT, YEARS
from starlette.requests import Request

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.server import tabular
from zhiheng.server.inputs import PanelForm, _of_form

ROWS = "/datasets/energy/observations"
TYPES = {"json": "application/json", "csv": "text/csv",
         "arrow": "application/vnd.apache.arrow.stream"}  # fmt: skip


def records(found) -> list[dict]:
    kind = found.headers["content-type"].split(";")[0]
    if kind == TYPES["json"]:
        document = found.json()
        return [dict(zip(document["columns"], r, strict=True)) for r in document["rows"]]
    if kind == TYPES["csv"]:
        words = ("entity", "vintage", "unit", "series", "at", "level", "frequency")
        text = pa_csv.ConvertOptions(
            column_types={**dict.fromkeys(words, pa.string()), "value": pa.float64()},
            strings_can_be_null=False,
        )
        return pa_csv.read_csv(io.BytesIO(found.content), convert_options=text).to_pylist()
    return pa.ipc.open_stream(io.BytesIO(found.content)).read_all().to_pylist()


def request_with(**headers: str) -> Request:
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "headers": pairs})


@pytest.mark.parametrize("path", [ROWS, "/datasets/energy/inventory", "/datasets/energy/findings"])
def test_three_forms_hold_the_same(standing, path: str) -> None:
    found = {k: standing.get("hebei_reader", path, params={"format": k}) for k in TYPES}
    assert {k: f.headers["content-type"].split(";")[0] for k, f in found.items()} == TYPES
    rows = {k: records(f) for k, f in found.items()}
    assert rows["json"] == rows["arrow"] == rows["csv"]


def test_the_form_follows_accept_unless_it_is_named(standing) -> None:
    for accept, kind in ((TYPES["csv"], "csv"), ("text/csv;q=0.5, application/json;q=0.4", "csv"),
                         ("text/html, */*;q=0.1", "json"), (TYPES["arrow"], "arrow")):  # fmt: skip
        found = standing.get("hebei_reader", ROWS, headers={"Accept": accept})
        assert found.headers["content-type"].split(";")[0] == TYPES[kind]
    head = {"Accept": "image/png"}
    assert standing.get("hebei_reader", ROWS, headers=head).json()["code"] == "A141"
    assert standing.get("hebei_reader", ROWS, headers=head, params={"format": "csv"}).is_success


@given(st.text(alphabet="abc*/;q=.0123456789, textcsvjon", max_size=40))
def test_any_accept_gives_a_form_or_a_refusal(accept: str) -> None:
    with contextlib.suppress(ZhihengError):
        assert tabular.format_of(request_with(accept=accept), None) in TYPES


def test_pages_join_to_the_whole(standing) -> None:
    whole = records(standing.get("hebei_reader", ROWS))
    for kind, size in (("json", 7), ("csv", 16), ("arrow", 48)):
        rows: list[dict] = []
        query: dict = {"limit": size, "format": kind}
        for _ in range(20):
            found = standing.get("hebei_reader", ROWS, params=query)
            rows += records(found)
            if "next-cursor" not in found.headers:
                break
            assert "after=" in found.headers["link"]
            query["after"] = found.headers["next-cursor"]
        assert [(r["series"], r["entity"], r["period"], r["value"]) for r in rows] == [
            (r["series"], r["entity"], r["period"], r["value"]) for r in whole
        ]
    assert standing.get("hebei_reader", ROWS, params={"after": "x"}).status_code == 422


def test_short_lists_have_pages(standing) -> None:
    names, query = [], {"limit": 3}
    for _ in range(20):
        found = standing.get("root", "/users", params=query)
        names += [u["name"] for u in found.json()]
        if "next-cursor" not in found.headers:
            break
        query["after"] = found.headers["next-cursor"]
    assert len(names) == 13
    assert names == sorted(set(names))


@pytest.mark.parametrize("kind", [*TYPES])
def test_a_tag_changes_with_what_is_served(world, kind: str) -> None:
    query = {"format": kind}
    for path in (ROWS, f"/datasets/energy/panel?series={OPEN}"):
        # httpx drops the query of an address when params are given.
        address, _, rest = path.partition("?")
        more = {**query, **dict(p.split("=") for p in rest.split("&") if p)}
        first = world.get("hebei_reader", address, params=more)
        known = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        same = world.get("hebei_reader", address, params=more, headers=known)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == first.headers["etag"]
        narrow = world.get("hebei_reader", address, params={**more, "last": 2016}, headers=known)
        assert narrow.status_code == 200
    raw = b"region,year,series,value,unit\n110000,2021,staff,77,1\n"
    file = {"file": ("more.csv", raw, "text/csv")}
    job = world.post("hebei_steward", "/datasets/energy/imports", files=file).json()["id"]
    world.app.state.services.jobs._jobs[job].future.result(20)
    fresh = world.get("hebei_reader", address, params=more, headers=known)
    assert fresh.status_code == 200
    old = world.get("hebei_reader", address, params={**more, "version": "2"}, headers=known)
    assert old.status_code == 304


# ------------------------------------------------------------------------------ filters

ALL = {
    (s, e, y) for s, e, y in itertools.product((OPEN, SHUT), REGIONS, YEARS)
}  # fmt: skip
MINE = {(OPEN, e, y) for e in ("110000", "120000") for y in range(2016, 2021)}
some = st.lists(st.sampled_from((*REGIONS, "999999")), max_size=3, unique=True)
years = st.none() | st.integers(2013, 2023)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from((OPEN, SHUT)), max_size=2, unique=True), some, years, years,
       st.integers(1, 60))  # fmt: skip
def test_filters_let_through_what_they_say(standing, series, entities, first, last, limit) -> None:
    query = {"series": series, "entities": entities, "limit": limit,
             **{k: v for k, v in (("first", first), ("last", last)) if v is not None}}  # fmt: skip
    for who, visible in (("hebei_reader", ALL), ("bank_reader", MINE)):
        found = standing.get(who, ROWS, params=query)
        if who == "bank_reader" and SHUT in series:
            assert found.json()["code"] == "S512"
            continue
        wanted = sorted(
            (s, e, y) for s, e, y in visible
            if (not series or s in series) and (not entities or e in entities)
            and (first is None or y >= first) and (last is None or y <= last)
        )  # fmt: skip
        assert found.status_code == 200, found.text
        cells = [(r["series"], r["entity"], r["period"]) for r in records(found)]
        assert cells == wanted[:limit]
        assert ("next-cursor" in found.headers) == (len(wanted) > limit)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(
    st.sampled_from(("series", "entities", "first", "last", "version", "limit", "after", "format",
                     "level", "vintage", "frequency", "statuses", "prefer", "how")),
    st.text(max_size=12) | st.integers(-10**20, 10**20).map(str), max_size=5))  # fmt: skip
def test_no_query_breaks_the_server(standing, query: dict[str, str]) -> None:
    query = {k: v.encode("utf-8", "replace").decode() for k, v in query.items()}
    for part in ("observations", "panel", "inventory", "aggregate", "findings"):
        found = standing.get("bank_reader", f"/datasets/energy/{part}", params=query)
        assert found.status_code < 500, found.text


# ------------------------------------------------------------------------------- panels


def gappy() -> Panel:
    values = np.array([[1.5, np.nan, 3.0], [np.nan, 5.0, 6.25]])
    return Panel.of({"a": values, "b": values + 1}, entities=("110000", "x"),
                    periods=(2019, 2020, 2021), units={"a": "CNY"}, level="province")  # fmt: skip


def test_a_panel_in_json_comes_back_as_it_went() -> None:
    panel = gappy()
    document = PanelForm.model_validate_json(tabular.panel_bytes(panel, "json"))
    back = _of_form(document)
    assert back.fingerprint == panel.fingerprint
    assert np.array_equal(back.values, panel.values, equal_nan=True)
    assert back.level == panel.level


def test_a_panel_as_a_table_has_a_row_a_cell() -> None:
    panel = gappy()
    table = pa.ipc.open_stream(io.BytesIO(tabular.panel_bytes(panel, "arrow"))).read_all()
    assert len(table) == 8
    for row in table.to_pylist():
        e, p = panel.entities.index(row["entity"]), panel.periods.index(row["period"])
        assert panel.array(row["series"])[e, p] == row["value"]


def test_a_panel_served_is_the_panel_stored(standing) -> None:
    query = {"series": [SHUT, OPEN], "entities": ["310000", "110000"], "first": 2017}
    found = standing.get("hebei_reader", "/datasets/energy/panel", params=query).json()
    by = standing.platform.principal("hebei_reader")
    panel = standing.platform.panel(by, "energy", [SHUT, OPEN], entities=("310000", "110000"),
                                    first=2017)  # fmt: skip
    assert found["fingerprint"] == panel.fingerprint
    assert found["values"] == panel.values.tolist()
    assert [s["name"] for s in found["series"]] == [SHUT, OPEN]


def test_sums_over_groups_hold_small_cells_back(standing) -> None:
    query = {"series": "jobs", "how": "count"}
    found = records(standing.get("bank_reader", "/datasets/firms/aggregate", params=query))
    held = {r["group"]: r["suppressed"] for r in found}
    assert held["south"]
    assert standing.get("bank_reader", "/datasets/firms/panel", params=query).status_code == 403
