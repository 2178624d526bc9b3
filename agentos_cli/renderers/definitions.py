"""What the figures mean, as items of a document and as text for the terminal."""

from __future__ import annotations

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import MetricItem, rows
from agentos_cli.renderers.page import Page, pad
from agentos_cli.renderers.style import Style
from agents.nouns import Noun
from agents.report import Definition

LABEL = 11  # cells of the column of names
BETTER = {"up": "better when up", "down": "better when down", "neither": "neither way is better"}


def item(definition: Definition) -> MetricItem:
    """A definition as it stands in a document."""
    return {
        "key": definition.key,
        "title": definition.title,
        "agent": definition.agent,
        "unit": definition.unit.value,
        "good": definition.good.value,
        "sentence": definition.sentence,
        "formula": definition.formula,
        "inputs": [spoken(noun) for noun in definition.inputs],
        "source": definition.source,
        "edge_cases": list(definition.edge_cases),
    }


def spoken(noun: type[Noun] | str) -> str:
    """What a figure is made from, in words: `bank transaction`."""
    return noun if isinstance(noun, str) else noun.kind.replace("_", " ")


def table(items: list[MetricItem]) -> str:
    """One row for each metric."""
    body = [(i["key"], i["title"], i["agent"], i["unit"], i["good"].replace("neither", "-")) for i in items]
    return rows(("metric", "title", "agent", "unit", "better"), body)


def in_full(metric: MetricItem, style: Style) -> str:
    """Everything about one metric, in named lines."""
    page, metric = Page(style.width, ascii_only=style.ascii), clean.tree(metric, ascii_only=style.ascii)
    page.say((metric["title"], "bold"), (f"  {metric['key']}", "dim"))
    page.text(metric["sentence"])
    page.blank()
    facts = (
        ("Formula", metric["formula"]),
        ("Unit", f"{metric['unit']}, {BETTER[metric['good']]}"),
        ("Agent", metric["agent"]),
        ("Made from", ", ".join(metric["inputs"])),
        ("Source", metric["source"]),
    )
    for name, value in facts:
        _column(page, name, value)
    for place, case in enumerate(metric["edge_cases"]):
        _column(page, "" if place else "Note", case, mark="- ")
    return page.paint(color=style.color)


def _column(page: Page, name: str, value: str, mark: str = "") -> None:
    room = page.width - LABEL - len(mark)
    for place, part in enumerate(page.wrap(value, room, 9)):
        start = pad("", len(mark)) if place else mark
        page.say((pad("" if place else name, LABEL), "dim"), (start + part, ""))
