"""Agents as profiles: who each is, how it was to work, what it was bound to; a role is only hinted at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agentos_cli.belongings import Profile
from agentos_cli.importers.clawdbot.settings.models import agent_chain
from agentos_cli.importers.clawdbot.settings.reader import agent_id, known_zone
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.clawdbot.settings.shape import block, digest, items, text
from agentos_cli.importers.piece import Piece, brought, failed
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.values import clean

FIELDS = ("name", "emoji", "creature", "vibe", "theme", "avatar")
"""What IDENTITY.md may say; src/agents/identity-file.ts of openclaw/openclaw."""
PLACEHOLDERS = frozenset({
    "pick something you like",
    "ai? robot? familiar? ghost in the machine? something weirder?",
    "how do you come across? sharp? warm? chaotic? calm?",
    "your signature - pick one that feels right",
    "workspace-relative path, http(s) url, or data uri",
})  # fmt: skip
"""What the template of IDENTITY.md asks."""
EVERY = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d)?", re.ASCII)
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
USUAL = "30m"
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
LONGEST = 2_000
"""Characters of a name or another word of who an agent is."""
ROLES: dict[str, tuple[str, ...]] = {
    "finance": ("finance", "cfo", "bookkeeper", "bookkeeping", "accounting", "accountant", "treasury"),
    "sales": ("sales", "sdr", "cro", "account executive"),
    "ops": ("ops", "operations", "coo"),
    "marketing": ("marketing", "cmo", "seo"),
    "hr": ("hr", "human resources", "people ops", "recruiter", "recruiting", "hiring"),
    "success": ("customer success", "customer support", "csm", "helpdesk", "help desk"),
    "ceo": ("ceo", "chief of staff"),
}
"""Words that say clearly which of the seven agents one resembles."""


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """One profile for each agent."""
    for agent in setup.agents:
        try:
            yield _profile(home, setup, agent, redactor)
        except (Unreadable, ValueError, RecursionError):
            yield failed(setup.config or "state", "its settings make no sense", kind="profile", name=agent.id)


def every(value: object) -> float | None:
    """The seconds between two heartbeats: `45m`, `2h`, `1.5h`; a bare number is minutes. None if it is no
    such text, 0 for one that is off."""
    found = EVERY.fullmatch((text(value) or "").lower())
    return float(found[1]) * SECONDS[found[2] or "m"] if found else None


def identity_in(document: str) -> dict[str, str]:
    """What an IDENTITY.md says: `- **Name:** Pip`, one a line; what the template asks is no answer."""
    found: dict[str, str] = {}
    for line in document.splitlines():
        label, colon, value = line.strip().removeprefix("-").strip().partition(":")
        name = re.sub(r"[*_]", "", label).strip().lower()
        said = re.sub(r"^[*_\s]+|[*_\s]+$", "", value)
        if colon and name in FIELDS and said and not _is_asked(said):
            found[name] = said
    return found


def role_in(*said: str | None) -> str | None:
    """Which of the seven agents the texts clearly speak of; None for none, or for more than one."""
    words = " ".join(re.sub(r"[\W_]+", " ", each.lower()) for each in said if each)
    found = [role for role, names in ROLES.items() if any(f" {name} " in f" {words} " for name in names)]
    return found[0] if len(found) == 1 else None


def _profile(home: Home, setup: Setup, agent: AgentSetup, redactor: Redactor) -> Piece:
    document, found_at = _document(home, agent)
    path = setup.config or found_at or agent.workspace or "state"
    said = {name: text(value) for name, value in block(agent.raw, "identity").items() if name in FIELDS}
    identity = {**identity_in(document), **{name: value for name, value in said.items() if value}}
    name = identity.get("name") or text(agent.raw.get("name")) or agent.id
    role = role_in(agent.id, name, text(agent.raw.get("name")), text(agent.raw.get("description")))
    settings = _settings(setup, agent)
    found: dict[str, int] = {}
    profile = Profile(
        agent.id,
        _short(redactor.clean(name).text),
        {key: _short(redactor.tree(value, found)) for key, value in identity.items()},
        dict(block(redactor.tree(settings, found))),
        agent.is_default,
        role,
    )
    told = digest([identity, settings, name, role, agent.is_default])
    return brought(profile, path, told, redacted=found, asks=_asks(agent))


def _document(home: Home, agent: AgentSetup) -> tuple[str, str | None]:
    """The text of IDENTITY.md, and where it is; its own reader says so if it cannot be read."""
    path = f"{agent.workspace}/IDENTITY.md"
    if agent.workspace is None or home.get(path) is None:
        return "", None
    try:
        return home.text(path), path
    except Unreadable:
        return "", None


def _settings(setup: Setup, agent: AgentSetup) -> dict[str, object]:
    """How the agent was to work, in the terms of `Profile.settings`; what is not said is left out."""
    defaults = block(setup.raw, "agents", "defaults")
    workspace = text(agent.raw.get("workspace"))
    if workspace is None and agent.is_default:
        workspace = text(defaults.get("workspace"))
    told = {
        "workspace": workspace,
        "description": text(agent.raw.get("description")),
        "models": list(agent_chain(agent.raw.get("model"), defaults.get("model"))),
        "heartbeat": _heartbeat(agent.heartbeat, setup.timezone),
        "bindings": [
            dict(block(binding, "match"))
            for binding in items(setup.raw.get("bindings"))
            if agent_id(block(binding).get("agentId")) == agent.id
        ],
    }
    return {key: value for key, value in told.items() if value}


def _heartbeat(beat: Mapping[str, object], zone: str | None) -> dict[str, object]:
    """`every` in seconds, 0 for off; what is not understood is off there too."""
    seconds = every(beat.get("every", USUAL)) or 0
    told: dict[str, object] = {"every": int(seconds) if seconds == int(seconds) else seconds}
    quiet = quiet_hours(block(beat, "activeHours"), zone)
    if quiet:
        told["quiet_hours"] = quiet
    for key in ("target", "to", "prompt", "model", "session"):
        if said := text(beat.get(key)):
            told[key] = said
    return told


def quiet_hours(active: Mapping[str, object], zone: str | None) -> dict[str, str] | None:
    """The hours in which nothing beats: `from` and `to` (HH:MM) and their `zone`, left out where it is that
    of the machine. None if there are none, or they are not understood: then it always beats, as there."""
    start, end = text(active.get("start")), text(active.get("end"))
    if not (start and end and CLOCK.fullmatch(start) and CLOCK.fullmatch(end)) or start == "24:00":
        return None
    if start == end or (start, end) == ("00:00", "24:00"):
        return None
    named = text(active.get("timezone")) or "user"
    if named not in ("user", "local") and known_zone(named) is None:
        return None
    told = {"from": "00:00" if end == "24:00" else end, "to": start}
    own = {"user": zone, "local": None}.get(named, named)
    return {**told, "zone": own} if own else told


def _asks(agent: AgentSetup) -> list[str]:
    if agent.workspace is not None or not (agent.raw or agent.is_default):
        return []
    fix = ": name it by --workspace FOLDER" if agent.is_default else ""
    return [f"the workspace of `{agent.id}` was not found, so its documents were not read{fix}"]


def _is_asked(said: str) -> bool:
    """Whether a value is what the template asks."""
    plain = re.sub(r"[\u2013\u2014]", "-", said.strip("()").lower())
    return " ".join(plain.split()) in PLACEHOLDERS


def _short(value: object) -> str:
    return clean(str(value))[:LONGEST]
