"""Ideas come over from every shape they were kept in, each once, weeded of what had overgrown it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.belongings import Idea
from agentos_cli.importers.clawdbot.ideas import reader as ideas
from agentos_cli.importers.clawdbot.ideas import shapes as idea_shapes
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.store.import_records import Outcome
from tests.importers.building import Files, Link, as_json, snapshot
from tests.importers.skill_samples import home_of, setup_of

SECRET = "inventedSecret0042"
DREAM: dict[str, Any] = {
    "id": "bread-club",
    "title": "Bread club",
    "essence": "Pay monthly, collect weekly.",
    "context": "Regulars",
    "strength": 0.45,
    "stage": "growing",
    "evolution_count": 3,
    "last_evolved": "2026-01-20T08:00:00",
    "connections": ["night-oven", "gone"],
    "created_at": "2026-01-02T08:00:00",
    "tags": ["revenue"],
    "source": "manual",
    "evolution_notes": ["Start with twenty people."],
}
VAULT: dict[str, Any] = {
    "id": "night-oven",
    "title": "Night oven",
    "essence": "Rent the oven out at night.",
    "context": "Idle",
    "source": "conversation",
    "status": "inbox",
    "confidence": 0.9,
    "tags": ["assets"],
    "connections": [],
    "evolution_count": 0,
    "evolution_trail": [],
    "claims": [{"text": "Idle for 14 hours", "type": "quantitative", "source_note": "oven log"}],
    "bloom_date": None,
    "created_at": "2026-01-10T21:00:00+01:00",
    "bridged_at": None,
    "content_hash": "c0ffee",
}


def read(tmp_path: Path, files: Files, root: str = "workspace") -> list[Piece]:
    home = home_of(tmp_path / "home", {root: files})
    before = snapshot(tmp_path / "home")
    found = list(ideas.read(home, setup_of(), Redactor([(SECRET, "key")])))
    assert snapshot(tmp_path / "home") == before
    keys = [(piece.kind, piece.name) for piece in found]
    assert len(keys) == len(set(keys)), "every piece has a name of its own"
    return found


def by_id(pieces: list[Piece]) -> dict[str, Idea]:
    return {piece.thing.id: piece.thing for piece in pieces if isinstance(piece.thing, Idea)}


def garden(**dreams: dict[str, Any]) -> str:
    return as_json({"dreams": dreams, "total_blooms": 0})


def made(**said: Any) -> Idea:
    return idea_shapes.idea("i", "dream", {"title": "T", **said})


# ── where they are ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("workspace", "state/dreams.json"),
        ("workspace", "dreams.json"),
        ("state", "state/dreams.json"),
        ("state", "dreams.json"),
        ("state", "bot:dream-weaver/dreams.json"),
        ("workspace", "bot:dream-weaver/state/dreams.json"),
        ("workspace-ops", "bot:dream-weaver/any-name.json"),
    ],
)
def test_a_garden_is_read_wherever_it_lies(tmp_path: Path, root: str, path: str) -> None:
    (piece,) = read(tmp_path, {path: garden(**{"bread-club": DREAM})}, root)
    assert piece.path == f"{root}/{path}"
    assert piece.thing == Idea(
        id="bread-club",
        title="Bread club",
        essence="Pay monthly, collect weekly.",
        context="Regulars",
        stage="growing",
        strength=45,
        tags=("revenue",),
        connections=("night-oven", "gone"),
        source="manual",
        trail=("Start with twenty people.", "evolved 3 times there", "last evolved at 2026-01-20T08:00:00"),
        created_at=datetime(2026, 1, 2, 8, tzinfo=UTC),
        changed_at=datetime(2026, 1, 20, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("path", ["state/idea-vault/x.json", "idea-vault/x.json", "bot:a/idea-vault/x.json"])
def test_a_vault_has_a_file_for_each(tmp_path: Path, path: str) -> None:
    (found,) = by_id(read(tmp_path, {path: as_json(VAULT)})).values()
    assert (found.id, found.stage, found.strength) == ("night-oven", "seed", 0), "the inbox has not grown yet"
    assert found.claims == ({"text": "Idle for 14 hours", "type": "quantitative", "source": "oven log"},)
    assert found.created_at == datetime(2026, 1, 10, 20, tzinfo=UTC)
    assert "confidence there: 0.9" in found.trail and "content hash there: c0ffee" in found.trail


def test_a_page_is_an_idea(tmp_path: Path) -> None:
    page = (
        "# Bread club\nintro\n\n## Essence\nPay.\n\n## Context\nRegulars\n\n## Why\nCash\n\n"
        "## Tags\na, B c,a\n"
    )
    (found,) = by_id(read(tmp_path, {"dreams/bread.md": page})).values()
    assert (found.id, found.title, found.essence) == ("bread", "Bread club", "Pay.")
    assert found.context == "Regulars\n\nintro\n\nWhy\nCash"
    assert found.tags == ("a", "b-c")


def test_an_intake_loses_nothing_of_what_was_noted(tmp_path: Path) -> None:
    text = (
        "# Intake\n\n- [ ] Rent the oven\n  at night\n- Bread club\n\nA thought\nover two lines.\n\n"
        "## Van\nBuy one.\n- used\n- electric\n\n```\n## no heading\n```\n"
    )
    pieces = read(tmp_path, {"memory/idea-intake.md": text})
    found = [(piece.line, piece.thing) for piece in pieces if isinstance(piece.thing, Idea)]
    assert [(line, idea.title) for line, idea in found] == [
        (3, "Rent the oven"),
        (5, "Bread club"),
        (7, "A thought"),
        (10, "Van"),
    ]
    said = " ".join(f"{idea.title} {idea.essence} {idea.context}" for _, idea in found)
    for words in ("at night", "over two lines.", "Buy one.", "- electric", "## no heading"):
        assert words in said
    again = read(tmp_path / "2", {"memory/idea-intake.md": "\n\n- Another first\n" + text})
    assert {piece.name for piece in pieces} < {piece.name for piece in again}, "names do not hang on lines"


def test_what_is_no_place_of_ideas_is_left_to_others(tmp_path: Path) -> None:
    files: Files = {
        "memory/dreams/x.md": "# Not mine\n",
        "skills/a/dreams.json": garden(a=DREAM),
        "projects/idea.json": as_json(VAULT),
        "pulse-v3/pulse.json": as_json({"beats": 1}),
        "pulse-v3/broken.json": "{",
        "state/dreams.json": Link("/etc/passwd"),
    }
    assert read(tmp_path, files) == []


# ── one of each ──────────────────────────────────────────────────────────────────────────────────


def test_the_same_idea_in_two_places_is_one(tmp_path: Path) -> None:
    files = {"state/dreams.json": garden(a=DREAM), "bot:dream-weaver/dreams.json": garden(a=DREAM)}
    first, second = read(tmp_path, files)
    assert first.thing is not None and second.thing is None
    assert second.reason == f"the same idea is in {first.path}"


def test_a_page_that_is_a_copy_of_an_idea_is_not_one_more(tmp_path: Path) -> None:
    page = "# Bread club\n## Essence\nPay monthly, collect weekly.\n## Context\nRegulars\n## Tags\nrevenue\n"
    files = {"state/dreams.json": garden(a=DREAM), "dreams/bread-club.md": page}
    assert list(by_id(read(tmp_path, files))) == ["bread-club"]
    files["dreams/bread-club.md"] = page + "## Why\nCash\n"
    assert list(by_id(read(tmp_path / "2", files))) == ["bread-club", "page:bread-club"]


def test_different_ideas_of_one_id_are_both_kept(tmp_path: Path) -> None:
    files: Files = {
        "state/dreams.json": garden(a={**DREAM, "id": "x"}),
        "state/idea-vault/x.json": as_json({**VAULT, "id": "x"}),
        "idea-vault/x.json": as_json({**VAULT, "id": "x", "essence": "third"}),
        "dreams/x.md": "# X\n",
    }
    found = by_id(read(tmp_path, files))
    assert list(found) == ["x", "vault:x", "workspace/state/idea-vault/x.json#x", "page:x"]
    assert found["x"].title == "Bread club"


def test_a_digest_is_of_what_is_said_and_not_of_how_it_is_spelled(tmp_path: Path) -> None:
    turned = dict(reversed(DREAM.items()))
    texts = (garden(a=DREAM), garden(a=turned).replace(" ", ""), garden(a={**DREAM, "title": "Other"}))
    digests = [read(tmp_path / str(n), {"state/dreams.json": text})[0].digest for n, text in enumerate(texts)]
    assert digests[0] != digests[2]
    (turned_digest,) = [
        piece.digest for piece in read(tmp_path / "3", {"state/dreams.json": garden(a=turned)})
    ]
    assert turned_digest == digests[0]


def test_no_secret_of_an_idea_is_kept(tmp_path: Path) -> None:
    said = {**DREAM, "id": SECRET, "essence": f"Use {SECRET}", "tags": [SECRET], "evolution_notes": [SECRET]}
    files = {
        "state/dreams.json": garden(a=said),
        "dreams/p.md": f"# {SECRET}\n",
        "memory/idea-intake.md": f"- {SECRET}\n",
    }
    pieces = read(tmp_path, files)
    assert len(by_id(pieces)) == 3 and all(piece.redacted for piece in pieces)
    assert SECRET not in repr(pieces)


@pytest.mark.parametrize(
    ("path", "content", "outcome"),
    [
        ("state/dreams.json", "{", Outcome.FAILED),
        ("state/dreams.json", "[" * 100_000, Outcome.FAILED),
        ("state/dreams.json", "[1, 2]", Outcome.FAILED),
        ("state/dreams.json", '{"dreams": {"a": 1}}', Outcome.FAILED),
        ("state/dreams.json", '{"dreams": {}}', Outcome.SKIPPED),
        ("state/idea-vault/a.json", "{}", Outcome.FAILED),
        ("dreams/a.md", "\n", Outcome.SKIPPED),
        ("memory/idea-intake.md", "# Intake\n", Outcome.SKIPPED),
    ],
)
def test_a_file_without_ideas_says_so(tmp_path: Path, path: str, content: str, outcome: Outcome) -> None:
    (piece,) = read(tmp_path, {path: content})
    assert (piece.path, piece.outcome) == (f"workspace/{path}", outcome) and piece.reason


# ── what one says ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("strength", "stage"),
    [(0, "seed"), (0.19, "seed"), (0.2, "germinating"), (0.4, "growing"), (0.6, "flowering"), (0.8, "bloom"),
     (1.0, "bloom"), (7, "bloom"), (-1, "seed")],
)  # fmt: skip
def test_a_stage_that_nobody_said_follows_the_strength(strength: float, stage: str) -> None:
    found = made(strength=strength)
    assert found.stage == stage and 0 <= found.strength <= 100
    assert made(strength=strength, stage="archived").stage == "archived"


@pytest.mark.parametrize("odd", [None, "x", True, [], {}, float("nan"), float("-inf"), 10**400])
def test_what_is_of_another_kind_counts_as_not_said(odd: object) -> None:
    found = idea_shapes.idea("i", "dream", dict.fromkeys(DREAM, odd))
    assert found.id == "i" and 0 <= found.strength <= 100 and found.stage in idea_shapes.STAGES


def test_a_bloom_date_says_that_it_bloomed() -> None:
    found = made(bloom_date="2026-01-03", created_at="2026-01-01")
    assert (found.stage, found.strength) == ("bloom", 100)
    assert found.changed_at == datetime(2026, 1, 3, tzinfo=UTC)


def test_tags_that_mean_the_same_are_one_and_the_rest_is_counted() -> None:
    same = [
        "Invoice",
        "invoices",
        "#invoice",
        " INVOICES ",
        "late payers",
        "late_payer",
        "company",
        "companies",
    ]
    assert made(tags=same).tags == ("invoice", "late-payers", "company")
    assert made(tags=["bus", "glass", "analysis", "box", "boxes"]).tags == ("bus", "glass", "analysis", "box")
    many = made(tags=[f"t{n}" for n in range(300)])
    assert len(many.tags) == idea_shapes.TAGS
    assert many.trail == ("280 more tags there were left out",)


def test_a_trail_without_end_keeps_its_beginning_and_its_end() -> None:
    notes: list[object] = [f"step {n}" for n in range(764)]
    trail = made(evolution_notes=notes, evolution_count=764).trail
    assert trail[0] == "step 0" and trail[-2:] == ("step 763", "evolved 764 times there")
    assert "... 564 lines in between were left out" in trail


def test_notes_and_claims_are_read_as_text_or_as_objects() -> None:
    found = made(evolution_trail=[{"at": "2026-01-02", "note": "grew"}, "again"], claims=["plain", {"x": 1}])
    assert found.trail == ("2026-01-02: grew", "again")
    assert found.claims == ({"text": "plain", "type": "", "source": ""},)
