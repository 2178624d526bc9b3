"""The documents of `agentos models`: where models are reached, how one is chosen, prices; and as text."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

NONE = "no models: agentos migrate --from-clawdbot"


class ModelProviderItem(TypedDict):
    """A provider. `credential` says where its key is looked for, never what it is; `has_key` whether there is
    one; `needs` what to do if not. `models` are those that it was said to have."""

    name: str
    base_url: str | None
    api: str | None
    credential: str | None
    has_key: bool
    needs: str | None
    models: list[dict[str, object]]
    origin: str | None


class ModelRouteItem(TypedDict):
    """A way to choose a model: `kind` is chain, alias or order (of credentials)."""

    kind: str
    name: str
    models: list[str]
    note: str | None
    origin: str | None


class ModelsDocument(TypedDict):
    """`agentos models list`; `total` is how many providers and routes there are."""

    schema: str
    total: int
    providers: list[ModelProviderItem]
    routes: list[ModelRouteItem]


class ModelDocument(TypedDict):
    """`agentos models show`: the provider of this name, and the chains, aliases and orders that have the
    name, or name it."""

    schema: str
    name: str
    provider: ModelProviderItem | None
    routes: list[ModelRouteItem]


class ModelFoundItem(TypedDict):
    """Something that the words are in: a provider, a model of one, a chain, an alias or an order."""

    kind: str
    name: str
    text: str


class ModelsFoundDocument(TypedDict):
    """`agentos models search`."""

    schema: str
    words: str
    found: list[ModelFoundItem]


class ModelPriceItem(TypedDict):
    """Prices of a turn that reads more than `above` tokens, in USD for a million of each kind, as decimals;
    None where a kind has no price of its own. `request`: in USD for each request, beside its tokens."""

    above: int
    input: str | None
    output: str | None
    cache_read: str | None
    cache_write: str | None
    request: str | None


class ModelPricesDocument(TypedDict):
    """`agentos models prices`: `listed` is what the table calls the model, None if it has no price there."""

    schema: str
    model: str
    provider: str | None
    listed: str | None
    at: str
    table: str
    prices: list[ModelPriceItem]


SHAPES: dict[str, type] = {
    "models": ModelsDocument,
    "model": ModelDocument,
    "models_found": ModelsFoundDocument,
    "model_prices": ModelPricesDocument,
}
"""Document name to its shape."""


def models_text(document: ModelsDocument) -> str:
    """Providers, then chains, aliases and orders, each in rows."""
    if not document["total"]:
        return NONE
    parts = []
    if document["providers"]:
        body = [
            (item["name"], item["base_url"] or "its maker", _count(item), key_text(item))
            for item in document["providers"]
        ]
        parts.append(rows(("provider", "reached at", "models", "key"), body))
    for kind in ("chain", "alias", "order"):
        body_of = [(item["name"], _chosen(item)) for item in document["routes"] if item["kind"] == kind]
        if body_of:
            parts.append(rows((kind, HEADS[kind]), body_of))
    left = document["total"] - len(document["providers"]) - len(document["routes"])
    if left > 0:
        parts.append(f"{left:,} more: --limit {document['total']}")
    return "\n\n".join(parts)


HEADS = {"chain": "first choice, then", "alias": "stands for", "order": "credentials, in this order"}


def model_text(document: ModelDocument) -> str:
    """One name: the provider, its models, what chooses it."""
    parts = []
    item = document["provider"]
    if item is not None:
        facts = [
            ("provider", item["name"]),
            ("reached at", item["base_url"] or "its maker"),
            ("speaks", item["api"] or "not said"),
            ("key", key_text(item)),
            ("came from", item["origin"] or "was added here"),
        ]
        parts.append("\n".join(f"{label:<10}  {clean.line(value)}" for label, value in facts))
        if item["models"]:
            body = [_model_row(model) for model in item["models"]]
            parts.append(rows(("model", "name", "reads at most", "writes at most"), body))
    if document["routes"]:
        body_of = [(route["kind"], route["name"], _chosen(route)) for route in document["routes"]]
        parts.append(rows(("kind", "name", "models"), body_of))
    notes = [f"{route['name']}: {route['note']}" for route in document["routes"] if route["note"]]
    return "\n\n".join([*parts, *map(clean.line, notes)])


def found_text(document: ModelsFoundDocument) -> str:
    """What was found, in rows."""
    body = [(item["kind"], item["name"], item["text"]) for item in document["found"]]
    return rows(("kind", "name", "what"), body) if body else "nothing was found"


def prices_text(document: ModelPricesDocument) -> str:
    """The prices of a model in rows, or that it has none."""
    source = f"{document['table']}, as of {document['at'][:10]}; list prices, offline"
    if document["listed"] is None:
        return f"{clean.line(document['model'])} has no price: it is not in {source}"
    body = [
        (
            f"{item['above']:,}",
            *(_usd(item[kind]) for kind in ("input", "output", "cache_read", "cache_write")),
        )
        for item in document["prices"]
    ]
    head = ("reads more than", "input", "output", "from cache", "into cache")
    fees = {item["request"] for item in document["prices"]} - {None}
    more = "".join(f"\n\nand ${fee} for each request" for fee in fees)
    return f"{document['listed']}, USD per million tokens ({source})\n\n{rows(head, body)}{more}"


def key_text(item: ModelProviderItem) -> str:
    """`ANTHROPIC_API_KEY is set`, or what is needed."""
    return f"{item['credential']} is there" if item["has_key"] else item["needs"] or "none named"


def _count(item: ModelProviderItem) -> str:
    """How many models it was said to have; what nobody said is not 0."""
    return f"{len(item['models']):,}" if item["models"] else "-"


def _chosen(route: ModelRouteItem) -> str:
    return " → ".join(route["models"])


def _model_row(model: Mapping[str, object]) -> tuple[str, ...]:
    sizes = (model.get("context_window"), model.get("max_tokens"))
    told = (f"{size:,}" if isinstance(size, int | float) else "not said" for size in sizes)
    return (str(model.get("id", "")), str(model.get("name", "")), *told)


def _usd(price: str | None) -> str:
    return "as input" if price is None else f"${price}"
