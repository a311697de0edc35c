"""Where people stand by what they earned: weighed with each award and each revoke, and on the day a grace ends.

Reading costs the same whatever somebody's history: their standing is one row. A day's points are one row too, kept in
the ledger's transaction, and a weighing reads the days of the window. All of it happens under the lock of the person's
accounts, which an award, a settlement, a revoke and the daily job all take first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.audit import audit
from portal.kernel.base import table_of, violation_raises
from portal.kernel.rows import run
from portal.points import tier_rules as rules
from portal.points.about import about
from portal.points.ledger import hold
from portal.points.postings import person_account
from portal.points.tier_events import TierEased, TierGraceBegan, TierRaised
from portal.points.tier_models import PointsDay, Standing, TierChange, TierMove, TierPlan
from portal.points.tier_rules import Earned, Level, Plan, plan_of

WEIGH_EVERYBODY, WEIGH_DUE, WEIGH_SOME = "weigh_every_tier", "find_due_tiers", "weigh_due_tiers"
PEOPLE_AT_ONCE = 200


class PlanMoved(Exception):
    """Somebody else set the tiers since the page was opened, or at the same moment."""


@dataclass(frozen=True)
class Stands:
    """Somebody's tier, for whoever decides by it."""

    rank: int
    level: Level | None
    """None below the first tier, or where there are none."""
    plan: Plan | None
    points: int = 0
    """Earned within the window."""
    sure_until: date | None = None
    """Until then the tier is sure, even if nothing more is earned; None: its grace runs, or there is no tier."""
    drops_at: datetime | None = None
    since: datetime | None = None

    @property
    def early(self) -> timedelta:
        """How much sooner than others they may claim."""
        return timedelta(hours=self.level.early_hours if self.level else 0)

    def extra_on(self, points: int) -> int:
        """What their tier adds to a payment of `points`, rounded down."""
        return points * self.level.extra_percent // 100 if self.level else 0


@dataclass(frozen=True)
class Outlook:
    """What a person reads about their tier."""

    stands: Stands
    next: Level | None
    left: int
    """Points to the next tier."""
    missing: int
    """Points that keep the tier while its grace runs."""


NOWHERE = Stands(0, None, None)


def plan_in_force() -> Plan | None:
    """The tiers; None while staff set none. Leans on the unique number."""
    row = newest_plan()
    return plan_of(row.window_months, row.grace_days, row.levels) if row else None


def newest_plan() -> TierPlan | None:
    """The row that staff change."""
    return db.session.scalar(select(TierPlan).order_by(TierPlan.number.desc()).limit(1))


def set_plan(plan: Plan, *, seen: int, actor_id: str | None, why: str, now: datetime) -> TierPlan:
    """Put other tiers in force; everybody is weighed anew, and whoever would stand lower has the grace first.

    `seen`: number of the plan that was read, 0 for none. The same again changes nothing. Raises PlanMoved.
    """
    before = newest_plan()
    levels = [_as_row(level) for level in plan.levels]
    if before and (before.window_months, before.grace_days, before.levels) == (
        plan.window_months, plan.grace_days, levels
    ):  # fmt: skip
        return before
    if (before.number if before else 0) != seen:
        raise PlanMoved
    row = TierPlan(
        number=seen + 1, window_months=plan.window_months, grace_days=plan.grace_days, levels=levels, why=why,
        set_by_id=actor_id, set_at=now,
    )  # fmt: skip
    db.session.add(row)
    with violation_raises(PlanMoved()):
        db.session.flush()
    audit(
        "tiers.set", ("tier_plan", row.id), actor_id=actor_id, why=why,
        before=_told(before) if before else {}, after=_told(row),
    )  # fmt: skip
    jobs.schedule(WEIGH_EVERYBODY, "all", {"after": ""}, due_at=now)
    return row


def stands(person_id: str) -> Stands:
    """Somebody's tier; on a page it is read together with their balances, whatever their history."""
    row = about(person_id)
    if row.levels is None:
        return NOWHERE
    plan = plan_of(row.window_months, row.grace_days, row.levels)
    rank = min(row.rank or 0, len(plan.levels))
    return Stands(rank, plan.level(rank), plan, row.points or 0, row.sure_until, row.drops_at, row.since)


def outlook(person_id: str) -> Outlook | None:
    """What is left to the next tier, and how sure this one is; None where there are no tiers."""
    here = stands(person_id)
    if here.plan is None or not here.plan.levels:
        return None
    following = here.plan.next_above(here.rank)
    need = here.level.points if here.level else 0
    return Outlook(
        here, following, max(0, following.points - here.points) if following else 0, max(0, need - here.points)
    )


def count_earned(person_id: str, points: int, *, on: date) -> None:
    """Count `points` among what was earned on that day; below zero, they were taken back. `weigh` comes after it.

    Called inside the ledger's movement, which holds the person's accounts.
    """
    if points > 0:
        counting = _counting(db.session.get_bind().dialect.name)
        run(counting, {"person_id": person_id, "day": on, "points": points})
    elif points < 0:
        mine = PointsDay.person_id == person_id, PointsDay.day == on
        db.session.execute(
            update(PointsDay).where(*mine).values(points=PointsDay.points + points),
            execution_options={"synchronize_session": False},
        )


@cache
def _counting(dialect: str) -> Any:
    """Put together once: every payment is counted."""
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table = table_of(PointsDay)
    new = insert(table)
    return new.on_conflict_do_update(
        index_elements=["person_id", "day"], set_={"points": table.c.points + new.excluded.points}
    )


def weigh(person_id: str, *, now: datetime) -> Standing | None:
    """Put the person where their points put them now, and say so if that is elsewhere. Safe to repeat.

    The only place where a standing changes.
    """
    return weigh_by(plan_in_force(), person_id, now=now)


def weigh_by(plan: Plan | None, person_id: str, *, now: datetime) -> Standing | None:
    """The same, for whoever has read already which tiers are in force."""
    if plan is None:
        return None
    hold([person_account(person_id, "available")])
    standing = db.session.get(Standing, person_id, with_for_update=True, populate_existing=True)
    before = standing.rank if standing else 0
    verdict = rules.weigh(
        _earned(person_id, plan, now.date()), plan, rank=before, drops_at=standing.drops_at if standing else None,
        now=now,
    )  # fmt: skip
    if standing is None:
        if verdict.points == 0:
            return None
        standing = Standing(person_id=person_id, rank=0, since=now)
        db.session.add(standing)
    if standing.rank != verdict.rank:
        standing.since = now
    standing.rank, standing.points, standing.sure_until = verdict.rank, verdict.points, verdict.sure_until
    standing.drops_at, standing.due_at = verdict.drops_at, verdict.due_at
    if verdict.move is not None:
        change = TierChange(
            person_id=person_id,
            move=verdict.move,
            from_rank=before,
            to_rank=verdict.rank,
            points=verdict.points,
            at=now,
        )
        db.session.add(change)
        db.session.flush()
        _tell(change, plan, verdict)
    db.session.flush()
    return standing


def due(now: datetime, *, at_most: int = PEOPLE_AT_ONCE) -> Sequence[str]:
    """Of whom some points count no more, or whose grace is over. Leans on `ix_tier_standing_due`."""
    return db.session.scalars(
        select(Standing.person_id).where(Standing.due_at <= now).order_by(Standing.due_at).limit(at_most)
    ).all()


def changes_of(person_id: str, *, at_most: int = 20) -> Sequence[TierChange]:
    """How somebody's tier changed, newest first. Leans on `ix_tier_change_person`."""
    return db.session.scalars(
        select(TierChange).where(TierChange.person_id == person_id)
        .order_by(TierChange.at.desc(), TierChange.id.desc()).limit(at_most)
    ).all()  # fmt: skip


def counted_by_rank() -> dict[int, int]:
    """How many people stand in each tier: for staff."""
    rows = db.session.execute(select(Standing.rank, func.count()).group_by(Standing.rank))
    return {row.rank: row[1] for row in rows}


@jobs.every(timedelta(hours=1), WEIGH_DUE)
def weigh_due(_lease: jobs.Lease) -> None:
    """Whatever is due is weighed by jobs of its own, some people at a time."""
    jobs.schedule(WEIGH_SOME, "due", due_at=clock.now())


@jobs.in_transaction(WEIGH_SOME)
def weigh_some(_lease: jobs.Lease) -> None:
    """In the order of ids, so that two workers never wait for each other in a circle; again while more are due."""
    now = clock.now()
    people = due(now, at_most=PEOPLE_AT_ONCE)
    for person_id in sorted(people):
        weigh(person_id, now=now)
    if len(people) == PEOPLE_AT_ONCE:
        jobs.schedule(WEIGH_SOME, "due", due_at=now)


@jobs.in_transaction(WEIGH_EVERYBODY)
def weigh_everybody(lease: jobs.Lease) -> None:
    """After the tiers were set anew: some people at a time, whoever ever earned anything."""
    now = clock.now()
    after = lease.payload.get("after", "")
    query = select(PointsDay.person_id).where(PointsDay.person_id > after).group_by(PointsDay.person_id)
    people = db.session.scalars(query.order_by(PointsDay.person_id).limit(PEOPLE_AT_ONCE)).all()
    for person_id in people:
        weigh(person_id, now=now)
    if len(people) == PEOPLE_AT_ONCE:
        jobs.schedule(WEIGH_EVERYBODY, lease.key, {"after": people[-1]}, due_at=now)


def _earned(person_id: str, plan: Plan, today: date) -> Earned:
    """The days of the window, oldest first. Leans on the primary key."""
    query = select(PointsDay.day, PointsDay.points).where(
        PointsDay.person_id == person_id, PointsDay.day >= rules.counts_from(today, plan.window_months)
    )  # fmt: skip
    return [(day, points) for day, points in db.session.execute(query.order_by(PointsDay.day))]


def _as_row(level: Level) -> dict[str, Any]:
    row = asdict(level)
    del row["rank"]
    return row


def _told(row: TierPlan) -> dict[str, Any]:
    return {"window_months": row.window_months, "grace_days": row.grace_days, "levels": row.levels}


def _tell(change: TierChange, plan: Plan, verdict: rules.Verdict) -> None:
    level = plan.level(verdict.rank)
    name = level.name if level else ""
    if change.move == TierMove.RAISED and level:
        events.record(TierRaised(change.id, change.person_id, name, level.early_hours, level.extra_percent))
    elif change.move == TierMove.WARNED and level and verdict.drops_at:
        missing, until = level.points - verdict.points, verdict.drops_at.isoformat()
        events.record(TierGraceBegan(change.id, change.person_id, name, missing, until))
    elif change.move == TierMove.EASED:
        following = plan.next_above(verdict.rank)
        left = following.points - verdict.points if following else 0
        events.record(TierEased(change.id, change.person_id, name, left, following.name if following else ""))
