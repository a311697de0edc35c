"""Invite links: one for each claim on a `refer` mission, made with the claim."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.links.making import new_code
from portal.missions.claim_models import Claim, Invitation


def invitation_for(claim: Claim, *, now: datetime) -> Invitation:
    """The invite link of one claim; asked again, the one it has."""
    known = db.session.scalar(select(Invitation).where(Invitation.claim_id == claim.id))
    if known is not None:
        return known
    invitation = Invitation(claim_id=claim.id, code=new_code(), created_at=now)
    db.session.add(invitation)
    db.session.flush()
    return invitation


def invitation_of(claim: Claim) -> Invitation | None:
    return db.session.scalar(select(Invitation).where(Invitation.claim_id == claim.id))


def invitation_with(code: str) -> Invitation | None:
    """By what stands in its address. Leans on the unique code."""
    return db.session.scalar(select(Invitation).where(Invitation.code == code))
