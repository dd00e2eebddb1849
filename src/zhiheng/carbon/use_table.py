"""An input–output table in a panel: which rows and columns are what, and home from abroad.

Rows are entities, columns are series ``use.CODE``. A code that heads a row and a column is a
sector; every other column is final demand, but for the totals. A multi-regional table has
sectors ``REGION.SECTOR`` and final demand ``use.REGION.CODE``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import use_table_refusals as refusals
from zhiheng.catalog.sectors import IMPORTS, USE, columns_of_use
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.input_output import domestic_shares

Array = NDArray[np.float64]
Kind = Literal["separate", "competitive", "closed"]
TOTALS = frozenset({"TIU", "TFU", "GO", "IM"})
EXPORTS, ERROR = "EX", "ERR"
FINER = {"TC": ("FU101", "FU102", "FU103"), "GCF": ("FU201", "FU202")}
"""A total of final demand and its parts; one of the two is taken, never both."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the rows and columns of all periods stand for.

    Attributes
    ----------
    sectors : tuple of str
        Codes, in the order of the columns.
    demand : tuple of str
        Codes of the columns of final demand that are used.
    regions : tuple of str
        Empty for a table of one economy.
    region, consumer : ndarray of int
        Region of each sector and of each column of final demand.
    """

    sectors: tuple[str, ...]
    demand: tuple[str, ...]
    regions: tuple[str, ...]
    region: NDArray[np.intp]
    consumer: NDArray[np.intp]

    @property
    def exports(self) -> int:
        """The column of exports, or -1."""
        return self.demand.index(EXPORTS) if EXPORTS in self.demand else -1


@dataclass(frozen=True, slots=True)
class UseTable:
    """One period: everything split into what home and what imports deliver.

    Attributes
    ----------
    output : ndarray, shape (n,)
    demand, imported_demand : ndarray, shape (n, k)
    home_share : ndarray, shape (n,), or None
        Of a table whose imports were removed proportionally.
    negative : int
        Number of negative deliveries between sectors.
    residual : float
        Largest relative difference of a row or column sum from output.
    """

    panel: Panel
    layout: Layout
    period: int
    kind: Kind
    output: Array
    demand: Array
    imported_demand: Array
    home_share: Array | None
    negative: int
    residual: float

    def home(self) -> Array:
        """Deliveries of home sectors to home sectors (n, n): a new array at every call."""
        z = _block(self.panel, self.layout.sectors, self.layout.sectors, self.period)
        if self.home_share is not None:
            if self.kind == "separate":
                z += self._rows_of_imports()
            z *= self.home_share[:, None]
        return z

    def home_rows(self, rows: NDArray[np.intp]) -> Array:
        """Some rows of `home`, of a table whose imports are not removed proportionally."""
        chosen = [self.layout.sectors[i] for i in rows.tolist()]
        return _block(self.panel, chosen, self.layout.sectors, self.period)

    def total(self) -> Array:
        """Deliveries from home and abroad (n, n): a new array at every call."""
        z = _block(self.panel, self.layout.sectors, self.layout.sectors, self.period)
        return z + self._rows_of_imports() if self.kind == "separate" else z

    def imports(self) -> Array:
        """Imports by product, for sectors and for final demand (n,)."""
        if self.kind == "closed":
            return np.zeros(len(self.output))
        return (self.total() - self.home()).sum(axis=1) + self.imported_demand.sum(axis=1)

    def _rows_of_imports(self) -> Array:
        rows = [s + IMPORTS for s in self.layout.sectors]
        return _block(self.panel, rows, self.layout.sectors, self.period)


def read_layout(panel: Panel) -> Layout:
    """Find sectors, final demand and regions.

    Raises
    ------
    ZhihengError
        M963 the panel is no input–output table; U202 its columns have several units.
    """
    rows = set(panel.entities)
    columns = [s.removeprefix(USE) for s in panel.series if s.startswith(USE)]
    known = columns_of_use()
    sectors = tuple(c for c in columns if c in rows and c not in known)
    if len(sectors) < 2:
        raise refusals.no_table(panel)
    several = all("." in s for s in sectors)
    own = set(sectors)
    rest = [c for c in columns if c not in own and c.rpartition(".")[2] not in TOTALS]
    demand = tuple(_finest(panel, rest))
    if not demand:
        raise refusals.no_table(panel)
    refusals.refuse_mixed_units(panel, [USE + c for c in (*sectors, *demand)])
    if not several:
        none = np.zeros(len(sectors), dtype=np.intp)
        return Layout(sectors, demand, (), none, np.zeros(len(demand), dtype=np.intp))
    regions = tuple(dict.fromkeys(s.split(".")[0] for s in sectors))
    strange = [d for d in demand if d.split(".")[0] not in regions]
    if strange:
        raise refusals.unknown_consumer(strange, regions)
    at = {r: i for i, r in enumerate(regions)}
    return Layout(
        sectors,
        demand,
        regions,
        np.array([at[s.split(".")[0]] for s in sectors], dtype=np.intp),
        np.array([at[d.split(".")[0]] for d in demand], dtype=np.intp),
    )


def read_table(panel: Panel, layout: Layout, period: int, *, proportional: bool) -> UseTable:
    """One period of a table, checked.

    Parameters
    ----------
    proportional : bool
        Take imports out proportionally even where they have rows of their own.

    Raises
    ------
    ZhihengError
        M960 rows or columns do not add up to output, M961 output is negative or zero where
        there are inputs, M967 imports exceed domestic use, M968 gaps.
    """
    kind = _kind(panel, layout, period)
    z = _block(panel, layout.sectors, layout.sectors, period)
    demand = _demand(panel, layout, layout.sectors, period)
    refusals.refuse_gaps(
        panel, layout.sectors, [*layout.sectors, *layout.demand], z, demand, period
    )
    negative = _negative(z)
    imported = np.zeros((0, 0))
    imported_demand = np.zeros_like(demand)
    if kind == "separate":
        rows = [s + IMPORTS for s in layout.sectors]
        refusals.refuse_missing_rows(panel, layout.sectors, rows, period)
        imported = _block(panel, rows, layout.sectors, period)
        imported_demand = _demand(panel, layout, rows, period)
        refusals.refuse_gaps(
            panel, rows, [*layout.sectors, *layout.demand], imported, imported_demand, period
        )
        negative += _negative(imported)
    total_imports = _imports_column(panel, layout, period, kind)
    used = z.sum(axis=1) + demand.sum(axis=1) - (total_imports if kind == "competitive" else 0.0)
    output = _output(panel, layout, period, used)
    inputs = z.sum(axis=0) + (imported.sum(axis=0) if kind == "separate" else 0.0)
    refusals.refuse_outputs(panel, layout.sectors, output, inputs, period)
    added = _value_added(panel, layout, period)
    residual = refusals.refuse_unbalanced(
        panel, layout.sectors, output, used, None if added is None else inputs + added, period
    )
    home_share = None
    if kind == "competitive" or (kind == "separate" and proportional):
        all_demand = demand + imported_demand
        all_used = z.sum(axis=1) + all_demand.sum(axis=1)
        if kind == "separate":
            all_used = all_used + imported.sum(axis=1)
            total_imports = imported.sum(axis=1) + imported_demand.sum(axis=1)
        sent = all_demand[:, layout.exports] if layout.exports >= 0 else np.zeros(len(output))
        home_share = domestic_shares(all_used, sent, total_imports)
        refusals.refuse_import_shares(
            panel, layout.sectors, home_share, (all_used - sent, total_imports), period
        )
        share = np.repeat(home_share[:, None], all_demand.shape[1], axis=1)
        if layout.exports >= 0:
            share[:, layout.exports] = 1.0
        demand, imported_demand = all_demand * share, all_demand * (1.0 - share)
    return UseTable(
        panel, layout, period, kind, output, demand, imported_demand, home_share, negative, residual
    )


def demand_title(layout: Layout, code: str) -> Text:
    """The name of a column of final demand; in a multi-regional table with its region."""
    region, _, own = code.rpartition(".")
    name = columns_of_use().get(own, Text.same(own))
    return Text(f"{region} {name.zh}", f"{region} {name.en}") if layout.regions else name


def kinds(panel: Panel, layout: Layout) -> list[Kind]:
    """How imports are treated by the table of each period."""
    return [_kind(panel, layout, p) for p in panel.periods]


def _kind(panel: Panel, layout: Layout, period: int) -> Kind:
    known = set(panel.entities)
    rows = [s + IMPORTS for s in layout.sectors if s + IMPORTS in known]
    if rows and np.isfinite(_block(panel, rows, layout.sectors, period)).any():
        return "separate"
    if USE + "IM" in panel.series:
        column = _block(panel, layout.sectors, ["IM"], period)
        if np.isfinite(column).any():
            return "competitive"
    return "closed"


def _finest(panel: Panel, columns: Sequence[str]) -> list[str]:
    """The parts of a total where every period has them, else the total."""
    found = list(columns)
    named = {c.rpartition(".")[2] for c in columns}
    for total, parts in FINER.items():
        if not named & {total, *parts}:
            continue
        for region in dict.fromkeys(c.rpartition(".")[0] for c in columns):
            own = [f"{region}.{p}" if region else p for p in parts]
            whole = f"{region}.{total}" if region else total
            held = [c for c in own if c in found and _complete(panel, c)]
            drop = [whole] if held and whole in found else []
            if whole in found and _complete(panel, whole) and len(held) < len(own):
                drop = own if not held else drop
            if held and whole in found and not _same_sum(panel, whole, held):
                drop = own
            found = [c for c in found if c not in drop]
    return [c for c in found if c.rpartition(".")[2] == ERROR or _ever(panel, c)]


def _complete(panel: Panel, code: str) -> bool:
    values = panel.array(USE + code)
    known = set(panel.series)
    sectors = [i for i, e in enumerate(panel.entities) if USE + e in known]
    return bool((np.isfinite(values[sectors]).any(axis=0)).all())


def _negative(z: Array) -> int:
    """Number of negative cells; a large table has none and is then not compared cell by cell."""
    return int((z < 0).sum()) if z.min(initial=0.0) < 0 else 0


def _ever(panel: Panel, code: str) -> bool:
    return bool(np.isfinite(panel.array(USE + code)).any())


def _same_sum(panel: Panel, whole: str, parts: Sequence[str]) -> bool:
    one = panel.array(USE + whole)
    other = np.sum([panel.array(USE + p) for p in parts], axis=0)
    both = np.isfinite(one) & np.isfinite(other)
    return bool(np.allclose(one[both], other[both], rtol=1e-6, atol=1.0))


def _block(panel: Panel, rows: Sequence[str], columns: Sequence[str], period: int) -> Array:
    """A part of the table as a new array (rows, columns): one copy, in C order."""
    place = {e: i for i, e in enumerate(panel.entities)}
    series = {s: i for i, s in enumerate(panel.series)}
    t = panel.periods.index(period)
    cut = np.ix_([place[r] for r in rows], [t], [series[USE + c] for c in columns])
    return panel.values[cut].reshape(len(rows), len(columns))


def _demand(panel: Panel, layout: Layout, rows: Sequence[str], period: int) -> Array:
    found = _block(panel, rows, layout.demand, period)
    for k, code in enumerate(layout.demand):
        if code.rpartition(".")[2] == ERROR:  # a table without a column of errors has none
            found[:, k] = np.nan_to_num(found[:, k])
    return found


def _imports_column(panel: Panel, layout: Layout, period: int, kind: Kind) -> Array:
    if kind != "competitive":
        return np.zeros(len(layout.sectors))
    return np.nan_to_num(_block(panel, layout.sectors, ["IM"], period)[:, 0])


def _output(panel: Panel, layout: Layout, period: int, used: Array) -> Array:
    if USE + "GO" in panel.series:
        stated = _block(panel, layout.sectors, ["GO"], period)[:, 0]
        if np.isfinite(stated).any():
            refusals.refuse_gaps(
                panel, layout.sectors, ["GO"], stated[:, None], np.zeros((len(used), 0)), period
            )
            return stated
    if "TI" in panel.entities:
        stated = _block(panel, ["TI"], layout.sectors, period)[0]
        if np.isfinite(stated).all():
            return stated
    return used


def _value_added(panel: Panel, layout: Layout, period: int) -> Array | None:
    total = [e for e in panel.entities if e == "TVA"]
    parts = [e for e in panel.entities if e.startswith("VA")]
    for rows in (total, parts):
        if rows:
            found = _block(panel, rows, layout.sectors, period).sum(axis=0)
            if np.isfinite(found).all():
                return found
    return None
