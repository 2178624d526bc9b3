"""Where a driver's complaint becomes one clear error of ours; no SQL and no value gets into the message."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from agentos_cli.errors import AgentosError, CredentialProblem, DataProblem, Temporary

UPGRADE = "agentos db upgrade"
DISK_FULL = "the disk is full; nothing was changed"
FREE_SPACE = "free some space, then repeat the command"
OUTDATED = "was upgraded or never set up"


@contextmanager
def clear_errors(label: str) -> Iterator[None]:
    """Anything a database driver raises inside leaves as an `AgentosError` that names `label`."""
    try:
        yield
    except Exception as error:
        clear = _file(error, label) if isinstance(error, OSError) else translate(error, label)
        if clear is None:
            raise
        raise clear from error


def translate(error: BaseException, label: str) -> AgentosError | None:
    """The clear error for a driver's error, also when SQLAlchemy has wrapped it; None for any other."""
    driver = getattr(error, "orig", None) or error
    if isinstance(driver, sqlite3.Error):
        return _sqlite(driver, label)
    if type(driver).__module__.startswith("psycopg"):
        return _postgres(driver, label)
    return None


def _file(error: OSError, label: str) -> AgentosError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DataProblem(DISK_FULL, fix=FREE_SPACE)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return DataProblem(f"{label} is read-only", fix="make the file and its folder writable")
    return DataProblem(f"{label}: {error.strerror or type(error).__name__}", fix="check the path")


def _sqlite(error: sqlite3.Error, label: str) -> AgentosError:  # noqa: PLR0911  a table of answers
    detail = str(error)
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Temporary(
                f"{label} is busy: another program is writing to it", fix="try again in a moment"
            )
        case sqlite3.SQLITE_FULL:
            return DataProblem(DISK_FULL, fix=FREE_SPACE)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return DataProblem(f"{label} is read-only", fix="make the file and its folder writable")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return DataProblem(f"{label} cannot be opened", fix="check the path and its permissions")
        case sqlite3.SQLITE_NOTADB:
            return DataProblem(f"{label} is not a database", fix="choose another store.url")
        case sqlite3.SQLITE_CORRUPT:
            return DataProblem(f"{label} is damaged", fix="agentos db restore FILE", detail=detail)
        case sqlite3.SQLITE_IOERR:
            return DataProblem(
                f"the disk refused to read or write {label}", fix="check the disk", detail=detail
            )
    if "no such table" in detail or "no such column" in detail:
        return DataProblem(f"{label} {OUTDATED}", fix=UPGRADE, detail=detail)
    return DataProblem(f"{label} refused: {detail}", fix="agentos db check")


def _postgres(error: BaseException, label: str) -> AgentosError:  # noqa: PLR0911  a table of answers
    code = getattr(error, "sqlstate", None)
    detail = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if not isinstance(code, str):
        return _unreachable(str(error), detail, label)
    if code[:2] == "28":
        return CredentialProblem(
            f"{label} refuses the user or password", fix="check store.url and its password"
        )
    if code in {"55P03", "40001", "40P01", "53300", "57014"}:
        return Temporary(f"{label} is busy", fix="try again in a moment", detail=detail)
    if code[:2] in {"08", "57"}:
        return Temporary(f"{label} went away", fix="try again in a moment", detail=detail)
    if code == "53100":
        return DataProblem(DISK_FULL, fix=FREE_SPACE)
    if code == "25006":
        return DataProblem(f"{label} is read-only", fix="connect to the primary server")
    if code in {"42P01", "42703", "42883"}:
        return DataProblem(f"{label} {OUTDATED}", fix=UPGRADE, detail=detail)
    if code == "42501":
        return DataProblem(
            f"{label} gives this role too few rights", fix="see docs/postgresql.md", detail=detail
        )
    return DataProblem(f"{label} refused: {detail}", fix="agentos db check")


def _unreachable(message: str, detail: str, label: str) -> AgentosError:
    """A failed connection carries no SQLSTATE, only libpq's words."""
    if "authentication failed" in message or "no password supplied" in message:
        return CredentialProblem(
            f"{label} refuses the user or password", fix="check store.url and its password"
        )
    if "does not exist" in message:
        return DataProblem(f"{label} or its role does not exist", fix="create it, or correct store.url")
    return Temporary(f"{label} cannot be reached", fix="check that the server runs", detail=detail)
