"""Real taps from the package index, installed as a user has them installed, against vendors on loopback.

Each is pinned with all that it needs in `taps/`. Two are made with singer-python, one with Meltano's SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agentos_cli.connectors.singer.install import install
from agentos_cli.connectors.singer.joining import shipped
from agents.money import Money
from agents.nouns import Issue, PullRequest, Subscription, SubscriptionItem, SurveyAnswer
from tests.connectors.singer_room import Connected, connected
from tests.connectors.vendor import Answer, Call, Refusal, Shape, Vendor

PINS = Path(__file__).parent / "taps"


@pytest.fixture(scope="session")
def taps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The installed taps by name, each in an environment of its own."""
    place, found = tmp_path_factory.mktemp("taps"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_COMPILE", "1")
        for pins in sorted(PINS.glob("*.txt")):
            patch.setenv("PIP_CONSTRAINT", str(pins))
            patch.setenv("PIP_BUILD_CONSTRAINT", str(pins))
            pinned = next(line for line in pins.read_text().splitlines() if line.startswith(f"{pins.stem}=="))
            found[pins.stem] = install(pinned, place / pins.stem)
    yield found


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """No run leaves anything in a real home."""


# ── GitHub over loopback: a tap of the old make, with state ──────────────────────────────────────


def issue(number: int, **more: object) -> Shape:
    at = f"2026-11-0{number}T09:00:00Z"
    return {
        "id": 1000 + number, "number": number, "title": f"Issue {number}", "state": "open",
        "state_reason": None, "created_at": at, "updated_at": at, "closed_at": None,
        "assignee": {"login": "mara"}, "labels": [{"id": 1, "name": "bug"}], **more,
    }  # fmt: skip


class GitHub:
    """As much of GitHub as the tap looks at. `issues` is what it has now."""

    def __init__(self) -> None:
        self.issues = [
            issue(1),
            issue(2, state="closed", state_reason="not_planned", closed_at="2026-11-05T10:00:00Z"),
            issue(3, pull_request={"url": "x"}),
        ]
        self.pulls = [issue(4, merged_at="2026-11-06T10:00:00Z", state="closed", user={"login": "ada"})]
        repo = "/repos/fern/shop"
        lists: dict[str, Callable[[], list[Shape]]] = {
            "issues": lambda: self.issues,
            "pulls": lambda: self.pulls,
            "releases": list,
        }
        routes = {f"{repo}/{name}": self._answer(found) for name, found in lists.items()}
        self.vendor = Vendor({**routes, f"{repo}/commits": self._answer(lambda: [])})

    def _answer(self, found: Callable[[], list[Shape]]) -> Answer:
        def answer(call: Call) -> object:
            since = call.query.get("since", "")
            body = [each for each in found() if each["updated_at"] >= since]
            body.sort(key=lambda each: str(each["updated_at"]), reverse=True)  # as the tap asks for
            return Refusal(200, body, {"X-RateLimit-Remaining": "4000"})

        return answer


def github(taps: dict[str, Path], url: str) -> Connected:
    settings = {
        "access_token": "ghp_canary_0123456789", "repository": "fern/shop", "base_url": url,
        "start_date": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return connected("tap-github", taps["tap-github"], shipped()["tap-github"], settings)


def test_github_becomes_issues_and_pull_requests(taps: dict[str, Path]) -> None:
    there = GitHub()
    with there.vendor as vendor:
        tap = github(taps, vendor.url)
        tap.read()
    found = tap.nouns()
    assert set(tap.source.spec.kinds) == {"issue", "pull_request", "release"}
    one, two = sorted(found["issue"].records, key=lambda each: each.id)
    assert isinstance(one, Issue) and isinstance(two, Issue)
    assert (one.id, one.key, one.team_id, one.state, one.assignee) == (
        "1001",
        "1",
        "fern/shop",
        "unstarted",
        "mara",
    )
    assert one.labels == ("bug",) and one.source == "tap-github"
    assert (two.state, two.canceled_at, two.completed_at) == (
        "canceled", datetime(2026, 11, 5, 10, tzinfo=UTC), None,
    )  # fmt: skip
    (pull,) = found["pull_request"].records
    assert isinstance(pull, PullRequest) and (pull.state, pull.author) == ("merged", "ada")
    assert not any(each.skipped for each in found.values())


def test_githubs_later_reads_ask_for_changes_alone(taps: dict[str, Path]) -> None:
    there = GitHub()
    with there.vendor as vendor:
        tap = github(taps, vendor.url)
        first = tap.read()
        there.issues[0] |= {"title": "Renamed", "updated_at": "2026-11-20T09:00:00Z"}
        before = len(vendor.calls)
        second = tap.read(first.lasting)
        asked = [call.query["since"] for call in vendor.calls[before:] if "since" in call.query]
    assert asked and all(each > "2026-11" for each in asked)
    assert "issues/1001" in second.records and "issues/1002" not in second.records
    assert next(each for each in tap.nouns()["issue"].records if each.id == "1001").title == "Renamed"  # type: ignore[attr-defined]


# ── Stripe over loopback: what a subscription consists of comes in a stream of its own ───────────

AT = 1_767_225_600  # 2026-01-01


def stripe_shapes() -> dict[str, list[Shape]]:
    """Objects as Stripe's API of 2022-11-15 has them: https://docs.stripe.com/api?api-version=2022-11-15"""
    price = {
        "id": "price_1", "object": "price", "currency": "usd", "product": "prod_1",
        "billing_scheme": "per_unit", "unit_amount": 2500, "unit_amount_decimal": "2500",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    }  # fmt: skip
    item = {
        "id": "si_1", "object": "subscription_item", "price": price, "plan": None, "quantity": 4,
        "subscription": "sub_1", "created": AT,
    }  # fmt: skip
    base = {"object": "x", "created": AT, "livemode": True, "metadata": {}}
    return {
        "customers": [{**base, "id": "cus_1", "email": "ann@northwind.example", "name": "Northwind"}],
        "subscriptions": [
            {
                **base, "id": "sub_1", "customer": "cus_1", "status": "active", "start_date": AT,
                "plan": {"id": "plan_1", "currency": "usd"}, "current_period_end": AT + 2_592_000,
                "cancel_at_period_end": False, "items": {"object": "list", "data": [item], "has_more": False,
                "url": "/v1/subscription_items?subscription=sub_1"}, "discount": None,
            }
        ],
        "invoices": [
            {
                **base, "id": "in_1", "customer": "cus_1", "customer_email": "ann@northwind.example",
                "number": "N-1", "status": "paid", "total": 10000, "amount_remaining": 0, "currency": "usd",
                "status_transitions": {"paid_at": AT + 60},
                "lines": {"object": "list", "data": [], "has_more": False, "url": "/v1/invoices/in_1/lines"},
            }
        ],
        "charges": [
            {
                **base, "id": "ch_1", "customer": "cus_1", "invoice": "in_1", "amount": 10000,
                "currency": "usd", "amount_refunded": 500, "status": "succeeded", "disputed": False,
                "refunds": {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"},
            }
        ],
        "subscription_items": [item],
    }  # fmt: skip


def test_stripe_becomes_revenue(taps: dict[str, Path], tmp_path: Path) -> None:
    shapes = stripe_shapes()

    def listing(name: str) -> Answer:
        body = {"object": "list", "url": f"/v1/{name}", "has_more": False, "data": shapes.get(name, [])}
        return lambda call: body

    routes: dict[str, Answer] = {f"/v1/{name}": listing(name) for name in (*shapes, "events")}
    account = {"id": "acct_1", "object": "account", "settings": {"dashboard": {"display_name": "Fern"}}}
    routes["/v1/accounts/acct_1"] = lambda call: account
    with Vendor(routes) as vendor:
        settings = {
            "client_secret": "sk_live_canary", "account_id": "acct_1", "date_window_size": 4000,
            "start_date": "2025-12-01T00:00:00Z",
        }  # fmt: skip
        program = elsewhere(taps["tap-stripe"], vendor.url, tmp_path)
        tap = connected("tap-stripe", program, shipped()["tap-stripe"], settings)
        tap.read()
    found = tap.nouns()
    assert {kind: each.skipped for kind, each in found.items() if each.skipped} == {}
    (terms,) = found["subscription"].records
    assert isinstance(terms, Subscription) and terms.status == "active" and terms.currency == "USD"
    assert terms.items == (SubscriptionItem("si_1", "prod_1", "month", 1, Decimal(10000), 4, False),)
    assert terms.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert terms.renews_at == terms.valid_from + timedelta(days=30)
    assert found["customer"].records[0].account == "northwind.example"  # type: ignore[attr-defined]
    assert found["invoice"].records[0].total == Money(10000, "USD")  # type: ignore[attr-defined]
    assert found["payment"].records[0].refunded == Money(500, "USD")  # type: ignore[attr-defined]


def elsewhere(program: Path, url: str, folder: Path) -> Path:
    """The tap, sent to another address than Stripe's; it has no setting for that."""
    path = folder / "tap-stripe"
    path.write_text(
        f"#!{program.parent / 'python'}\n"
        f"import stripe\nstripe.api_base = {url!r}\nimport tap_stripe\n"
        "tap_stripe.apply_request_timer_to_client = lambda client: None\ntap_stripe.main()\n"
    )
    path.chmod(0o755)
    return path


# ── any list over loopback, by a tap made with Meltano's SDK ─────────────────────────────────────

SURVEYS = """
[answers]
noun = "survey_answer"

[answers.fields]
id = "id"
survey = { value = "nps" }
account = "email"
score = "score"
answered_on = "at"
"""


def test_any_list_becomes_what_its_map_says(taps: dict[str, Path]) -> None:
    answers = [
        {"id": n, "email": "ann@northwind.example", "score": n, "at": f"2026-11-{n:02}"} for n in (8, 11)
    ]
    with Vendor({"/answers": lambda call: {"rows": answers}}) as vendor:
        settings = {
            "api_url": vendor.url,
            "streams": [
                {"name": "answers", "path": "/answers", "records_path": "$.rows[*]", "primary_keys": ["id"]}
            ],
        }
        tap = connected("desk", taps["tap-rest-api-msdk"], SURVEYS, settings)
        read = tap.read()
    assert read.lasting == {}, "a table that always comes whole has no state worth keeping"
    found = tap.nouns()["survey_answer"]
    (answer,) = found.records
    assert answer == SurveyAnswer("desk", "8", "nps", "northwind.example", 8, date(2026, 11, 8))
    assert [each.why for each in found.skipped] == ["score is 11, not 0 to 10"]
