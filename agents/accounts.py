"""Who a record is about: one key per customer across vendors, and the name people know them by."""

from __future__ import annotations

from agents.nouns import Company, Customer, Invoice, Payment, Subscription
from agents.snapshot import Snapshot

FREE_MAIL = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com",
    "me.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "aol.com", "mail.com",
})  # fmt: skip


def account_key(text: str | None) -> str | None:
    """The key that joins one customer across vendors: the lower-case company domain.

    Takes an e-mail address, a web address or a bare domain. Addresses at free mail providers keep
    the whole address, since thousands of companies share the domain. Nothing usable gives None.
    """
    if not text or not (value := text.strip().lower()):
        return None
    if "@" in value:
        domain = value.rsplit("@", 1)[1]
        return value if domain in FREE_MAIL else domain or None
    bare = value.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].removeprefix("www.")
    return bare or None


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
