"""What monitoring reads of a store says how it stands, on both databases, and counters never go back."""

from __future__ import annotations

from datetime import datetime, timedelta

from agentos_cli.events import Consumer, Event, Priority
from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.check_records import Alert, CheckState, Entries, Standing
from agentos_cli.store.gauges import DueTimesSeen, Gauges, JobSeen
from agentos_cli.store.outbox import State
from agentos_cli.store.records import SavedBriefing
from agentos_cli.store.slots import CatchUp, Schedule
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord
from tests.store.samples import NOW

DAY = timedelta(days=1)
SLACK = Consumer("slack", "slack")


def ran(
    work: str,
    name: str,
    at: datetime = NOW,
    ms: int = 10,
    ok: bool = True,
    run: str = "run_1",
    mrr: str = "5 EUR",
) -> RunRecord:
    return RunRecord(
        run, work, name, at, ms, ok, {"mrr": mrr} if work == "agent" else {}, None if ok else "x"
    )


def test_an_empty_store_has_nothing_but_its_size(store: Store) -> None:
    found = store.gauges()
    assert found.size is not None and found.size > 10_000
    assert found == Gauges({}, [], {}, {}, [], {}, {}, {}, found.size)


def test_a_job_is_as_old_as_its_last_success_and_as_slow_as_its_last_run(store: Store) -> None:
    store.record([ran("source", "stripe", NOW, 100), ran("source", "linear", NOW, 300)])
    later = NOW + DAY
    store.record(
        [ran("source", "stripe", later, 5, run="run_2"), ran("source", "linear", later, 7, False, "run_2")]
    )
    jobs = store.gauges().jobs
    assert jobs["source:stripe"] == JobSeen(later, 5)
    assert jobs["source:linear"] == JobSeen(NOW, 7)
    assert jobs["sync"] == JobSeen(NOW, 7)


def test_a_brief_is_a_run_that_made_a_briefing(store: Store) -> None:
    agents = [ran("agent", "finance", ms=30), ran("agent", "ops", ms=50), ran("agent", "ceo", ms=20)]
    store.record(agents, SavedBriefing("run_1", NOW, "{}"))
    store.record([ran("agent", "finance", NOW + DAY, run="run_2")])
    jobs = store.gauges().jobs
    assert jobs["brief"] == JobSeen(NOW, 70)
    assert jobs["agent:finance"] == JobSeen(NOW + DAY, 10)


def test_figures_are_those_of_the_last_good_run_of_each_agent_but_the_ceo(store: Store) -> None:
    store.record([ran("agent", "finance", mrr="1 EUR"), ran("agent", "ceo", mrr="9 EUR")])
    store.record([ran("agent", "finance", NOW + DAY, ok=False, mrr="0 EUR", run="run_2")])
    (seen,) = store.gauges().figures
    assert (seen.as_of, dict(seen.figures)) == (NOW, {"mrr": "1 EUR"})


def test_breakers_alerts_wakers_and_the_heartbeat_are_seen(store: Store) -> None:
    store.breaker("stripe").update(lambda _: (BreakerState(state="open", opened_at=NOW), None))
    store.schedules().woke("cron", NOW, "host", "1")
    state = CheckState("heartbeat", Standing.SCHEDULED, NOW, NOW)
    alerts = [
        Alert("alr_1", "disk", Priority.HIGH, "alert", "full", {}, NOW, NOW),
        Alert("alr_2", "cash", Priority.HIGH, "alert", "low", {}, NOW, NOW),
        Alert("alr_3", "mrr", Priority.LOW, "alert", "over", {}, NOW, NOW, resolved_at=NOW),
    ]
    store.checks().update(lambda _: (Entries([state], alerts=alerts), None))
    found = store.gauges()
    assert (found.breakers, found.alerts) == ({"stripe": "open"}, {"high": 2})
    assert found.jobs == {"tick": JobSeen(NOW, None), "heartbeat": JobSeen(NOW, None)}


def test_a_heartbeat_that_never_ends_is_no_success(store: Store) -> None:
    state = CheckState("heartbeat", Standing.RUNNING, NOW, NOW)
    store.checks().update(lambda _: (Entries([state]), None))
    assert store.gauges().jobs == {}


def test_failures_are_counted_on_when_they_are_forgotten(store: Store) -> None:
    with store.outbox() as outbox:
        outbox.subscribe(SLACK, NOW)
        for number in range(2):
            outbox.announce(Event("Happened", f"it:{number}", NOW, {}))
            (delivery,) = outbox.claim("slack", NOW, owner="me", seconds=60, limit=1)
            outbox.retry(delivery, NOW, "away", NOW)
            (delivery,) = outbox.claim("slack", NOW, owner="me", seconds=60, limit=1)
            outbox.done([delivery], NOW)
    found = store.gauges()
    assert (found.consumers, found.failures) == (["slack"], {"slack": 2})
    assert found.deliveries == {("slack", State.DONE): 2}
    assert store.event_log().purge(NOW + DAY) == 1
    found = store.gauges()
    assert found.deliveries == {("slack", State.DONE): 1}
    assert found.failures == {"slack": 2}


def test_missed_due_times_are_counted_on_when_they_are_forgotten(store: Store) -> None:
    hour, since = timedelta(hours=1), NOW - 9 * DAY
    schedule = Schedule(
        "morning", "0 7 * * *", "UTC", ("brief",), CatchUp.NONE, hour, hour, False, since, since
    )  # fmt: skip
    schedules = store.schedules()
    schedules.put(schedule, since)
    assert schedules.enter(schedule, [NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY], None, NOW) == 3
    assert schedules.claim(NOW, owner="me", seconds=60) is None
    assert store.gauges().schedules == {"morning": DueTimesSeen(NOW - DAY, 3)}
    assert schedules.purge(NOW) == 2
    assert len(schedules.slots("morning")) == 1
    assert store.gauges().schedules == {"morning": DueTimesSeen(NOW - DAY, 3)}
    (kept,) = schedules.all()
    assert schedules.enter(kept, [NOW], None, NOW + DAY) == 1
    assert schedules.claim(NOW + DAY, owner="me", seconds=60) is None
    assert schedules.purge(NOW + DAY) == 1  # what is forgotten later is added to it
    assert store.gauges().schedules == {"morning": DueTimesSeen(NOW, 4)}


def test_a_run_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    store.record([ran("source", "stripe")])
    store.record([ran("agent", "ceo", run="run_2")], SavedBriefing("run_2", NOW, "{}"))
    runs, briefing = store.run("run_2")
    assert [run.name for run in runs] == ["ceo"]
    assert briefing == SavedBriefing("run_2", NOW, "{}")
    assert [run.run_id for run in store.run("run_")[0]] == ["run_1", "run_2"]
    assert store.run("run%") == store.run("r_n") == ((), None)


def test_old_runs_go_but_the_last_good_and_the_last_bad_of_each(store: Store) -> None:
    for day in range(6):
        at, run = NOW + day * DAY, f"run_{day}"
        store.record(
            [ran("source", "stripe", at, ok=day % 2 == 0, run=run), ran("agent", "ceo", at, run=run)]
        )
    store.record([], SavedBriefing("run_0", NOW, "{}"))
    before = NOW + 5 * DAY
    assert store.forget_runs(before) == 9
    left = [(run.name, (run.started_at - NOW).days) for run in store.runs()]
    assert left == [("ceo", 5), ("stripe", 5), ("stripe", 4)]
    assert store.forget_runs(before) == 0
    assert store.last_briefing() is not None


def test_of_another_tenant_nothing_is_seen_or_forgotten(store: Store, store_url: str) -> None:
    store.record([ran("source", "stripe"), ran("source", "stripe", NOW + DAY)])
    charlie = Store(store_url, "charlie")
    assert charlie.forget_runs(NOW + 9 * DAY) == 0
    assert charlie.gauges().jobs == {} and charlie.run("run_") == ((), None)
    assert len(store.runs()) == 2
