"""Check a file before anything rests on it, and import it into a store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from zhiheng.catalog.breaks import breaks
from zhiheng.core.text import Lang, Text
from zhiheng.sources.kinds import observe
from zhiheng.sources.observations import Observations
from zhiheng.sources.questions import load_answers
from zhiheng.sources.tables import read_file
from zhiheng.study.plan import load_plan


def check_file(file: Path, lang: Lang, *, map_: Path | None = None) -> None:
    """Say what a data file or a plan holds; errors carry the address and the fix."""
    if file.suffix == ".toml":
        _check_plan(file, lang)
    else:
        _check_data(file, lang, map_)


def import_file(file: Path, store: Path, lang: Lang, *, map_: Path | None = None) -> None:
    """Import a data file into a store and print the version that it made."""
    from zhiheng.store.store import Store

    version = Store(store).add(_observe(file, map_), note=file.name)
    said = {"zh": "已导入，版本 {v}", "en": "imported as version {v}"}[lang]
    Console().print(said.format(v=version.id))


def _check_plan(file: Path, lang: Lang) -> None:
    plan = load_plan(str(file))
    said = {
        "zh": "计划可用：{t}，{s} 个步骤，{c} 条主张",
        "en": "The plan is sound: {t}, {s} steps, {c} claims",
    }[lang]
    Console().print(said.format(t=plan.title[lang], s=len(plan.steps()), c=len(plan.claim)))


def _observe(file: Path, map_: Path | None, *, own_labels: bool = False) -> Observations:
    answers = load_answers(map_) if map_ else None
    return observe(read_file(file), file.name, answers=answers, own_labels=own_labels)


def _check_data(file: Path, lang: Lang, map_: Path | None) -> None:
    observations = _observe(file, map_, own_labels=True)
    panel = observations.panel()
    gaps = int(np.isnan(panel.values).sum())
    said = {
        "zh": "{e} 个地区 × {p} 个时期 × {s} 个序列，{g} 个缺口",
        "en": "{e} entities x {p} periods x {s} series, {g} gaps",
    }[lang]
    console = Console()
    console.print(
        said.format(e=len(panel.entities), p=len(panel.periods), s=len(panel.series), g=gaps)
    )
    for note in _remarks(observations, panel.series, panel.periods):
        console.print(f"! {note[lang]}")


def _remarks(
    observations: Observations, names: tuple[str, ...], periods: tuple[int, ...]
) -> list[Text]:
    found = list(observations.notes)
    found += [
        b.what for name in names for b in breaks(name, periods, observations.level, shipped=False)
    ]
    return found
