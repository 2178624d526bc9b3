"""Several processes at once, and killed ones: one reads, the rest go on, nothing is half done."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from agentos_cli.clock import utc_now
from agentos_cli.store.records import Known
from agents.nouns import NOUNS
from tests.cli.program import Program
from tests.flows.street import PATIENCE, VENDORS, Street, house


@contextmanager
def held_up(street: Street, office: Program, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program in the midst of reading: Stripe was asked and will not answer before the block ends."""
    reached, go_on = Event(), Event()

    def wait(source: str) -> None:
        if source == "stripe":
            reached.set()
            go_on.wait(PATIENCE)

    street.watch.before = wait
    running = office.started(*words)
    try:
        assert reached.wait(PATIENCE)
        street.watch.before = lambda source: None
        yield running
    finally:
        go_on.set()
        running.communicate(timeout=PATIENCE)


def known(program: Program) -> Known:
    return house(program.home, utc_now).store.read(utc_now(), NOUNS)


def by_source(found: Known) -> Counter[str]:
    """How many records of each source there are."""
    return Counter(record.source for records in found.records.values() for record in records)


def test_of_two_syncs_one_is_told_that_the_other_is_at_it(office: Program, today: Street) -> None:
    with held_up(today, office, "sync") as first:
        second = office("sync", "--json")
        brief = office("brief", "--refresh")

    assert first.returncode == 0
    assert second.code == 6
    assert second.error()["code"] == "lease_held"
    assert str(first.pid) in second.error()["message"]
    assert brief.code == 0
    assert brief.out.startswith("Brief")
    assert "this brief is from what is stored" in brief.err
    assert office("sync").code == 0


def test_two_briefs_at_once_are_both_printed(office: Program, today: Street) -> None:
    with held_up(today, office, "brief", "--refresh") as first:
        second = office("brief", "--refresh", "--json")

    assert (first.returncode, second.code) == (0, 0)
    assert second.json()["decisions"]


def test_a_killed_sync_leaves_the_store_whole_and_the_work_free(office: Program, today: Street) -> None:
    before = known(office)
    with held_up(today, office, "sync", "stripe") as running:
        running.kill()
        running.wait(PATIENCE)
        assert known(office) == before

        again = office("sync", "stripe", "--json")

    assert running.returncode == -9
    assert again.code == 0, again.err
    assert again.json()["sources"][0]["ok"]
    assert office("db", "check").code == 0


def test_one_killed_on_its_way_leaves_all_of_a_source_or_nothing(
    office: Program, today: Street, tmp_path: Path
) -> None:
    whole = by_source(known(office))
    assert office("sync").code == 0
    every = sum(today.watch.asked(source) for source in VENDORS)
    for part in (0.0, 0.4, 0.8, 1.0):
        program = Program(tmp_path / f"after-{part}")
        today.connect(house(program.home, utc_now))
        today.watch.before = wanted = Countdown(max(1, int(every * part)))
        with program.started("sync") as running:
            assert wanted.over.wait(PATIENCE)
            running.kill()

        left = by_source(known(program))

        assert left.items() <= whole.items()
        assert program("brief", "--cached").code == 0
        assert program("sync").code == 0
        assert by_source(known(program)) == whole
        assert program("db", "check").code == 0


def test_work_of_a_living_process_is_not_taken(office: Program) -> None:
    mine = house(office.home, utc_now).store
    with mine.lease("sync", 60):
        assert office("sync").code == 6
    assert office("sync", "files").code == 0


class Countdown:
    """`over` once so many requests came."""

    def __init__(self, requests: int) -> None:
        self.left = requests
        self.over = Event()

    def __call__(self, source: str) -> None:
        self.left -= 1
        if self.left <= 0:
            self.over.set()
