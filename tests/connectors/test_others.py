"""One contract for the connectors that the demo does not serve, each against a vendor of its own on loopback.

To add one: a fake vendor, and a line in `VENDORS`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from datetime import datetime, timedelta

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.connectors.files.tables import TABLES
from agentos_cli.contract import Batch
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.files import HEADERS, tables
from agentos_cli.errors import CredentialRefused, SourceError
from tests.connectors import (
    fake_ashby,
    fake_github,
    fake_intercom,
    test_calendar,
    test_mailchimp,
    test_mercury,
    test_plausible,
    test_sheet,
)
from tests.connectors.test_every_connector import SERVED
from tests.connectors.vendor import NOW, Always, Refusal, Vendor, checked, reaching
from tests.connectors.vendor import read as read_vendor

Way = tuple[str, str, Mapping[str, str]]
"""The address, the key and the options with which a vendor is reached."""


@contextmanager
def github() -> Iterator[Way]:
    with fake_github.GitHub({"acme/app": fake_github.small()}) as vendor:
        yield vendor.url, fake_github.KEY, {"repositories": "acme/app"}


@contextmanager
def intercom() -> Iterator[Way]:
    with fake_intercom.Intercom(fake_intercom.small()) as vendor:
        yield vendor.url, fake_intercom.KEY, {}


@contextmanager
def ashby() -> Iterator[Way]:
    with fake_ashby.Ashby(fake_ashby.small()) as vendor:
        yield vendor.url, fake_ashby.KEY, {}


@contextmanager
def mercury() -> Iterator[Way]:
    accounts, moves = [test_mercury.account()], {test_mercury.MAIN: [test_mercury.move("t1", -12.5)]}
    with test_mercury.Bank(accounts, moves, treasury=5.0) as vendor:
        yield vendor.url, test_mercury.KEY, {}


@contextmanager
def plausible() -> Iterator[Way]:
    with test_plausible.Stats([test_plausible.row(1, "Direct", 5, 6, 9)]) as vendor:
        yield vendor.url, test_plausible.KEY, {"site": test_plausible.SITE}


@contextmanager
def mailchimp() -> Iterator[Way]:
    with test_mailchimp.Mail([test_mailchimp.report()]) as vendor:
        yield vendor.url, test_mailchimp.KEY, {}


@contextmanager
def calendar() -> Iterator[Way]:
    text = test_calendar.calendar(test_calendar.entry(starts=f"DTSTART:{NOW:%Y%m%dT%H%M%SZ}"))
    with Vendor({"/private.ics": lambda call: Refusal(200, text.encode(), {})}) as vendor:
        yield vendor.url, f"{vendor.url}/private.ics", {}


@contextmanager
def sheet() -> Iterator[Way]:
    """A sheet for each file of the demo company."""
    sheets = {name: _csv(HEADERS[name], rows) for name, rows in tables(build_world(NOW)).items()}
    answers = {f"/{name}.csv": test_sheet.csv(body) for name, body in sheets.items()}
    with Vendor(Always(lambda call: answers[call.path])) as vendor:
        kinds = {table.noun.kind: f"{vendor.url}/{table.file}" for table in TABLES}
        yield "", "", kinds


def _csv(header: str, rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    text.write(header + "\n")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


VENDORS: dict[str, Callable[[], AbstractContextManager[Way]]] = {
    "github": github,
    "intercom": intercom,
    "ashby": ashby,
    "mercury": mercury,
    "plausible": plausible,
    "mailchimp": mailchimp,
    "calendar": calendar,
    "sheet": sheet,
}
"""Each serves at least one readable record of every kind its connector brings, and refuses other keys."""

EVERY = pytest.mark.parametrize("name", VENDORS)
WITH_KEY = pytest.mark.parametrize("name", [name for name in VENDORS if CATALOGUE[name].asks == "key"])


def read(name: str, key: str | None = None) -> dict[str, Batch]:
    with VENDORS[name]() as (url, good, options):
        return read_vendor(name, url, key=good if key is None else key, **options)


def test_every_connector_of_the_catalogue_has_a_vendor_in_the_tests() -> None:
    assert {*VENDORS, *SERVED} == set(CATALOGUE)


@EVERY
def test_every_kind_is_delivered_once_and_not_empty(name: str) -> None:
    found = read(name)
    assert set(found) == set(CATALOGUE[name].kinds)
    assert all(each.records for each in found.values())
    assert {kind: each.skipped for kind, each in found.items() if each.skipped} == {}


@EVERY
def test_records_are_of_their_source_and_kind_with_an_id_and_instants_in_utc(name: str) -> None:
    for found in read(name).values():
        refs = [each.ref for each in found.records]
        assert len(set(refs)) == len(refs)
        assert all(type(each) is found.noun and each.source == name for each in found.records)
        values = [getattr(each, part.name) for each in found.records for part in fields(each)]
        assert all(value.utcoffset() == timedelta(0) for value in values if isinstance(value, datetime))


@EVERY
def test_reading_twice_gives_the_same(name: str) -> None:
    assert read(name) == read(name)


@EVERY
def test_check_says_one_line(name: str) -> None:
    with VENDORS[name]() as (url, key, options):
        said = checked(name, url, key=key, **options)
    assert said and said.isprintable() and key not in said.split()


@EVERY
def test_the_sample_is_of_the_streams_that_are_declared(name: str) -> None:
    spec = CATALOGUE[name]
    with VENDORS[name]() as (url, key, options), reaching(name, url, key=key, **options) as access:
        found = spec.sample()(access)
    assert set(found) == set(spec.fields())
    assert all(found.values())


@WITH_KEY
def test_a_wrong_key_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(CredentialRefused) as caught:
        read(name, "not the key")
    assert caught.value.fix == f"agentos connect {name}"
    assert "not the key" not in str(caught.value)


TROUBLE: dict[str, Refusal] = {
    "status 503": Refusal(503, {}, {}),
    "a web page": Refusal(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
    "cut off": Refusal(200, b'[{"id": "1", ', {}),
    "another shape": Refusal(200, {"something": "else"}, {}),
    "a limit": Refusal(429, {}, {"Retry-After": "900"}),
    "not found": Refusal(404, {}, {}),
    "moved": Refusal(302, {}, {"Location": "https://elsewhere.example/"}),
}


@EVERY
@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_vendor_in_trouble_is_a_source_error(name: str, trouble: str) -> None:
    with VENDORS[name]() as (_, key, options):
        pass
    with Vendor(Always(lambda call: TROUBLE[trouble])) as vendor, pytest.raises(SourceError):
        read_vendor(name, vendor.url, key=key, **options)
