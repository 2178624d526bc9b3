"""Every fault that can be ordered is what it says, at the wire."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from agentos_cli.commands.demo import FAULTS
from agentos_cli.demo.company.world import World
from agentos_cli.demo.faults import KINDS, Fault, Faults
from agentos_cli.demo.server import DemoServer, serving
from agentos_cli.errors import UsageProblem
from agentos_cli.http.strict import NotJsonError, strict_json
from tests.demo.conftest import client

SOURCES = ("stripe", "hubspot", "linear")
ASK: dict[str, Callable[[httpx.Client], httpx.Response]] = {
    "stripe": lambda c: c.get("/v1/invoices?limit=20"),
    "hubspot": lambda c: c.get("/crm/v3/objects/contacts?limit=20"),
    "linear": lambda c: c.post("/graphql", json={"query": "{ issues(first: 20) { nodes { id title } } }"}),
}


@pytest.fixture
def broken(demo: DemoServer) -> Iterator[DemoServer]:
    yield demo
    demo.recover()


def under(server: DemoServer, source: str, fault: str) -> httpx.Response:
    """One answer of a source with a fault in force."""
    server.order(Faults.of({source: fault}))
    with client(server, source) as found:
        return ASK[source](found)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("status", [500, 503])
def test_an_error_has_the_vendors_shape(broken: DemoServer, source: str, status: int) -> None:
    answer = under(broken, source, f"status:{status}")
    body = answer.json()
    assert answer.status_code == status
    assert body.get("error", body.get("errors", body.get("category")))


@pytest.mark.parametrize("source", SOURCES)
def test_rate_limits_with_and_without_a_time(broken: DemoServer, source: str) -> None:
    told, bare = under(broken, source, "ratelimit:7"), under(broken, source, "ratelimit-bare")
    assert told.status_code == bare.status_code == (400 if source == "linear" else 429)
    assert told.headers["Retry-After"] == "7"
    assert "Retry-After" not in bare.headers
    if source == "linear":
        assert bare.json()["errors"][0]["extensions"]["code"] == "RATELIMITED"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", ["unauthorized", "expired"])
def test_a_good_key_can_be_refused(broken: DemoServer, source: str, fault: str) -> None:
    assert under(broken, source, fault).status_code == 401


def test_an_expired_key_is_told_apart(broken: DemoServer) -> None:
    assert under(broken, "stripe", "expired").json()["error"]["code"] == "api_key_expired"
    assert under(broken, "hubspot", "expired").json()["category"] == "EXPIRED_AUTHENTICATION"


@pytest.mark.parametrize("source", SOURCES)
def test_html_comes_with_200(broken: DemoServer, source: str) -> None:
    answer = under(broken, source, "html")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", ["truncate", "reset", "down"])
def test_broken_connections(broken: DemoServer, source: str, fault: str) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        under(broken, source, fault)


@pytest.mark.parametrize("source", SOURCES)
def test_timeout_holds_the_connection(broken: DemoServer, source: str) -> None:
    broken.order(Faults.of({source: "timeout"}))
    with client(broken, source) as found, pytest.raises(httpx.ReadTimeout):
        found.timeout = httpx.Timeout(0.15)
        ASK[source](found)


@pytest.mark.parametrize("source", SOURCES)
def test_latency_is_only_late(broken: DemoServer, source: str) -> None:
    begun = time.monotonic()
    assert under(broken, source, "latency:0.1").status_code == 200
    assert time.monotonic() - begun >= 0.1


LISTS: dict[str, Callable[[Any], Any]] = {
    "stripe": lambda body: body["data"],
    "hubspot": lambda body: body["results"],
    "linear": lambda body: body["data"]["issues"]["nodes"],
}


@pytest.mark.parametrize("source", SOURCES)
def test_records_come_twice(broken: DemoServer, source: str) -> None:
    right = LISTS[source](under(broken, source, "latency:0").json())
    doubled = LISTS[source](under(broken, source, "duplicate").json())
    assert doubled == [record for record in right for _ in range(2)]


@pytest.mark.parametrize("source", SOURCES)
def test_pages_shift_while_they_are_read(broken: DemoServer, source: str) -> None:
    broken.order(Faults.of({source: "shift"}))
    with client(broken, source) as found:
        first, second = (LISTS[source](ASK[source](found).json()) for _ in range(2))
    assert second == [first[-1], *first]


@pytest.mark.parametrize(
    ("source", "ask", "word"),
    [
        ("stripe", lambda c: c.get("/v1/invoices?limit=20"), lambda r: r["status"]),
        (
            "hubspot",
            lambda c: c.get("/crm/v3/objects/deals?limit=20&properties=dealstage"),
            lambda r: r["properties"]["dealstage"],
        ),
        (
            "linear",
            lambda c: c.post(
                "/graphql", json={"query": "{ issues(first: 20) { nodes { state { type } } } }"}
            ),
            lambda r: r["state"]["type"],
        ),
    ],
)
def test_every_word_of_a_few_is_a_new_one(
    broken: DemoServer, source: str, ask: Callable[[httpx.Client], httpx.Response], word: Callable[[Any], str]
) -> None:
    broken.order(Faults.of({source: "enum"}))
    with client(broken, source) as found:
        assert {word(record) for record in LISTS[source](ask(found).json())} == {"from_the_future"}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nan", "NaN"),
        ("bigint", "number is too long"),
        ("dupkey", "one key twice"),
        ("deep", "nested too deeply"),
        ("surrogate", "half a character"),
    ],
)
def test_the_right_answer_has_one_thing_in_it_that_is_no_json(
    broken: DemoServer, source: str, fault: str, words: str
) -> None:
    answer = under(broken, source, fault)
    assert answer.status_code == 200
    with pytest.raises(NotJsonError, match=words):
        strict_json(answer.content)


@pytest.mark.parametrize("source", SOURCES)
def test_a_small_answer_becomes_a_large_one(broken: DemoServer, source: str) -> None:
    broken.order(Faults.of({source: "gzip-bomb"}))
    with client(broken, source) as found:
        request = ASK[source](found).request
        with found.stream(request.method, request.url, headers=request.headers, content=request.content) as a:
            assert len(b"".join(a.iter_raw())) < 1 << 20
            assert a.headers["Content-Encoding"] == "gzip"


def test_one_endpoint_is_dead_and_the_others_live(broken: DemoServer) -> None:
    broken.order(Faults.parse("stripe=dead:/v1/invoices,linear=dead:issues"))
    with client(broken, "stripe") as c:
        assert [c.get(f"/v1/{name}").status_code for name in ("invoices", "customers")] == [500, 200]
    with client(broken, "linear") as c:
        queries = ("{ issues(first: 1) { nodes { id } } }", "{ teams(first: 1) { nodes { id } } }")
        assert [c.post("/graphql", json={"query": q}).status_code for q in queries] == [500, 200]


def test_a_share_of_all_requests_is_struck(broken: DemoServer) -> None:
    broken.order(Faults.parse("stripe=status:503%30"))
    with client(broken, "stripe") as c:
        answers = [c.get("/v1/balance").status_code for _ in range(100)]
    assert (answers.count(503), answers.count(200)) == (30, 70)


def test_a_loop_never_ends_in_any_protocol(broken: DemoServer) -> None:
    broken.order(Faults.parse("stripe=loop,hubspot=loop,linear=loop"))
    with client(broken, "stripe") as c:
        first = c.get("/v1/customers?limit=100").json()
        again = c.get(f"/v1/customers?limit=100&starting_after={first['data'][-1]['id']}").json()
        assert first == again
        assert first["has_more"]
    with client(broken, "hubspot") as c:
        one = c.get("/crm/v3/owners?limit=100").json()
        two = c.get(f"/crm/v3/owners?limit=100&after={one['paging']['next']['after']}").json()
        assert one == two
    with client(broken, "linear") as c:
        query = """query($a: String) {
            teams(first: 50, after: $a) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
        page = c.post("/graphql", json={"query": query}).json()
        info = page["data"]["teams"]["pageInfo"]
        assert info["hasNextPage"]
        assert c.post("/graphql", json={"query": query, "variables": {"a": info["endCursor"]}}).json() == page


def test_a_fault_can_last_a_number_of_requests(broken: DemoServer) -> None:
    before = broken.counts
    broken.order(Faults.parse("stripe=status:500*2"))
    with client(broken, "stripe") as c:
        assert [c.get("/v1/balance").status_code for _ in range(4)] == [500, 500, 200, 200]
    assert broken.counts == {**before, "stripe": before["stripe"] + 4}


def test_faults_are_ordered_and_taken_back_over_http(broken: DemoServer) -> None:
    base = f"http://127.0.0.1:{broken.port}/_demo"
    with httpx.Client() as control, client(broken, "hubspot") as c:
        assert control.post(f"{base}/faults", json={"hubspot": "status:503"}).json() == {
            "hubspot": "status:503"
        }
        assert c.get("/crm/v3/owners").status_code == 503
        assert control.get(f"{base}/faults").json() == {"hubspot": "status:503"}
        assert control.delete(f"{base}/faults").json() == {}
        assert c.get("/crm/v3/owners").status_code == 200
        assert control.get(f"{base}/counts").json() == broken.counts
        for wrong in ({"hubspot": "explode"}, {"github": "down"}, {"hubspot": 5}, ["hubspot"]):
            assert control.post(f"{base}/faults", json=wrong).status_code == 400


def test_only_this_machine_is_served(broken: DemoServer) -> None:
    """A web page that had its own name pointed at loopback would send that name."""
    with httpx.Client(headers={"Host": "evil.example"}) as outsider:
        assert outsider.get(f"http://127.0.0.1:{broken.port}/_demo/counts").status_code == 403


def test_a_connection_is_kept_for_the_next_request(broken: DemoServer) -> None:
    with client(broken, "stripe") as c:
        answers = [c.get("/v1/balance") for _ in range(3)]
        streams = {answer.extensions["network_stream"].get_extra_info("client_addr") for answer in answers}
    assert len(streams) == 1


def test_the_server_wide_latency_delays_every_source(world: World) -> None:
    with (
        serving(world, latency=0.1, faults=Faults.parse("linear=html")) as server,
        client(server, "linear") as c,
    ):
        begun = time.monotonic()
        assert ASK["linear"](c).headers["Content-Type"].startswith("text/html")
        assert time.monotonic() - begun >= 0.1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:503", Fault("status", 503)),
        ("latency:0.3", Fault("latency", 0.3)),
        ("ratelimit", Fault("ratelimit")),
        ("ratelimit:5*2", Fault("ratelimit", 5, 2)),
        ("down*1", Fault("down", None, 1)),
        ("status:503%30", Fault("status", 503, None, 30)),
        ("status:503%30*2", Fault("status", 503, 2, 30)),
        ("dead:/v1/invoices", Fault("dead", where="/v1/invoices")),
        ("gzip-bomb", Fault("gzip-bomb")),
    ],
)
def test_the_grammar(text: str, expected: Fault) -> None:
    assert Fault.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "stripe",
        "stripe=",
        "stripe=explode",
        "stripe=status",
        "stripe=status:200",
        "stripe=latency",
        "stripe=down:3",
        "stripe=down*0",
        "stripe=status:500*x",
        "stripe=status:500%0",
        "stripe=status:500%101",
        "stripe=status:/v1",
        "stripe=dead",
        "stripe=dead:5",
        "stripe=enum:word",
        "github=down",
    ],
)
def test_the_grammar_refuses(text: str) -> None:
    with pytest.raises(UsageProblem):
        Faults.parse(text)


def test_the_commands_help_names_every_fault() -> None:
    assert [kind for kind in KINDS if not re.search(rf"\b{kind}\b", FAULTS)] == []
