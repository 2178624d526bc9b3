"""What a message looks like in each channel, and where it is cut."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agentos_cli.errors import (
    CredentialProblem,
    CredentialRefused,
    Fatal,
    RateLimited,
    Temporary,
    Unconfirmed,
)
from agentos_cli.events import Priority
from agentos_cli.notifiers import discord, fitting, slack, telegram, webhook
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Message, Target
from tests.ground.hostile import Hostile, text, value
from tests.notifiers.conftest import PATHS, SECRETS, leading
from tests.notifiers.samples import KEY, MESSAGE, TROUBLE, troubled
from tests.notifiers.vendors import ANSWERS, sent, signed

LONG = replace(MESSAGE, text="A sentence of nine words that says nothing new. " * 2000)
LONG = replace(LONG, markdown="\n\n".join(f"- point {n} of many & more" for n in range(3000)))
ALERT = replace(LONG, kind="AlertRaised")


def sections(message: Message) -> list[str]:
    blocks = slack.payload(message)["blocks"]
    assert isinstance(blocks, list)
    return [block["text"]["text"] for block in blocks if block["type"] == "section"]


# ── Slack ───────────────────────────────────────────────────────────────────────────────────────────


def test_slack_shows_headings_bold_lists_code_links_and_tables() -> None:
    (shown,) = sections(MESSAGE)
    assert shown.splitlines() == [
        "*Call Globex* before noon: $12,300 is at risk.",
        "",
        "> *no data from linear*: never read. `agentos connect linear`",
        "",
        "*Decide*",
        "",
        "1. *Chase the invoice* (2 days overdue)",
        "   it is the oldest `agentos show R1ABC`",
        "• see <https://dashboard.example.com/c/1?a=b&amp;c=d|the customer>",
        "",
        "figure  value",
        "MRR  $10,000",
    ]
    payload = slack.payload(MESSAGE)
    assert payload["text"] == "Acme: one decision today"
    assert "2026-11-23 07:00 UTC" in json.dumps(payload)


def test_a_title_that_says_something_else_than_the_subject_stays() -> None:
    assert sections(replace(MESSAGE, subject="Good morning"))[0].startswith("*Acme: one decision today*")


def test_a_short_message_says_its_subject_once() -> None:
    short = replace(MESSAGE, subject="MRR is low", markdown="**MRR is low**\n\n- value: 5\n\n**Since**")
    assert sections(short) == ["• value: 5\n\n*Since*"]


def test_slack_names_nobody_and_runs_no_command() -> None:
    (shown,) = sections(replace(MESSAGE, markdown="<!channel> <@U1> &lt;!here> **<!everyone>** `<x>` a & b"))
    assert shown == "&lt;!channel&gt; &lt;@U1&gt; &lt;!here&gt; *&lt;!everyone&gt;* `&lt;x&gt;` a &amp; b"


def test_what_was_escaped_for_markdown_is_read_as_it_was() -> None:
    (shown,) = sections(
        replace(MESSAGE, markdown=r"\*star\* \[x\] a\_b &#64;ceo https&#58;//x.example \`t\`")
    )
    assert shown == "*star* [x] a_b @ceo https://x.example `t`"


def test_a_long_message_ends_at_a_line_and_says_where_the_rest_is() -> None:
    shown = sections(LONG)
    assert 3 < len(shown) <= 6
    assert all(part.startswith("• point ") for part in shown[:-1])
    assert shown[-1].startswith("… cut here, ")
    assert shown[-1].endswith(" more characters: agentos brief")
    assert sections(ALERT)[-1].endswith("agentos events show evt_0123456789abcdef0123")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("invalid_auth", CredentialRefused),
        ("missing_scope", CredentialRefused),
        ("ratelimited", Temporary),
        ("channel_not_found", Fatal),
        ("internal_error", Unconfirmed),
        ("fatal_error", Unconfirmed),
    ],
)
def test_the_slack_app_reads_errors_that_come_as_a_success(
    receiver: Hostile, error: str, expected: type[Exception]
) -> None:
    receiver.on(PATHS["slack_bot"], value({"ok": False, "error": error}))
    with pytest.raises(expected) as caught:
        CHANNELS["slack_bot"].send(MESSAGE, leading("slack_bot", receiver.url("")))
    assert type(caught.value) is expected


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"[]", b'{"ok": 1}', b'{"ok": false}', b'{"ok": true', b"<html>"]
)
def test_an_answer_of_the_slack_app_that_cannot_be_read_confirms_nothing(
    receiver: Hostile, body: bytes
) -> None:
    receiver.on(PATHS["slack_bot"], text(body))
    with pytest.raises(Unconfirmed):
        CHANNELS["slack_bot"].send(MESSAGE, leading("slack_bot", receiver.url("")))


def test_of_a_line_that_is_too_long_the_beginning_is_shown() -> None:
    *shown, last = sections(replace(MESSAGE, markdown="so it goes on & on " * 250 + "\n\nand then"))
    assert shown[0].startswith("so it goes on &amp; on so")
    assert 1000 < sum(map(len, shown)) <= 3100
    assert "and then" in shown[-1]
    assert int(last.split("cut here, ")[1].split(" ")[0].replace(",", "")) > 2000


# ── Discord ─────────────────────────────────────────────────────────────────────────────────────────


def embed(message: Message) -> dict[str, object]:
    embeds = discord.payload(message)["embeds"]
    assert isinstance(embeds, list)
    return dict(embeds[0])


def test_discord_shows_the_subject_and_an_embed() -> None:
    payload = discord.payload(replace(MESSAGE, priority=Priority.CRITICAL))
    assert payload["content"] == r"**Acme\: one decision today**"
    shown = str(embed(MESSAGE)["description"]).splitlines()
    assert shown[0] == r"**Call Globex** before noon\: $12,300 is at risk."
    assert shown[8] == "• see [the customer](https://dashboard.example.com/c/1?a=b&c=d)"
    assert embed(replace(MESSAGE, priority=Priority.CRITICAL))["color"] == 0xC62828


def test_discord_calls_nobody_and_hides_no_link() -> None:
    shown = str(
        embed(replace(MESSAGE, markdown="@everyone <@1> **x** \\*y\\* [a](b) https://evil.example"))[
            "description"
        ]
    )
    assert "@everyone" not in shown
    assert "https://" not in shown
    assert r"\<@" in shown
    assert r"\*y\*" in shown


def test_a_discord_address_that_has_a_query_keeps_it(receiver: Hostile) -> None:
    receiver.on(PATHS["discord"], ANSWERS["discord"])
    address = f"{receiver.url(PATHS['discord'])}?thread_id=5"
    assert CHANNELS["discord"].send(MESSAGE, Target({"private": "yes"}, address)) == "id 1184209"
    assert receiver.seen["path"].endswith("?thread_id=5&wait=true")


# ── Telegram ────────────────────────────────────────────────────────────────────────────────────────


def test_telegram_shows_its_few_tags() -> None:
    shown = telegram.text(MESSAGE).splitlines()
    assert shown[0] == "<b>Acme: one decision today</b>"
    assert shown[2] == "<b>Call Globex</b> before noon: $12,300 is at risk."
    assert shown[4] == "&gt; <b>no data from linear</b>: never read. <code>agentos connect linear</code>"
    assert '<a href="https://dashboard.example.com/c/1?a=b&amp;c=d">the customer</a>' in shown[10]


def test_telegram_mentions_nobody() -> None:
    shown = telegram.text(replace(MESSAGE, markdown="ask @ceo_globex or mail a@example.com", subject="@all"))
    assert "@ceo" not in shown
    assert "@all" not in shown
    assert "a@example.com" in shown


def test_telegram_gets_one_message_however_long() -> None:
    for message in (LONG, ALERT, *(troubled(each) for each in TROUBLE.values())):
        assert len(telegram.text(message).encode("utf-16-le")) // 2 <= 4096
    assert telegram.text(LONG).endswith("more characters: agentos brief")


def test_a_telegram_topic_and_a_quiet_message(receiver: Hostile) -> None:
    receiver.on(PATHS["telegram"], ANSWERS["telegram"])
    target = leading("telegram", receiver.url(""), thread="7")
    CHANNELS["telegram"].send(replace(MESSAGE, priority=Priority.LOW), target)
    document = sent(receiver)
    assert (document["message_thread_id"], document["disable_notification"]) == (7, True)
    assert document["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize("token", ["x", "123:a/../b", "123:abc?x=1", "123:ab c\r\nd", "123456", "123:é"])
def test_what_is_no_token_is_put_into_no_address(receiver: Hostile, token: str) -> None:
    target = leading("telegram", receiver.url(""))
    with pytest.raises(CredentialProblem):
        CHANNELS["telegram"].send(MESSAGE, Target(target.options, token))


# ── ntfy ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("priority", "number"), list(zip(Priority, (2, 3, 4, 5), strict=True)))
def test_ntfy_gets_title_priority_click_and_login(receiver: Hostile, priority: Priority, number: int) -> None:
    receiver.on("/", ANSWERS["ntfy"])
    message = replace(MESSAGE, priority=priority, subject="Zürich 😀")
    CHANNELS["ntfy"].send(message, leading("ntfy", receiver.url(""), click="https://acme.example/"))
    document = sent(receiver)
    assert (document["title"], document["priority"]) == ("Zürich 😀", number)
    assert document["click"] == "https://acme.example/"
    assert receiver.seen["authorization"] == f"Bearer {SECRETS['ntfy']}"


def test_ntfy_knows_passwords_and_open_topics(receiver: Hostile) -> None:
    receiver.on("/", ANSWERS["ntfy"])
    target = leading("ntfy", receiver.url(""))
    CHANNELS["ntfy"].send(MESSAGE, Target(target.options, "phil:pässword\n"))
    basic = receiver.seen["authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == "phil:pässword"
    CHANNELS["ntfy"].send(MESSAGE, Target(target.options))
    assert "authorization" not in receiver.seen


def test_a_message_that_comes_twice_is_one_to_ntfy_and_two_are_two(receiver: Hostile) -> None:
    receiver.on("/", ANSWERS["ntfy"])
    target = leading("ntfy", receiver.url(""))
    for message in (MESSAGE, replace(MESSAGE, text="again"), replace(MESSAGE, key="evt_2:team")):
        CHANNELS["ntfy"].send(message, target)
    first, again, other = (sent(receiver, n)["sequence_id"] for n in range(3))
    assert first == again != other


# ── Webhook ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("secret", [SECRETS["webhook"], "a secret of twenty-four c"])
def test_a_webhook_is_signed_as_the_specification_says(receiver: Hostile, secret: str) -> None:
    receiver.on("/hook", ANSWERS["webhook"])
    for _ in range(2):
        CHANNELS["webhook"].send(MESSAGE, Target(leading("webhook", receiver.url("")).options, secret))
    seen, body = receiver.seen, receiver.bodies[-1]
    now = datetime.now(UTC).timestamp()
    assert signed(seen, body, secret, now) is None
    assert signed(seen, body + b" ", secret, now) == "no signature matches"
    assert signed(seen, body, "whsec_" + base64.b64encode(b"x" * 24).decode(), now) == "no signature matches"
    assert signed({**seen, "webhook-id": "evt_9"}, body, secret, now) == "no signature matches"
    assert seen["webhook-id"] == KEY  # the same each time


def test_the_signature_of_the_specifications_own_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python (its test vector)"""
    key = webhook.signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = webhook.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_tells_facts_and_text(receiver: Hostile) -> None:
    receiver.on("/hook", ANSWERS["webhook"])
    CHANNELS["webhook"].send(MESSAGE, leading("webhook", receiver.url("")))
    assert sent(receiver) == {
        "type": "BriefingReady",
        "timestamp": "2026-11-23T07:00:06+00:00",
        "data": {
            "key": KEY,
            "priority": "normal",
            "subject": "Acme: one decision today",
            "text": MESSAGE.text,
            "facts": dict(MESSAGE.facts),
        },
    }


@pytest.mark.parametrize("key", ["evt_1:a.b", "evt_1:ü", "evt_1:a\r\nX: y", "k" * 200, "evt_1:a b"])
def test_a_key_that_no_header_may_have_is_stood_for(receiver: Hostile, key: str) -> None:
    receiver.on("/hook", ANSWERS["webhook"])
    target = leading("webhook", receiver.url(""))
    for _ in range(2):
        CHANNELS["webhook"].send(replace(MESSAGE, key=key), target)
    now = datetime.now(UTC).timestamp()
    assert signed(receiver.seen, receiver.bodies[-1], SECRETS["webhook"], now) is None
    assert receiver.seen["webhook-id"] == fitting.header_key(replace(MESSAGE, key=key))
    assert receiver.seen["webhook-id"].startswith("key_")


@pytest.mark.parametrize(
    "secret", ["short", "whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"x" * 23).decode()]
)
def test_a_signing_secret_that_is_weak_or_broken_is_refused(receiver: Hostile, secret: str) -> None:
    with pytest.raises(CredentialProblem):
        CHANNELS["webhook"].send(MESSAGE, Target(leading("webhook", receiver.url("")).options, secret))
    assert receiver.bodies == []


def test_a_limit_from_telegram_and_discord_is_kept_to(receiver: Hostile) -> None:
    receiver.on(PATHS["discord"], value({"message": "rate limited", "retry_after": 64.57}, 429))
    before = datetime.now(UTC)
    with pytest.raises(RateLimited) as caught:
        CHANNELS["discord"].send(MESSAGE, leading("discord", receiver.url("")))
    assert 60 < (caught.value.not_before - before).total_seconds() < 90


# ── cutting ─────────────────────────────────────────────────────────────────────────────────────────


def test_text_is_cut_at_a_paragraph_a_line_or_a_word() -> None:
    assert fitting.cut("short", 200, MESSAGE) == "short"
    found = fitting.cut("one two " * 100, 400, MESSAGE)
    assert len(found) <= 400
    assert found.splitlines()[0].endswith(("one", "two"))
    assert found.endswith("more characters: agentos brief")
    lines = fitting.cut(("x" * 50 + "\n") * 20, 400, ALERT)
    assert set(lines.splitlines()[:-2]) == {"x" * 50}
    assert "agentos events show evt_0123456789abcdef0123" in lines


def test_line_ends_of_all_kinds_are_line_ends() -> None:
    assert fitting.sound("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_the_number_of_characters_left_out_is_right() -> None:
    found = fitting.cut("word " * 1000, 500, MESSAGE)
    shown = found.split("\n\n")[0]
    left = int(found.split("cut here, ")[1].split(" ")[0].replace(",", ""))
    assert 0 <= 5000 - len(shown) - left <= 1


@pytest.mark.parametrize("limit", range(121, 140))
def test_no_character_of_several_is_cut_in_two(limit: int) -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    shown = fitting.cut(family * 100, limit, MESSAGE).split("\n\n")[0].split("…")[0]
    assert shown.replace(family, "") == ""


def test_an_event_of_an_odd_name_is_not_put_into_a_command() -> None:
    assert fitting.left_out(5, replace(ALERT, key="$(rm -rf):x")).endswith("agentos events list")
