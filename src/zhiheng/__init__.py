"""Zhiheng 质衡: weigh new-quality productive forces and what they do, with proof.

The public surface is small: `data` reads an embedded data set, `Panel` holds
data, `methods` holds every method by name, `run` runs a study. Everything is
imported when first used, so that ``import zhiheng`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhiheng.catalog import spatial
    from zhiheng.catalog.embedded import dataset as data
    from zhiheng.core.errors import ZhihengError
    from zhiheng.core.panel import Panel, Status
    from zhiheng.core.registry import methods
    from zhiheng.core.result import Result
    from zhiheng.core.text import Text
    from zhiheng.study.plan import load_plan
    from zhiheng.study.run import run_study

_WHERE = {
    "Panel": "zhiheng.core.panel:Panel",
    "Result": "zhiheng.core.result:Result",
    "Status": "zhiheng.core.panel:Status",
    "Text": "zhiheng.core.text:Text",
    "ZhihengError": "zhiheng.core.errors:ZhihengError",
    "data": "zhiheng.catalog.embedded:dataset",
    "load_plan": "zhiheng.study.plan:load_plan",
    "methods": "zhiheng.core.registry:methods",
    "run_study": "zhiheng.study.run:run_study",
    "spatial": "zhiheng.catalog.spatial:",
}

__all__ = [
    "Panel",
    "Result",
    "Status",
    "Text",
    "ZhihengError",
    "data",
    "load_plan",
    "methods",
    "run_study",
    "spatial",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _WHERE:
        raise AttributeError(f"module 'zhiheng' has no attribute {name!r}")
    path, attribute = _WHERE[name].split(":")
    module = import_module(path)
    return getattr(module, attribute) if attribute else module


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zhiheng")
    except PackageNotFoundError:  # the source tree without an installation
        return "0"


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
