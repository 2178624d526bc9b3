"""Today's meetings in the brief: which are today's, in what order, and what is open with who comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from agents.briefing import Appointment
from agents.ceo.agenda import agenda
from agents.nouns import Meeting, Noun
from agents.report import Health, Report
from agents.snapshot import Snapshot
from agents.success import AGENT as SUCCESS
from tests.agents.build import AS_OF, ago, company, invoice, meeting, snapshot, sources, ticket, usd


def today(*records: Noun, reports: tuple[Report, ...] = ()) -> list[Appointment]:
    found = agenda(snapshot(*records), reports)
    assert found is not None
    return list(found)


def titles(*records: Noun) -> list[str]:
    return [one.meeting.title for one in today(*records)]


def at(hour: int, day: int = 23) -> datetime:
    """An hour in UTC; New York is five behind, so its day goes from 05:00 to 05:00."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_what_begins_or_goes_on_in_the_company_s_day_is_today_s() -> None:
    assert titles(
        meeting("a", title="late last night", starts_at=at(4)),
        meeting("b", title="first", starts_at=at(5)),
        meeting("c", title="over already", starts_at=at(10)),
        meeting("d", title="last", starts_at=at(4, 24)),
        meeting("e", title="tomorrow", starts_at=at(5, 24)),
        meeting("f", title="conference", starts_at=at(5, 22), minutes=72 * 60, all_day=True),
        meeting("g", title="was yesterday", starts_at=at(5, 22), minutes=24 * 60, all_day=True),
        meeting("h", title="no length", starts_at=at(15), minutes=0),
    ) == ["conference", "first", "over already", "no length", "last"]


def test_a_company_without_a_calendar_has_no_agenda_and_a_free_day_is_said() -> None:
    known = tuple(state for state in sources() if Meeting.kind not in state.kinds)
    assert agenda(replace(snapshot(), sources=known), ()) is None
    assert agenda(replace(snapshot(), sources=sources(missing=(Meeting,))), ()) is None
    assert agenda(snapshot(), ()) == ()
    assert agenda(replace(snapshot(), sources=sources(stale=(Meeting,))), ()) == ()


def owing(name: str, days: int, account: str = "acme.example") -> Noun:
    return invoice(name, account=account, status="open", remaining=usd(900), due_at=ago(days=days))


def test_a_customer_goes_by_its_name_with_the_oldest_invoice_that_is_overdue() -> None:
    (one,) = today(
        meeting("a", account="acme.example"),
        company("c", account="acme.example", name="Acme Corp"),
        owing("i1", 40),
        owing("due", -3),
        owing("other", 90, "other.example"),
    )
    assert (one.name, one.matters) == ("Acme Corp", ("invoice 40 days overdue",))
    (two,) = today(meeting("a", account="acme.example"), owing("i1", 40), owing("i2", 12))
    assert (two.name, two.matters) == ("acme.example", ("2 invoices 40 days overdue",))


def test_alerts_about_the_customer_are_told_the_gravest_first_and_two_at_most() -> None:
    records = (
        meeting("a", account="acme.example"),
        company("c", account="acme.example", name="Acme"),
        *(ticket(f"t{n}", account="acme.example", severity=1, created_at=ago(days=3)) for n in range(2)),
    )
    seen: Snapshot = snapshot(*records)
    found = agenda(seen, [SUCCESS.analyse(seen)])
    assert found is not None
    assert found[0].matters == ("2 severe tickets open",)


def test_what_is_overdue_is_not_said_twice_and_nobody_is_named_without_guests() -> None:
    from agents.finance import AGENT as FINANCE

    seen = snapshot(meeting("a", account="acme.example"), meeting("b", starts_at=AS_OF), owing("i1", 70))
    found = agenda(seen, [FINANCE.analyse(seen), Report("hr", AS_OF, Health("ok"))])
    assert found is not None
    assert [(one.name, one.matters) for one in found] == [
        (None, ()),
        ("acme.example", ("invoice 70 days overdue",)),
    ]
