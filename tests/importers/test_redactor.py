"""Secrets are found in every form, wherever they are; what only looks a little like one is left alone."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.redaction import redact
from tests.importers.secrets_samples import IN_FILES, IN_SETTINGS, IN_TEXTS, PLANTED, traces

REDACTOR = Redactor()
KNOWN = {
    "db-pass/9 ö+x": "password",
    "correct horse": "password",
    "sunbeam": "password",
    "q8Rk2mZp0LxW5tVb7NcY": "token",
    "-----x 4711 ~~": "secret",
}
KNOWING = Redactor(KNOWN.items())
BY_SHAPE = (
    "in AGENTS.md", "in SOUL.md", "in IDENTITY.md", "in BOOT.md", "in MEMORY.md", "in memory", "file name",
    "in HEARTBEAT.md", "in a cron message", "in a cron name", "in a run's summary", "in a skill",
    "in a skill's file", "in a skill's description", "in an idea", "in a claim", "in a dream",
    "in a custom folder", "in a sub-agent's task", "in a session's label", "said by a user", "thought",
    "in a tool's result", "split by escapes", "in base64 only", "in a URL only", "in a compaction",
    "in an abandoned branch", "jwt in memory",
)  # fmt: skip
SHAPES = [IN_TEXTS[name] for name in BY_SHAPE] + [
    IN_SETTINGS[name]
    for name in (
        "env block", "env plain", "telegram bot", "discord bot", "slack bot", "slack app", "search key",
        "skill key", "skill env", "memory search key", "speech key", "teams password", "backup only",
    )
] + [
    IN_FILES[name]
    for name in (
        "profile key", "profile access", "profile refresh", "profile token", "legacy auth",
        "second agent key", "catalogue key", "state env", "workspace env",
    )
]  # fmt: skip


@pytest.mark.parametrize("secret", SHAPES, ids=lambda each: str(each)[:7])
def test_a_key_of_a_vendor_is_found_wherever_it_stands(secret: str) -> None:
    escaped = "".join(f"\\u{ord(char):04x}" if at % 5 == 2 else char for at, char in enumerate(secret))
    wrapped = base64.b64encode(f"take this one: {secret} and go".encode()).decode()
    for text in (
        secret, f"use {secret}, now", f"X={secret}", f'{{"a":"{secret}"}}', f"a\\n{secret}\\nb",
        f"ü {secret} é", f"https://x.test/?q={quote('v=' + secret, safe='')}", f'"{escaped}"',
        f"data:text/plain;base64,{wrapped}", f"<{secret}>", f"`{secret}`", f"[l](https://x.test/#{secret})",
    ):  # fmt: skip
        told = REDACTOR.clean(text)
        assert sum(told.found.values()) >= 1, text
        for part in (secret, secret[-16:], escaped, wrapped):
            assert part not in told.text
        assert REDACTOR.clean(told.text).text is told.text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: hunter2", "hunter2"),
        ("The Password is Tr0ub4dor&3.", "Tr0ub4dor"),
        ("DB_PASSWORD=sunshine", "sunshine"),
        ('{"password": "correct horse battery"}', "correct"),
        ('{\\"password\\": \\"hunter2\\"}', "hunter2"),
        ("**Password:** `hunter2!`", "hunter2"),
        ("| Password | hunter2 |", "hunter2"),
        ("Kennwort: Geheim!12", "Geheim"),
        ("the password is “hunter2”", "hunter2"),
        ("passphrase = 'open sesame now'", "sesame"),
        ("my PIN is 4711", "4711"),
        ("door pin code: 90210", "90210"),
        ("api key: 8fh3kd92mfk20dkw", "8fh3kd"),
        ("LITELLM_KEY=8fh3kd92mfk20dkw", "8fh3kd"),
        ("Todoist API token: 0123456789abcdef0123456789abcdef01234567", "0123456789"),
        ("EXA_API_KEY=8a1c2f7e-0000-4000-8000-000000000001", "8a1c2f7e"),
        ("client_secret: 4f5g6h7j8k9l", "4f5g6h"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz", "wJalr"),
        ("Authorization: Basic YWRtaW46aHVudGVyMg==", "YWRtaW46"),
        ("-H 'Authorization: Bearer abc.def-123456'", "def-1234"),
        ("Cookie: sid=abc123; theme=dark", "abc123"),
        ("Set-Cookie: sid=s%3Aabc; Path=/", "s%3Aabc"),
        ("postgres://app:p4ss@db.example.test/x", "p4ss"),
        ("https://jo:tok@git.example.test/x.git", "tok@"),
        ("https://7hg9wq1pzk4m8n2b6v3c@git.example.test/x.git", "7hg9"),
        ("curl -u admin:s3cr3t https://x.test", "s3cr3t"),
        ("sshpass -p geheim99 ssh pi@nas", "geheim99"),
        ("mysql --password=geheim99 books", "geheim99"),
        ("deploy --token 9f8e7d6c5b4a", "9f8e7d"),
        ("machine x.test login me password geheim99", "geheim99"),
        ("DefaultEndpointsProtocol=https;AccountKey=abcd1234+/efgh5678ijkl==;x", "abcd1234"),
        ("https://hooks.slack.com/services/T000/B000/abcDEF123456ghiJKL", "abcDEF"),
        ("https://x.test/blob?sv=1&sig=abc%2Bdef1234567890", "abc%2B"),
        ("seed phrase: " + "ability about zebra " * 4, "ability about"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ('"k": "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----\\n"', "MIIEvQ"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA (cut", "b3Blbn"),
    ],
)
def test_a_secret_is_found_by_what_stands_before_it(text: str, secret: str) -> None:
    told = REDACTOR.clean(text)
    assert secret not in told.text
    assert "[REDACTED:" in told.text
    assert REDACTOR.clean(told.text).text is told.text


@pytest.mark.parametrize(
    "text",
    [
        "commit 9c59ff0f0a4b02fa8d3e1a9c59ff04b02fa8d3e1",
        "8a1c2f7e-0000-4000-8000-000000000001",
        "call_1 toolu_01A09q90qw90lq917835lq9 msg_01XFDUDYJgAACzvnptvVoYEL chatcmpl-9abcdefghijklmnopqrs",
        "anthropic/claude-sonnet-4-5, gpt-5.2, claude-3-5-sonnet-20241022, qwen3-32b",
        "/home/u/.clawdbot/agents/main/sessions/8a1c2f7e-0000.jsonl",
        "+49 170 1234567 or 0170/1234567",
        "sha256-abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
        "agent:main:telegram:group:-100123456",
        "def token(self): return self.token",
        "token = get_token(request)",
        'password = input("Password: ")',
        '"maxTokens": 8192, "totalTokens": 9352',
        "the password is required; the password field is missing; reset your password",
        "api key: ${OPENAI_API_KEY}, $OPENAI_API_KEY, <your key>, env:NAME, file:main.key",
        'api_key = os.environ["X"]',
        "token: xxxxxxxx, password: ********, secret: [REDACTED:secret]",
        'mode: "token", type: "api_key", "auth": "none"',
        "secret santa is on Friday, the access token expired",
        "scikit-learn==1.2, task-runner-2026, risk-free-2",
        "https://example.test/a?b=c&id=12345678",
        "2026-01-26T09:00:03.000Z",
        "someVeryLongCamelCaseIdentifierOfAProgram another_very_long_snake_case_name",
        "pin the message, spinning: 12345",
        "[REDACTED:password] password: [REDACTED:password], u:[REDACTED:x]@host",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    told = REDACTOR.clean(text)
    assert told.text is text
    assert not told.found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("profile key", "anthropic-key"), ("memory search key", "openai-key"), ("jwt in memory", "jwt"),
        ("legacy auth", "openrouter-key"), ("in a cron message", "stripe-key"),
        ("profile token", "github-token"), ("speech key", "elevenlabs-key"), ("slack bot", "slack-token"),
        ("telegram bot", "telegram-token"),
    ],
)  # fmt: skip
def test_a_key_is_called_by_its_vendor(name: str, kind: str) -> None:
    assert REDACTOR.clean(f"here: {PLANTED[name]}").text.endswith(f"[REDACTED:{kind}]")


@pytest.mark.parametrize("text", ["[REDACTED:\n{}]", "[REDACTED: {}", "[REDACTED:x] {}", "{}[REDACTED:x]"])
def test_a_mark_that_was_made_up_hides_nothing(text: str) -> None:
    secret = IN_FILES["profile token"]
    assert secret not in REDACTOR.clean(text.format(secret)).text


@pytest.mark.parametrize("secret", KNOWN)
def test_a_known_value_is_found_in_every_form(secret: str) -> None:
    forms = [secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]]
    forms += [base64.b64encode(b"\0" * offset + secret.encode()).decode() for offset in range(3)]
    for form in forms:
        told = KNOWING.clean(f"a long word {form} and another")
        assert told.found, form
        assert secret not in told.text
        assert (form if len(form) < 8 else form[4:-4]) not in told.text
    assert secret not in redact(f"the log says {secret}")


@given(st.text(max_size=40), st.sampled_from(sorted(KNOWN)), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_known_value_is_found_between_whatever_else(before: str, secret: str, after: str) -> None:
    told = KNOWING.clean(before + secret + after)
    assert secret not in told.text
    assert KNOWING.clean(told.text).text is told.text


@given(st.text(max_size=12), st.sampled_from(sorted(KNOWN)), st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_known_value_is_found_in_base64_wherever_it_begins(before: str, secret: str, after: str) -> None:
    raw = f"{before}{secret}{after}".encode("utf-8", "replace")
    told = KNOWING.clean(f"see {base64.b64encode(raw).decode()} there")
    assert told.found


NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
HEX = st.text("0123456789abcdef", min_size=7, max_size=64)
PLAIN = st.one_of(
    HEX,
    st.uuids().map(str),
    st.lists(NAMES, min_size=1, max_size=5).map("/".join).map(lambda path: f"/{path}.md"),
    st.lists(NAMES, min_size=2, max_size=6).map(" ".join),
    st.integers(0, 10**12).map(str),
    st.datetimes().map(lambda at: f"{at.isoformat(timespec='milliseconds')}Z"),
    st.tuples(NAMES, st.integers(0, 99)).map(lambda pair: f"{pair[0]}-{pair[1]}b"),
    st.tuples(NAMES, HEX).map("_".join).filter(lambda text: not text.startswith(("sk", "re", "fw", "pul"))),
)


@given(st.lists(PLAIN, min_size=1, max_size=8).map(" and ".join))
@settings(max_examples=300, deadline=None)
def test_hashes_ids_paths_numbers_and_times_are_no_secrets(text: str) -> None:
    words = (
        "secret",
        "token",
        "pass",
        "pin",
        "pwd",
        "key",
        "cookie",
        "phrase",
        "seed",
        "bearer",
        "credential",
    )
    if not any(word in text for word in words):
        assert REDACTOR.clean(text).text is text


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_what_was_cleaned_is_clean(text: str) -> None:
    told = REDACTOR.clean(text)
    assert REDACTOR.clean(told.text).text is told.text
    assert bool(told.found) == (told.text is not text)


def test_what_a_key_says_to_be_secret_is_taken_out_whole() -> None:
    found: dict[str, int] = {}
    given_ = {
        "apiKey": "ab", "botToken": "x y z", "password": 1234, "token": "${TELEGRAM}", "mode": "token",
        "maxTokens": 8192, "tokenFile": "~/bot.txt", "auth": {"profiles": {"a": {"mode": "api_key"}}},
        "access": "8f3kd92mfk20", "author": "Jo", "secretRef": {"source": "env", "id": "X_KEY"},
        "token2": {"source": "env", "id": "X_KEY"}, "keys": ["8f3kd92mfk20", "plain"], "empty": None,
        "headers": {"Authorization": "Bearer x"}, IN_TEXTS["in BOOT.md"]: True,
        "tokens": {"a": {"token": "b"}},
    }  # fmt: skip
    assert REDACTOR.tree(given_, found) == {
        "apiKey": "[REDACTED:api-key]", "botToken": "[REDACTED:token]", "password": "[REDACTED:password]",
        "token": "${TELEGRAM}", "mode": "token", "maxTokens": 8192, "tokenFile": "~/bot.txt",
        "auth": {"profiles": {"a": {"mode": "api_key"}}}, "access": "[REDACTED:token]", "author": "Jo",
        "secretRef": {"source": "env", "id": "X_KEY"}, "token2": {"source": "env", "id": "X_KEY"},
        "keys": ["[REDACTED:api-key]", "plain"], "empty": None,
        "headers": {"Authorization": "[REDACTED:authorization]"}, "[REDACTED:npm-token]": True,
        "tokens": {"a": {"token": "[REDACTED:token]"}},
    }  # fmt: skip
    assert found == {
        "api-key": 2, "token": 3, "password": 1, "authorization": 1, "npm-token": 1,
    }  # fmt: skip


def test_a_deep_tree_costs_no_more_than_what_is_deep() -> None:
    deep: object = "sunbeam"
    for _ in range(5_000):
        deep = [deep]
    assert "sunbeam" not in json.dumps(KNOWING.tree({"a": [deep]}, {}))


@pytest.mark.parametrize(
    "piece",
    [
        "cookie: a ",
        "password=a1",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ.",
        "aGVsbG8gd29ybGQ",
        " -u a:",
    ],
)
def test_a_long_line_made_to_be_slow_is_not(piece: str) -> None:
    told = REDACTOR.clean(piece * (300_000 // len(piece)))  # would take minutes
    assert REDACTOR.clean(told.text).text is told.text


def test_a_mark_is_never_taken_for_a_secret() -> None:
    knowing = Redactor([("REDACTED", "x"), ("password", "x"), ("[REDACTED:", "x")])
    told = knowing.clean("my password and REDACTED")
    assert told.text == "my [REDACTED:x] and [REDACTED:x]"
    assert knowing.clean(told.text).text is told.text


def test_the_planted_secrets_are_all_different() -> None:
    planted = [*IN_SETTINGS.values(), *IN_FILES.values(), *IN_TEXTS.values()]
    assert len(set(planted)) == len(planted) >= 60
    assert len(traces("\n".join(planted))) == len(planted)


@pytest.mark.parametrize(
    "text",
    [
        '{"childSessionKey":"agent:main:subagent:2c9f01ab-0000-4000-8000-000000000001"}',
        "- **Session Key**: agent:main:telegram:dm:111222333",
        "sessionKey: agent:ops:cron:0b8f5a0e-1111-4222-8333-444455556666",
    ],
)
def test_what_a_conversation_is_called_is_no_secret(text: str) -> None:
    assert Redactor().clean(text).text is text
