"""Identities: the catalogued ones close by construction, written ones are read or refused."""

from __future__ import annotations

import pytest

from zhiheng.carbon.telescope import closes
from zhiheng.catalog.identities import identities, identity
from zhiheng.catalog.scope import scope
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import needs


@pytest.mark.parametrize("name", sorted(identities()))
def test_catalogued_identities_close_by_construction(name):
    known = identity(name)
    assert closes(known, scope(known.level), ())


@pytest.mark.parametrize("name", sorted(identities()))
def test_catalogued_identities_stand_on_catalogued_series(name):
    known = identity(name)
    meaning = scope(known.level)
    for expression in (known.left, *(f.expression for f in known.factors)):
        assert needs(expression, meaning) <= meaning.kinds.keys()


@pytest.mark.parametrize("name", sorted(identities()))
def test_catalogued_factors_are_named_in_both_languages(name):
    for factor in identity(name).factors:
        assert factor.title.zh != factor.title.en


def test_a_written_identity_is_split_at_products_outside_of_parentheses():
    found = identity("co2: a * (b * c) / a * co2/(b * c)")
    assert found.left == "co2"
    assert [f.expression for f in found.factors] == ["a", "(b * c) / a", "co2/(b * c)"]


def test_a_power_is_no_product():
    assert len(identity("v: a**2 * v / a^2").factors) == 2


@pytest.mark.parametrize("wrong", ["co2:", ": a * b", "co2: a * ", "co2: * a", "co2: a * * b"])
def test_a_half_written_identity_is_refused(wrong):
    with pytest.raises(ZhihengError) as caught:
        identity(wrong)
    assert caught.value.code == "C430"


@pytest.mark.parametrize("wrong", ["co2 = a * b", "a * co2/a", "co2 [sector]", " "])
def test_what_is_no_name_is_not_looked_up_among_the_names(wrong):
    with pytest.raises(ZhihengError) as caught:
        identity(wrong)
    assert caught.value.code == "C430"


def test_the_colon_of_a_chinese_keyboard_and_spaces_are_read():
    assert identity("co2：a * co2/a").factors == identity("co2: a * co2/a").factors
    assert identity(" kaya ") == identity("kaya")


def test_the_same_factor_twice_is_refused():
    with pytest.raises(ZhihengError) as caught:
        identity("v: a / b * b * a/b")
    assert caught.value.code == "C412"


def test_an_unknown_name_shows_the_nearest():
    with pytest.raises(ZhihengError) as caught:
        identity("kayas")
    assert caught.value.code == "C431"
    assert "kaya" in caught.value.fix.en
