"""The idea garden of a house: looked at, searched, added to, and weeded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentos_cli.belongings import Idea
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.renderers.ideas import DreamDocument, DreamItem, DreamsDocument

if TYPE_CHECKING:
    from datetime import datetime

    from agentos_cli.app import App
    from agentos_cli.store.ideas import KeptIdea

STAGES = ("seed", "germinating", "growing", "flowering", "bloom", "archived")


def listing(house: App, stage: str | None, tag: str | None, limit: int) -> DreamsDocument:
    """The ideas of a stage (all but the archived ones, if none is named) and a tag, the strongest first.

    Raises UsageProblem for a stage that there is not."""
    if stage is not None and stage not in STAGES:
        raise UsageProblem(f"there is no stage `{clean.line(stage)[:40]}`", fix=f"one of {', '.join(STAGES)}")
    found = [
        kept.idea
        for kept in house.store.ideas().all()
        if (kept.idea.stage == stage if stage else kept.idea.stage != "archived")
        and (tag is None or tag.casefold() in kept.idea.tags)
    ]
    document = _document(None, found[:limit])
    document["more"] = max(0, len(found) - limit)
    return document


def show(house: App, name: str) -> DreamDocument:
    """Everything of one idea, named by its id or a beginning of it. Raises UsageProblem where there is none,
    or more than one."""
    kept = _named(house, name)
    idea = kept.idea
    return {
        "schema": "agentos.dream/1",
        "dream": _item(idea),
        "essence": idea.essence,
        "context": idea.context,
        "source": idea.source,
        "created_at": _told(idea.created_at),
        "connections": list(idea.connections),
        "claims": [
            {"text": c.get("text", ""), "type": c.get("type", ""), "source": c.get("source", "")}
            for c in idea.claims
        ],
        "trail": list(idea.trail),
        "origin": kept.origin,
    }


def add(house: App, title: str, essence: str, tags: Sequence[str]) -> DreamsDocument:
    """Keep an idea, as a seed. Raises UsageProblem for one without words."""
    told = " ".join(title.split())
    if not told:
        raise UsageProblem("an idea needs a title", fix="agentos dreams add 'What could be'")
    named = tuple(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))
    now = house.clock()
    slug = _slug(told)
    idea = Idea(slug, told, essence.strip(), tags=named, source="added here", created_at=now, changed_at=now)
    number = 1
    while not house.store.ideas().add(idea, now):
        number += 1
        idea = replace(idea, id=f"{slug}-{number}")
    return _document("added", [idea])


def archive(house: App, name: str) -> DreamsDocument:
    """Lay an idea aside. Raises UsageProblem where there is none."""
    kept = _named(house, name)
    house.store.ideas().archive(kept.idea.id, f"archived on {house.today.isoformat()}", house.clock())
    found = house.store.ideas().get(kept.idea.id)
    return _document("archived", [found.idea if found else kept.idea])


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "idea"


def _named(house: App, name: str) -> KeptIdea:
    exact = house.store.ideas().get(name)
    if exact is not None:
        return exact
    ids = [kept.idea.id for kept in house.store.ideas().all()]
    begun = [each for each in ids if name and each.startswith(name)]
    found = house.store.ideas().get(begun[0]) if len(begun) == 1 else None
    if found is not None:
        return found
    if begun:
        many = f"{len(begun)} ideas begin with `{clean.line(name)[:40]}`"
        raise UsageProblem(many, fix=", ".join(map(clean.line, begun[:5])))
    near = [clean.line(each) for each in get_close_matches(name, ids, 3, 0.5)]
    fix = f"did you mean {', '.join(near)}?" if near else "agentos dreams list"
    raise UsageProblem(f"there is no idea `{clean.line(name)[:40]}`", fix=fix)


def _document(done: str | None, ideas: Sequence[Idea]) -> DreamsDocument:
    return {"schema": "agentos.dreams/1", "done": done, "dreams": list(map(_item, ideas)), "more": 0}


def _item(idea: Idea) -> DreamItem:
    return {
        "id": idea.id,
        "title": idea.title,
        "stage": idea.stage,
        "strength": idea.strength,
        "tags": list(idea.tags),
        "changed_at": _told(idea.changed_at),
    }


def _told(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
