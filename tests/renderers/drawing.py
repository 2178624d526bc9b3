"""From a briefing or a report straight to text, as the commands do it in two steps."""

from __future__ import annotations

from datetime import tzinfo

from agentos_cli.renderers import draw
from agentos_cli.renderers.documents import (
    brief_document,
    decision_document,
    finding_document,
    report_document,
)
from agentos_cli.renderers.style import Style
from agents.briefing import Briefing
from agents.report import Report


def brief(briefing: Briefing, form: str, style: Style) -> str:
    return draw(brief_document(briefing), form, style)


def decision(briefing: Briefing, form: str, style: Style) -> str:
    return draw(decision_document(brief_document(briefing)), form, style)


def report(made: Report, form: str, style: Style, zone: tzinfo) -> str:
    return draw(report_document(made, zone), form, style)


def finding(briefing: Briefing, wanted: str, form: str, style: Style) -> str | None:
    document = finding_document(briefing, wanted)
    return None if document is None else draw(document, form, style)
