"""A source is away, and the morning comes all the same: from what is stored, with its age and the remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.store.store import Store
from agents.catalogue import CATALOGUE
from tests.cli.program import Program, bound_by_modes, need_modes
from tests.flows.street import MORNING, VENDORS, Street, grow_older, house

HOUR = timedelta(hours=1)
IN_A_FILE = ("--keep-in", "file")


def store_of(office: Program) -> Store:
    return house(office.home, utc_now).store


def spot(document: Any, source: str) -> Any:
    return next((found for found in document["blind_spots"] if found["source"] == source), None)


def number(document: Any, key: str) -> Any:
    return next(found for found in document["numbers"] if found["key"] == key)


def breaker(office: Program, source: str) -> str:
    listed = office("connectors", "list", "--json").json()["connectors"]
    return str(next(item["breaker"] for item in listed if item["source"] == source))


def test_a_dead_source_costs_its_news_and_nothing_else(office: Program, today: Street) -> None:
    before = office("brief", "--cached", "--json").json()
    assert spot(before, "stripe") is None
    today.order("stripe=status:503")

    ran = office("brief", "--refresh", "--json")

    after = ran.json()
    told = spot(after, "stripe")
    assert ran.code == 0
    assert number(after, "mrr")["value"] == number(before, "mrr")["value"] is not None
    assert number(after, "mrr")["freshness"]["state"] == "stale"
    assert "503" in told["why"]
    assert told["since"] == number(before, "mrr")["freshness"]["synced_at"]
    assert told["fix"] == "agentos connectors test stripe"
    assert "finance" in told["agents"]
    assert after["failed"] == []
    warnings = office("brief", "--cached").out.split("Decide ")[0].split("\n! ")[1:]
    (line,) = (warning for warning in warnings if told["fix"] in warning)
    assert "stripe data is" in line and "old" in line and "503" in line


def test_after_three_failing_runs_a_new_process_leaves_the_source_alone(
    office: Program, today: Street
) -> None:
    today.order("stripe=down")
    for _ in range(3):
        assert office("brief", "--refresh").code == 0
    asked = today.server.counts

    again = office("brief", "--refresh", "--json")
    alone = office("sync", "stripe")

    assert again.code == 0
    assert today.server.counts["stripe"] == asked["stripe"]
    assert today.server.counts["hubspot"] > asked["hubspot"]
    assert breaker(office, "stripe").startswith("open: ")
    told = spot(again.json(), "stripe")
    assert told["fix"] == "agentos connectors reset stripe"
    assert told["why"].startswith("Stripe is not called before ")
    assert "calls failed, the last: an answer that was cut off or is not HTTP" in told["why"]
    assert alone.code == 75


def test_one_probe_finds_it_still_away_and_two_in_turn_bring_it_back(office: Program, today: Street) -> None:
    today.order("hubspot=down")
    for _ in range(3):
        office("sync", "hubspot")
    assert breaker(office, "hubspot").startswith("open: ")

    grow_older(store_of(office), "hubspot", HOUR)
    asked = today.server.counts["hubspot"]
    assert office("brief").code == 0
    assert today.server.counts["hubspot"] == asked + 1
    assert breaker(office, "hubspot").startswith("open: ")

    today.quiet()
    today.watch.before = lambda source: sleep(0.02 if today.watch.asked(source) > 2 else 0.3)
    grow_older(store_of(office), "hubspot", HOUR)
    back = office("brief", "--json")
    first = [what for what, source, _ in today.watch.log if source == "hubspot"][:5]
    assert first == ["asked", "answered", "asked", "answered", "asked"], "not one at a time until it is well"
    assert spot(back.json(), "hubspot") is None
    assert number(back.json(), "pipeline")["freshness"]["state"] == "fresh"
    assert breaker(office, "hubspot") == "working"


def test_a_reset_breaker_calls_again_at_once(office: Program, today: Street) -> None:
    today.order("stripe=down")
    office("sync", "stripe")
    today.quiet()

    assert office("connectors", "reset", "stripe").code == 0

    assert office("sync", "stripe").code == 0
    assert today.watch.asked("stripe") > 1


def test_what_never_came_is_no_data_and_not_nought(program: Program, today: Street) -> None:
    today.order("stripe=down")
    today.connect(house(program.home, utc_now), "stripe", "hubspot")

    document = program("brief", "--json").json()
    report = program("finance", "--json").json()
    text = program("brief", "--cached").out

    mrr = number(document, "mrr")
    assert (mrr["value"], mrr["absent"], mrr["status"]) == (None, "no data", "none")
    assert number(document, "pipeline")["value"] is not None
    assert spot(document, "stripe")["since"] is None
    blind = [m for m in report["metrics"] if m["freshness"]["state"] == "missing"]
    assert len(blind) > 10
    assert all(m["value"] is None and m["absent"] for m in blind)
    line = next(line for line in text.splitlines() if line.startswith("MRR"))
    assert "no data" in line and "0" not in line


@pytest.mark.parametrize("agent", CATALOGUE)
def test_a_company_without_any_source_has_no_figures_at_all(agent: str, tmp_path: Path) -> None:
    report = house(tmp_path, MORNING).desk.report(agent)

    assert len(report["metrics"]) > 5
    assert {(m["value"], m["absent"]) for m in report["metrics"]} == {(None, "no data")}
    assert report["health"] == "blind"


def test_a_refused_key_is_not_tried_again_until_there_is_another(office: Program, today: Street) -> None:
    base = today.server.urls["stripe"]
    refused = office("connect", "stripe", "--base-url", base, *IN_A_FILE, stdin="sk_test_wrong")
    assert refused.code == 4
    assert (
        office("connect", "stripe", "--base-url", base, *IN_A_FILE, "--no-check", stdin="sk_test_wrong").code
        == 0
    )

    told = spot(office("brief", "--refresh", "--json").json(), "stripe")
    asked = today.server.counts["stripe"]
    again = office("brief", "--refresh", "--json")
    listed = office("connectors", "list").out

    assert told["fix"] == spot(again.json(), "stripe")["fix"] == "agentos connect stripe"
    assert again.code == 0
    assert today.server.counts["stripe"] == asked, "a refused key was sent again"
    assert "key refused" in listed
    assert "sk_test_wrong" not in again.out + again.err + listed

    mended = office("connect", "stripe", "--base-url", base, *IN_A_FILE, stdin=today.server.keys["stripe"])
    assert mended.code == 0
    assert spot(office("brief", "--json").json(), "stripe") is None
    assert breaker(office, "stripe") == "working"


def test_a_store_that_cannot_be_written_costs_the_news_and_not_the_brief(
    office: Program, today: Street
) -> None:
    need_modes()
    office.database.chmod(0o400)
    office.database.parent.chmod(0o500)
    try:
        ran = office("brief", "--refresh", before=bound_by_modes)
    finally:
        office.database.parent.chmod(0o700)

    assert ran.code == 0
    assert ran.out.startswith("Brief")
    assert "read-only; this brief is from what is stored" in ran.err
    assert today.watch.asked("stripe") == 0


def test_every_state_of_a_source_has_a_word(program: Program, today: Street) -> None:
    made = today.connect(house(program.home, utc_now), "stripe", "hubspot", "linear")
    today.order("hubspot=status:500")
    made.sync(["linear", "hubspot"], force=True)

    listed = program("connectors", "list", "--json").json()["connectors"]
    later = house(program.home, utc_now() + HOUR).connectors()

    usual = [item for item in listed if item["source"] in (*VENDORS, "files")]
    assert {item["source"]: item["state"] for item in usual} == {
        "stripe": "never read",
        "hubspot": "failing",
        "linear": "fresh",
        "files": "not connected",
    }
    assert {item["source"]: item["fix"] for item in usual} == {
        "stripe": "agentos sync stripe",
        "hubspot": "agentos connectors test hubspot",
        "linear": None,
        "files": "agentos connect files",
    }
    assert next(item["state"] for item in later if item["source"] == "linear") == "stale"


def test_all_that_is_kept_of_a_source_is_shown(office: Program, today: Street) -> None:
    today.order("stripe=status:503")
    for _ in range(3):
        office("sync", "stripe")

    shown = office("connectors", "show", "stripe", "--json").json()
    page = office("connectors", "show", "stripe").out

    assert (shown["state"], shown["connected"], shown["credential"]) == ("failing", True, "file:stripe")
    assert shown["connected_at"] and shown["whole_at"] and shown["address"] == today.server.urls["stripe"]
    assert [item["kind"] for item in shown["kinds"]][:2] == ["customer", "subscription"]
    assert shown["breaker"]["state"] == "open" and shown["breaker"]["opened"] == 1
    assert shown["breaker"]["failure"].startswith("status 503 (request req_")
    (opened,) = shown["breaker"]["history"]
    assert opened["state"] == "open" and "status 503" in opened["reason"]
    assert shown["breaker"]["until"] > shown["breaker"]["since"]
    assert shown["per_second"] == 1000
    assert [run["success"] for run in shown["runs"]] == [False, False, False, True]
    assert shown["fix"].startswith("agentos connectors ")
    for words in (
        "Stripe: failing",
        "connected  since ",
        "key file:stripe",
        "at most 1000 a second, over all runs",
        "the last: status 503 (request req_",
        "failed after ",
        f"to do      {shown['fix']}",
    ):
        assert words in page
    assert today.server.keys["stripe"] not in page + str(shown)


def test_a_source_that_was_never_connected_can_be_shown_too(office: Program) -> None:
    shown = office("connectors", "show", "github", "--json").json()
    assert (shown["state"], shown["breaker"]["says"], shown["runs"]) == ("not connected", "-", [])
    page = office("connectors", "show", "github").out
    assert "GitHub: not connected" in page and "to do      agentos connect github" in page
    assert office("connectors", "show", "gitbub").code == 2


def test_a_source_opened_by_hand_is_left_alone_until_it_is_reset(office: Program, today: Street) -> None:
    assert office("connectors", "open", "stripe").code == 0
    asked = today.server.counts["stripe"]

    left = office("sync", "stripe")
    brief = office("brief", "--refresh", "--json")

    assert left.code == 75
    assert brief.code == 0
    assert today.server.counts["stripe"] == asked
    assert spot(brief.json(), "stripe")["why"].startswith("Stripe is not called: opened by you at ")
    assert spot(brief.json(), "stripe")["fix"] == "agentos connectors reset stripe"
    assert breaker(office, "stripe") == "open: opened by you; nothing is tried until it is reset"

    assert office("connectors", "reset", "stripe").code == 0
    assert office("sync", "stripe").code == 0
    history = office("connectors", "show", "stripe", "--json").json()["breaker"]["history"]
    assert [event["reason"] for event in history] == ["reset by you", "opened by you"]
