"""Reads sheets by their address: Google Sheets, or any CSV, in the columns of docs/files.md.

One sheet: `--base-url ADDRESS --option kind=expense`; several: `--option expense=ADDRESS` for each. A kind is
that of the records: `bank_transaction` for the columns of bank.csv; docs/connectors.md has them all.

Of a Google sheet the address in the browser is enough. It is read as CSV
(https://snapsheets.readthedocs.io/en/latest/notes/format.html), to which Google answers with a redirect to
googleusercontent.com. No key is sent, so the sheet has to be shared with whoever has the link; to one that
is not, Google answers with a page to log in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

from agentos_cli.connectors.files.rows import Text, batch, columns, decoded, first_rows
from agentos_cli.connectors.files.tables import TABLES, Table
from agentos_cli.contract import Access, Batch, Fields
from agentos_cli.errors import Fatal, SourceError
from agentos_cli.http import Response

TITLE = "Sheet"
GOOGLE = "docs.google.com"
GOOGLES = ("google.com", "googleusercontent.com")
"""Where a Google sheet may lead: to its text, or to the page to log in."""
HIDDEN = frozenset({401, 403, 404, 410})
SAMPLED = 50
BY_KIND: Mapping[str, Table] = {table.noun.kind: table for table in TABLES}
FIELDS: Mapping[str, Fields] = {
    kind: {
        **dict.fromkeys(table.needed, "text"),
        **dict.fromkeys((f"{name}?" for name in table.known), "text"),
    }
    for kind, table in BY_KIND.items()
}
_SHEET = re.compile(r"/spreadsheets/(?:u/[0-9]+/)?d/(?P<id>(?:e/)?[A-Za-z0-9_-]+)(?P<rest>/.*)?")


def fetch(access: Access) -> Iterator[Batch]:
    """One batch for each sheet. Raises Fatal for an address or a header that cannot be used."""
    for table, address in _addresses(access):
        yield batch(table, _text(access, table, address), access)


def check(access: Access) -> str:
    """Which sheets there are, once the header of each was found good."""
    found = _addresses(access)
    for table, address in found:
        columns(table, _text(access, table, address))
    return f"sheets of {', '.join(table.noun.kind for table, _ in found)}"


def account(access: Access) -> Mapping[str, str]:
    """Nothing: a row of a sheet has no page."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """None: a row of a sheet has no page."""
    return None


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first rows of each sheet, by kind."""
    return {
        table.noun.kind: first_rows(table, _text(access, table, address), SAMPLED)
        for table, address in _addresses(access)
    }


def _addresses(access: Access) -> list[tuple[Table, str]]:
    """What each sheet holds and where it is. Raises Fatal where either is not told."""
    told = {name: value for name, value in access.options.items() if name in BY_KIND}
    kind = access.options.get("kind", "").strip()
    if access.base_url and kind:
        told[kind] = access.base_url
    strange = next((name for name in told if name not in BY_KIND), None)
    if strange is not None or not told:
        what = f"there is no kind `{strange[:40]}`" if strange else "it has to be told what its sheets hold"
        raise Fatal(
            f"{TITLE}: {what}: one of {', '.join(BY_KIND)}",
            fix="agentos connect sheet --base-url https://... --option kind=expense",
        )
    return [(BY_KIND[name], as_csv(address)) for name, address in told.items()]


def as_csv(address: str) -> str:
    """The address under which Google gives a sheet as CSV; any other address as it is."""
    parts = urlsplit(address.strip())
    found = _SHEET.fullmatch(parts.path)
    asked = {**parse_qs(parts.fragment), **parse_qs(parts.query)}
    if (
        parts.hostname != GOOGLE
        or found is None
        or "csv" in (*asked.get("format", ()), *asked.get("output", ()))
    ):
        return address.strip().partition("#")[0]
    tab = {"gid": asked["gid"][-1]} if "gid" in asked else {}
    published = found["id"].startswith("e/")
    wanted = {"output": "csv", **tab} if published else {"format": "csv", **tab}
    way = "pub" if published else "export"
    return f"https://{GOOGLE}/spreadsheets/d/{found['id']}/{way}?{urlencode(wanted)}"


def _text(access: Access, table: Table, address: str) -> Text:
    name = f"the {table.noun.kind} sheet"
    host = urlsplit(address).hostname or ""

    def judge(response: Response) -> SourceError | None:
        if response.status not in HIDDEN and not _is_page(response):
            return None
        return Fatal(
            f"{name} cannot be seen ({response.status}): it answers with a page, not with CSV",
            fix="check the address, and let whoever has the link see it (Share > General access)",
        )

    answer = access.http.send("GET", address, judge=judge, follow=GOOGLES if host == GOOGLE else (host,))
    return Text(name, decoded(name, answer.body), None)


def _is_page(response: Response) -> bool:
    """Whether it is a web page, whatever it says it is."""
    return "html" in response.headers.get("content-type", "") or response.body.lstrip()[:1] == b"<"
