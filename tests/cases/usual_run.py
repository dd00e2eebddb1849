"""The run of a method on its example with its example options, made once in a test session."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.registry import catalogue, methods
from zhiheng.core.result import Result


@cache
def usual_run(name: str) -> Result:
    """What the method finds there; results are frozen, so that tests may share one."""
    return methods[name](example_panel(catalogue()[name].example), **example_options(name))
