"""What pages ask about missions and claims, scoped to who asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, String, bindparam, exists, func, literal_column, select
from sqlalchemy.orm import joinedload, selectinload

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.pages import Page, page_of
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import Mission, MissionState

LIVE = (ClaimState.ACTIVE, ClaimState.SUBMITTED)
OVERDUE_MAX = 500


def mission_open_to(person: Person, mission_id: str) -> Mission | None:
    """A mission whose page `person` may see: any but a draft. Whether it can be claimed is for the rules to say."""
    return db.session.scalars(_mission_past_draft(), {"mission_id": mission_id}).unique().one_or_none()


@cache
def _mission_past_draft() -> Select[Mission]:
    """Put together once, as the statement of every mission's page."""
    return (
        select(Mission)
        .where(Mission.id == bindparam("mission_id", type_=String), Mission.state != MissionState.DRAFT)
        .options(joinedload(Mission.campaign), joinedload(Mission.captions), selectinload(Mission.images))
    )


def claim_of(person_id: str, claim_id: str) -> Claim | None:
    """This person's claim, or None as well for somebody else's."""
    return db.session.scalar(_claim_of(), {"claim_id": claim_id, "person_id": person_id})


@cache
def _claim_of() -> Select[Claim]:
    claim_id, person_id = bindparam("claim_id", type_=String), bindparam("person_id", type_=String)
    return select(Claim).where(Claim.id == claim_id, Claim.person_id == person_id).options(joinedload(Claim.mission))


def live_claim(person_id: str, mission_id: str) -> Claim | None:
    """The claim that holds a place in this mission for this person. Leans on `one_live_claim`."""
    return db.session.scalar(
        select(Claim).where(Claim.person_id == person_id, Claim.mission_id == mission_id, Claim.state.in_(LIVE))
    )


def latest_claim(person_id: str, mission_id: str) -> Claim | None:
    """The live claim, else the last one that ended."""
    return db.session.scalar(_latest_claim(), {"person_id": person_id, "mission_id": mission_id})


@cache
def _latest_claim() -> Select[Claim]:
    person_id, mission_id = bindparam("person_id", type_=String), bindparam("mission_id", type_=String)
    return (
        select(Claim)
        .where(Claim.person_id == person_id, Claim.mission_id == mission_id)
        .order_by(Claim.ended_at.is_(None).desc(), Claim.claimed_at.desc(), Claim.id.desc())
        .limit(1)
    )


def live_claims(person_id: str) -> list[Claim]:
    """Everything this person holds a place in, the one that ends first at the top. Leans on `one_live_claim`."""
    return list(
        db.session.scalars(
            select(Claim)
            .where(Claim.person_id == person_id, Claim.state.in_(LIVE))
            .options(joinedload(Claim.mission))
            .order_by(Claim.expires_at, Claim.id)
        )
    )


def has_claimed(person_id: str) -> bool:
    """Did this person ever take a place? Leans on `ix_claim_person`."""
    return bool(db.session.scalar(select(exists().where(Claim.person_id == person_id))))


def past_claims(person_id: str, cursor: str | None) -> Page[Claim]:
    """What this person held before, the latest first. Leans on `ix_claim_person`."""
    return page_of(
        select(Claim).where(Claim.person_id == person_id, Claim.state.not_in(LIVE)).options(joinedload(Claim.mission)),
        by=[Claim.claimed_at, Claim.id],
        cursor=cursor,
    )


def overdue_claims(now: datetime) -> Sequence[str]:
    """Ids of active claims whose time is over. Leans on `ix_claim_expiring`."""
    return db.session.scalars(
        select(Claim.id)
        .where(Claim.state == literal_column("'active'"), Claim.expires_at <= now)  # SQLite: as the index spells it
        .order_by(Claim.expires_at)
        .limit(OVERDUE_MAX)
    ).all()


def due_to_move(now: datetime) -> Sequence[Mission]:
    """Missions that open or close by their own moments."""
    return db.session.scalars(
        select(Mission)
        .where(
            ((Mission.state == MissionState.SCHEDULED) & (Mission.opens_at <= now))
            | (
                Mission.state.in_([MissionState.SCHEDULED, MissionState.OPEN, MissionState.PAUSED])
                & (Mission.closes_at <= now)
            )
        )
        .order_by(Mission.id)
        .limit(OVERDUE_MAX)
    ).all()


TOPICS_SHOWN_MAX = 40


def topics_on_offer() -> list[str]:
    """What missions that fans can see are about, the most frequent first. Leans on `ix_mission_board`."""
    shown = (MissionState.OPEN, MissionState.PAUSED, MissionState.SCHEDULED)
    counted = Counter(
        topic
        for topics in db.session.scalars(select(Mission.topics).where(Mission.state.in_(shown)))
        for topic in topics
    )
    return [topic for topic, _count in counted.most_common(TOPICS_SHOWN_MAX)]


def mission_for_staff(mission_id: str) -> Mission | None:
    return db.session.scalar(
        select(Mission)
        .where(Mission.id == mission_id)
        .options(joinedload(Mission.campaign), selectinload(Mission.captions), selectinload(Mission.images))
    )


def open_missions(limit: int = 100) -> Sequence[Mission]:
    """Those that somebody can work on now, the newest first. Leans on `ix_mission_board`."""
    live = Mission.state.in_((MissionState.SCHEDULED, MissionState.OPEN, MissionState.PAUSED))
    return db.session.scalars(select(Mission).where(live).order_by(Mission.id.desc()).limit(limit)).all()


def missions_page(state: str, cursor: str | None) -> Page[Mission]:
    """Missions in `state` (all of them for an empty one), the newest first."""
    query = select(Mission).options(joinedload(Mission.campaign))
    if state:
        query = query.where(Mission.state == state)
    return page_of(query, by=[Mission.created_at, Mission.id], cursor=cursor)


def counts_by_state() -> dict[str, int]:
    rows = db.session.execute(select(Mission.state, func.count().label("count_")).group_by(Mission.state)).all()
    return {row.state: row.count_ for row in rows}


def live_counts(mission_ids: Sequence[str]) -> dict[str, int]:
    """Places that are held and not fulfilled yet, by mission. Leans on `ix_claim_mission`."""
    rows = db.session.execute(
        select(Claim.mission_id, func.count().label("count_"))
        .where(Claim.mission_id.in_(mission_ids), Claim.state.in_(LIVE))
        .group_by(Claim.mission_id)
    ).all()
    return {row.mission_id: row.count_ for row in rows}
