"""How somebody signs in: (issuer, subject) at a provider, never an e-mail address (PROMISES P-08)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from portal.accounts.handles import prove_by_login
from portal.accounts.models import Identity, LoginSession, Person
from portal.accounts.sessions import end_session
from portal.accounts.verified import VerifiedIdentity
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises


class IdentityRefused(Exception):
    """A way to sign in could not be added or removed; `sentence` says why."""

    sentence: LazyString


class IdentityTaken(IdentityRefused):
    sentence = _l(
        "That account already signs somebody else in here. Sign in with it, and remove it there first if it is yours."
    )


class IdentityKnown(IdentityRefused):
    sentence = _l("That account already signs you in.")


class LastIdentity(IdentityRefused):
    sentence = _l("This is your only way to sign in. Add another one first, then remove this.")


def identity_at(issuer: str, subject: str) -> Identity | None:
    """The known identity. Leans on the unique key (issuer, subject)."""
    return db.session.scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))


def add_identity(person: Person, verified: VerifiedIdentity, *, now: datetime) -> Identity:
    """One more way for `person` to sign in, and their handle proved where that is an account of a network.

    Raises IdentityKnown, IdentityTaken or HandleRefused.
    """
    known = identity_at(verified.issuer, verified.subject)
    if known is not None:
        raise IdentityKnown if known.person_id == person.id else IdentityTaken
    identity = Identity(
        person_id=person.id,
        provider=verified.provider,
        issuer=verified.issuer,
        subject=verified.subject,
        label=verified.label,
        added_at=now,
        last_used_at=now,
    )
    db.session.add(identity)
    with violation_raises(IdentityTaken()):
        db.session.flush()
    audit(
        "identity.added",
        ("person", person.id),
        actor_id=person.id,
        why="by the person",
        after={"provider": verified.provider},
    )
    if verified.account is not None:
        prove_by_login(person, verified.account, now=now)
    return identity


def remove_identity(person: Person, identity: Identity, *, now: datetime) -> None:
    """Take a way to sign in away, with the sessions it opened. Raises LastIdentity."""
    # Two removals at once wait for each other here, so that they can't take away the last two.
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    held = db.session.scalars(select(Identity.id).where(Identity.person_id == person.id)).all()
    if len(held) < 2:
        raise LastIdentity
    for session in db.session.scalars(
        select(LoginSession).where(LoginSession.identity_id == identity.id, LoginSession.ended_at.is_(None))
    ):
        end_session(session, now=now, why="identity_removed")
    db.session.delete(identity)
    db.session.flush()
    audit(
        "identity.removed",
        ("person", person.id),
        actor_id=person.id,
        why="by the person",
        before={"provider": identity.provider},
    )
