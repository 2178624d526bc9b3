"""The heartbeat as people use it: run, look, acknowledge, snooze, decide; by the installed program."""

from __future__ import annotations

from agentos_cli.clock import utc_now
from agentos_cli.store.check_records import CheckDraft
from agentos_cli.store.store import Store
from tests.cli.program import Program, Ran

POOR = '[checks.poor]\nmetric = "mrr"\noperator = "<"\nlimit = 1000000000\npriority = "high"\n'


def beat(program: Program, *words: str) -> Ran:
    ran = program("heartbeat", *words)
    assert ran.said_plainly(), ran.err
    return ran


def alerts(program: Program, *words: str) -> dict[str, dict[str, object]]:
    """Open alerts, or those that `words` ask for, by their check."""
    found = beat(program, "alerts", "--json", *words).json()["alerts"]
    return {alert["check"]: alert for alert in found}


def test_a_beat_says_what_changed_once(office: Program) -> None:
    office.configure(POOR)
    first = beat(office, "run")
    assert (first.code, first.err) == (0, "")
    assert "raised" in first.out and "which is < $1B" in first.out
    second = beat(office, "run")
    assert second.out.startswith("nothing changed: ")
    raised = alerts(office)["check.poor"]
    assert (raised["state"], raised["priority"], raised["told"]) == ("alert", "high", 1)
    (event,) = [
        e for e in Store(f"sqlite:///{office.database}", "default").event_log().events(limit=999)
        if e.payload.get("check") == "check.poor"
    ]  # fmt: skip
    assert (event.type, event.payload["alert"]) == ("AlertRaised", raised["id"])


def test_strict_is_for_scripts(office: Program) -> None:
    office.configure("[heartbeat]\noff = ['metric', 'anomaly']\n")
    assert beat(office, "run", "--strict").code == 0
    office.configure("[heartbeat]\noff = ['metric', 'anomaly']\n" + POOR)
    ran = beat(office, "run", "--strict", "--json")
    assert (ran.code, ran.json()["alert"]) == (3, 1)


def test_what_is_no_longer_asked_for_is_resolved(office: Program) -> None:
    office.configure(POOR)
    beat(office, "run")
    office.configure("")
    shown = beat(office, "run").out
    assert "resolved" in shown
    assert "check.poor" not in alerts(office)
    assert alerts(office, "--all")["check.poor"]["state"] == "resolved"


def test_every_check_is_listed_with_its_evidence(office: Program) -> None:
    before = beat(office, "list")
    assert before.out.startswith("the heart has not beaten yet: agentos heartbeat run")
    office.configure(POOR)
    beat(office, "run")
    document = beat(office, "list", "--json").json()
    assert (document["beat"], document["beats"]) == ("scheduled", 1)
    states = {check["name"]: check for check in document["checks"]}
    assert {"fresh.stripe", "credential.stripe", "metric.mrr", "check.poor", "disk", "database"} <= set(
        states
    )
    poor = states["check.poor"]["evidence"]
    assert (poor["read"], poor["limit"]) == ("MRR (mrr)", "< $1B")
    assert poor["at"] is not None and str(poor["value"]) in poor["says"]
    lines = beat(office, "list").out.splitlines()
    assert lines[0].startswith("beat once, last ")
    assert " alert " in lines[3], "what is wrong comes first"


def test_history_tells_of_changes(office: Program) -> None:
    office.configure(POOR)
    beat(office, "run")
    results = beat(office, "history", "check.poor", "--json").json()["results"]
    assert [(result["check"], result["state"]) for result in results] == [("check.poor", "alert")]
    lines = beat(office, "history").out.splitlines()
    assert any("check.poor" in line for line in lines)
    assert not any(" ok " in line for line in lines), "that all was well at first is no change"
    refused = beat(office, "history", "check.none")
    assert (refused.code, refused.out) == (2, "")


def test_an_alert_is_acknowledged_by_its_id_or_its_check(office: Program) -> None:
    office.configure(POOR)
    beat(office, "run")
    name = str(alerts(office)["check.poor"]["id"])
    assert beat(office, "ack", name.lower()).out.startswith(f"{name} is acknowledged: ")
    assert alerts(office)["check.poor"]["acked_at"] is not None
    assert "alert, acknowledged" in beat(office, "alerts").out
    assert beat(office, "ack", "check.poor").code == 0
    refused = beat(office, "ack", "HZZZZZZZ", "--json")
    assert (refused.code, refused.raw) == (2, b"")
    assert refused.error()["fix"] == "agentos heartbeat alerts"


def test_an_alert_is_snoozed_for_a_span_or_until_an_instant(office: Program) -> None:
    office.configure(POOR)
    beat(office, "run")
    shown = beat(office, "snooze", "check.poor", "--for", "2h")
    assert " is snoozed until " in shown.out
    later = f"{utc_now().year + 1}-01-01T00:00"
    wrong = (
        ("--for", "2 weeks"), ("--for", "0h"), ("--for", "91d"), ("--until", "2020-01-01T00:00"),
        ("--until", "soon"), ("--for", "2h", "--until", later), (),
    )  # fmt: skip
    for words in wrong:
        refused = beat(office, "snooze", "check.poor", *words)
        assert (refused.code, refused.out) == (2, ""), words
    assert beat(office, "snooze", "check.poor", "--for", "3d", "--json").json()["alerts"][0]["snoozed_until"]


def test_checks_brought_from_elsewhere_are_decided_on(office: Program) -> None:
    store = Store(f"sqlite:///{office.database}", "default")
    poor = {"metric": "mrr", "operator": "<", "limit": 1_000_000_000, "hours": 0, "priority": "high"}
    store.checks().bring(CheckDraft("poor", "when we are poor\x1b[31m", poor, "clawdbot", utc_now()))
    store.checks().bring(CheckDraft("mood", "when the mood is low", None, "clawdbot", utc_now()))
    shown = beat(office, "review").out
    assert "mrr < 1000000000" in shown and "nothing: write [checks.mood] yourself" in shown
    assert "\x1b" not in shown
    assert beat(office, "review", "--approve", "mood").code == 7
    assert beat(office, "review", "--approve", "none").code == 2
    assert beat(office, "review", "--approve", "poor", "--reject", "mood").code == 2
    assert beat(office, "review", "--approve", "poor").out == "poor: approved\n"
    assert beat(office, "review", "--reject", "mood").out == "mood: rejected\n"
    assert beat(office, "review").out == "nothing to decide\n"
    beat(office, "run")
    assert "check.poor" in alerts(office)


def test_a_house_with_nothing_in_it_beats_too(program: Program) -> None:
    ran = beat(program, "run", "--json")
    assert (ran.code, ran.json()["alert"]) == (0, 0)
    assert beat(program, "alerts").out == "no alert is open\n"
