"""Write ``src/zhiheng/core/methods.json`` from the registered methods.

Run it after adding a method or changing an option: ``python scripts/build_methods.py``.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path

from zhiheng.core.method import REGISTERED
from zhiheng.core.registry import as_json

TOPICS = ("measure", "diagnose", "explain", "carbon", "warning", "product", "policy")
TARGET = Path(__file__).parents[1] / "src" / "zhiheng" / "core" / "methods.json"


def registry() -> str:
    """The text of methods.json for the methods that the topic folders register."""
    for topic in TOPICS:
        package = importlib.import_module(f"zhiheng.{topic}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"zhiheng.{topic}.{module.name}")
    entries = {name: as_json(info) for name, info in sorted(REGISTERED.items())}
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(registry(), "utf-8")
    sys.stdout.write(f"{TARGET}\n")
