"""HubSpot's side of the demo: CRM objects, search, pipelines, owners and associations.

Sources: https://developers.hubspot.com/docs/api/crm/understanding-the-crm, /docs/api/crm/search,
/docs/api/crm/pipelines, /docs/api/crm/owners, /docs/api/crm/associations, /docs/api/error-handling,
/docs/api/usage-details (limits and their headers). Read only.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from agentos_cli.demo.company.crm import Entity, owner_id
from agentos_cli.demo.company.deals import STAGES
from agentos_cli.demo.company.marks import stamp, uuid_of
from agentos_cli.demo.company.world import World
from agentos_cli.demo.exchange import Reply, Request
from agentos_cli.demo.hubspot.search import matches, sort_key

Shape = dict[str, Any]

DEFAULTS = {
    "deals": "amount closedate createdate dealname dealstage hs_lastmodifieddate hs_object_id pipeline",
    "contacts": "createdate email firstname hs_object_id lastmodifieddate lastname",
    "companies": "createdate domain hs_lastmodifieddate hs_object_id name",
    "tickets": "content createdate hs_lastmodifieddate hs_object_id hs_pipeline hs_pipeline_stage"
    " hs_ticket_category hs_ticket_priority subject",
}
SINGULAR = {"deals": "deal", "contacts": "contact", "companies": "company", "tickets": "ticket"}
PLURAL = {one: many for many, one in SINGULAR.items()}
LIST_MOST, HISTORY_MOST, SEARCH_MOST, SEARCH_DEEPEST = 100, 50, 200, 10_000
# https://developers.hubspot.com/docs/api/crm/associations: the unlabelled type of each pair
TYPE_IDS = {
    ("deals", "companies"): 341,
    ("companies", "deals"): 342,
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("tickets", "companies"): 339,
    ("companies", "tickets"): 340,
    ("tickets", "contacts"): 16,
    ("contacts", "tickets"): 15,
}


class HubspotError(Exception):
    """Ends a request with an error of HubSpot's shape."""

    def __init__(self, status: int, message: str, category: str) -> None:
        super().__init__(message)
        self.status = status
        self.category = category


class HubspotSide:
    """Answers as api.hubapi.com would for the demo company."""

    def __init__(self, world: World, key: str) -> None:
        self._world = world
        self._key = key
        self._objects = world.crm.objects
        self._by_id = {kind: {e.id: e for e in entities} for kind, entities in self._objects.items()}
        self._known = {
            kind: {name for e in entities for name in e.props} for kind, entities in self._objects.items()
        }

    def answer(self, request: Request, number: int) -> Reply:
        try:
            if request.bearer != self._key:
                return self.refusal("unauthorized", number)
            status, body = self._route(request)
        except HubspotError as error:
            return self._error(error.status, str(error), error.category, number)
        return Reply(status, body, _limits(number))

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        if kind == "ratelimit":
            reply = self._error(
                429, "You have reached your ten_secondly_rolling limit.", "RATE_LIMITS", number
            )
            body = reply.body | {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
            headers = {"X-HubSpot-RateLimit-Remaining": "0"}
            headers |= {"Retry-After": str(wait)} if wait is not None else {}
            return Reply(429, body, {**reply.headers, **headers})
        if kind == "unauthorized":
            text = (
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can"
                " find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
            )
            return self._error(401, text, "INVALID_AUTHENTICATION", number)
        if kind == "expired":
            text = "The OAuth token used to make this call expired 12 hour(s) ago."
            return self._error(401, text, "EXPIRED_AUTHENTICATION", number)
        return self._error(status, "internal error, as ordered", "INTERNAL_ERROR", number)

    def _error(self, status: int, message: str, category: str, number: int) -> Reply:
        body = {
            "status": "error",
            "message": message,
            "correlationId": uuid_of("hubspot", number),
            "category": category,
        }
        return Reply(status, body, _limits(number))

    def _route(self, request: Request) -> tuple[int, Shape]:
        if request.method == "GET":
            return 200, self._read(request)
        match request.path.strip("/").split("/"):
            case ["crm", "v3", "objects", name, "search"]:
                return 200, self._search(request, _plural(name))
            case ["crm", "v3", "objects", name, "batch", "read"]:
                return self._batch(request, _plural(name))
            case ["crm", "v4", "associations", one, other, "batch", "read"]:
                return self._associations(request, _plural(one), _plural(other))
        raise HubspotError(404, "resource not found", "OBJECT_NOT_FOUND")

    def _read(self, request: Request) -> Shape:
        match request.path.strip("/").split("/"):
            case ["crm", "v3", "objects", name]:
                return self._list(request, _plural(name))
            case ["crm", "v3", "objects", name, id_]:
                return self._one(request, _plural(name), id_)
            case ["crm", "v3", "pipelines", name]:
                return {"results": [_pipeline(self._world, _plural(name))]}
            case ["crm", "v3", "owners"]:
                return self._owners(request)
            case ["account-info", "v3", "details"]:
                return _account()
        raise HubspotError(404, "resource not found", "OBJECT_NOT_FOUND")

    def _list(self, request: Request, kind: str) -> Shape:
        most = HISTORY_MOST if _names(request, "propertiesWithHistory") else LIST_MOST
        limit = _limit(request.first("limit"), most)
        entities: Sequence[Entity] = self._objects[kind]
        if request.first("archived") == "true":
            entities = ()
        page, after = _page(entities, request, limit, lambda entity: entity.id)
        shaped = [self._shape(kind, entity, request) for entity in page]
        return _paged(shaped, after, request)

    def _one(self, request: Request, kind: str, id_: str) -> Shape:
        entity = self._by_id[kind].get(id_)
        if entity is None:
            raise HubspotError(404, "resource not found", "OBJECT_NOT_FOUND")
        return self._shape(kind, entity, request)

    def _shape(self, kind: str, entity: Entity, request: Request) -> Shape:
        shape = self._bare(kind, entity, _names(request, "properties"))
        if wanted := _names(request, "propertiesWithHistory"):
            shape["propertiesWithHistory"] = self._histories(kind, entity, wanted)
        if others := [_plural(name) for name in _names(request, "associations")]:
            found = {other: self._links(kind, entity, other) for other in others if entity.links.get(other)}
            if found:
                shape["associations"] = found
        return shape

    def _bare(self, kind: str, entity: Entity, names: Sequence[str]) -> Shape:
        """The object with the properties asked for; unknown ones are left out, empty ones are null."""
        always = (
            "createdate",
            "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate",
            "hs_object_id",
        )
        wanted = [*(names or DEFAULTS[kind].split()), *always]
        known = self._known[kind]
        return {
            "id": entity.id,
            "properties": {name: entity.props.get(name) for name in dict.fromkeys(wanted) if name in known},
            "createdAt": stamp(entity.created_at),
            "updatedAt": stamp(entity.updated_at),
            "archived": False,
        }

    def _histories(self, kind: str, entity: Entity, names: Sequence[str]) -> Shape:
        """Every value that the properties had, newest first."""
        found: Shape = {}
        for name in names:
            if name not in self._known[kind]:
                continue
            value = entity.props.get(name)
            past = entity.history.get(name) or ([(value, entity.created_at)] if value is not None else [])
            found[name] = [
                {
                    "value": value,
                    "timestamp": stamp(moment),
                    "sourceType": "CRM_UI",
                    "sourceId": "userId:77000013",
                }
                for value, moment in reversed(past)
            ]
        return found

    def _links(self, kind: str, entity: Entity, other: str) -> Shape:
        """HubSpot names each association twice: by its label and without one."""
        type_ = f"{SINGULAR[kind]}_to_{SINGULAR[other]}"
        return {
            "results": [
                {"id": id_, "type": name}
                for id_ in entity.links.get(other, [])
                for name in (type_, f"{type_}_unlabeled")
            ]
        }

    def _search(self, request: Request, kind: str) -> Shape:
        """https://developers.hubspot.com/docs/api/crm/search: `after` is an offset, 10,000 at most."""
        query = _json(request)
        limit = _limit(query.get("limit"), SEARCH_MOST)
        start = 0 if request.loop else _offset(query.get("after"))
        if start + limit > SEARCH_DEEPEST:
            raise HubspotError(
                400, f"The requested page exceeds the limit of {SEARCH_DEEPEST}.", "VALIDATION_ERROR"
            )
        found = [entity for entity in self._objects[kind] if matches(entity, query.get("filterGroups", []))]
        for order in reversed(query.get("sorts", [])[:1]):
            name = order if isinstance(order, str) else order.get("propertyName", "")
            descending = not isinstance(order, str) and order.get("direction") == "DESCENDING"
            found.sort(key=lambda entity: sort_key(entity.props.get(name)), reverse=descending)
        page = [
            self._bare(kind, entity, query.get("properties", [])) for entity in found[start : start + limit]
        ]
        answer: Shape = {"total": len(found), "results": page}
        if request.loop or start + limit < len(found):
            answer["paging"] = {"next": {"after": str(start + limit)}}
        return answer

    def _batch(self, request: Request, kind: str) -> tuple[int, Shape]:
        query = _json(request)
        ids = [str(entry.get("id")) for entry in query.get("inputs", [])]
        most = HISTORY_MOST if query.get("propertiesWithHistory") else LIST_MOST
        if len(ids) > most:
            raise HubspotError(400, f"The maximum batch size is {most}.", "VALIDATION_ERROR")
        known = self._by_id[kind]
        results = [self._bare(kind, known[id_], query.get("properties", [])) for id_ in ids if id_ in known]
        if names := query.get("propertiesWithHistory"):
            for shape in results:
                shape["propertiesWithHistory"] = self._histories(kind, known[shape["id"]], names)
        missing = [id_ for id_ in ids if id_ not in known]
        return self._completed(results, missing)

    def _associations(self, request: Request, kind: str, other: str) -> tuple[int, Shape]:
        ids = [str(entry.get("id")) for entry in _json(request).get("inputs", [])]
        type_ = {"category": "HUBSPOT_DEFINED", "typeId": TYPE_IDS.get((kind, other), 1), "label": None}
        found = {id_: self._by_id[kind][id_].links.get(other, []) for id_ in ids if id_ in self._by_id[kind]}
        results = [
            {
                "from": {"id": id_},
                "to": [{"toObjectId": int(to), "associationTypes": [type_]} for to in others],
            }
            for id_, others in found.items()
            if others
        ]
        return self._completed(results, [id_ for id_ in ids if not found.get(id_)])

    def _completed(self, results: list[Shape], missing: list[str]) -> tuple[int, Shape]:
        """A batch answer: 207 with the errors beside, where some were not found."""
        moment = stamp(self._world.as_of)
        body: Shape = {"status": "COMPLETE", "results": results, "startedAt": moment, "completedAt": moment}
        if missing:
            error = {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": "Could not get some objects, they may be deleted or not exist.",
                "context": {"ids": missing},
            }
            body |= {"numErrors": 1, "errors": [error]}
        return (207 if missing else 200), body

    def _owners(self, request: Request) -> Shape:
        owners = () if request.first("archived") == "true" else self._world.crm.owners
        page, after = _page(owners, request, _limit(request.first("limit"), LIST_MOST), owner_id)
        shaped = [
            {
                "id": owner_id(owner),
                "email": owner.email,
                "type": "PERSON",
                "firstName": owner.given,
                "lastName": owner.family,
                "userId": int(owner_id(owner)) + 1,
                "userIdIncludingInactive": int(owner_id(owner)) + 1,
                "createdAt": f"{owner.started_on}T09:00:00.000Z",
                "updatedAt": f"{owner.started_on}T09:00:00.000Z",
                "archived": False,
            }
            for owner in page
        ]
        return _paged(shaped, after, request)


def _plural(name: str) -> str:
    """`deals` for `deals`, `deal` and the object type number `0-3`."""
    numbered = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets"}
    kind = PLURAL.get(name.lower(), numbered.get(name, name.lower()))
    if kind not in DEFAULTS:
        raise HubspotError(400, f"Unable to infer object type from: {name}", "VALIDATION_ERROR")
    return kind


def _names(request: Request, parameter: str) -> list[str]:
    """A list given with commas or by repeating the parameter."""
    return [
        name.strip()
        for value in request.query.get(parameter, [])
        for name in value.split(",")
        if name.strip()
    ]


def _limit(given: str | int | None, most: int) -> int:
    if given is None:
        return 10
    try:
        limit = int(given)
    except ValueError:
        raise HubspotError(400, f"Invalid limit: {given}", "VALIDATION_ERROR") from None
    if not 1 <= limit <= most:
        text = f"Invalid input JSON: limit must be between 1 and {most} (it is {limit})"
        raise HubspotError(400, text, "VALIDATION_ERROR")
    return limit


def _offset(given: Any) -> int:
    if given in (None, ""):
        return 0
    if not str(given).isdecimal():
        raise HubspotError(400, f"Invalid paging cursor: {given}", "VALIDATION_ERROR")
    return int(given)


def _page(
    entities: Sequence[Any], request: Request, limit: int, id_of: Callable[[Any], str]
) -> tuple[list[Any], str | None]:
    """The objects after the cursor, and the next cursor; with a loop ordered always the first page."""
    cursor = 0 if request.loop else _offset(request.first("after"))
    start = bisect_right(entities, cursor, key=lambda entity: int(id_of(entity)))
    page = list(entities[start : start + limit])
    more = request.loop or start + limit < len(entities)
    return page, id_of(page[-1]) if more and page else None


def _paged(results: list[Shape], after: str | None, request: Request) -> Shape:
    shape: Shape = {"results": results}
    if after is not None:
        link = f"https://api.hubapi.com{request.path}?limit={len(results)}&after={after}"
        shape["paging"] = {"next": {"after": after, "link": link}}
    return shape


def _json(request: Request) -> Shape:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise HubspotError(400, "Invalid input JSON on line 1, column 1", "VALIDATION_ERROR") from None
    if not isinstance(body, dict):
        raise HubspotError(400, "Invalid input JSON: expected an object", "VALIDATION_ERROR")
    return body


def _limits(number: int) -> Mapping[str, str]:
    """A private app may make 190 requests in ten seconds; the demo counts and never refuses by itself."""
    return {
        "X-HubSpot-RateLimit-Daily": "650000",
        "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, 650_000 - number)),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Max": "190",
        "X-HubSpot-RateLimit-Remaining": str(189 - number % 100),
        "X-HubSpot-Correlation-Id": uuid_of("hubspot", number),
    }


def _pipeline(world: World, kind: str) -> Shape:
    if kind not in ("deals", "tickets"):
        raise HubspotError(400, f"{kind} have no pipelines here", "VALIDATION_ERROR")
    made = stamp(_opened(world))
    dates = {"createdAt": made, "updatedAt": made, "archived": False}
    if kind == "deals":
        stages = [
            {
                "label": stage.label,
                "displayOrder": n,
                "metadata": {"isClosed": str(stage.closed).lower(), "probability": stage.probability},
                "id": key,
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
                **dates,
            }
            for n, (key, stage) in enumerate(STAGES.items())
        ]
        return {"label": "Sales Pipeline", "displayOrder": 0, "id": "default", "stages": stages, **dates}
    stages = [
        {
            "label": label,
            "displayOrder": n,
            "metadata": {"isClosed": str(state == "CLOSED").lower(), "ticketState": state},
            "id": str(n + 1),
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            **dates,
        }
        for n, (label, state) in enumerate(
            (("New", "OPEN"), ("Waiting on contact", "OPEN"), ("Waiting on us", "OPEN"), ("Closed", "CLOSED"))
        )
    ]
    return {"label": "Support Pipeline", "displayOrder": 0, "id": "0", "stages": stages, **dates}


def _opened(world: World) -> datetime:
    """When the account was opened: before its first deal."""
    return min(deal.created_at for deal in world.crm.objects["deals"]) - timedelta(days=30)


def _account() -> Shape:
    return {
        "portalId": 4_815_162,
        "accountType": "STANDARD",
        "timeZone": "US/Eastern",
        "companyCurrency": "USD",
        "additionalCurrencies": ["EUR"],
        "utcOffset": "-05:00",
        "utcOffsetMilliseconds": -18_000_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
