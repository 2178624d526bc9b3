"""What is generated into the repository, and the command that writes it anew: `make docs`.

Each entry of `GENERATED` is a file and the function that makes its text; `test_docs` holds them equal.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from agentos_cli.commands import TABLE
from agentos_cli.config.example import example
from tests.docs.metrics import metrics_page

ROOT = Path(__file__).parents[2]
AGENTOS = Path(sys.executable).parent / "agentos"
MORNING = "2026-11-23T07:00"
"""The morning of the picture in the README: a Monday in the demo company's zone."""

HEAD = """\
# Every command

Made by `make docs` from the program's own `--help`, and held equal to it by a test.
"""


def agentos(*words: str) -> str:
    """What the installed program prints, in an empty home, without colours, 100 columns wide."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "COLUMNS": "100",
            "TERMINAL_WIDTH": "100",
            "PYTHONUTF8": "1",
            "TZ": "UTC",
        }
        done = subprocess.run(
            (AGENTOS, *words), env=environment, capture_output=True, check=True, timeout=120
        )
    return done.stdout.decode()


def commands() -> list[tuple[str, ...]]:
    """Every command and sub-command, in the order of `agentos --help`."""
    from typer.main import get_command

    from agentos_cli.commands.table import application

    found: list[tuple[str, ...]] = []
    for name in TABLE:
        found.append((name,))
        command = get_command(application(name)).commands[name]  # type: ignore[attr-defined]
        found += [(name, sub) for sub in getattr(command, "commands", {})]
    return found


def command_page() -> str:
    """`docs/commands.md`."""
    parts = [HEAD, "```", agentos("--help").rstrip(), "```"]
    for words in commands():
        parts += ["", f"## agentos {' '.join(words)}", "", "```", agentos(*words, "--help").rstrip(), "```"]
    return "\n".join(parts) + "\n"


def picture() -> str:
    """`docs/brief.svg`: the brief of the demo company on one Monday."""
    return agentos("brief", "--demo", "--as-of", MORNING, "-o", "svg", "--width", "80")


GENERATED: dict[str, Callable[[], str]] = {
    "config.example.toml": example,
    "docs/commands.md": command_page,
    "docs/metrics.md": metrics_page,
    "docs/brief.svg": picture,
}


if __name__ == "__main__":
    for file, make in GENERATED.items():
        (ROOT / file).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"written: {file}\n")
