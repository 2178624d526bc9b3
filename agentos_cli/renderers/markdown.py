"""The Markdown form: reads well in a chat canvas, an issue or a folder of notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentos_cli.renderers import clean, figures, words
from agentos_cli.renderers.detail import data_age
from agentos_cli.renderers.figures import STATUS_WORDS
from agentos_cli.renderers.selection import (
    Extra,
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
    NumberItem,
    RecommendationItem,
    ReportDocument,
    RiskItem,
)
from agentos_cli.renderers.style import Style

safe = clean.markdown
GAP = "."  # spaces would run together, and the trend with them


def brief(document: BriefDocument, style: Style) -> str:
    """The verdict in bold, warnings as a quotation, numbered decisions, one table."""
    document = clean.tree(document, ascii_only=style.ascii)
    whose = f"Brief for {safe(document['company'])}" if document["company"] else "Brief"
    head = [f"# {whose}, {_when(document['date'], document['clock'])}", f"**{safe(document['verdict'])}**"]
    head += ["\n>\n".join(f"> {safe(said)}" for said in notices(document))]
    if is_quiet(document) and not style.everything:
        age = oldest(document["numbers"])
        fresh = f", all data at most {age} old" if age else ""
        return _joined([*head, f"{quiet_checks(document)}{fresh}. {code('agentos brief --all')}"])
    shown = select(document, everything=style.everything)
    hidden = f" Not shown: {', '.join(shown.hidden)}." if shown.hidden else ""
    more = "" if shown.everything else f" {code('agentos brief --all')}"
    return _joined(
        [*head, *_warnings(shown), *_body(shown, style), f"{quiet_checks(document)}.{hidden}{more}"]
    )


def report(document: ReportDocument, style: Style) -> str:
    """One agent's report: health, one table, alerts, recommendations."""
    document = clean.tree(document, ascii_only=style.ascii)
    agent = document["agent"]
    head = [f"# {safe(words.agent(agent))}, {_when(document['date'], document['clock'])}"]
    if document["error"] is not None:
        broken = Notice(f"{agent} failed", document["error"], f"agentos agents check {agent}")
        return _joined([*head, _quote([broken])])
    reasons = "\n>\n".join(f"> {safe(reason)}" for reason in document["reasons"])
    advice = [
        _numbered(place, item, f"agentos show {item['id']}")
        for place, item in enumerate(document["recommendations"], 1)
    ]
    return _joined(
        [
            *head,
            f"Health: **{safe(document['health'])}**",
            reasons,
            *_section("Numbers", [_table(document["metrics"], style)] if document["metrics"] else []),
            *_section("Alerts", map(_alert, document["alerts"])),
            *_section("Recommended", advice),
        ]
    )


def decision(document: DecisionDocument, style: Style) -> str:
    """The first decision."""
    document = clean.tree(document, ascii_only=style.ascii)
    item = document["decision"]
    if item is None:
        blind = warnings(document["blind_spots"], document["failed"], [])
        return _joined(["**Nothing to decide now.**", *([_quote(blind)] if blind else [])])
    why, later = f"agentos show {item['id']}", f"agentos snooze {item['id']}"
    also = [f"- also: {safe(title)}" for title in related(item)]
    ways = [f"- why: {code(why)}", f"- later: {code(later)}"]
    if item["command"] != why:
        ways.insert(0, f"- do: {code(item['command'])}")
    more = [f"{document['more']} more after this. {code('agentos brief --all')}"] if document["more"] else []
    return _joined(
        [f"**{safe(item['title'])}**{_aside(item)}", safe(item["why"]), "\n".join([*also, *ways]), *more]
    )


def finding(document: FindingDocument, style: Style) -> str:
    """One finding in full."""
    document = clean.tree(document, ascii_only=style.ascii)
    parts: list[str] = []
    advice = document["decision"] or document["recommendation"]
    if advice is not None:
        parts = _decision_parts(advice, document["decision"])
    if (risk := document["risk"]) is not None:
        parts = _risk_parts(risk)
    if (alert := document["alert"]) is not None:
        parts = _alert_parts(alert)
    return _joined(parts)


def code(command: str) -> str:
    """A command as code. Ours hold no backtick; from elsewhere it would end the code, so it goes."""
    return f"`{command.replace('`', '')}`"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _when(day: str, clock: str) -> str:
    return f"{words.weekday(day)}, as of {safe(clock)}"


def _quote(found: Sequence[Notice]) -> str:
    lines = []
    for notice in found:
        why = f": {safe(notice.why)}" if notice.why else ""
        fix = f" {code(notice.fix)}" if notice.fix else ""
        lines.append(f"> **{safe(notice.what)}**{why}.{fix}")
    return "\n>\n".join(lines)


def _warnings(shown: Shown) -> list[str]:
    if not shown.warnings:
        return []
    more = f"\n>\n> {words.count(shown.more_warnings, 'more warning')}." if shown.more_warnings else ""
    return [_quote(shown.warnings) + more]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    items = list(lines)
    return [f"## {title}", "\n".join(items)] if items else []


def _body(shown: Shown, style: Style) -> list[str]:
    decisions = [_numbered(d["rank"], d, d["command"]) for d in shown.decisions]
    agents = [f"- {safe(a['agent'])}: {safe(a['error'] or a['health'])}" for a in shown.agents]
    return [
        *_section("Decide", decisions or ["Nothing to decide today."]),
        *_section("Numbers", [_table(shown.numbers, style)] if shown.numbers else []),
        *(part for extra in shown.extras for part in _extra(extra)),
        *_section("Cross-team risk", map(_risk, shown.risks)),
        *_section("Alerts", map(_alert, shown.alerts)),
        *_section("Checks that could not be made", [f"- {safe(rule)}" for rule in shown.unseen]),
        *_section("Agents", agents),
    ]


def _extra(extra: Extra) -> list[str]:
    return _section(safe(extra.title), [f"- {safe(line)}" for line in extra.lines])


def _aside(item: RecommendationItem) -> str:
    said = [item["due_text"] or "", words.effort(item["minutes"]), stale(item["freshness"])]
    text = ", ".join(part for part in said if part)
    return f" ({safe(text)})" if text else ""


def _numbered(place: int, item: RecommendationItem, command: str) -> str:
    indent = " " * (len(str(place)) + 2)
    title = f"{place}. **{safe(item['title'])}**{_aside(item)}  "
    also = [f"{indent}- {safe(title)}" for title in related(item)]
    return "\n".join([title, f"{indent}{safe(item['why'])} {code(command)}", *also])


def _risk(item: RiskItem) -> str:
    old = f" ({old})" if (old := stale(item["freshness"])) else ""
    return f"- **{STATUS_WORDS[item['status']]}** {safe(item['title'])}{old} {code(item['command'])}"


def _alert(item: AlertItem) -> str:
    show = code(f"agentos show {item['id']}")
    return f"- **{STATUS_WORDS[item['status']]}** {safe(item['title'])}: {safe(item['detail'])} {show}"


def _table(items: Sequence[NumberItem], style: Style) -> str:
    bars = words.ASCII_BARS if style.ascii else words.BARS
    rows = [
        (
            safe(item["title"]),
            safe(item["text"]),
            safe(figures.change(item, ascii_only=style.ascii)),
            safe(words.spark(item["series"], bars, GAP)),
            STATUS_WORDS[item["status"]],
            safe("; ".join(part for part in (figures.remarks(item), figures.age(item)) if part)),
        )
        for item in items
    ]
    head = "| | Now | Change vs last week | Trend | Status | Note |\n| --- | ---: | ---: | --- | --- | --- |"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])


def _decision_parts(item: RecommendationItem, ranked: DecisionItem | None) -> list[str]:
    command = ranked["command"] if ranked else f"agentos snooze {item['id']}"
    facts = [("Agents", ", ".join(item["agents"])), ("Rule", item["rule"])]
    if item["impact"]:
        facts.insert(0, ("At stake", f"{item['impact']['text']} a year"))
    if item["account"]:
        facts.append(("Account", item["account"]))
    return [
        f"# {safe(item['id'])}: {safe(item['title'])}",
        f"{safe(item['why'])}{_aside(item)} {code(command)}",
        *_section("Also to do", [f"- {safe(title)}" for title in item["related"]]),
        *(_sum(ranked) if ranked else []),
        *_basis(facts, item),
    ]


def _sum(item: DecisionItem) -> list[str]:
    factors = [
        f"| {safe(f['name'])} | {f['value']:g} | {f['weight']:g} | {f['points']:.2f} | {safe(f['why'])} |"
        for f in item["factors"]
    ]
    head = "| Factor | Value | Weight | Points | Why |\n| --- | ---: | ---: | ---: | --- |"
    total = f"| **sum** | | | **{item['score']:.2f}** | |"
    return _section(f"Score {item['score']:g} of 100", [head, *factors, total])


def _risk_parts(item: RiskItem) -> list[str]:
    chain = " -> ".join(item["chain"])
    facts = [("Chain", chain), ("Rule", item["rule"]), ("Source", item["source"])]
    return [
        f"# {safe(item['id'])}: {safe(item['title'])}",
        f"**{STATUS_WORDS[item['status']]}** {safe(item['detail'])} {code(item['command'])}",
        *_basis(facts, item),
    ]


def _alert_parts(item: AlertItem) -> list[str]:
    facts = [("Agent", item["agent"]), ("Rule", item["rule"])]
    if item["value"] is not None:
        facts.insert(0, ("Figure", item["text"]))
    if item["account"]:
        facts.append(("Account", item["account"]))
    return [
        f"# {safe(item['id'])}: {safe(item['title'])}",
        f"**{STATUS_WORDS[item['status']]}** {safe(item['detail'])}",
        *_basis(facts, item),
    ]


def _basis(facts: Sequence[tuple[str, str]], item: RecommendationItem | RiskItem | AlertItem) -> list[str]:
    fresh, (refs, rest) = item["freshness"], evidence(item["id"], item["evidence"], item["records"])
    fix = f" {code(fresh['fix'])}" if fresh["fix"] else ""
    lines = [f"- {name}: {safe(value)}" for name, value in facts]
    records = [f"- {code(ref)}" for ref in refs]
    return [
        "\n".join([*lines, f"- Data: {safe(data_age(fresh))}{fix}"]),
        *_section("Evidence", [*records, f"- {rest}"] if rest else records),
    ]
