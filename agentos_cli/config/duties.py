"""What types cannot say of the settings of what the house does by itself: quiet hours, checks, events."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import time
from math import isfinite
from urllib.parse import urlsplit

from agentos_cli.config.model import CheckRule, Settings

OPERATORS = (">", ">=", "<", "<=")
PRIORITIES = ("low", "normal", "high", "critical")
REFERENCE = re.compile(r"(env|file|credential|keyring):.")


def is_time(text: str) -> bool:
    """Whether it is a time of day, such as 22:00."""
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def unsound_duties(settings: Settings) -> Iterator[tuple[str, str]]:
    """(dotted key, one sentence) for each value that makes no sense."""
    quiet = settings.quiet
    if quiet.start and not is_time(quiet.start):
        yield "quiet.start", "must be a time of day, such as 22:00"
    if not is_time(quiet.end):
        yield "quiet.end", "must be a time of day, such as 07:00"
    if settings.events.keep < 1:
        yield "events.keep", "must be at least 1 day"
    if settings.heartbeat.anomaly <= 0:
        yield "heartbeat.anomaly", "must be more than 0"
    if settings.heartbeat.disk_mb < 0:
        yield "heartbeat.disk_mb", "must not be negative"
    yield from _unsound_addresses(settings)
    for name, rule in settings.checks.items():
        yield from ((f"checks.{name}{key}", why) for key, why in _unsound_check(name, rule))


def _unsound_addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    redis, ping = settings.events.redis, settings.schedule.ping
    if redis and not redis.startswith(("redis://", "rediss://", "unix://")):
        yield "events.redis", "must start with redis://, rediss:// or unix://"
    elif redis and urlsplit(redis).password:
        yield "events.redis", 'must not hold the password; set events.redis_password = "env:NAME"'
    if settings.events.redis_password and not REFERENCE.match(settings.events.redis_password):
        yield "events.redis_password", "must be a reference such as env:NAME, never the password itself"
    if ping and not ping.startswith(("https://", "http://")):
        yield "schedule.ping", "must start with https:// or http://"


def _unsound_check(name: str, rule: CheckRule) -> Iterator[tuple[str, str]]:
    from agents.definitions import CATALOGUE, definition_of

    if not re.fullmatch(r"[a-z0-9_]{1,40}", name):
        yield "", "must be named in lower-case letters, digits and underscores, 40 at most"
    if definition_of(rule.metric) is None:
        near = difflib.get_close_matches(rule.metric, CATALOGUE, 1, 0.5)
        hint = f"did you mean `{near[0]}`?" if near else "see `agentos metrics list`"
        yield ".metric", f"there is no such metric; {hint}"
    if rule.operator not in OPERATORS:
        yield ".operator", f"must be one of {', '.join(OPERATORS)}"
    if not isfinite(rule.limit):
        yield ".limit", "must be a number"
    if not rule.hours >= 0:
        yield ".hours", "must not be negative"
    if rule.priority not in PRIORITIES:
        yield ".priority", f"must be one of {', '.join(PRIORITIES)}"
