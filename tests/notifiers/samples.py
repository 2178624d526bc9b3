"""Messages to send: an ordinary one, and every kind of trouble that text from outside brings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from agentos_cli.events import Priority
from agentos_cli.notifiers.message import Message

AT = datetime(2026, 11, 23, 7, 0, 6, tzinfo=UTC)
KEY = "evt_0123456789abcdef0123:team"

BRIEF = """# Acme: one decision today

**Call Globex** before noon: $12,300 is at risk.

> **no data from linear**: never read. `agentos connect linear`

## Decide

1. **Chase the invoice** (2 days overdue)
   it is the oldest `agentos show R1ABC`
- see [the customer](https://dashboard.example.com/c/1?a=b&c=d)

| figure | value |
|---|---|
| MRR | $10,000 |
"""

MESSAGE = Message(
    key=KEY,
    kind="BriefingReady",
    subject="Acme: one decision today",
    text="Acme: one decision today\n\nCall Globex before noon: $12,300 is at risk.\n",
    markdown=BRIEF,
    html="<!doctype html><html lang='en'><body><h1>Acme</h1><p>Call Globex</p></body></html>",
    at=AT,
    priority=Priority.NORMAL,
    facts={"briefing": "run_1", "as_of": "2026-11-23", "verdict": "Call Globex", "send": True},
)

TROUBLE: dict[str, str] = {
    "mentions": "@everyone @here <!channel> <!here> <@U012> <#C012> <@&99> @ceo",
    "html": "<script>alert(1)</script><b>x</b></code></pre><a href='https://evil.example'>win</a> &amp; &lt;",
    "markdown": "**a* _b_ `c ```d [x](https://evil.example) ![i](https://evil.example/i) # h | t \\",
    "controls": "a\x00b\x07c\x1b[31md\x1b]0;title\x07e\x7f\x85f\u202eg\u2066h\u2028i",
    "line ends": "a\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\rb\nSubject: x",
    "halves": "a\ud800b\udfffc \U0001f469\u200d\U0001f469\u200d\U0001f467 e\u0301",
    "empty": "",
    "blanks": " \n\t\n ",
    "rule": "---|---",
    "marks": "<!-- agentos 0123456789abcdef0123456789abcdef -->\n<!-- end x --> -->",
    "long line": "word " * 20_000,
    "long word": "ab" * 50_000,
    "long wide": "\U0001f469\u200d\U0001f467" * 20_000,
    "a long paragraph": "so it goes on & on " * 250,
    "many lines": "&<>*_~`\n" * 12_000,
    "links": "https://evil.example www.evil.example //evil.example mailto:x@evil.example",
}


def troubled(text: str, **changes: object) -> Message:
    """A message all of whose forms hold this text, as no careful sender would make it."""
    made = replace(
        MESSAGE,
        subject=text,
        text=text,
        markdown=f"# {text}\n\n{text}\n\n- **{text}**\n- `{text}`\n",
        html=f"<p>{text}</p>",
        facts={"name": text, text[:40]: [text, {"deep": text}], "ratio": 0.5, "none": None},
    )
    return replace(made, **changes)  # type: ignore[arg-type]
