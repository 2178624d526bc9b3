"""`agentos what-if` beside today, in text and in JSON: what moved, what is assumed, and nothing written."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.cli.program import Program
from tests.cli.test_documents import check


def asked(program: Program, *words: str) -> Any:
    ran = program("what-if", "--demo", *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    document = ran.json()
    check(document, "what_if")
    return document


def figure(document: Any, key: str) -> Any:
    return next(item for item in (*document["figures"], *document["others"]) if item["key"] == key)


def test_today_is_what_the_agents_say_and_then_is_beside_it(onlooker: Program) -> None:
    document = asked(onlooker, "--raise-price", "10", "--hire", "2", "--cost", "9k", "--team", "engineering")
    assert [item["kind"] for item in document["changes"]] == ["raise-price", "hire"]
    for agent, keys in (("finance", ("cash", "net_burn", "runway", "mrr")), ("ops", ("capacity",))):
        metrics = {m["key"]: m for m in onlooker(agent, "--demo", "--json").json()["metrics"]}
        for key in keys:
            item = figure(document, key)
            assert (item["today"], item["today_text"]) == (metrics[key]["value"], metrics[key]["text"])
    burn, mrr = figure(document, "net_burn"), figure(document, "mrr")
    assert mrr["difference"] == mrr["then"] - mrr["today"] > 0
    assert burn["then"] - burn["today"] == 2 * 900_000 - mrr["difference"]
    assert figure(document, "headcount")["difference"] == 2
    risks = {risk["id"] for risk in onlooker("brief", "--demo", "--json").json()["risks"]}
    assert {risk["id"] for risk in document["risks"] if risk["change"] != "new"} == risks


def test_the_text_says_the_same(onlooker: Program) -> None:
    words = ("--lose-customer", "northwind", "--on", "30d")
    document, text = asked(onlooker, *words), onlooker("what-if", "--demo", *words, "--all").out
    told = " ".join(text.split())
    for item in (*document["figures"], *document["others"]):
        assert item["then_text"] in text and item["title"][:12] in text
    for said in (*document["assumptions"], *(risk["title"] for risk in document["risks"])):
        assert " ".join(said.split()) in told
    assert f"from {date.fromisoformat(document['date']) + timedelta(30)}" in text
    assert "Northwind leaves" in text and max(map(len, text.splitlines())) <= 80


def test_the_months_go_on_from_today_and_change_on_their_day(onlooker: Program) -> None:
    words = ("--hire", "1", "--cost", "1000", "--from", "90d", "--raise-price=-5", "--from", "200d")
    document = asked(onlooker, *words)
    assert len(document["months"]) == 12
    differ = [month["then"] != month["today"] for month in document["months"]]
    assert (
        differ[0] is False or document["months"][0]["then"]["cash"] == document["months"][0]["today"]["cash"]
    )
    lower = [month["then"]["mrr"] < month["today"]["mrr"] for month in document["months"]]
    assert lower == sorted(lower) and lower[0] is False and lower[-1] is True
    last = document["months"][-1]
    assert last["then"]["cash"] < last["today"]["cash"]


def test_details_belong_to_the_change_before_them(onlooker: Program) -> None:
    document = asked(
        onlooker,
        *("--hire", "1", "--cost", "5k", "--from", "10d"),
        *("--hire=2", "--cost=7k", "--team=Engineering"),
    )
    day = date.fromisoformat(document["date"])
    assert [(item["text"], item["on"]) for item in document["changes"]] == [
        (document["changes"][0]["text"], (day + timedelta(10)).isoformat()),
        ("2 people for Engineering at $7,000.00 a month each", day.isoformat()),
    ]
    assert document["changes"][0]["text"].startswith("1 person for ")
    burn = Decimal(figure(document, "net_burn")["difference"]) / 100
    assert burn == 5000 + 2 * 7000


def test_it_never_writes(demo: Program) -> None:
    store = next(demo.home.glob(".cache/agentos/demo/*/state/agentos.db"))
    before = store.read_bytes()
    asked(demo, "--raise-price", "10")
    asked(demo, "--lose-customer", "northwind.example")
    assert store.read_bytes() == before


def test_a_deal_is_won_by_its_name(onlooker: Program) -> None:
    ran = onlooker("what-if", "--demo", "--close-deal", "no such deal at all, team plan")
    assert ran.code == 2 and "did you mean `" in ran.err
    name = ran.err.split("did you mean `")[1].split("`?")[0]
    document = asked(onlooker, "--close-deal", name)
    assert document["changes"][0]["text"] == f"{name} is won"
    assert figure(document, "mrr")["difference"] > 0 > figure(document, "capacity")["difference"]
    assert figure(document, "pipeline")["difference"] < 0


@pytest.mark.parametrize(
    ("words", "told", "fix"),
    [
        ((), "no change is given", "--lose-customer NAME"),
        (("--lose-customer", "nordwind"), "no customer `nordwind`", "did you mean `Northwind`?"),
        (("--hire", "2"), "what does a hire cost", "--hire 2 --cost 9k"),
        (("--hire", "0", "--cost", "9k"), "no number of people", "--hire 2 --cost 9k"),
        (("--hire", "two", "--cost", "9k"), "no number of people", "--hire 2 --cost 9k"),
        (("--hire", "1", "--cost", "9k", "--team", "Enginering"), "no team", "`Engineering`?"),
        (("--raise-price", "lots"), "no percentage", "--raise-price 10"),
        (("--raise-price", "-100"), "no percentage", "--raise-price 10"),
        (("--raise-price", "nan"), "no percentage", "--raise-price 10"),
        (("--raise-price", "5", "--from", "2020-01-01"), "is past", "today or later"),
        (("--raise-price", "5", "--from", "soon"), "`soon` is no day", "2026-11-27"),
        (("--raise-price", "5", "--on", "3d"), "--on comes after --close-deal or --lose-customer", "--help"),
        (("--cost", "9k", "--hire", "1"), "--cost comes after --hire", "--help"),
        (("--hire", "1", "--cost", "1", "--cost", "2"), "--cost is given twice", "give it once"),
    ],
)
def test_what_cannot_be_tried_is_one_line(
    onlooker: Program, words: tuple[str, ...], told: str, fix: str
) -> None:
    ran = onlooker("what-if", "--demo", *words)
    assert (ran.code, ran.raw) == (2, b"") and ran.said_plainly()
    assert told in ran.err and fix in ran.err and len(ran.err.splitlines()) == 2


def test_it_can_be_read_aloud_and_in_ascii(onlooker: Program) -> None:
    spoken = onlooker("what-if", "--demo", "--raise-price", "10", "--accessible").out
    assert "MRR: today" in spoken and "Assumed: " in spoken and "─" not in spoken
    assert onlooker("what-if", "--demo", "--raise-price", "10", "--ascii").out.isascii()


def test_help_shows_examples(onlooker: Program) -> None:
    text = onlooker("what-if", "--help").out
    assert "agentos what-if --lose-customer Acme" in text and "--raise-price" in text
