"""Records of the size of customs statistics, made from a seed: to try engines before data come.

The codes of regions, economies and green goods are real; quantities, prices and factors are
drawn, and no conclusion about trade may rest on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from zhiheng.catalog.green_goods import green_codes
from zhiheng.catalog.regions import economies, provinces
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text

GROUP = 1_000_000
"""Rows of one row group: what is held in memory at a time."""

PER_FILE = 5_000_000
YEARS = range(2015, 2025)
PRODUCTS = 5_000
PARTNERS = 200
SECTIONS = (5, 14, 15, 24, 27, 38, 40, 43, 46, 49, 63, 67, 70, 71, 83, 85, 89, 92, 93, 96, 97)
"""The last chapter of each section of the Harmonized System: our sectors."""


def write(folder: Path, rows: int, *, seed: int = 1) -> tuple[Path, ...]:
    """Write records as Parquet files, one million rows in memory at a time.

    Use it to measure engines. Equal arguments give equal records. Columns: year, month,
    region (province), hs6, partner (economy), sector (section of HS), quantity (t), value (CNY),
    emission_factor (t CO2 per t).

    Parameters
    ----------
    folder : Path
        Made if need be; must hold no Parquet yet.
    rows : int
        1 to 10^9; fifty million take about 1.5 GB.
    seed : int

    Raises
    ------
    ZhihengError
        S605 the folder holds files already, S606 no number of rows.
    """
    if not 1 <= rows <= 10**9:
        raise ZhihengError(
            "S606",
            Text("行数须在 1 到 10 亿之间。", "Rows must be between 1 and 10^9."),
            evidence=[{"rows": rows}],
            fix=Text("改行数。", "Change the number of rows."),
        )
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.glob("*.parquet"), None):
        raise exists(folder)
    paths: list[Path] = []
    for number, start in enumerate(range(0, rows, PER_FILE)):
        path = folder / f"customs-{number:03d}.parquet"
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            for group in _groups(start, min(start + PER_FILE, rows), seed):
                writer.write_table(group)
        paths.append(path)
    return tuple(paths)


SCHEMA = pa.schema(
    [
        ("year", pa.int16()),
        ("month", pa.int8()),
        ("region", pa.string()),
        ("hs6", pa.string()),
        ("partner", pa.string()),
        ("sector", pa.string()),
        ("quantity", pa.float64()),
        ("value", pa.float64()),
        ("emission_factor", pa.float64()),
    ]
)


def exists(place: Path) -> ZhihengError:
    """The error of a place that is taken: nothing is overwritten."""
    return ZhihengError(
        "S605",
        Text("{p} 已经存在，不会覆盖。", "{p} exists already and is not overwritten.").format(
            p=place
        ),
        fix=Text("换一个名称，或先移走它。", "Choose another name, or move it away first."),
    )


def _groups(start: int, stop: int, seed: int) -> Iterator[Any]:
    products, sectors = _products(seed)
    rng = np.random.default_rng([seed, 0])
    price = rng.lognormal(9, 1.5, len(products))
    factor = rng.lognormal(0, 0.8, len(products))
    words = {
        "region": [r.code for r in provinces()][:31],
        "hs6": products,
        "partner": [e.code for e in economies()][:PARTNERS],
        "sector": [f"{s:02d}" for s in range(1, len(SECTIONS) + 1)],
    }
    for first in range(start, stop, GROUP):
        n = min(GROUP, stop - first)
        rng = np.random.default_rng([seed, 1 + first // GROUP])
        yield _group(rng, n, words, (sectors, price, factor))


def _group(
    rng: np.random.Generator, n: int, words: dict[str, list[str]], by_product: tuple[Any, ...]
) -> Any:
    sectors, price, factor = by_product
    year = rng.integers(0, len(YEARS), n)
    product = _skewed(rng, n, len(words["hs6"]))
    codes = {
        "region": _skewed(rng, n, len(words["region"])),
        "hs6": product,
        "partner": _skewed(rng, n, len(words["partner"])),
        "sector": sectors[product],
    }
    quantity = np.round(rng.lognormal(2, 1.2, n), 3)
    columns: dict[str, Any] = {
        "year": (year + YEARS[0]).astype(np.int16),
        "month": rng.integers(1, 13, n).astype(np.int8),
        **{k: pa.array(words[k]).take(pa.array(c.astype(np.int32))) for k, c in codes.items()},
        "quantity": quantity,
        "value": np.round(quantity * price[product] * rng.lognormal(0, 0.2, n), 2),
        # Factors fall by three per cent a year.
        "emission_factor": np.round(factor[product] * 0.97**year, 6),
    }
    return pa.table({f.name: columns[f.name] for f in SCHEMA}, schema=SCHEMA)


def _skewed(rng: np.random.Generator, n: int, of: int) -> NDArray[np.int64]:
    """Indices of which a few occur often, as products and partners do."""
    return np.minimum((rng.random(n) ** 2 * of).astype(np.int64), of - 1)


def _products(seed: int) -> tuple[list[str], NDArray[np.int64]]:
    """Codes of six digits, the green goods among them, and the section of each."""
    green = sorted(green_codes())
    rng = np.random.default_rng([seed, 2**31])
    chapters = [c for c in range(1, 98) if c != 77]  # chapter 77 is reserved and empty
    drawn: set[str] = set()
    while len(drawn) < PRODUCTS - len(green):
        code = f"{chapters[rng.integers(len(chapters))]:02d}{rng.integers(100, 9999):04d}"
        if code not in green:
            drawn.add(code)
    codes = [*green, *sorted(drawn)]
    order = rng.permutation(len(codes))
    codes = [codes[i] for i in order]
    section = np.searchsorted(np.array(SECTIONS), [int(c[:2]) for c in codes])
    return codes, section.astype(np.int64)
