"""Looks for words in everything that is kept, or in one room of it, and says how to see the whole."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentos_cli.belongings import Belonging
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.store.passages import Found, Term, folded, terms

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.renderers.found import FoundDocument, FoundItem

ROOMS: dict[str, tuple[Belonging, str]] = {
    "knowledge": (Belonging.KNOWLEDGE, "agentos knowledge show {thing}:{part}"),
    "documents": (Belonging.DOCUMENT, "agentos workspace show {thing}"),
    "sessions": (Belonging.SESSION, "agentos sessions show {thing}"),
    "skills": (Belonging.SKILL, "agentos skills show {thing} --text"),
    "dreams": (Belonging.IDEA, "agentos dreams show {thing}"),
}
"""What people call the rooms, and the command that shows what was found there."""
ALSO = {"workspace": "documents", "ideas": "dreams"}
WIDTH = 200
"""Characters of text around what was found."""
FAR = 200_000
"""Characters of one text that are looked through for the best place to show."""
MOST_PLACES = 200
WORD = re.compile(r"[^\W_]+")


def everywhere(house: App, words: str, within: str | None, limit: int) -> FoundDocument:
    """The best so many places in these rooms (`knowledge,sessions`), or in all. Raises UsageProblem for a
    room that there is not."""
    names = list(dict.fromkeys(_room(name) for name in within.split(",") if name.strip())) if within else []
    return found(house, words, [ROOMS[name][0] for name in names or ROOMS], limit)


def found(house: App, words: str, rooms: Sequence[Belonging], limit: int) -> FoundDocument:
    """The best so many places in these rooms."""
    places = house.store.search(words, rooms, limit)
    days = _days(house, places)
    items = [_item(place, words, days.get((place.room, place.thing, place.part))) for place in places]
    return {"schema": "agentos.found/1", "words": words, "rooms": list(map(str, rooms)), "found": items}


def snippet(text: str, words: str, width: int = WIDTH) -> tuple[str, list[list[int]]]:
    """Some of a text in one line, around where most of the words are, and the places of the words in it."""
    asked = [term for term in terms(words) if term.wanted]
    begin = _best(text[:FAR], asked, width)
    # a little more than fits, since gaps become shorter in one line
    told = clean.line(text[begin : begin + 2 * width])[:width]
    return told, [list(place) for place in _places(told, asked)]


def _item(place: Found, words: str, day: str | None) -> FoundItem:
    told, marks = snippet(place.text, words)
    show = next(show for room, show in ROOMS.values() if room == place.room)
    return {
        "room": place.room,
        "thing": place.thing,
        "part": place.part,
        "title": place.title,
        "day": day,
        "text": told,
        "marks": marks,
        "open": show.format(thing=shlex.quote(clean.line(place.thing)), part=place.part),
    }


def _days(house: App, places: Sequence[Found]) -> dict[tuple[str, str, int], str]:
    """The day of each place that has one, in the company's zone."""
    known = [(place.thing, place.part) for place in places if place.room == Belonging.KNOWLEDGE]
    days = {place: day.isoformat() for place, day in house.store.knowledge().days(known).items()}
    sessions = {place.thing for place in places if place.room == Belonging.SESSION}
    began = {
        kept.key: kept.began_at.astimezone(house.zone).date().isoformat()
        for kept in house.store.sessions().of(sessions)
        if kept.began_at is not None
    }
    told = ((place, days.get((place.thing, place.part)) or began.get(place.thing)) for place in places)
    return {(place.room, place.thing, place.part): day for place, day in told if day}


def _room(name: str) -> str:
    asked = name.strip().lower()
    one = next((room for room in (*ROOMS, *ALSO) if asked in (room, room.removesuffix("s"))), None)
    if one is None:
        near = get_close_matches(asked, (*ROOMS, *ALSO), 1)
        fix = f"--in {near[0]}" if near else f"--in {','.join(ROOMS)}"
        raise UsageProblem(f"there is no room `{clean.line(name)[:40]}` to search", fix=fix)
    return ALSO.get(one, one)


def _best(text: str, asked: Sequence[Term], width: int) -> int:
    """Where to begin, so that as many of the words as can be are within `width`; early rather than late."""
    places = []
    for place in _places(text, asked):
        places.append(place)
        if len(places) == MOST_PLACES:
            break
    best = max(
        places,
        key=lambda first: (
            len({text[a:b].lower() for a, b in places if first[0] <= a < first[0] + width}),
            -first[0],
        ),
        default=(0, 0),
    )
    begin = max(0, best[0] - width // 4)
    blank = re.search(r"\s", text[begin : best[0]]) if begin else None
    return begin + blank.end() if blank else begin


def _places(text: str, asked: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """Where the words are in a text, in order, without one within another."""
    exact = {word for term in asked for word in term.words[: -1 if term.begins else None]}
    begins = tuple(term.words[-1] for term in asked if term.begins)
    inside = [term.raw for term in asked if term.unspaced]
    for match in re.finditer("|".join([*map(re.escape, inside), WORD.pattern]), text):
        word = folded(match[0]).strip()
        if match[0] in inside or word in exact or (begins and word.startswith(begins)):
            yield match.span()
