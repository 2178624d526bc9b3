"""The skills of a house: found by name, shown, and let be used or not."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.renderers.skills import (
    SkillDocument,
    SkillItem,
    SkillsDocument,
)

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.store.skills import KeptSkill

EXCERPT = 80
"""Characters around a word that was found."""


def listing(house: App, everything: bool, limit: int) -> SkillsDocument:
    """The skills that count, by name; with `everything` those too that another stands before."""
    kept = house.store.skills().all()
    items = [_item(each, kept) for each in kept]
    wanted = [item for item in items if everything or item["shadowed_by"] is None]
    document = _document(None, wanted[:limit])
    document["shadowed"], document["more"] = len(items) - len(wanted), max(0, len(wanted) - limit)
    return document


def show(house: App, name: str, text: bool) -> SkillDocument:
    """Everything of one skill, named by its key or its name. Raises UsageProblem where it names none, or
    several."""
    kept = house.store.skills().all()
    key = _named(kept, name).skill.key
    found = house.store.skills().get(key)
    if found is None:
        raise _unknown(kept, name)
    skill = found.skill
    return {
        "schema": "agentos.skill/1",
        "skill": _item(found, kept),
        "path": skill.path,
        "origin": found.origin,
        "at": found.at.isoformat(timespec="seconds"),
        "about": dict(skill.metadata),
        "source": dict(skill.source),
        "files": [{"path": file.path, "size": file.size, "why": file.why} for file in skill.files],
        "lines": skill.text.splitlines() if text else None,
    }


def enable(house: App, name: str, despite_findings: bool) -> SkillsDocument:
    """Let a skill be used. Raises UsageProblem for one with findings, unless they are accepted, and for one
    that does not count."""
    kept = house.store.skills().all()
    found = _named(kept, name)
    item = _item(found, kept)
    if item["shadowed_by"] is not None:
        what = f"{clean.line(item['key'])} does not count: {clean.line(item['shadowed_by'])} does"
        raise UsageProblem(what, fix=f"agentos skills enable {item['shadowed_by']}")
    if item["findings"] and not despite_findings:
        raise UsageProblem(
            f"{len(item['findings'])} odd things were found in {clean.line(item['key'])}",
            fix=f"agentos skills show {item['key']} --text, and then --despite-findings",
        )
    house.store.skills().enable(found.skill.key, True)
    return _document("enabled", [{**item, "enabled": True}])


def disable(house: App, name: str) -> SkillsDocument:
    """Let a skill be used no more."""
    kept = house.store.skills().all()
    found = _named(kept, name)
    house.store.skills().enable(found.skill.key, False)
    return _document("disabled", [{**_item(found, kept), "enabled": False}])


def _document(done: str | None, items: list[SkillItem]) -> SkillsDocument:
    return {"schema": "agentos.skills/1", "done": done, "skills": items, "shadowed": 0, "more": 0}


def _named(kept: list[KeptSkill], name: str) -> KeptSkill:
    """The skill of this key, else the only one of this name, else the one of them that counts."""
    for each in kept:
        if each.skill.key == name:
            return each
    found = [each for each in kept if each.skill.name == name]
    counting = [each for each in found if _shadow(each, kept) is None] if len(found) > 1 else found
    if len(counting) == 1:
        return counting[0]
    if not found:
        raise _unknown(kept, name)
    keys = ", ".join(clean.line(each.skill.key) for each in counting or found)
    raise UsageProblem(f"{len(counting or found)} skills are called `{clean.line(name)[:40]}`", fix=keys)


def _unknown(kept: list[KeptSkill], name: str) -> UsageProblem:
    names = [told for each in kept for told in (each.skill.name, each.skill.key)]
    near = [clean.line(each) for each in get_close_matches(name, names, 3, 0.5)]
    fix = f"did you mean {', '.join(near)}?" if near else "agentos skills list --all"
    return UsageProblem(f"there is no skill called `{clean.line(name)[:40]}`", fix=fix)


def _shadow(each: KeptSkill, kept: list[KeptSkill]) -> str | None:
    """The key of the one that counts instead, if it is still there."""
    there = each.skill.shadowed_by
    return there if any(other.skill.key == there for other in kept) else None


def _own(name: str, kept: list[KeptSkill]) -> set[str]:
    """The agents that have a skill of this name of their own."""
    return {each.skill.agent for each in kept if each.skill.name == name and each.skill.agent}


def _item(each: KeptSkill, kept: list[KeptSkill]) -> SkillItem:
    skill = each.skill
    return {
        "key": skill.key,
        "name": skill.name,
        "place": skill.place,
        "agent": skill.agent,
        "description": skill.description,
        "trust": skill.trust,
        "enabled": skill.enabled,
        "shadowed_by": _shadow(each, kept),
        "not_for": [] if skill.agent else sorted(_own(skill.name, kept)),
        "findings": list(skill.findings),
    }
