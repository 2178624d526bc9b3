"""Walks a vendor's pages to the end and not beyond: a circle or a hole in them is said, not suffered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agentos_cli.errors import Fatal, Retryable


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the vendor gave it. `after` is the cursor of the next one, None on the last."""

    records: Sequence[object]
    after: str | None


def walk(what: str, read: Callable[[str | None], Page], after: str | None = None) -> Iterator[object]:
    """Every record of every page behind the cursor `after`; see `pages`."""
    for page in pages(what, read, after):
        yield from page.records


def pages(what: str, read: Callable[[str | None], Page], after: str | None = None) -> Iterator[Page]:
    """Every page behind the cursor `after`. `what` names the list, as in "Stripe invoices".

    Raises Fatal when a cursor comes back a second time (the list would never end), and Retryable when a
    page without records claims that more follow (what follows cannot be reached, and must not be lost).
    """
    seen: set[str] = set() if after is None else {after}
    while True:
        page = read(after)
        yield page
        if page.after is None:
            return
        if not page.records:
            raise Retryable(f"{what}: an empty page that says more follow")
        if page.after in seen:
            raise Fatal(f"{what}: the pages go round in a circle; stopped after {len(seen)} cursors")
        seen.add(page.after)
        after = page.after
