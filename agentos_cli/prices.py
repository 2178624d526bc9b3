"""What tokens cost at the makers' list prices: from a table that comes with the program, never the network.

The table is that of https://github.com/pydantic/genai-prices, of the version that is installed. What it does
not list has no price here: nothing is guessed, nobody's own entry is taken for a price, and no price is ever
shown as 0. What was paid can be another amount: discounts and subscriptions are in no table.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from agentos_cli.belongings import Tokens

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

Turn = tuple[str | None, str | None, Tokens, datetime | None]
"""Provider, model, what was read and written, and when."""
SELLERS = {
    "amazon-bedrock": "aws",
    "anthropic": "anthropic",
    "azure-openai-responses": "azure",
    "bedrock": "aws",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "gemini": "google",
    "google": "google",
    "google-antigravity": "google",
    "google-gemini-cli": "google",
    "google-vertex": "google",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "openai": "openai",
    "openai-codex": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together",
    "xai": "x-ai",
    "zai": "zai",
}
"""What the sellers of models are called in the table. One that is called otherwise, such as a proxy or a
machine of one's own, sells at prices that the table cannot know."""
THROUGH = ("", "litellm")
"""Where the seller stands before the model's name: `anthropic/claude-sonnet-4-5`."""
UNNAMED = "no model named"
SOURCE = "genai-prices"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, in USD; `model` is what the table calls it, `source` the table and `version` which
    one of them it is."""

    amount: Decimal
    model: str
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Step:
    """The prices of a turn that reads more than so many tokens, in USD for a million of each kind; None where
    there is none of its own: what is read from a cache, or put into one, then costs what other input does."""

    above: int
    input: Decimal | None
    output: Decimal | None
    cache_read: Decimal | None
    cache_write: Decimal | None
    request: Decimal | None = None
    """For each request, in USD, beside its tokens."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the table says of a model at one time; `steps` from the first token on."""

    model: str
    steps: tuple[Step, ...]
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Repriced:
    """What many turns cost, in USD: `amount` of those that have a price, None if none has. `unpriced`: how
    many have not, by model. Turns without any token are in neither count. `table`: where prices are from."""

    amount: Decimal | None
    priced: int
    unpriced: Mapping[str, int]
    table: str


def table() -> str:
    """Which table of prices this is, as `genai-prices 0.2.3`."""
    from importlib.metadata import version

    return f"{SOURCE} {version(SOURCE)}"


def price(provider: str | None, model: str | None, tokens: Tokens, at: datetime | None) -> Price | None:
    """What tokens cost at the list price of that time; None where the table has no price for them, or there
    are none."""
    rate = _rate(provider, model, at) if _any(tokens) else None
    if rate is None or not rate.covers(tokens):
        return None
    heap = _Heap()
    heap.add(tokens)
    return Price(rate.total(rate.step(_read(tokens)), heap), rate.model, *table().split(" ", 1))


def listing(provider: str | None, model: str | None, at: datetime) -> Listing | None:
    """The prices of a model at that time; None for one that has none in the table."""
    rate = _rate(provider, model, at)
    if rate is None:
        return None
    steps = []
    for place, above in enumerate((0, *rate.starts)):
        flat = vars(rate.flat(place))
        thousand = flat.get("requests_kcount")
        steps.append(
            Step(
                above,
                input=flat.get("input_mtok"),
                output=flat.get("output_mtok"),
                cache_read=flat.get("cache_read_mtok"),
                cache_write=flat.get("cache_write_mtok"),
                request=None if thousand is None else thousand / 1_000,
            )
        )
    return Listing(rate.model, tuple(steps), *table().split(" ", 1))


def reprice(turns: Iterable[Turn]) -> Repriced:
    """What turns cost at the list prices of their time. Those of one price are added up before they are
    priced, so that a few hundred thousand take a second."""
    unpriced: Counter[str] = Counter()
    heaps: dict[tuple[_Rate, int], _Heap] = {}
    rates: dict[tuple[str | None, str | None, date | datetime | None], _Rate | None] = {}
    for provider, model, tokens, at in turns:
        if not _any(tokens):
            continue
        key = (provider, model, at if at is None or _by_the_hour(provider, model) else at.date())
        if key not in rates:
            rates[key] = _rate(provider, model, at)
        rate = rates[key]
        if rate is None or not rate.covers(tokens):
            unpriced[_called(provider, model)] += 1
            continue
        at_step = (rate, rate.step(_read(tokens)))
        if at_step not in heaps:
            heaps[at_step] = _Heap()
        heaps[at_step].add(tokens)
    amount = sum((rate.total(step, heap) for (rate, step), heap in heaps.items()), Decimal(0))
    priced = sum(heap.turns for heap in heaps.values())
    return Repriced(amount if priced else None, priced, dict(sorted(unpriced.items())), table())


@dataclass(slots=True)
class _Heap:
    """Tokens of turns that have one price."""

    turns: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def add(self, tokens: Tokens) -> None:
        self.turns += 1
        self.input += tokens.input
        self.output += tokens.output
        self.cache_read += tokens.cache_read
        self.cache_write += tokens.cache_write


@dataclass(frozen=True, slots=True, eq=False)
class _Rate:
    """The prices of one model at one time. They may rise where a turn reads more than so many tokens:
    `starts` are these limits, lowest first. `reads` and `writes`: whether there is a price for either."""

    model: str
    prices: ModelPrice
    starts: tuple[int, ...]
    reads: bool
    writes: bool

    def covers(self, tokens: Tokens) -> bool:
        """Whether all of these tokens have a price, and are such as a turn can have."""
        counts = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write)
        return min(counts) >= 0 and (self.reads or not _read(tokens)) and (self.writes or not tokens.output)

    def step(self, read: int) -> int:
        """How many of the limits a turn is past that reads so many tokens."""
        return bisect_left(self.starts, read)

    def total(self, step: int, heap: _Heap) -> Decimal:
        """What a heap of turns costs that are all past so many limits. What is asked for each request is
        what no tokens at all cost."""
        from genai_prices import Usage

        flat = self.flat(step)
        usage = Usage(
            input_tokens=heap.input + heap.cache_read + heap.cache_write,
            cache_read_tokens=heap.cache_read,
            cache_write_tokens=heap.cache_write,
            output_tokens=heap.output,
        )
        each = flat.calc_price(Usage(input_tokens=0, output_tokens=0))["total_price"]
        return flat.calc_price(usage)["total_price"] + (heap.turns - 1) * each

    def flat(self, step: int) -> ModelPrice:
        """The prices past so many limits, without limits."""
        from genai_prices.types import ModelPrice, TieredPrices

        past = self.starts[step - 1] if step else -1
        flat: dict[str, Decimal] = {}
        for name, value in vars(self.prices).items():
            if isinstance(value, TieredPrices):
                reached = [tier.price for tier in value.tiers if tier.start <= past]
                flat[name] = reached[-1] if reached else value.base
            elif value is not None:
                flat[name] = value
        return ModelPrice(**flat)


def _rate(provider: str | None, model: str | None, at: datetime | None) -> _Rate | None:
    """The prices of a model at that time. None for a model that is not listed, or listed without a price;
    and for one whose price changed if nobody knows when it was used."""
    from genai_prices.types import ModelPrice, TieredPrices

    listed = _listed(provider, model)
    if listed is None or (at is None and not isinstance(listed.prices, ModelPrice)):
        return None
    prices = listed.get_prices(at or BEGINNING)
    tiered = [value for value in vars(prices).values() if isinstance(value, TieredPrices)]
    starts = sorted({tier.start for value in tiered for tier in value.tiers})
    reads, writes = _asks(prices.input_mtok), _asks(prices.output_mtok)
    if not (reads or writes):
        return None  # listed at nothing: what it costs is settled elsewhere, as by a subscription
    return _Rate(
        listed.id, prices, tuple(starts), prices.input_mtok is not None, prices.output_mtok is not None
    )


@lru_cache(2_048)
def _listed(provider: str | None, model: str | None) -> ModelInfo | None:
    """What the table says of a model."""
    from genai_prices.data_snapshot import get_snapshot

    seller, name = (provider or "").lower(), (model or "")[:200]
    if seller in THROUGH and "/" in name:
        seller, _, name = name.partition("/")
    if seller not in SELLERS:
        return None
    try:
        return get_snapshot().find_provider_model(name, None, SELLERS[seller], None)[1]
    except LookupError:
        return None


@lru_cache(2_048)
def _by_the_hour(provider: str | None, model: str | None) -> bool:
    """Whether the price of a model depends on the time of day."""
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    listed = _listed(provider, model)
    if listed is None or isinstance(listed.prices, ModelPrice):
        return False
    return any(isinstance(one.constraint, TimeOfDateConstraint) for one in listed.prices)


def _asks(value: Decimal | TieredPrices | None) -> bool:
    """Whether a price is one: there, and more than nothing."""
    return value is not None and (value if isinstance(value, Decimal) else value.base) > 0


def _any(tokens: Tokens) -> bool:
    return bool(tokens.input or tokens.output or tokens.cache_read or tokens.cache_write)


def _read(tokens: Tokens) -> int:
    return tokens.input + tokens.cache_read + tokens.cache_write


def _called(provider: str | None, model: str | None) -> str:
    return f"{provider}/{model}" if provider and model else model or provider or UNNAMED
