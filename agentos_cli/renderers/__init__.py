"""Turns a briefing or a report into text: for terminals, screen readers, mails, notes, programs, pictures.

Each form is a module with the four functions of `Form`, drawn from the documents of `documents`, so
that all of them say the same. Nothing is imported until its form is asked for. To add a form: a
module, a line in `FORMS`, a golden file.
"""

from __future__ import annotations

from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from agentos_cli.errors import UsageProblem

if TYPE_CHECKING:
    from agentos_cli.renderers.shapes import BriefDocument, DecisionDocument, FindingDocument, ReportDocument
    from agentos_cli.renderers.style import Style
    from agents.briefing import Briefing
    from agents.report import Report

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


def brief(briefing: Briefing, form: str, style: Style) -> str:
    """The whole morning. Raises UsageProblem for an unknown form, as all four functions do."""
    from agentos_cli.renderers.documents import brief_document

    return _form(form, style).brief(brief_document(briefing), style)


def report(report: Report, form: str, style: Style, zone: tzinfo) -> str:
    """One agent's report; `zone` is the company's."""
    from agentos_cli.renderers.documents import report_document

    return _form(form, style).report(report_document(report, zone), style)


def decision(briefing: Briefing, form: str, style: Style) -> str:
    """The first decision and nothing else to look at."""
    from agentos_cli.renderers.documents import decision_document

    return _form(form, style).decision(decision_document(briefing), style)


def finding(briefing: Briefing, id: str, form: str, style: Style) -> str | None:  # noqa: A002
    """One decision, risk or alert in full; None if nothing in this briefing has that id."""
    from agentos_cli.renderers.documents import finding_document

    document = finding_document(briefing, id)
    return None if document is None else _form(form, style).finding(document, style)


def _form(name: str, style: Style) -> Form:
    if name not in MODULES:
        raise UsageProblem(f"there is no form `{name[:20]}`", fix=f"choose from {', '.join(FORMS)}")
    linear = name == "text" and style.accessible
    return cast("Form", import_module(MODULES["plain" if linear else name]))
