"""Each of ninety past mornings reads the same to the byte, whatever was synced, restated or removed since."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentos_cli.app import App
from agentos_cli.connectors.catalogue import CATALOGUE as SOURCES
from agentos_cli.demo.company.treasury import OPERATING, Entry
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.renderers import draw
from agentos_cli.renderers.style import Style
from agents.nouns import BankTransaction, Invoice
from tests.cli.program import Program
from tests.flows.street import Street

SERVED = ("stripe", "hubspot", "linear", "files")
"""The sources of the company that are there on the days after; its calendar was a file of its own home."""

DAY = timedelta(days=1)
LAST = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""Seven in the morning in New York."""
LATE = Entry((LAST - 70 * DAY).date(), OPERATING, -7_700_000, "hosting", "A bill found in a drawer")


@pytest.fixture(scope="module")
def recorded(ninety_mornings: Path) -> dict[str, str]:
    """By instant the briefs as they were given, each before any later morning was synced."""
    (file,) = (ninety_mornings / ".cache/agentos/demo/replay").rglob("agentos.db")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        return dict(store.execute("SELECT as_of, body FROM briefing ORDER BY as_of").fetchall())


@pytest.fixture(scope="module")
def grown(ninety_mornings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that home, in which three more days went by and nothing stayed as it was."""
    home = Path(shutil.copytree(ninety_mornings, tmp_path_factory.mktemp("grown") / "home"))
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("HOME", str(home))
        environ.delenv("XDG_CACHE_HOME", raising=False)
        lived = App.start(demo=True)
    for day, world in enumerate((restated(build_world(LAST)), build_world(LAST + 2 * DAY, seed=11)), 1):
        later = moved(lived, LAST + day * DAY)
        street = Street.of(world, tmp_path_factory.mktemp("files"))
        with street.server:
            outcomes = street.connect(later).sync(SERVED, force=True)
            assert [outcome.problem for outcome in outcomes if not outcome.ok] == []
        later.desk.brief()
        later.expect()
    last = moved(lived, LAST + 3 * DAY)
    last.plans.add_goal("Move to the moon", None, 9.0, ("retention",), last.today)
    last.plans.add_task("Call the bank", None, None, 30, 50, ())
    for name in ("stripe", "files"):
        last.sources.disconnect(SOURCES[name])
    return home


def moved(app: App, now: datetime) -> App:
    """The same house on another day."""
    return replace(app, clock=lambda: now, present=lambda: now)


def restated(world: World) -> World:
    """The company as it was, with a late bank entry, old bills of other sums, and answers taken back."""
    books, money = world.books, world.treasury
    bills = tuple(
        replace(bill, lines=tuple(replace(line, amount=2 * line.amount) for line in bill.lines))
        if LAST - 60 * DAY < bill.created_at < LAST - 30 * DAY
        else bill
        for bill in books.bills
    )
    return replace(
        world,
        books=replace(books, bills=bills),
        treasury=replace(money, entries=(*money.entries, LATE)),
        answers=world.answers[:-9],
    )


@pytest.fixture
def lived(grown: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The grown home, as the one of this process."""
    monkeypatch.setenv("HOME", str(grown))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return grown


def test_every_morning_was_lived_at_seven_and_differs_from_the_one_before(recorded: dict[str, str]) -> None:
    mornings = [datetime.fromisoformat(as_of) for as_of in recorded]
    days = [LAST.date() - n * DAY for n in range(89, -1, -1)]
    assert [moment.date() for moment in mornings] == days
    assert {moment.hour for moment in mornings} == {11, 12}, "New York left summer time"
    assert len(set(recorded.values())) == 90
    assert not any(json.loads(body)["failed"] for body in recorded.values())


def test_each_of_ninety_mornings_reads_the_same_to_the_byte(lived: Path, recorded: dict[str, str]) -> None:
    different = [
        as_of
        for as_of, body in recorded.items()
        if json.dumps(App.start(demo=True, as_of=as_of).desk.brief(), ensure_ascii=False) != body
    ]
    assert not different


def test_what_came_late_is_there_and_tells_on_the_day_restated(lived: Path, recorded: dict[str, str]) -> None:
    """Else the test above would prove nothing."""
    day = [*recorded][-21]
    then = moved(App.start(demo=True, as_of=day), LAST - 20 * DAY)
    known, now = (
        then.store.read(LAST, [BankTransaction, Invoice]),
        then.store.read(LAST + DAY, [BankTransaction, Invoice]),
    )
    found = {
        record.counterparty for record in now.records[BankTransaction] if isinstance(record, BankTransaction)
    }
    before = {
        record.counterparty
        for record in known.records[BankTransaction]
        if isinstance(record, BankTransaction)
    }
    assert found - before == {LATE.party}
    assert {i.id for i in now.records[Invoice]} == {i.id for i in known.records[Invoice]}
    assert set(now.records[Invoice]) != set(known.records[Invoice])
    again = replace(then, present=lambda: LAST + DAY).restated()
    assert json.dumps(again["numbers"]) != json.dumps(json.loads(recorded[day])["numbers"])


@pytest.mark.parametrize("back", [0, 31, 89])
def test_in_processes_of_their_own_too(
    back: int, grown: Path, ninety_mornings: Path, recorded: dict[str, str], tmp_path: Path
) -> None:
    as_of = [*recorded][89 - back]
    before = Program(Path(shutil.copytree(ninety_mornings, tmp_path / "before")))
    words = ("brief", "--demo", "--as-of", as_of)
    one, other = before(*words, "--all"), Program(grown)(*words, "--all")
    assert (one.code, one.raw) == (other.code, other.raw)
    printed = Program(grown)(*words, "--json").json()
    assert printed == json.loads(recorded[as_of])
    assert draw(printed, "text", Style(width=80, everything=True)).strip() == one.out.strip()


def test_without_an_instant_the_demo_shows_its_last_morning(
    ninety_mornings: Path, recorded: dict[str, str], tmp_path: Path
) -> None:
    program = Program(Path(shutil.copytree(ninety_mornings, tmp_path / "home")))
    assert program("brief", "--demo", "--json").json() == json.loads([*recorded.values()][-1])
    before = program("brief", "--demo", "--as-of", "2026-07-01T07:00", "--json").json()
    assert before["as_of"].startswith("2026-07-01"), "not lived through: another company, anchored there"
    assert program("demo", "reset").code == 0
    assert not (program.home / ".cache/agentos/demo").exists()
