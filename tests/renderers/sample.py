"""Briefings to draw: an ordinary morning, a hard one with every state at once, a quiet one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.briefing import BlindSpot, Briefing, Decision, Factor, Risk
from agents.money import Money
from agents.report import Alert, Good, Health, Metric, Recommendation, Report, Status, Value
from agents.snapshot import Age, Freshness
from agents.unit import Unit

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 07:00 in New York
ZONE = ZoneInfo("America/New_York")
FRESH = Freshness(Age.FRESH, ("hubspot",), NOW - timedelta(hours=2))
STALE = Freshness(
    Age.STALE, ("stripe",), NOW - timedelta(hours=24), "Stripe key expired", "agentos connect stripe"
)
MISSING = Freshness(Age.MISSING, ("linear",), None, "never read", "agentos connect linear")

ESCAPES = (
    "Evil \x1b[31mRed\x1b]8;;https://x.test\x07link\x1b]8;;\x07 \u202egnp.exe\u2066 zero\u200bwidth\x07 Corp"
)
MARKUP = '[/x] [bold]<script>alert("x")</script> | pipe *star* ![i](https://x.test/i.png) & `tick`'
FORMULA = '=HYPERLINK("https://x.test","pay")'
WIDE = "株式会社ノースウィンド・ホールディングス：更新 👩\u200d👩\u200d👧 割引を承認しますか、見送りますか"
LONG = "Averylongwordwithoutanyspacewhatsoever" * 6


def money(major: str) -> Money:
    return Money.of(major, "USD")


def metric(
    key: str,
    title: str,
    unit: Unit,
    value: Value,
    previous: Value = None,
    series: tuple[Value, ...] = (),
    *,
    status: Status = Status.OK,
    good: Good = Good.UP,
    note: str = "",
    absent: str | None = None,
    partial: str | None = None,
    freshness: Freshness = FRESH,
) -> Metric:
    return Metric(
        key,
        title,
        unit,
        value,
        NOW,
        freshness,
        (f"stripe:invoice:{key}",),
        status,
        good,
        previous,
        series,
        note,
        absent,
        partial,
    )


def factors(*values: float) -> tuple[Factor, ...]:
    names = ("revenue impact", "urgency", "energy alignment", "strategic alignment")
    whys = ("$48k a year at risk", "due today", "30 of your 60 energy", "serves the goal Keep customers")
    weights = (0.40, 0.25, 0.15, 0.20)
    return tuple(Factor(n, v, w, why) for n, v, w, why in zip(names, values, weights, whys, strict=True))


def decide(
    rank: int,
    name: str,
    title: str,
    why: str,
    due: date | None,
    minutes: int,
    agents: tuple[str, ...],
    *,
    command: str | None = None,
    freshness: Freshness = FRESH,
    related: tuple[str, ...] = (),
) -> Decision:
    item = Recommendation(
        name,
        agents[0],
        "renewal_with_tickets",
        title,
        why,
        money("48000"),
        due,
        minutes,
        30,
        ("retention",),
        NOW,
        freshness,
        ("hubspot:deal:d1", "stripe:subscription:s1"),
        "northwind.example",
        Unit.MONEY,
        agents,
        related,
    )
    parts = factors(95, 80, 70, 90) if rank == 1 else factors(90.0 - rank * 7, 60, 50, 40)
    score = sum(part.value * part.weight for part in parts)
    return Decision(rank, score, parts, item, command or f"agentos show {name}")


def risk(name: str, title: str, status: Status = Status.ACT, freshness: Freshness = FRESH) -> Risk:
    return Risk(
        name,
        "renewal_with_severe_tickets",
        "Gainsight, renewal playbook",
        status,
        title,
        "3 severe tickets have waited 9 days at customers who renew within 45 days.",
        ("ops", "success", "sales"),
        tuple(f"hubspot:ticket:{number}" for number in range(1, 14)),
        freshness,
        f"agentos show {name}",
    )


def alert(name: str, title: str, status: Status, value: Value = 5, unit: Unit = Unit.COUNT) -> Alert:
    detail = "5 misses this week, the limit is 3"
    return Alert(
        name, "ops", "sla_misses", status, title, detail, unit, value, NOW, FRESH, ("linear:issue:i1",)
    )


def cents(*major: float) -> tuple[Value, ...]:
    return tuple(money(str(value)) for value in major)


NUMBERS = (
    metric(
        "cash",
        "Cash",
        Unit.MONEY,
        money("1240000"),
        money("1266600"),
        cents(1400000, 1390000, 1380000, 1370000, 1330000, 1266600, 1240000),
        note="runway 14 mo",
        freshness=STALE,
    ),
    metric(
        "mrr",
        "MRR",
        Unit.MONEY,
        money("86400"),
        money("84870"),
        cents(80000, 81000, 81500, 83000, 84000, 84870, 86400),
        note="goal $88k",
    ),
    metric(
        "pipeline",
        "Pipeline",
        Unit.MONEY,
        money("412000"),
        money("452750"),
        cents(500000, 490000, 485000, 470000, 460000, 452750, 412000),
        status=Status.WATCH,
        note="2.3x cover",
    ),
    metric(
        "churn",
        "Churn (30d)",
        Unit.RATIO,
        0.019,
        0.016,
        (0.012, 0.012, 0.014, 0.014, 0.015, 0.016, 0.019),
        status=Status.WATCH,
        good=Good.DOWN,
        note="limit 2.0%",
    ),
    metric(
        "sla_misses",
        "SLA misses",
        Unit.COUNT,
        5,
        2,
        (2, 1, 2, 3, 3, 2, 5),
        status=Status.ACT,
        good=Good.DOWN,
        note="limit 3/wk",
    ),
)

DECISIONS = (
    decide(
        1,
        "R4K12",
        "Northwind renewal: approve 8% discount?",
        "$48k ARR at risk, renews in 6 days; 3 sev-2 tickets open",
        date(2026, 11, 23),
        5,
        ("sales", "success", "ops"),
        command="agentos tasks done R4K12",
        related=("Fix severe tickets before renewal", "Call and ask why"),
    ),
    decide(
        2,
        "R07AB",
        "Move October ad budget off display",
        "CAC $412 vs $280 target for 3 weeks; search is at $231",
        date(2026, 11, 26),
        10,
        ("marketing", "finance"),
    ),
    decide(
        3,
        "R09CD",
        "Backend hire: two offers expire Friday",
        "on-call is 1-deep; SLA misses 2 -> 5 week over week",
        date(2026, 11, 27),
        15,
        ("hr", "ops"),
    ),
    decide(
        4,
        "R10EF",
        "Chase the Contoso invoice",
        "$12k, 40 days overdue",
        date(2026, 12, 14),
        120,
        ("finance",),
    ),
    decide(5, "R11GH", "Clean the pipeline", "9 deals hang in one stage", None, 0, ("sales",)),
)

REPORTS = (
    Report("finance", NOW, Health("degraded", ("invoice stale: Stripe key expired",)), NUMBERS[:2]),
    Report(
        "ops",
        NOW,
        Health("ok"),
        NUMBERS[4:],
        (
            alert("A3SLA", "SLA misses are over their limit", Status.ACT),
            alert("A4WIP", "Work in progress is high", Status.WATCH),
        ),
        (DECISIONS[1].recommendation,),
    ),
)

ORDINARY = Briefing(
    tenant="default",
    company="Acme Robotics",
    as_of=NOW,
    zone=ZONE,
    currency="USD",
    verdict="One decision today: Northwind renewal. SLA misses are past their limit.",
    status=Status.ACT,
    blind_spots=(
        BlindSpot(
            "stripe", ("finance",), NOW - timedelta(hours=24), "Stripe key expired.", "agentos connect stripe"
        ),
    ),
    decisions=DECISIONS,
    numbers=NUMBERS,
    risks=(risk("X03RN", "Support backlog -> Northwind + 2 more renewals"),),
    reports=REPORTS,
    failed=(),
    quiet=11,
    unseen=(),
)

HARD = replace(
    ORDINARY,
    company=ESCAPES,
    verdict=f"2 decisions today. Cash and 3 more are past their limits. No figure for {MARKUP}. Ops failed.",
    blind_spots=(
        BlindSpot(
            "not connected",
            ("finance", "ops", "hr"),
            None,
            "no source brings bank transactions",
            "agentos connectors list",
        ),
        BlindSpot("linear", ("ops",), None, "never read", "agentos connect linear"),
        BlindSpot(
            "stripe",
            ("finance", "success"),
            NOW - timedelta(days=3),
            f"{ESCAPES} refused {LONG}",
            "agentos connect stripe",
        ),
        BlindSpot(
            "hubspot",
            ("sales", "marketing", "success"),
            NOW - timedelta(hours=2),
            "3 records could not be read",
            "agentos connectors skipped hubspot",
            3,
        ),
    ),
    decisions=(
        decide(
            1,
            "R1ESC",
            ESCAPES,
            f"{MARKUP} {ESCAPES}",
            date(2026, 11, 20),
            5,
            ("sales", "success"),
            freshness=STALE,
            related=(ESCAPES, MARKUP, FORMULA, WIDE, LONG, "- sixth", "seventh"),
        ),
        decide(2, "R2MRK", MARKUP, FORMULA, date(2026, 11, 24), 600, ("finance",), freshness=MISSING),
        decide(
            3, "R3WID", WIDE, LONG, date(2027, 1, 4), 15, ("hr", "ops"), command="agentos tasks done T1234"
        ),
        decide(4, "R4FRM", FORMULA, "# heading\r\n\r\n- list\n> quote", None, 0, ("sales",)),
        decide(5, "R5LNG", LONG, WIDE, date(2026, 12, 14), 45, ("sales",)),
    ),
    numbers=(
        *NUMBERS[:1],
        metric("mrr", "MRR", Unit.MONEY, None, status=Status.NONE, absent="no data", freshness=MISSING),
        metric(
            "coverage",
            "Coverage",
            Unit.TIMES,
            None,
            2.3,
            (2.0, None, None, 2.3),
            status=Status.NONE,
            absent="n/a: no target is set",
        ),
        metric(
            "flat",
            MARKUP,
            Unit.RATIO,
            0.5,
            0.5,
            (0.5, None, 0.5, 0.5),
            good=Good.NEITHER,
            partial="2 records in CHF left out",
        ),
        metric(
            "loss",
            "Profit été €",
            Unit.MONEY,
            Money(-123456, "EUR"),
            Money(100, "EUR"),
            (Money(1, "EUR"), None, Money(5, "EUR")),
            status=Status.ACT,
            note=WIDE,
        ),
        metric("sixth", "Sixth number", Unit.HOURS, 7.25, 8, (9, 8, 7.25), good=Good.DOWN),
    ),
    risks=(
        risk("X1ESC", ESCAPES, freshness=STALE),
        risk("X2MRK", MARKUP, Status.WATCH),
        risk("X3WID", WIDE, Status.WATCH, MISSING),
        risk("X4LNG", LONG, Status.WATCH),
    ),
    reports=(
        *REPORTS,
        Report(
            "hr",
            NOW,
            Health("blind", ("person missing: never read",)),
            error="ZeroDivisionError: division by zero",
        ),
        Report(
            "success",
            NOW,
            Health("degraded", (ESCAPES,)),
            (),
            (alert("A1ESC", ESCAPES, Status.WATCH, None), alert("A2MRK", MARKUP, Status.ACT, money("12"))),
        ),
    ),
    failed=("hr",),
    unseen=("hiring against runway", "utilisation with open roles"),
)

EMPTY = replace(
    ORDINARY,
    decisions=(),
    risks=(),
    reports=(),
    blind_spots=(),
    quiet=1,
    verdict="No decision is waiting. SLA misses are past their limit.",
)
"""Nothing to decide, though not all is well."""

QUIET = replace(
    ORDINARY,
    verdict="Nothing needs you today.",
    status=Status.OK,
    decisions=(),
    risks=(),
    reports=(Report("finance", NOW, Health("ok"), NUMBERS[1:2]),),
    blind_spots=(),
    numbers=NUMBERS[1:2],
    quiet=14,
)
