"""HubSpot: every property we read, every page there is, and what strange answers come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.errors import CredentialRefused, Fatal, Retryable
from agents.money import Money
from agents.nouns import Company, Contact, Deal, DealTerms, Owner, Stage, StageEntry, Ticket
from tests.connectors.vendor import Answer, Call, Refusal, Shape, Vendor, checked, one, reaching, read


def listing(rows: Sequence[object], page: int = 100) -> Answer:
    """A list as HubSpot pages it: `after` counts, `paging.next.after` is there while more follows."""

    def answer(call: Call) -> object:
        start = int(call.query.get("after", 0))
        stop = start + min(page, int(call.query.get("limit", 100)))
        following = {"paging": {"next": {"after": str(stop), "link": "?"}}} if stop < len(rows) else {}
        return {"results": rows[start:stop]} | following

    return answer


STAGES = [
    {"id": "new", "label": "New", "displayOrder": 0, "metadata": {"probability": "0.2", "isClosed": "false"}},
    {"id": "won", "label": "Won", "displayOrder": 1, "metadata": {"probability": "1.0", "isClosed": "true"}},
    {
        "id": "lost",
        "label": "Lost",
        "displayOrder": 2,
        "metadata": {"probability": "0.0", "isClosed": "true"},
    },
]
TICKET_STAGES = [
    {"id": "1", "label": "Open", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}},
    {"id": "4", "label": "Done", "displayOrder": 1, "metadata": {"ticketState": "CLOSED"}},
]
PATHS = {
    "owners": "/crm/v3/owners",
    "deals": "/crm/v3/objects/deals",
    "companies": "/crm/v3/objects/companies",
    "contacts": "/crm/v3/objects/contacts",
    "tickets": "/crm/v3/objects/tickets",
}


def routes(more: Mapping[str, Answer] | None = None, **lists: Sequence[object]) -> dict[str, Answer]:
    def pipeline(stages: object) -> Answer:
        return listing([{"id": "default", "label": "Sales", "displayOrder": 0, "stages": stages}])

    return {
        "/crm/v3/pipelines/deals": pipeline(STAGES),
        "/crm/v3/pipelines/tickets": pipeline(TICKET_STAGES),
        **{path: listing(lists.get(name, ())) for name, path in PATHS.items()},
        **(more or {}),
    }


def hubspot(more: Any = None, options: Mapping[str, str] | None = None, **lists: Any) -> dict[str, Any]:
    with Vendor(routes(more, **lists)) as vendor:
        return read("hubspot", vendor.url, **(options or {}))


def thing(key: str, **properties: str | None) -> Shape:
    """A CRM object: all values are texts, or null."""
    return {"id": key, "properties": {"createdate": "2026-10-01T08:00:00Z", **properties}, "archived": False}


def of_company(*keys: str) -> Shape:
    rows = [{"id": key, "type": "deal_to_company"} for key in keys]
    return {"associations": {"companies": {"results": rows}}}


def deal(key: str = "1", *way: tuple[str, str], **properties: str | None) -> Shape:
    """A deal whose history is `way`, oldest first; HubSpot gives it newest first."""
    history = [
        {"value": stage, "timestamp": moment, "sourceType": "CRM_UI"} for stage, moment in reversed(way)
    ]
    made = thing(key, **{"dealname": "Acme", "dealstage": way[-1][0] if way else "new"} | properties)
    return made | {"propertiesWithHistory": {"dealstage": history}}


def with_past(made: Shape, **past: Sequence[tuple[str | None, str]]) -> Shape:
    """The deal with the past values of further properties, each oldest first."""
    rows = {
        name: [{"value": value, "timestamp": at, "sourceType": "CRM_UI"} for value, at in reversed(values)]
        for name, values in past.items()
    }
    return made | {"propertiesWithHistory": made["propertiesWithHistory"] | rows}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ACME = thing("c1", name="Acme Ltd", domain="www.Acme.example")


# ── deals ────────────────────────────────────────────────────────────────────────────────────────


def test_a_deal_has_its_company_amount_and_way() -> None:
    way = (("new", "2026-10-01T08:00:00Z"), ("new", "2026-10-02T08:00:00Z"), ("won", "2026-11-03T08:00:00Z"))
    more = {"amount": "12500.50", "deal_currency_code": "EUR", "hubspot_owner_id": "77"}
    sold = deal("1", *way, closedate="2026-11-03T09:30:00Z", **more) | of_company("c0", "c1")
    found = one(hubspot(deals=[sold], companies=[ACME])["deal"], Deal)
    assert found == Deal(
        "hubspot", "1",
        name="Acme",
        account="acme.example",
        owner_id="77",
        stage_id="won",
        amount=Money(1250050, "EUR"),
        created_at=moment("2026-10-01T08:00"),
        close_on=date(2026, 11, 3),
        closed_at=moment("2026-11-03T09:30"),
        stages=(StageEntry("new", moment("2026-10-01T08:00")), StageEntry("won", moment("2026-11-03T08:00"))),
        effort_hours=None,
    )  # fmt: skip


def test_the_close_date_of_an_open_deal_is_a_plan() -> None:
    found = one(hubspot(deals=[deal(closedate="1798675200000", amount="10")])["deal"], Deal)
    assert (found.close_on, found.closed_at) == (date(2026, 12, 31), None)
    assert found.amount == Money(1000, "USD")  # no deal currency: the company's own
    assert found.stages == (StageEntry("new", found.created_at),)


def test_what_a_deal_does_not_say_is_missing_and_not_zero() -> None:
    found = one(
        hubspot(deals=[deal(amount=None, closedate="", hubspot_owner_id=None, dealname=None)])["deal"], Deal
    )
    assert (found.amount, found.close_on, found.owner_id, found.account) == (None, None, None, None)
    assert found.name == "Deal 1"


def test_a_deal_has_the_amounts_and_close_dates_that_it_had() -> None:
    first, second, third, last = (f"2026-10-0{n}T08:00:00Z" for n in (1, 2, 3, 4))
    made = with_past(
        deal("1", ("new", first), amount="900", closedate="2026-12-01T16:00:00Z"),
        amount=[("1000", first), ("1000", second), ("900", last)],
        closedate=[("2026-11-30T16:00:00Z", second), ("", third), ("2026-12-01T16:00:00Z", last)],
        deal_currency_code=[("EUR", first), ("USD", last)],
    )
    assert one(hubspot(deals=[made])["deal"], Deal).terms == (
        DealTerms(moment("2026-10-01T08:00"), Money.of(1000, "EUR"), None),
        DealTerms(moment("2026-10-02T08:00"), Money.of(1000, "EUR"), date(2026, 11, 30)),
        DealTerms(moment("2026-10-03T08:00"), Money.of(1000, "EUR"), None),
        DealTerms(moment("2026-10-04T08:00"), Money.of(900, "USD"), date(2026, 12, 1)),
    )


def test_an_amount_that_came_later_was_not_there_before() -> None:
    made = with_past(
        deal("1", ("new", "2026-10-01T08:00:00Z"), amount="900"),
        amount=[("900", "2026-10-05T08:00:00Z")],
    )
    assert one(hubspot(deals=[made])["deal"], Deal).terms == (
        DealTerms(moment("2026-10-01T08:00"), None, None),
        DealTerms(moment("2026-10-05T08:00"), Money.of(900, "USD"), None),
    )


def test_where_the_oldest_values_are_gone_the_oldest_kept_one_stands_for_them() -> None:
    made = with_past(
        deal("1", ("new", "2026-10-01T08:00:00Z"), amount="119"),
        amount=[(str(100 + n), f"2026-11-01T08:{n:02}:00Z") for n in range(20)],
    )
    found = one(hubspot(deals=[made])["deal"], Deal).terms
    assert found[0] == DealTerms(moment("2026-10-01T08:00"), Money.of(100, "USD"), None)
    assert (len(found), found[-1].amount) == (20, Money.of(119, "USD"))


def test_the_present_terms_are_the_last_even_if_the_history_lags() -> None:
    made = with_past(
        deal("1", ("new", "2026-10-01T08:00:00Z"), amount="900", deal_currency_code="EUR"),
        amount=[("1000", "2026-10-01T08:00:00Z")],
    )
    last = one(hubspot(deals=[made])["deal"], Deal).terms[-1]
    assert last == DealTerms(moment("2026-10-01T08:00"), Money.of(900, "EUR"), None)


def test_without_a_history_only_todays_terms_are_known() -> None:
    assert one(hubspot(deals=[deal("1", amount="10")])["deal"], Deal).terms == ()


def test_the_option_names_the_property_with_the_delivery_hours() -> None:
    with Vendor(routes(deals=[deal(hours="120")])) as vendor:
        found = read("hubspot", vendor.url, effort_property="hours")["deal"]
        (asked,) = [call.query for call in vendor.calls if call.path == PATHS["deals"]]
    assert one(found, Deal).effort_hours == Decimal(120)
    assert asked["properties"].split(",")[-1] == "hours"


def test_a_stage_is_won_at_probability_one_and_lost_at_zero() -> None:
    found = hubspot()["stage"].records
    assert [(each.id, each.closed, each.won, str(each.probability)) for each in found] == [
        ("new", False, False, "0.2"),
        ("won", True, True, "1.0"),
        ("lost", True, False, "0.0"),
    ]
    assert isinstance(found[0], Stage) and (found[0].pipeline, found[0].position) == ("Sales", 0)


# ── people, companies, tickets ───────────────────────────────────────────────────────────────────


def test_owners_companies_and_contacts() -> None:
    lead = thing("1", email="bo@other.example", hs_analytics_source="PAID_SEARCH", associatedcompanyid="c1")
    buyer = thing("2", firstname="Cy", lastname="Ng", email="cy@gmail.com", lifecyclestage="customer",
                  hs_lifecyclestage_customer_date="2026-11-01T00:00:00Z")  # fmt: skip
    found = hubspot(
        owners=[{"id": "77", "firstName": "Ada", "lastName": "Park", "email": "ada@us.example"}],
        companies=[ACME, thing("c2", domain="beta.example")],
        contacts=[lead, buyer],
    )
    assert one(found["owner"], Owner) == Owner("hubspot", "77", "Ada Park", "ada@us.example")
    assert [(each.account, each.name) for each in found["company"].records] == [
        ("acme.example", "Acme Ltd"),
        ("beta.example", "beta.example"),
    ]
    first, second = found["contact"].records
    assert isinstance(first, Contact) and isinstance(found["company"].records[0], Company)
    assert (first.account, first.name, first.channel) == ("acme.example", "bo@other.example", "paid_search")
    assert (first.lifecycle, first.customer_at) == ("unknown", None)
    assert (second.account, second.name, second.channel) == ("cy@gmail.com", "Cy Ng", "unknown")
    assert (second.lifecycle, second.customer_at) == ("customer", moment("2026-11-01"))


def test_the_newer_date_of_becoming_a_customer_is_preferred() -> None:
    both = thing("1", hs_v2_date_entered_customer="2026-11-02T00:00:00Z",
                 hs_lifecyclestage_customer_date="2026-11-01T00:00:00Z")  # fmt: skip
    assert one(hubspot(contacts=[both])["contact"], Contact).customer_at == moment("2026-11-02")


@pytest.mark.parametrize(
    ("priority", "severity"), [("URGENT", 1), ("HIGH", 2), ("MEDIUM", 3), ("LOW", 4), (None, 4), ("P0", 4)]
)
def test_a_tickets_priority_is_its_severity(priority: str | None, severity: int) -> None:
    asked = thing("9", subject="Down", hs_ticket_priority=priority, hs_pipeline_stage="1")
    assert one(hubspot(tickets=[asked])["ticket"], Ticket).severity == severity


def test_a_ticket_is_open_until_its_stage_is_a_closed_one() -> None:
    dates = {"closed_date": "2026-11-05T00:00:00Z", "first_agent_reply_date": "2026-11-04T00:00:00Z"}
    done = thing("1", hs_pipeline_stage="4", **dates) | of_company("c1")
    again = thing("2", hs_pipeline_stage="1", hs_first_agent_message_sent_at="2026-11-03T00:00:00Z", **dates)
    first, second = hubspot(tickets=[done, again], companies=[ACME])["ticket"].records
    assert isinstance(first, Ticket) and isinstance(second, Ticket)
    assert (first.open, first.closed_at, first.account) == (False, moment("2026-11-05"), "acme.example")
    assert (second.open, second.closed_at) == (True, None)
    assert (first.first_response_at, second.first_response_at) == (moment("2026-11-04"), moment("2026-11-03"))


# ── requests and strange answers ─────────────────────────────────────────────────────────────────


def test_every_page_is_read_and_deals_come_fifty_at_a_time() -> None:
    deals, contacts = [deal(str(n)) for n in range(120)], [thing(str(n)) for n in range(230)]
    with Vendor(routes(deals=deals, contacts=contacts)) as vendor:
        found = read("hubspot", vendor.url, key="pat-1")
        calls = vendor.calls
    assert (len(found["deal"].records), len(found["contact"].records)) == (120, 230)
    asked = [call.query for call in calls if call.path == PATHS["deals"]]
    assert [(query["limit"], query.get("after")) for query in asked] == [
        ("50", None),
        ("50", "50"),
        ("50", "100"),
    ]
    assert {query["propertiesWithHistory"] for query in asked} == {
        "dealstage,amount,closedate,deal_currency_code"
    }
    assert {call.headers["Authorization"] for call in calls} == {"Bearer pat-1"}


def test_a_cursor_that_loops_ends() -> None:
    loop: Shape = {"results": [thing("1")], "paging": {"next": {"after": "1"}}}
    with pytest.raises(Fatal, match="circle"):
        hubspot({PATHS["contacts"]: lambda _: loop})


def test_an_empty_page_that_promises_more_is_not_the_end() -> None:
    hole: Shape = {"results": [], "paging": {"next": {"after": "1"}}}
    with pytest.raises(Retryable, match="more follow"):
        hubspot({PATHS["companies"]: lambda _: hole})


def test_one_strange_record_is_skipped_and_told() -> None:
    strange = deal("2", amount="12,5")
    found = hubspot(deals=[deal("1"), strange, deal("3", ("new", "yesterday"))])["deal"]
    assert [each.id for each in found.records] == ["1"]
    assert [(each.where, each.why) for each in found.skipped] == [
        ("2", "amount is `12,5`, not a number such as 1250.00"),
        ("3", "timestamp is `yesterday`, not an instant"),
    ]


def test_a_renamed_property_is_a_change_of_format() -> None:
    renamed = [{"id": "1", "properties": {"created": "2026-10-01"}}]
    with pytest.raises(Fatal, match="none of 1 contact records could be read"):
        hubspot(contacts=renamed)


def test_a_missing_scope_is_a_refused_key() -> None:
    refusal = Refusal(403, {"status": "error", "category": "MISSING_SCOPES"}, {})
    with pytest.raises(CredentialRefused):
        hubspot({PATHS["tickets"]: lambda _: refusal})


def test_check_says_which_account_it_is() -> None:
    with Vendor({"/account-info/v3/details": lambda _: {"portalId": 4815162}}) as vendor:
        assert checked("hubspot", vendor.url) == "HubSpot account 4815162"


def test_the_account_is_known_by_its_number_and_where_its_pages_are() -> None:
    about = {"portalId": 4815162, "uiDomain": "app-eu1.hubspot.com"}
    with (
        Vendor({"/account-info/v3/details": lambda _: about}) as vendor,
        reaching("hubspot", vendor.url) as access,
    ):
        known = CATALOGUE["hubspot"].account()(access)
    assert known == {"portal": "4815162", "ui": "app-eu1.hubspot.com"}
    page = CATALOGUE["hubspot"].page("deal", "142", known)
    assert page == "https://app-eu1.hubspot.com/contacts/4815162/record/0-3/142"


@pytest.mark.parametrize("about", [{}, {"portalId": "no number"}, {"portalId": 1, "uiDomain": ["x"]}])
def test_an_account_that_says_nothing_of_itself_has_no_pages(about: Shape) -> None:
    with (
        Vendor({"/account-info/v3/details": lambda _: about}) as vendor,
        reaching("hubspot", vendor.url) as access,
    ):
        assert CATALOGUE["hubspot"].account()(access) == {}
