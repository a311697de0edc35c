"""Claims end by themselves, once, and say so before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.claims import expire_claim, reactivate_claim, release_claim, stop_clock
from portal.missions.errors import ClaimMoved
from portal.missions.models import Mission, MissionState
from portal.points import budgets
from tests.missions.factories import a_claim, a_mission

HOUR = timedelta(hours=1)


def told(kind: str) -> list[dict]:
    return [row.payload for row in db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind == kind))]


def test_claim_expires_at_its_moment_and_frees_place_and_points(app: Flask, now: datetime) -> None:
    mission = a_mission(deliver_hours=72)
    made = a_claim(mission)

    clock.advance(72 * HOUR - timedelta(seconds=1))
    jobs.run_due()
    assert db.session.get(Claim, made.id).state == ClaimState.ACTIVE
    clock.advance(timedelta(seconds=1))
    jobs.run_due()

    assert db.session.get(Claim, made.id).state == ClaimState.EXPIRED
    assert db.session.get(Mission, mission.id).places_taken == 0
    assert budgets.left(mission.campaign_id) == 10_000
    assert told("claim.expired") == [{"claim_id": made.id, "person_id": made.person_id, "mission_id": mission.id}]


def test_expiry_happens_once_however_often_jobs_run(app: Flask, now: datetime) -> None:
    mission = a_mission(deliver_hours=1)
    a_claim(mission)
    for _round in range(4):
        clock.advance(HOUR)
        jobs.keep_recurring_scheduled()
        jobs.run_due()

    assert db.session.get(Mission, mission.id).places_taken == 0
    assert len(told("claim.expired")) == 1


def test_sweep_finds_a_claim_whose_job_was_lost(app: Flask, now: datetime) -> None:
    made = [a_claim(a_mission(deliver_hours=72)) for _ in range(2)]
    with unit_of_work():
        db.session.execute(delete(Job))
    clock.advance(73 * HOUR)
    jobs.keep_recurring_scheduled()
    jobs.run_due()

    assert [db.session.get(Claim, each.id).state for each in made] == [ClaimState.EXPIRED] * 2


def test_warning_comes_once(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(deliver_hours=72))

    clock.advance(48 * HOUR - timedelta(seconds=1))
    jobs.run_due()
    assert told("claim.expires_soon") == []
    clock.advance(timedelta(seconds=1))
    jobs.run_due()
    clock.advance(HOUR)
    with unit_of_work():
        stop_clock(made, now=clock.now())
        reactivate_claim(made, now=clock.now())
    clock.advance(HOUR)
    jobs.run_due()

    assert told("claim.expires_soon") == [
        {
            "claim_id": made.id,
            "person_id": made.person_id,
            "mission_id": made.mission_id,
            "expires_at": (now + 72 * HOUR).isoformat(),
        }
    ]


def test_submitted_claim_neither_warns_nor_expires(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(deliver_hours=72))
    with unit_of_work():
        stop_clock(made, now=now)
    clock.advance(100 * HOUR)
    jobs.keep_recurring_scheduled()
    jobs.run_due()

    assert db.session.get(Claim, made.id).state == ClaimState.SUBMITTED
    assert told("claim.expired") == told("claim.expires_soon") == []


def test_moved_end_is_waited_for(app: Flask, now: datetime) -> None:
    made = a_claim(a_mission(deliver_hours=72))
    with unit_of_work():
        stop_clock(made, now=now + HOUR)
        reactivate_claim(made, now=now + 11 * HOUR)

    clock.advance(72 * HOUR)
    jobs.run_due()
    assert db.session.get(Claim, made.id).state == ClaimState.ACTIVE
    clock.advance(10 * HOUR)
    jobs.run_due()
    assert db.session.get(Claim, made.id).state == ClaimState.EXPIRED


def test_released_claim_does_not_expire_as_well(app: Flask, now: datetime) -> None:
    mission = a_mission()
    made = a_claim(mission)
    with unit_of_work():
        release_claim(made, actor_id=made.person_id, now=now)
    clock.advance(100 * HOUR)
    jobs.keep_recurring_scheduled()
    jobs.run_due()

    assert db.session.get(Claim, made.id).state == ClaimState.RELEASED
    assert told("claim.expired") == []


def test_nothing_expires_early(app: Flask, now: datetime) -> None:
    made = a_claim()

    with pytest.raises(ClaimMoved), unit_of_work():
        expire_claim(made, now=made.expires_at - timedelta(microseconds=1))

    assert made.state == ClaimState.ACTIVE


def test_scheduled_mission_opens_and_closes_at_its_moments(app: Flask, now: datetime) -> None:
    mission = a_mission(state=MissionState.SCHEDULED, opens_at=now + HOUR, closes_at=now + 3 * HOUR)
    states = []
    for _hour in range(4):
        jobs.keep_recurring_scheduled()
        jobs.run_due()
        states.append(db.session.get(Mission, mission.id).state)
        clock.advance(HOUR)

    assert states == ["scheduled", "open", "open", "closed"]


def test_claim_outlives_its_closed_mission(app: Flask, now: datetime) -> None:
    mission = a_mission(deliver_hours=72, closes_at=now + HOUR)
    made = a_claim(mission)
    clock.advance(2 * HOUR)
    jobs.keep_recurring_scheduled()
    jobs.run_due()

    assert db.session.get(Mission, mission.id).state == MissionState.CLOSED
    assert db.session.get(Claim, made.id).state == ClaimState.ACTIVE
    with unit_of_work():
        stop_clock(db.session.get(Claim, made.id), now=clock.now())
