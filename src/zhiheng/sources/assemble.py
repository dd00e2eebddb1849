"""From single readings to `Observations`: the last step that every parser of a format shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.regions import is_region, resolve
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.units import unit_of
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Frequency, Status
from zhiheng.core.periods import Period, parse_period
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.sources.observations import Observations
from zhiheng.sources.tables import ABSENT

Unknown = Literal["refuse", "drop", "keep"]
"""What is done with entities that are no catalogued region: stop, leave out with a note, or
take every name as it stands (then the level is empty)."""


class Reading(NamedTuple):
    """One value that a file states.

    `unit` is as the publisher writes it, empty when the file does not say; `cell`
    is sheet!cell, a row number or a JSON pointer; `file` overrides the file of the call.
    """

    entity: str
    period: int
    series: str
    value: float
    unit: str
    cell: str
    status: Status = Status.OBSERVED
    vintage: str = ""
    source: str = ""
    file: str = ""


class BadCells:
    """Number cells without a number, collected so that one error shows all of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[Row] = []

    def number(self, value: Any, cell: str) -> float | None:
        """The number of a cell, or None for a missing value; anything else is remembered."""
        if value is None or (isinstance(value, str) and value.strip() in ABSENT):
            return None
        if not isinstance(value, bool):
            try:
                number = float(value.replace(",", "") if isinstance(value, str) else value)
            except (TypeError, ValueError, OverflowError):
                number = float("nan")
            if np.isfinite(number) and not (isinstance(value, str) and "_" in value):
                return number
        self.rows.append({"cell": f"{self.name}!{cell}", "value": str(value)[:60]})
        return None

    def stop(self) -> None:
        """Raise D103 when there was such a cell."""
        if self.rows:
            raise ZhihengError(
                "D103",
                Text("{n} 个数值单元格里不是数。", "{n} number cells do not hold a number.").format(
                    n=len(self.rows)
                ),
                evidence=self.rows,
                fix=Text("改成数字；缺失请留空。", "Write a number; leave a missing value empty."),
            )


class Clock:
    """Periods of one file: the first one sets the frequency, another one is an error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frequency: Frequency | None = None
        self._known: dict[str, int] = {}

    def read(self, written: str, cell: str) -> int:
        """The ordinal of a period; S550 or S551 with the address of its cell."""
        if written in self._known:
            return self._known[written]
        try:
            found: Period = parse_period(written, self.frequency)
        except ZhihengError as error:
            raise with_cell(error, f"{self.name}!{cell}") from None
        self.frequency = found.frequency
        self._known[written] = found.ordinal
        return found.ordinal


def with_cell(error: ZhihengError, cell: str) -> ZhihengError:
    """The same error with the address of the cell that it comes from."""
    rows = [*error.evidence, {"cell": cell}]
    return ZhihengError(
        error.code, error.what, fix=error.fix, evidence=rows, exit_code=error.exit_code
    )


def assemble(
    found: Sequence[Reading],
    *,
    file: str,
    source: str,
    frequency: Frequency = "A",
    unknown: Unknown = "refuse",
    notes: Sequence[Text] = (),
    own_labels: Mapping[str, Text] | None = None,
) -> Observations:
    """Map units, resolve regions and align the columns.

    Parameters
    ----------
    found : sequence of Reading
    file : str
        Name with hash, see `fingerprint`.
    source : str
        Id of ``sources.toml`` where the publisher is catalogued, else the file name.
    frequency : {"A", "Q", "M", "D", "H"}
    unknown : {"refuse", "drop", "keep"}
        What is done with entities that are no catalogued region.
    notes : sequence of Text
    own_labels : mapping of entity to Text, optional
        Given for entities that are no regions at all (devices, sectors, currencies):
        names are taken as they stand, these are their labels.

    Raises
    ------
    ZhihengError
        S502 nothing was read, C401 unknown region, C402 two levels, U210/U211 unmapped
        unit, U209 not the catalog's unit of a catalogued series.
    """
    if own_labels is not None:
        level, codes, labels, more = "", [r.entity for r in found], dict(own_labels), ()
    else:
        found, (level, codes, labels, more) = _entities(found, unknown)
    if not found:
        raise _nothing(file)
    scale = _scales(found, file, level)
    return Observations(
        entity=_objects(codes),
        period=np.array([r.period for r in found], dtype=np.int64),
        series=_objects(r.series for r in found),
        value=np.array([r.value * scale[r.series, r.unit][1] for r in found], dtype=np.float64),
        unit=_objects(scale[r.series, r.unit][0] for r in found),
        status=np.array([r.status for r in found], dtype=np.int8),
        source=_objects(r.source or source for r in found),
        vintage=_objects(r.vintage for r in found),
        file=_objects(r.file or file for r in found),
        cell=_objects(r.cell for r in found),
        level=level,
        labels=labels,
        notes=(*notes, *more),
        frequency=frequency,
    )


_Resolved = tuple[str, list[str], dict[str, Text], tuple[Text, ...]]


def _entities(found: Sequence[Reading], unknown: Unknown) -> tuple[Sequence[Reading], _Resolved]:
    names = [r.entity for r in found]
    if unknown == "refuse":
        return found, _known(names)
    if unknown == "drop":
        kept = [r for r in found if is_region(r.entity)]
        gone = sorted({r.entity for r in found} - {r.entity for r in kept})
        level, codes, labels, more = resolve([r.entity for r in kept])
        return kept, (level, codes, labels, (*_dropped(gone, len(found) - len(kept)), *more))
    try:
        return found, resolve(names)
    except ZhihengError:
        note = Text(
            "有名称不在地区目录里，全部名称按原样使用。",
            "Some names are no catalogued region; all names are taken as given.",
        )
        return found, ("", names, {}, (note,))


def _known(names: Sequence[str]) -> _Resolved:
    try:
        return resolve(names)
    except ZhihengError as error:
        more = Text(
            '{fix}或用 unknown="drop" 略去、unknown="keep" 按原样读。',
            '{fix} Or leave them out with unknown="drop", or keep them with unknown="keep".',
        ).format(fix=error.fix)
        raise ZhihengError(error.code, error.what, fix=more, evidence=error.evidence) from None


def _dropped(names: Sequence[str], rows: int) -> tuple[Text, ...]:
    if not names:
        return ()
    some = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    return (
        Text(
            "略去不在地区目录里的 {k} 个名称、{n} 个值：{some}。",
            "Left out {n} values of {k} names that are no catalogued region: {some}.",
        ).format(k=len(names), n=rows, some=some),
    )


def _scales(
    found: Sequence[Reading], file: str, level: str
) -> dict[tuple[str, str], tuple[str, float]]:
    scale: dict[tuple[str, str], tuple[str, float]] = {}
    for r in found:
        if (r.series, r.unit) in scale:
            continue
        if not r.unit:
            scale[r.series, r.unit] = (UNSTATED, 1.0)
            continue
        try:
            scale[r.series, r.unit] = unit_of(r.unit)
        except ZhihengError as error:
            raise with_cell(error, f"{r.file or file}!{r.cell}") from None
        _agree(r, scale[r.series, r.unit][0], file, level)
    return scale


def _agree(r: Reading, unit: str, file: str, level: str) -> None:
    """A series of the catalog keeps the catalog's unit."""
    info = series_info(r.series, level) if level else None
    if info is not None and info.unit != unit:
        raise ZhihengError(
            "U209",
            Text(
                "序列 {s} 的目录单位是 {a}，文件给的是 {b}。",
                "The catalog has {s} in {a}, the file gives {b}.",
            ).format(s=r.series, a=info.unit, b=r.unit),
            evidence=[{"cell": f"{r.file or file}!{r.cell}"}],
            fix=Text("换单位，或换一个序列名。", "Change the unit, or use another series name."),
        )


def _objects(words: Iterable[str]) -> NDArray[Any]:
    return np.array(list(words), dtype=object)


def _nothing(file: str) -> ZhihengError:
    return ZhihengError(
        "S502",
        Text("文件 {f} 没有数据行。", "The file {f} has no data rows.").format(f=file),
        fix=Text(
            '检查文件；若名称都不在地区目录里，用 unknown="keep" 按原样读。',
            'Check the file; if no name is a catalogued region, read it with unknown="keep".',
        ),
    )
