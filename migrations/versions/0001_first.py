"""The first schema: one table per noun, our own state, and row-level security from the start.

Frozen: it describes the tables as they were when it was written, so it imports nothing of the
program. A column reads `name:type`, `name!:type` in the key, `name?:type` if it may be missing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NOUNS = {
    "customer": "account?:text name:text email?:text created_at:instant",
    "subscription": (
        "contract_id:text customer_id:text account?:text status:text currency:text items:json "
        "discounts:json valid_from:instant valid_to?:instant started_at:instant ended_at?:instant "
        "cancel_at?:instant renews_at?:instant"
    ),
    "invoice": (
        "customer_id:text account?:text number?:text status:text total:money remaining:money "
        "created_at:instant due_at?:instant paid_at?:instant"
    ),
    "payment": (
        "customer_id?:text account?:text invoice_id?:text amount:money refunded:money status:text "
        "failure?:text created_at:instant disputed:flag"
    ),
    "cash_balance": "holder:text day:day balance:money",
    "bank_transaction": "holder:text day:day amount:money category:text counterparty?:text",
    "expense": "day:day category:text vendor?:text amount:money",
    "fx_rate": "day:day base:text quote:text rate:decimal",
    "owner": "name:text email?:text",
    "stage": (
        "pipeline_id:text pipeline:text name:text position:int probability:decimal closed:flag won:flag"
    ),
    "deal": (
        "name:text account?:text owner_id?:text stage_id:text amount?:money created_at:instant "
        "close_on?:day closed_at?:instant stages:json effort_hours?:decimal"
    ),
    "company": "account?:text name:text created_at:instant",
    "contact": (
        "account?:text name:text email?:text channel:text lifecycle:text created_at:instant "
        "customer_at?:instant"
    ),
    "marketing_spend": "day:day channel:text amount:money",
    "content_piece": "title:text channel:text published_on:day visits:int leads:int deals:int",
    "team": "name:text",
    "project": (
        "name:text state:text health?:text progress:decimal target_on?:day started_at?:instant "
        "completed_at?:instant"
    ),
    "cycle": "team_id:text number:int starts_at:instant ends_at:instant progress:decimal",
    "issue": (
        "key:text title:text team_id:text project_id?:text cycle_id?:text assignee?:text "
        "state:text priority:int estimate?:decimal blocked:flag labels:json account?:text "
        "created_at:instant started_at?:instant completed_at?:instant canceled_at?:instant "
        "due_on?:day sla_breaches_at?:instant moves:json"
    ),
    "person": (
        "name:text team:text role:text started_on:day left_on?:day hours:decimal "
        "allocated:decimal monthly_cost?:money"
    ),
    "absence": "person_id:text reason:text starts_on:day ends_on:day",
    "role": (
        "title:text team:text opened_on:day target_on?:day monthly_cost?:money filled_on?:day closed_on?:day"
    ),
    "candidate": "role_id:text name:text stage:text applied_on:day stage_since:day reached:text",
    "offer": (
        "candidate_id:text role_id:text sent_on:day expires_on:day status:text decided_on?:day "
        "monthly_cost?:money"
    ),
    "ticket": (
        "account?:text subject:text severity:int open:flag created_at:instant "
        "first_response_at?:instant closed_at?:instant"
    ),
    "survey_answer": "survey:text account?:text score:int answered_on:day",
    "usage_day": "account:text day:day events:int active_users:int",
}
VERSIONED = {
    "source_state": (
        "source!:text kind!:text synced_at?:instant problem?:text fix?:text problem_at?:instant partial:int"
    ),
    "goal": "id!:text title:text quarter:text weight:real tags:json open:flag",
    "task": (
        "id!:text title:text impact?:money due_on?:day minutes:int demand:int tags:json done:flag "
        "created_at:instant"
    ),
    "energy": "level:int",
    "mute": "id!:text until?:instant",
}
PLAIN = {
    "connection": "source!:text credential?:text base_url?:text options:json",
    "skipped_record": "source!:text kind!:text number!:int place:text why:text",
    "run": (
        "number!:int run_id:text work:text name:text started_at:instant duration_ms:int "
        "success:flag metrics:json error?:text"
    ),
    "briefing": "run_id!:text as_of:instant body:text",
    "change": "number:int",
    "answer": "name!:text key:text as_of:instant body:text",
    "breaker": "source!:text state:json",
    "lease": "name!:text owner:text fence:int expires_at:instant",
}

SPAN = "recorded_at:instant superseded_at:instant"
INDEXES = {"run": "started_at", "briefing": "as_of"}
CHECKS = {"energy": ("level", "level BETWEEN 0 AND 100")}

TYPES = {
    "int": (sa.BigInteger(), sa.Integer()),
    "real": (sa.Double(), sa.REAL()),
    "flag": (sa.Boolean(), sa.Integer()),
    "day": (sa.Date(), sa.Text()),
    "instant": (sa.TIMESTAMP(timezone=True), sa.Text()),
}
"""PostgreSQL's type and the one a STRICT SQLite table knows; all else is TEXT on both."""

TENANT = """
CREATE FUNCTION agentos_tenant() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF coalesce(current_setting('app.tenant', true), '') = '' THEN
    RAISE EXCEPTION 'no tenant is set for this transaction' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN current_setting('app.tenant');
END $$
"""
"""Raises rather than answering with nothing: a forgotten tenant must never look like an empty company."""


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute(TENANT)
    for name, text in NOUNS.items():
        _table(name, f"source!:text id!:text version!:int {text} {SPAN} digest:text")
    for name, text in VERSIONED.items():
        keys, rest = _split(text)
        _table(name, f"{keys} version!:int {rest} {SPAN}")
    for name, text in PLAIN.items():
        _table(name, text)
    if postgres:
        for name in (*NOUNS, *VERSIONED, *PLAIN):
            _protect(name)


def _split(text: str) -> tuple[str, str]:
    words = text.split()
    return " ".join(w for w in words if "!" in w), " ".join(w for w in words if "!" not in w)


def _table(name: str, text: str) -> None:
    parts: list[sa.schema.SchemaItem] = []
    keys = []
    for word in f"tenant_id!:text {text}".split():
        label, kind = word.split(":")
        column = label.rstrip("!?")
        parts += _columns(name, column, kind, null="?" in label)
        keys += [column] if "!" in label else []
    if SPAN in text:
        parts.append(_check(name, "span", "recorded_at <= superseded_at"))
    if name in CHECKS:
        parts.append(_check(name, *CHECKS[name]))
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"), sqlite_strict=True)
    indexed = "superseded_at" if SPAN in text and name != "energy" else INDEXES.get(name)
    if indexed:
        op.create_index(f"ix_{name}_tenant_id", name, ["tenant_id", indexed])


def _columns(table: str, name: str, kind: str, *, null: bool) -> list[sa.schema.SchemaItem]:
    if kind == "money":
        amount, currency = f"{name}_amount", f"{name}_currency"
        rule = (
            f"({amount} IS NULL) = ({currency} IS NULL) AND length({currency}) = 3"
            f" AND {currency} = upper({currency})"
        )
        return [
            *_columns(table, amount, "int", null=null),
            *_columns(table, currency, "text", null=null),
            _check(table, f"{name}_money", rule),
        ]
    postgres, sqlite = TYPES.get(kind, (sa.Text(), sa.Text()))
    typed = postgres.with_variant(sqlite, "sqlite")
    made: list[sa.schema.SchemaItem] = [sa.Column(name, typed, nullable=null, autoincrement=False)]
    if kind == "flag":
        made.append(_check(table, f"{name}_flag", f"{name} IN (0, 1)").ddl_if(dialect="sqlite"))
    return made


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{table}_{name}")


def _protect(name: str) -> None:
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")  # binds the owner too
    op.execute(
        f"CREATE POLICY only_own_tenant ON {name}"
        " USING (tenant_id = agentos_tenant()) WITH CHECK (tenant_id = agentos_tenant())"
    )
