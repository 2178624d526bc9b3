"""Skills as documents and as lines: what there is, what one says and needs, and what was odd in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class SkillItem(TypedDict):
    """A skill as it is listed. `key` names it alone; `place` is workspace, managed, plugin or extra; `agent`
    "" for all; `trust` local or registry; `shadowed_by` the key of the one that counts instead of it;
    `not_for` the agents that have one of their own in place of this shared one."""

    key: str
    name: str
    place: str
    agent: str
    description: str
    trust: str
    enabled: bool
    shadowed_by: str | None
    not_for: list[str]
    findings: list[str]


class SkillsDocument(TypedDict):
    """`agentos skills list|enable|disable`: `done` is what was done to these, None for a list; `shadowed`
    counts those that were left out since another counts, `more` those beyond the limit."""

    schema: str
    done: str | None
    skills: list[SkillItem]
    shadowed: int
    more: int


class SkillFileItem(TypedDict):
    """A further file of a skill; `why` it was not copied, if it was not."""

    path: str
    size: int
    why: str | None


class SkillDocument(TypedDict):
    """`agentos skills show`: `about` is what its front matter says beside the rest, `source` where it was got
    from, `path` where it lay, `lines` its text if that was asked for."""

    schema: str
    skill: SkillItem
    path: str
    origin: str | None
    at: str
    about: dict[str, object]
    source: dict[str, object]
    files: list[SkillFileItem]
    lines: list[str] | None


SHAPES: dict[str, type] = {
    "skills": SkillsDocument,
    "skill": SkillDocument,
}
"""Document name to its shape."""
NEEDS = ("requires", "primaryEnv", "os", "install")
NONE = "no skills: agentos migrate --from-clawdbot"


def listed(document: SkillsDocument) -> str:
    """Skills in rows, or what was done to one."""
    if document["done"] is not None:
        return "\n".join(clean.line(f"{s['key']} is {document['done']}") for s in document["skills"])
    if not document["skills"]:
        return NONE
    head = ("name", "state", "from", "look", "what it does")
    body = [(s["name"], state(s), _from(s), _odd(s), _short(s["description"])) for s in document["skills"]]
    lines = [rows(head, body)]
    if document["shadowed"]:
        lines.append(f"\n{document['shadowed']} more that do not count, since another has the name: --all")
    if document["more"]:
        lines.append(f"\n{document['more']} more: --limit {len(document['skills']) + document['more']}")
    return "\n".join(lines)


def state(skill: SkillItem) -> str:
    """Whether it may be used, or which one counts instead."""
    if skill["shadowed_by"] is not None:
        return f"shadowed by {skill['shadowed_by']}"
    told = "enabled" if skill["enabled"] else "disabled"
    return f"{told}, not for {', '.join(skill['not_for'])}" if skill["not_for"] else told


def shown(document: SkillDocument) -> str:
    """One skill for people."""
    skill = document["skill"]
    about = document["about"]
    told = [
        ("trust", f"{skill['trust']}{_got(document['source'])}"),
        ("from", document["origin"] or "here"),
        ("path", document["path"]),
        *(("needs", f"{name}: {_plain(about[name])}") for name in NEEDS if about.get(name)),
        *(("says", f"{name}: {_plain(value)}") for name, value in about.items() if name not in NEEDS),
        *(("look at", finding) for finding in skill["findings"]),
        *(("file", f"{file['path']}, {file['size']} B{_why(file['why'])}") for file in document["files"]),
    ]
    lines = [clean.line(f"{skill['key']} {state(skill)}"), clean.line(skill["description"]), ""]
    lines += pairs(told)
    if document["lines"] is not None:
        lines += ["", *map(clean.line, document["lines"])]
    return "\n".join(lines)


def pairs(told: Sequence[tuple[str, str]]) -> list[str]:
    """Words and what they stand before, aligned."""
    return [f"{word:<10}{clean.line(text)}" for word, text in told]


def _from(skill: SkillItem) -> str:
    whose = f"{skill['place']} of {skill['agent']}" if skill["agent"] else skill["place"]
    return whose if skill["trust"] == "local" else f"{whose}, {skill['trust']}"


def _odd(skill: SkillItem) -> str:
    return f"{len(skill['findings'])} odd" if skill["findings"] else ""


def _short(text: str) -> str:
    told = clean.line(text)
    return told if len(told) <= 60 else f"{told[:59].rstrip()}…"


def _got(source: Mapping[str, object]) -> str:
    told = [f"{name}: {value}" for name, value in source.items() if value is not None]
    return f" ({', '.join(told)})" if told else ""


def _why(why: str | None) -> str:
    return "" if why is None else f", not copied: {why}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
