"""The life of a claim: every change of its state goes through `move_claim`, which names who, why and when.

Locks are taken in one order everywhere, mission before claim before ledger, so that two requests can't wait for each
other. On SQLite there is one writer anyway.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises
from portal.kernel.events import record
from portal.missions.claim_models import Claim, ClaimChange, ClaimState
from portal.missions.errors import AlreadyClaimed, BudgetGone, ClaimMoved
from portal.missions.events import ClaimExpired
from portal.missions.models import Mission
from portal.missions.rules import moved_deadline, warning_moment
from portal.points import budgets
from portal.points.ledger import Cause

EXPIRE, WARN = "expire_claim", "warn_of_expiry"
FIX_HOURS = 48
"""The least that somebody gets to mend a share."""


def move_claim(claim: Claim, to: ClaimState, *, actor_id: str | None, why: str, now: datetime, **values: Any) -> None:
    """Change the state, where the row is still as `claim` says, and write down who, why and when. Raises ClaimMoved."""
    before = claim.state
    live = to in (ClaimState.ACTIVE, ClaimState.SUBMITTED)
    moved = db.session.scalar(
        update(Claim)
        .where(Claim.id == claim.id, Claim.state == before)
        .values(state=to, ended_at=None if live else now, **values)
        .returning(Claim)  # which makes `claim` the row as it is now
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if moved is None:
        db.session.refresh(claim)
        raise ClaimMoved(claim)
    note_change(claim, before, actor_id=actor_id, why=why, now=now)


def note_change(claim: Claim, before: str | None, *, actor_id: str | None, why: str, now: datetime) -> None:
    """Write the claim's present state into its history."""
    db.session.add(
        ClaimChange(claim_id=claim.id, from_state=before, to_state=claim.state, actor_id=actor_id, why=why, at=now)
    )
    db.session.flush()


def release_claim(claim: Claim, *, actor_id: str | None, now: datetime) -> None:
    """Give the place and the reserved points back because the person wants it. Raises ClaimMoved unless active."""
    _lock_mission(claim)
    _require(claim, ClaimState.ACTIVE)
    _end(claim, ClaimState.RELEASED, actor_id=actor_id, why="given_back", now=now)


def expire_claim(claim: Claim, *, now: datetime) -> None:
    """Its time ran out before anything was handed in. Raises ClaimMoved unless it is active and its time is over."""
    _lock_mission(claim)
    _require(claim, ClaimState.ACTIVE)
    if claim.expires_at > now:
        raise ClaimMoved(claim)
    _end(claim, ClaimState.EXPIRED, actor_id=None, why="time_ran_out", now=now)
    record(ClaimExpired(claim_id=claim.id, person_id=claim.person_id, mission_id=claim.mission_id))


def stop_clock(claim: Claim, *, now: datetime) -> None:
    """Something was handed in, first or again: the claim is `submitted` and its clock waits with the fan for us.

    Raises ClaimMoved when the claim has ended, or its time is over though no job has noticed yet.
    """
    if claim.state == ClaimState.ACTIVE and claim.expires_at > now:
        with suppress(ClaimMoved):  # what was read was too old; `claim` is the row as it is now
            return move_claim(
                claim, ClaimState.SUBMITTED, actor_id=claim.person_id, why="handed_in", now=now, clock_stopped_at=now
            )
    else:
        db.session.refresh(claim)
    if claim.state == ClaimState.SUBMITTED:
        if claim.clock_stopped_at is None:
            claim.clock_stopped_at = now
            db.session.flush()
    else:
        raise ClaimMoved(claim)
    return None


def restart_clock(claim: Claim, *, now: datetime, at_least_hours: int = FIX_HOURS) -> datetime:
    """The share needs a change: the claim stays `submitted`, its clock runs, with `at_least_hours` left.

    Returns until when; what happens then is the share's to say. Raises ClaimMoved unless submitted.
    """
    _require(claim, ClaimState.SUBMITTED)
    claim.expires_at = moved_deadline(
        claim.expires_at, claim.clock_stopped_at, now=now, at_least=timedelta(hours=at_least_hours)
    )
    claim.clock_stopped_at = None
    db.session.flush()
    return claim.expires_at


def fulfil_claim(claim: Claim, *, now: datetime) -> None:
    """The share was verified. The claim keeps its place; its points are paid from what it reserved.

    Raises ClaimMoved unless submitted.
    """
    _require(claim, ClaimState.SUBMITTED)
    move_claim(
        claim, ClaimState.FULFILLED, actor_id=None, why="verified", now=now, clock_stopped_at=None,
        expires_at=moved_deadline(claim.expires_at, claim.clock_stopped_at, now=now),
    )  # fmt: skip


def reactivate_claim(claim: Claim, *, now: datetime) -> None:
    """What was handed in doesn't count (any more); where the claim goes depends on where it was.

    - `fulfilled`: the decision was undone. Back to `submitted`, the clock waits; its points are in reserve again.
    - `submitted`: the share was declined or withdrawn. Back to `active` while time is left; without any, the place and
      the reserved points are given back.
    Raises ClaimMoved for a claim that has ended otherwise; AlreadyClaimed when the person claimed the mission anew.
    """
    _lock_mission(claim)
    if claim.state == ClaimState.FULFILLED:
        with violation_raises(AlreadyClaimed(claim.mission)):
            move_claim(claim, ClaimState.SUBMITTED, actor_id=None, why="taken_up_again", now=now, clock_stopped_at=now)
        return
    _require(claim, ClaimState.SUBMITTED)
    until = moved_deadline(claim.expires_at, claim.clock_stopped_at, now=now)
    if until > now:
        move_claim(
            claim, ClaimState.ACTIVE, actor_id=None, why="not_accepted", now=now, expires_at=until,
            clock_stopped_at=None,
        )  # fmt: skip
        set_deadline(claim)
    else:
        _end(claim, ClaimState.RELEASED, actor_id=None, why="not_accepted", now=now)


def reopen_claim(claim: Claim, *, now: datetime) -> None:
    """A decision against the share is looked at once more (undone, or appealed): the claim is `submitted` again.

    Where its place was given away meanwhile, the mission gets one place more: a correction of ours must not depend on
    who was faster. Raises BudgetGone when its points can't be reserved any more, AlreadyClaimed when the person claimed
    the mission anew, ClaimMoved for a fulfilled claim.
    """
    mission = _lock_mission(claim)
    if claim.state == ClaimState.SUBMITTED:
        return stop_clock(claim, now=now)
    if claim.state == ClaimState.FULFILLED:
        raise ClaimMoved(claim)
    gone = claim.state in (ClaimState.EXPIRED, ClaimState.RELEASED)
    with violation_raises(AlreadyClaimed(mission)):
        move_claim(claim, ClaimState.SUBMITTED, actor_id=None, why="taken_up_again", now=now, clock_stopped_at=now)
    if gone:
        if mission.places_left == 0:
            _add_place(mission)
        mission.places_taken += 1
        db.session.flush()
        reserve_points(claim, mission, now=now)
    return None


def _add_place(mission: Mission) -> None:
    before = mission.places_total
    mission.places_total = before + 1
    audit(
        "mission.place_added", ("mission", mission.id), actor_id=None, why="a decision is looked at again",
        before={"places_total": before}, after={"places_total": before + 1},
    )  # fmt: skip


def reserve_points(claim: Claim, mission: Mission, *, now: datetime) -> None:
    """Take the claim's highest possible points, its bonus with them, from the season's budget. Raises BudgetGone."""
    claim.bonus_left = claim.bonus_cap
    db.session.flush()
    if claim.points_reserved:
        try:
            budgets.reserve(Cause("claim", claim.id), mission.campaign_id, claim.points_reserved, now=now)
        except budgets.BudgetExhausted as exhausted:
            raise BudgetGone(mission) from exhausted


def set_deadline(claim: Claim) -> None:
    """Make the jobs due that end the claim and, once, warn of it."""
    jobs.schedule(EXPIRE, claim.id, due_at=claim.expires_at)
    if claim.warned_at is None:
        jobs.schedule(WARN, claim.id, due_at=warning_moment(claim.claimed_at, claim.expires_at))


def _end(claim: Claim, to: ClaimState, *, actor_id: str | None, why: str, now: datetime) -> None:
    """End a claim that was not fulfilled: its place and its reserved points are free again."""
    reserved = claim.points_in_reserve
    move_claim(claim, to, actor_id=actor_id, why=why, now=now, clock_stopped_at=None, bonus_left=0)
    db.session.execute(
        update(Mission).where(Mission.id == claim.mission_id).values(places_taken=Mission.places_taken - 1)
    )
    if reserved:
        budgets.release(Cause("claim", claim.id), claim.mission.campaign_id, reserved, now=now)


def _lock_mission(claim: Claim) -> Mission:
    """Hold the mission's row, then see the claim as it is now."""
    db.session.execute(select(Mission.id).where(Mission.id == claim.mission_id).with_for_update(key_share=True))
    db.session.refresh(claim)
    db.session.refresh(claim.mission)
    return claim.mission


def _require(claim: Claim, state: ClaimState) -> None:
    if claim.state != state:
        raise ClaimMoved(claim)
