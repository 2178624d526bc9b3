"""Words that name nothing, or nothing that can be: exit 2, one clear line, what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program

HINTS = {
    "brif": "'brief'",
    "--nope": "--nope",
    "config": "agentos config --help",
    "brief --nope": "agentos brief --help",
    "brief --demmo": "--demo",
    "brief -o yaml": "svg",
    "brief --width 9": "40",
    "brief --as-of yesterday": "2026-11-23T07:00",
    "brief --as-of 99999-01-01": "--as-of",
    "brief --tenant Not/One": "lower-case",
    "show ZZZZZ": "agentos brief --all",
    "snooze ZZZZZ": "agentos brief --all",
    "snooze ZZZZZ --wake": "agentos brief --all",
    "snooze": "ID",
    "agents check finanse": "agentos agents list",
    "connect strip": "did you mean stripe?",
    "connect paypal": "choose from stripe, hubspot, linear, files",
    "connect files": "agentos connect files --folder PATH",
    "connect files --folder nowhere": "agentos connect files --folder PATH",
    "connect stripe --base-url http://example.com --keep-in file --key-file key.txt": "https",
    "connect stripe --option novalue --key-file key.txt": "NAME=VALUE",
    "connect stripe --keep-in pocket --no-check --key-file key.txt": "keyring",
    "connect stripe --login browser": "--client-id",
    "connect stripe --login browser --client-id x": "connected with a key",
    "connect linear --login pigeon --client-id x": "browser or --login device",
    "connect linear --login device --client-id x": "--login browser",
    "connectors test stripe": "agentos connect stripe",
    "connectors test strip": "did you mean stripe?",
    "connectors reset strip": "did you mean stripe?",
    "connectors remove stripe": "agentos connectors list",
    "connectors skipped strip": "did you mean stripe?",
    "sync stripe": "agentos connect stripe",
    "sync strip": "did you mean stripe?",
    "energy lots": "low, medium, high",
    "energy 101": "0 to 100",
    "goals close GZZZZ": "agentos goals list",
    "goals add x --quarter soon": "2026-Q4",
    "goals add x --weight -1": "0.1",
    "tasks done TZZZZ": "agentos tasks list",
    "tasks add x --impact lots": "50k",
    "tasks add x --due someday": "tomorrow",
    "tasks add x --energy lots": "low, medium, high",
    "runs --agent finanse": "agentos agents list",
    "runs --source strip": "did you mean stripe?",
    "schema breef": "brief",
    "completion csh": "'bash', 'zsh', 'fish'",
    "demo serve --fault stripe=zzz": "ratelimit",
    "demo serve --fault paypal=html": "stripe, hubspot, linear",
    "demo serve --customers 1": "5",
    "db restore copy.db": "--yes",
    "config example --write key.txt": "choose another name",
    "init --timezone Mars/Olympus": "--timezone is no time zone",
    "init --currency dollars": "--currency must be",
    "init --store mysql://x": "--store must start with",
}
"""A command line, and what its error must mention."""


@pytest.mark.parametrize("words", HINTS)
def test_a_wrong_word_is_told_with_what_would_be_right(program: Program, words: str) -> None:
    (program.home / "key.txt").write_text("sk_test_for_nothing", encoding="utf-8")
    (program.home / "copy.db").touch()
    ran = program(*words.split())
    assert (ran.code, ran.raw) == (2, b"")
    assert ran.said_plainly()
    assert HINTS[words] in ran.err
    assert sum(line.startswith("error: ") for line in ran.err.splitlines()) == 1
    assert "sk_test" not in ran.err


def test_a_command_that_is_only_named_wrong_is_not_run_instead(fresh: Program) -> None:
    fresh("statu")
    assert list(fresh.home.iterdir()) == []


def test_empty_and_endless_words_are_refused(program: Program) -> None:
    for words in (("tasks", "add", ""), ("goals", "add", " \t "), ("tasks", "add", "x" * 201)):
        ran = program(*words)
        assert (ran.code, ran.raw) == (2, b"")
        assert "1 to 200 characters" in ran.err
    long = program("show", "x" * 5000)
    assert long.code == 2
    assert len(long.err) < 500


def test_what_was_typed_cannot_drive_the_terminal(program: Program) -> None:
    for words in (("energy", "\x1b[31mred"), ("show", "\x1b]0;title\x07"), ("\x1b[2J",), ("connect", "a\nb")):
        ran = program(*words)
        assert ran.code == 2
        assert "\x1b" not in ran.err
        assert "\x07" not in ran.err
        assert sum(line.startswith("error: ") for line in ran.err.splitlines()) == 1


def test_words_that_are_no_text_are_refused_or_dropped(program: Program, tmp_path: Path) -> None:
    ran = program.shell(r"agentos tasks add $'caf\xe9' && agentos tasks list")
    assert ran.code == 0
    assert ran.said_plainly()
    assert "caf" in ran.out
    assert program.shell(r"agentos goals add $'caf\xe9' --tag $'\xff'").code == 0
    assert program.shell(r"agentos init --company $'caf\xe9'").code == 2
    assert program.shell(r"agentos show $'\xff\xfe'").code == 2
