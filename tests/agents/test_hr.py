"""The hr agent on people, roles, candidates and offers whose figures are known by hand."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from agents.hr import AGENT
from agents.money import Money
from agents.nouns import Absence, Candidate, Noun, Offer, SurveyAnswer
from agents.policy import Policy
from agents.report import Report, Status
from tests.agents.build import (
    TODAY,
    absence,
    back,
    candidate,
    figure,
    offer,
    person,
    role,
    snapshot,
    sources,
    survey_answer,
    usd,
)

POLICY = Policy()


def report(*records: Noun, policy: Policy = POLICY) -> Report:
    return AGENT.analyse(snapshot(*records, policy=policy))


# ── people ───────────────────────────────────────────────────────────────────────────────────────


def test_headcount_on_any_day() -> None:
    metric = figure(
        report(
            person("a"),
            person("new", started_on=TODAY),
            person("gone", left_on=back(10)),
            person("p", left_on=TODAY),
        ),
        "headcount",
    )
    assert (metric.value, metric.previous) == (2, 2)
    assert metric.series == (3, 3, 3, 3, 3, 2, 2)  # six to two weeks ago the one who left was still here


@pytest.mark.parametrize(
    ("started", "left", "joined", "gone"),
    [
        (TODAY, None, 1, 0),
        (back(89), None, 1, 0),
        (back(90), None, 0, 0),
        (back(-1), None, 0, 0),
        (back(400), TODAY, 0, 1),
        (back(400), back(-1), 0, 0),
        (back(400), back(90), 0, 0),
    ],
)
def test_joiners_and_leavers_of_90_days(started: date, left: date | None, joined: int, gone: int) -> None:
    found = report(person("a", started_on=started, left_on=left))
    assert (figure(found, "joiners").value, figure(found, "leavers").value) == (joined, gone)


@pytest.mark.parametrize(
    ("records", "value", "note"),
    [
        ([person("a"), person("b")], 0.0, "0 of 2.0 on average"),
        ([person("a"), person("b", left_on=TODAY)], 365 / 729, "1 of 2.0 on average"),
        ([person("a"), person("b", left_on=back(364))], 1.0, "1 of 1.0 on average"),
        ([person("a"), person("b", left_on=back(365))], 0.0, "0 of 1.0 on average"),
        ([person("a", started_on=back(72), left_on=TODAY)], 365 / 72, "1 of 0.2 on average"),
        ([person("a"), person("b", started_on=back(-9))], 0.0, "0 of 1.0 on average"),
    ],
)
def test_attrition_is_leavers_over_the_average_headcount(
    records: list[Noun], value: float, note: str
) -> None:
    metric = figure(report(*records), "attrition")
    assert metric.value == pytest.approx(value)
    assert metric.note == note


def test_attrition_without_people_is_not_zero() -> None:
    assert figure(report(), "attrition").absent == "n/a: nobody was here in a year"


def test_everybody_away_is_all_of_the_days() -> None:
    away = [absence(f"x{name}", name, back(4), back(-30)) for name in "ab"]
    metric = figure(report(person("a"), person("b"), *away), "absence_rate")
    assert (metric.value, metric.note, metric.status) == (1.0, "20 of 20 days, next 2 weeks", Status.ACT)


def test_payroll_is_what_is_known_of_those_present() -> None:
    found = report(
        person("a", monthly_cost=usd(5000)),
        person("b"),
        person("c", monthly_cost=Money.of(9, "EUR")),
        person("d", monthly_cost=usd(100), left_on=TODAY),
    )
    metric = figure(found, "payroll")
    assert metric.value == usd(5000)
    assert metric.partial == "2 people without cost"
    assert (metric.previous, metric.series) == (None, ())


def test_payroll_nobody_wrote_down_is_no_data() -> None:
    metric = figure(report(person("a")), "payroll")
    assert (metric.value, metric.absent, metric.status) == (None, "no data", Status.NONE)


@pytest.mark.parametrize(
    ("days", "rate", "status"),
    [(0, 0.0, Status.OK), (3, 0.15, Status.OK), (4, 0.2, Status.WATCH), (7, 0.35, Status.ACT)],
)
def test_absence_of_the_next_ten_working_days(days: int, rate: float, status: Status) -> None:
    """Two people make 20 person-days; a weekend in between costs none."""
    end = TODAY + timedelta(days + (2 if days > 5 else 0))
    found = report(person("a"), person("b"), absence("x", "a", TODAY, end))
    metric = figure(found, "absence_rate")
    assert (metric.value, metric.status) == (rate, status)
    assert ("absence_high" in {a.rule for a in found.alerts}) is (status is not Status.OK)


def test_absence_without_people_is_not_zero() -> None:
    metric = figure(report(), "absence_rate")
    assert (metric.value, metric.absent) == (None, "n/a: nobody is here")


def answers(happy: int, passive: int, unhappy: int) -> list[SurveyAnswer]:
    scores = [9] * happy + [8] * passive + [6] * unhappy
    return [survey_answer(f"s{n}", score, survey="enps") for n, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("asked", "score", "note", "status"),
    [
        (answers(60, 25, 15), 45, "n=100, ±15", Status.OK),  # worked example 13
        (answers(3, 4, 4), -9, "n=11, ±47", Status.ACT),
        (answers(1, 0, 2), -33, "n=3, few answers", Status.WATCH),
        (answers(0, 4, 4), -50, "n=8, few answers", Status.WATCH),
        (answers(5, 0, 5), 0, "n=10, ±62", Status.OK),
    ],
)
def test_enps(asked: list[SurveyAnswer], score: int, note: str, status: Status) -> None:
    found = report(*asked, survey_answer("customer", 0))
    metric = figure(found, "enps")
    assert (metric.value, metric.note, metric.status) == (score, note, status)
    assert ("enps_negative" in {a.rule for a in found.alerts}) is (score < 0)


def test_enps_forgets_old_answers() -> None:
    old = survey_answer("a", 10, survey="enps", answered_on=back(180))
    assert figure(report(old), "enps").absent == "n/a: no answer in 180 days"


# ── hiring ───────────────────────────────────────────────────────────────────────────────────────


def test_open_roles_on_any_day() -> None:
    found = report(
        role("a", opened_on=back(70), target_on=back(2)),
        role("b", opened_on=back(10)),
        role("c", opened_on=back(70), filled_on=back(3)),
        role("d", opened_on=back(70), closed_on=TODAY),
        role("e", opened_on=back(-3)),
    )
    metric = figure(found, "open_roles")
    assert (metric.value, metric.previous, metric.note) == (2, 4, "1 past target")
    age = figure(found, "open_role_age")
    assert (age.value, age.note, age.status) == (40.0, "oldest 70 d", Status.OK)


def test_what_open_roles_would_cost() -> None:
    found = report(
        role("a", monthly_cost=usd(7000)),
        role("b", monthly_cost=usd("6500.50"), filled_on=back(3)),
        role("c"),
    )
    metric = figure(found, "open_roles_cost")
    assert (metric.value, metric.previous) == (usd(7000), usd("13500.50"))
    assert (metric.note, metric.partial) == ("a month, 1 role", "1 role without cost")
    assert figure(report(role("c")), "open_roles_cost").absent == "no data"
    assert figure(report(), "open_roles_cost").value == usd(0)


@pytest.mark.parametrize(("days", "raised"), [(60, False), (61, True)])
def test_a_role_open_for_long_is_raised(days: int, raised: bool) -> None:
    found = report(role("a", opened_on=back(days)), candidate("c", role_id="a"))
    assert [a.rule for a in found.alerts] == (["roles_open_long"] if raised else [])


def test_candidates_by_stage_and_pass_through() -> None:
    found = report(
        candidate("a", stage="applied"),
        candidate("b", stage="screen"),
        candidate("c", stage="interview"),
        candidate("d", stage="hired"),
        candidate("e", stage="rejected", reached="screen"),
        candidate("f", stage="withdrawn", reached="applied"),
        candidate("g", stage="rejected", reached="rejected"),
    )
    assert [figure(found, f"stage_{s}").value for s in ("applied", "screen", "interview", "final")] == [
        1,
        1,
        1,
        0,
    ]
    assert figure(found, "pass_through_applied").value == 0.8  # b c d e of b c d e f
    assert figure(found, "pass_through_screen").note == "2 of 3"
    assert figure(found, "pass_through_offer").value == 1.0
    assert figure(found, "stage_applied").series == ()


def test_pass_through_without_a_decision_is_not_zero() -> None:
    metric = figure(report(candidate("a", stage="applied")), "pass_through_applied")
    assert (metric.value, metric.absent) == (None, "n/a: nobody decided")


def test_time_to_hire_ends_when_the_offer_is_accepted() -> None:
    found = report(
        candidate("a", stage="hired", applied_on=back(60), stage_since=back(1)),
        offer("o", candidate_id="a", status="accepted", decided_on=back(20)),
        candidate("b", stage="hired", applied_on=back(30), stage_since=back(10)),
        candidate("old", stage="hired", applied_on=back(900), stage_since=back(500)),
    )
    metric = figure(found, "time_to_hire")
    assert (metric.value, metric.note) == (30.0, "median of 2")
    assert metric.series == (None, None, None, None, 40.0, 30.0, 30.0)  # nobody, one, both


def test_time_to_fill_is_of_roles_filled_in_the_year() -> None:
    found = report(
        role("a", opened_on=back(50), filled_on=back(10)),
        role("b", opened_on=back(400), filled_on=back(364)),
        role("old", opened_on=back(800), filled_on=back(365)),
        role("open", opened_on=back(90)),
        role("given up", opened_on=back(90), closed_on=back(1)),
    )
    metric = figure(found, "time_to_fill")
    assert (metric.value, metric.note) == (38.0, "median of 2")
    assert figure(report(), "time_to_fill").absent == "n/a: no role filled in a year"


def test_an_offer_holds_until_midnight_of_the_company() -> None:
    """It is the 23rd in New York, the 24th already on Kiritimati: the offer of the 23rd has lapsed there."""
    last = offer("o", expires_on=TODAY)
    here = AGENT.analyse(snapshot(last))
    there = AGENT.analyse(snapshot(last, zone=ZoneInfo("Pacific/Kiritimati")))
    assert (figure(here, "offers_expiring").value, figure(here, "offer_acceptance").partial) == (1, None)
    assert figure(there, "offers_expiring").value == 0
    assert figure(there, "offer_acceptance").partial == "1 offer lapsed without an outcome"


def test_offer_acceptance_counts_what_was_decided() -> None:
    found = report(
        offer("a", status="accepted", decided_on=back(5)),
        offer("b", status="declined", decided_on=back(5)),
        offer("c", status="expired", expires_on=back(9)),
        offer("d", status="pending"),
        offer("e", status="pending", expires_on=back(1), sent_on=back(9)),
        offer("f", status="accepted", decided_on=back(366)),
    )
    metric = figure(found, "offer_acceptance")
    assert (metric.value, metric.note) == (1 / 3, "1 of 3")
    assert metric.partial == "1 offer lapsed without an outcome"


@pytest.mark.parametrize(
    ("ahead", "value", "status"),
    [
        (-1, 0, Status.OK),
        (0, 1, Status.ACT),
        (2, 1, Status.ACT),
        (3, 1, Status.WATCH),
        (5, 1, Status.WATCH),
        (6, 0, Status.OK),
    ],
)
def test_offers_expiring(ahead: int, value: int, status: Status) -> None:
    found = report(offer("o", expires_on=back(-ahead)))
    metric = figure(found, "offers_expiring")
    assert (metric.value, metric.status) == (value, status)
    assert bool(found.alerts) is bool(found.recommendations) is bool(value)


def test_an_offer_answered_since_was_pending_a_week_ago() -> None:
    answered = offer("o", sent_on=back(10), expires_on=back(4), status="accepted", decided_on=back(5))
    metric = figure(report(answered), "offers_expiring")
    assert (metric.value, metric.previous) == (0, 1)


def test_two_offers_of_one_role_are_one_decision() -> None:
    found = report(
        role("r1", "Backend", opened_on=back(41)),
        candidate("c1", stage="offer"),
        candidate("c2", stage="offer"),
        candidate("c3", stage="final"),
        offer("o1", candidate_id="c1", expires_on=back(-4), sent_on=back(3)),
        offer("o2", candidate_id="c2", expires_on=back(-4)),
    )
    (todo,) = found.recommendations
    assert todo.title == "Backend hire: two offers expire Friday"
    assert todo.why == "sent 3 days ago; role open 41 d; 1 other candidate in process"
    assert (todo.due_on, todo.impact, todo.tags) == (back(-4), None, ("hiring",))
    assert todo.evidence == ("files:offer:o1", "files:offer:o2", "files:role:r1")


def test_an_offer_for_an_unknown_role_is_still_a_decision() -> None:
    (todo,) = report(offer("o", role_id="gone", expires_on=back(-1))).recommendations
    assert todo.title == "Hire: one offer expires tomorrow"


@pytest.mark.parametrize(
    ("opened", "moved", "stalled"), [(30, 14, False), (30, 15, True), (14, None, False), (15, None, True)]
)
def test_stalled_hiring_is_restarted(opened: int, moved: int | None, stalled: bool) -> None:
    people = [] if moved is None else [candidate("c", role_id="r", stage_since=back(moved))]
    found = report(role("r", "Designer", opened_on=back(opened)), *people)
    assert [r.title for r in found.recommendations] == (["Restart hiring: Designer"] if stalled else [])


def test_hiring_is_not_called_stalled_when_candidates_are_unknown() -> None:
    blind = snapshot(role("r", opened_on=back(50)), sources=sources(missing=[Candidate, Offer]))
    found = AGENT.analyse(blind)
    assert found.recommendations == ()
    assert figure(found, "stage_applied").absent == "no data"
    assert figure(found, "open_roles").value == 1


def test_an_empty_company_has_true_zeros_and_no_ratios() -> None:
    found = report()
    zero = {m.key for m in found.metrics if m.value is not None and not m.value}
    assert zero >= {"headcount", "joiners", "open_roles", "offers_expiring", "stage_applied", "payroll"}
    none = {m.key for m in found.metrics if m.value is None}
    assert none >= {"open_role_age", "time_to_hire", "offer_acceptance", "absence_rate", "enps"}
    assert (found.alerts, found.recommendations) == ((), ())


def test_people_never_read_are_no_data() -> None:
    everything = [*AGENT.reads]
    found = AGENT.analyse(snapshot(sources=sources(missing=everything)))
    assert found.health.state == "blind"
    assert {m.absent for m in found.metrics} == {"no data"}


def test_absences_never_read_are_no_data() -> None:
    found = AGENT.analyse(snapshot(person("a"), sources=sources(missing=[Absence])))
    assert figure(found, "absence_rate").absent == "no data"
    assert figure(found, "headcount").value == 1


def test_every_line_fits_the_brief() -> None:
    name = "Principal Staff Distinguished Engineer of Everything and More"
    found = report(
        role("r1", name, opened_on=back(400)),
        role("r2", name, opened_on=back(400)),
        *(offer(f"o{n}", expires_on=back(-n), sent_on=back(100)) for n in range(15)),
        *answers(0, 0, 20),
    )
    assert len(found.recommendations) == 2
    titles = [a.title for a in found.alerts] + [r.title for r in found.recommendations]
    assert max(len(title) for title in titles) <= 60
    assert max(len(r.why) for r in found.recommendations) <= 75
