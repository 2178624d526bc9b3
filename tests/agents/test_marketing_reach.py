"""Visitors and mailings: figures known by hand, and shown only where a source brings the records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.marketing import AGENT
from agents.nouns import MailCampaign, Noun, TrafficDay
from agents.report import Report
from tests.agents.build import ago, back, contact, figure, mail_campaign, snapshot, sources, traffic_day
from tests.agents.explained import assert_explained

KEYS = ("visitors", "visitor_conversion", "mail_open_rate", "mail_click_rate")


def report(*records: Noun) -> Report:
    found = AGENT.analyse(snapshot(*records))
    assert_explained(found)
    return found


def test_visitors_are_those_of_28_whole_days() -> None:
    found = report(
        traffic_day(back(0), 500),  # not over yet
        traffic_day(back(1), 10),
        traffic_day(back(1), 30, channel="organic_search"),
        traffic_day(back(28), 5),
        traffic_day(back(29), 100),
    )
    metric = figure(found, "visitors")
    assert (metric.value, metric.note) == (45, "most by organic search")
    assert metric.previous == 105
    assert figure(report(), "visitors").absent == "n/a: no visits known"


def test_leads_are_counted_over_the_visitors_of_the_same_days() -> None:
    days = [traffic_day(back(number), 10) for number in range(1, 29)]
    leads = [contact(f"c{number}", created_at=ago(days=number)) for number in (0, 1, 14, 28, 29)]
    metric = figure(report(*days, *leads), "visitor_conversion")
    assert metric.value == pytest.approx(3 / 280)
    assert figure(report(*leads), "visitor_conversion").absent == "n/a: no visitors"


def test_mailings_count_by_the_people_they_were_sent_to() -> None:
    sent = [
        mail_campaign("a", recipients=1000, opens=400, clicks=50),
        mail_campaign("b", sent_at=ago(days=89), recipients=200, opens=20, clicks=10),
        mail_campaign("old", sent_at=ago(days=90), recipients=5000, opens=5000, clicks=5000),
    ]
    found = report(*sent)
    opened, clicked = figure(found, "mail_open_rate"), figure(found, "mail_click_rate")
    assert opened.value == pytest.approx(420 / 1200)
    assert clicked.value == pytest.approx(60 / 1200)
    assert opened.note == "2 mailings in 90 days"
    assert figure(report(sent[2]), "mail_open_rate").absent == "n/a: nothing sent in 90 days"
    assert figure(report(mail_campaign("none", recipients=0, opens=0)), "mail_open_rate").value is None


def test_without_a_source_of_them_nothing_is_shown_and_nothing_is_missed() -> None:
    known = [s for s in sources() if not {TrafficDay.kind, MailCampaign.kind} & set(s.kinds)]
    seen = replace(snapshot(contact("c")), sources=tuple(known))
    found = AGENT.analyse(seen)
    assert not {metric.key for metric in found.metrics} & set(KEYS)
    assert found.health.state == "ok"


def test_a_source_that_was_never_read_says_no_data() -> None:
    seen = replace(snapshot(), sources=sources(missing=(TrafficDay,)))
    assert figure(AGENT.analyse(seen), "visitors").absent == "no data"
    assert figure(AGENT.analyse(seen), "mail_open_rate").absent == "n/a: nothing sent in 90 days"
