"""How many public posts an account makes: whether it may be counted, what was counted, and forgetting it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Select, delete, select, update

from portal.accounts.logins.models import CountingPermission, PublicPace
from portal.accounts.models import Handle, HandleState, Person, PersonState
from portal.extensions import db


def counting_permission(handle_id: str) -> CountingPermission | None:
    """The permission in force. Leans on one_counting_permission_in_force."""
    return db.session.scalar(_in_force(handle_id))


def withdraw_counting(handle: Handle, *, now: datetime) -> None:
    """Not any more, and what was counted is forgotten. Safe to repeat."""
    db.session.execute(
        update(CountingPermission)
        .where(CountingPermission.handle_id == handle.id, CountingPermission.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    db.session.execute(delete(PublicPace).where(PublicPace.handle_id == handle.id))


def handles_to_count(networks: Collection[str], *, only: str | None = None) -> list[Handle]:
    """Proved accounts on these networks whose owners allow it; of one handle alone with `only`."""
    allowed = (
        select(Handle)
        .join(CountingPermission, CountingPermission.handle_id == Handle.id)
        .join(Person, Person.id == Handle.person_id)
        .where(
            CountingPermission.withdrawn_at.is_(None), Handle.state == HandleState.PROVED,
            Handle.external_id.is_not(None), Handle.platform.in_(networks), Person.state == PersonState.ACTIVE,
        )
        .order_by(Handle.id)
    )  # fmt: skip
    return list(db.session.scalars(allowed if only is None else allowed.where(Handle.id == only)))


def keep_pace(handle_id: str, posts: int, *, is_at_least: bool, now: datetime) -> bool:
    """Write down what was counted; False, and nothing is kept, where it was taken back meanwhile.

    The permission's row is held, so that taking it back waits and then forgets this too.
    """
    if db.session.scalar(_in_force(handle_id).with_for_update()) is None:
        return False
    pace = db.session.get(PublicPace, handle_id) or PublicPace(handle_id=handle_id)
    pace.posts_28d, pace.is_at_least, pace.counted_at = posts, is_at_least, now
    db.session.add(pace)
    db.session.flush()
    return True


def paces_of(person_id: str) -> Mapping[str, PublicPace | None]:
    """By handle, what was counted of accounts that may be counted; None: nothing yet."""
    rows = db.session.execute(
        select(Handle.id, PublicPace)
        .join(CountingPermission, CountingPermission.handle_id == Handle.id)
        .outerjoin(PublicPace, PublicPace.handle_id == Handle.id)
        .where(Handle.person_id == person_id, CountingPermission.withdrawn_at.is_(None))
    )
    return {row.id: row.PublicPace for row in rows}


def _in_force(handle_id: str) -> Select[CountingPermission]:
    return select(CountingPermission).where(
        CountingPermission.handle_id == handle_id, CountingPermission.withdrawn_at.is_(None)
    )
