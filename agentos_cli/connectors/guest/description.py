"""What a package says of its connector: found by its metadata, told by its guest, checked word by word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from types import ModuleType
from typing import cast
from urllib.parse import urlsplit

from agentos_cli.connectors.catalogue import Spec
from agentos_cli.connectors.reading import Unreadable, clean, maybe, text, whole
from agentos_cli.contract import Fields, Raw, Stream
from agentos_cli.errors import Fatal, UsageProblem
from agentos_cli.http.wire import allowed
from agents.nouns import NOUNS

GROUP = "agentos.connectors"
"""The one entry-point group: `acme = "acme_agentos"` offers the source `acme`, written in that module."""
GUEST = "agentos_cli.connectors.guest"
ASKS = ("key", "folder", "address", "nothing")
KINDS = frozenset(noun.kind for noun in NOUNS)
KNOWN = frozenset(
    (
        "title",
        "kinds",
        "life_minutes",
        "asks",
        "base_url",
        "help",
        "needs",
        "pages",
        "streams",
        "fields",
        "has",
    )
)
LARGEST = 100_000
CHOICE = "|"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)


def installed() -> dict[str, str]:
    """The sources that installed packages offer: name to module. Nothing of them is imported.

    Raises UsageProblem when two packages offer the same name in different modules.
    """
    from importlib.metadata import entry_points  # 20 ms that only those pay who ask for such a source

    found: dict[str, str] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        if not _NAME.fullmatch(entry.name) or not _MODULE.fullmatch(entry.value):
            continue
        if found.setdefault(entry.name, entry.value) != entry.value:
            raise UsageProblem(
                f"two packages offer the source {entry.name}: {found[entry.name]} and {entry.value}",
                fix="uninstall one of them",
            )
    return found


def described(module: ModuleType) -> dict[str, object]:
    """What the connector says of itself, as data, unchecked."""
    streams: Mapping[str, Stream] | None = getattr(module, "STREAMS", None)
    told = {
        name: {"fields": spelled(each.fields), "key": each.key, "shared": each.group is None}
        for name, each in (streams or {}).items()
    }
    fields = {name: each.fields for name, each in (streams or {}).items()} or getattr(module, "FIELDS", {})
    has = [name for name in ("fetch", "feed", "derive", "check") if callable(getattr(module, name, None))]
    declared = {name: spelled(each) for name, each in fields.items()}
    return {**dict(module.SPEC), "streams": told, "fields": declared, "has": has}


def checked(name: str, module: str, said: object) -> Spec:
    """The source that the package describes; raises Fatal with what is wrong with its SPEC."""
    try:
        return _spec(name, module, said)
    except Unreadable as problem:
        raise Fatal(
            f"the connector {name} describes itself wrongly: {problem}", fix=f"mend SPEC in {module}"
        ) from None


def _spec(name: str, module: str, said: object) -> Spec:
    if not isinstance(said, Mapping):
        raise Unreadable("SPEC is not an object")
    if strange := said.keys() - KNOWN:
        raise Unreadable(f"SPEC has `{clean(min(strange))[:40]}`, which is not known")
    asks = maybe(text, said, "asks") or "key"
    if asks not in ASKS:
        raise Unreadable(f"asks is `{asks[:40]}`, not one of {', '.join(ASKS)}")
    minutes = 24 * 60 if said.get("life_minutes") is None else whole(said, "life_minutes")
    if not 1 <= minutes <= 525_600:
        raise Unreadable("life_minutes is not from 1 to 525600")
    streams = _streams(said)
    _able(said, parts=bool(streams))
    return Spec(
        name=name,
        title=text(said, "title")[:40],
        module=GUEST,
        kinds=_kinds(said),
        life=timedelta(minutes=minutes),
        asks=asks,
        base_url=_address(said),
        help=(maybe(text, said, "help") or "")[:200],
        needs=_needs(said),
        told={
            "plugin": module,
            "pages": json.dumps(_pages(said)),
            "streams": json.dumps(streams),
            "fields": _json(said.get("fields")),
        },
    )


def _able(said: Raw, *, parts: bool) -> None:
    """It has the functions of its sort."""
    has = said.get("has")
    for needed in ("feed", "derive", "check") if parts else ("fetch", "check"):
        if not isinstance(has, list) or needed not in has:
            raise Unreadable(f"it has no function `{needed}`")


def _kinds(said: Raw) -> tuple[str, ...]:
    kinds = said.get("kinds")
    if not isinstance(kinds, list) or not kinds:
        raise Unreadable("kinds is not a list of nouns")
    if strange := [each for each in kinds if not isinstance(each, str) or each not in KINDS]:
        raise Unreadable(f"kinds has `{clean(str(strange[0]))[:40]}`; see agentos_cli.contract")
    return tuple(dict.fromkeys(cast("list[str]", kinds)))


def _address(said: Raw) -> str:
    found = maybe(text, said, "base_url") or ""
    if found and not allowed(found):
        raise Unreadable("base_url is not an https address")
    return found.rstrip("/")


def _needs(said: Raw) -> dict[str, str]:
    """The options without which it cannot be read, each with an example."""
    needs = said.get("needs") or {}
    if not isinstance(needs, Mapping):
        raise Unreadable("needs is not an object")
    return {clean(name): text(needs, name) for name in needs}


def _pages(said: Raw) -> dict[str, str]:
    """By kind, where a record is to be seen at the vendor: an address with `{id}` in it."""
    pages = said.get("pages") or {}
    if not isinstance(pages, Mapping):
        raise Unreadable("pages is not an object")
    for kind in pages:
        where = text(pages, kind)
        if kind not in KINDS or urlsplit(where).scheme != "https" or "{id}" not in where:
            raise Unreadable(
                f"pages has `{clean(kind)[:40]}`, which is no kind or no https address with {{id}}"
            )
    return dict(pages)


def _streams(said: Raw) -> dict[str, Raw]:
    streams = said.get("streams") or {}
    if not isinstance(streams, Mapping):
        raise Unreadable("STREAMS is not an object")
    for name, stream in streams.items():
        if not isinstance(stream, Mapping) or not isinstance(stream.get("fields"), Mapping):
            raise Unreadable(f"STREAMS has `{clean(name)[:40]}`, which is no Stream")
        _json(stream)
    return dict(streams)


def _json(value: object) -> str:
    made = json.dumps(value or {})
    if len(made) > LARGEST:
        raise Unreadable("it declares more fields than anybody reads")
    return made


# ── what its connection keeps of it ──────────────────────────────────────────────────────────────


def streams(told: Mapping[str, str]) -> dict[str, Stream] | None:
    """The streams of a connector that is read in parts. A record is kept in an envelope, `{"id", "group",
    "record"}`, since only the guest can say which group it is of."""
    found: Mapping[str, Mapping[str, object]] = json.loads(told.get("streams", "{}"))
    return {
        name: Stream(
            {"id": "text", "group?": "text", "record": _read(each["fields"])},
            None if each.get("shared") else _grouped,
        )
        for name, each in found.items()
    } or None


def _grouped(envelope: Raw) -> str:
    group = envelope["group"]
    if not isinstance(group, str) or not group:
        raise Unreadable("it is of no group")
    return group


def fields(told: Mapping[str, str]) -> dict[str, Fields]:
    """By stream, the fields that are read."""
    found: dict[str, object] = json.loads(told.get("fields", "{}"))
    return {name: cast("Fields", _read(each)) for name, each in found.items()}


def spelled(spec: object) -> object:
    """A declaration of fields as JSON: words to choose from are `{"|": [...]}`."""
    if isinstance(spec, Mapping):
        return {name: spelled(each) for name, each in spec.items()}
    if isinstance(spec, tuple):
        return {CHOICE: list(spec)}
    return [spelled(each) for each in spec] if isinstance(spec, list) else spec


def _read(spec: object) -> object:
    if isinstance(spec, Mapping):
        return tuple(spec[CHOICE]) if CHOICE in spec else {name: _read(each) for name, each in spec.items()}
    return [_read(each) for each in spec] if isinstance(spec, list) else spec


def page(told: Mapping[str, str], kind: str, record_id: str) -> str | None:
    """Where a record is to be seen at the vendor, if the package says so."""
    from urllib.parse import quote

    pages: dict[str, str] = json.loads(told.get("pages", "{}"))
    return pages[kind].replace("{id}", quote(record_id, safe="")) if kind in pages else None
