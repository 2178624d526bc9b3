"""What the owner is told: a brief, a report, a finding; given again as it was while nothing changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, cast

from agentos_cli.clock import Clock
from agentos_cli.errors import DataProblem, Temporary
from agentos_cli.events import BriefingReady, Event
from agentos_cli.store.records import Answer, SavedBriefing
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord, notice, this_run

if TYPE_CHECKING:
    from agentos_cli.briefing.morning import Morning
    from agentos_cli.renderers.explain import ExplainDocument, Subject
    from agentos_cli.renderers.history import HistoryDocument
    from agentos_cli.renderers.shapes import BriefDocument, FindingDocument, ReportDocument
    from agents.briefing import Briefing
    from agents.nouns import Noun
    from agents.report import Metric
    from agents.snapshot import Snapshot

YOUNG = timedelta(minutes=5)
"""For so long a brief or report is given again as it was, if nothing that went into it has changed."""

Document = Mapping[str, object]


class Made(NamedTuple):
    """A document, the runs that made it, and whether every one of them succeeded."""

    document: Document
    runs: Sequence[RunRecord]
    whole: bool


class Sending(NamedTuple):
    """That a brief is meant for the channels, or for `only` this one."""

    only: str | None = None

    def event(self, ready: Event) -> Event:
        """The same for every time that the brief of one run is sent there, so that it is sent once."""
        told = f"{ready.payload['briefing']} {self.only or ''}"
        name = blake2b(told.encode(), digest_size=10).hexdigest()
        return replace(ready, id=f"evt_{name}", payload={**ready.payload, "send": True})


@dataclass(frozen=True, slots=True)
class Desk:
    """Makes documents of what `see` shows of the store, and records every run that made one.

    `key` stands for the program, the settings and the zone; `young` is how old an answer may be given
    again: zero where the clock stands (`--as-of`, the demo), so that it is exact there. `known_at` is set
    where a past day is looked at with what is known at a later instant.
    """

    store: Store
    see: Callable[[Collection[type[Noun]]], Snapshot]
    clock: Clock
    zone: tzinfo
    key: str
    young: timedelta
    known_at: datetime | None = None

    def brief(self, due_at: datetime | None = None) -> BriefDocument:
        """The briefing of what is stored now. `due_at`: when it was due, if it is made because it was."""
        return self._brief(due_at, None)[0]

    def send(self, sending: Sending, due_at: datetime | None = None) -> tuple[BriefDocument, str]:
        """The same, announced for the channels in the transaction that keeps it, once for each run; and the
        id of that event."""
        return self._brief(due_at, sending)

    def _brief(self, due_at: datetime | None, sending: Sending | None) -> tuple[BriefDocument, str]:
        said = self._notices(due_at)
        document, event = self._answered("brief", lambda: self._composed(said), said, sending)
        return cast("BriefDocument", document), event

    def _notices(self, due_at: datetime | None) -> list[str]:
        """What has to be said beside the figures; nothing of a day that is looked at again."""
        if not self.young:
            return []
        found = self.store.unarrived()
        if not found and due_at is None:
            return []
        from agentos_cli.briefing.notices import notices

        return notices(found, self.clock(), self.zone, due_at)

    def restated(self, present: Desk, known_at: datetime) -> BriefDocument:
        """The briefing as the desk `present` knows it at `known_at`, and what that changes of this one."""
        from agentos_cli.renderers.documents import restated_document

        return restated_document(self.briefing(), present.briefing(), known_at)

    def report(self, name: str) -> ReportDocument:
        """One agent's report on what is stored now. Raises UsageProblem for a name that no agent has."""
        return cast("ReportDocument", self._answered(name, lambda: self._analysed(name))[0])

    def metric(self, key: str) -> Metric:
        """One metric as its agent works it out now. Raises UsageProblem for a key that no metric has."""
        from agentos_cli.briefing.explaining import metric_called

        return metric_called(key, self.see)

    def history(self, key: str, days: int) -> HistoryDocument:
        """One metric on each of the last `days` days, against its own past. Raises as `metric` does."""
        from agentos_cli.renderers.history import history_document

        metric = self.metric(key)
        return history_document(metric, metric.as_of.astimezone(self.zone), days)

    def explain(self, figure: str) -> ExplainDocument:
        """A metric by its key, or the number of a finding by its id, with everything it is made of.

        Raises UsageProblem for what is neither.
        """
        from agentos_cli.briefing import explaining

        subject = None
        if explaining.is_id(figure):
            subject = explaining.of_finding(self.briefing(), figure)
        return self.explained(subject or explaining.of_metric(self.metric(figure)))

    def explained(self, subject: Subject) -> ExplainDocument:
        """A number that is at hand, with everything it is made of."""
        from agentos_cli.briefing import explaining
        from agentos_cli.renderers.explain import explain_document

        seen = self.see(explaining.NAMED)
        known_at = self.known_at or seen.as_of
        provenance = explaining.Provenance.of(
            seen,
            self.store.origins(explaining.refs_of(subject), known_at),
            self.store.read(known_at, ()).sources,
            self.store.connections(),
        )
        local = seen.as_of.astimezone(self.zone)
        return explain_document(subject, seen.company, seen.tenant, local, provenance)

    def finding(self, wanted: str) -> FindingDocument | None:
        """One decision, risk, alert or recommendation of this briefing in full; None if it has none such."""
        from agentos_cli.renderers.documents import finding_document

        return finding_document(self.briefing(), wanted)

    def _analysed(self, name: str) -> Made:
        from agentos_cli.briefing.morning import agent_called, analyse
        from agentos_cli.renderers.documents import report_document

        agent, now = agent_called(name), self.clock()
        report, run = analyse(agent, self.see(agent.reads), this_run(now), now)
        return Made(report_document(report, self.zone), (run,), run.success)

    def _composed(self, notices: Sequence[str]) -> Made:
        from agentos_cli.renderers.documents import brief_document

        made = self._morning()
        return Made(brief_document(made.briefing, notices), made.runs, not made.briefing.failed)

    def briefing(self) -> Briefing:
        """The briefing of what is stored now, before it becomes a document."""
        return self._morning().briefing

    def _morning(self) -> Morning:
        from agentos_cli.briefing.morning import morning

        now = self.clock()
        return morning(self.see, this_run(now), now)

    def _answered(
        self, name: str, make: Callable[[], Made], said: Sequence[str] = (), sending: Sending | None = None
    ) -> tuple[Document, str]:
        """The answer kept under `name` while nothing that went into it has changed; else a new one. And the
        id of the event that announces it, "" for none.

        What was made for an instant asked for, though it be young, knows nothing of what came after it,
        so it is never given as the present.
        """
        changes, kept = self.store.answer(name)
        words = (self.key, str(changes), "now" if self.young else "then", *said)
        key, now = " ".join(words), self.clock()
        if kept is not None and kept.key == key and timedelta(0) <= now - kept.as_of <= self.young:
            document = cast("Document", json.loads(kept.body))
            event = self._announced_again(kept, document, sending)
            if event is not None:
                return document, event
        made = make()
        body = json.dumps(made.document, ensure_ascii=False)
        briefing = SavedBriefing(made.runs[0].run_id, now, body) if name == "brief" else None
        events = [] if briefing is None else self._ready(briefing, made.document, sending)
        answer = Answer(name, key, now, body) if made.whole else None
        try:
            self.store.record(made.runs, briefing, answer, events, sending.only if sending else None)
        except (DataProblem, Temporary) as problem:  # a read-only home costs the record, not the product
            notice(f"this run could not be recorded: {problem.what}")
        return made.document, events[0].id if events else ""

    def _announced_again(self, kept: Answer, document: Document, sending: Sending | None) -> str | None:
        """An answer that is given again and is to be sent: the id of its event, announced now unless it was.
        "" if it is not to be sent; None if it belongs to no run that is known, and must be made anew."""
        if sending is None:
            return ""
        last = self.store.last_briefing()
        if last is None or (last.as_of, last.body) != (kept.as_of, kept.body):
            return None
        (event,) = self._ready(last, document, sending)
        self.store.announce_once(event, sending.only)
        return event.id

    def _ready(self, briefing: SavedBriefing, document: Document, sending: Sending | None) -> list[Event]:
        """That a briefing was made; nothing of one that was made for another instant than the present."""
        if not self.young:
            return []
        told = BriefingReady(briefing.run_id, str(document["as_of"]), str(document["verdict"]), send=False)
        event = told.event(self.clock())
        return [sending.event(event) if sending else event]
