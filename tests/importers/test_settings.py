"""Settings of every era give the same picture: agents, workspaces, heartbeats; a broken file costs itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentos_cli.errors import UsageProblem
from agentos_cli.importers.clawdbot.settings.legacy import modern
from tests.importers import eras
from tests.importers.building import as_json, snapshot, write
from tests.importers.settings_samples import home_of, read


def test_the_agents_of_a_home_with_their_workspaces_and_heartbeats(tmp_path: Path) -> None:
    found = read(eras.clawdbot(tmp_path))
    assert [(agent.id, agent.workspace, agent.is_default) for agent in found.setup.agents] == [
        ("main", "workspace", True),
        ("ops", "workspace-ops", False),
    ]
    # ops has a block of its own, so that it alone beats; what it does not say comes from the defaults
    assert found.agent("main").heartbeat == {"every": "0m"}
    assert found.agent("ops").heartbeat["every"] == "2h"
    assert found.agent("ops").heartbeat["activeHours"] == {
        "start": "08:00",
        "end": "22:00",
        "timezone": "user",
    }
    assert (found.setup.timezone, found.setup.version) == ("Europe/Berlin", "2026.1.24-3")
    assert found.setup.cron_store == "~/.clawdbot/cron/jobs.json"
    assert found.setup.skill_roots == ("skills-1",) and "notion" in found.setup.skill_entries
    assert found.home.text("workspace-ops/IDENTITY.md").startswith("- **Name:** Ops")
    assert found.home.get("skills-1/mixer/SKILL.md") is not None and found.pieces == []


def test_references_to_variables_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_KEY", "what-nobody-should-see")
    raw = read(eras.clawdbot(tmp_path)).setup.raw
    assert "${LITELLM_KEY}" in as_json(raw) and "what-nobody-should-see" not in as_json(raw)


@pytest.mark.parametrize("era", [eras.clawdis, eras.clawdbot_flat])
def test_homes_of_the_first_days_have_one_agent_with_its_workspace(era: object, tmp_path: Path) -> None:
    found = read(era(tmp_path))  # type: ignore[operator]
    assert [(agent.id, agent.workspace) for agent in found.setup.agents] == [("main", "workspace")]
    assert "agent" not in found.setup.raw and found.pieces == []


def test_workspaces_within_the_state_directory_are_roots_of_their_own(tmp_path: Path) -> None:
    found = read(eras.openclaw(tmp_path))
    assert [agent.workspace for agent in found.setup.agents] == ["workspace", "workspace-ops"]
    assert found.home.get("workspace/SOUL.md") is not None
    assert found.home.get("state/workspace/SOUL.md") is None


def test_agents_by_id_of_later_years(tmp_path: Path) -> None:
    found = read(eras.openclaw_sqlite(tmp_path))
    assert [(agent.id, agent.is_default) for agent in found.setup.agents] == [("main", True)]


def test_a_workspace_alone_is_the_home_of_one_agent(tmp_path: Path) -> None:
    write(tmp_path / "clawd", {"AGENTS.md": "# Rules\n", "SOUL.md": "# Pip\n"})
    found = read(tmp_path / "clawd")
    assert [(agent.id, agent.workspace) for agent in found.setup.agents] == [("main", "workspace")]
    assert found.setup.config is None and found.home.get("workspace/SOUL.md") is not None


def test_broken_settings_cost_themselves_alone(tmp_path: Path) -> None:
    files = {"agents/research/sessions/sessions.json": "{}"}
    home = home_of(tmp_path, '{ agents: { list: [ { id: "main", token: "sk-secret-inv', dict(files))
    write(tmp_path / "mara", {"clawd/SOUL.md": "# Pip\n"})
    found = read(home)
    told = found.told()
    assert list(told) == ["state/clawdbot.json"] and told["state/clawdbot.json"].startswith("failed: ")
    assert "sk-secret" not in told["state/clawdbot.json"]
    assert [(agent.id, agent.workspace) for agent in found.setup.agents] == [
        ("main", "workspace"),
        ("research", None),
    ]


def test_agents_that_are_on_disk_alone_are_agents_too(tmp_path: Path) -> None:
    files = {"agents/archive/sessions/a.jsonl": "", "agents/Not an id/sessions/a.jsonl": "", "agents/x/y": ""}
    found = read(home_of(tmp_path, {"agents": {"list": [{"id": "ops"}, {"id": "lab"}]}}, dict(files)))
    assert [(agent.id, agent.is_default) for agent in found.setup.agents] == [
        ("ops", True),
        ("lab", False),
        ("archive", False),
        ("main", False),
    ]


def test_ids_are_spelled_as_the_program_spells_them_and_taken_once(tmp_path: Path) -> None:
    listed = [{"id": "Sales Team!"}, {"id": "sales-team"}, {"name": "nobody"}, {"id": "../etc"}, "what"]
    found = read(home_of(tmp_path, {"agents": {"list": listed}}))
    assert [agent.id for agent in found.setup.agents][:2] == ["sales-team", "etc"]
    assert [(piece.kind, piece.name, piece.reason) for piece in found.pieces] == [
        ("profile", "agent 2 of the list", "there is another agent `sales-team`, which was taken"),
        ("profile", "agent 3 of the list", "it has no id"),
        ("profile", "agent 5 of the list", "it has no id"),
    ]


def test_two_agents_with_one_folder_share_its_root(tmp_path: Path) -> None:
    listed = [{"id": "main"}, {"id": "twin", "workspace": "~/clawd"}]
    home = home_of(tmp_path, {"agents": {"list": listed}})
    write(home, {"clawd/SOUL.md": "# Pip\n"})
    found = read(home)
    assert [agent.workspace for agent in found.setup.agents] == ["workspace", "workspace"]


def test_a_whole_home_is_no_workspace_unless_it_looks_like_one(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"agents": {"defaults": {"workspace": "~"}}})
    write(home, {"Documents/tax.md": "# Private\n"})
    found = read(home)
    assert found.setup.default.workspace is None
    assert not any("tax" in entry.path for entry in found.home.all())
    write(home, {"AGENTS.md": "# Rules\n"})
    assert read(home).setup.default.workspace == "workspace"


def test_what_the_user_says_of_zone_and_workspace_counts(tmp_path: Path) -> None:
    home = eras.clawdbot(tmp_path / "mara")
    write(tmp_path / "elsewhere", {"SOUL.md": "# Another\n"})
    found = read(home, timezone="Asia/Tokyo", workspace=tmp_path / "elsewhere")
    assert found.setup.timezone == "Asia/Tokyo"
    assert found.home.text("workspace/SOUL.md") == "# Another\n"
    with pytest.raises(UsageProblem, match="no time zone `Mars/Base`"):
        read(home, timezone="Mars/Base")
    with pytest.raises(UsageProblem, match="no such folder"):
        read(home, workspace=tmp_path / "nowhere")


def test_a_zone_that_there_is_not_is_no_zone(tmp_path: Path) -> None:
    for zone in ("Europe/Atlantis", "../../etc/passwd", "", 7, "\0"):
        home = home_of(tmp_path, {"agents": {"defaults": {"userTimezone": zone}}})
        assert read(home).setup.timezone is None


def test_folders_of_skills_outside_the_home_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"outside/thief/SKILL.md": "# Thief\n", "mara/extra/good/SKILL.md": "# Good\n"})
    named = ["../outside", str(tmp_path / "outside"), "~", "/home/other/extra", "~/nowhere"]
    found = read(home_of(tmp_path, {"skills": {"load": {"extraDirs": named}}}))
    assert found.setup.skill_roots == ("skills-4",)  # the fourth was at this place of its old home
    assert [piece.name for piece in found.pieces] == [named[0], named[1], named[2], named[4]]
    assert not any("thief" in entry.path for entry in found.home.all())


# ── $include ────────────────────────────────────────────────────────────────────────────────


def test_files_are_included_at_any_level_lists_one_after_the_other_and_siblings_win(tmp_path: Path) -> None:
    files = {
        "parts/agents.json5": "{ list: [{ id: 'main', $include: './main.json' }], defaults: { a: 1, b: 1 } }",
        "parts/main.json": as_json({"name": "Pip", "workspace": "~/other"}),
        "parts/more.json": as_json({"list": [{"id": "ops"}], "defaults": {"b": 2, "c": 2}}),
    }
    settings = {
        "agents": {
            "$include": ["./parts/agents.json5", "parts/more.json"],
            "list": [{"id": "last"}],
            "defaults": {"c": 3},
        }
    }
    found = read(home_of(tmp_path, settings, dict(files)))
    assert found.setup.raw["agents"] == {
        "list": [{"id": "main", "name": "Pip", "workspace": "~/other"}, {"id": "ops"}, {"id": "last"}],
        "defaults": {"a": 1, "b": 2, "c": 3},
    }
    assert set(found.told()) == {f"state/{name}" for name in files}
    assert set(found.told().values()) == {"skipped: a part of the settings, read with them"}


def test_an_include_that_points_outside_is_read_only_if_the_user_wants_it(tmp_path: Path) -> None:
    write(tmp_path, {"outside.json": as_json({"userTimezone": "Europe/Paris"})})
    named = ["../../outside.json", str(tmp_path / "outside.json")]
    for name in named:
        home = home_of(tmp_path, {"agents": {"defaults": {"$include": name, "workspace": "~/clawd"}}})
        before = snapshot(tmp_path)
        found = read(home)
        assert found.setup.timezone is None and found.setup.raw["agents"] == {
            "defaults": {"workspace": "~/clawd"}
        }
        assert [(piece.kind, piece.outcome) for piece in found.pieces] == [("include", "failed")]
        assert "--allow-external-includes" in str(found.pieces[0].reason)
        allowed = read(home, external=True)
        assert allowed.setup.timezone == "Europe/Paris"
        assert snapshot(tmp_path) == before


def test_links_do_not_lead_an_include_out_of_the_home(tmp_path: Path) -> None:
    write(tmp_path, {"outside.json": as_json({"userTimezone": "Europe/Paris"})})
    home = home_of(tmp_path, {"agents": {"defaults": {"$include": "./inside.json"}}})
    (home / ".clawdbot" / "inside.json").symlink_to(tmp_path / "outside.json")
    found = read(home)
    assert found.setup.timezone is None and found.pieces[0].outcome == "failed"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.json": '{"$include": "./b.json"}', "b.json": '{"$include": "./a.json"}'}, "it includes itself"),
        ({"a.json": '{"$include": "./clawdbot.json"}'}, "it includes itself"),
        ({}, "cannot be read"),
        ({"a.json": "{ nothing"}, "cut off"),
        ({"a.json": "[1, 2]"}, "no object"),
        ({"a.json": '{"$include": 7}'}, "names no file"),
        ({"a.json": '{"$include": "a\\u0000b"}'}, "names no file"),
        (
            {"a.json": '{"x": [' + '{"$include": "b.json"},' * 200 + "0]}", "b.json": "{}"},
            "more than 100 files",
        ),
        (
            {"a.json": '{"$include": "b0.json"}'}
            | {f"b{n}.json": f'{{"$include": "b{n + 1}.json"}}' for n in range(12)},
            "more than 10 files",
        ),
    ],
)
def test_a_bad_include_costs_itself_alone(files: dict[str, str], reason: str, tmp_path: Path) -> None:
    settings = {"$include": "./a.json", "agents": {"list": [{"id": "ops"}]}}
    found = read(home_of(tmp_path, settings, dict(files)))
    assert found.agent("ops").is_default
    assert [piece for piece in found.pieces if piece.outcome == "failed" and reason in str(piece.reason)]


def test_includes_that_nest_without_end_are_stopped(tmp_path: Path) -> None:
    deep = '{"a":' * 60 + "%s" + "}" * 60
    files = {f"f{n}.json": deep % f'{{"$include": "f{n + 1}.json"}}' for n in range(9)} | {"f9.json": "{}"}
    found = read(
        home_of(tmp_path, {"$include": "./f0.json", "agents": {"list": [{"id": "ops"}]}}, dict(files))
    )
    assert found.agent("ops").is_default and "nested too deeply" in str(found.told())


# ── shapes of the past ──────────────────────────────────────────────────────────────────────


OLD: dict[str, object] = {
    "identity": {"name": "Pip"},
    "agent": {
        "workspace": "~/clawd",
        "model": "anthropic/claude-opus-4-5",
        "modelFallbacks": ["openai/gpt-5.2"],
        "allowedModels": ["openai/gpt-5.2"],
        "modelAliases": {"opus": "anthropic/claude-opus-4-5"},
        "heartbeatMinutes": 15,
        "tools": {"allow": ["read"]},
        "bash": {"timeoutSec": 5},
        "subagents": {"maxConcurrent": 2, "tools": {"deny": ["exec"]}},
    },
    "telegram": {"botToken": "${TELEGRAM}"},
    "channels": {"telegram": {"enabled": True}},
    "routing": {
        "agents": {"ops": {"workspace": "~/clawd-ops", "mentionPatterns": ["@ops"]}},
        "defaultAgentId": "ops",
        "bindings": [{"agentId": "ops", "match": {"provider": "slack", "accountID": "w"}}],
        "allowFrom": ["+49"],
        "groupChat": {"requireMention": True},
        "queue": {"mode": "collect"},
        "mystery": 1,
    },
    "gateway": {"token": "${TOKEN}", "port": 1},
    "skills": {"notion": {"enabled": False}, "load": {"extraDirs": []}},
    "skillsInstall": {"preferBrew": True},
    "own": {"kept": True},
}
NEW: dict[str, object] = {
    "agents": {
        "defaults": {
            "workspace": "~/clawd",
            "model": {"primary": "anthropic/claude-opus-4-5", "fallbacks": ["openai/gpt-5.2"]},
            "models": {"anthropic/claude-opus-4-5": {"alias": "opus"}, "openai/gpt-5.2": {}},
            "heartbeat": {"every": "15m"},
            "subagents": {"maxConcurrent": 2},
        },
        "list": [
            {
                "id": "ops",
                "workspace": "~/clawd-ops",
                "groupChat": {"mentionPatterns": ["@ops"]},
                "default": True,
                "identity": {"name": "Pip"},
            }
        ],
    },
    "tools": {
        "allow": ["read"],
        "exec": {"timeoutSec": 5},
        "subagents": {"tools": {"deny": ["exec"]}},
    },
    "channels": {
        "telegram": {"enabled": True, "botToken": "${TELEGRAM}"},
        "whatsapp": {"allowFrom": ["+49"]},
    },
    "bindings": [{"agentId": "ops", "match": {"channel": "slack", "accountId": "w"}}],
    "messages": {"groupChat": {"requireMention": True}, "queue": {"mode": "collect"}},
    "routing": {"mystery": 1},
    "gateway": {"port": 1, "auth": {"token": "${TOKEN}"}},
    "skills": {
        "entries": {"notion": {"enabled": False}},
        "load": {"extraDirs": []},
        "install": {"preferBrew": True},
    },
    "own": {"kept": True},
}


def test_settings_of_the_first_days_come_to_the_newest_shape() -> None:
    before = as_json(OLD)
    assert modern(OLD) == NEW
    assert as_json(OLD) == before  # what was read is left as it is


def test_settings_in_the_newest_shape_stay_as_they_are() -> None:
    new = {
        "agents": {"defaults": {"model": {"primary": "a/b"}}, "list": [{"id": "main"}]},
        "channels": {"telegram": {"accounts": {"default": {"botToken": {"source": "env", "id": "T"}}}}},
    }
    assert modern(new) == new


@pytest.mark.parametrize(
    "key", ["agent", "agents", "routing", "skills", "channels", "gateway", "bindings", "tools"]
)
@pytest.mark.parametrize(
    "value", [7, "x", [], [1, [2]], None, {"list": 7, "entries": 7, "model": [], "load": 7}]
)
def test_settings_that_make_no_sense_raise_nothing(key: str, value: object, tmp_path: Path) -> None:
    found = read(home_of(tmp_path, {"meta": {}, key: value, "identity": {"name": "Pip"}}))
    assert found.setup.default.id == "main"
