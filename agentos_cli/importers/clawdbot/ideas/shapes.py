"""The shapes in which ideas were kept elsewhere, and the one idea that each of them means.

A garden (`dreams.json`) holds many, a vault a file for each, a page is Markdown with headings, and the intake
a list of notes. All become the same: a mapping of the names that the garden uses, of which `idea` makes an
Idea.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from agentos_cli.belongings import Idea

STAGES = ("seed", "germinating", "growing", "flowering", "bloom", "archived")
STEPS = (20, 40, 60, 80)
"""Below which strength an idea is a seed, germinating, growing, flowering; from the last on it blooms."""
TAGS = 20
"""Tags that an idea keeps: a garden that nobody weeded had hundreds, near-duplicates most of them."""
FIRST, LAST = 50, 150
"""Lines of a trail that are kept: how an idea began, and how it went on last."""
NOTES = ("evolution_notes", "evolution_trail", "trail")


@dataclass(frozen=True, slots=True)
class Found:
    """An idea as it was found: `shape` dream, vault, page or note; `line` where it begins in its file."""

    id: str
    shape: str
    said: Mapping[str, object]
    line: int | None = None


def in_json(value: object, stem: str) -> list[Found] | None:
    """The ideas in a JSON value, of whichever known shape; None if it has none of them. `stem`, the name of
    the file, stands for the id of an idea that has none."""
    if not isinstance(value, Mapping):
        return _listed(value) if isinstance(value, list) else None
    for key in ("dreams", "ideas"):
        inside = value.get(key)
        if isinstance(inside, Mapping) and all(isinstance(each, Mapping) for each in inside.values()):
            return [Found(_id(each, name), "dream", each) for name, each in inside.items()]
        if isinstance(inside, list) and (not inside or _listed(inside)):
            return _listed(inside) or []
    return [Found(_id(value, stem), "vault", value)] if is_idea(value) else None


def is_idea(value: object) -> bool:
    """Whether a JSON value is one idea: it has a title, and what only ideas have."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("title"), str)
        and any(key in value for key in ("essence", "evolution_count", "strength", "claims", "bloom_date"))
    )


def _listed(value: list[object]) -> list[Found] | None:
    found = [each for each in value if isinstance(each, Mapping) and is_idea(each)]
    if not found or len(found) < len(value):
        return None
    return [Found(_id(each, f"idea-{number}"), "dream", each) for number, each in enumerate(found, 1)]


def _id(value: Mapping[str, object], otherwise: str) -> str:
    said = value.get("id")
    known = str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""
    return known.strip() or otherwise


def in_page(text: str, stem: str) -> Found | None:
    """The idea of a Markdown page: its title, and what stands under `Essence`, `Context` and `Tags`. What
    stands under other headings, or under none, is context too. None for an empty page."""
    title, parts = "", [("", "")]
    for line in text.splitlines():
        heading = re.match(r"(#{1,6})\s+(.*?)\s*#*$", line)
        if heading and len(heading[1]) == 1 and not title:
            title = heading[2].strip()
        elif heading and len(heading[1]) == 2:
            parts.append((heading[2].strip(), ""))
        else:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]}{line}\n")
    told = {name.lower(): body.strip() for name, body in parts}
    rest = [
        f"{name}\n{body.strip()}".strip()
        for name, body in parts
        if name.lower() not in {"essence", "context", "tags"} and body.strip()
    ]
    context = "\n\n".join(filter(None, (told.get("context", ""), *rest)))
    if not (title or told.get("essence") or context):
        return None
    said = {"title": title or stem, "essence": told.get("essence", ""), "context": context}
    return Found(stem, "page", {**said, "tags": told.get("tags", "")})


def in_intake(text: str) -> list[Found]:
    """The ideas of an intake: each heading of the second or a lower level, or each point of a list that
    stands under none, or a paragraph; with everything that belongs to it. Nothing of the text is left out."""
    blocks: list[tuple[int, list[str]]] = []
    within, gap, fenced = False, True, False
    for number, line in enumerate(text.splitlines(), 1):
        heading = None if fenced else re.match(r"(#{1,6})\s+\S", line)
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        point = not within and not fenced and re.match(r"(?:[-*+]|\d+[.)])\s+\S", line)
        if heading and len(heading[1]) == 1:
            within, gap = False, True
        elif heading or point or (gap and not within and line.strip() and not line.startswith((" ", "\t"))):
            within = bool(heading) or within
            blocks.append((number, [line]))
            gap = False
        elif blocks and (line.strip() or within or fenced):
            blocks[-1][1].append(line)
            gap = False
        else:
            gap = True
    return [_note(number, lines) for number, lines in blocks]


def _note(number: int, lines: list[str]) -> Found:
    first = re.sub(r"^(?:#+|[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s*)?", "", lines[0]).strip().rstrip("#").strip()
    rest = "\n".join(lines[1:]).strip()
    title = first if len(first) <= 100 else f"{first[:99].rstrip()}…"
    essence = rest or (first if title != first else "")
    context = first if rest and title != first else ""
    name = sha256("\n".join((first, rest)).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Found(
        f"note-{name}", "note", {"title": title, "essence": essence, "context": context}, line=number
    )


# ── one idea ─────────────────────────────────────────────────────────────────────────────────────


def idea(key: str, shape: str, said: Mapping[str, object]) -> Idea:
    """The idea that was meant; whatever is missing or of another kind counts as not said."""
    strength = _strength(said.get("strength"))
    bloomed = instant(said.get("bloom_date"))
    tags, more = _tags(said.get("tags"))
    created = instant(said.get("created_at"))
    changes = [instant(said.get(key)) for key in ("updated_at", "last_evolved", "bridged_at")]
    known = [at for at in (created, bloomed, *changes) if at is not None]
    return Idea(
        id=key,
        title=_text(said.get("title")) or key,
        essence=_text(said.get("essence")),
        context=_text(said.get("context")),
        stage=_stage(said, strength, bloomed),
        strength=strength if strength is not None else 100 if bloomed else 0,
        tags=tags,
        connections=tuple(dict.fromkeys(_names(said.get("connections")))),
        source=_text(said.get("source")) or shape,
        trail=tuple(_trail(said, more)),
        claims=tuple(_claims(said.get("claims"))),
        created_at=created,
        changed_at=max(known, default=None),
    )


def _stage(said: Mapping[str, object], strength: int | None, bloomed: datetime | None) -> str:
    """What was said, else what the strength says. What is in the inbox of a vault has not begun to grow."""
    for key in ("stage", "status"):
        if (stage := _text(said.get(key)).lower()) in STAGES:
            return stage
    if strength is None:
        return "bloom" if bloomed else "seed"
    return next((STAGES[n] for n, step in enumerate(STEPS) if strength < step), "bloom")


def _strength(value: object) -> int | None:
    """From 0 to 1 there; from 0 to 100 here."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    return round(max(0, min(1, value)) * 100)


def _tags(value: object) -> tuple[tuple[str, ...], int]:
    """Tags with those that mean the same merged, at most TAGS; and how many others there were."""
    given = value.split(",") if isinstance(value, str) else _names(value)
    kept: dict[str, str] = {}
    for tag in given:
        told = re.sub(r"[\s_]+", "-", tag.strip().lstrip("#").strip().lower())
        if told:
            kept.setdefault(_singular(told), told)
    return tuple(kept.values())[:TAGS], max(0, len(kept) - TAGS)


def _singular(tag: str) -> str:
    for ending, instead in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss")):
        if tag.endswith(ending) and len(tag) > len(ending) + 1:
            return tag.removesuffix(ending) + instead
    return tag[:-1] if len(tag) > 3 and tag.endswith("s") and tag[-2] not in "sui" else tag


def _trail(said: Mapping[str, object], more_tags: int) -> Iterator[str]:
    """How it came to be what it is: the notes that were kept, then what the counts and dates say."""
    notes = [note for key in NOTES for note in _notes(said.get(key))]
    if len(notes) > FIRST + LAST:
        left = f"... {len(notes) - FIRST - LAST} lines in between were left out"
        notes = [*notes[:FIRST], left, *notes[-LAST:]]
    yield from notes
    evolved = said.get("evolution_count")
    if isinstance(evolved, int) and not isinstance(evolved, bool) and evolved > 0:
        yield f"evolved {evolved} time{'s' if evolved > 1 else ''} there"
    for key, words in (
        ("status", "its status there: "),
        ("confidence", "confidence there: "),
        ("last_evolved", "last evolved at "),
        ("bridged_at", "brought into the garden at "),
        ("bloom_date", "bloomed at "),
        ("content_hash", "content hash there: "),
    ):
        value = said.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            yield f"{words}{str(value).strip()[:200]}"
    if more_tags:
        yield f"{more_tags} more tags there were left out"


def _notes(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        parts = list(each.values()) if isinstance(each, Mapping) else [each]
        if text := ": ".join(filter(None, map(_text, parts))):
            yield text[:2_000]


def _claims(value: object) -> Iterator[Mapping[str, str]]:
    for each in value if isinstance(value, list) else ():
        claim = each if isinstance(each, Mapping) else {"text": each}
        if text := _text(claim.get("text")):
            source = _text(claim.get("source_note")) or _text(claim.get("source"))
            yield {"text": text, "type": _text(claim.get("type")), "source": source}


def _names(value: object) -> list[str]:
    found = value if isinstance(value, list) else []
    told = (each.get("id") if isinstance(each, Mapping) else each for each in found)
    return [name for name in map(_text, told) if name]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if isinstance(value, bool) or not isinstance(value, int | float) else str(value)


def instant(value: object) -> datetime | None:
    """An ISO date or time, which means UTC if it says no zone; or milliseconds since 1970."""
    try:
        if isinstance(value, str) and value.strip():
            told = datetime.fromisoformat(value.strip())
            return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value / 1_000 if value > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
