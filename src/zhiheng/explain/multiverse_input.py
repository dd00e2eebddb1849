"""The space of a multiverse: read, checked and multiplied out before anything is estimated."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Role = Literal["confounder", "mediator", "ingredient"]
Change = Literal["levels", "trends", "first_difference"]
ROLES: tuple[str, ...] = get_args(Role)
CHANGES: tuple[str, ...] = get_args(Change)
MOST = 200_000
"""Beyond so many specifications a table of all of them is of no use to anyone."""
MOST_NAMED = 5
"""So many regions that a sample lacks are named; of more, only their number is said."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Which entities take part, and what is said of it."""

    id: str
    title: Text
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Window:
    """First and last period of the outcome."""

    id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What one projection of the effects serves: rows and transform."""

    window: Window
    sample: Sample
    lag: int
    transform: str


@dataclass(frozen=True, slots=True)
class Space:
    """All that is varied.

    Attributes
    ----------
    controls : mapping of str to role
    sets : tuple of tuple of str
        Sets of controls; those after the first `plain` hold one that is no confounder.
    """

    outcomes: tuple[str, ...]
    treatments: tuple[str, ...]
    controls: Mapping[str, str]
    sets: tuple[tuple[str, ...], ...]
    plain: int
    frames: tuple[Frame, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order: outcomes, treatments, controls."""
        return (*self.outcomes, *self.treatments, *self.controls)

    @property
    def size(self) -> int:
        """How many specifications there are."""
        return len(self.frames) * len(self.sets) * len(self.outcomes) * len(self.treatments)


def read_space(
    panel: Panel,
    *,
    outcomes: Sequence[str],
    treatments: Sequence[str],
    controls: Mapping[str, str],
    lags: Sequence[int],
    windows: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    each: bool,
    transforms: Sequence[str],
) -> Space:
    """Read every axis; see :func:`zhiheng.explain.multiverse.multiverse`.

    Raises
    ------
    ZhihengError
        M790 a control without a role, M791 axes that are empty, repeated or cannot be read,
        M792 too many specifications.
    """
    _refuse_roles(controls)
    ys, xs = _listed(outcomes), _listed(treatments)
    _refuse_names(ys, xs, tuple(controls))
    confounders = [n for n, role in controls.items() if role == "confounder"]
    sets = [
        tuple(one)
        for size in range(len(confounders) + 1)
        for one in itertools.combinations(confounders, size)
    ]
    flagged = [(*confounders, n) for n, role in controls.items() if role != "confounder"]
    changes = _listed(transforms)
    wrong = [t for t in changes if t not in CHANGES]
    if wrong or not changes:
        raise axis([{"transform": t, "known": ", ".join(CHANGES)} for t in wrong or [""]])
    frames = tuple(
        Frame(window, sample, lag, change)
        for window, sample, lag, change in itertools.product(
            _windows(panel, _listed(windows)),
            _samples(panel, samples, each=each),
            _lags(panel, lags),
            changes,
        )
    )
    space = Space(ys, xs, dict(controls), (*sets, *flagged), len(sets), frames)
    if space.size > MOST:
        raise _too_many(space)
    return space


def _listed(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(str(g) for g in given)


def _refuse_roles(controls: Mapping[str, str]) -> None:
    wrong: list[Row] = [
        {"control": name, "role": str(role) or "—", "known": ", ".join(ROLES)}
        for name, role in controls.items()
        if role not in ROLES
    ]
    if wrong:
        raise ZhihengError(
            "M790",
            Text(
                "控制变量没有声明角色：它是混杂因素、中介，还是指数或结果的组成部分？",
                "A control has no declared role: is it a confounder, a mediator, or an ingredient?",
            ),
            evidence=wrong,
            fix=Text(
                "写 controls=变量=confounder（或 mediator、ingredient）；只有混杂因素可加可不加。",
                "Write controls=NAME=confounder (or mediator, ingredient); only confounders are "
                "left in or out.",
            ),
        )


def axis(rows: Sequence[Row]) -> ZhihengError:
    """The error M791 for an axis that cannot be used."""
    return ZhihengError(
        "M791",
        Text("多重设定的某一维读不懂、为空或重复。", "An axis of the multiverse cannot be used."),
        evidence=rows,
        fix=Text(
            "窗口写成 2013-2022，滞后写非负整数，样本写要剔除的地区；每项只写一次。",
            "Write windows as 2013-2022, lags as whole numbers from zero, samples as the entities "
            "left out; each value once.",
        ),
    )


def _refuse_names(
    outcomes: Sequence[str], treatments: Sequence[str], controls: Sequence[str]
) -> None:
    every = [*outcomes, *treatments, *controls]
    rows: list[Row] = [
        {"variable": n, "times": every.count(n)} for n in dict.fromkeys(every) if every.count(n) > 1
    ]
    rows += [{"axis": a} for a, v in (("outcomes", outcomes), ("treatments", treatments)) if not v]
    if rows:
        raise axis(rows)


def _lags(panel: Panel, given: Sequence[int]) -> list[int]:
    words = [given] if isinstance(given, (int, str)) else list(given)
    whole = [int(str(w)) for w in words if str(w).isdigit()]
    span = panel.periods[-1] - panel.periods[0]
    good = len(whole) == len(words) and len(set(whole)) == len(whole)
    if not whole or not good or max(whole) > span:
        raise axis([{"lags": ", ".join(map(str, words)) or "—", "most": span}])
    return whole


def _windows(panel: Panel, given: Sequence[str]) -> list[Window]:
    if not given:
        first, last = panel.periods[0], panel.periods[-1]
        return [Window(f"{first}-{last}", first, last)]
    out: list[Window] = []
    for word in dict.fromkeys(given):
        ends = [e.strip() for e in word.split("-")]
        years = [int(e) for e in ends if e.isdigit()]
        if len(ends) != 2 or len(years) != 2 or not set(years) <= set(panel.periods):
            data = f"{panel.periods[0]}-{panel.periods[-1]}"
            raise axis([{"window": word, "data": data}])
        out.append(Window(f"{years[0]}-{years[1]}", min(years), max(years)))
    return out


def _samples(panel: Panel, given: Mapping[str, Sequence[str]], *, each: bool) -> list[Sample]:
    known = {e: i for i, e in enumerate(panel.entities)}
    out = [Sample("all", option_word("sample", "all"), np.ones(len(known), dtype=bool))]
    wanted: dict[str, Sequence[str]] = {
        n: v.split("+") if isinstance(v, str) else v for n, v in given.items()
    }
    if each:
        wanted |= {f"without_{e}": [e] for e in sorted(known)}
    for name, gone in wanted.items():
        absent = [str(e) for e in gone if e not in known]
        if absent or not gone or name == "all":
            raise axis([{"sample": name, "entity": e} for e in absent or ["—"]])
        inside = np.ones(len(known), dtype=bool)
        inside[[known[e] for e in gone]] = False
        out.append(Sample(name, _without(panel, name, gone), inside))
    return out


def _without(panel: Panel, name: str, gone: Sequence[str]) -> Text:
    if len(gone) > MOST_NAMED:
        return Text("不含 {n} 个地区（{s}）", "without {n} regions ({s})").format(
            n=len(gone), s=name
        )
    names = [panel.name(e) for e in gone]
    return Text("不含{n}", "without {n}").format(
        n=Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
    )


def _too_many(space: Space) -> ZhihengError:
    return ZhihengError(
        "M792",
        Text(
            "共有 {n} 个设定，超过 {m} 个。", "There are {n} specifications, more than {m}."
        ).format(n=space.size, m=MOST),
        evidence=[
            {
                "treatments": len(space.treatments),
                "outcomes": len(space.outcomes),
                "control sets": len(space.sets),
                "samples, windows, lags, transforms": len(space.frames),
            }
        ],
        fix=Text(
            "只保留事先有理由的选择；逐一剔除地区最费设定。",
            "Keep the choices that have a reason; leaving out each region costs the most.",
        ),
    )
