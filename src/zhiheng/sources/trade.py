"""Trade records: rows with more dimensions than an observation has, and how they become some.

A row has reporter, partner, flow, product, mode and place. An observation has an entity,
a period and a series. `TradeRecords.observations` makes the step under a declared
grouping: the entity is the reporter (or the place of registration), the flow names
the series, and every further dimension kept stands behind it: ``exports.854143.USA``.
What is not kept is summed, and a sum over totals and their parts together is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute

from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Frequency
from zhiheng.core.text import Text
from zhiheng.sources.assemble import Reading, Unknown, assemble
from zhiheng.sources.observations import Observations

pc: Any = pyarrow.compute
"""Arrow makes its functions at import, where a type checker cannot see them."""

DIMENSIONS = ("reporter", "partner", "flow", "product", "mode", "place", "breakdown")
"""What tells one row of a period from another; `breakdown` is procedure, transport and
second partner where a source has them."""

SCHEMA = pa.schema(
    [
        ("period", pa.int64()),
        *((name, pa.string()) for name in DIMENSIONS),
        ("value", pa.float64()),
        ("quantity", pa.float64()),
        ("quantity_unit", pa.string()),
        ("weight", pa.float64()),
        ("row", pa.int64()),
    ]
)
"""One row of trade; `value` in the currency of the records, `weight` in kilograms, `row`
the record's number in the file."""

WORLD = frozenset({"WLD", "W00", "0", "World", "世界", "合计"})
ALL_PRODUCTS = frozenset({"TOTAL", "AG2", "AG4", "AG6", "合计"})
_SERIES = {"export": "exports", "import": "imports"}

Kept = Literal["product", "partner", "mode"]
Measure = Literal["value", "quantity", "weight"]


@dataclass(frozen=True, slots=True)
class TradeRecords:
    """Rows of trade from one file.

    Parameters
    ----------
    table : pyarrow.Table of `SCHEMA`
    currency : str
        Unit of `value` as ``units.toml`` knows it, such as ``USD`` or ``1000 USD``.
    frequency : {"A", "M"}
    file, source : str
    address : str
        Where row ``n`` stands: ``row {}`` or a JSON pointer such as ``/data/{}``.
    """

    table: pa.Table
    currency: str
    frequency: Frequency
    file: str
    source: str
    address: str = "row {}"
    notes: tuple[Text, ...] = ()

    def __len__(self) -> int:
        return self.table.num_rows

    def select(self, **wanted: str | Collection[str]) -> TradeRecords:
        """Keep rows by dimension, such as ``partner="WLD"`` or ``flow=["export"]``."""
        table = self.table
        for dimension, values in wanted.items():
            if dimension not in DIMENSIONS:
                raise unknown_name("S561", dimension, DIMENSIONS, kind=Text("维度", "dimension"))
            listed = [values] if isinstance(values, str) else list(values)
            table = table.filter(pc.is_in(table[dimension], pa.array(listed, pa.string())))
        return replace(self, table=table)

    def digits(self, most: int) -> TradeRecords:
        """Keep the rows whose product code has exactly `most` digits, such as HS 2, 4 or 6."""
        same = pc.equal(pc.utf8_length(self.table["product"]), most)
        digits = pc.match_substring_regex(self.table["product"], r"^\d+$")
        return replace(self, table=self.table.filter(pc.and_(same, digits)))

    def mirrored(self) -> TradeRecords:
        """Every export seen as the partner's import: for sources with one row per flow (BACI)."""
        turned = self.select(flow="export").table
        columns: dict[str, Any] = {name: turned[name] for name in turned.column_names}
        columns["reporter"], columns["partner"] = columns["partner"], columns["reporter"]
        columns["flow"] = pa.array(["import"] * turned.num_rows, pa.string())
        return replace(self, table=pa.table(columns, schema=SCHEMA))

    def observations(
        self,
        *,
        keep: Sequence[Kept] = (),
        measure: Measure = "value",
        entity: Literal["reporter", "place"] = "reporter",
        unknown: Unknown = "refuse",
    ) -> Observations:
        """Sum the rows to observations under a declared grouping.

        Parameters
        ----------
        keep : sequence of {"product", "partner", "mode"}
            Dimensions that stay apart, in the order in which they stand in the series.
        measure : {"value", "quantity", "weight"}
            Quantities are summed within one unit only.
        entity : {"reporter", "place"}
            Place is where the trader is registered (customs records).
        unknown : {"refuse", "drop", "keep"}

        Raises
        ------
        ZhihengError
            S561 totals beside their parts in a dimension that is summed, D102 the same row
            twice, D109 quantities of two units in one series, U210/U211 units, C401
            unknown region, S502 no rows.
        """
        if not self.table.num_rows:
            return assemble([], file=self.file, source=self.source)
        self._refuse_totals(keep)
        self._refuse_twice()
        by = ["period", entity, "flow", *keep, *(["quantity_unit"] * (measure == "quantity"))]
        sums = self.table.group_by(by).aggregate(
            [(measure, "sum"), (measure, "count"), ("row", "min"), ("row", "max"), ("row", "count")]
        )
        groups = sums.to_pylist()
        whole = [g for g in groups if g[f"{measure}_count"] == g["row_count"]]
        found = [self._reading(row, entity, keep, measure) for row in whole]
        found.sort(key=lambda r: (r.series, r.entity, r.period))
        return assemble(
            found, file=self.file, source=self.source, frequency=self.frequency,
            unknown=unknown, notes=(*self.notes, *_gap_note(len(groups) - len(whole))),
        )  # fmt: skip

    def _reading(
        self, row: Mapping[str, Any], entity: str, keep: Sequence[Kept], measure: Measure
    ) -> Reading:
        flow = str(row["flow"])
        words = [_SERIES.get(flow, flow), *(_word(str(row[k])) for k in keep)]
        if measure != "value":
            words.insert(1, measure)
        units = {"value": self.currency, "weight": "kg"}
        first, last, n = row["row_min"], row["row_max"], row["row_count"]
        cell = self.address.format(first)
        if n > 1:
            cell = f"{cell} … {self.address.format(last)} ({n})"
        unit = units.get(measure) or str(row.get("quantity_unit", ""))
        return Reading(
            str(row[entity]), int(row["period"]), ".".join(words), float(row[f"{measure}_sum"]),
            unit, cell,
        )  # fmt: skip

    def _refuse_totals(self, keep: Sequence[str]) -> None:
        rows: list[Row] = []
        for dimension in ("partner", "product", "breakdown"):
            if dimension in keep:
                continue
            seen = set(self.table[dimension].unique().to_pylist())
            mixed = _mixed(dimension, seen)
            if mixed:
                rows.append({"dimension": dimension, "found": mixed})
        if rows:
            raise ZhihengError(
                "S561",
                Text(
                    "合计与分项同在一列，相加会重复计算。",
                    "Totals stand beside their parts; a sum would count twice.",
                ),
                evidence=rows,
                fix=Text(
                    "先选定一层：select(partner=…)、digits(6)；或把这一维放进 keep。",
                    "Choose one level first: select(partner=…), digits(6); or put it in keep.",
                ),
            )

    def _refuse_twice(self) -> None:
        key = ["period", *DIMENSIONS]
        counted = self.table.group_by(key).aggregate([("row", "count"), ("row", "min")])
        twice = counted.filter(pc.greater(counted["row_count"], 1))
        if twice.num_rows:
            rows: list[Row] = [
                {"cell": f"{self.file}!{self.address.format(r['row_min'])}", "n": r["row_count"]}
                for r in twice.slice(0, 50).to_pylist()
            ]
            raise ZhihengError(
                "D102",
                Text("{n} 条记录重复出现。", "{n} records occur more than once.").format(
                    n=twice.num_rows
                ),
                evidence=rows,
                fix=Text(
                    "去掉重复下载的部分；记录不会替您合并。",
                    "Remove what was downloaded twice; records are never merged for you.",
                ),
            )


def _mixed(dimension: str, seen: set[str]) -> str:
    if dimension == "partner" and seen & WORLD and seen - WORLD:
        return ", ".join([*sorted(seen & WORLD), *sorted(seen - WORLD)[:3]])
    if dimension == "breakdown" and len(seen) > 1:
        return ", ".join(sorted(seen)[:4])
    if dimension == "product":
        lengths = {len(p) for p in seen - ALL_PRODUCTS}
        if len(lengths) > 1 or (lengths and seen & ALL_PRODUCTS):
            return ", ".join(sorted(seen, key=len)[:2] + sorted(seen, key=len)[-2:])
    return ""


def _gap_note(n: int) -> tuple[Text, ...]:
    """A sum over rows of which one has no number is a gap, not a smaller sum."""
    if not n:
        return ()
    return (
        Text(
            "{n} 组里有记录没有数值，该组为缺失。",
            "{n} groups hold a record without a number and are gaps.",
        ).format(n=n),
    )


def _word(text: str) -> str:
    """A member's code or name as part of a series name, which expressions can use."""
    return re.sub(r"\W+", "_", text).strip("_") or "_"


def table(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Columns of `SCHEMA` as a table; a text column left out is empty, a number missing."""
    n = len(columns["period"])
    filled = {
        field.name: columns.get(
            field.name, [""] * n if pa.types.is_string(field.type) else [None] * n
        )
        for field in SCHEMA
    }
    made = {
        k: v if isinstance(v, pa.Array | pa.ChunkedArray) else pa.array(v, SCHEMA.field(k).type)
        for k, v in filled.items()
    }
    return pa.table(made).cast(SCHEMA)
