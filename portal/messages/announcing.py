"""Telling everybody about a published guideline, some people at a time: no transaction grows with their number."""

from __future__ import annotations

from sqlalchemy import select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.guidelines.events import GuidelinePublished
from portal.guidelines.models import GuidelineVersion, VersionState
from portal.guidelines.queries import has_acknowledged
from portal.kernel import clock, jobs
from portal.kernel.events import listens_to
from portal.messages.telling import tell
from portal.messages.topics import Topic

ANNOUNCE = "announce_guideline"
PEOPLE_AT_ONCE = 200


@listens_to(GuidelinePublished, name="messages.announce_guideline")
def announce_guideline(happened: GuidelinePublished) -> None:
    """Many people hear of it: a job of its own tells them, some at a time."""
    jobs.schedule(ANNOUNCE, happened.version_id, {"version": happened.version_id, "after": ""}, due_at=clock.now())


@jobs.in_transaction(ANNOUNCE)
def announce(lease: jobs.Lease) -> None:
    """Tell the next people, in the order of their ids, then ask to be called again. Replaced versions are left out."""
    version = db.session.get(GuidelineVersion, lease.payload["version"])
    if version is None or version.state != VersionState.PUBLISHED:
        return
    people = db.session.scalars(
        select(Person.id)
        .where(Person.state == PersonState.ACTIVE, Person.id > lease.payload["after"])
        .order_by(Person.id)
        .limit(PEOPLE_AT_ONCE)
    ).all()
    guideline, now = version.guideline, clock.now()
    for person_id in people:
        asked = guideline.needed_to_claim and not has_acknowledged(person_id, version)
        tell(
            person_id,
            Topic.GUIDELINE_PUBLISHED,
            {
                "slug": guideline.slug, "guideline": guideline.title, "number": version.number,
                "what_changed": version.what_changed, "asked": asked,
            },
            event_id=version.id,
            now=now,
            by_mail=asked and version.major,
        )  # fmt: skip
    if len(people) == PEOPLE_AT_ONCE:
        jobs.schedule(ANNOUNCE, lease.key, {"version": version.id, "after": people[-1]}, due_at=now)
