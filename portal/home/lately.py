"""What happened to a fan's own things in the last days, counted, for one sentence under the greeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.links.models import ClickDay, TrackedLink
from portal.points.models import Award, AwardState

LATELY_DAYS = 7


@dataclass(frozen=True)
class Lately:
    """Of the last `LATELY_DAYS` days."""

    verified: int
    """Shares that earned points, and have kept them."""
    visitors: int
    """Who followed this person's links, each counted once a link and day (UTC)."""

    def sentence(self) -> str:
        """Empty when nothing happened: silence is better than a zero."""
        told = []
        if self.verified:
            told.append(ngettext("%(num)s share of yours verified", "%(num)s shares of yours verified", self.verified))
        if self.visitors:
            told.append(
                ngettext("%(num)s person followed your links", "%(num)s people followed your links", self.visitors)
            )
        if not told:
            return ""
        return str(_("In the last %(days)s days: %(what)s.", days=LATELY_DAYS, what=", ".join(told)))


def lately(person: Person, *, now: datetime) -> Lately:
    """One query. Leans on `ix_award_person_state` and the links' index of persons."""
    since = now - timedelta(days=LATELY_DAYS)
    verified = (
        select(func.count())
        .select_from(Award)
        .where(Award.person_id == person.id, Award.state != AwardState.REVOKED)
        .where(Award.cause_kind == "share", Award.awarded_at >= since)
    )
    visitors = (
        select(func.coalesce(func.sum(ClickDay.visitors), 0))
        .join(TrackedLink, TrackedLink.id == ClickDay.link_id)
        .where(TrackedLink.person_id == person.id, ClickDay.day > since.date())
    )
    counted = db.session.execute(select(verified.scalar_subquery(), visitors.scalar_subquery())).one()
    return Lately(int(counted[0]), int(counted[1]))
