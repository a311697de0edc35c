"""Pausing, bringing back and removing somebody: staff's decisions about an account, each with a reason."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.accounts import rules
from portal.accounts.logins.counting import withdraw_counting
from portal.accounts.logins.forgetting import forget_login_of
from portal.accounts.models import Person, PersonState
from portal.accounts.queries import handles_of
from portal.accounts.sessions import end_all_sessions
from portal.extensions import db
from portal.kernel.audit import audit


class StandingRefused(Exception):
    """An account's state could not be changed; `sentence` says why."""

    sentence: LazyString


class OwnStanding(StandingRefused):
    sentence = _l("Nobody pauses or removes themselves here. Ask a colleague.")


class StaffStanding(StandingRefused):
    sentence = _l("They hold a staff role. Withdraw it first.")


class NotPossible(StandingRefused):
    sentence = _l("Their account has changed since you opened this page. Look again, then decide.")


def pause(person: Person, *, actor: Person, why: str, now: datetime) -> None:
    """They may sign in and look, and take part in nothing. Raises StandingRefused."""
    _move(person, PersonState.PAUSED, actor=actor, why=why, now=now)


def reactivate(person: Person, *, actor: Person, why: str, now: datetime) -> None:
    """Back to taking part. Raises StandingRefused."""
    _move(person, PersonState.ACTIVE, actor=actor, why=why, now=now)


def remove(person: Person, *, actor: Person, why: str, now: datetime) -> None:
    """They can't sign in any more; their sessions end at once, and keys they lent are given back.

    Raises StandingRefused.
    """
    _move(person, PersonState.REMOVED, actor=actor, why=why, now=now)
    for handle in handles_of(person.id):
        forget_login_of(handle.id, actor_id=actor.id, why="person_removed", now=now)
        withdraw_counting(handle, now=now)


def _move(person: Person, to: PersonState, *, actor: Person, why: str, now: datetime) -> None:
    if actor.id == person.id:
        raise OwnStanding
    if to != PersonState.ACTIVE and person.roles:
        raise StaffStanding
    if not rules.may_become(person.state, to):
        raise NotPossible
    before, person.state, person.state_changed_at = person.state, to, now
    person.version += 1
    db.session.flush()
    end_all_sessions(person.id, now, f"person_{to}")
    audit(
        f"person.{to}",
        ("person", person.id),
        actor_id=actor.id,
        why=why,
        before={"state": before},
        after={"state": to},
    )
