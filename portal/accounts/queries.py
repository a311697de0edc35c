"""Reading people, their handles, sessions and identities, always scoped to whom they belong."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Select, String, bindparam, func, select

from portal.accounts import handles
from portal.accounts.logins.models import NetworkLogin
from portal.accounts.models import Handle, HandleState, Identity, LoginSession, Person
from portal.accounts.network_account import NetworkAccount
from portal.extensions import db
from portal.kernel.jobs import Job, JobState
from portal.kernel.once import once_a_page

ISSUERS = {"x": "https://x.com"}
"""Of networks that people also sign in with under the same account's id."""


def person_by_id(person_id: str) -> Person | None:
    return db.session.get(Person, person_id)


def handles_of(person_id: str) -> list[Handle]:
    """All, in the order they were added. Leans on ix_handle_person_id."""
    return list(db.session.scalars(select(Handle).where(Handle.person_id == person_id).order_by(Handle.id)))


def handle_of(person_id: str, handle_id: str) -> Handle | None:
    """This person's handle, or None as well for somebody else's."""
    return db.session.scalar(select(Handle).where(Handle.id == handle_id, Handle.person_id == person_id))


@once_a_page
def proved_handles(person_id: str, platform: str | None = None) -> list[Handle]:
    """What a share of theirs may have been posted with."""
    proved = db.session.scalars(_proved_handles(), {"owner_id": person_id})
    return [handle for handle in proved if platform in (None, handle.platform)]


@cache
def _proved_handles() -> Select[Handle]:
    """Put together once: every page of a mission asks this."""
    mine = Handle.person_id == bindparam("owner_id", type_=String)
    return select(Handle).where(mine, Handle.state == HandleState.PROVED).order_by(Handle.id)


def is_being_looked_at(handle_id: str) -> bool:
    """Does a worker have, or will it have, this profile's reading to do? Leans on the unique key (kind, key)."""
    waiting = select(Job.id).where(Job.kind == handles.LOOK, Job.key == handle_id, Job.state == JobState.WAITING)
    return db.session.scalar(waiting) is not None


def signs_in_somebody_else(person_id: str, account: NetworkAccount) -> bool:
    """Is this network's account somebody else's way in here? Leans on the unique key (issuer, subject)."""
    issuers = [f"https://{account.host}", f"http://{account.host}"] if account.host else [ISSUERS.get(account.platform)]
    query = select(Identity.person_id).where(
        Identity.issuer.in_(issuers), Identity.subject == account.external_id, Identity.person_id != person_id
    )
    return db.session.scalar(query.limit(1)) is not None


def login_of(handle_id: str) -> NetworkLogin | None:
    """The login that was lent for this account. Leans on its unique key."""
    return db.session.scalar(select(NetworkLogin).where(NetworkLogin.handle_id == handle_id))


def lent_handles(person_id: str) -> set[str]:
    """The accounts of this person whose login reads their posts now."""
    query = select(NetworkLogin.handle_id).join(Handle)
    return set(db.session.scalars(query.where(Handle.person_id == person_id, NetworkLogin.trouble.is_(None))))


def identities_of(person_id: str) -> list[Identity]:
    """All ways to sign in, the oldest first. Leans on ix_identity_person_id."""
    return list(db.session.scalars(select(Identity).where(Identity.person_id == person_id).order_by(Identity.id)))


def identity_of(person_id: str, identity_id: str) -> Identity | None:
    return db.session.scalar(select(Identity).where(Identity.id == identity_id, Identity.person_id == person_id))


def open_sessions(person_id: str, now: datetime) -> list[LoginSession]:
    """Browsers signed in, the one used last first. Leans on ix_login_session_person_id."""
    return list(
        db.session.scalars(
            select(LoginSession)
            .where(
                LoginSession.person_id == person_id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
            )
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id)
        )
    )


def session_of(person_id: str, session_id: str) -> LoginSession | None:
    return db.session.scalar(
        select(LoginSession).where(LoginSession.id == session_id, LoginSession.person_id == person_id)
    )


def staff() -> list[Person]:
    """Everybody with a staff role, by name."""
    return list(
        db.session.scalars(
            select(Person).where(Person.staff_roles.any()).order_by(func.lower(Person.display_name), Person.id)
        )
    )
