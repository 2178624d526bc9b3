"""Stripe: every field we read, every page there is, and what strange answers come to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from agentos_cli.errors import CredentialRefused, Fatal, Retryable
from agents.finance.recurring import History
from agents.money import Money
from agents.nouns import Customer, Invoice, Payment, Subscription
from tests.connectors.stripe_shapes import (
    at,
    charge,
    customer,
    discount,
    example,
    invoice,
    item,
    line,
    listing,
    price,
    routes,
    subscription,
    unit,
)
from tests.connectors.vendor import NOW, Call, Refusal, Shape, Vendor, checked, one, read


def stripe(more: Any = None, **lists: Any) -> dict[str, Any]:
    with Vendor(routes(more, **lists)) as vendor:
        return read("stripe", vendor.url, key="sk_test_1")


def mrr(found: dict[str, Any], day: str | None = None) -> int:
    """MRR in minor units at the start of a day, or now."""
    moment = NOW if day is None else datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return sum(each.mrr.amount for each in History.of(found["subscription"].records).lines(moment))


def day(text: str) -> datetime:
    return datetime.fromtimestamp(at(text), UTC)


# ── Stripe's own examples ────────────────────────────────────────────────────────────────────────


def test_stripes_own_example_objects_can_be_read() -> None:
    found = stripe(
        customers=[example("customer", discount=None)],
        subscriptions=[example("subscription")],
        invoices=[example("invoice")],
        charges=[example("charge")],
    )
    assert [len(each.records) for each in found.values()] == [1, 1, 1, 1]
    assert [each.skipped for each in found.values()] == [(), (), (), ()]
    assert one(found["customer"], Customer) == Customer(
        "stripe",
        "cus_QXg1o8vcGmoR32",
        None,
        "cus_QXg1o8vcGmoR32",
        None,
        datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC),
    )
    assert one(found["subscription"], Subscription).status == "paused"  # the example has pause_collection
    assert one(found["invoice"], Invoice).remaining == Money(1000, "USD")
    assert one(found["payment"], Payment).amount == Money(100, "USD")


def test_a_customers_account_is_its_own_domain_before_its_mail() -> None:
    told = customer("cus_a", metadata={"domain": "https://www.acme.example/"}, email="x@other.example")
    mailed = customer("cus_b", email="Bo@Beta.example", name="[/x] B\x1b[31m\u202eeta\nLtd")
    found = stripe(customers=[told, mailed])["customer"].records
    assert [each.account for each in found] == ["acme.example", "beta.example"]
    assert "\x1b" not in found[1].name and "\n" not in found[1].name


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


def test_the_key_goes_into_a_header_only_and_the_version_is_pinned() -> None:
    with Vendor(routes()) as vendor:
        read("stripe", vendor.url, key="sk_test_secret")
        calls = vendor.calls
    assert {call.headers["Authorization"] for call in calls} == {"Bearer sk_test_secret"}
    assert {call.headers["Stripe-Version"] for call in calls} == {"2026-10-28.endive"}
    assert not any("secret" in call.path + "".join(call.query.values()) for call in calls)
    (asked,) = [call for call in calls if call.path == "/v1/subscriptions"]
    assert asked.query["status"] == "all"  # or canceled ones are missing
    assert asked.query["limit"] == "100"


def test_the_sdk_leaves_nothing_in_the_users_home(home: Any) -> None:
    stripe()
    assert not list(home.rglob("*"))


def test_every_page_is_read() -> None:
    customers = [customer(f"cus_{number}") for number in range(250)]
    with Vendor(routes(customers=customers)) as vendor:
        found = read("stripe", vendor.url)
        pages = [call.query for call in vendor.calls if call.path == "/v1/customers"]
    assert {each.id for each in found["customer"].records} == {each["id"] for each in customers}
    assert [page.get("starting_after") for page in pages] == [None, "cus_99", "cus_199"]


def test_a_list_that_goes_round_in_a_circle_ends() -> None:
    always: Shape = {"object": "list", "data": [charge()], "has_more": True}
    with pytest.raises(Fatal, match=r"/v1/charges.*circle"):
        stripe({"/v1/charges": lambda _: always})


def test_an_empty_page_that_promises_more_is_not_the_end() -> None:
    hole: Shape = {"object": "list", "data": [], "has_more": True}
    with pytest.raises(Retryable, match="empty page that says more follow"):
        stripe({"/v1/invoices": lambda _: hole})


@pytest.mark.parametrize(
    "body", [{"object": "list"}, {"data": {}, "has_more": False}, {"data": [], "more": False}]
)
def test_a_list_in_another_form_is_refused(body: Shape) -> None:
    with pytest.raises(Fatal, match="list cannot be read"):
        stripe({"/v1/customers": lambda _: body})


@pytest.mark.parametrize("body", [b"<html>log in</html>", b'{"object": "list", "data": [', b""])
def test_an_answer_that_is_not_json_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(Retryable, match="not valid JSON"):
        stripe({"/v1/customers": lambda _: Refusal(200, body, {})})


def test_a_refused_key_says_how_to_mend_it() -> None:
    refusal = Refusal(401, {"error": {"message": "Invalid API Key provided: sk_test_1"}}, {})
    with pytest.raises(CredentialRefused) as caught:
        stripe({"/v1/customers": lambda _: refusal})
    assert caught.value.fix == "agentos connect stripe"
    assert "sk_test_1" not in str(caught.value)


def test_a_refused_request_is_told_by_its_code() -> None:
    error = {"message": "Unknown: \x1b[31m", "type": "invalid_request_error", "code": "parameter_unknown"}
    with pytest.raises(Fatal, match=r"Stripe refused the request \(400, parameter_unknown"):
        stripe({"/v1/customers": lambda _: Refusal(400, {"error": error}, {})})


def test_a_lock_on_stripes_side_is_tried_again() -> None:
    whole, locks = listing([customer()]), [Refusal(409, {"error": {"code": "lock_timeout"}}, {})]

    def once_locked(call: Call) -> object:
        return locks.pop() if locks else whole(call)

    assert len(stripe({"/v1/customers": once_locked})["customer"].records) == 1


@pytest.mark.parametrize(("live", "said"), [(True, "Stripe live account"), (False, "Stripe test account")])
def test_check_says_which_account_it_is(live: bool, said: str) -> None:
    with Vendor({"/v1/balance": lambda _: example("balance", livemode=live)}) as vendor:
        assert checked("stripe", vendor.url) == said


# ── strange records ──────────────────────────────────────────────────────────────────────────────


def test_one_strange_record_is_skipped_and_told() -> None:
    strange = invoice("in_2", currency=None)
    found = stripe(invoices=[invoice("in_1"), strange, invoice("in_3")])["invoice"]
    assert [each.id for each in found.records] == ["in_1", "in_3"]
    assert [(each.kind, each.where) for each in found.skipped] == [("invoice", "in_2")]
    assert found.skipped[0].why == "currency is missing, not a currency such as USD"


def test_when_every_record_is_strange_the_format_has_changed() -> None:
    renamed = [{**charge(f"ch_{n}"), "cents": 1} for n in range(3)]
    for each in renamed:
        del each["amount"]
    with pytest.raises(Fatal, match=r"none of 3 payment records could be read \(ch_0: amount is missing"):
        stripe(charges=renamed)


def test_a_record_that_shifts_into_the_next_page_counts_once() -> None:
    found = stripe(charges=[charge("ch_1", amount=1), charge("ch_2"), charge("ch_1", amount=2)])["payment"]
    assert {each.id: each.amount.amount for each in found.records} == {"ch_1": 2, "ch_2": 100}


def test_a_deleted_customer_leaves_its_bills() -> None:
    gone = example("deleted_customer", id="cus_9")
    found = stripe(customers=[customer(), gone], invoices=[invoice("in_1", customer=gone)])
    assert found["customer"].skipped[0].why == "it was deleted in Stripe"
    assert (one(found["invoice"], Invoice).customer_id, found["invoice"].records[0].account) == (
        "cus_9",
        None,
    )


# ── invoices and payments ────────────────────────────────────────────────────────────────────────


def test_a_payment_is_joined_with_its_invoice_through_the_invoices_payments() -> None:
    def paying(**payment: str) -> Shape:
        return {"object": "list", "has_more": False, "data": [{"id": "inpay", "payment": payment}]}

    found = stripe(
        invoices=[
            invoice("in_1", payments=paying(type="payment_intent", payment_intent="pi_1")),
            invoice("in_2", payments=paying(type="charge", charge="ch_2")),
        ],
        charges=[
            charge("ch_1", customer="cus_1", payment_intent="pi_1"),
            charge("ch_2", customer="cus_1"),
            charge("ch_3", customer="cus_1"),
            charge("ch_4", customer="cus_2", payment_intent="pi_1"),  # whoever pays for another
        ],
    )
    assert [each.invoice_id for each in found["payment"].records] == ["in_1", "in_2", None, None]


def test_money_that_is_only_held_is_not_collected_yet() -> None:
    held = charge("ch_1", captured=False)
    failed = charge("ch_2", status="failed", failure_message="Your card was declined.", captured=False)
    found = stripe(charges=[held, failed])["payment"].records
    assert [(each.status, each.failure) for each in found] == [
        ("pending", None),
        ("failed", "Your card was declined."),
    ]


@pytest.mark.parametrize(
    ("code", "stripes", "ours"),
    [
        ("usd", 1234, 1234),
        ("jpy", 500, 500),
        ("isk", 500, 5),  # two decimals in Stripe that are always 00; none in ISO 4217
        ("ugx", 500, 5),
        ("mga", 500, 50000),  # none in Stripe, two in ISO 4217
        ("kwd", 5120, 5120),
        ("huf", 500, 500),
    ],
)
def test_amounts_follow_stripes_own_list_of_decimals(code: str, stripes: int, ours: int) -> None:
    found = stripe(invoices=[invoice("in_1", currency=code, total=stripes, amount_remaining=0)])
    assert one(found["invoice"], Invoice).total == Money(ours, code.upper())


# ── the worked examples of recurring revenue ─────────────────────────────────────────────────────


def tier(up_to: int | None, each: int, flat: int | None = None) -> Shape:
    return {"up_to": up_to, "unit_amount": each, "unit_amount_decimal": str(each), "flat_amount": flat,
            "flat_amount_decimal": None if flat is None else str(flat)}  # fmt: skip


YEARLY, WEEKLY, QUARTERLY = {"interval": "year"}, {"interval": "week"}, {"interval_count": 3}
TIERS = [tier(5, 1000, 500), tier(None, 800, 100)]
GRADUATED = price(billing_scheme="tiered", tiers_mode="graduated", tiers=TIERS)
VOLUME = price(billing_scheme="tiered", tiers_mode="volume", tiers=TIERS)
PACKS_UP = price(transform_quantity={"divide_by": 10, "round": "up"}) | unit(100)
PACKS_DOWN = price(transform_quantity={"divide_by": 10, "round": "down"}) | unit(100)
METERED = price(recurring={"usage_type": "metered"})


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item(cost=price(recurring=YEARLY) | unit(120000))], 10000),
        ([item(cost=price(recurring=YEARLY) | unit(10000))], 833),
        ([item(cost=price(recurring=WEEKLY) | unit(1000))], 4333),
        (
            [item(cost=price(recurring=QUARTERLY) | unit(30000)), item("si_2", cost=price() | unit(2000))],
            12000,
        ),
        ([item(quantity=1000, cost=price() | unit(None, "0.5"))], 500),
        ([item(quantity=7, cost=GRADUATED)], 7200),
        ([item(quantity=7, cost=VOLUME)], 5700),
        ([item(quantity=0, cost=GRADUATED)], 500),
        ([item(quantity=25, cost=PACKS_UP)], 300),
        ([item(quantity=25, cost=PACKS_DOWN)], 200),
        ([item(quantity=None, cost=METERED)], 0),
    ],
    ids=["year", "cents", "week", "two", "fraction", "graduated", "volume", "none", "up", "down", "metered"],
)
def test_an_item_is_worth_what_its_price_says(items: list[Shape], expected: int) -> None:
    assert mrr(stripe(subscriptions=[subscription(*items)])) == expected


@pytest.mark.parametrize(
    ("discounts", "expected"),
    [
        ([discount(percent_off=20)], 12000),
        ([discount(percent_off=25.5)], 11175),
        ([discount(amount_off=600, currency="usd")], 14400),
        ([discount(percent_off=20, duration="once")], 15000),
        ([discount(percent_off=20, duration="repeating", end="2026-04-01")], 15000),
        ([discount(percent_off=20, duration="repeating", end="2027-04-01")], 12000),
    ],
)
def test_discounts_in_force_reduce_it(discounts: list[Shape], expected: int) -> None:
    sold = subscription(item(quantity=3, cost=price() | unit(5000)), discounts=discounts)
    assert mrr(stripe(subscriptions=[sold])) == expected


def test_a_discount_may_be_the_items_or_the_customers() -> None:
    on_item = item(cost=price() | unit(1000), discounts=[discount(percent_off=50)])
    assert mrr(stripe(subscriptions=[subscription(on_item)])) == 500
    plain = subscription(item(cost=price() | unit(1000)))
    assert mrr(stripe(customers=[customer(discount=discount(percent_off=10))], subscriptions=[plain])) == 900


def test_a_coupon_that_is_only_named_is_looked_up() -> None:
    named = discount() | {"source": {"type": "coupon", "coupon": "HALF"}}
    sold = subscription(item(cost=price() | unit(1000)), discounts=[named])
    coupons = listing([example("coupon", id="HALF", percent_off=50)])
    assert mrr(stripe({"/v1/coupons": coupons}, subscriptions=[sold])) == 500
    found = stripe({"/v1/coupons": listing([])}, subscriptions=[sold, subscription(key="sub_2")])[
        "subscription"
    ]
    assert "coupon of its discount di_1 cannot be found" in found.skipped[0].why


def test_tiers_and_other_currencies_are_looked_up_where_a_list_leaves_them_out() -> None:
    tiered = price("price_t", billing_scheme="tiered", tiers_mode="volume", unit_amount=None)
    foreign = price("price_f", currency="usd") | unit(1000)
    whole = {
        "/v1/prices/price_t": lambda _: tiered | {"tiers": [tier(None, 700)]},
        "/v1/prices/price_f": lambda _: foreign | {"currency_options": {"eur": unit(900)}},
    }
    assert mrr(stripe(whole, subscriptions=[subscription(item(quantity=2, cost=tiered))])) == 1400
    found = stripe(whole, subscriptions=[subscription(item(cost=foreign), currency="eur")])
    assert one(found["subscription"], Subscription).items[0].amount == Decimal(900)


def test_items_and_lines_beyond_the_first_ten_are_read() -> None:
    short = {"object": "list", "data": [item("si_0")], "has_more": True}
    rest = {"/v1/subscription_items": listing([item(f"si_{n}", cost=price() | unit(100)) for n in range(12)])}
    assert mrr(stripe(rest, subscriptions=[subscription(items=short)])) == 1200
    bill = invoice("in_1", lines={"object": "list", "data": [], "has_more": True})
    lines = {"/v1/invoices/in_1/lines": listing([line("2026-10-01", "2026-11-01", 700) | {"id": "il_1"}])}
    found = stripe(lines, invoices=[bill], subscriptions=[subscription(item(cost=price() | unit(700)))])
    assert one(found["subscription"], Subscription).items[0].amount == 700


# ── status and dates ─────────────────────────────────────────────────────────────────────────────


def test_cancelling_at_the_end_counts_until_then() -> None:
    found = stripe(subscriptions=[subscription(cancel_at_period_end=True)])
    sold = one(found["subscription"], Subscription)
    assert (sold.status, sold.cancel_at, sold.renews_at) == ("active", day("2026-12-01"), None)
    assert mrr(found) == 2000


def test_the_next_renewal_is_the_items_own() -> None:
    assert one(stripe(subscriptions=[subscription()])["subscription"], Subscription).renews_at == day(
        "2026-12-01"
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("past_due", "past_due"), ("unpaid", "unpaid"), ("paused", "paused"), ("incomplete", "incomplete"),
     ("incomplete_expired", "canceled")],
)  # fmt: skip
def test_every_status_has_a_word_of_ours(theirs: str, ours: str) -> None:
    found = stripe(subscriptions=[subscription(status=theirs)])["subscription"].records
    assert found[-1].status == ours


def test_a_new_status_of_stripes_is_told_and_not_guessed() -> None:
    found = stripe(subscriptions=[subscription(status="sleeping"), subscription(key="sub_2")])["subscription"]
    assert found.skipped[0].why.startswith("status is `sleeping`, not one of")


def test_reading_twice_gives_the_same() -> None:
    with Vendor(
        routes(subscriptions=[subscription()], invoices=[invoice("in_1")], charges=[charge()])
    ) as vendor:
        assert read("stripe", vendor.url) == read("stripe", vendor.url)
