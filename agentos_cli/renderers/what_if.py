"""A what-if as text: today beside what would be, figure by figure, then the risks and the months to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agentos_cli.renderers import clean
from agentos_cli.renderers.figures import STATUS_WORDS
from agentos_cli.renderers.page import Page, Span, lead, pad, tone_of
from agentos_cli.renderers.style import Style
from agentos_cli.renderers.what_if_document import (
    ComparedItem,
    ComparedRiskItem,
    MonthItem,
    StateItem,
    WhatIfDocument,
)
from agents import quantity
from agents.money import Money
from agents.unit import Unit

FEW = 8
"""Other figures that are shown without `--all`."""

Row = Sequence[Span]


def text(document: WhatIfDocument, style: Style) -> str:
    """The whole comparison; `style.everything` lifts the limit on figures and shows risks that stay."""
    document = clean.tree(document, ascii_only=style.ascii)
    page = Page(style.width, ascii_only=style.ascii)
    page.say((f"What if, {document['company']}", "bold"), (f"  {document['date']}", "dim"))
    for change in document["changes"]:
        page.text(f"{change['text']}, from {change['on']}", indent="  ")
    page.blank()
    compared(page, document["figures"])
    _others(page, document["others"], everything=style.everything)
    _risks(page, document["risks"], everything=style.everything)
    _months(page, document)
    page.blank()
    page.rule("Assumed")
    for said in document["assumptions"]:
        page.text(said, indent="  ")
    for agent in document["failed"]:
        page.say((f"{agent} failed: its figures are missing", "act"))
    if style.accessible:
        return _linear(document)
    return page.paint(color=style.color)


def compared(page: Page, items: Sequence[ComparedItem]) -> None:
    """One line for each figure under its heads."""
    rows: list[Row] = [(("", ""), ("today", "dim"), ("then", "dim"), ("difference", "dim"), ("", ""))]
    for item in items:
        said = item["difference_text"] or ""
        tone = item["judgement"] or ""
        status = STATUS_WORDS[item["status_then"]] if item["status_then"] != item["status_today"] else ""
        last = (status, tone_of(item["status_then"]))
        rows.append(
            ((item["title"], ""), (item["today_text"], ""), (item["then_text"], "bold"), (said, tone), last)
        )
    _table(page, rows)


def _table(page: Page, rows: Sequence[Row]) -> None:
    """The first column to the left, the others to the right."""
    widths = [max(len(row[place][0]) for row in rows) for place in range(len(rows[0]))]
    widths[0] = min(widths[0], max(12, page.width - sum(widths[1:]) - 2 * len(widths)))
    for row in rows:
        first, *rest = row
        cells: list[Span] = [(pad(page.cut(first[0], widths[0]), widths[0]), first[1])]
        for (said, tone), width in zip(rest, widths[1:], strict=True):
            cells += [("  ", ""), (lead(said, width), tone)]
        page.say(*cells)


def _others(page: Page, items: Sequence[ComparedItem], *, everything: bool) -> None:
    if not items:
        return
    page.blank()
    page.rule("Also moved")
    shown = items if everything else items[:FEW]
    compared(page, shown)
    if len(shown) < len(items):
        page.say((f"{len(items) - len(shown)} more: --all", "dim"))


def _risks(page: Page, items: Sequence[ComparedRiskItem], *, everything: bool) -> None:
    page.blank()
    page.rule("Risks across teams")
    moved = [item for item in items if item["change"] != "same"]
    for item in items if everything else moved:
        status = item["status_then"] or item["status_today"] or ""
        page.say(
            (f"{pad(item['change'], 8)}", "dim"),
            (pad(STATUS_WORDS.get(status, ""), 6), tone_of(status)),
            (item["title"], "" if item["change"] != "gone" else "dim"),
        )
        if item["change"] != "gone":
            page.text(item["detail"], indent=" " * 14, tone="dim")
    same = len(items) - len(moved)
    if same and not everything:
        page.say((f"{'no other changes' if moved else 'none changes'}: {same} stay as today", "dim"))
    if not items:
        page.say(("none, neither today nor then", "dim"))


def _months(page: Page, document: WhatIfDocument) -> None:
    page.blank()
    page.rule("The months to come")
    heads = ("until", "cash today", "then", "runway", "MRR", "free hours")
    rows: list[Row] = [tuple((head, "dim") for head in heads)]
    rows += [_month(item, document["currency"]) for item in document["months"]]
    _table(page, rows)
    for side, day in (("today", document["out_of_cash_today"]), ("then", document["out_of_cash_then"])):
        if day is not None:
            page.say((f"out of cash by {day} as {'it is' if side == 'today' else 'it would be'}", "act"))


def _month(item: MonthItem, currency: str) -> Row:
    today, then = item["today"], item["then"]
    return (
        (f"{date.fromisoformat(item['end']):%d %b %Y}", ""),
        (_money(today["cash"], currency), ""),
        (_money(then["cash"], currency), "bold"),
        (_runway(then), ""),
        (_money(then["mrr"], currency), ""),
        (quantity.text(then["capacity"], Unit.COUNT), ""),
    )


def _money(amount: int | None, currency: str) -> str:
    return "n/a" if amount is None else Money(amount, currency).short()


def _runway(state: StateItem) -> str:
    if state["burning"] is False:
        return "profitable"
    return quantity.text(state["runway"], Unit.MONTHS)


def _linear(document: WhatIfDocument) -> str:
    """The same in sentences, for screen readers."""
    lines = [f"What if, {document['company']}, {document['date']}."]
    lines += [f"Change: {change['text']}, from {change['on']}." for change in document["changes"]]
    for item in (*document["figures"], *document["others"]):
        lines.append(
            f"{item['title']}: today {item['today_text']}, then {item['then_text']}"
            + (f", difference {item['difference_text']}." if item["difference_text"] else ".")
        )
    lines += [f"Risk, {item['change']}: {item['title']}." for item in document["risks"]]
    for month in document["months"]:
        cells = zip(("cash today", "cash then", "runway then", "MRR then", "free hours then"),
                    _month(month, document["currency"])[1:], strict=True)  # fmt: skip
        lines.append(f"Until {month['end']}: " + ", ".join(f"{name} {span[0]}" for name, span in cells) + ".")
    return "\n".join([*lines, *(f"Assumed: {said}" for said in document["assumptions"])])
