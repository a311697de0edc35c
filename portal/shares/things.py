"""Everything that was handed in for a share besides a post, gathered for its page and for the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.extensions import db
from portal.shares import queries
from portal.shares.alike_pictures import CODE as NEW_PICTURES
from portal.shares.handed_in_models import EventReport, GivenAnswer, HandedPicture, Newcomer, ToldComment, UsePermission
from portal.shares.inviting import newcomer_of
from portal.shares.models import Share, ShareForm
from portal.shares.pictures import pictures_of

DOUBTS = {
    "same_address": _l("Both accounts have the same e-mail address."),
    "same_account": _l("The new person proved an account that the inviter named before."),
    "many_at_once": _l("More than five people joined by this person’s links within a day."),
}


@dataclass(frozen=True)
class Things:
    """What there is of each; most shares have one sort."""

    pictures: Sequence[HandedPicture] = ()
    permission: UsePermission | None = None
    report: EventReport | None = None
    comment: ToldComment | None = None
    answers: Sequence[GivenAnswer] = ()
    newcomer: Newcomer | None = None
    seen_before: Sequence[HandedPicture] = ()
    """Pictures of other shares that look like one of these: for staff."""

    @property
    def newcomer_name(self) -> str:
        """First name: fans see no more of each other."""
        words = self.newcomer.person.display_name.split() if self.newcomer else []
        return words[0] if words else _("Somebody")

    @property
    def doubt(self) -> str:
        return str(DOUBTS.get(self.newcomer.doubt, "")) if self.newcomer else ""


def things_of(share: Share) -> Things:
    """A handful of look-ups by key; none for a post."""
    if share.form == ShareForm.POST:
        return Things()
    if share.form == ShareForm.NEWCOMER:
        return Things(newcomer=newcomer_of(share))
    if share.form == ShareForm.ANSWERS:
        query = select(GivenAnswer).where(GivenAnswer.share_id == share.id).order_by(GivenAnswer.position)
        return Things(answers=db.session.scalars(query).all())
    return Things(
        pictures=pictures_of(share.id), permission=db.session.get(UsePermission, share.id),
        report=db.session.get(EventReport, share.id), comment=db.session.get(ToldComment, share.id),
        seen_before=_seen_before(share),
    )  # fmt: skip


def _seen_before(share: Share) -> Sequence[HandedPicture]:
    found = (result.details for result in queries.latest_checks(share) if result.check == NEW_PICTURES)
    ids = [each for details in found for each in details.get("pictures", {})]
    return db.session.scalars(select(HandedPicture).where(HandedPicture.id.in_(ids))).all() if ids else ()
