"""Where models are reached, and how one is chosen: providers, chains, aliases, orders of credentials."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import ModelProvider, ModelRoute
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.values import Stored, clean

PROVIDER = "name, base_url, api, credential, models, origin"
ROUTE = "kind, name, models, note, origin"
PUT_PROVIDER = f"""
INSERT INTO model_provider (tenant_id, {PROVIDER}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET base_url = excluded.base_url, api = excluded.api,
  credential = excluded.credential, models = excluded.models, origin = excluded.origin
"""  # noqa: S608
PUT_ROUTE = f"""
INSERT INTO model_route (tenant_id, {ROUTE}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, kind, name) DO UPDATE SET models = excluded.models, note = excluded.note,
  origin = excluded.origin
"""  # noqa: S608
PROVIDERS = f"SELECT {PROVIDER} FROM model_provider WHERE tenant_id = ?"  # noqa: S608
ROUTES = f"SELECT {ROUTE} FROM model_route WHERE tenant_id = ?"  # noqa: S608


@dataclass(frozen=True, slots=True)
class KeptProvider:
    """A provider as it is kept, and where it came from."""

    provider: ModelProvider
    origin: str | None


@dataclass(frozen=True, slots=True)
class KeptRoute:
    """A route as it is kept, and where it came from."""

    route: ModelRoute
    origin: str | None


class ProviderShelf:
    """Puts providers away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant

    def put(self, thing: ModelProvider, origin: str | None, at: datetime) -> None:
        """Keep a provider, in place of the one of its name."""
        told = map(_clean, (thing.name, thing.base_url, thing.api, thing.credential))
        models = [dict(model) for model in thing.models]
        self._link.run(PUT_PROVIDER, self._tenant, *told, _json(models), _clean(origin), at)

    def digest(self, key: str) -> str | None:
        """Of all that it says."""
        return _digest(self._link.one(f"{PROVIDERS} AND name = ?", self._tenant, clean(key)))

    def remove(self, key: str) -> None:
        """Take a provider away."""
        sql = "DELETE FROM model_provider WHERE tenant_id = ? AND name = ?"
        self._link.run(sql, self._tenant, clean(key))


class RouteShelf:
    """Puts routes away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant

    def put(self, thing: ModelRoute, origin: str | None, at: datetime) -> None:
        """Keep a route, in place of the one of its kind and name."""
        told = (clean(thing.kind), clean(thing.name), _json(list(thing.models)), _clean(thing.note))
        self._link.run(PUT_ROUTE, self._tenant, *told, _clean(origin), at)

    def digest(self, key: str) -> str | None:
        """Of all that it says."""
        kind, _, name = clean(key).partition(":")
        return _digest(self._link.one(f"{ROUTES} AND kind = ? AND name = ?", self._tenant, kind, name))

    def remove(self, key: str) -> None:
        """Take a route away."""
        kind, _, name = clean(key).partition(":")
        sql = "DELETE FROM model_route WHERE tenant_id = ? AND kind = ? AND name = ?"
        self._link.run(sql, self._tenant, kind, name)


class StoredModels:
    """Providers and routes of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def providers(self) -> list[KeptProvider]:
        """Every provider, by name."""
        with transaction(self._database) as link:
            rows = link.rows(PROVIDERS, self._tenant)
        return sorted(map(_provider, rows), key=lambda kept: kept.provider.name)

    def routes(self) -> list[KeptRoute]:
        """Every route, by kind and name; the default chain before those of agents."""
        with transaction(self._database) as link:
            found = [_route(row) for row in link.rows(ROUTES, self._tenant)]
        return sorted(found, key=lambda kept: _place(kept.route))


def _provider(row: Sequence[Stored]) -> KeptProvider:
    models = tuple(json.loads(row[4]))
    return KeptProvider(ModelProvider(row[0], row[1], row[2], row[3], models), row[5])


def _route(row: Sequence[Stored]) -> KeptRoute:
    return KeptRoute(ModelRoute(row[0], row[1], tuple(json.loads(row[2])), row[3]), row[4])


def _place(route: ModelRoute) -> tuple[int, bool, str, str]:
    kinds = ("chain", "alias", "order")
    first = kinds.index(route.kind) if route.kind in kinds else len(kinds)
    return first, route.name != "default", route.kind, route.name


def _digest(row: Sequence[Stored] | None) -> str | None:
    """Of all but the last column, which says where it came from."""
    return None if row is None else sha256(json.dumps(list(row[:-1])).encode()).hexdigest()


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _json(value: object) -> str:
    return clean(json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict))
