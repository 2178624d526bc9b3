"""The connectors, in the order in which they are listed. To add one: a file, an entry here, a fixture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import cast

from agentos_cli.contract import Account, Check, Fetch, Observed


@dataclass(frozen=True, slots=True)
class Spec:
    """What can be said of a connector without importing it. `kinds` are the nouns it brings, `life` how
    long its data counts as fresh, `asks` what connecting takes: `key` (a secret) or `folder`."""

    name: str
    title: str
    module: str
    kinds: tuple[str, ...]
    life: timedelta
    asks: str
    base_url: str
    help: str

    def fetch(self) -> Fetch:
        """The connector's `fetch`; this imports the module."""
        return cast("Fetch", import_module(self.module).fetch)

    def check(self) -> Check:
        """The connector's `check`; this imports the module."""
        return cast("Check", import_module(self.module).check)

    def account(self) -> Account:
        """The connector's `account`; this imports the module."""
        return cast("Account", import_module(self.module).account)

    def page(self, kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
        """Where a record is to be seen at the vendor, if there is such a page; this imports the module."""
        return cast("str | None", import_module(self.module).page(kind, record_id, options))

    def observed(self) -> Observed:
        """The connector's `observed`, where it `asks` for a folder; this imports the module."""
        return cast("Observed", import_module(self.module).observed)


CATALOGUE: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        Spec(
            name="stripe",
            title="Stripe",
            module="agentos_cli.connectors.stripe",
            kinds=("customer", "subscription", "invoice", "payment"),
            life=timedelta(hours=1),
            asks="key",
            base_url="https://api.stripe.com",
            help="a restricted key with read access (Developers > API keys)",
        ),
        Spec(
            name="hubspot",
            title="HubSpot",
            module="agentos_cli.connectors.hubspot",
            kinds=("owner", "stage", "deal", "company", "contact", "ticket"),
            life=timedelta(minutes=30),
            asks="key",
            base_url="https://api.hubapi.com",
            help="a private app's access token with crm.objects read scopes",
        ),
        Spec(
            name="linear",
            title="Linear",
            module="agentos_cli.connectors.linear",
            kinds=("team", "project", "cycle", "issue"),
            life=timedelta(minutes=30),
            asks="key",
            base_url="https://api.linear.app",
            help="a personal API key (Settings > Security & access)",
        ),
        Spec(
            name="files",
            title="CSV files",
            module="agentos_cli.connectors.files",
            kinds=(
                "cash_balance",
                "bank_transaction",
                "expense",
                "fx_rate",
                "marketing_spend",
                "content_piece",
                "person",
                "absence",
                "role",
                "candidate",
                "offer",
                "survey_answer",
                "usage_day",
            ),
            life=timedelta(hours=36),
            asks="folder",
            base_url="",
            help="a folder of CSV files with the columns of docs/files.md",
        ),
    )
}
