"""The rule table of Tapio's states, and exact states of decimal data by rational numbers.

Python's `fractions` only; zhiheng is not imported. ``python make.py`` writes both files.
"""

import csv
import random
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).parent
# growth of the activity, growth of emissions, state: the fifteen rows of case O-V09
RULES = [
    ("0.1", "0.15", "expansive_negative_decoupling"),
    ("0.1", "0.1", "expansive_coupling"),
    ("0.1", "0.05", "weak_decoupling"),
    ("0.1", "-0.05", "strong_decoupling"),
    ("-0.1", "-0.15", "recessive_decoupling"),
    ("-0.1", "-0.1", "recessive_coupling"),
    ("-0.1", "-0.05", "weak_negative_decoupling"),
    ("-0.1", "0.05", "strong_negative_decoupling"),
    ("0.1", "0.08", "expansive_coupling"),
    ("0.1", "0.12", "expansive_coupling"),
    ("-0.1", "-0.08", "recessive_coupling"),
    ("-0.1", "-0.12", "recessive_coupling"),
    ("0.1", "0.0", "weak_decoupling"),
    ("0.0", "0.05", "undefined"),
    ("0.0", "0.0", "undefined"),
]


def state(g, c):
    if g == 0:
        return "undefined"
    e = c / g
    low, high = Fraction(4, 5), Fraction(6, 5)
    if e < 0:
        return "strong_decoupling" if g > 0 else "strong_negative_decoupling"
    if e < low:
        return "weak_decoupling" if g > 0 else "weak_negative_decoupling"
    if e <= high:
        return "expansive_coupling" if g > 0 else "recessive_coupling"
    return "expansive_negative_decoupling" if g > 0 else "recessive_decoupling"


def main():
    with (HERE / "expected.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["activity_growth", "emissions_growth", "elasticity", "state"])
        for g, c, said in RULES:
            exact = Fraction(g), Fraction(c)
            assert state(*exact) == said
            e = "" if exact[0] == 0 else repr(float(exact[1] / exact[0]))
            writer.writerow([g, c, e, said])
    draw = random.Random(0)
    with (HERE / "decimals.csv").open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["activity_0", "activity_1", "emissions_0", "emissions_1", "state"])
        for i in range(1000):
            g0 = Fraction(draw.randint(1, 999), 10 ** draw.randint(0, 3))
            c0 = Fraction(draw.randint(1, 999), 10 ** draw.randint(0, 3))
            g = Fraction(draw.randint(-50, 50), 100)
            # half of the rows lie exactly on a bound
            on = draw.choice([Fraction(0), Fraction(4, 5), Fraction(6, 5)])
            c = g * on if i % 2 else Fraction(draw.randint(-60, 60), 100)
            row = [g0, g0 * (1 + g), c0, c0 * (1 + c)]
            writer.writerow([*(decimal(x) for x in row), state(g, c)])


def decimal(x):
    """The finite decimal, digit by digit."""
    places = 0
    while (x * 10**places).denominator != 1:
        places += 1
    digits = str(int(x * 10**places)).rjust(places + 1, "0")
    return digits if not places else f"{digits[:-places]}.{digits[-places:]}"


if __name__ == "__main__":
    main()
