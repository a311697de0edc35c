"""Who may claim what, and why not. Pure: facts in, reasons out; the words stand in `wording.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from portal.missions.pay import Pay
from portal.missions.resting import RESTED, Load, for_mission

WARNING_MAX = timedelta(days=1)
WARNING_SHARE = 3
"""A claim's last day, or the last third of a short one, is when the person is told."""


class Reason(StrEnum):
    """Why somebody can't claim a mission now, in the order in which to say it."""

    ALREADY_CLAIMED = "already_claimed"
    LIMIT_REACHED = "limit_reached"
    PERSON_PAUSED = "person_paused"
    CLOSED = "closed"
    NOT_OPEN_YET = "not_open_yet"
    PAUSED = "paused"
    FULL = "full"
    BUDGET_GONE = "budget_gone"
    TRACK = "track"
    TIER = "tier"
    ROLE = "role"
    NO_PROVED_HANDLE = "no_proved_handle"
    AUDIENCE_RESTS = "audience_rests"
    GUIDELINE = "guideline"

    @property
    def is_step(self) -> bool:
        """Something to do on the way to the claim; the mission counts as open to this person all the same."""
        return self is Reason.GUIDELINE

    @property
    def is_about_person(self) -> bool:
        """It lies with the person and not with the mission: refused (403) rather than in conflict (409)."""
        return self in (Reason.PERSON_PAUSED, Reason.TRACK, Reason.TIER, Reason.ROLE, Reason.NO_PROVED_HANDLE)


@dataclass(frozen=True)
class MissionFacts:
    """What a mission asks for, and what it has left."""

    state: str
    season_state: str
    opens_at: datetime | None
    closes_at: datetime | None
    places_left: int
    points: int
    """The most that one share pays, which a claim reserves."""
    budget_left: int
    """Points of its season that are neither reserved nor spent."""
    per_person_max: int
    platforms: Sequence[str] = ()
    """Empty: any. The same holds for tracks and roles."""
    tracks: Sequence[str] = ()
    roles: Sequence[str] = ()
    is_post: bool = True
    """Followers will see a post; a comment, a report or a form is no promotion to them."""
    needs_account: bool = True
    """What is handed in stands on a network, so it has to be somebody's own account there."""
    lowest_tier: int = 0
    """Rank of the lowest tier that it is for; 0: everybody."""


@dataclass(frozen=True)
class PersonFacts:
    """What counts about a person for every mission."""

    is_active: bool
    track: str
    roles: frozenset[str]
    proved_platforms: frozenset[str]
    has_guidelines_to_read: bool
    loads: Mapping[str, Load] = field(default_factory=dict)
    """By network: what the followers of the best account there saw of us lately."""
    tier: int = 0
    """Rank; 0: none."""
    tiers_total: int = 0
    """A mission that asks for more than the highest tier asks for the highest."""
    early: timedelta = timedelta(0)
    """How much sooner than others this person may claim."""


@dataclass(frozen=True)
class HistoryFacts:
    """What this person did with this mission so far."""

    holds_place: bool = False
    fulfilled: int = 0
    held_until: datetime | None = None
    """Of a place that waits for a post to be handed in; None once it was."""
    promised: Pay | None = None
    """What the place that they hold pays, all of it as if at once."""


def why_not(mission: MissionFacts, person: PersonFacts, history: HistoryFacts, *, now: datetime) -> list[Reason]:
    """Every reason against a claim at `now`, the most telling first; an empty list means: claim it."""
    is_over = _is_over(mission, now)
    in_order = (
        (Reason.ALREADY_CLAIMED, history.holds_place),
        (Reason.LIMIT_REACHED, not history.holds_place and history.fulfilled >= mission.per_person_max),
        (Reason.PERSON_PAUSED, not person.is_active),
        (Reason.CLOSED, is_over),
        (Reason.NOT_OPEN_YET, not is_over and _is_yet_to_open(mission, person.early, now)),
        (Reason.PAUSED, mission.state == "paused" and not is_over),
        (Reason.FULL, mission.places_left <= 0),
        (Reason.BUDGET_GONE, mission.points > mission.budget_left),
        (Reason.TRACK, mission.tracks and person.track not in mission.tracks),
        (Reason.TIER, person.tier < min(mission.lowest_tier, person.tiers_total)),
        (Reason.ROLE, mission.roles and person.roles.isdisjoint(mission.roles)),
        (Reason.NO_PROVED_HANDLE, mission.needs_account and not _can_post(mission, person)),
        (Reason.AUDIENCE_RESTS, load_for(mission, person).stopped_until is not None),
        (Reason.GUIDELINE, person.has_guidelines_to_read),
    )
    return [reason for reason, stands in in_order if stands]


def load_for(mission: MissionFacts, person: PersonFacts) -> Load:
    """What the followers who would see this mission's post have behind them."""
    return for_mission(person.loads, mission.platforms) if mission.is_post else RESTED


def needs_account(kind: str, *, takes_files: bool) -> bool:
    """Is what a mission of this kind asks for always on a network? (docs/domain.md, Missions)"""
    return kind in ("share", "engage") or (kind == "create" and not takes_files)


def is_open_to(reasons: Sequence[Reason]) -> bool:
    """Nothing stands against a claim but steps that the person can take right away."""
    return all(reason.is_step for reason in reasons)


def is_within_reach(reasons: Sequence[Reason]) -> bool:
    """Nothing stands against a claim but what every newcomer does once: prove an account, read the guideline."""
    return all(reason in (Reason.NO_PROVED_HANDLE, Reason.GUIDELINE) for reason in reasons)


def warning_moment(claimed_at: datetime, expires_at: datetime) -> datetime:
    """When to say that a claim expires soon: a day before, or when a third of a short time is left."""
    return expires_at - min(WARNING_MAX, (expires_at - claimed_at) / WARNING_SHARE)


def moved_deadline(
    expires_at: datetime, stopped_at: datetime | None, *, now: datetime, at_least: timedelta = timedelta(0)
) -> datetime:
    """A claim's end once its clock runs again: the time that it waited for us is added, and `at_least` is left."""
    waited = now - stopped_at if stopped_at else timedelta(0)
    return max(expires_at + waited, now + at_least) if at_least else expires_at + waited


def _is_over(mission: MissionFacts, now: datetime) -> bool:
    return (
        mission.state == "closed"
        or mission.season_state in ("wrapping_up", "closed")
        or (mission.closes_at is not None and mission.closes_at <= now)
    )


def _is_yet_to_open(mission: MissionFacts, early: timedelta, now: datetime) -> bool:
    """One that opens by itself is open to whoever is let in before that."""
    if mission.state == "draft" or mission.season_state == "planned":
        return True
    if mission.state == "scheduled":
        return not early or mission.opens_at is None or mission.opens_at > now + early
    return mission.opens_at is not None and mission.opens_at > now


def _can_post(mission: MissionFacts, person: PersonFacts) -> bool:
    if not mission.platforms:
        return bool(person.proved_platforms)
    return not person.proved_platforms.isdisjoint(mission.platforms)
