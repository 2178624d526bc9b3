"""The ways in: each command parses, makes one call on `App`, and prints. `TABLE` is the whole list.

Only the command that was asked for is imported; the others are stand-ins with their help line, so that
`agentos --help`, TAB and "did you mean" know every name and cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One command: its module (imported when it is asked for), its group in `--help`, and its help line."""

    module: str
    group: str
    help: str


def _rows(group: str, *rows: tuple[str, str, str]) -> dict[str, Row]:
    return {name: Row(f"agentos_cli.commands.{module}", group, text) for name, module, text in rows}


TABLE: dict[str, Row] = {
    **_rows(
        "Every morning",
        ("brief", "brief", "The executive briefing: what changed, what is at risk, what to do first."),
        ("next", "next_decision", "Only the first decision, nothing else."),
        ("explain", "explain", "How a number was made: formula, records, what was left out, what moved."),
        ("show", "show", "One decision, risk or alert in full: why, how ranked, from which records."),
        ("snooze", "snooze", "Put a decision or risk off for some days, or bring it back."),
    ),
    **_rows(
        "Agents",
        ("finance", "report", "MRR and its movements, cash, burn, runway, overdue invoices."),
        ("sales", "report", "Pipeline, coverage, win rate, cycle, velocity, stuck deals."),
        ("ops", "report", "Throughput, cycle time, blocked and overdue work, utilisation, SLA misses."),
        ("marketing", "report", "Leads, conversion, CAC, spend by channel, content."),
        ("hr", "report", "Headcount, open roles, hiring pipeline, offers, absence, eNPS."),
        ("success", "report", "NPS, tickets, response times, usage, churn risk, renewals."),
        ("ceo", "report", "The whole company: ranked priorities and risks across teams."),
        ("agents", "agents", "List the agents, or check whether they can do their work."),
        ("movements", "movements", "How MRR went from month to month: new, expansion, contraction, churn."),
        ("what-if", "what_if", "What would change if you hired, raised prices, won a deal, lost a customer."),
        ("cohorts", "cohorts", "Of the customers who started in a month, how many still pay months later."),
        ("metrics", "metrics", "What each figure means, how it is worked out, and from what."),
        ("forecast", "forecast", "What each morning expects, and how its forecasts came out."),
    ),
    **_rows(
        "You",
        ("energy", "energy", "Say how much energy you have now, or see what is assumed."),
        ("goals", "goals", "This quarter's goals, which rank your decisions."),
        ("tasks", "tasks", "Your own tasks, ranked among the company's decisions."),
    ),
    **_rows(
        "Sources",
        ("connect", "connect", "Connect a source: Stripe, HubSpot, Linear or a folder of CSV files."),
        ("connectors", "connectors", "List sources and their state, test one, or close its circuit breaker."),
        ("sync", "sync", "Read the sources now."),
    ),
    **_rows(
        "Yours",
        ("search", "search", "Words in everything that is kept, and what to type to see all of it."),
        ("knowledge", "knowledge", "What is remembered, by day and by file; add to it, forget it."),
        ("workspace", "workspace", "Documents of agents: read, compare versions, write; and the agents."),
        ("skills", "skills", "Instructions for models: what each says and needs, and which may be used."),
        ("dreams", "dreams", "Your ideas: how strong each is, how it grew, what it is near to."),
        ("sessions", "sessions", "Conversations that were brought over: read, search, and what they cost."),
        ("models", "models", "Where models are reached, how one is chosen, and what they cost."),
    ),
    **_rows(
        "By itself",
        ("schedule", "schedule", "What is done when: add, list, pause, test, and what wakes the house."),
        ("tick", "tick", "Do everything that is due now, once."),
    ),
    **_rows(
        "House",
        ("notify", "notify", "The channels by which you hear of things: Slack, e-mail, a file ..."),
        ("heartbeat", "heartbeat", "What is watched, and what was raised: checks, alerts, what to decide."),
        ("init", "init", "Set up: company, currency, time zone, database."),
        ("status", "status", "Where things stand, offline and at once."),
        ("doctor", "doctor", "Check the whole installation and say what to mend."),
        ("runs", "runs", "What ran, when, how long, and whether it worked."),
        ("logs", "logs", "What was done and what went wrong, line by line."),
        ("config", "config", "Show, validate or locate the settings."),
        ("events", "events", "What was announced, how it was delivered, and what waits for you to decide."),
        ("migrate", "migrate", "Bring over a Clawdbot home (Moltbot, OpenClaw): look, apply, undo."),
        ("export", "export", "Everything that is known, as tables or as books, for other programs."),
        ("db", "db", "Upgrade, back up, restore or check the database."),
        ("demo", "demo", "A demo company to try everything on, served by real protocols."),
        ("schema", "schema", "The JSON Schema of every output."),
        ("completion", "completion", "The completion script for your shell."),
    ),
}


HEAD = """\
Usage: agentos COMMAND [OPTIONS]

A business operating system on the command line: one true briefing every morning.
Try it on the demo company: agentos brief --demo
"""

FOOT = """
Options:
  --help      Show this text. `agentos COMMAND --help` tells more, with examples.
  --version   Show the version.
  -v, -vv     Before the command: say on stderr what is done, such as `agentos -v sync`.

Exit codes: 0 ok, 1 failed, 2 usage, 3 stale or partial (--strict), 4 credentials,
6 already running, 7 data problem, 75 temporary, 130 interrupted.
"""


def root_help() -> str:
    """The text of `agentos --help`, from the table alone."""
    width = max(map(len, TABLE)) + 2
    lines: list[str] = []
    for group in dict.fromkeys(row.group for row in TABLE.values()):
        lines += ["", f"{group}:"]
        lines += [f"  {name:<{width}}{row.help}" for name, row in TABLE.items() if row.group == group]
    return HEAD + "\n".join(lines) + "\n" + FOOT
