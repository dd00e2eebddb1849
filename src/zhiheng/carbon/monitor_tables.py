"""Tables of `monitor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.monitor_input import MEASURED, address
from zhiheng.carbon.monitor_ledger import Ledger, grouped, marked_rows
from zhiheng.carbon.monitor_year import FEWEST, Ahead
from zhiheng.catalog.series import fuels
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.kernels.nowcast import RULES
from zhiheng.kernels.readings import completeness

Array = NDArray[np.float64]
By = Literal["year", "month", "day", "hour"]
CLASSES = ((1.0, "complete"), (0.95, "mostly"), (0.75, "partly"), (-1.0, "poor"))
"""Lower ends of the classes of coverage."""


def text_column(values: Sequence[str]) -> NDArray[np.object_]:
    """Text as a column, also when there is none."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def titled(column: str, catalogue: str, values: Sequence[str]) -> dict[str, NDArray[np.object_]]:
    """Codes with their words in two languages."""
    titles = {v: option_word(catalogue, v) for v in dict.fromkeys(values)}
    return {
        column: text_column(values),
        f"{column}_title_zh": text_column([titles[v].zh for v in values]),
        f"{column}_title_en": text_column([titles[v].en for v in values]),
    }


def _carriers(codes: Sequence[str]) -> dict[str, NDArray[np.object_]]:
    """Carriers with their names: those of the catalog's fuels, or of the wording."""
    known = {f.fuel: Text(f.title_zh, f.title_en) for f in fuels()}
    titles = [known.get(c) or option_word("carrier", c) for c in codes]
    return {
        "carrier": text_column(codes),
        "carrier_title_zh": text_column([t.zh for t in titles]),
        "carrier_title_en": text_column([t.en for t in titles]),
    }


def _calendar(ledger: Ledger, by: By) -> tuple[NDArray[np.int64], list[str]]:
    """A whole number for each period, ascending in time, and how it is written."""
    stream = ledger.stream
    if by == "year":
        return stream.year, [str(y) for y in np.unique(stream.year).tolist()]
    if by == "month" or (by == "day" and stream.panel.frequency == "M"):
        code = stream.year * 100 + stream.month % 12 + 1
        return code, [f"{c // 100:04d}-{c % 100:02d}" for c in np.unique(code).tolist()]
    if by == "day" or stream.panel.frequency != "H":
        days = stream.day.astype("datetime64[D]")
        written = [str(d) for d in np.unique(days)]
        numbers = np.array([int(w.replace("-", "")) for w in written], dtype=np.int64)
        return numbers[np.searchsorted(np.unique(days), days)], written
    ordinals = np.arange(len(stream.year)) + stream.panel.periods[0]
    return ordinals, [stream.when(i) for i in range(len(ordinals))]


def accounts(ledger: Ledger, by: By) -> Table:
    """What was booked in each period, by sector and carrier, and how complete it is."""
    code, written = _calendar(ledger, by)
    units, place = np.unique(code, return_inverse=True)
    devices, size = ledger.stream.devices, len(units)
    pairs = sorted({(d.sector, d.carrier) for d in devices})
    member = np.array([[(d.sector, d.carrier) == p for d in devices] for p in pairs], dtype=float)
    seen = np.isfinite(ledger.emissions)
    total = grouped(member @ np.where(seen, ledger.emissions, 0.0), place, size)
    present = grouped(member @ seen.astype(np.float64), place, size)
    wanted = grouped(member @ np.ones(seen.shape), place, size)
    if ledger.stream.kind == "level":
        total = np.divide(total, present, out=np.full(total.shape, np.nan), where=present > 0)
    count = len(pairs)
    name = "mean_level" if ledger.stream.kind == "level" else "emissions_booked"
    return Table.of(
        ("period", "sector", "carrier"),
        period=np.repeat(units, count),
        when=text_column([w for w in written for _ in pairs]),
        sector=text_column([s for s, _ in pairs] * size),
        **_carriers([c for _, c in pairs] * size),
        **{name: total.T.ravel()},
        expected_readings=wanted.T.ravel().astype(np.int64),
        present_readings=present.T.ravel().astype(np.int64),
        reading_share=(present / wanted).T.ravel(),
    )


def by_month(ledger: Ledger) -> Table:
    """Totals by month and sector, for the figure and for a look."""
    code, written = _calendar(ledger, "month")
    units, place = np.unique(code, return_inverse=True)
    devices = ledger.stream.devices
    sectors = sorted({d.sector for d in devices})
    member = np.array([[d.sector == s for d in devices] for s in sectors], dtype=float)
    seen = np.isfinite(ledger.emissions)
    total = grouped(member @ np.where(seen, ledger.emissions, 0.0), place, len(units))
    if ledger.stream.kind == "level":
        count = grouped(member @ seen.astype(np.float64), place, len(units))
        total = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    name = "mean_level" if ledger.stream.kind == "level" else "emissions_booked"
    return Table.of(
        ("period", "sector"),
        period=np.repeat(units, len(sectors)),
        when=text_column([w for w in written for _ in sectors]),
        sector=text_column(sectors * len(units)),
        **{name: total.T.ravel()},
    )


def completeness_table(ledger: Ledger) -> Table:
    """How complete each device is, and how much of it is doubtful."""
    stream, found = ledger.stream, completeness(ledger.stream.raw)
    names = [stream.panel.name(d.entity) for d in stream.devices]
    return Table.of(
        ("entity",),
        entity=[d.entity for d in stream.devices],
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        first_reading=[stream.when(int(i)) for i in found.first],
        last_reading=[stream.when(int(i)) for i in found.last],
        expected_readings=found.expected,
        present_readings=found.present,
        reading_share=found.present / np.maximum(found.expected, 1),
        longest_gap=found.longest,
        longest_gap_from=text_column([stream.when(int(i)) if i >= 0 else ""
                                      for i in found.longest_from]),
        **{f"n_{kind}": ledger.marks[kind].sum(axis=1) for kind in ledger.marks},
    )  # fmt: skip


def coverage(ledger: Ledger) -> Table:
    """The share of readings by device and month, and its class."""
    stream = ledger.stream
    code, written = _calendar(ledger, "month")
    units, place = np.unique(code, return_inverse=True)
    seen = np.isfinite(stream.raw)
    share = grouped(seen * 1.0, place, len(units)) / np.bincount(place)
    names = [stream.panel.name(d.entity) for d in stream.devices]
    size = len(units)
    kinds = [next(k for low, k in CLASSES if s >= low) for s in share.ravel()]
    return Table.of(
        ("entity", "period"),
        entity=[d.entity for d in stream.devices for _ in range(size)],
        name_zh=[n.zh for n in names for _ in range(size)],
        name_en=[n.en for n in names for _ in range(size)],
        period=np.tile(units, len(names)),
        when=text_column(written * len(names)),
        reading_share=share.ravel(),
        **titled("coverage_class", "coverage_class", kinds),
    )


def anomalies(ledger: Ledger) -> Table:
    """Every doubtful reading with its address."""
    stream, rows = ledger.stream, marked_rows(ledger)
    names = [stream.panel.name(stream.devices[e].entity) for e, _, _ in rows]
    return Table.of(
        ("entity", "when"),
        entity=text_column([stream.devices[e].entity for e, _, _ in rows]),
        name_zh=text_column([n.zh for n in names]),
        name_en=text_column([n.en for n in names]),
        when=text_column([stream.when(t) for _, t, _ in rows]),
        **titled("anomaly", "anomaly", [k for _, _, k in rows]),
        value=np.array([stream.values[e, t] for e, t, _ in rows], dtype=np.float64),
        unit=text_column([stream.unit(e) for e, _, _ in rows]),
        cell=text_column([address(stream, e, t) for e, t, _ in rows]),
    )


def factors_table(ledger: Ledger) -> Table:
    """The factor of every carrier, once for each year from which another one holds."""
    known = {f.carrier: f for f in ledger.factors}
    rows: list[tuple[str, int]] = []
    for carrier in sorted(known):
        factor, before = known[carrier], None
        for year in sorted(factor.by_year):
            now = factor.by_year[year], factor.sources[year]
            if now != before:
                rows.append((carrier, year))
            before = now
    return Table.of(
        ("carrier", "valid_from"),
        **_carriers([c for c, _ in rows]),
        valid_from=np.array([y for _, y in rows], dtype=np.int64),
        value=np.array([known[c].by_year[y] for c, y in rows]),
        unit=[f"t_CO2/{known[c].unit}" if c != MEASURED else "1" for c, _ in rows],
        source=text_column([known[c].sources[y] for c, y in rows]),
        factor_checked=text_column([known[c].statuses[y] for c, y in rows]),
    )


def nowcast_table(ahead: Ahead) -> Table:
    """The year in four parts, and its interval."""
    rule = RULES[ahead.found.rule] if ahead.found else "none"
    return Table.of(
        ("year",),
        year=[ahead.year],
        booked=[ahead.booked],
        missing_estimate=[ahead.missing],
        remainder=[ahead.remainder],
        nowcast=[ahead.total],
        low=[ahead.low],
        high=[ahead.high],
        elapsed=[ahead.elapsed],
        left=[ahead.left],
        **titled("nowcast_rule", "nowcast_rule", [rule]),
    )


def record_table(ahead: Ahead, level: float) -> Table:
    """How nowcasts with as much of a year left did before, beside last year's same days."""
    past = ahead.record
    n = len(past.origins) if past else 0
    some = past is not None and n > 0
    mae = float(np.abs(past.error).mean()) if past and some else np.nan
    naive = float(np.abs(past.naive_error).mean()) if past and some else np.nan
    return Table.of(
        (),
        left=[ahead.left],
        earlier_origins=[n],
        spans_apart=[n * (1 if ahead.monthly else 7) / ahead.left if ahead.left else np.nan],
        coverage_nominal=[1 - level],
        coverage_found=[float(past.covered.mean()) if past and some else np.nan],
        nowcast_mae=[mae],
        naive_mae=[naive],
        nowcast_mae_ratio=[mae / naive if naive > 0 else np.nan],
    )


def budget_table(ahead: Ahead, budget: float) -> Table:
    """Where the year stands beside what it may have."""
    errors = ahead.found.errors if ahead.found else np.array([])
    sums = ahead.booked + ahead.missing + ahead.remainder * (1 + errors)
    enough = len(sums) >= FEWEST
    odds = (float((sums > budget).sum()) + 0.5) / (len(sums) + 1) if enough else np.nan
    if not ahead.left:
        odds = float(ahead.total > budget)
    spent = ahead.booked + ahead.missing
    verdict = "over" if ahead.low > budget else "within" if ahead.high <= budget else "open"
    return Table.of(
        ("year",),
        year=[ahead.year],
        budget=[budget],
        booked=[ahead.booked],
        budget_used=[spent / budget],
        year_elapsed=[ahead.elapsed / (ahead.elapsed + ahead.left)],
        nowcast=[ahead.total],
        low=[ahead.low],
        high=[ahead.high],
        probability_over=[odds],
        pace=[ahead.recent],
        pace_allowed=[max(budget - spent, 0.0) / ahead.left if ahead.left else np.nan],
        **titled("budget_verdict", "budget_verdict", [verdict]),
    )


def views(ledger: Ledger, year: int) -> Table:
    """One year's ledger three times: sectors for government, meters for firms, holders for all."""
    stream = ledger.stream
    inside = stream.year == year
    total = np.where(np.isfinite(ledger.emissions), ledger.emissions, 0.0)[:, inside].sum(axis=1)
    rows: list[tuple[str, str, Text, str, float]] = []
    for view in ("government", "firm", "household"):
        sums: dict[tuple[str, str], float] = {}
        for device, value in zip(stream.devices, total.tolist(), strict=True):
            line = {"government": device.sector, "firm": device.entity,
                    "household": device.holder}[view]  # fmt: skip
            sums[line, device.scope] = sums.get((line, device.scope), 0.0) + value
        for (line, scope), value in sorted(sums.items()):
            word = option_word("holder", line) if view == "household" else Text.same(line)
            rows.append((view, line, word, scope, value))
    whole = float(total.sum())
    return Table.of(
        ("view", "view_line", "meter_scope"),
        **titled("view", "view", [r[0] for r in rows]),
        view_line=text_column([r[1] for r in rows]),
        view_line_title_zh=text_column([r[2].zh for r in rows]),
        view_line_title_en=text_column([r[2].en for r in rows]),
        **titled("meter_scope", "emission_scope", [r[3] for r in rows]),
        emissions_booked=np.array([r[4] for r in rows]),
        share=np.array([r[4] / whole if whole else np.nan for r in rows]),
    )


def view_totals(table: Table) -> Mapping[str, float]:
    """The sum of every view."""
    views_, amounts = table.columns["view"], table.columns["emissions_booked"]
    return {v: float(amounts[views_ == v].sum()) for v in dict.fromkeys(views_.tolist())}
