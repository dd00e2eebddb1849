"""A made-up start and drawn parameters for the tests and the benchmark of the simulator."""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.simulator_records import LEVERS, Effects, Parameters, State

SECTORS, CARRIERS, BRANCHES = 4, 6, 3


def state(areas=2, seed=0):
    rng = np.random.default_rng(seed)
    energy = rng.uniform(0.2, 5.0, (areas, SECTORS, CARRIERS)) * 1e7
    fossil = np.tile([6.7, 3.9], (areas, 1))
    clean = rng.uniform(0.1, 0.6, (areas, 2))
    direct = np.tile([2.66, 2.1, 1.63, 0.0], (areas, 1))
    shares = rng.dirichlet([1.0, 4.0, 5.0], areas)
    return State(
        energy=energy,
        emission_factor=np.concatenate([direct, (1 - clean) * fossil], axis=1),
        fossil_factor=fossil,
        efficiency=np.array(
            [
                [0.3, 0.3, 0.4, 0.3, 0.9, 0.9],
                [0.7, 0.75, 0.8, 0.6, 0.95, 0.9],
                [0.2, 0.25, 0.25, 0.2, 0.8, 0.9],
                [0.5, 0.7, 0.8, 0.4, 2.0, 0.9],
            ]
        ),
        population=rng.uniform(1e7, 1e8, areas),
        gdp=rng.uniform(1e12, 1e13, areas),
        shares=shares,
        branch=np.array([0, 1, 2, 2]),
        process=rng.uniform(0, 5e7, areas),
        sink=rng.uniform(0, 3e7, areas),
        industry=1,
        shift=(1, 2),
        household=np.array([0.0, 0.0, 0.4, 0.55]),
        potential=np.array([0.6, 0.5, 0.9, 0.9]),
    )


def parameters(draws=3, areas=2, years=39, seed=1):
    rng = np.random.default_rng(seed)

    def paths(drift, spread):
        steps = rng.normal(drift, spread, (draws, areas, years))
        steps[..., 0] = 0.0
        return steps.cumsum(axis=-1)

    def per(low, high, *more):
        return rng.uniform(low, high, (draws, *more))

    short = per(-0.3, -0.1, SECTORS)
    return Parameters(
        population=paths(-0.002, 0.002),
        affluence=paths(0.035, 0.02),
        emissions=paths(0.003, 0.02),
        damped=np.arange(years) * per(0.4, 1.0)[:, None],
        structure=per(-0.02, 0.02, areas, BRANCHES),
        preference=per(-0.05, 0.05, areas, CARRIERS),
        allocation=per(0.5, 1.5, SECTORS, CARRIERS),
        price=np.array([1000.0, 5500.0, 2300.0, 800.0, 5000.0, 1300.0]) * per(0.8, 1.2, 1),
        lifetime=per(10, 30, SECTORS),
        plant_lifetime=per(25, 40, 2),
        choice=per(1, 4),
        plant_choice=per(1, 4),
        short_run=short,
        long_run=short * per(2, 4, 1),
        build=per(0.05, 0.8, areas, 2),
        plant_cost=per(2500, 4000, 2, 2),
        learning=per(0.1, 0.4),
        deployment=np.arange(years) * per(0.02, 0.1)[:, None],
        integration=per(0.0, 0.5),
        sink=per(0.8, 1.8),
        effects=Effects(
            research_cut=per(0.055, 0.113),
            research_years=per(8, 12),
            finance_pass=per(0.0, 1.0),
            capital_share=per(0.5, 0.9),
            capital_cost=per(0.04, 0.08),
            compliance=per(0.6, 1.0),
            capture_rate=per(0.8, 0.95),
            capture_cap=per(0.1, 0.8),
            sink_gain=per(0.2, 1.0),
            sink_years=per(20, 40),
            capture_cost=per(200, 600),
            sink_cost=per(50, 200),
            standard_cost=per(300, 1500),
            electrification_cost=per(300, 1500),
            research_budget=per(0.0005, 0.002),
        ),
    )


TOP = {
    "carbon_price": 600.0,
    "energy_price": 0.5,
    "subsidy": 0.4,
    "research": 1.0,
    "standards": 0.4,
    "industrial_shift": 0.15,
    "green_finance": 150.0,
    "electrification": 1.0,
    "sinks": 1.0,
    "ccus": 0.8,
}


def levels(years=39, start=4, **given):
    out = np.zeros((len(LEVERS), years))
    for name, level in given.items():
        out[LEVERS.index(name), start:] = level
    return out
