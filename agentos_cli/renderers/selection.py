"""What a briefing shows of all that it holds: the limits, the warnings on top, the quiet day."""

from __future__ import annotations

from dataclasses import dataclass

from agentos_cli.renderers import words
from agentos_cli.renderers.shapes import (
    AgentItem,
    AlertItem,
    BlindSpotItem,
    BriefDocument,
    DecisionItem,
    FreshnessItem,
    NumberItem,
    RecommendationItem,
    RiskItem,
)

DECISIONS, NUMBERS, RISKS, WARNINGS, EVIDENCE, RELATED, RESTATED, MEETINGS = 3, 5, 3, 3, 10, 5, 8, 3


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that could not be seen: `what` it is, `why`, and the command that mends it."""

    what: str
    why: str
    fix: str | None


@dataclass(frozen=True, slots=True)
class Extra:
    """A section of plain lines that not every brief has."""

    title: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn. `hidden` says what is not, like `7 priorities`; nothing is hidden with `--all`."""

    warnings: list[Notice]
    more_warnings: int
    decisions: list[DecisionItem]
    numbers: list[NumberItem]
    risks: list[RiskItem]
    alerts: list[AlertItem]
    agents: list[AgentItem]
    unseen: list[str]
    extras: list[Extra]
    hidden: list[str]
    everything: bool


def select(document: BriefDocument, *, everything: bool) -> Shown:
    """The top of everything, or everything."""
    all_warnings = warnings(document["blind_spots"], document["failed"], document["reports"])
    if everything:
        return Shown(
            all_warnings,
            0,
            document["decisions"],
            document["numbers"],
            document["risks"],
            document["alerts"],
            document["reports"],
            document["unseen"],
            _extras(document, everything=True),
            [],
            True,
        )
    left_out = (
        (len(document["decisions"]) - DECISIONS, "priority"),
        (len(document["numbers"]) - NUMBERS, "number"),
        (len(document["risks"]) - RISKS, "risk"),
        (len(document["alerts"]), "alert"),
        (len(_restated(document)) - RESTATED, "restated figure"),
        (len(document.get("today") or []) - MEETINGS, "meeting"),
    )
    return Shown(
        all_warnings[:WARNINGS],
        max(0, len(all_warnings) - WARNINGS),
        document["decisions"][:DECISIONS],
        document["numbers"][:NUMBERS],
        document["risks"][:RISKS],
        [],
        [],
        [],
        _extras(document, everything=False),
        [words.count(number, noun) for number, noun in left_out if number > 0],
        False,
    )


def _restated(document: BriefDocument) -> list[str]:
    """The figures that are known otherwise now than on the day, as far as that can be told apart."""
    figures = document["restated"]["figures"] if document["restated"] else []
    return [figure["text"] for figure in figures if figure["then_text"] != figure["now_text"]]


def _extras(document: BriefDocument, *, everything: bool) -> list[Extra]:
    """The sections that only some briefs have, each with its first lines, or with everything."""
    found, today, restated = [], document.get("today"), document["restated"]
    if today is not None:
        lines = [item["text"] for item in today[: None if everything else MEETINGS]]
        found.append(Extra("Today", lines or ["Nothing in the calendar."]))
    if restated is not None:
        changed = _restated(document)[: None if everything else RESTATED]
        title = f"Restated, as known {restated['known_text']}"
        found.append(Extra(title, changed or ["No figure is known otherwise now."]))
    return found


def warnings(spots: list[BlindSpotItem], failed: list[str], agents: list[AgentItem]) -> list[Notice]:
    """Agents that broke, then data that is old or not there, each with what mends it."""
    errors = {item["agent"]: item["error"] or "" for item in agents}
    broken = [
        Notice(f"{name} failed", errors.get(name, "").rstrip(". "), f"agentos agents check {name}")
        for name in failed
    ]
    return broken + [Notice(spot["text"], spot["why"], spot["fix"]) for spot in spots]


def notices(document: BriefDocument) -> list[str]:
    """What is said of the brief itself; one that was kept by an older program says nothing."""
    return document.get("notices") or []


def is_quiet(document: BriefDocument) -> bool:
    """Nothing to decide, nothing at risk, nothing past a limit, nothing unseen, and nobody to meet."""
    found = (
        document["decisions"],
        document["risks"],
        document["alerts"],
        document["blind_spots"],
        document["failed"],
        document.get("today"),
    )
    return not any(found) and all(n["status"] in {"ok", "none"} for n in document["numbers"])


def oldest(numbers: list[NumberItem]) -> str | None:
    """The age of the oldest data behind the figures, or None if some age is not known."""
    ages = [(n["freshness"]["synced_at"], n["freshness"]["age"]) for n in numbers]
    known = [(instant, age) for instant, age in ages if instant is not None]
    return min(known)[1] if known and len(known) == len(ages) else None


def evidence(finding_id: str, refs: list[str], records: int) -> tuple[list[str], str]:
    """The first of so many records behind a finding, and where the others are."""
    more = records - len(refs[:EVIDENCE])
    rest = f"{more} more: agentos show {finding_id} --json" if more > 0 else ""
    return refs[:EVIDENCE], rest


def related(item: RecommendationItem) -> list[str]:
    """What else there is to do, for a short list; a long one ends with how many more there are."""
    titles = item["related"]
    more = len(titles) - RELATED
    return [*titles[:RELATED], f"{more} more"] if more > 0 else titles


def quiet_checks(document: BriefDocument) -> str:
    """`11 checks quiet`, and how many could not be made."""
    said = f"{words.count(document['quiet'], 'check')} quiet"
    blind = len(document["unseen"])
    return f"{said}, {blind} could not be made" if blind else said


def stale(fresh: FreshnessItem) -> str:
    """`stale 24h`; `incomplete 2h` or `no data` where a part was never read; nothing for fresh data."""
    if fresh["state"] == "fresh":
        return ""
    if fresh["age"] is None:
        return "no data"
    return f"{'stale' if fresh['state'] == 'stale' else 'incomplete'} {fresh['age']}"
