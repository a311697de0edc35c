"""The one next thing to do: what waits for this person comes before anything new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.accounts.queries import proved_handles
from portal.extensions import db
from portal.guidelines.queries import ToRead, missing_acknowledgements
from portal.missions import board
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.queries import has_claimed, live_claims
from portal.shares.models import Share, ShareState

OPEN_SHARES = (ShareState.RECEIVED, ShareState.CHECKING, ShareState.NEEDS_FIX, ShareState.NEEDS_REVIEW)
OPEN_MAX = 20


class Step(StrEnum):
    BRING_BACK = "bring_back"
    MEND = "mend"
    HAND_IN = "hand_in"
    READ = "read"
    PROVE = "prove"
    CLAIM = "claim"
    REST = "rest"


@dataclass(frozen=True)
class NextStep:
    """What to do, and with what."""

    step: Step
    share: Share | None = None
    claim: Claim | None = None
    to_read: ToRead | None = None
    card: board.Card | None = None
    """The mission that fits best: what to do, or what to do after it."""


@dataclass(frozen=True)
class OpenThings:
    """What this person has under way."""

    claims: list[Claim]
    shares: list[Share]


def open_things(person: Person) -> OpenThings:
    """Claims to hand in, shares that are not decided yet, and verified ones whose post is missing."""
    shares = db.session.scalars(
        select(Share)
        .where(Share.person_id == person.id, or_(Share.state.in_(OPEN_SHARES), Share.missing_since.is_not(None)))
        .options(joinedload(Share.mission))
        .order_by(Share.submitted_at.desc())
        .limit(OPEN_MAX)
    )
    claims = [claim for claim in live_claims(person.id) if claim.state == ClaimState.ACTIVE]
    return OpenThings(claims, list(shares))


def next_step(person: Person, things: OpenThings, *, now: datetime) -> NextStep:
    """Bring back what was paid, mend, then hand in, then what claiming needs, then the mission that fits best."""
    missing_posts = [share for share in things.shares if share.grace_until is not None]
    if missing_posts:
        first = min(missing_posts, key=lambda share: share.grace_until or now)
        return NextStep(Step.BRING_BACK, share=first, card=_best_mission(person, now))
    mendable = [share for share in things.shares if share.state == ShareState.NEEDS_FIX]
    if mendable:
        first = min(mendable, key=lambda share: share.fix_until or now)
        return NextStep(Step.MEND, share=first, card=_best_mission(person, now))
    if things.claims:
        return NextStep(Step.HAND_IN, claim=things.claims[0], card=_best_mission(person, now))
    missing = missing_acknowledgements(person.id)
    if missing:
        return NextStep(Step.READ, to_read=missing[0], card=_first_mission(person, now))
    if not proved_handles(person.id):
        return NextStep(Step.PROVE, card=_first_mission(person, now))
    card = _best_mission(person, now) if has_claimed(person.id) else _first_mission(person, now)
    return NextStep(Step.CLAIM, card=card) if card else NextStep(Step.REST)


def _first_mission(person: Person, now: datetime) -> board.Card | None:
    """What a newcomer could claim soon: the quickest, of two as quick the one that pays more."""
    cards = [card for card in board.board(person, board.Filters(), now=now).cards if card.is_within_reach]
    return min(cards, key=lambda card: (card.row.minutes, -card.points), default=None)


def _best_mission(person: Person, now: datetime) -> board.Card | None:
    """The first of the board that can be claimed."""
    cards = board.board(person, board.Filters(), now=now).cards
    return next((card for card in cards if card.is_open), None)
