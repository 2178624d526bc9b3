"""The CSV half of the demo company: what a small firm exports by hand into a folder.

Columns are those of docs/files.md. Amounts are major units with a dot; days are ISO dates; UTF-8, RFC 4180.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from agentos_cli.demo.company.treasury import CURRENCY
from agentos_cli.demo.company.world import World

Row = tuple[object, ...]

HEADERS: dict[str, str] = {
    "bank": "date,account,amount,currency,category,counterparty",
    "balances": "date,account,balance,currency",
    "expenses": "date,category,vendor,amount,currency",
    "fx": "date,base,quote,rate",
    "marketing": "date,channel,amount,currency",
    "content": "title,channel,published_on,visits,leads,deals",
    "team": "id,name,team,role,started_on,left_on,hours,allocated,monthly_cost,currency",
    "absence": "person_id,reason,starts_on,ends_on",
    "roles": "id,title,team,opened_on,target_on,monthly_cost,currency,filled_on,closed_on",
    "candidates": "id,role_id,name,stage,applied_on,stage_since,reached",
    "offers": "id,candidate_id,role_id,sent_on,expires_on,status,decided_on,monthly_cost,currency",
    "nps": "survey,account,score,answered_on",
    "usage": "date,account,events,active_users",
}


def write_files(world: World, folder: Path) -> None:
    """Write every CSV of the world into `folder` (made if missing), with the age each has in the story."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables(world).items():
        path = folder / f"{name}.csv"
        text = io.StringIO()
        text.write(HEADERS[name] + "\n")
        csv.writer(text, lineterminator="\n").writerows(rows)
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        moment = exported_at(world, name).timestamp()
        os.utime(path, (moment, moment))


def exported_at(world: World, name: str) -> datetime:
    """When a file was last exported: the bank's once a week, the rest within the last hours."""
    return world.treasury.exported_at if name in ("bank", "balances") else world.as_of - timedelta(hours=2)


def tables(world: World) -> dict[str, Iterable[Row]]:
    """The rows of each file by its name, without the header."""
    return _money_tables(world) | _people_tables(world) | _customer_tables(world)


def _money_tables(world: World) -> dict[str, Iterable[Row]]:
    money = world.treasury
    return {
        "bank": (
            (e.day, e.holder, _major(e.amount), CURRENCY[e.holder], e.category, e.party)
            for e in money.entries
        ),
        "balances": ((h.day, h.holder, _major(h.amount), CURRENCY[h.holder]) for h in money.holdings),
        "expenses": ((c.day, c.category, c.vendor, _major(c.amount), "USD") for c in money.costs),
        "fx": ((day, "EUR", "USD", f"{rate:.4f}") for day, rate in money.rates),
        "marketing": ((s.day, s.channel, _major(s.amount), "USD") for s in money.spends),
        "content": ((p.title, p.channel, p.day, p.visits, p.leads, p.deals) for p in world.content),
    }


def _people_tables(world: World) -> dict[str, Iterable[Row]]:
    staff = world.staff
    return {
        "team": (
            (
                m.id, m.name, m.team, m.role, m.started_on, m.left_on, m.hours, m.allocated,
                _major(m.cost), "USD",
            )
            for m in staff.members
        ),
        "absence": ((a.member.id, a.reason, a.starts_on, a.ends_on) for a in staff.leaves),
        "roles": (
            (r.id, r.title, r.team, r.opened_on, r.target_on, _major(r.cost), "USD", r.filled_on, None)
            for r in staff.openings
        ),
        "candidates": (
            (c.id, c.opening.id, c.name, c.stage, c.applied_on, c.stage_since, c.reached)
            for c in staff.applicants
        ),
        "offers": (
            (
                o.id, o.applicant.id, o.applicant.opening.id, o.sent_on, o.expires_on, o.status,
                o.decided_on, _major(o.applicant.opening.cost), "USD",
            )
            for o in staff.offers
        ),
    }  # fmt: skip


def _customer_tables(world: World) -> dict[str, Iterable[Row]]:
    return {
        "nps": ((a.survey, a.account, a.score, a.day) for a in world.answers),
        "usage": ((u.day, u.account, u.events, u.users) for u in world.usage),
    }


def _major(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
