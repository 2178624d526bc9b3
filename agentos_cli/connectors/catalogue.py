"""The connectors, in the order in which they are listed. To add one: a file, an entry here, a fixture.

What others have written, and Singer taps, are no entries here: their connection says what they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import cast

from agentos_cli.contract import (
    Account,
    Check,
    Connection,
    Derive,
    Feed,
    Fetch,
    Fields,
    Login,
    Observed,
    Sample,
    Stream,
)

ABOUT = "about"
"""The option under which the connection of a source that is not in the catalogue says what it is."""
LIFE = timedelta(hours=24)
"""How long the data of such a source counts as fresh unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What can be said of a connector without importing it. `kinds` are the nouns it brings, `life` how
    long its data counts as fresh, `asks` what connecting takes: `key` (a secret), `folder`, `address` (of
    a file or feed), `login` (OAuth), `nothing`. `usual`: a brief says that it is not connected, as long as
    nothing else brings its kinds. `told` is what the connection of a source outside the catalogue says of
    it. `rate` is how many calls a second the vendor allows, `login` where it lets
    an application in that the user has registered there. `needs` are the options without which it cannot be
    read, each with an example; one that `varies` brings only those kinds that are told as options, too."""

    name: str
    title: str
    module: str
    kinds: tuple[str, ...]
    life: timedelta
    asks: str
    base_url: str
    help: str
    usual: bool = False
    rate: float = 20.0
    needs: Mapping[str, str] = field(default_factory=dict, hash=False, kw_only=True)
    varies: bool = field(default=False, kw_only=True)
    told: Mapping[str, str] = field(default_factory=dict, hash=False, kw_only=True)
    login: Login | None = None

    def of(self, connection: Connection) -> Spec:
        """The same, with the kinds that it brings to this connection."""
        named = (*connection.options, connection.options.get("kind", ""))
        told = tuple(kind for kind in self.kinds if kind in named)
        return replace(self, kinds=told) if self.varies and told else self

    def fetch(self) -> Fetch:
        """The connector's `fetch`; this imports the module."""
        return cast("Fetch", self._module().fetch)

    def streams(self) -> Mapping[str, Stream] | None:
        """What it reads in parts; None for a connector that is read whole each time, by its `fetch`."""
        module = self._module()
        if hasattr(module, "streams_of"):  # a module that serves many sources
            return cast("Mapping[str, Stream] | None", module.streams_of(self))
        return cast("Mapping[str, Stream] | None", getattr(module, "STREAMS", None))

    def feed(self) -> Feed:
        """The connector's `feed`, where it has `streams`."""
        return cast("Feed", self._module().feed)

    def derive(self) -> Derive:
        """The connector's `derive`, where it has `streams`."""
        return cast("Derive", self._module().derive)

    def fields(self) -> Mapping[str, Fields]:
        """By stream, the fields that it reads; empty for a connector that does not say."""
        if hasattr(self._module(), "fields_of"):
            return cast("Mapping[str, Fields]", self._module().fields_of(self))
        streams = self.streams()
        if streams is not None:
            return {name: stream.fields for name, stream in streams.items()}
        return cast("Mapping[str, Fields]", getattr(self._module(), "FIELDS", {}))

    def sample(self) -> Sample:
        """The connector's `sample`."""
        return cast("Sample", self._module().sample)

    def check(self) -> Check:
        """The connector's `check`."""
        return cast("Check", self._module().check)

    def account(self) -> Account:
        """The connector's `account`."""
        return cast("Account", self._module().account)

    def page(self, kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
        """Where a record is to be seen at the vendor, if there is such a page."""
        return cast("str | None", self._module().page(kind, record_id, options))

    def observed(self) -> Observed:
        """The connector's `observed`, where it `asks` for a folder."""
        return cast("Observed", self._module().observed)

    def _module(self) -> ModuleType:
        return import_module(self.module)


CSV_KINDS = (
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
)
"""What has columns of its own in docs/files.md."""

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
            usual=True,
            rate=80.0,
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
            usual=True,
            login=Login(  # https://developers.hubspot.com/docs/api/working-with-oauth
                token_url="https://api.hubapi.com/oauth/v1/token",
                authorize_url="https://app.hubspot.com/oauth/authorize",
                scopes=(
                    "crm.objects.deals.read",
                    "crm.objects.companies.read",
                    "crm.objects.contacts.read",
                    "crm.objects.owners.read",
                    "tickets",
                ),
            ),
            rate=9.0,
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
            usual=True,
            login=Login(  # https://linear.app/developers/oauth-2-0-authentication
                token_url="https://api.linear.app/oauth/token",
                authorize_url="https://linear.app/oauth/authorize",
                revoke_url="https://api.linear.app/oauth/revoke",
                scopes=("read",),
                scope_sign=",",
            ),
        ),
        Spec(
            name="files",
            title="CSV files",
            module="agentos_cli.connectors.files",
            kinds=CSV_KINDS,
            life=timedelta(hours=36),
            asks="folder",
            base_url="",
            help="a folder of CSV files with the columns of docs/files.md",
            usual=True,
        ),
        Spec(
            name="github",
            title="GitHub",
            module="agentos_cli.connectors.github",
            kinds=("issue", "pull_request", "release", "deployment"),
            life=timedelta(minutes=30),
            asks="key",
            base_url="https://api.github.com",
            help="a fine-grained token with read access; --option repositories=acme/app,acme/site",
            rate=10.0,
            needs={"repositories": "acme/app,acme/site"},
            login=Login(  # https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
                token_url="https://github.com/login/oauth/access_token",
                authorize_url="https://github.com/login/oauth/authorize",
                device_url="https://github.com/login/device/code",
                scopes=("repo",),
            ),
        ),
        Spec(
            name="intercom",
            title="Intercom",
            module="agentos_cli.connectors.intercom",
            kinds=("ticket", "survey_answer"),
            life=timedelta(minutes=30),
            asks="key",
            base_url="https://api.intercom.io",
            help="an app's access token (Developer Hub); in Europe --base-url https://api.eu.intercom.io",
            rate=15.0,
        ),
        Spec(
            name="ashby",
            title="Ashby",
            module="agentos_cli.connectors.ashby",
            kinds=("role", "candidate", "offer"),
            life=timedelta(hours=1),
            asks="key",
            base_url="https://api.ashbyhq.com",
            help="an API key that may read jobs, candidates, interviews, offers, organization (Admin)",
            rate=12.0,
        ),
        Spec(
            name="mercury",
            title="Mercury",
            module="agentos_cli.connectors.mercury",
            kinds=("bank_transaction", "cash_balance"),
            life=timedelta(hours=6),
            asks="key",
            base_url="https://api.mercury.com",
            help="a read-only API token (Settings > API tokens)",
            rate=5.0,
        ),
        Spec(
            name="plausible",
            title="Plausible",
            module="agentos_cli.connectors.plausible",
            kinds=("traffic_day",),
            life=timedelta(hours=6),
            asks="key",
            base_url="https://plausible.io",
            help="a Stats API key (Settings > API keys); --option site=example.com",
            rate=2.0,
            needs={"site": "example.com"},
        ),
        Spec(
            name="mailchimp",
            title="Mailchimp",
            module="agentos_cli.connectors.mailchimp",
            kinds=("mail_campaign",),
            life=timedelta(hours=6),
            asks="key",
            base_url="https://<dc>.api.mailchimp.com",
            help="an API key, which ends with its data centre, such as -us21 (Account > Extras > API keys)",
            rate=5.0,
        ),
        Spec(
            name="calendar",
            title="Calendar",
            module="agentos_cli.connectors.calendar",
            kinds=("meeting",),
            life=timedelta(minutes=30),
            asks="address",
            base_url="",
            help="the secret address of a calendar in iCal format, or the path of an .ics file",
        ),
        Spec(
            name="sheet",
            title="Sheet",
            module="agentos_cli.connectors.sheet",
            kinds=CSV_KINDS,
            life=timedelta(hours=6),
            asks="nothing",
            base_url="",
            help="--base-url ADDRESS --option kind=expense: a Google sheet, or any CSV",
            varies=True,
        ),
    )
}


def known(connections: Iterable[Connection]) -> dict[str, Spec]:
    """The catalogue, and what the connections say of sources that are not in it, or that vary."""
    told = dict(CATALOGUE)
    for each in connections:
        spec = CATALOGUE.get(each.source)
        told[each.source] = described(each) if spec is None else spec.of(each)
    return told


def described(connection: Connection) -> Spec:
    """The source of a connection that is not in the catalogue, as the connection describes it."""
    about: Mapping[str, str] = json.loads(connection.options.get(ABOUT, "{}"))
    name = connection.source
    return Spec(
        name=name,
        title=about.get("title", name),
        module=about.get("module", "agentos_cli.connectors.guest"),
        kinds=tuple(about.get("kinds", "").split()),
        life=timedelta(minutes=int(about["life"])) if "life" in about else LIFE,
        asks=about.get("asks", "nothing"),
        base_url=about.get("base_url", ""),
        help=about.get("help", ""),
        told=about,
    )


def forgotten(name: str, kinds: Iterable[str]) -> Spec:
    """A source outside the catalogue whose connection is gone, and of which records are left."""
    return Spec(name, name, "agentos_cli.connectors.guest", tuple(kinds), LIFE, "nothing", "", "")


def about(spec: Spec) -> dict[str, str]:
    """The option that describes a source which is not in the catalogue; `described` reads it."""
    told = {
        **spec.told,
        "title": spec.title,
        "module": spec.module,
        "kinds": " ".join(spec.kinds),
        "life": str(int(spec.life.total_seconds() // 60)),
        "asks": spec.asks,
        "base_url": spec.base_url,
        "help": spec.help,
    }
    return {ABOUT: json.dumps(told)}
