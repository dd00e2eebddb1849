"""The command line: one thin door per verb."""

from zhiheng.cli.app import main

__all__ = ["main"]
