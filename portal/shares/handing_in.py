"""Handing in what is no post: pictures, a report, a comment without an address, answers to questions.

A person looks at the first three. Answers are verified by rule: that they are there is all that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel.base import new_id
from portal.missions import claims
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.errors import ClaimMoved
from portal.shares import pictures, queries
from portal.shares.alike_pictures import CODE as NEW_PICTURES
from portal.shares.alike_pictures import check_pictures
from portal.shares.checking import write_results
from portal.shares.checks.finding import Finding
from portal.shares.handed_in_models import EventReport, GivenAnswer, HandedPicture, ToldComment
from portal.shares.models import Outcome, Share, ShareForm, ShareState
from portal.shares.submitting import ClaimOver, OtherShareOpen, PersonPaused, PostTaken, SubmitRefused
from portal.shares.transitions import move_share
from portal.shares.use_permission import give_permission


class NothingHandedIn(SubmitRefused):
    """There is no picture."""

    sentence = _l("Add at least one picture.")
    status = 422


@dataclass(frozen=True)
class Report:
    """A gathering as its host tells of it."""

    held_on: date
    place: str
    people_count: int
    story: str
    shown_agreed: bool


@dataclass(frozen=True)
class CommentPlace:
    """Where a comment is, as far as its network has addresses for that."""

    platform: str
    url: str
    """Of the comment, else of the post that it is under."""
    typed_url: str
    key: str = ""
    """What makes it one comment; empty where nothing does."""


NOWHERE = CommentPlace("", "", "")


def hand_in_files(claim: Claim, *, person: Person, wording: str, months: int, now: datetime) -> Share:
    """The pictures that wait with the claim, with the permission that `person` gave by `wording`.

    Asked again, or by a second press: the share that is there. Raises NothingHandedIn and SubmitRefused.
    """
    share = _share_to_fill(claim, person, ShareForm.FILES, now=now)
    if _is_filled(share):
        return share
    handed = _take_pictures(claim, share)
    if not handed:
        raise NothingHandedIn
    give_permission(share, person, wording=wording, months=months, now=now)
    return _to_a_person(share, person, "pictures_to_look_at", handed, now=now)


def hand_in_report(claim: Claim, report: Report, *, person: Person, now: datetime) -> Share:
    """Raises SubmitRefused."""
    share = _share_to_fill(claim, person, ShareForm.REPORT, now=now)
    if _is_filled(share):
        return share
    row = db.session.get(EventReport, share.id) or EventReport(share_id=share.id)
    for name, value in asdict(report).items():
        setattr(row, name, value)
    db.session.add(row)
    return _to_a_person(share, person, "report_to_read", _take_pictures(claim, share), now=now)


def hand_in_comment(claim: Claim, where: CommentPlace, text: str, *, person: Person, now: datetime) -> Share:
    """A comment that a person has to look up. Raises SubmitRefused; PostTaken for one that was handed in before."""
    known = queries.share_with_post(where.key) if where.key else None
    if known is not None and known.claim_id != claim.id:
        raise PostTaken(known.id if known.person_id == person.id else None)
    share = _share_to_fill(claim, person, ShareForm.COMMENT, where=where, now=now)
    if _is_filled(share):
        return share
    row = db.session.get(ToldComment, share.id) or ToldComment(share_id=share.id)
    row.text = text
    db.session.add(row)
    return _to_a_person(share, person, "comment_to_look_up", _take_pictures(claim, share), now=now)


def hand_in_answers(claim: Claim, answers: Mapping[str, str], *, person: Person, now: datetime) -> Share:
    """`answers` by the id of their question; the rules were asked before. Raises SubmitRefused."""
    share = _share_to_fill(claim, person, ShareForm.ANSWERS, now=now)
    if _is_filled(share):
        return share
    db.session.execute(delete(GivenAnswer).where(GivenAnswer.share_id == share.id))
    for question in claim.mission.questions:
        if answers.get(question.id):
            db.session.add(
                GivenAnswer(
                    share_id=share.id, position=question.position, asked=question.text, answer=answers[question.id]
                )
            )
    db.session.flush()
    move_share(share, ShareState.CHECKING, actor_id=person.id, now=now)
    move_share(share, ShareState.VERIFIED, actor_id=None, now=now, reason_code="answered")
    return share


def pictures_at_hand(claim: Claim, share: Share | None) -> list[HandedPicture]:
    """What would be handed in now: those of a share that needs a change, and those added since."""
    kept = pictures.pictures_of(share.id) if share is not None else ()
    return [*kept, *pictures.waiting_with(claim)]


def _share_to_fill(
    claim: Claim, person: Person, form: ShareForm, *, where: CommentPlace = NOWHERE, now: datetime
) -> Share:  # fmt: skip
    """A new share, the one that needs a change, or the one that was handed in already."""
    if person.state != PersonState.ACTIVE:
        raise PersonPaused
    known = queries.open_share_of_claim(claim.id)
    if known is not None:
        if known.form != form:
            raise OtherShareOpen(known)
        share = queries.hold(known)
        if share.state == ShareState.NEEDS_FIX and where.url and where.url != share.url:
            share.platform, share.url, share.typed_url = where.platform, where.url, where.typed_url.strip()
            share.post_key = where.key or share.post_key
        return share
    if claim.state != ClaimState.ACTIVE or claim.expires_at <= now:
        raise ClaimOver
    share_id = new_id()
    share = Share(
        id=share_id, claim_id=claim.id, mission_id=claim.mission_id, person_id=person.id, form=form,
        platform=where.platform, typed_url=where.typed_url.strip(), url=where.url,
        post_key=where.key or f"{form}:{share_id}", submitted_at=now,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            move_share(share, ShareState.RECEIVED, actor_id=person.id, now=now)
    except IntegrityError:  # a second press was faster
        known = queries.open_share_of_claim(claim.id)
        if known is None or known.form != form:
            raise ClaimOver from None
        return queries.hold(known)
    try:
        claims.stop_clock(claim, now=now)
    except ClaimMoved as moved:
        raise ClaimOver from moved
    claim.draft = {}
    return share


def _is_filled(share: Share) -> bool:
    """It was handed in already and nothing is to be changed."""
    return share.state not in (ShareState.RECEIVED, ShareState.NEEDS_FIX)


def _take_pictures(claim: Claim, share: Share) -> Sequence[HandedPicture]:
    pictures.hand_over(claim, share)
    return pictures.pictures_of(share.id)


def _to_a_person(
    share: Share, person: Person, why: str, handed: Sequence[HandedPicture], *, now: datetime
) -> Share:  # fmt: skip
    """Look for pictures that are known, write down what was found, and put it before a moderator."""
    db.session.flush()
    if share.state == ShareState.NEEDS_FIX:
        share.claim.draft = {}
    move_share(share, ShareState.CHECKING, actor_id=person.id, now=now)
    finding = check_pictures(share, handed) if handed else None
    if finding is not None:
        write_results(share, {NEW_PICTURES: finding}, now=now)
    move_share(share, ShareState.NEEDS_REVIEW, actor_id=None, now=now, reason_code=_doubt(finding) or why)
    return share


def _doubt(finding: Finding | None) -> str:
    return "pictures_seen_before" if finding is not None and finding.outcome == Outcome.UNKNOWN else ""
