"""Agents become profiles: who they are by settings and IDENTITY.md, when they beat, what for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.belongings import Profile
from agentos_cli.importers.clawdbot.settings import agents, leftovers, models
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from tests.importers import eras
from tests.importers.building import Content, write
from tests.importers.settings_samples import home_of, read

NAMES = st.sampled_from(
    [
        *("agent", "agents", "list", "entries", "defaults", "id", "default", "model", "models", "primary"),
        *("fallbacks", "heartbeat", "every", "activeHours", "start", "end", "timezone", "identity", "name"),
        *(
            "routing",
            "bindings",
            "match",
            "agentId",
            "providers",
            "baseUrl",
            "apiKey",
            "headers",
            "env",
            "vars",
        ),
        *(
            "skills",
            "load",
            "extraDirs",
            "auth",
            "order",
            "tools",
            "bash",
            "channels",
            "telegram",
            "$include",
        ),
        *("gateway", "token", "workspace", "subagents", "inbound", "reply", "cost", "alias", "userTimezone"),
    ]
)
SECRET = "sk-ant-api03-Inv3ntedAndNowhereElse"


def pieces(home: Path) -> dict[str, Piece]:
    found = read(home)
    redactor = Redactor([(SECRET, "api_key")])
    return {piece.name: piece for piece in agents.read(found.home, found.setup, redactor)}


def profile(home: Path, name: str = "main") -> Profile:
    thing = pieces(home)[name].thing
    assert isinstance(thing, Profile)
    return thing


def with_identity(folder: Path, document: str, settings: object = None) -> Path:
    home = home_of(folder, settings or {"agents": {}})
    return write(home, {"clawd/IDENTITY.md": document})


def test_every_agent_of_a_home_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    found = pieces(eras.clawdbot(tmp_path))
    assert found["main"].thing == Profile(
        "main",
        "Pip",
        {"name": "Pip", "creature": "shrimp", "vibe": "dry, quick", "emoji": "🦐"},
        {
            "workspace": "/home/mara/clawd",
            "models": ["anthropic/claude-sonnet-4-5", "openai/gpt-5.2", "litellm/qwen3-32b"],
            "heartbeat": {"every": 0},
        },
        is_default=True,
    )
    assert found["ops"].thing == Profile(
        "ops",
        "Ops",
        {"name": "Ops", "creature": "shrimp", "vibe": "dry, quick", "emoji": "🦐"},
        {
            "workspace": "~/clawd-ops",
            "models": ["anthropic/claude-sonnet-4-5", "openai/gpt-5.2", "litellm/qwen3-32b"],
            "heartbeat": {
                "every": 7200,
                "quiet_hours": {"from": "22:00", "to": "08:00", "zone": "Europe/Berlin"},
                "target": "slack",
                "to": "channel:C0INVENTED",
            },
            "bindings": [{"channel": "slack", "peer": {"kind": "channel", "id": "C0INVENTED"}}],
        },
        role="ops",
    )
    assert {piece.path for piece in found.values()} == {"state/clawdbot.json"}
    assert [piece.asks for piece in found.values()] == [(), ()]


def test_what_the_settings_say_of_an_identity_counts_before_the_document(tmp_path: Path) -> None:
    said = {"agents": {"list": [{"id": "main", "identity": {"name": "Kim", "theme": "calm", "other": 1}}]}}
    found = profile(with_identity(tmp_path, "- **Name:** Pip\n- **Vibe:** dry\n", said))
    assert (found.name, found.identity) == ("Kim", {"name": "Kim", "vibe": "dry", "theme": "calm"})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("- **Name:** Pip\n- **Emoji:** 🦐\n", {"name": "Pip", "emoji": "🦐"}),
        ("Name: Pip\r\nVibe: dry: quick\r\n", {"name": "Pip", "vibe": "dry: quick"}),
        ("- *Name*: _Pip_\n", {"name": "Pip"}),
        ("- **Name:**\n  *(pick something you like)*\n", {}),
        ("- **Name:** *(pick something you like)*\n", {}),
        ("- **Emoji:** _(your signature — pick one that feels right)_\n", {}),
        ("- **Creature:** (AI? robot? familiar? ghost in the machine? something weirder?)\n", {}),
        ("- **Name:** Pip\n- **Name:** Later\n", {"name": "Later"}),
        ("# Name: Pip\n**Password:** x\nName Pip\n", {}),
        ("", {}),
    ],
)
def test_an_identity_document_is_read_line_by_line(document: str, expected: dict[str, str]) -> None:
    assert agents.identity_in(document) == expected


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *(("45m", 2700), ("2h", 7200), ("1.5h", 5400), ("30", 1800), ("0m", 0), ("90s", 90), ("500ms", 0.5)),
        *(("1d", 86_400), (" 10M ", 600), ("soon", None), ("-5m", None), ("", None), (30, None)),
        ("1e9m", None),
    ],
)
def test_the_time_between_two_heartbeats(said: object, seconds: float | None) -> None:
    assert agents.every(said) == seconds


@pytest.mark.parametrize(
    ("active", "quiet"),
    [
        ({"start": "08:00", "end": "22:00"}, {"from": "22:00", "to": "08:00", "zone": "Europe/Berlin"}),
        ({"start": "08:00", "end": "24:00", "timezone": "local"}, {"from": "00:00", "to": "08:00"}),
        (
            {"start": "22:00", "end": "06:00", "timezone": "Asia/Tokyo"},
            {"from": "06:00", "to": "22:00", "zone": "Asia/Tokyo"},
        ),
        ({"start": "08:00", "end": "22:00", "timezone": "Europe/Atlantis"}, None),
        ({"start": "08:00", "end": "08:00"}, None),
        ({"start": "00:00", "end": "24:00"}, None),
        ({"start": "8am", "end": "22:00"}, None),
        ({"start": "25:00", "end": "22:00"}, None),
        ({"start": 8, "end": 22}, None),
        ({}, None),
    ],
)
def test_hours_in_which_it_beats_become_those_in_which_it_does_not(
    active: dict[str, object], quiet: dict[str, str] | None
) -> None:
    assert agents.quiet_hours(active, "Europe/Berlin") == quiet


def test_without_a_block_of_its_own_the_default_agent_alone_beats_every_half_hour(tmp_path: Path) -> None:
    found = pieces(home_of(tmp_path, {"agents": {"list": [{"id": "main"}, {"id": "ops"}]}}))
    beats = {name: piece.thing.settings["heartbeat"] for name, piece in found.items()}  # type: ignore[union-attr]
    assert beats == {"main": {"every": 1800}, "ops": {"every": 0}}


@pytest.mark.parametrize(
    ("said", "role"),
    [
        (("ops", "Ops"), "ops"),
        (("a", "Finance helper"), "finance"),
        (("a", "chases late payers, our bookkeeper"), "finance"),
        (("customer-success",), "success"),
        (("hr_bot",), "hr"),
        (("a", "talks to sales and marketing"), None),
        (("shrimp", "workshops and chores"), None),
        (("main", None), None),
    ],
)
def test_a_role_is_hinted_at_only_where_the_words_are_clear(
    said: tuple[str | None, ...], role: str | None
) -> None:
    assert agents.role_in(*said) == role


def test_a_workspace_that_is_not_found_is_asked_for(tmp_path: Path) -> None:
    listed = {"agents": {"list": [{"id": "main"}, {"id": "ops", "workspace": "/somewhere/else"}]}}
    files: dict[str, Content] = {"agents/gone/sessions/a.jsonl": ""}
    found = pieces(home_of(tmp_path, listed, files))
    assert "--workspace FOLDER" in found["main"].asks[0]
    assert found["ops"].asks == ("the workspace of `ops` was not found, so its documents were not read",)
    assert found["gone"].asks == ()


def test_secrets_in_what_an_agent_was_told_do_not_come_over(tmp_path: Path) -> None:
    said = {
        "agents": {
            "list": [{"id": "main", "description": f"key {SECRET}", "heartbeat": {"prompt": f"use {SECRET}"}}]
        },
        "bindings": [{"agentId": "main", "match": {"channel": "slack", "token": SECRET}}],
    }
    home = with_identity(tmp_path, f"- **Vibe:** {SECRET}\n", said)
    piece = pieces(home)["main"]
    assert SECRET not in repr(piece) and piece.redacted


def test_the_same_home_gives_the_same_digests_and_a_change_another(tmp_path: Path) -> None:
    one = {name: piece.digest for name, piece in pieces(eras.clawdbot(tmp_path / "a")).items()}
    two = {name: piece.digest for name, piece in pieces(eras.clawdbot(tmp_path / "b")).items()}
    assert one == two
    write(tmp_path / "b", {"clawd-ops/IDENTITY.md": "- **Name:** Opal\n"})
    three = {name: piece.digest for name, piece in pieces(tmp_path / "b").items()}
    assert three["main"] == one["main"] and three["ops"] != one["ops"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inside, max_size=5)
    ),
    max_leaves=25,
)


@given(st.dictionaries(NAMES, JSON, max_size=6), st.dictionaries(NAMES, JSON, max_size=4))
@settings(max_examples=50, deadline=None)
def test_settings_of_any_shape_raise_nothing_and_are_stable(top: object, inside: object) -> None:
    with TemporaryDirectory() as folder:
        told = {**top, "agents": {"defaults": inside, "list": [{**inside, "id": "x"}]}}  # type: ignore[dict-item]
        home = home_of(Path(folder), told)
        one, two = everything(home), everything(home)
    assert one == two and any(piece.kind == "archive" for piece in one)


def everything(home: Path) -> list[Piece]:
    found = read(home)
    redactor = Redactor()
    return [
        piece
        for reader in (agents.read, models.read, leftovers.read)
        for piece in reader(found.home, found.setup, redactor)
    ]
