"""Units of activities and of the user's own factors, converted or refused by address."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_input import Line, address, cells
from zhiheng.carbon.inventory_own import own_series, refuse_impossible
from zhiheng.catalog.factors import FuelFactor, factor_constants
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED

Array = NDArray[np.float64]

_GIGA = 1e9
_CONVERT = Text(
    "换算成所需单位；体积与质量之间没有缺省密度，可给出该单位下的热值 ncv.燃料。",
    "Convert it; there is no default density between volume and mass, but a heating value "
    "ncv.FUEL per the unit at hand will do.",
)
_UNSTATED = Text(
    "写明单位：列名后加括号，如“{s} ({w})”，长表用单位一列。",
    'State the unit: in brackets behind the name of the column, as in "{s} ({w})", or in a '
    "column of units in a long table.",
)


def _to_joule() -> dict[str, float]:
    known = factor_constants()
    return {"J": 1.0, "kWh": known["kwh"].value * _GIGA, "tce": known["tce"].value * _GIGA}


def in_unit(panel: Panel, line: Line, unit: str) -> Array:
    """The activity of a line in a unit; only joule, kWh and coal equivalent convert."""
    given = panel.units[line.series]
    amount = panel.array(line.series)
    if given == unit:
        return amount
    joule = _to_joule()
    if given in joule and unit in joule:
        return amount * (joule[given] / joule[unit])
    raise not_convertible(panel, line.series, given, unit)


def own_values(panel: Panel, series: str, line: Line, unit: str) -> Array:
    """The user's own factor of a line in the unit that the line needs.

    Raises
    ------
    ZhihengError
        M923 it is missing where there is an activity, M926 it has another unit, M927 it is
        impossible.
    """
    given = panel.units[series]
    if given != unit:
        raise not_convertible(panel, series, given, unit)
    values, activity = panel.array(series), panel.array(line.series)
    refuse_impossible(panel, series, line, values)
    lacking = np.isnan(values) & (activity != 0) & np.isfinite(activity)
    if lacking.any():
        raise missing_value(cells(panel, series, lacking, activity=line.series))
    return np.where(np.isnan(values), 0.0, values)


def own_ncv(panel: Panel, line: Line) -> str:
    """The user's own heating value of a line; what is given as energy needs none."""
    return "" if panel.units[line.series] in _to_joule() else own_series(panel, "ncv", line)


def heating_value(panel: Panel, line: Line, row: FuelFactor) -> tuple[Array, bool]:
    """GJ per unit of the activity, and whether no default heating value is in it.

    Raises
    ------
    ZhihengError
        M923 there is none, M926 the unit of the activity is not that of the factor.
    """
    unit = panel.units[line.series]
    activity = panel.array(line.series)
    own = own_ncv(panel, line)
    if own:
        return own_values(panel, own, line, f"J/{unit}") / _GIGA, True
    joule = _to_joule()
    if unit in ("J", "tce"):
        if unit == row.base and row.ncv_gj is not None:
            return np.full(activity.shape, row.ncv_gj), False
        return np.full(activity.shape, joule[unit] / _GIGA), True
    if unit != row.base:
        raise not_convertible(panel, line.series, unit, row.base)
    if row.ncv_gj is None:
        rows = cells(panel, line.series, activity != 0, factor=row.id)
        raise missing_value(rows or [{"series": line.series, "factor": row.id}])
    return np.full(activity.shape, row.ncv_gj / row.per), False


def own_heat(panel: Panel, line: Line) -> Array:
    """GJ per unit of an activity that has an own factor: measured, or its unit; else NaN."""
    own, unit = own_ncv(panel, line), panel.units[line.series]
    if own:
        return own_values(panel, own, line, f"J/{unit}") / _GIGA
    return np.full(panel.values.shape[:2], _to_joule().get(unit, np.nan) / _GIGA)


def missing_value(rows: list[Row]) -> ZhihengError:
    """The error of activities without a heating value or another factor."""
    return ZhihengError(
        "M923",
        Text(
            "有 {n} 个活动量没有热值或自有因子。",
            "{n} activities have no heating value or own factor.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "补齐 ncv.燃料（单位 J/t 或 J/m^3）或 ef.燃料序列；缺的热值不会用缺省值代替。",
            "Complete the series ncv.FUEL (in J/t or J/m^3) or ef.FUEL; a missing heating value "
            "is not replaced by a default.",
        ),
    )


def not_convertible(panel: Panel, series: str, given: str, wanted: str) -> ZhihengError:
    """The error of a unit that is not that of the factor."""
    return ZhihengError(
        "M926",
        Text(
            "{s} 的单位“{g}”换算不到因子的单位“{w}”。",
            '{s} is in "{g}", which does not convert to "{w}", the unit of its factor.',
        ).format(s=series, g=given, w=wanted),
        evidence=[
            {
                "series": series,
                "unit": given,
                "needed": wanted,
                "cell": address(panel, series, 0, 0),
            }
        ],
        fix=_UNSTATED.format(s=series, w=wanted) if given == UNSTATED else _CONVERT,
    )
