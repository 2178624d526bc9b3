"""What is read of HubSpot: its lists and, of each, the fields and properties that are asked for and kept."""

from __future__ import annotations

from collections.abc import Mapping

from agentos_cli.connectors.hubspot.history import TRACKED
from agentos_cli.connectors.reading import ident
from agentos_cli.contract import Fields, Stream

EFFORT = "effort"
"""The key under which a deal carries the property that the option `effort_property` names."""

_PIPELINE = {"id": "text", "label": "text"}
_STAGE = {"id": "text", "label": "text", "displayOrder": "number"}
_PAST = {"value?": "any", "timestamp": "instant"}
_COMPANIES = {"companies?": {"results": [{"id": "text"}]}}

_OWNER: Fields = {"id": "text", "firstName?": "text", "lastName?": "text", "email?": "text"}
_DEAL_PIPELINE: Fields = {
    **_PIPELINE,
    "stages": [{**_STAGE, "metadata": {"probability": "number", "isClosed?": "flag"}}],
}
_TICKET_PIPELINE: Fields = {
    **_PIPELINE,
    "stages": [{**_STAGE, "metadata": {"ticketState?": "text", "isClosed?": "flag"}}],
}
_COMPANY: Fields = {
    "id": "text",
    "properties": {"name?": "text", "domain?": "text", "createdate": "instant"},
}
_DEAL: Fields = {
    "id": "text",
    "properties": {
        "dealname?": "text",
        "dealstage": "text",
        "amount?": "number",
        "deal_currency_code?": "text",
        "createdate": "instant",
        "closedate?": "instant",
        "hubspot_owner_id?": "text",
    },
    "propertiesWithHistory?": {f"{name}?": [_PAST] for name in TRACKED},
    "associations?": _COMPANIES,
    f"{EFFORT}?": "number",
}
_CONTACT: Fields = {
    "id": "text",
    "properties": {
        "firstname?": "text",
        "lastname?": "text",
        "email?": "text",
        "associatedcompanyid?": "text",
        "hs_analytics_source?": "text",
        "lifecyclestage?": "text",
        "createdate": "instant",
        "hs_v2_date_entered_customer?": "instant",
        "hs_lifecyclestage_customer_date?": "instant",
    },
}
_TICKET: Fields = {
    "id": "text",
    "properties": {
        "subject?": "text",
        "hs_ticket_priority?": "text",
        "hs_pipeline_stage": "text",
        "createdate": "instant",
        "closed_date?": "instant",
        "hs_first_agent_message_sent_at?": "instant",
        "first_agent_reply_date?": "instant",
    },
    "associations?": _COMPANIES,
}

STREAMS: dict[str, Stream] = {
    "owners": Stream(_OWNER, group=ident),
    "deal_pipelines": Stream(_DEAL_PIPELINE, group=None),
    "ticket_pipelines": Stream(_TICKET_PIPELINE, group=None),
    "companies": Stream(_COMPANY, group=None),
    "deals": Stream(_DEAL, group=ident),
    "contacts": Stream(_CONTACT, group=ident),
    "tickets": Stream(_TICKET, group=ident),
}


def properties(stream: str) -> tuple[str, ...]:
    """The names of the properties that are read of an object."""
    declared = STREAMS[stream].fields["properties"]
    assert isinstance(declared, Mapping)
    return tuple(name.rstrip("?") for name in declared)
