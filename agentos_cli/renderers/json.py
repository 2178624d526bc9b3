"""The JSON form: the documents as they are."""

from __future__ import annotations

from agentos_cli.renderers.documents import as_json
from agentos_cli.renderers.shapes import BriefDocument, DecisionDocument, FindingDocument, ReportDocument
from agentos_cli.renderers.style import Style


def brief(document: BriefDocument, style: Style) -> str:
    """`agentos.brief/1`"""
    return as_json(document, ascii_only=style.ascii)


def report(document: ReportDocument, style: Style) -> str:
    """`agentos.report/1`"""
    return as_json(document, ascii_only=style.ascii)


def decision(document: DecisionDocument, style: Style) -> str:
    """`agentos.next/1`"""
    return as_json(document, ascii_only=style.ascii)


def finding(document: FindingDocument, style: Style) -> str:
    """`agentos.finding/1`"""
    return as_json(document, ascii_only=style.ascii)
