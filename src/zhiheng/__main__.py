"""``python -m zhiheng``."""

from zhiheng.cli import main

main()
