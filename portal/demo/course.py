"""One share on its way, and how its post would have been read at any moment of the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import Person
from portal.demo.looking import post_as_read, problem_as_met
from portal.demo.perch import SeededPost
from portal.demo.posts import Written
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.shares.models import Share
from portal.shares.platforms.reading import Reading, Trouble

LOOKED_CLOSELY_DAYS = 16


@dataclass
class Course:
    """Who hands in what for which mission."""

    written: Written
    mission: Mission
    author: Person
    author_id: str
    """Of whoever really posted it, at its network."""
    author_name: str
    moderator: Person | None
    about: SeededPost | None = None
    claim: Claim | None = None
    share: Share | None = None
    """Once it was handed in."""

    @property
    def is_quiet(self) -> bool:
        """Of long ago, and nothing happened to it: the looks before the end of its hold would all tell the same."""
        told = self.written.told
        return told.ago > LOOKED_CLOSELY_DAYS and not told.gone and not told.edited

    @property
    def author_came_by(self) -> bool:
        """Did somebody invite them?"""
        return bool(self.written.author.came_by)

    @property
    def handed_in(self) -> Share:
        assert self.share is not None  # handed in earlier
        return self.share

    @property
    def fix_until(self) -> datetime:
        until = self.handed_in.fix_until
        assert until is not None  # a CHECK of the table
        return until


def first_reading(course: Course, now: datetime) -> Reading:
    """What the first look met: the post, or what stood in the way."""
    told = course.written.told
    if told.trouble in set(Trouble):
        return problem_as_met(course.handed_in, Trouble(told.trouble))
    return _post(course, now, visibility="private" if told.trouble == "private" else "public")


def reading_at(course: Course, moment: datetime) -> Reading:
    """As it was then: still there, or what its author made of it."""
    gone = course.written.gone_at(moment)
    if gone == "deleted":
        return problem_as_met(course.handed_in, Trouble.GONE)
    return _post(course, moment, visibility="private" if gone == "private" else "public")


def _post(course: Course, moment: datetime, *, visibility: str) -> Reading:
    return post_as_read(
        course.handed_in, course.written, course.about, at=moment, author_id=course.author_id,
        author_name=course.author_name, visibility=visibility,
    )  # fmt: skip
