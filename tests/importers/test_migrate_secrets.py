"""A home with secrets in every place goes through all of `agentos migrate`: none of them comes out of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Program, Ran
from tests.importers.secrets_samples import IN_FILES, PLANTED, plant, traces


@pytest.fixture
def agentos(tmp_path: Path) -> Program:
    (tmp_path / "mine").mkdir()
    return Program(tmp_path / "mine")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    return plant(tmp_path / "theirs")


def told(ran: Ran) -> str:
    return ran.raw.decode(errors="replace") + ran.err


def files(agentos: Program) -> str:
    """All that was written, the names too."""
    found = [path for path in sorted(agentos.home.rglob("*")) if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in found)


def texts(agentos: Program) -> Iterator[str]:
    """Every text of every row: a database may keep one in pieces over its pages."""
    with closing(sqlite3.connect(agentos.database)) as link:
        for (table,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in link.execute(f'SELECT * FROM "{table}"'):
                yield from (value if isinstance(value, str) else repr(value) for value in row)


def test_no_planted_secret_is_written_or_printed(agentos: Program, planted: Path) -> None:
    assert len(PLANTED) >= 60
    source = ("migrate", "--from-clawdbot", str(planted))
    said = [told(agentos(*source)), told(agentos("-vv", *source, "--json"))]
    applied = agentos("-vv", *source, "--yes", "--json")
    assert applied.code == 0 and sum(applied.json()["redacted"].values()) >= 40, applied.err
    kinds = {item["kind"] for item in applied.json()["all"] if item["redacted"]}
    assert kinds >= {"document", "knowledge", "session", "schedule", "skill", "check", "archive"}
    import_id = applied.json()["id"]
    said += [told(applied), told(agentos(*source, "--yes", "--json"))]
    for words in (
        ("migrate", "show", import_id, "--json"),
        ("workspace", "list", "--json"),
        ("workspace", "profiles", "--json"),
        ("knowledge", "list", "--json", "--limit", "1000"),
        ("schedule", "list", "--json"),
        ("heartbeat", "review", "--json"),
        ("skills", "list", "--all", "--json"),
        ("models", "list", "--json"),
        ("dreams", "list", "--json"),
        ("sessions", "list", "--json"),
        ("search", "token", "--json", "--limit", "200"),
        ("search", "password", "--limit", "200"),
        ("logs", "--json", "--limit", "1000"),
        ("migrate", "undo", import_id, "--json"),
    ):
        ran = agentos(*words)
        assert ran.code == 0, (words, ran.err)
        said.append(told(ran))
    agentos(*source, "--yes")
    everywhere = "\n".join([*said, files(agentos), *texts(agentos)])
    assert "[REDACTED:" in everywhere
    assert traces(everywhere) == []


def test_a_key_goes_to_the_vault_when_asked_and_nowhere_else(
    agentos: Program, planted: Path, tmp_path: Path
) -> None:
    ran = agentos("migrate", "--from-clawdbot", str(planted), "--yes", "--import-secrets", "--json")
    assert ran.code == 0, ran.err
    vault = agentos.home / ".config" / "agentos" / "credentials"
    kept = {path: path.read_text().strip() for path in vault.rglob("*") if path.is_file()}
    assert IN_FILES["profile key"] in kept.values()
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in kept)
    for login in ("profile access", "profile refresh"):
        assert IN_FILES[login] not in "".join(kept.values())
    providers = agentos("models", "list", "--json").json()["providers"]
    assert any(str(one["credential"]).startswith("file:") for one in providers)
    for flags in ((), ("--import-secrets",)):
        again = agentos("migrate", "--from-clawdbot", str(planted), "--yes", *flags, "--json").json()
        assert again["outcomes"] == {"unchanged": again["items"]}
    for path in kept:
        path.rename(tmp_path / path.name)
    assert traces("\n".join([told(ran), files(agentos), *texts(agentos)])) == []
    for path in kept:
        (tmp_path / path.name).rename(path)
    assert agentos("migrate", "undo", ran.json()["id"]).code == 0
    assert not any(path.exists() for path in kept)
