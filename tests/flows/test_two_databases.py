"""SQLite and PostgreSQL say the same to the byte, and on either of them Charlie sees nothing of Alice's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.__main__ import run
from agentos_cli.app import App
from agentos_cli.belongings import KIND_OF
from agentos_cli.clock import utc_now
from agentos_cli.commands import TABLE
from agentos_cli.events import Consumer
from agentos_cli.store.import_records import ImportItem, ImportRecord, Outcome
from agentos_cli.store.imports import Step
from agentos_cli.store.store import Store
from agents.catalogue import CATALOGUE
from agents.nouns import NOUNS, Noun
from agents.snapshot import Goal, Task
from tests.cli.program import Ran
from tests.flows.street import MORNING, Street, house
from tests.store.samples import things

AGENTS = (*CATALOGUE, "ceo")
TEAM = "where-alices-team-reads"
Run = Callable[..., Ran]


@pytest.fixture
def agentos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command line in this process, on the store at a URL, for a tenant."""
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(tmp_path)

    def ran(*words: str, url: str, tenant: str | None = None) -> Ran:
        monkeypatch.setenv("AGENTOS_STORE__URL", url)
        if tenant is not None:
            monkeypatch.setenv("AGENTOS_TENANT", tenant)
        else:
            monkeypatch.delenv("AGENTOS_TENANT", raising=False)
        capfd.readouterr()
        code = run(words)
        shown = capfd.readouterr()
        return Ran(code, shown.out.encode(), shown.err)

    yield ran


def live_a_little(made: App) -> None:
    """What a user leaves behind beside records: goals, tasks, energy, a channel."""
    made.plans.add_goal("Zürich office", None, 2.0, ("growth", "Äpfel"), made.today)
    made.plans.add_goal("apprentices", None, 1.0, (), made.today)
    for title in ("über the limit", "Zebra", "apple", "_first", "日本の契約"):
        made.plans.add_task(title, None, made.today, 15, 20, ("growth",))
    made.plans.set_energy(35)
    with made.store.outbox() as outbox:
        outbox.subscribe(Consumer("team", "file", options={"path": f"/nowhere/{TEAM}.md"}), made.clock())


def test_the_same_company_gives_the_same_bytes(
    sqlite_store_url: str, postgres_store_url: str, street: Street, tmp_path: Path, agentos: Run
) -> None:
    one, other = (house(tmp_path / "keys", MORNING, url=u) for u in (sqlite_store_url, postgres_store_url))
    for made in (one, other):
        street.connect(made).sync(None, force=True)
        live_a_little(made)
    first = one.desk.brief()["decisions"][0]["id"]
    as_of = ("--as-of", MORNING.isoformat())
    lines = [
        ("brief", "--json", *as_of),
        ("brief", *as_of),
        ("brief", "--all", "-o", "html", *as_of),
        ("brief", "--all", "-o", "md", *as_of),
        ("next", "--json", *as_of),
        ("show", first, "--json", *as_of),
        *((agent, "--json", *as_of) for agent in AGENTS),
        *((agent, "--all", *as_of) for agent in AGENTS),
    ]

    for words in lines:
        ours, theirs = (agentos(*words, url=url) for url in (sqlite_store_url, postgres_store_url))
        assert ours.code == theirs.code == 0, (words, ours.err, theirs.err)
        assert len(ours.raw) > 50
        assert ours.raw == theirs.raw, words
    assert one.plans.goals() == other.plans.goals() != ()
    assert one.plans.tasks() == other.plans.tasks() != ()
    assert one.connectors() == other.connectors()
    assert [run.metrics for run in one.store.runs(11)] == [run.metrics for run in other.store.runs(11)]


def words_of(store: Store) -> set[str]:
    """Every name, title, address and id in Alice's records and plans that is hers alone."""
    known = store.read(utc_now(), NOUNS)
    mine = [record for records in known.records.values() for record in records]
    hers: list[Noun | Goal | Task] = [*mine, *known.goals, *known.tasks]
    texts = {
        str(getattr(item, field.name))
        for item in hers
        for field in fields(item)
        if field.name in {"id", "name", "title", "email", "number"} and getattr(item, field.name)
    }
    return {text for text in texts if len(text) > 6}


def charlies_lines(ids: list[str]) -> dict[str, list[tuple[str, ...]]]:
    """What Charlie types, by command; every command there is has its place here."""
    forms = (("--json",), ("--all",), ("-o", "html"))
    return {
        "brief": [("brief", *form) for form in (*forms, ("--cached",), ("--refresh",))],
        "next": [("next",), ("next", "--json")],
        "show": [("show", each) for each in ids],
        "snooze": [("snooze", each) for each in ids],
        "explain": [("explain", each, "--json") for each in ("mrr", "cash", "pipeline", "priorities", *ids)],
        "movements": [("movements", "--json"), ("movements", "--customer", "Northwind")],
        "cohorts": [("cohorts",), ("cohorts", "--mrr", "--json")],
        "forecast": [("forecast", word, "--json") for word in ("list", "score", "methods")],
        "what-if": [("what-if", "--lose-customer", "Northwind"), ("what-if", "--raise-price", "5", "--json")],
        "export": [("export", "--beancount", "-"), ("export", "--ledger", "-")],
        "metrics": [("metrics", "history", "mrr", "--json")],
        **{agent: [(agent, *form) for form in forms] for agent in AGENTS},
        "agents": [("agents", "list", "--json"), ("agents", "check", "finance")],
        "energy": [("energy",), ("energy", "--json")],
        "goals": [("goals", "list", "--json"), *(("goals", "close", each) for each in ids)],
        "tasks": [("tasks", "list", "--all", "--json"), *(("tasks", "done", each) for each in ids)],
        "connect": [("connect", "stripe", "--from", "file:stripe", "--no-check")],
        "connectors": [
            ("connectors", "list"),
            *(
                ("connectors", word, "stripe")
                for word in ("show", "test", "check", "open", "reset", "remove")
            ),
        ],
        "sync": [("sync",), ("sync", "stripe"), ("sync", "--due", "--json")],
        "status": [("status",), ("status", "--json")],
        "doctor": [("doctor",)],
        "runs": [
            ("runs", "--limit", "1000", "--json"),
            ("runs",),
            *(("runs", "show", each) for each in ("run_", *ids)),
        ],
        "sessions": [
            ("sessions", "--json"),
            ("sessions", "search", "invoice", "--json"),
            ("sessions", "cost", "--by", "month", "--json"),
            *(("sessions", "show", each) for each in ids),
        ],
        **duties_lines(),
        "config": [("config", "show", "--origin")],
        "db": [("db", "check")],
        # these look into no store, or into the demo's own
        "init": [],
        "demo": [],
        "schema": [],
        "completion": [],
    }


def duties_lines() -> dict[str, list[tuple[str, ...]]]:
    """The same of what the house does by itself."""
    return {
        "events": [
            ("events", "list", "--json"),
            ("events", "show", "1", "--json"),
            ("events", "dead", "--json"),
            ("events", "consumers", "--json"),
            ("events", "tail", "--since", "0", "--json"),
            ("events", "tail", "--group", "billing", "--since", "0", "--json"),
            ("events", "replay", "billing", "--from", "1", "--json"),
            ("events", "retry", "1", "billing"),
            ("events", "settle", "1", "billing"),
            ("events", "purge"),
        ],
        "notify": [
            *(("notify", word, "--json") for word in ("list", "history")),
            *(("notify", word, "team") for word in ("test", "remove")),
        ],
        "schedule": [
            ("schedule", "list", "--json"),
            ("schedule", "search", "brief", "--json"),
            ("schedule", "install", "--cron", "--dry-run"),
            ("schedule", "run", "--status", "--json"),
            *(("schedule", word, "brief") for word in ("show", "test", "pause", "resume", "remove")),
        ],
        "models": [
            ("models", "--json"),
            ("models", "show", "anthropic"),
            ("models", "search", "sonnet", "--json"),
            ("models", "prices", "anthropic/claude-sonnet-4-5"),
        ],
        "tick": [("tick",), ("tick", "--json")],
        "heartbeat": [("heartbeat", *w.split()) for w in ("run", "list", "history", "alerts", "ack waker")],
        "logs": [("logs", "--json"), ("logs", "--limit", "1000")],
        "search": [("search", "a", "--json"), ("search", "walnuts", "--json")],
        "knowledge": [("knowledge", *w.split()) for w in ("list --json", "show a", "search a", "remove a")],
        "workspace": [
            ("workspace", *w.split())
            for w in (
                "list --json",
                "show SOUL.md",
                "diff SOUL.md",
                "search walnuts",
                "remove SOUL.md",
                "profiles",
            )
        ],
        "migrate": [
            ("migrate", "list", "--json"),
            *(("migrate", word, "import_1", "--json") for word in ("show", "undo")),
        ],
        "skills": [
            ("skills", *w.split()) for w in ("list --all --json", "show chaser", "search a", "enable a")
        ],
        "dreams": [("dreams", *w.split()) for w in ("list --json", "show a", "search a", "archive a")],
    }


BROUGHT = "Walnuts and anise"
"""In everything that Alice brought from elsewhere, and nowhere else."""


def bring(store: Store) -> None:
    """One thing of every kind."""
    steps = [
        Step(ImportItem(str(KIND_OF[type(thing)]), thing.key, "state/x", Outcome.IMPORTED), thing)
        for thing in things(BROUGHT)
    ]
    store.imports().apply(ImportRecord("import_1", "install", BROUGHT, "era", utc_now()), steps)


def all_of(store: Store) -> list[Any]:
    """All that is Alice's, to be found unchanged."""
    breakers = [store.breaker(source).peek() for source in ("stripe", "hubspot", "linear")]
    return [store.read(utc_now(), NOUNS), store.connections(), store.skipped(), store.runs(1_000), breakers]


def test_charlie_sees_nothing_of_alices_by_any_command(
    store_url: str, today: Street, tmp_path: Path, agentos: Run
) -> None:
    alice = house(tmp_path, utc_now, url=store_url, tenant="alice")
    today.connect(alice).sync(None, force=True)
    live_a_little(alice)
    bring(alice.store)
    brief = alice.desk.brief()
    hers = words_of(alice.store) | {today.server.keys["stripe"], TEAM, BROUGHT}
    ids = [brief["decisions"][0]["id"], alice.plans.goals()[0].id, alice.plans.tasks()[0].id]
    before, kept = all_of(alice.store), alice.store.imports().items("import_1")
    lines = charlies_lines(ids)
    assert set(lines) == set(TABLE)

    assert BROUGHT in agentos("search", "walnuts", "--json", url=store_url, tenant="alice").out
    seen = agentos("brief", "--cached", "--all", "--json", url=store_url, tenant="alice")
    assert len([word for word in hers if word in seen.out]) > 20, "the check looks for the wrong words"
    shown: dict[tuple[str, ...], str] = {}
    for words in (words for group in lines.values() for words in group):
        ran = agentos(*words, url=store_url, tenant="charlie")
        assert ran.code in {0, 1, 2, 3, 4, 7} and "unexpected" not in ran.err, (words, ran.err)
        shown[words] = ran.out + ran.err
        if words[0] in {"brief", "finance", "status", "runs"}:
            flag = agentos(*words, "--tenant", "charlie", url=store_url, tenant="alice")
            shown[(*words, "--tenant")] = flag.out + flag.err

    leaks = {(words, word) for words, text in shown.items() for word in hers if word in text}
    assert leaks == set()
    for each in ids:
        refused = shown[("show", each)], shown[("goals", "close", each)], shown[("tasks", "done", each)]
        assert all(text.startswith("error: ") for text in refused)
    assert all_of(alice.store)[:3] == before[:3]
    assert all_of(alice.store)[4] == before[4]
    assert len(alice.store.imports().standing((i.kind, i.thing or "") for i in kept)) == len(kept)
    assert {run.run_id for run in before[3]} <= {run.run_id for run in alice.store.runs(1_000)}


def test_one_tenants_work_does_not_hold_up_another(store_url: str, today: Street, tmp_path: Path) -> None:
    alice, charlie = (house(tmp_path, utc_now, url=store_url, tenant=name) for name in ("alice", "charlie"))
    today.connect(charlie, "linear")
    with alice.store.lease("sync", 60):
        (outcome,) = charlie.sync(None, force=True)
    assert outcome.ok
    assert alice.sync(None, force=True) == ()
    assert alice.store.connections() == ()
