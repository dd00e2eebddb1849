"""Run the study of this folder again and compare the numbers.

Usage: python replicate.py
Exit code 0: every table is the same to ten significant digits. 1: some table differs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# One thread of linear algebra, set before numpy is loaded: sums keep their order.
for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def main() -> int:
    """Run, compare, say what was found."""
    from zhiheng.report.replication import replicate

    found = replicate(Path(__file__).resolve().parent)
    sys.stdout.write(f"{found.message('zh')}\n{found.message('en')}\n")
    return 0 if found.same else 1


if __name__ == "__main__":
    sys.exit(main())
