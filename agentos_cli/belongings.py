"""What a person keeps here beside the company's records: documents, knowledge, skills, sessions, ideas.

Plain frozen nouns without any way to the world. Each has a `key`, by which it is found in its kind. Their
texts came from outside and are untrusted: they are kept, shown and searched, and never an instruction to
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from enum import StrEnum

EXACT = Context(prec=80)
"""Adds up amounts of money to the last digit that any of them has."""


class Belonging(StrEnum):
    """The kinds of things that can be kept. The values name the commands' rooms where there is one."""

    DOCUMENT = "document"
    PROFILE = "profile"
    KNOWLEDGE = "knowledge"
    CHECK = "check"
    SCHEDULE = "schedule"
    SKILL = "skill"
    PROVIDER = "provider"
    ROUTE = "route"
    IDEA = "idea"
    SESSION = "session"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of an agent's workspace (`AGENTS.md`, `SOUL.md` ...), of which every version is kept.
    `role` is what it was for there: instructions, persona, profile, owner, notes, startup, checklist."""

    agent: str
    name: str
    role: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.agent}/{self.name}"


@dataclass(frozen=True, slots=True)
class Profile:
    """An agent as it was set up elsewhere. `identity`: name, emoji, creature, vibe, theme, avatar, as far as
    given; `settings`: workspace, model, heartbeat (`every` in seconds, active hours), what it was bound to.
    `role` is a hint which of the seven agents it resembles, for the user to confirm; None for none."""

    id: str
    name: str
    identity: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    is_default: bool = False
    role: str | None = None

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of a knowledge file: its first `line` (from 1), its heading, the day it is of, its exact
    text. The texts of a file's entries, one after the other, are the file."""

    line: int
    title: str
    text: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A file of knowledge: `MEMORY.md`, `memory/2026-01-16.md`. `scope` is private or shared; `session` is
    the key of the session that it was written from."""

    agent: str
    path: str
    notes: tuple[Note, ...]
    scope: str = "private"
    session: str | None = None

    @property
    def key(self) -> str:
        return f"{self.agent}/{self.path}"


@dataclass(frozen=True, slots=True)
class SkillFile:
    """A further text file of a skill, never run: `text` None for one that was not copied, and `why`."""

    path: str
    size: int
    text: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill: instructions for a model. `place` is where it came from, highest precedence first:
    workspace, managed, extra, plugin; `agent` whose workspace, "" for all agents. `shadowed_by` is the key
    of the one of the same name that counts instead. `trust`: local or registry; one of a registry has
    `source` (registry, slug, version, installed_at, fingerprint) and starts disabled. `findings`: what a look
    at its text found odd, one line each."""

    agent: str
    place: str
    name: str
    description: str
    text: str
    path: str
    metadata: Mapping[str, object] = field(default_factory=dict)
    files: tuple[SkillFile, ...] = ()
    trust: str = "local"
    source: Mapping[str, object] = field(default_factory=dict)
    enabled: bool = False
    shadowed_by: str | None = None
    findings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return "/".join(part for part in (self.place, self.agent, self.name) if part)


@dataclass(frozen=True, slots=True)
class ModelProvider:
    """Where models are reached. `credential` is a reference (`env:NAME`, `file:NAME`), never the secret.
    `models`: what was said of each: id, name, context_window, max_tokens, cost (as it was said there)."""

    name: str
    base_url: str | None = None
    api: str | None = None
    credential: str | None = None
    models: tuple[Mapping[str, object], ...] = ()

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ModelRoute:
    """How a model is chosen. `kind`: `chain` (`name` is an agent or "default"; `models` the first choice and
    its fallbacks), `alias` (`name` stands for the one model) or `order` (of a provider's credentials)."""

    kind: str
    name: str
    models: tuple[str, ...]
    note: str | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Idea:
    """An entry of the idea garden. `strength` is 0 to 100; `stage` seed, germinating, growing, flowering,
    bloom or archived; `trail` how it came to be what it is, oldest first; `claims` what it states, each with
    type and source."""

    id: str
    title: str
    essence: str
    context: str = ""
    stage: str = "seed"
    strength: int = 0
    tags: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    source: str = ""
    trail: tuple[str, ...] = ()
    claims: tuple[Mapping[str, str], ...] = ()
    created_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a model read and wrote, in tokens: facts. `reported_cost` in USD is what was said there, which is
    not to be trusted; None if nothing was said."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reported_cost: Decimal | None = None

    def __add__(self, other: Tokens) -> Tokens:
        costs = [cost for cost in (self.reported_cost, other.reported_cost) if cost is not None]
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            EXACT.add(*costs) if len(costs) == 2 else costs[0] if costs else None,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a session. `seq` is its line (from 1), `parent` the seq of the entry before it in the
    tree. `type`: message, compaction, branch_summary, model_change, custom_message ...; `role`: user,
    assistant, tool_result ... `live`: on the main line, from the last entry to the root; the others are
    abandoned branches. `mirror`: a copy of the reply before it, made for delivery. `tool`: the tool that was
    called or that answered. `text`: what it says, redacted."""

    seq: int
    type: str
    id: str | None = None
    parent: int | None = None
    role: str | None = None
    at: datetime | None = None
    provider: str | None = None
    model: str | None = None
    tool: str | None = None
    tokens: Tokens | None = None
    stop: str | None = None
    mirror: bool = False
    live: bool = True
    text: str = ""


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """What a session amounts to. Mirrors are in no count but `mirrors`. `messages` by role are of the main
    line, those of abandoned branches are in `abandoned`; tokens are of every turn, since each was paid for.
    `unreadable`: lines that could not be read."""

    messages: Mapping[str, int] = field(default_factory=dict)
    tool_results: int = 0
    compactions: int = 0
    abandoned: int = 0
    mirrors: int = 0
    unreadable: int = 0
    turns: int = 0
    tokens: Tokens = field(default_factory=Tokens)


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation, read-only. `name` is its key there (`agent:main:main`), None if no index knew it;
    `parent` the key of the session that spawned it, `label` and `task` what for. `entries` reads them anew at
    each call, oldest first: there may be hundreds of megabytes. It raises DataProblem if they changed."""

    agent: str
    id: str
    file: str
    digest: str
    counts: SessionCounts
    entries: Callable[[], Iterator[Entry]] = field(compare=False)
    name: str | None = None
    title: str | None = None
    channel: str | None = None
    model: str | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    parent: str | None = None
    label: str | None = None
    task: str | None = None

    @property
    def key(self) -> str:
        return f"{self.agent}/{self.id}"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of a schedule elsewhere: `status` ok, error or skipped."""

    due_at: datetime
    ended_at: datetime
    status: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule as it was elsewhere; it arrives paused. `when` is what the scheduler here understands: a
    cron expression of five fields (or six, seconds first), `every 900s from 2026-01-26T09:00:00Z`, or
    `at 2026-02-09T08:00:00Z`. `text` is what was to be done, in words: nothing here runs it. `notes`: what
    the user has to decide before it is resumed, as a zone that was guessed."""

    name: str
    when: str
    zone: str
    text: str
    notes: tuple[str, ...] = ()
    runs: tuple[PastRun, ...] = ()
    created_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Checkup:
    """A line of a checklist that waits for a decision before anything checks it."""

    name: str
    text: str
    definition: Mapping[str, object] | None = None

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Archive:
    """What has no place here, kept redacted beside the report of its import."""

    name: str
    text: str

    @property
    def key(self) -> str:
        return self.name


Thing = (
    Document
    | Profile
    | Knowledge
    | Skill
    | ModelProvider
    | ModelRoute
    | Idea
    | Session
    | Plan
    | Checkup
    | Archive
)
"""Whatever can be put away."""
KIND_OF: dict[type, Belonging] = {
    Document: Belonging.DOCUMENT,
    Profile: Belonging.PROFILE,
    Knowledge: Belonging.KNOWLEDGE,
    Checkup: Belonging.CHECK,
    Plan: Belonging.SCHEDULE,
    Skill: Belonging.SKILL,
    ModelProvider: Belonging.PROVIDER,
    ModelRoute: Belonging.ROUTE,
    Idea: Belonging.IDEA,
    Session: Belonging.SESSION,
    Archive: Belonging.ARCHIVE,
}
