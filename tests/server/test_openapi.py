"""Schemathesis over the OpenAPI document: no answer of ours is a 500 or another than promised."""

from __future__ import annotations

import importlib
import os
import shutil
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from server_world import World, live, serve

import build_docs
from api_page import api_page
from zhiheng.store.platform import Platform

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis")
    importlib.import_module("schemathesis.specs.openapi.checks")

EXAMPLES = int(os.environ.get("ZHIHENG_SCHEMATHESIS", "2"))
"""Requests for each route; the long run of 2026-11-26 had 60."""


CALM = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
WHO = "hebei_admin"
# What a schema cannot say (that a day exists, that a file is a table) is refused all the same.
POSITIVE = schemathesis.specs.openapi.checks.positive_data_acceptance


@pytest.fixture(scope="module")
def fuzzed(template, tmp_path_factory) -> Iterator[tuple[World, str, Any]]:
    folder = tmp_path_factory.mktemp("fuzzed") / "platform"
    shutil.copytree(template, folder)
    platform = Platform.open(folder)
    for world in serve(platform, wait_seconds=0.2, most_repeats=50, most_jobs=10**6):
        with live(world.app) as address:
            yield world, address, schemathesis.openapi.from_dict(world.app.openapi())
    platform.close()


def _try(world: World, address: str, operation: Any) -> None:
    @CALM
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        if case.path.endswith(("/token", "/password")) or "/users/" in case.path:
            world.tokens.clear()  # a session that a call ends is not shown by the next
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            headers = world.headers(WHO)
            case.call_and_validate(
                base_url=address, headers=headers, timeout=60, excluded_checks=[POSITIVE]
            )

    answers()


@pytest.mark.parametrize("methods", [False, True], ids=["routes", "methods"])
def test_answers_are_those_promised(fuzzed, methods: bool) -> None:
    world, address, schema = fuzzed
    failed: dict[str, str] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path}"
        if ("/methods/" in name) is not methods:
            continue
        try:
            _try(world, address, operation)
        except BaseException as error:  # noqa: BLE001  a group of failures, one for each check
            if isinstance(error, KeyboardInterrupt):
                raise
            failed[name] = "".join(traceback.format_exception_only(error))[:3000] + "".join(
                f"\n  {e}" for e in getattr(error, "exceptions", ())
            )
    assert not failed, "\n\n".join(f"{k}: {v}" for k, v in failed.items())


def test_the_page_of_the_interface_is_current(root) -> None:
    page = (root / "docs" / "reference" / "api.md").read_text("utf-8")
    assert page == api_page(build_docs.GENERATED), "run scripts/build_docs.py"
