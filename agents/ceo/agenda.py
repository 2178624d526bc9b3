"""Today's meetings, and what is open with the customer whose people come: to know before one walks in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from agents.accounts import names
from agents.briefing import Appointment
from agents.figures import is_brought
from agents.finance.receivables import Owed, overdue_at
from agents.nouns import Meeting
from agents.report import Alert, Report
from agents.snapshot import Age, Snapshot
from agents.wording import plural

MATTERS = 2
"""So many open matters are told of one customer, the gravest."""
OVERDUE = "overdue"
"""The rule of the alert that says what is said here of invoices already."""


def agenda(snapshot: Snapshot, reports: Iterable[Report]) -> tuple[Appointment, ...] | None:
    """What takes place today, whole days first; None for a company without a calendar, or an unread one."""
    if not is_brought(snapshot, Meeting) or snapshot.freshness(Meeting).age is Age.MISSING:
        return None
    begins = snapshot.start_of(snapshot.today)
    ends = snapshot.start_of(snapshot.today + timedelta(days=1))
    found = [one for one in snapshot.all(Meeting) if _within(one, begins, ends)]
    if not found:
        return ()
    known = names(snapshot)
    matters = _matters(snapshot, reports, known)
    found.sort(key=lambda one: (not one.all_day, one.starts_at, one.title, one.ref))
    return tuple(_appointment(one, known, matters) for one in found)


def _within(meeting: Meeting, begins: datetime, ends: datetime) -> bool:
    return meeting.starts_at < ends and (meeting.ends_at > begins or meeting.starts_at >= begins)


def _appointment(
    one: Meeting, known: Mapping[str, str], matters: Mapping[str, tuple[str, ...]]
) -> Appointment:
    name = None if one.account is None else known.get(one.account, one.account)
    return Appointment(one, name, matters.get(one.account or "", ()))


def _matters(
    snapshot: Snapshot, reports: Iterable[Report], known: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """By account, what is open: overdue invoices, then alerts, each said without the customer's name."""
    late: dict[str, list[Owed]] = {}
    for owed in overdue_at(snapshot, snapshot.as_of):
        if owed.invoice.account is not None:
            late.setdefault(owed.invoice.account, []).append(owed)
    found = {account: [_overdue(owed)] for account, owed in late.items()}
    for alert in _grave(alert for report in reports for alert in report.alerts):
        if alert.account is not None and not (alert.account in late and alert.rule == OVERDUE):
            found.setdefault(alert.account, []).append(
                alert.title.removeprefix(f"{known.get(alert.account, alert.account)}: ")
            )
    return {account: tuple(said[:MATTERS]) for account, said in found.items()}


def _overdue(owed: list[Owed]) -> str:
    days = max(one.days for one in owed)
    return f"{'invoice' if len(owed) == 1 else plural(len(owed), 'invoice')} {plural(days, 'day')} overdue"


def _grave(alerts: Iterable[Alert]) -> Iterator[Alert]:
    """Those that ask for an act first."""
    return iter(sorted(alerts, key=lambda alert: alert.status.value))
