"""The documentation cannot lie: what is generated is current, what is quoted runs, what is linked exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from agentos_cli.commands import TABLE
from agentos_cli.commands.table import application
from tests.docs.generate import GENERATED, ROOT, agentos, commands

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("file", GENERATED)
def test_what_is_generated_is_current(file: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == GENERATED[file](), f"run `make docs` to renew {file}"


def quoted() -> list[tuple[str, str]]:
    """Every `agentos ...` line in a code block of a page, and those within back-ticks."""
    found = []
    for page in PAGES:
        if page.name in {"commands.md", "CHANGELOG.md"}:
            continue
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```(?:sh|console)?\n(.*?)```", text, re.S):
            found += [(page.name, line.strip().removeprefix("$ ")) for line in block.splitlines()]
        found += [(page.name, words) for words in re.findall(r"`(agentos [^`]+)`", text)]
    return [(page, line) for page, line in found if line.startswith("agentos ")]


@pytest.mark.parametrize(("page", "line"), quoted())
def test_every_quoted_command_parses(page: str, line: str) -> None:
    assert parses(line), f"{page}: {line}"


def parses(line: str) -> bool:
    """Whether the program would take this line's command, options and sub-command."""
    words = shlex.split(re.split(r"\s[|<>&]\s|\s{2,}|;|\s#|\s\\$|\s--\s", line)[0])[1:]
    if not words or words[0] in {"--help", "--version", "COMMAND"}:
        return True
    if words[0] not in TABLE:
        return False
    command = get_command(application(words[0])).commands[words[0]]  # type: ignore[attr-defined]
    rest = words[1:]
    if hasattr(command, "commands") and not (
        rest and rest[0].startswith("--") and command.invoke_without_command
    ):
        if not rest or rest[0] not in command.commands:
            return rest in ([], ["--help"]) or "|" in rest[0] if rest else True
        command, rest = command.commands[rest[0]], rest[1:]
    known = {name for param in command.params for name in param.opts + param.secondary_opts} | {"--help"}
    return all(word.split("=")[0] in known for word in rest if word.startswith("-") and len(word) > 1)


def test_the_check_of_quoted_commands_bites() -> None:
    assert parses("agentos brief --demo")
    assert not parses("agentos breif --demo")
    assert not parses("agentos brief --dmeo")
    assert not parses("agentos goals plant x")
    assert parses("agentos runs --limit 3") and not parses("agentos runs --limmit 3")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_has_help_with_an_example() -> None:
    for words in commands():
        if len(words) == 1:
            text = agentos(*words, "--help")
            assert "agentos " in text.split("Examples:")[-1], f"{words}: {text}"


def test_the_map_in_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {
        p.stem for p in (ROOT / "agentos_cli").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    missing = [room for room in sorted(rooms - {"__init__"}) if f"`{room}`" not in readme]
    assert missing == []
