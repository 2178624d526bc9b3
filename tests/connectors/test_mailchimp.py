"""Mailchimp: mailings and what came of them, the address that a key leads to, pages, strange reports."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentos_cli.connectors import mailchimp
from agentos_cli.errors import CredentialRefused, Fatal
from agents.nouns import MailCampaign
from tests.connectors.vendor import NOW, Call, Refusal, Shape, Vendor, checked, reaching, read

KEY = "0123456789abcdef0123456789abcdef-us21"


def report(number: str = "c1", **more: Any) -> Shape:
    return {
        "id": number,
        "campaign_title": "November news",
        "subject_line": "What is new",
        "type": "regular",
        "send_time": "2026-11-03T14:00:00+00:00",
        "emails_sent": 1200,
        "unsubscribed": 4,
        "opens": {"opens_total": 900, "unique_opens": 600, "open_rate": 0.5},
        "clicks": {"clicks_total": 200, "unique_clicks": 150, "unique_subscriber_clicks": 120},
        "bounces": {"hard_bounces": 3, "soft_bounces": 5, "syntax_errors": 0},
        **more,
    }


class Mail(Vendor):
    """Mailchimp with these reports; a page has at most `page` of them."""

    def __init__(self, reports: list[Shape], page: int = 1000) -> None:
        self.reports, self.page = reports, page
        root = {"account_name": "Fernwick", "email": "ana@fernwick.com"}
        super().__init__(
            {"/3.0/": self._guarded(lambda call: root), "/3.0/reports": self._guarded(self._list)}
        )

    def _guarded(self, answer: Any) -> Any:
        refused = Refusal(401, {"title": "API Key Invalid", "status": 401}, {})

        def guarded(call: Call) -> object:
            kind, _, told = call.headers.get("Authorization", "").partition(" ")
            good = kind == "Basic" and b64decode(told).decode().partition(":")[2] == KEY
            return answer(call) if good else refused

        return guarded

    def _list(self, call: Call) -> Shape:
        since = datetime.fromisoformat(call.query.get("since_send_time", "2000-01-01T00:00:00+00:00"))
        known = [
            each
            for each in self.reports
            if not each["send_time"] or datetime.fromisoformat(each["send_time"]) > since
        ]
        start, size = int(call.query.get("offset", 0)), min(self.page, int(call.query.get("count", 10)))
        return {"reports": known[start : start + size], "total_items": len(known)}


def one(**more: Any) -> MailCampaign:
    with Mail([report(**more)]) as vendor:
        (found,) = read("mailchimp", vendor.url, key=KEY)["mail_campaign"].records
    assert isinstance(found, MailCampaign)
    return found


def test_a_report_is_a_mailing_with_the_people_who_did_something() -> None:
    assert one() == MailCampaign(
        "mailchimp",
        "c1",
        "November news",
        datetime(2026, 11, 3, 14, tzinfo=UTC),
        recipients=1200,
        opens=600,
        clicks=120,
        bounces=8,
        unsubscribes=4,
    )


def test_what_apple_opened_by_itself_is_not_an_opening() -> None:
    assert one(opens={"unique_opens": 600, "proxy_excluded_unique_opens": 410}).opens == 410
    assert one(opens={"unique_opens": 600, "proxy_excluded_unique_opens": 0}).opens == 0


def test_a_mailing_without_a_title_goes_by_its_subject() -> None:
    assert one(campaign_title="").title == "What is new"
    assert one(campaign_title=None, subject_line=" ").title == "without a title"


def test_an_automation_has_no_day_and_is_no_mailing() -> None:
    with Mail([report(), report("a1", send_time="", type="automation")]) as vendor:
        found = read("mailchimp", vendor.url, key=KEY)["mail_campaign"]
    assert [each.id for each in found.records] == ["c1"]
    assert not found.skipped


def test_two_years_are_read_to_their_end() -> None:
    sent = [(NOW - timedelta(days=back)).isoformat() for back in range(0, 900, 100)]
    reports = [report(f"c{number}", send_time=at) for number, at in enumerate(sent)]
    with Mail(reports, page=3) as vendor:
        found = read("mailchimp", vendor.url, key=KEY)["mail_campaign"]
        offsets = [call.query["offset"] for call in vendor.calls]
    assert [each.id for each in found.records] == [f"c{number}" for number in range(8)]
    assert offsets == ["0", "3", "6"]


@pytest.mark.parametrize(
    "strange",
    [{"emails_sent": "many"}, {"emails_sent": -1}, {"opens": None}, {"clicks": {}}, {"send_time": "soon"}],
)
def test_a_strange_report_is_left_out_and_told(strange: Shape) -> None:
    answer = {"reports": [report(), {**report("c2"), **strange}], "total_items": 2}
    with Vendor({"/3.0/reports": lambda call: answer}) as vendor:
        found = read("mailchimp", vendor.url, key=KEY)["mail_campaign"]
    assert ([each.id for each in found.records], [each.where for each in found.skipped]) == (["c1"], ["c2"])


def test_the_address_is_that_of_the_keys_data_centre() -> None:
    with reaching("mailchimp", "https://<dc>.api.mailchimp.com", key=KEY) as access:
        assert mailchimp.base_url(access) == "https://us21.api.mailchimp.com"


@pytest.mark.parametrize(
    "key", ["0123-us21.evil.example/", "0123", "0123-", "a-b-us1@evil", "-us21", "x-us21\n"]
)
def test_a_key_leads_nowhere_else(key: str) -> None:
    with pytest.raises(CredentialRefused, match="data centre") as caught:
        read("mailchimp", "https://<dc>.api.mailchimp.com", key=key)
    assert caught.value.fix == "agentos connect mailchimp"


def test_check_names_the_account() -> None:
    with Mail([report(), report("c2")]) as vendor:
        assert checked("mailchimp", vendor.url, key=KEY) == "Fernwick with 2 mailings"


def test_an_answer_without_reports_is_told() -> None:
    with Vendor({"/3.0/reports": lambda call: {}}) as vendor, pytest.raises(Fatal, match="list of reports"):
        read("mailchimp", vendor.url, key=KEY)
