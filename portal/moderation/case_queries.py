"""Cases and decisions one by one: what their pages and the verbs need of them, and who else may decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    and_,
    bindparam,
    select,
)
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person, StaffRole
from portal.extensions import db
from portal.kernel.access import PERMISSIONS
from portal.kernel.rows import rows_of
from portal.moderation.kinds import NEEDS
from portal.moderation.models import Case, CaseKind, Decision
from portal.moderation.queries import ME, NOW
from portal.rewards.models import Redemption
from portal.rewards.problem_models import Problem
from portal.shares.models import CheckResult, Outcome, Share
from portal.shares.verdict import UNREAD


def case_by_id(case_id: str) -> Case | None:
    """A case with what its page and the verbs need, in one query."""
    return db.session.scalar(
        select(Case)
        .where(Case.id == case_id)
        .options(
            joinedload(Case.share).joinedload(Share.mission), joinedload(Case.share).joinedload(Share.claim),
            joinedload(Case.problem).joinedload(Problem.redemption).joinedload(Redemption.reward),
            joinedload(Case.person), joinedload(Case.taken_by), joinedload(Case.handed_to),
        )
    )  # fmt: skip


def decision_by_id(decision_id: str) -> Decision | None:
    return db.session.scalar(select(Decision).where(Decision.id == decision_id).options(joinedload(Decision.case)))


def undoable(moderator: Person, *, window: timedelta, now: datetime) -> Row[str, str] | None:
    """The moderator's latest decision that can still be taken back, and whose share it was: (id, name)."""
    return rows_of(_undoable(), {"moderator_id": moderator.id, "since": now - window}).first()


@cache
def _undoable() -> Select[str, str]:
    since = bindparam("since", type_=NOW.type)
    return (
        select(Decision.id, Person.display_name.label("name"))
        .join(Case, Case.id == Decision.case_id)
        .join(Person, Person.id == Case.person_id)
        .where(Decision.moderator_id == ME, Decision.decided_at >= since, Decision.undone_at.is_(None))
        .order_by(Decision.decided_at.desc())
        .limit(1)
    )


SAYS_NOTHING = (UNREAD, "relation_not_told", "pictures_not_seen")
"""Reasons that leave no doubt of their own: another check says why, or nobody minds."""


def doubts(share_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """By share, the checks of its latest round that leave a doubt: (check, outcome). One query."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = rows_of(_doubts(), {"share_ids": share_ids}) if share_ids else ()
    for share_id, check, outcome in rows:
        found.setdefault(share_id, []).append((check, outcome))
    return found


@cache
def _doubts() -> Select[str, str, str]:
    return (
        select(CheckResult.share_id, CheckResult.check, CheckResult.outcome)
        .join(Share, and_(Share.id == CheckResult.share_id, Share.check_round == CheckResult.round))
        .where(
            CheckResult.share_id.in_(bindparam("share_ids", expanding=True)),
            CheckResult.outcome != Outcome.PASSED,
            CheckResult.reason_code.not_in(SAYS_NOTHING),
        )
        .order_by(CheckResult.id)
    )


def colleagues(case: Case, moderator: Person) -> Sequence[Row[*tuple[Any, ...]]]:
    """Who else may decide it: (id, name), by name."""
    needed = NEEDS[CaseKind(case.kind)]
    roles = [role.value for role, permissions in PERMISSIONS.items() if needed in permissions]
    staff = select(StaffRole.person_id).where(StaffRole.role.in_(roles))
    left_out = [person_id for person_id in (moderator.id, case.person_id, case.not_for_id) if person_id]
    query = select(Person.id, Person.display_name).where(
        Person.id.in_(staff), Person.id.not_in(left_out), Person.state == "active"
    )
    return db.session.execute(query.order_by(Person.display_name)).all()


def colleague(case: Case, moderator: Person, person_id: str) -> Person | None:
    """One of them."""
    known = {row.id for row in colleagues(case, moderator)}
    return db.session.get(Person, person_id) if person_id in known else None
