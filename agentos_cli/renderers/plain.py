"""The linear form: one sentence after the other, for screen readers and the plain part of a mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentos_cli.renderers import clean, words
from agentos_cli.renderers.detail import data_age
from agentos_cli.renderers.selection import (
    Notice,
    Shown,
    evidence,
    is_quiet,
    notices,
    oldest,
    quiet_checks,
    related,
    select,
    stale,
    warnings,
)
from agentos_cli.renderers.shapes import (
    AlertItem,
    BriefDocument,
    DecisionDocument,
    DecisionItem,
    FindingDocument,
    FreshnessItem,
    NumberItem,
    RecommendationItem,
    ReportDocument,
    RiskItem,
)
from agentos_cli.renderers.style import Style


def brief(document: BriefDocument, style: Style) -> str:
    """The briefing in sentences; counts come before lists, so that one knows what is ahead."""
    document = clean.tree(document, ascii_only=style.ascii)
    head = [f"Brief for {document['date']}, as of {document['clock']}.", sentence(document["verdict"])]
    head += [f"Note: {sentence(said)}" for said in notices(document)]
    if is_quiet(document) and not style.everything:
        age = oldest(document["numbers"])
        fresh = f" All data is at most {age} old." if age else ""
        return "\n".join(
            [*head, f"{quiet_checks(document)}.{fresh} For everything, run: agentos brief --all"]
        )
    shown = select(document, everything=style.everything)
    return "\n".join([*head, *_warnings(shown), *_body(shown), *_end(document, shown)])


def report(document: ReportDocument, style: Style) -> str:
    """One agent's report in sentences."""
    document = clean.tree(document, ascii_only=style.ascii)
    agent = document["agent"]
    head = [f"{words.agent(agent)} report for {document['date']}, as of {document['clock']}."]
    if document["error"] is not None:
        broken = Notice(f"{agent} failed", document["error"], f"agentos agents check {agent}")
        return "\n".join([*head, warning(broken), "End of report."])
    reasons = [sentence(f"Reason: {reason}") for reason in document["reasons"]]
    advice = [
        recommendation(place, item, f"agentos show {item['id']}")
        for place, item in enumerate(document["recommendations"], 1)
    ]
    return "\n".join(
        [
            *head,
            f"Health: {document['health']}.",
            *reasons,
            *section("Numbers", map(number, document["metrics"]), ", change against last week"),
            *section("Alerts", map(alert, document["alerts"])),
            *section("Recommendations", advice),
            "End of report.",
        ]
    )


def decision(document: DecisionDocument, style: Style) -> str:
    """The first decision in sentences."""
    document = clean.tree(document, ascii_only=style.ascii)
    item = document["decision"]
    if item is None:
        blind = warnings(document["blind_spots"], document["failed"], [])
        return "\n".join(["Nothing to decide now.", *map(warning, blind)])
    lines = [sentence(item["title"]), *_due(item), sentence(f"Why: {item['why']}"), *_old(item["freshness"])]
    lines += section("Also to do", map(sentence, related(item)))
    if item["command"] != f"agentos show {item['id']}":
        lines.append(f"To do it, run: {item['command']}")
    lines.append(f"For the reasons, run: agentos show {item['id']}")
    lines.append(f"To put it off, run: agentos snooze {item['id']}")
    if document["more"]:
        lines.append(f"{document['more']} more after this. To see them, run: agentos brief --all")
    return "\n".join(lines)


def finding(document: FindingDocument, style: Style) -> str:
    """One decision, risk or alert in full, one fact a line."""
    document = clean.tree(document, ascii_only=style.ascii)
    lines: list[str] = []
    advice = document["decision"] or document["recommendation"]
    if advice is not None:
        lines = _decision_facts(advice, document["decision"])
    if (risk_item := document["risk"]) is not None:
        lines = _risk_facts(risk_item)
    if (alert_item := document["alert"]) is not None:
        lines = _alert_facts(alert_item)
    return "\n".join(lines)


def sentence(text: str) -> str:
    """Text that ends like a sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def warning(notice: Notice) -> str:
    """What could not be seen, the reason and the command that mends it."""
    reason = f" Reason: {sentence(notice.why)}" if notice.why else ""
    fix = f" To fix, run: {notice.fix}" if notice.fix else ""
    return f"Warning: {sentence(notice.what)}{reason}{fix}"


def section(title: str, lines: Iterable[str], about: str = "") -> list[str]:
    """A heading that says how many items follow; nothing for none."""
    items = list(lines)
    return [f"{title}, {words.count(len(items), 'item')}{about}.", *items] if items else []


def recommendation(place: int, item: RecommendationItem, command: str) -> str:
    """One thing to do: what, when, why, how."""
    parts = [sentence(item["title"]), *_due(item), sentence(f"Why: {item['why']}"), *_old(item["freshness"])]
    return f"{place}. {' '.join(parts)} Run: {command}"


def number(item: NumberItem) -> str:
    """`Cash: $1.24M, down 2.1%, worse; status ok; runway 14 mo; stale, 24h old.`"""
    figure = [item["text"]]
    if item["change"] is not None:
        size = item["change"].lstrip("+-")
        figure.append("unchanged" if item["direction"] == "flat" else f"{item['direction']} {size}")
    if item["judgement"] is not None:
        figure.append(item["judgement"])
    said = [", ".join(figure)]
    if item["status"] != "none":
        said.append(f"status {item['status']}")
    reason = (item["absent"] or "").partition(":")[2].strip()
    old = stale(item["freshness"]) if item["absent"] is None else ""
    if old.startswith("stale "):
        old = f"stale, {item['freshness']['age']} old"
    said += [part for part in (reason, item["note"], item["partial"], old) if part]
    return sentence(f"{item['title']}: {'; '.join(said)}")


def alert(item: AlertItem) -> str:
    """`act: SLA misses are over their limit. 5 this week. Run: agentos show A3`"""
    said = f"{sentence(item['title'])} {sentence(item['detail'])}"
    return f"{item['status']}: {said} Run: agentos show {item['id']}"


def risk(item: RiskItem) -> str:
    """Status, what, and the command that shows the rest."""
    old = "".join(f" {part}" for part in _old(item["freshness"]))
    return f"{item['status']}: {sentence(item['title'])}{old} Run: {item['command']}"


def _warnings(shown: Shown) -> list[str]:
    more = words.count(shown.more_warnings, "more warning")
    rest = [f"{more}. To see all, run: agentos brief --all"] if shown.more_warnings else []
    return [*map(warning, shown.warnings), *rest]


def _body(shown: Shown) -> list[str]:
    decisions = [recommendation(d["rank"], d, d["command"]) for d in shown.decisions]
    agents = [sentence(f"{a['agent']}: {a['error'] or a['health']}") for a in shown.agents]
    return [
        *(section("Decisions", decisions) or ["Nothing to decide today."]),
        *section("Numbers", map(number, shown.numbers), ", change against last week"),
        *(line for extra in shown.extras for line in section(extra.title, map(sentence, extra.lines))),
        *section("Cross-team risks", map(risk, shown.risks)),
        *section("Alerts", map(alert, shown.alerts)),
        *section("Checks that could not be made", map(sentence, shown.unseen)),
        *section("Agents", agents),
    ]


def _end(document: BriefDocument, shown: Shown) -> Sequence[str]:
    line = f"End of brief. {quiet_checks(document)}."
    if shown.hidden:
        line += f" Not shown: {', '.join(shown.hidden)}. To see all, run: agentos brief --all"
    return [line]


def _due(item: RecommendationItem) -> list[str]:
    effort = words.effort(item["minutes"]).removeprefix("~")
    effort = effort.replace(" min", " minutes").replace(" h", " hours")
    due = f"Due {item['due_text']}" if item["due_text"] else ""
    if due.endswith("overdue"):
        due = due.removeprefix("Due ")
    takes = f"about {effort}" if effort else ""
    said = ", ".join(part for part in (due, takes) if part)
    return [sentence(said[0].upper() + said[1:])] if said else []


def _old(fresh: FreshnessItem) -> list[str]:
    if fresh["state"] == "missing":
        return ["Part of its data was never read."]
    return [f"Its data is stale, {fresh['age']} old."] if fresh["state"] == "stale" else []


def _decision_facts(item: RecommendationItem, ranked: DecisionItem | None) -> list[str]:
    kind = "Decision" if ranked else "Recommendation"
    stake = [f"At stake: {item['impact']['text']} a year."] if item["impact"] else []
    account = [f"Account: {item['account']}."] if item["account"] else []
    return [
        f"{kind} {item['id']}: {sentence(item['title'])}",
        sentence(f"Why: {item['why']}"),
        *_due(item),
        *stake,
        *account,
        *section("Also to do", map(sentence, item["related"])),
        *(_sum(ranked) if ranked else []),
        f"Agents: {', '.join(item['agents'])}. Rule: {item['rule']}.",
        *_ways(item["id"], ranked["command"] if ranked else ""),
        *_basis(item),
    ]


def _sum(item: DecisionItem) -> list[str]:
    factors = [
        sentence(f"{f['name']}: {f['value']:g} times {f['weight']:g} is {f['points']:g}: {f['why']}")
        for f in item["factors"]
    ]
    return section(f"Score {item['score']:g} of 100, the sum of its factors", factors)


def _risk_facts(item: RiskItem) -> list[str]:
    return [
        f"Cross-team risk {item['id']}, status {item['status']}: {sentence(item['title'])}",
        sentence(item["detail"]),
        f"Chain: {', then '.join(item['chain'])}.",
        f"Rule: {item['rule']}. Source of the rule: {sentence(item['source'])}",
        *_ways(item["id"], item["command"]),
        *_basis(item),
    ]


def _alert_facts(item: AlertItem) -> list[str]:
    figure = [f"Figure: {item['text']}."] if item["value"] is not None else []
    account = [f"Account: {item['account']}."] if item["account"] else []
    return [
        f"Alert {item['id']}, status {item['status']}: {sentence(item['title'])}",
        sentence(item["detail"]),
        *figure,
        *account,
        f"Agent: {item['agent']}. Rule: {item['rule']}.",
        *_ways(item["id"], ""),
        *_basis(item),
    ]


def _ways(finding_id: str, command: str) -> list[str]:
    do = [f"To do it, run: {command}"] if command not in {"", f"agentos show {finding_id}"} else []
    return [*do, f"To put it off, run: agentos snooze {finding_id}"]


def _basis(item: RecommendationItem | RiskItem | AlertItem) -> list[str]:
    fresh, (refs, rest) = item["freshness"], evidence(item["id"], item["evidence"], item["records"])
    fix = f" To fix, run: {fresh['fix']}" if fresh["fix"] else ""
    return [
        f"{sentence(f'Data: {data_age(fresh)}')}{fix}",
        *section("Evidence", refs),
        *([rest] if rest else []),
    ]
