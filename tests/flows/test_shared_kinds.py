"""A kind that several sources may bring: none is missed in one place that has come from another."""

from __future__ import annotations

from datetime import UTC, datetime

from agentos_cli.briefing.knowledge import source_states
from agentos_cli.connectors.catalogue import known
from agentos_cli.contract import Connection
from agentos_cli.store.records import SourceRow
from agents.snapshot import SourceState

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
BANK = ("bank_transaction", "cash_balance")


def row(source: str, kind: str, synced_at: datetime | None = NOW) -> SourceRow:
    return SourceRow(source, kind, synced_at, None, None, None, 0)


def states(connected: dict[str, dict[str, str]], *rows: SourceRow) -> dict[tuple[str, str], SourceState]:
    specs = known(Connection(source, None, None, options) for source, options in connected.items())
    return {(s.source, s.kinds[0]): s for s in source_states(connected, rows, {}, NOW, specs)}


def test_a_folder_without_bank_files_misses_nothing_once_the_bank_is_connected() -> None:
    folder, people = {"files": {"folder": "/x"}}, row("files", "person")
    alone = states(folder, people)
    assert alone["files", "cash_balance"].problem == "never read"
    both = states({**folder, "mercury": {}}, people, *(row("mercury", kind) for kind in BANK))
    assert {source for source, kind in both if kind in BANK} == {"mercury"}
    assert both["files", "role"].problem == "never read"


def test_until_the_bank_was_read_it_is_missed() -> None:
    found = states(
        {"files": {"folder": "/x"}, "mercury": {}}, row("files", "person"), row("mercury", BANK[0], None)
    )
    assert found["mercury", BANK[1]].problem == "never read"
    assert found["files", BANK[1]].problem == "never read"


def test_a_sheet_misses_only_what_it_was_connected_for() -> None:
    found = states({"sheet": {"kind": "expense", "person": "https://x.example/p"}}, row("sheet", "expense"))
    assert sorted(kind for source, kind in found if source == "sheet") == ["expense", "person"]
    assert found["sheet", "person"].problem == "never read"
