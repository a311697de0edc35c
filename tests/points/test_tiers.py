"""Tiers follow what was earned: up at once, down only after a grace, never by spending, and nothing revoked counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claiming import claim_place
from portal.missions.errors import NotEligible
from portal.missions.models import Mission, MissionState
from portal.points import awards, budgets, spending, tier_rules, tiers
from portal.points.closing import close_days
from portal.points.ledger import Cause
from portal.points.tier_models import PointsDay, Standing, TierMove
from portal.points.tier_rules import Level, Plan
from tests.accounts.factories import a_fan, a_manager
from tests.campaigns.factories import a_campaign
from tests.missions.factories import a_mission, a_ready_fan
from tests.points.factories import an_award
from tests.test_weights import statements

PLAN = Plan(12, 30, (Level(1, "Walker", 100, 0, 0), Level(2, "Pathfinder", 300, 24, 10)))


def tiers_are_set(plan: Plan = PLAN) -> None:
    with unit_of_work():
        row = tiers.newest_plan()
        tiers.set_plan(plan, seen=row.number if row else 0, actor_id=None, why="Test", now=clock.now())


def told(kind: str) -> list[dict[str, object]]:
    return [row.payload for row in db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind == kind))]


def in_tier(person: Person) -> str:
    db.session.commit()
    level = tiers.stands(person.id).level
    return level.name if level else ""


def weighed(person: Person) -> str:
    with unit_of_work():
        tiers.weigh(person.id, now=clock.now())
    return in_tier(person)


def test_points_raise_at_once_and_spending_lowers_nothing(app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_fan()
    an_award(fan, points_now=100)
    assert in_tier(fan) == "Walker"
    an_award(fan, points_now=150, points_held=50)
    assert in_tier(fan) == "Walker", "what waits is not earned yet"
    with unit_of_work():
        spending.reserve(Cause("redemption", "r1"), fan.id, 200, now=now)
        spending.redeem(Cause("redemption", "r1"), fan.id, 200, now=now)
    assert weighed(fan) == "Walker"
    assert [each["tier"] for each in told("tier.raised")] == ["Walker"]


def test_what_repays_a_debt_is_earned_all_the_same(sqlite_app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_fan()
    gone = an_award(fan, points_now=90)
    with unit_of_work():
        spending.reserve(Cause("redemption", "r1"), fan.id, 90, now=now)
        awards.revoke(gone, now=now, reason="post_gone")
    an_award(fan, points_now=100)
    assert in_tier(fan) == "Walker"


def test_what_is_settled_counts_and_what_is_revoked_counts_no_more(app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_fan()
    award = an_award(fan, points_now=200, points_held=100)
    clock.advance(timedelta(days=7))
    with unit_of_work():
        awards.settle(db.session.merge(award), now=clock.now())
    assert in_tier(fan) == "Pathfinder"
    with unit_of_work():
        awards.revoke(db.session.merge(award), now=clock.now(), reason="post_gone")
    days = {row.day: row.points for row in db.session.scalars(select(PointsDay))}
    assert set(days.values()) == {0}, "the very days on which they were earned"
    assert in_tier(fan) == "Pathfinder", "kept for the days of grace"
    assert told("tier.grace_began")[0]["points_missing"] == 300
    clock.advance(timedelta(days=31))
    with unit_of_work():
        assert tiers.due(clock.now()) == [fan.id]
        tiers.weigh_some(None)  # type: ignore[arg-type]
    assert in_tier(fan) == ""
    assert told("tier.eased")[0]["next_tier"] == "Walker"


def test_what_a_late_clock_earned_counts_no_more_once_it_is_revoked(sqlite_app: Flask, now: datetime) -> None:
    """Its day was closed already, so it was booked on the next, and leaves that one."""
    tiers_are_set()
    fan = a_fan()
    with unit_of_work():
        close_days(now=now + timedelta(days=1))
    award = an_award(fan, points_now=200)
    assert [(row.day, row.points) for row in db.session.scalars(select(PointsDay))] == [
        (now.date() + timedelta(days=1), 200)
    ]
    with unit_of_work():
        awards.revoke(db.session.merge(award), now=now, reason="post_gone")
    assert [row.points for row in db.session.scalars(select(PointsDay))] == [0]


def test_a_tier_is_theirs_since_they_reached_it_and_nobody_stands_who_earned_nothing(
    sqlite_app: Flask, now: datetime
) -> None:
    tiers_are_set()
    fan, nobody = a_fan(), a_fan()
    an_award(fan, points_now=100)
    clock.advance(timedelta(days=3))
    an_award(fan, points_now=50)
    weighed(nobody)
    assert [(row.person_id, row.since) for row in db.session.scalars(select(Standing))] == [(fan.id, now)]


def more_than_at_once(monkeypatch: pytest.MonkeyPatch, *, points: int) -> list[Person]:
    """Five people with so many points each, of whom two are weighed at once."""
    monkeypatch.setattr(tiers, "PEOPLE_AT_ONCE", 2)
    tiers_are_set()
    fans = [a_fan() for _each in range(5)]
    for fan in fans:
        an_award(fan, points_now=points)
    return fans


def test_more_people_than_are_weighed_at_once_and_fewer_tiers_than_before(
    sqlite_app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fans = more_than_at_once(monkeypatch, points=300)
    tiers_are_set(Plan(12, 0, (Level(1, "Walker", 400, 0, 0),)))
    assert (tiers.stands(fans[0].id).rank, in_tier(fans[0])) == (1, "Walker"), "the highest there is, until weighed"
    jobs.run_due()
    assert {in_tier(fan) for fan in fans} == {""}


def test_who_stood_above_the_highest_tier_stands_in_it_without_a_grace(sqlite_app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_pathfinder()
    tiers_are_set(Plan(12, 30, (Level(1, "Walker", 100, 0, 0),)))
    assert weighed(fan) == "Walker"
    assert told("tier.grace_began") == []


def test_old_points_run_out_and_new_ones_within_the_grace_keep_the_tier(app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_fan()
    an_award(fan, points_now=120)
    clock.advance(timedelta(days=364))
    assert not tiers.due(clock.now())
    clock.advance(timedelta(days=3))
    assert tiers.due(clock.now()) == [fan.id]
    assert weighed(fan) == "Walker"
    an_award(fan, points_now=100)
    assert in_tier(fan) == "Walker"
    moves = [change.move for change in reversed(tiers.changes_of(fan.id))]
    assert moves == [TierMove.RAISED, TierMove.WARNED, TierMove.KEPT]
    assert not told("tier.eased")


def test_a_grace_ends_when_it_was_said_and_every_notice_reckons_with_what_is_there(
    sqlite_app: Flask, now: datetime
) -> None:
    tiers_are_set()
    fan, ends = a_fan(), now + timedelta(days=30)
    an_award(fan, points_now=120)
    gone = an_award(fan, points_now=180)
    with unit_of_work():
        awards.revoke(db.session.merge(gone), now=now, reason="post_gone")
    (warned,) = told("tier.grace_began")
    assert (warned["points_missing"], warned["until"]) == (180, ends.isoformat())
    clock.advance(timedelta(days=29))
    assert weighed(fan) == "Pathfinder"
    assert tiers.stands(fan.id).drops_at == ends, "weighed meanwhile, it does not begin anew"
    clock.advance(timedelta(days=1))
    assert tiers.due(clock.now()) == [fan.id]
    assert weighed(fan) == "Walker"
    assert told("tier.eased")[0]["points_to_next"] == 180
    steps = [(change.from_rank, change.to_rank) for change in reversed(tiers.changes_of(fan.id))]
    assert steps == [(0, 1), (1, 2), (2, 2), (2, 1)]


def test_the_last_day_of_the_window_counts_and_the_next_one_begins_the_grace(sqlite_app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_fan()
    an_award(fan, points_now=120)
    assert tiers.stands(fan.id).sure_until == date(2027, 10, 15)
    for day, told_of_it in ((date(2027, 10, 14), 0), (date(2027, 10, 15), 1)):
        clock.advance(day - clock.now().date())
        assert weighed(fan) == "Walker"
        assert len(told("tier.grace_began")) == told_of_it, day


def test_more_people_are_due_than_are_weighed_at_once(
    sqlite_app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fans = more_than_at_once(monkeypatch, points=100)
    jobs.run_due()  # whoever is weighed from now on is because they are due
    clock.advance(timedelta(days=400))
    with unit_of_work():
        tiers.weigh_due(jobs.Lease("j", tiers.WEIGH_DUE, "", {}, 1, 1, "t", last_try=False))
    jobs.run_due()
    assert {each["person_id"] for each in told("tier.grace_began")} == {fan.id for fan in fans}


def test_weighing_again_changes_and_tells_nothing(app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan = a_fan()
    an_award(fan, points_now=300)
    before = len(told("tier.raised"))
    for _ in range(3):
        weighed(fan)
    assert len(told("tier.raised")) == before == 1


def test_other_tiers_place_everybody_anew_and_nobody_drops_without_grace(app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan, other = a_fan(), a_fan()
    an_award(fan, points_now=100)
    an_award(other, points_now=60)
    tiers_are_set(Plan(12, 30, (Level(1, "Starter", 50, 0, 0), Level(2, "Walker", 200, 0, 0))))
    job = db.session.scalars(select(Job).where(Job.kind == tiers.WEIGH_EVERYBODY)).one()
    with unit_of_work():
        tiers.weigh_everybody(job)  # type: ignore[arg-type]
    assert (in_tier(fan), in_tier(other)) == ("Starter", "Starter")


def test_the_same_plan_twice_is_one_and_a_stale_page_is_refused(app: Flask, now: datetime) -> None:
    tiers_are_set()
    tiers_are_set()
    row = tiers.newest_plan()
    assert row is not None
    assert row.number == 1
    with pytest.raises(tiers.PlanMoved), unit_of_work():
        tiers.set_plan(Plan(6, 0, ()), seen=0, actor_id=None, why="Test", now=now)


def a_pathfinder() -> Person:
    fan = a_ready_fan()
    an_award(fan, points_now=300)
    return fan


def test_a_mission_for_a_tier_says_so_to_the_others(app: Flask, client_of: Callable[[Person], FlaskClient]) -> None:
    tiers_are_set()
    mission, newcomer, known = a_mission(), a_ready_fan(), a_pathfinder()
    with unit_of_work():
        db.session.merge(mission).lowest_tier = 2
    with pytest.raises(NotEligible) as refused, unit_of_work():
        claim_place(db.session.get_one(Mission, mission.id), newcomer, now=clock.now())
    assert "Pathfinder" in refused.value.sentence
    assert "from the tier “Pathfinder” on" in client_of(newcomer).get("/missions").text
    assert client_of(newcomer).post(f"/missions/{mission.id}/claim").status_code == 403
    assert client_of(known).post(f"/missions/{mission.id}/claim").status_code == 303


def test_early_access_lets_in_before_the_opening(app: Flask, now: datetime) -> None:
    tiers_are_set()
    mission, newcomer, known = a_mission(), a_ready_fan(), a_pathfinder()
    with unit_of_work():
        row = db.session.get_one(Mission, mission.id)
        row.state, row.opens_at = MissionState.SCHEDULED, now + timedelta(hours=30)
    with pytest.raises(NotEligible), unit_of_work():
        claim_place(db.session.get_one(Mission, mission.id), known, now=now)
    clock.advance(timedelta(hours=7))
    with pytest.raises(NotEligible), unit_of_work():
        claim_place(db.session.get_one(Mission, mission.id), newcomer, now=clock.now())
    with unit_of_work():
        assert claim_place(db.session.get_one(Mission, mission.id), known, now=clock.now()).id


def test_a_tier_adds_to_a_claim_as_far_as_the_budget_goes(app: Flask, now: datetime) -> None:
    tiers_are_set()
    known = a_pathfinder()
    rich = a_mission(a_campaign(points_budget=10_000))
    with unit_of_work():
        claim = claim_place(db.session.get_one(Mission, rich.id), known, now=now)
        assert claim.tier_extra == rich.points * 10 // 100 > 0
        assert claim.points_reserved == rich.points_most + claim.tier_extra
    scarce = a_mission(a_campaign(points_budget=rich.points_most + 3))
    with unit_of_work():
        claim = claim_place(db.session.get_one(Mission, scarce.id), known, now=now)
        assert claim.tier_extra == 3
        assert budgets.left(scarce.campaign_id) == 0


def test_pages_say_what_is_left_and_are_kind(app: Flask, now: datetime, client_of: Callable[..., FlaskClient]) -> None:
    fan = a_fan()
    assert "No tiers yet" in client_of(fan).get("/points/tiers").text
    tiers_are_set()
    an_award(fan, points_now=180)
    browser = client_of(fan)
    for page in ("/points/tiers", "/points", "/home"):
        assert "120 points to Pathfinder" in browser.get(page).text, page
    clock.advance(timedelta(days=367))
    weighed(fan)
    page = client_of(fan).get("/points/tiers").text
    assert "Kept for you until" in page
    assert "100 points by then" in page


def test_staff_set_tiers_with_a_reason(app: Flask, now: datetime, client_of: Callable[..., FlaskClient]) -> None:
    manager = client_of(a_manager())
    form = {"seen": "0", "window_months": "12", "grace_days": "30", "why": "A start",
            "levels-0-name": "Walker", "levels-0-points": "100", "levels-1-name": "Pathfinder",
            "levels-1-points": "90"}  # fmt: skip
    answer = manager.post("/staff/tiers", data=form)
    assert answer.status_code == 422
    assert "Each tier takes more points than the one before." in answer.text
    good = form | {"levels-1-points": "300", "levels-1-extra_percent": "10"}
    assert manager.post("/staff/tiers", data=good).status_code == 303
    for made_up in ("0", "2", "", "x", "٣", "9" * 5_000):
        assert manager.post("/staff/tiers", data=good | {"window_months": "6", "seen": made_up}).status_code == 409
    assert "Pathfinder" in manager.get("/staff/tiers").text
    row = tiers.newest_plan()
    assert row is not None
    assert (row.number, json.loads(json.dumps(row.levels))[1]["extra_percent"]) == (1, 10)


def test_reading_a_tier_costs_the_same_whatever_the_history(sqlite_app: Flask, now: datetime) -> None:
    tiers_are_set()
    fan, asked = a_fan(), []
    for _ in range(2):
        for _each in range(5):
            an_award(fan, points_now=1)
        person_id = fan.id
        with statements() as seen:
            tiers.outlook(person_id)
        asked.append(len(seen))
    assert asked == [1, 1]
    assert len(db.session.scalars(select(PointsDay)).all()) == 1, "a day is one row"


def test_what_a_tier_adds_is_rounded_down() -> None:
    assert tiers.Stands(2, PLAN.levels[1], PLAN).extra_on(59) == 5


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [(date(2027, 10, 31), 12, date(2026, 10, 31)), (date(2027, 1, 15), 1, date(2026, 12, 15)),
     (date(2027, 3, 31), 1, date(2027, 2, 28)), (date(2028, 2, 29), 12, date(2027, 2, 28))],
)  # fmt: skip
def test_a_window_begins_on_the_same_day_of_the_month(day: date, months: int, first: date) -> None:
    assert tier_rules.counts_from(day, months) == first


def test_what_is_left_just_suffices_for_its_tier() -> None:
    first, second = date(2026, 3, 1), date(2026, 9, 1)
    falls = tier_rules.falls_below([(first, 100), (second, 100)], PLAN, 100, date(2026, 10, 14))
    assert falls == tier_rules.counts_until(second, 12)


@pytest.mark.parametrize(
    ("earned_on", "looks_again"),
    [(date(2026, 10, 1), "2026-11-13T09:14:00+00:00"), (date(2025, 10, 20), "2026-10-21T00:00:00+00:00")],
)
def test_a_grace_is_sure_of_nothing_and_is_looked_at_again_at_whatever_comes_first(
    earned_on: date, looks_again: str
) -> None:
    now = datetime.fromisoformat("2026-10-14T09:14:00+00:00")
    verdict = tier_rules.weigh([(earned_on, 50)], PLAN, rank=1, drops_at=None, now=now)
    assert (verdict.move, verdict.sure_until) == (TierMove.WARNED, None)
    assert verdict.due_at == datetime.fromisoformat(looks_again)


DAYS = st.lists(
    st.tuples(st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.integers(1, 500)), max_size=12,
    unique_by=lambda each: each[0],
).map(sorted)  # fmt: skip
MONTHS = st.integers(1, 36)


@settings(max_examples=150, deadline=None)
@given(day=st.dates(date(2023, 1, 1), date(2027, 12, 31)), months=MONTHS)
def test_a_day_counts_until_the_day_on_which_it_does_not(day: date, months: int) -> None:
    ends = tier_rules.counts_until(day, months)
    assert tier_rules.counts_from(ends, months) > day
    assert tier_rules.counts_from(ends - timedelta(days=1), months) <= day


@settings(max_examples=150, deadline=None)
@given(earned=DAYS, months=MONTHS, threshold=st.integers(1, 1500), today=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_falls_below_is_the_first_such_day(
    earned: list[tuple[date, int]], months: int, threshold: int, today: date
) -> None:
    plan = Plan(months, 30, ())
    known = [each for each in earned if each[0] <= today]
    day = tier_rules.falls_below(known, plan, threshold, today)
    assert day is not None, "with nothing more earned, every day runs out"
    assert tier_rules.points_in_window(known, plan, day) < threshold
    if day > today:
        assert tier_rules.points_in_window(known, plan, day - timedelta(days=1)) >= threshold


@settings(max_examples=150, deadline=None)
@given(earned=DAYS, rank=st.integers(0, 2), grace=st.one_of(st.none(), st.integers(-10, 10)), more=st.integers(0, 400))
def test_more_points_never_lower_and_nobody_drops_unwarned(
    earned: list[tuple[date, int]], rank: int, grace: int | None, more: int
) -> None:
    now = datetime.fromisoformat("2026-10-14T09:14:00+00:00")
    drops_at = now + timedelta(days=grace) if grace is not None else None
    verdict = tier_rules.weigh(earned, PLAN, rank=rank, drops_at=drops_at, now=now)
    richer = tier_rules.weigh([*earned, (now.date(), more)], PLAN, rank=rank, drops_at=drops_at, now=now)
    assert richer.rank >= verdict.rank
    if verdict.rank < rank:
        assert drops_at is not None, "it was told before"
        assert drops_at <= now
        assert verdict.move is TierMove.EASED
    if verdict.rank > 0:
        assert verdict.due_at is not None, "somebody looks again"
        assert verdict.due_at > now
    again = tier_rules.weigh(earned, PLAN, rank=verdict.rank, drops_at=verdict.drops_at, now=now)
    assert (again.rank, again.move) == (verdict.rank, None)
