from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import build_data
from zhiheng.catalog.corrections import Correction
from zhiheng.catalog.embedded import manifest
from zhiheng.core.text import Text


def test_the_committed_files_are_what_the_build_makes(shared: Path, tmp_path: Path) -> None:
    build_data.build(shared / "data", tmp_path)
    committed = manifest()
    folder = Path(build_data.__file__).parents[1] / "src" / "zhiheng" / "data"
    for entry in committed.dataset:
        frame = build_data.prepare(entry.id, shared / "data")
        assert build_data.content(frame) == entry.content, entry.id
    if committed.writer == f"pyarrow {pa.__version__}":
        for name in (*(e.file for e in committed.dataset), "manifest.toml"):
            assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def _frame(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "series": "x",
            "entity": "110000",
            "period": range(2000, 2000 + len(values)),
            "value": values,
        }
    )


def _correction(**fields: object) -> Correction:
    base = {
        "id": "c",
        "dataset": "provinces",
        "series": ("x",),
        "action": "mask",
        "cells": 0,
        "reason": Text("原因", "reason"),
        "evidence": "",
    }
    return Correction.model_validate({**base, **fields})


@pytest.mark.parametrize(
    ("where", "values", "chosen"),
    [
        ("zero", [1, 0, 2, 0], [2001, 2003]),
        ("repeat", [3, 3, 0, 0, 5], [2001]),
        ("linear", [1, 2, 3, 5], [2001]),
        ("geometric", [1, 2, 4, 16], [2001]),
        ("equal", [440, 1, 440, 2], [2000, 2002]),
        ("any", [1, 2], [2000, 2001]),
    ],
)
def test_conditions_choose_the_cells_that_they_name(
    where: str, values: list[float], chosen: list[int]
) -> None:
    frame = _frame(values)
    before = frame.set_index(build_data.KEYS).value
    picked = build_data.selected(frame, before, _correction(where=where, value=440))
    assert frame.period[picked].tolist() == chosen


def test_a_hole_in_time_is_not_bridged() -> None:
    frame = _frame([1, 2, 3, 3])
    frame["period"] = [2000, 2001, 2003, 2004]
    before = frame.set_index(build_data.KEYS).value
    picked = build_data.selected(frame, before, _correction(where="linear"))
    assert not picked.any()


def test_a_correction_that_finds_another_number_of_cells_stops_the_build() -> None:
    frame = _frame([1, 2, 3]).assign(status="observed")
    with pytest.raises(build_data.BuildError, match="3 cells, 1 recorded"):
        build_data._corrected(frame, (_correction(cells=1),))


def test_units_are_converted_with_one_rounding(shared: Path) -> None:
    frame = build_data.prepare("provinces", shared / "data").set_index(build_data.KEYS).value
    # 10.8133 % is 0.108133 and not 0.10813299999999999
    assert frame["age65_share", "110000", 2005] == 0.108133
    assert frame["gdp_current", "110000", 2022] == 4_522_240_000_000.0
