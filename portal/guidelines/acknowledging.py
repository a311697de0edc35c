"""Saying that one has read a version and will follow it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.guidelines.errors import VersionNotInForce
from portal.guidelines.models import Acknowledgement, GuidelineVersion, VersionState


def acknowledge(person_id: str, version: GuidelineVersion, now: datetime) -> Acknowledgement:
    """Keep that this person read `version` now; said again, the first time stands.

    Raises VersionNotInForce for a draft or a version that was replaced.
    """
    if version.state != VersionState.PUBLISHED:
        raise VersionNotInForce(version.id)
    known = _known(person_id, version.id)
    if known is not None:
        return known
    said = Acknowledgement(person_id=person_id, version_id=version.id, acknowledged_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(said)
    except IntegrityError:  # a second click was faster
        known = _known(person_id, version.id)
        if known is None:
            raise
        return known
    return said


def _known(person_id: str, version_id: str) -> Acknowledgement | None:
    return db.session.scalar(
        select(Acknowledgement).where(Acknowledgement.person_id == person_id, Acknowledgement.version_id == version_id)
    )
