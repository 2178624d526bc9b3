"""What becomes of a home's credentials: none is stored, each is named, and said how to give it anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from agentos_cli.importers.clawdbot.credentials import files as credential_files
from agentos_cli.importers.clawdbot.credentials.auth_stores import (
    agent_of,
    profiles,
    provider_of,
    secret_of,
    stores,
)
from agentos_cli.importers.clawdbot.credentials.environment import variables
from agentos_cli.importers.clawdbot.credentials.known_secrets import is_env_file
from agentos_cli.importers.clawdbot.credentials.provider_keys import kept_name, reference_in, usual_name
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.clawdbot.settings.shape import block, digest
from agentos_cli.importers.piece import Piece, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.secrets.words import (
    is_likely,
    is_placeholder,
    is_reference,
    kind_of_key,
    looks_secret,
)
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.import_records import Outcome
from agentos_cli.store.values import clean

KIND = "secret"
LOGIN = "log in again: refresh tokens rotate, so using this one would log the other program out"
CHANNEL = "connect anew (agentos notify add): two programs that poll with one token break both"
UNUSED = "not copied: agentos has no use for it"
_VARIABLES = 1_000_000


class Keep(Protocol):
    """Where secrets are put that the user wants brought over: `put` gives the reference of what it took or
    had before, None if it takes nothing. The same name may come again with the same secret."""

    def put(self, name: str, secret: str) -> str | None: ...


@dataclass(slots=True)
class _Told:
    """What was said already: by secret (which stays in memory), where it was met first."""

    redactor: Redactor
    keep: Keep | None
    known: frozenset[str]
    first: dict[str, str] = field(default_factory=dict)

    def piece(
        self, name: str, path: str, about: Mapping[str, object], reason: str, secret: str = ""
    ) -> Piece:
        """One credential. Its digest is of what is known of it but for the secret itself, which could be
        guessed from that."""
        shown = clean(self.redactor.clean(name).text)[:300]
        before = self.first.setdefault(secret, shown) if secret else shown
        if before != shown:
            reason = f"the same secret as {before}"
        kept = reason.startswith("kept as ")
        outcome = Outcome.ARCHIVED if kept else Outcome.SKIPPED
        return Piece(KIND, shown, path, digest(about), outcome=outcome, reason=reason)


def read(home: Home, setup: Setup, redactor: Redactor, keep: Keep | None = None) -> Iterator[Piece]:
    """One piece for each credential, and for each file that holds some; known senders and approvals as an
    archive. With `keep`, keys of providers are put there: never what logs somebody in, nor what a channel
    polls with."""
    told = _Told(redactor, keep, frozenset(_set_names(home, setup.raw)))
    for path in sorted(stores(home), key=lambda each: (agent_of(each) != setup.default.id, each)):
        try:
            yield from _of_store(home, path, told)
        except Unreadable as problem:
            yield failed(path, problem.why)
    yield from _of_settings(setup, told)
    for entry in home.all():
        if entry.problem is None and is_env_file(entry.name):
            yield from _of_variables(home, entry.path, told)
    yield from credential_files.read(home, redactor)


def references(home: Home, setup: Setup, keep: Keep | None = None) -> dict[str, str]:
    """The reference of each provider that the home names anywhere: in its settings, in the credentials of an
    agent, or before the slash of a model. What a setting itself refers to (`${NAME}`) wins; then what `keep`
    took; else the usual variable of the provider, of several the one that the home sets."""
    known = frozenset(_set_names(home, setup.raw))
    told = {name: f"env:{usual_name(name, known)}" for name in sorted(_named(home, setup.raw))}
    if keep is not None:
        told |= _kept(home, setup, _Told(Redactor(), keep, known))
    for name, provider in block(setup.raw, "models", "providers").items():
        reference = reference_in(block({"it": provider}, "it").get("apiKey"))
        told[name] = reference or told.get(name, f"env:{usual_name(name, known)}")
    return told


def _kept(home: Home, setup: Setup, told: _Told) -> dict[str, str]:
    """The reference of each provider of which `keep` has a key, that of the default agent first."""
    found: dict[str, str] = {}
    for path in sorted(stores(home), key=lambda each: (agent_of(each) != setup.default.id, each)):
        try:
            for name, profile in profiles(home, path).items():
                reference = _put(told, agent_of(path), name, profile)
                if reference:
                    found.setdefault(provider_of(name, profile), reference)
        except Unreadable:
            continue
    for name, provider in block(setup.raw, "models", "providers").items():
        reference = _put_setting(told, name, block({"it": provider}, "it").get("apiKey"))
        if reference:
            found[name] = reference
    return found


def _of_store(home: Home, path: str, told: _Told) -> Iterator[Piece]:
    """The credentials of one agent, or of a file from before there were agents."""
    found = profiles(home, path)
    agent, file = agent_of(path), path.rpartition("/")[2]
    for name, profile in found.items():
        provider, kind = provider_of(name, profile), str(profile.get("type") or "api_key")
        label = f"{agent}/{name}" if file == "auth-profiles.json" else f"{agent}/{file}/{name}"
        about = {"provider": provider, "type": kind}
        yield told.piece(label, path, about, _why(told, agent, name, profile), secret_of(profile))
    if not found:
        yield skipped(path, "holds no credentials")


def _why(told: _Told, agent: str, name: str, profile: Mapping[str, object]) -> str:
    provider = provider_of(name, profile)
    shown = clean(told.redactor.clean(provider).text)[:60]
    if profile.get("type") == "oauth" or "refresh" in profile:
        return LOGIN
    referred = next(
        (ref for each in ("keyRef", "tokenRef", "key", "token") if (ref := reference_in(profile.get(each)))),
        None,
    )
    if referred:
        return f"it refers to {referred}: set that where agentos runs"
    reference = _put(told, agent, name, profile)
    if reference:
        return f"kept as {reference}"
    variable = usual_name(provider, told.known)
    return f"needs key: set {variable}, then {shown} uses env:{variable}"


def _put(told: _Told, agent: str, name: str, profile: Mapping[str, object]) -> str | None:
    """Hands a key to `keep`; what logs somebody in never."""
    secret = secret_of(profile)
    if told.keep is None or not secret or is_reference(secret) or is_placeholder(secret):
        return None
    if profile.get("type") == "oauth" or "refresh" in profile or not secret.isprintable():
        return None
    return told.keep.put(kept_name(agent, name), secret)


def _put_setting(told: _Told, provider: str, secret: object) -> str | None:
    if told.keep is None or not isinstance(secret, str) or is_placeholder(secret) or reference_in(secret):
        return None
    return told.keep.put(kept_name("_settings", provider), secret) if secret.isprintable() else None


def _of_settings(setup: Setup, told: _Told) -> Iterator[Piece]:
    """Each secret that the settings hold in clear, by the path of its key."""
    if setup.config is None:
        return
    for keys, secret in _secrets(setup.raw):
        name = "settings/" + ".".join(keys)
        yield told.piece(name, setup.config, {"type": "setting"}, _why_setting(keys, secret, told), secret)


def _secrets(raw: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    level: list[tuple[tuple[str, ...], object, bool]] = [((), raw, False)]
    while level:
        below: list[tuple[tuple[str, ...], object, bool]] = []
        for keys, part, likely in level:
            if isinstance(part, Mapping) and not is_reference(part):
                inside = likely or (bool(keys) and keys[-1] in ("env", "vars", "headers"))
                below += [((*keys, str(key)), each, inside) for key, each in part.items()]
            elif isinstance(part, list):
                below += [((*keys, str(number)), each, likely) for number, each in enumerate(part)]
            elif isinstance(part, str) and not is_placeholder(part) and reference_in(part) is None:
                told = kind_of_key(keys[-1]) if keys else None
                sure = told is not None and (told[1] or is_likely(part))
                if sure or (likely and looks_secret(part)):
                    yield keys, part
        level = below


def _why_setting(keys: tuple[str, ...], secret: str, told: _Told) -> str:
    match keys:
        case ("models", "providers", provider, "apiKey"):
            reference = _put_setting(told, provider, secret)
            variable = usual_name(provider, told.known)
            return (
                f"kept as {reference}"
                if reference
                else f"needs key: set {variable}, then it is env:{variable}"
            )
        case ("env", "vars", name) | ("env", name):
            return f"needs key: set {clean(told.redactor.clean(name).text)[:80]} where agentos runs"
        case ("channels", *_):
            return CHANNEL
        case ("skills", "entries", name, *_):
            return "needs key: give it anew to whatever runs the skill"
    return UNUSED


def _of_variables(home: Home, path: str, told: _Told) -> Iterator[Piece]:
    """Each variable of a `.env` file that holds a secret, and the file."""
    try:
        found = dict(variables(home.text(path, _VARIABLES)))
    except Unreadable as problem:
        yield failed(path, problem.why)
        return
    count = 0
    for name, value in found.items():
        kind = kind_of_key(name)
        if not is_placeholder(value) and ((kind and kind[1]) or looks_secret(value)):
            count += 1
            reason = f"needs key: set {clean(name)} where agentos runs"
            yield told.piece(f"{path}/{name}", path, {"type": "variable"}, reason, value)
    if path.startswith("state/") or not count:
        yield skipped(
            path, f"variables with their values are not copied: {count} secret, {len(found) - count} other"
        )


def _named(home: Home, raw: Mapping[str, object]) -> set[str]:
    found = set(block(raw, "models", "providers"))
    for name, profile in block(raw, "auth", "profiles").items():
        found.add(provider_of(name, block({"it": profile}, "it")))
    found.update(_of_models(block(raw, "agents")))
    for path in stores(home):
        try:
            found.update(provider_of(name, each) for name, each in profiles(home, path).items())
        except Unreadable:
            continue  # `read` says so
    return {name for name in found if name.strip()}


def _of_models(value: object, depth: int = 0) -> Iterator[str]:
    """What stands before the slash of every text under `model`, `models`, `primary` or `fallbacks`."""
    if not isinstance(value, Mapping) or depth > 8:
        for each in value if isinstance(value, list) and depth <= 8 else ():
            yield from _of_models(each, depth + 1)
        return
    for key, inside in value.items():
        texts = inside if isinstance(inside, list) else [inside]
        if key in ("model", "primary", "fallbacks"):
            yield from (_before_slash(text) for text in texts if isinstance(text, str) and "/" in text)
        if key == "models" and isinstance(inside, Mapping):
            yield from (_before_slash(name) for name in inside if "/" in name)
        yield from _of_models(inside, depth + 1)


def _before_slash(model: str) -> str:
    return model.partition("/")[0].strip()


def _set_names(home: Home, raw: Mapping[str, object]) -> set[str]:
    """Names (never values) of the variables that the home sets: its `env` block and its `.env` files."""
    names = {name for name, value in block(raw, "env").items() if isinstance(value, str)}
    names.update(block(raw, "env", "vars"))
    for entry in home.all():
        if entry.problem is None and is_env_file(entry.name):
            try:
                names.update(name for name, _ in variables(home.text(entry.path, _VARIABLES)))
            except Unreadable:
                continue
    return names
