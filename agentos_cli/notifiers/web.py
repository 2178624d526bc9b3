"""What the channels that are one POST of JSON have in common."""

from __future__ import annotations

from collections.abc import Mapping

from agentos_cli.errors import CredentialProblem
from agentos_cli.http.outgoing import Answer, post
from agentos_cli.notifiers.fitting import encoded
from agentos_cli.notifiers.message import Target


def post_json(
    address: str, document: Mapping[str, object], target: Target, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to `document`. `target` says whether the local network is meant. Raises as `post` does."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return post(
        address,
        encoded(document),
        kind | dict(headers or {}),
        allow_private=target.options.get("private") == "yes",
    )


def secret_of(target: Target, what: str) -> str:
    """The secret, without the line end that a pipe leaves. Raises CredentialProblem without one."""
    secret = (target.secret or "").strip()
    if not secret:
        raise CredentialProblem(f"{what} is missing")
    return secret


def at(target: Target, usual: str, path: str) -> str:
    """`path` on the server of the options, or on the usual one."""
    return f"{target.options.get('server') or usual}".rstrip("/") + path


def receipt(answer: Answer, name: str) -> str | None:
    """`name` and what the answer gives as that: `id 42`."""
    found = answer.json().get(name)
    return f"{name} {found}"[:80] if isinstance(found, str | int) and not isinstance(found, bool) else None
