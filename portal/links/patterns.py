"""How the visitors of a link came, in figures: whose clicks they were, how alike, how many at once.

Worked out while their digests are still there, kept without them. The figures say nothing by themselves: what they mean
for a share is for its signals to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.links.models import ClickDay, ClickPattern, OwnVisitor, TrackedLink, VisitorDay
from portal.links.ports import tell_people_counted

WORK_OUT_EVERY = timedelta(minutes=10)
AT_ONCE_MAX = 200
"""How many days of links are worked out in one transaction; the rest is due ten minutes later."""
BURST_MINUTES = 10
MANY_LINKS = 4
"""Somebody who follows links of so many fans on one day is nobody's friend."""


@dataclass(frozen=True)
class Pattern:
    """Of one link, over all its days."""

    visitors: int = 0
    own: int = 0
    unlike_people: int = 0
    connection_most: int = 0
    """The most on any one day; likewise `burst_most`."""
    on_many_links: int = 0
    burst_most: int = 0

    @property
    def people(self) -> int:
        """Visitors without the fan's own clicks and without programs."""
        return max(0, self.visitors - self.own - self.unlike_people)


def pattern_of(link_id: str) -> Pattern:
    """What is known of a link's visitors. Reads days, not clicks."""
    row = db.session.execute(
        select(
            func.coalesce(func.sum(ClickPattern.visitors), 0), func.coalesce(func.sum(ClickPattern.own), 0),
            func.coalesce(func.sum(ClickPattern.unlike_people), 0),
            func.coalesce(func.max(ClickPattern.connection_most), 0),
            func.coalesce(func.sum(ClickPattern.on_many_links), 0),
            func.coalesce(func.max(ClickPattern.burst_most), 0),
        ).where(ClickPattern.link_id == link_id)
    ).one()  # fmt: skip
    return Pattern(*(int(value) for value in row))


@jobs.every(WORK_OUT_EVERY, "work_out_click_patterns")
def work_out_patterns(_lease: jobs.Lease) -> None:
    """Look at every link that was followed since the last time."""
    for link_id, day, clicks in _changed():
        _work_out(link_id, day, clicks)


def _changed() -> Sequence[tuple[str, date, int]]:
    """Days whose clicks grew, of those whose visitors are still known."""
    since = (clock.now() - timedelta(days=1)).date()
    rows = db.session.execute(
        select(ClickDay.link_id, ClickDay.day, ClickDay.clicks)
        .outerjoin(ClickPattern, and_(ClickPattern.link_id == ClickDay.link_id, ClickPattern.day == ClickDay.day))
        .where(ClickDay.day >= since, or_(ClickPattern.link_id.is_(None), ClickPattern.clicks_seen < ClickDay.clicks))
        .order_by(ClickDay.day, ClickDay.link_id)
        .limit(AT_ONCE_MAX)
    )
    return [(link_id, day, clicks) for link_id, day, clicks in rows]


def _work_out(link_id: str, day: date, clicks: int) -> None:
    here = (VisitorDay.link_id == link_id, VisitorDay.day == day)
    visitors, unlike = db.session.execute(
        select(func.count(), func.count().filter(VisitorDay.unlike_a_person)).select_from(VisitorDay).where(*here)
    ).one()
    known = db.session.get(ClickPattern, (link_id, day))
    before = _people(known) if known else 0
    pattern = known or ClickPattern(link_id=link_id, day=day)
    pattern.clicks_seen, pattern.visitors, pattern.unlike_people = clicks, visitors, unlike
    pattern.own = _own(link_id, day)
    by_connection = select(func.count().label("n")).where(*here, VisitorDay.connection != "")
    pattern.connection_most = _most(by_connection.group_by(VisitorDay.connection))
    pattern.on_many_links = _on_many_links(link_id, day)
    pattern.burst_most = _burst(link_id, day)
    db.session.add(pattern)
    db.session.flush()
    link = db.session.get(TrackedLink, link_id)
    if link is not None and link.person_id is not None and _people(pattern) != before:
        tell_people_counted(link.person_id, link.campaign_id, day, _people(pattern) - before)


def _people(pattern: ClickPattern) -> int:
    return max(0, pattern.visitors - pattern.own - pattern.unlike_people)


def _own(link_id: str, day: date) -> int:
    found = (
        select(func.count()).select_from(VisitorDay)
        .join(TrackedLink, TrackedLink.id == VisitorDay.link_id)
        .join(
            OwnVisitor,
            and_(
                OwnVisitor.day == VisitorDay.day, OwnVisitor.visitor == VisitorDay.visitor,
                OwnVisitor.person_id == TrackedLink.person_id,
            ),
        )
        .where(VisitorDay.link_id == link_id, VisitorDay.day == day)
    )  # fmt: skip
    return db.session.scalar(found) or 0


def _on_many_links(link_id: str, day: date) -> int:
    other = aliased(VisitorDay)
    fans = (
        select(func.count(func.distinct(TrackedLink.person_id))).select_from(other)
        .join(TrackedLink, TrackedLink.id == other.link_id)
        .where(other.day == VisitorDay.day, other.visitor == VisitorDay.visitor)
        .scalar_subquery()
    )  # fmt: skip
    found = select(func.count()).select_from(VisitorDay).where(
        VisitorDay.link_id == link_id, VisitorDay.day == day, fans >= MANY_LINKS
    )  # fmt: skip
    return db.session.scalar(found) or 0


def _burst(link_id: str, day: date) -> int:
    """The most visitors whose first click lies within any ten minutes of the day."""
    rows = db.session.execute(
        select(VisitorDay.minute, func.count())
        .where(VisitorDay.link_id == link_id, VisitorDay.day == day)
        .group_by(VisitorDay.minute)
    ).all()
    by_minute = {int(minute): int(count) for minute, count in rows}
    return max(
        (sum(by_minute.get(minute + later, 0) for later in range(BURST_MINUTES)) for minute in by_minute), default=0
    )


def _most(counts: object) -> int:
    inner = counts.subquery()  # type: ignore[attr-defined]
    return db.session.scalar(select(func.max(inner.c.n))) or 0
