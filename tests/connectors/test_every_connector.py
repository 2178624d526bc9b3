"""One contract for every connector that the demo company is served to, proven over its real protocols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Batch
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.faults import Faults
from agentos_cli.demo.files import write_files
from agentos_cli.demo.server import DemoServer, serving
from agentos_cli.errors import CredentialRefused, SourceError
from agents.accounts import customer_key
from agents.finance.recurring import History
from agents.nouns import NOUNS, Contact, Deal, Noun, Subscription
from tests.connectors.vendor import NOW, checked, read

SERVED = ("stripe", "hubspot", "linear", "files")
"""What the demo serves; `test_others` holds the rest to the same contract."""
EVERY = pytest.mark.parametrize("name", SERVED)
OVER_HTTP = pytest.mark.parametrize("name", [name for name in SERVED if CATALOGUE[name].base_url])


class Company:
    """The demo company and the ways to it."""

    def __init__(self, world: World, server: DemoServer, folder: Path) -> None:
        self.world = world
        self._server = server
        self._folder = folder
        self._kept: dict[str, dict[str, Batch]] = {}

    def once(self, name: str) -> dict[str, Batch]:
        """What the connector brings, read when it is first asked for."""
        if name not in self._kept:
            self._kept[name] = self.read(name)
        return self._kept[name]

    def read(self, name: str) -> dict[str, Batch]:
        return read(name, *self._way(name), **self._options(name))

    def check(self, name: str) -> str:
        return checked(name, *self._way(name), **self._options(name))

    def refuse(self, name: str) -> dict[str, Batch]:
        return read(name, self._server.urls[name], key="not the key")

    def _way(self, name: str) -> tuple[str]:
        return (self._server.urls.get(name, ""),)

    def _options(self, name: str) -> dict[str, str]:
        return {"key": self._server.keys.get(name, "key"), "folder": str(self._folder)}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    world, folder = build_world(NOW), tmp_path_factory.mktemp("files")
    write_files(world, folder)
    with serving(world) as server:
        yield Company(world, server, folder)


@EVERY
def test_every_kind_of_the_catalogue_is_delivered_once_and_not_empty(company: Company, name: str) -> None:
    found = company.once(name)
    assert set(found) == set(CATALOGUE[name].kinds)
    assert all(each.records for each in found.values())
    assert {kind: each.skipped for kind, each in found.items() if each.skipped} == {}


@EVERY
def test_records_are_of_their_source_and_kind_with_an_id_of_their_own(company: Company, name: str) -> None:
    for found in company.once(name).values():
        refs = [each.ref for each in found.records]
        assert len(set(refs)) == len(refs)
        assert all(type(each) is found.noun and each.source == name for each in found.records)
        assert all(
            ref == f"{name}:{found.noun.kind}:{each.id}"
            for ref, each in zip(refs, found.records, strict=True)
        )


@EVERY
def test_instants_are_aware_and_in_utc(company: Company, name: str) -> None:
    for found in company.once(name).values():
        for each in found.records:
            for value in (getattr(each, part.name) for part in fields(each)):
                assert not isinstance(value, datetime) or value.utcoffset() == timedelta(0)


@EVERY
def test_reading_twice_gives_the_same(company: Company, name: str) -> None:
    assert company.read(name) == company.once(name)


@EVERY
def test_check_says_one_line(company: Company, name: str) -> None:
    said = company.check(name)
    assert said and said.isprintable()


@OVER_HTTP
def test_a_wrong_key_is_refused_and_not_repeated(company: Company, name: str) -> None:
    with pytest.raises(CredentialRefused) as caught:
        company.refuse(name)
    assert caught.value.fix == f"agentos connect {name}"
    assert "not the key" not in str(caught.value)


@OVER_HTTP
@pytest.mark.parametrize("fault", ["status:503", "html", "truncate", "ratelimit-bare", "reset", "loop"])
def test_a_vendor_in_trouble_is_a_source_error(name: str, fault: str) -> None:
    world = build_world(NOW, customers=3, deals=2, projects=1, team=3)
    with serving(world, faults=Faults.of({name: fault})) as server, pytest.raises(SourceError):
        read(name, server.urls[name], key=server.keys[name])


def test_the_connectors_bring_every_noun_there_is() -> None:
    assert {kind for spec in CATALOGUE.values() for kind in spec.kinds} == {noun.kind for noun in NOUNS}


def of(found: Batch, noun: type[Noun]) -> list[str | None]:
    return [getattr(each, "account", None) for each in found.records if type(each) is noun]


def test_customers_are_the_same_accounts_at_every_vendor(company: Company) -> None:
    paying = {each for each in of(company.once("stripe")["subscription"], Subscription) if each}
    crm = company.once("hubspot")
    assert paying <= {each for each in of(crm["contact"], Contact) if each}
    assert all(of(crm["deal"], Deal))
    usage = company.once("files")["usage_day"]
    assert {getattr(each, "account", None) for each in usage.records} & paying


def test_the_past_of_every_subscription_is_what_the_company_sold(company: Company) -> None:
    """The demo knows how many seats each customer had when; bills alone must tell the same."""
    found = company.once("stripe")["subscription"].records
    versions = [each for each in found if isinstance(each, Subscription)]
    for back in range(0, 360, 30):
        moment = NOW - timedelta(days=back)
        told = {
            customer_key(each): each.items[0].quantity
            for each in versions
            if History.of([each]).lines(moment)
        }
        for account in company.world.accounts:
            steps = [step for step in account.steps if step.at <= moment]
            over = account.ended_at is not None and account.ended_at <= moment
            trial = account.trial_until is not None and moment < account.trial_until
            assert told.get(account.domain) == (None if not steps or over or trial else steps[-1].seats)
