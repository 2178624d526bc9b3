"""No secret of the settings is in anything that comes over of them, wherever the settings hold it."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

from agentos_cli.importers.clawdbot.credentials import known_secrets
from agentos_cli.importers.clawdbot.settings import agents, leftovers, models
from agentos_cli.importers.secrets.redactor import Redactor
from tests.importers.building import as_json
from tests.importers.settings_samples import home_of, read


def secret(number: int) -> str:
    """One of many that have no shape of any vendor."""
    return f"Zq{number:02d}/vK+{number * 7919:06d}xW=tR"


SETTINGS = {
    "env": {"PLAIN": secret(1), "vars": {"GROQ_API_KEY": secret(2)}},
    "models": {"providers": {"mine": {
        "baseUrl": f"https://u:{quote(secret(3), safe='')}@m.test/v1?key={quote(secret(4), safe='')}",
        "apiKey": secret(5), "headers": {"X-Team": secret(6)}, "models": [{"id": "m", "name": "M"}],
    }}},
    "skills": {"entries": {"notion": {"apiKey": secret(7), "env": {"NOTION_DB": secret(8)}}}},
    "channels": {
        "telegram": {"botToken": secret(9), "accounts": {"work": {"token": secret(10)}}},
        "slack": {"appToken": secret(11), "userToken": secret(12), "signingSecret": secret(13)},
        "bluebubbles": {"password": secret(14), "webhookSecret": secret(15)},
    },
    "gateway": {"auth": {"token": secret(16), "password": secret(17)}, "remote": {"token": secret(18)}},
    "hooks": {"token": secret(19), "gmail": {"pushToken": secret(20)}},
    "tools": {"web": {"search": {"apiKey": secret(21)}}, "braveApiKey": secret(22)},
    "agents": {
        "defaults": {
            "memorySearch": {"remote": {"apiKey": secret(23), "headers": {"A": secret(24)}}},
            "heartbeat": {"prompt": f"curl -H 'Authorization: Bearer {secret(9)}' x"},
            "model": {"primary": "mine/m", "fallbacks": [f"mine/{secret(5)}"]},
        },
        "list": [{"id": "main", "description": f"my key is {secret(5)}", "name": secret(7)}],
    },
    "messages": {"tts": {"elevenlabs": {"apiKey": secret(25)}}},
    "talk": {"apiKey": secret(26)},
    "plugins": {"entries": {"x": {"config": {"api_key": secret(27), "password": secret(28)}}}},
    "cron": {"webhookToken": secret(29)},
    "bindings": [{"agentId": "main", "match": {"channel": "slack", "peer": {"id": secret(12)}}}],
    "unknownThing": {"clientSecret": secret(30), "deep": [{"accessToken": secret(31)}]},
}  # fmt: skip
LAST = 31
KEPT = {"maxTokens": 8192, "contextTokens": 200000, "tokenFile": "~/.secrets/token", "mode": "token"}


def test_no_secret_of_the_settings_comes_over_in_any_form(tmp_path: Path) -> None:
    found = read(home_of(tmp_path, {**SETTINGS, "session": KEPT}))
    redactor = Redactor(known_secrets.collect(found.home, found.setup.raw))
    readers = (agents.read, models.read, leftovers.read)
    pieces = [piece for reader in readers for piece in reader(found.home, found.setup, redactor)]
    told = repr([*found.pieces, *pieces]) + as_json([piece.name for piece in pieces])
    for number in range(1, LAST + 1):
        value = secret(number)
        forms = (value, quote(value), quote(value, safe=""), base64.b64encode(value.encode()).decode())
        assert not [form for form in forms if form in told], number
    assert sum(sum(piece.redacted.values()) for piece in pieces if piece.kind == "archive") >= LAST
    assert all(as_json(value).strip() in told for value in KEPT.values()), "what is no secret stays"
