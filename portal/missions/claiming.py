"""Taking a place. The database decides who gets the last one; see `claims` for what happens to a claim afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.guidelines.queries import missing_acknowledgements
from portal.kernel.base import violation_raises
from portal.links.making import link_for_claim
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.claims import (
    note_change,
    reserve_points,
    set_deadline,
)
from portal.missions.eligibility import eligibility
from portal.missions.errors import (
    AlreadyClaimed,
    BudgetGone,
    GuidelineMissing,
    MissionFull,
    NotEligible,
)
from portal.missions.inviting import invitation_for
from portal.missions.models import Mission, MissionKind, MissionState
from portal.missions.rules import Reason
from portal.missions.tier_terms import extra_to_reserve, lowest_tier_name
from portal.points.tiers import stands


def claim_place(mission: Mission, person: Person, *, now: datetime) -> Claim:
    """Give `person` one place and reserve what it can pay; the caller's transaction rolls back when it is refused.

    Raises AlreadyClaimed, MissionFull, BudgetGone, GuidelineMissing or NotEligible, all of them ClaimRefused.
    """
    _one_claim_at_a_time(person)
    _refuse_by_rules(mission, person, now)
    _take_place(mission, person, now)
    extra = extra_to_reserve(mission, person.id)
    claim = Claim(
        mission_id=mission.id, person_id=person.id, state=ClaimState.ACTIVE, claimed_at=now,
        expires_at=now + timedelta(hours=mission.deliver_hours), points_reserved=mission.points_most + extra,
        bonus_cap=mission.bonus.cap if mission.bonus else 0, tier_extra=extra, season_extra=mission.season_extra,
        bonus_percent=mission.campaign.points_percent,
    )  # fmt: skip
    db.session.add(claim)
    with violation_raises(AlreadyClaimed(mission)):
        db.session.flush()  # one live claim per person and mission: the partial unique index decides
    if fulfilled_count(mission.id, person.id) >= mission.per_person_max:
        # Counted again now: until the insert passed, an older claim could still become fulfilled unseen.
        raise NotEligible(mission, [Reason.LIMIT_REACHED])
    note_change(claim, None, actor_id=person.id, why="claimed", now=now)
    reserve_points(claim, mission, now=now)
    if mission.link_target:
        link_for_claim(
            claim.id, person_id=person.id, campaign_id=mission.campaign_id, target=mission.link_target, now=now
        )
    if mission.kind == MissionKind.REFER:
        invitation_for(claim, now=now)
    set_deadline(claim)
    return claim


def _take_place(mission: Mission, person: Person, now: datetime) -> None:
    """The one statement that decides; from here on `mission` is the row as it is now. Raises ClaimRefused."""
    taken = db.session.scalar(
        update(Mission)
        .where(
            Mission.id == mission.id,
            _is_open_from(now + stands(person.id).early),
            Mission.places_taken < Mission.places_total,
            or_(Mission.closes_at.is_(None), Mission.closes_at > now),
        )
        .values(places_taken=Mission.places_taken + 1)
        .returning(Mission.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(mission)  # what is promised are the terms of the row that is now locked
    db.session.refresh(mission.campaign, ["points_percent"])
    if taken is None:
        _refuse_by_rules(mission, person, now)
        raise MissionFull(mission)


def fulfilled_count(mission_id: str, person_id: str) -> int:
    """How many claims of this person on this mission were fulfilled. Leans on `ix_claim_person`."""
    return db.session.scalar(
        select(func.count()).select_from(Claim).where(
            Claim.person_id == person_id, Claim.mission_id == mission_id, Claim.state == ClaimState.FULFILLED
        )
    ) or 0  # fmt: skip


def _is_open_from(moment: datetime) -> ColumnElement[bool]:
    """Open, or opening by itself until then: whoever is let in early counts with a later moment."""
    opens_by_then = and_(Mission.state == MissionState.SCHEDULED, Mission.opens_at <= moment)
    return or_(Mission.state == MissionState.OPEN, opens_by_then)


def _one_claim_at_a_time(person: Person) -> None:
    """Two claims of one person wait for each other, so that both can't be the last that their followers bear."""
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def _refuse_by_rules(mission: Mission, person: Person, now: datetime) -> None:
    """Say in words what the constraints would refuse without any, and what they can't know."""
    found = eligibility(mission, person, now=now)
    reasons = found.reasons
    if Reason.ALREADY_CLAIMED in reasons:
        raise AlreadyClaimed(mission)
    if not reasons:
        return
    if reasons[0] is Reason.FULL:
        raise MissionFull(mission)
    if reasons[0] is Reason.BUDGET_GONE:
        raise BudgetGone(mission)
    if reasons[0] is Reason.GUIDELINE:
        raise GuidelineMissing(missing_acknowledgements(person.id)[0])
    raise NotEligible(mission, reasons, load=found.load, tier=lowest_tier_name(mission, person.id))
