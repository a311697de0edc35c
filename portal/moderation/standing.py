"""The figures around the queue. Counts stop at a limit beyond which a number tells nobody more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, select

from portal.accounts.models import Person
from portal.kernel.access import Permission
from portal.kernel.rows import rows_of
from portal.moderation import rules
from portal.moderation.kinds import Kinds, decided_by, kinds_of, of_kinds
from portal.moderation.models import Case, CaseKind, Decision
from portal.moderation.queries import IS_DUE, IS_OPEN, ME, NOW, is_theirs

COUNTED_MAX = 999
"""Counts stop here; pages say "999+"."""


@dataclass(frozen=True)
class Standing:
    """How the queue stands, each number of cases at most COUNTED_MAX; and how the promise was kept."""

    shares: int
    appeals: int
    problems: int
    mine: int
    later: int
    late: int
    soon: int
    new: int
    week: int
    """Decisions in force of the last seven days."""
    week_in_time: int
    today: int
    """The moderator's own decisions of today."""
    today_undone: int

    @property
    def percent_in_time(self) -> int | None:
        """Rounded down, so that it never says 100 when somebody waited too long; None without decisions."""
        return self.week_in_time * 100 // self.week if self.week else None


def standing(moderator: Person, *, today_began: datetime, now: datetime) -> Standing:
    """All figures in one statement: cases along an index of the queue and no further than COUNTED_MAX, decisions along
    `ix_decision_in_time` and `ix_decision_moderator`."""
    asked = {
        "moderator_id": moderator.id, "now": now, "soon": now + rules.SOON, "yesterday": now - timedelta(days=1),
        "week_ago": now - timedelta(days=7), "today_began": today_began,
    }  # fmt: skip
    return Standing(**rows_of(_standing(kinds_of(moderator)), asked).one()._asdict())


@cache
def _standing(kinds: Kinds) -> Select[*tuple[Any, ...]]:
    soon, yesterday, week_ago, today_began = (
        bindparam(name, type_=NOW.type) for name in ("soon", "yesterday", "week_ago", "today_began")
    )
    waiting = {
        "shares": and_(_of_kind(CaseKind.SHARE), IS_DUE),
        "appeals": and_(_of_kind(CaseKind.APPEAL), IS_DUE),
        "problems": and_(_of_kind(CaseKind.PROBLEM), IS_DUE),
        "mine": and_(is_theirs(), IS_DUE),
        "later": and_(Case.later_until.is_not(None), Case.later_until > NOW),
        "late": and_(Case.ranked_at < NOW, Case.due_at < NOW, IS_DUE),
        "soon": and_(Case.ranked_at < soon, Case.due_at >= NOW, Case.due_at < soon, IS_DUE),
        "new": Case.opened_at > yesterday,
    }
    in_force: ColumnElement[bool] = literal_column("decision.undone_at IS NULL")
    this_week = select(func.count()).where(in_force, Decision.decided_at > week_ago)
    mine = select(func.count()).where(Decision.moderator_id == ME, Decision.decided_at >= today_began)
    return select(
        *(_counted(and_(condition, of_kinds(kinds))).label(name) for name, condition in waiting.items()),
        this_week.scalar_subquery().label("week"),
        this_week.where(Decision.in_time).scalar_subquery().label("week_in_time"),
        mine.scalar_subquery().label("today"),
        mine.where(Decision.undone_at.is_not(None)).scalar_subquery().label("today_undone"),
    )


def _of_kind(kind: CaseKind) -> ColumnElement[bool]:
    """Bounded in time as well, by what bounds nothing: of two kinds, SQLite takes either for half of the table, and
    would read through all of it to find none of the one that hardly ever waits."""
    return and_(Case.kind == kind, Case.ranked_at > datetime.min.replace(tzinfo=UTC))


def counting_open(permissions: frozenset[Permission]) -> Select[int]:
    """Asks how many cases that these permissions decide wait for somebody, put off ones apart; at most COUNTED_MAX.

    Its parameter is `now`.
    """
    return select(_counted(and_(IS_DUE, of_kinds(decided_by(permissions)))))


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    some = select(Case.id).where(IS_OPEN, condition).limit(COUNTED_MAX).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
