"""What the methods of frontiers over time share: quantities, models, and words of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import Cube, Model, Orientation, Returns
from zhiheng.measure.efficiency_input import Production, least_units, read_production

FEWEST_DRAWS = 100  # below it a 2.5 per cent quantile is hardly more than the least draw


def read(
    panel: Panel,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str],
    *,
    zeros: bool,
) -> Production:
    """Read the quantities; see `read_production`.

    Raises
    ------
    ZhihengError
        M664 a unit with no input at all or no output at all, besides those of
        `read_production`.
    """
    data = read_production(
        panel, inputs=inputs, outputs=outputs, undesirable=undesirable, zeros=zeros
    )
    roles = np.array(data.roles)
    sides = [data.values[..., roles == role] for role in ("input", "output")]
    empty = np.stack([(side == 0).all(axis=-1) for side in sides], axis=-1)
    if empty.any():
        raise ZhihengError(
            "M664",
            Text(
                "{n} 个单元没有任何投入或没有任何产出，效率没有定义。",
                "{n} units have no input at all or no output at all; efficiency is not defined.",
            ).format(n=int(empty.sum())),
            evidence=panel.cells(empty, side=("input", "output")),
            fix=Text(
                "去掉这些地区或时期，或核对零值是否其实是缺失。",
                "Leave out these entities or periods, or see whether the zeros are gaps.",
            ),
        )
    return data


def in_order(panel: Panel) -> Panel:
    """The panel with entities sorted by code: what is drawn must not depend on their order."""
    return panel.select(entities=sorted(panel.entities))


def cube_of(data: Production) -> Cube:
    """The quantities on the grid of entities and periods."""
    m, s = data.count("input"), data.count("output")
    return Cube(data.values[..., :m], data.values[..., m : m + s], data.values[..., m + s :])


def current_prices(panel: Panel, data: Production) -> list[Note]:
    """A caution where periods are compared in money of different years."""
    if len(panel.periods) < 2:
        return []
    units = scope(panel.level).units
    nominal = [
        name
        for name, unit in zip(data.names, data.units, strict=True)
        if units.is_current_money(unit)
    ]
    if not nominal:
        return []
    titles = [panel.title(name) for name in nominal]
    return [
        Note(
            Text(
                "{v} 按当年价格计：跨时期比较会把涨价算成效率或生产率。"
                "请换成不变价（如 gdp_real）。",
                "{v} is in prices of its own year: compared across periods, inflation counts as "
                "efficiency or productivity. Use constant prices, such as gdp_real.",
            ).format(v=Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))),
            level="caution",
            code="M675",
        )
    ]


def too_few(data: Production, observations: int) -> list[Note]:
    """A caution where a frontier is spanned by few; it blocks claims where hardly by any."""
    least = least_units(data)
    if observations >= least:
        return []
    return [
        Note(
            Text(
                "经验规则要求单元数不少于 max(m·s, 3(m+s)) = {k}，每个前沿有 {n} 个："
                "许多单元会因无可比者而“有效”。",
                "The usual rule asks for max(m s, 3 (m + s)) = {k} units or more; each frontier "
                "has {n}: many are efficient for want of anyone to compare with.",
            ).format(k=least, n=observations),
            level="blocks" if observations <= len(data.names) else "caution",
            code="M644",
        )
    ]


def model_of(
    measure: str, returns: str, orientation: str | None, undesirable: Sequence[str]
) -> Model:
    """The model of a frontier from the options of a method.

    Raises
    ------
    ZhihengError
        M661 undesirable outputs in a radial model, M662 a radial model without orientation.
    """
    listed = [undesirable] if isinstance(undesirable, str) else undesirable
    if measure == "radial" and listed:
        raise ZhihengError(
            "M661",
            Text(
                "径向模型没有非期望产出的位置。",
                "A radial model has no place for undesirable outputs.",
            ),
            evidence=[{"measure": measure, "undesirable": ", ".join(listed)}],
            fix=Text("用 measure=sbm，或去掉非期望产出。", "Say measure=sbm, or leave them out."),
        )
    if measure == "radial" and orientation == "none":
        raise ZhihengError(
            "M662",
            Text(
                "径向效率要么缩减投入，要么扩大产出，不能没有取向。",
                "Radial efficiency shrinks inputs or expands outputs; it has an orientation.",
            ),
            evidence=[{"option": "orientation", "value": "none"}],
            fix=Text(
                "写 orientation=input 或 output；无取向用 measure=sbm。",
                "Say orientation=input or output; measure=sbm goes without.",
            ),
        )
    sides: dict[str, Orientation] = {"none": "none", "input": "input", "output": "output"}
    default: Orientation = "none" if measure == "sbm" else "output"
    side = default if orientation is None else sides[orientation]
    to_scale: Returns = "vrs" if returns == "vrs" else "crs"
    return Model("sbm" if measure == "sbm" else "radial", to_scale, side)


def refuse_draws(draws: int, seed: int, bandwidth: float | None = None) -> None:
    """Raise M668 for too few draws, a seed below zero, or a bandwidth that is not above zero."""
    wide = bandwidth is None or (np.isfinite(bandwidth) and bandwidth > 0)
    if draws >= FEWEST_DRAWS and seed >= 0 and wide:
        return
    row: dict[str, object] = {"draws": draws, "seed": seed}
    raise ZhihengError(
        "M668",
        Text(
            "抽取次数至少 {n}，种子不为负，带宽大于零；次数太少时 95% 区间没有意义。",
            "At least {n} draws, a seed of zero or more and a bandwidth above zero; with fewer "
            "draws a 95% interval means nothing.",
        ).format(n=FEWEST_DRAWS),
        evidence=[row if bandwidth is None else {**row, "bandwidth": bandwidth}],
        fix=Text("用默认的 draws=2000，不写 bandwidth。", "Keep draws=2000 and give no bandwidth."),
    )


def refuse_stalled(panel: Panel, stalled: NDArray[np.bool_]) -> None:
    """Raise M666 for cells, shape (entities, periods), whose programme nobody could certify."""
    if stalled.any():
        raise ZhihengError(
            "M666",
            Text(
                "{n} 个单元格的线性规划得不到有证书的解：各单元的数值相差太悬殊。",
                "The programmes of {n} cells have no certified answer: values of units are too "
                "far apart.",
            ).format(n=int(stalled.sum())),
            evidence=panel.cells(stalled),
            fix=Text(
                "检查这些地区的数值与单位，或先把极端的单元选出去。",
                "Check the values and units of these entities, or select extreme units out first.",
            ),
        )


def names_of(panel: Panel, repeat: int) -> dict[str, list[str]]:
    """Identifiers and names of entities, each repeated for its rows of a table."""
    names = [panel.name(e) for e in panel.entities]
    return {
        "entity": [e for e in panel.entities for _ in range(repeat)],
        "name_zh": [n.zh for n in names for _ in range(repeat)],
        "name_en": [n.en for n in names for _ in range(repeat)],
    }


def certificate(residual: float) -> Note:
    """What proves the answers of all programmes."""
    return Note(
        Text(
            "每个线性规划都带最优性证书，最大残差 {r}。",
            "Every linear programme carries a certificate of its optimum; worst residual {r}.",
        ).format(r=f"{residual:.0e}")
    )
