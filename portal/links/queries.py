"""Reads about tracked links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import select

from portal.extensions import db
from portal.links.models import ClickDay, TrackedLink


@dataclass(frozen=True)
class Day:
    """One day's figures of a link."""

    day: date
    visitors: int
    clicks: int


def address_of(link: TrackedLink) -> str:
    """What people post."""
    return f"{current_app.config['SETTINGS'].public_url}/l/{link.code}"


def link_of_claim(claim_id: str) -> TrackedLink | None:
    """The link that was made for a claim. Leans on the unique key of `claim_ref`."""
    return db.session.scalar(select(TrackedLink).where(TrackedLink.claim_ref == claim_id))


def links_of_claims(claim_ids: Sequence[str]) -> dict[str, TrackedLink]:
    """The links of many claims at once, by claim id."""
    links = db.session.scalars(select(TrackedLink).where(TrackedLink.claim_ref.in_(claim_ids)))
    return {str(link.claim_ref): link for link in links}


def days_of(link_id: str) -> list[Day]:
    """A link's days, oldest first."""
    days = select(ClickDay.day, ClickDay.visitors, ClickDay.clicks).where(ClickDay.link_id == link_id)
    return [Day(*row) for row in db.session.execute(days.order_by(ClickDay.day))]


def target_of(code: str) -> tuple[str, str] | None:
    """(link id, target) of a code: the redirect's one look-up."""
    row = db.session.execute(select(TrackedLink.id, TrackedLink.target).where(TrackedLink.code == code)).first()
    return (row[0], row[1]) if row else None
