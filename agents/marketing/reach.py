"""Who comes to the site and reads the mail: visitors, how many become leads, opens and clicks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from agents.figures import Figure, made, number
from agents.formula import Formula, added, counted
from agents.nouns import Contact, MailCampaign, TrafficDay
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.wording import plural

DAYS = 28
"""Whole days before today: today's are not over, and four weeks have as many Mondays as Sundays."""
QUARTER = timedelta(days=90)
"""How far the rates of mailings look back."""


def visitors(snapshot: Snapshot, at: datetime) -> Figure:
    """Visitors of the last 28 whole days, each counted once a day and channel."""
    found = _days(snapshot, at)
    channels = {one.channel for one in found}
    note = f"most by {max(channels, key=lambda c: (_of(found, c), c)).replace('_', ' ')}" if channels else ""
    return number(_visitors(found), note) if found else Figure(None, absent="n/a: no visits known")


def visitor_conversion(snapshot: Snapshot, at: datetime) -> Figure:
    """Contacts created in those days over the visitors of them."""
    end = snapshot.day_of(at)
    since = end - timedelta(days=DAYS)
    leads = [one for one in snapshot.all(Contact) if since <= snapshot.day_of(one.created_at) < end]
    return made(counted("leads", leads) / _visitors(_days(snapshot, at)), absent="n/a: no visitors")


def mail_open_rate(snapshot: Snapshot, at: datetime) -> Figure:
    """People who opened a mailing of the last 90 days over those it was sent to."""
    return _mail_rate(snapshot, at, "opens", lambda sent: sent.opens)


def mail_click_rate(snapshot: Snapshot, at: datetime) -> Figure:
    """People who clicked in a mailing of the last 90 days over those it was sent to."""
    return _mail_rate(snapshot, at, "clicks", lambda sent: sent.clicks)


def _mail_rate(snapshot: Snapshot, at: datetime, name: str, count: Callable[[MailCampaign], int]) -> Figure:
    sent = [one for one in snapshot.all(MailCampaign) if at - QUARTER < one.sent_at <= at]
    people = added("recipients", [(one, one.recipients) for one in sent], Unit.COUNT)
    done = added(name, [(one, count(one)) for one in sent], Unit.COUNT)
    return made(
        done / people, f"{plural(len(sent), 'mailing')} in 90 days", absent="n/a: nothing sent in 90 days"
    )


def _days(snapshot: Snapshot, at: datetime) -> list[TrafficDay]:
    end = snapshot.day_of(at)
    since = end - timedelta(days=DAYS)
    return [one for one in snapshot.all(TrafficDay) if since <= one.day < end]


def _visitors(found: list[TrafficDay]) -> Formula:
    return added("visitors", [(one, one.visitors) for one in found], Unit.COUNT)


def _of(found: list[TrafficDay], channel: str) -> int:
    return sum(one.visitors for one in found if one.channel == channel)
