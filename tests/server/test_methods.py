"""Methods over HTTP give what they give in Python, and can do no more than that."""

from __future__ import annotations

import json

import numpy as np
import pytest
from server_world import API
from usual_run import usual_run

from zhiheng.catalog.claims import load_claims
from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.catalog.recipes import load_recipes
from zhiheng.catalog.spatial import read_weights
from zhiheng.catalog.systems import load_system
from zhiheng.core import wire
from zhiheng.core.errors import ZhihengError
from zhiheng.core.hashing import table_digest
from zhiheng.core.local_files import local_file, no_local_files
from zhiheng.core.panel import Panel
from zhiheng.core.registry import catalogue
from zhiheng.core.result import Result, Table
from zhiheng.measure.judgement import _grids
from zhiheng.server import tabular
from zhiheng.server.inputs import checked, options_schema, result_bytes

DEEP = {"a": {"b": {"c": {"d": {}}}}}
QUICK = ("sigma_convergence", "lmdi", "pca", "coupling")
BY_ORIGIN = {"health"}
"""Methods that look at where a value was read, which a panel in JSON does not say."""
NAMES = [
    n if n in QUICK else pytest.param(n, marks=pytest.mark.slow)
    for n in catalogue()
    if n not in BY_ORIGIN
]


def call(panel: Panel, **more) -> dict:
    document = json.loads(tabular.panel_bytes(panel, "json"))
    return {"panel": document, **more}


@pytest.mark.parametrize("name", NAMES)
def test_a_method_finds_the_same_as_in_python(standing, name: str) -> None:
    panel = example_panel(catalogue()[name].example)
    options = dict(example_options(name))
    found = standing.post("bank_analyst", f"/methods/{name}", json=call(
        panel, options=options, wait=30))  # fmt: skip
    if found.status_code == 202:
        parts = standing.app.state.services
        parts.jobs._jobs[found.json()["id"]].future.result(300)
        found = standing.get("bank_analyst", f"/jobs/{found.json()['id']}/result")
    assert found.status_code == 200, found.text
    wanted = usual_run(name)
    back = wire.loads(found.text)
    assert back.inputs == wanted.inputs
    assert table_digest(back.tables) == table_digest(wanted.tables)
    assert found.json()["blocked"] == wanted.blocked
    assert found.json()["exit_code"] == int(wanted.blocked)


def test_infinities_are_valid_json_and_come_back() -> None:
    table = Table.of(("k",), k=["a", "b", "c"], v=np.array([np.inf, -np.inf, np.nan]))
    raw = result_bytes(Result({"t": table}, method="x"))

    def refuse(word: str) -> None:
        raise ValueError(word)

    json.loads(raw, parse_constant=refuse)
    back = wire.loads(raw.decode()).tables["t"].columns["v"]
    assert np.array_equal(back, table.columns["v"], equal_nan=True)


def test_every_method_is_a_route_with_its_options(standing) -> None:
    listed = standing.get("bank_reader", "/methods").json()
    assert [m["name"] for m in listed] == list(catalogue())
    document = standing.client.get(f"{API}/openapi.json").json()
    for name, info in catalogue().items():
        assert "post" in document["paths"][f"{API}/methods/{name}"]
        schema = document["components"]["schemas"][f"Call_{name}"]["properties"]["options"]
        assert set(schema["properties"]) == {o.name for o in info.options}
    told = standing.get("bank_reader", "/methods/markov").json()
    assert told["schema"] == json.loads(json.dumps(options_schema(catalogue()["markov"])))


def test_readers_run_nothing(standing) -> None:
    body = {"embedded": "provinces"}
    assert standing.post("bank_reader", "/methods/pca", json=body).json()["code"] == "A102"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "A149"),
        ({"embedded": "provinces", "csv": "region,year,a\n"}, "A149"),
        ({"embedded": "nothing"}, "A140"),
        ({"csv": "a,b\n1,2\n"}, "D101"),
        ({"csv": "region,year,a\n北京,2020,1\n", "options": {"nothing": 1}}, "M602"),
        ({"embedded": "provinces", "options": {}}, "M603"),
        ({"embedded": "provinces", "options": {"variable": 3}}, "M604"),
        ({"embedded": "provinces", "options": {"variable": "gdp_cur"}}, None),
        ({"embedded": "provinces", "selection": {"first": 1800, "last": 1801}}, "A140"),
        ({"embedded": "provinces", "selection": {"entities": ["nowhere"]}}, "D107"),
        ({"embedded": "provinces", "options": {"variable": DEEP}}, "A140"),
        ({"embedded": "provinces", "options": {"seed": 10**30}}, "A140"),
        ({"embedded": "provinces", "options": {"variable": "gdp\u0000"}}, "A140"),
    ],
)  # fmt: skip
def test_bad_calls_are_refused_with_a_reason(standing, body, code) -> None:
    found = standing.post("bank_analyst", "/methods/sigma_convergence", json=body)
    assert found.status_code == 422, found.text
    if code:
        assert found.json()["code"] == code


@pytest.mark.parametrize("change", [
    {"values": [[[1.0]]]}, {"periods": [2021, 2020, 2019]}, {"entities": [{"id": "x"}] * 2},
    {"values": [[[1e400] * 2] * 3] * 2}, {"status": [[[0]]]}, {"more": 1}])  # fmt: skip
def test_panels_that_do_not_hold_together(standing, change) -> None:
    values = np.ones((2, 3))
    panel = Panel.of({"a": values, "b": values}, entities=("x", "y"), periods=(2019, 2020, 2021),
                     units={})  # fmt: skip
    body = call(panel, options={"variable": "a"})
    body["panel"] |= change
    raw = json.dumps(body).replace("Infinity", "1e400")
    found = standing.post("bank_analyst", "/methods/sigma_convergence", content=raw,
                          headers={"Content-Type": "application/json"})  # fmt: skip
    assert found.status_code == 422, found.text


def test_a_run_has_limits(standing) -> None:
    body = {"embedded": "provinces", "options": {"variables": ["gdp_current"], "draws": 10**9}}
    found = standing.post("bank_analyst", "/methods/claim_tests", json=body)
    assert found.json()["code"] in ("A148", "M602")
    body = {"embedded": "provinces", "options": {"system": "nqpf-triple", "draws": 10**9}}
    assert standing.post("bank_analyst", "/methods/index", json=body).json()["code"] == "A148"


def test_years_and_amounts_are_no_sizes() -> None:
    given = {"horizon": 2060, "year": 2030, "start": 2027, "draws": 40}
    assert checked(catalogue()["backcast"], given, 50) == given
    assert checked(catalogue()["carbon_budget"], {"budget": 4e10}, 50)
    for beyond in ({"horizon": 2101}, {"draws": 51}):
        with pytest.raises(ZhihengError) as caught:
            checked(catalogue()["backcast"], beyond, 50)
        assert caught.value.code == "A148"
    with pytest.raises(ZhihengError):
        checked(catalogue()["carbon_budget"], {"horizon": 2060}, 10**6)  # a number of years


def test_a_long_run_becomes_a_job(standing) -> None:
    body = {"embedded": "provinces", "options": {"variable": "gdp_current"}, "wait": 0,
            "selection": {"first": 2013, "last": 2022}}  # fmt: skip
    found = standing.post("bank_analyst", "/methods/sigma_convergence", json=body)
    assert found.status_code in (200, 202), found.text
    if found.status_code == 202:
        place = found.headers["location"].removeprefix(API)
        standing.app.state.services.jobs._jobs[found.json()["id"]].future.result(30)
        assert standing.get("bank_analyst", place).json()["state"] == "done"
        assert standing.get("bank_analyst", f"{place}/result").json()["tables"]


# ---------------------------------------------------------------- files of the server


@pytest.mark.parametrize(("method", "code", "options"), [
    ("moran", "M867", {"variable": "population", "spatial": "{file}"}),
    ("index", "C404", {"system": "{file}"}),
    ("claim_tests", "M784", {"variables": ["population"], "claims": "{file}"}),
    ("ellipse", "M877", {"variable": "population", "coordinates": "{file}"}),
])  # fmt: skip
@pytest.mark.parametrize("suffix", [".csv", ".toml"])
def test_options_name_no_file_of_the_server(
    standing, tmp_path, method, code, options, suffix
) -> None:
    file = tmp_path / f"secret{suffix}"
    file.write_text("canary,1,2\ncanary,canary,canary\n", "utf-8")
    filled = {k: v.format(file=file) if isinstance(v, str) else v for k, v in options.items()}
    body = {"embedded": "provinces", "options": filled,
            "selection": {"first": 2010, "last": 2020}}  # fmt: skip
    answers = []
    for there in (True, False):
        if not there:
            file.unlink()
        found = standing.post("bank_analyst", f"/methods/{method}", json=body)
        assert found.status_code == 422, found.text
        document = found.json()
        assert document["code"] == code
        assert "canary" not in found.text
        answers.append({k: v for k, v in document.items() if k != "instance"})
    # Nobody learns whether a file is there.
    assert answers[0] == answers[1]


@pytest.mark.parametrize("load", [load_system, load_recipes, load_claims, read_weights, _grids])
def test_no_loader_opens_a_file_for_a_guest(tmp_path, load) -> None:
    file = tmp_path / "a.toml"
    file.write_text("x", "utf-8")
    with no_local_files(), pytest.raises(ZhihengError) as closed:
        load(str(file))
    with pytest.raises(ZhihengError) as opened:
        load(str(file))
    file.unlink()
    with pytest.raises(ZhihengError) as gone:
        load(str(file))
    assert str(closed.value) == str(gone.value) != str(opened.value)


def test_files_are_open_to_their_owner_only(tmp_path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("x = 1", "utf-8")
    assert local_file(str(file)) == file
    assert local_file(str(file), suffix=".csv") is None
    assert local_file("x" * 5000) is None
    assert local_file("a\x00b") is None
    with no_local_files():
        assert local_file(str(file)) is None
    assert local_file(str(file)) == file
