"""pymrio's own test system, live, where pymrio is installed; it is never a dependency."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.embodied import embodied
from zhiheng.carbon.multi_regional import table_panel

# two solvers in double precision
SOLVED = 1e-9


def test_the_test_system_of_pymrio_has_the_same_accounts():
    pymrio = pytest.importorskip("pymrio", reason="pymrio is an oracle and not installed")
    io = pymrio.load_test()
    extension = io.emissions
    extension.F_Y = None  # direct emissions of households are no part of either side here
    io.calc_all()
    flows = extension.F.iloc[0].to_numpy()
    panel = table_panel(
        io.Z.to_numpy(),
        io.Y.to_numpy(),
        sectors=[f"{r}.{s}" for r, s in io.Z.index],
        columns=[f"{r}.{c}" for r, c in io.Y.columns],
        period=2010,
        satellites={"emission": (flows, "kg")},
    )
    found = embodied(panel, satellite="emission")
    np.testing.assert_allclose(
        found.table("multipliers").multiplier, extension.M.iloc[0], rtol=SOLVED
    )
    accounts = found.table("accounts").set_index(["account", "region"]).value
    for account, theirs in (
        ("production", extension.D_pba_reg),
        ("consumption", extension.D_cba_reg),
        ("exports", extension.D_exp_reg),
        ("imports", extension.D_imp_reg),
    ):
        np.testing.assert_allclose(accounts[account], theirs.iloc[0], rtol=SOLVED)
