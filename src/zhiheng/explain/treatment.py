"""Who is treated from when: read from a series or a list, checked, and cut to what is usable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.explain.variables import Variables, dropped_rows, read_variables

AlwaysTreated = Literal["refuse", "drop"]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A panel with the position of each entity's first treated period.

    Attributes
    ----------
    data : Variables
        Outcome and controls; no gaps.
    start : ndarray of int, shape (E,)
        From 1; the number of periods where not treated within them.
    later : tuple of str
        Entities whose treatment comes after the last period.
    dropped : Table or None
        Entities left out because they are treated from the first period on.
    """

    panel: Panel
    data: Variables
    start: Ints
    later: tuple[str, ...] = ()
    dropped: Table | None = None

    @property
    def periods(self) -> int:
        """Number of periods."""
        return len(self.panel.periods)

    @property
    def never(self) -> bool:
        """Whether some entity is never treated within the periods."""
        return bool((self.start == self.periods).any())

    @property
    def lonely(self) -> bool:
        """Whether some cohort is one entity, whose own errors no comparison shows."""
        sizes = np.bincount(np.minimum(self.start, self.periods), minlength=self.periods + 1)
        return bool((sizes[: self.periods] == 1).any())

    @property
    def cohorts(self) -> Ints:
        """Positions of first treated periods, ascending."""
        return np.unique(self.start[self.start < self.periods])

    def clean(self) -> Sample:
        """The periods in which somebody is untreated.

        Without an entity that is never treated, the last cohort serves as the comparison, and
        periods from its treatment on are left out.
        """
        if self.never:
            return self
        last = int(self.start.max())
        if len(self.cohorts) < 2:
            raise _no_comparison(self)
        panel = self.panel.select(periods=self.panel.periods[:last])
        data = Variables(
            self.data.values[:, :last], self.data.mask[:, :last], self.data.series, self.data.notes
        )
        return Sample(panel, data, self.start, self.later, self.dropped)


def read_sample(
    panel: Panel,
    outcome: str,
    treated: str | Mapping[str, object],
    controls: Sequence[str],
    *,
    always_treated: AlwaysTreated,
) -> Sample:
    """Read outcome, controls and treatment.

    Raises
    ------
    ZhihengError
        M704 gaps, M900 a treatment that cannot be read, M901 nobody or everybody is
        treated, M902 entities treated from the first period on, M903 periods with holes.
    """
    if len(panel.periods) < 2 or np.any(np.diff(panel.periods) != 1):
        raise ZhihengError(
            "M903",
            Text(
                "双重差分需要至少两个相邻的时期，中间不能有缺年。",
                "Difference in differences needs two or more periods without holes between.",
            ),
            evidence=[{"periods": ", ".join(map(str, panel.periods))}],
            fix=Text("选取连续的时期。", "Choose periods that follow each other."),
        )
    data = read_variables(panel, [outcome, *controls], gaps="refuse")
    start, series = _starts(panel, treated)
    later = tuple(e for e, s in zip(panel.entities, start, strict=True) if s > len(panel.periods))
    start = np.minimum(start, len(panel.periods))
    both = tuple(sorted({*data.series, *series}))
    sample = Sample(panel, Variables(data.values, data.mask, both, data.notes), start, later=later)
    return _usable(_without_always(sample, always_treated))


def _without_always(sample: Sample, how: AlwaysTreated) -> Sample:
    always = sample.start == 0
    if not always.any():
        return sample
    panel = sample.panel
    names = [e for e, a in zip(panel.entities, always, strict=True) if a]
    if how == "refuse":
        raise ZhihengError(
            "M902",
            Text(
                "{n} 个地区从首期起就已受处理，没有处理前的观测。",
                "{n} entities are treated from the first period on: nothing is seen before.",
            ).format(n=len(names)),
            evidence=[{"entity": e, "name": panel.name(e)} for e in names],
            fix=Text(
                "把窗口提前；或写 always_treated=drop，剔除的地区会列出。",
                "Start the window earlier; or say always_treated=drop: they are then listed.",
            ),
        )
    kept = ~always
    thin = panel.select(entities=[e for e in panel.entities if e not in names])
    data = Variables(
        sample.data.values[kept], sample.data.mask[kept], sample.data.series, sample.data.notes
    )
    table = dropped_rows(panel, np.broadcast_to(kept[:, None], panel.values.shape[:2]))
    return Sample(thin, data, sample.start[kept], sample.later, table)


def _usable(sample: Sample) -> Sample:
    cohorts = sample.cohorts
    if not len(cohorts) or (not sample.never and len(cohorts) < 2):
        raise _no_comparison(sample)
    return sample


def _no_comparison(sample: Sample) -> ZhihengError:
    row: Row = {
        "entities": len(sample.start),
        "treated": int((sample.start < sample.periods).sum()),
        "cohorts": len(sample.cohorts),
    }
    return ZhihengError(
        "M901",
        Text(
            "没有可比的两方：窗口内无人受处理，或全部地区同时受处理。",
            "There are no two sides: nobody is treated within the window, or all at once.",
        ),
        evidence=[row],
        fix=Text(
            "检查 treated 与窗口；需要受处理与未受处理的地区并存。",
            "Check `treated` and the window; treated and untreated entities must exist together.",
        ),
    )


# ------------------------------------------------------------------ reading `treated`


def _starts(panel: Panel, treated: str | Mapping[str, object]) -> tuple[Ints, tuple[str, ...]]:
    """Positions of first treated periods; beyond the number of periods where later."""
    if isinstance(treated, Mapping):
        return _positions(panel, _listed(panel, treated)), ()
    read = read_variables(panel, [treated], gaps="refuse")
    values = read.values[..., 0]
    if np.isin(values, (0.0, 1.0)).all():
        _refuse_switching_off(panel, values)
        first = np.where(values.any(axis=1), values.argmax(axis=1), len(panel.periods))
        return first.astype(np.int64), read.series
    return _positions(panel, _constant(panel, values, treated)), read.series


def _positions(panel: Panel, first: NDArray[np.float64]) -> Ints:
    """Positions of first treated periods given as periods; zero or less is never."""
    count = len(panel.periods)
    place = np.maximum(first - panel.periods[0], 0)
    place = np.where(place >= count, count + 1, place)
    return np.where(first <= 0, count, place).astype(np.int64)


def _listed(panel: Panel, treated: Mapping[str, object]) -> NDArray[np.float64]:
    first = np.zeros(len(panel.entities))
    for entity, period in treated.items():
        if entity not in panel.entities:
            raise unknown_name("M900", entity, panel.entities, kind=Text("地区", "entity"))
        text = str(period)
        if isinstance(period, bool) or not text.removesuffix(".0").isdigit():
            raise _unreadable(
                Text(
                    "首个处理时期必须是整数时期。", "A first treated period must be a whole number."
                ),
                [{"entity": entity, "value": text}],
            )
        first[panel.entities.index(entity)] = float(text)
    return first


def _constant(panel: Panel, values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    bad = (values != values[:, :1]) | (values != np.round(values)) | (values < 0)
    if bad.any():
        raise _unreadable(
            Text(
                "“{t}”既不是零一序列，也不是各地区固定不变的首个处理时期。",
                '"{t}" is neither a series of zeros and ones nor one first period by entity.',
            ).format(t=name),
            panel.cells(bad, values),
        )
    return values[:, 0]


def _refuse_switching_off(panel: Panel, values: NDArray[np.float64]) -> None:
    off = np.zeros(values.shape, dtype=bool)
    off[:, 1:] = (values[:, 1:] == 0) & (np.maximum.accumulate(values, axis=1)[:, :-1] == 1)
    if off.any():
        raise _unreadable(
            Text(
                "有地区在受处理后又退出；这里的方法都假定处理一经开始便持续。",
                "Some entities leave treatment; these methods take it to stay once begun.",
            ),
            panel.cells(off),
        )


def _unreadable(what: Text, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M900",
        what,
        evidence=rows,
        fix=Text(
            "给出零一序列、首个处理时期的序列（零表示从不），或写 地区=时期,…。",
            "Give a series of zeros and ones, one of first periods (zero for never), or "
            "entity=period,….",
        ),
    )
