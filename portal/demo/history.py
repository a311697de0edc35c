"""Lets the season happen again: every step is the verb that a fan, a moderator or a worker would have called then."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from sqlalchemy import select

from portal.accounts.models import Person
from portal.demo.course import Course, first_reading, reading_at
from portal.demo.looking import look, look_again
from portal.demo.story import Held, Redeemed
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jobs import Job
from portal.missions import claiming, claims, managing
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import Mission
from portal.moderation.desk import open_case_of
from portal.moderation.models import Verdict
from portal.moderation.reviewing import decide
from portal.rewards import parcels, redeeming, steps
from portal.rewards.fulfilment import HOLD_FOR_PAYMENT
from portal.rewards.kind_models import Parcel
from portal.rewards.models import ARE_SENT, Redemption, RedemptionState, Reward, RewardKind
from portal.rewards.variants import variants_of
from portal.shares import inviting, welcoming
from portal.shares.appealing import appeal
from portal.shares.models import ShareState
from portal.shares.platforms.reading import Reading
from portal.shares.recheck_rows import RECHECK
from portal.shares.submitting import CHECK, submit_share, withdraw
from portal.shares.transitions import move_share

CHECKED_AFTER = timedelta(seconds=7)

Step = Callable[[datetime], None]


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

    def on_day(self, ago: float, step: Callable[..., object]) -> None:
        """The step takes its moment by name."""
        self.at(self.now - timedelta(days=ago), partial(_take, step))

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

    def redeem(self, redeemed: Redeemed, reward: Reward, person: Person, staff: Person) -> None:
        """Somebody got a reward and looked at the code or left it, did not pay in time, or staff sent it later."""

        def get(now: datetime) -> None:
            details = _where_to(reward, person) if reward.kind in ARE_SENT else None
            redemption = redeeming.redeem(reward, person, now=now, details=details)
            if redeemed.end == "not_paid":
                self.at(now + HOLD_FOR_PAYMENT, lambda later: _not_paid(redemption, later))
            elif redeemed.end == "seen" and reward.kind in (RewardKind.CODE, RewardKind.PROMOTION):
                redeeming.reveal(redemption, now=now + timedelta(minutes=2))
            if reward.kind in ARE_SENT and redeemed.end not in ("not_paid", "left"):
                parcel = db.session.get_one(Parcel, redemption.id)
                number = f"RM{redemption.id[-8:].upper()}GB"
                self.at(
                    now + timedelta(days=2),
                    lambda then: parcels.send(parcel, carrier="Royal Mail", tracking=number, actor=staff, now=then),
                )
                self.at(now + timedelta(days=5), lambda then: parcels.deliver(parcel, actor=staff, now=then))

        self.at(self.now - timedelta(days=redeemed.ago), get)

    def close(self, mission: Mission, moment: datetime) -> None:
        """A mission ends by itself."""
        self.at(moment, lambda now: managing.close_mission(mission, actor=None, why="its end has come", now=now))

    def _hand_in(self, course: Course, typed_url: str, now: datetime) -> None:
        assert course.claim is not None  # claimed earlier
        course.share = submit_share(course.claim, person=course.author, typed_url=typed_url, now=now)
        end = course.written.told.end
        if end == ShareState.RECEIVED:
            return  # its job stays: the worker looks at it as soon as it starts
        if end == ShareState.CHECKING:
            move_share(course.share, ShareState.CHECKING, actor_id=None, now=now)
            return
        jobs.cancel(CHECK, course.share.id)
        self.at(now + CHECKED_AFTER, lambda later: self._check(course, first_reading(course, later), later))

    def _check(self, course: Course, reading: Reading, now: datetime, *, mended: bool = False) -> None:
        """What the checks find now. Raises ValueError for a story that they tell otherwise."""
        share, told = course.handed_in, course.written.told
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
            self.at(course.fix_until, lambda later: self._run_out(course, later))
        elif share.state == ShareState.NEEDS_FIX and told.end != ShareState.NEEDS_FIX:
            if mended:
                raise ValueError(f"{told.key} of {told.by} still needs a change: {share.reason_code}")
            self.at(
                course.written.moments.mended_at + CHECKED_AFTER,
                lambda later: self._check(course, reading_at(course, later), later, mended=True),
            )

    def _answer(self, course: Course, now: datetime) -> None:
        share, told = course.handed_in, course.written.told
        case, moderator = open_case_of(share.id), course.moderator
        assert case is not None  # it was opened with the state
        assert moderator is not None  # only such courses get here
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
        share = course.handed_in
        move_share(share, ShareState.REJECTED, actor_id=None, now=now, reason_code="time_ran_out")
        self._end_in_time(share.claim)

    def _withdraw(self, course: Course, now: datetime) -> None:
        share = course.handed_in
        withdraw(share, person=course.author, now=now)
        self._end_in_time(share.claim)

    def _after_payment(self, course: Course) -> None:
        """From now on it is looked at whenever it is due; a newcomer counts for who invited them."""
        self._look_when_due(course)
        counted = inviting.count_newcomer(course.author.id, now=clock.now()) if course.author_came_by else None
        if counted is not None:
            welcoming.welcome(counted, now=clock.now())

    def _look_when_due(self, course: Course) -> None:
        due_at = db.session.scalar(select(Job.due_at).where(Job.kind == RECHECK, Job.key == course.handed_in.id))
        settles_at = course.handed_in.settles_at
        if due_at is None or settles_at is None:
            return
        if course.is_quiet:
            due_at = max(due_at, settles_at)
        self.at(due_at + CHECKED_AFTER, lambda now: self._look_again(course, now))

    def _look_again(self, course: Course, now: datetime) -> None:
        jobs.cancel(RECHECK, course.handed_in.id)
        look_again(course.handed_in, reading_at(course, now), now=now)
        self._look_when_due(course)

    def _end_in_time(self, claim: Claim) -> None:
        if claim.state == ClaimState.ACTIVE:
            self.at(claim.expires_at, lambda now: _expire(claim, now))


def _take(step: Callable[..., object], now: datetime) -> None:
    step(now=now)


def _appeal(course: Course, now: datetime) -> None:
    appeal(course.handed_in, person=course.author, text=course.written.told.appeal, now=now)


def _reason_of(course: Course) -> str:
    return "not_disclosed" if course.written.told.trouble == "no_text" else "decline_other"


def _release(claim: Claim, now: datetime) -> None:
    claims.release_claim(claim, actor_id=claim.person_id, now=now)


def _expire(claim: Claim, now: datetime) -> None:
    db.session.refresh(claim)
    if claim.state == ClaimState.ACTIVE and claim.expires_at <= now:
        claims.expire_claim(claim, now=now)


def _not_paid(redemption: Redemption, now: datetime) -> None:
    """What the worker does at the end of the time to pay, where nobody went to the payment page."""
    steps.move(redemption, RedemptionState.CANCELLED, actor_id=None, now=now, code="not_paid_in_time")
    jobs.cancel(redeeming.PAYMENT_OVERDUE, redemption.id)


def _where_to(reward: Reward, person: Person) -> dict[str, str]:
    """An address that nobody has, and the first sort that is there."""
    sort = next(each.id for each in variants_of(reward.id) if each.stock)
    return {
        "variant": sort, "name": person.display_name, "line1": "4 Example Row", "line2": "", "postcode": "LA9 4QH",
        "city": "Kendal", "region": "", "country": "GB",
    }  # fmt: skip
