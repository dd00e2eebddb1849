"""All methods by name, as listed in the committed ``methods.json``; imports none of them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text

if TYPE_CHECKING:
    from zhiheng.core.result import Json, Result

VERBS = (
    "run",
    "methods",
    "systems",
    "data",
    "check",
    "serve",
    "read",
    "audit",
    "maps",
    "verdicts",
    "evidence",
    "fetch",
)
"""Words of the command line that no method may be called."""


@dataclass(frozen=True, slots=True)
class Option:
    """One keyword option of a method.

    `type` is ``string``, ``number``, ``integer``, ``boolean``, ``list``,
    ``mapping``, ``name_or_mapping``, ``list_or_mapping``, ``name_or_number`` or
    ``name_or_weights`` (a catalog name, a file, or in Python a `SpatialWeights`);
    `choices` is empty unless the values are enumerated.
    """

    name: str
    type: str
    required: bool
    default: Json
    choices: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """What the command line, the server, forms and docs need to know of a method."""

    name: str
    target: str
    summary: Text
    example: str
    options: tuple[Option, ...]


class Methods(Mapping[str, "Callable[..., Result]"]):
    """All methods by name, imported when first asked for."""

    def __getitem__(self, name: str) -> Callable[..., Result]:
        info = catalogue()
        if name not in info:
            raise unknown_name("M600", name, info, kind=Text("方法", "method"))
        module, function = info[name].target.split(":")
        return getattr(importlib.import_module(module), function)

    def __iter__(self) -> Iterator[str]:
        return iter(catalogue())

    def __len__(self) -> int:
        return len(catalogue())


methods = Methods()


@cache
def catalogue() -> dict[str, MethodInfo]:
    """All methods as listed in the committed ``methods.json``; imports none of them."""
    text = resources.files("zhiheng.core").joinpath("methods.json").read_text("utf-8")
    return {name: _from_json(name, entry) for name, entry in json.loads(text).items()}


def as_json(info: MethodInfo) -> dict[str, Json]:
    """The entry of one method in ``methods.json``."""
    return {
        "target": info.target,
        "zh": info.summary.zh,
        "en": info.summary.en,
        "example": info.example,
        "options": [
            {
                "name": o.name,
                "type": o.type,
                "required": o.required,
                "default": o.default,
                "choices": list(o.choices),
            }
            for o in info.options
        ],
    }


def _from_json(name: str, entry: Mapping[str, Any]) -> MethodInfo:
    options = tuple(_option(o) for o in entry["options"])
    return MethodInfo(
        name, entry["target"], Text(entry["zh"], entry["en"]), entry["example"], options
    )


def _option(entry: Mapping[str, Any]) -> Option:
    return Option(
        entry["name"], entry["type"], entry["required"], entry["default"], tuple(entry["choices"])
    )
