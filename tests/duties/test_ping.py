"""The dead-man's switch hears of every tick, and a deaf one costs no more than its seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentos_cli.app import App
from agentos_cli.duties import ping
from agentos_cli.duties.ping import pinged, report_failure
from agentos_cli.redaction import register_secret
from tests.duties.switch import Switch, switch


@pytest.fixture
def ear() -> Iterator[Switch]:
    with switch() as found:
        yield found


def house(home: Path, url: str) -> App:
    file = home / "config" / "agentos" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'[schedule]\nping = "{url}"\n', encoding="utf-8")
    return App.start()


def test_a_tick_that_went_well_is_told_at_both_ends(home: Path, ear: Switch) -> None:
    with pinged(house(home, ear.url)):
        ear.wait(1)
    assert ear.heard == [("/ping/abc/start", ""), ("/ping/abc", "")]


def test_the_setting_is_still_there_when_settings_come_from_the_cache(home: Path, ear: Switch) -> None:
    first, again = house(home, ear.url), App.start()
    assert again.loaded == first.loaded
    assert again.loaded.settings.schedule.ping == ear.url


def test_a_tick_that_raises_is_told_with_its_last_lines_and_no_secret(home: Path, ear: Switch) -> None:
    register_secret("hunter2-hunter2")
    with pytest.raises(RuntimeError, match="no disk"), pinged(house(home, ear.url)):
        logging.getLogger("agentos_cli.sync").warning("Stripe refused hunter2-hunter2")
        raise RuntimeError("no disk")
    path, text = ear.heard[-1]
    assert path == "/ping/abc/fail"
    assert text == "WARNING agentos_cli.sync: Stripe refused [secret]\nRuntimeError: no disk"


def test_a_failure_that_was_not_raised_is_told_too_and_cut_to_its_end(home: Path, ear: Switch) -> None:
    with pinged(house(home, ear.url)) as told:
        told.say("x" * 9_990)
        told.fail("the last line")
    path, text = ear.heard[-1]
    assert path == "/ping/abc/fail"
    assert len(text) == ping.MOST_BYTES
    assert text.endswith("x\nthe last line")


def test_an_answer_of_trouble_is_met_by_one_more_try(home: Path, ear: Switch) -> None:
    ear.statuses = [200, 503, 200]
    with pinged(house(home, ear.url)):
        ear.wait(1)
    assert ear.paths() == ["/ping/abc/start", "/ping/abc", "/ping/abc"]


def test_a_switch_that_never_answers_holds_up_only_the_end(
    home: Path, ear: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ping, "BEGIN_SECONDS", 0.5)
    monkeypatch.setattr(ping, "END_SECONDS", 1.0)
    ear.delay = threading.Event()
    began = time.monotonic()
    with pinged(house(home, ear.url)):
        inside = time.monotonic() - began
    assert inside < 0.5  # the beginning is told beside the tick
    assert time.monotonic() - began < 5


def test_nobody_there_is_no_failure_of_the_tick(home: Path) -> None:
    with pinged(house(home, "http://127.0.0.1:9/ping")):
        pass


def test_an_address_that_may_not_be_called_is_no_failure_either(home: Path) -> None:
    with pinged(house(home, "http://example.com/ping")):
        pass


def test_a_tick_that_cannot_tell_it_itself_is_reported(home: Path, ear: Switch) -> None:
    assert report_failure(house(home, ear.url), ["killed after 60 s"])
    assert ear.heard == [("/ping/abc/fail", "killed after 60 s")]


def test_without_an_address_nothing_is_called(home: Path) -> None:
    with pinged(App.start()) as told:
        told.fail("nobody listens")
    assert not report_failure(App.start(), ["nobody listens"])
