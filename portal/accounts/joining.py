"""Becoming a member: the person, their first identity, what they agreed to, how they like to help."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from portal.accounts import rules
from portal.accounts.events import PersonJoined
from portal.accounts.identities import add_identity
from portal.accounts.models import (
    AdvocacyRole,
    AgeRefusal,
    Consent,
    Person,
    PersonAdvocacyRole,
    PersonState,
    Track,
)
from portal.accounts.sessions import TERMS
from portal.accounts.verified import VerifiedIdentity
from portal.extensions import db
from portal.kernel import clock, events, jobs


@dataclass(frozen=True)
class AboutYou:
    """What the join page asks for. That somebody is old enough is asked too, and not kept beyond the consent."""

    display_name: str
    email: str | None
    country: str
    locale: str
    time_zone: str
    advocacy_roles: Collection[AdvocacyRole]


def join(
    about: AboutYou, identity: VerifiedIdentity, *, terms_version: str, employee: bool = False,
    invitation: str = "", now: datetime,
) -> Person:  # fmt: skip
    """Make the account of whoever proved `identity`. Raises IdentityTaken when it has one already.

    `invitation`: code of the invite link that brought them; whether it is one is for others to say.
    """
    person = Person(
        display_name=about.display_name,
        email=about.email,
        country=about.country,
        locale=about.locale,
        time_zone=about.time_zone,
        track=Track.EMPLOYEE if employee else Track.AMBASSADOR,
        state=PersonState.ACTIVE,
        state_changed_at=now,
        joined_at=now,
    )
    db.session.add(person)
    db.session.flush()
    choose_advocacy_roles(person, about.advocacy_roles)
    add_identity(person, identity, now=now)
    agree_to_terms(person, terms_version, now=now)
    events.record(PersonJoined(person_id=person.id, invitation=invitation))
    return person


def choose_advocacy_roles(person: Person, roles: Collection[AdvocacyRole]) -> None:
    """Replace how somebody likes to help."""
    held = {chosen.role: chosen for chosen in person.advocacy_roles}
    for role in set(held) - set(roles):
        person.advocacy_roles.remove(held[role])
    for role in sorted(set(roles) - set(held)):
        person.advocacy_roles.append(PersonAdvocacyRole(person_id=person.id, role=role))
    db.session.flush()


def agree_to_terms(person: Person, version: str, *, now: datetime) -> Consent:
    """Keep that `person` agreed to this version; an earlier one stops counting."""
    db.session.execute(
        update(Consent)
        .where(Consent.person_id == person.id, Consent.purpose == TERMS, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    consent = Consent(person_id=person.id, purpose=TERMS, version=version, given_at=now)
    db.session.add(consent)
    db.session.flush()
    return consent


def refuse_by_age(issuer: str, subject: str, *, now: datetime) -> None:
    """Remember, by a digest alone, that whoever proved this identity said they are too young."""
    db.session.merge(AgeRefusal(identity_digest=_digest(issuer, subject), forget_at=now + rules.REFUSAL_KEPT_FOR))
    db.session.flush()


def was_refused_by_age(issuer: str, subject: str, *, now: datetime) -> bool:
    refusal = db.session.get(AgeRefusal, _digest(issuer, subject))
    return refusal is not None and refusal.forget_at > now


def _digest(issuer: str, subject: str) -> str:
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


@jobs.every(timedelta(hours=24), "forget_age_refusals")
def _forget_age_refusals(_lease: jobs.Lease) -> None:
    db.session.execute(delete(AgeRefusal).where(AgeRefusal.forget_at <= clock.now()))
