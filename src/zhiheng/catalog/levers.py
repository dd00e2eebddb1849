"""Levers of the simulator, their schedules, and scenarios that inherit from one another."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from zhiheng.catalog.loading import (
    Entry,
    EntryStatus,
    Listed,
    Words,
    parse_toml,
    read_toml,
    refuse_dangling,
    refuse_repeats,
    stems,
)
from zhiheng.catalog.simulator import Grade, priors
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.local_files import local_file
from zhiheng.core.text import Text

Shape = Literal["linear", "step", "s-curve"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
_WRITTEN = re.compile(
    r"^\s*(?P<level>[-+0-9.eE]+)\s*(?:@\s*(?P<start>\d{4})(?:\s*-\s*(?P<end>\d{4}))?)?"
    r"(?:\s*:\s*(?P<shape>[a-z-]+))?\s*$"
)


class Lever(Entry):
    """What a level means, how it enters, who pays, how good the evidence is."""

    id: str
    title: Words
    unit: str
    low: float
    high: float
    moves: Literal["emissions", "energy", "direct", "net"]
    payer: Listed
    grade: Grade
    priors: Listed
    source: str
    doi: str = ""
    status: EntryStatus
    equation: Words
    note: Words
    condition: Words | None = None


class _Levers(Entry):
    lever: tuple[Lever, ...]


class _ScenarioFile(Entry):
    title: Words
    note: Words
    levers: dict[str, Any]
    extends: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A lever over time: the level is reached in `end`, growing from `start` on, and then held.

    `start` and `end` are None where the user did not say; the simulator then chooses.
    """

    lever: str
    level: float
    start: int | None = None
    end: int | None = None
    shape: Shape = "linear"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of schedules; `chain` lists it and what it extends, itself first."""

    id: str
    title: Text
    note: Text
    schedules: tuple[Schedule, ...]
    chain: tuple[str, ...]


@cache
def levers() -> dict[str, Lever]:
    """All levers by id, in the order of the catalog."""
    found = read_toml("levers.toml", _Levers).lever
    refuse_repeats((x.id for x in found), where="levers.toml", kind=Text("杠杆", "lever"))
    named = [(x.id, name) for x in found for name in x.priors]
    refuse_dangling(named, priors(), where="levers.toml")
    return {x.id: x for x in found}


def schedules(given: Mapping[str, Any]) -> tuple[Schedule, ...]:
    """Read levers as a user writes them.

    A number is a level; a text is ``level@start-end:shape`` with parts left out
    at will; a mapping has ``level`` and any of ``start``, ``end``, ``shape``.

    Raises
    ------
    ZhihengError
        C455 no such lever, C456 a level or schedule that cannot be read or is out of range.
    """
    return tuple(_schedule(name, value) for name, value in given.items())


def scenario(name: str) -> Scenario:
    """A catalogued scenario, or one in a TOML file that the user names.

    Raises
    ------
    ZhihengError
        C457 no such scenario, C458 scenarios that extend each other in a circle.
    """
    return _resolve(name, ())


def scenarios() -> list[str]:
    """The catalogued scenarios."""
    return stems("scenarios")


def _resolve(name: str, seen: tuple[str, ...]) -> Scenario:
    if name in seen:
        raise ZhihengError(
            "C458",
            Text("情景互相继承，成了圈。", "Scenarios extend each other in a circle."),
            evidence=[{"chain": " > ".join((*seen, name))}],
            fix=Text("去掉其中一个 extends。", "Take one of the extends away."),
        )
    file = _file(name)
    own = {s.lever: s for s in schedules(file.levers)}
    chain: tuple[str, ...] = (name,)
    if file.extends:
        parent = _resolve(_beside(name, file.extends), (*seen, name))
        own = {**{s.lever: s for s in parent.schedules}, **own}
        chain = (name, *parent.chain)
    return Scenario(name, file.title, file.note, tuple(own.values()), chain)


def _file(name: str) -> _ScenarioFile:
    if name in scenarios():
        return read_toml(f"scenarios/{name}.toml", _ScenarioFile)
    path = local_file(name, suffix=".toml")
    if path is not None:
        return parse_toml(path.read_text("utf-8"), _ScenarioFile, where=name)
    raise unknown_name("C457", name, scenarios(), kind=Text("情景", "scenario"))


def _beside(name: str, parent: str) -> str:
    """A parent that is a file is named relative to its child."""
    if parent.endswith(".toml") and not Path(parent).is_absolute():
        # one name for one file, so that a circle over folders is seen
        return os.path.normpath(Path(name).parent / parent)
    return parent


def _schedule(name: str, value: Any) -> Schedule:
    known = levers()
    if name not in known:
        raise unknown_name("C455", name, known, kind=Text("政策杠杆", "policy lever"))
    lever = known[name]
    found = _parts(lever, value)
    inside = lever.low <= found.level <= lever.high  # NaN is outside
    ordered = found.start is None or found.end is None or found.start <= found.end
    if not (inside and ordered):
        raise _wrong(lever, value)
    return found


def _parts(lever: Lever, value: Any) -> Schedule:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Schedule(lever.id, float(value))
    if isinstance(value, str):
        match = _WRITTEN.match(value)
        if match is None:
            raise _wrong(lever, value)
        return _made(lever, value, match.groupdict())
    if isinstance(value, Mapping):
        parts = cast("Mapping[str, Any]", value)
        if "level" in parts and set(parts) <= {"level", "start", "end", "shape"}:
            return _made(lever, value, parts)
    raise _wrong(lever, value)


def _made(lever: Lever, value: Any, parts: Mapping[str, Any]) -> Schedule:
    shape = parts.get("shape") or "linear"
    if shape not in SHAPES:
        raise _wrong(lever, value)
    try:
        level, start, end = (_number(parts.get(k)) for k in ("level", "start", "end"))
    except (TypeError, ValueError) as error:
        raise _wrong(lever, value) from error
    years = [y for y in (start, end) if y is not None]
    if level is None or not all(y.is_integer() for y in years):
        raise _wrong(lever, value)
    first, last = (None if y is None else int(y) for y in (start, end))
    return Schedule(lever.id, level, first, last, shape)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        raise TypeError(value)
    return None if value is None else float(value)


def _wrong(lever: Lever, value: Any) -> ZhihengError:
    return ZhihengError(
        "C456",
        Text("“{t}”的设定读不了或越界。", "The setting of {t} cannot be read or is out of range.")
        .format(t=lever.title),
        evidence=[
            {
                "lever": lever.id, "given": str(value), "low": lever.low, "high": lever.high,
                "unit": lever.unit, "shapes": ", ".join(SHAPES),
            }
        ],
        fix=Text(
            "写成 200、200@2026-2035:linear 或含 level、start、end、shape 的表；水平在范围内，"
            "起年不晚于止年。",
            "Write 200, 200@2026-2035:linear or a table of level, start, end and shape, with the "
            "level in range and start not after end.",
        ),
    )  # fmt: skip
