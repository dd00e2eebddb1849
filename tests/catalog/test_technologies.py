"""The catalogue of technologies: every figure says where it is from and whether it was read."""

from __future__ import annotations

import pytest

from zhiheng.catalog.technologies import reference, technologies, technology
from zhiheng.core.errors import ZhihengError


def test_a_verified_figure_was_read_and_a_recalled_one_is_marked():
    for one in technologies():
        for figure in (*one.figure, one.readiness):
            read = reference(figure.reference).read
            assert (figure.status == "verified") <= bool(read), (one.id, figure)


def test_every_capex_names_its_price_basis_and_nothing_else_does():
    for one in technologies():
        for figure in one.figure:
            assert bool(figure.money) == (figure.quantity == "capex"), (one.id, figure.quantity)
            assert figure.value > 0


def test_readiness_is_on_the_scale_of_eleven():
    for one in technologies():
        assert 1 <= one.readiness.low <= one.readiness.high <= 11


def test_renewables_storage_and_capture_are_there():
    assert {"renewable", "storage", "ccus", "hydrogen"} <= {t.group for t in technologies()}


def test_an_unknown_technology_is_refused_with_the_nearest():
    with pytest.raises(ZhihengError) as caught:
        technology("wind_onshor")
    assert caught.value.code == "C465"
    assert "wind_onshore" in caught.value.fix.en
