"""A shop on loopback that is read in parts, and changes under the reader's eyes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentos_cli.app import App
from agentos_cli.connectors.catalogue import ABOUT
from agentos_cli.contract import Connection
from agents.nouns import Customer, Noun, Subscription, Team
from tests.connectors.vendor import Call, Refusal, Vendor
from tests.flows import shop_connector
from tests.flows.street import MORNING

ROOT = Path(__file__).parents[2]
NOUNS: tuple[type[Noun], ...] = (Customer, Subscription, Team)
KEPT_IN_MIND = 1_000


@dataclass
class Shop:
    """Its lists by name, and every change by number. `size` is how many records a page has."""

    size: int = 3
    order: str = "plans customers subs"
    lists: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"plans": {}, "customers": {}, "subs": {}}
    )
    log: list[tuple[str, str]] = field(default_factory=list)
    forgetful: bool = False
    strange: str = ""
    """A cursor that it does not know any more."""
    url: str = ""
    asked: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def put(self, stream: str, key: str, /, **values: object) -> None:
        self.lists[stream][key] = {"id": key, "unread": "x" * 50, **values}
        self.log.append((stream, key))

    def sells(self, customers: int, each: int = 2) -> None:
        """Some customers with subscriptions of one plan."""
        self.put("plans", "p1", name="Plain")
        for number in range(customers):
            self.put("customers", f"c{number:05}", name=f"Firm {number}")
            for sub in range(each):
                self.put("subs", f"s{number:05}-{sub}", customer=f"c{number:05}", plan="p1", amount=100)

    def drop(self, stream: str, name: str, *, told: bool = True) -> None:
        """`told`: the shop says so when it is asked for changes."""
        if self.lists[stream].pop(name, None) is not None and told:
            self.log.append((stream, name))

    @contextmanager
    def open(self) -> Iterator[Shop]:
        routes = {"/list": self._list, "/changes": self._changes, "/order": self._order}
        with Vendor({path: self._heard(answer) for path, answer in routes.items()}) as vendor:
            self.url = vendor.url
            yield self

    def connect(self, house: App) -> App:
        """Connect a house to the shop, as a source outside the catalogue; gives the house."""
        with house.store.unit_of_work() as work:
            work.connections.put(connection(self.url), MORNING)
            work.commit()
        return house

    def _heard(self, answer: Callable[[Mapping[str, str]], object]) -> Callable[[Call], object]:
        def heard(call: Call) -> object:
            self.asked.append(call.path)
            self.before()
            return answer(call.query)

        return heard

    def _order(self, query: Mapping[str, str]) -> object:
        return {"order": self.order}

    def _list(self, query: Mapping[str, str]) -> object:
        found, after = self.lists[query["stream"]], query.get("after", "")
        if after and after == self.strange:
            return Refusal(400, {"error": "no such cursor"}, {})
        left = sorted(name for name in found if name > after)
        following = left[self.size - 1] if len(left) > self.size else None
        records = [found[name] for name in left[: self.size]]
        return {"records": records, "next": following, "total": len(found), "version": str(len(self.log))}

    def _changes(self, query: Mapping[str, str]) -> object:
        pages = []
        for stream, name in dict.fromkeys(self.log[int(query["since"]) :]):
            raw = self.lists[stream].get(name)
            pages.append({"stream": stream, "records": [raw] if raw else [], "gone": [] if raw else [name]})
        return {"pages": pages, "version": str(len(self.log)), "lost": self.forgetful}


def connection(url: str) -> Connection:
    """The way to a shop."""
    module, kinds = shop_connector.__name__, " ".join(shop_connector.KINDS)
    told = {"title": "The shop", "module": module, "kinds": kinds, "life": "60"}
    return Connection("shop", None, url, {ABOUT: json.dumps(told)})
