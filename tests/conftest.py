from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
# a first call may compile or read a file; slowness is measured in benchmarks/, not here
settings.register_profile("zhiheng", deadline=None)
settings.load_profile("zhiheng")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of large source files and published answers, used in place and never copied.

    It lies beside the checkout or where ZHIHENG_SHARED says; without it these tests skip, counted.
    """
    folder = Path(os.environ.get("ZHIHENG_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no source files at {folder}; set ZHIHENG_SHARED to use them")
    return folder
