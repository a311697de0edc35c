"""The programme's rules for points as staff saved them, each version kept: when points expire, who adjusts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import CheckConstraint, ForeignKey, Row, String, Text, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.audit import audit
from portal.kernel.base import Base, one_of, violation_raises
from portal.points import rules
from portal.points.rules import Expiry, ExpiryKind

ALONE_MAX = 500
"""Points that one manager adjusts alone, until staff choose another limit."""
SPREAD = "spread_expiry"
"""The job that gives points that people have the expiry of new rules."""


class PointsRules(Base):
    """One version. What was saved stays as it is; a change is a new version."""

    __tablename__ = "points_rules"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    expiry_kind: Mapped[str] = mapped_column(String(16))
    expiry_months: Mapped[int]
    fixed_month: Mapped[int]
    fixed_day: Mapped[int]
    alone_max: Mapped[int]
    """Points; above it, an adjustment needs a second person."""
    why: Mapped[str] = mapped_column(Text)
    saved_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[datetime]

    saved_by: Mapped[Person | None] = relationship()

    __table_args__ = (
        one_of("expiry_kind", ExpiryKind),
        CheckConstraint("version > 0", name="version_counts"),
        CheckConstraint("expiry_months BETWEEN 0 AND 120", name="months_in_range"),
        CheckConstraint("expiry_kind <> 'rolling' OR expiry_months > 0", name="rolling_lasts"),
        CheckConstraint("fixed_month BETWEEN 1 AND 12 AND fixed_day BETWEEN 1 AND 31", name="fixed_is_a_day"),
        CheckConstraint("alone_max >= 0", name="limit_not_negative"),
    )


@dataclass(frozen=True)
class Rules:
    """What holds now."""

    expiry: Expiry = field(default_factory=Expiry)
    alone_max: int = ALONE_MAX
    version: int = 0
    """0 until somebody saved any."""


class ChangedMeanwhile(Exception):
    """Somebody saved rules after the ones that were seen."""


def rules_now() -> Rules:
    """The version that holds. Leans on the primary key."""
    row = db.session.scalar(select(PointsRules).order_by(PointsRules.version.desc()).limit(1))
    if row is None:
        return Rules()
    return Rules(expiry_in(row), row.alone_max, row.version)


def alone_max_of(actor: Person) -> int:
    """Points that `actor` adjusts alone now: a limit that they raised themselves is no second person (PROMISES P-03).

    Leans on the primary key.
    """
    by_others = or_(PointsRules.saved_by_id.is_(None), PointsRules.saved_by_id != actor.id)
    theirs = select(PointsRules.alone_max).where(by_others).order_by(PointsRules.version.desc()).limit(1)
    set_by_others = db.session.scalar(theirs)
    return min(rules_now().alone_max, ALONE_MAX if set_by_others is None else set_by_others)


def expiry_in(row: PointsRules | Row[Any]) -> Expiry:
    """When points expire by this version."""
    return Expiry(ExpiryKind(row.expiry_kind), row.expiry_months, row.fixed_month, row.fixed_day)


def rules_saved_at() -> datetime | None:
    """Since when they hold; None while nobody saved any."""
    return db.session.scalar(select(PointsRules.saved_at).order_by(PointsRules.version.desc()).limit(1))


def versions(length: int = 10) -> Sequence[PointsRules]:
    """The newest first."""
    return db.session.scalars(select(PointsRules).order_by(PointsRules.version.desc()).limit(length)).all()


def save_rules(
    expiry: Expiry, alone_max: int, *, seen_version: int, for_all_points: bool, actor: Person, why: str, now: datetime
) -> PointsRules:
    """Make these the rules from now on; the same again changes nothing but the trail.

    Points earned from now on follow them. `for_all_points`: those that people have too, none sooner than promised.
    Raises ChangedMeanwhile.
    """
    before = rules_now()
    if before.version != seen_version:
        raise ChangedMeanwhile
    row = PointsRules(
        version=before.version + 1, expiry_kind=expiry.kind, expiry_months=expiry.months,
        fixed_month=expiry.fixed_month, fixed_day=expiry.fixed_day, alone_max=alone_max, why=why,
        saved_by_id=actor.id, saved_at=now,
    )  # fmt: skip
    with violation_raises(ChangedMeanwhile()):
        db.session.add(row)
        db.session.flush()
    audit(
        "points.rules_saved", ("points_rules", str(row.version)), actor_id=actor.id, why=why,
        before={"alone_max": before.alone_max, **asdict(before.expiry)},
        after={"alone_max": alone_max, **asdict(expiry), "for_all_points": for_all_points},
    )  # fmt: skip
    if for_all_points:
        jobs.schedule(SPREAD, "all", {"after": ""}, due_at=now)
    return row


def programme_zone() -> ZoneInfo:
    """Whose midnight points expire at: the programme's, the same for everybody."""
    return ZoneInfo(current_app.config["SETTINGS"].time_zone)


def expiry_of(earned_at: datetime) -> datetime | None:
    """When points earned then expire by the rules that hold now; None for never."""
    return rules.expires_at(earned_at, rules_now().expiry, programme_zone())
