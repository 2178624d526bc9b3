"""The parts that homes of every era are made of: documents, jobs, conversations, skills. All invented."""

from __future__ import annotations

from tests.importers.building import Content, as_json, as_lines

NINE = 1_769_418_000_000
"""2026-01-26 09:00 UTC, in milliseconds."""
HOUR = 3_600_000
JOB = "0b8f5a0e-1111-4222-8333-444455556666"
SESSION = "8a1c2f7e-0000-4000-8000-000000000001"


def documents(name: str = "Pip") -> dict[str, Content]:
    """What an agent is told at the start of each conversation."""
    return {
        "AGENTS.md": "# Operating rules\n\n- Read SOUL.md first.\n- Ask before you send anything.\n",
        "SOUL.md": f"# {name}\n\nDry, quick, never flatters.\n",
        "IDENTITY.md": f"- **Name:** {name}\n- **Creature:** shrimp\n- **Vibe:** dry, quick\n"
        "- **Emoji:** 🦐\n",
        "USER.md": "# The owner\n\nRuns a small bakery in Kiel. Prefers short answers.\n",
        "TOOLS.md": "# Local notes\n\n- The printer is called `bertha`.\n",
        "BOOT.md": "Say good morning in the team channel.\n",
        "HEARTBEAT.md": "# Checks\n\n## Mail\n- [ ] Unanswered customer mail older than a day\n"
        "- Invoices due this week\n"
        "\n## House\n- Oven service booked?\n  - ask Jonas, not Mia\n",
    }


def memory() -> dict[str, Content]:
    """What an agent has written down."""
    return {
        "MEMORY.md": "# Memory\n\n- The flour supplier delivers on Tuesdays.\n- Jonas repairs the oven.\n",
        "memory/2026-01-15.md": "# 2026-01-15\n\n- Ordered 40 kg of rye.\n",
        "memory/2026-01-16-supplier-call.md": "# Session: 2026-01-16 14:30:00 UTC\n\n- **Session Key**:"
        f" agent:main:main\n- **Session ID**: {SESSION}\n- **Source**: telegram\n\n## Summary\n\nThe supplier"
        " raises prices in March.\n",
        "memory/2026-01-17-0915.md": "Oven at 240 degrees is too hot for brioche.\n",
        "memory/people/jonas.md": "Jonas: ovens, reachable on weekdays.\n",
        "memory/heartbeat-state.json": as_json({"lastChecks": {"email": 1769412000, "weather": None}}),
    }


def skill(name: str, about: str, space: str = "clawdbot") -> str:
    """A SKILL.md as the program's own are written: the metadata is JSON within YAML."""
    return (
        f"---\nname: {name}\ndescription: {about}\nmetadata: "
        f'{{"{space}":{{"emoji":"📬","requires":{{"bins":["himalaya"],"env":["MAIL_TOKEN"]}}}}}}\n---\n'
        f"Run `{{baseDir}}/scripts/{name}.sh` and show what it says.\n"
    )


def workspace_skills() -> dict[str, Content]:
    """One of the owner's own, one that hides a shared one of its name, one from the registry."""
    return {
        "skills/invoice-chaser/SKILL.md": skill("invoice-chaser", "Chase overdue invoices by e-mail."),
        "skills/invoice-chaser/scripts/invoice-chaser.sh": "#!/bin/sh\necho overdue\n",
        "skills/greeter/SKILL.md": skill("greeter", "Greet people: politely, by name."),
        "skills/summarize/SKILL.md": skill("summarize", "Summarise pages and recordings."),
        "skills/summarize/.clawdhub/origin.json": as_json(
            {
                "version": 1,
                "registry": "https://clawdhub.com",
                "slug": "summarize",
                "installedVersion": "1.2.0",
                "installedAt": NINE,
            }
        ),
        ".clawdhub/lock.json": as_json(
            {
                "version": 1,
                "skills": {
                    "summarize": {"version": "1.2.0", "installedAt": NINE},
                    "gone-since": {"version": None, "installedAt": NINE},
                },
            }
        ),
    }


def ideas() -> dict[str, Content]:
    """The idea garden, and folders that only their owner knows."""
    dream = {
        "id": "bread-club",
        "title": "Bread club",
        "essence": "Pay monthly, collect weekly.",
        "context": "Regulars",
        "strength": 0.45,
        "stage": "growing",
        "evolution_count": 3,
        "last_evolved": "2026-01-20T08:00:00",
        "connections": [],
        "created_at": "2026-01-02T08:00:00",
        "tags": ["revenue", "regulars"],
        "source": "manual",
        "evolution_notes": ["Start with twenty people."],
    }
    vault = {
        "id": "night-oven",
        "title": "Night oven",
        "essence": "Rent the oven out at night.",
        "context": "Idle",
        "source": "conversation",
        "status": "inbox",
        "confidence": 0.6,
        "tags": ["assets"],
        "connections": [],
        "evolution_count": 0,
        "evolution_trail": [],
        "bloom_date": None,
        "created_at": "2026-01-10T21:00:00",
        "claims": [{"text": "Idle for 14 hours", "type": "quantitative", "source_note": "oven log"}],
        "bridged_at": None,
        "content_hash": "c0ffee",
    }
    return {
        "state/dreams.json": as_json(
            {
                "dreams": {"bread-club": dream},
                "last_evolution": "2026-01-20T08:00:00",
                "total_evolutions": 3,
                "total_blooms": 0,
            }
        ),
        "state/idea-vault/night-oven.json": as_json(vault),
        "dreams/bread-club.md": "# Bread club\n\n## Essence\nPay monthly, collect weekly.\n"
        "\n## Context\nRegulars\n"
        "\n## Tags\nrevenue, regulars\n",
        "bot:dream-weaver/README.md": "# Dream weaver\n\nTurns ideas over every night.\n",
        "bot:dream-weaver/run.sh": "#!/bin/sh\nexit 0\n",
        "pulse-v3/pulse.json": as_json({"beats": 12, "last": "2026-01-25T22:00:00Z"}),
        "heartbeat-v2/notes.md": "# Second try\n\nBeat less, check more.\n",
        "enriched-spawn/spawn.jsonl": as_lines([{"child": "a", "at": NINE}]),
    }


def jobs() -> dict[str, object]:
    """A weekday morning, a reminder that is past, a poll that is off."""
    made = {"enabled": True, "createdAtMs": NINE, "updatedAtMs": NINE}
    return {
        "version": 1,
        "jobs": [
            {
                **made,
                "id": JOB,
                "agentId": "main",
                "name": "Morning brief",
                "description": "inbox + calendar",
                "schedule": {"kind": "cron", "expr": "30 7 * * 1-5", "tz": "Europe/Berlin"},
                "sessionTarget": "isolated",
                "wakeMode": "next-heartbeat",
                "payload": {
                    "kind": "agentTurn",
                    "message": "Summarise overnight mail.",
                    "timeoutSeconds": 300,
                    "model": "anthropic/claude-haiku-4-5",
                    "deliver": True,
                    "channel": "telegram",
                    "to": "111222333",
                },
                "state": {
                    "nextRunAtMs": NINE + HOUR,
                    "lastRunAtMs": NINE,
                    "lastStatus": "ok",
                    "lastDurationMs": 41000,
                },
            },
            {
                **made,
                "id": "5d000000-1111-4222-8333-444455556666",
                "name": "Pay VAT",
                "deleteAfterRun": True,
                "schedule": {"kind": "at", "atMs": NINE + HOUR},
                "sessionTarget": "main",
                "wakeMode": "now",
                "payload": {"kind": "systemEvent", "text": "Reminder: pay VAT"},
                "state": {},
            },
            {
                **made,
                "id": "7c000000-1111-4222-8333-444455556666",
                "name": "Poll",
                "enabled": False,
                "schedule": {"kind": "every", "everyMs": 900000, "anchorMs": NINE},
                "sessionTarget": "main",
                "wakeMode": "next-heartbeat",
                "payload": {"kind": "systemEvent", "text": "check queue"},
                "state": {},
            },
        ],
    }


def cron() -> dict[str, Content]:
    """`cron/`: the jobs, the copy beside them, how the first one went twice."""
    ran = {"jobId": JOB, "action": "finished", "runAtMs": NINE, "durationMs": 41000}
    return {
        "cron/jobs.json": as_json(jobs()),
        "cron/jobs.json.bak": as_json(jobs()),
        f"cron/runs/{JOB}.jsonl": as_lines(
            [
                {"ts": NINE + 41000, "status": "ok", "summary": "Three mails.", **ran},
                {"ts": NINE + 42000, "status": "error", "error": "timeout", **ran},
            ]
        ),
    }


PROFILES = as_json(
    {
        "version": 1,
        "profiles": {
            "anthropic:default": {
                "type": "api_key",
                "provider": "anthropic",
                "key": "sk-ant-invented-key-0001",
            },
            "anthropic:claude-cli": {
                "type": "oauth",
                "provider": "anthropic",
                "access": "invented-access-0002",
                "refresh": "invented-refresh-0003",
                "expires": NINE,
                "email": "mara@example.test",
            },
            "github:pat": {
                "type": "token",
                "provider": "github",
                "token": "ghp_inventedToken0004",
                "expires": 0,
            },
        },
        "order": {"anthropic": ["anthropic:default"]},
        "lastGood": {"anthropic": "anthropic:default"},
    }
)
MODELS = as_json(
    {
        "providers": {
            "litellm": {
                "baseUrl": "http://127.0.0.1:4000/v1",
                "apiKey": "invented-key-0005",
                "models": [],
            }
        }
    }
)


def secrets(agents: tuple[str, ...] = ("main",)) -> dict[str, Content]:
    """Every kind of file that holds keys; each value says of itself that it is invented."""
    each = {
        f"agents/{agent}/agent/{name}": text
        for agent in agents
        for name, text in (("auth-profiles.json", PROFILES), ("models.json", MODELS))
    }
    return {
        **each,
        ".env": "TAVILY_API_KEY=invented-key-0006\n",
        "credentials/oauth.json": as_json({"anthropic": {"refresh": "invented-refresh-0007"}}),
        "credentials/whatsapp/default/creds.json": as_json({"noiseKey": "invented-noise-0008"}),
        "credentials/telegram-allowFrom.json": as_json({"version": 1, "allowFrom": ["111222333"]}),
        "identity/device.json": as_json(
            {
                "version": 1,
                "deviceId": "d0d0cafe" * 8,
                "publicKeyPem": "invented-public",
                "createdAtMs": NINE,
                "privateKeyPem": "-----BEGIN PRIVATE KEY-----\ninvented0009\n-----END PRIVATE KEY-----\n",
            }
        ),
        "identity/device-auth.json": as_json({"tokens": {"operator": {"token": "invented-token-0010"}}}),
        "devices/paired.json": as_json({"phone": {"token": "invented-token-0011"}}),
        "exec-approvals.json": as_json(
            {
                "version": 1,
                "socket": {"path": "~/.clawdbot/exec.sock", "token": "invented-token-0012"},
                "agents": {"main": {"allowlist": [{"pattern": "/usr/bin/git"}]}},
            }
        ),
    }


def rest() -> dict[str, Content]:
    """What stays behind: indexes, pictures, logs, code."""
    return {
        "memory/main.sqlite": b"SQLite format 3\0" + bytes(84),
        "media/inbound/photo.jpg": b"\xff\xd8\xff\xe0",
        "browser/clawd/user-data/Cookies": b"invented-cookie-0013",
        "logs/gateway.jsonl": as_lines([{"level": "info", "msg": "started"}]),
        "hooks/greet/HOOK.md": "---\nname: greet\n---\nGreets on start.\n",
        "hooks/greet/handler.ts": "export default async () => {};\n",
        "extensions/weather/index.js": "module.exports = {};\n",
        "telegram/update-offset-default.json": as_json({"lastUpdateId": 7}),
        "settings/tts.json": as_json({"enabled": False}),
        "update-check.json": as_json({"lastCheckedAt": "2026-01-26T08:00:00.000Z"}),
    }


def repository() -> dict[str, Content]:
    """The `.git` that the program makes in a workspace, as far as anyone may look at it."""
    return {
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/refs/heads/main": "0123456789abcdef0123456789abcdef01234567\n",
        ".git/config": "[core]\n\tbare = false\n",
        ".git/objects/01/23456789abcdef": b"x\x9c",
    }
