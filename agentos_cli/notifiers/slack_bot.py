"""Slack, by an app: the same message as through a webhook, and Slack tells the message's place.

Source: https://docs.slack.dev/reference/methods/chat.postMessage (its errors come with status 200)
"""

from __future__ import annotations

from agentos_cli.errors import CredentialRefused, Fatal, Temporary, Unconfirmed
from agentos_cli.http.outgoing import Answer
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.slack import payload
from agentos_cli.notifiers.web import at, post_json, receipt, secret_of

_TOKEN = frozenset(
    {
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
    }
)
_LATER = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_UNCLEAR = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Slack says of these that some of it may have happened."""


def send(message: Message, target: Target) -> str | None:
    """`ts 1700000000.000100`: the message's place in its channel."""
    token = secret_of(target, "the token of the Slack app")
    document = {"channel": target.options["channel"], **payload(message)}
    headers = {"Authorization": f"Bearer {token}"}
    answer = post_json(at(target, "https://slack.com", "/api/chat.postMessage"), document, target, headers)
    return _judged(answer)


def _judged(answer: Answer) -> str | None:
    said = answer.json()
    if said.get("ok") is True:
        return receipt(answer, "ts")
    why = said.get("error")
    if not isinstance(why, str) or why in _UNCLEAR:
        raise Unconfirmed("Slack's answer does not say whether the message was posted")
    why = "".join(sign for sign in why if sign.isalnum() or sign == "_")[:60]
    if why in _TOKEN:
        raise CredentialRefused(f"Slack refused the token ({why})", fix="give the channel a valid secret")
    if why in _LATER:
        raise Temporary(f"Slack asks us to wait ({why})")
    raise Fatal(f"Slack refused the message ({why})")
