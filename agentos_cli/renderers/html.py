"""The HTML form: one page that mails as it is. One column, inline styles, real tables, nothing remote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentos_cli.renderers import clean, figures, words
from agentos_cli.renderers.detail import data_age
from agentos_cli.renderers.figures import STATUS_WORDS
from agentos_cli.renderers.selection import (
    Extra,
    Notice,
    Shown,
    evidence,
    is_quiet,
    notices,
    oldest,
    quiet_checks,
    related,
    select,
    stale,
    warnings,
)
from agentos_cli.renderers.shapes import (
    AlertItem,
    BriefDocument,
    DecisionDocument,
    DecisionItem,
    FindingDocument,
    NumberItem,
    RecommendationItem,
    ReportDocument,
    RiskItem,
)
from agentos_cli.renderers.style import Style

safe = clean.html

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
@media (prefers-color-scheme: dark) {{
  .page {{ background: #16181d !important; color: #e6e6e6 !important; }}
  .soft {{ color: #a8adb7 !important; }}
  .note {{ background: #3a2f12 !important; color: #f2e3b5 !important; }}
  .code {{ background: #262a33 !important; color: #d5dae3 !important; }}
  .better {{ color: #6fcf8e !important; }}
  .worse, .act {{ color: #ff8f87 !important; }}
  .watch {{ color: #e6b450 !important; }}
}}
</style>
</head>
<body class="page" style="margin:0;background:#ffffff;color:#1c1e21">
<div class="page" style="max-width:600px;margin:0 auto;padding:16px;box-sizing:border-box;\
font:16px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere;\
background:#ffffff;color:#1c1e21">
{body}
</div>
</body>
</html>"""

STYLES = {
    "soft": "color:#5b6270;font-size:14px",
    "note": "background:#fff4d6;color:#5c4400;padding:8px 12px;margin:8px 0;border-left:4px solid #d99a00",
    "code": "display:inline-block;font:14px ui-monospace,Menlo,Consolas,monospace;padding:1px 5px;"
    "background:#eef0f3;color:#24292f",
    "better": "color:#176b34",
    "worse": "color:#b3261e",
    "ok": "color:inherit",
    "watch": "color:#8a5a00;font-weight:bold",
    "act": "color:#b3261e;font-weight:bold",
    "none": "",
}
USUAL_CHANGE = 9  # characters; longer ones may wrap, so that a phone keeps room for the names
HEADING = "font-size:17px;margin:24px 0 4px;padding-bottom:4px;border-bottom:1px solid #8a8f99"
CELL = "padding:6px 6px 6px 0;border-bottom:1px solid #8a8f9955;vertical-align:top"


def brief(document: BriefDocument, style: Style) -> str:
    """The briefing; its title is the verdict, which makes the subject of the mail."""
    document = clean.tree(document, ascii_only=style.ascii)
    whose = f"Brief for {document['company']}" if document["company"] else "Brief"
    title = f"{whose}, {words.weekday(document['date'])}, as of {document['clock']}"
    head = _head(title, document["verdict"])
    head += [tag("p", safe(said), "note") for said in notices(document)]
    subject = f"{document['verdict']} {title}"
    if is_quiet(document) and not style.everything:
        age = oldest(document["numbers"])
        fresh = f", all data at most {age} old" if age else ""
        line = f"<p>{safe(quiet_checks(document) + fresh)}. {code('agentos brief --all')}</p>"
        return _page(subject, [*head, line])
    shown = select(document, everything=style.everything)
    hidden = f" Not shown: {', '.join(shown.hidden)}." if shown.hidden else ""
    more = "" if shown.everything else f" {code('agentos brief --all')}"
    last = tag("p", f"{safe(quiet_checks(document))}.{safe(hidden)}{more}", "soft")
    return _page(
        subject, [*head, *_warnings(shown.warnings, shown.more_warnings), *_body(shown, style), last]
    )


def report(document: ReportDocument, style: Style) -> str:
    """One agent's report."""
    document = clean.tree(document, ascii_only=style.ascii)
    agent = document["agent"]
    title = f"{words.agent(agent)}, {words.weekday(document['date'])}, as of {document['clock']}"
    health = "failed" if document["error"] is not None else f"Health: {document['health']}"
    head = _head(title, health)
    if document["error"] is not None:
        broken = Notice(f"{agent} failed", document["error"], f"agentos agents check {agent}")
        return _page(title, [*head, *_warnings([broken], 0)])
    reasons = [tag("p", safe(reason), "note") for reason in document["reasons"]]
    advice = [_item(item, f"agentos show {item['id']}") for item in document["recommendations"]]
    body = [
        *_section("Numbers", _table(document["metrics"], style)),
        *_section("Alerts", _list("ul", map(_alert, document["alerts"]))),
        *_section("Recommended", _list("ol", advice)),
    ]
    return _page(title, [*head, *reasons, *body])


def decision(document: DecisionDocument, style: Style) -> str:
    """The first decision."""
    document = clean.tree(document, ascii_only=style.ascii)
    item = document["decision"]
    if item is None:
        blind = warnings(document["blind_spots"], document["failed"], [])
        return _page("Nothing to decide now", ["<p>Nothing to decide now.</p>", *_warnings(blind, 0)])
    why = f"agentos show {item['id']}"
    ways = [("Why", why), ("Later", f"agentos snooze {item['id']}")]
    if item["command"] != why:
        ways.insert(0, ("Do", item["command"]))
    more = f"{document['more']} more after this. {code('agentos brief --all')}" if document["more"] else ""
    head = _head(_aside(item) or "Next", item["title"])
    lines = _list("ul", [f"{name}: {code(command)}" for name, command in ways])
    why_and_more = [f"<p>{safe(item['why'])}</p>", _also(related(item))]
    return _page(item["title"], [*head, *why_and_more, lines, tag("p", more, "soft")])


def finding(document: FindingDocument, style: Style) -> str:
    """One finding in full."""
    document = clean.tree(document, ascii_only=style.ascii)
    advice = document["decision"] or document["recommendation"]
    if advice is not None:
        return _page(advice["title"], _decision_parts(advice, document["decision"]))
    if (risk := document["risk"]) is not None:
        facts = [("Chain", " -> ".join(risk["chain"])), ("Rule", risk["rule"]), ("Source", risk["source"])]
        return _page(risk["title"], _finding_parts(risk, facts, risk["command"]))
    if (alert := document["alert"]) is not None:
        figure = [("Figure", alert["text"])] if alert["value"] is not None else []
        facts = [
            *figure,
            ("Account", alert["account"] or ""),
            ("Agent", alert["agent"]),
            ("Rule", alert["rule"]),
        ]
        return _page(alert["title"], _finding_parts(alert, facts, f"agentos snooze {alert['id']}"))
    return _page(document["id"], [])


def tag(name: str, content: str, role: str = "") -> str:
    """An element with the inline style and the dark-mode class of `role`. Content is HTML already."""
    look = f' class="{role}" style="{STYLES[role]}"' if role and STYLES[role] else ""
    return f"<{name}{look}>{content}</{name}>"


def code(command: str) -> str:
    """A command to copy."""
    return tag("code", safe(command), "code")


def _page(title: str, body: Iterable[str]) -> str:
    return PAGE.format(title=safe(title), body="\n".join(part for part in body if part))


def _head(above: str, verdict: str) -> list[str]:
    return [
        tag("p", safe(above), "soft"),
        f'<h1 style="font-size:21px;line-height:1.3;margin:4px 0 8px">{safe(verdict)}</h1>',
    ]


def _warnings(found: Sequence[Notice], more: int) -> list[str]:
    said = []
    for notice in found:
        why = f": {safe(notice.why)}" if notice.why else ""
        fix = f" {code(notice.fix)}" if notice.fix else ""
        said.append(tag("p", f"<strong>{safe(notice.what)}</strong>{why}.{fix}", "note"))
    return [*said, tag("p", f"{words.count(more, 'more warning')}.", "note")] if more else said


def _section(title: str, content: str) -> list[str]:
    return [f'<h2 style="{HEADING}">{safe(title)}</h2>', content] if content else []


def _list(kind: str, items: Iterable[str]) -> str:
    rows = [f'<li style="margin:8px 0">{item}</li>' for item in items]
    return f'<{kind} style="margin:0;padding-left:24px">{"".join(rows)}</{kind}>' if rows else ""


def _body(shown: Shown, style: Style) -> list[str]:
    decisions = _list("ol", [_item(d, d["command"]) for d in shown.decisions])
    agents = [f"{safe(a['agent'])}: {safe(a['error'] or a['health'])}" for a in shown.agents]
    return [
        *_section("Decide", decisions or "<p>Nothing to decide today.</p>"),
        *_section("Numbers", _table(shown.numbers, style)),
        *(part for extra in shown.extras for part in _extra(extra)),
        *_section("Cross-team risk", _list("ul", map(_risk, shown.risks))),
        *_section("Alerts", _list("ul", map(_alert, shown.alerts))),
        *_section("Checks that could not be made", _list("ul", map(safe, shown.unseen))),
        *_section("Agents", _list("ul", agents)),
    ]


def _extra(extra: Extra) -> list[str]:
    return _section(extra.title, _list("ul", map(safe, extra.lines)))


def _aside(item: RecommendationItem) -> str:
    said = [item["due_text"] or "", words.effort(item["minutes"]), stale(item["freshness"])]
    return ", ".join(part for part in said if part)


def _item(item: RecommendationItem, command: str) -> str:
    aside = f"<br>{tag('span', safe(_aside(item)), 'soft')}" if _aside(item) else ""
    title = f"<strong>{safe(item['title'])}</strong>{aside}"
    return f"{title}<br>{safe(item['why'])}{_also(related(item)) or '<br>'}{code(command)}"


def _also(titles: Sequence[str]) -> str:
    """What else there is to do, as a short list."""
    rows = "".join(f"<li>{safe(title)}</li>" for title in titles)
    look = f"{STYLES['soft']};margin:2px 0 4px;padding-left:20px"
    return f'<ul class="soft" style="{look}" aria-label="Also">{rows}</ul>' if rows else ""


def _status(status: str) -> str:
    return tag("strong", STATUS_WORDS[status], status)


def _risk(item: RiskItem) -> str:
    old = tag("span", safe(stale(item["freshness"])), "soft")
    return f"{_status(item['status'])} {safe(item['title'])} {old}<br>{code(item['command'])}"


def _alert(item: AlertItem) -> str:
    show = code(f"agentos show {item['id']}")
    return f"{_status(item['status'])} {safe(item['title'])}: {safe(item['detail'])}<br>{show}"


def _table(items: Sequence[NumberItem], style: Style) -> str:
    """Four columns that fit a phone; remarks stand below the name of their figure."""
    if not items:
        return ""
    heads = ("Figure", "Now", "Week", "Trend", "Status")
    head = "".join(
        f'<th scope="col" style="{CELL};white-space:nowrap;text-align:{_side(h)}">{h}</th>' for h in heads
    )
    rows = "\n".join(_row(item, style) for item in items)
    return (
        '<table style="width:100%;border-collapse:collapse;font-size:15px">\n'
        '<caption style="text-align:left;font-size:14px">Change against last week</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
    )


def _side(head: str) -> str:
    return "right" if head in {"Now", "Week"} else "left"


def _row(item: NumberItem, style: Style) -> str:
    said = "; ".join(part for part in (figures.remarks(item), figures.age(item)) if part)
    below = f"<br>{tag('span', safe(said), 'soft')}" if said else ""
    change = figures.change(item, ascii_only=style.ascii)
    moved = tag("span", safe(change), item["judgement"] or "")
    fits = ";white-space:nowrap" if len(change) <= USUAL_CHANGE else ""
    look = f"{CELL};text-align:left;font-weight:normal;min-width:84px"
    title = f'<th scope="row" style="{look}">{safe(item["title"])}{below}</th>'
    right, left = f"{CELL};text-align:right;white-space:nowrap", f"{CELL};white-space:nowrap"
    return (
        f'<tr>{title}<td style="{right}"><strong>{safe(item["text"])}</strong></td>'
        f'<td style="{CELL};text-align:right{fits}">{moved}</td><td style="{left}">{_trend(item, style)}</td>'
        f'<td style="{left}">{_status(item["status"])}</td></tr>'
    )


def _trend(item: NumberItem, style: Style) -> str:
    bars = words.ASCII_BARS if style.ascii else words.BARS
    drawn = safe(words.spark(item["series"], bars)).replace(" ", "&nbsp;")
    label = safe(item["trend"])
    return f'<span role="img" aria-label="{label}" style="font-size:11px">{drawn}</span>' if drawn else ""


def _decision_parts(item: RecommendationItem, ranked: DecisionItem | None) -> list[str]:
    command = ranked["command"] if ranked else f"agentos snooze {item['id']}"
    stake = [("At stake", f"{item['impact']['text']} a year")] if item["impact"] else []
    facts = [*stake, ("Account", item["account"] or ""), ("Agents", ", ".join(item["agents"]))]
    return [
        *_head(", ".join(part for part in (item["id"], _aside(item)) if part), item["title"]),
        f"<p>{safe(item['why'])}<br>{code(command)}</p>",
        *_section("Also to do", _list("ul", map(safe, item["related"]))),
        *(_sum(ranked) if ranked else []),
        *_basis([*facts, ("Rule", item["rule"])], item),
    ]


def _sum(item: DecisionItem) -> list[str]:
    heads = "".join(
        f'<th scope="col" style="{CELL};text-align:left">{h}</th>' for h in ("Factor", "Points", "Why")
    )
    rows = [
        f'<tr><th scope="row" style="{CELL};text-align:left;font-weight:normal">{safe(f["name"])}</th>'
        f'<td style="{CELL};white-space:nowrap">{f["value"]:g} x {f["weight"]:g} = {f["points"]:.2f}</td>'
        f'<td style="{CELL}">{safe(f["why"])}</td></tr>'
        for f in item["factors"]
    ]
    table = (
        '<table style="width:100%;border-collapse:collapse;font-size:15px">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    return _section(f"Score {item['score']:g} of 100", table)


def _finding_parts(item: RiskItem | AlertItem, facts: list[tuple[str, str]], command: str) -> list[str]:
    return [
        *_head(item["id"], item["title"]),
        f"<p>{_status(item['status'])} {safe(item['detail'])}<br>{code(command)}</p>",
        *_basis(facts, item),
    ]


def _basis(facts: Iterable[tuple[str, str]], item: RecommendationItem | RiskItem | AlertItem) -> list[str]:
    fresh, (refs, rest) = item["freshness"], evidence(item["id"], item["evidence"], item["records"])
    fix = f" {code(fresh['fix'])}" if fresh["fix"] else ""
    lines = [f"{name}: {safe(value)}" for name, value in facts if value]
    records = [code(ref) for ref in refs]
    return [
        *_section("Behind it", _list("ul", [*lines, f"Data: {safe(data_age(fresh))}{fix}"])),
        *_section("Evidence", _list("ul", [*records, safe(rest)] if rest else records)),
    ]
