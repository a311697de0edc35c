"""Finding people, and reading what one person has done here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Handle, Person, PersonState, StaffRole, Track
from portal.extensions import db
from portal.kernel.access import Role
from portal.kernel.base import ID_LENGTH
from portal.kernel.pages import Page, page_of
from portal.missions.claim_models import Claim
from portal.shares.models import Share, ShareState

ID_PREFIX_MIN = 6
STORY_LENGTH = 15
VERIFIED = (ShareState.VERIFIED, ShareState.SETTLED)
ANY_STAFF = "staff"


@dataclass(frozen=True)
class Filter:
    """What the directory shows; empty means all."""

    text: str = ""
    state: str = ""
    track: str = ""
    role: str = ""
    """One of the staff roles, or `staff` for any of them."""

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.state or self.track or self.role)


@dataclass(frozen=True)
class Line:
    """One row of the directory."""

    person: Person
    handles: Sequence[Handle]
    shares_verified: int


def find_people(wanted: Filter, *, cursor: str | None) -> tuple[Page[Person], list[Line]]:
    """A page of people, the newest first (keyset over joined_at, id), with what the list says of each: four queries."""
    page: Page[Person] = page_of(_matching(wanted), by=[Person.joined_at, Person.id], cursor=cursor)
    ids = [person.id for person in page.rows]
    handles: dict[str, list[Handle]] = {}
    for handle in db.session.scalars(select(Handle).where(Handle.person_id.in_(ids)).order_by(Handle.id)):
        handles.setdefault(handle.person_id, []).append(handle)
    verified = dict(
        db.session.execute(
            select(Share.person_id, func.count())
            .where(Share.person_id.in_(ids), Share.state.in_(VERIFIED))
            .group_by(Share.person_id)
        ).all()
    )
    lines = [Line(person, handles.get(person.id, []), verified.get(person.id, 0)) for person in page.rows]
    return page, lines


def count_by_state() -> dict[str, int]:
    """How many people are in each state."""
    return dict(db.session.execute(select(Person.state, func.count()).group_by(Person.state)).all())


def _matching(wanted: Filter) -> Select[Any]:
    query = select(Person)
    if wanted.state in set(PersonState):
        query = query.where(Person.state == wanted.state)
    if wanted.track in set(Track):
        query = query.where(Person.track == wanted.track)
    if wanted.role == ANY_STAFF:
        query = query.where(Person.staff_roles.any())
    elif wanted.role in set(Role):
        query = query.where(Person.staff_roles.any(StaffRole.role == wanted.role))
    if wanted.text:
        query = query.where(_names(wanted.text))
    return query


def _names(text: str) -> ColumnElement[bool]:
    """Somebody's name, address or handle holds `text`, or their id begins with it."""
    handle = text.removeprefix("@").split("@")[0]
    options = [
        Person.display_name.icontains(text, autoescape=True),
        Person.email.icontains(text, autoescape=True),
    ]
    if handle:
        options.append(Person.id.in_(select(Handle.person_id).where(Handle.name.icontains(handle, autoescape=True))))
    if ID_PREFIX_MIN <= len(text) <= ID_LENGTH and text.isalnum():
        options.append(Person.id.startswith(text.lower(), autoescape=True))
    return or_(*options)


@dataclass(frozen=True)
class Work:
    """What one person has handed in and holds."""

    shares: Sequence[Share]
    """The latest, newest first."""
    claims: Sequence[Claim]
    verified: int
    declined: int


def work_of(person_id: str) -> Work:
    """Leans on ix_share_person and the claims' key of person and mission."""
    shares = db.session.scalars(
        select(Share)
        .where(Share.person_id == person_id)
        .options(joinedload(Share.mission))
        .order_by(Share.submitted_at.desc(), Share.id.desc())
        .limit(STORY_LENGTH)
    ).all()
    claims = db.session.scalars(
        select(Claim)
        .where(Claim.person_id == person_id)
        .options(joinedload(Claim.mission))
        .order_by(Claim.claimed_at.desc(), Claim.id.desc())
        .limit(STORY_LENGTH)
    ).all()
    counts = dict(
        db.session.execute(
            select(Share.state, func.count()).where(Share.person_id == person_id).group_by(Share.state)
        ).all()
    )
    return Work(
        shares=shares,
        claims=claims,
        verified=sum(counts.get(state, 0) for state in VERIFIED),
        declined=counts.get(ShareState.REJECTED, 0),
    )
