"""`agentos models`: keys are named and never shown, chains as they are, prices as the table has them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from agentos_cli.belongings import KIND_OF, ModelProvider, ModelRoute, Thing
from agentos_cli.store.link import transaction
from agentos_cli.store.shelves import shelf
from agentos_cli.store.store import Store
from tests.cli.program import Program

SECRET = "sk-Inv3ntedAndNowhereElse"
RYE = {"id": "rye", "name": "Rye", "context_window": 131072}
NOTE = "bakery/rye was never tried"
THINGS: tuple[Thing, ...] = (
    ModelProvider("anthropic", credential="env:ANTHROPIC_API_KEY"),
    ModelProvider("openai", credential="env:OPENAI_API_KEY"),
    ModelProvider("bakery", "https://models.test/v1", "openai-completions", "file:bakery", (RYE,)),
    ModelRoute("chain", "default", ("anthropic/claude-sonnet-4-5", "bakery/rye"), NOTE),
    ModelRoute("chain", "ops", ("openai/gpt-5.2",)),
    ModelRoute("alias", "sonnet", ("anthropic/claude-sonnet-4-5",)),
    ModelRoute("order", "anthropic", ("anthropic:default",)),
    ModelRoute("alias", "e\x1b[31mvil", ("x/\x1b]0;title\x07y",)),
)  # fmt: skip


@pytest.fixture
def kept(program: Program) -> Program:
    """The program with models that were brought over."""
    assert program("init", "--company", "Fernwick", "--yes").code == 0
    database = Store(f"sqlite:///{program.database}", "default")._database
    with transaction(database, write=True) as link:
        for thing in THINGS:
            at = datetime(2026, 11, 21, tzinfo=UTC)
            shelf(KIND_OF[type(thing)], link, "default").put(thing, "clawdbot:1234/state/clawdbot.json", at)
    return program


def test_each_provider_says_whether_it_has_its_key_and_never_the_key(kept: Program) -> None:
    ran = kept("models", env={"ANTHROPIC_API_KEY": SECRET})
    lines = ran.out.splitlines()
    assert ran.code == 0 and SECRET not in ran.out + ran.err and "\x1b" not in ran.out
    assert [line.split("  ")[0] for line in lines[:4]] == ["provider", "anthropic", "bakery", "openai"]
    assert lines[1].endswith("env:ANTHROPIC_API_KEY is there")
    assert lines[2].endswith("needs key: nothing is at file:bakery") and "https://models.test/v1" in lines[2]
    assert lines[3].endswith("needs key: set OPENAI_API_KEY")
    assert "default  anthropic/claude-sonnet-4-5 → bakery/rye" in ran.out
    assert "sonnet" in ran.out and "anthropic:default" in ran.out


def test_a_list_may_be_cut_short_and_says_so(kept: Program) -> None:
    assert "6 more: --limit 8" in kept("models", "list", "--limit", "1").out


def test_a_provider_is_shown_with_its_models_and_what_names_it(kept: Program) -> None:
    ran = kept("models", "show", "bakery")
    assert "speaks      openai-completions" in ran.out and "131,072" in ran.out
    assert "default: bakery/rye was never tried" in ran.out and "ops" not in ran.out
    assert "clawdbot:1234/state/clawdbot.json" in ran.out


def test_an_unknown_name_gives_the_nearest(kept: Program) -> None:
    ran = kept("models", "show", "antropic")
    assert ran.code == 2 and len(ran.err.splitlines()) <= 2 and "anthropic" in ran.err


def test_names_are_found_by_their_parts(kept: Program) -> None:
    found = kept("models", "search", "SONNET", "--json").json()["found"]
    assert {item["name"] for item in found} == {"default", "sonnet"}
    assert kept("models", "search", "bakery", "rye", "--json").json()["found"][0]["kind"] == "model"
    assert kept("models", "search", "nothing-like-it").out == "nothing was found\n"


def test_prices_are_those_of_the_table_for_aliases_too(kept: Program) -> None:
    ran = kept("models", "prices", "sonnet", "--json").json()
    assert ran["listed"] == "claude-sonnet-4-5" and ran["prices"][0]["output"] == "15"
    assert [step["above"] for step in ran["prices"]] == [0, 200000]
    text = kept("models", "prices", "openai/gpt-5.2").out
    assert "$1.75" in text and "as input" in text and "genai-prices" in text
    assert "and $0.012 for each request" in kept("models", "prices", "perplexity/sonar").out
    none = kept("models", "prices", "bakery/rye")
    assert none.code == 0 and none.out.startswith("bakery/rye has no price") and "$0" not in none.out


def test_without_models_the_way_to_them_is_named(program: Program) -> None:
    assert program("init", "--company", "Fernwick", "--yes").code == 0
    assert "agentos migrate --from-clawdbot" in program("models").out


@pytest.mark.parametrize(("words", "name"), [("list", "models"), ("show bakery", "model")])
def test_documents_keep_their_schema(words: str, name: str, kept: Program) -> None:
    schema = kept("schema", name).json()
    document = kept("models", *words.split(), "--json").json()
    Draft202012Validator(schema).validate(document)
    assert document["schema"] == f"agentos.{name}/1" and "\x1b" not in str(document)
