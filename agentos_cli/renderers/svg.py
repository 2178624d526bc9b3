"""The picture: the terminal form in colour as one SVG file, the same bytes for the same briefing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from agentos_cli.renderers import text
from agentos_cli.renderers.shapes import BriefDocument, DecisionDocument, FindingDocument, ReportDocument
from agentos_cli.renderers.style import Style

D = TypeVar("D")

_WEB_FONT = re.compile(r"\s*@font-face \{[^}]*\}")


def brief(document: BriefDocument, style: Style) -> str:
    """The briefing as a picture of a terminal of `style.width` columns."""
    return _picture(text.brief, document, style, "brief")


def report(document: ReportDocument, style: Style) -> str:
    """One agent's report as a picture."""
    return _picture(text.report, document, style, document["agent"])


def decision(document: DecisionDocument, style: Style) -> str:
    """The first decision as a picture."""
    return _picture(text.decision, document, style, "next")


def finding(document: FindingDocument, style: Style) -> str:
    """One finding as a picture."""
    return _picture(text.finding, document, style, f"show {document['id']}")


def _picture(draw: Callable[[D, Style], str], document: D, style: Style, command: str) -> str:
    """Drawn through Rich. The web font is left out: opening a briefing calls nobody."""
    from rich.console import Console
    from rich.text import Text

    painted = draw(document, replace(style, color=True, tall=True))
    console = Console(
        width=style.width,
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="standard",
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    for line in painted.split("\n"):
        console.print(Text.from_ansi(line), no_wrap=True, crop=False, soft_wrap=True)
    unique = re.sub(r"[^a-z0-9]+", "-", command.lower())
    return _WEB_FONT.sub("", console.export_svg(title=f"agentos {command}", unique_id=unique)).rstrip("\n")
