"""What pages leave behind: kept with their cursors or not at all, and handed out in whole groups."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

import pytest

from agentos_cli.contract import Skipped
from agentos_cli.errors import LeaseHeld
from agentos_cli.store.publication import Draft, Made
from agentos_cli.store.staging import CHUNK, SHARED, Pages, Progress, Raw, Staging
from agentos_cli.store.store import Store
from agents.nouns import Team
from tests.store.samples import LATER, NOW

Records = dict[tuple[str, str], tuple[str, str] | None]


def people(count: int, group: str | None = None) -> Records:
    return {("people", f"p{n:05}"): (group or f"g{n // 3}", f'{{"n":{n}}}') for n in range(count)}


def everything(staging: Staging) -> list[Raw]:
    return sorted(raw for chunk in staging.chunks(None) for raw in chunk)


def whole_read(staging: Staging, records: Records) -> None:
    """Read as if this were all there is, and nothing is left to be made of it."""
    progress = staging.begin(staging.progress(), NOW)
    staging.keep(Pages(records), progress)
    staging.finish(progress, NOW)


def all_made(store: Store, staging: Staging) -> None:
    with Draft(staging, (), NOW, staging.changed()) as draft, store.unit_of_work() as work:
        work.publish(draft)
        work.commit()


def test_pages_and_their_cursors_are_kept_together_or_not_at_all(store: Store) -> None:
    with store.lease("sync", 60) as lease, store.staging("s", lease) as staging:
        progress = staging.begin(Progress(), NOW)
        staging.keep(Pages(people(2), {"after": "1"}, {"since": "x"}), progress)
        with store.staging("s") as other:
            with pytest.raises(LeaseHeld):
                _lose(store, lease.name)
                staging.keep(Pages(people(3), {"after": "2"}, {}, [Skipped("team", "x", "y")]), progress)
            assert len(everything(other)) == 2
            assert other.cursors() == {"after": "1", "since": "x"}
            assert store.skipped() == ()
        with pytest.raises(LeaseHeld):
            staging.finish(progress, NOW)


def _lose(store: Store, name: str) -> None:
    """Let another holder take the lease, as if it had run out."""
    with store.staging("s") as staging, staging.transaction(write=True) as link:
        link.run("UPDATE lease SET fence = fence + 1 WHERE tenant_id = ? AND name = ?", store.tenant, name)


def test_cursors_end_with_the_read_but_for_the_lasting_ones(store: Store) -> None:
    with store.staging("s") as staging:
        progress = staging.begin(Progress(), NOW)
        staging.keep(Pages({}, {"after": "1"}, {"since": "x"}), progress)
        staging.keep(Pages({}, {"after": "2"}), progress)
        assert staging.cursors() == {"after": "2", "since": "x"}
        progress = staging.finish(progress, LATER)
        assert staging.cursors() == {"since": "x"}
        assert (progress.reading, progress.done_at) == (False, LATER)
        assert staging.progress() == progress
        staging.begin(progress, LATER)
        assert staging.cursors() == {}


def test_what_does_not_come_in_a_whole_read_is_gone_and_its_group_has_changed(store: Store) -> None:
    with store.staging("s") as staging:
        whole_read(staging, people(9))
        assert staging.changed() is None, "the first time everything is made"
        all_made(store, staging)
        assert staging.changed() == []

        left = people(9)
        del left["people", "p00004"]
        whole_read(staging, left)

        assert staging.changed() == ["g1"]
        assert len(everything(staging)) == 8


def test_a_group_has_changed_only_when_a_record_of_it_is_another(store: Store) -> None:
    with store.staging("s") as staging:
        whole_read(staging, people(9))
        all_made(store, staging)
        progress = staging.progress()

        staging.keep(Pages(people(9)), progress)
        assert staging.changed() == []
        staging.keep(Pages({("people", "p00000"): ("g0", "{}"), ("people", "p00008"): None}), progress)
        assert staging.changed() == ["g0", "g2"]
        staging.keep(Pages({("people", "p00003"): ("g9", '{"n":3}')}), progress)
        assert staging.changed() == ["g0", "g1", "g2", "g9"], "it left one group and came to another"
        staging.keep(Pages({("plans", "p1"): (SHARED, "{}")}), progress)
        assert staging.changed() is None


@pytest.mark.parametrize("groups", [1, 2, 40, CHUNK])
def test_groups_come_in_one_piece_however_large(store: Store, groups: int) -> None:
    """Also those with more records than come at once, and in whatever order the database sorts."""
    count = CHUNK * 2 + 7
    names = [f"{'aBéZ_-0'[n % 7]}{n}" for n in range(groups)]
    records: Records = {("people", f"p{n:05}"): (names[n % groups], "{}") for n in range(count)}
    records["plans", "x"] = SHARED, "{}"
    with store.staging("s") as staging:
        whole_read(staging, records)
        for parts in (None, names):
            chunks = list(staging.chunks(parts))
            seen = [part for chunk in chunks for part, _ in groupby(chunk, key=lambda raw: raw.part)]
            assert sorted(seen) == sorted(names), "a group came in two pieces, or not at all"
            assert sum(map(len, chunks)) == count
        assert [raw.id for raw in staging.shared()] == ["x"]


def test_of_a_noun_that_two_groups_make_the_later_one_counts(store: Store) -> None:
    one, other = Team("s", "t1", "One"), Team("s", "t1", "Other")
    with store.staging("s") as staging, Draft(staging, ["team"], NOW, None) as draft:
        draft.add(Made({Team: [one]}, {"a": {"team": ["t1"]}}))
        draft.add(Made({Team: [other]}, {"b": {"team": ["t1"]}}))
        draft.close_up()
        with store.unit_of_work() as work:
            work.publish(draft)
            work.commit()
    assert store.read(NOW, [Team]).records[Team] == (other,)


def test_a_draft_that_is_not_committed_leaves_nothing(store: Store) -> None:
    with store.staging("s") as staging, Draft(staging, ["team"], NOW, None) as draft:
        draft.add(
            Made(
                {Team: [Team("s", "t1", "One")]}, {"a": {"team": ["t1"]}}, [("a", Skipped("team", "x", "y"))]
            )
        )
        draft.close_up()
        with store.unit_of_work() as work:
            assert work.publish(draft).added == 1
        assert store.read(LATER, [Team]).records[Team] == ()
        assert store.skipped() == ()
        with store.unit_of_work() as work:  # it can be written again
            assert work.publish(draft).added == 1
            work.commit()
    assert len(store.read(LATER, [Team]).records[Team]) == 1


def test_an_earlier_clock_starts_no_second_version(store: Store) -> None:
    """A clock that was wrong once and went back: what is said now is right."""
    team = Team("s", "t1", "One")
    for at, name in ((LATER, "One"), (LATER - timedelta(days=1), "Two")):
        with store.staging("s") as staging, Draft(staging, ["team"], at, ["a"]) as draft:
            draft.add(Made({Team: [Team("s", "t1", name)]}, {"a": {"team": ["t1"]}}))
            draft.close_up()
            with store.unit_of_work() as work:
                work.publish(draft)
                work.commit()
    (known,) = store.read(LATER, [Team]).records[Team]
    assert known != team
