"""The kinds of channels, in the order in which they are listed. To add one: a file, an entry here, its tests.

The file has `send(message: Message, target: Target) -> str | None`: it sends once and gives the receiver's
receipt, or raises as `http/outgoing.py` says. It is imported when it is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import cast

from agentos_cli.errors import CredentialProblem
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.options import (
    Option,
    address,
    like,
    mailbox,
    mailboxes,
    one_of,
    port,
    whole_path,
    yes_no,
)
from agentos_cli.redaction import register_secret


@dataclass(frozen=True, slots=True)
class Channel:
    """What can be said of a kind of channel without importing it. `secret` says what its secret is, None if
    it has none; `needs_secret`: it cannot do without. `confirms`: it honours our key, so that what is sent
    twice counts once; `unless` is an option by which a person says that this receiver does not."""

    kind: str
    title: str
    help: str
    options: tuple[Option, ...] = ()
    secret: str | None = None
    needs_secret: bool = False
    confirms: bool = False
    unless: str | None = None

    @property
    def module(self) -> str:
        """Where its `send` is."""
        return f"agentos_cli.notifiers.{self.kind}"

    def problems(self, options: Mapping[str, str], *, secret: bool) -> list[str]:
        """What is wrong with these options, a line each. `secret`: whether there is one."""
        known = {option.name: option for option in self.options}
        found = [self._unknown(name) for name in options if name not in known]
        found += [
            f"{o.name} is needed: {o.help}" for o in self.options if o.required and not options.get(o.name)
        ]
        for name, value in options.items():
            why = known[name].check(value) if name in known and value else None
            found += [f"{name} {why}"] if why else []
        if self.needs_secret and not secret:
            found.append(f"a secret is needed: {self.secret}")
        if self.secret is None and secret:
            found.append("no secret is needed")
        return found

    def honours_key(self, options: Mapping[str, str]) -> bool:
        """Whether this channel is one that `confirms`."""
        return self.confirms and options.get(self.unless or "") != "no"

    def send(self, message: Message, target: Target) -> str | None:
        """Send it once. Gives the receiver's receipt, None if it gives none; raises AgentosErrors."""
        _hide((target.secret or "").strip())
        if self.needs_secret and not target.secret:
            raise CredentialProblem(f"{self.title} needs a secret: {self.secret}")
        return cast("str | None", import_module(self.module).send(message, target))

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, [option.name for option in self.options], 1)
        return f"{name} is no option of {self.kind}" + (f"; is it {near[0]}?" if near else "")


def _hide(secret: str) -> None:
    """From now on nothing that is said holds the secret; of one that is an address, neither its path, which
    a receiver may quote, nor the last part of that, which is the key."""
    path, _, query = f"/{secret.partition('://')[2].partition('/')[2]}".partition("?")
    for each in {secret, path, path.rpartition("/")[2], query}:
        register_secret(each)


PRIVATE = Option(
    "private", "yes: it may be on this machine or the local network", usual="no", check=yes_no
)  # fmt: skip

CHANNELS: dict[str, Channel] = {
    channel.kind: channel
    for channel in (
        Channel(
            kind="terminal",
            title="Terminal",
            help="a terminal of this machine, or what the command prints on stderr",
            options=(Option("tty", "a terminal, like /dev/pts/3", usual="stderr", check=whole_path),),
        ),
        Channel(
            kind="file",
            title="File",
            help="a file that grows, or a folder with one file a message",
            options=(
                Option("path", "the file, or the folder for `each`", required=True, check=whole_path),
                Option(
                    "format",
                    "markdown, jsonl, or each: one Markdown file a message",
                    usual="markdown",
                    check=one_of("markdown", "jsonl", "each"),
                ),
            ),
            confirms=True,
        ),
        Channel(
            kind="email",
            title="E-mail",
            help="mail by SMTP, as HTML with a plain text beside it",
            options=(
                Option(
                    "host", "the mail server", required=True, check=like(r"[A-Za-z0-9.:_-]+", "a host name")
                ),
                Option("from", "the sender's address", required=True, check=mailbox),
                Option("to", "the receivers' addresses, between commas", required=True, check=mailboxes),
                Option("port", "its port", usual="587, 465 for tls", check=port),
                Option(
                    "security",
                    "starttls, tls (from the first byte) or none (without a password)",
                    usual="starttls",
                    check=one_of("starttls", "tls", "none"),
                ),
                Option("user", "the name to log in with", usual="the sender's address, with a password"),
            ),
            secret="the password of the mail account",  # noqa: S106 - what it is, not one
        ),
        Channel(
            kind="slack",
            title="Slack",
            help="a Slack channel, by an incoming webhook",
            options=(PRIVATE,),
            secret="the address of the webhook, https://hooks.slack.com/services/...",  # noqa: S106
            needs_secret=True,
        ),
        Channel(
            kind="slack_bot",
            title="Slack app",
            help="a Slack channel, by an app with the right chat:write",
            options=(
                Option(
                    "channel",
                    "the channel's id or name",
                    required=True,
                    check=like(r"[#@]?\S{1,80}", "one word"),
                ),
                Option("server", "where the API is", usual="https://slack.com", check=address),
                PRIVATE,
            ),
            secret="the app's token, xoxb-...",  # noqa: S106
            needs_secret=True,
        ),
        Channel(
            kind="discord",
            title="Discord",
            help="a Discord channel, by a webhook",
            options=(PRIVATE,),
            secret="the address of the webhook, https://discord.com/api/webhooks/...",  # noqa: S106
            needs_secret=True,
        ),
        Channel(
            kind="telegram",
            title="Telegram",
            help="a Telegram chat, by a bot",
            options=(
                Option(
                    "chat",
                    "the chat's id or @name",
                    required=True,
                    check=like(r"-?[0-9]{1,20}|@\w{4,40}", "an id or @name"),
                ),
                Option(
                    "thread", "a topic of the chat, by its number", check=like(r"[0-9]{1,15}", "a number")
                ),
                Option("server", "where the Bot API is", usual="https://api.telegram.org", check=address),
                PRIVATE,
            ),
            secret="the bot's token, 123456:ABC...",  # noqa: S106
            needs_secret=True,
        ),
        Channel(
            kind="ntfy",
            title="ntfy",
            help="phones and desktops, by ntfy.sh or a server of your own",
            options=(
                Option(
                    "topic",
                    "the topic; who knows it can read it",
                    required=True,
                    check=like(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, _ or -"),
                ),
                Option("server", "the server", usual="https://ntfy.sh", check=address),
                Option("click", "an address to open on a tap", check=address),
                PRIVATE,
            ),
            secret="an access token (tk_...) or user:password, for a topic that is protected",  # noqa: S106
        ),
        Channel(
            kind="webhook",
            title="Webhook",
            help="a program of yours: signed JSON, as standardwebhooks.com says",
            options=(
                Option("address", "where it listens", required=True, check=address),
                Option("keyed", "no: it does not drop what it has seen before", usual="yes", check=yes_no),
                PRIVATE,
            ),
            secret="the signing secret, whsec_... or 24 characters and more",  # noqa: S106
            needs_secret=True,
            confirms=True,
            unless="keyed",
        ),
        Channel(
            kind="apprise",
            title="apprise",
            help="a hundred other services; needs agentos-cli[apprise]",
            options=(
                Option(
                    "again",
                    "yes: send it again after a failure, though it may arrive twice",
                    usual="no",
                    check=yes_no,
                ),
            ),
            secret="the apprise address of the service, like matrix://user:password@host/#room",  # noqa: S106
            needs_secret=True,
        ),
    )
}
"""Every kind of channel by its name."""
