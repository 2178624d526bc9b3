"""Who a record is about: one key per customer across vendors, and the name people know them by."""

from __future__ import annotations

from agents.nouns import Company, Customer, Invoice, Payment, Subscription
from agents.snapshot import Snapshot


def customer_key(record: Subscription | Invoice | Payment) -> str:
    """The account; where none is known, the `ref` of the vendor's own customer."""
    return record.account or f"{record.source}:customer:{record.customer_id}"


def names(snapshot: Snapshot) -> dict[str, str]:
    """What to call each customer, by customer key: the CRM's name for the account, else the payer's.

    A name that is empty does not count; look up with the key itself as the default.
    """
    found: dict[str, str] = {}
    for customer in snapshot.all(Customer):
        if customer.name.strip():
            found.setdefault(customer.account or customer.ref, customer.name.strip())
    companies: dict[str, str] = {}
    for company in snapshot.all(Company):
        if company.account and company.name.strip():
            companies.setdefault(company.account, company.name.strip())
    return found | companies
