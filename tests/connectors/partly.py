"""Runs a connector's `feed` as a sync does: page after page, keeping records and cursors."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import cast

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Page, Skipped
from tests.connectors.vendor import NOW, Kept, ids, reaching, together


@dataclass(slots=True)
class Partly:
    """What was kept of the source `name` at `url` so far, and the cursors."""

    name: str
    url: str
    key: str = "key"
    options: Mapping[str, str] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    kept: Kept = field(init=False)

    def __post_init__(self) -> None:
        self.kept = Kept(CATALOGUE[self.name])

    def read(self, *, whole: bool, now: datetime = NOW, pages: int | None = None) -> list[Page]:
        """One read, or its first pages, after which it dies. One that ends leaves its lasting cursors."""
        feed = CATALOGUE[self.name].feed()
        found = []
        with (
            reaching(self.name, self.url, key=self.key, **self.options) as access,
            closing(cast("Generator[Page]", feed(replace(access, now=now), self.cursors, whole))) as source,
        ):
            for page in islice(source, pages):
                self.kept.take(page)
                self.cursors = {**self.cursors, **page.cursors, **page.lasting}
                found.append(page)
        if pages is None:
            self.cursors = {name: value for page in found for name, value in page.lasting.items()}
        return found

    def nouns(self) -> dict[str, tuple[list[str], list[Skipped]]]:
        """All that is made of what was kept, by kind, in an order of its own."""
        with reaching(self.name, self.url, key=self.key, **self.options) as access:
            made = together(CATALOGUE[self.name].derive()(self.kept.all(), access))
        return {kind: ids(each) for kind, each in made.items()}
