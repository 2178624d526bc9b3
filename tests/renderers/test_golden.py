"""Every form of every sample against a file that people have read.

After a change that is meant: `AGENTOS_GOLDEN=write pytest tests/renderers`, then read the diff.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentos_cli.renderers.style import Style
from agents.report import Health, Report
from tests.renderers import drawing, sample

GOLDEN = Path(__file__).parent / "golden"
HERE = Style()
WIDE = Style(width=120)
NARROW = Style(width=60)
ASCII = Style(ascii=True)
COLOR = Style(color=True)
ALL = Style(everything=True)
LINEAR = Style(accessible=True)
SALES = Report(
    "sales",
    sample.NOW,
    Health("degraded", ("deal stale: token refused",)),
    sample.HARD.numbers,
    sample.HARD.reports[3].alerts,
    (sample.HARD.decisions[0].recommendation, sample.DECISIONS[1].recommendation),
)
BROKEN = sample.HARD.reports[2]


def _brief(sample_name: str, form: str, style: Style) -> Callable[[], str | None]:
    return lambda: drawing.brief(getattr(sample, sample_name), form, style)


def _report(report: Report, form: str, style: Style = HERE) -> Callable[[], str | None]:
    return lambda: drawing.report(report, form, style, sample.ZONE)


def _next(sample_name: str, form: str) -> Callable[[], str | None]:
    return lambda: drawing.decision(getattr(sample, sample_name), form, HERE)


def _show(finding: str, form: str) -> Callable[[], str | None]:
    return lambda: drawing.finding(sample.HARD, finding, form, HERE)


CASES: dict[str, Callable[[], str | None]] = {
    "ordinary-80.txt": _brief("ORDINARY", "text", HERE),
    "ordinary-120.txt": _brief("ORDINARY", "text", WIDE),
    "ordinary-ascii.txt": _brief("ORDINARY", "text", ASCII),
    "ordinary-plain.txt": _brief("ORDINARY", "plain", HERE),
    "ordinary.svg": _brief("ORDINARY", "svg", HERE),
    "hard-80.txt": _brief("HARD", "text", HERE),
    "hard-120.txt": _brief("HARD", "text", WIDE),
    "hard-60.txt": _brief("HARD", "text", NARROW),
    "hard-ascii.txt": _brief("HARD", "text", ASCII),
    "hard-color.txt": _brief("HARD", "text", COLOR),
    "hard-all.txt": _brief("HARD", "text", ALL),
    "hard-accessible.txt": _brief("HARD", "text", LINEAR),
    "hard-all-plain.txt": _brief("HARD", "plain", ALL),
    "hard.md": _brief("HARD", "md", HERE),
    "hard-all.md": _brief("HARD", "md", ALL),
    "hard.html": _brief("HARD", "html", HERE),
    "hard-all.html": _brief("HARD", "html", ALL),
    "hard.json": _brief("HARD", "json", HERE),
    "hard.svg": _brief("HARD", "svg", WIDE),
    "empty-80.txt": _brief("EMPTY", "text", HERE),
    "quiet-80.txt": _brief("QUIET", "text", HERE),
    "quiet-plain.txt": _brief("QUIET", "plain", HERE),
    "quiet.md": _brief("QUIET", "md", HERE),
    "quiet.html": _brief("QUIET", "html", HERE),
    "quiet-all.txt": _brief("QUIET", "text", ALL),
    "report-80.txt": _report(SALES, "text"),
    "report-120.txt": _report(SALES, "text", WIDE),
    "report-plain.txt": _report(SALES, "plain"),
    "report.md": _report(SALES, "md"),
    "report.html": _report(SALES, "html"),
    "report.json": _report(SALES, "json"),
    "report-broken.txt": _report(BROKEN, "text"),
    "report-broken-plain.txt": _report(BROKEN, "plain"),
    "report-broken.md": _report(BROKEN, "md"),
    "report-broken.html": _report(BROKEN, "html"),
    "next.txt": _next("ORDINARY", "text"),
    "next-plain.txt": _next("ORDINARY", "plain"),
    "next.md": _next("ORDINARY", "md"),
    "next.html": _next("ORDINARY", "html"),
    "next.json": _next("ORDINARY", "json"),
    "next-hard.txt": _next("HARD", "text"),
    "next-none.txt": _next("EMPTY", "text"),
    **{
        f"show-{kind}.{ending}": _show(finding, form)
        for kind, finding in (("decision", "R1ESC"), ("risk", "x3wid"), ("alert", "A2MRK"))
        for ending, form in (
            ("txt", "text"),
            ("plain.txt", "plain"),
            ("md", "md"),
            ("html", "html"),
            ("json", "json"),
        )
    },
}


@pytest.mark.parametrize("name", CASES)
def test_the_form_is_as_it_was_read(name: str) -> None:
    made = CASES[name]()
    assert made is not None
    file = GOLDEN / name
    if os.environ.get("AGENTOS_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(f"{made}\n".encode())
    assert file.read_bytes().decode() == f"{made}\n"


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == set(CASES)
