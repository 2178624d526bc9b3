"""Imports in the store: all or nothing, known again, taken back; on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agentos_cli.belongings import Document, Idea
from agentos_cli.errors import Temporary
from agentos_cli.importers import plan
from agentos_cli.importers.piece import Piece, brought, part, skipped
from agentos_cli.importers.plan import Known
from agentos_cli.store.import_records import ImportItem, ImportRecord, Outcome
from agentos_cli.store.imports import Step
from agentos_cli.store.store import Store
from tests.store.samples import LATER, NOW

FIRST = ImportRecord("import_1", "install", "home", "clawdbot", NOW)
SECOND = replace(FIRST, id="import_2", at=LATER)
SOUL = Document("main", "SOUL.md", "persona", "Be kind.")
BREAD = Idea("bread", "Bread club", "Sell ahead")


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url, "alice")


def steps(store: Store, pieces: Sequence[Piece], *, overwrite: bool = False) -> list[Step]:
    kept = store.imports().kept("install")
    standing = store.imports().standing(plan.wanted(pieces, kept))
    return plan.steps(plan.unique(pieces), Known(kept, standing), overwrite=overwrite)


def run(store: Store, record: ImportRecord, pieces: Sequence[Piece]) -> list[ImportItem]:
    return store.imports().apply(record, steps(store, pieces))


def outcomes(planned: Sequence[Step]) -> list[Outcome]:
    return [step.item.outcome for step in planned]


def both(text: str = "1") -> list[Piece]:
    return [brought(SOUL, "workspace/SOUL.md", "1"), brought(BREAD, "state/dreams.json", text)]


def test_what_was_changed_while_it_was_prepared_stops_all_of_it(store: Store) -> None:
    planned = steps(store, [*both(), skipped("state/x", "no")])
    store.ideas().add(BREAD, NOW)
    with pytest.raises(Temporary, match="nothing was imported"):
        store.imports().apply(FIRST, planned)
    assert store.documents().all() == [] and store.imports().all() == []
    assert store.imports().items("import_1") == []


def test_a_name_that_is_taken_is_a_conflict_and_stays(store: Store) -> None:
    store.ideas().add(replace(BREAD, title="Mine"), NOW)
    planned = steps(store, both())
    assert outcomes(planned) == [Outcome.IMPORTED, Outcome.CONFLICT] and planned[1].item.reason == plan.TAKEN
    store.imports().apply(FIRST, planned)
    kept = store.ideas().get("bread")
    assert kept is not None and kept.idea.title == "Mine"
    undone = store.imports().undo(FIRST, LATER)
    assert [item.thing for item in undone.removed] == ["main/SOUL.md"] and undone.kept == ()
    assert store.ideas().get("bread") is not None


def test_what_was_taken_away_here_does_not_come_back_by_itself(store: Store) -> None:
    run(store, FIRST, both())
    assert store.documents().remove("main", "SOUL.md") == 1
    planned = steps(store, both())
    assert outcomes(planned) == [Outcome.CONFLICT, Outcome.UNCHANGED]
    assert planned[0].item.reason == plan.REMOVED
    again = steps(store, both(), overwrite=True)
    assert outcomes(again) == [Outcome.IMPORTED, Outcome.UNCHANGED]


def test_what_a_later_import_brought_up_to_date_goes_with_it_and_comes_again(store: Store) -> None:
    run(store, FIRST, both())
    run(store, SECOND, [both()[0], brought(replace(BREAD, essence="More"), "state/dreams.json", "2")])
    undone = store.imports().undo(SECOND, LATER)
    assert [item.thing for item in undone.removed] == ["bread"]
    assert outcomes(steps(store, both())) == [Outcome.UNCHANGED, Outcome.IMPORTED]
    rest = store.imports().undo(FIRST, LATER)
    assert [item.thing for item in rest.removed] == ["main/SOUL.md"] and rest.gone == ()
    assert [record.undone_at for record in store.imports().all()] == [LATER, LATER]
    assert outcomes(steps(store, both())) == [Outcome.IMPORTED, Outcome.IMPORTED]


def test_what_came_over_as_part_of_something_is_known_again_and_never_taken_back_by_itself(
    store: Store,
) -> None:
    pieces = [*both(), part("state/runs.jsonl", "as its history", kind="schedule"), skipped("state/x", "no")]
    run(store, FIRST, pieces)
    planned = steps(store, pieces)
    assert set(outcomes(planned)) == {Outcome.UNCHANGED} and not plan.writes(planned)
    assert planned[3].item.reason == "still skipped: no"
    assert len(store.imports().undo(FIRST, LATER).removed) == 2


def test_of_two_with_one_name_the_first_counts_and_the_other_is_told(store: Store) -> None:
    pieces = [*both(), brought(SOUL, "workspace/soul.md", "2"), brought(SOUL, "workspace/soul.md", "3")]
    items = run(store, FIRST, pieces)
    assert [item.outcome for item in items] == ["imported", "imported", "skipped", "skipped"]
    assert len({(item.kind, item.name) for item in items}) == 4
    assert [item.reason for item in items[2:]] == [
        "there is another document of this name, which was taken"
    ] * 2
