"""Gathers what `rules.why_not` judges: about a person once, about missions and their history in one query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, String, bindparam, func, select

from portal.accounts.models import Person, PersonState
from portal.accounts.queries import proved_handles
from portal.campaigns.ports import budget_desk
from portal.guidelines.queries import missing_acknowledgements
from portal.kernel.rows import rows_of
from portal.missions.audience import loads_by_platform
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import POST_KINDS, Mission
from portal.missions.pay import Pay
from portal.missions.resting import Load
from portal.missions.rules import (
    HistoryFacts,
    MissionFacts,
    PersonFacts,
    Reason,
    load_for,
    needs_account,
    why_not,
)
from portal.points.tiers import stands


@dataclass(frozen=True)
class Eligibility:
    """Why somebody can't claim a mission now (nothing: they can), and how rested their followers are."""

    reasons: list[Reason]
    load: Load


def eligibility(mission: Mission, person: Person, *, now: datetime) -> Eligibility:
    """What stands against a claim of `person` on `mission` now."""
    history = histories(person.id, [mission.id])[mission.id]
    # Whoever holds the place has claimed: how rested their followers are changes nothing any more.
    asked, about = mission_facts(mission), person_facts(person, now=now, weigh_audience=not history.holds_place)
    return Eligibility(why_not(asked, about, history, now=now), load_for(asked, about))


def person_facts(person: Person, *, now: datetime, weigh_audience: bool = True) -> PersonFacts:
    """What counts about a person for every mission."""
    tier = stands(person.id)
    return PersonFacts(
        is_active=person.state == PersonState.ACTIVE,
        track=person.track,
        roles=frozenset(chosen.role for chosen in person.advocacy_roles),
        proved_platforms=frozenset(handle.platform for handle in proved_handles(person.id)),
        has_guidelines_to_read=bool(missing_acknowledgements(person.id)),
        loads=loads_by_platform(person.id, now=now) if weigh_audience else {},
        tier=tier.rank,
        tiers_total=len(tier.plan.levels) if tier.plan else 0,
        early=tier.early,
    )


def mission_facts(mission: Mission) -> MissionFacts:
    """One mission as the rules see it."""
    return MissionFacts(
        state=mission.state,
        season_state=mission.campaign.state,
        opens_at=mission.opens_at,
        closes_at=mission.closes_at,
        places_left=mission.places_left,
        points=mission.points_most,
        budget_left=budget_desk().left(mission.campaign_id),
        per_person_max=mission.per_person_max,
        platforms=tuple(mission.platforms),
        tracks=tuple(mission.tracks),
        roles=tuple(mission.roles),
        is_post=mission.kind in POST_KINDS,
        needs_account=needs_account(mission.kind, takes_files=mission.takes_files),
        lowest_tier=mission.lowest_tier,
    )


def histories(person_id: str, mission_ids: Sequence[str]) -> dict[str, HistoryFacts]:
    """What the person did with each of these missions so far. Leans on `ix_claim_person`."""
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    until: dict[str, datetime] = {}
    promised: dict[str, Pay] = {}
    rows = rows_of(_counted_claims(), {"claimer_id": person_id, "mission_ids": mission_ids})
    for mission_id, state, count, last_expires_at, points, bonus_cap in rows:
        counted[mission_id][state] = count
        if state in (ClaimState.ACTIVE, ClaimState.SUBMITTED):  # there is one at most, so the greatest is its own
            promised[mission_id] = Pay(points, 0, bonus_cap)
        if state == ClaimState.ACTIVE:
            until[mission_id] = last_expires_at
    return dict.fromkeys(mission_ids, HistoryFacts()) | {
        mission_id: HistoryFacts(
            holds_place=bool(times.get(ClaimState.ACTIVE) or times.get(ClaimState.SUBMITTED)),
            fulfilled=times.get(ClaimState.FULFILLED, 0),
            held_until=until.get(mission_id),
            promised=promised.get(mission_id),
        )
        for mission_id, times in counted.items()
    }


@cache
def _counted_claims() -> Select[str, str, int, datetime, int, int]:
    """Put together once, as every page about missions asks this."""
    return (
        select(
            Claim.mission_id, Claim.state, func.count(), func.max(Claim.expires_at),
            func.max(Claim.points_reserved - Claim.bonus_cap), func.max(Claim.bonus_cap),
        )
        .where(
            Claim.person_id == bindparam("claimer_id", type_=String),
            Claim.mission_id.in_(bindparam("mission_ids", expanding=True)),
        )
        .group_by(Claim.mission_id, Claim.state)
    )  # fmt: skip
