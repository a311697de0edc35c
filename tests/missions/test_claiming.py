"""Taking a place and giving it back: what the database decides, and what follows in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.accounts.models import AdvocacyRole, Person, PersonState, Track
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.links.queries import link_of_claim
from portal.missions.claim_models import Claim, ClaimChange, ClaimState
from portal.missions.claiming import claim_place
from portal.missions.claims import (
    fulfil_claim,
    reactivate_claim,
    release_claim,
    reopen_claim,
    restart_clock,
    stop_clock,
)
from portal.missions.eligibility import Eligibility
from portal.missions.errors import (
    AlreadyClaimed,
    BudgetGone,
    ClaimMoved,
    ClaimRefused,
    GuidelineMissing,
    MissionFull,
    NotEligible,
)
from portal.missions.models import Mission
from portal.missions.resting import RESTED
from portal.missions.rules import Reason
from portal.points import budgets
from portal.points.ledger import balance
from portal.points.postings import campaign_account
from tests.campaigns.factories import a_campaign
from tests.conftest import NOW
from tests.guidelines.factories import a_published_guideline
from tests.missions.factories import a_claim, a_mission, a_ready_fan

HOUR = timedelta(hours=1)


def claim(mission: Mission, person: Person) -> Claim:
    with unit_of_work():
        return claim_place(mission, person, now=clock.now())


def refusal(mission: Mission, person: Person) -> ClaimRefused:
    """Claim in vain: the refusal, after making sure that nothing was left behind."""
    before = state_of(mission)
    with pytest.raises(ClaimRefused) as refused, unit_of_work():
        claim_place(mission, person, now=clock.now())
    assert state_of(mission) == before
    assert str(refused.value.sentence)
    return refused.value


def state_of(mission: Mission) -> tuple[int, int, int, int]:
    """Places taken, claims, points left and points reserved."""
    db.session.refresh(mission)
    claims = db.session.scalar(select(func.count()).select_from(Claim).where(Claim.mission_id == mission.id)) or 0
    reserved = balance(campaign_account(mission.campaign_id, "reserved"))
    return mission.places_taken, claims, budgets.left(mission.campaign_id), reserved


def test_claim_takes_place_points_and_link(app: Flask, now: datetime) -> None:
    mission, fan = a_mission(deliver_hours=72), a_ready_fan()

    made = claim(mission, fan)

    assert made.state == ClaimState.ACTIVE
    assert made.expires_at == now + timedelta(hours=72)
    assert made.points_reserved == 120
    assert state_of(mission) == (1, 1, 10_000 - 120, 120)
    link = link_of_claim(made.id)
    assert link is not None
    assert (link.target, link.person_id) == ("https://shop.example/repairs", fan.id)


def test_mission_without_target_makes_no_link(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(link_target=""))

    assert link_of_claim(made.id) is None


def test_mission_without_points_reserves_none(app: Flask, now: datetime) -> None:
    mission = a_mission(a_campaign(points_budget=0), points_now=0, points_held=0)

    a_claim(mission)

    assert state_of(mission) == (1, 1, 0, 0)


def test_second_claim_of_same_person_is_refused(app: Flask, now: datetime) -> None:
    mission, fan = a_mission(), a_ready_fan()
    claim(mission, fan)

    assert isinstance(refusal(mission, fan), AlreadyClaimed)


def test_unique_index_decides_where_the_rules_did_not_see(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission, fan = a_mission(), a_ready_fan()
    claim(mission, fan)
    monkeypatch.setattr("portal.missions.claiming.eligibility", lambda *_args, **_kwargs: Eligibility([], RESTED))

    assert isinstance(refusal(mission, fan), AlreadyClaimed)


def test_conditional_update_decides_where_the_rules_did_not_see(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = a_mission(places_total=1)
    a_claim(mission)
    fan = a_ready_fan()
    monkeypatch.setattr("portal.missions.claiming.eligibility", lambda *_args, **_kwargs: Eligibility([], RESTED))

    assert isinstance(refusal(mission, fan), MissionFull)


@pytest.mark.parametrize("meanwhile", [{"state": "paused"}, {"state": "closed"}, {"closes_at": NOW}])
def test_no_place_is_given_in_a_mission_that_just_stopped(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, Any]
) -> None:
    mission, fan = a_mission(**meanwhile), a_ready_fan()
    monkeypatch.setattr("portal.missions.claiming.eligibility", lambda *_args, **_kwargs: Eligibility([], RESTED))

    assert isinstance(refusal(mission, fan), ClaimRefused)
    assert mission.places_taken == 0


def test_what_is_promised_are_the_terms_at_the_moment_of_the_claim(app: Flask, now: datetime) -> None:
    """Not those of the page, nor those that were read a moment before somebody changed them."""
    mission, fan = a_mission(deliver_hours=72), a_ready_fan()
    with unit_of_work():
        db.session.refresh(mission)
        db.session.execute(
            update(Mission).values(points_now=30, points_held=20, deliver_hours=24),
            execution_options={"synchronize_session": False},
        )
        made = claim_place(mission, fan, now=now)
    assert (made.points_reserved, made.expires_at) == (50, now + timedelta(hours=24))
    assert state_of(mission) == (1, 1, 10_000 - 50, 50)


def test_fulfilled_claims_are_counted_where_the_rules_did_not_see(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission, fan = a_mission(), a_ready_fan()
    done = claim(mission, fan)
    with unit_of_work():
        stop_clock(done, now=now)
        fulfil_claim(done, now=now)
    monkeypatch.setattr("portal.missions.claiming.eligibility", lambda *_args, **_kwargs: Eligibility([], RESTED))

    refused = refusal(mission, fan)

    assert isinstance(refused, NotEligible)
    assert refused.reasons == [Reason.LIMIT_REACHED]


REFUSALS = [
    # mission                       person                          error         reason                    status
    ({"state": "paused"},           {},                             NotEligible,  Reason.PAUSED,            409),
    ({"state": "closed"},           {},                             NotEligible,  Reason.CLOSED,            409),
    ({"state": "scheduled"},        {},                             NotEligible,  Reason.NOT_OPEN_YET,      409),
    ({"tracks": ["employee"]},      {},                             NotEligible,  Reason.TRACK,             403),
    ({"roles": ["creator"]},        {},                             NotEligible,  Reason.ROLE,              403),
    ({"platforms": ["mastodon"]},   {},                             NotEligible,  Reason.NO_PROVED_HANDLE,  403),
    ({},                            {"state": PersonState.PAUSED},  NotEligible,  Reason.PERSON_PAUSED,     403),
    ({"points_now": 10_001},        {},                             BudgetGone,   None,                     409),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "about", "error", "reason", "status"), REFUSALS)
def test_refusal_names_its_reason(
    app: Flask, now: datetime, columns: dict, about: dict, error: type, reason: Reason | None, status: int
) -> None:
    mission, fan = a_mission(**columns), a_ready_fan(**about)

    refused = refusal(mission, fan)

    assert type(refused) is error
    assert refused.status == status
    if isinstance(refused, NotEligible):
        assert refused.reasons == [reason]


def test_full_mission_is_refused(app: Flask, now: datetime) -> None:
    mission = a_mission(places_total=1)
    a_claim(mission)

    assert isinstance(refusal(mission, a_ready_fan()), MissionFull)


def test_mission_past_its_end_is_refused_before_any_job_closed_it(app: Flask, now: datetime) -> None:
    mission, fan = a_mission(closes_at=now), a_ready_fan()

    refused = refusal(mission, fan)

    assert isinstance(refused, NotEligible)
    assert refused.reasons == [Reason.CLOSED]


def test_budget_is_gone_when_the_last_points_are_reserved(app: Flask, now: datetime) -> None:
    mission = a_mission(a_campaign(points_budget=239))
    a_claim(mission)

    assert isinstance(refusal(mission, a_ready_fan()), BudgetGone)


def test_ledger_decides_about_the_budget_where_the_rules_did_not_see(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission, fan = a_mission(a_campaign(points_budget=119)), a_ready_fan()
    monkeypatch.setattr("portal.missions.claiming.eligibility", lambda *_args, **_kwargs: Eligibility([], RESTED))

    assert isinstance(refusal(mission, fan), BudgetGone)


def test_missing_guideline_is_named(app: Flask, now: datetime) -> None:
    guideline = a_published_guideline()
    mission, fan = a_mission(), a_ready_fan()

    refused = refusal(mission, fan)

    assert isinstance(refused, GuidelineMissing)
    assert refused.to_read.version_id == guideline.id


def test_roles_and_tracks_that_fit_may_claim(app: Flask, now: datetime) -> None:
    mission = a_mission(roles=["creator", "host"], tracks=["employee"])
    fan = a_ready_fan(track=Track.EMPLOYEE, advocacy_roles=(AdvocacyRole.SHARER, AdvocacyRole.HOST))

    assert claim(mission, fan).state == ClaimState.ACTIVE


def test_released_claim_gives_place_and_points_back_and_can_be_made_again(app: Flask, now: datetime) -> None:
    mission, fan = a_mission(places_total=1), a_ready_fan()
    first = claim(mission, fan)

    with unit_of_work():
        release_claim(first, actor_id=fan.id, now=now)

    assert first.state == ClaimState.RELEASED
    assert state_of(mission) == (0, 1, 10_000, 0)
    again = claim(mission, fan)
    assert again.id != first.id
    assert state_of(mission) == (1, 2, 10_000 - 120, 120)


def test_claim_is_released_once(app: Flask, now: datetime) -> None:
    mission, fan = a_mission(), a_ready_fan()
    made = claim(mission, fan)
    with unit_of_work():
        release_claim(made, actor_id=fan.id, now=now)

    with pytest.raises(ClaimMoved), unit_of_work():
        release_claim(made, actor_id=fan.id, now=now)

    assert state_of(mission) == (0, 1, 10_000, 0)


def test_submitted_claim_is_not_released(app: Flask, now: datetime) -> None:
    made = a_claim()
    with unit_of_work():
        stop_clock(made, now=now)

    with pytest.raises(ClaimMoved), unit_of_work():
        release_claim(made, actor_id=made.person_id, now=now)

    assert made.state == ClaimState.SUBMITTED


def test_clock_stops_while_a_submission_waits(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(deliver_hours=72))
    later = clock.advance(10 * HOUR)

    with unit_of_work():
        stop_clock(made, now=later)

    assert (made.state, made.clock_stopped_at) == (ClaimState.SUBMITTED, later)
    with unit_of_work():
        until = restart_clock(made, now=later + 5 * HOUR)
    assert until == made.expires_at == now + 77 * HOUR
    assert (made.state, made.clock_stopped_at) == (ClaimState.SUBMITTED, None)


def test_needs_fix_leaves_at_least_48_hours(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(deliver_hours=72))
    late = now + 71 * HOUR
    with unit_of_work():
        stop_clock(made, now=late)
        until = restart_clock(made, now=late + HOUR)

    assert until == late + 49 * HOUR


def test_a_clock_that_stands_still_is_not_stopped_again(app: Flask, now: datetime) -> None:
    """Else the wait that was ours, up to the second time, would be taken from the fan."""
    made = a_claim(a_mission(deliver_hours=72))
    with unit_of_work():
        stop_clock(made, now=now + HOUR)
        stop_clock(made, now=now + 5 * HOUR)
        until = restart_clock(made, now=now + 6 * HOUR)
    assert until == now + 77 * HOUR


def test_handing_in_again_stops_the_clock_again(app: Flask, now: datetime) -> None:
    made = a_claim()
    with unit_of_work():
        stop_clock(made, now=now + HOUR)
        restart_clock(made, now=now + 2 * HOUR)
        stop_clock(made, now=now + 3 * HOUR)

    assert made.clock_stopped_at == now + 3 * HOUR


def test_nothing_can_be_handed_in_when_time_is_over(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(deliver_hours=72))

    with pytest.raises(ClaimMoved), unit_of_work():
        stop_clock(made, now=now + 72 * HOUR)

    assert made.state == ClaimState.ACTIVE  # the job gives it back, not the late submission


def test_fulfilled_claim_keeps_its_place(app: Flask, now: datetime) -> None:
    mission = a_mission(places_total=1)
    made = a_claim(mission)
    with unit_of_work():
        stop_clock(made, now=now)
        fulfil_claim(made, now=now)

    assert (made.state, made.ended_at) == (ClaimState.FULFILLED, now)
    assert mission.places_taken == 1
    assert isinstance(refusal(mission, a_ready_fan()), MissionFull)


def test_active_claim_cannot_be_fulfilled(app: Flask, now: datetime) -> None:
    made = a_claim()

    with pytest.raises(ClaimMoved), unit_of_work():
        fulfil_claim(made, now=now)


def test_undone_verification_takes_the_claim_up_again(app: Flask, now: datetime) -> None:
    mission = a_mission()
    made = a_claim(mission)
    with unit_of_work():
        stop_clock(made, now=now)
        fulfil_claim(made, now=now)
        reactivate_claim(made, now=now + HOUR)

    assert (made.state, made.ended_at, made.clock_stopped_at) == (ClaimState.SUBMITTED, None, now + HOUR)
    assert state_of(mission)[0] == 1


def test_declined_share_gives_the_rest_of_the_time_back(app: Flask, now: datetime) -> None:
    mission = a_mission(deliver_hours=72)
    made = a_claim(mission)
    with unit_of_work():
        stop_clock(made, now=now + 70 * HOUR)
        reactivate_claim(made, now=now + 90 * HOUR)

    assert (made.state, made.expires_at) == (ClaimState.ACTIVE, now + 92 * HOUR)
    assert state_of(mission) == (1, 1, 10_000 - 120, 120)


def test_declined_share_without_time_left_gives_place_and_points_back(app: Flask, now: datetime) -> None:
    mission = a_mission(deliver_hours=72)
    made = a_claim(mission)
    with unit_of_work():
        stop_clock(made, now=now)
        until = restart_clock(made, now=now)
        reactivate_claim(made, now=until)

    assert made.state == ClaimState.RELEASED
    assert state_of(mission) == (0, 1, 10_000, 0)


def test_reopened_claim_stops_its_clock_while_time_was_left(app: Flask, now: datetime) -> None:
    mission = a_mission()
    made = a_claim(mission)
    with unit_of_work():
        stop_clock(made, now=now)
        reactivate_claim(made, now=now)
        reopen_claim(made, now=now + HOUR)

    assert (made.state, made.clock_stopped_at) == (ClaimState.SUBMITTED, now + HOUR)
    assert state_of(mission) == (1, 1, 10_000 - 120, 120)


def test_reopened_claim_gets_a_place_even_when_its_own_is_taken(app: Flask, now: datetime) -> None:
    mission = a_mission(places_total=1)
    made = a_claim(mission)
    with unit_of_work():
        stop_clock(made, now=now)
        reactivate_claim(made, now=restart_clock(made, now=now))
    a_claim(mission)

    with unit_of_work():
        reopen_claim(made, now=now + HOUR)

    assert made.state == ClaimState.SUBMITTED
    assert (mission.places_taken, mission.places_total) == (2, 2)
    assert state_of(mission) == (2, 2, 10_000 - 240, 240)


def test_claim_is_not_reopened_beside_a_new_one(app: Flask, now: datetime) -> None:
    mission, fan = a_mission(), a_ready_fan()
    made = claim(mission, fan)
    with unit_of_work():
        stop_clock(made, now=now)
        reactivate_claim(made, now=restart_clock(made, now=now))
    claim(mission, fan)
    before = state_of(mission)

    with pytest.raises(AlreadyClaimed), unit_of_work():
        reopen_claim(made, now=now + HOUR)

    assert state_of(mission) == before


def test_every_change_names_who_why_and_when(app: Flask, now: datetime) -> None:
    made = a_claim()
    with unit_of_work():
        stop_clock(made, now=now + HOUR)
        reactivate_claim(made, now=now + 2 * HOUR)
        release_claim(made, actor_id=made.person_id, now=now + 3 * HOUR)

    rows = db.session.scalars(select(ClaimChange).where(ClaimChange.claim_id == made.id).order_by(ClaimChange.at)).all()
    fan = made.person_id
    assert [(row.from_state, row.to_state, row.actor_id, row.why, row.at) for row in rows] == [
        (None, "active", fan, "claimed", now),
        ("active", "submitted", fan, "handed_in", now + HOUR),
        ("submitted", "active", None, "not_accepted", now + 2 * HOUR),
        ("active", "released", fan, "given_back", now + 3 * HOUR),
    ]
