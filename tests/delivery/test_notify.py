"""`agentos notify`: channels are checked, tried out, listed and removed, and no secret is to be seen."""

from __future__ import annotations

import pytest

from tests.cli.program import Program
from tests.cli.test_documents import check
from tests.delivery.receiver import SECRET, Receiver


def test_a_channel_from_beginning_to_end(program: Program, receiver: Receiver) -> None:
    added = receiver.channel(program, "hook", "--json")
    check(added.json(), "channel")
    assert added.json()["done"] == "added"
    assert receiver.channel(program, "hook", "--least", "high", "--json").json()["done"] == "changed"

    tested = program("notify", "test", "hook", "--json")
    check(tested.json(), "channel")
    assert tested.json()["said"] == "request req-7"
    assert receiver.came[0]["data"]["subject"] == "A test from agentos"

    listed = program("notify", "list", "--json").json()
    check(listed, "channels")
    (item,) = listed["channels"]
    assert (item["name"], item["least"], item["last_delivered"]) == ("hook", "high", None)
    assert item["credential"] == "file:notify.hook"
    check(program("notify", "history", "--json").json(), "sent")

    removed = program("notify", "remove", "hook", "--json")
    check(removed.json(), "channel")
    assert program("notify", "list").out.startswith("there is no channel yet")
    assert not list(program.home.rglob("notify.hook"))


def test_the_record_tells_each_try_and_what_was_answered(program: Program, receiver: Receiver) -> None:
    receiver.mood = "away"
    receiver.channel(program, "hook")
    assert program("brief", "--send").code == 75
    document = program("notify", "history", "hook", "--json").json()
    check(document, "sent")
    (sent,) = document["deliveries"]
    assert (sent["state"], sent["attempts"]) == ("waiting", 1)
    assert sent["type"] == "BriefingReady" and sent["subject"].startswith("Brief of ")
    (tried,) = sent["tries"]
    assert tried["outcome"] == "retry" and "503" in tried["note"]
    assert "503" in program("notify", "history").out


def test_the_secret_is_nowhere_but_in_its_file(program: Program, receiver: Receiver) -> None:
    shown = [receiver.channel(program, "hook", "--json")]
    receiver.mood = "away"
    shown += [program("notify", "test", "hook"), program("brief", "--send")]
    shown += [program("notify", *words) for words in (("list", "--json"), ("history",), ("remove", "hook"))]
    receiver.channel(program, "hook")
    assert all(SECRET not in ran.out + ran.err for ran in shown)
    holding = [
        path for path in program.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert [path.name for path in holding] == ["notify.hook"]
    assert holding[0].stat().st_mode & 0o777 == 0o600


def test_a_referred_secret_is_looked_up_each_time_and_not_removed(
    program: Program, receiver: Receiver
) -> None:
    words = ("--option", f"address={receiver.address}", "--private", "--secret-from", "env:HOOK")
    assert program("notify", "add", "hook", "--kind", "webhook", *words).code == 0
    assert program("notify", "test", "hook").code == 4
    assert program("notify", "test", "hook", env={"HOOK": SECRET}).code == 0
    assert len(receiver.came) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("x --kind fil", "did you mean file?"),
        ("x --kind file", "path is needed"),
        ("x --kind file --option pth=/tmp/x", "is it path?"),
        ("x --kind file --option path=here", "is a whole path"),
        ("redis --kind file --option path=/tmp/x", "is not redis or script"),
        ("X! --kind file --option path=/tmp/x", "lower-case letters"),
        ("x --kind file --option path=/tmp/x --for Sourcefailed", "did you mean SourceFailed?"),
        ("x --kind file --option path=/tmp/x --least urgent", "choose from low, normal, high, critical"),
        ("x --kind file --option path", "is not NAME=VALUE"),
        ("x --kind file --option path=/tmp/x --private", "private is no option of file"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_on(program: Program, words: str, said: str) -> None:
    ran = program("notify", "add", *words.split())
    assert (ran.code, ran.raw) == (2, b"")
    assert said in ran.err
    assert program("notify", "list", "--json").json()["channels"] == []


@pytest.mark.parametrize(
    ("route", "types", "least"),
    [
        ("briefings", ["BriefingReady"], "normal"),
        ("all", [], "normal"),
        ("SourceSynced", ["SourceSynced"], "low"),
        ("briefings,ScheduleMissed", ["BriefingReady", "ScheduleMissed"], "low"),
    ],
)
def test_a_route_is_types_and_a_priority(program: Program, route: str, types: list[str], least: str) -> None:
    program("notify", "add", "log", "--kind", "file", "--option", "path=~/log.md", "--for", route)
    (item,) = program("notify", "list", "--json").json()["channels"]
    assert (item["types"], item["least"]) == (types, least)


def test_an_address_of_the_local_network_needs_a_word(program: Program, receiver: Receiver) -> None:
    address = receiver.address.replace("http:", "https:")
    words = ("--kind", "webhook", "--option", f"address={address}", "--keep-in", "file")
    assert program("notify", "add", "hook", *words, stdin=SECRET).code == 0
    refused = program("notify", "test", "hook")
    assert refused.code == 7 and "private=yes" in refused.err
    assert receiver.came == []


def test_one_that_is_not_there(program: Program) -> None:
    program("notify", "add", "log", "--kind", "file", "--option", "path=~/log.md")
    for word in ("test", "remove", "history"):
        ran = program("notify", word, "lgo")
        assert ran.code == 2 and "did you mean log?" in ran.err
