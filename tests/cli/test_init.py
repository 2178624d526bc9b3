"""The first set-up: questions on a terminal, flags everywhere, and nothing of an existing file lost."""

from __future__ import annotations

import stat
import tomllib

import pytest

from tests.cli.program import Program

FLAGS = ("--company", "Acme", "--currency", "eur", "--timezone", "Europe/Berlin")


@pytest.fixture
def program(fresh: Program) -> Program:
    """Here it is the first start that is looked at, and what may not be written by it."""
    return fresh


def written(program: Program) -> dict[str, object]:
    return tomllib.loads(program.config.read_text(encoding="utf-8"))


def test_without_a_terminal_flags_and_defaults_decide(program: Program) -> None:
    ran = program("init", *FLAGS)
    assert ran.code == 0
    assert "ready" in ran.out
    assert "about to write" in ran.err
    assert written(program) == {"company": {"name": "Acme", "currency": "EUR", "timezone": "Europe/Berlin"}}
    assert stat.S_IMODE(program.config.stat().st_mode) == 0o600
    assert program("status", "--json").json()["database"] == "current"
    assert program("config", "validate").code == 0


def test_it_can_be_run_again_and_changes_only_what_is_asked(program: Program) -> None:
    program.configure(
        "# my own words\n[policy]\nmrr_goal = 20000  # high\n\n[company]\n# the name\n"
        'name = "Old"\ncurrency = "GBP"\n\n[sync]\ndeadline = 30\n'
    )
    assert program("init", "--company", "New", "--yes").code == 0
    text = program.config.read_text(encoding="utf-8")
    for kept in (
        "# my own words",
        "mrr_goal = 20000  # high",
        "# the name",
        'currency = "GBP"',
        "deadline = 30",
    ):
        assert kept in text
    assert written(program)["company"] == {"name": "New", "currency": "GBP", "timezone": "UTC"}
    assert program("init", "--yes").code == 0
    assert program.config.read_text(encoding="utf-8") == text


def test_names_that_are_hard_to_write_come_back_as_they_were(program: Program) -> None:
    for name in ('Quote " and \\ slash', "Zoë & Söhne → 日本", "[/x] # no comment", "\\g<0>"):
        assert program("init", "--company", name, "--yes").code == 0
        assert program("brief", "--cached", "--json").json()["company"] == name


def test_a_terminal_is_asked_with_the_present_as_default(program: Program) -> None:
    answers = [
        ("Company name", "Acme\n"),
        ("Currency", "eur\n"),
        ("Time zone", "\n"),
        ("Database", "\n"),
        ("Write it?", "y\n"),
    ]
    ran = program.on_terminal("init", answers=answers)
    assert ran.code == 0, ran.out
    assert written(program)["company"] == {"name": "Acme", "currency": "EUR", "timezone": "UTC"}
    answers = [("Company name [Acme]", "\n"), ("[EUR]", "\n"), ("[UTC]", "\n"), ("Database", "\n")]
    assert program.on_terminal("init", answers=[*answers, ("Write it?", "n\n")]).code == 2
    assert written(program)["company"] == {"name": "Acme", "currency": "EUR", "timezone": "UTC"}


def test_saying_no_writes_nothing(program: Program) -> None:
    answers = [("Company name", "A\n"), ("Currency", "\n"), ("Time zone", "\n"), ("Database", "\n")]
    ran = program.on_terminal("init", answers=[*answers, ("Write it?", "n\n")])
    assert ran.code == 2
    assert not program.config.exists()
    assert not program.database.exists()


def test_a_wrong_answer_on_a_terminal_is_refused_and_nothing_is_written(program: Program) -> None:
    answers = [("Company name", "A\n"), ("Currency", "dollars\n"), ("Time zone", "\n"), ("Database", "\n")]
    ran = program.on_terminal("init", answers=answers)
    assert ran.code in {2, 7}
    assert b"three capital letters" in ran.raw
    assert b"Traceback" not in ran.raw
    assert not program.config.exists()


def test_yes_on_a_terminal_asks_nothing(program: Program) -> None:
    for flag in ("--yes", "--no-input"):
        ran = program.on_terminal("init", *FLAGS, flag)
        assert ran.code == 0
        assert b"?" not in ran.raw


def test_a_store_of_its_own(program: Program) -> None:
    place = program.home / "elsewhere" / "mine.db"
    assert program("init", "--store", f"sqlite:///{place}", "--yes").code == 0
    assert place.exists()
    assert not program.database.exists()
    assert program("status", "--json").json()["store"] == f"sqlite:///{place}"


def test_a_file_with_a_mistake_is_not_made_worse(program: Program) -> None:
    program.configure('company = { name = "Inline" }\n')
    before = program.config.read_text(encoding="utf-8")
    ran = program("init", "--company", "New", "--yes")
    assert (ran.code, ran.raw) == (7, b"")
    assert ran.said_plainly()
    assert program.config.read_text(encoding="utf-8") == before
