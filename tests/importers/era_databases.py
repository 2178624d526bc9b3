"""The databases of the last era, with the tables that the format document names. All values invented."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from tests.importers import era_talks as talks
from tests.importers.era_parts import HOUR, JOB, NINE, SESSION, jobs

STATE = """
CREATE TABLE cron_jobs (store_key TEXT, job_id TEXT, name TEXT, enabled INTEGER, agent_id TEXT,
  schedule_kind TEXT, schedule_expr TEXT, schedule_tz TEXT, every_ms INTEGER, anchor_ms INTEGER, at TEXT,
  session_target TEXT,
  wake_mode TEXT, payload_kind TEXT, payload_message TEXT, payload_model TEXT,
  payload_timeout_seconds INTEGER,
  delivery_mode TEXT, delivery_channel TEXT, delivery_to TEXT, job_json TEXT, state_json TEXT);
CREATE TABLE cron_run_logs (job_id TEXT, ts INTEGER, entry_json TEXT);
CREATE TABLE heartbeat_outcomes (agent_id TEXT, ts INTEGER, outcome TEXT);
CREATE TABLE subagent_runs (run_id TEXT, run_json TEXT);
CREATE TABLE auth_profile_stores (agent_id TEXT, store_json TEXT);
CREATE TABLE config_machine_state (key TEXT, value TEXT);
CREATE TABLE device_identities (device_id TEXT, private_key_pem TEXT);
CREATE TABLE device_auth_tokens (device_id TEXT, token TEXT);
"""
AGENT = """
CREATE TABLE session_nodes (session_key TEXT, current_session_id TEXT, entry_json TEXT);
CREATE TABLE session_windows (session_id TEXT, session_key TEXT, created_at INTEGER, model TEXT);
CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT, created_at INTEGER);
"""
KEY = "sk-ant-invented-key-0061"
PRIVATE = "-----BEGIN PRIVATE KEY-----\ninvented0062\n-----END PRIVATE KEY-----\n"


def state() -> bytes:
    """`state/openclaw.sqlite`: jobs whole and one in columns alone, two runs, a sub-agent, and secrets."""
    listed = jobs()["jobs"]
    assert isinstance(listed, list)
    rows = [("default", job["id"], job["name"], job["enabled"], json.dumps(job), "{}") for job in listed]
    runs = [
        (JOB, at, json.dumps({"ts": at, "jobId": JOB, "action": "finished", "status": status}))
        for at, status in ((NINE + 41000, "ok"), (NINE + HOUR, "error"))
    ]
    child = {"runId": "r1", "childSessionKey": f"agent:main:subagent:{talks.RESEARCH}", "task": "find rye",
             "requesterSessionKey": "agent:main:main", "createdAt": NINE,
             "outcome": {"status": "ok"}}  # fmt: skip
    profiles = {"version": 1, "profiles": {"anthropic:default": {"type": "api_key", "key": KEY}}}
    return _database(STATE, [
        ("INSERT INTO cron_jobs (store_key, job_id, name, enabled, job_json, state_json)"
         " VALUES (?,?,?,?,?,?)", rows),
        ("INSERT INTO cron_jobs (store_key, job_id, name, enabled, schedule_kind, schedule_expr, schedule_tz,"
         " payload_kind, payload_message) VALUES (?,?,?,?,?,?,?,?,?)",
         [("default", "columns-only", "Stock count", 1, "cron", "0 18 * * 5", "Europe/Berlin", "agentTurn",
           "Count the flour.")]),
        ("INSERT INTO cron_run_logs VALUES (?,?,?)", runs),
        ("INSERT INTO subagent_runs VALUES (?,?)", [("r1", json.dumps(child))]),
        ("INSERT INTO auth_profile_stores VALUES (?,?)", [("main", json.dumps(profiles))]),
        ("INSERT INTO config_machine_state VALUES (?,?)", [("authProfiles.store", json.dumps(profiles))]),
        ("INSERT INTO device_identities VALUES (?,?)", [("d1", PRIVATE)]),
        ("INSERT INTO device_auth_tokens VALUES (?,?)", [("d1", "invented-token-0063")]),
    ])  # fmt: skip


def agent() -> bytes:
    """`agents/main/agent/openclaw-agent.sqlite`: one conversation, event by event."""
    events = [(SESSION, place, line, NINE) for place, line in enumerate(talks.transcript().splitlines())]
    main = "agent:main:main"
    entry = {"sessionId": SESSION, "updatedAt": NINE + HOUR, "chatType": "direct"}
    return _database(AGENT, [
        ("INSERT INTO session_nodes VALUES (?,?,?)", [(main, SESSION, json.dumps(entry))]),
        ("INSERT INTO session_windows VALUES (?,?,?,?)", [(SESSION, main, NINE, "claude-sonnet-4-5")]),
        ("INSERT INTO transcript_events VALUES (?,?,?,?)", events),
    ])  # fmt: skip


def _database(schema: str, inserts: Iterable[tuple[str, Iterable[tuple[object, ...]]]]) -> bytes:
    made = sqlite3.connect(":memory:")
    try:
        made.executescript(schema)
        for statement, rows in inserts:
            made.executemany(statement, rows)
        made.commit()
        return made.serialize()
    finally:
        made.close()
