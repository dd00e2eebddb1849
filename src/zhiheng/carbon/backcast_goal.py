"""Goals of a back-cast: what has to hold of a path, and by how much it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.kernels.simulator_records import Paths

Array = NDArray[np.float64]
Kind = Literal["peak", "level", "budget", "neutral"]

USUAL = {"peak": 2030, "neutral": 2060}
"""Years of the national targets (carbon peak and neutrality), used where none is given."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a path has to do, all entities together.

    Attributes
    ----------
    kind : {"peak", "level", "budget", "neutral"}
        No later year above the maximum up to the year; emissions of the year at most `bound`;
        emissions cumulated from the year after the start up to the year at most `bound`;
        emissions net of removals at most zero in the year.
    at : int
        Position of the year on the axis of years.
    bound : float
        Tonnes; not used by `peak` and `neutral`.
    scale : float
        Emissions of the start year: margins are parts of them.
    """

    kind: Kind
    year: int
    at: int
    bound: float
    scale: float

    def margin(self, paths: Paths) -> Array:
        """How far each draw is from the goal, in emissions of the start year; met at or below 0."""
        gross = paths.emissions.sum(axis=1)
        if self.kind == "peak":
            upto, later = gross[:, : self.at + 1].max(axis=1), gross[:, self.at + 1 :].max(axis=1)
            return (later - upto) / self.scale
        if self.kind == "neutral":
            return paths.net.sum(axis=1)[:, self.at] / self.scale
        value = gross[:, self.at] if self.kind == "level" else gross[:, 1 : self.at + 1].sum(axis=1)
        return (value - self.bound) / self.scale

    def words(self, unit: str) -> Text:
        """The goal as a phrase."""
        bound = f"{self.bound:,.0f} {unit}"
        return {
            "peak": Text("{y} 年或之前达峰", "a peak in {y} or before"),
            "level": Text("{y} 年排放不超过 {b}", "emissions of at most {b} in {y}"),
            "budget": Text(
                "起始年之后至 {y} 年累计排放不超过 {b}",
                "emissions of at most {b} from the start up to {y}",
            ),
            "neutral": Text("{y} 年净排放不为正", "no net emissions in {y}"),
        }[self.kind].format(y=self.year, b=bound)


def read_goal(
    kind: Kind, year: int | None, bound: float | None, years: tuple[int, ...], emitted: float
) -> Goal:
    """Check a goal against the years of the simulation; `bound` is a part of the start."""
    wanted = USUAL.get(kind) if year is None else year
    last = years[-1] - 1 if kind == "peak" else years[-1]
    if wanted is None or not years[1] <= wanted <= last:
        raise wrong(
            "year", str(wanted), Text("{a} 至 {b} 之间。", "Between {a} and {b}.")
            .format(a=years[1], b=last),
        )  # fmt: skip
    needs = kind in ("level", "budget")
    if needs and (bound is None or not bound > 0):
        raise wrong(
            "bound", str(bound),
            Text(
                "以起始年排放为 1 的正数，如 level 用 0.8，budget 用 20。",
                "A positive multiple of the start year's emissions, such as 0.8 for level or 20 "
                "for budget.",
            ),
        )  # fmt: skip
    if not needs and bound is not None:
        raise wrong(
            "bound", str(bound),
            Text(
                "达峰与中和不用 bound；要限排放量就用 goal=level 或 budget。",
                "A peak and neutrality take no bound; for one, use goal=level or budget.",
            ),
        )  # fmt: skip
    return Goal(kind, wanted, wanted - years[0], (bound or 0.0) * emitted, emitted)


def wrong(option: str, value: str, rule: Text) -> ZhihengError:
    """M919: an option of a back-cast that cannot be."""
    return ZhihengError(
        "M919",
        Text("反推的选项 {o} 不能是 {v}。", "The option {o} of a back-cast cannot be {v}.").format(
            o=option, v=value
        ),
        evidence=[{"option": option, "value": value}],
        fix=rule,
    )
