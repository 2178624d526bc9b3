"""Which schema a database has, found out without Alembic, since every command asks."""

from __future__ import annotations

from enum import StrEnum

from agentos_cli.errors import AgentosError, DataProblem

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision in `migrations/versions`, oldest first; a test keeps the two equal."""
HEAD = REVISIONS[-1]
VERSION_TABLE = "agentos_version"
"""Where Alembic keeps the revision: a name of our own, so another program's is never taken for ours."""


class SchemaState(StrEnum):
    """How a database stands to this program. `unreadable`: it could not be asked; the next read says why."""

    CURRENT = "current"
    EMPTY = "empty"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


def state_of(revision: str | None, has_tables: bool) -> SchemaState:
    """`revision` None: the version table is missing or holds nothing."""
    if revision is None:
        return SchemaState.FOREIGN if has_tables else SchemaState.EMPTY
    if revision == HEAD:
        return SchemaState.CURRENT
    return SchemaState.OLDER if revision in REVISIONS else SchemaState.NEWER


def problem_of(state: SchemaState, label: str) -> AgentosError | None:
    """The error that ends a command on such a database, or None for one that can be used."""
    match state:
        case SchemaState.CURRENT:
            return None
        case SchemaState.EMPTY:
            return DataProblem(f"{label} has no agentos tables yet", fix="agentos db upgrade")
        case SchemaState.OLDER:
            return DataProblem(f"{label} is from an older agentos", fix="agentos db upgrade")
        case SchemaState.NEWER:
            return DataProblem(
                f"{label} was written by a newer agentos", fix="upgrade agentos: pipx upgrade agentos-cli"
            )
        case SchemaState.FOREIGN:
            return DataProblem(
                f"{label} belongs to another program; nothing was changed",
                fix="choose another database: agentos config example shows store.url",
            )
        case SchemaState.UNREADABLE:
            return DataProblem(f"{label} cannot be read", fix="agentos doctor")
