"""A program of yours: JSON, signed so that it knows who sent it, with a key so that it can drop a repetition.

The signature is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; a receiver checks it, refuses a
timestamp of more than five minutes ago, and drops an id that it has seen.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from agentos_cli.clock import Clock, utc_now
from agentos_cli.errors import CredentialProblem
from agentos_cli.http.outgoing import post
from agentos_cli.notifiers.fitting import cut, encoded, header_key, one_line, sound
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.web import secret_of

TEXT, SUBJECT, SHORTEST = 10_000, 300, 24


def send(message: Message, target: Target, clock: Clock = utc_now) -> str | None:
    """The receiver's `x-request-id`, if it gives one."""
    key, body = signing_key(secret_of(target, "the signing secret")), encoded(payload(message))
    stamp, name = str(int(clock().timestamp())), header_key(message)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(key, name, stamp, body),
    }
    allow = target.options.get("private") == "yes"
    answer = post(target.options["address"], body, headers, allow_private=allow)
    said = answer.headers.get("x-request-id", "")
    return f"request {one_line(said, 80)}" if said else None


def payload(message: Message) -> dict[str, object]:
    """`data.facts` are those of the event, as `agentos events show` has them."""
    return {
        "type": message.kind,
        "timestamp": message.at.isoformat(),
        "data": {
            "key": message.key,
            "priority": str(message.priority),
            "subject": one_line(message.subject, SUBJECT),
            "text": cut(sound(message.text), TEXT, message),
            "facts": message.facts,
        },
    }


def signature(key: bytes, name: str, stamp: str, body: bytes) -> str:
    """The header's value."""
    signed = f"{name}.{stamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def signing_key(secret: str) -> bytes:
    """The bytes that `whsec_...` holds; any other secret is its own bytes. Raises CredentialProblem."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raise CredentialProblem("the signing secret begins with whsec_, but is not base64") from None
    if len(key) < SHORTEST:
        raise CredentialProblem(f"the signing secret is shorter than {SHORTEST} bytes")
    return key
