"""A real terminal (a pseudo one) shows the text, and nothing of it can steer the terminal."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentos_cli.errors import DataProblem, Temporary, Unconfirmed
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Target
from tests.notifiers.samples import MESSAGE, TROUBLE, troubled


@pytest.fixture
def screen() -> Iterator[tuple[int, str]]:
    """The side that shows, and the terminal's path."""
    shown, inner = pty.openpty()
    tty.setraw(inner)
    os.set_blocking(shown, False)
    yield shown, os.ttyname(inner)
    os.close(shown)
    os.close(inner)


def seen(shown: int) -> str:
    found = b""
    try:
        while piece := os.read(shown, 65536):
            found += piece
    except BlockingIOError:
        pass
    return found.decode()


def test_a_terminal_shows_subject_and_text(screen: tuple[int, str]) -> None:
    shown, path = screen
    assert CHANNELS["terminal"].send(MESSAGE, Target({"tty": path})) == f"shown on {path}"
    assert seen(shown).split("\r\n")[1:4] == ["Acme: one decision today", "", "Acme: one decision today"]


@pytest.mark.parametrize("trouble", ["controls", "halves", "line ends", "empty", "html"])
def test_it_cannot_be_steered(screen: tuple[int, str], trouble: str) -> None:
    shown, path = screen
    CHANNELS["terminal"].send(troubled(TROUBLE[trouble]), Target({"tty": path}))
    told = seen(shown).replace("\r\n", "")
    assert all(sign.isprintable() or sign == "\u200d" for sign in told)


def test_a_terminal_that_takes_nothing_more_is_left(screen: tuple[int, str]) -> None:
    _, path = screen
    with pytest.raises((Unconfirmed, Temporary), match="shown"):
        for _ in range(20):
            CHANNELS["terminal"].send(troubled(TROUBLE["long line"]), Target({"tty": path}))


def test_without_one_it_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert CHANNELS["terminal"].send(MESSAGE, Target()) == "shown on stderr"
    out, err = capsys.readouterr()
    assert (out, "Call Globex" in err) == ("", True)


def test_a_terminal_that_is_gone_may_come_back_and_a_file_is_none(tmp_path: Path) -> None:
    with pytest.raises(Temporary, match="nothing was shown"):
        CHANNELS["terminal"].send(MESSAGE, Target({"tty": "/dev/pts/does-not-exist"}))
    plain = tmp_path / "plain"
    plain.write_text("mine")
    with pytest.raises(DataProblem, match="no terminal"):
        CHANNELS["terminal"].send(MESSAGE, Target({"tty": str(plain)}))
    assert plain.read_text() == "mine"
