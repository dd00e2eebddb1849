"""A process that draws: ``python -m zhiheng.report.draw_worker``, started by `draw_pool`.

Reads pickled ``(spec, scale)`` from stdin and answers each with a pickled
``(svg, png)``, or with None where it could not draw. Ends when stdin ends, so
it never outlives the process that started it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import BinaryIO

from zhiheng.report.vega import draw


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nothing more is asked."""
    while True:
        try:
            spec, scale = pickle.load(asked)
        except EOFError:
            return
        try:
            answer = tuple(draw(spec, scale))
        except Exception:
            answer = None  # the asker draws it again, and the error is raised where it is seen
        pickle.dump(answer, answers)
        answers.flush()


def main() -> None:
    """Serve on stdin and stdout, and keep what a library prints out of the answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
