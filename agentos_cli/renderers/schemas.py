"""The JSON Schema of every document, made from its shape. Only `agentos schema` and tests pay for it."""

from __future__ import annotations

from agentos_cli.renderers.cohorts import CohortsDocument
from agentos_cli.renderers.connector import ConnectorDocument
from agentos_cli.renderers.drifted import DriftDocument
from agentos_cli.renderers.events import SHAPES as EVENTS
from agentos_cli.renderers.explain import ExplainDocument
from agentos_cli.renderers.exported import ExportDocument
from agentos_cli.renderers.forecasts import SHAPES as FORECASTS
from agentos_cli.renderers.found import SHAPES as FOUND
from agentos_cli.renderers.heartbeat import SHAPES as HEARTBEAT
from agentos_cli.renderers.history import HistoryDocument
from agentos_cli.renderers.ideas import SHAPES as IDEAS
from agentos_cli.renderers.knowledge import SHAPES as KNOWLEDGE
from agentos_cli.renderers.listings import SHAPES
from agentos_cli.renderers.logged import SHAPES as LOGGED
from agentos_cli.renderers.migration import SHAPES as MIGRATION
from agentos_cli.renderers.models import SHAPES as MODELS
from agentos_cli.renderers.movements import MovementsDocument
from agentos_cli.renderers.notify import SHAPES as NOTIFY
from agentos_cli.renderers.schedules import SHAPES as SCHEDULES
from agentos_cli.renderers.sessions import SHAPES as SESSIONS
from agentos_cli.renderers.shapes import BriefDocument, DecisionDocument, FindingDocument, ReportDocument
from agentos_cli.renderers.skills import SHAPES as SKILLS
from agentos_cli.renderers.wakers import SHAPES as WAKERS
from agentos_cli.renderers.what_if_document import WhatIfDocument
from agentos_cli.renderers.workspace import SHAPES as WORKSPACE

SCHEMAS: dict[str, type] = {
    "brief": BriefDocument,
    "next": DecisionDocument,
    "report": ReportDocument,
    "finding": FindingDocument,
    "explain": ExplainDocument,
    "cohorts": CohortsDocument,
    "connector": ConnectorDocument,
    "history": HistoryDocument,
    "export": ExportDocument,
    "drift": DriftDocument,
    "what_if": WhatIfDocument,
    "movements": MovementsDocument,
    **SHAPES,
    **FORECASTS,
    **HEARTBEAT,
    **SCHEDULES,
    **LOGGED,
    **NOTIFY,
    **EVENTS,
    **MIGRATION,
    **WAKERS,
    **WORKSPACE,
    **KNOWLEDGE,
    **FOUND,
    **MODELS,
    **SKILLS,
    **IDEAS,
    **SESSIONS,
}
"""Document name to its shape. The name is also in the document: `brief` says `agentos.brief/1`."""


def schema(name: str) -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of a document. KeyError for a name that is not in `SCHEMAS`."""
    from pydantic import TypeAdapter  # slow to import

    made: dict[str, object] = TypeAdapter(SCHEMAS[name]).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"agentos.{name}/1", **made}
