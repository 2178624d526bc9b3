"""Each morning's forecasts: made once a day, scored when their day has come, and shown with their record."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from agentos_cli.errors import UsageProblem
from agentos_cli.redaction import redact
from agentos_cli.store.forecasts import Kept
from agentos_cli.store.store import Store
from agentos_cli.telemetry import notice

if TYPE_CHECKING:
    from agents.forecasting.forecast import Method
    from agents.forecasting.scores import Score
    from agents.nouns import Noun
    from agents.snapshot import Snapshot

GIVEN_UP = timedelta(days=90)
"""How long after its day a forecast may still be scored; what is not known by then is not asked again."""


def morning(store: Store, today: date, see: Callable[[Collection[type[Noun]]], Snapshot]) -> None:
    """Score what has become due, then record what this morning expects, unless today's is recorded already:
    the first forecast of a day stands, so that none gets better afterwards. Raises nothing."""
    try:
        if not store.forecasts().made(today):
            _keep(store, see)
    except Exception as problem:  # the brief is out; nothing in here may take it back
        told = redact(f"{type(problem).__name__}: {problem}".splitlines()[0])[:200]
        notice(f"this morning's forecasts could not be kept: {told}")


def _keep(store: Store, see: Callable[[Collection[type[Noun]]], Snapshot]) -> None:
    from agents.forecasting.catalogue import READS, outcomes, predict

    snapshot, kept = see(READS), store.forecasts()
    waiting = (one.forecast for one in kept.open(snapshot.today - GIVEN_UP))
    scored = list(outcomes(snapshot, waiting))
    kept.keep(predict(snapshot), scored, snapshot.as_of)


def newest(store: Store, at: datetime, methods: Collection[str]) -> list[Kept]:
    """What these methods said last by an instant."""
    return [kept for kept in store.forecasts().newest(at) if kept.forecast.method in methods]


def records(store: Store, at: datetime, methods: Iterable[Method]) -> list[Score]:
    """How these methods had done by an instant."""
    from agents.forecasting.scores import score

    scored = [(k.forecast, k.outcome) for k in store.forecasts().scored(at) if k.outcome is not None]
    return [score(method, scored) for method in methods]


def chosen(key: str | None) -> list[Method]:
    """The method with this key, or all of them. Raises UsageProblem for a key that none has."""
    from agents.forecasting.catalogue import METHODS

    if key is None:
        return list(METHODS.values())
    found = METHODS.get(key.strip().lower())
    if found is None:
        near = difflib.get_close_matches(key.lower(), METHODS, 1)
        fix = f"--method {near[0]}" if near else "agentos forecast methods"
        raise UsageProblem(f"there is no method `{key[:40]}`", fix=fix)
    return [found]
