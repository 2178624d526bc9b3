"""Files of keys, logins and permissions: what is secret stays there; whom the owner trusts is noted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

from agentos_cli.belongings import Archive
from agentos_cli.importers.clawdbot.credentials.auth_stores import stores
from agentos_cli.importers.clawdbot.settings.shape import block, items, text, texts
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.importers.source.lenient import parse
from agentos_cli.store.values import clean

WHATSAPP = "the login of a linked device: link it anew; two programs on one login break both"
REASONS: tuple[tuple[str, str], ...] = (
    (r"state/credentials/(?:.*/)?github-copilot\.token\.json", "log in again: it is a short-lived token"),
    (
        r"state/credentials/whatsapp/.*|state/credentials/(?:creds|session-|pre-key|sender-key|app-state).*",
        WHATSAPP,
    ),
    (r"state/(?:credentials|oauth)/.*", "a login of a channel: connect anew"),
    (r"state/identity/.*", "the private key and token of that installation: never copied"),
    (
        r"state/devices/.*|state/nodes/.*|state/node\.json",
        "tokens of paired devices: never copied, pair them anew",
    ),
    (r"state/(?:gateway/)?tls/.*", "certificates and their keys: never copied"),
    (
        r"(?:state|[^/]+)/(?:.*/)?\.?claw(?:d)?hub/config\.json",
        "a token of the registry of skills: never copied",
    ),
)
_REASONS = tuple((re.compile(pattern), reason) for pattern, reason in REASONS)
_SENDERS = re.compile(r"state/credentials/([^/]+)-(allowFrom|pairing)\.json")
_APPROVALS = "state/exec-approvals.json"
_KEPT = ("security", "ask", "askFallback", "autoAllowSkills")


def read(home: Home, redactor: Redactor) -> Iterator[Piece]:
    """A piece for each of these files but those of model providers. Known senders (ids only) and the
    patterns of commands that were allowed become archives: suggestions, and nothing is let in by them."""
    mine = set(stores(home))
    for entry in home.all():
        if entry.problem is not None or entry.path in mine:
            continue
        senders = _SENDERS.fullmatch(entry.path)
        try:
            if senders:
                yield _known_senders(home, entry.path, senders[1], senders[2], redactor)
            elif entry.path == _APPROVALS:
                yield _approvals(home, redactor)
            else:
                reason = next((why for shape, why in _REASONS if shape.fullmatch(entry.path)), None)
                if reason:
                    yield skipped(entry.path, reason, kind="secret", name=redactor.clean(entry.path).text)
        except Unreadable as problem:
            yield failed(entry.path, problem.why)
        except (ValueError, RecursionError):
            yield failed(entry.path, "cannot be understood")


def _known_senders(home: Home, path: str, channel: str, kind: str, redactor: Redactor) -> Piece:
    whole = parse(home.text(path), path)
    if kind == "allowFrom":
        ids = [
            str(each)
            for each in items(block({"it": whole}, "it").get("allowFrom"))
            if isinstance(each, str | int)
        ]
    else:
        requests = [block({"it": each}, "it") for each in items(block({"it": whole}, "it").get("requests"))]
        ids = [str(each["id"]) for each in requests if isinstance(each.get("id"), str | int)]
    if not ids:
        return skipped(path, "names nobody")
    found: dict[str, int] = {}
    told = {
        "channel": channel,
        "what": "known senders" if kind == "allowFrom" else "asked to be let in",
        "privacy": "private",
        "ids": sorted({each.strip() for each in ids if each.strip()}),
        "note": "a suggestion: nobody is let in by it",
    }
    safe = redactor.tree(told, found)
    return _archived(f"known-senders/{channel}-{kind}.json", safe, path, found)


def _approvals(home: Home, redactor: Redactor) -> Piece:
    """The patterns of commands that were allowed; never the token of the socket, nor what was last run."""
    whole = block({"it": parse(home.text(_APPROVALS), _APPROVALS)}, "it")
    agents = {
        str(name): {**_policy(block({"it": each}, "it")), "allowlist": _patterns(block({"it": each}, "it"))}
        for name, each in block(whole, "agents").items()
    }
    told = {
        "note": "suggestions: no command is allowed by them",
        "defaults": _policy(block(whole, "defaults")),
        "agents": agents,
    }
    found: dict[str, int] = {}
    return _archived("approvals.json", redactor.tree(told, found), _APPROVALS, found)


def _policy(said: Mapping[str, object]) -> dict[str, object]:
    return {key: said[key] for key in _KEPT if isinstance(said.get(key), str | bool)}


def _patterns(agent: Mapping[str, object]) -> list[str]:
    """Of each entry the pattern, with that of the arguments if there is one."""
    found = []
    for each in items(agent.get("allowlist")):
        entry = block({"it": each}, "it")
        pattern = text(each) or " ".join(texts([entry.get("pattern"), entry.get("argPattern")]))
        if pattern:
            found.append(pattern)
    return found


def _archived(name: str, safe: object, path: str, found: Mapping[str, int]) -> Piece:
    told = clean(json.dumps(safe, indent=2, sort_keys=True, ensure_ascii=False, default=dict)) + "\n"
    shown = clean(name)[:200]
    return brought(Archive(shown, told), path, sha256(told.encode()).hexdigest(), redacted=found)
