"""Jobs arrive paused, with their history, in every shape they were ever written in; what is odd is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentos_cli.belongings import Plan
from agentos_cli.importers.clawdbot.schedules import reader as cron
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home
from agentos_cli.scheduler.when import checked
from agentos_cli.store.import_records import Outcome
from tests.importers.building import as_json, as_lines
from tests.importers.cron_samples import BRIEF, MADE, NOW, POLL, VAT, at, home, job, run, setup

LOG = f"cron__runs__{BRIEF}_jsonl"
DAY = 86_400_000
SECRET = "sk-ant-api03-inventedinventedinvented0071inventedinvented"


def read(
    found: Home, told: Setup | None = None, *, timezone: str | None = None, now: datetime = NOW
) -> list[Piece]:
    return list(
        cron.read(found, told or setup(), Redactor([(SECRET, "api_key")]), timezone=timezone, now=now)
    )


def plans(pieces: list[Piece]) -> dict[str, Plan]:
    return {piece.name: piece.thing for piece in pieces if isinstance(piece.thing, Plan)}


def plan(folder: Path, raw: object, **options: object) -> tuple[Plan, Piece]:
    """The one schedule that this one job becomes."""
    pieces = read(home(folder, {"version": 1, "jobs": [raw]}), **options)  # type: ignore[arg-type]
    (piece,) = [piece for piece in pieces if piece.thing]
    assert isinstance(piece.thing, Plan)
    return piece.thing, piece


# ── what comes over ──────────────────────────────────────────────────────────────────────────────


def test_a_job_becomes_a_schedule_whose_words_say_all_there_was(tmp_path: Path) -> None:
    payload = {
        "kind": "agentTurn", "message": "Summarise overnight mail.", "model": "anthropic/claude-haiku-4-5",
        "thinking": "low", "timeoutSeconds": 300, "deliver": True, "channel": "telegram", "to": "111222333",
    }  # fmt: skip
    found, piece = plan(tmp_path, job(description="inbox + calendar", payload=payload))
    assert (found.name, found.when, found.zone) == ("morning-brief", "30 7 * * 1-5", "Europe/Berlin")
    assert found.text.splitlines() == [
        "Summarise overnight mail.", "", "called: Morning brief", "about: inbox + calendar", "agent: main",
        "session: isolated", "woken: next-heartbeat", "model: anthropic/claude-haiku-4-5", "thinking: low",
        "time limit: 300 s", "delivered to: telegram 111222333",
    ]  # fmt: skip
    assert found.created_at == datetime(2026, 1, 26, 8, tzinfo=UTC)
    assert found.notes == ("it is enabled there: the old gateway may still fire it",)
    assert (piece.kind, piece.name, piece.path, piece.asks) == ("schedule", BRIEF, "state/cron/jobs.json", ())


@pytest.mark.parametrize(
    ("schedule", "when"),
    [
        ({"kind": "every", "everyMs": 900_000, "anchorMs": MADE}, "every 900s from 2026-01-26T08:00:00Z"),
        ({"everyMs": 5_000}, "every 5s from 2026-01-26T08:00:00Z"),
        (
            {"kind": "every", "everyMs": "60000", "anchorMs": MADE + 1},
            "every 60s from 2026-01-26T08:00:00.001000Z",
        ),
        ({"kind": "at", "atMs": 1_770_624_000_000}, "at 2026-02-09T08:00:00Z"),
        ({"atMs": "1770624000000"}, "at 2026-02-09T08:00:00Z"),
        ({"kind": "at", "at": "2026-02-09T09:00:00+01:00"}, "at 2026-02-09T08:00:00Z"),
        ({"at": "2026-02-09T08:00:00"}, "at 2026-02-09T08:00:00Z"),
        ({"atMs": "2026-02-09"}, "at 2026-02-09T00:00:00Z"),
        ({"expr": "*/10 * * * * *", "tz": "UTC"}, "*/10 * * * * *"),
        ("0 9 * * MON", "0 9 * * 1"),
    ],
)
def test_every_way_to_say_when_is_understood(tmp_path: Path, schedule: object, when: str) -> None:
    found, _ = plan(tmp_path, job(schedule=schedule), timezone="UTC")
    assert found.when == when == checked(found.when)


@pytest.mark.parametrize("wrapper", ["data", "job"])
def test_odd_shapes_are_accepted(tmp_path: Path, wrapper: str) -> None:
    """A wrapper, `jobId`, flags as text, `provider`, and the payload's fields beside it."""
    raw = job()
    del raw["id"], raw["payload"]
    raw |= {"jobId": BRIEF, "enabled": "false", "message": "hello", "provider": "x"}
    found, piece = plan(tmp_path, {wrapper: raw})
    assert (piece.name, found.text.splitlines()[0]) == (BRIEF, "hello")
    assert found.notes == ("it is disabled there",)


def test_later_shapes_are_understood(tmp_path: Path) -> None:
    raw = job(
        schedule={"kind": "cron", "expr": "0 7 * * *", "tz": "UTC", "staggerMs": 30_000},
        delivery={"mode": "announce", "channel": "last"},
        payload={"kind": "agentTurn", "message": "x", "fallbacks": ["a/b", "c/d"], "toolsAllow": ["read"]},
    )
    found, piece = plan(tmp_path, raw)
    assert any("wherever you last spoke" in ask for ask in piece.asks)
    assert any("within 30 s of its time" in ask for ask in piece.asks)
    assert "other models: a/b, c/d" in found.text and "tools: read" in found.text
    _, piece = plan(tmp_path / "2", job(delivery={"mode": "webhook", "to": "https://example.test/hook"}))
    assert any("webhook" in ask for ask in piece.asks)
    found, piece = plan(tmp_path / "3", job(payload={"kind": "command", "command": ["ls", "-l"]}))
    assert found.text.startswith("ls -l") and any("`command`" in ask for ask in piece.asks)
    found, piece = plan(tmp_path / "4", job(payload={"kind": "dance", "steps": 3}))
    assert '"steps": 3' in found.text and any("no kind of work" in ask for ask in piece.asks)


def test_json5_a_list_without_a_table_and_empty_entries(tmp_path: Path) -> None:
    text = "// mine\n{ version: 1, jobs: [ null, " + json.dumps(job()) + ", 7, ], }"
    pieces = read(home(tmp_path, text))
    assert list(plans(pieces)) == [BRIEF]
    assert [(p.name, p.outcome) for p in pieces if p.thing is None] == [
        ("state/cron/jobs.json#1", Outcome.SKIPPED), ("state/cron/jobs.json#3", Outcome.SKIPPED),
    ]  # fmt: skip
    assert list(plans(read(home(tmp_path / "2", [job()])))) == [BRIEF]
    assert list(plans(read(home(tmp_path / "3", {"jobs": {POLL: {**job(), "id": POLL}}})))) == [POLL]


def test_how_it_went_comes_over_and_a_half_line_costs_itself(tmp_path: Path) -> None:
    log = as_lines([run(MADE, summary="Three mails."), {"action": "started", "ts": MADE}])
    log += as_lines([run(MADE + DAY, "error", error="timeout"), run(MADE + DAY, "skipped")])
    pieces = read(home(tmp_path, [job()], **{LOG: log + '{"ts":1769', f"cron__runs__{POLL}_jsonl": log}))
    found = plans(pieces)[BRIEF]
    told = [(r.due_at.day, r.status, r.said, r.ended_at - r.due_at) for r in found.runs]
    minute = timedelta(minutes=1)
    assert told == [
        (26, "ok", "Three mails.", minute),
        (27, "error", "timeout", minute),
        (27, "skipped", None, timedelta()),
    ]  # fmt: skip
    reasons = {piece.path: piece.reason for piece in pieces if piece.thing is None}
    assert "run history of its job, without 1 broken lines" in str(reasons[f"state/cron/runs/{BRIEF}.jsonl"])
    assert "no longer there" in str(reasons[f"state/cron/runs/{POLL}.jsonl"])


def test_of_very_many_runs_the_newest_come_over_and_that_is_said(tmp_path: Path) -> None:
    log = as_lines(run(MADE + n * 120_000) for n in range(1_003))
    found, *_ = plans(read(home(tmp_path, [job()], **{LOG: log}))).values()
    assert len(found.runs) == 1_000 and found.runs[0].due_at.minute == 6
    assert "3 older ones did not" in found.notes[0]


def test_where_it_went_last_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    raw = at(kind="at", atMs=MADE)
    for shape in (
        {"jobs": {VAT: {"state": {"lastStatus": "ok"}}}},
        {"jobs": [{"id": VAT, "lastRunStatus": "ok"}]},
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        pieces = read(home(folder, [raw], **{"cron__jobs-state_json": as_json(shape)}))
        (piece,) = [piece for piece in pieces if piece.thing]
        assert not [ask for ask in piece.asks if "missed" in ask]


# ── what is asked ────────────────────────────────────────────────────────────────────────────────


def test_what_was_to_be_done_once_and_is_past_is_asked_about_and_never_due(tmp_path: Path) -> None:
    late = MADE + 99 * DAY
    for raw, missed in (
        (at(kind="at", atMs=MADE), True),
        ({**at(kind="at", atMs=MADE), "state": {"lastStatus": "ok"}}, False),
        ({**at(kind="at", atMs=MADE), "state": {"lastStatus": "error"}}, True),
        (at(kind="at", atMs=late), False),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        found, piece = plan(folder, raw)
        assert any("missed, needs a decision" in ask for ask in piece.asks) is missed
        assert found.text.startswith("Reminder: pay VAT")


@pytest.mark.parametrize(
    ("tz", "asked", "users", "zone", "ask"),
    [
        ("Asia/Tokyo", "UTC", "Europe/Berlin", "Asia/Tokyo", None),
        (None, "Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo", None),
        (None, None, "Europe/Berlin", "Europe/Berlin", "is a guess (the user's in the settings)"),
        (None, None, None, "UTC", "is a guess (there is no better guess)"),
        (None, None, "Moon/Base", "UTC", "is a guess"),
        ("Mars/Phobos", "Asia/Tokyo", None, "Asia/Tokyo", "its zone `Mars/Phobos` is none"),
        ("../../etc/passwd", None, None, "UTC", "is none"),
    ],
)
def test_the_zone_is_the_jobs_the_users_or_a_guess_that_says_so(
    tmp_path: Path, tz: str | None, asked: str | None, users: str | None, zone: str, ask: str | None
) -> None:
    schedule = {"kind": "cron", "expr": "0 7 * * *", **({"tz": tz} if tz else {})}
    raw = {"jobs": [job(schedule=schedule)]}
    (piece,) = [p for p in read(home(tmp_path, raw), setup(users), timezone=asked) if p.thing]
    assert isinstance(piece.thing, Plan) and piece.thing.zone == zone
    assert (ask is None and not piece.asks) or any(str(ask) in told for told in piece.asks)


def test_what_cannot_be_expressed_is_kept_as_it_was_and_asked_about(tmp_path: Path) -> None:
    found, piece = plan(tmp_path, job(schedule={"kind": "cron", "expr": "0 7 15W * *", "tz": "UTC"}))
    assert found.when == "0 7 15W * *" and "say when" in piece.asks[0]
    found, piece = plan(tmp_path / "2", job(schedule={"kind": "every", "everyMs": 1_500}))
    assert found.when.startswith("every 2s") and "parts of a second" in piece.asks[0]


@pytest.mark.parametrize(
    "schedule", [{}, {"kind": "every"}, {"kind": "every", "everyMs": 0}, {"kind": "at", "at": "soon"},
                 {"kind": "cron"}, {"kind": "every", "everyMs": 10**30}, {"kind": "every", "everyMs": True}],
)  # fmt: skip
def test_a_job_that_does_not_say_when_fails_alone(tmp_path: Path, schedule: object) -> None:
    pieces = read(home(tmp_path, [job(schedule=schedule), at(kind="at", atMs=MADE)]))
    assert list(plans(pieces)) == [VAT]
    (failed,) = [piece for piece in pieces if piece.outcome is Outcome.FAILED]
    assert failed.name == BRIEF and failed.kind == "schedule"


# ── names, twice, and other files ────────────────────────────────────────────────────────────────


def test_names_are_short_plain_and_each_its_own(tmp_path: Path) -> None:
    jobs = [
        job("b1", "Morning brief!", createdAtMs=MADE + 1), job("a1", "Morning  Brief"), job("c1", "朝"),
        job("d1", "Ü" * 60 + "x"), job("e1", "-"), job("f1", ""),
    ]  # fmt: skip
    found = {key: each.name for key, each in plans(read(home(tmp_path, jobs))).items()}
    assert found["a1"] == "morning-brief" and found["b1"].startswith("morning-brief-")
    assert len(set(found.values())) == 6
    assert all(
        len(name) <= 40 and name.strip("abcdefghijklmnopqrstuvwxyz0123456789-") == ""
        for name in found.values()
    )
    again = plans(read(home(tmp_path / "2", list(reversed(jobs)))))
    assert {key: each.name for key, each in again.items()} == found


def test_of_two_jobs_with_one_id_the_first_counts(tmp_path: Path) -> None:
    pieces = read(home(tmp_path, [job(), job(name="Other")]))
    assert plans(pieces)[BRIEF].name == "morning-brief"
    assert [p.reason for p in pieces if p.outcome is Outcome.SKIPPED] == [
        "a job of the same id comes before it"
    ]


def test_the_digest_is_of_what_it_is_and_not_of_how_it_stands(tmp_path: Path) -> None:
    def digest(folder: str, raw: object, log: str = "", now: datetime = NOW) -> str:
        found = home(tmp_path / folder, [raw], **({LOG: log} if log else {}))
        (piece,) = [piece for piece in read(found, now=now) if piece.thing]
        return piece.digest

    first = digest("1", job())
    assert digest("2", job(updatedAtMs=1, state={"lastRunAtMs": 5, "nextRunAtMs": 9})) == first
    assert digest("3", job(), now=NOW + timedelta(days=999)) == first
    assert digest("4", job(enabled=False)) != first
    assert digest("5", job(), as_lines([run(MADE)])) != first


def test_every_file_beside_the_jobs_is_accounted_for(tmp_path: Path) -> None:
    found = home(
        tmp_path, [job()],
        cron__jobs_json_bak="{}", cron__jobs_json_bak_2="x", cron__odd="?", **{LOG: as_lines([run(MADE)])},
    )  # fmt: skip
    pieces = read(found)
    assert {piece.path for piece in pieces} == {entry.path for entry in found.all()}
    reasons = {p.path: str(p.reason) for p in pieces}
    assert "a copy" in reasons["state/cron/jobs.json.bak.2"] and "not understood" in reasons["state/cron/odd"]


@pytest.mark.parametrize("content", ["", "{", "7", "null", '{"jobs": 3}', "[" * 100_000, "\0", '{"a": 1}'])
def test_a_file_that_is_no_list_of_jobs_fails_and_nothing_else(tmp_path: Path, content: str) -> None:
    pieces = read(home(tmp_path, content, cron__jobs_json_bak="{}"))
    assert [(p.path, p.outcome) for p in pieces] == [
        ("state/cron/jobs.json", Outcome.FAILED), ("state/cron/jobs.json.bak", Outcome.SKIPPED),
    ]  # fmt: skip


def test_jobs_may_lie_where_the_settings_say(tmp_path: Path) -> None:
    there = {"my__store_json": as_json([job()]), f"my__runs__{BRIEF}_jsonl": as_lines([run(MADE)])}
    found = home(tmp_path, [at(kind="at", atMs=MADE)], **there)
    for told in ("/home/u/.clawdbot/my/store.json", "~/.clawdbot/my/store.json", "C:\\x\\my\\store.json"):
        pieces = read(found, setup(cron_store=told))
        assert sorted(plans(pieces)) == [BRIEF, VAT] and len(plans(pieces)[BRIEF].runs) == 1
        assert {piece.path for piece in pieces} == {entry.path for entry in found.all()}
    (gone,) = read(home(tmp_path / "2", None, x="1"), setup(cron_store="/elsewhere/jobs5.json"))
    assert gone.outcome is Outcome.SKIPPED and "not in the home" in str(gone.reason)


def test_no_secret_of_a_job_comes_over(tmp_path: Path) -> None:
    raw = job(
        name=f"use {SECRET}", description=SECRET, payload={"kind": "agentTurn", "message": f"key {SECRET}!"},
        schedule={"kind": "cron", "expr": f"0 7 * * {SECRET}", "tz": SECRET},
    )  # fmt: skip
    pieces = read(home(tmp_path, [raw], **{LOG: as_lines([run(MADE, summary=f"sent {SECRET}")])}))
    assert SECRET not in repr(pieces) and SECRET[:20] not in repr(pieces)
    (piece,) = [piece for piece in pieces if piece.thing]
    assert sum(piece.redacted.values()) >= 4


def test_a_reading_does_not_hang_on_what_jobs_are_called(tmp_path: Path) -> None:
    """Names and ids from outside reach no path: one that climbs out is a name like any other."""
    raw = job("../../../etc/passwd", "x\x1b[31m\0")
    found, piece = plan(tmp_path, raw)
    assert (found.name, piece.name) == ("x-31m", "../../../etc/passwd") and found.runs == ()
    assert "\0" not in found.text and replace(found, name="y").when == found.when
