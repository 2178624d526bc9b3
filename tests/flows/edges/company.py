"""A small company made of vendor payloads, served on loopback and read the way a user's is.

A `Company` is what Stripe and HubSpot would answer and what lies in the folder of CSV files; `reading` serves
it, connects, reads it and gives the program, whose documents are what is tested.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agentos_cli.app import App
from agentos_cli.config import model
from agentos_cli.config.load import Loaded
from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.sync import SyncOutcome
from tests.connectors import stripe_shapes, test_hubspot
from tests.connectors.vendor import Shape, Vendor
from tests.flows import street

ZONE = "America/New_York"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""Saturday 21 November 2026, 7:00 in New York."""
KEYS = {"stripe": "rk_live_edges", "hubspot": "pat-edges"}
STALE_FILES = datetime(2026, 11, 18, 12, tzinfo=UTC)

Rows = Sequence[Shape]
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Company:
    """What the vendors answer and the files hold. None: that source is not connected at all."""

    stripe: Mapping[str, Rows] | None = field(default_factory=dict)
    hubspot: Mapping[str, Rows] | None = None
    files: Mapping[str, str] | None = None
    zone: str = ZONE
    currency: str = "USD"
    key: str = KEYS["stripe"]
    written: datetime | None = None


def in_test_mode(shape: Shape) -> Shape:
    """The object as an account's test mode has it; all others are served as live ones."""
    return shape | {"livemode": "test"}


def _moded(rows: Rows) -> Rows:
    return [row | {"livemode": row.get("livemode") != "test"} for row in rows]


def moment(text: str, zone: str = ZONE) -> int:
    """Epoch seconds of a wall time in a zone: `2026-10-31T23:30`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def iso(text: str, zone: str = ZONE) -> str:
    """The same as HubSpot writes it."""
    return datetime.fromtimestamp(moment(text, zone), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def opened(company: Company, home: Path, now: datetime = NOW) -> Iterator[App]:
    """The program with the company's sources connected, none of them read yet."""
    given: Mapping[str, Rows] = {"customers": (), **(company.stripe or {})}
    served: dict[str, Any] = {name: _moded(rows) for name, rows in given.items()}
    stripe = stripe_shapes.routes(None, **served)
    asked: dict[str, Any] = dict(company.hubspot or {})
    hubspot = test_hubspot.routes(None, **asked)
    balance = {"/v1/balance": lambda _: stripe_shapes.example("balance", livemode="live" in company.key)}
    with Vendor(stripe | balance) as first, Vendor(hubspot) as second:
        app = _house(company, home, now)
        urls = {"stripe": first.url, "hubspot": second.url}
        for name, url in urls.items():
            if getattr(company, name) is not None:
                key = company.key if name == "stripe" else KEYS[name]
                _connect(app, name, key, url, {})
        if company.files is not None:
            _connect(app, "files", None, None, {"folder": str(_folder(company, home, now))})
        yield app


@contextmanager
def reading(company: Company, home: Path, now: datetime = NOW) -> Iterator[App]:
    """The same once everything was read."""
    with opened(company, home, now) as app:
        outcomes = read(app)
        assert [(o.source, o.problem) for o in outcomes if not o.ok] == []
        yield app


def read(app: App) -> tuple[SyncOutcome, ...]:
    return app.sync(None, force=True)


def later(app: App, now: datetime) -> App:
    """The same program at another instant."""
    return replace(app, clock=lambda: now)


def _house(company: Company, home: Path, now: datetime) -> App:
    made = street.house(home, now)
    settings = model.Settings(company=model.Company("Edge", company.currency, company.zone))
    return replace(made, loaded=Loaded(settings, {}, (), repr(settings)))


def _connect(app: App, name: str, key: str | None, url: str | None, options: Mapping[str, str]) -> None:
    app.sources.connect(
        CATALOGUE[name],
        secret=key,
        reference=None,
        keep_in="file",
        base_url=url,
        options=options,
        check=False,
    )


def _folder(company: Company, home: Path, now: datetime) -> Path:
    folder = home / "files"
    folder.mkdir(parents=True)
    stamp = (company.written or now).timestamp()
    for name, text in (company.files or {}).items():
        path = folder / f"{name}.csv"
        path.write_text(
            "\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8"
        )
        os.utime(path, (stamp, stamp))
    return folder


# ── what the program says ────────────────────────────────────────────────────────────────────────


def figures(app: App, *agents: str) -> dict[str, Any]:
    """Every figure of these agents' reports by key."""
    return {item["key"]: item for name in agents for item in app.desk.report(name)["metrics"]}


def said(item: Any) -> Any:
    """What a figure says: its value, or why there is none."""
    return item["absent"] if item["value"] is None else item["value"]
