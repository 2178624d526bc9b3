"""Every JSON document keeps its published schema, and says what the text says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Vendors
from tests.cli.program import Program
from tests.importers import eras

AGENTS = ("finance", "sales", "ops", "marketing", "hr", "success", "ceo")
LOOKING = {
    "brief --demo --cached": "brief",
    "next --demo": "next",
    **{f"{agent} --demo": "report" for agent in AGENTS},
    "agents list --demo": "agents",
    "agents check finance --demo": "agents",
    "metrics list": "metrics",
    "metrics show cac_paid_search": "metrics",
    "metrics history mrr --demo": "history",
    "metrics history capacity --demo": "history",
    "explain mrr --demo": "explain",
    "explain arr --demo --all": "explain",
    "movements --demo": "movements",
    "cohorts --demo": "cohorts",
    "what-if --demo --lose-customer Northwind --raise-price 5": "what_if",
    "forecast list --demo": "forecasts",
    "forecast score --demo": "scores",
    "forecast methods": "forecast_methods",
    "skills list --demo": "skills",
    "skills search overdue --demo": "found",
    "energy --demo": "energy",
    "goals list --demo": "goals",
    "tasks list --demo": "tasks",
    "connectors list --demo": "connectors",
    "connectors show stripe --demo": "connector",
    "connectors skipped --demo": "skipped",
    "runs --demo": "runs",
    "events list --demo": "events",
    "events show 1 --demo": "event",
    "events dead --demo": "deliveries",
    "events consumers --demo": "consumers",
    "runs list --demo": "runs",
    "logs --demo": "logs",
    "status --demo": "status",
    "doctor --demo": "doctor",
    "heartbeat list --demo": "checks",
    "heartbeat history --demo": "check_history",
    "heartbeat alerts --demo": "alerts",
    "heartbeat review --demo": "review",
    "models --demo": "models",
    "models list --demo": "models",
    "models search sonnet --demo": "models_found",
    "models prices anthropic/claude-sonnet-4-5 --demo": "model_prices",
    "sessions --demo": "sessions",
    "sessions list --demo": "sessions",
    "sessions search invoice --demo": "found",
    "sessions cost --demo": "session_costs",
    "search river --demo": "found",
    "knowledge list --demo": "knowledge",
    "workspace list --demo": "documents",
    "workspace profiles --demo": "profiles",
    "config show --demo": "config",
    "config validate": "done",
    "config path": "done",
}
"""Commands that change nothing, and the schema of what they print with `--json`."""

DOING = {
    "init --company Fernwick --yes": "done",
    "config example --write mine.toml": "done",
    "db upgrade": "database",
    "db backup copy.db": "database",
    "db restore copy.db --yes": "database",
    "db check": "database",
    "demo files company": "done",
    "export --csv exported --beancount books": "export",
    "connect files --folder company": "connected",
    "connectors test files": "connected",
    "connectors check files": "drift",
    "connectors new acme": "done",
    "sync": "sync",
    "events tail --since 0 --type SourceSynced": "announced",
    "events purge": "moved",
    "brief": "brief",
    "notify add log --kind file --option path=~/log.md": "channel",
    "notify test log": "channel",
    "brief --send": "brief",
    "notify list": "channels",
    "notify history": "sent",
    "notify remove log": "channel",
    "connectors open files": "connected",
    "connectors reset files": "connected",
    "goals add Grow --tag growth": "goals",
    "tasks add Call --due tomorrow --impact 50k": "tasks",
    "dreams add Bread": "dreams",
    "dreams show bread": "dream",
    "dreams search bread": "found",
    "dreams archive bread": "dreams",
    "energy low": "energy",
    "heartbeat run": "beat",
    "heartbeat alerts --all": "alerts",
    "connectors remove files": "connected",
    "schedule add sync --at 07:00": "schedules",
    "schedule install --cron --dry-run": "waker",
    "schedule pause sync": "schedules",
    "schedule resume sync": "schedules",
    "schedule test sync --now": "tried",
    "schedule show sync": "schedule",
    "schedule search sync": "schedules",
    "tick": "tick",
    "schedule remove sync": "schedules",
    "knowledge add Remembered --title Rivers": "knowledge",
    "search rivers --in knowledge": "found",
    "workspace put main/SOUL.md mine.toml": "documents",
    "workspace show SOUL.md": "document",
    "workspace history SOUL.md": "documents",
    "workspace diff SOUL.md": "document_diff",
    "workspace search agentos": "found",
    "workspace remove SOUL.md": "documents",
    "demo reset": "done",
}
"""Commands that do something, in an order in which they work."""


BROUGHT = {
    "migrate --from-clawdbot theirs": "migration",
    "migrate --from-clawdbot theirs --yes": "migration",
    "migrate list": "imports",
    "migrate show import_": "import",
    "migrate show import_ --archive source-config.redacted.json": "archive",
    "models show anthropic": "model",
    "skills show mixer": "skill",
    "knowledge show main/MEMORY.md": "knowledge_text",
    "sessions show main/8a1c2f7e-0000-4000-8000-000000000001": "session",
    "workspace profiles main": "profiles",
    "heartbeat review": "review",
    "migrate undo import_": "undone",
}
"""Commands about what was brought from elsewhere, in an order in which they work."""


@cache
def validator(name: str) -> Draft202012Validator:
    """Strict: the schema as `agentos schema NAME` prints it, and nothing beside what it names."""
    with TemporaryDirectory() as home:
        printed = Program(Path(home))("schema", name).json()
    Draft202012Validator.check_schema(printed)
    assert printed["$id"] == f"agentos.{name}/1"
    return Draft202012Validator(closed(printed))


def closed(part: Any) -> Any:
    """The schema with `additionalProperties: false` wherever properties are listed."""
    if isinstance(part, dict):
        more = {"additionalProperties": False} if "properties" in part else {}
        return {**{key: closed(value) for key, value in part.items()}, **more}
    return [closed(each) for each in part] if isinstance(part, list) else part


def check(document: Any, name: str) -> None:
    assert document["schema"] == f"agentos.{name}/1"
    validator(name).validate(document)


@pytest.mark.parametrize("words", LOOKING)
def test_what_is_looked_up_keeps_its_schema(onlooker: Program, words: str) -> None:
    ran = onlooker(*words.split(), "--json")
    assert (ran.code, ran.err) == (0, "")
    check(ran.json(), LOOKING[words])


def test_what_is_done_keeps_its_schema(program: Program) -> None:
    for words, name in DOING.items():
        ran = program(*words.split(), "--json")
        assert ran.code == 0, (words, ran.err)
        check(ran.json(), name)
    eras.clawdbot(program.home / "theirs")
    for words, name in BROUGHT.items():
        ran = program(*words.split(), "--json")
        assert ran.code == 0, (words, ran.err)
        check(ran.json(), name)
    goal, task = program("goals", "list", "--json").json(), program("tasks", "list", "--json").json()
    check(program("goals", "close", goal["goals"][0]["id"], "--json").json(), "goals")
    check(program("tasks", "done", task["tasks"][0]["id"], "--json").json(), "tasks")


def findings(brief: Any) -> Iterator[tuple[str, str]]:
    yield "decision", brief["decisions"][0]["id"]
    yield "risk", brief["risks"][0]["id"]
    yield "alert", brief["alerts"][0]["id"]


def test_a_finding_of_any_kind_keeps_its_schema(demo: Program) -> None:
    brief = demo("brief", "--demo", "--cached", "--json").json()
    for kind, wanted in findings(brief):
        shown = demo("show", wanted.lower(), "--demo", "--json").json()
        check(shown, "finding")
        assert (shown["kind"], shown["id"], shown[kind]["id"]) == (kind, wanted, wanted)
    wanted = brief["decisions"][0]["id"]
    check(demo("snooze", wanted, "--demo", "--json").json(), "snooze")
    check(demo("snooze", wanted, "--wake", "--demo", "--json").json(), "snooze")


def test_a_run_keeps_its_schema(demo: Program) -> None:
    demo("brief", "--demo", "--refresh")
    (run, *_) = demo("runs", "--demo", "--agent", "ceo", "--json").json()["runs"]
    shown = demo("runs", "show", run["run_id"], "--demo", "--json").json()
    check(shown, "run")
    assert shown["briefing"] and shown["log"] and len(shown["runs"]) >= len(AGENTS)


def test_a_connection_keeps_its_schema_and_an_error_too(program: Program, vendors: Vendors) -> None:
    check(vendors.connect(program, "stripe", "--json").json(), "connected")
    refused = vendors.connect(program, "linear", "--json", key="lin_api_wrong")
    assert refused.raw == b""
    check(json.loads(refused.err.splitlines()[-1]), "error")


def test_how_the_daemon_fares_keeps_its_schema(onlooker: Program) -> None:
    ran = onlooker("schedule", "run", "--status", "--json")
    assert (ran.code, ran.err) == (1, ""), "none has ever run here"
    check(ran.json(), "daemon")


def test_every_schema_is_kept_by_some_command(onlooker: Program) -> None:
    named = set(onlooker("schema").out.split())
    assert named == {
        *LOOKING.values(),
        *DOING.values(),
        *BROUGHT.values(),
        "finding",
        "snooze",
        "error",
        "run",
        "daemon",
    }


def test_the_check_of_documents_bites(onlooker: Program) -> None:
    document = onlooker("status", "--demo", "--json").json()
    for wrong in ({**document, "more": 1}, {k: v for k, v in document.items() if k != "zone"}):
        with pytest.raises(Exception, match=r"more|zone"):
            check(wrong, "status")


# ── some fields ──────────────────────────────────────────────────────────────────────────────────


def test_fields_are_selected_in_the_order_asked_for(onlooker: Program) -> None:
    ran = onlooker("brief", "--demo", "--cached", "--json=verdict, numbers")
    assert list(ran.json()) == ["schema", "verdict", "numbers"]
    whole = onlooker("brief", "--demo", "--cached", "--json").json()
    assert ran.json()["verdict"] == whole["verdict"]
    assert onlooker("brief", "--demo", "--cached", "--json=").json() == whole


@pytest.mark.parametrize("words", ["brief --demo --cached", "finance --demo", "status --demo", "runs --demo"])
def test_an_unknown_field_is_a_mistake_of_usage(onlooker: Program, words: str) -> None:
    ran = onlooker(*words.split(), "--json=schema,verdickt")
    assert (ran.code, ran.raw) == (2, b"")
    assert "verdickt" in ran.error()["message"]
    assert "schema" in ran.error()["fix"]


# ── one set of figures ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["text", "plain", "md", "html"])
def test_the_brief_says_the_same_numbers_in_every_form(onlooker: Program, form: str) -> None:
    document = onlooker("brief", "--demo", "--cached", "--json").json()
    drawn = onlooker("brief", "--demo", "--cached", "--all", "-o", form, "--width", "200").out
    assert len(document["numbers"]) >= 5
    for number in document["numbers"]:
        lines = [line for line in drawn.splitlines() if number["title"] in line]
        assert any(number["text"] in line for line in lines), number["title"]
    for decision in document["decisions"]:
        assert decision["id"] in drawn


@pytest.mark.parametrize("agent", AGENTS[:-1])
def test_a_report_says_the_same_numbers_as_its_json(onlooker: Program, agent: str) -> None:
    document = onlooker(agent, "--demo", "--json").json()
    drawn = onlooker(agent, "--demo", "--all", "--width", "200").out.splitlines()
    assert document["metrics"]
    for metric in document["metrics"]:
        line = next(line for line in drawn if line.startswith(f"{metric['title']}  "))
        assert metric["text"] in line, line


def test_a_number_is_what_its_text_says(onlooker: Program) -> None:
    document = onlooker("finance", "--demo", "--json").json()
    mrr = next(metric for metric in document["metrics"] if metric["key"] == "mrr")
    assert (mrr["unit"], mrr["currency"]) == ("money", "USD")
    thousands = float(mrr["text"].removeprefix("$").removesuffix("k"))
    assert thousands == pytest.approx(mrr["value"] / 100_000, abs=0.51)
