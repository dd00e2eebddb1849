"""Weights by other programs: CRITIC, entropy, coefficient of variation, and AHP.

Needs scikit-criteria 0.10 (BSD-3), pymcdm 1.4.0 (MIT), pyrepo-mcda 0.1.15 (MIT) and, for the
analytic hierarchy process, pyDecision (GPL-3; only its numbers are kept).

Run: python make_programs.py
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import numpy as np
from pyDecision.algorithm import ahp_method
from pymcdm import weights as pymcdm_weights
from pyrepo_mcda import weighting_methods as pyrepo
from skcriteria.preprocessing import weighters

HERE = Path(__file__).parent


def minmax(x: np.ndarray) -> np.ndarray:
    return (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))


def numbers(values: np.ndarray) -> list:
    return np.asarray(values, dtype=float).tolist()


def main() -> None:
    generator = np.random.default_rng(20261125)
    x = generator.lognormal(size=(12, 5))
    x[:, 4] = 0.6 * x[:, 0] + 0.4 * x[:, 4]
    z = minmax(x)
    more = np.ones(5)
    comparisons = json.loads((HERE / "comparisons.json").read_text("utf-8"))
    found = {
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("scikit-criteria", "pymcdm", "pyrepo-mcda", "pyDecision", "numpy")
        },
        "matrix": numbers(x),
        "critic": {
            "scikit-criteria": numbers(weighters.critic_weights(x, more, scale=True)),
            "pymcdm": numbers(pymcdm_weights.critic_weights(z)),
            "pyrepo-mcda": numbers(pyrepo.critic_weighting(z)),
        },
        "critic_spearman": {
            "scikit-criteria": numbers(
                weighters.critic_weights(x, more, correlation="spearman", scale=True)
            ),
        },
        "entropy_raw": {
            "scikit-criteria": numbers(weighters.entropy_weights(x)),
            "pymcdm": numbers(pymcdm_weights.entropy_weights(x)),
            "pyrepo-mcda": numbers(pyrepo.entropy_weighting(x)),
        },
        "cv_raw": {"pyrepo-mcda": numbers(pyrepo.coeff_var_weighting(x))},
        "ahp": {
            name: {
                way: dict(
                    zip(
                        ("weights", "ratio"),
                        (numbers(v) for v in ahp_method(np.array(entry["matrix"]), wd=way)),
                        strict=True,
                    )
                )
                for way in ("max_eigen", "geometric")
            }
            for name, entry in comparisons.items()
        },
    }
    (HERE / "expected_programs.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
