"""`agentos brief --send`: it arrives whatever is down, once; what reached nobody is said in the next one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.store.store import Store
from tests.cli.program import Program, Ran
from tests.delivery.receiver import Receiver
from tests.flows.street import VENDORS, Street, house


def store_of(program: Program) -> Store:
    return house(program.home, utc_now).store


def file_channel(program: Program, name: str = "log", *words: str) -> Path:
    path = program.home / f"{name}.md"
    ran = program("notify", "add", name, "--kind", "file", "--option", f"path={path}", *words)
    assert ran.code == 0, ran.err
    return path


def sent_events(program: Program) -> list[str]:
    log = store_of(program).event_log()
    found = log.events(types=["BriefingReady"], limit=1000)
    return [event.id for event in found if event.payload["send"]]


def notices(ran: Ran) -> list[str]:
    return list(ran.json()["notices"])


def test_at_seven_with_everything_down_the_brief_arrives_with_its_blind_spots(
    office: Program, today: Street
) -> None:
    path = file_channel(office)
    today.order(",".join(f"{source}=status:503" for source in VENDORS))

    ran = office("brief", "--send", "--refresh")

    assert ran.code == 0, ran.err
    assert "delivered " in ran.err and " to log" in ran.err
    text = path.read_text()
    for source in VENDORS:
        assert f"agentos connectors test {source}" in text
    assert "503" in text and "MRR" in text
    assert ran.out.startswith("Brief ")


def test_it_is_sent_once_however_often_it_is_asked_for(office: Program, receiver: Receiver) -> None:
    receiver.channel(office, "hook", keyed=False)
    first, second = office("brief", "--send", "--cached"), office("brief", "--send", "--cached")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert first.out == second.out
    assert len(sent_events(office)) == len(receiver.briefs()) == 1
    assert "delivered " in second.err
    assert receiver.briefs()[0]["data"]["facts"]["brief"]["verdict"] in " ".join(first.out.split())


def test_one_that_was_only_looked_at_goes_to_nobody_until_it_is_sent(
    office: Program, receiver: Receiver
) -> None:
    receiver.channel(office, "hook")
    assert office("brief", "--cached").code == 0
    log = store_of(office).event_log()
    (looked_at,) = log.events(types=["BriefingReady"])
    assert looked_at.payload["send"] is False
    assert log.deliveries(event=looked_at.number) == []
    assert office("brief", "--send", "--cached").code == 0
    assert len(receiver.briefs()) == 1
    sent = log.events(types=["BriefingReady"])[-1]
    assert sent.payload["briefing"] == looked_at.payload["briefing"]


def test_to_one_channel_alone_whatever_its_route(office: Program, receiver: Receiver) -> None:
    receiver.channel(office, "hook", "--for", "alerts")
    path = file_channel(office)
    ran = office("brief", "--send", "--to", "hook", "--cached", "--json")
    assert ran.code == 0 and ran.json()["schema"] == "agentos.brief/1"
    assert len(receiver.briefs()) == 1
    assert not path.exists()
    missed = office("brief", "--to", "hok", "--cached")
    assert (missed.code, missed.raw) == (2, b"") and "did you mean hook?" in missed.err


def test_without_a_channel_there_is_nothing_to_send_it_to(office: Program) -> None:
    for words in (("--send",), ("--send", "--demo")):
        ran = office("brief", *words)
        assert (ran.code, ran.raw) == (2, b"")
    file_channel(office, "log", "--for", "alerts")
    ran = office("brief", "--send")
    assert ran.code == 2 and "--for briefings" in ran.err


def test_a_brief_that_reached_nobody_is_said_in_the_next_one_and_no_more_once_it_arrived(
    office: Program, receiver: Receiver
) -> None:
    receiver.mood = "away"
    receiver.channel(office, "hook")

    ran = office("brief", "--send", "--cached", "--json")
    assert ran.code == 75
    assert ran.json()["notices"] == []
    assert "hook: not delivered, tried again from " in ran.err and "503" in ran.err

    following = office("brief", "--cached", "--json")
    (said,) = notices(following)
    assert said.startswith("The brief of ") and "reached nobody (hook: " in said and "503" in said
    for form in ("text", "plain", "md", "html"):
        assert "reached nobody" in office("brief", "--cached", "-o", form).out
    assert office("brief", "--cached", "--as-of", utc_now().isoformat(), "--json").json()["notices"] == []

    receiver.mood = "well"
    path = file_channel(office)
    again = office("brief", "--send", "--cached")
    assert again.code == 0
    assert "reached nobody" in path.read_text()
    with store_of(office).outbox() as outbox:
        waiting = outbox.claim("hook", utc_now() + timedelta(hours=1), owner="me", seconds=60, limit=9)
        outbox.done(waiting, utc_now(), "sent")
    assert notices(office("brief", "--cached", "--json")) == []


def test_one_channel_that_is_down_is_said_and_the_others_have_it(office: Program, receiver: Receiver) -> None:
    receiver.mood = "away"
    receiver.channel(office, "hook")
    file_channel(office)
    ran = office("brief", "--send", "--cached")
    assert ran.code == 0
    assert "hook: not delivered" in ran.err and " to log\n" in ran.err
    assert notices(office("brief", "--cached", "--json")) == []


def test_what_was_given_up_or_is_in_doubt_is_said_until_somebody_decides(
    office: Program, receiver: Receiver
) -> None:
    receiver.mood = "cut"
    receiver.channel(office, "hook", keyed=False)
    file_channel(office)
    gone = office("notify", "add", "gone", "--kind", "webhook", "--option", f"address={receiver.address}",
                  "--private", "--secret-from", "env:NOT_THERE")  # fmt: skip
    assert gone.code == 0
    assert office("brief", "--send", "--cached").code == 0
    said = notices(office("brief", "--cached", "--json"))
    assert said == [
        "1 message to hook may or may not have arrived: agentos events dead.",
        "1 message to gone could not be delivered (the environment variable NOT_THERE is not set):"
        " agentos events dead.",
    ]
    log = store_of(office).event_log()
    number = log.events(types=["BriefingReady"])[0].number
    assert log.settle("hook", number, utc_now()) and log.settle("gone", number, utc_now())
    assert notices(office("brief", "--cached", "--json")) == []


@pytest.mark.parametrize(("late", "said"), [(185, "Late by 3 h: due "), (25, "Late by 25 min: due ")])
def test_a_scheduled_brief_that_is_late_says_so(office: Program, late: int, said: str) -> None:
    path = file_channel(office)
    due = utc_now() - timedelta(minutes=late)
    ran = office("brief", "--send", "--cached", env={"AGENTOS_DUE_AT": due.isoformat()})
    assert ran.code == 0
    assert said in ran.out and said in path.read_text()
    punctual = {"AGENTOS_DUE_AT": (utc_now() - timedelta(minutes=2)).isoformat()}
    assert "Late" not in office("brief", "--cached", env=punctual).out
    assert office("brief", "--cached", env={"AGENTOS_DUE_AT": "soon"}).code == 0


def test_what_happens_between_briefs_goes_out_with_the_next_tick(
    office: Program, today: Street, receiver: Receiver
) -> None:
    receiver.channel(office, "hook", "--for", "alerts")
    today.order("stripe=status:503")
    assert office("sync", "stripe").code == 75
    assert receiver.came == []
    ran = office("tick")
    assert ran.code == 0, ran.err
    (failed,) = (message for message in receiver.came if message["type"] == "SourceFailed")
    assert failed["data"]["subject"].startswith("stripe could not be read: ")
    assert office("tick").code == 0
    assert max(receiver.keys.values()) == 1
