"""What holds for any briefing, whatever is in it: its width, harmless text, figures, commands."""

from __future__ import annotations

import html as html_words
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.renderers.documents import brief_document
from agentos_cli.renderers.schemas import SCHEMAS, schema
from agentos_cli.renderers.style import Style
from agents.briefing import Briefing
from tests.renderers import drawing, sample

SAMPLES = {
    "ordinary": sample.ORDINARY,
    "hard": sample.HARD,
    "empty": sample.EMPTY,
    "quiet": sample.QUIET,
}
SGR = re.compile(r"\x1b\[([0-9;]*)m")
COMMANDS = re.compile(r"\x1b\[36m(.*?)\x1b\[0m")
HOSTILE = st.text(
    st.sampled_from(
        "ab 1|*_`[]()<>&\"'=#-+~$!\\/@:.\x1b\x07\x9b\x00\n\r\t\u202e\u2066\u200b\u200d\ufeff日本👩é\u0301€"
    ),
    max_size=120,
)


def with_text(text: str) -> Briefing:
    """The ordinary briefing with `text` wherever text from outside can be."""
    first = sample.DECISIONS[0]
    item = replace(
        first.recommendation, title=text, why=text, account=text, evidence=(text,), related=(text, "second")
    )
    number = replace(sample.NUMBERS[0], title=text, note=text, partial=text)
    spot = replace(sample.ORDINARY.blind_spots[0], why=text)
    report = replace(sample.REPORTS[1], error=text)
    return replace(
        sample.ORDINARY,
        company=text,
        verdict=text,
        decisions=(replace(first, recommendation=item), *sample.DECISIONS[1:]),
        numbers=(number, *sample.NUMBERS[1:]),
        risks=(replace(sample.ORDINARY.risks[0], title=text, detail=text),),
        blind_spots=(spot,),
        reports=(sample.REPORTS[0], report),
        failed=("ops",),
    )


def drawn(briefing: Briefing, form: str, style: Style) -> list[str]:
    """Everything that can be printed of a briefing in one form."""
    shown = [drawing.finding(briefing, d.recommendation.id, form, style) for d in briefing.decisions]
    shown += [drawing.finding(briefing, r.id, form, style) for r in briefing.risks]
    return [
        drawing.brief(briefing, form, style),
        drawing.decision(briefing, form, style),
        *(drawing.report(report, form, style, briefing.zone) for report in briefing.reports),
        *(text for text in shown if text is not None),
    ]


@examples(max_examples=40, deadline=None)
@given(text=HOSTILE, width=st.integers(40, 160), everything=st.booleans(), ascii_only=st.booleans())
def test_no_line_is_wider_than_the_terminal(
    text: str, width: int, everything: bool, ascii_only: bool
) -> None:
    style = Style(width=width, everything=everything, ascii=ascii_only)
    for page in drawn(with_text(text), "text", style):
        assert max(cell_len(line) for line in page.split("\n")) <= width
        assert not ascii_only or page.isascii()


@examples(max_examples=40, deadline=None)
@given(text=HOSTILE, form=st.sampled_from(("text", "plain", "md", "html", "json")))
def test_no_control_or_hidden_character_gets_through(text: str, form: str) -> None:
    for page in drawn(with_text(text), form, Style()):
        said = json.dumps(json.loads(page), ensure_ascii=False) if form == "json" else page
        assert all(char.isprintable() for char in said.replace("\n", ""))


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


PLAIN_TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "div",
        "p",
        "h1",
        "h2",
        "strong",
        "span",
        "br",
        "code",
        "ol",
        "ul",
        "li",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ]
)
PLAIN_ATTRIBUTES = frozenset(
    ["lang", "charset", "name", "content", "class", "style", "scope", "role", "aria-label"]
)


@examples(max_examples=40, deadline=None)
@given(text=HOSTILE | st.just(sample.MARKUP))
def test_html_holds_nothing_but_its_own_tags(text: str) -> None:
    for page in drawn(with_text(text), "html", Style()):
        seen = Tags()
        seen.feed(page)
        assert {tag for tag, _ in seen.tags} <= PLAIN_TAGS
        names = {name for _, attrs in seen.tags for name in attrs}
        assert names <= PLAIN_ATTRIBUTES
        assert "url(" not in page and "@import" not in page


def test_html_table_is_one_that_can_be_heard() -> None:
    seen = Tags()
    seen.feed(drawing.brief(sample.ORDINARY, "html", Style()))
    heads = [attrs for tag, attrs in seen.tags if tag == "th"]
    assert heads and {attrs.get("scope") for attrs in heads} == {"col", "row"}
    trends = [attrs["aria-label"] for _, attrs in seen.tags if attrs.get("role") == "img"]
    assert trends[1] == "from $80k to $86.4k over 7 weeks" and len(trends) == 5
    page = drawing.brief(sample.ORDINARY, "html", Style())
    assert "<title>One decision today: Northwind renewal." in page and '<html lang="en">' in page


@pytest.mark.parametrize(
    "text", ["[/x](https://x.test)", "![i](https://x.test/i.png)", "<b>x</b>", "a | b", "*x* `y`"]
)
def test_markdown_shows_markup_as_it_is(text: str) -> None:
    safe = clean.markdown(text)
    assert html_words.unescape(re.sub(r"\\(.)", r"\1", safe)) == text
    assert "<" not in safe and "://" not in safe
    assert re.search(r"(?<!\\)[*`|\[\]]", safe) is None


@pytest.mark.parametrize(
    "text", ["# title", "- item", "1. item", "12) item", "> quote", "===", "---", "+ item"]
)
def test_markdown_starts_no_block(text: str) -> None:
    assert clean.markdown(text)[: len(text)] != text


def test_a_number_is_written_in_markdown_as_everywhere() -> None:
    assert [clean.markdown(text) for text in ("50.0%", "-€1.23k", "$1.24M", "= 0.0pt")] == [
        "50.0%", "-€1.23k", "$1.24M", "= 0.0pt",
    ]  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("form", ["text", "plain", "md", "html", "svg"])
def test_every_form_says_the_figures_of_the_json(name: str, form: str) -> None:
    style = Style(width=120, everything=True)
    document = brief_document(SAMPLES[name])
    page = drawing.brief(SAMPLES[name], form, style)
    said = html_words.unescape(re.sub(r"<[^>]*>", "", page)) if form in {"html", "svg"} else page
    said = said.replace("\xa0", " ")
    for item in document["numbers"]:
        assert re.search(rf"(?<![\d.]){re.escape(item['text'])}(?![\d.]*\d)", said), item["key"]
        if item["change"] is not None and item["direction"] != "flat":
            assert (item["change"].lstrip("+-") if form == "plain" else item["change"]) in said
    for decision in document["decisions"]:
        assert decision["command"] in said


def test_a_row_of_the_terminal_is_the_number_of_the_json() -> None:
    rows = drawing.brief(sample.ORDINARY, "text", Style()).split("\n")
    for item in json.loads(drawing.brief(sample.ORDINARY, "json", Style()))["numbers"]:
        row = next(row for row in rows if row.startswith(item["title"]))
        title, value, change = re.split(r"  +", row)[:3]
        assert (title, value, change[2:]) == (item["title"], item["text"], item["change"])
        assert row.split("  ")[-1].endswith(item["note"]) or "stale" in row


@pytest.mark.parametrize("name", SAMPLES)
def test_colour_only_repeats_what_words_say(name: str) -> None:
    with_color = drawn(SAMPLES[name], "text", Style(color=True))
    without = drawn(SAMPLES[name], "text", Style())
    assert [SGR.sub("", page) for page in with_color] == without
    assert not any("\x1b" in page for page in without)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_command_can_be_typed(name: str, width: int) -> None:
    found = COMMANDS.findall("\n".join(drawn(SAMPLES[name], "text", Style(width=width, color=True))))
    assert found and all(re.fullmatch(r"agentos( [A-Za-z0-9_-]+)+", command) for command in found)


def test_the_ordinary_brief_fits_a_screen() -> None:
    assert len(drawing.brief(sample.ORDINARY, "text", Style()).split("\n")) <= 23
    assert len(drawing.brief(sample.QUIET, "text", Style()).split("\n")) == 2


def test_limits_are_said_and_lifted() -> None:
    short = drawing.brief(sample.HARD, "text", Style())
    assert "! 2 more warnings.  agentos brief --all" in short
    assert "More: 2 priorities, 1 number, 1 risk" in short
    assert "R5LNG" not in short
    whole = drawing.brief(sample.HARD, "text", Style(everything=True))
    assert "R5LNG" in whole and "Sixth number" in whole and "hiring against runway" in whole
    assert "Not shown" not in whole


@pytest.mark.parametrize("form", ["text", "plain", "md", "html"])
def test_long_evidence_is_cut_and_json_has_all_of_it(form: str) -> None:
    page = drawing.finding(sample.ORDINARY, "X03RN", form, Style()) or ""
    assert "hubspot:ticket:10" in page and "hubspot:ticket:11" not in page
    assert "3 more: agentos show X03RN --json" in page
    whole = json.loads(drawing.finding(sample.ORDINARY, "x03rn", "json", Style()) or "")
    assert len(whole["risk"]["evidence"]) == 13 and whole["decision"] is None


@pytest.mark.parametrize("form", ["text", "plain", "md", "html"])
def test_a_recommendation_without_a_rank_can_still_be_shown(form: str) -> None:
    briefing = replace(sample.ORDINARY, decisions=sample.DECISIONS[:1])
    page = drawing.finding(briefing, "r07ab", form, Style()) or ""
    assert "Move October ad budget off display" in page and "search is at $231" in page.replace("\\", "")
    assert "agentos snooze R07AB" in page and "Score" not in page
    document = json.loads(drawing.finding(briefing, "R07AB", "json", Style()) or "")
    Draft202012Validator(schema("finding")).validate(document)
    assert document["kind"] == "recommendation" and document["recommendation"]["id"] == "R07AB"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_age_of_stale_data_outlives_any_remark(width: int) -> None:
    number = replace(sample.NUMBERS[0], note="a remark that is far too long for one line " * 4)
    page = drawing.brief(replace(sample.ORDINARY, numbers=(number,)), "text", Style(width=width))
    assert re.search(r"^Cash .*stale 24h$", page, re.M)


def test_what_is_missing_is_said_in_different_words() -> None:
    numbers = {item["key"]: item for item in brief_document(sample.HARD)["numbers"]}
    assert numbers["mrr"]["text"] == "no data" and numbers["mrr"]["value"] is None
    assert numbers["coverage"]["text"] == "n/a" and numbers["coverage"]["absent"] == "n/a: no target is set"
    assert numbers["cash"]["freshness"]["age"] == "24h" and numbers["cash"]["text"] == "$1.24M"
    page = drawing.brief(sample.HARD, "text", Style(everything=True))
    assert re.search(r"^MRR +no data$", page, re.M)
    assert re.search(r"^Coverage +n/a", page, re.M) and "no target is set" in page
    assert re.search(r"^Cash .*stale 24h$", page, re.M)
    assert "! hr failed: ZeroDivisionError: division by zero.  agentos agents check hr" in page


def test_money_is_minor_units_and_changes_know_better_from_worse() -> None:
    numbers = {item["key"]: item for item in brief_document(sample.ORDINARY)["numbers"]}
    assert (numbers["mrr"]["value"], numbers["mrr"]["currency"]) == (8640000, "USD")
    assert (numbers["mrr"]["direction"], numbers["mrr"]["judgement"]) == ("up", "better")
    assert (numbers["churn"]["direction"], numbers["churn"]["judgement"]) == ("up", "worse")
    flat = brief_document(sample.HARD)["numbers"][3]
    assert (flat["change"], flat["direction"], flat["judgement"]) == ("0.0pt", "flat", None)


@pytest.mark.parametrize("name", SAMPLES)
def test_json_is_what_its_schema_says(name: str) -> None:
    briefing = SAMPLES[name]
    valid = {key: Draft202012Validator(schema(key)) for key in ("brief", "next", "report", "finding")}
    valid["brief"].validate(json.loads(drawing.brief(briefing, "json", Style())))
    valid["next"].validate(json.loads(drawing.decision(briefing, "json", Style())))
    for report in briefing.reports:
        valid["report"].validate(json.loads(drawing.report(report, "json", Style(), briefing.zone)))
    for decision in briefing.decisions:
        found = drawing.finding(briefing, decision.recommendation.id, "json", Style())
        valid["finding"].validate(json.loads(found or ""))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_document_has_a_schema_that_refuses_nothing_of_it(name: str) -> None:
    made = schema(name)
    Draft202012Validator.check_schema(made)
    with pytest.raises(Exception, match="required"):
        Draft202012Validator(made).validate({})


def test_json_holds_all_that_is_hidden_elsewhere() -> None:
    document = json.loads(drawing.brief(sample.HARD, "json", Style()))
    assert [item["rank"] for item in document["decisions"]] == [1, 2, 3, 4, 5]
    assert document["as_of"] == "2026-11-23T07:00:00-05:00" and document["zone"] == "America/New_York"
    assert len(document["blind_spots"]) == 4 and document["failed"] == ["hr"]
    first = json.loads(drawing.brief(sample.ORDINARY, "json", Style()))["decisions"][0]
    assert first["score"] == 86.5 == sum(factor["points"] for factor in first["factors"])
    assert first["impact"] == {"amount": 4800000, "currency": "USD", "text": "$48k"}


def test_the_picture_is_the_same_every_time_and_calls_nobody() -> None:
    once, twice = (drawing.brief(sample.HARD, "svg", Style()) for _ in range(2))
    assert once == twice
    assert "url(http" not in once and "<image" not in once and "<script" not in once
    assert ET.fromstring(once).tag.endswith("svg")


def test_a_finding_that_is_not_there_is_none_and_a_form_that_is_not_there_is_refused() -> None:
    assert drawing.finding(sample.ORDINARY, "R0000", "text", Style()) is None
    with pytest.raises(UsageProblem, match="no form `pdf`"):
        drawing.brief(sample.ORDINARY, "pdf", Style())


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (sample.ESCAPES, "Evil Redlink gnp.exe zerowidth Corp"),
        ("a\r\n\tb", "a b"),
        ("\x9b31mred\x1b[2J\x1b]0;title\x07", "red"),
        ("\x1b]8;;never ended", "]8;;never ended"),
        ("Z\u0300\u0301\u0302\u0303\u0304algo", "Z\u0300\u0301algo"),
        ("Müller & Söhne 日本", "Müller & Söhne 日本"),
    ],
)  # fmt: skip
def test_text_from_outside_becomes_one_visible_line(text: str, safe: str) -> None:
    assert clean.line(text) == safe


def test_ascii_spells_what_it_can() -> None:
    assert clean.plain_ascii("Müller – €86.4k → “ß” 日") == 'Muller - EUR 86.4k -> "ss" ?'


def test_drawing_for_the_terminal_loads_no_console_and_no_schemas() -> None:
    code = (
        "import sys; from tests.renderers import drawing, sample;"
        "from agentos_cli.renderers.style import Style;"
        "[drawing.brief(sample.HARD, form, Style(color=True)) for form in ('text', 'json')];"
        "heavy = {'rich.console', 'rich.text', 'pydantic', 'typer', 'sqlalchemy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
