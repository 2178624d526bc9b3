"""The CRM as it was at an earlier instant: later things are gone, properties have their former values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from agentos_cli.demo.company.crm import EURO, Crm, Entity, major, owner_id
from agentos_cli.demo.company.deals import CLOSED_LOST, CLOSED_WON, STAGES
from agentos_cli.demo.company.marks import stamp

Props = dict[str, str | None]


def crm_then(crm: Crm, moment: datetime) -> Crm:
    """The objects that were there at `moment` (aware), as they were, in the hands of those who were there."""
    owners = tuple(owner for owner in crm.owners if owner.started_on <= moment.date()) or crm.owners[:1]
    here = {
        kind: [entity for entity in entities if entity.created_at <= moment]
        for kind, entities in crm.objects.items()
    }
    known = {kind: {entity.id for entity in entities} for kind, entities in here.items()}
    ids = [owner_id(owner) for owner in owners]
    objects = {
        kind: tuple(_entity(kind, entity, moment, known, ids) for entity in entities)
        for kind, entities in here.items()
    }
    bought = {
        company
        for deal in objects["deals"]
        if deal.props["dealstage"] == CLOSED_WON
        for company in deal.links["companies"]
    }
    for company in objects["companies"]:
        if company.props["lifecyclestage"] == "customer" and company.id not in bought:
            company.props["lifecyclestage"] = "opportunity"
    return Crm(objects, owners)


def _entity(
    kind: str, entity: Entity, moment: datetime, known: Mapping[str, set[str]], owners: Sequence[str]
) -> Entity:
    """A copy of one object as it was."""
    history = {
        name: [(value, since) for value, since in way if since <= moment]
        for name, way in entity.history.items()
    }
    props = dict(entity.props)
    for name, way in history.items():
        if way and len(way) < len(entity.history[name]):
            props[name] = way[-1][0]
    changes = [since for way in history.values() for _, since in way]
    updated_at = entity.updated_at if entity.updated_at <= moment else max([entity.created_at, *changes])
    props["lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"] = stamp(updated_at)
    if "hubspot_owner_id" in props and props["hubspot_owner_id"] not in owners:
        props["hubspot_owner_id"] = owners[-1]
    if kind in _FOLLOWS:
        _FOLLOWS[kind](props, stamp(moment))
    links = {
        other: found
        for other, ids in entity.links.items()
        if (found := [id_ for id_ in ids if id_ in known[other]])
    }
    return Entity(entity.id, entity.created_at, updated_at, props, history, links)


def _deal(props: Props, _now: str) -> None:
    """What follows from the stage and the amount."""
    stage, amount = str(props["dealstage"]), str(props["amount"])
    props |= {
        "hs_is_closed": str(STAGES[stage].closed).lower(),
        "hs_is_closed_won": str(stage == CLOSED_WON).lower(),
        "hs_deal_stage_probability": STAGES[stage].probability,
        "closed_lost_reason": props["closed_lost_reason"] if stage == CLOSED_LOST else None,
    }
    if props["deal_currency_code"] != "USD":
        amount = major(round(round(float(amount) * 100) * EURO))
    props["amount_in_home_currency"] = amount


def _contact(props: Props, now: str) -> None:
    for name in ("hs_lifecyclestage_customer_date", "hs_v2_date_entered_customer"):
        if (props[name] or "") > now:
            props[name] = None


def _ticket(props: Props, now: str) -> None:
    if (props["closed_date"] or "") > now:
        props["closed_date"] = None
    if (props["first_agent_reply_date"] or "") > now:
        props["first_agent_reply_date"] = props["time_to_first_agent_reply"] = None


_FOLLOWS = {"deals": _deal, "contacts": _contact, "tickets": _ticket}
