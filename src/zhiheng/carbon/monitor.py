"""Live accounts of emissions from meters: completeness, anomalies, the year that is running."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from zhiheng.carbon import monitor_tables as made
from zhiheng.carbon import monitor_wording as wording
from zhiheng.carbon.monitor_input import GapRule, Kind, Stream, read_factors_of, read_stream
from zhiheng.carbon.monitor_ledger import by_day, make_ledger
from zhiheng.carbon.monitor_refusals import refuse_finer
from zhiheng.carbon.monitor_year import look_ahead
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Note, Result
from zhiheng.core.text import Text

# Clocks of the world are so many hours from UTC.
WESTERNMOST, EASTERNMOST = -12, 14
# Sums of a few hundred thousand positive numbers in another order.
CLOSURE = 1e-9


@method(zh="碳排放监测：由表计读数得到账目、完整率、异常、全年估计及预算对照", example="meters")
def monitor(
    panel: Panel,
    *,
    devices: Mapping[str, str],
    series: str | None = None,
    kind: Kind = "flow",
    by: Literal["year", "month", "day", "hour"] = "month",
    year: int | None = None,
    budget: float | None = None,
    grid: float | None = None,
    grid_source: str = "",
    grid_area: str = "CHN",
    grid_year: int | None = None,
    limits: Mapping[str, str] | None = None,
    spike: float = 6.0,
    flagged: Literal["keep", "exclude"] = "keep",
    utc_offset: float = 8.0,
    gaps: GapRule = "refuse",
    level: float = 0.1,
) -> Result:
    """Keep accounts of emissions from a stream of readings, and say where the year is going.

    Use it on meters of energy (or direct measurements of CO2) by hour, day or month. What
    was read, what is estimated for gaps and what is expected for the rest of the year stand
    apart. It does not verify a meter: a slow drift looks like a slow change. The nowcast
    assumes that the rest of the year resembles the past; read its record first.

    Parameters
    ----------
    panel : Panel
        Frequency H, D or M; entities are devices, each with readings in one series.
    devices : mapping
        Device to ``sector/carrier`` or ``sector/carrier/holder``. Carriers are the fuels of
        the catalog, ``electricity``, ``heat`` or ``co2`` (measured tonnes); holders are
        ``firm`` (default), ``household`` and ``government``.
    series : str, optional
        Which series to read, where there are several.
    kind : {"flow", "register", "level"}
        Amounts of a period; a counter that only rises; or a state such as a concentration,
        of which means are kept and no emissions.
    by : {"year", "month", "day", "hour"}
        Of the table of accounts; not finer than the readings.
    year : int, optional
        The running year; the last one of the data by default.
    budget : float, optional
        Tonnes of CO2 that the year may have.
    grid, grid_source : float, str
        Your own grid factor in kg CO2 per kWh, with where it comes from.
    grid_area, grid_year : str, int
        Without `grid`, the catalogued factor of an area, of the year of each reading or of
        one year.
    limits : mapping, optional
        Physical limits of devices per period, such as ``{"m1": "0..500"}``.
    spike : float
        A single reading is a spike from so many robust standard deviations of changes on.
    flagged : {"keep", "exclude"}
        Whether readings out of range, spikes and stuck ones count.
    utc_offset : float
        Hours from UTC to the local day; 8 for China.
    gaps : {"refuse", "count"}
        Refuse missing readings, or leave them out, list and estimate them apart.
    level : float
        One minus the coverage of the interval.

    Raises
    ------
    ZhihengError
        C440–C444 factors, M800 gaps, M936 a negative flow, M950 devices or limits, M951 a
        register that runs back, M952 a frequency, unit, year or option that does not fit.

    References
    ----------
    Rule and record: `zhiheng.kernels.nowcast`. Stuck and spiked readings:
    `zhiheng.kernels.readings`.
    """
    _check(level=level, spike=spike, grid=grid, budget=budget, utc_offset=utc_offset)
    stream = read_stream(panel, series, devices, kind=kind, utc_offset=utc_offset, gaps=gaps)
    factors = read_factors_of(
        stream, grid=grid, grid_source=grid_source, grid_area=grid_area, grid_year=grid_year
    )
    ledger = make_ledger(
        stream, factors, limits=limits or {}, spike=spike, exclude=flagged == "exclude"
    )
    running = year or int(stream.year[-1])
    _refuse_year(stream, running)
    refuse_finer(by, panel.frequency)
    daily = by_day(ledger)
    ahead = look_ahead(daily, stream, running, level=level)
    tables = {
        "accounts": made.accounts(ledger, by),
        "by_month": made.by_month(ledger),
        "completeness": made.completeness_table(ledger),
        "coverage": made.coverage(ledger),
        "anomalies": made.anomalies(ledger),
        "nowcast": made.nowcast_table(ahead),
        "record": made.record_table(ahead, level),
    }
    checks: list[Check] = []
    if kind != "level":
        tables["factors"] = made.factors_table(ledger)
        views = made.views(ledger, running)
        tables["views"] = views
        checks += _agreement(made.view_totals(views), ahead.booked)
    if budget is not None and kind != "level":
        tables["budget"] = made.budget_table(ahead, budget)
    notes = wording.notes(ledger, ahead, gaps=gaps, flagged=flagged, level=level)
    if budget is not None and kind == "level":
        notes.append(Note(wording.NO_BUDGET, level="caution"))
    if grid is not None and (grid_year is not None or grid_area != "CHN"):
        notes.append(Note(wording.GRID_GIVEN))
    figures = wording.figures(tables, stream, budget)
    used = tuple(sorted(set(stream.own)))
    return Result(tables, figures, tuple(notes), tuple(checks), used)


def _agreement(totals: Mapping[str, float], booked: float) -> list[Check]:
    """Three views of one ledger, summed apart, against the sum of its days."""
    size = max(abs(booked), np.finfo(np.float64).tiny)
    off = max(abs(total - booked) / size for total in totals.values())
    return [Check(wording.VIEWS_CHECK, off, CLOSURE)]


def _check(
    *, level: float, spike: float, grid: float | None, budget: float | None, utc_offset: float
) -> None:
    bad: dict[str, float] = {}
    if not 0 < level < 1:
        bad["level"] = level
    if not spike > 0:
        bad["spike"] = spike
    if grid is not None and not 0 <= grid < np.inf:
        bad["grid"] = grid
    if budget is not None and not 0 < budget < np.inf:
        bad["budget"] = budget
    if not WESTERNMOST <= utc_offset <= EASTERNMOST:
        bad["utc_offset"] = utc_offset
    if bad:
        raise ZhihengError(
            "M952",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=[{"option": k, "value": v} for k, v in bad.items()],
            fix=Text(
                "level 在零与一之间，spike 与 budget 大于零，grid 不为负，"
                "utc_offset 从 -12 到 14。",
                "level lies between zero and one; spike and budget are above zero; grid is not "
                "negative; utc_offset lies from -12 to 14.",
            ),
        )


def _refuse_year(stream: Stream, year: int) -> None:
    if year not in stream.year:
        raise ZhihengError(
            "M952",
            Text("{y} 年没有读数。", "There are no readings in {y}.").format(y=year),
            evidence=[{"first": int(stream.year[0]), "last": int(stream.year[-1])}],
            fix=Text("换一个有读数的年份。", "Choose a year with readings."),
        )
