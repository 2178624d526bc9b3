"""What was done can be read afterwards: the log, everything of one run, and JSON lines for collectors."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Vendors
from tests.cli.program import Program

LOG = ".local/state/agentos/logs/default.jsonl"


def lines(program: Program, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program("logs", "--json", *words).json()["lines"]
    return found


def test_a_fresh_machine_has_an_empty_log(program: Program) -> None:
    assert lines(program) == []
    assert "nothing" in program("logs").out


def test_each_agent_run_and_each_sync_is_a_line_with_its_record(office: Program) -> None:
    assert office("brief").code == 0
    runs = {run["name"]: run for run in office("runs", "--limit", "50", "--json").json()["runs"]}
    logged = {line["fields"]["name"]: line for line in lines(office) if line["logger"] == "agentos.run"}
    assert set(logged) >= {"finance", "ceo", "stripe", "files"}
    for name in ("finance", "ceo", "stripe"):
        line, fields = logged[name], logged[name]["fields"]
        assert (line["run"], line[runs[name]["work"]], line["level"]) == (runs[name]["run_id"], name, "info")
        assert fields["duration_ms"] == runs[name]["duration_ms"]
        assert (fields["success"], fields["metrics"]) == (True, runs[name]["metrics"])
        assert fields["timestamp"].startswith(runs[name]["started_at"][:19])
    assert (office.home / LOG).stat().st_mode & 0o777 == 0o600


def test_a_brief_and_what_it_read_are_one_run(office: Program, vendors: Vendors) -> None:
    vendors.order("linear=expired")
    assert office("brief", "--refresh").code == 0
    (ceo,) = office("runs", "--agent", "ceo", "--limit", "1", "--json").json()["runs"]
    shown = office("runs", "show", ceo["run_id"], "--json").json()
    worked = {(run["work"], run["name"]): run["success"] for run in shown["runs"]}
    assert worked[("source", "stripe")] and worked[("agent", "finance")]
    assert worked[("source", "linear")] is False and shown["success"] is False
    assert shown["briefing"]["verdict"] == office("brief", "--cached", "--json").json()["verdict"]
    assert {line["run"] for line in shown["log"]} == {ceo["run_id"]}
    failed = [line for line in shown["log"] if line["level"] == "warning" and line["source"] == "linear"]
    assert failed and shown["log"] == lines(office, "--run", ceo["run_id"])
    text = office("runs", "show", ceo["run_id"][:-1]).out
    assert "FAILED" in text and "linear" in text and shown["briefing"]["verdict"] in text


def test_runs_without_a_command_lists(office: Program) -> None:
    listed = office("runs", "list", "--source", "stripe", "--json").json()
    assert office("runs", "--source", "stripe", "--json").json() == listed
    assert [run["name"] for run in listed["runs"]] == ["stripe"]
    assert office("runs").out == office("runs", "list").out != ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "run_nope"), "nothing ran as `run_nope`"),
        (("--limit", "3", "show", "run_nope"), "stands before"),
        (("show",), "Missing argument"),
    ],
)
def test_a_run_that_is_asked_for_wrongly(onlooker: Program, words: tuple[str, ...], told: str) -> None:
    ran = onlooker("runs", *words)
    assert (ran.code, ran.raw) == (2, b"")
    assert told in ran.err


def test_a_beginning_that_several_runs_have_names_one_of_them(office: Program) -> None:
    assert office("brief").code == 0
    ran = office("runs", "show", "run_", "--json")
    assert ran.code == 2
    named = ran.error()["fix"].removeprefix("agentos runs show ")
    assert office("runs", "show", named).code == 0


def test_lines_are_chosen_by_age_and_by_how_bad_they_are(office: Program, vendors: Vendors) -> None:
    vendors.order("linear=expired")
    assert office("sync", "linear").code != 0
    bad = lines(office, "--level", "warning")
    assert bad and {line["level"] for line in bad} <= {"warning", "error"}
    assert any(line["source"] == "linear" for line in bad)
    whole = lines(office)
    assert lines(office, "--since", "1h") == whole and len(whole) > len(bad)
    old = json.loads((office.home / LOG).read_text().splitlines()[0]) | {"ts": "2026-01-01T00:00:00.000Z"}
    (office.home / LOG).write_text(json.dumps(old) + "\n")
    assert lines(office, "--since", "1h") == [] and len(lines(office)) == 1
    for wrong in ("soon", "999999d"):
        assert office("logs", "--since", wrong).code == 2


def test_a_command_that_fails_leaves_a_line_and_a_mistake_of_usage_none(office: Program) -> None:
    assert office("explain", "mmr").code == 2
    assert office("db", "restore", "nowhere.db", "--yes").code == 7
    assert lines(office, "--level", "error") == []  # what looks into no store keeps no log either
    office.configure("[company]\ncurrency = 'EUR'\n")
    (office.home / "taken").mkdir()
    assert office("metrics", "--textfile", "taken").code == 7
    (line,) = lines(office, "--level", "error")
    assert "taken" in line["message"] and line["fields"]["code"] == "data"


def test_each_tenant_and_the_demo_have_a_log_of_their_own(office: Program) -> None:
    before = lines(office)
    assert before and lines(office, "--tenant", "charlie") == []
    assert office("brief", "--demo").code == 0
    assert {line["fields"].get("name") for line in lines(office, "--demo")} >= {"finance", "ceo"}
    assert lines(office) == before
    assert office("logs", "--tenant", "../default").code == 2


def test_no_secret_and_no_escape_is_in_the_log(program: Program, vendors: Vendors) -> None:
    assert vendors.connect(program, "stripe", "--no-check", key="sk_live_canary0123456789").code == 0
    assert program("sync").code != 0
    text = (program.home / LOG).read_text()
    assert "stripe" in text and "canary" not in text
    assert text.isascii() and "\x1b" not in text


def test_what_somebody_wrote_into_the_file_does_no_harm(office: Program) -> None:
    strange = {
        "ts": "2026-11-23T07:00:00.000Z\x1b[2J",
        "level": "info",
        "message": "\x1b]0;x\x07 hi",
        "run": 7,
    }
    (office.home / LOG).write_text(json.dumps(strange) + "\nnot json\n" + '{"ts": 1}\n')
    ran = office("logs")
    assert ran.code == 0 and "\x1b" not in ran.out and "hi" in ran.out
    assert [line["run"] for line in lines(office)] == [None]
    assert office("logs", "--since", "1h").code == 0


def read_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_who_follows_sees_what_comes(office: Program) -> None:
    process = office.started("logs", "--follow", "--json", "--limit", "1")
    try:
        last = read_line(process)
        assert last == lines(office, "--limit", "1")[0]
        assert office("sync", "files").code == 0
        while (line := read_line(process))["source"] is None:
            assert line["logger"] == "agentos.said"
        assert line["source"] == "files"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.communicate()


# ── JSON lines on stderr ─────────────────────────────────────────────────────────────────────────


def test_all_that_is_said_is_json_lines_where_that_is_asked_for(office: Program, vendors: Vendors) -> None:
    vendors.order("linear=expired")
    ran = office("brief", "--refresh", env={"AGENTOS_LOG": "json"})
    assert ran.code == 0 and ran.out
    said = [json.loads(line) for line in ran.err.splitlines()]
    assert {line.get("source") for line in said} >= {"stripe", "linear"}
    assert {line.get("agent") for line in said} >= {"finance", "ceo"}
    assert len({line["run"] for line in said if "run" in line}) == 1
    assert office("brief", "--cached").err == ""


def test_an_error_is_a_json_line_too(office: Program) -> None:
    ran = office("show", "nope", env={"AGENTOS_LOG": "json"})
    assert ran.code == 2
    assert [json.loads(line) for line in ran.err.splitlines()][-1]["error"]["code"] == "usage"
    ran = office("status", env={"AGENTOS_LOG": "xml"})
    assert ran.code == 2 and "AGENTOS_LOG" in ran.err


def test_a_line_says_for_which_schedule_it_was(office: Program) -> None:
    assert office("sync", "files", env={"AGENTOS_SCHEDULE": "morning"}).code == 0
    assert lines(office, "--limit", "1")[0]["schedule"] == "morning"


def test_a_tick_that_does_something_leaves_a_line_and_its_command_says_for_what(office: Program) -> None:
    assert office("schedule", "add", "figures", "--at", "07:00", "--", "sync", "files").code == 0
    assert office("schedule", "test", "figures", "--now").code == 0
    found = lines(office, "--since", "1h")
    assert any(line["schedule"] == "figures" and line["source"] == "files" for line in found)
    office("tick", "--by", "cron")
    before = [line for line in lines(office) if line["logger"] == "agentos.work.tick"]
    office("tick", "--by", "cron")
    assert [line for line in lines(office) if line["logger"] == "agentos.work.tick"] == before


def test_a_log_that_cannot_be_written_stops_nothing(office: Program, tmp_path: Path) -> None:
    (office.home / LOG).unlink()
    (office.home / LOG).mkdir()
    ran = office("brief", "--refresh")
    assert (ran.code, ran.err) == (0, "") and ran.out
    assert list((office.home / LOG).iterdir()) == []
