"""The guest's side: requests from stdin, done by the connector that they name, answered on stdout.

The connector is imported here and nowhere else. Before that a request is read, stdin becomes empty, what is
printed goes to stderr, and the limits are set; a thread ends everything when the program that asked is gone.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from itertools import chain, islice
from types import ModuleType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from agentos_cli.connectors.guest.description import described
from agentos_cli.connectors.guest.nouns import loose, packed
from agentos_cli.connectors.reading import Unreadable
from agentos_cli.contract import Access, Batch, Found, Page, Skipped, Stream
from agentos_cli.errors import CursorLost, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http import Http
from agentos_cli.http.strict import strict_json
from agentos_cli.resilience.gate import OpenGate
from agents.nouns import NOUNS

T = TypeVar("T")
Line = Mapping[str, object]

MEMORY = 1024**3
LARGEST_FILE = 256 * 1024**2
MOST_FILES = 256
PARTS = 200
"""Records that go in one line."""


class StrayError(Exception):
    """The connector brought something that is none of what it may bring."""


def main() -> None:
    """Answer one request after another, and leave at once when there are no more: nothing that the connector
    left running is waited for."""
    requests = os.fdopen(os.dup(0), "rb")
    first = requests.readline()
    out = _take_over(requests.fileno(), float(strict(first)["seconds"]))
    for request in chain([first], iter(requests.readline, b"")):
        _answer(strict(request), out)
    os._exit(0)


def strict(request: bytes) -> Any:
    """The request. It comes from our own program."""
    return strict_json(request)


def _answer(asked: Mapping[str, Any], out: Callable[[Line], None]) -> None:
    """Do what is asked, and say so, or say what went wrong."""
    try:
        for line in _answers(asked):
            out(line)
        out({"done": True})
    except SourceError as error:
        out(_told(error))
    except StrayError as error:
        out(_told(Fatal(f"the {asked['title']} connector broke: {error}")))
    except Unreadable as problem:
        out(_told(Fatal(f"{asked['title']}: {problem}")))
    except BaseException as error:  # whatever it is, it goes no further than this process
        out(_told(Fatal(f"the {asked['title']} connector broke: {type(error).__name__}: {error}")))


def _take_over(requests: int, seconds: float) -> Callable[[Line], None]:
    """Keep the two pipes to the program for ourselves, set the limits; gives what writes a line."""
    answer = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, int(seconds) * 10 + 10),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # a system that lacks one, or allows less already
            resource.setrlimit(kind, (most, most))
    threading.Thread(target=_end_with, args=(requests,), daemon=True).start()

    def write(line: Line) -> None:
        text = memoryview((json.dumps(line, ensure_ascii=True) + "\n").encode())
        while text:
            text = text[os.write(answer, text) :]

    return write


def _end_with(watched: int) -> None:
    """End this process and all it started, when the program that asked is gone."""
    poll = select.poll()
    poll.register(watched, 0)  # its end is told whatever one asks for; requests are another's to read
    poll.poll()
    if os.getpgrp() == os.getpid():  # as it is unless somebody started this by hand
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _answers(asked: Mapping[str, Any]) -> Iterator[Line]:
    module = import_module(asked["module"])
    what = asked["ask"]
    if what == "describe":
        yield {"says": described(module)}
        return
    with Http(
        asked["source"], OpenGate(), title=asked["title"], deadline_seconds=float(asked["seconds"])
    ) as http:
        access = _access(asked, http)
        if what in ("check", "account", "sample"):
            yield {"says": ASKED[what](module, access)}
        elif what == "feed":
            yield from _pages(module, asked, access)
        else:
            found = module.fetch(access) if what == "fetch" else module.derive(_found(asked), access)
            for batch in found:
                yield from _batch(batch)


def _access(asked: Mapping[str, Any], http: Http) -> Access:
    return Access(
        http,
        asked["secret"],
        asked["base_url"],
        asked["options"],
        datetime.fromisoformat(asked["now"]),
        asked["currency"],
        ZoneInfo(asked["zone"]),
        asked["source"],
    )


def _sampled(module: ModuleType, access: Access) -> Line:
    if not hasattr(module, "sample"):
        return {}
    return {name: [loose(each) for each in records] for name, records in module.sample(access).items()}


ASKED: dict[str, Callable[[ModuleType, Access], object]] = {
    "check": lambda module, access: str(module.check(access)),
    "account": lambda module, access: dict(module.account(access)) if hasattr(module, "account") else {},
    "sample": _sampled,
}


# ── records ──────────────────────────────────────────────────────────────────────────────────────


def _batch(batch: object) -> Iterator[Line]:
    """A line about the batch, then lines with some of its records each."""
    if not isinstance(batch, Batch) or batch.noun not in NOUNS:
        noun = getattr(getattr(batch, "noun", None), "__name__", type(batch).__name__)
        raise StrayError(f"it brought {noun}, which is none of its kinds")
    records = tuple(batch.records)
    yield {
        "batch": batch.noun.kind,
        "count": len(records),
        "skipped": [_left_out(each) for each in batch.skipped],
        "observed_at": packed(batch.observed_at),
        "caution": packed(batch.caution),
    }
    if stray := next((each for each in records if type(each) is not batch.noun), None):
        raise StrayError(f"a {type(stray).__name__} came among its {batch.noun.kind} records")
    for some in _some(records):
        yield {"records": [packed(record) for record in some]}


def _left_out(skipped: Skipped) -> list[object]:
    return [packed(skipped.kind), packed(skipped.where), packed(skipped.why)]


def _pages(module: ModuleType, asked: Mapping[str, Any], access: Access) -> Iterator[Line]:
    """The pages of a feed: the records, each with its group, then a line with where it goes on."""
    streams: Mapping[str, Stream] = module.STREAMS
    for page in module.feed(access, asked["cursors"], asked["whole"]):
        if not isinstance(page, Page) or page.stream not in streams:
            raise StrayError(f"it brought {type(page).__name__}, which is no page of its streams")
        stream = streams[page.stream]
        for some in _some(page.records):
            yield {"of": page.stream, "these": [[*_place(stream, each), loose(each)] for each in some]}
        yield {
            "page": page.stream,
            "gone": list(page.gone),
            "cursors": dict(page.cursors),
            "lasting": dict(page.lasting),
            "total": page.total,
        }


def _some(records: Iterable[T]) -> Iterator[list[T]]:
    each = iter(records)
    while some := list(islice(each, PARTS)):
        yield some


def _place(stream: Stream, record: object) -> tuple[object, str]:
    """The id of a record and its group; "" for one that is alone, or shared."""
    if not isinstance(record, Mapping):
        return None, ""
    name = loose(record.get(stream.key))
    if stream.group is None:
        return name, ""
    try:
        return name, str(stream.group(record) or "")
    except Exception:  # as the contract says: whatever it raises makes the record a group alone
        return name, ""


def _found(asked: Mapping[str, Any]) -> Found:
    return Found(asked["records"], asked["shared"], asked["first"])


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


def _told(error: SourceError) -> Line:
    """An error as a line; the program raises it again, as one of those it knows."""
    until = error.not_before.isoformat() if isinstance(error, RateLimited) else None
    kind = next(
        (each.__name__ for each in type(error).__mro__ if each in (CursorLost, RateLimited, Retryable)),
        "CredentialRefused" if error.exit_code == 4 else "Fatal",
    )
    return {"error": kind, "what": str(error.what)[:1000], "fix": error.fix, "until": until}


if __name__ == "__main__":
    main()
