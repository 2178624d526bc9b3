"""Profiles, providers, routes and archives on both databases: kept, changed, removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agentos_cli.belongings import KIND_OF, Archive, ModelProvider, ModelRoute, Profile, Thing
from agentos_cli.store.link import Database, transaction
from agentos_cli.store.shelves import Shelf, shelf
from agentos_cli.store.store import Store

AT = datetime(2026, 11, 21, 7, tzinfo=UTC)
ORIGIN = "clawdbot:1234/state/clawdbot.json"
PIP = Profile("main", "Pip", {"emoji": "🦐"}, {"heartbeat": {"every": 2700}}, True, "ceo")
LITELLM = ModelProvider("litellm", "http://127.0.0.1:4000/v1", "openai-completions", "env:LITELLM_KEY")
CHAIN = ModelRoute(
    "chain", "heartbeat:main", ("anthropic/claude-haiku-4-5", "litellm/qwen3-32b"), "as it was"
)
REST = Archive("source-config.redacted.json", '{"gateway": {}}\n')
THINGS: tuple[Thing, ...] = (
    PIP,
    replace(LITELLM, models=({"id": "qwen3-32b", "context_window": 131072},)),
    CHAIN,
    REST,
)
CHANGED: tuple[Thing, ...] = (
    replace(PIP, role="ops"),
    replace(LITELLM, credential="env:OTHER"),
    replace(CHAIN, models=("openai/gpt-5.2",)),
    replace(REST, text="{}"),
)


def on_shelf(
    database: Database, thing: Thing, do: Callable[[Shelf], str | None], tenant: str | None = None
) -> str | None:
    with transaction(database, write=True) as link:
        return do(shelf(KIND_OF[type(thing)], link, tenant or database.tenant))


def put(database: Database, thing: Thing, origin: str = ORIGIN) -> None:
    on_shelf(database, thing, lambda place: place.put(thing, origin, AT))


def digest(database: Database, thing: Thing) -> str | None:
    return on_shelf(database, thing, lambda place: place.digest(thing.key))


def everything(store: Store) -> list[tuple[Thing, str | None]]:
    return [
        *((kept.profile, kept.origin) for kept in store.profiles().all()),
        *((kept.provider, kept.origin) for kept in store.models().providers()),
        *((kept.route, kept.origin) for kept in store.models().routes()),
        *((kept.archive, kept.origin) for kept in store.archives().all()),
    ]


def test_what_is_put_away_is_read_back_with_where_it_came_from(store_url: str) -> None:
    store = Store(store_url, "alice")
    for thing in THINGS:
        put(store._database, thing)
    assert everything(store) == [(thing, ORIGIN) for thing in THINGS]
    assert everything(Store(store_url, "bob")) == []


@pytest.mark.parametrize(("thing", "changed"), list(zip(THINGS, CHANGED, strict=True)))
def test_a_digest_is_of_what_is_said_and_of_nothing_else(
    store_url: str, thing: Thing, changed: Thing
) -> None:
    database = Store(store_url, "alice")._database
    assert digest(database, thing) is None
    put(database, thing)
    before = digest(database, thing)
    put(database, thing, "clawdbot:5678/elsewhere")
    assert before is not None and digest(database, thing) == before
    put(database, changed)
    assert digest(database, thing) not in {None, before}


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
def test_what_is_removed_leaves_the_others(store_url: str, thing: Thing) -> None:
    store = Store(store_url, "alice")
    for one in THINGS:
        put(store._database, one)
    on_shelf(store._database, thing, lambda place: place.remove(thing.key))
    assert [told for told, _ in everything(store)] == [one for one in THINGS if one is not thing]
    assert digest(store._database, thing) is None


def test_the_default_agent_and_the_default_chain_come_first(sqlite_store_url: str) -> None:
    store = Store(sqlite_store_url, "alice")
    for thing in (
        Profile("aria", "Aria"),
        replace(PIP, id="zed"),
        ModelRoute("alias", "sonnet", ("anthropic/claude-sonnet-4-5",)),
        ModelRoute("chain", "aria", ("a/b",)),
        ModelRoute("chain", "default", ("a/b",)),
    ):
        put(store._database, thing)
    assert [kept.profile.id for kept in store.profiles().all()] == ["zed", "aria"]
    assert [kept.route.key for kept in store.models().routes()] == [
        "chain:default",
        "chain:aria",
        "alias:sonnet",
    ]


def test_names_that_no_database_can_hold_are_found_again(store_url: str) -> None:
    store = Store(store_url, "alice")
    odd = Profile("a\0b\udc80", "x\0")
    put(store._database, odd)
    found = store.profiles().get("a\0b\udc80")
    assert found is not None and found.profile.name == "x\ufffd"
    assert digest(store._database, odd) is not None
    assert store.profiles().get("b") is None and store.archives().get("none") is None
