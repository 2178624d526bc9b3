"""Cross-team rules about what people can deliver: too much sold, too few hands, the wrong weeks away."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from agents.ceo.rule import Found
from agents.ceo.view import UnseenError, View, united
from agents.figures import clip, refs
from agents.formula import Formula, Part, Term, leaf
from agents.nouns import Deal, Project
from agents.ops.staff import Share, absent_in, shares
from agents.report import Status
from agents.sales.deals import DealBook
from agents.unit import Unit
from agents.wording import plural

NEARLY_FULL = Decimal("0.8")
"""Share of the free hours from which the pipeline is watched."""
LAST_STRETCH = timedelta(days=7)
"""The days before a project's target in which people are missed most."""
LOAD_ROSE = 0.05
"""A rise of work in progress smaller than this is taken for noise."""
ENPS_POINTS = 5
"""A fall of eNPS smaller than this is taken for noise."""


def pipeline_exceeds_capacity(view: View) -> tuple[Found, ...]:
    """The deals that would close bring more work than there are free hours to do it."""
    free = Decimal(str(view.number("ops", "capacity")))
    book = DealBook.of(view.snapshot)
    due = [(deal, chance) for deal in book.open(view.snapshot.as_of) if (chance := _chance(view, book, deal))]
    work = sum((_effort(view, deal) * chance for deal, chance in due), Decimal(0))
    if not work or work <= free * NEARLY_FULL:
        return ()
    over = work > free
    weeks = view.snapshot.policy.capacity_weeks
    return (
        Found(
            Status.ACT if over else Status.WATCH,
            "Likely deals exceed delivery capacity" if over else "Likely deals nearly fill delivery capacity",
            f"{plural(len(due), 'deal')} closing within {weeks} weeks bring {work:,.0f} h weighted; "
            f"{free:,.0f} h are free",
            "Decide how to deliver the deals about to close",
            united([(deal.ref for deal, _ in due), view.metric("ops", "capacity").evidence]),
            stake=_weighted(view, book, due),
            due_on=min(deal.close_on for deal, _ in due if deal.close_on is not None),
        ),
    )


def overload_with_open_roles(view: View) -> tuple[Found, ...]:
    """People are overloaded while the places that would relieve them are empty."""
    used, roles = view.number("ops", "utilisation"), view.number("hr", "open_roles")
    limit = view.snapshot.policy.utilisation_limit
    if used <= limit or roles < 1:
        return ()
    return (
        Found(
            Status.ACT,
            f"Overloaded with {plural(round(roles), 'open role')}: burnout risk",
            f"Utilisation {used:.0%}, limit {limit:.0%}; {plural(round(roles), 'role')} not filled",
            "Take work off the team until the roles are filled",
            view.evidence(("ops", "utilisation"), ("hr", "open_roles")),
            said=view.formula("hr", "open_roles"),
        ),
    )


def offers_lapse_while_short(view: View) -> tuple[Found, ...]:
    """Offers run out while the work they were made for is already late."""
    offers, policy = view.number("hr", "offers_expiring"), view.snapshot.policy
    short = _shortages(view)
    if offers < 1 or not short:
        return ()
    lapsing = plural(round(offers), "offer")
    return (
        Found(
            Status.ACT,
            f"{lapsing} about to lapse while the team is short",
            f"{lapsing} within {policy.offer_days} days; {', '.join(short.values())}",
            "Call the candidates before their offers lapse",
            view.evidence(("hr", "offers_expiring"), *(("ops", key) for key in short)),
            said=view.formula("hr", "offers_expiring"),
        ),
    )


def morale_falls_under_load(view: View) -> tuple[Found, ...]:
    """The team is less happy while more is on its desk."""
    fall = view.step("hr", "enps")
    load = view.growth("ops", "wip")
    if fall > -ENPS_POINTS or load < LOAD_ROSE:
        return ()
    enps, wip = view.number("hr", "enps"), view.number("ops", "wip")
    return (
        Found(
            Status.ACT if enps < 0 else Status.WATCH,
            "Morale falls while the load rises",
            f"eNPS {enps:.0f} ({fall:+.0f}), work in progress {wip:.0f} ({load:+.0%}) in four weeks",
            "Stop starting: finish or drop work in progress",
            view.evidence(("hr", "enps"), ("ops", "wip")),
            said=view.formula("hr", "enps"),
        ),
    )


def absence_at_deadline(view: View) -> tuple[Found, ...]:
    """Many people are away in the last week before a project is due."""
    limit = Fraction(str(view.snapshot.policy.absence_limit))
    found = []
    for project in _due_projects(view):
        assert project.target_on is not None
        start = max(view.today, project.target_on - LAST_STRETCH)
        share = _away(view, start, project.target_on)
        if share.value is not None and share.value > limit:
            found.append(_absence(view, project, project.target_on, share))
    return tuple(sorted(found, key=lambda one: (one.due_on or date.max, one.title)))


def _absence(view: View, project: Project, target: date, share: Formula) -> Found:
    name, limit = clip(project.name, 24), view.snapshot.policy.absence_limit
    assert share.value is not None
    absent = absent_in(view.snapshot, max(view.today, target - LAST_STRETCH), target)
    return Found(
        Status.ACT if share.value > 2 * Fraction(str(limit)) else Status.WATCH,
        f"{name}: people away before the target date",
        f"{float(share.value):.0%} of the hours of the week before {target.isoformat()} are away, "
        f"limit {limit:.0%}; {project.progress:.0%} done",
        f"{name}: move the date or the holidays",
        (project.ref, *refs(absent)),
        due_on=target,
        said=share,
    )


def _shortages(view: View) -> dict[str, str]:
    """How the team is short now, by metric. One sign is enough; that there is none takes both figures."""
    policy = view.snapshot.policy
    found, unknown = {}, []
    for key, limit in (("sla_misses", policy.sla_limit - 1), ("utilisation", policy.utilisation_limit)):
        try:
            value = view.number("ops", key)
        except UnseenError as error:
            unknown.append(error)
            continue
        if value > limit:
            late = plural(round(value), "SLA miss", "SLA misses")
            found[key] = f"{late} this week" if key == "sla_misses" else f"utilisation {value:.0%}"
    if unknown and not found:
        raise unknown[0]
    return found


def _chance(view: View, book: DealBook, deal: Deal) -> Decimal:
    """How likely it closes within the planned weeks: the CRM's probability, 0 if it is not expected to."""
    stage = book.stage_at(deal, view.snapshot.as_of)
    expected = deal.close_on is not None and view.today <= deal.close_on <= view.horizon
    return stage.probability if expected and stage is not None else Decimal(0)


def _weighted(view: View, book: DealBook, due: list[tuple[Deal, Decimal]]) -> Formula:
    """What these deals come to, each amount times its chance and rounded by itself."""
    parts = [
        Part((deal.ref,), amount.times(chance).amount, f"{amount.full()} x {chance:.0%}", deal.ref)
        for deal, chance in due
        if (amount := book.amount(deal)) is not None
    ]
    value, currency = Fraction(sum(part.amount for part in parts)), view.snapshot.currency
    return leaf(Term("deals by their chance", Unit.MONEY, value, currency, read=lambda: parts))


def _effort(view: View, deal: Deal) -> Decimal:
    return deal.effort_hours or Decimal(str(view.snapshot.policy.hours_per_deal))


def _due_projects(view: View) -> list[Project]:
    return [
        project
        for project in view.snapshot.all(Project)
        if project.state in ("planned", "started")
        and project.target_on is not None
        and view.today < project.target_on <= view.horizon
    ]


def _away(view: View, start: date, end: date) -> Formula:
    """Hours away over hours contracted, from `start` up to, not including, `end`."""
    team = shares(view.snapshot, start, end)
    away = _hours("hours away", [(share, share.missing) for share in team if share.missing])
    return away / _hours("hours contracted", [(share, share.contracted) for share in team])


def _hours(name: str, found: list[tuple[Share, Decimal]]) -> Formula:
    parts = [Part(share.refs, Fraction(hours), share.person.name) for share, hours in found]
    value = sum((Fraction(hours) for _, hours in found), Fraction(0))
    return leaf(Term(name, Unit.HOURS, value, read=lambda: parts))
