"""One run of the default study for all tests of the folder."""

from __future__ import annotations

import pytest

from zhiheng.study.plan import load_plan
from zhiheng.study.run import run_study
from zhiheng.study.run_types import StudyRun


@pytest.fixture(scope="session")
def provinces() -> StudyRun:
    """The default study on the embedded provinces."""
    return run_study(load_plan("provinces"))
