"""The main job and the start of the command line, as a user meets them: in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def call(*words: str, home: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "zhiheng", *words], check=True, env=environment,
                   stdout=subprocess.DEVNULL)  # fmt: skip


@pytest.mark.parametrize("study", ["provinces", "world"])
def test_run_with_an_empty_cache(benchmark, tmp_path: Path, study: str) -> None:
    rounds = iter(range(99))

    def cold() -> None:
        place = tmp_path / str(next(rounds))
        call("run", study, "-o", str(place / "out"), home=place / "cache")

    benchmark.pedantic(cold, rounds=2, iterations=1)


@pytest.mark.parametrize("words", ["--help", "methods", "systems", "data list"])
def test_start_of_the_command_line(benchmark, tmp_path: Path, words: str) -> None:
    benchmark.pedantic(lambda: call(*words.split(), home=tmp_path), rounds=5, iterations=1)
