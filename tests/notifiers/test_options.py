"""What a channel may be told is checked before it is kept."""

from __future__ import annotations

import pytest

from agentos_cli.notifiers.catalogue import CHANNELS

GOOD: dict[str, tuple[dict[str, str], bool]] = {
    "terminal": ({"tty": "/dev/pts/3"}, False),
    "file": ({"path": "~/briefs.md", "format": "each"}, False),
    "email": (
        {"host": "smtp.example.com", "from": "Acme <a@example.com>", "to": "b@example.com, c@example.com"},
        True,
    ),
    "slack": ({}, True),
    "slack_bot": ({"channel": "C012"}, True),
    "discord": ({"private": "no"}, True),
    "telegram": ({"chat": "-100123", "thread": "5"}, True),
    "ntfy": ({"topic": "acme-briefs", "server": "http://10.0.0.5:8080", "private": "yes"}, False),
    "webhook": ({"address": "https://hooks.example.com/x", "keyed": "no"}, True),
    "apprise": ({"again": "yes"}, True),
}
BAD: list[tuple[str, dict[str, str], bool, str]] = [
    ("slack", {}, False, "a secret is needed: the address of the webhook"),
    ("file", {"path": "/x/y"}, True, "no secret is needed"),
    ("file", {}, False, "path is needed"),
    ("file", {"path": "notes.md"}, False, "path is a whole path"),
    ("file", {"path": "/x/y", "format": "pdf"}, False, "format is one of markdown, jsonl, each"),
    ("file", {"path": "/x/y", "fromat": "each"}, False, "fromat is no option of file; is it format?"),
    ("email", {"host": "a b", "from": "a@b.c", "to": "a@b.c"}, False, "host is a host name"),
    ("email", {"host": "h", "from": "a@b.c, d@e.f", "to": "a@b.c"}, False, "from is one mail address"),
    ("email", {"host": "h", "from": "a@b.c", "to": "nobody"}, False, "to is a mail address"),
    ("email", {"host": "h", "from": "a@b.c", "to": "a@b.c\r\nBcc: x@y.z"}, False, "to is a mail address"),
    ("email", {"host": "h", "from": "a@b.c", "to": "a@b.c", "port": "0"}, False, "port is a port"),
    ("email", {"host": "h", "from": "a@b.c", "to": "a@b.c", "port": "٢٥"}, False, "port is a port"),
    ("email", {"host": "h", "from": "a@b.c", "to": "a@b.c", "security": "ssl"}, False, "security is one of"),
    ("telegram", {"chat": "my chat"}, True, "chat is an id or @name"),
    ("ntfy", {"topic": "a/b"}, False, "topic is 1 to 64 letters"),
    ("ntfy", {"topic": "a", "click": "javascript:alert(1)"}, False, "click cannot be used"),
    ("webhook", {"address": "https://a:b@example.com/"}, True, "address cannot be used"),
    ("webhook", {"address": "https://2130706433/"}, True, "odd way to write an IP address"),
    ("webhook", {"address": "https://example.com/", "private": "true"}, True, "private is yes or no"),
]


@pytest.mark.parametrize("kind", CHANNELS)
def test_what_makes_sense_is_accepted(kind: str) -> None:
    options, secret = GOOD[kind]
    assert CHANNELS[kind].problems(options, secret=secret) == []


@pytest.mark.parametrize(("kind", "options", "secret", "said"), BAD)
def test_what_does_not_is_said_in_words(kind: str, options: dict[str, str], secret: bool, said: str) -> None:
    found = CHANNELS[kind].problems(options, secret=secret)
    assert any(said in each for each in found), found


def test_only_a_file_and_a_webhook_honour_the_key_unless_told_otherwise() -> None:
    assert {kind for kind, channel in CHANNELS.items() if channel.honours_key({})} == {"file", "webhook"}
    assert not CHANNELS["webhook"].honours_key({"keyed": "no"})


def test_each_option_is_explained_and_known_once() -> None:
    for channel in CHANNELS.values():
        names = [option.name for option in channel.options]
        assert len(names) == len(set(names))
        assert all(option.help and "\n" not in option.help for option in channel.options)
