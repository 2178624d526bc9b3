"""The tables of what a person keeps: documents, knowledge, skills, sessions, models, ideas, and imports.

`passage` holds every text that can be searched. On SQLite `passage_words`, an FTS5 index, stands beside it;
on PostgreSQL its column `words` does. Both are made by the migration and filled by `store.passages`, no class
here knows them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index

from agentos_cli.store.table_kit import STRICT, Row, field, flag, key
from agentos_cli.store.values import Kind


class PassageRow(Row, table=True):
    """One piece of text that can be searched: `part` of the `thing` that `room` knows by this key. The text
    of a session's entry is here alone; other rooms keep theirs, and this is a copy. `number` grows."""

    __tablename__ = "passage"
    __table_args__ = (Index("ix_passage_number", "number"), STRICT)
    tenant_id: str = key()
    room: str = key()
    thing: str = key()
    part: int = key(Kind.INT)
    number: int = field(Kind.INT)
    title: str = field()
    text: str = field()


class DocumentRow(Row, table=True):
    """One version of a document of an agent's workspace. `origin` is None if a person wrote it here, else
    where it came from; `digest` is of the text."""

    __tablename__ = "document"
    __table_args__ = STRICT
    tenant_id: str = key()
    agent: str = key()
    name: str = key()
    version: int = key(Kind.INT)
    role: str = field()
    text: str = field()
    digest: str = field()
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class ProfileRow(Row, table=True):
    """An agent as it was set up elsewhere; see `belongings.Profile`."""

    __tablename__ = "profile"
    __table_args__ = (flag("is_default"), STRICT)
    tenant_id: str = key()
    id: str = key()
    name: str = field()
    identity: str = field(Kind.JSON)
    settings: str = field(Kind.JSON)
    is_default: bool = field(Kind.FLAG)
    role: str | None = field(null=True)
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class KnowledgeRow(Row, table=True):
    """One entry of a knowledge file, beginning at `line`."""

    __tablename__ = "knowledge"
    __table_args__ = (Index("ix_knowledge_day", "tenant_id", "day"), STRICT)
    tenant_id: str = key()
    agent: str = key()
    path: str = key()
    line: int = key(Kind.INT)
    title: str = field()
    text: str = field()
    day: date | None = field(Kind.DAY, null=True)
    scope: str = field()
    session: str | None = field(null=True)
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class SkillRow(Row, table=True):
    """A skill; see `belongings.Skill`. `id` is its key."""

    __tablename__ = "skill"
    __table_args__ = (flag("enabled"), STRICT)
    tenant_id: str = key()
    id: str = key()
    agent: str = field()
    place: str = field()
    name: str = field()
    description: str = field()
    text: str = field()
    path: str = field()
    about: str = field(Kind.JSON)
    trust: str = field()
    source: str = field(Kind.JSON)
    enabled: bool = field(Kind.FLAG)
    shadowed_by: str | None = field(null=True)
    findings: str = field(Kind.JSON)
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class SkillFileRow(Row, table=True):
    """A further file of a skill: its text, or `why` it was not copied."""

    __tablename__ = "skill_file"
    __table_args__ = STRICT
    tenant_id: str = key()
    skill: str = key()
    path: str = key()
    size: int = field(Kind.INT)
    text: str | None = field(null=True)
    why: str | None = field(null=True)


class ProviderRow(Row, table=True):
    """Where models are reached; `credential` is a reference, never the secret."""

    __tablename__ = "model_provider"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    base_url: str | None = field(null=True)
    api: str | None = field(null=True)
    credential: str | None = field(null=True)
    models: str = field(Kind.JSON)
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class RouteRow(Row, table=True):
    """How a model is chosen: a chain, an alias or an order of credentials; see `belongings.ModelRoute`."""

    __tablename__ = "model_route"
    __table_args__ = STRICT
    tenant_id: str = key()
    kind: str = key()
    name: str = key()
    models: str = field(Kind.JSON)
    note: str | None = field(null=True)
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class IdeaRow(Row, table=True):
    """An entry of the idea garden; see `belongings.Idea`. `strength` is 0 to 100."""

    __tablename__ = "idea"
    __table_args__ = STRICT
    tenant_id: str = key()
    id: str = key()
    title: str = field()
    essence: str = field()
    context: str = field()
    stage: str = field()
    strength: int = field(Kind.INT)
    tags: str = field(Kind.JSON)
    connections: str = field(Kind.JSON)
    source: str = field()
    trail: str = field(Kind.JSON)
    claims: str = field(Kind.JSON)
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)
    changed_at: datetime = field(Kind.INSTANT)


class SessionRow(Row, table=True):
    """A conversation that was had elsewhere; see `belongings.Session`. `id` is its key, `digest` of the
    source."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_began_at", "tenant_id", "began_at"), STRICT)
    tenant_id: str = key()
    id: str = key()
    agent: str = field()
    name: str | None = field(null=True)
    title: str | None = field(null=True)
    channel: str | None = field(null=True)
    model: str | None = field(null=True)
    file: str = field()
    began_at: datetime | None = field(Kind.INSTANT, null=True)
    ended_at: datetime | None = field(Kind.INSTANT, null=True)
    parent: str | None = field(null=True)
    label: str | None = field(null=True)
    task: str | None = field(null=True)
    counts: str = field(Kind.JSON)
    digest: str = field()
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)


class EntryRow(Row, table=True):
    """One entry of a session, without its text, which is a passage. `reported_cost` is a decimal text."""

    __tablename__ = "session_entry"
    __table_args__ = (flag("mirror"), flag("live"), STRICT)
    tenant_id: str = key()
    session: str = key()
    seq: int = key(Kind.INT)
    type: str = field()
    id: str | None = field(null=True)
    parent: int | None = field(Kind.INT, null=True)
    role: str | None = field(null=True)
    at: datetime | None = field(Kind.INSTANT, null=True)
    provider: str | None = field(null=True)
    model: str | None = field(null=True)
    tool: str | None = field(null=True)
    input: int | None = field(Kind.INT, null=True)
    output: int | None = field(Kind.INT, null=True)
    cache_read: int | None = field(Kind.INT, null=True)
    cache_write: int | None = field(Kind.INT, null=True)
    reported_cost: str | None = field(null=True)
    stop: str | None = field(null=True)
    mirror: bool = field(Kind.FLAG)
    live: bool = field(Kind.FLAG)


class ImportRow(Row, table=True):
    """One import that was applied. `install` stands for the installation that it came from, `report` is what
    was said of it, without any secret."""

    __tablename__ = "import_run"
    __table_args__ = STRICT
    tenant_id: str = key()
    id: str = key()
    install: str = field()
    home: str = field()
    era: str = field()
    at: datetime = field(Kind.INSTANT)
    undone_at: datetime | None = field(Kind.INSTANT, null=True)
    report: str = field(Kind.JSON)


class ImportItemRow(Row, table=True):
    """What became of one item of the source. `source_digest` is what it was there, `thing` what it is called
    here, and `target_digest` what it was here when the import had made it: another one now means that
    somebody changed it since. All three are None for what nothing was made of."""

    __tablename__ = "import_item"
    __table_args__ = (Index("ix_import_item_name", "tenant_id", "kind", "name"), STRICT)
    tenant_id: str = key()
    import_id: str = key()
    number: int = key(Kind.INT)
    kind: str = field()
    name: str = field()
    path: str = field()
    line: int | None = field(Kind.INT, null=True)
    outcome: str = field()
    reason: str | None = field(null=True)
    source_digest: str | None = field(null=True)
    thing: str | None = field(null=True)
    target_digest: str | None = field(null=True)
    redacted: str = field(Kind.JSON)
    asks: str = field(Kind.JSON)


class ArchiveRow(Row, table=True):
    """What had no place here, redacted, under the name that its report gives it."""

    __tablename__ = "archive"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    text: str = field()
    origin: str | None = field(null=True)
    created_at: datetime = field(Kind.INSTANT)
