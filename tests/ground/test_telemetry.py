"""The log says as much as is asked, and neither it nor a notice holds a secret or an escape."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from agentos_cli.redaction import register_secret
from agentos_cli.telemetry import configure_logging, notice

CANARY = 'canary/7f "a"+b=é%'


@pytest.fixture(autouse=True)
def registered() -> None:
    register_secret(CANARY)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Where the log goes; what was set before is set again after."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    yield io.StringIO()
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.mark.parametrize(("verbosity", "levels"), [(0, "W"), (1, "IW"), (2, "DIW")])
def test_the_log_says_as_much_as_is_asked(log: io.StringIO, verbosity: int, levels: str) -> None:
    configure_logging(verbosity, log)
    logger = logging.getLogger("agentos.test")
    logger.debug("D")
    logger.info("I")
    logger.warning("W")
    lines = log.getvalue().splitlines()
    assert "".join(line[-1] for line in lines) == levels
    assert ("WARNING agentos.test: W" in lines) is (verbosity > 0)


def test_the_log_of_any_library_is_masked_also_in_tracebacks(log: io.StringIO) -> None:
    configure_logging(2, log)
    logger = logging.getLogger("somebody.else")
    logger.info("calling %s", "https://x/?" + urlencode({"key": CANARY}))
    try:
        raise ValueError(CANARY)
    except ValueError:
        logger.exception("failed with %r", {"key": "sk_live_51Hxyz0123"})
    assert "canary" not in log.getvalue()
    assert "51Hxyz" not in log.getvalue()
    assert "Traceback" in log.getvalue()


def test_http_libraries_stay_quiet_however_verbose(log: io.StringIO) -> None:
    configure_logging(2, log)
    for name in ("httpx", "httpcore.http11"):
        logging.getLogger(name).info("GET https://x/?key=1")
    assert log.getvalue() == ""


def test_setting_the_log_twice_says_things_once(log: io.StringIO) -> None:
    configure_logging(0, io.StringIO())
    configure_logging(0, log)
    logging.getLogger("agentos").warning("once")
    assert log.getvalue() == "once\n"


def test_terminal_escapes_do_not_reach_the_terminal(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(0, log)
    logging.getLogger("agentos").warning("a customer called \x1b[2J")
    notice(f"two\nlines \x1b]0;x\x07 and {CANARY}")
    assert "\x1b" not in log.getvalue() + capsys.readouterr().err


def test_a_notice_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    notice(f"two\nlines and {CANARY}")
    assert capsys.readouterr().err == "two lines and [secret]\n"
