"""Through which supply chains a demand emits."""

from __future__ import annotations

import numpy as np

from zhiheng.carbon import embodied_demand as meant
from zhiheng.carbon.embodied_wording import CLOSURE, REMAINDERS, path_notes
from zhiheng.carbon.embodied_years import Units, Year
from zhiheng.core.errors import ZhihengError
from zhiheng.core.result import Check, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.input_output import coefficients
from zhiheng.kernels.structural_paths import structural_paths

MOST_LISTED = 200
DEEPEST = 50


def refuse_range(depth: int, tolerance: float) -> None:
    """Raise M970 for a depth or a tolerance out of range, whether chains are asked for or not."""
    if not 0 < tolerance < 1 or not 0 <= depth <= DEEPEST:
        raise ZhihengError(
            "M970",
            Text(
                "路径分析要 0 ≤ paths ≤ {d}、0 < tolerance < 1。",
                "Path analysis needs 0 <= paths <= {d} and 0 < tolerance < 1.",
            ).format(d=DEEPEST),
            evidence=[{"paths": depth, "tolerance": tolerance}],
            fix=Text("例如 --paths 6 --tolerance 0.001。", "Such as --paths 6 --tolerance 0.001."),
        )


def chains(
    y: Year, shown: Units, *, demand: str, depth: int, tolerance: float
) -> tuple[dict[str, Table], list[Check], list[Note]]:
    """The largest chains, and how the total divides into listed and not listed ones."""
    final = meant.chosen(y, demand).sum(axis=1)
    intensity, multiplier = y.intensity[:, 0], y.home[:, 0]
    total = float(multiplier @ final)
    a = coefficients(y.table.home(), y.table.output)
    found = structural_paths(
        a, intensity, multiplier, final, threshold=abs(total) * tolerance, depth=depth
    )
    scale = shown.emission[1]
    codes, panel = y.table.layout.sectors, y.table.panel
    kept = found.nodes[:MOST_LISTED]
    names = [[panel.name(codes[i]) for i in reversed(chain)] for chain in kept]
    n = len(kept)
    listed = float(found.contribution.sum())
    cut = float(found.contribution[n:].sum())
    left = {
        "listed": listed - cut,
        "not_printed": cut,
        "small": found.small,
        "pruned": found.pruned,
        "deeper": found.deeper,
        "total": found.total,
    }
    tables = {
        "chains": Table.of(
            ("number",),
            number=np.arange(1, n + 1),
            chain=[" > ".join(codes[i] for i in reversed(c)) for c in kept],
            chain_title_zh=[" → ".join(t.zh for t in c) for c in names],
            chain_title_en=[" → ".join(t.en for t in c) for c in names],
            tier=np.array([len(c) - 1 for c in kept], dtype=np.int64),
            value=found.contribution[:n] / scale,
            share=found.contribution[:n] / total if total else np.full(n, np.nan),
            cumulative_share=np.cumsum(found.contribution[:n]) / total
            if total
            else np.full(n, np.nan),
            unit=[shown.emission[0]] * n,
        ),
        "coverage": Table.of(
            ("part",),
            part=list(left),
            part_title_zh=[REMAINDERS[k].zh for k in left],
            part_title_en=[REMAINDERS[k].en for k in left],
            value=np.array(list(left.values())) / scale,
            share=np.array(list(left.values())) / total if total else np.full(len(left), np.nan),
            unit=[shown.emission[0]] * len(left),
        ),
    }
    size = max(abs(total), 1e-300)
    off = listed + found.small + found.pruned + found.deeper - found.total
    check = Check(
        Text("列出的路径加各类剩余等于总量", "listed chains and remainders sum to the total"),
        abs(off) / size,
        CLOSURE,
    )
    notes = path_notes(
        meant.title(y, demand), period=y.table.period, tolerance=tolerance, depth=depth,
        share=(listed - cut) / total if total else np.nan, complete=found.complete,
    )  # fmt: skip
    return tables, [check], notes
