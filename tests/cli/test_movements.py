"""`agentos movements`: a table that adds up, of everyone or of one customer, in text as in JSON."""

from __future__ import annotations

import pytest

from tests.cli.program import Program


def test_the_demo_company_month_by_month(demo: Program) -> None:
    document = demo("movements", "--demo", "--json").json()
    assert document["schema"] == "agentos.movements/1" and document["adds_up"] is True
    assert [(t["currency"], t["converted"]) for t in document["tables"]] == [
        ("EUR", False), ("USD", False), ("USD", True),
    ]  # fmt: skip
    for table in document["tables"]:
        months = table["months"]
        assert len(months) == 12 and [m["running"] for m in months] == [False] * 11 + [True]
        for before, month in zip([None, *months], months, strict=False):
            assert before is None or month["opening"] == before["closing"]
            up = month["new"] + month["expansion"] + month["reactivation"] + month["fx"]
            assert month["opening"] + up - month["contraction"] - month["churn"] == month["closing"]
    mrr = demo("explain", "mrr", "--demo", "--json").json()
    assert document["tables"][-1]["months"][-1]["closing"] == mrr["value"]
    assert any(month["fx"] for month in document["tables"][-1]["months"])


def test_the_table_says_that_it_adds_up(demo: Program) -> None:
    text = demo("movements", "--demo", "--months", "2").out
    assert "so far" in text and "MRR movements in EUR (as billed)" in text
    assert "Every month adds up: opening + new" in text


def test_one_customer_by_name_and_by_domain(demo: Program) -> None:
    book = demo("explain", "mrr", "--demo", "--json").json()
    parts = [part for term in book["terms"] for part in term["parts"]]
    key = parts[0]["about"]
    found = demo("movements", "--demo", "--customer", key, "--json").json()
    assert found["customer"] and found["adds_up"]
    again = demo("movements", "--demo", "--customer", found["customer"].upper(), "--json").json()
    assert again == found
    whole = demo("movements", "--demo", "--json").json()
    assert 0 < found["tables"][-1]["months"][-1]["closing"] < whole["tables"][-1]["months"][-1]["closing"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--customer", "qqqq"), "no paying customer is called `qqqq`"),
        (("--currency", "XAU"), "nothing was ever billed in `XAU`"),
    ],
)
def test_what_there_is_not_is_said(demo: Program, words: tuple[str, ...], says: str) -> None:
    ran = demo("movements", "--demo", *words)
    assert (ran.code, ran.raw) == (2, b"") and says in ran.err


def test_without_subscriptions_there_is_no_table_of_zeros(program: Program) -> None:
    assert "no data" in program("movements").out
    assert program("movements", "--json").json()["tables"] == []
