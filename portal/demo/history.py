"""Lets the season happen again: every step is the verb that a fan, a moderator or a worker would have called then."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from portal.accounts.models import Person
from portal.demo.looking import look, look_again, post_as_read, problem_as_met
from portal.demo.posts import Written
from portal.demo.story import Held, Redeemed
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.missions import claiming, managing
from portal.missions.models import Claim, ClaimState, Mission
from portal.moderation.desk import open_case_of
from portal.moderation.models import Verdict
from portal.moderation.reviewing import decide
from portal.rewards import redeeming
from portal.rewards.models import Reward
from portal.shares.appealing import appeal
from portal.shares.events import SharePostMissing
from portal.shares.models import Outcome, Share, ShareState
from portal.shares.platforms.reading import Post, Reading, Trouble
from portal.shares.recheck_rows import grace
from portal.shares.rechecking import HELD_PROMISES
from portal.shares.submitting import CHECK, submit_share, withdraw
from portal.shares.transitions import move_share

CHECKED_AFTER = timedelta(seconds=7)
MISSED_AFTER = timedelta(days=2)
"""When a post that was taken down is first missed."""

Step = Callable[[datetime], None]


@dataclass
class Course:
    """One share on its way."""

    written: Written
    mission: Mission
    author: Person
    author_id: str
    """Of whoever really posted it, at its network."""
    author_name: str
    moderator: Person | None
    claim: Claim | None = None
    share: Share | None = None
    """Once it was handed in."""


@dataclass
class History:
    """Steps in the order of their moments; each one runs with the clock held there, and may add later ones.

    What would happen after `now` does not happen: the portal itself goes on from there.
    """

    now: datetime
    _waiting: list[tuple[datetime, int, Step]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def at(self, moment: datetime, step: Step) -> None:
        if moment < self.now:
            heapq.heappush(self._waiting, (moment, next(self._numbers), step))

    def run(self) -> None:
        while self._waiting:
            moment, _number, step = heapq.heappop(self._waiting)
            with clock.frozen(moment):
                step(moment)

    def claim(self, course: Course) -> None:
        """The author of a share takes the place that it is for."""

        def take(now: datetime) -> None:
            course.claim = claiming.claim_place(course.mission, course.author, now=now)

        self.at(course.written.moments.claimed_at, take)

    def tell(self, course: Course, typed_url: str) -> None:
        """A share, from its claim (unless that was made already) to what became of it."""
        if course.claim is None:
            self.claim(course)
        self.at(course.written.moments.handed_in_at, lambda now: self._hand_in(course, typed_url, now))

    def hold(self, held: Held, mission: Mission, person: Person) -> None:
        """A place for which nothing was handed in."""

        def take(now: datetime) -> None:
            claim = claiming.claim_place(mission, person, now=now)
            if held.end == "released":
                self.at(now + timedelta(hours=5), lambda later: _release(claim, later))
            self._end_in_time(claim)

        self.at(self.now - timedelta(days=held.ago), take)

    def redeem(self, redeemed: Redeemed, reward: Reward, person: Person) -> None:
        """Somebody got a reward and looked at the code."""

        def get(now: datetime) -> None:
            redemption = redeeming.redeem(reward, person, now=now)
            redeeming.reveal(redemption, now=now + timedelta(minutes=2))

        self.at(self.now - timedelta(days=redeemed.ago), get)

    def close(self, mission: Mission, moment: datetime) -> None:
        """A mission ends by itself."""
        self.at(moment, lambda now: managing.close_mission(mission, actor=None, why="its end has come", now=now))

    def _hand_in(self, course: Course, typed_url: str, now: datetime) -> None:
        assert course.claim is not None  # noqa: S101  # claimed earlier
        course.share = submit_share(course.claim, person=course.author, typed_url=typed_url, now=now)
        end = course.written.told.end
        if end == ShareState.RECEIVED:
            return  # its job stays: the worker looks at it as soon as it starts
        if end == ShareState.CHECKING:
            move_share(course.share, ShareState.CHECKING, actor_id=None, now=now)
            return
        jobs.cancel(CHECK, course.share.id)
        self.at(now + CHECKED_AFTER, lambda later: self._check(course, _first_reading(course), later))

    def _check(self, course: Course, reading: Reading, now: datetime, *, mended: bool = False) -> None:
        """What the checks find now. Raises ValueError for a story that they tell otherwise."""
        share, told = _share_of(course), course.written.told
        move_share(share, ShareState.CHECKING, actor_id=None, now=now - CHECKED_AFTER)
        to, reason_code = look(share, reading, now=now)
        move_share(share, to, actor_id=None, now=now, reason_code=reason_code)
        if share.state == ShareState.VERIFIED:
            self._after_payment(course)
        elif told.end == ShareState.WITHDRAWN:
            self.at(now + timedelta(hours=2), lambda later: self._withdraw(course, later))
        elif share.state == ShareState.NEEDS_REVIEW and course.moderator is not None:
            self.at(course.written.moments.answered_at, lambda later: self._answer(course, later))
        elif share.state == ShareState.NEEDS_FIX and told.end == ShareState.REJECTED:
            self.at(_deadline_of(share), lambda later: self._run_out(course, later))
        elif share.state == ShareState.NEEDS_FIX and told.end != ShareState.NEEDS_FIX:
            if mended:
                raise ValueError(f"{told.key} of {told.by} still needs a change: {share.reason_code}")
            self.at(
                course.written.moments.mended_at + CHECKED_AFTER,
                lambda later: self._check(course, _mended_reading(course), later, mended=True),
            )

    def _answer(self, course: Course, now: datetime) -> None:
        share, told = _share_of(course), course.written.told
        case, moderator = open_case_of(share.id), course.moderator
        assert case is not None  # noqa: S101  # it was opened with the state
        assert moderator is not None  # noqa: S101  # only such courses get here
        declines = told.end == ShareState.REJECTED or bool(told.appeal)
        decide(
            case, moderator=moderator, verdict=Verdict.DECLINE if declines else Verdict.VERIFY,
            reason_code=_reason_of(course) if declines else "clear_to_people", message=told.said,
            seen_version=case.lock_version, now=now,
        )  # fmt: skip
        if share.state == ShareState.VERIFIED:
            self._after_payment(course)
            return
        self._end_in_time(share.claim)
        if told.appeal:
            self.at(
                self.now - timedelta(days=told.appealed),
                lambda later: _appeal(course, later),
            )

    def _run_out(self, course: Course, now: datetime) -> None:
        share = _share_of(course)
        move_share(share, ShareState.REJECTED, actor_id=None, now=now, reason_code="time_ran_out")
        self._end_in_time(share.claim)

    def _withdraw(self, course: Course, now: datetime) -> None:
        share = _share_of(course)
        withdraw(share, person=course.author, now=now)
        self._end_in_time(share.claim)

    def _after_payment(self, course: Course) -> None:
        share = _share_of(course)
        assert share.settles_at is not None  # noqa: S101  # set when it was verified
        if course.written.told.gone:
            self.at(share.state_changed_at + MISSED_AFTER, lambda now: self._miss(course, now))
        else:
            self.at(share.settles_at + CHECKED_AFTER, lambda now: _settle(course, now))

    def _miss(self, course: Course, now: datetime) -> None:
        """A look finds it gone: a notice first, a day later its points are taken back."""
        share = _share_of(course)
        reason_code = _broken_promise(course, now)
        share.missing_since, share.missing_code, share.grace_until = now, reason_code, now + grace()
        events.record(
            SharePostMissing(
                share_id=share.id, person_id=share.person_id, mission_id=share.mission_id, reason_code=reason_code
            )
        )

        def take_back(later: datetime) -> None:
            move_share(share, ShareState.REVOKED, actor_id=None, now=later, reason_code=_broken_promise(course, later))

        self.at(now + grace(), take_back)

    def _end_in_time(self, claim: Claim) -> None:
        if claim.state == ClaimState.ACTIVE:
            self.at(claim.expires_at, lambda now: _expire(claim, now))


def _first_reading(course: Course) -> Reading:
    told = course.written.told
    if told.trouble in set(Trouble):
        return problem_as_met(_share_of(course), Trouble(told.trouble))
    visibility = "private" if told.trouble == "private" else "public"
    return _reading(course, course.written.at_first, visibility=visibility)


def _mended_reading(course: Course) -> Reading:
    return _reading(course, course.written.mended, edited_at=course.written.moments.mended_at)


def _reading(course: Course, text: str, *, visibility: str = "public", edited_at: datetime | None = None) -> Post:
    written = course.written
    return post_as_read(
        _share_of(course), text=text, author_id=course.author_id, author_name=course.author_name,
        posted_at=written.moments.posted_at, visibility=visibility, edited_at=edited_at, alt=written.alt,
    )  # fmt: skip


def _last_reading(course: Course, now: datetime) -> Reading:
    """As it is now: still there, or what its author made of it."""
    gone = course.written.told.gone
    if gone == "deleted":
        return problem_as_met(_share_of(course), Trouble.GONE)
    if gone == "edited":
        return _reading(course, course.written.now, edited_at=now - timedelta(hours=6))
    return _reading(course, course.written.mended, visibility="private" if gone == "private" else "public")


def _broken_promise(course: Course, now: datetime) -> str:
    """What a look finds wrong with a post that was paid for."""
    findings = look_again(_share_of(course), _last_reading(course, now), now=now)
    broken = next(
        (code for code in HELD_PROMISES if code in findings and findings[code].outcome == Outcome.FAILED), "reachable"
    )
    return f"{broken}.{findings[broken].reason_code}"


def _settle(course: Course, now: datetime) -> None:
    share = _share_of(course)
    look_again(share, _last_reading(course, now), now=now)
    move_share(share, ShareState.SETTLED, actor_id=None, now=now, reason_code="still_there")


def _appeal(course: Course, now: datetime) -> None:
    appeal(_share_of(course), person=course.author, text=course.written.told.appeal, now=now)


def _reason_of(course: Course) -> str:
    return "not_disclosed" if course.written.told.trouble == "no_text" else "decline_other"


def _release(claim: Claim, now: datetime) -> None:
    claiming.release_claim(claim, actor_id=claim.person_id, now=now)


def _expire(claim: Claim, now: datetime) -> None:
    db.session.refresh(claim)
    if claim.state == ClaimState.ACTIVE and claim.expires_at <= now:
        claiming.expire_claim(claim, now=now)


def _share_of(course: Course) -> Share:
    assert course.share is not None  # noqa: S101  # handed in earlier
    return course.share


def _deadline_of(share: Share) -> datetime:
    assert share.fix_until is not None  # noqa: S101  # a CHECK of the table
    return share.fix_until
