"""The CRM as it was at an earlier instant: later things are gone, properties have their former values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agentos_cli.demo.company.crm import EURO, Crm, Entity, major, owner_id
from agentos_cli.demo.company.deals import CLOSED_LOST, CLOSED_WON, STAGES
from agentos_cli.demo.company.marks import at, stamp

Props = dict[str, str | None]


def crm_then(crm: Crm, moment: datetime) -> Crm:
    """The objects that were there at `moment` (aware), as they were, in the hands of those who were there."""
    owners = tuple(owner for owner in crm.owners if owner.started_on <= moment.date()) or crm.owners[:1]
    here = {
        kind: [entity for entity in entities if entity.created_at <= moment]
        for kind, entities in crm.objects.items()
    }
    known = {kind: {entity.id for entity in entities} for kind, entities in here.items()}
    hands = _Hands({owner_id(each): at(each.started_on) for each in crm.owners}, moment)
    objects = {
        kind: tuple(_entity(kind, entity, moment, known, hands) for entity in entities)
        for kind, entities in here.items()
    }
    bought = {
        company: deal.history["dealstage"][-1][1]
        for deal in objects["deals"]
        if deal.props["dealstage"] == CLOSED_WON
        for company in deal.links["companies"]
    }
    for company in objects["companies"]:
        if company.id in bought:
            _modify("companies", company, bought[company.id])
        elif company.props["lifecyclestage"] == "customer":
            company.props["lifecyclestage"] = "opportunity"
    return Crm(objects, owners)


@dataclass(frozen=True, slots=True)
class _Hands:
    """Who owns what at `moment`: `came` says when each owner began, in the order of the owners."""

    came: Mapping[str, datetime]
    moment: datetime

    def take(self, kind: str, entity: Entity) -> None:
        """Until its owner came an object was in the hands of the last of those who were there."""
        owner = entity.props.get("hubspot_owner_id")
        if owner is None:
            return
        here = [id_ for id_, since in self.came.items() if since <= self.moment] or list(self.came)[:1]
        if owner not in here:
            entity.props["hubspot_owner_id"] = here[-1]
        until = min(self.moment, self.came[owner])
        for since in self.came.values():
            if entity.created_at < since <= until:
                _modify(kind, entity, since)


def _modify(kind: str, entity: Entity, moment: datetime) -> None:
    """Note that an object was changed at `moment`, unless it was changed since."""
    entity.updated_at = max(entity.updated_at, moment)
    modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
    entity.props[modified] = stamp(entity.updated_at)


def _entity(
    kind: str, entity: Entity, moment: datetime, known: Mapping[str, set[str]], hands: _Hands
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
    if kind in _FOLLOWS:
        _FOLLOWS[kind](props, stamp(moment))
    links = {
        other: found
        for other, ids in entity.links.items()
        if (found := [id_ for id_ in ids if id_ in known[other]])
    }
    made = Entity(entity.id, entity.created_at, entity.created_at, props, history, links)
    changes = [since for way in history.values() for _, since in way]
    _modify(
        kind, made, entity.updated_at if entity.updated_at <= moment else max([entity.created_at, *changes])
    )
    hands.take(kind, made)
    return made


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
