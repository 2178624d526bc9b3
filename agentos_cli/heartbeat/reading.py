"""How a beat sees sources, keys and your checks: from store, vault and settings, without a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentos_cli.config.model import CheckRule
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Connection
from agentos_cli.errors import AgentosError, DataProblem
from agentos_cli.heartbeat.seen import CredentialSeen, SourceSeen
from agentos_cli.store.check_records import CheckDraft
from agentos_cli.store.records import SourceRow

APPROVED, REJECTED = "approved", "rejected"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keys:
    """Gives the secret that a reference leads to, and says which connections are logins."""

    resolve: Callable[[str], str]
    is_login: Callable[[Connection], bool]


def sources(
    connections: Iterable[Connection],
    rows: Iterable[SourceRow],
    specs: Mapping[str, Spec],
    lives: Mapping[str, timedelta],
) -> tuple[SourceSeen, ...]:
    """Every connected source with the age of the oldest kind that it brought."""
    known = list(rows)
    return tuple(
        _source(connection.source, [row for row in known if row.source == connection.source], specs, lives)
        for connection in connections
    )


def _source(
    name: str, rows: list[SourceRow], specs: Mapping[str, Spec], lives: Mapping[str, timedelta]
) -> SourceSeen:
    spec = specs.get(name)
    failed = next((row for row in rows if row.problem and row.problem_at), None)
    return SourceSeen(
        name=name,
        title=spec.title if spec else name,
        synced_at=min((row.synced_at for row in rows if row.synced_at), default=None),
        life=lives.get(name, DAY),
        problem=failed.problem if failed else None,
        fix=failed.fix if failed else None,
    )


def credentials(
    connections: Iterable[Connection], specs: Mapping[str, Spec], keys: Keys
) -> tuple[CredentialSeen, ...]:
    """Every key of a connected source; one that cannot be had says why."""
    return tuple(_credential(c, c.credential, specs, keys) for c in connections if c.credential)


def _credential(
    connection: Connection, reference: str, specs: Mapping[str, Spec], keys: Keys
) -> CredentialSeen:
    spec = specs.get(connection.source)
    title = spec.title if spec else connection.source
    try:
        secret = keys.resolve(reference)
        ends = _end(secret) if keys.is_login(connection) else None
    except AgentosError as problem:
        return CredentialSeen(connection.source, title, reference, problem.what, problem.fix)
    return CredentialSeen(connection.source, title, reference, ends=ends)


def _end(secret: str) -> datetime | None:
    """When a login ends for good: one with a refresh token is renewed by itself."""
    from agentos_cli.oauth import Grant

    grant = Grant.of(secret)
    return None if grant.refresh else grant.ends


def rules(given: Mapping[str, CheckRule], drafts: Iterable[CheckDraft]) -> dict[str, CheckRule]:
    """The checks of the settings and those that were approved; of one name that of the settings."""
    approved = {d.name: rule_of(d) for d in drafts if d.decision == APPROVED and d.definition is not None}
    return {**approved, **given}


def rule_of(draft: CheckDraft) -> CheckRule:
    """What a draft was understood as. Raises DataProblem where it was not."""
    told = draft.definition or {}
    try:
        return CheckRule(
            metric=str(told["metric"]),
            operator=str(told["operator"]),
            limit=float(str(told["limit"])),
            hours=float(str(told.get("hours", 0))),
            priority=str(told.get("priority", "normal")),
        )
    except (KeyError, ValueError):
        fix = f"write it as [checks.{draft.name}] into the settings; see agentos config example"
        raise DataProblem(f"`{draft.name}` was not understood as a check", fix=fix) from None
