"""Small tables for the figures of carbon: flows, fans, wedges, gauges, levers."""

from __future__ import annotations

from zhiheng.core.result import Table

NAN = float("nan")
LINKS = [("coal", "power", 40.0), ("coal", "steel", 12.0), ("gas", "power", 3.0),
         ("gas", "homes", 3.0), ("wind", "grid", 13.0), ("power", "grid", 18.0),
         ("power", "losses", 25.0), ("grid", "homes", 12.0), ("grid", "steel", 19.0),
         ("coal", "unknown", NAN), ("coal", "none", 0.0)]  # fmt: skip
YEARS = [2020, 2021, 2022, 2023, 2029, 2030, 2060]
LEVERS = [("carbon price of the national market, all sectors", 95.0, 0.0, 600.0, -42.1e6, "A"),
          ("shift", -0.6, -1.5, 0.5, 6.1e6, "B"), ("sinks", 9.0, 0.0, 3.0, NAN, "D")]  # fmt: skip


def _fan() -> Table:
    rows = [(panel, scenario, year) for panel in ("co2", "energy use of the whole economy")
            for scenario in ("one", "another") for year in YEARS]  # fmt: skip
    size = [1e8 if panel == "co2" else -3.0 for panel, *_ in rows]
    ahead = [year >= 2022 for *_, year in rows]  # noqa: PLR2004  (the first year of the fan)
    return Table.of(
        ["variable", "scenario", "period"],
        variable=[r[0] for r in rows],
        scenario=[r[1] for r in rows],
        period=[r[2] for r in rows],
        **{
            name: [s * k if a else NAN for s, a in zip(size, ahead, strict=True)]
            for name, k in (("low", 2), ("q25", 3), ("median", 4), ("q75", 5), ("high", 6))
        },
        observed=[NAN if a else 4 * s for s, a in zip(size, ahead, strict=True)],
        marked=[year in (2030, 2060) for *_, year in rows],
        unit=["t CO2" if s > 0 else "1" for s in size],
    )


PARTS = {"remaining": [9.0, 5.0, -1.0], "price": [0.0, 2.0, 4.0], "rebound": [0.0, -1.0, -0.5]}
TABLES = {
    "flows": Table.of(
        ["source", "target"], source=[a for a, _, _ in LINKS], target=[b for _, b, _ in LINKS],
        value=[v * 1e4 for *_, v in LINKS], fuel=["fossil"] * 4 + ["other fuels"] * 7,
        unit=["10^4 tce"] * len(LINKS),
    ),
    "fans": _fan(),
    "wedges": Table.of(
        ["period", "part"], period=[2022, 2040, 2060] * 3,
        part=[k for k in PARTS for _ in range(3)],
        value=[v * 1e8 for values in PARTS.values() for v in values],
    ),
    "costs": Table.of(
        ["measure"], measure=["efficient motors and drives", "lighting", "capture"],
        bar_from=[0.0, 9e6, 1e7], bar_to=[9e6, 1e7, 4.3e7], cost=[-48.0, -77.5, 327.0],
        unit=["CNY/t"] * 3, abated_unit=["t CO2"] * 3,
    ),
    "budgets": Table.of(
        ["label"], label=["carbon budget of the plan, used until now", "share", "without target"],
        value=[2.3e9, 27.9, 12.5], target=[2.9e9, 25.0, NAN], low=[2.2e9, NAN, NAN],
        high=[3.1e9, NAN, NAN], unit=["t CO2", "%", "%"],
    ),
    "levers": Table.of(
        ["lever"], lever=[x[0] for x in LEVERS], level=[x[1] for x in LEVERS],
        low=[x[2] for x in LEVERS], high=[x[3] for x in LEVERS], effect=[x[4] for x in LEVERS],
        grade=[x[5] for x in LEVERS], unit=["CNY/t", "1", "Mt"],
    ),
}  # fmt: skip
FIGURES = {
    "sankey": ("flows", {"colour": "fuel", "y_title": "value"}),
    "fan": ("fans", {"panel": "variable", "colour": "scenario", "rule": "marked",
                     "observed": "observed"}),
    "wedge": ("wedges", {"colour": "part"}),
    "cost_curve": ("costs", {"label": "measure", "value": "cost", "from": "bar_from",
                             "to": "bar_to", "x_unit": "abated_unit"}),
    "gauge": ("budgets", {"low": "low", "high": "high"}),
    "lever_board": ("levers", {"label": "lever", "effect": "effect", "grade": "grade",
                               "effect_unit": "t CO2"}),
}  # fmt: skip
