"""No credential comes over; each is named, with what gives it anew. Nothing of what is planted is left."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentos_cli.belongings import Archive, Session
from agentos_cli.importers.clawdbot import importer
from agentos_cli.importers.clawdbot.credentials import known_secrets
from agentos_cli.importers.clawdbot.credentials import reader as credentials
from agentos_cli.importers.clawdbot.credentials.provider_keys import kept_name, reference_in, usual_name
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.redaction import redact
from agentos_cli.store.import_records import Outcome
from agentos_cli.vault import Vault
from tests.importers.building import as_json, write
from tests.importers.secrets_samples import IN_FILES, IN_SETTINGS, PLANTED, plant, traces
from tests.importers.settings_samples import read

NOW = datetime(2026, 2, 1, tzinfo=UTC)


class Kept:
    """What is put away, in memory."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def put(self, name: str, secret: str) -> str:
        assert self.secrets.setdefault(name, secret) == secret
        return f"file:{name}"


def pieces(home: Path, keep: credentials.Keep | None = None) -> dict[str, Piece]:
    found = read(home)
    known = Redactor(known_secrets.collect(found.home, found.setup.raw))
    return {each.name: each for each in credentials.read(found.home, found.setup, known, keep)}


def reasons(home: Path, keep: credentials.Keep | None = None) -> dict[str, str | None]:
    return {name: piece.reason for name, piece in pieces(home, keep).items() if piece.kind == "secret"}


def references(home: Path, keep: credentials.Keep | None = None) -> dict[str, str]:
    found = read(home)
    return credentials.references(found.home, found.setup, keep)


def profiles_of(home: Path, **profiles: object) -> Path:
    return write(home, {
        ".clawdbot/clawdbot.json": as_json({"agents": {"list": [{"id": "main"}]}}),
        ".clawdbot/agents/main/agent/auth-profiles.json": as_json({"version": 1, "profiles": profiles}),
    })  # fmt: skip


def test_each_credential_is_named_with_what_gives_it_anew(tmp_path: Path) -> None:
    told = reasons(plant(tmp_path))
    key = "needs key: set ANTHROPIC_API_KEY, then anthropic uses env:ANTHROPIC_API_KEY"
    assert told["main/anthropic:default"] == key
    assert str(told["main/anthropic:claude-cli"]).startswith("log in again: refresh tokens rotate")
    assert told["main/github:pat"] == "needs key: set GITHUB_TOKEN, then github uses env:GITHUB_TOKEN"
    assert str(told["settings/channels.telegram.botToken"]).startswith("connect anew")
    assert "break both" in str(told["settings/channels.telegram.accounts.second.botToken"])
    assert str(told["state/credentials/whatsapp/default/creds.json"]).startswith(
        "the login of a linked device"
    )
    assert told["state/.env/PERPLEXITY_API_KEY"] == "needs key: set PERPLEXITY_API_KEY where agentos runs"
    assert "workspace/.env/EDITOR" not in told


def test_the_copy_in_another_agents_folder_is_no_second_credential(tmp_path: Path) -> None:
    told = reasons(plant(tmp_path))
    assert told["ops/anthropic:default"] == "the same secret as main/anthropic:default"
    assert str(told["ops/google:default"]).startswith("needs key: set GEMINI_API_KEY")


def test_nothing_of_credentials_is_ever_brought_over(tmp_path: Path) -> None:
    found = pieces(plant(tmp_path))
    assert {each.outcome for each in found.values()} == {Outcome.SKIPPED, Outcome.ARCHIVED}
    assert all(isinstance(each.thing, Archive) for each in found.values() if each.thing)
    assert traces(repr(found)) == []
    paths = {each.path for each in found.values()}
    for path in (
        "state/agents/ops/agent/auth-profiles.json", "state/agents/main/agent/auth.json", "state/.env",
        "state/credentials/oauth.json", "state/credentials/github-copilot.token.json", "workspace/.env",
        "state/identity/device.json", "state/devices/paired.json", "state/nodes/paired.json",
        "state/exec-approvals.json", "state/credentials/telegram-pairing.json",
    ):  # fmt: skip
        assert path in paths


def test_known_senders_are_noted_by_their_ids_alone(tmp_path: Path) -> None:
    found = pieces(plant(tmp_path))
    senders = found["known-senders/telegram-allowFrom.json"].thing
    asked = found["known-senders/telegram-pairing.json"].thing
    assert isinstance(senders, Archive)
    assert isinstance(asked, Archive)
    assert json.loads(senders.text)["ids"] == ["111222333", "444555666"]
    assert json.loads(senders.text)["privacy"] == "private"
    assert json.loads(asked.text)["ids"] == ["777888999"]


def test_approved_commands_are_suggestions(tmp_path: Path) -> None:
    approvals = pieces(plant(tmp_path))["approvals.json"].thing
    assert isinstance(approvals, Archive)
    said = json.loads(approvals.text)
    assert said["agents"] == {"main": {"allowlist": ["/usr/bin/git"]}}
    assert said["defaults"] == {"ask": "on-miss", "security": "allowlist"}
    assert "git status" not in approvals.text


def test_a_second_look_tells_the_same(tmp_path: Path) -> None:
    assert pieces(plant(tmp_path)) == pieces(tmp_path)


def test_every_provider_has_a_reference(tmp_path: Path) -> None:
    told = references(plant(tmp_path))
    assert told["anthropic"] == "env:ANTHROPIC_API_KEY"
    assert told["openai"] == "env:OPENAI_API_KEY"
    assert told["litellm"] == "env:LITELLM_API_KEY"
    assert told["google"] == "env:GEMINI_API_KEY"
    assert told["openrouter"] == "env:OPENROUTER_API_KEY"


def test_what_the_settings_refer_to_is_the_reference(tmp_path: Path) -> None:
    models = {"providers": {
        "litellm": {"apiKey": "${LITELLM_KEY}"}, "acme ai": {"baseUrl": "http://127.0.0.1:1"},
        "openai": {"apiKey": {"source": "env", "provider": "default", "id": "WORK_KEY"}},
        "groq": {"apiKey": "GROQ_API_KEY"}, "google": {},
    }}  # fmt: skip
    config = {"env": {"vars": {"GOOGLE_API_KEY": "AI"}}, "models": models}
    write(tmp_path, {".clawdbot/clawdbot.json": as_json(config)})
    assert references(tmp_path) == {
        "litellm": "env:LITELLM_KEY", "acme ai": "env:ACME_AI_API_KEY", "openai": "env:WORK_KEY",
        "groq": "env:GROQ_API_KEY", "google": "env:GOOGLE_API_KEY",
    }  # fmt: skip


def test_keys_are_put_into_the_vault_if_that_is_asked_for(tmp_path: Path) -> None:
    keep = Kept()
    told = pieces(plant(tmp_path / "home"), keep)
    kept = told["main/anthropic:default"]
    assert kept.outcome is Outcome.ARCHIVED
    assert kept.reason == "kept as file:clawdbot.main.anthropic.default"
    assert keep.secrets["clawdbot.main.anthropic.default"] == PLANTED["profile key"]
    assert keep.secrets["clawdbot._settings.litellm"] == PLANTED["provider key"]
    assert references(tmp_path / "home", keep)["anthropic"] == "file:clawdbot.main.anthropic.default"
    vault = Vault(tmp_path / "vault", "default", {})
    for name, secret in keep.secrets.items():
        assert vault.resolve(vault.keep(name, secret, "file")) == secret


def test_what_logs_somebody_in_is_never_put_into_the_vault(tmp_path: Path) -> None:
    keep = Kept()
    pieces(plant(tmp_path), keep)
    references(tmp_path, keep)
    never = {
        PLANTED[name]
        for name in ("profile access", "profile refresh", "old oauth", "telegram bot", "slack app",
                     "device token", "copilot token", "gateway token", "whatsapp secret", "socket token")
    }  # fmt: skip
    assert never.isdisjoint(keep.secrets.values())
    assert set(keep.secrets.values()) == {
        PLANTED[name]
        for name in ("profile key", "profile token", "legacy auth", "second agent key", "provider key")
    }


def test_a_credential_that_refers_elsewhere_is_no_secret(tmp_path: Path) -> None:
    keep = Kept()
    home = profiles_of(
        tmp_path,
        a={"type": "api_key", "provider": "openai", "key": "${WORK_KEY}"},
        b={"type": "api_key", "provider": "xai", "keyRef": {"source": "env", "id": "XAI_TWO"}},
        c={"type": "api_key", "provider": "groq", "key": ""},
    )
    told = reasons(home, keep)
    assert told["main/a"] == "it refers to env:WORK_KEY: set that where agentos runs"
    assert told["main/b"] == "it refers to env:XAI_TWO: set that where agentos runs"
    assert str(told["main/c"]).startswith("needs key")
    assert keep.secrets == {}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"profiles": 3}', '{"profiles": {"a": null}}', "[" * 100_000]
)
def test_a_broken_file_costs_itself_alone_and_quotes_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path, {
        ".clawdbot/clawdbot.json": "{}",
        ".clawdbot/agents/main/agent/auth-profiles.json": text + "sk-notevenclose1234567890" * (text == "{"),
        ".clawdbot/exec-approvals.json": text,
        ".clawdbot/credentials/telegram-allowFrom.json": text,
        ".clawdbot/.env": "A=1\n",
    })  # fmt: skip
    found = pieces(tmp_path)
    assert {each.path for each in found.values()} >= {
        "state/agents/main/agent/auth-profiles.json", "state/exec-approvals.json",
        "state/credentials/telegram-allowFrom.json", "state/.env",
    }  # fmt: skip
    assert "notevenclose" not in repr(found)


def test_a_broken_file_still_tells_its_secrets(tmp_path: Path) -> None:
    write(tmp_path, {
        ".clawdbot/clawdbot.json": "{}",
        ".clawdbot/clawdbot.json.bak": '{"gateway": {"auth": {"token": "q8Rk2mZp0LxW5tVb7NcY", ',
        ".clawdbot/agents/main/agent/auth.json": '{"a": {"key": "0Lx8Rk2mZpqW5tVb7NcY"}',
    })  # fmt: skip
    found = read(tmp_path)
    known = dict(known_secrets.collect(found.home, found.setup.raw))
    assert {"q8Rk2mZp0LxW5tVb7NcY", "0Lx8Rk2mZpqW5tVb7NcY"} <= known.keys()


def test_all_that_is_kept_for_secrets_is_known_before_anything_is_read(tmp_path: Path) -> None:
    found = read(plant(tmp_path))
    known = dict(known_secrets.collect(found.home, found.setup.raw))
    unseen = {"tls key"}  # a folder that is never looked into; its key has a shape
    missing = {
        name
        for name, value in {**IN_SETTINGS, **IN_FILES}.items()
        if name not in unseen and value not in known
    }
    assert missing == set()
    Redactor(known.items())
    assert (
        traces(redact(f"an error that quotes {PLANTED['gateway password']}, {PLANTED['plugin key']}")) == []
    )


def test_nothing_that_is_no_secret_is_known_as_one(tmp_path: Path) -> None:
    found = read(plant(tmp_path))
    known = dict(known_secrets.collect(found.home, found.setup.raw))
    plain = {
        "anthropic", "telegram", "allowlist", "default", "api_key", "oauth", "anthropic/claude-sonnet-4-5",
        "Europe/Berlin", "a@example.test", "http://127.0.0.1:4000/v1", "openai-completions", "111222333",
        "~/clawd", "2026.1.24-3", "de_DE.UTF-8", "${OPENAI_API_KEY}", "litellm/qwen3-32b", "service_account",
    }  # fmt: skip
    assert plain.isdisjoint(known)


def test_of_all_that_is_planted_nothing_comes_through_any_reader(tmp_path: Path) -> None:
    asked = importer.Asked(given=plant(tmp_path / "home"))
    found = importer.read(asked, {}, tmp_path / "nobody", NOW)
    assert len(PLANTED) >= 60
    assert len(found.pieces) > 80
    for piece in found.pieces:
        said = repr(piece)
        if isinstance(piece.thing, Session):
            said += repr(list(piece.thing.entries()))
        if PLANTED["file name"] in piece.path:
            said = said.replace(piece.path, "")  # where it is in the source; whoever shows it cleans it
        assert traces(said) == [], piece.name
        assert piece.outcome is not Outcome.FAILED


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ("${OPENAI_KEY}", "env:OPENAI_KEY"),
        ("OPENAI_API_KEY", "env:OPENAI_API_KEY"),
        ("secretref-env:A_B", "env:A_B"),
        ({"source": "env", "id": "A_B"}, "env:A_B"),
        ({"source": "file", "id": "/x"}, None),
        ("$${OPENAI_KEY}", None),
        ("SOMETHING_ELSE", None),
        ("sk-abc", None),
        (None, None),
    ],
)
def test_what_a_setting_refers_to(value: object, reference: str | None) -> None:
    assert reference_in(value) == reference


def test_names_are_names_of_variables_and_of_the_vault() -> None:
    assert usual_name("google", {"GOOGLE_API_KEY"}) == "GOOGLE_API_KEY"
    assert usual_name("1 Ünder/score") == "_1_NDER_SCORE_API_KEY"
    names = {kept_name("main", name) for name in ("a:b", "a.b", "a/b", "ä" * 90, "x" * 90, "")}
    assert len(names) == 6
    assert all(len(name) <= 64 and name.isascii() for name in names)
