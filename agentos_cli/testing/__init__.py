"""The contract of a connector, as a test that its author runs: `assert_contract(module, url=..., key=...)`.

    import acme_agentos
    from agentos_cli.testing import assert_contract, serving

    def test_it_keeps_the_contract() -> None:
        with serving({"/v1/invoices": ANSWER}, key="secret") as url:
            assert_contract(acme_agentos, url=url, key="secret")

It reads from `url`, in this process, and raises AssertionError with what is wrong and what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from agentos_cli.connectors.catalogue import Spec
from agentos_cli.connectors.drift import drift
from agentos_cli.connectors.fields import keeper
from agentos_cli.connectors.guest.description import checked, described
from agentos_cli.connectors.guest.nouns import packed, unpacked
from agentos_cli.connectors.reading import Unreadable
from agentos_cli.contract import Access, Batch, Fields, Raw, Skipped
from agentos_cli.errors import CredentialRefused, Fatal, SourceError
from agentos_cli.resilience.gate import OpenGate
from agentos_cli.testing.altering import Alter, Altered, with_strangers, without_undeclared
from agentos_cli.testing.parts import read_in_parts
from agentos_cli.testing.vendor import serving
from agents.nouns import Noun

__all__ = ["Read", "assert_contract", "read", "serving"]

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
STRANGER = "agentos-strange-record"


@dataclass(frozen=True, slots=True)
class Read:
    """What a connector brought: its records by evidence id, and what it left out."""

    records: Mapping[str, Noun]
    skipped: tuple[Skipped, ...]


def read(
    module: ModuleType, *, url: str, key: str = "", options: Mapping[str, str] | None = None,
    now: datetime = NOW, alter: Alter | None = None,
) -> Read:  # fmt: skip
    """Everything that the connector brings from `url`; checks that each record is what it may bring."""
    spec = _spec(module)
    with _access(spec, url, key, options or {}, now, alter) as access:
        found = list(module.fetch(access)) if spec.streams() is None else read_in_parts(module, access)
    return _sound(spec, found)


def assert_contract(
    module: ModuleType, *, url: str, key: str = "", options: Mapping[str, str] | None = None,
    now: datetime = NOW,
) -> Read:  # fmt: skip
    """Raises AssertionError unless the connector keeps its contract; gives what it read.

    Its SPEC is sound; `check` says one line; records are nouns of the declared kinds with ids of their own
    and aware instants; reading twice gives the same; a wrong key is refused; the declared fields are all
    that reading needs; a strange record is skipped and costs nothing else.
    """
    spec = _spec(module)

    def again(alter: Alter | None = None) -> Read:
        return read(module, url=url, key=key, options=options, now=now, alter=alter)

    with _access(spec, url, key, options or {}, now, None) as access:
        said = module.check(access)
        sample = _sample(module, access)
    assert isinstance(said, str) and said and said.isprintable(), "`check` gives one line about the account"
    first = again()
    assert first.records, "it brought no record at all: give the test a vendor that has some"
    assert again() == first, "reading twice from the same vendor gives different records: sort, or use the id"
    if spec.asks == "key":
        _refused(module, spec, url, options or {}, now)
    _declared(sample, _fields(module), first, again)
    _tolerant(module, sample, first, again)
    return first


def _spec(module: ModuleType) -> Spec:
    name = module.__name__.rpartition(".")[2].removesuffix("_agentos").replace("_", "-")
    try:
        return checked(name, module.__name__, described(module))
    except Fatal as problem:
        raise AssertionError(problem.what) from None


@contextmanager
def _access(
    spec: Spec, url: str, key: str, options: Mapping[str, str], now: datetime, alter: Alter | None
) -> Iterator[Access]:
    http = Altered(spec.name, OpenGate(), title=spec.title, sleep=lambda _: None)
    http.alter = alter
    with http:
        yield Access(http, key, url, options, now, "USD", source=spec.name)


def _fields(module: ModuleType) -> Mapping[str, Fields]:
    streams = getattr(module, "STREAMS", None)
    if streams is not None:
        return {name: stream.fields for name, stream in streams.items()}
    found: Mapping[str, Fields] = getattr(module, "FIELDS", {})
    assert found, "say which fields are read: FIELDS = {'invoices': {'id': 'text', ...}}"
    return found


def _sample(module: ModuleType, access: Access) -> Mapping[str, Sequence[object]]:
    assert hasattr(module, "sample"), "give the first raw records: def sample(access) -> {'invoices': [...]}"
    found: Mapping[str, Sequence[object]] = module.sample(access)
    assert any(found.values()), "`sample` gives no record: it is what `agentos connectors check` looks at"
    return found


def _sound(spec: Spec, batches: Sequence[Any]) -> Read:
    records: dict[str, Noun] = {}
    skipped: list[Skipped] = []
    for batch in batches:
        assert isinstance(batch, Batch), f"it brought a {type(batch).__name__}, not a Batch"
        kind = batch.noun.kind
        assert kind in spec.kinds, f"it brought {kind}, and SPEC['kinds'] does not say so"
        skipped += batch.skipped
        for record in batch.records:
            assert type(record) is batch.noun, f"a {type(record).__name__} came among its {kind} records"
            assert record.source == spec.name, f"{record.ref}: its source is access.source, {spec.name}"
            assert record.ref not in records, f"{record.ref} came twice: ids are unique within a kind"
            records[record.ref] = _same(record)
    return Read(records, tuple(skipped))


def _same(record: Noun) -> Noun:
    """The record, if it is the same after the way that it goes from the guest to the program."""
    try:
        found = unpacked(type(record), packed(record))
    except Unreadable as problem:
        raise AssertionError(f"{record.ref}: {problem}") from None
    assert found == record, f"{record.ref}: text is cleaned and instants are in UTC (see connectors.reading)"
    return found


def _refused(module: ModuleType, spec: Spec, url: str, options: Mapping[str, str], now: datetime) -> None:
    """Raised as CredentialRefused, by `check` and before any record came."""
    with _access(spec, url, "a-wrong-key", options, now, None) as access:
        try:
            module.check(access)
        except CredentialRefused:
            return
        except SourceError as problem:
            raise AssertionError(
                f"a wrong key is a CredentialRefused, not {type(problem).__name__}"
            ) from None
    raise AssertionError("a wrong key was not refused: `check` asks something that needs it")


def _declared(
    sample: Mapping[str, Sequence[object]], fields: Mapping[str, Fields], first: Read,
    again: Callable[[Alter], Read],
) -> None:  # fmt: skip
    """What the sample has is what is declared, and what is declared is enough to read it."""
    assert set(sample) <= set(fields), (
        f"`sample` has lists that are not declared: {set(sample) - set(fields)}"
    )
    for stream, records in sample.items():
        lost = [each for each in drift(records, fields[stream]) if each.loses]
        assert not lost, f"{stream} is not as declared: {lost[0].path} {lost[0].says}"
    kept = again(without_undeclared({name: (sample[name], keeper(fields[name])) for name in sample}))
    assert kept == first, f"it reads more than it declares: {_other(first, kept)} is not the same without"


def _tolerant(
    module: ModuleType, sample: Mapping[str, Sequence[object]], first: Read, again: Callable[[Alter], Read]
) -> None:
    """A record that says nothing, or something strange in one field, is skipped, wherever it comes."""
    skipped, keys = 0, {name: each.key for name, each in getattr(module, "STREAMS", {}).items()}
    for stream, records in sample.items():
        if not records:
            continue
        try:
            found = again(with_strangers(records, _strangers(records, keys.get(stream, "id"))))
        except Exception as problem:
            raise AssertionError(
                f"a strange record among {stream} is skipped, not raised: {type(problem).__name__}: {problem}"
            ) from None
        missing = first.records.keys() - found.records.keys()
        assert not missing, f"a strange record among {stream} cost {min(missing)}"
        skipped += len(found.skipped) - len(first.skipped)
    assert skipped, "a strange record was neither read nor skipped: use connectors.reading.batch"


def _strangers(records: Sequence[object], key: str) -> list[Raw]:
    """A record with an id and nothing else, and one like the first with an object in each of its fields."""
    first = next((each for each in records if isinstance(each, Mapping)), {})
    odd = [{**first, name: {"strange": True}} for name in first if name != key]
    return [{**each, key: f"{STRANGER}-{number}"} for number, each in enumerate([{}, *odd])]


def _other(one: Read, two: Read) -> str:
    refs = sorted(one.records.keys() | two.records.keys())
    return next((ref for ref in refs if one.records.get(ref) != two.records.get(ref)), "what was skipped")
