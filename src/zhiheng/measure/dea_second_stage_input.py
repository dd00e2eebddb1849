"""Regressors of the second stage, and what makes the regression impossible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text

Array = NDArray[np.float64]
# Share of a column's length that other columns do not explain: below it the estimate would
# rest on the last digits of the data.
COLLINEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Regressors:
    """Values of the regressors, without gaps and linearly independent.

    Attributes
    ----------
    names : tuple of str
    values : ndarray, shape (entities, periods, regressors)
    series : tuple of str
        The base series that they stand on.
    shared : mapping of str to tuple of str
        Regressors that share base series with inputs or outputs, and those series.
    notes : tuple of Note
    """

    names: tuple[str, ...]
    values: Array
    series: tuple[str, ...]
    shared: dict[str, tuple[str, ...]]
    notes: tuple[Note, ...]

    @property
    def design(self) -> Array:
        """The matrix of the regression: a constant, then the regressors; entity by entity."""
        flat = self.values.reshape(-1, len(self.names))
        return np.column_stack([np.ones(len(flat)), flat])


def read_regressors(
    panel: Panel, regressors: Sequence[str], quantities: Sequence[str]
) -> Regressors:
    """Evaluate the regressors.

    Raises
    ------
    ZhihengError
        M669 cells without a value, M670 none, or one that the others and the constant make up.
    """
    names = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    meaning = scope(panel.level)
    found = [evaluate(name, panel, meaning) for name in names]
    if not names:
        raise _collinear([{"regressors": "[]"}])
    values = np.stack([one.values for one in found], axis=-1)
    missing = ~np.isfinite(values)
    if missing.any():
        raise ZhihengError(
            "M669",
            Text(
                "影响因素有 {n} 个单元格没有数值；略去它们会改变前沿所比较的样本。",
                "{n} cells of the regressors have no value; leaving them out would change the "
                "sample without saying so.",
            ).format(n=int(missing.sum())),
            evidence=panel.cells(missing, variable=names),
            fix=Text(
                "去掉这些地区或时期，或换一个有数据的变量。",
                "Leave out these entities or periods, or take a variable with data.",
            ),
        )
    _refuse_collinear(names, values)
    used = {s for name in quantities for s in needs(name, meaning)}
    own = {name: set(needs(name, meaning)) for name in names}
    shared = {name: tuple(sorted(s & used)) for name, s in own.items() if s & used}
    notes = {note.text.en: note for one in found for note in one.notes}
    series = sorted({s for needed in own.values() for s in needed})
    return Regressors(names, values, tuple(series), shared, tuple(notes.values()))


def refuse_algorithm(algorithm: int) -> None:
    """Raise M662 for anything but the two published algorithms."""
    if algorithm not in (1, 2):
        raise ZhihengError(
            "M662",
            Text(
                "算法只有 1 和 2，给了 {a}。", "There are algorithms 1 and 2; {a} was given."
            ).format(a=algorithm),
            evidence=[{"option": "algorithm", "value": algorithm}],
            fix=Text(
                "1 用原效率值，2 先修正偏差。", "1 takes plain scores, 2 corrects them first."
            ),
        )


def refuse_few(panel: Panel, inefficient: int, parameters: int) -> None:
    """Raise M671 where there are hardly more inefficient units than parameters."""
    if inefficient > parameters + 2:
        return
    cells = len(panel.entities) * len(panel.periods)
    raise ZhihengError(
        "M671",
        Text(
            "{n} 个观测中只有 {m} 个无效率，而要估计 {p} 个系数和一个标准差。",
            "Only {m} of {n} observations are inefficient, and {p} coefficients and a standard "
            "deviation are to be estimated.",
        ).format(n=cells, m=inefficient, p=parameters),
        evidence=[{"observations": cells, "inefficient": inefficient, "coefficients": parameters}],
        fix=Text(
            "减少投入产出或影响因素，或用 frontier=pooled、returns=crs。",
            "Use fewer inputs, outputs or regressors, or frontier=pooled, or returns=crs.",
        ),
    )


def refuse_no_maximum(exists: bool, z: Regressors) -> None:
    """Raise M672 where the likelihood rises forever."""
    if exists:
        return
    raise ZhihengError(
        "M672",
        Text(
            "截断回归的似然没有最大值：无效率的分布比指数分布还要集中在前沿附近、尾部还要长，"
            "截断正态分布描述不了它。",
            "The likelihood of the truncated regression has no maximum: inefficiency piles up at "
            "the frontier with a tail at least as long as an exponential, which no truncated "
            "normal has.",
        ),
        evidence=[{"regressors": ", ".join(z.names)}],
        fix=Text(
            "检查是否有极端的地区（dea_radial 的表）；换取向、规模报酬或更少的影响因素。",
            "Look for extreme units (tables of dea_radial); change orientation or returns to "
            "scale, or use fewer regressors.",
        ),
    )


def _refuse_collinear(names: tuple[str, ...], values: Array) -> None:
    flat = values.reshape(-1, len(names))
    length = np.sqrt((flat**2).mean(axis=0))
    columns = np.column_stack([np.ones(len(flat)), flat / np.where(length > 0, length, 1.0)])
    left = np.abs(np.diag(np.linalg.qr(columns, mode="r"))) / np.sqrt(len(flat))
    poor = left[1 : 1 + len(names)] < COLLINEAR
    short = len(left) < 1 + len(names)
    if poor.any() or short:
        rows: list[Row] = [
            {"variable": name, "least": float(v.min()), "largest": float(v.max())}
            for name, v, bad in zip(names, flat.T, np.resize(poor, len(names)), strict=True)
            if bad or short
        ]
        raise _collinear(rows)


def _collinear(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M670",
        Text(
            "影响因素须至少一个，且不能是常数，也不能由其余的线性组合得到。",
            "There must be a regressor, and none may be constant or a linear combination of the "
            "others.",
        ),
        evidence=rows,
        fix=Text("去掉列出的变量。", "Leave out the variables that are listed."),
    )
