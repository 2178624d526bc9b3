"""What may have arrived and nobody can say is in doubt: shown everywhere, and never sent again by itself."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.store.outbox import State
from tests.cli.program import Program
from tests.delivery.receiver import Receiver
from tests.delivery.test_brief_send import notices, store_of

LATER = timedelta(hours=2)
"""When every claim has run out and everything that is tried again is due."""


def states(program: Program) -> list[State]:
    return [one.state for one in store_of(program).event_log().deliveries(consumer="hook")]


def shown_as_in_doubt(program: Program) -> None:
    (item,) = program("notify", "list", "--json").json()["channels"]
    assert (item["in_doubt"], item["waiting"], item["dead"]) == (1, 0, 0)
    assert "in doubt" in program("notify", "history", "hook").out
    assert notices(program("brief", "--cached", "--json")) == [
        "1 message to hook may or may not have arrived: agentos events dead."
    ]
    dead = program("events", "dead", "--json").json()
    assert "in_doubt" in str(dead) and "hook" in str(dead)


def test_a_receiver_that_hangs_up_leaves_it_in_doubt(office: Program, receiver: Receiver) -> None:
    receiver.mood = "cut"
    receiver.channel(office, "hook", keyed=False)
    ran = office("brief", "--send", "--cached")
    assert ran.code == 75
    assert "hook: may or may not have arrived, and is not sent again" in ran.err
    shown_as_in_doubt(office)
    receiver.mood = "well"
    assert office("brief", "--send", "--cached").code == 0
    assert len(receiver.keys) == len(receiver.came) == 2, "the one in doubt was sent again"


@pytest.mark.parametrize("keyed", [True, False])
def test_a_sender_killed_between_sending_and_marking(
    office: Program, receiver: Receiver, keyed: bool
) -> None:
    receiver.mood = "mute"
    receiver.channel(office, "hook", keyed=keyed)
    sender = office.started("brief", "--send", "--cached")
    try:
        assert receiver.heard.wait(60), "nothing was sent"
    finally:
        sender.send_signal(signal.SIGKILL)
        sender.communicate()
    receiver.go_on.set()
    receiver.mood = "well"
    assert states(office) == [State.CLAIMED]
    with store_of(office).outbox() as outbox:
        assert outbox.sweep(utc_now()) == {}, "the claim is not over yet"
        outbox.sweep(utc_now() + LATER)
    if not keyed:
        assert states(office) == [State.IN_DOUBT]
        shown_as_in_doubt(office)
        assert len(receiver.came) == 1
        return
    assert states(office) == [State.WAITING]
    assert office("brief", "--send", "--cached").code == 0
    assert set(states(office)) == {State.DONE}
    assert max(receiver.keys.values()) == 2, "it was not sent again under its key"
