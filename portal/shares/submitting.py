"""Handing a post in, asking for another look, and taking it back."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.accounts.queries import proved_handles
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.base import new_id
from portal.kernel.formatting import either
from portal.missions import claims
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.errors import ClaimMoved
from portal.missions.models import MissionKind
from portal.shares import queries, screenshots
from portal.shares.guide import networks
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.pictures import hand_back
from portal.shares.platforms import web
from portal.shares.platforms.comments import NO_POSTS
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.registry import NotAPost
from portal.shares.recheck_rows import look_now
from portal.shares.transitions import IllegalMove, move_share

CHECK = "check_share"


class SubmitRefused(Exception):
    """Base of what can stand against a submission, apart from the address itself (NotAPost). Nothing was changed."""

    sentence: LazyString
    status = 409


class PostTaken(SubmitRefused):
    """The post was handed in before: by this person (`share_id`), or by somebody else (None)."""

    def __init__(self, share_id: str | None) -> None:
        super().__init__(share_id)
        self.share_id = share_id
        self.sentence = (
            _l("You handed this post in already. One post counts once; paste the address of another one.")
            if share_id
            else _l(
                "Somebody else handed this post in already. If it is yours, prove your account under You, "
                "then try again."
            )
        )


class OtherShareOpen(SubmitRefused):
    """Another post was handed in for this claim; it has to be taken back first."""

    def __init__(self, share: Share) -> None:
        super().__init__(share.id)
        self.share_id = share.id
        self.sentence = _l("You handed in another post for this place. Take it back first, then hand in this one.")


class ClaimOver(SubmitRefused):
    """The place is not held any more."""

    sentence = _l("Your place in this mission is not held any more. If places are left, claim one and submit again.")


class PersonPaused(SubmitRefused):
    """Who is paused takes part in nothing until staff bring them back."""

    sentence = _l(
        "You can look at everything, and take part again once staff have brought you back. "
        "Write to us if you want to know why."
    )
    status = 403


def recognise(typed_url: str, claim: Claim) -> Identified:
    """What was pasted, if it can be handed in for `claim`'s mission; offline. Raises NotAPost."""
    found = networks().identify(typed_url)
    refuse_other_networks(found.platform, claim)
    if claim.mission.kind == MissionKind.ENGAGE and found.platform in NO_POSTS:
        raise NotAPost("comment_without_address", network=networks().name_of(found.platform))
    return found


def refuse_other_networks(platform: str, claim: Claim) -> None:
    """Raises NotAPost for a network that `claim`'s mission doesn't take."""
    asked = claim.mission.platforms
    if asked and platform not in asked:
        if platform == web.ABOUT.code:  # more likely copied from the wrong place than meant as a blog's page
            raise NotAPost("unknown_page")
        names = either(networks().name_of(code) for code in asked)
        raise NotAPost("network_not_asked", network=networks().name_of(platform), asked=names)


def submit_share(claim: Claim, *, person: Person, typed_url: str, now: datetime) -> Share:
    """Hand a post in; its checks begin and the claim's clock stops. The same post for the same claim is the same share.

    Raises PersonPaused, NotAPost, PostTaken, OtherShareOpen or ClaimOver.
    """
    if person.state != PersonState.ACTIVE:
        raise PersonPaused
    found = recognise(typed_url, claim)
    known = queries.open_share_of_claim(claim.id)
    if known is not None:
        return _same_post(known, found)
    other = queries.share_with_post(found.post_key)
    if other is not None and not _made_way_for(person, other, now):
        # On PostgreSQL each statement sees what was committed before it: this may be our own share, a moment old.
        return _lost_the_race(claim, person, found)
    if claim.state != ClaimState.ACTIVE or claim.expires_at <= now:
        raise ClaimOver
    share = Share(
        id=new_id(), claim_id=claim.id, mission_id=claim.mission_id, person_id=person.id, platform=found.platform,
        typed_url=typed_url.strip(), url=found.canonical, post_key=found.post_key, submitted_at=now,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            move_share(share, ShareState.RECEIVED, actor_id=person.id, now=now)
    except IntegrityError:
        return _lost_the_race(claim, person, found)
    try:
        claims.stop_clock(claim, now=now)
    except ClaimMoved as moved:
        raise ClaimOver from moved
    claim.draft = {}
    jobs.schedule_new(CHECK, {share.id: {"share": share.id, "tries": 0}}, due_at=now)
    return share


def check_again(share: Share, *, person: Person, now: datetime) -> None:
    """The fan mended the post, or a missing one is back: look at it anew. Raises IllegalMove in any other state."""
    if share.missing_since is not None or (
        share.state == ShareState.REVOKED and not queries.taken_back_by_person(share)
    ):
        look_now(share, now=now)
        return
    if share.state != ShareState.NEEDS_FIX or share.form != ShareForm.POST:
        raise IllegalMove(share, ShareState.CHECKING)
    move_share(share, ShareState.CHECKING, actor_id=person.id, now=now)
    jobs.schedule(CHECK, share.id, {"share": share.id, "tries": 0}, due_at=now)


def withdraw(share: Share, *, person: Person, now: datetime) -> None:
    """Take it back before anything was paid; the claim goes on while it has time left. Raises IllegalMove."""
    move_share(share, ShareState.WITHDRAWN, actor_id=person.id, now=now)
    hand_back(share)
    screenshots.forget(share)
    jobs.cancel(CHECK, share.id)


def _same_post(known: Share, found: Identified) -> Share:
    if known.post_key != found.post_key and known.url != found.canonical:
        raise OtherShareOpen(known)
    return known


def _lost_the_race(claim: Claim, person: Person, found: Identified) -> Share:
    """Another request was faster: with this very share, or with this post."""
    known = queries.open_share_of_claim(claim.id)
    if known is not None:
        return _same_post(known, found)
    taken = queries.share_with_post(found.post_key)
    raise PostTaken(taken.id if taken and taken.person_id == person.id else None)


def _made_way_for(person: Person, other: Share, now: datetime) -> bool:
    """A stranger who handed in this person's post first must not lock them out (docs/domain.md, post key).

    Only where what we read says whose post it is: it failed their check of the author, whom `person` has proved to be.
    """
    if other.person_id == person.id or other.state != ShareState.NEEDS_FIX:
        return False
    seen = queries.latest_evidence(other)
    body = (seen.seen if seen else None) or {}
    if any(
        (handle.platform, handle.host) == (body.get("platform"), body.get("host"))
        and handle.external_id is not None
        and handle.external_id == body.get("author_id")
        for handle in proved_handles(person.id, other.platform)
    ):
        move_share(other, ShareState.REJECTED, actor_id=None, now=now, reason_code="author.another_member")
        return True
    return False
