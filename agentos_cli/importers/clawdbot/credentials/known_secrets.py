"""The secrets that a home is known to hold, collected before anything is read out of it.

Where they are: the settings and their older copies, the credentials of every agent, what devices and channels
logged in with, `.env` files, service accounts and key files in the workspaces. They stay in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agentos_cli.importers.clawdbot.credentials.environment import variables
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.secrets.words import (
    is_likely,
    is_placeholder,
    is_reference,
    kind_of_key,
    looks_secret,
)
from agentos_cli.importers.source.home import Entry, Home, Unreadable
from agentos_cli.importers.source.lenient import parse
from agentos_cli.redaction import SHORTEST

MOST = 20_000
"""How many values are kept: real homes hold some hundreds."""
_LARGEST = 4_000_000
_SETTINGS = re.compile(r"state/(?:openclaw|clawdbot|moltbot|moldbot|clawdis|warelay)\.json.*")
_STATE = re.compile(
    r"state/(?:agents/[^/]+/agent|agent|credentials|identity|devices|nodes|oauth|gateway|settings)/.*"
    r"|state/(?:exec-approvals|node)\.json|.*/\.?claw(?:d)?hub/config\.json"
)
_SESSION_KEYS = re.compile(
    r"(?:session|pre-key|sender-key|sender-key-memory|app-state-sync|lid-mapping|device-list)-.*"
)
"""Thousands of keys that a channel renews with each message: in no text, and never read."""
_BY_NAME = re.compile(
    r".*(?:credential|secret|service.?account|client_secret|token|auth|passw|api.?key).*\.(?:json5?|ya?ml|txt|ini|toml|conf)"
    r"|\.(?:netrc|npmrc|pypirc|pgpass|git-credentials)|.*\.(?:pem|key|ppk)|id_(?:rsa|dsa|ecdsa|ed25519)",
    re.IGNORECASE,
)
_CODE = re.compile(r"\"code\"\s*:\s*\"([^\"\\]{6,64})\"")
_SMALL_JSON = 16_000
_PAIR = re.compile(
    r"[\"']?(?P<name>[\w$-]{1,80})[\"']?\s*:\s*(?:\"(?P<a>(?:[^\"\\\n]|\\.)*)\"|'(?P<b>(?:[^'\\\n]|\\.)*)')"
)
_BODY = re.compile(r"[A-Za-z0-9+/=]{24,}")
_SCHEME = re.compile(r"(?:bearer|basic|token|bot)\s+(?=\S)", re.IGNORECASE)

Pair = tuple[str, str]


def collect(home: Home, raw_config: Mapping[str, object]) -> list[Pair]:
    """Every secret value of the home with its type. A file that cannot be read costs what is in it alone;
    the shapes of secrets are found without it."""
    shapes = Redactor()
    found: dict[str, str] = {}
    for value, kind in _walked(raw_config, shapes):
        found.setdefault(value, kind)
    for entry in home.all():
        if entry.problem is None and entry.size <= _LARGEST and len(found) < MOST:
            try:
                for value, kind in _of_file(home, entry, shapes):
                    found.setdefault(value, kind)
            except (Unreadable, ValueError, RecursionError):
                continue
    return [(value, kind) for value, kind in found.items() if len(value) >= SHORTEST][:MOST]


def values(value: object, shapes: Redactor) -> Iterator[Pair]:
    """The secrets in a JSON value: by the name of their key, or by their own shape."""
    return _walked(value, shapes)


def _of_file(home: Home, entry: Entry, shapes: Redactor) -> Iterator[Pair]:
    name = entry.name
    if name.endswith("-pairing.json"):
        yield from ((code, "pairing-code") for code in _CODE.findall(home.text(entry.path, _LARGEST)))
    if is_env_file(name):
        yield from _of_variables(home.text(entry.path, _LARGEST), shapes)
    elif _SETTINGS.fullmatch(entry.path) or _STATE.fullmatch(entry.path) or _BY_NAME.fullmatch(name):
        if not _SESSION_KEYS.fullmatch(name):
            yield from _of_text(home.text(entry.path, _LARGEST), entry.path, shapes)
    elif name.endswith(".json") and entry.size <= _SMALL_JSON and not entry.path.startswith("state/"):
        text = home.text(entry.path, _SMALL_JSON)
        if "private_key" in text or "client_secret" in text or "refresh_token" in text:
            yield from _of_text(text, entry.path, shapes)


def is_env_file(name: str) -> bool:
    """Whether a file of this name sets variables: `.env`, `.env.local`, `prod.env`."""
    return name == ".env" or name.startswith(".env.") or name.endswith(".env")


def _of_text(text: str, path: str, shapes: Redactor) -> Iterator[Pair]:
    """The secrets in a file that is there for them: of JSON by their keys, of any text by their shape."""
    try:
        yield from _walked(parse(text, path), shapes)
    except Unreadable:
        for found in _PAIR.finditer(text):  # what is left of it
            yield from _of_string(found["a"] or found["b"] or "", found["name"], shapes, likely=True)
        yield from _of_variables(text, shapes)


def _of_variables(text: str, shapes: Redactor) -> Iterator[Pair]:
    for name, value in variables(text):
        yield from _of_string(value, name, shapes, likely=True)
    for value, kind in shapes.secrets(text):
        yield from _whole(value, kind)


def _walked(value: object, shapes: Redactor) -> Iterator[Pair]:
    """Level by level, so that depth costs no stack. Each part with the name it has, and whether everything
    below it is there to be secret (`env`, `headers`, `config` of a plugin)."""
    level: list[tuple[str, object, bool]] = [("", value, False)]
    while level:
        below: list[tuple[str, object, bool]] = []
        for name, part, likely in level:
            if isinstance(part, Mapping):
                if not is_reference(part):
                    below += [(str(key), each, likely or _holds(name)) for key, each in part.items()]
            elif isinstance(part, list):
                below += [(name, each, likely) for each in part]
            elif isinstance(part, str):
                yield from _of_string(part, name, shapes, likely=likely)
            elif type(part) is int and (told := kind_of_key(name)) and told[0] in ("password", "pin"):
                yield str(part), told[0]
        level = below


def _holds(name: str) -> bool:
    """Whether what is below a key of this name is secret if it looks so, whatever its own name is."""
    return name in ("env", "vars", "headers", "config", "private", "keyPair") or kind_of_key(name) is not None


def _of_string(text: str, name: str, shapes: Redactor, *, likely: bool) -> Iterator[Pair]:
    value = text.strip()
    if is_placeholder(value):
        return
    told = kind_of_key(name)
    inside = list(shapes.secrets(value))
    if told and told[1]:
        yield from _whole(value, _type_of(value, inside) or told[0])
    elif (told and is_likely(value)) or (likely and looks_secret(value)):
        yield from _whole(value, _type_of(value, inside) or (told[0] if told else "secret"))
    for found, kind in inside:
        yield from _whole(found, kind)


def _type_of(value: str, inside: list[Pair]) -> str | None:
    return next((kind for found, kind in inside if found == value), None)


def _whole(value: str, kind: str) -> Iterator[Pair]:
    """A value, and the parts of it that are as secret: a key's lines, what is behind `Bearer`."""
    yield value, kind
    if "PRIVATE KEY" in value or "\n" in value:
        for line in _BODY.findall(value.replace("\\n", "\n")):
            yield line, "private-key"
    scheme = _SCHEME.match(value)
    if scheme:
        yield value[scheme.end() :], "token"
