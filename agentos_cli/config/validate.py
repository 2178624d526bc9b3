"""Check settings with pydantic-settings, and say what is wrong as file, line, and nearest valid key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError, create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, InitSettingsSource, SettingsConfigDict

from agentos_cli.config.duties import is_time, unsound_duties
from agentos_cli.config.model import Settings
from agentos_cli.errors import DataProblem
from agents.limits import Limit
from agents.report import Good

Layer = tuple[str, dict[str, Any]]
SLOWEST, QUICKEST = 0.01, 10_000.0
"""What `sync.rate` may be, in calls a second."""


class _Base(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="AGENTOS_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )


def _model() -> type[_Base]:
    """The pydantic-settings model of `Settings`: the same sections, types and defaults."""
    hints = get_type_hints(Settings)
    parts: dict[str, Any] = {f.name: (hints[f.name], getattr(Settings(), f.name)) for f in fields(Settings)}
    return create_model("Checked", __base__=_Base, **parts)


def validated(
    texts: Mapping[Path, str], environ: Mapping[str, str], sources: Collection[str] = ()
) -> tuple[Settings, dict[str, str]]:
    """Settings from file texts (weakest first) and environment, and each key's origin. `sources` are the
    names that `sync.life` and `sync.rate` may hold; none: any.

    Raises DataProblem: `what` is the first problem in one line, `detail` the others, one line each.
    """
    layers = [(str(path), _parsed(path, text)) for path, text in texts.items()]
    model = _model()
    env = _environment(model, environ)
    if env:
        layers.append(("environment", env))
    merged: dict[str, Any] = {}
    for _, data in layers:
        merged = _over(merged, data)
    problems: list[str] = []
    try:
        checked = _only_given(model)(**merged)
    except ValidationError as error:
        problems = [_sentence(e, layers, texts) for e in error.errors(include_input=False, include_url=False)]
        raise _refusal(problems) from None
    settings = Settings(**{f.name: getattr(checked, f.name) for f in fields(Settings)})
    if problems := [f"{_where(key, layers, texts)}{why}" for key, why in unsound(settings, sources)]:
        raise _refusal(problems)
    return settings, {key: origin for origin, data in layers for key in _dotted(data)}


def unsound(settings: Settings, sources: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """What types cannot say: (dotted key, one sentence) for each value that makes no sense."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", settings.tenant):
        yield "tenant", "must be lower-case letters, digits and dashes"
    if not re.fullmatch(r"[A-Z]{3}", settings.company.currency):
        yield "company.currency", "must be three capital letters, such as USD"
    if settings.company.timezone and not _is_zone(settings.company.timezone):
        yield "company.timezone", "is no time zone; use a name such as Europe/Berlin"
    url = settings.store.url
    if url and not url.startswith(("sqlite:///", "postgresql://")):
        yield "store.url", "must start with sqlite:/// or postgresql://"
    elif url.startswith("postgresql://") and urlsplit(url).password:
        yield "store.url", 'must not hold the password; set store.password = "env:NAME"'
    if settings.store.password and not re.match(r"(env|file|credential|keyring):.", settings.store.password):
        yield "store.password", "must be a reference such as env:NAME, never the password itself"
    yield from _unsound_syncing(settings, sources)
    for at, level in settings.energy.curve.items():
        if not is_time(at) or not 0 <= level <= 100:
            yield "energy.curve", 'must map times to levels from 0 to 100, such as "09:00" = 80'
    yield from unsound_duties(settings)
    yield from _unsound_policy(settings)
    yield from _unsound_limits(settings)


def _each(key: str, values: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return ((f"{key}.{name}", value) for name, value in values.items())


def _unsound_syncing(settings: Settings, sources: Collection[str]) -> Iterator[tuple[str, str]]:
    sync = settings.sync
    for key, seconds in (("sync.deadline", sync.deadline), ("sync.patience", sync.patience)):
        if seconds <= 0:
            yield key, "must be more than 0 seconds"
    for key, hours in (
        ("sync.full_every", sync.full_every),
        *_each("sync.full_every_of", sync.full_every_of),
    ):
        if hours < 0:
            yield key, "must not be negative"
    named: tuple[tuple[str, Collection[str]], ...] = (
        ("sync.life", sync.life), ("sync.rate", sync.rate), ("sync.full_every_of", sync.full_every_of),
    )  # fmt: skip
    for key, names in named:
        for source in names:
            if sources and source not in sources:
                near = difflib.get_close_matches(source, sources, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"choose from {', '.join(sources)}"
                yield f"{key}.{source}", f"there is no such source; {hint}"
    for source, minutes in settings.sync.life.items():
        if minutes < 0:
            yield f"sync.life.{source}", "must not be negative"
    for source, rate in settings.sync.rate.items():
        if not SLOWEST <= rate <= QUICKEST:
            yield f"sync.rate.{source}", f"must be from {SLOWEST:g} to {QUICKEST:g} calls a second"


def _unsound_policy(settings: Settings) -> Iterator[tuple[str, str]]:
    policy = settings.policy
    for name in ("gross_margin", "churn_limit", "concentration_limit", "absence_limit", "usage_drop"):
        if not 0 < getattr(policy, name) <= 1:
            yield f"policy.{name}", "must be a fraction above 0, up to 1"
    for name in ("burn_months", "win_rate_days", "capacity_weeks", "lead_days", "renewal_days", "sla_limit"):
        if getattr(policy, name) < 1:
            yield f"policy.{name}", "must be at least 1"
    if not 0 <= policy.workday_start < policy.workday_end <= 24:
        yield "policy.workday_end", "must be after policy.workday_start, and both from 0 to 24"
    for name, weighed in (("weights", policy.weights), ("health", policy.health)):
        weights = [getattr(weighed, f.name) for f in fields(weighed)]
        if any(w < 0 for w in weights) or abs(sum(weights) - 1) > 1e-6:
            yield f"policy.{name}", f"must not be negative and must sum to 1, not {sum(weights):g}"


def _unsound_limits(settings: Settings) -> Iterator[tuple[str, str]]:
    if not settings.metrics:
        return
    from agents.definitions import CATALOGUE, definition_of

    for key, limit in settings.metrics.items():
        definition = definition_of(key)
        if definition is None:
            near = difflib.get_close_matches(key, CATALOGUE, 1, 0.5)
            hint = f"did you mean `{near[0]}`?" if near else "see `agentos metrics list`"
            yield f"metrics.{key}", f"there is no such metric; {hint}"
            continue
        for name in ("goal", "watch", "act"):
            if not isfinite(getattr(limit, name) or 0):
                yield f"metrics.{key}.{name}", "must be a number"
        if limit.watch is None or limit.act is None:
            continue
        if definition.good is Good.UP and limit.act > limit.watch:
            yield f"metrics.{key}.act", "must not be above watch, since up is good here"
        if definition.good is not Good.UP and limit.act < limit.watch:
            yield f"metrics.{key}.act", "must not be below watch, since up is not good here"


def _only_given(model: type[_Base]) -> type[_Base]:
    """The model fed by what it is handed and nothing else: layering is done, and seen, above."""

    class Given(model):  # type: ignore[misc, valid-type]
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], init_settings: InitSettingsSource, **_: Any
        ) -> tuple[InitSettingsSource]:
            return (init_settings,)

    return Given


def _environment(model: type[_Base], environ: Mapping[str, str]) -> dict[str, Any]:
    source = EnvSettingsSource(model, case_sensitive=False)
    source.env_vars = {name.lower(): value for name, value in environ.items()}
    try:
        return source()
    except ValueError as error:
        raise DataProblem(f"environment: {error}", fix="agentos config show --origin") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataProblem(f"{path}: not valid TOML: {error}", fix=f"edit {path}") from None


def _over(under: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in top.items():
        below = merged.get(key)
        merged[key] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _dotted(data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
        yield f"{prefix}{key}"


def _sentence(error: Any, layers: list[Layer], texts: Mapping[Path, str]) -> str:
    keys = [str(part) for part in error["loc"] if not str(part).startswith("function-")]
    dotted = ".".join(keys)
    place = _where(dotted, layers, texts)
    if error["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        near = difflib.get_close_matches(keys[-1], known_keys(".".join(keys[:-1])), 1, 0.5)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return f"{place}unknown key `{keys[-1]}`{hint}"
    if error["type"] in {"dataclass_type", "dict_type"} and known_keys(dotted):
        return f"{place}is a section, written as [{dotted}]"
    return f"{place}{error['msg'].replace('Input should be', 'must be')}"


def known_keys(section: str) -> list[str]:
    """The keys that a dotted section of the settings may hold; an empty list for no such section."""
    if re.fullmatch(r"metrics\.[^.]+", section):
        return [f.name for f in fields(Limit)]
    value: Any = Settings()
    for part in section.split(".") if section else []:
        value = getattr(value, part, None)
    return [f.name for f in fields(value)] if hasattr(value, "__dataclass_fields__") else []


def _where(dotted: str, layers: list[Layer], texts: Mapping[Path, str]) -> str:
    for origin, data in reversed(layers):
        if dotted in set(_dotted(data)):
            text = texts.get(Path(origin))
            line = _line(text, dotted) if text is not None else None
            return f"{origin}{f', line {line}' if line else ''}: {dotted}: "
    return f"{dotted}: "


def _line(text: str, dotted: str) -> int | None:
    """The line that sets `dotted`, or opens its table; found by reading the text as people do."""
    section = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if header := re.fullmatch(r"\[([^\[\]]+)\]\s*(#.*)?", line):
            section = header[1].replace(" ", "").replace('"', "") + "."
            if section[:-1] == dotted:
                return number
        elif (key := re.match(r'"?([\w.:-]+)"?\s*=', line)) and f"{section}{key[1]}" == dotted:
            return number
    return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _refusal(problems: list[str]) -> DataProblem:
    more = "\n".join(problems[1:]) or None
    return DataProblem(problems[0], fix="agentos config validate", detail=more)
