"""Accounts on social networks: named, proved by a code in the public profile, lost."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import or_, select

from portal.accounts.events import HandleProved
from portal.accounts.logins.counting import withdraw_counting
from portal.accounts.logins.forgetting import forget_login_of
from portal.accounts.models import Handle, HandleState, Person, ProofMethod
from portal.accounts.network_account import NetworkAccount
from portal.accounts.ports import Profile, ProfileAddress
from portal.extensions import db
from portal.kernel import events, jobs
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises

LOOK = "look_at_profile"
CODE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 12
CODE_PREFIX = "verify-"
HANDLES_MAX = 20


class HandleRefused(Exception):
    """Something about a handle could not be done; `sentence` says why and what to do."""

    sentence: LazyString


class HandleKnown(HandleRefused):
    sentence = _l("You have added this account already.")


class TooManyHandles(HandleRefused):
    sentence = _l("You have added as many accounts as one person can. Remove one you no longer use first.")


class ProvedElsewhere(HandleRefused):
    """The database says so: one proved network account belongs to one person."""

    sentence = _l(
        "Somebody else here has already proved that this account is theirs. If it is yours, write to us and we will "
        "look."
    )


class HandleGone(HandleRefused):
    """Its owner was faster."""

    sentence = _l("This account was taken off the profile a moment ago.")


class OwnHandle(HandleRefused):
    sentence = _l("Nobody confirms their own account. Ask a colleague.")


def add_handle(person: Person, address: ProfileAddress, now: datetime) -> Handle:
    """Note that `person` says this account is theirs. Raises HandleKnown or TooManyHandles."""
    held = db.session.scalars(select(Handle.id).where(Handle.person_id == person.id)).all()
    if len(held) >= HANDLES_MAX:
        raise TooManyHandles
    handle = Handle(
        person_id=person.id,
        platform=address.platform,
        host=address.host,
        name=address.name,
        profile_url=address.profile_url,
        proof_code=new_proof_code(),
        added_at=now,
    )
    db.session.add(handle)
    with violation_raises(HandleKnown()):
        db.session.flush()
    return handle


def ask_to_look(handle: Handle, *, now: datetime) -> None:
    """Have the worker read the profile now."""
    jobs.schedule(LOOK, handle.id, due_at=now)


def note_look(handle: Handle, profile: Profile, *, code: str, now: datetime) -> None:
    """Take what was seen in the profile as proof, or keep why it is none. Raises ProvedElsewhere."""
    if handle.state == HandleState.PROVED or handle.proof_code != code:
        return  # the answer to a question that nobody asks any more
    if code not in profile.text.casefold():
        note_problem(handle, "code_missing", now=now)
        return
    mark_proved(handle, profile=profile, method=ProofMethod.CODE, now=now)


def note_problem(handle: Handle, reason_code: str, *, now: datetime) -> None:
    """Keep why the last look proved nothing."""
    handle.proof_problem, handle.looked_at = reason_code, now
    db.session.flush()


def mark_proved(
    handle: Handle,
    *,
    profile: Profile | None,
    method: ProofMethod,
    now: datetime,
    reason: str | None = None,
) -> None:
    """The account is this person's. Raises ProvedElsewhere when it is proved by somebody else."""
    handle.state, handle.proof_method, handle.proof_reason = HandleState.PROVED, method, reason
    handle.proved_at = handle.looked_at = now
    handle.proof_problem = None
    if profile is not None:
        handle.external_id, handle.followers = profile.external_id, profile.followers
    with violation_raises(ProvedElsewhere()):
        db.session.flush()
    events.record(HandleProved(person_id=handle.person_id, handle_id=handle.id))


def prove_by_login(person: Person, account: NetworkAccount, *, now: datetime) -> Handle:
    """`person` has just signed in there: the account is theirs, under whatever name they had added it before.

    Raises ProvedElsewhere, TooManyHandles, or HandleKnown where its new name is in the way of another handle.
    """
    handle = _handle_of_account(person, account, now=now)
    if handle is None:
        address = ProfileAddress(account.platform, account.host, account.name, account.profile_url)
        handle = add_handle(person, address, now)
    jobs.cancel(LOOK, handle.id)
    rename_handle(handle, account)
    if handle.state != HandleState.PROVED or handle.external_id != account.external_id:
        handle.external_id = account.external_id
        mark_proved(handle, profile=None, method=ProofMethod.LOGIN, now=now)
    return handle


def note_arrival(person_id: str, account: NetworkAccount) -> None:
    """They signed in with it again: a proved handle follows its account to a new name, if that is free.

    Whether it is, proved_by_one_person decides.
    """
    query = select(Handle).where(
        Handle.person_id == person_id, Handle.platform == account.platform, Handle.host == account.host,
        Handle.external_id == account.external_id, Handle.state == HandleState.PROVED, Handle.name != account.name,
    )  # fmt: skip
    moved = db.session.scalar(query)
    if moved is None:
        return
    with suppress(HandleRefused), db.session.begin_nested():
        rename_handle(moved, account)


def rename_handle(handle: Handle, account: NetworkAccount) -> None:
    """Names move, ids don't. Raises HandleKnown where the person has another handle of that name."""
    handle.name, handle.profile_url = account.name, account.profile_url
    with violation_raises(HandleKnown()):
        db.session.flush()


def proved_by_others(account: NetworkAccount, person_id: str | None) -> bool:
    """Has somebody else proved this account, by whatever means? Leans on proved_account_once, proved_by_one_person."""
    same = or_(Handle.external_id == account.external_id, Handle.name == account.name)
    query = select(Handle.person_id).where(
        Handle.platform == account.platform, Handle.host == account.host, Handle.state == HandleState.PROVED, same
    )
    return any(owner != person_id for owner in db.session.scalars(query))


def _handle_of_account(person: Person, account: NetworkAccount, *, now: datetime) -> Handle | None:
    """What this person has of it: by its id first, since names move."""
    mine = select(Handle).where(
        Handle.person_id == person.id, Handle.platform == account.platform, Handle.host == account.host
    )
    by_id = db.session.scalars(mine.where(Handle.external_id == account.external_id).order_by(Handle.id)).first()
    by_name = db.session.scalar(mine.where(Handle.name == account.name))
    if by_id and by_name and by_id is not by_name and by_name.state != HandleState.PROVED:
        remove_handle(by_name, now=now)  # the same account, added once more under its new name
    return by_id or by_name


def confirm_by_staff(handle: Handle, *, actor: Person, reason: str, now: datetime) -> None:
    """A person of the staff vouches for it, with a reason. Safe to repeat.

    Raises OwnHandle, HandleGone or ProvedElsewhere.
    """
    if handle.person_id == actor.id:
        raise OwnHandle
    _hold(handle)
    if handle.state == HandleState.PROVED:
        return
    mark_proved(handle, profile=None, method=ProofMethod.MODERATOR, now=now, reason=reason)
    audit(
        "handle.confirmed",
        ("handle", handle.id),
        actor_id=actor.id,
        why=reason,
        after={"person": handle.person_id, "platform": handle.platform, "name": handle.name},
    )


def lose_proof(handle: Handle, *, actor: Person, reason: str, now: datetime) -> None:
    """The proof no longer holds; a new code makes a new proof possible. Safe to repeat. Raises HandleGone."""
    _hold(handle)
    if handle.state != HandleState.PROVED:
        return
    forget_login_of(handle.id, actor_id=actor.id, why="proof_lost", now=now)
    withdraw_counting(handle, now=now)
    handle.state, handle.proved_at, handle.proof_method, handle.proof_reason = HandleState.LOST, None, None, reason
    handle.proof_code, handle.proof_problem, handle.looked_at = new_proof_code(), None, now
    db.session.flush()
    audit(
        "handle.proof_lost",
        ("handle", handle.id),
        actor_id=actor.id,
        why=reason,
        before={"state": HandleState.PROVED},
        after={"state": HandleState.LOST},
    )


def _hold(handle: Handle) -> None:
    """See it as it is now, and keep it so until the transaction ends: of two colleagues one finds it done."""
    if db.session.get(Handle, handle.id, with_for_update=True, populate_existing=True) is None:
        raise HandleGone


def remove_handle(handle: Handle, *, now: datetime) -> None:
    """Forget the account; shares that were verified with it stay as they are."""
    jobs.cancel(LOOK, handle.id)
    forget_login_of(handle.id, actor_id=handle.person_id, why="handle_removed", now=now)
    db.session.delete(handle)
    db.session.flush()


def new_proof_code() -> str:
    """A code that nobody writes by chance: 59 bits, without letters and digits that look alike."""
    return CODE_PREFIX + "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
