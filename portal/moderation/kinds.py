"""Which kinds of cases somebody sees in the queue: those that they may decide, by their other permissions."""

from __future__ import annotations

from collections.abc import Set

from sqlalchemy import ColumnElement, true

from portal.accounts.models import Person
from portal.kernel.access import Permission
from portal.moderation.models import Case, CaseKind

NEEDS: dict[CaseKind, Permission] = {
    CaseKind.SHARE: Permission.REVIEW_SHARES,
    CaseKind.APPEAL: Permission.REVIEW_SHARES,
    CaseKind.PROBLEM: Permission.MANAGE_REWARDS,
}

Kinds = frozenset[CaseKind]
ALL: Kinds = frozenset(CaseKind)


def decided_by(permissions: Set[Permission]) -> Kinds:
    """The kinds that somebody with these permissions decides."""
    return frozenset(kind for kind, needed in NEEDS.items() if needed in permissions)


def kinds_of(person: Person) -> Kinds:
    return decided_by(person.permissions)


def of_kinds(kinds: Kinds) -> ColumnElement[bool]:
    """Cases of these kinds. Few are about orders, so who reviews shares walks past them along the queue's own index:
    "not equal" is nothing that a database would look up in another one."""
    if kinds == ALL:
        return true()
    return Case.kind == CaseKind.PROBLEM if kinds == {CaseKind.PROBLEM} else Case.kind != CaseKind.PROBLEM
