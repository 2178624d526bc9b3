"""The documents of `agentos sessions`: what was talked about, what it cost; and as text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from textwrap import wrap

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

SHOWN = 12
"""Lines of one entry in the text, unless all are asked for; the JSON has all of them."""
DEEPEST = 6
"""Steps to which branches of branches are indented."""


class TokensItem(TypedDict):
    """What models read and wrote, in tokens."""

    input: int
    output: int
    cache_read: int
    cache_write: int


class SessionItem(TypedDict):
    """One session. `messages` are those of the main line, without copies; `turns` are the replies of models
    that read or wrote tokens, those of abandoned branches included. `reported_cost` is in USD, as it was
    said there, which is not to be trusted; null if nothing was said."""

    key: str
    agent: str
    name: str | None
    title: str | None
    channel: str | None
    model: str | None
    began_at: str | None
    ended_at: str | None
    parent: str | None
    label: str | None
    messages: int
    turns: int
    tokens: TokensItem
    reported_cost: str | None


class SessionsDocument(TypedDict):
    """`agentos sessions list`, newest first; `total` is how many there are in all."""

    schema: str
    total: int
    sessions: list[SessionItem]


class CostItem(TypedDict):
    """What turns cost, in USD: `amount` at the list prices of their day for the `priced` ones, null if none
    has a price; `unpriced` how many have none, by model. `reported` is what was said there, not to be
    trusted."""

    amount: str | None
    priced: int
    unpriced: dict[str, int]
    reported: str | None


class CountsItem(TypedDict):
    """What a session amounts to; see `belongings.SessionCounts`."""

    messages: dict[str, int]
    tool_results: int
    compactions: int
    abandoned: int
    mirrors: int
    unreadable: int


class SessionEntryItem(TypedDict):
    """One entry. `parent` is the number of the one before it in the tree; `live`: on the main line; `mirror`:
    a copy that was made for delivery."""

    seq: int
    parent: int | None
    type: str
    role: str | None
    at: str | None
    provider: str | None
    model: str | None
    tool: str | None
    tokens: TokensItem | None
    stop: str | None
    mirror: bool
    live: bool
    lines: list[str]


class SessionDocument(TypedDict):
    """`agentos sessions show`: one session, the newest of its entries, and those that it spawned."""

    schema: str
    session: SessionItem
    file: str
    origin: str | None
    task: str | None
    counts: CountsItem
    cost: CostItem
    prices: str
    children: list[SessionItem]
    entries: list[SessionEntryItem]


class CostRow(TypedDict):
    """The turns of one model, agent or month, their tokens and what they cost."""

    name: str
    turns: int
    tokens: TokensItem
    cost: CostItem


class SessionCostsDocument(TypedDict):
    """`agentos sessions cost`: by model, agent or month; `prices` is the table that the prices are from."""

    schema: str
    by: str
    rows: list[CostRow]
    total: CostRow
    prices: str


SHAPES: dict[str, type] = {
    "sessions": SessionsDocument,
    "session": SessionDocument,
    "session_costs": SessionCostsDocument,
}
"""Document name to its shape."""


def sessions_text(document: SessionsDocument) -> str:
    """Sessions in rows, newest first."""
    head = ("began", "session", "channel", "messages", "turns", "tokens", "title")
    body = [
        (
            _when(item["began_at"])[:16],
            item["key"],
            item["channel"] or "-",
            f"{item['messages']:,}",
            f"{item['turns']:,}",
            f"{sum(_each(item['tokens'])):,}",
            _called(item),
        )
        for item in document["sessions"]
    ]
    left = document["total"] - len(body)
    return rows(head, body) + (f"\n{left:,} more: --limit {document['total']}" if left > 0 else "")


def session_text(document: SessionDocument, width: int, full: bool) -> str:
    """One session for people: what it was, what it cost, what was said."""
    item, counts = document["session"], document["counts"]
    began, ended = _when(item["began_at"]) or "no time", _when(item["ended_at"]) or "no time"
    parts = [
        clean.line(f"{item['key']}  {_called(item)}"),
        "",
        *_facts(
            ("when", f"{began} to {ended}"),
            ("there", " ".join(filter(None, (item["name"], item["channel"] and f"on {item['channel']}")))),
            ("messages", _counted(counts)),
            ("left out", _left_out(counts)),
            ("tokens", tokens_text(item["tokens"], item["turns"])),
            ("cost", cost_text(document["cost"])),
            ("", reported_text(document["cost"])),
            ("spawned by", item["parent"] or ""),
            ("task", document["task"] or ""),
        ),
    ]
    if document["children"]:
        body = [(child["key"], f"{child['turns']:,}", _called(child)) for child in document["children"]]
        parts += ["", rows(("sub-agent", "turns", "title"), body)]
    if document["entries"]:
        parts += ["", *_conversation(document["entries"], width, full)]
    return "\n".join(parts)


def costs_text(document: SessionCostsDocument) -> str:
    """Costs in rows, the dearest first, and what they leave open."""
    priced = ("re-priced", "without price", "reported there")
    head = (document["by"], "turns", "read", "cached", "written", *priced)
    body = [_cost_row(row) for row in [*document["rows"], document["total"]]]
    told = cost_text(document["total"]["cost"], document["prices"])
    return f"{rows(head, body)}\n\n{told}; what was reported there is not to be trusted"


def _cost_row(row: CostRow) -> Sequence[str]:
    told, cost = row["tokens"], row["cost"]
    return (
        row["name"],
        f"{row['turns']:,}",
        f"{told['input'] + told['cache_write']:,}",
        f"{told['cache_read']:,}",
        f"{told['output']:,}",
        "no price" if cost["amount"] is None else usd(cost["amount"]),
        f"{sum(cost['unpriced'].values()):,}",
        "nothing" if cost["reported"] is None else usd(cost["reported"]),
    )


def cost_text(cost: CostItem, prices: str | None = None) -> str:
    """`re-priced $12.34 (410 of 462 turns; 52 unpriced: model-x)`."""
    missing = sum(cost["unpriced"].values())
    if not (cost["priced"] or missing):
        return "no turns, so nothing to price"
    names = ", ".join(list(cost["unpriced"])[:3]) + (", ..." if len(cost["unpriced"]) > 3 else "")
    open_ = f"; {missing:,} unpriced: {names}" if missing else ""
    told = "no price known" if cost["amount"] is None else f"re-priced {usd(cost['amount'])}"
    source = f" by {prices}" if prices else ""
    return f"{told}{source} ({cost['priced']:,} of {cost['priced'] + missing:,} turns{open_})"


def reported_text(cost: CostItem) -> str:
    """`$0.08 was reported there, which is not to be trusted`."""
    if cost["reported"] is None:
        return "no cost was reported there"
    return f"{usd(cost['reported'])} was reported there, which is not to be trusted"


def tokens_text(tokens: TokensItem, turns: int) -> str:
    """`12 read, 9,000 from the cache, 300 into it, 40 written, in 1 turn`."""
    read, written, cached, kept = _each(tokens)
    cache = f"{cached:,} from the cache, {kept:,} into it"
    return f"{read:,} read, {cache}, {written:,} written, in {_many(turns, 'turn')}"


def usd(amount: str) -> str:
    """An amount of dollars for people: cents, and below one cent what there is."""
    value = Decimal(amount)
    if value and abs(value) < Decimal("0.01"):
        return f"${value:.2g}" if abs(value) >= Decimal("0.000001") else "below $0.000001"
    return f"${value:,.2f}"


def _facts(*facts: tuple[str, str]) -> Iterator[str]:
    for name, text in facts:
        if text:
            yield clean.line(f"{name:<11}{text}").rstrip() if name else " " * 11 + clean.line(text)


def _counted(counts: CountsItem) -> str:
    messages = [f"{count:,} {role.replace('_', ' ')}" for role, count in counts["messages"].items()]
    more = [_many(counts["compactions"], "compaction")] if counts["compactions"] else []
    return ", ".join([*messages, *more]) or "none"


def _left_out(counts: CountsItem) -> str:
    told = (
        (counts["abandoned"], "message", " beside the main line"),
        (counts["mirrors"], "copy", " for delivery"),
        (counts["unreadable"], "line", " that could not be read"),
    )
    return ", ".join(_many(count, word) + rest for count, word, rest in told if count)


def _many(count: int, word: str) -> str:
    """`1 copy`, `2 copies`, `1,000 lines`."""
    several = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count:,} {word if count == 1 else several}"


def _conversation(entries: Iterable[SessionEntryItem], width: int, full: bool) -> Iterator[str]:
    """Entries as they came; those of abandoned branches are indented and marked."""
    depths: dict[int, int] = {}
    begun: set[int] = set()
    for entry in entries:
        parent = entry["parent"] or 0
        forks = parent in begun or parent not in depths or depths[parent] == 0
        depth = 0 if entry["live"] else depths.get(parent, 0) + forks
        depths[entry["seq"]] = depth
        if depth:
            begun.add(parent)
        margin = "  " * min(depth, DEEPEST) + ("| " if depth else "")
        yield margin + clean.line(_head(entry))
        for line in _told(entry["lines"], max(20, width - len(margin) - 4), full):
            yield f"{margin}    {line}".rstrip()


def _head(entry: SessionEntryItem) -> str:
    who = entry["role"] or entry["type"]
    marks = (
        entry["tool"],
        entry["model"] if entry["type"] == "model_change" else None,
        "a copy for delivery" if entry["mirror"] else None,
        entry["stop"] if entry["stop"] in {"error", "aborted", "injected", "length"} else None,
        None if entry["live"] else "abandoned",
    )
    told = ", ".join(filter(None, marks))
    return f"{_when(entry['at']) or 'no time':<20}{who.replace('_', ' ')}" + (f" ({told})" if told else "")


def _told(lines: Sequence[str], width: int, full: bool) -> Iterator[str]:
    kept = lines if full else lines[:SHOWN]
    for line in kept:
        shown = clean.line(line)
        folded = wrap(shown if full else shown[: width * 3], width) or [""]
        yield from folded
        if not full and len(shown) > width * 3:
            yield f"[... {len(shown) - width * 3:,} more characters: --full]"
    if len(lines) > len(kept):
        yield f"[... {len(lines) - len(kept):,} more lines: --full]"


def _called(item: SessionItem) -> str:
    told = item["title"] or item["label"] or item["name"] or "-"
    return told if len(told) <= 60 else f"{told[:57]}..."


def _when(at: str | None) -> str:
    return at[:19].replace("T", " ") if at else ""


def _each(tokens: TokensItem) -> tuple[int, int, int, int]:
    return tokens["input"], tokens["output"], tokens["cache_read"], tokens["cache_write"]
