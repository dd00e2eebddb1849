"""The simulator one draw, one area and one number at a time: the equations as written down.

It does not import zhiheng, so that the maker of the stored reference can use it.
"""

from __future__ import annotations

import math

LEVERS = (
    "carbon_price",
    "energy_price",
    "subsidy",
    "research",
    "standards",
    "industrial_shift",
    "green_finance",
    "electrification",
    "sinks",
    "ccus",
)
EFFECTS = (
    "research_cut",
    "research_years",
    "finance_pass",
    "capital_share",
    "capital_cost",
    "compliance",
    "capture_rate",
    "capture_cap",
    "sink_gain",
    "sink_years",
    "capture_cost",
    "sink_cost",
    "standard_cost",
    "electrification_cost",
    "research_budget",
)


def twin(s, p, d, a, table, *given):
    """One draw, one area, one number at a time: the equations as they are written down."""
    scale, spending, plant = given or (None, None, None)
    e = {name: float(getattr(p.effects, name)[d]) for name in EFFECTS}
    n_s, n_f = s.energy.shape[1:]
    sectors, carriers = range(n_s), range(n_f)
    total = [sum(s.energy[a, i, f] for i in sectors) for f in carriers]
    weighted = [sum(s.energy[a, i, f] * p.allocation[d, i, f] for i in sectors) for f in carriers]
    stock = [
        [s.energy[a, i, f] * p.allocation[d, i, f] * total[f] / weighted[f] for f in carriers]
        for i in sectors
    ]
    useful = [sum(stock[i][f] * s.efficiency[i, f] for f in carriers) for i in sectors]
    mix = [[stock[i][f] * s.efficiency[i, f] / useful[i] for f in carriers] for i in sectors]
    cost = [sum(mix[i][f] * p.price[d, f] / s.efficiency[i, f] for f in carriers) for i in sectors]
    clean0 = [1 - s.emission_factor[a, n_f - 2 + c] / s.fossil_factor[a, c] for c in range(2)]
    rise = max(p.population[d, a, 1] + p.affluence[d, a, 1], 0.0)
    lead = [1 / (1 / p.lifetime[d, i] + rise) for i in sectors]
    most = 3.0 / (max(lead) + p.damped[d, -1])
    tilt = [min(max(p.preference[d, a, f], -most), most) for f in carriers]
    start = sum(stock[i][f] * s.emission_factor[a, f] for i in sectors for f in carriers)
    start += s.process[a]
    own, demand = [row[:] for row in stock], useful[:]
    saved, moved, response = [0.0] * n_s, [0.0] * n_s, [0.0] * n_s
    clean, growth = clean0[:], [rise, rise]
    young = [0.0, 0.0]  # clean supply of plant built since the start, as a part of all supply
    supply = [0.0, 0.0]
    factor = [float(x) for x in s.emission_factor[a]]
    research = planted = 0.0
    bill = [sum(own[i][f] * p.price[d, f] for f in carriers) for i in sectors]
    emitted = [sum(own[i][f] * factor[f] for f in carriers) for i in sectors]
    before = [total[-2], total[-1]]
    out = []
    for t in range(1, table.shape[1]):
        v = {name: float(table[k, t]) for k, name in enumerate(LEVERS)}
        gdp = s.gdp[a] * math.exp(p.population[d, a, t] + p.affluence[d, a, t])
        raw = [
            s.shares[a, j] * math.exp(p.structure[d, a, j] * p.damped[d, t])
            for j in range(s.shares.shape[1])
        ]
        free = [x / sum(raw) for x in raw]
        take_from, give_to = s.shift
        shift = min(v["industrial_shift"], 0.9 * free[take_from])
        share = free[:]
        share[take_from] -= shift
        share[give_to] += shift
        for i in sectors:
            burden = v["carbon_price"] * emitted[i] + v["energy_price"] * bill[i]
            goal = p.long_run[d, i] * math.log1p(burden / bill[i])
            response[i] += p.short_run[d, i] / p.long_run[d, i] * (goal - response[i])
        research = min(research + v["research"] / e["research_years"], 1.0)
        planted = min(planted + v["sinks"] / e["sink_years"], 1.0)
        learned = math.exp(-p.learning[d] * p.deployment[d, t])
        learned *= 1 - e["research_cut"] * research
        unit, support = [0.0, 0.0], 0.0
        rate, cut = e["capital_cost"], v["green_finance"] * e["finance_pass"] * 1e-4
        life = p.plant_lifetime[d, 0]
        annuity = _charge(max(rate - cut, 1e-4), life) / _charge(rate, life) if cut else 1.0
        support = 1 - (1 - v["subsidy"]) * (1 - e["capital_share"] * (1 - annuity))
        was = clean[:]
        for c in range(2):
            stay = 1 - 1 / p.plant_lifetime[d, c]
            network = 1 + p.integration[d] * was[c] ** 2
            network /= 1 + p.integration[d] * clean0[c] ** 2
            unit[c] = p.plant_cost[d, c, 0] * learned * network
            gap = v["carbon_price"] * s.fossil_factor[a, c]
            gap -= unit[c] * (1 - support) - p.plant_cost[d, c, 0]
            begun = p.build[d, a, c]
            spread = 0.5 * sum(p.plant_cost[d, c]) / p.plant_choice[d]
            chance = math.log(begun / (1 - begun)) + gap / spread
            new = max(growth[c] + 1 - stay, 0.0)
            part = new / (stay + new)
            taken = 1 / (1 + math.exp(-chance))
            clean[c] = was[c] * (1 - part) + part * taken
            young[c] = young[c] * (1 - part) + part * taken
            tax = v["carbon_price"] * s.fossil_factor[a, c]
            inside = begun * math.exp((p.plant_cost[d, c, 0] - unit[c] * (1 - support)) / spread)
            inside += (1 - begun) * math.exp(-tax / spread)
            fresh = -spread * math.log(inside) - tax * (1 - taken) + support * unit[c] * taken
            supply[c] = supply[c] * (1 - part) + part * fresh
            factor[n_f - 2 + c] = (1 - clean[c]) * s.fossil_factor[a, c]
        chosen, push = [], []
        for i in sectors:
            w = [
                mix[i][f]
                * math.exp(tilt[f] * (lead[i] + p.damped[d, t]))
                * math.exp(
                    -p.choice[d] * v["carbon_price"] * factor[f] / s.efficiency[i, f] / cost[i]
                )
                for f in carriers
            ]
            w = [x / sum(w) for x in w]
            push.append(v["electrification"] * e["compliance"] * s.potential[i])
            drawn = push[i] * (1 - w[-2])
            w = [x * (1 - push[i]) for x in w]
            w[-2] += push[i]
            push[i] = drawn
            chosen.append([w[f] / s.efficiency[i, f] for f in carriers])
        stay = [1 - 1 / p.lifetime[d, i] for i in sectors]
        have = [demand[i] * stay[i] for i in sectors]
        base = [useful[i] * gdp / s.gdp[a] * free[s.branch[i]] / s.shares[a, s.branch[i]]
                for i in sectors]  # fmt: skip
        goal = start * math.exp(p.emissions[d, a, t]) - s.process[a] * math.exp(
            p.emissions[d, a, t]
        )
        if scale is None:
            k = _bisect(
                lambda k: sum(
                    _emitted(own[i], stay[i], have[i], k * base[i], chosen[i], factor)  # noqa: B023
                    for i in sectors
                ),
                goal,
            )
        else:
            k = scale[t]
        for i in sectors:
            branch = s.branch[i]
            want = base[i] / free[branch] * share[branch] * k * math.exp(response[i])
            new = max(want - have[i], 0.0)
            use = stay[i] * (want / have[i] if have[i] > want else 1.0)
            own[i] = [own[i][f] * use + new * chosen[i][f] for f in carriers]
            strict = v["standards"] * e["compliance"]
            saved[i] = (saved[i] * (want - new) + strict * new) / want
            moved[i] = moved[i] * use + new * push[i]
            demand[i] = want
        used = [[own[i][f] * (1 - saved[i]) for f in carriers] for i in sectors]
        emitted = [sum(used[i][f] * factor[f] for f in carriers) for i in sectors]
        bill = [sum(used[i][f] * p.price[d, f] for f in carriers) for i in sectors]
        by_carrier = [sum(used[i][f] for i in sectors) for f in carriers]
        growth = [by_carrier[n_f - 2 + c] / before[c] - 1 for c in range(2)]
        before = by_carrier[-2:]
        branch = s.branch[s.industry]
        process = s.process[a] * math.exp(p.emissions[d, a, t])
        process *= share[branch] / free[branch] * math.exp(response[s.industry])
        own_direct = sum(used[s.industry][f] * factor[f] for f in range(n_f - 2))
        captured = v["ccus"] * e["capture_rate"]
        captured *= own_direct + process + by_carrier[-2] * factor[-2]
        captured = min(captured, e["capture_cap"] * start)
        removed = s.sink[a] * p.sink[d] * (1 + e["sink_gain"] * planted)
        gross = sum(emitted) + process - captured
        row = {
            "emissions": gross,
            "net": gross - removed,
            "energy": sum(by_carrier),
            "captured": captured,
            "scale": k,
        }
        if spending is not None:
            row["money"] = _books(
                s, p, d, e, v, used, saved, moved, response, emitted, bill, process, captured,
                removed, young, unit, support, supply, by_carrier, gdp,
                t, spending, plant,
            )  # fmt: skip
        out.append(row)
    return out


def _books(  # noqa: PLR0917
    s, p, d, e, v, used, saved, moved, response, emitted, bill, process, captured,
           removed, young, unit, support, supply, by_carrier, gdp,
           t, spending, plant):  # fmt: skip
    homes = s.household
    sectors = range(len(bill))
    levied = [v["carbon_price"] * emitted[i] + v["energy_price"] * bill[i] for i in sectors]
    from_homes = sum(levied[i] * homes[i] for i in sectors)
    from_firms = sum(levied) - from_homes + v["carbon_price"] * (process - captured)
    paid = 0.0
    supply_cost = 0.0
    for c in range(2):
        paid += support * unit[c] * young[c] * by_carrier[c - 2]
        supply_cost += supply[c] * by_carrier[c - 2]
    costs = []
    for i in sectors:
        energy = sum(used[i])
        costs.append(
            e["standard_cost"] * energy * saved[i] / (1 - saved[i])
            + e["electrification_cost"] * moved[i]
            + bill[i]
            * (math.exp(-response[i]) - 1)
            * (1 + (v["energy_price"] + v["carbon_price"] * emitted[i] / bill[i]) / 2)
        )
    firms = sum(bill[i] * (1 - homes[i]) for i in sectors) - spending[t][0]
    firms += supply_cost - plant[t] + e["capture_cost"] * captured
    firms += sum(costs[i] * (1 - homes[i]) for i in sectors)
    households = sum(bill[i] * homes[i] for i in sectors) - spending[t][1]
    households += sum(costs[i] * homes[i] for i in sectors)
    state_ = (
        e["sink_cost"] * (removed - s.sink_a * p.sink[d])
        + e["research_budget"] * v["research"] * gdp
    )
    return (
        from_homes + from_firms - paid - state_,
        paid - from_firms - firms,
        -from_homes - households,
    )


def _charge(rate, life):
    return rate / (1 - (1 + rate) ** -life)


def _emitted(own, stay, have, want, chosen, factor):
    if want >= have:
        return sum(
            (x * stay + (want - have) * c) * f for x, c, f in zip(own, chosen, factor, strict=True)
        )
    return sum(x * stay * want / have * f for x, f in zip(own, factor, strict=True))


def _bisect(function, goal, low=0.0, high=64.0):
    for _ in range(200):
        mid = (low + high) / 2
        low, high = (mid, high) if function(mid) < goal else (low, mid)
    return (low + high) / 2


class WithSink:
    """The state, with the sink of one area at hand for the books."""

    def __init__(self, s, a):
        self._s, self.sink_a = s, float(s.sink[a])

    def __getattr__(self, name):
        return getattr(self._s, name)
