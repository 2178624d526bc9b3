"""Complete small homes, one function for each era.

Each takes an empty directory, makes it the home of Mara the baker, and returns it. All values invented.
"""

from __future__ import annotations

from pathlib import Path

from tests.importers import era_databases as databases
from tests.importers import era_parts as parts
from tests.importers import era_talks as talks
from tests.importers.building import Link, as_json, below, write

WEATHER = "Tell the weather: today, tomorrow."
SETTINGS = """\
{
  // written by hand, as JSON5 allows
  meta: { lastTouchedVersion: "2026.1.24-3", lastTouchedAt: "2026-01-26T09:12:00.000Z" },
  env: { vars: { GROQ_API_KEY: "gsk_inventedKey0021" } },
  auth: { profiles: { "anthropic:default": { provider: "anthropic", mode: "api_key" } },
          order: { anthropic: ["anthropic:default"] } },
  models: { mode: "merge", providers: { litellm: {
      baseUrl: "http://127.0.0.1:4000/v1", apiKey: "${LITELLM_KEY}", api: "openai-completions",
      models: [ { id: "qwen3-32b", name: "Qwen3 32B", reasoning: false, input: ["text"],
      cost: { input: 0.1, output: 0.3, cacheRead: 0, cacheWrite: 0 },
      contextWindow: 131072, maxTokens: 8192 } ] } } },
  agents: {
    defaults: {
      workspace: "/home/mara/clawd", userTimezone: "Europe/Berlin",
      model: { primary: "anthropic/claude-sonnet-4-5", fallbacks: ["openai/gpt-5.2", "litellm/qwen3-32b"] },
      models: { "anthropic/claude-sonnet-4-5": { alias: "sonnet" } },
      heartbeat: { every: "45m", target: "last",
        activeHours: { start: "08:00", end: "22:00", timezone: "user" } },
      subagents: { maxConcurrent: 4, archiveAfterMinutes: 60, model: "anthropic/claude-haiku-4-5" },
    },
    list: [
      { id: "main", default: true, identity: { name: "Pip", emoji: "🦐" } },
      { id: "ops", workspace: "~/clawd-ops",
        heartbeat: { every: "2h", target: "slack", to: "channel:C0INVENTED" } },
    ],
  },
  bindings: [ { agentId: "ops", match: { channel: "slack", peer: { kind: "channel", id: "C0INVENTED" } } } ],
  channels: { telegram: { enabled: true, botToken: "1234567890:inventedToken0022",
    allowFrom: ["111222333"] } },
  skills: { entries: { notion: { enabled: true, apiKey: "ntn_inventedKey0023" } },
            load: { extraDirs: ["~/shared-skills"] } },
  cron: { enabled: true, store: "~/.clawdbot/cron/jobs.json" },
  gateway: { port: 18789, mode: "local", bind: "loopback",
    auth: { mode: "token", token: "inventedToken0024" } },
  myOwnKey: 1,
}
"""


def clawdbot(folder: Path) -> Path:
    """Clawdbot 2026.1.24: `.clawdbot`, two agents, `clawd` and `clawd-ops`, a folder of shared skills."""
    return write(
        folder,
        {
            **below(
                ".clawdbot",
                {
                    "clawdbot.json": SETTINGS,
                    "clawdbot.json.bak": SETTINGS.replace("45m", "30m"),
                    **parts.secrets(("main", "ops")),
                    **talks.sessions("main"),
                    **talks.sessions("ops"),
                    **parts.cron(),
                    **talks.subagents(),
                    **parts.rest(),
                    "skills/greeter/SKILL.md": parts.skill(
                        "greeter", "The shared greeter, hidden by the workspace's."
                    ),
                    "skills/weather/SKILL.md": parts.skill("weather", WEATHER),
                },
            ),
            **below(
                "clawd",
                {
                    **parts.documents(),
                    **parts.memory(),
                    **parts.workspace_skills(),
                    **parts.ideas(),
                    **parts.repository(),
                    "projects/menu.md": "# Menu\n\nRye, brioche.\n",
                    "projects/mail.env": "SMTP_PASSWORD=inventedPassword0025\n",
                },
            ),
            **below("clawd-ops", {**parts.documents("Ops"), "memory/2026-01-20.md": "Van serviced.\n"}),
            "shared-skills/mixer/SKILL.md": parts.skill("mixer", "Ask the mixer how it is."),
        },
    )


def clawdis(folder: Path) -> Path:
    """Clawdis, until 2026-01-03: `.clawdis`, one agent, its conversations and keys lie flat."""
    settings = {
        "agent": {
            "workspace": "~/clawd",
            "model": "anthropic/claude-opus-4-5",
            "heartbeat": {"every": "30m"},
        },
        "identity": {"name": "Pip", "emoji": "🦐"},
        "inbound": {"allowFrom": ["+491700000000"]},
    }
    return write(
        folder,
        {
            **below(
                ".clawdis",
                {
                    "clawdis.json": as_json(settings),
                    "credentials/creds.json": as_json({"noiseKey": "invented-noise-0031"}),
                    "agent/auth.json": as_json(
                        {"anthropic": {"type": "api_key", "key": "sk-ant-invented-key-0032"}}
                    ),
                    **talks.sessions(folder="sessions"),
                    **parts.cron(),
                    "skills/weather/SKILL.md": parts.skill("weather", WEATHER, "clawdis"),
                },
            ),
            **below("clawd", {**parts.documents(), **parts.memory()}),
        },
    )


def clawdbot_flat(folder: Path) -> Path:
    """Clawdbot 2026.1.5: as Clawdis, with the new names; split by agent a day later. Its settings do not say
    who wrote them."""
    settings = {
        "agent": {
            "workspace": "~/clawd",
            "modelAliases": {"opus": "anthropic/claude-opus-4-5"},
            "allowedModels": ["anthropic/claude-opus-4-5"],
            "model": "anthropic/claude-opus-4-5",
        },
        "telegram": {"enabled": True, "botToken": "1234567890:inventedToken0041"},
        "routing": {"groupChat": {"requireMention": True}},
    }
    return write(
        folder,
        {
            **below(
                ".clawdbot",
                {
                    "clawdbot.json": as_json(settings),
                    "credentials/creds.json": as_json({"noiseKey": "invented-noise-0042"}),
                    "agent/auth-profiles.json": parts.secrets()["agents/main/agent/auth-profiles.json"],
                    **talks.sessions(folder="sessions"),
                    **parts.cron(),
                },
            ),
            **below("clawd", {**parts.documents(), **parts.memory(), **parts.workspace_skills()}),
        },
    )


def moltbot_split_brain(folder: Path) -> Path:
    """Moltbot 2026.1.27: `.clawdbot` goes on with settings named `moltbot.json`, and a second, different
    `.moltbot` has come into being beside it."""
    settings = {
        "meta": {"lastTouchedVersion": "2026.1.27-beta.1", "lastTouchedAt": "2026-01-27T20:00:00.000Z"},
        "agents": {"defaults": {"workspace": "~/clawd", "model": {"primary": "anthropic/claude-sonnet-4-5"}}},
    }
    return write(folder, {
        **below(".clawdbot", {
            "moltbot.json": as_json(settings),
            "clawdbot.json.bak": as_json(settings),
            **parts.secrets(),
            **talks.sessions(),
            **parts.cron(),
            "skills/weather/SKILL.md": parts.skill("weather", WEATHER, "moltbot"),
        }),
        **below(".moltbot", {
            "moltbot.json": as_json({**settings, "gateway": {"auth": {"token": "inventedToken0051"}}}),
            f"agents/main/sessions/{talks.FORGOTTEN}.jsonl": talks.transcript(talks.FORGOTTEN, "who am I?"),
        }),
        **below("clawd", {**parts.documents(), **parts.memory(), **parts.workspace_skills()}),
    })  # fmt: skip


def openclaw(folder: Path) -> Path:
    """OpenClaw 2026.1.30: the directory was renamed to `.openclaw`, `.clawdbot` is a link to it; the settings
    kept their name, the second agent's workspace lies within."""
    late = SETTINGS.replace("2026.1.24-3", "2026.1.30").replace("~/clawd-ops", "~/.openclaw/workspace-ops")
    return write(folder, {
        **below(".openclaw", {
            "openclaw.json": late.replace("/home/mara/clawd", "/home/mara/.openclaw/workspace"),
            "openclaw.json.bak": late,
            **parts.secrets(("main", "ops")),
            **talks.sessions("main"),
            **talks.sessions("ops"),
            **parts.cron(),
            **talks.subagents(),
            **parts.rest(),
            "skills/weather/SKILL.md": parts.skill("weather", WEATHER, "openclaw"),
            **below("workspace", {
                **parts.documents(),
                **parts.memory(),
                **parts.workspace_skills(),
                **parts.repository(),
                ".openclaw/workspace-state.json": as_json({"version": 1, "bootstrapSeededAt": "2026-01-30"}),
            }),
            **below("workspace-ops", parts.documents("Ops")),
        }),
        ".clawdbot": Link(".openclaw"),
    })  # fmt: skip


def openclaw_sqlite(folder: Path) -> Path:
    """OpenClaw 2026.6: settings and documents are files, all else has moved into databases."""
    settings = {
        "meta": {"lastTouchedVersion": "2026.6.2", "lastTouchedAt": "2026-06-12T07:00:00.000Z"},
        "agents": {
            "defaults": {
                "userTimezone": "Europe/Berlin",
                "model": {"primary": "anthropic/claude-sonnet-4-5"},
            },
            "entries": {"main": {"default": True}},
        },
        "gateway": {"auth": {"token": {"source": "env", "id": "GATEWAY_TOKEN"}}},
    }
    return write(folder, below(".openclaw", {
        "openclaw.json": as_json(settings),
        "state/openclaw.sqlite": databases.state(),
        "agents/main/agent/openclaw-agent.sqlite": databases.agent(),
        **below("workspace", {**parts.documents(), **parts.memory(), **parts.workspace_skills()}),
    }))  # fmt: skip
