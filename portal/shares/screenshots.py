"""Screenshots of a post that no program may read: what the fan shows to the person who looks at it.

They change neither the share's state nor the promised time. Each is compared with every picture that others handed in;
what looks alike is written down for the moderator, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import func, or_, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.shares.handed_in_models import AlikePicture, HandedPicture, PictureUse, WordsBeside
from portal.shares.models import Share, ShareChange, ShareForm, ShareState
from portal.shares.picture_likeness import ALIKE_BITS_MAX, PictureHash, distance_bits
from portal.shares.pictures import ALT_LENGTH_MAX, Remade, pictures_of, take_out
from portal.shares.queries import latest_evidence

SCREENSHOTS_MAX = 4
"""Of one share between two decisions: name, text, label and day of a post fit on fewer."""
WORDS_LENGTH_MAX = 500
ASKED_FOR = "add_screenshot"
"""The reason by which a moderator asks for one (moderation.reasons)."""
READABLE = "readable"
COMPARED_MAX = 20_000
"""So many of the newest pictures of others; the very same file is found however old it is."""
ALIKE_MAX = 12
WAITING = (ShareState.NEEDS_REVIEW, ShareState.NEEDS_FIX)
DECIDED = (ShareState.VERIFIED, ShareState.REJECTED, ShareState.SETTLED, ShareState.REVOKED)


@dataclass(frozen=True)
class Shown:
    """What the page of a share has to know of them."""

    pictures: Sequence[HandedPicture]
    removable: frozenset[str]
    """Ids of those that their owner can take out again."""
    offered: bool
    words: str

    @property
    def room(self) -> bool:
        """Is there room for another one?"""
        return self.offered and len(self.removable) < SCREENSHOTS_MAX


class ScreenshotRefused(Exception):
    """It is not taken, or not taken out; nothing was changed. `sentence` tells the fan why."""

    sentence: LazyString
    status = 409


class NobodyAsks(ScreenshotRefused):
    """No person is going to look for it now."""

    sentence = _l("This share does not wait for a screenshot any more. This is how it stands now.")


class TooManyScreenshots(ScreenshotRefused):
    """There is no room for another one."""

    sentence = _l("Four screenshots are the most. Take one out first.")
    status = 422


class AlreadyDecidedOn(ScreenshotRefused):
    """It is part of what a decision was made on."""

    sentence = _l("A decision was made on this screenshot, so it stays with it.")


def is_offered(share: Share) -> bool:
    """Will a person look because no program could, or did a moderator ask for a screenshot?"""
    if share.form != ShareForm.POST:
        return False
    if share.state == ShareState.NEEDS_FIX:
        return share.reason_code == ASKED_FOR
    if share.state != ShareState.NEEDS_REVIEW:
        return False
    seen = latest_evidence(share)
    return seen is None or seen.status != READABLE


def screenshots_of(share: Share) -> Sequence[HandedPicture]:
    """As they were added; none for what is no post."""
    return pictures_of(share.id) if share.form == ShareForm.POST else ()


def words_of(share: Share) -> str:
    """What the fan wrote beside them, if anything."""
    words = db.session.get(WordsBeside, share.id)
    return words.text if words else ""


def shown(share: Share) -> Shown:
    """Gather it, in four short queries at most."""
    if share.form != ShareForm.POST:
        return Shown((), frozenset(), False, "")
    waits = share.state in WAITING
    removable = frozenset(each.id for each in undecided(share)) if waits else frozenset()
    return Shown(screenshots_of(share), removable, is_offered(share), words_of(share))


def undecided(share: Share) -> Sequence[HandedPicture]:
    """Those on which nobody decided yet: they count against the limit, and can be taken out."""
    by_somebody = or_(ShareChange.from_state != ShareChange.to_state, ShareChange.actor_id.is_not(None))
    decided_at = db.session.scalar(
        select(func.max(ShareChange.at)).where(
            ShareChange.share_id == share.id, ShareChange.to_state.in_(DECIDED), by_somebody
        )
    )
    return [each for each in screenshots_of(share) if decided_at is None or each.stored_at > decided_at]


def keep_screenshot(share: Share, remade: Remade, *, person: Person, alt: str, now: datetime) -> HandedPicture:
    """Keep a stored picture with its share, which the caller holds. The same picture twice is kept once.

    Raises NobodyAsks and TooManyScreenshots; then, and when it is there already, its files are the caller's to
    `pictures.throw_away`.
    """
    if not is_offered(share):
        raise NobodyAsks
    there = undecided(share)
    known = next((each for each in there if each.digest == remade.digest), None)
    if known is not None:
        known.alt = alt[:ALT_LENGTH_MAX] or known.alt
        return known
    if len(there) >= SCREENSHOTS_MAX:
        raise TooManyScreenshots
    picture = HandedPicture(
        claim_id=share.claim_id, share_id=share.id, person_id=person.id, use=PictureUse.EVIDENCE, file=remade.file,
        thumbnail=remade.thumbnail, alt=alt[:ALT_LENGTH_MAX], width_pixels=remade.width_pixels,
        height_pixels=remade.height_pixels, digest=remade.digest, likeness=remade.likeness, stored_at=now,
    )  # fmt: skip
    db.session.add(picture)
    db.session.flush()
    for bits, other_id in sorted(_alike(picture))[:ALIKE_MAX]:
        db.session.add(AlikePicture(picture_id=picture.id, other_id=other_id, bits=bits))
    db.session.flush()
    return picture


def keep_words(share: Share, text: str, *, now: datetime) -> None:
    """What stands there now; empty takes it away. Raises NobodyAsks."""
    if not is_offered(share):
        raise NobodyAsks
    words = db.session.get(WordsBeside, share.id)
    text = text.strip()[:WORDS_LENGTH_MAX]
    if words is None and text:
        db.session.add(WordsBeside(share_id=share.id, text=text, written_at=now))
    elif words is not None and not text:
        db.session.delete(words)
    elif words is not None and words.text != text:
        words.text, words.written_at = text, now
    db.session.flush()


def take_screenshot_out(share: Share, picture: HandedPicture) -> None:
    """Forget it; its files go once that is committed. Raises AlreadyDecidedOn."""
    if share.state not in WAITING or picture not in undecided(share):
        raise AlreadyDecidedOn
    take_out(picture)


def forget(share: Share) -> None:
    """Its owner took the share back: what was shown for it, and nobody decided on, is not kept."""
    if share.form != ShareForm.POST:
        return
    for picture in undecided(share):
        take_out(picture)
    words = db.session.get(WordsBeside, share.id)
    if words is not None and not screenshots_of(share):
        db.session.delete(words)
    db.session.flush()


def forget_person(person_id: str) -> None:
    """Every picture that a person handed in goes, files and all, and so do their words: part of erasing them.

    What was decided stays explained by the digests in the proof files that were taken before.
    """
    for picture in db.session.scalars(select(HandedPicture).where(HandedPicture.person_id == person_id)).all():
        take_out(picture)
    theirs = select(Share.id).where(Share.person_id == person_id)
    for words in db.session.scalars(select(WordsBeside).where(WordsBeside.share_id.in_(theirs))).all():
        db.session.delete(words)
    db.session.flush()


def _alike(picture: HandedPicture) -> Iterator[tuple[int, str]]:
    """Pictures of other shares that look like it, however those were decided: how far off, and which."""
    mine = PictureHash.from_text(picture.likeness) if picture.likeness else None
    others = select(HandedPicture.id, HandedPicture.digest, HandedPicture.likeness).where(
        HandedPicture.share_id.is_not(None), HandedPicture.share_id != picture.share_id
    )
    seen: set[str] = set()
    for other_id, _digest, _likeness in db.session.execute(
        others.where(HandedPicture.digest == picture.digest).limit(ALIKE_MAX)
    ):
        seen.add(other_id)
        yield 0, other_id
    if mine is None:
        return
    newest = others.where(HandedPicture.likeness != "").order_by(HandedPicture.id.desc()).limit(COMPARED_MAX)
    for other_id, _digest, likeness in db.session.execute(newest):
        bits = distance_bits(mine, PictureHash.from_text(likeness))
        if bits <= ALIKE_BITS_MAX and other_id not in seen:
            yield bits, other_id
