"""Not for me: putting a mission aside, saying why in one tap, and bringing it back. Sharing is always a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.base import violation_raises
from portal.missions.audience_models import MissionPass, PassReason
from portal.missions.models import Mission


class PassedAlready(Exception):
    """Another tap of the same person was faster."""


@dataclass(frozen=True)
class PassedBy:
    """How many put a mission aside, and why."""

    total: int
    by_reason: dict[PassReason, int]
    """Only of those who said it."""


def pass_by(mission: Mission, person: Person, *, why: PassReason | None, now: datetime) -> None:
    """Hide `mission` from this person's board. Said again, a reason is added or changed. Raises PassedAlready."""
    row = db.session.get(MissionPass, (person.id, mission.id))
    if row is None:
        row = MissionPass(person_id=person.id, mission_id=mission.id, passed_at=now)
        db.session.add(row)
    if why is not None:
        row.why = why
    with violation_raises(PassedAlready()):
        db.session.flush()


def bring_back(mission_id: str, person: Person) -> None:
    """Show it again. Safe to repeat."""
    db.session.execute(
        delete(MissionPass).where(MissionPass.person_id == person.id, MissionPass.mission_id == mission_id)
    )


def passes_of(mission_ids: Sequence[str]) -> dict[str, PassedBy]:
    """What staff see, by mission, in one query. Leans on `ix_mission_pass_mission`."""
    rows = db.session.execute(
        select(MissionPass.mission_id, MissionPass.why, func.count())
        .where(MissionPass.mission_id.in_(mission_ids))
        .group_by(MissionPass.mission_id, MissionPass.why)
    ).all()
    counted: dict[str, dict[str | None, int]] = {}
    for mission_id, why, count in rows:
        counted.setdefault(mission_id, {})[why] = count
    return {
        mission_id: PassedBy(
            total=sum(whys.values()),
            by_reason={reason: whys[reason] for reason in PassReason if whys.get(reason)},
        )
        for mission_id, whys in counted.items()
    }
