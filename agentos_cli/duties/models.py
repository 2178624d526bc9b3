"""Models that were brought over: listed, shown, searched, and what they cost at list prices."""

from __future__ import annotations

from difflib import get_close_matches

from agentos_cli.app import App
from agentos_cli.errors import CredentialProblem, DataProblem, UsageProblem
from agentos_cli.prices import listing, table
from agentos_cli.renderers.models import (
    ModelDocument,
    ModelFoundItem,
    ModelPriceItem,
    ModelPricesDocument,
    ModelProviderItem,
    ModelRouteItem,
    ModelsDocument,
    ModelsFoundDocument,
)
from agentos_cli.store.models import KeptProvider, KeptRoute


def listed(house: App, limit: int) -> ModelsDocument:
    """The first so many providers and so many ways to choose a model."""
    stored = house.store.models()
    providers, routes = stored.providers(), stored.routes()
    return {
        "schema": "agentos.models/1",
        "total": len(providers) + len(routes),
        "providers": [_provider(house, kept) for kept in providers[:limit]],
        "routes": [_route(kept) for kept in routes[:limit]],
    }


def show(house: App, name: str) -> ModelDocument:
    """A provider, chain, alias or order of this name, and what names it. Raises UsageProblem where there is
    none."""
    stored = house.store.models()
    provider = next((kept for kept in stored.providers() if kept.provider.name == name), None)
    named = [kept for kept in stored.routes() if kept.route.name == name]
    if provider is None and not named:
        raise _unknown(house, name)
    if provider is not None:
        begins = f"{name}/"
        named += [kept for kept in stored.routes() if any(m.startswith(begins) for m in kept.route.models)]
    return {
        "schema": "agentos.model/1",
        "name": name,
        "provider": None if provider is None else _provider(house, provider),
        "routes": [_route(kept) for kept in {kept.route.key: kept for kept in named}.values()],
    }


def search(house: App, words: str, limit: int) -> ModelsFoundDocument:
    """Providers, their models, chains, aliases and orders that all of the words are in."""
    stored = house.store.models()
    told: list[ModelFoundItem] = []
    for kept in stored.providers():
        provider = kept.provider
        told.append({"kind": "provider", "name": provider.name, "text": provider.base_url or ""})
        for model in provider.models:
            name = f"{provider.name}/{model.get('id', '')}"
            told.append({"kind": "model", "name": name, "text": str(model.get("name", ""))})
    for route in (kept.route for kept in stored.routes()):
        told.append({"kind": route.kind, "name": route.name, "text": " → ".join(route.models)})
    wanted = words.casefold().split()
    found = [
        item for item in told if all(word in f"{item['name']} {item['text']}".casefold() for word in wanted)
    ]
    return {"schema": "agentos.models_found/1", "words": words, "found": found[:limit]}


def prices(house: App, name: str) -> ModelPricesDocument:
    """What a model costs now at list prices: `anthropic/claude-sonnet-4-5`, or an alias."""
    aliases = {
        kept.route.name: kept.route.models[0]
        for kept in house.store.models().routes()
        if kept.route.kind == "alias" and kept.route.models
    }
    model = aliases.get(name, name)
    at = house.clock()
    provider, slash, rest = model.partition("/")
    found = listing(provider, rest, at) if slash else None
    steps: list[ModelPriceItem] = [
        {
            "above": step.above,
            "input": _decimal(step.input),
            "output": _decimal(step.output),
            "cache_read": _decimal(step.cache_read),
            "cache_write": _decimal(step.cache_write),
            "request": _decimal(step.request),
        }
        for step in (found.steps if found else ())
    ]
    return {
        "schema": "agentos.model_prices/1",
        "model": model,
        "provider": provider if slash else None,
        "listed": found.model if found else None,
        "at": at.isoformat(timespec="seconds"),
        "table": table(),
        "prices": steps,
    }


def _decimal(value: object) -> str | None:
    return None if value is None else str(value)


def _unknown(house: App, name: str) -> UsageProblem:
    stored = house.store.models()
    names = {kept.provider.name for kept in stored.providers()} | {
        kept.route.name for kept in stored.routes()
    }
    near = get_close_matches(name, sorted(names), 3, 0.5)
    fix = f"did you mean {' or '.join(near)}?" if near else "agentos models list"
    return UsageProblem(f"no provider, chain or alias is called `{name[:60]}`", fix=fix)


def _provider(house: App, kept: KeptProvider) -> ModelProviderItem:
    provider = kept.provider
    there, needs = _key(house, provider.credential)
    return {
        "name": provider.name,
        "base_url": provider.base_url,
        "api": provider.api,
        "credential": provider.credential,
        "has_key": there,
        "needs": needs,
        "models": [dict(model) for model in provider.models],
        "origin": kept.origin,
    }


def _key(house: App, reference: str | None) -> tuple[bool, str | None]:
    """Whether there is a key where it is looked for, and what to do if not. The key itself is not read."""
    if reference is None:
        return False, None
    kind, _, name = reference.partition(":")
    try:
        if house.vault.exists(reference):
            return True, None
    except (CredentialProblem, DataProblem, UsageProblem) as problem:
        return False, f"needs key: {problem}"
    return False, f"needs key: set {name}" if kind == "env" else f"needs key: nothing is at {reference}"


def _route(kept: KeptRoute) -> ModelRouteItem:
    route = kept.route
    return {
        "kind": route.kind,
        "name": route.name,
        "models": list(route.models),
        "note": route.note,
        "origin": kept.origin,
    }
