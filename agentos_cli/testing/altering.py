"""Alters what a vendor answers on its way to the connector, so that a test can see what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentos_cli.contract import Raw
from agentos_cli.http import Http

Alter = Callable[[object], object]
"""Takes the JSON of an answer and gives another."""
Keep = Callable[[Raw], Raw]


class Altered(Http):
    """The way to a vendor that alters every answer read by `json`."""

    alter: Alter | None = None

    def json(self, *args: Any, **more: Any) -> object:
        """As `Http.json`, altered."""
        found = super().json(*args, **more)
        return found if self.alter is None else self.alter(found)


def without_undeclared(streams: Mapping[str, tuple[Sequence[object], Keep]]) -> Alter:
    """Leaves of every record of a sample only what its stream declares."""

    def alter(value: object) -> object:
        for records, keep in streams.values():
            if isinstance(value, Mapping) and value in records:
                return keep(value)
        if isinstance(value, Mapping):
            return {key: alter(each) for key, each in value.items()}
        return [alter(each) for each in value] if isinstance(value, list) else value

    return alter


def with_strangers(records: Sequence[object], strangers: Sequence[Raw]) -> Alter:
    """Adds `strangers` to every list that has some of these records."""

    def alter(value: object) -> object:
        if isinstance(value, list) and any(each in records for each in value):
            return [*value, *strangers]
        if isinstance(value, Mapping):
            return {key: alter(each) for key, each in value.items()}
        return [alter(each) for each in value] if isinstance(value, list) else value

    return alter
