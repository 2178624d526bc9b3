"""Model providers, chains, aliases and orders of credentials, without any key.

What a chain means there: src/agents/model-selection.ts and model-fallback.ts of openclaw/openclaw. A
generated catalogue (`models.json`) repeats the settings and the keys, and is read only for providers that the
settings do not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from agentos_cli.belongings import ModelProvider, ModelRoute
from agentos_cli.importers.clawdbot.credentials.provider_keys import reference_in, usual_name
from agentos_cli.importers.clawdbot.credentials.reader import Keep, references
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.clawdbot.settings.shape import block, digest, items, number, plain_url, text, texts
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.values import clean

DEFAULT_PROVIDER = "anthropic"
"""Of a model that is named without one."""
CATALOGUE = "/agent/models.json"
GENERATED = "generated from the settings, and repeats their keys"
KINDS = {"model": "", "imageModel": "image:"}
"""Settings that hold a chain, and what its name begins with."""
MOST_MODELS = 5_000


def read(home: Home, setup: Setup, redactor: Redactor, keep: Keep | None = None) -> Iterator[Piece]:
    """One piece for each provider, each way to choose a model, and each generated catalogue. What `keep` has
    or takes is a provider's credential."""
    known = references(home, setup, keep)
    configured = {name: block(each) for name, each in block(setup.raw, "models", "providers").items()}
    catalogues = {entry.path for entry in home.under("state", CATALOGUE)}
    generated, broken = _generated(home, sorted(catalogues))
    yield from broken
    taken = {piece.path for piece in broken}
    for name in sorted({*known, *configured, *generated}):
        path = setup.config or "state"
        said: Mapping[str, object] = configured.get(name, {})
        if name not in configured and name in generated:
            said, path = generated[name]
            taken.add(path)
        credential = known.get(name) or reference_in(said.get("apiKey")) or f"env:{usual_name(name)}"
        yield _provider(name, said, credential, path, redactor)
    for path in sorted(catalogues - taken):
        yield skipped(path, GENERATED)
    yield from _routes(setup, redactor)


def chain_of(value: object) -> tuple[str, ...]:
    """The first choice and its fallbacks; a text alone is the first choice."""
    return tuple(dict.fromkeys((*_first(value), *texts(block(value).get("fallbacks")))))


def agent_chain(own: object, default: object) -> tuple[str, ...]:
    """The chain of an agent. What it does not say the default says; an empty list of fallbacks means that
    there are none. See resolveAgentModelFallbacksOverride in src/agents/agent-scope.ts."""
    said = block(own).get("fallbacks")
    fallbacks = texts(said) if isinstance(said, list) else texts(block(default).get("fallbacks"))
    return tuple(dict.fromkeys((*(_first(own) or _first(default)), *fallbacks)))


def _first(value: object) -> tuple[str, ...]:
    told = text(block(value).get("primary")) or text(value)
    return (told,) if told else ()


def _generated(
    home: Home, paths: Iterable[str]
) -> tuple[dict[str, tuple[Mapping[str, object], str]], list[Piece]]:
    """Providers of generated catalogues, of several of one name the first, each with its path; and a piece
    for each catalogue that cannot be read."""
    found: dict[str, tuple[Mapping[str, object], str]] = {}
    broken = []
    for path in paths:
        try:
            providers = block(lenient.parse(home.text(path), path), "providers")
        except Unreadable as problem:
            broken.append(failed(path, problem.why))
            continue
        for name, provider in providers.items():
            found.setdefault(name, (block(provider), path))
    return found, broken


def _provider(name: str, said: Mapping[str, object], credential: str, path: str, redactor: Redactor) -> Piece:
    found: dict[str, int] = {}
    models = [_model(block(each)) for each in items(said.get("models"))[:MOST_MODELS]]
    address = text(said.get("baseUrl"))
    told = {"base_url": address and plain_url(address), "api": text(said.get("api")), "models": models}
    if told["base_url"] != address:
        found["url"] = 1
    safe = block(redactor.tree(told, found))
    provider = ModelProvider(
        _name(name, redactor),
        _text(safe.get("base_url")),
        _text(safe.get("api")),
        clean(credential),
        tuple(block(each) for each in items(safe.get("models"))),
    )
    return brought(provider, path, digest([name, told, credential]), redacted=found)


def _model(said: Mapping[str, object]) -> dict[str, object]:
    """What is said of a model, as `ModelProvider.models` has it."""
    cost = {key: number(value) for key, value in block(said, "cost").items()}
    told = {
        "id": text(said.get("id")),
        "name": text(said.get("name")),
        "reasoning": said.get("reasoning") if isinstance(said.get("reasoning"), bool) else None,
        "input": list(texts(said.get("input"))) or None,
        "context_window": number(said.get("contextWindow")),
        "max_tokens": number(said.get("maxTokens")),
        "cost": {key: value for key, value in cost.items() if value is not None} or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _routes(setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    path = setup.config
    if path is None:
        return
    defaults = block(setup.raw, "agents", "defaults")
    listed = {name: text(block(each).get("alias")) for name, each in block(defaults, "models").items()}
    aliases = {alias: name for name, alias in listed.items() if alias}
    allowed = {_full(name, {}) for name in listed}
    for owner, said in [("default", defaults), *((agent.id, agent.raw) for agent in setup.agents)]:
        for name, models in _chains(owner, said, defaults):
            dropped = [each for each in models[1:] if allowed and _full(each, aliases) not in allowed]
            yield _route("chain", name, models, path, redactor, dropped)
    for alias, name in sorted(aliases.items()):
        yield _route("alias", alias, (name,), path, redactor)
    for name, order in sorted(block(setup.raw, "auth", "order").items()):
        if texts(order):
            yield _route("order", name, texts(order), path, redactor)


def _chains(
    owner: str, said: Mapping[str, object], defaults: Mapping[str, object]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The chains that the defaults, or an agent, have of their own, by name."""
    found = {
        f"{before}{owner}": agent_chain(said[key], defaults.get(key))
        for key, before in KINDS.items()
        if text(said.get(key)) or block(said.get(key))
    }
    found[f"heartbeat:{owner}"] = chain_of(block(said, "heartbeat").get("model"))
    found[f"subagents:{owner}"] = chain_of(block(said, "subagents").get("model"))
    yield from ((name, models) for name, models in found.items() if models)


def _route(
    kind: str, name: str, models: tuple[str, ...], path: str, redactor: Redactor, dropped: Sequence[str] = ()
) -> Piece:  # fmt: skip
    found: dict[str, int] = {}
    names = tuple(_short(redactor.tree(each, found)) for each in models)
    missing = ", ".join(_short(redactor.tree(each, {})) for each in dropped)
    note = f"not among the allowed models there, so never tried: {missing}" if dropped else None
    asks = (
        [f"chain {_name(name, redactor)}: {missing} was never tried there; it would be here"]
        if dropped
        else []
    )
    route = ModelRoute(kind, _name(name, redactor), names, note)
    return brought(route, path, digest([kind, name, models, dropped]), redacted=found, asks=asks)


def _full(model: str, aliases: Mapping[str, str]) -> str:
    """A model with its provider, in small letters."""
    name = aliases.get(model, model).strip().lower()
    return name if "/" in name else f"{DEFAULT_PROVIDER}/{name}"


def _name(name: str, redactor: Redactor) -> str:
    """A name as it can be kept: as the settings have it, unless it holds a secret."""
    return _short(redactor.clean(name).text)


def _short(value: object) -> str:
    return clean(str(value))[:200]


def _text(value: object) -> str | None:
    told = text(value)
    return None if told is None else clean(told)[:2_000]
