"""Where each vendor shows a record: an address made of what is known, or none; never one made up."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE

PORTAL = {"portal": "42"}
ACME = {"workspace": "acme-labs"}
TEST = {"mode": "test"}


@pytest.mark.parametrize(
    ("source", "kind", "record", "options", "page"),
    [
        ("hubspot", "deal", "7", PORTAL, "https://app.hubspot.com/contacts/42/record/0-3/7"),
        ("hubspot", "contact", "7", PORTAL, "https://app.hubspot.com/contacts/42/record/0-1/7"),
        ("hubspot", "company", "7", PORTAL, "https://app.hubspot.com/contacts/42/record/0-2/7"),
        ("hubspot", "ticket", "7", PORTAL, "https://app.hubspot.com/contacts/42/record/0-5/7"),
        ("hubspot", "stage", "won", PORTAL, None),
        ("hubspot", "owner", "7", PORTAL, None),
        ("hubspot", "deal", "7", {}, None),
        ("hubspot", "deal", "7/../8", PORTAL, None),
        ("hubspot", "deal", "7", {"portal": "42", "ui": "evil.example"}, None),
        ("hubspot", "deal", "7", {"portal": "42/x"}, None),
        ("stripe", "customer", "cus_1", {}, "https://dashboard.stripe.com/customers/cus_1"),
        ("stripe", "subscription", "sub_1", {}, "https://dashboard.stripe.com/subscriptions/sub_1"),
        ("stripe", "subscription", "sub_1@170", {}, "https://dashboard.stripe.com/subscriptions/sub_1"),
        ("stripe", "invoice", "in_1", TEST, "https://dashboard.stripe.com/test/invoices/in_1"),
        ("stripe", "payment", "ch_1", {"mode": "live"}, "https://dashboard.stripe.com/payments/ch_1"),
        ("stripe", "customer", "a@b.example", {}, None),
        ("stripe", "product", "prod_1", {}, None),
        ("linear", "issue", "ENG-12", ACME, "https://linear.app/acme-labs/issue/ENG-12"),
        ("linear", "issue", "ENG-12", {}, None),
        ("linear", "issue", "9f1c7a52-0000-4000-8000-000000000000", ACME, None),
        ("linear", "project", "ENG-12", ACME, None),
        ("files", "expense", "expenses.csv:12", {}, None),
    ],
)
def test_the_page_of_a_record(
    source: str, kind: str, record: str, options: Mapping[str, str], page: str | None
) -> None:
    assert CATALOGUE[source].page(kind, record, options) == page
