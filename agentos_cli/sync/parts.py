"""Reads one source in parts: page by page, going on where it stopped, then the nouns of what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from agentos_cli import __version__
from agentos_cli.clock import Clock, monotonic
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.connectors.reading import none_read
from agentos_cli.contract import Access, Page, Skipped
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal, Retryable, Temporary
from agentos_cli.store.lease import Lease
from agentos_cli.store.publication import Draft
from agentos_cli.store.records import Changes, Said
from agentos_cli.store.staging import Progress, Staging
from agentos_cli.store.store import Store
from agentos_cli.sync.derive import Maker
from agentos_cli.sync.intake import Intake
from agentos_cli.sync.telling import tell_synced

WHOLE, CHANGES, RESUMED = "whole", "changes", "resumed"
GOES_ON = timedelta(days=1)
"""How old a whole read may be that was cut off and goes on; of an older one too much has changed."""
POSTPONED = 7
"""How many times older than it should be the last whole read may get while only briefs read the source."""
TAIL = 1.0
"""Seconds before its time is up within which a source that fails failed for lack of time."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What reading brought. `unfinished`: its time was up before there was no more."""

    how: str
    pages: int
    unfinished: Temporary | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What the source holds now, what of it changed, and what could not be read."""

    records: int
    changes: Changes
    skipped: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One read of one source. `until` is when its time is up, on the monotonic clock; `heard` is told of
    each page. `hurried`: a brief waits, for so many seconds."""

    spec: Spec
    access: Access
    staging: Staging
    clock: Clock
    until: float
    heard: Callable[[Page], None]
    hurried: float | None = None

    def take(self, full_every: timedelta, *, full: bool) -> Taken:
        """Read the source until there is no more or its time is up; what comes is kept, and the next read
        goes on behind it. Raises what the source raises."""
        now = self.access.now
        how, progress = self._way(full_every, full, now)
        intake = self._intake(progress)
        try:
            ended = self._pages(intake)
        except (CursorLost, Fatal) as problem:
            stale = isinstance(problem, CursorLost) or (how == RESUMED and not intake.pages)
            if not stale or isinstance(problem, CredentialRefused):
                raise
            how, progress = WHOLE, self.staging.begin(progress, now)
            intake = self._intake(progress)
            ended = self._pages(intake)
        if ended:
            known = self.staging.finish(progress, self.clock())
            if how == RESUMED:  # its first pages may be hours old
                ended = self._caught_up(intake, known)
        return Taken(how, intake.pages, None if ended else self._unfinished(intake))

    def _caught_up(self, intake: Intake, known: Progress) -> bool:
        """Read what has changed since a whole read began; nothing where the vendor does not say."""
        intake.progress = known
        try:
            ended = self._pages(intake)
        except CursorLost:
            return True
        if ended:
            self.staging.finish(known, self.clock())
        return ended

    def _way(self, full_every: timedelta, full: bool, now: datetime) -> tuple[str, Progress]:
        known, declared = self.staging.progress(), declaration(self.spec)
        if known.declared != declared:  # what is kept of a record is not what is read of it now
            known = replace(known, reading=False, done_at=None, declared=declared)
        if known.reading and known.began_at is not None and now - known.began_at < GOES_ON:
            return RESUMED, known
        if full or known.reading or known.done_at is None or self._is_due(known, full_every, now):
            return WHOLE, self.staging.begin(known, now)
        return CHANGES, known

    def _is_due(self, known: Progress, full_every: timedelta, now: datetime) -> bool:
        """Whether the last whole read is too old. Where a brief waits and another one would hardly be through
        in time, what is new comes first, for some days."""
        assert known.done_at is not None
        took = known.done_at - (known.began_at or known.done_at)
        late = self.hurried is not None and took.total_seconds() > self.hurried / 2
        return now - known.done_at >= full_every * (POSTPONED if late else 1)

    def _intake(self, progress: Progress) -> Intake:
        return Intake(self.spec, self.spec.streams() or {}, self.staging, progress, self.heard)

    def _pages(self, intake: Intake) -> bool:
        """All pages, or those that come in time; and whether that was all."""
        pages = self.spec.feed()(self.access, self.staging.cursors(), intake.progress.reading)
        try:
            for page in pages:
                intake.take(page)
                if monotonic() > self.until:
                    return False
        except Retryable:
            if intake.pages and monotonic() > self.until - TAIL:
                return False
            raise
        finally:
            intake.flush()
            if isinstance(pages, Generator):
                pages.close()  # it may have threads of its own
        return True

    def _unfinished(self, intake: Intake) -> Temporary:
        """That the time is up; which is nothing against the vendor, who answered all the while."""
        now = intake.progress
        count = self.staging.count(now.round) if now.reading else intake.records
        return Temporary(
            f"{count:,} records so far; it goes on at the next sync", fix=f"agentos sync {self.spec.name}"
        )


def publish(
    store: Store, lease: Lease, staging: Staging, spec: Spec, access: Access, at: datetime
) -> Published:
    """Make nouns of the groups that have changed and publish them all at once. Raises Fatal where of a kind
    nothing at all could be read: what was known then stays."""
    parts = staging.changed()
    maker = Maker(spec, access, staging.shared())
    with Draft(staging, spec.kinds, at, parts) as draft:
        draft.add(maker.first())
        for chunk in staging.chunks(parts):
            draft.add(maker.made(chunk))
        draft.close_up()
        said = maker.said or dict.fromkeys(spec.kinds, Said(None, None))
        with store.unit_of_work(lease) as work:
            before = work.sources.problem(spec.name, at)
            changes = work.publish(draft)
            work.sources.renewed(spec.name, said, at)
            skipped = work.sources.skipped(spec.name)
            _refuse_nothing(spec, draft.counts, skipped)
            changed = changes.added + changes.changed + changes.removed
            tell_synced(work, spec.name, before, draft.counts.total(), changed, len(skipped), at)
            work.commit()
    return Published(draft.counts.total(), changes, len(skipped))


def _refuse_nothing(spec: Spec, counts: Counter[str], skipped: Sequence[Skipped]) -> None:
    """Raise Fatal where of a kind there are records and none could be read: the format has changed."""
    unread = Counter(one.kind for one in skipped if not one.aside)
    for first in skipped:
        if not first.aside and not counts[first.kind]:
            raise none_read(spec.title, first.kind, unread[first.kind], first)


def declaration(spec: Spec) -> str:
    """Stands for what is kept of the records of a source: another one means that all is read again."""
    streams = spec.streams() or {}
    told = [(name, stream.key, stream.group is None, stream.fields) for name, stream in streams.items()]
    return blake2b(repr((__version__, told)).encode(), digest_size=8).hexdigest()
