"""Drawing in other processes: the same bytes, the same errors, and nothing left behind."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import zhiheng
from zhiheng.report import draw_pool, drawing, write
from zhiheng.report.draw_worker import serve
from zhiheng.report.drawing import Drawings, Order, drawings
from zhiheng.report.figure_files import draw_figures
from zhiheng.report.html import render_html
from zhiheng.report.vega import draw
from zhiheng.study.ledger import Ledger

pytest.importorskip("vl_convert", reason="needs the extra `report`")

ORDERS = [
    Order("index", "ranking", lang, width, scale)
    for lang in ("zh", "en")
    for width in range(360, 600, 30)
    for scale in (None, 1.0)
]
BAD = {"mark": "no such mark", "data": {"values": [{"a": 1}]}}
GOOD = {"mark": "point", "data": {"values": [{"a": 1}]}}


@pytest.fixture
def started(monkeypatch):
    """The processes that a test starts."""
    found = []
    start = draw_pool._start

    def noted(stack):
        found.append(start(stack))
        return found[-1]

    monkeypatch.setattr(draw_pool, "_start", noted)
    return found


def test_other_processes_draw_the_same_bytes(run):
    here = Drawings.of(run)
    with drawings(run, ORDERS, processes=2) as there:
        assert list(there.begun) == ORDERS
        for order in reversed(ORDERS):
            drawn = there.begun[order].result()
            assert drawn is not None
            assert drawn == here.sketch(order) == there.sketch(order)


def test_an_error_is_the_one_that_drawing_here_raises(monkeypatch, run):
    monkeypatch.setattr(Drawings, "spec", lambda self, order: BAD)
    with pytest.raises(ValueError, match="conversion failed") as here:
        Drawings.of(run).sketch(ORDERS[0])
    with (
        pytest.raises(type(here.value)) as there,
        drawings(run, ORDERS, processes=2) as begun,
    ):
        begun.sketch(ORDERS[0])
    assert str(there.value) == str(here.value)


def test_a_process_draws_on_after_an_error():
    with draw_pool.drawers(1) as begin:
        bad, good = begin(BAD, None), begin(GOOD, None)
        assert bad.result() is None
        assert good.result() == draw(GOOD)


def test_a_process_that_dies_costs_time_and_no_drawing(monkeypatch, run):
    start = draw_pool._start

    def dead(stack):
        process = start(stack)
        process.kill()
        process.wait()
        return process

    monkeypatch.setattr(draw_pool, "_start", dead)
    with drawings(run, ORDERS, processes=2) as there:
        assert there.sketch(ORDERS[0]) == Drawings.of(run).sketch(ORDERS[0])


def test_without_leave_to_start_processes_everything_is_drawn_here(monkeypatch, run, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python-that-is-not"))
    with drawings(run, ORDERS, processes=2) as there:
        assert there.sketch(ORDERS[0]) == Drawings.of(run).sketch(ORDERS[0])


def test_no_process_outlives_its_use_even_when_it_fails(started, run):
    with pytest.raises(KeyboardInterrupt), drawings(run, ORDERS, processes=2):
        raise KeyboardInterrupt
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


@pytest.mark.parametrize(("count", "orders"), [(1, ORDERS), (2, ORDERS[:3]), (0, ORDERS)])
def test_one_processor_or_few_figures_start_nothing(started, run, count, orders):
    with drawings(run, orders, processes=count) as here:
        assert not here.begun
    assert started == []


@pytest.mark.parametrize("program", ["", "/usr/local/stata/stata-mp", None])
def test_a_program_with_python_inside_is_not_started_again(monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    assert draw_pool.processors() == 0


def test_a_report_begins_exactly_the_drawings_that_it_prints(monkeypatch, document, run):
    asked = []
    sketch = Drawings.sketch

    def noted(self, order):
        asked.append(order)
        return sketch(self, order)

    monkeypatch.setattr(drawing.Drawings, "sketch", noted)
    draw_figures(document, run)
    render_html(document, run, Ledger(run))
    assert set(asked) == set(write._orders(document))


def test_the_worker_answers_until_nothing_is_asked():
    asked = io.BytesIO(pickle.dumps((BAD, None)) + pickle.dumps((GOOD, 1.0)))
    answers = io.BytesIO()
    serve(asked, answers)
    answers.seek(0)
    assert pickle.load(answers) is None
    assert pickle.load(answers) == tuple(draw(GOOD, 1.0))


SCRIPT = """
import sys
sys.path.insert(0, {source!r})
from zhiheng.report.draw_pool import drawers
print("once")
with drawers(2) as begin:
    drawn = [begin({spec!r}, None) for _ in range(4)]
    print(all(d.result() is not None for d in drawn))
"""


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path):
    """And its processes find the package where the script itself has put it."""
    script = tmp_path / "script.py"
    source = str(Path(zhiheng.__file__).parents[1])
    script.write_text(SCRIPT.format(source=source, spec=GOOD), "utf-8")
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = subprocess.run([sys.executable, str(script)], env=bare, capture_output=True,
                          check=True, text=True, timeout=120)  # fmt: skip
    assert said.stdout.split() == ["once", "True"]
    assert said.stderr == ""
