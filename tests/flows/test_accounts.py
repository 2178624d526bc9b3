"""What connecting learns of an account: enough to link to its records, at no cost to connecting."""

from __future__ import annotations

from pathlib import Path

from agentos_cli.connectors.catalogue import CATALOGUE
from tests.flows.street import MORNING, Street, house


def connected(street: Street, home: Path, name: str, *, check: bool, **options: str) -> dict[str, str]:
    """The options of the connection, as kept."""
    made = house(home, MORNING)
    made.sources.connect(
        CATALOGUE[name], secret=street.server.keys.get(name), reference=None, keep_in="file",
        base_url=street.server.urls.get(name), options=options, check=check,
    )  # fmt: skip
    return dict(next(each for each in made.store.connections() if each.source == name).options)


def test_a_connection_knows_where_its_records_are_to_be_seen(street: Street, tmp_path: Path) -> None:
    known = connected(street, tmp_path, "hubspot", check=True, effort_property="hours")
    assert known == {"effort_property": "hours", "portal": "4815162", "ui": "app.hubspot.com"}
    page = CATALOGUE["hubspot"].page("deal", "7", known)
    assert page == "https://app.hubspot.com/contacts/4815162/record/0-3/7"
    known = connected(street, tmp_path, "stripe", check=True)
    assert known == {"mode": "test"}
    assert connected(street, tmp_path, "linear", check=True).keys() == {"workspace"}


def test_what_the_user_says_of_the_account_holds(street: Street, tmp_path: Path) -> None:
    assert connected(street, tmp_path, "hubspot", check=True, portal="1")["portal"] == "1"


def test_unchecked_nothing_is_asked(street: Street, tmp_path: Path) -> None:
    assert connected(street, tmp_path, "hubspot", check=False) == {}
    assert street.watch.asked("hubspot") == 0
