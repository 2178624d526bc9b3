"""One finding in full, in the terminal form: the sum behind a rank, the evidence, the age of the data."""

from __future__ import annotations

from rich.cells import cell_len

from agentos_cli.renderers import words
from agentos_cli.renderers.figures import STATUS_WORDS
from agentos_cli.renderers.page import Page, lead, pad, tone_of
from agentos_cli.renderers.selection import evidence, stale
from agentos_cli.renderers.shapes import (
    AlertItem,
    DecisionItem,
    FreshnessItem,
    RecommendationItem,
    RiskItem,
)


def decision_in_full(page: Page, item: RecommendationItem, ranked: DecisionItem | None) -> None:
    """What, why, the score as a sum anyone can check (if it is ranked), and what it rests on."""
    page.text(f"{item['id']}  {item['title']}", tone="bold")
    page.text(item["why"])
    page.blank()
    if item["due_text"] is not None:
        page.fact("Due", f"{item['due_text']} ({item['due']})")
    page.fact("Takes", words.effort(item["minutes"]).removeprefix("~") or "no time given")
    if item["impact"] is not None:
        page.fact("At stake", f"{item['impact']['text']} a year")
    if item["account"]:
        page.fact("Account", item["account"])
    if ranked is not None and ranked["command"] != f"agentos show {item['id']}":
        page.fact("Do", ranked["command"], tone="command")
    page.fact("Later", f"agentos snooze {item['id']}", tone="command")
    for place, title in enumerate(item["related"]):
        page.fact("" if place else "Also", title)
    if ranked is not None:
        _sum(page, ranked)
    page.blank()
    page.fact("Agents", ", ".join(item["agents"]))
    page.fact("Rule", item["rule"])
    _basis(page, item)


def risk_in_full(page: Page, item: RiskItem) -> None:
    """The risk, the agents it runs through, the rule and where the rule comes from."""
    page.text(f"{item['id']}  {item['title']}", tone="bold")
    page.text(item["detail"])
    page.blank()
    page.fact("Status", STATUS_WORDS[item["status"]], tone=tone_of(item["status"]))
    page.fact("Chain", " -> ".join(item["chain"]))
    page.fact("Rule", item["rule"])
    page.fact("Source", item["source"])
    if item["command"] != f"agentos show {item['id']}":
        page.fact("Do", item["command"], tone="command")
    page.fact("Later", f"agentos snooze {item['id']}", tone="command")
    _basis(page, item)


def alert_in_full(page: Page, item: AlertItem) -> None:
    """The alert, the figure that crossed its limit, and the agent and rule that found it."""
    page.text(f"{item['id']}  {item['title']}", tone="bold")
    page.text(item["detail"])
    page.blank()
    page.fact("Status", STATUS_WORDS[item["status"]], tone=tone_of(item["status"]))
    if item["value"] is not None:
        page.fact("Figure", item["text"])
    if item["account"]:
        page.fact("Account", item["account"])
    page.fact("Agent", item["agent"])
    page.fact("Rule", item["rule"])
    page.fact("Later", f"agentos snooze {item['id']}", tone="command")
    _basis(page, item)


def data(page: Page, fresh: FreshnessItem) -> None:
    """How old the data is, and the command that mends it."""
    page.fact("Data", data_age(fresh), tone="watch" if fresh["state"] != "fresh" else "")
    if fresh["fix"]:
        page.fact("Fix", fresh["fix"], tone="command")


def data_age(fresh: FreshnessItem) -> str:
    """`2h old, from hubspot, stripe`, or what is wrong with it first."""
    old = stale(fresh) or (f"{fresh['age']} old" if fresh["age"] else "age unknown")
    parts = [f"{old}, from {', '.join(fresh['sources'])}" if fresh["sources"] else old]
    if fresh["problem"]:
        parts.append(fresh["problem"])
    return "; ".join(parts)


def _sum(page: Page, item: DecisionItem) -> None:
    page.blank()
    page.rule(f"Score {item['score']:g} of 100 (value x weight = points)")
    width = max((len(f["name"].replace("_", " ")) for f in item["factors"]), default=0)
    for factor in item["factors"]:
        name = pad(factor["name"].replace("_", " "), width)
        value, points = lead(format(factor["value"], "g"), 5), lead(format(factor["points"], ".2f"), 5)
        said = f"{name}  {value} x {factor['weight']:<4g} = {points}  "
        reason = page.wrap(factor["why"], max(20, page.width - cell_len(said)), 4) or [""]
        page.say((said, ""), (reason[0], "dim"))
        for part in reason[1:]:
            page.say((" " * cell_len(said), ""), (part, "dim"))
    score = format(item["score"], ".2f")
    page.say((f"{pad('sum', width)}  {lead(score, 20)}", "bold"))


def _basis(page: Page, item: RecommendationItem | RiskItem | AlertItem) -> None:
    fresh, (refs, rest) = item["freshness"], evidence(item["id"], item["evidence"], item["records"])
    data(page, fresh)
    page.blank()
    page.rule(f"Evidence ({words.count(item['records'], 'record')})")
    for ref in refs:
        page.say((ref, ""))
    if rest:
        page.text(rest, tone="dim")
