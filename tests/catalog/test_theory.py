from __future__ import annotations

from pathlib import Path

import pytest

from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import all_series
from zhiheng.catalog.systems import load_system
from zhiheng.catalog.theory import expected_sign, theory
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import needs

GRAPH = theory()
EDGES = [e.id for e in GRAPH.edges]
SENTENCE_ENDS = "。！？"


@pytest.fixture(scope="module")
def papers(shared: Path) -> str:
    """What the papers say, as it was copied from them."""
    return "".join(
        (shared / "notes" / name).read_text("utf-8") for name in ("papers.md", "field.md")
    )


@pytest.mark.parametrize("name", EDGES)
def test_every_quotation_stands_in_the_paper_word_for_word(name: str, papers: str) -> None:
    edge = GRAPH.edge(name)
    assert edge.quotation.zh in papers
    if edge.form_quotation is not None:
        assert edge.form_quotation.zh in papers


def test_moderators_quote_their_paper(papers: str) -> None:
    for node in GRAPH.nodes:
        if node.kind == "moderator":
            assert node.quotation is not None
            assert node.quotation.zh in papers
            assert node.paper
            assert node.section


def test_a_quotation_is_one_sentence_at_most() -> None:
    for edge in GRAPH.edges:
        assert not [c for c in edge.quotation.zh[:-1] if c in SENTENCE_ENDS]


def test_no_arrow_claims_evidence() -> None:
    assert {e.status for e in GRAPH.edges} == {"untested"}


def test_every_node_is_reached_or_named_as_a_condition() -> None:
    reached = GRAPH.reachable("nqpf") | set(GRAPH.named_moderators())
    assert {n.id for n in GRAPH.nodes} == reached


def test_the_arms_of_figure_one_and_the_eight_channels_are_there() -> None:
    paths = {e.path for e in GRAPH.edges}
    assert {"A1", "A2", "A3", "feedback", *(f"M{i}" for i in range(1, 9))} <= paths
    for arm in ("technology", "industry", "factors"):
        assert GRAPH.edge(f"nqpf-{arm}").to == arm
        assert GRAPH.edge(f"{arm}-dual_carbon").paper == "xu2023"


def test_the_theory_runs_in_both_directions() -> None:
    feedback = GRAPH.edge("green_development-nqpf")
    assert (feedback.from_, feedback.to) == ("green_development", "nqpf")
    assert "green_development" in GRAPH.reachable("nqpf")


def test_nodes_lie_on_the_canvas_and_not_on_each_other() -> None:
    for node in GRAPH.nodes:
        assert 0 < node.x < GRAPH.width
        assert 0 < node.y < GRAPH.height
    # a label is drawn about 40 units high and 150 wide
    for a in GRAPH.nodes:
        for b in GRAPH.nodes:
            if a.id < b.id:
                assert abs(a.x - b.x) >= 150 or abs(a.y - b.y) >= 40, (a.id, b.id)


def test_measures_stand_on_catalogued_series() -> None:
    for node in GRAPH.nodes:
        for measure in node.measures:
            known = {s.name for s in all_series(measure.level)}
            if measure.expression:
                assert needs(measure.expression, scope(measure.level)) <= known
            else:
                groups = {g.id for g in load_system(measure.system).groups}
                assert not measure.group or measure.group in groups


def test_more_of_carbon_neutrality_is_less_carbon() -> None:
    edge = GRAPH.edge("technology-dual_carbon")
    (cause,) = GRAPH.measures("technology", "province")
    effects = GRAPH.measures("dual_carbon", "province")
    assert edge.sign == "+"
    assert {expected_sign(edge, cause, effect) for effect in effects} == {"-"}


def test_only_a_design_reaches_identification() -> None:
    reach = {e.id: e.reaches for e in GRAPH.estimators}
    assert reach["panel_ols"] == "association"
    assert reach["overlap_audit"] == "arithmetic"
    assert all(edge.estimators for edge in GRAPH.edges)


def test_an_unknown_arrow_is_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        GRAPH.edge("nqpf-technolgy")
    assert caught.value.code == "C415"
