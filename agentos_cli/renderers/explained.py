"""A figure explained, in the terminal form: the sum anyone can check, and where each part comes from."""

from __future__ import annotations

from agentos_cli.renderers import clean, words
from agentos_cli.renderers.detail import data
from agentos_cli.renderers.explain import ExplainDocument, MoveItem, PartItem, RecordItem, TermItem
from agentos_cli.renderers.page import Page, lead
from agentos_cli.renderers.style import Style

PARTS, LEFT_OUT, MOVES = 12, 5, 8
"""How many of each are shown unless everything is asked for."""


def explained(document: ExplainDocument, style: Style) -> str:
    """The figure, its formula with the numbers in it, every term with its records, and what moved."""
    document = clean.tree(document, ascii_only=style.ascii)
    page = Page(style.width, ascii_only=style.ascii)
    page.row((document["title"], "bold"), (document["text"], "bold"))
    if document["sentence"]:
        page.text(document["sentence"])
    page.blank()
    _made(page, document)
    for term in document["terms"]:
        _term(page, term, everything=style.everything)
    if document["previous_text"] is not None:
        _change(page, document, everything=style.everything)
    page.blank()
    for place, case in enumerate(document["edge_cases"]):
        page.fact("" if place else "Note", case)
    if document["source"]:
        page.fact("Source", document["source"])
    data(page, document["freshness"])
    return page.paint(color=style.color)


def _made(page: Page, document: ExplainDocument) -> None:
    if document["formula"] is not None:
        page.fact("Formula", document["formula"])
        if document["worked"] != document["text"]:
            page.fact("", f"= {document['worked']}")
    page.fact("", f"= {document['text']}")
    if document["absent"]:
        page.fact("Why", document["absent"].partition(": ")[2] or document["absent"])
    if document["note"]:
        page.fact("Beside", document["note"])
    if document["partial"]:
        page.fact("Partial", document["partial"], tone="watch")
    if document["formula"] is None and document["absent"] is None:
        page.fact("", "this figure does not say how it was made", tone="worse")
    elif not document["adds_up"]:
        page.fact("", "the records below do NOT make this figure: please report it", tone="worse")


def _term(page: Page, term: TermItem, *, everything: bool) -> None:
    page.blank()
    if term["how"] == "given":
        page.row((f"{term['name']}  {term['why']}", ""), (term["text"], "bold"))
        return
    count = sum(len(part["records"]) for part in term["parts"])
    made = f"{term['how']} of {words.count(count, 'record')}"
    page.rule(f"{term['name']} = {term['text']}, {made}{'' if term['adds_up'] else ' (does NOT add up)'}")
    shown = term["parts"] if everything else term["parts"][:PARTS]
    width = max((len(part["text"]) for part in shown), default=0)
    for part in shown:
        _part(page, part, width)
    if rest := len(term["parts"]) - len(shown):
        page.text(f"and {rest} more: --all", tone="dim")
    _left_out(page, term, everything=everything)


def _part(page: Page, part: PartItem, width: int) -> None:
    """The amount, what it is about, and the record: by the vendor's page where there is one."""
    names = ", ".join(dict.fromkeys(name_of(record) for record in part["records"][:3]))
    note = f"  {part['note']}" if part["note"] else ""
    where = next((place_of(record) for record in part["records"]), "")
    more = f" +{len(part['records']) - 1}" if len(part["records"]) > 1 else ""
    page.row((names + note, ""), (where + more, "dim"), start=(lead(part["text"], width) + "  ", ""))


def _left_out(page: Page, term: TermItem, *, everything: bool) -> None:
    reasons: dict[str, list[RecordItem]] = {}
    for item in term["left_out"]:
        reasons.setdefault(item["why"], []).extend(item["records"])
    shown = list(reasons.items()) if everything else list(reasons.items())[:LEFT_OUT]
    for why, records in shown:
        names = ", ".join(map(name_of, records if everything else records[:3]))
        more = len(records) - 3
        rest = f" and {more} more" if more > 0 and not everything else ""
        page.text(f"left out, {why}: {names}{rest}", tone="dim", limit=3)
    if hidden := len(reasons) - len(shown):
        page.text(f"and {hidden} more reasons: --all", tone="dim")


def _change(page: Page, document: ExplainDocument, *, everything: bool) -> None:
    page.blank()
    change = f", {document['change']}" if document["change"] else ""
    page.rule(f"A week ago {document['previous_text']}{change}")
    shown = document["moves"] if everything else document["moves"][:MOVES]
    width = max((len(move["text"]) for move in shown), default=0)
    for move in shown:
        _move(page, move, width, len(document["terms"]) > 1)
    if rest := len(document["moves"]) - len(shown):
        page.text(f"and {rest} more: --all", tone="dim")


def _move(page: Page, move: MoveItem, width: int, named: bool) -> None:
    term = (move["term"], "dim") if named else ("", "")
    page.row((move["about"], ""), term, start=(lead(move["text"], width) + "  ", ""))


def name_of(record: RecordItem) -> str:
    """What people call a record; its id where it has no name."""
    return record["name"] or record["id"]


def place_of(record: RecordItem) -> str:
    """Where to see it: the vendor's page, else its evidence id."""
    return record["page"] or record["ref"]
