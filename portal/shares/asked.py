"""What a share is asked, gathered from its mission, its claim, the guidelines in force and staff's list of words."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import select

from portal.extensions import db
from portal.guidelines.queries import forbidden_claims
from portal.links.queries import address_of, link_of_claim
from portal.missions.claim_models import Claim
from portal.missions.models import Mission, MissionKind, PostedFrom
from portal.shares.brand_words import words_in_force
from portal.shares.checks.finding import Asked, ForbiddenClaim
from portal.shares.models import Share
from portal.shares.platforms.reading import Relation


def asked_of(share: Share) -> Asked:
    """Everything that its checks compare with, as it stands now."""
    return asked_by(share.mission, share.claim_id, share.person.country)


def asked_by(mission: Mission, claim_id: str, country: str) -> Asked:
    """What a mission asks of whoever holds a claim on it and lives in `country`."""
    settings = current_app.config["SETTINGS"]
    link = link_of_claim(claim_id)
    since_opening = mission.posted_from == PostedFrom.OPENING
    return Asked(
        platforms=tuple(mission.platforms), tag=mission.required_tag, link=address_of(link) if link else "",
        link_or_tag=mission.link_or_tag, place=mission.jurisdiction or country, brand=settings.brand_name,
        rules=current_app.extensions["portal_disclosure"],
        posted_from=_opened_for(mission, claim_id) if since_opening else None, accepts=_accepts(mission),
        brand_posts=tuple(post["key"] for post in mission.brand_posts), is_answer=mission.kind == MissionKind.ENGAGE,
        conversations=tuple(post["key"] for post in mission.conversations), words=tuple(mission.required_words),
        mentions=tuple(mission.required_mentions), language=mission.language, media=mission.media,
        original_work=mission.original_work, handle_days_min=mission.handle_days_min,
        followers_min=mission.followers_min, brand_words=words_in_force(),
        forbidden_claims=tuple(ForbiddenClaim(phrase, title) for phrase, title in forbidden_claims()),
    )  # fmt: skip


def _opened_for(mission: Mission, claim_id: str) -> datetime | None:
    """From when on a post counts: the opening, or the claim of somebody whose tier let them in before it."""
    claimed_at = db.session.scalar(select(Claim.claimed_at).where(Claim.id == claim_id))
    return min((at for at in (mission.opens_at, claimed_at) if at is not None), default=None)


def _accepts(mission: Mission) -> tuple[str, ...]:
    """`create` asks for something new by itself; an answer to a conversation is judged by its own check."""
    if mission.kind == MissionKind.SHARE:
        return tuple(mission.accepts)
    return (Relation.ORIGINAL.value,) if mission.kind == MissionKind.CREATE else ()
