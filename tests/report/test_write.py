"""The folder of a report: whole or not at all, and no number without an origin."""

from __future__ import annotations

import json
import zipfile

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.report import drawing, write
from zhiheng.report.ledger_file import ledger_json, require_resolved, used_numbers
from zhiheng.report.readback_docx import untagged_docx
from zhiheng.report.replication import replicate
from zhiheng.study.cache import default_cache
from zhiheng.study.plan import load_plan
from zhiheng.study.run import run_study
from zhiheng.study.sentences import Address, Number

STUDIES = ["provinces", "world"]
FILES = {"report.html": b"page", "figures/01-a.svg": b"figure"}
LOCK = b'[files]\n"report.html" = "1"\n"figures/01-a.svg" = "2"\n'


@pytest.fixture
def made(monkeypatch):
    """Lets a test say which files a report has."""

    def use(files):
        def make_files(run, *, lang, data):
            return {**files, write.LOCK: LOCK}

        monkeypatch.setattr(write, "make_files", make_files)

    return use


def listing(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_all_files_appear_and_the_lock_is_last(made, run, tmp_path):
    made(FILES)
    paths = write.write_report(run, tmp_path / "out", data=run.panel)
    assert [p.relative_to(tmp_path / "out").as_posix() for p in paths] == [*FILES, write.LOCK]
    assert listing(tmp_path) == sorted(f"out/{n}" for n in [*FILES, write.LOCK])


def test_a_failure_leaves_the_folder_as_it_was(monkeypatch, made, run, tmp_path):
    made(FILES)
    out = tmp_path / "out"
    write.write_report(run, out, data=run.panel)

    def fail(run, *, lang, data):
        raise ZhihengError("R821", run.plan.title, fix=run.plan.title)

    monkeypatch.setattr(write, "make_files", fail)
    with pytest.raises(ZhihengError):
        write.write_report(run, out, data=run.panel)
    assert listing(out) == sorted([*FILES, write.LOCK])
    assert (out / "report.html").read_bytes() == b"page"


def test_files_of_an_earlier_report_go_and_those_of_the_user_stay(made, run, tmp_path):
    out = tmp_path / "out"
    made(FILES)
    write.write_report(run, out, data=run.panel)
    (out / "mine.txt").write_text("mine", "utf-8")
    made({"report.html": b"new"})
    write.write_report(run, out, data=run.panel)
    assert listing(out) == sorted(["mine.txt", "report.html", write.LOCK])
    assert (out / "report.html").read_bytes() == b"new"


def test_a_lock_changed_by_hand_deletes_nothing_outside(made, run, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious").write_text("p", "utf-8")
    (out / write.LOCK).write_text('[files]\n"../precious" = "1"\n', "utf-8")
    made(FILES)
    write.write_report(run, out, data=run.panel)
    assert (tmp_path / "precious").exists()


def test_a_folder_that_cannot_be_written_is_an_error_with_the_path(made, run, tmp_path):
    made(FILES)
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ZhihengError) as caught:
        write.write_report(run, tmp_path / "file", data=run.panel)
    assert caught.value.code == "R823"


def test_an_orphan_number_is_refused_by_its_address(ledger):
    orphan = Number(Address("index", "scores", ("999999", 2022), "score"), ".3f")
    with pytest.raises(ZhihengError) as caught:
        require_resolved([orphan], ledger)
    assert caught.value.code == "R822"
    assert caught.value.evidence[0]["address"] == "index.scores[999999,2022].score"


def test_every_number_of_the_document_is_listed(document, ledger):
    steps = {n.address.step for n in used_numbers(document, ledger)}
    assert steps == {"index", "levels", "differences"}
    columns = {n.address.column for n in used_numbers(document, ledger)}
    assert {"score", "estimate", "std_error", "p_value", "n", "r2_within"} <= columns


class Entries:
    """Stands in for the ledger's entries, which need the catalog."""

    def __init__(self, ledger):
        self.ledger, self.run = ledger, ledger.run
        self.value, self.show = ledger.value, ledger.show

    def entry(self, address):
        return {"address": str(address), "value": self.value(address)}


def test_the_ledger_file_names_both_hashes_and_each_number_once(document, run, ledger):
    content = json.loads(ledger_json(document, run, Entries(ledger)))
    assert content["identity"]["number_hash"] == run.number_hash
    assert content["identity"]["byte_hash"] == run.byte_hash
    addresses = [entry["address"] for entry in content["entries"]]
    assert len(addresses) == len(set(addresses))
    assert [f["figure"] for f in content["figures"]] == ["ranking"]


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_a_shipped_study_writes_the_same_bytes_twice_and_its_pack_replicates(
    monkeypatch, study, tmp_path
):
    run = run_study(load_plan(study))
    monkeypatch.setattr(drawing, "processors", lambda: 2)
    first = {p.name: p.read_bytes() for p in write.write_report(run, tmp_path / "a")}
    monkeypatch.setattr(drawing, "processors", lambda: 0)  # each figure drawn here, in turn
    second = {p.name: p.read_bytes() for p in write.write_report(run, tmp_path / "b")}
    assert [name for name in first if first[name] != second[name]] == []
    with zipfile.ZipFile(tmp_path / "a" / "replication.zip") as archive:
        archive.extractall(tmp_path / "pack")
    found = replicate(tmp_path / "pack")
    assert found.same, found.message("en")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("study", STUDIES)
def test_no_digit_of_a_shipped_paper_lacks_an_origin(study, lang, tmp_path):
    run = run_study(load_plan(study), cache=default_cache())
    write.write_report(run, tmp_path / "out", lang=lang)
    assert untagged_docx((tmp_path / "out" / "paper.docx").read_bytes()) == []
