"""What tokens cost: for one turn as for many, never guessed, never 0, and without any network."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices.data_snapshot import DataSnapshot, set_custom_snapshot
from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.belongings import Tokens
from agentos_cli.prices import Turn, listing, price, reprice, table

AT = datetime(2026, 1, 26, 9, tzinfo=UTC)
SONNET = ("anthropic", "claude-sonnet-4-5")


def amount(
    provider: str | None, model: str | None, tokens: Tokens, at: datetime | None = AT
) -> Decimal | None:
    found = price(provider, model, tokens, at)
    return None if found is None else found.amount


def test_a_turn_costs_what_each_kind_of_token_costs() -> None:
    found = price(*SONNET, Tokens(12, 40, 9_000, 300), AT)
    # 12 x $3, 40 x $15, 9,000 x $0.30, 300 x $3.75, per million
    assert found is not None and found.amount == Decimal("0.004461")
    assert found.model == "claude-sonnet-4-5" and f"{found.source} {found.version}" == table()


def test_a_long_prompt_costs_more_for_all_of_its_tokens() -> None:
    short, long = Tokens(150_000, 10, 50_000), Tokens(150_000, 10, 50_001)
    assert amount(*SONNET, short) == Decimal("0.46515")
    assert amount(*SONNET, long) == Decimal("0.930225") + Decimal("0.0000006")
    assert reprice([(*SONNET, short, AT), (*SONNET, long, AT)]).amount == Decimal("1.3953756")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-nobody-has"),
        ("nobody", "claude-sonnet-4-5"),
        ("ollama", "llama3"),
        ("lmstudio", "gpt-5.2"),
        ("litellm", "qwen3-32b"),
        ("clawdbot", "delivery-mirror"),
        ("openclaw", "delivery-mirror"),
        ("github-copilot", "gpt-4o"),
        ("openrouter", "meta-llama/llama-3.3-70b-instruct:free"),
        ("anthropic", None),
        ("anthropic", ""),
        (None, "claude-sonnet-4-5"),
        (None, None),
        ("anthropic", "x" * 100_000),
        ("anthropic", "claude\0\udc80(["),
    ],
)
def test_what_the_table_does_not_list_has_no_price_and_not_a_price_of_nothing(
    provider: str | None, model: str | None
) -> None:
    assert price(provider, model, Tokens(1_000, 1_000), AT) is None
    found = reprice([(provider, model, Tokens(1_000, 1_000), AT)])
    assert (found.amount, found.priced, sum(found.unpriced.values())) == (None, 0, 1)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        SONNET,
        ("Anthropic", "claude-opus-4-5"),
        ("openai", "gpt-5.2"),
        ("openai-codex", "gpt-5.2"),
        ("google", "gemini-3-pro-preview"),
        ("openrouter", "anthropic/claude-sonnet-4.5"),
        ("litellm", "anthropic/claude-sonnet-4-5"),
        (None, "openai/gpt-5.2"),
        ("xai", "grok-4"),
        ("moonshot", "kimi-k2-0905-preview"),
        ("zai", "glm-4.7"),
        ("groq", "llama-3.3-70b-versatile"),
        ("amazon-bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ],
)
def test_sellers_are_known_by_the_names_they_had_there(provider: str | None, model: str) -> None:
    found = amount(provider, model, Tokens(1_000, 1_000))
    assert found is not None and found > 0


def test_tokens_that_no_turn_can_have_are_not_priced() -> None:
    assert price(*SONNET, Tokens(-5, 10), AT) is None
    assert price(*SONNET, Tokens(5, 10, -1), AT) is None
    assert price(*SONNET, Tokens(), AT) is None


def test_turns_without_tokens_are_in_no_count() -> None:
    found = reprice([(*SONNET, Tokens(), AT), ("clawdbot", "delivery-mirror", Tokens(), AT)])
    assert (found.amount, found.priced, dict(found.unpriced)) == (None, 0, {})
    assert found.table == table()


def test_turns_without_a_price_are_counted_by_model() -> None:
    tokens = Tokens(10, 10)
    turns = [("ollama", "llama3", tokens, AT)] * 3 + [(None, None, tokens, AT), (*SONNET, tokens, AT)]
    found = reprice(turns)
    assert dict(found.unpriced) == {"no model named": 1, "ollama/llama3": 3}
    assert found.priced == 1 and found.amount == amount(*SONNET, tokens)


def test_the_price_is_that_of_the_time_and_none_where_nobody_knows_the_time() -> None:
    """o3 became cheaper on 2025-06-10."""
    tokens = Tokens(1_000_000, 0)
    before, after = datetime(2025, 6, 9, tzinfo=UTC), datetime(2025, 6, 11, tzinfo=UTC)
    costs = [amount("openai", "o3", tokens, at) for at in (before, after)]
    assert costs == [Decimal(10), Decimal(2)]
    assert amount("openai", "o3", tokens, None) is None
    found = reprice([("openai", "o3", tokens, before), ("openai", "o3", tokens, after)])
    assert found.amount == 12
    assert amount(*SONNET, tokens, None) == amount(*SONNET, tokens)  # it never changed


def test_what_is_asked_for_each_request_is_asked_for_each_turn() -> None:
    """Sonar: $1 for a million tokens, and $12 for a thousand requests."""
    turn = ("perplexity", "sonar", Tokens(1_000, 10), AT)
    assert amount(*turn) == Decimal("0.01301")
    assert reprice([turn] * 3).amount == Decimal("0.03903")
    found = listing("perplexity", "sonar", AT)
    assert found is not None and found.steps[0].request == Decimal("0.012")


def test_a_model_that_is_listed_at_nothing_has_no_price() -> None:
    nothing = ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0))
    gift = ModelInfo(id="gift", match=ClauseEquals("gift"), prices=nothing)
    set_custom_snapshot(DataSnapshot([Provider("openrouter", "OpenRouter", "https", models=[gift])], False))
    try:
        assert price("openrouter", "gift", Tokens(1_000, 1_000), AT) is None
        assert reprice([("openrouter", "gift", Tokens(1_000, 1_000), AT)]).amount is None
    finally:
        set_custom_snapshot(None)


MODELS = [
    SONNET,
    ("openai", "gpt-5.2"),
    ("openai", "o3"),
    ("deepseek", "deepseek-chat"),
    ("perplexity", "sonar"),
    ("ollama", "llama3"),
]
COUNT = st.integers(0, 400_000)
TURN = st.builds(
    lambda named, tokens, minutes: (
        *named,
        tokens,
        datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes),
    ),
    st.sampled_from(MODELS),
    st.builds(Tokens, COUNT, COUNT, COUNT, COUNT),
    st.integers(0, 400_000),
)


@given(st.lists(TURN, max_size=30))
@settings(max_examples=60, deadline=None)
def test_many_turns_cost_what_each_of_them_costs(turns: list[Turn]) -> None:
    each = [price(*turn) for turn in turns]
    found = reprice(turns)
    priced = [one.amount for one in each if one is not None]
    told = [turn for turn in turns if turn[2] != Tokens()]
    assert found.priced + sum(found.unpriced.values()) == len(told)
    assert (found.amount or 0) == sum(priced)


OFFLINE = """
import socket, sys, threading
def refuse(*given):
    raise AssertionError("it asked the network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import agentos_cli.prices as prices
assert "genai_prices" not in sys.modules
from datetime import UTC, datetime
from agentos_cli.belongings import Tokens
at = datetime(2026, 1, 26, tzinfo=UTC)
assert prices.price("anthropic", "claude-sonnet-4-5", Tokens(1, 1), at)
assert prices.reprice([("nobody", "knows", Tokens(1, 1), at)]).priced == 0
print(threading.active_count())
"""


def test_no_network_is_asked_no_thread_is_started_and_nothing_is_loaded_before_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("1", "")
