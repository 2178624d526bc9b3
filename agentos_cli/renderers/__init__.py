"""Turns a briefing or a report into text: for terminals, screen readers, mails, notes, programs, pictures.

Each form is a module with the four functions of `Form`, drawn from the documents of `documents`, so
that all of them say the same. Nothing is imported until its form is asked for. To add a form: a
module, a line in `FORMS`, a golden file.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from agentos_cli.errors import UsageProblem

if TYPE_CHECKING:
    from agentos_cli.renderers.shapes import BriefDocument, DecisionDocument, FindingDocument, ReportDocument
    from agentos_cli.renderers.style import Style

    Drawable = BriefDocument | ReportDocument | DecisionDocument | FindingDocument

MODULES = {
    "text": "agentos_cli.renderers.text",
    "plain": "agentos_cli.renderers.plain",
    "md": "agentos_cli.renderers.markdown",
    "html": "agentos_cli.renderers.html",
    "json": "agentos_cli.renderers.json",
    "svg": "agentos_cli.renderers.svg",
}
FORMS = tuple(MODULES)


class Form(Protocol):
    """What every form can draw. The text has no line break at its end."""

    def brief(self, document: BriefDocument, style: Style) -> str: ...

    def report(self, document: ReportDocument, style: Style) -> str: ...

    def decision(self, document: DecisionDocument, style: Style) -> str: ...

    def finding(self, document: FindingDocument, style: Style) -> str: ...


def draw(document: Drawable, form: str, style: Style) -> str:
    """A document in one of `FORMS`. Raises UsageProblem for an unknown form."""
    if form not in MODULES:
        raise UsageProblem(f"there is no form `{form[:20]}`", fix=f"choose from {', '.join(FORMS)}")
    linear = form == "text" and style.accessible
    drawn = cast("Form", import_module(MODULES["plain" if linear else form]))
    match document["schema"]:
        case "agentos.brief/1":
            return drawn.brief(document, style)
        case "agentos.report/1":
            return drawn.report(document, style)
        case "agentos.next/1":
            return drawn.decision(document, style)
        case _:
            return drawn.finding(document, style)
