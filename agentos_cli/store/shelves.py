"""Where each kind of thing is put away: one shelf a kind, all within the transaction of the import."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from agentos_cli.belongings import Belonging
from agentos_cli.store.link import Link

SHELVES: dict[Belonging, str] = {
    Belonging.DOCUMENT: "documents:DocumentShelf",
    Belonging.PROFILE: "profiles:ProfileShelf",
    Belonging.KNOWLEDGE: "knowledge:KnowledgeShelf",
    Belonging.CHECK: "checkups:CheckupShelf",
    Belonging.SCHEDULE: "plans:PlanShelf",
    Belonging.SKILL: "skills:SkillShelf",
    Belonging.PROVIDER: "models:ProviderShelf",
    Belonging.ROUTE: "models:RouteShelf",
    Belonging.IDEA: "ideas:IdeaShelf",
    Belonging.SESSION: "sessions:SessionShelf",
    Belonging.ARCHIVE: "archives:ArchiveShelf",
}
"""By kind, the module of this room and the class in it, imported when something of the kind is there."""


class Shelf(Protocol):
    """One kind's place, within one transaction: `Shelf(link, tenant)`.

    `put` adds a thing or replaces the one of its key; `digest` is of all that a person could have changed
    since, as it stands now, None if nothing of that key is there; `remove` takes away all of it, also what
    was made for searching. `origin` says where it came from: `clawdbot:<install>/<path>`.
    """

    def __init__(self, link: Link, tenant: str) -> None: ...
    def put(self, thing: Any, origin: str, at: datetime) -> None: ...
    def digest(self, key: str) -> str | None: ...
    def remove(self, key: str) -> None: ...


def shelf(kind: Belonging, link: Link, tenant: str) -> Shelf:
    """The shelf of a kind."""
    module, _, name = SHELVES[kind].partition(":")
    return cast("Shelf", getattr(import_module(f"agentos_cli.store.{module}"), name)(link, tenant))
