"""A source that is read in parts ends as one that is read once.

Whatever order its pages come in, however often it is cut, whatever changes meanwhile and goes.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos_cli.app import App
from agentos_cli.clock import utc_now
from agentos_cli.store.records import Known
from agentos_cli.sync.intake import RECORDS
from agents.nouns import Customer
from tests.cli.program import Program
from tests.flows import shop_connector
from tests.flows.shop import NOUNS, ROOT, Shop
from tests.flows.street import MORNING, PATIENCE, at, house

HOUR = timedelta(hours=1)
Step = tuple[object, ...]

CUSTOMERS, SUBS = st.sampled_from("abcd"), st.sampled_from("abstu")
"""Some ids are those of a customer and of another's subscription."""
STEPS = st.one_of(
    st.tuples(st.just("customer"), CUSTOMERS, st.sampled_from(["Ash", "Birch"])),
    st.tuples(st.just("sub"), SUBS, CUSTOMERS, st.sampled_from([100, 200, "much"])),
    st.tuples(st.just("plan"), st.sampled_from(["p1", "p2"]), st.sampled_from(["Plain", "Fancy"])),
    st.tuples(st.just("drop"), st.sampled_from(["plans", "customers", "subs"]), st.sampled_from("abcdstu"),
              st.booleans()),
    st.tuples(st.just("read"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 25])),
    st.tuples(st.just("order"), st.permutations(["plans", "customers", "subs"]), st.integers(1, 4)),
    st.tuples(st.just("forget")),
)  # fmt: skip
NUMBERS = count()


class Story:
    """One tenant's reads of a shop that changes, by a clock that goes on."""

    def __init__(self, shop: Shop, home: Path, url: str) -> None:
        self.shop, self.now, self.home, self.url = shop, MORNING, home, url
        self.house = self.of(f"reader-{next(NUMBERS)}")

    def of(self, tenant: str) -> App:
        return self.shop.connect(house(self.home, MORNING, url=self.url, tenant=tenant))

    def take(self, step: Step) -> None:
        match step:
            case "customer", str(name), label:
                self.shop.put("customers", name, name=label)
            case "sub", str(name), customer, amount:
                self.shop.put("subs", name, customer=customer, plan="p1", amount=amount)
            case "plan", str(name), label:
                self.shop.put("plans", name, name=label)
            case "drop", str(stream), str(name), bool(told):
                self.shop.drop(stream, name, told=told)
            case "order", list(order), int(size):
                self.shop.order, self.shop.size = " ".join(order), size
            case ("forget",):
                self.shop.forgetful = True
            case "wait", int(hours):
                self.now += hours * HOUR
            case "read", int(page), bool(full):
                self.read(page, full=full)

    def read(self, dies_at: int = 0, *, full: bool = False) -> bool:
        left = [dies_at]

        def die() -> None:
            left[0] -= 1
            if left[0] == 0:
                raise ConnectionError("cut")

        shop_connector.between[:] = [die]
        (outcome,) = at(self.house, self.now).sync(["shop"], force=True, full=full, quiet=True)
        if not outcome.problem or "lost" not in outcome.problem:
            self.shop.forgetful = False
        return outcome.ok

    def known(self, made: App) -> tuple[object, ...]:
        """Nouns and what was skipped; of the states all but their instants."""
        found: Known = made.store.read(self.now, NOUNS)
        states = [(row.kind, row.problem, row.partial) for row in found.sources]
        return found.records, sorted(made.store.skipped(), key=repr), states


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any-order")


@pytest.fixture(autouse=True)
def _unhurt() -> Iterator[None]:
    yield
    shop_connector.between.clear()


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=16))
def test_it_ends_as_one_clean_read(steps: list[Step], store_url: str, home: Path) -> None:
    shop = Shop(size=2)
    shop.put("customers", "a", name="Ash")
    shop.put("subs", "s", customer="a", plan="p1", amount=100)
    with shop.open():
        story = Story(shop, home, store_url)
        for step in steps:
            story.take(step)
        story.read(full=True)  # ends a whole read that was cut, of which old pages may hold what is gone
        whole = story.read(full=True)
        many = story.known(story.house)

        clean = story.of(f"clean-{next(NUMBERS)}")
        story.house, former = clean, story.house
        assert story.read() is whole
        if whole:  # else of a kind nothing can be read, and each keeps what it knew
            assert many == story.known(clean)
            assert former.store.read(story.now, NOUNS, many=1).packed is not None or not shop.lists["subs"]
            assert all(finding.ok for finding in former.store.check())


def test_one_that_is_killed_at_any_moment_goes_on(tmp_path: Path) -> None:
    """With pages so large that what came is kept after every third."""
    shop, chance = Shop(size=RECORDS // 3 + 1), random.Random(7)
    shop.sells(2_500)
    pages = 1 + 4 + 8
    program = Program(tmp_path / "killed", {"PYTHONPATH": str(ROOT)})
    with shop.open():
        made = shop.connect(house(program.home, utc_now))
        moments = [chance.randint(1, 6) for _ in range(5)]
        for moment in moments:
            killed_within(moment, shop, program)
            assert not made.store.read(utc_now(), NOUNS).records[Customer], "half of a first read was shown"
            assert made.store.check()[1].ok
        shop.before = lambda: None
        ran = program("sync", "shop", "--json")
        assert ran.code == 0, ran.err
        (outcome,) = ran.json()["sources"]
        assert (outcome["records"], outcome["ok"]) == (2_500 + 5_000 + 1, True)
        assert shop.asked.count("/list") < pages + sum(moments), "it never went on where it was"

        clean = shop.connect(house(tmp_path / "clean", utc_now))
        assert clean.sync(["shop"], force=True)[0].ok
    now = utc_now()
    assert made.store.read(now, NOUNS).records == clean.store.read(now, NOUNS).records


def killed_within(pages: int, shop: Shop, program: Program) -> None:
    """Let the program read so many pages, then kill it while it waits for another."""
    reached, left = Event(), [pages]

    def hold() -> None:
        left[0] -= 1
        if left[0] < 0:
            reached.set()
            over.wait(PATIENCE)

    over = Event()
    shop.before = hold
    with program.started("sync", "shop") as running:
        try:
            assert reached.wait(PATIENCE), running.communicate()
            running.send_signal(signal.SIGKILL)
            assert running.wait(PATIENCE) == -signal.SIGKILL
        finally:
            over.set()
