"""What a person keeps: documents, knowledge, skills, sessions, models, ideas, imports; and search over them.

Frozen: it describes the tables as they were when it was written, in the words of `migration_words`.
"""

from __future__ import annotations

from alembic import op

from agentos_cli.store.migration_words import new_table, on_postgres

revision = "0006"
down_revision = "0005"

TABLES = {
    "passage": "room!:text thing!:text part!:int number:int title:text text:text",
    "document": (
        "agent!:text name!:text version!:int role:text text:text digest:text origin?:text created_at:instant"
    ),
    "profile": (
        "id!:text name:text identity:text settings:text is_default:flag role?:text origin?:text "
        "created_at:instant"
    ),
    "knowledge": (
        "agent!:text path!:text line!:int title:text text:text day?:day scope:text session?:text "
        "origin?:text created_at:instant"
    ),
    "skill": (
        "id!:text agent:text place:text name:text description:text text:text path:text about:text "
        "trust:text source:text enabled:flag shadowed_by?:text findings:text origin?:text created_at:instant"
    ),
    "skill_file": "skill!:text path!:text size:int text?:text why?:text",
    "model_provider": (
        "name!:text base_url?:text api?:text credential?:text models:text origin?:text created_at:instant"
    ),
    "model_route": "kind!:text name!:text models:text note?:text origin?:text created_at:instant",
    "idea": (
        "id!:text title:text essence:text context:text stage:text strength:int tags:text connections:text "
        "source:text trail:text claims:text origin?:text created_at:instant changed_at:instant"
    ),
    "session": (
        "id!:text agent:text name?:text title?:text channel?:text model?:text file:text began_at?:instant "
        "ended_at?:instant parent?:text label?:text task?:text counts:text digest:text origin?:text "
        "created_at:instant"
    ),
    "session_entry": (
        "session!:text seq!:int type:text id?:text parent?:int role?:text at?:instant provider?:text "
        "model?:text tool?:text input?:int output?:int cache_read?:int cache_write?:int reported_cost?:text "
        "stop?:text mirror:flag live:flag"
    ),
    "import_run": ("id!:text install:text home:text era:text at:instant undone_at?:instant report:text"),
    "import_item": (
        "import_id!:text number!:int kind:text name:text path:text line?:int outcome:text reason?:text "
        "source_digest?:text thing?:text target_digest?:text redacted:text asks:text"
    ),
    "archive": "name!:text text:text origin?:text created_at:instant",
}
INDEXES = (
    ("ix_passage_number", "passage", ("number",)),
    ("ix_knowledge_day", "knowledge", ("tenant_id", "day")),
    ("ix_session_began_at", "session", ("tenant_id", "began_at")),
    ("ix_import_item_name", "import_item", ("tenant_id", "kind", "name")),
)
WORDS_ON_SQLITE = (
    "CREATE VIRTUAL TABLE passage_words USING fts5(title, text, content='passage', content_rowid='number',"
    " tokenize='unicode61 remove_diacritics 2')",
)
"""Written with each passage, not by triggers: where the schema is not trusted, SQLite refuses those."""
WORDS_ON_POSTGRES = (
    "ALTER TABLE passage ADD COLUMN words tsvector",
    "CREATE INDEX passage_words ON passage USING gin (words)",
)
"""Filled as a passage is put in, from the words as FTS5 would see them."""


def upgrade() -> None:
    for name, text in TABLES.items():
        new_table(name, text)
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns))
    for statement in WORDS_ON_POSTGRES if on_postgres() else WORDS_ON_SQLITE:
        op.execute(statement)
