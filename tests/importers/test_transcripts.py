"""Transcripts as sessions: the tree, the counts, what each entry says, and what is broken in them."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from agentos_cli.belongings import Entry, Session, Tokens
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.sessions.lines import MOST_TEXT
from agentos_cli.importers.clawdbot.sessions.transcripts import About, session_of
from agentos_cli.importers.secrets.redactor import Redactor
from tests.importers.transcript_samples import (
    BEGIN,
    USAGE,
    at,
    by_chance,
    entry,
    header,
    injected,
    lines_of,
    mirror,
    reading,
    reply,
    said,
    session,
    transcript,
)

NAMES = {"toolResult": "tool_result", "bashExecution": "bash", "branchSummary": "branch_summary"}
NAMES["compactionSummary"] = "compaction_summary"


ODD_TIMES: tuple[object, ...] = ("yesterday", "", None, True, [], {}, 0, -5, 1e300, 10**30, "9999-01-01")


def entries(one: Session) -> dict[int, Entry]:
    return {found.seq: found for found in one.entries()}


def live(one: Session) -> list[int]:
    return [found.seq for found in one.entries() if found.live]


# ── an independent count ─────────────────────────────────────────────────────────────────────────


def counted(data: bytes) -> dict[str, Any]:
    """What a transcript amounts to, by other means: everything in memory, names instead of numbers."""
    objects: list[dict[str, Any]] = []
    unreadable = 0
    for line in data.split(b"\n"):
        try:
            told = json.loads(line.decode(errors="replace"), parse_float=Decimal)
        except ValueError:
            unreadable += bool(line.strip())
            continue
        if isinstance(told, dict) and "type" in told:
            objects.append(told)
        else:
            unreadable += 1
    tree: dict[str, dict[str, Any]] = {}
    parents: dict[str, str] = {}
    before = ""
    known = {one["id"] for one in objects if "id" in one and one["type"] != "session"}
    for number, one in enumerate(o for o in objects if o["type"] != "session"):
        name = one.get("id", f"nameless {number}")
        if name not in tree:
            tree[name] = one
            parent = one.get("parentId", before)
            parents[name] = (
                "" if parent is None else parent if parent in {*known, *parents} - {name} else before
            )
        before = name
    line_of, at_ = set(), before
    while at_ and at_ not in line_of:
        line_of.add(at_)
        at_ = parents[at_]
    return {"unreadable": unreadable, **_counted(objects, tree, line_of)}


def _counted(
    objects: list[dict[str, Any]], tree: dict[str, dict[str, Any]], line_of: set[str]
) -> dict[str, Any]:
    mirrors = {n for n, one in tree.items() if one.get("message", {}).get("model") == "delivery-mirror"}
    messages = {n: one["message"] for n, one in tree.items() if one["type"] == "message" and n not in mirrors}
    usages = [m["usage"] for m in messages.values() if m["role"] == "assistant" and "usage" in m]
    sums = [sum(u.get(name, 0) for u in usages) for name in ("input", "output", "cacheRead", "cacheWrite")]
    costs = [
        u["cost"]["total"] for u in usages if "cost" in u and any(v for k, v in u.items() if k != "cost")
    ]
    times = [one["timestamp"] for one in objects]
    return {
        "messages": dict(
            Counter(NAMES.get(m["role"], m["role"]) for n, m in messages.items() if n in line_of)
        ),
        "abandoned": sum(n not in line_of for n in messages),
        "mirrors": len(mirrors),
        "compactions": sum(one["type"] == "compaction" and n in line_of for n, one in tree.items()),
        "turns": sum(any(v for k, v in u.items() if k != "cost") for u in usages),
        "tokens": (*sums, sum(costs) if costs else None),
        "times": (min(times), max(times)) if times else (None, None),
    }


@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(0, 400, 100)])
def test_counts_are_those_of_an_independent_count(seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        data = by_chance(seed)
        told = counted(data)
        one = transcript(data).session
        counts, tokens = one.counts, one.counts.tokens
        times = one.began_at, one.ended_at
        assert told == {
            "unreadable": counts.unreadable,
            "messages": dict(counts.messages),
            "abandoned": counts.abandoned,
            "mirrors": counts.mirrors,
            "compactions": counts.compactions,
            "turns": counts.turns,
            "tokens": (
                tokens.input,
                tokens.output,
                tokens.cache_read,
                tokens.cache_write,
                tokens.reported_cost,
            ),
            "times": tuple(time and at(round((time - BEGIN).total_seconds())) for time in times),
        }, seed
        assert counts.tool_results == counts.messages.get("tool_result", 0)
        seen.update({name: 1 for name, value in told.items() if value})
    assert min(seen.values()) > 20, "the samples lack what is counted"


def test_entries_agree_with_the_counts() -> None:
    for seed in range(60):
        one = transcript(by_chance(seed)).session
        told = [e for e in one.entries() if e.type == "message" and e.live and not e.mirror]
        assert Counter(e.role for e in told) == Counter(dict(one.counts.messages)), seed
        assert list(one.entries()) == list(one.entries())


# ── the tree ─────────────────────────────────────────────────────────────────────────────────────


def test_the_main_line_is_the_way_from_the_last_entry_to_the_root() -> None:
    one = session(
        header(),
        entry(1, None, **said("user", "first")),
        entry(2, 1, **reply("left")),
        entry(3, 2, **said("user", "left too")),
        entry(4, 1, **reply("taken")),
    )
    assert live(one) == [2, 5]
    assert [e.parent for e in one.entries()] == [None, 2, 3, 2]
    assert (dict(one.counts.messages), one.counts.abandoned) == ({"user": 1, "assistant": 1}, 2)
    assert one.counts.turns == 2, "an abandoned turn was paid for"
    assert one.counts.tokens.reported_cost == 2 * Decimal("0.004461")


def test_what_a_gateway_wrote_comes_after_the_entry_before_it() -> None:
    one = session(header(), entry(1, None, **said("user", "hi")), entry(2, 1, **reply()), injected(3))
    assert live(one) == [2, 3, 4]
    told = entries(one)[4]
    assert (told.parent, told.stop, told.provider, told.text) == (3, "injected", None, "status ok")
    assert (one.counts.messages["assistant"], one.counts.turns) == (2, 1)


def test_the_first_version_is_a_chain() -> None:
    one = session(
        header(1),
        {"type": "message", "timestamp": at(1), **said("user", "a")},
        {"type": "message", "timestamp": at(2), **reply("b")},
        {"type": "compaction", "timestamp": at(3), "summary": "c", "firstKeptEntryIndex": 1},
    )
    assert [(e.seq, e.parent, e.live, e.id) for e in one.entries()] == [
        (2, None, True, None),
        (3, 2, True, None),
        (4, 3, True, None),
    ]
    assert one.counts.compactions == 1


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({1: None, 2: 3, 3: 2}, [2, 3]),  # a circle
        ({1: 1, 2: 1}, [1, 2]),  # its own parent
        ({1: 9, 2: 1, 3: 8}, [1, 2, 3]),  # nowhere to be found
        ({1: 3, 2: None, 3: 2}, [2, 3]),  # comes later
        ({1: None, 2: 1, 3: None, 4: 3}, [3, 4]),  # begun anew
    ],
)
def test_parents_that_lead_nowhere_lose_nothing(parents: dict[int, int | None], expected: list[int]) -> None:
    one = session(*(entry(number, parent, **said("user", "x")) for number, parent in parents.items()))
    assert live(one) == expected
    assert len(entries(one)) == len(parents)
    assert one.counts.messages["user"] + one.counts.abandoned == len(parents)


def test_a_broken_line_in_the_middle_does_not_cut_the_conversation() -> None:
    one = session(
        entry(1, None, **said("user", "a")), '{"type":"message","id":"aa000002","pare', entry(3, 2, **reply())
    )
    assert (live(one), one.counts.unreadable) == ([1, 3], 1)


def test_an_entry_that_is_there_twice_counts_once() -> None:
    twice = entry(2, 1, **reply())
    one = session(entry(1, None, **said("user", "a")), twice, twice)
    assert (live(one), one.counts.turns, dict(one.counts.messages)) == (
        [1, 2],
        1,
        {"user": 1, "assistant": 1},
    )
    assert len(entries(one)) == 3


def test_mirrors_are_marked_and_left_out_of_every_count() -> None:
    one = session(entry(1, None, **said("user", "a")), entry(2, 1, **reply()), entry(3, 2, **mirror()))
    assert [e.mirror for e in one.entries()] == [False, False, True]
    assert (one.counts.mirrors, one.counts.messages["assistant"], one.counts.turns) == (1, 1, 1)
    assert live(one) == [1, 2, 3]


# ── what entries say ─────────────────────────────────────────────────────────────────────────────


def test_every_kind_of_entry_says_what_it_said() -> None:
    call = {"type": "toolCall", "id": "c", "name": "exec", "arguments": {"command": "ls", "n": 1.10}}
    image = {"type": "image", "mimeType": "image/png", "data": "A" * 160_000}
    shell = {"role": "bashExecution", "command": "ls", "output": "a.pdf", "exitCode": 2}
    one = session(
        entry(1, None, "model_change", provider="anthropic", modelId="claude-sonnet-4-5"),
        entry(2, 1, "thinking_level_change", thinkingLevel="low"),
        entry(3, 2, **said("user", ["plain", {"type": "text", "text": "a"}, image])),
        entry(4, 3, **said("assistant", [{"type": "thinking", "thinking": "hm"}, call, call])),
        entry(5, 4, **said("toolResult", "no", toolName="exec", isError=True)),
        entry(6, 5, message=shell),
        entry(7, 6, **said("hookMessage", "told", customType="note")),
        entry(8, 7, message={"role": "branchSummary", "summary": "went"}),
        entry(9, 8, message={"role": "compactionSummary", "summary": "so far"}),
        entry(10, 9, "compaction", summary="kept", firstKeptEntryId="aa000003"),
        entry(11, 10, "branch_summary", summary="left"),
        entry(12, 11, "custom", customType="snapshot", data={"a": [1]}),
        entry(13, 12, "custom_message", customType="note", content=[{"type": "text", "text": "seen"}]),
        entry(14, 13, "label", targetId="aa000003", label="here"),
        entry(15, 14, "session_info", name="Invoices"),
        entry(16, 15, "unheard_of", what="now"),
        entry(17, 16, **said("stranger", [{"type": "audio", "url": "x"}, 5])),
    )
    calls = '[call exec] {"command":"ls","n":1.1}'
    assert [(e.type, e.role, e.tool, e.text) for e in one.entries()] == [
        ("model_change", None, None, ""),
        ("thinking_level_change", None, None, "low"),
        ("message", "user", None, "plain\na\n[image image/png, 120 kB]"),
        ("message", "assistant", "exec", f"[thinking] hm\n{calls}\n{calls}"),
        ("message", "tool_result", "exec", "no"),
        ("message", "bash", "bash", "$ ls\na.pdf\n[exit 2]"),
        ("message", "custom", "note", "told"),
        ("message", "branch_summary", None, "went"),
        ("message", "compaction_summary", None, "so far"),
        ("compaction", None, None, "kept"),
        ("branch_summary", None, None, "left"),
        ("custom", None, "snapshot", '{"data":{"a":[1]}}'),
        ("custom_message", None, "note", "seen"),
        ("label", None, None, "here"),
        ("session_info", None, None, "Invoices"),
        ("unheard_of", None, None, '{"what":"now"}'),
        ("message", "other", None, '[audio] {"url":"x"}\n5'),
    ]
    first, failed = entries(one)[1], entries(one)[5]
    assert (first.provider, first.model, failed.stop) == ("anthropic", "claude-sonnet-4-5", "error")
    assert (one.title, one.model) == ("Invoices", None)


def test_a_session_is_called_by_what_the_user_said_first() -> None:
    about = replace(About("main", "x", "f"), title="known elsewhere")
    data = lines_of([entry(1, None, **said("user", "\n  send the invoice  \nplease"))])
    assert transcript(data).session.title == "send the invoice"
    assert transcript(data, about=about).session.title == "known elsewhere"


def test_numbers_are_read_to_the_last_digit_and_only_if_they_are_some() -> None:
    parts = {"input": 0.000036, "output": 0.0006, "cacheRead": 0.0027, "cacheWrite": 0.001125}
    usage = {"input": 12.0, "output": -1, "cacheRead": True, "cacheWrite": "9", "cost": parts}
    raw = json.dumps(entry(1, None, **reply(usage=usage)))
    huge = raw.replace("12.0", "1e999999999999999999999").replace("0.0027", "1e400")
    one, other = session(raw), session(huge)
    assert one.counts.tokens == Tokens(12, 0, 0, 0, Decimal("0.004461"))
    assert other.counts.tokens == Tokens() and other.counts.turns == 0
    told = entries(session(json.dumps(entry(1, None, **reply(usage={**USAGE, "cost": 0.1 + 0.2})))))[1].tokens
    assert told is not None and told.reported_cost == Decimal("0.30000000000000004")


def test_nothing_said_of_a_cost_is_not_a_cost_of_nothing() -> None:
    free = session(entry(1, None, **reply(usage={"input": 5, "cost": {"total": 0}})))
    silent = session(entry(1, None, **reply(usage={"input": 5})))
    assert free.counts.tokens.reported_cost == Decimal(0)
    assert silent.counts.tokens.reported_cost is None


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-01-26T09:00:01.000Z", BEGIN + timedelta(seconds=1)),
        ("2026-01-26T10:00:01+01:00", BEGIN + timedelta(seconds=1)),
        ("2026-01-26T09:00:01", BEGIN + timedelta(seconds=1)),
        (1769418001000, BEGIN + timedelta(seconds=1)),
        (1769418001000.5, BEGIN + timedelta(seconds=1)),
        *((odd, None) for odd in ODD_TIMES),
    ],
)
def test_a_time_is_iso_or_milliseconds_or_none(stamp: object, expected: datetime | None) -> None:
    one = session({**entry(1, None, **said("user", "x")), "timestamp": stamp})
    assert (entries(one)[1].at, one.began_at, one.ended_at) == (expected, expected, expected)


def test_a_message_without_a_time_of_its_own_has_that_of_its_content() -> None:
    inner = said("user", "x", timestamp=1769418001000)
    one = session({"type": "message", "id": "a", "parentId": None, **inner})
    assert one.began_at == datetime(2026, 1, 26, 9, 0, 1, tzinfo=UTC)


# ── what is broken ───────────────────────────────────────────────────────────────────────────────


def test_lines_that_cannot_be_read_are_counted_and_nothing_else_is_lost() -> None:
    half = json.dumps(entry(3, 1, **reply()))[:-30]
    data = lines_of(
        [
            b"\xef\xbb\xbf" + json.dumps(header()).encode(),
            "",
            "[]",
            "null",
            "{}",
            "[" * 100_000,
            '{"a":' * 100_000,
            json.dumps({"type": "message", "message": "no"}),
            b"\0\0\0",
            entry(1, None, **said("user", "still here")),
            half,
        ],
        end=b"",
    )
    one = transcript(data).session
    assert (one.counts.unreadable, dict(one.counts.messages)) == (8, {"user": 1})


def test_deep_arguments_cost_their_line_alone() -> None:
    deep = '{"type":"x","id":"b","what":' + "[" * 900 + "]" * 900 + "}"
    one = session(entry(1, None, **said("user", "a")), deep, entry(2, 1, **reply()))
    assert one.counts.messages == {"user": 1, "assistant": 1}
    assert len(list(one.entries())) + one.counts.unreadable == 3


def test_a_last_line_without_an_end_counts_if_it_is_whole() -> None:
    data = lines_of([entry(1, None, **said("user", "a")), entry(2, 1, **reply())], end=b"")
    assert transcript(data).session.counts.messages == {"user": 1, "assistant": 1}


def test_half_characters_bad_bytes_and_windows_line_ends_are_read() -> None:
    raw = json.dumps(entry(1, None, **said("user", "HERE"))).encode()
    data = b"\r\n".join([raw.replace(b"HERE", b"a \\ud83d b"), raw.replace(b"HERE", b"a \xff b"), b""])
    one = transcript(data).session
    assert [e.text for e in one.entries()] == ["a � b", "a � b"]


def test_an_over_long_line_is_counted_as_unreadable() -> None:
    def lines() -> Iterator[tuple[bytes, bool]]:
        yield json.dumps(entry(1, None, **said("user", "a"))).encode(), True
        yield b"", False
        yield json.dumps(entry(2, 1, **reply())).encode(), True

    one = session_of(lines, About("main", "x", "f"), Redactor()).session
    assert (one.counts.unreadable, live(one)) == (1, [1, 3])


def test_an_endless_text_is_cut_and_says_so() -> None:
    long = "x" * (MOST_TEXT + 1_234)
    call = {"type": "toolCall", "name": "write", "arguments": {"text": long}}
    one = session(entry(1, None, **said("user", long)), entry(2, 1, **said("assistant", [call, call])))
    texts = [e.text for e in one.entries()]
    assert texts[0].endswith("x\n[... 1,234 more characters left out]")
    assert all(len(text) < MOST_TEXT + 100 for text in texts)


def test_lines_that_changed_between_the_readings_are_refused() -> None:
    data = {"now": lines_of([entry(1, None, **said("user", "before"))])}

    def lines() -> Iterator[tuple[bytes, bool]]:
        yield from reading(data["now"])()

    one = session_of(lines, About("main", "x", "f"), Redactor()).session
    assert [e.text for e in one.entries()] == ["before"]
    for other in (b"before", b"after!"), (b"}}", b"}}\n{}\n"), (b"\n", b""):
        data["now"] = lines_of([entry(1, None, **said("user", "before"))]).replace(*other)
        with pytest.raises(DataProblem, match="changed"):
            list(one.entries())


def test_a_long_transcript_takes_little_memory() -> None:
    def lines() -> Iterator[tuple[bytes, bool]]:
        for number in range(1, 15_000):
            told = said("user", "word " * 200)
            yield json.dumps(entry(number, number - 1 or None, **told)).encode(), True

    tracemalloc.start()
    try:
        one = session_of(lines, About("main", "x", "f"), Redactor()).session
        assert sum(1 for _ in one.entries()) == 14_999
        assert tracemalloc.get_traced_memory()[1] < 6_000_000  # of 17 MB
    finally:
        tracemalloc.stop()


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────


def test_no_secret_is_left_in_anything_that_a_session_holds() -> None:
    secret = "correct-horse-battery-9"
    call = {"type": "toolCall", "name": secret, "arguments": {"deep": [{"text": f"a {secret} b"}]}}
    lines = [
        header(),
        entry(1, None, **said("user", f"it is {secret}")),
        {**entry(2, 1, **reply(secret, model=secret, provider=secret, stopReason=secret)), "id": secret},
        entry(3, 2, **said("assistant", [call, {"type": "thinking", "thinking": secret}])),
        entry(4, 3, **said("toolResult", secret, toolName=secret)),
        entry(5, 4, message={"role": "bashExecution", "command": secret, "output": secret}),
        entry(6, 5, "compaction", summary=secret),
        entry(7, 6, "custom", customType=secret, data={"a": secret}),
        entry(8, 7, "session_info", name=f"{secret} in the title"),
        entry(9, 8, secret, what=secret),
        entry(10, 9, **said("user", "nothing here")),
    ]
    told = transcript(lines_of(lines), Redactor([(secret, "password")]))
    found = list(told.session.entries())
    assert len(found) == 10 and found[-1].text == "nothing here"
    assert secret not in repr((told.session, found, told.redacted))
    assert sum(told.redacted.values()) >= 10
