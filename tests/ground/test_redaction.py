"""No text that leaves the program holds a secret, in whatever form."""

from __future__ import annotations

import base64
import json
import traceback
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos_cli.redaction import fingerprint, redact, register_secret

CANARY = 'canary/7f "a"+b=é%'


@pytest.fixture(autouse=True)
def registered() -> None:
    register_secret(CANARY)


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        quote(CANARY),
        quote(CANARY, safe=""),
        quote_plus(CANARY),
        urlencode({"key": CANARY}),
        json.dumps(CANARY),
        CANARY.encode().hex(),
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(CANARY.encode()).decode(),
    ],
)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    masked = redact(f"before {form} after")
    assert form.strip('"') not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "[secret]" in masked


@given(st.text(max_size=7), st.text(max_size=7))
def test_a_secret_is_masked_inside_basic_auth_wherever_it_begins(before: str, after: str) -> None:
    secret = "sekret-0123456789-abcdefghij"
    register_secret(secret)
    encoded = base64.b64encode(f"{before}{secret}{after}".encode("utf-8", "replace")).decode()
    masked = redact(encoded)
    assert "[secret]" in masked
    kept = masked.replace("[secret]", "")
    assert len(kept) <= len(encoded) - len(secret)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sk_live_51Hxyz0123", "[secret]"),
        ("key rk_test_51Hxyz0123.", "key [secret]."),
        ("pat-eu1-1234abcd-5678", "[secret]"),
        ("lin_api_0123456789", "[secret]"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [secret]"),
        ("postgresql://anna:pass@db/agentos", "postgresql://anna:[secret]@db/agentos"),
    ],
)
def test_what_has_the_shape_of_a_key_is_masked_unasked(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize("text", ["", "MRR is up 4 %", "https://api.stripe.com/v1", "a bearer instrument"])
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_a_short_value_blots_out_nothing() -> None:
    register_secret("brief")
    register_secret("")
    assert redact("a brief word") == "a brief word"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    register_secret("qzxwvuts")
    register_secret("qzxwvuts-rqponmlk")
    assert redact("qzxwvuts-rqponmlk") == "[secret]"


def test_a_fingerprint_tells_keys_apart_and_gives_nothing_back() -> None:
    assert fingerprint(CANARY) == fingerprint(CANARY) != fingerprint(CANARY + "x")
    assert CANARY not in fingerprint(CANARY)
    assert fingerprint("") == ""


def test_a_traceback_is_masked_as_text() -> None:
    try:
        raise ValueError(f"bad key {CANARY}")
    except ValueError as error:
        assert "canary" not in redact("".join(traceback.format_exception(error)))
