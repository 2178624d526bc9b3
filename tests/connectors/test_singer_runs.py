"""A tap is a stranger's program: what it prints, how it ends, and what it gets to see. Each runs for real."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.connectors import singer
from agentos_cli.connectors.singer.room import private_room, put
from agentos_cli.errors import CredentialProblem, Fatal, Retryable, SourceError
from agentos_cli.redaction import redact
from agents.nouns import Ticket
from tests.connectors.singer_room import TICKETS, Connected, Read, connected, tap

THREE = """
schema("tickets", "id")
for n in (1, 2):
    record("tickets", id=n, subject=f"Ticket {n}", at="2026-11-01T09:00:00Z", open=True, unused="x" * 50)
say(type="STATE", value={"bookmarks": {"tickets": "first"}})
record("tickets", id=3, subject="Ticket 3", at="2026-11-02T09:00:00Z", open=False)
"""


@pytest.fixture(autouse=True)
def rooms(home: Path) -> Iterator[Path]:
    """Where runs keep their settings: nothing may be left there."""
    place = home / "state/agentos/taps"
    yield place
    assert list(place.glob("*")) == []


def desk(folder: Path, body: str, *, seconds: float = 30, **settings: object) -> Connected:
    found = connected("desk", tap(folder, body), TICKETS, settings, ask=False)
    found.seconds = seconds
    return found


def failing(found: Connected, cursors: dict[str, str] | None = None) -> tuple[SourceError, Read]:
    """What a read that fails says, and what came before."""
    came = Read()
    with pytest.raises(SourceError) as caught:
        found.read(cursors, came)
    return caught.value, came


# ── what it says ─────────────────────────────────────────────────────────────────────────────────


def test_records_become_nouns_and_what_the_map_does_not_name_is_dropped(tmp_path: Path) -> None:
    found = desk(tmp_path, THREE)
    read = found.read()
    assert read.records == ["tickets/1", "tickets/2", "tickets/3"]
    assert "unused" not in str(read.pages)
    tickets = found.nouns()["ticket"].records
    assert [(each.id, each.open, each.source) for each in tickets if isinstance(each, Ticket)] == [
        ("1", True, "desk"), ("2", True, "desk"), ("3", False, "desk"),
    ]  # fmt: skip


def test_a_state_is_kept_and_handed_back(tmp_path: Path) -> None:
    body = 'Path(config["seen"]).write_text(json.dumps(state))\n' + THREE
    found = desk(tmp_path, body, seen=str(tmp_path / "seen"))
    first = found.read()
    assert json.loads((tmp_path / "seen").read_text()) is None, "a whole read starts without a state"
    assert json.loads(first.lasting["state"]) == {"bookmarks": {"tickets": "first"}}
    found.read(first.lasting)
    assert json.loads((tmp_path / "seen").read_text()) == {"bookmarks": {"tickets": "first"}}


def test_a_state_is_never_ahead_of_the_records_it_tells_of(tmp_path: Path) -> None:
    body = """
schema("tickets", "id")
for n in range(1000):
    record("tickets", id=n, subject="x", at="2026-11-01T09:00:00Z")
    if n % 7 == 0:
        say(type="STATE", value={"bookmarks": {"tickets": n}})
"""
    came: set[str] = set()
    for page in desk(tmp_path, body).read().pages:
        assert len(page.records) <= 100
        came |= {str(each["id"]) for each in page.records}  # type: ignore[index]
        if "state" in page.lasting:
            last = json.loads(page.lasting["state"])["bookmarks"]["tickets"]
            assert {f"tickets/{n}" for n in range(last + 1)} <= came
    assert len(came) == 1000


def test_a_whole_read_that_was_cut_off_goes_on_at_its_last_state(tmp_path: Path) -> None:
    body = THREE.replace(
        "schema(", 'assert state is None or state == {"bookmarks": {"tickets": "first"}}\nschema('
    )
    found = desk(tmp_path, body + "\nsys.exit(0 if state else 1)")
    _, came = failing(found)
    assert came.records == ["tickets/1", "tickets/2", "tickets/3"], "what came before is kept"
    with found.access() as access:
        assert list(singer.feed(access, came.cursors, True))


def test_a_table_that_always_comes_whole_leaves_no_state(tmp_path: Path) -> None:
    read = desk(tmp_path, THREE, method="FULL_TABLE").read()
    assert (read.lasting, read.cursors) == ({}, {})


def test_a_record_without_a_key_is_known_by_all_it_holds(tmp_path: Path) -> None:
    body = (
        'record("tickets", id=1, subject="a", at="2026-11-01")\n' * 2 + 'record("tickets", id=1, subject="b")'
    )
    first, second, third = desk(tmp_path, body).read().records
    assert first == second != third


def test_lines_beside_the_messages_are_left_out(tmp_path: Path) -> None:
    found = desk(
        tmp_path,
        'print("starting up")\nprint("[1]")\n'
        + THREE
        + 'say(type="ACTIVATE_VERSION", stream="tickets", version=1)',
    )
    assert len(found.read().records) == 3


@pytest.mark.parametrize(
    "line", ['print("hello")', 'print("<html>")', 'print("{not json")', "print(chr(0) * 90)"]
)
def test_a_program_that_speaks_another_language_is_refused(tmp_path: Path, line: str) -> None:
    error, _ = failing(desk(tmp_path, line))
    assert isinstance(error, Fatal) and error.what == "desk: of 1 lines none is a Singer message"


DAMAGED = {
    "NaN": '{"type": "RECORD", "stream": "tickets", "record": {"id": 9, "n": NaN}}',
    "cut off": '{"type": "RECORD", "stream": "tickets", "record": {"id": 9',
    "a key twice": '{"type": "RECORD", "stream": "tickets", "record": {"id": 9, "id": 8}}',
    "half a pair": '{"type": "RECORD", "stream": "tickets", "record": {"id": "\\\\ud800"}}',
    "deep": '{"type": "RECORD", "stream": "tickets", "record": ' + '{"a": ' * 200 + "1" + "}" * 202,
    "no record": '{"type": "RECORD", "stream": "tickets"}',
    "a long number": '{"type": "RECORD", "stream": "tickets", "record": {"id": ' + "9" * 5000 + "}}",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_message_is_told_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    found = desk(tmp_path, THREE + f"print({DAMAGED[name]!r})".replace("\\\\\\\\", "\\\\"))
    found.read()
    tickets = found.nouns()["ticket"]
    assert len(tickets.records) == 3
    (skipped,) = tickets.skipped
    assert skipped.why.startswith("the tap's message could not be read: ")


def test_a_line_of_more_than_eight_megabytes_is_told_in_flat_memory(tmp_path: Path) -> None:
    flood = """
for _ in range(40):
    sys.stdout.write("{" + "x" * 1024 * 1024)
print("}")
"""
    found = desk(tmp_path, THREE + flood)
    tracemalloc.start()
    try:
        found.read()
        assert tracemalloc.get_traced_memory()[1] < 30 * 1024 * 1024
    finally:
        tracemalloc.stop()
    (skipped,) = found.nouns()["ticket"].skipped
    assert skipped.why == "the tap's message could not be read: it is longer than 8 MB"


def test_records_in_files_are_read(tmp_path: Path) -> None:
    lines = [json.dumps({"id": n, "subject": "x", "at": "2026-11-01"}) for n in range(250)]
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    batch = {
        "type": "BATCH", "stream": "tickets", "encoding": {"format": "jsonl", "compression": "gzip"},
        "manifest": [f"file://{tmp_path}/a.jsonl.gz"],
    }  # fmt: skip
    found = desk(tmp_path, f'schema("tickets", "id")\nsay(**{batch!r})')
    found.read()
    assert len(found.nouns()["ticket"].records) == 250


def test_a_file_of_records_that_is_broken_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"not gzip")
    batch = {
        "type": "BATCH", "stream": "tickets", "encoding": {"format": "jsonl", "compression": "gzip"},
        "manifest": [f"{tmp_path}/a.gz"],
    }  # fmt: skip
    error, _ = failing(desk(tmp_path, f"say(**{batch!r})"))
    assert isinstance(error, Fatal) and "a file of records cannot be read" in error.what


# ── how it ends ──────────────────────────────────────────────────────────────────────────────────


def test_a_tap_that_fails_says_its_last_line_without_its_secrets(tmp_path: Path) -> None:
    body = THREE + 'sys.exit("HTTP 500 at https://x/?token=" + config["api_token"])'
    error, came = failing(desk(tmp_path, body, api_token="tok-canary-77"))
    assert isinstance(error, Retryable)
    assert error.what == "desk: the tap ended with code 1: HTTP 500 at https://x/?token=[secret]"
    assert len(came.records) == 3 and "state" in came.lasting


@pytest.mark.parametrize("body", ["os._exit(9)", "os.kill(os.getpid(), 9)", "raise SystemExit(70)"])
def test_a_tap_that_ends_at_once_is_tried_again(tmp_path: Path, body: str) -> None:
    error, _ = failing(desk(tmp_path, body))
    assert isinstance(error, Retryable)


def test_a_tap_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    body = THREE + 'import subprocess\nchild = subprocess.Popen(["sleep", "60"])\n'
    body += 'Path(config["pid"]).write_text(str(child.pid))\ntime.sleep(60)'
    found = desk(tmp_path, body, seconds=2, pid=str(tmp_path / "pid"))
    error, came = failing(found)
    assert isinstance(error, Retryable) and error.what == "desk: the tap was not done within 2 s"
    assert len(came.records) == 3
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_tap_that_ended_and_left_its_pipes_to_another_is_over(tmp_path: Path) -> None:
    body = THREE + 'import subprocess\nsubprocess.Popen(["sleep", "60"])'
    assert len(desk(tmp_path, body).read().records) == 3


def test_whoever_stops_reading_ends_the_tap(tmp_path: Path) -> None:
    body = """
Path(config["pid"]).write_text(str(os.getpid()))
schema("tickets", "id")
for n in range(100_000_000):
    record("tickets", id=n, subject="x", at="2026-11-01")
"""
    found = desk(tmp_path, body, pid=str(tmp_path / "pid"))
    with found.access() as access:
        assert len(singer.sample(access)["records"]) == 20
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = desk(tmp_path, THREE)
    Path(found.source.options["executable"]).unlink()
    error, _ = failing(found)
    assert isinstance(error, Fatal) and "No such file" in error.what


def is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


# ── what it sees, and what is left ───────────────────────────────────────────────────────────────


def test_a_tap_sees_nothing_of_our_environment_that_could_be_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_KEY", "sk_live_of_another")
    monkeypatch.setenv("AGENTOS_STORE_URL", "postgresql://u:pw@h/d")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    found = desk(
        tmp_path,
        'Path(config["seen"]).write_text(json.dumps(dict(os.environ)))' + THREE,
        seen=str(tmp_path / "env"),
    )
    found.read()
    seen = json.loads((tmp_path / "env").read_text())
    assert "sk_live_of_another" not in seen.values() and "AGENTOS_STORE_URL" not in seen
    assert seen["HTTPS_PROXY"] == "http://127.0.0.1:1" and seen["PATH"] == os.environ["PATH"]


def test_settings_are_a_private_file_while_the_tap_runs(tmp_path: Path) -> None:
    look = """
path = Path(given("--config"))
told = [oct(each.stat().st_mode & 0o777) for each in (path, path.parent, path.parent.parent)]
Path(config["seen"]).write_text(json.dumps(told))
"""
    desk(tmp_path, look + THREE, seen=str(tmp_path / "modes")).read()
    assert json.loads((tmp_path / "modes").read_text()) == ["0o600", "0o700", "0o700"]


def test_what_a_killed_run_left_is_swept_by_the_next_and_a_living_one_is_not(
    tmp_path: Path, rooms: Path
) -> None:
    script = (
        "import sys, time; from pathlib import Path; "
        "from agentos_cli.connectors.singer.room import private_room, put\n"
        f"with private_room(Path({str(rooms)!r})) as room:\n"
        "    put(room, 'config.json', 'secret'); print('in', flush=True); time.sleep(60)\n"
    )
    killed = subprocess.Popen((sys.executable, "-c", script), stdout=subprocess.PIPE)
    assert killed.stdout is not None and killed.stdout.readline() == b"in\n"
    with private_room(rooms) as living:
        put(living, "config.json", "secret")
        assert len(list(rooms.glob("*/config.json"))) == 2, "both run: neither sweeps the other"
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        killed.stdout.close()
        desk(tmp_path, THREE).read()
        assert list(rooms.glob("*/config.json")) == [living / "config.json"]


def test_every_text_that_smells_of_a_secret_is_masked(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "api_key": "k-canary-one", "oauth": {"anything": ["k-canary-two"]}, "password": "k-canary-three",
        "start_date": "2026-01-01-plain", "region": "not-a-canary",
    }  # fmt: skip
    desk(tmp_path, THREE, **settings).read()
    for name in ("one", "two", "three"):
        assert redact(f"x k-canary-{name} y") == "x [secret] y"
    assert redact("2026-01-01-plain not-a-canary") == "2026-01-01-plain not-a-canary"


def test_a_tap_that_writes_new_settings_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk(tmp_path, THREE + 'Path(given("--config")).write_text("[]")').read()
    assert "wrote new settings, which are not kept" in caplog.text


def test_its_log_goes_to_ours(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "agentos_cli.connectors.singer")
    body = THREE + 'sys.stderr.write("got page 1 with " + config["token"] + "\\n")'
    desk(tmp_path, body, token="tok-canary-99").read()
    assert "desk: got page 1 with [secret]" in caplog.text


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '"x"'])
def test_settings_that_are_no_object_are_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    found = desk(tmp_path, THREE)
    found.source = type(found.source)(found.source.spec, text, found.source.options, "")
    with pytest.raises(CredentialProblem) as caught:
        found.read()
    assert "nonsense" not in caught.value.what


# ── what it has ──────────────────────────────────────────────────────────────────────────────────


def test_only_what_the_map_names_is_selected(tmp_path: Path) -> None:
    found = desk(
        tmp_path,
        'Path(config["seen"]).write_text(Path(given("--catalog")).read_text())' + THREE,
        seen=str(tmp_path / "catalog"),
    )
    found.read()
    (entry,) = json.loads((tmp_path / "catalog").read_text())["streams"]
    chosen = {tuple(each["breadcrumb"]): each["metadata"]["selected"] for each in entry["metadata"]}
    assert chosen[()] and chosen["properties", "subject"] and not chosen["properties", "unused"]


def test_a_tap_without_any_stream_of_the_map_is_refused(tmp_path: Path) -> None:
    other = TICKETS.replace("tickets", "cases")
    with pytest.raises(Fatal, match="names none of the tap's streams: tickets"):
        connected("desk", tap(tmp_path, THREE), other)


def test_a_stream_that_lacks_a_field_is_refused_when_it_is_connected(tmp_path: Path) -> None:
    other = TICKETS.replace('subject = "subject"', 'subject = "title"')
    with pytest.raises(Fatal, match="the tap's tickets have no `title`"):
        connected("desk", tap(tmp_path, THREE), other)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("'subject'", "'title'", "the tap's tickets have no `subject`"),
        ('"stream": stream', '"stream": "cases"', "the map names none of the tap's streams: cases"),
        ("2026-11-0", "soon", "none of 3 ticket records could be read (tickets/1: at is `soon1"),
    ],
)
def test_a_drift_of_the_tap_is_found_by_a_sample(tmp_path: Path, before: str, after: str, told: str) -> None:
    found = connected("desk", tap(tmp_path, THREE), TICKETS)
    program = Path(found.source.options["executable"])
    text = program.read_text()
    assert before in text
    with found.access() as access:
        assert len(singer.sample(access)["records"]) == 3
        program.write_text(text.replace(before, after))
        with pytest.raises(Fatal) as caught:
            singer.sample(access)
    assert told in caught.value.what


def test_check_says_what_is_read(tmp_path: Path) -> None:
    found = connected("desk", tap(tmp_path, THREE), TICKETS)
    with found.access() as access:
        assert singer.check(access) == "1 of its 1 streams are read (tickets)"
