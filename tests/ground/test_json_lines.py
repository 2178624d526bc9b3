"""The log as JSON lines: one record on one line, with what it is about and without any secret."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from agentos_cli import redaction, telemetry
from agentos_cli.telemetry import RunRecord, about, configure_json_logging, configure_logging

CANARY = 'canary/9z "q"+w=é%'
WHEN = datetime(2026, 11, 23, 7, tzinfo=UTC)
RUN = RunRecord("run_1", "agent", "finance", WHEN, 12, True, {"mrr": "12.50 USD", "runway": 9.5})


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was set before is set again after."""
    monkeypatch.setattr(telemetry, "_log", telemetry._Log())
    redaction.register_secret(CANARY)
    root, calls = logging.getLogger(), logging.getLogger(telemetry.CALLS)
    before = (root.level, root.handlers[:], calls.level)
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    calls.setLevel(before[2])


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_line_with_when_how_bad_from_whom_and_what(stream: io.StringIO) -> None:
    configure_json_logging(stream)
    before = datetime.now(UTC)
    logging.getLogger("agentos_cli.test").warning("%d of %d", 1, 2)
    (line,) = lines(stream)
    assert list(line) == ["ts", "level", "logger", "message"]
    assert (line["level"], line["logger"], line["message"]) == ("warning", "agentos_cli.test", "1 of 2")
    assert line["ts"].endswith("Z")
    assert abs((datetime.fromisoformat(line["ts"]) - before).total_seconds()) < 60


@pytest.mark.parametrize(("verbosity", "levels"), [(0, "IW"), (1, "IW"), (2, "DIW")])
def test_it_says_as_much_as_is_asked(stream: io.StringIO, verbosity: int, levels: str) -> None:
    configure_json_logging(stream, verbosity)
    logger = logging.getLogger("agentos_cli.test")
    logger.debug("D")
    logger.info("I")
    logger.warning("W")
    assert "".join(line["message"] for line in lines(stream)) == levels


def test_calls_to_a_source_are_logged_only_when_asked_for(stream: io.StringIO) -> None:
    for verbosity in (0, 1):
        configure_json_logging(stream, verbosity)
        logging.getLogger("agentos_cli.http").info("call %d", verbosity)
    assert [line["message"] for line in lines(stream)] == ["call 1"]


def test_a_line_carries_what_it_is_about_on_its_own_thread_only(stream: io.StringIO) -> None:
    configure_json_logging(stream)
    logger = logging.getLogger("agentos_cli.test")
    with about(run="run_7", source="stripe"):
        with about(source="linear"):
            logger.warning("inner")
            beside = threading.Thread(target=logger.warning, args=("beside",))
            beside.start()
            beside.join()
        logger.warning("outer")
    logger.warning("after")
    found = {line["message"]: (line.get("run"), line.get("source")) for line in lines(stream)}
    assert found == {
        "inner": ("run_7", "linear"),
        "beside": (None, None),
        "outer": ("run_7", "stripe"),
        "after": (None, None),
    }


def test_all_that_one_command_does_shares_its_run() -> None:
    with about(run="run_7"):
        assert telemetry.this_run(WHEN) == "run_7"
    assert telemetry.this_run(WHEN).startswith("run_20261123T070000_")


def test_no_secret_newline_or_escape_is_in_any_part(stream: io.StringIO) -> None:
    configure_json_logging(stream, 2)
    bad = f"two\nlines\r\x1b]0;x\x07 \u2028\u202e\x9b31m {CANARY} sk_live_51Hxyz0123"
    fields = {
        "error": bad,
        "metrics": {bad: [bad, {"deep": bad}], "url": quote(CANARY)},
        "path": Path(bad[:3]),
    }
    with about(run=bad):
        try:
            raise ValueError(bad)
        except ValueError:
            logging.getLogger("agentos.test").exception("%s and %s", bad, bad, extra={"fields": fields})
    logging.getLogger("somebody.else").warning("https://anna:hunter2@db/ %s", bad)
    telemetry.notice(bad)
    text = stream.getvalue()
    assert text.count("\n") == 3 and text.isascii()
    assert all(sign.isprintable() for sign in text.replace("\n", ""))
    for part in ("canary", "51Hxyz", "hunter2"):
        assert part not in text
    for escaped in ("\\n", "\\r", "\\u001b", "\\u0007", "\\u2028", "\\u202e", "\\u009b"):
        assert escaped not in text


def test_an_exception_is_its_type_and_message_and_none_of_its_frames(stream: io.StringIO) -> None:
    configure_json_logging(stream)
    inside = "a value that stood in a frame"
    try:
        raise KeyError("x") from OSError(inside)
    except KeyError:
        logging.getLogger("agentos.test").exception("it broke")
    (line,) = lines(stream)
    assert line["exception"] == {"type": "KeyError", "message": "'x'"}
    assert "Traceback" not in stream.getvalue() and inside not in stream.getvalue()


@pytest.mark.parametrize(
    "value", [float("nan"), object, b"\xff", {1: 2}, [[[[[[1]]]]]], "x" * 100_000, 1 << 80]
)
def test_whatever_is_logged_makes_a_line(stream: io.StringIO, value: object) -> None:
    logging.getLogger().handlers.clear()  # pytest's own raise where ours must not
    configure_json_logging(stream)
    logging.getLogger("agentos.test").warning("%d", value, extra={"fields": {"value": value}})
    json.loads(stream.getvalue(), parse_constant=pytest.fail)
    assert len(stream.getvalue()) < 10_000


def test_a_run_is_one_line_with_all_of_its_record(stream: io.StringIO) -> None:
    configure_json_logging(stream)
    failed = RunRecord("run_1", "source", "stripe", WHEN, 900, False, {"records": 0}, f"refused {CANARY}")
    telemetry.log_runs([RUN, failed])
    one, other = lines(stream)
    assert (one["level"], one["run"], one["agent"], one["name"]) == ("info", "run_1", "finance", "finance")
    assert (one["timestamp"], one["duration_ms"], one["success"]) == (WHEN.isoformat(), 12, True)
    assert one["metrics"] == {"mrr": "12.50 USD", "runway": 9.5} and one["error"] is None
    assert (other["level"], other["source"], other["success"]) == ("warning", "stripe", False)
    assert other["error"] == "refused [secret]" and "agent" not in other


def test_what_is_said_to_people_is_said_as_json_instead(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_json_logging(stream)
    telemetry.notice("a notice")
    telemetry.progress("a step")
    telemetry.log_failure("no such host", "temporary")
    assert [(line["level"], line["message"]) for line in lines(stream)] == [
        ("warning", "a notice"),
        ("info", "a step"),
        ("error", "no such host"),
    ]
    assert lines(stream)[-1]["code"] == "temporary"
    assert capsys.readouterr().err == ""


def test_a_log_for_people_shows_neither_runs_nor_what_it_said_twice(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(0, stream)
    telemetry.log_runs([RunRecord("run_1", "source", "stripe", WHEN, 9, False, error="refused")])
    telemetry.notice("once")
    assert stream.getvalue() == "" and capsys.readouterr().err == "once\n"
    configure_logging(1, stream)
    telemetry.log_runs([RUN])
    assert stream.getvalue() == "INFO agentos.run: agent finance ran in 12 ms\n"
