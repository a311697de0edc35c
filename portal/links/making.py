"""Makes tracked links. A link's target is set once, by what staff wrote into the mission, and never from a request."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.links.models import CODE_LENGTH, TrackedLink

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No i, l, o, 0, 1: codes are read aloud and typed from flyers. 31 to the 8th are 8.5e11."""


def link_for_claim(claim_id: str, *, person_id: str, campaign_id: str, target: str, now: datetime) -> TrackedLink:
    """The link of one claim; asked again, the one it has."""
    known = db.session.scalar(select(TrackedLink).where(TrackedLink.claim_ref == claim_id))
    if known is not None:
        return known
    link = TrackedLink(
        code=new_code(), target=target, campaign_id=campaign_id, person_id=person_id, claim_ref=claim_id, created_at=now
    )
    db.session.add(link)
    db.session.flush()
    return link


def new_code() -> str:
    """A code that nobody guesses from another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
