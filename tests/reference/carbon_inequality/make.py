"""Gini and Theil of a drawn set of regions by their definitions, person by person.

numpy only; zhiheng is not imported. Regions are replicated into as many persons as they have.
"""

import json
from pathlib import Path

import numpy as np

rng = np.random.default_rng(11)
people = rng.integers(1, 60, size=9)
heads = np.round(np.exp(rng.normal(size=9)), 6)
zone = [0, 0, 0, 1, 1, 1, 2, 2, 2]
persons, home = np.repeat(heads, people), np.repeat(zone, people)


def gini(y):
    return np.abs(y[:, None] - y[None]).mean() / (2 * y.mean())


def theil_t(y):
    r = y / y.mean()
    return (r * np.log(r)).mean()


def theil_l(y):
    return -np.log(y / y.mean()).mean()


means = np.array([persons[home == z].mean() for z in range(3)])
smooth = means[home]
out = {
    "people": people.tolist(), "heads": heads.tolist(), "zone": zone,
    "gini": gini(persons), "theil_t": theil_t(persons), "theil_l": theil_l(persons),
    "between_t": theil_t(smooth), "between_l": theil_l(smooth),
}  # fmt: skip
Path(__file__).with_name("expected.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")
