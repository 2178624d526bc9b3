"""`agentos dreams`: ideas are added, found, looked at, and laid aside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agentos_cli.belongings import Idea
from agentos_cli.store.ideas import IdeaShelf
from agentos_cli.store.link import transaction
from agentos_cli.store.store import Store
from tests.cli.program import Program
from tests.cli.test_documents import check

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)
CLUB = Idea(
    id="bread-club",
    title="Bread \x1b[31mclub",
    essence="Pay monthly.\nCollect weekly.",
    context="Regulars",
    stage="bloom",
    strength=90,
    tags=("revenue", "regulars"),
    connections=("night-oven",),
    source="manual",
    trail=("began as a remark",),
    claims=({"text": "Idle for 14 hours", "type": "quantitative", "source": "oven log"},),
    created_at=NOW,
    changed_at=NOW,
)


@pytest.fixture
def garden(program: Program) -> Program:
    """A home with one idea that was brought over."""
    assert program("dreams", "list").out == "no ideas: agentos dreams add 'What could be'\n"
    store = Store(f"sqlite:///{program.database}", "default")
    with transaction(store._database, write=True) as link:
        IdeaShelf(link, "default").put(CLUB, "clawdbot:abc/workspace/state/dreams.json", NOW)
    return program


def ids(program: Program, *words: str) -> list[str]:
    document = program("dreams", "list", "--json", *words).json()
    check(document, "dreams")
    return [dream["id"] for dream in document["dreams"]]


def test_an_idea_that_is_added_is_a_seed(garden: Program) -> None:
    done = garden("dreams", "add", "  Rent the öven! ", "--essence", "At night", "--tag", "Assets")
    assert (done.code, done.out) == (0, "idea rent-the-oven added: Rent the öven!\n")
    again = garden("dreams", "add", "Rent the oven", "--json").json()
    check(again, "dreams")
    assert again["dreams"][0]["id"] == "rent-the-oven-2", "another one of that name"
    shown = garden("dreams", "show", "rent-the-oven", "--json").json()
    check(shown, "dream")
    dream = shown["dream"]
    assert (dream["stage"], dream["strength"], dream["tags"]) == ("seed", 0, ["assets"])
    assert (shown["essence"], shown["origin"]) == ("At night", None)
    assert garden("dreams", "add", " ").code == 2


def test_ideas_are_listed_by_strength_stage_and_tag(garden: Program) -> None:
    garden("dreams", "add", "Weak", "--tag", "assets")
    assert ids(garden) == ["bread-club", "weak"]
    assert ids(garden, "--stage", "seed") == ["weak"]
    assert ids(garden, "--tag", "REVENUE") == ["bread-club"]
    assert ids(garden, "--limit", "1") == ["bread-club"]
    told = garden("dreams", "list", "--limit", "1").out
    assert "1 more: --limit 2" in told and "\x1b" not in told
    assert garden("dreams", "list", "--stage", "withered").code == 2


def test_one_is_shown_with_how_it_grew(garden: Program) -> None:
    told = garden("dreams", "show", "bread").out
    for part in ("Collect weekly.", "Regulars", "revenue", "Idle for 14 hours (quantitative, oven log)",
                 "night-oven", "began as a remark", "bloom, strength 90", "clawdbot:abc"):  # fmt: skip
        assert part in told, part
    assert "\x1b" not in told


def test_words_are_found(garden: Program) -> None:
    document = garden("dreams", "search", "monthly", "--json").json()
    check(document, "found")
    assert [found["thing"] for found in document["found"]] == ["bread-club"]
    assert "bread-club" in garden("dreams", "search", "collect", "weekly").out
    assert garden("dreams", "search", "nowhere").out == "nothing was found\n"


def test_one_that_is_laid_aside_is_out_of_the_list_and_can_be_found(garden: Program) -> None:
    assert garden("dreams", "archive", "bread-club").out == "idea bread-club archived: Bread club\n"
    assert ids(garden) == [] and ids(garden, "--stage", "archived") == ["bread-club"]
    assert "archived on 2" in garden("dreams", "show", "bread-club").out
    assert "bread-club" in garden("dreams", "search", "monthly").out


def test_an_unknown_one_is_met_with_the_nearest(garden: Program) -> None:
    for word in ("show", "archive"):
        ran = garden("dreams", word, "bred-club")
        assert ran.code == 2 and "did you mean bread-club" in ran.err
    garden("dreams", "add", "Bread van")
    ran = garden("dreams", "show", "bread")
    assert ran.code == 2 and "bread-club" in ran.err and "bread-van" in ran.err
