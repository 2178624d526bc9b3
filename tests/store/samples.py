"""Records for the store's tests: one of every noun, with every awkward value a column must carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from agentos_cli.belongings import (
    Archive,
    Checkup,
    Document,
    Entry,
    Idea,
    Knowledge,
    ModelProvider,
    ModelRoute,
    Note,
    Plan,
    Profile,
    Session,
    SessionCounts,
    Skill,
    SkillFile,
    Thing,
)
from agents.money import Money
from agents.nouns import (
    NOUNS,
    Absence,
    BankTransaction,
    Candidate,
    CashBalance,
    Company,
    Contact,
    ContentPiece,
    Customer,
    Cycle,
    Deal,
    DealTerms,
    Deployment,
    Discount,
    Expense,
    FxRate,
    Invoice,
    Issue,
    MailCampaign,
    MarketingSpend,
    Meeting,
    Move,
    Noun,
    Offer,
    Owner,
    Payment,
    Person,
    Project,
    PullRequest,
    Release,
    Role,
    Stage,
    StageEntry,
    Subscription,
    SubscriptionItem,
    SurveyAnswer,
    Team,
    Ticket,
    TrafficDay,
    UsageDay,
)

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TODAY = date(2026, 11, 23)
ODD = datetime(2026, 3, 29, 0, 59, 59, 1, tzinfo=UTC)
EUR = Money(-(2**53) - 1, "EUR")  # beyond what a float could hold
NAME = 'Ülker & Söhne "O\'Neil" [/x] 🦉 \x1b[31m\ttab\nline'


def invoice(number: str, *, status: str = "open", source: str = "stripe") -> Invoice:
    return Invoice(source, number, "cus_1", "acme.example", None, status, EUR, EUR, NOW, None, ODD)


SUBSCRIPTION = Subscription(
    "stripe",
    "sub_1@1",
    "sub_1",
    "cus_1",
    None,
    "active",
    "EUR",
    items=(
        SubscriptionItem("si_1", NAME, "month", 1, Decimal("1E+3"), 3, False),
        SubscriptionItem("si_2", "Löwe", "year", 2, Decimal("0.1000"), -1, True),
    ),
    discounts=(
        Discount(Decimal("12.5"), None, False, ODD, None, "si_1"),
        Discount(None, EUR, True, None, NOW, None),
    ),
    valid_from=ODD,
    valid_to=None,
    started_at=ODD,
    ended_at=None,
    cancel_at=NOW,
    renews_at=None,
)
ISSUE = Issue(
    "linear",
    "iss_1",
    "ENG-1",
    NAME,
    "team_1",
    None,
    "cyc_1",
    None,
    "started",
    1,
    Decimal("0.5"),
    True,
    ("bug", "", "söhne"),
    None,
    ODD,
    NOW,
    None,
    None,
    TODAY,
    None,
    (Move(None, "backlog", ODD), Move("backlog", "started", NOW)),
)
EVERY: tuple[Noun, ...] = (
    Customer("stripe", "cus_1", "acme.example", NAME, None, ODD),
    SUBSCRIPTION,
    invoice("in_1"),
    Payment("stripe", "pay_1", None, None, None, EUR, Money.zero("JPY"), "failed", "card", NOW, True),
    CashBalance("files", "cash_1", "Main", TODAY, EUR),
    BankTransaction("files", "tx_1", "Main", date(1999, 12, 31), EUR, "payroll", None),
    Expense("files", "ex_1", TODAY, "rent", None, EUR),
    FxRate("files", "fx_1", TODAY, "USD", "EUR", Decimal("0.91234567890123456789")),
    Owner("hubspot", "own_1", NAME, None),
    Stage("hubspot", "st_1", "p", "Sales", "Won", 3, Decimal("1"), True, False),
    Deal(
        "hubspot", "deal_1", NAME, None, None, "st_1", None, NOW, TODAY, None,
        (StageEntry("st_0", ODD), StageEntry("st_1", NOW)), None,
        (DealTerms(ODD, None, None), DealTerms(NOW, EUR, TODAY)),
    ),
    Company("hubspot", "co_1", "acme.example", NAME, NOW),
    Contact("hubspot", "con_1", None, NAME, None, "ads", "lead", NOW, None),
    MarketingSpend("files", "ms_1", TODAY, "ads", EUR),
    ContentPiece("files", "cp_1", NAME, "blog", TODAY, 2**62, 0, 1),
    TrafficDay("plausible", "td_1", TODAY, "search", 0, 1, 2),
    MailCampaign("mailchimp", "mc_1", NAME, ODD, 2**62, 2, 1, 0, 0),
    Team("linear", "team_1", NAME),
    Project("linear", "pr_1", NAME, "started", None, Decimal("0.25"), None, NOW, None),
    Cycle("linear", "cyc_1", "team_1", 7, NOW, LATER, Decimal("0")),
    ISSUE,
    PullRequest("github", "pu_1", "acme/app", "#7", NAME, None, "open", True, ODD, None, NOW),
    Release("github", "re_1", "acme/app", NAME, False, ODD),
    Deployment("github", "de_1", "acme/app", "production", "failed", NOW, None),
    Person("files", "pe_1", NAME, "eng", "dev", TODAY, None, Decimal("38.5"), Decimal("40"), None),
    Absence("files", "ab_1", "pe_1", "leave", TODAY, TODAY),
    Role("files", "ro_1", NAME, "eng", TODAY, None, EUR, None, None),
    Candidate("files", "ca_1", "ro_1", NAME, "offer", TODAY, TODAY, "offer"),
    Offer("files", "of_1", "ca_1", "ro_1", TODAY, TODAY, "pending", None, EUR),
    Ticket("hubspot", "ti_1", None, NAME, 1, True, NOW, None, None),
    SurveyAnswer("files", "su_1", "nps", None, 10, TODAY),
    UsageDay("files", "us_1", "acme.example", TODAY, 0, 0),
    Meeting("calendar", "me_1", NAME, ODD, LATER, True, None, 3, "acme.example"),
)  # fmt: skip
assert tuple(type(record) for record in EVERY) == NOUNS


def things(title: str) -> list[Thing]:
    """One of each kind of what can be brought from elsewhere; `title` is in all of them."""

    def entries() -> Iterator[Entry]:
        yield Entry(1, "message", role="user", text=title)

    return [
        Document("main", "SOUL.md", "persona", title),
        Profile("main", title),
        Knowledge("main", "MEMORY.md", (Note(1, title, title),)),
        Checkup("hb-1", title),
        Plan("vat", "0 7 * * *", "UTC", title),
        Skill(
            "", "managed", "chaser", title, title, "state/skills/chaser", files=(SkillFile("a.sh", 1, title),)
        ),
        ModelProvider("anthropic", api=title),
        ModelRoute("alias", "sonnet", (title,)),
        Idea("i1", title, title),
        Session("main", "s1", "state/s1.jsonl", "digest", SessionCounts(), entries, title=title),
        Archive("settings.json", title),
    ]
