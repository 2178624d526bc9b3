"""Singer: any tap is a source. It runs as a process, a map turns its streams into nouns. See docs/singer.md.

What a tap lists is known at run time only, so every record is kept in one stream, in an envelope that says
where it came from:

    {"id": "invoices/in_1", "stream": "invoices", "group": "invoices/in_1", "record": {...}}

Only the fields that the map looks at are kept. `group` is the record's own, or that of the record which it is
part of. A message that could not be read has the stream "" and a `why`.

The tap's state is the cursor: `state` says from where the next read asks for changes, `round` where a whole
read goes on that was cut off. A state tells of the records before it, and is kept together with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import cast

from agentos_cli.connectors.reading import Unreadable, none_read, part
from agentos_cli.connectors.singer.mapping import Plan, Rule
from agentos_cli.connectors.singer.pages import ALL, ROUND, STATE, Pages
from agentos_cli.connectors.singer.run import Run, mapped, running
from agentos_cli.connectors.singer.values import Scope
from agentos_cli.contract import Access, Batch, Fields, Found, Page, Raw, Stream
from agentos_cli.errors import SourceError
from agentos_cli.http.elsewhere import elsewhere, patience
from agents.nouns import Noun

STREAMS: Mapping[str, Stream] = {
    ALL: Stream(
        {"id": "text", "stream?": "text", "group": "text", "record?": "any", "why?": "text"},
        group=lambda raw: str(raw["group"]),
    )
}
FIELDS: Mapping[str, Fields] = {name: stream.fields for name, stream in STREAMS.items()}

SAMPLED = 20


def check(access: Access) -> str:
    """Asks the tap for its streams, and compares them with the map. Raises Fatal when none is there, or one
    lacks a field that is needed."""
    with _running(access) as run:
        return run.found()[1]


def account(access: Access) -> Mapping[str, str]:
    """Nothing: no link leads into a tap."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """None: a tap says nothing of its vendor's pages."""
    return None


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first records that the tap brings, in their envelopes; then it is ended. What has drifted is within
    them and the tap's own schema, so it is looked for here: raises Fatal where the map fits no more."""
    check(access)
    found: list[object] = []
    for each in feed(access, {}, True):
        found += each.records
        if len(found) >= SAMPLED:
            break
    if not mapped(access.options).joined:  # parts that come later would be missed
        for made in derive(Found({ALL: cast("list[Raw]", found)}, {}, False), access):
            if made.skipped and not made.records:
                raise none_read(access.source, made.noun.kind, len(made.skipped), made.skipped[0])
    return {ALL: found[:SAMPLED]}


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Runs the tap, and gives its records as it brings them. Raises Retryable when it fails, Fatal when it
    cannot be run or says nothing that is a message. For the circuit breaker a run is one attempt."""
    with elsewhere(access.http), _running(access) as run:
        offered = run.offered()
        words = run.words(offered, cursors.get(ROUND if whole else STATE))
        pages = Pages(run.plan, run.tap.title, whole, run.tells_changes(offered))
        try:
            for line in run.tap.lines(words, run.room):
                yield from pages.take(line)
        except SourceError:  # what came until then is good, and so is the state that tells of it
            yield from pages.held()
            raise
        yield from pages.rest()
        run.look_back()


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The nouns of some records, by the connection's map; every kind of it where `found.first`."""
    read = mapped(access.options)
    envelopes = found.records.get(ALL, ())
    within = _within(envelopes, read)
    for number, noun in enumerate(read.nouns):
        rules = [rule for rule in read.rules if rule.noun is noun]
        streams = {rule.stream for rule in rules} | ({""} if number == 0 else set())
        mine = [each for each in envelopes if each.get("stream", "") in streams]
        if mine or found.first:
            yield part(noun, mine, lambda raw, rules=rules: _nouns(raw, rules, within, access))  # type: ignore[misc]


def _running(access: Access) -> AbstractContextManager[Run]:
    return running(access.source, access.secret, access.options, patience(access.http))


def _nouns(
    raw: Raw, rules: Sequence[Rule], within: Mapping[str, Mapping[str, Sequence[Raw]]], access: Access
) -> tuple[Noun, ...]:
    if raw.get("why"):
        raise Unreadable(f"the tap's message could not be read: {raw['why']}")
    others = within.get(str(raw["group"]), {})
    scope = Scope(cast("Raw", raw["record"]), access.currency, others)
    made = [rule.make(access.source, scope) for rule in rules if rule.stream == raw["stream"]]
    return tuple(noun for each in made for noun in each)


def _within(envelopes: Iterable[Raw], read: Plan) -> dict[str, dict[str, list[Raw]]]:
    """By group and stream, the records that are part of others."""
    found: dict[str, dict[str, list[Raw]]] = {}
    for each in envelopes:
        if (stream := str(each.get("stream", ""))) in read.joined:
            inside = found.setdefault(str(each["group"]), {})
            inside.setdefault(stream, []).append(cast("Raw", each["record"]))
    return found
