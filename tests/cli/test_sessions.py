"""`agentos sessions` as it is typed: conversations listed, shown as a tree, searched, and priced anew."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agentos_cli.store.link import transaction
from agentos_cli.store.sessions import SessionShelf
from agentos_cli.store.store import Store
from tests.cli.program import Program
from tests.importers.transcript_samples import BEGIN, entry, injected, mirror, reply, said, session

LONG = "\n".join(f"row {number}" for number in range(40))


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program in a home with three conversations in it."""
    program = Program(tmp_path_factory.mktemp("talked"))
    assert program("db", "upgrade").code == 0
    first = session(
        entry(1, None, **said("user", "send the invoice \x1b[31mto Acme")),
        entry(2, 1, **reply("asked back")),
        entry(3, 2, **said("user", "no, wait")),
        entry(4, 2, **said("user", "another way")),
        entry(5, 1, **reply("sent", provider="litellm", model="qwen3-32b")),
        entry(6, 5, **mirror("sent")),
        injected(7),
    )
    main = replace(first, id="8a1c2f7e", name="agent:main:main", channel="telegram", title="Invoices")
    told = entry(1, None, **said("toolResult", LONG, toolName="exec"))
    child = replace(session(told), id="2c000000", parent=main.key, label="research", task="find rye")
    other = replace(session(entry(1, None, **reply("free", usage={"input": 5}))), id="8b", agent="ops")
    path = next(program.home.rglob("agentos.db"))
    with transaction(Store(f"sqlite:///{path}", "default")._database, write=True) as link:
        for one in (main, child, replace(other, began_at=None, ended_at=None)):
            SessionShelf(link, "default").put(one, "clawdbot:1f00/x", BEGIN)
    return program


def test_sessions_are_listed_with_what_they_amount_to(talked: Program) -> None:
    ran = talked("sessions")
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0] == ["began", "session", "channel", "messages", "turns", "tokens", "title"]
    main = next(row for row in rows if row[2] == "main/8a1c2f7e")
    assert main[3:] == ["telegram", "3", "2", "18,704", "Invoices"]
    assert talked("sessions", "list", "--agent", "ops", "--json").json()["sessions"][0]["key"] == "ops/8b"
    short = talked("sessions", "--limit", "1")
    assert "2 more: --limit 3" in short.out
    assert talked("sessions", "list", "--since", "2026-02-01").out == "no sessions: agentos migrate --help\n"
    assert len(talked("sessions", "list", "--since", "2026-01-26", "--json").json()["sessions"]) == 2


def test_one_session_is_shown_with_its_cost_its_tree_and_whom_it_sent(talked: Program) -> None:
    ran = talked("sessions", "show", "8a1c", "--branches", "--width", "80")
    assert ran.code == 0 and "\x1b" not in ran.out
    assert "cost       re-priced $0.0045 (1 of 2 turns; 1 unpriced: litellm/qwen3-32b)" in ran.out
    assert "$0.0089 was reported there, which is not to be trusted" in ran.out
    assert "left out   3 messages beside the main line, 1 copy for delivery" in ran.out
    assert "main/2c000000  0      research" in ran.out
    marks = {
        line.split("  ")[-1].strip(): len(line) - len(line.lstrip())
        for line in ran.out.splitlines()
        if line.endswith(("asked back", "no, wait", "another way", "sent"))
    }
    assert marks == {"asked back": 2, "no, wait": 2, "another way": 4, "sent": 4}
    assert "no, wait" not in talked("sessions", "show", "8a1c").out


def test_a_session_as_data_says_the_same(talked: Program) -> None:
    told = talked("sessions", "show", "agent:main:main", "--json").json()
    assert told["session"]["key"] == "main/8a1c2f7e"
    assert told["counts"]["messages"] == {"user": 1, "assistant": 2} and told["counts"]["mirrors"] == 1
    assert told["cost"]["priced"] == 1 and told["cost"]["unpriced"] == {"litellm/qwen3-32b": 1}
    assert Decimal(told["cost"]["reported"]) == 2 * Decimal("0.004461")
    assert [each["key"] for each in told["children"]] == ["main/2c000000"]
    assert [each["live"] for each in told["entries"]] == [True] * 4
    only = talked(
        "sessions", "show", "8a1c", "--role", "user", "--branches", "--entries", "1", "--json"
    ).json()
    assert [each["lines"] for each in only["entries"]] == [["another way"]]


def test_long_entries_are_cut_for_people_and_whole_if_asked(talked: Program) -> None:
    cut, full = (talked("sessions", "show", "2c", *words) for words in ((), ("--full",)))
    assert "row 11" in cut.out and "row 12" not in cut.out and "[... 28 more lines: --full]" in cut.out
    assert "row 39" in full.out and "--full" not in full.out
    assert "task       find rye" in cut.out and "spawned by main/8a1c2f7e" in cut.out
    assert "no turns, so nothing to price" in cut.out and "no cost was reported there" in cut.out


def test_what_was_said_is_found(talked: Program) -> None:
    told = talked("sessions", "search", "acme", "invoice", "--json").json()
    assert [(one["thing"], one["part"], one["title"]) for one in told["found"]] == [
        ("main/8a1c2f7e", 1, "user")
    ]
    assert "send the invoice" in talked("sessions", "search", "acme").out
    assert talked("sessions", "search", "nowhere").out == "nothing was found\n"


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("model", ["anthropic/claude-sonnet-4-5", "litellm/qwen3-32b"]),
        ("agent", ["main", "ops"]),
        ("month", ["2026-01"]),
    ],
)
def test_costs_are_added_up_and_say_what_has_no_price(talked: Program, by: str, names: list[str]) -> None:
    told = talked("sessions", "cost", "--by", by, "--json").json()
    assert [row["name"] for row in told["rows"]] == names
    total = told["total"]
    assert sum(row["turns"] for row in told["rows"]) == total["turns"] == 3
    amounts = [Decimal(row["cost"]["amount"]) for row in told["rows"] if row["cost"]["amount"]]
    assert sum(amounts) == Decimal(total["cost"]["amount"]) > 0
    assert (total["cost"]["priced"], total["cost"]["unpriced"]) == (2, {"litellm/qwen3-32b": 1})
    text = talked("sessions", "cost", "--by", by).out
    assert "2 of 3 turns; 1 unpriced: litellm/qwen3-32b" in text and "not to be trusted" in text
    if by == "model":
        assert "no price" in next(line for line in text.splitlines() if line.startswith("litellm"))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("main/8a1c2f7f", "agentos sessions show main/8a1c2f7e"),
        ("zzz", "agentos sessions list"),
        ("8", "2 sessions are called `8`: main/8a1c2f7e, ops/8b"),
        ("\x1b[31m", "agentos sessions list"),
        ("", "sessions"),
    ],
)
def test_a_name_that_is_none_gets_one_line_with_the_nearest(talked: Program, asked: str, words: str) -> None:
    ran = talked("sessions", "show", asked)
    assert ran.code == 2 and words in ran.err and ran.said_plainly() and "\x1b" not in ran.err


def test_a_day_that_is_none_is_refused(talked: Program) -> None:
    for words in ("yesterday", "2026-13-01", "400000000d"):
        ran = talked("sessions", "list", "--since", words)
        assert ran.code == 2 and ran.said_plainly()


def test_where_nothing_was_brought_over_it_says_how(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert program("db", "upgrade").code == 0
    assert "agentos migrate" in program("sessions").out
    assert "no turns" in program("sessions", "cost").out
