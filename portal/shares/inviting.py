"""Who was invited, and when that counts: with the newcomer's first share that checks or a person verified.

Each newcomer counts once, for the one who invited them first: the primary key of `newcomer` and the post key of the
inviter's share see to it, whoever verifies what at the same time. What looks like a second account of the inviter is
never paid by itself; a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Handle, HandleState, Identity, Person, PersonState
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.base import new_id
from portal.missions import claiming, claims, queries
from portal.missions.claim_models import Claim, ClaimState, Invitation
from portal.missions.errors import ClaimMoved, ClaimRefused
from portal.missions.inviting import invitation_with
from portal.missions.models import Mission, MissionKind
from portal.shares.handed_in_models import Newcomer
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.transitions import move_share

COUNT = "count_newcomer"
FORMS_THAT_COUNT = (ShareForm.POST, ShareForm.COMMENT, ShareForm.FILES, ShareForm.REPORT)
"""First shares that took some doing. Answers and invitations of their own are too easy to make up."""
STANDS = (ShareState.VERIFIED, ShareState.SETTLED)
MANY, MANY_WITHIN = 5, timedelta(days=1)
"""More newcomers by one inviter in that time are looked at by a person."""
WAITING_MAX = 200


@dataclass(frozen=True)
class Invited:
    """Somebody who joined, as their inviter sees them: by first name."""

    name: str
    joined_at: datetime
    counts: bool
    waits_for: str
    """What is still missing, in words; empty once it counts."""


def note_newcomer(person: Person, code: str, *, now: datetime) -> Newcomer | None:
    """`person` joined by the invitation with `code`. None for one that nobody knows, or their own."""
    invitation = invitation_with(code)
    known = db.session.get(Newcomer, person.id)
    if known is not None or invitation is None or invitation.claim.person_id == person.id:
        return known
    newcomer = Newcomer(
        person_id=person.id, invitation_id=invitation.id, joined_at=now, doubt=_doubt_about(person, invitation, now)
    )
    db.session.add(newcomer)
    db.session.flush()
    jobs.schedule(COUNT, person.id, due_at=now)  # in case that a share of theirs was faster than the news of them
    return newcomer


def count_newcomer(person_id: str, *, now: datetime) -> Share | None:
    """Let a newcomer count for who invited them, if their first share stands and there is a place; else None."""
    newcomer = db.session.get(Newcomer, person_id, with_for_update=True, populate_existing=True)
    if newcomer is None or newcomer.share_id is not None or not has_share_that_stands(person_id):
        return None
    claim = _claim_to_fulfil(newcomer.invitation.claim, now)
    if claim is None:
        return None
    share = Share(
        id=new_id(), claim_id=claim.id, mission_id=claim.mission_id, person_id=claim.person_id,
        form=ShareForm.NEWCOMER, platform="", typed_url="", url="", post_key=f"newcomer:{person_id}", submitted_at=now,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            move_share(share, ShareState.RECEIVED, actor_id=None, now=now)
            claims.stop_clock(claim, now=now)
    except (IntegrityError, ClaimMoved):
        return None  # counted a moment ago, or the place went away; the sweep comes back
    newcomer.share_id = share.id
    newcomer.doubt = newcomer.doubt or _same_accounts(person_id, claim.person_id)
    move_share(share, ShareState.CHECKING, actor_id=None, now=now)
    if newcomer.doubt:
        move_share(share, ShareState.NEEDS_REVIEW, actor_id=None, now=now, reason_code="second_account")
    else:
        move_share(share, ShareState.VERIFIED, actor_id=None, now=now, reason_code="newcomer_joined_in")
    return share


def is_waiting(person_id: str) -> bool:
    """Was this person invited, and doesn't count yet?"""
    newcomer = db.session.get(Newcomer, person_id)
    return newcomer is not None and newcomer.share_id is None


def still_counts(share: Share) -> bool:
    """At the end of the hold: does anything that the newcomer shared stand?"""
    newcomer = newcomer_of(share)
    return newcomer is not None and has_share_that_stands(newcomer.person_id)


def newcomer_of(share: Share) -> Newcomer | None:
    """Leans on the unique `share_id`."""
    return db.session.scalar(select(Newcomer).where(Newcomer.share_id == share.id))


def has_share_that_stands(person_id: str) -> bool:
    """Leans on `ix_share_person`."""
    query = select(Share.id).where(
        Share.person_id == person_id, Share.state.in_(STANDS), Share.form.in_(FORMS_THAT_COUNT)
    )
    return db.session.scalar(query.limit(1)) is not None


def waiting_of(claim: Claim) -> Sequence[str]:
    """Newcomers of the same inviter and mission who don't count yet."""
    mine = select(Invitation.id).join(Claim).where(
        Claim.person_id == claim.person_id, Claim.mission_id == claim.mission_id
    )  # fmt: skip
    return db.session.scalars(
        select(Newcomer.person_id).where(Newcomer.share_id.is_(None), Newcomer.invitation_id.in_(mine))
    ).all()


def all_waiting() -> Sequence[str]:
    """Newcomers whose first share stands and who don't count yet: for the sweep, the oldest first."""
    stands = select(Share.person_id).where(Share.state.in_(STANDS), Share.form.in_(FORMS_THAT_COUNT))
    return db.session.scalars(
        select(Newcomer.person_id).where(Newcomer.share_id.is_(None), Newcomer.person_id.in_(stands))
        .order_by(Newcomer.joined_at).limit(WAITING_MAX)
    ).all()  # fmt: skip


def invited_by(claim: Claim) -> list[Invited]:
    """Everybody who joined by an invitation of this person for this mission, the newest first."""
    rows = db.session.execute(
        select(Newcomer, Person.display_name, Person.state, Share.state)
        .join(Person, Person.id == Newcomer.person_id)
        .join(Invitation, Invitation.id == Newcomer.invitation_id)
        .join(Claim, Claim.id == Invitation.claim_id)
        .outerjoin(Share, Share.id == Newcomer.share_id)
        .where(Claim.person_id == claim.person_id, Claim.mission_id == claim.mission_id)
        .order_by(Newcomer.joined_at.desc())
    )
    return [_shown(newcomer, name, state, counted) for newcomer, name, state, counted in rows]


def _shown(newcomer: Newcomer, name: str, person_state: str, counted: str | None) -> Invited:
    first = name.split()[0] if name.split() else _("Somebody")
    if counted in STANDS:
        return Invited(first, newcomer.joined_at, True, "")
    if counted is not None:
        missing = _("a person looks at it") if counted == ShareState.NEEDS_REVIEW else _("it does not count")
    elif person_state != PersonState.ACTIVE:
        missing = _("they don’t take part now")
    elif has_share_that_stands(newcomer.person_id):
        missing = _("their first share is verified; you need a free place in this mission")
    else:
        missing = _("their first verified share")
    return Invited(first, newcomer.joined_at, False, missing)


def _claim_to_fulfil(invited_for: Claim, now: datetime) -> Claim | None:
    """The inviter's place in that mission: the one they hold, else a new one while there are any."""
    live = queries.live_claim(invited_for.person_id, invited_for.mission_id)
    if live is not None:
        return live if live.state == ClaimState.ACTIVE and live.expires_at > now else None
    mission = db.session.get_one(Mission, invited_for.mission_id)
    inviter = db.session.get_one(Person, invited_for.person_id)
    if mission.kind != MissionKind.REFER:
        return None
    try:
        with db.session.begin_nested():
            return claiming.claim_place(mission, inviter, now=now)
    except ClaimRefused:
        return None


def _doubt_about(person: Person, invitation: Invitation, now: datetime) -> str:
    """What looks like one human with two accounts: code, or empty."""
    inviter = db.session.get_one(Person, invitation.claim.person_id)
    if _addresses(person) & _addresses(inviter):
        return "same_address"
    lately = select(func.count()).select_from(Newcomer).join(Invitation).join(Claim).where(
        Claim.person_id == inviter.id, Newcomer.joined_at > now - MANY_WITHIN
    )  # fmt: skip
    if (db.session.scalar(lately) or 0) >= MANY:
        return "many_at_once"
    return _same_accounts(person.id, inviter.id)


def _addresses(person: Person) -> set[str]:
    """E-mail addresses of the person and their ways to sign in, without what stands behind a plus."""
    labels = db.session.scalars(select(Identity.label).where(Identity.person_id == person.id))
    return {_plain(text) for text in (person.email or "", *labels) if "@" in text}


def _plain(address: str) -> str:
    name, _at, host = address.casefold().strip().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


def _same_accounts(person_id: str, inviter_id: str) -> str:
    """Did the newcomer prove an account that the inviter named or had once?"""
    theirs = db.session.execute(
        select(Handle.platform, Handle.host, Handle.name, Handle.external_id).where(
            Handle.person_id == person_id, Handle.state == HandleState.PROVED
        )
    )
    mine = db.session.execute(
        select(Handle.platform, Handle.host, Handle.name, Handle.external_id).where(Handle.person_id == inviter_id)
    )
    names, ids = set(), set()
    for platform, host, name, external_id in mine:
        names.add((platform, host, name))
        ids.add((platform, host, external_id))
    for platform, host, name, external_id in theirs:
        if (platform, host, name) in names or (external_id and (platform, host, external_id) in ids):
            return "same_account"
    return ""
