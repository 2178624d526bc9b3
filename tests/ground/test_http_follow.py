"""A redirect: followed only where the caller said so, to hosts that it named, and without its key."""

from __future__ import annotations

import pytest

from agentos_cli.errors import Fatal
from agentos_cli.http import Http
from tests.ground.hostile import Hostile, text
from tests.ground.test_http import KEY

HERE = ("127.0.0.1",)


def test_it_is_followed_to_a_host_that_was_named_and_no_header_goes_along(
    vendor: Hostile, http: Http
) -> None:
    target = vendor.on("/there", text(b"date,rate\n"))
    url = vendor.on("/", text(b"", 307, Location=target))
    answer = http.send("GET", url, headers={"Authorization": KEY, "Cookie": KEY}, follow=HERE)
    assert answer.body == b"date,rate\n"
    assert KEY not in vendor.seen.values()
    assert vendor.seen["user-agent"].startswith("agentos/")


def test_an_address_without_a_host_is_on_the_same_one(vendor: Hostile, http: Http) -> None:
    vendor.on("/there", text(b"found"))
    url = vendor.on("/", text(b"", 302, Location="/there"))
    assert http.send("GET", url, follow=HERE).body == b"found"


@pytest.mark.parametrize(
    "where",
    [
        "https://accounts.google.com/login",
        "https://127.0.0.1.evil.example/",
        "https://evil127.0.0.1/",
        "http://example.com/",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_address_is_called(vendor: Hostile, http: Http, where: str) -> None:
    url = vendor.on("/", text(b"", 302, Location=where))
    follow = ("docs.example",) if where == "" else HERE
    with pytest.raises(Fatal, match="another address"):
        http.send("GET", url, follow=follow)
    assert vendor.calls["/"] == 1


def test_a_circle_ends(vendor: Hostile, http: Http) -> None:
    url = vendor.on("/", text(b"", 302, Location=vendor.url("/")))
    with pytest.raises(Fatal, match="and on"):
        http.send("GET", url, follow=HERE)
    assert vendor.calls["/"] == 4
