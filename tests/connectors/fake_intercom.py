"""Intercom's API, held against its own description (tests/specs/intercom), with what a test fills in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.connectors.vendor import NOW, Always, Call, Refusal, Shape, Vendor

KEY = "dG9rOmludGVyY29tLXRlc3Q="
SPEC = Path(__file__).parents[1] / "specs" / "intercom" / "conversations-2.16.json"
DAY = 86_400
"""Intercom compares dates by the day: `>` finds what is of the next day or later."""
BODY = "application/json"


@cache
def spec() -> Shape:
    found: Shape = _plain(json.loads(SPEC.read_text(encoding="utf-8")))
    return found


def _plain(node: Any) -> Any:
    """OpenAPI's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _plain(value) for key, value in node.items() if key not in ("nullable", "example", "format")}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


def schema(operation: str, method: str, *, answer: bool) -> Shape:
    """The schema of what is sent or answered there."""
    found = spec()["paths"][operation][method]
    part = found["responses"]["200"] if answer else found["requestBody"]
    inner: Shape = part["content"][BODY]["schema"]
    return {**inner, "components": spec()["components"]}


@cache
def validator(operation: str, method: str, answer: bool) -> Draft202012Validator:
    return Draft202012Validator(schema(operation, method, answer=answer))


def seconds(days: float) -> int:
    """The instant so many days before NOW."""
    return int((NOW - timedelta(days=days)).timestamp())


def conversation(number: int, made: float = 5, who: str = "c1", **more: object) -> Shape:
    """One that a customer began and nobody answered."""
    plain = {
        "type": "conversation",
        "id": str(number),
        "title": None,
        "created_at": seconds(made),
        "updated_at": seconds(made),
        "open": True,
        "state": "open",
        "read": False,
        "priority": "none",
        "source": {"type": "conversation", "id": "1", "delivered_as": "customer_initiated", "subject": ""},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": who}]},
        "first_contact_reply": {"created_at": seconds(made), "type": "conversation", "url": None},
        "statistics": None,
        "conversation_rating": None,
    }
    return {**plain, **more}


def statistics(reply: float, close: float | None = None) -> Shape:
    told = {"type": "conversation_statistics", "first_admin_reply_at": seconds(reply)}
    return told if close is None else {**told, "last_close_at": seconds(close)}


def rated(score: int | None, days: float = 1) -> Shape:
    told = {"remark": "", "created_at": seconds(days), "updated_at": seconds(days)}
    return told if score is None else {**told, "rating": score}


def contact(name: str, email: str | None) -> Shape:
    return {"type": "contact", "id": name, "role": "user", **({} if email is None else {"email": email})}


def people() -> list[Shape]:
    return [contact("c1", "ann@globex.com"), contact("c2", "bob@gmail.com"), contact("c3", None)]


class Intercom(Vendor):
    """Serves conversations and contacts. `before` may answer a call instead; what is sent and answered is
    held against the description, unless a test answers something `strange`."""

    def __init__(
        self, conversations: list[Shape], contacts: list[Shape] | None = None, *, strange: bool = False
    ) -> None:
        self.conversations = conversations
        self.contacts = people() if contacts is None else contacts
        self.strange = strange
        self.most = 150
        self.before: Callable[[Call], Refusal | None] = lambda call: None
        self.problems: list[str] = []
        super().__init__(Always(self.answer))

    def answer(self, call: Call) -> object:
        if call.headers.get("Authorization") != f"Bearer {KEY}":
            return Refusal(401, {"type": "error.list", "errors": [{"code": "unauthorized"}]}, {})
        method = "post" if call.body else "get"
        if call.path not in spec()["paths"] or call.headers.get("Intercom-Version") != "2.16":
            self.problems.append(f"{method} {call.path}")
        if call.body:
            self._hold(call.path, method, False, json.loads(call.body))
        instead = self.before(call)
        if instead is not None:
            return instead
        found = self._me() if call.path == "/me" else self._search(call.path, json.loads(call.body))
        if isinstance(found, Mapping) and not self.strange:
            self._hold(call.path, method, True, found)
        return found

    def _hold(self, path: str, method: str, answer: bool, value: object) -> None:
        for problem in validator(path, method, answer).iter_errors(value):
            self.problems.append(f"{path}: {problem.json_path}: {problem.message[:100]}")

    def _me(self) -> Shape:
        app = {"type": "app", "id_code": "abc123", "name": "Acme", "region": "EU"}
        return {"type": "admin", "id": "1", "name": "Ada", "email": "ada@acme.com", "app": app}

    def _search(self, path: str, asked: Shape) -> object:
        query, paging = asked["query"], asked["pagination"]
        if path == "/contacts/search":
            assert (query["field"], query["operator"]) == ("id", "IN")
            found = [each for each in self.contacts if each["id"] in query["value"]]
            return {"type": "list", "data": found, "total_count": len(found), "pages": {"type": "pages"}}
        assert (query["field"], query["operator"]) == ("updated_at", ">")
        first = (query["value"] // DAY + 1) * DAY if query["value"] else 0
        rows = [each for each in self.conversations if each["updated_at"] >= first]
        size, after = min(paging["per_page"], self.most), paging.get("starting_after")
        if after is not None and not after.startswith("at-"):
            return Refusal(400, {"type": "error.list", "errors": [{"code": "parameter_invalid"}]}, {})
        start = 0 if after is None else int(after.removeprefix("at-"))
        pages: Shape = {"type": "pages", "page": 1, "per_page": size}
        if start + size < len(rows):
            pages["next"] = {"per_page": size, "starting_after": f"at-{start + size}"}
        return {
            "type": "conversation.list",
            "conversations": rows[start : start + size],
            "total_count": len(rows),
            "pages": pages,
        }


def small() -> list[Shape]:
    """A question that was answered and rated, and one that waits."""
    done = conversation(
        1, 6, state="closed", open=False, statistics=statistics(5.5, 4), conversation_rating=rated(4)
    )
    return [done, conversation(2, 1, "c2", priority="urgent", title="It burns")]
