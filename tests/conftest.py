from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# The same examples in every run, so that a red build means a change; look for new ones with
# `pytest --hypothesis-profile=explore`. No deadline: a first call
# may compile or read a file, and slowness is measured in benchmarks/, not here.
settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("explore", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("fixed")


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
