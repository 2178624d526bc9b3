"""A little home with secrets planted in every place that a person or the program puts one.

`PLANTED` has every one of them; after `plant(folder)` none of them may appear in anything that agentos writes
or prints, whatever the form: `traces` tells. No value was ever a key of anybody: they come out of a seeded
die, so that no scanner of repositories takes this file for a leak.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from tests.importers.building import Content, as_json, as_lines, write

_ALL = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_CAPITALS = string.ascii_uppercase + "234567"
_die = random.Random(20260126)  # the same invented values in every run


def _rolled(count: int, letters: str = _ALL) -> str:
    return "".join(_die.choice(letters) for _ in range(count))


def _pem(kind: str, lines: int = 3) -> str:
    body = "\n".join(_rolled(64, _ALL + "+/") for _ in range(lines))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"


_DEVICE, _SERVICE, _TLS, _SSH = (
    _pem(kind) for kind in ("PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY")
)
_PHRASE = "abandon ability able about above absent absorb abstract absurd abuse access accident"

IN_SETTINGS = {
    "env block": f"gsk_{_rolled(52)}",
    "env plain": f"xai-{_rolled(60)}",
    "provider key": f"lit-{_rolled(30)}",
    "provider header": _rolled(36),
    "telegram bot": f"7{_rolled(9, string.digits)}:AA{_rolled(33)}",
    "telegram account": f"6{_rolled(9, string.digits)}:AA{_rolled(33)}",
    "discord bot": f"M{_rolled(23)}.{_rolled(6)}.{_rolled(27)}",
    "slack bot": f"xoxb-{_rolled(12, string.digits)}-{_rolled(12, string.digits)}-{_rolled(24)}",
    "slack app": f"xapp-1-A{_rolled(10, _CAPITALS)}-{_rolled(12, string.digits)}-{_rolled(64, _HEX)}",
    "slack signing": _rolled(32, _HEX),
    "teams password": f"{_rolled(3)}8Q~{_rolled(34)}",
    "gateway token": _rolled(48, _HEX),
    "gateway password": "Unter 7 Eichen!",
    "remote token": _rolled(32),
    "hooks token": _rolled(24),
    "gmail push token": _rolled(24),
    "search key": f"BSA{_rolled(28)}",
    "brave key of old": f"BSA{_rolled(28)}",
    "skill key": f"ntn_{_rolled(46)}",
    "skill env": f"lin_api_{_rolled(40)}",
    "memory search key": f"sk-proj-{_rolled(80)}",
    "speech key": f"sk_{_rolled(48, _HEX)}",
    "talk key": _rolled(32, _HEX),
    "plugin key": _rolled(40),
    "cron webhook token": _rolled(30),
    "included key": _rolled(44),
    "backup only": f"sk-{_rolled(48)}",
}
IN_FILES = {
    "profile key": f"sk-ant-api03-{_rolled(93)}AA",
    "profile access": f"sk-ant-oat01-{_rolled(80)}",
    "profile refresh": f"sk-ant-ort01-{_rolled(80)}",
    "profile token": f"ghp_{_rolled(36)}",
    "legacy auth": f"sk-or-v1-{_rolled(64, _HEX)}",
    "second agent key": f"AIza{_rolled(35)}",
    "catalogue key": f"nvapi-{_rolled(64)}",
    "catalogue header": _rolled(40),
    "old oauth": _rolled(60),
    "copilot token": f"tid={_rolled(32, _HEX)};exp=1769500000;{_rolled(40)}",
    "whatsapp noise": base64.b64encode(_rolled(32).encode()).decode(),
    "whatsapp secret": base64.b64encode(_rolled(32).encode()).decode(),
    "pairing code": _rolled(8, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
    "device key": _DEVICE.splitlines()[1],
    "device token": _rolled(43),
    "paired token": _rolled(43),
    "node token": _rolled(43),
    "socket token": _rolled(32),
    "tls key": _TLS.splitlines()[2],
    "state env": f"pplx-{_rolled(48)}",
    "workspace env": f"tvly-dev-{_rolled(32)}",
    "database password": f"db{_rolled(14)}",
    "service account": _SERVICE.splitlines()[2],
    "plain password in env": "Sommerregen",
    "ssh key file": _SSH.splitlines()[1],
}
IN_TEXTS = {
    "in AGENTS.md": f"glpat-{_rolled(20)}",
    "in SOUL.md": f"hf_{_rolled(34)}",
    "in TOOLS.md": "Tr0ub4dor&3x",
    "in TOOLS.md, as a table": f"{_rolled(14)}9",
    "in USER.md": "84930217",
    "in IDENTITY.md": f"fc-{_rolled(32, _HEX)}",
    "in BOOT.md": f"npm_{_rolled(36)}",
    "in MEMORY.md": f"AKIA{_rolled(16, _CAPITALS)}",
    "aws secret in MEMORY.md": _rolled(40),
    "url in MEMORY.md": f"p{_rolled(12)}4",
    "in memory": f"shpat_{_rolled(32, _HEX)}",
    "phrase in memory": _PHRASE,
    "key block in memory": _pem("RSA PRIVATE KEY").splitlines()[1],
    "jwt in memory": f"eyJ{_rolled(33)}.eyJ{_rolled(60)}.{_rolled(43)}",
    "file name": f"gho_{_rolled(36)}",
    "in HEARTBEAT.md": f"SG.{_rolled(22)}.{_rolled(43)}",
    "in a cron message": f"sk_live_{_rolled(24)}",
    "in a cron name": f"r8_{_rolled(37)}",
    "in a run's summary": f"key-{_rolled(32, _HEX)}",
    "in a skill": f"pypi-AgEIcHlwaS5vcmc{_rolled(60)}",
    "in a skill's file": f"sq0atp-{_rolled(22)}",
    "in a skill's description": f"GOCSPX-{_rolled(28)}",
    "in an idea": f"ya29.{_rolled(60)}",
    "in a claim": f"github_pat_{_rolled(22)}_{_rolled(59)}",
    "in a dream": f"pat{_rolled(14)}.{_rolled(64, _HEX)}",
    "in a custom folder": f"whsec_{_rolled(32)}",
    "in a sub-agent's task": f"xoxp-{'-'.join(_rolled(12, string.digits) for _ in range(3))}-{_rolled(32)}",
    "in a session's label": f"glsa_{_rolled(32)}_{_rolled(8, _HEX)}",
    "said by a user": f"sl.{_rolled(130)}",
    "said with a word before": f"Kugel{_rolled(6)}7",
    "thought": f"ATATT3{_rolled(80)}",
    "in a tool's arguments": f"{_rolled(18)}3",
    "in a tool's result": f"dop_v1_{_rolled(64, _HEX)}",
    "in a header": base64.b64encode(f"admin:{_rolled(14)}".encode()).decode(),
    "in a cookie": _rolled(40),
    "in a webhook": _rolled(24),
    "in a chat webhook": _rolled(68),
    "split by escapes": f"ghs_{_rolled(36)}",
    "in base64 only": f"sk-svcacct-{_rolled(60)}",
    "in a URL only": f"lin_oauth_{_rolled(50)}",
    "in JSON in a text": f"{_rolled(20)}5",
    "in a compaction": f"AGE-SECRET-KEY-1{_rolled(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}",
    "in an abandoned branch": f"SK{_rolled(32, _HEX)}",
    "in an azure string": base64.b64encode(_rolled(64).encode()).decode(),
}
PLANTED: dict[str, str] = {**IN_SETTINGS, **IN_FILES, **IN_TEXTS}
"""Each secret by where it was planted. Some hold a space or a sign; none is part of another."""


def traces(text: str) -> list[str]:
    """The names of the secrets that are in a text: as they are, in a URL, in JSON, or in base64 at any
    offset."""
    return sorted(name for name, value in PLANTED.items() if any(form in text for form in forms(value)))


def forms(value: str) -> set[str]:
    """How a value may be written. In base64 without the ends that depend on what is around it."""
    raw = value.encode()
    told = {value, quote(value), quote(value, safe=""), json.dumps(value)[1:-1]}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"x" * offset + raw).decode().rstrip("=")
            told.add(whole[(4 if offset else 0) : len(whole) - 2])
    return {form for form in told if len(form) >= 6}


def plant(folder: Path) -> Path:
    """Writes the home below `folder` as a backup has it (`.clawdbot/` and `clawd/` side by side), and returns
    `folder`."""
    return write(folder, {**_settings(), **_keys(), **_logins(), **_workspace(), **_work(), **_talk()})


def _settings() -> dict[str, Content]:
    planted = IN_SETTINGS
    config = {
        "meta": {"lastTouchedVersion": "2026.1.24-3", "lastTouchedAt": "2026-01-26T09:12:00.000Z"},
        "env": {"vars": {"GROQ_API_KEY": planted["env block"]}, "XAI_API_KEY": planted["env plain"]},
        "auth": {"profiles": {"anthropic:default": {"provider": "anthropic", "mode": "api_key"}}},
        "models": {"providers": {"litellm": {
            "baseUrl": "http://127.0.0.1:4000/v1", "apiKey": planted["provider key"],
            "headers": {"X-Team": planted["provider header"]}, "api": "openai-completions",
            "models": [{"id": "qwen3-32b", "name": "Qwen3", "contextWindow": 131072, "maxTokens": 8192}],
        }, "openai": {"apiKey": "${OPENAI_API_KEY}", "models": []}}},
        "agents": {
            "defaults": {
                "workspace": "~/clawd", "userTimezone": "Europe/Berlin",
                "model": {"primary": "anthropic/claude-sonnet-4-5", "fallbacks": ["litellm/qwen3-32b"]},
                "heartbeat": {"every": "45m", "prompt": f"check with {planted['hooks token']} first"},
                "memorySearch": {"remote": {"apiKey": planted["memory search key"]}},
            },
            "list": [{"id": "main", "default": True}, {"id": "ops", "workspace": "~/clawd-ops"}],
        },
        "channels": {
            "telegram": {"botToken": planted["telegram bot"], "allowFrom": ["111222333"],
                         "accounts": {"second": {"botToken": planted["telegram account"]}}},
            "discord": {"token": planted["discord bot"]},
            "slack": {"botToken": planted["slack bot"], "appToken": planted["slack app"],
                      "signingSecret": planted["slack signing"]},
            "msteams": {"appPassword": planted["teams password"]},
        },
        "gateway": {"port": 18789, "remote": {"token": planted["remote token"]}, "auth": {
            "mode": "token", "token": planted["gateway token"], "password": planted["gateway password"]}},
        "hooks": {"token": planted["hooks token"], "gmail": {"pushToken": planted["gmail push token"]}},
        "tools": {"web": {"search": {"apiKey": planted["search key"]}},
                  "braveApiKey": planted["brave key of old"]},
        "skills": {"entries": {"notion": {
            "apiKey": planted["skill key"], "env": {"LINEAR": planted["skill env"]}}}},
        "messages": {"tts": {"elevenlabs": {"apiKey": planted["speech key"]}}},
        "talk": {"apiKey": planted["talk key"]},
        "plugins": {"entries": {"voice": {"config": {"account": {"authKey": planted["plugin key"]}}}}},
        "cron": {"enabled": True, "webhookToken": planted["cron webhook token"]},
        "myOwn": {"$include": "./more.json5"},
    }  # fmt: skip
    older = {**config, "gateway": {"auth": {"token": planted["backup only"]}}}
    return {
        ".clawdbot/clawdbot.json": as_json(config),
        ".clawdbot/more.json5": f"{{ service: {{ apiKey: '{planted['included key']}', }} }} // mine\n",
        ".clawdbot/clawdbot.json.bak": as_json(older),
    }


def _keys() -> dict[str, Content]:
    """The credentials of model providers."""
    planted = IN_FILES
    profiles = {
        "anthropic:default": {"type": "api_key", "provider": "anthropic", "key": planted["profile key"]},
        "anthropic:claude-cli": {
            "type": "oauth", "provider": "anthropic", "access": planted["profile access"],
            "refresh": planted["profile refresh"], "expires": 1769500000000, "email": "a@example.test",
        },
        "github:pat": {"type": "token", "provider": "github", "token": planted["profile token"]},
    }  # fmt: skip
    ops = {
        **profiles,
        "google:default": {"type": "api_key", "provider": "google", "key": planted["second agent key"]},
    }
    catalogue = {"providers": {"nvidia": {
        "apiKey": planted["catalogue key"],
        "headers": {"X-Key": planted["catalogue header"]}, "models": []}}}  # fmt: skip
    return {
        ".clawdbot/agents/main/agent/auth-profiles.json": as_json({"version": 1, "profiles": profiles}),
        ".clawdbot/agents/ops/agent/auth-profiles.json": as_json({"version": 1, "profiles": ops}),
        ".clawdbot/agents/main/agent/auth.json": as_json(
            {"openrouter": {"type": "api_key", "key": planted["legacy auth"]}}
        ),
        ".clawdbot/agents/main/agent/models.json": as_json(catalogue),
        ".clawdbot/credentials/oauth.json": as_json(
            {"openai-codex": {"type": "oauth", "refresh": planted["old oauth"], "access": ""}}
        ),
    }


def _logins() -> dict[str, Content]:
    """What logs in, pairs, or signs; and files that set variables."""
    planted = IN_FILES
    account = {
        "type": "service_account", "project_id": "invented", "private_key_id": "ab12" * 10,
        "private_key": _SERVICE, "client_email": "bot@invented.example.test",
    }  # fmt: skip
    creds = {
        "noiseKey": {"private": {"type": "Buffer", "data": planted["whatsapp noise"]}},
        "advSecretKey": planted["whatsapp secret"], "me": {"id": "491701234567:1@s.whatsapp.net"},
    }  # fmt: skip
    dotenv = (
        f"export TAVILY_API_KEY='{planted['workspace env']}'\nEDITOR=vim\n"
        f"MAIL_PASSWORD={planted['plain password in env']}\n"
        f"DATABASE_URL=postgres://app:{planted['database password']}@db.example.test:5432/app\n"
    )
    return {
        ".clawdbot/credentials/github-copilot.token.json": as_json(
            {"token": planted["copilot token"], "expiresAt": 1769500000000}
        ),
        ".clawdbot/credentials/whatsapp/default/creds.json": as_json(creds),
        ".clawdbot/credentials/telegram-allowFrom.json": as_json(
            {"version": 1, "allowFrom": ["111222333", "444555666"]}
        ),
        ".clawdbot/credentials/telegram-pairing.json": as_json(
            {"version": 1, "requests": [{"id": "777888999", "code": planted["pairing code"], "meta": {}}]}
        ),
        ".clawdbot/identity/device.json": as_json({"deviceId": "d1", "privateKeyPem": _DEVICE}),
        ".clawdbot/identity/device-auth.json": as_json(
            {"tokens": {"operator": {"token": planted["device token"]}}}
        ),
        ".clawdbot/devices/paired.json": as_json(
            {"d1": {"tokens": {"node": {"token": planted["paired token"]}}}}
        ),
        ".clawdbot/nodes/paired.json": as_json({"n1": {"token": planted["node token"]}}),
        ".clawdbot/exec-approvals.json": as_json({
            "version": 1, "socket": {"path": "~/.clawdbot/x.sock", "token": planted["socket token"]},
            "defaults": {"security": "allowlist", "ask": "on-miss"},
            "agents": {"main": {"allowlist": [{"pattern": "/usr/bin/git", "lastUsedCommand": "git status"}]}},
        }),
        ".clawdbot/gateway/tls/key.pem": _TLS,
        ".clawdbot/.env": f"PERPLEXITY_API_KEY={planted['state env']}\nLANG=de_DE.UTF-8\n",
        "clawd/.env": dotenv,
        "clawd/projects/invented-123-ab12.json": as_json(account),
        "clawd/projects/id_ed25519": _SSH,
    }  # fmt: skip


def _workspace() -> dict[str, Content]:
    planted = PLANTED
    described, beside = planted["in a skill's description"], planted["in a skill's file"]
    device = "\n".join(_pem_of(planted["key block in memory"]))
    return {
        "clawd/AGENTS.md": f"# Rules\n\nPush with `{planted['in AGENTS.md']}`.\n"
        f"Never say {planted['gateway token']}.\n",
        "clawd/SOUL.md": f"Be brief. hf: {planted['in SOUL.md']}\nGateway: {planted['gateway password']}\n",
        "clawd/TOOLS.md": f"# Hosts\n\n- nas: user pi, **Password:** `{planted['in TOOLS.md']}`\n"
        f"\n| What | Value |\n| --- | --- |\n| Password | {planted['in TOOLS.md, as a table']} |\n",
        "clawd/USER.md": f"- Name: Jo\n- door PIN: {planted['in USER.md']}\n",
        "clawd/IDENTITY.md": f"- **Name:** Pip\n- **Vibe:** dry {planted['in IDENTITY.md']}\n",
        "clawd/BOOT.md": f"Log in with {planted['in BOOT.md']}\n",
        "clawd/HEARTBEAT.md": f"# Mail\n\n- [ ] ask with {planted['in HEARTBEAT.md']}\n- [ ] weather\n",
        "clawd/MEMORY.md": f"# Cloud\n\nid {planted['in MEMORY.md']}\n"
        f"aws_secret_access_key = {planted['aws secret in MEMORY.md']}\n\n# Books\n\n"
        f"mysql://app:{planted['url in MEMORY.md']}@10.0.0.5/books\n"
        f"AccountKey={planted['in an azure string']};EndpointSuffix=core.example.test\n",
        "clawd/memory/2026-01-16.md": f"# Shop\n\n{planted['in memory']}\n\n## Wallet\n\n"
        f"seed phrase: {planted['phrase in memory']}\n\n"
        f"## Key\n\n{device}\n\n## Login\n\n{planted['jwt in memory']}\n"
        f"Mail: {planted['plain password in env']}\n",
        f"clawd/memory/2026-01-17-{planted['file name']}.md": f"# Note\n\nthe {planted['file name']} thing\n",
        "clawd/skills/chaser/SKILL.md": f"---\nname: chaser\ndescription: Chase with {described}\n---\n"
        f"Use `{planted['in a skill']}` and {planted['skill key']}.\n",
        "clawd/skills/chaser/reference.md": f"token {beside}\n",
        "clawd/state/idea-vault/idea-1.json": as_json({
            "id": "idea-1", "title": f"Use {planted['in an idea']}", "essence": "A list", "context": "",
            "source": "manual", "status": "inbox", "confidence": 0.4, "tags": ["price"], "connections": [],
            "claims": [{"text": f"works with {planted['in a claim']}", "type": "insight"}],
            "created_at": "2026-01-20T10:00:00",
        }),
        "clawd/bot:dream-weaver/state/dreams.json": as_json({"dreams": {"d1": {
            "id": "d1", "title": "Market", "essence": f"sell {planted['in a dream']}", "context": "",
            "strength": 0.4, "stage": "growing", "tags": ["market"], "connections": [],
            "created_at": "2026-01-20T10:00:00", "source": "manual", "evolution_notes": [],
        }}, "total_evolutions": 1}),
        "clawd/pulse-v3/notes.md": f"# Pulse\n\nsigned with {planted['in a custom folder']}\n",
    }  # fmt: skip


def _pem_of(line: str) -> list[str]:
    return ["-----BEGIN RSA PRIVATE KEY-----", line, "-----END RSA PRIVATE KEY-----"]


def _work() -> dict[str, Content]:
    """Schedules, their runs, and sub-agents."""
    planted = IN_TEXTS
    job = {
        "id": "0b8f5a0e-1111-4222-8333-444455556666", "agentId": "main",
        "name": f"Morning {planted['in a cron name']}", "enabled": True,
        "createdAtMs": 1769414400000, "updatedAtMs": 1769414400000,
        "schedule": {"kind": "cron", "expr": "30 7 * * 1-5", "tz": "Europe/Berlin"},
        "sessionTarget": "isolated", "wakeMode": "next-heartbeat",
        "payload": {"kind": "agentTurn", "message": f"Charge with {planted['in a cron message']}"},
        "state": {},
    }  # fmt: skip
    run = {
        "ts": 1769409041000, "jobId": job["id"], "action": "finished", "status": "ok",
        "runAtMs": 1769409000000, "summary": "used " + planted["in a run's summary"], "durationMs": 41000,
    }  # fmt: skip
    sub = {
        "runId": "r1", "childSessionKey": "agent:main:subagent:2c", "requesterSessionKey": "agent:main:main",
        "task": "log in with " + planted["in a sub-agent's task"], "label": planted["in a session's label"],
        "createdAt": 1769418000000, "endedAt": 1769418060000, "outcome": {"status": "ok"},
    }  # fmt: skip
    return {
        ".clawdbot/cron/jobs.json": as_json({"version": 1, "jobs": [job]}),
        f".clawdbot/cron/runs/{job['id']}.jsonl": as_lines([run]),
        ".clawdbot/subagents/runs.json": as_json({"version": 2, "runs": {"r1": sub}}),
    }


def _talk() -> dict[str, Content]:
    """A conversation, in which most secrets turn up once more and some for the only time."""
    session = "8a1c2f7e-0000-4000-8000-000000000001"
    label = "about " + PLANTED["in a session's label"]
    index = {
        "agent:main:main": {
            "sessionId": session,
            "updatedAt": 1769430000000,
            "displayName": label,
        },
        "agent:main:subagent:2c": {
            "sessionId": session,
            "spawnedBy": "agent:main:main",
            "label": label,
        },
    }
    lines: list[object] = [
        {
            "type": "session",
            "version": 3,
            "id": session,
            "timestamp": "2026-01-26T09:00:00.000Z",
            "cwd": "/home/u/clawd",
        },
        *_messages(),
    ]
    split = PLANTED["split by escapes"]
    escaped = "".join(f"\\u{ord(char):04x}" if at % 7 == 3 else char for at, char in enumerate(split))
    last = _message("aa0000ff", "aa000005", "user", [{"type": "text", "text": "MARK"}])
    odd = json.dumps(last, separators=(",", ":")).replace("MARK", f"take {escaped} then")
    return {
        ".clawdbot/agents/main/sessions/sessions.json": as_json(index),
        f".clawdbot/agents/main/sessions/{session}.jsonl": as_lines(lines) + odd + "\n",
    }


def _messages() -> Iterable[object]:
    secret = PLANTED
    answered = secret["in a tool's result"]
    inner = json.dumps({"ok": True, "password": secret["in JSON in a text"]})
    again = [value for name, value in {**IN_SETTINGS, **IN_FILES}.items() if name != "tls key"]
    known = "\n".join([*(f"again: {value}" for value in again), _TLS])
    veiled = [
        base64.b64encode(("x" * offset + value).encode()).decode()
        for offset, value in enumerate(
            [secret["profile key"], secret["gateway password"], secret["telegram bot"]]
        )
    ]
    hidden = base64.b64encode(f"the key is {secret['in base64 only']} for now".encode()).decode()
    yield _message(
        "aa000001",
        None,
        "user",
        f"my wifi password is {secret['said with a word before']} ok? {secret['said by a user']}",
    )
    yield _message("aa000002", "aa000001", "assistant", [
        {"type": "thinking", "thinking": f"I have {secret['thought']}"},
        {"type": "toolCall", "id": "call_1", "name": "exec",
         "arguments": {"command": "login", "password": secret["in a tool's arguments"]}},
    ])  # fmt: skip
    yield _message("aa000003", "aa000002", "toolResult", [{"type": "text", "text": "\n".join([
        f"DO={answered}",
        f"Authorization: Basic {secret['in a header']}", f"Set-Cookie: sid={secret['in a cookie']}; Path=/",
        f"https://hooks.slack.com/services/T00000000/B00000000/{secret['in a webhook']}",
        f"https://discord.com/api/webhooks/123456789012345678/{secret['in a chat webhook']}",
        f"data:text/plain;base64,{hidden}",
        f"https://x.example.test/?next={quote('t=' + secret['in a URL only'], safe='')}",
        inner, json.dumps(inner), *veiled,
    ])}], toolCallId="call_1", toolName="exec")  # fmt: skip
    yield _message("aa000004", "aa000003", "assistant", [{"type": "text", "text": known}])
    yield _message(
        "aa0000aa",
        "aa000003",
        "assistant",
        [{"type": "text", "text": f"no: {secret['in an abandoned branch']}"}],
    )
    yield {
        "type": "compaction", "id": "aa000005", "parentId": "aa000004", "tokensBefore": 150000,
        "summary": f"The user has {secret['in a compaction']}", "firstKeptEntryId": "aa000003",
        "timestamp": "2026-01-26T10:00:00.000Z",
    }  # fmt: skip


def _message(id_: str, parent: str | None, role: str, content: object, **more: str) -> dict[str, object]:
    message = {"role": role, "content": content, "timestamp": 1769418001000, **more}
    return {
        "type": "message",
        "id": id_,
        "parentId": parent,
        "timestamp": "2026-01-26T09:00:01.000Z",
        "message": message,
    }
