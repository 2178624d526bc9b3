"""The terminal form: few lines, one order every day, commands ready to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from agentos_cli.renderers import clean, figures, words
from agentos_cli.renderers.detail import alert_in_full, decision_in_full, risk_in_full
from agentos_cli.renderers.figures import STATUS_WORDS, WIDE
from agentos_cli.renderers.page import Page, pad, tone_of
from agentos_cli.renderers.selection import (
    WARNINGS,
    Notice,
    Shown,
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
    AgentItem,
    AlertItem,
    BriefDocument,
    DecisionDocument,
    DecisionItem,
    FindingDocument,
    RecommendationItem,
    ReportDocument,
    RiskItem,
)
from agentos_cli.renderers.style import Style

SCREEN = 23  # lines: an 80x24 terminal with the prompt below
NUMBERS_TITLE = "Numbers (change vs last week)"


def brief(document: BriefDocument, style: Style) -> str:
    """The briefing. Two lines on a quiet day; without blank lines where it would leave the screen."""
    page, document = _page(style), clean.tree(document, ascii_only=style.ascii)
    if is_quiet(document) and not style.everything:
        _quiet_day(page, document)
        return page.paint(color=style.color)
    shown = select(document, everything=style.everything)
    title = f"{words.weekday(document['date'])}  as of {document['clock']}"
    page.row((f"Brief  {title}", "bold"), (page.cut(document["company"], page.width // 3), "dim"))
    page.text(document["verdict"], tone="bold", limit=2)
    _notices(page, notices(document), everything=style.everything)
    _warnings(page, shown.warnings, shown.more_warnings)
    _sections(page, shown)
    page.blank()
    _last_line(page, document, shown)
    if not (style.everything or style.tall) and len(page.lines) > SCREEN:
        page.lines = [line for line in page.lines if line]
    return page.paint(color=style.color)


def report(document: ReportDocument, style: Style) -> str:
    """One agent's report: health, figures, alerts, recommendations."""
    page, document = _page(style), clean.tree(document, ascii_only=style.ascii)
    title = f"{words.weekday(document['date'])}  as of {document['clock']}"
    page.say((words.agent(document["agent"]), "bold"), (f"  {title}", ""))
    if document["error"] is not None:
        fix = f"agentos agents check {document['agent']}"
        _warnings(page, [Notice(f"{document['agent']} failed", document["error"], fix)], 0)
        return page.paint(color=style.color)
    page.text(f"Health: {document['health']}", tone="" if document["health"] == "ok" else "watch")
    for reason in document["reasons"]:
        page.text(f"! {reason}", tone="watch", limit=2)
    if document["metrics"]:
        _heading(page, NUMBERS_TITLE)
        figures.rows(page, document["metrics"], full=True)
    _alerts(page, document["alerts"])
    if document["recommendations"]:
        _heading(page, "Recommended")
    for place, item in enumerate(document["recommendations"], 1):
        _item(page, item, place, f"agentos show {item['id']}")
    return page.paint(color=style.color)


def decision(document: DecisionDocument, style: Style) -> str:
    """One thing: what, why, and what can be typed now."""
    page, document = _page(style), clean.tree(document, ascii_only=style.ascii)
    item = document["decision"]
    if item is None:
        page.say(("Nothing to decide now.", "bold"))
        blind = warnings(document["blind_spots"], document["failed"], [])
        _warnings(page, blind[:WARNINGS], max(0, len(blind) - WARNINGS))
        return page.paint(color=style.color)
    page.row((item["title"], "bold"), (_when(item), ""))
    page.text(item["why"], indent="  ", limit=3)
    if old := stale(item["freshness"]):
        page.text(f"on data that is {old}", indent="  ", tone="watch")
    for place, title in enumerate(related(item)):
        page.say((f"  {'' if place else 'also':<6}", "dim"), (title, ""))
    ways = [("why", f"agentos show {item['id']}"), ("later", f"agentos snooze {item['id']}")]
    if item["command"] != ways[0][1]:
        ways.insert(0, ("do", item["command"]))
    for word, command in ways:
        page.say((f"  {word:<6}", "dim"), (command, "command"))
    if document["more"]:
        page.row((f"{document['more']} more after this.", "dim"), ("agentos brief --all", "command"))
    return page.paint(color=style.color)


def finding(document: FindingDocument, style: Style) -> str:
    """One decision, risk or alert with everything behind it."""
    page, document = _page(style), clean.tree(document, ascii_only=style.ascii)
    advice = document["decision"] or document["recommendation"]
    if advice is not None:
        decision_in_full(page, advice, document["decision"])
    if document["risk"] is not None:
        risk_in_full(page, document["risk"])
    if document["alert"] is not None:
        alert_in_full(page, document["alert"])
    return page.paint(color=style.color)


def _page(style: Style) -> Page:
    return Page(style.width, ascii_only=style.ascii)


def _quiet_day(page: Page, document: BriefDocument) -> None:
    age = oldest(document["numbers"])
    fresh = f", all data at most {age} old" if age else ""
    page.text(f"{document['verdict']} {quiet_checks(document)}{fresh}.", tone="bold", limit=2)
    _notices(page, notices(document), everything=False)
    page.row(
        (f"{words.weekday(document['date'])}  as of {document['clock']}", ""),
        ("agentos brief --all", "command"),
    )


def _notices(page: Page, said: Sequence[str], *, everything: bool) -> None:
    """One line, whatever there is to say: the rest is in `--all`."""
    if everything or len(said) < 2:
        for sentence in said:
            page.text(f"! {sentence}", tone="watch", limit=3 if everything else 1)
        return
    more = f"{len(said) - 1} more: agentos brief --all"
    page.row((f"! {said[0]}", "watch"), (more, "command"))


def _warnings(page: Page, found: Sequence[Notice], more: int) -> None:
    for notice in found:
        _warning(page, notice)
    if more:
        said = f"! {words.count(more, 'more warning')}."
        page.say((said, "watch"), ("  ", ""), ("agentos brief --all", "command"))


def _warning(page: Page, notice: Notice) -> None:
    """One line where it fits: first without the kinds in brackets, else the reason goes on below."""
    said = f"{notice.what}: {notice.why}." if notice.why else f"{notice.what}."
    fix = notice.fix or ""
    room = page.width - cell_len(fix) - 4
    short = re.sub(r" \([^()]*\)\.$", ".", said)
    fitting = next((text for text in (said, short) if cell_len(text) <= room), None)
    if fitting is not None:
        page.say(("! ", "watch"), (fitting, "watch"), ("  " if fix else "", ""), (fix, "command"))
        return
    first, *rest = page.wrap(said, page.width - 2, 2)
    page.say(("! ", "watch"), (first, "watch"))
    if rest or fix:
        page.row((" ".join(rest), "watch"), (fix, "command"), start=("  ", ""))


def _sections(page: Page, shown: Shown) -> None:
    _heading(page, "Decide")
    if not shown.decisions:
        page.say(("Nothing to decide today.", ""))
    for item in shown.decisions:
        _item(page, item, item["rank"], item["command"])
    if shown.numbers:
        _heading(page, NUMBERS_TITLE)
        figures.rows(page, shown.numbers, full=shown.everything)
    for extra in shown.extras:
        _heading(page, extra.title)
        for line in extra.lines:
            page.text(line, limit=2 if shown.everything else 1)
    if shown.risks:
        _heading(page, "Cross-team risk")
    for risk in shown.risks:
        _risk(page, risk, full=shown.everything)
    _alerts(page, shown.alerts)
    _unseen(page, shown.unseen)
    _agents(page, shown.agents)


def _heading(page: Page, title: str) -> None:
    page.blank()
    page.rule(title)


def _when(item: RecommendationItem) -> str:
    return ", ".join(part for part in (item["due_text"], words.effort(item["minutes"])) if part)


def _item(page: Page, item: RecommendationItem | DecisionItem, place: int, command: str) -> None:
    """Two lines: title and day; reason and command. Wide pages name the agents, and count what is related."""
    number = f"{place}. "
    page.row((item["title"], "bold"), (_when(item), ""), start=(number, "bold"))
    tags = [stale(item["freshness"])]
    if page.width >= WIDE:
        tags.append(" + ".join(item["agents"]))
    said = [f"[{one}]" for one in tags if one]
    if page.width >= WIDE and item["related"]:
        said.append(f"+{len(item['related'])} related")
    tag = "  ".join(said)
    page.row((item["why"], ""), (command, "command"), start=(" " * len(number), ""), tag=tag)


def _risk(page: Page, item: RiskItem, *, full: bool) -> None:
    chain = f"({' -> '.join(item['chain'])})" if item["chain"] and page.width >= WIDE else ""
    tag = "  ".join(part for part in (chain, stale(item["freshness"])) if part)
    start = (pad(STATUS_WORDS[item["status"]], 6), tone_of(item["status"]))
    page.row((item["title"], ""), (item["command"], "command"), start=start, tag=tag)
    if full:
        page.text(item["detail"], indent="      ")


def _alerts(page: Page, alerts: Iterable[AlertItem]) -> None:
    for place, item in enumerate(alerts):
        if place == 0:
            _heading(page, "Alerts")
        start = (pad(STATUS_WORDS[item["status"]], 6), tone_of(item["status"]))
        tag = stale(item["freshness"])
        page.row((item["title"], ""), (f"agentos show {item['id']}", "command"), start=start, tag=tag)
        page.text(item["detail"], indent="      ", limit=3)


def _unseen(page: Page, rules: Sequence[str]) -> None:
    if rules:
        _heading(page, "Checks that could not be made")
        page.text(", ".join(rules))


def _agents(page: Page, agents: Sequence[AgentItem]) -> None:
    if agents:
        _heading(page, "Agents")
    width = max((len(item["agent"]) for item in agents), default=0)
    for item in agents:
        health = item["health"]
        counts = (
            f"{words.count(item['metrics'], 'number')}, {words.count(item['alerts'], 'alert')}, "
            f"{words.count(item['recommendations'], 'recommendation')}"
        )
        said = item["error"] or counts
        page.say((pad(item["agent"], width + 2), ""), (pad(health, 10), _health_tone(health)), (said, ""))


def _health_tone(health: str) -> str:
    return {"ok": "ok", "failed": "act"}.get(health, "watch")


def _last_line(page: Page, document: BriefDocument, shown: Shown) -> None:
    said = f"{quiet_checks(document)}."
    if shown.hidden:
        said += f" More: {', '.join(shown.hidden)}."
    command = ("" if shown.everything else "agentos brief --all", "command")
    if cell_len(said) + len(command[0]) + 2 > page.width:
        first, *rest = page.wrap(said, page.width, 9)
        page.say((first, ""))
        said = " ".join(rest)
    page.row((said, ""), command)
