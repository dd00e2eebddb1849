"""Estimating a whole multiverse, block by block, and numbering its specifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.multiverse_input import Frame, Space
from zhiheng.explain.regression import FEWEST_CLUSTERS, Model, Transform, transformed
from zhiheng.kernels.multiverse import Block, block, flat
from zhiheng.kernels.panel_ols import Absorber, Effects, SmallSample, defects

Array = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fits:
    """Every specification, block by block, treatments before outcomes.

    Attributes
    ----------
    blocks : tuple of Block
    frame, controls, treatment, outcome : ndarray of int, shape (S,)
        Which choice each specification makes.
    estimate, std_error, freedom, rows : ndarray, shape (S,)
    """

    blocks: tuple[Block, ...]
    frame: Places
    controls: Places
    treatment: Places
    outcome: Places
    estimate: Array
    std_error: Array
    freedom: NDArray[np.int64]
    rows: NDArray[np.int64]

    @property
    def statistic(self) -> Array:
        """The t statistics."""
        return self.estimate / self.std_error

    @property
    def p_value(self) -> Array:
        """Two-sided, with clusters less one degrees of freedom."""
        return 2 * stats.t.sf(np.abs(self.statistic), self.freedom)


def fit_space(
    panel: Panel,
    values: Array,
    space: Space,
    *,
    effects: Effects,
    small_sample: SmallSample,
) -> Fits:
    """Estimate every specification; `values` has the columns of `space.names`.

    Raises
    ------
    ZhihengError
        M793 too few entities or rows in a part, M794 columns that the effects or controls
        absorb.
    """
    blocks: list[Block] = []
    for frame in space.frames:
        raw, absorb = _columns(panel, values, space, frame, effects)
        _refuse_small(absorb, len(space.controls), frame)
        swept = absorb.remove(raw)
        _refuse_flat(raw, swept, absorb, space, frame)
        blocks += [_block(swept, absorb, space, c, frame, small_sample) for c in space.sets]
    shape = (len(space.frames), len(space.sets), len(space.treatments), len(space.outcomes))
    frame, controls, treatment, outcome = (g.ravel() for g in np.indices(shape))
    each = np.array([b.size for b in blocks])
    return Fits(
        tuple(blocks), frame, controls, treatment, outcome,
        np.concatenate([b.estimate.ravel() for b in blocks]),
        np.concatenate([b.std_error.ravel() for b in blocks]),
        np.repeat([b.clusters - 1 for b in blocks], each),
        np.repeat([b.rows for b in blocks], each),
    )  # fmt: skip


def _columns(
    panel: Panel, values: Array, space: Space, frame: Frame, effects: Effects
) -> tuple[Array, Absorber]:
    """All columns on the rows of a frame, the treatments moved by its lag."""
    first = len(space.outcomes)
    moved = slice(first, first + len(space.treatments))
    years = {p: i for i, p in enumerate(panel.periods)}
    source = np.array([years.get(p - frame.lag, -1) for p in panel.periods])
    inside = np.array([frame.window.first <= p <= frame.window.last for p in panel.periods])
    mask = frame.sample.inside[:, None] & (inside & (source >= 0))[None, :]
    columns = values.copy()
    columns[:, :, moved] = values[:, np.maximum(source, 0)][:, :, moved]
    model = Model("", (), effects, _transform(frame), frame.transform == "trends")
    return transformed(panel, columns, mask, model)


def _transform(frame: Frame) -> Transform:
    return "first_difference" if frame.transform == "first_difference" else "levels"


def _block(
    swept: Array,
    absorb: Absorber,
    space: Space,
    chosen: Sequence[str],
    frame: Frame,
    small_sample: SmallSample,
) -> Block:
    q, m = len(space.outcomes), len(space.treatments)
    places = [space.names.index(c) for c in chosen]
    y, x = swept[..., :q], swept[..., q : q + m]
    made = block(y, x, swept[..., places], absorb, small_sample=small_sample)
    gone = [*flat(y, made.y).tolist(), *(q + flat(x, made.x)).tolist()]
    if gone:
        raise _absorbed([space.names[j] for j in gone], frame, chosen)
    return made


def _refuse_small(absorb: Absorber, controls: int, frame: Frame) -> None:
    rows, clusters = int(absorb.mask.sum()), int(absorb.mask.any(axis=1).sum())
    counted = 1 + controls + absorb.nested + absorb.common
    thin = bool((absorb.mask.sum(axis=1)[absorb.mask.any(axis=1)] <= absorb.basis.shape[-1]).any())
    if clusters >= FEWEST_CLUSTERS and rows > counted and not thin:
        return
    raise ZhihengError(
        "M793",
        Text(
            "有的设定地区或年份太少，不能估计：要至少 {m} 个地区，且行数多于参数。",
            "Some specifications have too few regions or periods: it takes {m} regions, and more "
            "rows than parameters.",
        ).format(m=FEWEST_CLUSTERS),
        evidence=[{**_named(frame), "clusters": clusters, "rows": rows, "parameters": counted}],
        fix=Text(
            "去掉这个窗口、样本、滞后或变换；或减少控制变量。",
            "Leave out this window, sample, lag or transform, or use fewer controls.",
        ),
    )


def _refuse_flat(raw: Array, swept: Array, absorb: Absorber, space: Space, frame: Frame) -> None:
    q, m = len(space.outcomes), len(space.treatments)
    alone = [j for j in range(len(space.names))
             if defects(raw[..., j : j + 1], swept[..., j : j + 1], absorb.mask).flat]  # fmt: skip
    if not alone and space.controls:
        tied = defects(raw[..., q + m :], swept[..., q + m :], absorb.mask).tied
        alone = [q + m + j for j in tied]
    if alone:
        raise _absorbed([space.names[j] for j in alone], frame, tuple(space.controls))


def _absorbed(names: Sequence[str], frame: Frame, chosen: Sequence[str]) -> ZhihengError:
    rows: list[Row] = [
        {"variable": n, **_named(frame), "controls": ", ".join(chosen) or "—"} for n in names
    ]
    return ZhihengError(
        "M794",
        Text(
            "在有的设定里，这些变量去掉固定效应与控制变量之后没有剩余变化。",
            "In some specifications nothing is left of these variables once effects and controls "
            "are taken out.",
        ),
        evidence=rows,
        fix=Text(
            "去掉该变量，或去掉造成共线的控制变量、窗口或变换。",
            "Leave the variable out, or the control, window or transform that absorbs it.",
        ),
    )


def _named(frame: Frame) -> Row:
    return {
        "window": frame.window.id,
        "sample": frame.sample.id,
        "lag": frame.lag,
        "transform": frame.transform,
    }
