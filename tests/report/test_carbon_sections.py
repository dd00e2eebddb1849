"""Sections on carbon: what is shown of a result, and what is never left out."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from zhiheng.core.result import Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.report.cells import stub_text
from zhiheng.report.html_text import Writer
from zhiheng.report.model import Block, FigureBlock, Paragraph, TableBlock
from zhiheng.report.sections import (
    carbon_account,
    carbon_drivers,
    carbon_findings,
    carbon_levers,
    carbon_path,
)
from zhiheng.report.sections.carbon import remarks
from zhiheng.study.ledger import LARGE, Ledger
from zhiheng.study.plan import parse_plan
from zhiheng.study.plan_parts import CarbonPlan, ShownStep
from zhiheng.study.refusals import REFUSAL
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Address

TITLE = Text("中国", "China")
SKILL = {
    "mae_outlook": 0.19, "mae_half_drift": 0.187, "coverage_90": 0.93, "brier_skill": 0.57,
    "china_outlook": 0.31, "china_half_drift": 0.305,
}  # fmt: skip


def peaked(pool: str = "countries", *, entities: int = 1) -> Result:
    """Odds with their record, as the method gives them."""
    names = ["CHN", "USA"][:entities]
    size = len(SKILL)
    record = np.full(size, np.nan)
    tables = {
        "probability": Table.of(
            ["entity", "period"], entity=names, name_zh=["中国", "美国"][:entities],
            name_en=["China", "United States"][:entities], period=[2024] * entities,
            period_to=[2034] * entities, probability=[0.05, 0.9][:entities],
            maximum_period=[2024, 2005][:entities], below_maximum=[0.0, 0.2][:entities],
        ),
        "levels": Table.of(
            ["entity", "period"], entity=names, period=[2024] * entities,
            latest=[13.0, 5.0][:entities],
        ),
        "skill": Table.of(
            ["pool", "record_measure"], pool=[pool] * size, record_measure=list(SKILL),
            value=np.array(list(SKILL.values())), low=record + 0.45, high=record + 0.66,
            at_least=record, at_most=record, met=["none"] * size,
        ),
        "fan": Table.of(["period"], period=[2024, 2025], low=[1.0, 1.0], median=[2.0, 2.0],
                        high=[3.0, 3.0]),
    }  # fmt: skip
    reading = Text("按各国校准", "calibrated on countries")
    figures = (
        Figure("odds", "bar", "probability", TITLE, reading, {"value": "probability"}),
        Figure("fan", "fan", "fan", TITLE, reading),
    )
    notes = (
        Note(Text("按 50 个国家校准。", "Calibrated on 50 countries.")),
        Note(Text("末年会修订。", "The last year is revised."), level="caution"),
    )
    return Result(tables, figures, notes, method="peaked")


@pytest.fixture
def study(run: StudyRun):
    """A run with one step on carbon in the given part of the report."""

    def make(result: Result, part: str, first: tuple[str, ...] = ()) -> StudyRun:
        shown = (ShownStep(step="s", title=TITLE),)
        carbon = CarbonPlan(**{part: shown, "first": first})
        report = run.plan.report.model_copy(update={"carbon": carbon, "index": ""})
        plan = run.plan.model_copy(update={"report": report})
        return replace(run, plan=plan, results={**run.results, "s": result})

    return make


def words_of(blocks: tuple[Block, ...]) -> str:
    sentences = [s for b in blocks if isinstance(b, Paragraph) for s in b.sentences]
    return " ".join(str(s.template.en) + str(s.bind.get("remark", "")) for s in sentences)


def test_a_fan_is_never_without_its_record(study) -> None:
    section = carbon_path.carbon_path_section(study(peaked(), "path"))
    assert section is not None
    said = words_of(section.blocks)
    for measure in ("mae_outlook", "coverage_90", "brier_skill", "china_outlook"):
        assert measure in said
    assert "calibrated on countries" in said


def test_odds_calibrated_on_the_panel_itself_do_not_say_countries(study) -> None:
    section = carbon_path.carbon_path_section(study(peaked("panel"), "path"))
    assert section is not None
    assert "not on the past of the regions" not in words_of(section.blocks)


def test_one_bar_is_not_drawn_and_the_name_of_the_only_entity_not_printed(study) -> None:
    section = carbon_path.carbon_path_section(study(peaked(), "path"))
    assert section is not None
    assert [b.figure for b in section.blocks if isinstance(b, FigureBlock)] == ["fan"]
    section = carbon_path.carbon_path_section(study(peaked(entities=2), "path"))
    assert section is not None
    assert [b.figure for b in section.blocks if isinstance(b, FigureBlock)] == ["odds", "fan"]


def test_a_figure_of_the_first_screen_is_not_repeated(study) -> None:
    section = carbon_path.carbon_path_section(study(peaked(), "path", ("s.fan",)))
    assert section is not None
    assert not [b for b in section.blocks if isinstance(b, FigureBlock)]


def test_remarks_of_the_method_are_printed_and_cautions_stand_apart() -> None:
    rules, caution = remarks(peaked())
    assert isinstance(rules, Paragraph)
    assert rules.style == "note"
    assert isinstance(caution, Paragraph)
    assert caution.style == "caution"
    assert "revised" in str(caution.sentences[0].bind["remark"])


def test_a_refusal_is_said_where_the_result_would_stand(study) -> None:
    refused = Result({REFUSAL: Table.of((), code=["M974"])}, method="peaked")
    section = carbon_path.carbon_path_section(study(refused, "path"))
    assert section is not None
    assert len(section.blocks) == 1
    assert "refused" in words_of(section.blocks)


def test_the_first_screen_says_the_odds_of_the_largest_emitter(study) -> None:
    (finding,) = carbon_findings.carbon_findings(study(peaked(entities=2), "path"))
    assert finding.title.bind["entity"] == "CHN"
    assert "highest year so far" in finding.number.template.en


def simulated(odds: float, *, levers: bool = False) -> Result:
    """A simulation of one entity with its record, as the method gives it."""
    entity = {"entity": ["440000"], "name_zh": ["广东"], "name_en": ["Guangdong"]}
    outcome = Table.of(
        ["entity"], **entity, start_emissions=[6e8], peak_odds=[odds], neutral_odds=[0.0],
        peak_low=[5e8], peak_median=[6.3e8], peak_high=[8e8],
    )  # fmt: skip
    hindcast = Table.of(
        ["sample", "rival"], sample=["countries"], rival=["outlook"], horizon=[10], mae=[0.19],
        coverage_90=[0.93],
    )  # fmt: skip
    totals = Table.of(
        ["entity", "total_of"],
        **{k: v * 2 for k, v in entity.items()},
        total_of=["cumulative_emissions", "real_cost"],
        low=[1e10, -1e12], median=[2e10, -1e11], high=[3e10, 1e11],
        unit=["t_CO2", "CNY_2020"],
    )  # fmt: skip
    tables = {"outcome": outcome, "hindcast": hindcast}
    return Result(tables | ({"totals": totals} if levers else {}), method="simulate")


LEVERS = """
[[step]]
id = "s"
method = "simulate"
[[step]]
id = "m"
method = "simulate"
options = { levers = "moderate" }
"""


@pytest.fixture
def both(run: StudyRun) -> StudyRun:
    """A run of the same start without and with the levers of a scenario."""
    head, tail = run.plan.source_text.split("[report", 1)
    plan = parse_plan(f"{head}{LEVERS}[report{tail}", "sample")
    carbon = CarbonPlan(
        path=(ShownStep(step="s", title=TITLE),), levers=(ShownStep(step="m", title=TITLE),)
    )
    report = plan.report.model_copy(update={"carbon": carbon, "index": ""})
    results = {**run.results, "s": simulated(0.3), "m": simulated(0.6, levers=True)}
    return replace(run, plan=plan.model_copy(update={"report": report}), results=results)


def test_the_first_screen_says_the_odds_with_and_without_levers(both: StudyRun) -> None:
    (finding,) = carbon_findings.carbon_findings(both)
    assert finding.title.bind["levers"] == "m"
    assert "levers.outcome" in finding.title.template.en
    assert "moderate" in str(finding.title.bind["scenario"])
    assert "hindcast" in finding.reservation.template.en


def test_levers_from_another_start_are_not_set_beside_the_path(both: StudyRun) -> None:
    outcome = both.results["m"].tables["outcome"]
    other = Table.of(["entity"], **{**outcome.columns, "start_emissions": np.array([7e8])})
    results = {**both.results, "m": replace(both.results["m"], tables={"outcome": other})}
    (finding,) = carbon_findings.carbon_findings(replace(both, results=results))
    assert "levers" not in finding.title.bind


@pytest.mark.parametrize(
    ("level", "said"), [("economy", "of one alone"), ("province", "provinces")]
)
def test_the_record_says_on_whom_the_fan_is_calibrated(
    both: StudyRun, level: str, said: str
) -> None:
    run = replace(both, panel=replace(both.panel, level=level))
    (sentence,) = carbon_path.record_of(run, "s")
    assert said in sentence.template.en


def test_numbers_in_millions_have_a_unit_that_says_so(both: StudyRun) -> None:
    section = carbon_levers.carbon_levers_section(both)
    assert section is not None
    (block,) = [b for b in section.blocks if isinstance(b, TableBlock)]
    said = [stub_text(Ledger(both), block, row, "unit", "zh") for row in block.rows]
    assert said == ["亿吨 CO2", "亿元（2020 年价）"]
    assert stub_text(Ledger(both), block, 0, "unit", "en") == "million t CO2"


def test_a_large_number_is_counted_as_each_language_counts(both: StudyRun) -> None:
    at = Address("m", "totals", ("440000", "cumulative_emissions"), "median")
    said = str(Writer(Ledger(both)).cell(at, LARGE))
    assert ">200.00<" in said  # 亿
    assert ">20,000.0<" in said  # millions


def test_an_expression_is_printed_with_the_titles_of_its_series(run: StudyRun) -> None:
    name = run.panel.series[0]
    run = replace(run, panel=replace(run.panel, titles={name: Text("名称", "Its title")}))
    terms = Table.of(["term"], term=[f"log({name})"], estimate=[1.0])
    run = replace(run, results={**run.results, "t": Result({"coefficients": terms})})
    block = TableBlock("t", "coefficients", TITLE, (), (), (0,))
    said = stub_text(Ledger(run), block, 0, "term", "en")
    assert said == "log(Its title)"


def test_a_remark_begins_with_a_capital() -> None:
    (block,) = remarks(Result({}, (), (Note(Text("据此。", "so it is.")),), method="peaked"))
    assert isinstance(block, Paragraph)
    assert str(block.sentences[0].bind["remark"]).count("So it is")


def test_parts_without_steps_have_no_section(run: StudyRun) -> None:
    for make in (
        carbon_account.carbon_account_section,
        carbon_drivers.carbon_drivers_section,
        carbon_path.carbon_path_section,
        carbon_levers.carbon_levers_section,
    ):
        assert make(run) is None


def test_a_long_table_is_left_to_the_workbook(study) -> None:
    def lmdi(rows: int) -> Result:
        table = Table.of(
            ["factor"], factor=[str(i) for i in range(rows)],
            factor_title_zh=["因素"] * rows, factor_title_en=["factor"] * rows,
            effect=np.ones(rows), share=np.ones(rows), relative_effect=np.ones(rows),
            unit=["t_CO2"] * rows,
        )  # fmt: skip
        return Result({"effects": table}, method="lmdi")

    def tables(rows: int) -> list[TableBlock]:
        section = carbon_drivers.carbon_drivers_section(study(lmdi(rows), "drivers"))
        assert section is not None
        return [b for b in section.blocks if isinstance(b, TableBlock)]

    assert len(tables(4)) == 1
    assert "million" in tables(4)[0].caption.en
    assert not tables(61)


def test_the_plan_of_the_sample_has_no_steps_on_carbon(run: StudyRun) -> None:
    assert parse_plan(run.plan.source_text, "sample").report.carbon.steps() == ()


def test_no_sentence_of_one_file_hides_one_of_another() -> None:
    folder = resources.files("zhiheng.report").joinpath("text")
    keys = [set(tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")))
            for name in ("report", "carbon")]  # fmt: skip
    assert not keys[0] & keys[1]
