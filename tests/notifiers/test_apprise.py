"""Through apprise itself, to a receiver on this machine: what it tells us, and what it cannot."""

from __future__ import annotations

import logging
import sys
import traceback

import pytest

from agentos_cli.errors import AgentosError, CredentialProblem, Fatal, Temporary, Unconfirmed
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Target
from tests.ground import hostile
from tests.ground.hostile import Act, Hostile, text
from tests.notifiers.samples import MESSAGE, TROUBLE, troubled
from tests.notifiers.vendors import sent

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # of apprise


def leading(server: Hostile, path: str = "/hook", **options: str) -> Target:
    return Target(options, server.url(path).replace("http://", "json://canaryuser:canarypass@"))


def test_a_message_goes_out(receiver: Hostile) -> None:
    receiver.on("/hook", text(b"ok"))
    assert CHANNELS["apprise"].send(MESSAGE, leading(receiver)) is None
    document = sent(receiver)
    assert (document["title"], document["type"]) == ("Acme: one decision today", "info")
    assert "Call Globex" in document["message"]


@pytest.mark.parametrize("trouble", ["controls", "halves", "html", "line ends", "mentions"])
def test_text_from_outside_goes_out(receiver: Hostile, trouble: str) -> None:
    receiver.on("/hook", text(b"ok"))
    CHANNELS["apprise"].send(troubled(TROUBLE[trouble]), leading(receiver))
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("act", [text(b"", 500), text(b"", 400), text(b"", 401), hostile.reset])
@pytest.mark.parametrize(("again", "expected"), [("no", Unconfirmed), ("yes", Temporary)])
def test_a_failure_confirms_nothing_unless_a_repetition_does_no_harm(
    receiver: Hostile, act: Act, again: str, expected: type[AgentosError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.on("/hook", act)
    with pytest.raises(AgentosError) as caught:
        CHANNELS["apprise"].send(MESSAGE, leading(receiver, again=again))
    assert type(caught.value) is expected
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "canarypass" not in told
    assert not [record for record in caplog.records if record.name.startswith("apprise")]


@pytest.mark.parametrize("address", ["what is this", "nosuchservice://x", "https://"])
def test_an_address_it_does_not_know_is_said(address: str) -> None:
    with pytest.raises(CredentialProblem, match="does not understand the address"):
        CHANNELS["apprise"].send(MESSAGE, Target({}, address))


def test_without_the_extra_it_says_how_to_get_it(receiver: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(Fatal, match="not installed") as caught:
        CHANNELS["apprise"].send(MESSAGE, leading(receiver))
    assert caught.value.fix == "pipx inject agentos-cli apprise"
