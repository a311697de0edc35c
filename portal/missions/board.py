"""The missions board: what can be claimed now first, then the rest with the reason. Columns, not objects.

Ten queries whatever the number of missions: missions with their seasons, the reader's handles, guidelines, history
and live claims, what their followers saw of us and what they chose about that, their tier, and the seasons' budgets.

Missions are ranked by how well they fit: the topics that the reader likes to speak about, their networks and roles, and
how rested their followers are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, String, and_, bindparam, select

from portal.accounts.models import AdvocacyRole, Person
from portal.campaigns.models import Campaign, CampaignState
from portal.campaigns.ports import budget_desk
from portal.kernel.rows import rows_of
from portal.missions.audience import chosen_by
from portal.missions.audience_models import MissionPass
from portal.missions.eligibility import histories, person_facts
from portal.missions.models import POST_KINDS, Mission, MissionKind, MissionState
from portal.missions.pay import Pay, pay_of, with_tier
from portal.missions.resting import RESTED, Load
from portal.missions.rules import (
    MissionFacts,
    Reason,
    is_open_to,
    is_within_reach,
    load_for,
    needs_account,
    why_not,
)
from portal.points.tiers import stands

MISSIONS_MAX = 500
PAGE_LENGTH = 30
SOON = timedelta(days=14)
"""How far ahead a scheduled mission is shown."""
POINTS_CHOICES = (50, 100, 200)
DAYS_CHOICES = (1, 3, 7)

_SHOWN = (
    Mission.id, Mission.kind, Mission.title, Mission.summary, Mission.platforms, Mission.tracks, Mission.roles,
    Mission.minutes, Mission.places_total, Mission.places_taken, Mission.per_person_max, Mission.points_now,
    Mission.points_held, Mission.image_file, Mission.image_alt, Mission.state, Mission.opens_at, Mission.closes_at,
    Mission.campaign_id, Mission.topics, Mission.bonus_points, Mission.bonus_cap, Mission.takes_files,
    Mission.lowest_tier, Campaign.state.label("season_state"), Campaign.points_percent,
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What the reader asked for; anything unknown in an address counts as not asked."""

    platform: str = ""
    kind: str = ""
    role: str = ""
    points_min: int = 0
    days_max: int = 0
    sort: str = "fit"
    passed: bool = False
    """Those that were put aside as not for me, instead of the others."""

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> Filters:
        """From the address: `?platform=&kind=&role=&points=&days=&sort=&passed=`."""
        return cls(
            platform=typed.get("platform", "")[:32],
            kind=_known(typed.get("kind"), list(MissionKind)),
            role=_known(typed.get("role"), list(AdvocacyRole)),
            points_min=int(_known(typed.get("points"), [str(points) for points in POINTS_CHOICES]) or 0),
            days_max=int(_known(typed.get("days"), [str(days) for days in DAYS_CHOICES]) or 0),
            sort=_known(typed.get("sort"), ["fit", "ending", "points"]) or "fit",
            passed=typed.get("passed") == "1",
        )

    @property
    def any_folded(self) -> bool:
        """One of those that the page folds away; networks are always in sight."""
        return bool(self.kind or self.role or self.points_min or self.days_max)

    @property
    def any_set(self) -> bool:
        return bool(self.platform) or self.any_folded

    def as_args(self, **changes: Any) -> dict[str, Any]:
        """For an address: only what is set, with `changes`."""
        values = {
            "platform": self.platform, "kind": self.kind, "role": self.role, "points": self.points_min,
            "days": self.days_max, "sort": "" if self.sort == "fit" else self.sort, "passed": 1 if self.passed else 0,
        } | changes  # fmt: skip
        return {name: str(value) for name, value in values.items() if value}

    def fits(self, row: Row[Any], points: int, now: datetime) -> bool:
        """Does a mission that pays the reader `points` pass? An empty list of a mission means: all of them."""
        ends_soon = not self.days_max or (
            row.closes_at is not None and row.closes_at <= now + timedelta(days=self.days_max)
        )
        return (
            (not self.platform or not row.platforms or self.platform in row.platforms)
            and (not self.kind or row.kind == self.kind)
            and (not self.role or not row.roles or self.role in row.roles)
            and points >= self.points_min
            and ends_soon
        )


@dataclass(frozen=True)
class Card:
    """One mission on the board."""

    row: Row[Any]
    pay: Pay
    """What the reader gets: as promised with the place they hold, else as of now."""
    reasons: list[Reason]
    held_until: datetime | None = None
    """Of a place that the reader holds and has handed nothing in for."""
    load: Load = RESTED
    fit: int = 0
    """How many of the reader's topics and roles it speaks to."""
    tier: str = ""
    """Name of the lowest tier that it is for; empty: everybody's."""

    @property
    def points(self) -> int:
        return self.pay.points

    @property
    def places_left(self) -> int:
        return int(self.row.places_total - self.row.places_taken)

    @property
    def is_held(self) -> bool:
        return Reason.ALREADY_CLAIMED in self.reasons

    @property
    def is_open(self) -> bool:
        """Claimable now, at most after a step that the person can take at once."""
        return is_open_to(self.reasons)

    @property
    def is_within_reach(self) -> bool:
        """Claimable after what every newcomer does once."""
        return is_within_reach(self.reasons)


@dataclass(frozen=True)
class Board:
    """One page of the board."""

    cards: list[Card]
    total: int
    open_count: int
    within_reach_count: int
    """Open ones, and those that would be after what every newcomer does once."""
    held_count: int
    passed_count: int
    """How many were put aside as not for me."""
    platforms: list[str]
    """Every network that some mission names, for the filter."""
    page: int
    pages: int
    filters: Filters = field(default_factory=Filters)


def board(person: Person, filters: Filters, *, page: int = 1, now: datetime) -> Board:
    """What `person` sees: held and claimable first, the rest after with reasons."""
    found = _missions(person.id, now)
    rows = [row for row in found if (row.passed_at is not None) == filters.passed]
    about = person_facts(person, now=now)
    past = histories(person.id, [row.id for row in rows])
    budgets_left = budget_desk().left_of(sorted({row.campaign_id for row in rows}))
    likes, here = chosen_by(person.id).topics, stands(person.id)
    plan = here.plan
    cards = []
    for row in rows:
        pay = pay_of(row, percent=row.points_percent)
        facts = _facts(row, pay, budgets_left)
        fit = len(likes.intersection(row.topics)) + len(about.roles.intersection(row.roles))
        reasons = why_not(facts, about, past[row.id], now=now)
        lowest = plan.level(row.lowest_tier) if plan else None
        theirs = with_tier(pay, here.extra_on(row.points_now + row.points_held), facts.budget_left)
        cards.append(
            Card(
                row, past[row.id].promised or theirs, reasons, past[row.id].held_until, load_for(facts, about), fit,
                lowest.name if lowest else "",
            )
        )  # fmt: skip
    fitting = _sorted([card for card in cards if filters.fits(card.row, card.points, now)], filters.sort)
    pages = max(1, -(-len(fitting) // PAGE_LENGTH))
    page = min(max(page, 1), pages)
    return Board(
        cards=fitting[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH],
        total=len(fitting),
        open_count=sum(card.is_open for card in cards),
        within_reach_count=sum(card.is_within_reach for card in cards),
        held_count=sum(card.is_held for card in cards),
        passed_count=sum(row.passed_at is not None for row in found),
        platforms=sorted({platform for row in rows for platform in row.platforms}),
        page=page,
        pages=pages,
        filters=filters,
    )


def _missions(person_id: str, now: datetime) -> Sequence[Any]:
    """Missions that fans may see a card of. Leans on `ix_mission_board`."""
    return rows_of(_shown_missions(), {"reader_id": person_id, "now": now, "soon": now + SOON}).all()


@cache
def _shown_missions() -> Select[*tuple[Any, ...]]:
    """Put together once: making it would cost more than running it."""
    passed = and_(MissionPass.mission_id == Mission.id, MissionPass.person_id == bindparam("reader_id", type_=String))
    now, soon = bindparam("now", type_=Mission.closes_at.type), bindparam("soon", type_=Mission.opens_at.type)
    return (
        select(*_SHOWN, MissionPass.passed_at)
        .join(Campaign, Campaign.id == Mission.campaign_id)
        .outerjoin(MissionPass, passed)
        .where(
            Mission.state.in_((MissionState.OPEN, MissionState.PAUSED, MissionState.SCHEDULED)),
            (Mission.closes_at.is_(None)) | (Mission.closes_at > now),
            (Mission.state != MissionState.SCHEDULED) | (Mission.opens_at <= soon),
            Campaign.state.in_([CampaignState.PLANNED, CampaignState.RUNNING]),
        )
        .order_by(Mission.id.desc())
        .limit(MISSIONS_MAX)
    )


def _facts(row: Row[Any], pay: Pay, budgets_left: Mapping[str, int]) -> MissionFacts:
    return MissionFacts(
        state=row.state, season_state=row.season_state, opens_at=row.opens_at, closes_at=row.closes_at,
        places_left=row.places_total - row.places_taken,
        points=pay.most,
        budget_left=budgets_left.get(row.campaign_id, 0), per_person_max=row.per_person_max,
        platforms=row.platforms, tracks=row.tracks, roles=row.roles, is_post=row.kind in POST_KINDS,
        needs_account=needs_account(row.kind, takes_files=row.takes_files), lowest_tier=row.lowest_tier,
    )  # fmt: skip


def _sorted(cards: list[Card], by: str) -> list[Card]:
    """Claimable first, then what the reader holds, then the rest; within each as asked. Stable: newest first."""

    def rank(card: Card) -> int:
        if card.is_open:
            return 0
        return 1 if card.is_held else 2

    def ends(card: Card) -> float:
        return card.row.closes_at.timestamp() if card.row.closes_at else float("inf")

    if by == "points":
        return sorted(cards, key=lambda card: (rank(card), -card.points))
    if by == "ending":
        return sorted(cards, key=lambda card: (rank(card), ends(card)))
    return sorted(
        cards,
        key=lambda card: (rank(card), bool(card.reasons), card.load.rests, -card.fit, ends(card), -card.points),
    )


def _known(value: str | None, known: Sequence[str]) -> str:
    return value if value and value in known else ""
