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

LABEL = 10  # cells of the column of names


def decision_in_full(page: Page, item: RecommendationItem, ranked: DecisionItem | None) -> None:
    """What, why, the score as a sum anyone can check (if it is ranked), and what it rests on."""
    page.text(f"{item['id']}  {item['title']}", tone="bold")
    page.text(item["why"])
    page.blank()
    if item["due_text"] is not None:
        _fact(page, "Due", f"{item['due_text']} ({item['due']})")
    _fact(page, "Takes", words.effort(item["minutes"]).removeprefix("~") or "no time given")
    if item["impact"] is not None:
        _fact(page, "At stake", f"{item['impact']['text']} a year")
    if item["account"]:
        _fact(page, "Account", item["account"])
    if ranked is not None and ranked["command"] != f"agentos show {item['id']}":
        _fact(page, "Do", ranked["command"], tone="command")
    _fact(page, "Later", f"agentos snooze {item['id']}", tone="command")
    for place, title in enumerate(item["related"]):
        _fact(page, "" if place else "Also", title)
    if ranked is not None:
        _sum(page, ranked)
    page.blank()
    _fact(page, "Agents", ", ".join(item["agents"]))
    _fact(page, "Rule", item["rule"])
    _basis(page, item)


def risk_in_full(page: Page, item: RiskItem) -> None:
    """The risk, the agents it runs through, the rule and where the rule comes from."""
    page.text(f"{item['id']}  {item['title']}", tone="bold")
    page.text(item["detail"])
    page.blank()
    _fact(page, "Status", STATUS_WORDS[item["status"]], tone=tone_of(item["status"]))
    _fact(page, "Chain", " -> ".join(item["chain"]))
    _fact(page, "Rule", item["rule"])
    _fact(page, "Source", item["source"])
    if item["command"] != f"agentos show {item['id']}":
        _fact(page, "Do", item["command"], tone="command")
    _fact(page, "Later", f"agentos snooze {item['id']}", tone="command")
    _basis(page, item)


def alert_in_full(page: Page, item: AlertItem) -> None:
    """The alert, the figure that crossed its limit, and the agent and rule that found it."""
    page.text(f"{item['id']}  {item['title']}", tone="bold")
    page.text(item["detail"])
    page.blank()
    _fact(page, "Status", STATUS_WORDS[item["status"]], tone=tone_of(item["status"]))
    if item["value"] is not None:
        _fact(page, "Figure", item["text"])
    if item["account"]:
        _fact(page, "Account", item["account"])
    _fact(page, "Agent", item["agent"])
    _fact(page, "Rule", item["rule"])
    _fact(page, "Later", f"agentos snooze {item['id']}", tone="command")
    _basis(page, item)


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
    _fact(page, "Data", data_age(fresh), tone="watch" if fresh["state"] != "fresh" else "")
    if fresh["fix"]:
        _fact(page, "Fix", fresh["fix"], tone="command")
    page.blank()
    page.rule(f"Evidence ({words.count(item['records'], 'record')})")
    for ref in refs:
        page.say((ref, ""))
    if rest:
        page.text(rest, tone="dim")


def _fact(page: Page, name: str, value: str, *, tone: str = "") -> None:
    """A named value; a long one goes on in the same column."""
    for place, part in enumerate(page.wrap(value, page.width - LABEL, 6)):
        page.say((pad("" if place else name, LABEL), "dim"), (part, tone))
