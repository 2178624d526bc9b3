"""The rows of figures in the terminal forms: value, change, trend and status in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from agentos_cli.renderers import words
from agentos_cli.renderers.page import Page, lead, pad, tone_of
from agentos_cli.renderers.selection import stale
from agentos_cli.renderers.shapes import NumberItem

WIDE = 100  # cells from which sources, chains and the age of data are shown
STATUS_WORDS = {"none": "", "ok": "ok", "watch": "watch", "act": "ACT"}
ARROWS = {"up": "▲", "down": "▼", "flat": "="}
ASCII_ARROWS = {"up": "up", "down": "dn", "flat": "=="}
JUDGEMENT_TONES = {"better": "better", "worse": "worse"}


def remarks(item: NumberItem) -> str:
    """What is said beside a figure: why it is absent, its note, what is not counted."""
    reason = (item["absent"] or "").partition(":")[2].strip()
    return "; ".join(part for part in (reason, item["note"], item["partial"] or "") if part)


def age(item: NumberItem) -> str:
    """How old the data is if that matters: `stale 24h`. A figure that is not there has no age."""
    return stale(item["freshness"]) if item["absent"] is None else ""


def change(item: NumberItem, *, ascii_only: bool) -> str:
    """`▲ +1.8%`, `dn -9.0%`, or nothing when last week is not known."""
    if item["change"] is None or item["direction"] is None:
        return ""
    return f"{(ASCII_ARROWS if ascii_only else ARROWS)[item['direction']]} {item['change']}"


def rows(page: Page, items: Sequence[NumberItem], *, full: bool) -> None:
    """One line for each figure. Narrow pages lose the trend first. Remarks that do not fit are cut, or
    with `full` go below."""
    titles = [page.cut(item["title"], max(12, page.width * 3 // 10)) for item in items]
    changes = [change(item, ascii_only=page.ascii) for item in items]
    bars = words.ASCII_BARS if page.ascii else words.BARS
    sparks = [words.spark(item["series"], bars) for item in items]
    title_width = max(map(cell_len, titles), default=0)
    text_width = max((cell_len(item["text"]) for item in items), default=0)
    change_width = max(map(cell_len, changes), default=0)
    spark_width = max(map(len, sparks), default=0)
    age_width = max((cell_len(age(item)) for item in items), default=0)
    if title_width + text_width + change_width + spark_width + age_width + 13 > page.width:
        spark_width = 0
    for item, title, moved, trend in zip(items, titles, changes, sparks, strict=True):
        head = [(f"{pad(title, title_width)}  ", ""), (lead(item["text"], text_width), _value_tone(item))]
        if change_width:
            tone = JUDGEMENT_TONES.get(item["judgement"] or "", "")
            head += [("  ", ""), (pad(moved, change_width), tone)]
        if spark_width:
            head += [("  ", ""), (pad(trend, spark_width), "dim")]
        word = STATUS_WORDS[item["status"]]
        head += [("  ", ""), (pad(word, 5), tone_of(item["status"])), ("  ", "")]
        _finish(page, head, item, full=full)


def _value_tone(item: NumberItem) -> str:
    return "dim" if item["absent"] is not None else "bold"


def _finish(page: Page, head: list[tuple[str, str]], item: NumberItem, *, full: bool) -> None:
    """Adds the remarks; wide pages keep a column at the right edge for the age of the data."""
    room = page.width - sum(cell_len(text) for text, _ in head)
    said, old = remarks(item), age(item)
    wide = page.width >= WIDE
    right = old or ((item["freshness"]["age"] or "") if wide else "")
    joint = "  " if wide else "; " if said and old else ""
    beside = room - cell_len(joint + right)
    below = full and cell_len(said) > beside
    shown = "" if below else page.cut(said, beside)
    if shown and not wide:
        shown += joint
    gap = " " * (room - cell_len(shown) - cell_len(right)) if wide else ""
    page.say(*head, (shown, ""), (gap, ""), (right, "watch" if old else "dim"))
    if below:
        page.text(said, indent="    ")
