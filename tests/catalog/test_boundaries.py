"""The boundary is part of the unit: what may meet in one ratio, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.boundaries import accounts, boundaries, boundary, refuse_mixed
from zhiheng.catalog.identities import identities
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import all_series
from zhiheng.catalog.systems import systems
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Origin, Panel

PROVINCE, ECONOMY, NONE = scope("province"), scope("economy"), scope("")


def refused(expressions, meaning=PROVINCE, code="C432", **more):
    with pytest.raises(ZhihengError) as caught:
        refuse_mixed(expressions, meaning, **more)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(
    "expressions",
    [
        ["co2_edgar / final_energy"],
        ["share(co2_final_use, co2_edgar)"],
        ["co2.steel.raw_coal / co2_edgar"],
        ["co2.steel.raw_coal / final_energy"],
        ["co2_official / final_coal_products"],
        ["co2_edgar", "final_energy / gdp_real"],
        ["log(co2_edgar)", "coal_share_final_energy"],
        ["co2_edgar + co2_final_use"],
        ["co2_final_use / energy_consumption"],
        # every pair of neighbours may meet, but two accounts of emissions are in the chain
        ["co2_final_use/final_energy", "final_energy/energy_consumption",
         "energy_consumption/co2_edgar"],
    ],
)  # fmt: skip
def test_accounts_of_different_boundaries_never_meet(expressions):
    refused(expressions)


@pytest.mark.parametrize(
    "expressions",
    [
        ["co2_final_use / final_energy", "final_energy / gdp_real"],
        ["co2_edgar / energy_consumption"],
        ["co2_official / energy_consumption", "fossil_energy_consumption / energy_consumption"],
        ["co2.steel.raw_coal / co2.total.raw_coal"],
        ["co2_edgar / gdp_real", "gdp_real / population"],
        # the power sector has a factor of its own: primary over final energy
        ["final_energy/gdp_real", "energy_consumption/final_energy",
         "co2_edgar/energy_consumption"],
    ],
)  # fmt: skip
def test_accounts_of_one_boundary_and_catalogued_pairs_may_meet(expressions):
    refuse_mixed(expressions, PROVINCE)


def test_final_energy_beside_territorial_emissions_needs_primary_energy_between_them():
    loose = ["co2_edgar/gdp_real", "gdp_real/final_energy", "final_energy"]
    refused(loose)
    refuse_mixed([*loose, "final_energy/energy_consumption", "energy_consumption/co2_edgar"],
                 PROVINCE)  # fmt: skip


def test_the_refusal_names_every_series_with_its_boundary_and_its_title():
    rows = refused(["gdp_real", "co2_edgar / final_energy"]).evidence
    assert [(r["series"], r["boundary"]) for r in rows] == [
        ("co2_edgar", "edgar"), ("final_energy", "final_use"),
    ]  # fmt: skip
    assert {r["expression"] for r in rows} == {"co2_edgar / final_energy"}


def test_derived_series_are_opened_only_if_they_have_no_boundary_of_their_own():
    assert [a.series for a in accounts("co2_final_use", PROVINCE)] == ["co2_final_use"]
    panel = Panel.of({"co2_edgar": np.ones((1, 1))}, entities=["110000"], periods=[2020], units={})
    panel = panel.with_series("mine", np.ones((1, 1)), unit="1", definition="log(co2_edgar)")
    assert [a.boundary for a in accounts("mine", PROVINCE, panel=panel)] == ["edgar"]
    refused(["mine", "final_energy"], panel=panel)


def test_names_of_no_level_are_the_users_own_unless_they_say_what_they_count():
    assert boundary("co2", NONE) == ""
    assert boundary("co2.steel", NONE) == ""
    assert boundary("co2_edgar", NONE) == "edgar"
    assert boundary("final_energy", NONE) == "final_use"
    assert boundary("co2", ECONOMY) == "edgar"


def test_the_users_word_goes_first_and_must_be_a_boundary():
    say = {"co2": "territorial", "energy": "final_use"}
    refuse_mixed(["co2 / energy"], NONE)
    refused(["co2 / energy"], NONE, declared=say)
    refuse_mixed(["co2 / energy"], NONE, declared=say | {"energy": "primary"})
    error = refused(["co2 / energy"], NONE, "C433", declared=say | {"energy": "primry"})
    assert "primary" in error.fix.en


def test_the_source_of_the_values_decides_where_the_name_does_not():
    panel = Panel.of(
        {"co2": np.ones((1, 1))}, entities=["x"], periods=[2020], units={},
        origins=(Origin("f.xlsx", "A!B2", "ceads", ""),),
    )  # fmt: skip
    assert boundary("co2", NONE, panel=panel) == ""
    panel.origin.setflags(write=True)
    panel.origin[:] = 0
    assert boundary("co2", NONE, panel=panel) == "ceads"


@pytest.mark.parametrize("name", sorted(identities()))
def test_catalogued_identities_keep_to_their_boundaries(name):
    known = identities()[name]
    refuse_mixed([known.left, *(f.expression for f in known.factors)], scope(known.level))


@pytest.mark.parametrize("name", sorted(systems()))
def test_indicators_of_catalogued_systems_mix_no_boundaries(name):
    system = systems()[name]
    for indicator in system.indicators:
        if indicator.expression:
            refuse_mixed([indicator.expression], scope(system.level))


def test_every_catalogued_account_of_energy_or_co2_has_a_boundary():
    # trade in fuels and land use are no accounts of energy use or of gross emissions
    counted = [s for s in all_series() if s.unit in ("t_CO2", "t_CO2e", "tce", "J/person")]
    assert len(counted) > 15
    assert {s.name for s in counted if not s.boundary} == {"lulucf_co2_flux"}


def test_boundaries_are_named_in_both_languages():
    assert all(title.zh != title.en for title in boundaries().values())
