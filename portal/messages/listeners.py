"""What happened in the rooms below, told to the people it happened to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts.events import LoginEnding, PersonJoined
from portal.accounts.models import Handle, Person, StaffRole
from portal.accounts.ports import network_names
from portal.extensions import db
from portal.guidelines.events import GuidelinePublished
from portal.kernel import clock, jobs
from portal.kernel.access import PERMISSIONS, Permission, Role
from portal.kernel.events import listens_to
from portal.messages.announcing import ANNOUNCE
from portal.messages.sending import decision_was_undone
from portal.messages.telling import take_back, tell
from portal.messages.topics import Topic
from portal.missions.events import ClaimExpired, ClaimExpiresSoon
from portal.missions.models import Mission
from portal.points.tier_events import TierEased, TierGraceBegan, TierRaised
from portal.recognition.events import (
    BadgeEarned,
    BadgeTakenBack,
    TeamChanged,
    ThanksGiven,
    ThanksKept,
    ThanksPutBack,
    ThanksRemoved,
    ThanksTakenBack,
)
from portal.recognition.thanks_models import Thanks
from portal.recognition.thanks_queries import shown
from portal.rewards.events import (
    LineClosed,
    LowStock,
    ParcelSent,
    PaymentReturned,
    PlaceHeld,
    ProblemAnswered,
    RedemptionCancelled,
    RedemptionFailed,
    RewardReady,
    WishWithinReach,
)
from portal.rewards.models import Redemption, Reward
from portal.rewards.problem_models import Problem
from portal.rewards.queries import last_code
from portal.shares.events import (
    ShareBonusPaid,
    ShareBonusTakenBack,
    ShareDecisionUndone,
    ShareEvent,
    ShareNeedsFix,
    SharePostBack,
    SharePostMissing,
    ShareRejected,
    ShareRevoked,
    ShareSettled,
    ShareVerified,
)
from portal.shares.models import Share, ShareChange
from portal.shares.transitions import UNDO_WINDOW, UNDONE

UNDO_SAFETY = timedelta(seconds=5)
"""A decision taken back in the last second of its window is committed before its mail leaves."""

SHARE_TOPICS: dict[str, Topic] = {
    ShareVerified.kind: Topic.SHARE_VERIFIED,
    ShareNeedsFix.kind: Topic.SHARE_NEEDS_FIX,
    ShareRejected.kind: Topic.SHARE_REJECTED,
    ShareRevoked.kind: Topic.SHARE_REVOKED,
    ShareSettled.kind: Topic.POINTS_AVAILABLE,
}


@listens_to(PersonJoined, name="messages.welcome")
def welcome(happened: PersonJoined) -> None:
    if db.session.get(Person, happened.person_id) is not None:
        tell(happened.person_id, Topic.WELCOME, {}, event_id=happened.person_id, now=clock.now())


@listens_to(ShareVerified, ShareNeedsFix, ShareRejected, ShareRevoked, ShareSettled, name="messages.tell_of_share")
def tell_of_share(happened: ShareEvent) -> None:
    """In the inbox at once; by mail too, but what a moderator decided waits until it can't be undone any more."""
    change = db.session.get(ShareChange, happened.change_id)
    share = db.session.get(Share, happened.share_id)
    if change is None or share is None or decision_was_undone(happened.change_id):
        return
    if change.reason_code == UNDONE:  # they were told when it was verified, and never of what was taken back
        return
    details: dict[str, Any] = {
        "share_id": share.id,
        "mission": share.mission.title,
        "message": change.message if happened.by_person else None,
        "form": share.form,
    }
    if isinstance(happened, ShareVerified):
        details |= {"points_now": happened.points_now, "points_held": happened.points_held}
    if isinstance(happened, ShareNeedsFix) and share.fix_until is not None:
        details["fix_until"] = share.fix_until.isoformat()
    if isinstance(happened, ShareRevoked):
        details["by_person"] = happened.by_person
    if isinstance(happened, ShareSettled):
        if not happened.points:
            return
        details["points"] = happened.points
    wait = UNDO_WINDOW + UNDO_SAFETY if happened.by_person else timedelta()
    tell(
        happened.person_id,
        SHARE_TOPICS[happened.kind],
        details,
        event_id=happened.change_id,
        now=clock.now(),
        send_after=change.at + wait,
    )


@listens_to(SharePostMissing, name="messages.warn_of_missing_post")
def warn_of_missing_post(happened: SharePostMissing) -> None:
    share = db.session.get(Share, happened.share_id)
    if share is None or share.missing_since is None or share.grace_until is None:
        return
    details = {
        "share_id": share.id, "mission": share.mission.title, "back_by": share.grace_until.isoformat(),
        "seen": happened.reason_code,
    }  # fmt: skip
    since = f"{share.id}:{share.missing_since:%Y%m%d%H%M%S}"
    tell(happened.person_id, Topic.POST_MISSING, details, event_id=since, now=clock.now())


@listens_to(SharePostBack, name="messages.tell_of_post_back")
def tell_of_post_back(happened: SharePostBack) -> None:
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"share_id": happened.share_id, "mission": mission.title}
        event_id = f"{happened.share_id}:{happened.missing_since}"
        tell(happened.person_id, Topic.POST_BACK, details, event_id=event_id, now=clock.now())


@listens_to(ShareBonusPaid, name="messages.tell_of_bonus")
def tell_of_bonus(happened: ShareBonusPaid) -> None:
    """In the inbox alone: a good post reaches many steps, and nobody asked for a mail each."""
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"share_id": happened.share_id, "mission": mission.title, "points": happened.points}
        event_id = f"{happened.share_id}:{happened.payment}"
        tell(happened.person_id, Topic.BONUS_PAID, details, event_id=event_id, now=clock.now())


@listens_to(ShareBonusTakenBack, name="messages.tell_of_bonus_taken_back")
def tell_of_bonus_taken_back(happened: ShareBonusTakenBack) -> None:
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"share_id": happened.share_id, "mission": mission.title, "points": happened.points}
        event_id = f"{happened.share_id}:{happened.change}"
        tell(happened.person_id, Topic.BONUS_TAKEN_BACK, details, event_id=event_id, now=clock.now())


@listens_to(ShareDecisionUndone, name="messages.take_decision_back")
def take_decision_back(happened: ShareDecisionUndone) -> None:
    take_back(happened.person_id, happened.change_id)


@listens_to(ClaimExpiresSoon, name="messages.warn_of_expiry")
def warn_of_expiry(happened: ClaimExpiresSoon) -> None:
    _tell_of_claim(happened, Topic.CLAIM_EXPIRES_SOON, {"expires_at": happened.expires_at})


@listens_to(ClaimExpired, name="messages.tell_of_expiry")
def tell_of_expiry(happened: ClaimExpired) -> None:
    _tell_of_claim(happened, Topic.CLAIM_EXPIRED, {})


def _tell_of_claim(happened: ClaimExpiresSoon | ClaimExpired, topic: Topic, more: dict[str, Any]) -> None:
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"mission_id": mission.id, "mission": mission.title, **more}
        tell(happened.person_id, topic, details, event_id=happened.claim_id, now=clock.now())


@listens_to(LoginEnding, name="messages.tell_of_login")
def tell_of_login(happened: LoginEnding) -> None:
    """A login that was lent lapses soon, or is of no use any more."""
    handle = db.session.get(Handle, happened.handle_id)
    if handle is None or handle.person_id != happened.person_id:
        return
    details = {"handle_id": handle.id, "network": network_names().get(handle.platform, handle.platform),
               "name": handle.name, "lapses_at": happened.lapses_at}  # fmt: skip
    event_id = f"{happened.login_id}:{happened.lapses_at[:10] or 'ended'}"
    tell(happened.person_id, Topic.LOGIN_ENDING, details, event_id=event_id, now=clock.now())


@listens_to(RewardReady, name="messages.tell_of_reward")
def tell_of_reward(happened: RewardReady) -> None:
    """Says that it is there and where; the code stays on its page."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name}
        tell(happened.person_id, Topic.REWARD_READY, details, event_id=happened.redemption_id, now=clock.now())


@listens_to(PlaceHeld, name="messages.tell_of_held_place")
def tell_of_held_place(happened: PlaceHeld) -> None:
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"reward_id": reward.id, "reward": reward.name, "until": happened.until}
        tell(happened.person_id, Topic.REWARD_HELD, details, event_id=happened.wait_id, now=clock.now())


@listens_to(LineClosed, name="messages.tell_of_closed_line")
def tell_of_closed_line(happened: LineClosed) -> None:
    """In the inbox alone: there is nothing to hurry for."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        tell(happened.person_id, Topic.LINE_CLOSED, {"reward": reward.name}, event_id=happened.wait_id, now=clock.now())


@listens_to(WishWithinReach, name="messages.tell_of_wish")
def tell_of_wish(happened: WishWithinReach) -> None:
    """In the inbox alone: it is a reminder, and nothing runs out."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        event_id = f"{happened.reward_id}:{happened.at}"
        details = {"reward_id": reward.id, "reward": reward.name}
        tell(happened.person_id, Topic.WISH_WITHIN_REACH, details, event_id=event_id, now=clock.now())


@listens_to(ProblemAnswered, name="messages.tell_of_answer")
def tell_of_answer(happened: ProblemAnswered) -> None:
    problem, reward = db.session.get(Problem, happened.problem_id), db.session.get(Reward, happened.reward_id)
    if problem is not None and reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "why": problem.answer}
        tell(happened.person_id, Topic.PROBLEM_ANSWERED, details, event_id=problem.id, now=clock.now())


@listens_to(LowStock, name="messages.tell_staff_of_low_stock")
def tell_staff_of_low_stock(happened: LowStock) -> None:
    """Whoever looks after rewards hears of it, once for each time it ran low."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is None:
        return
    details = {"reward_id": reward.id, "reward": reward.name, "left": happened.left}
    roles = [role for role, may in PERMISSIONS.items() if Permission.MANAGE_REWARDS in may and role != Role.ADMIN]
    staff = select(StaffRole.person_id).where(StaffRole.role.in_(roles)).distinct()
    for person_id in db.session.scalars(staff):
        tell(person_id, Topic.LOW_STOCK, details, event_id=f"{reward.id}:{clock.now():%Y-%m-%d}", now=clock.now())


@listens_to(ParcelSent, name="messages.tell_of_parcel")
def tell_of_parcel(happened: ParcelSent) -> None:
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "carrier": happened.carrier,
                   "tracking": happened.tracking}  # fmt: skip
        event_id = f"{happened.redemption_id}:{happened.tracking}"[:80]
        tell(happened.person_id, Topic.REWARD_SENT, details, event_id=event_id, now=clock.now())


@listens_to(RedemptionCancelled, RedemptionFailed, name="messages.take_reward_back")
def take_reward_back(happened: RedemptionCancelled | RedemptionFailed) -> None:
    """Its owner knows of what they undid themselves; of anything else they hear, with the reason."""
    take_back(happened.person_id, happened.redemption_id)
    redemption = db.session.get(Redemption, happened.redemption_id)
    if redemption is None or getattr(happened, "by_owner", False):
        return
    details = {"redemption_id": redemption.id, "reward": redemption.reward.name, "why": redemption.reason,
               "code": last_code(redemption.id), "gift": not redemption.price_points}  # fmt: skip
    event_id = f"{redemption.id}:back"
    tell(happened.person_id, Topic.REWARD_GIVEN_BACK, details, event_id=event_id, now=clock.now())


@listens_to(TierRaised, name="messages.tell_of_tier")
def tell_of_tier(happened: TierRaised) -> None:
    details = {
        "tier": happened.tier, "early_hours": happened.early_hours, "extra_percent": happened.extra_percent
    }  # fmt: skip
    tell(happened.person_id, Topic.TIER_RAISED, details, event_id=happened.change_id, now=clock.now())


@listens_to(TierGraceBegan, name="messages.tell_of_grace")
def tell_of_grace(happened: TierGraceBegan) -> None:
    details = {"tier": happened.tier, "points_missing": happened.points_missing, "until": happened.until}
    tell(happened.person_id, Topic.TIER_GRACE, details, event_id=happened.change_id, now=clock.now())


@listens_to(TierEased, name="messages.tell_of_eased_tier")
def tell_of_eased_tier(happened: TierEased) -> None:
    details = {"tier": happened.tier, "points_to_next": happened.points_to_next, "next_tier": happened.next_tier}
    tell(happened.person_id, Topic.TIER_EASED, details, event_id=happened.change_id, now=clock.now())


@listens_to(PaymentReturned, name="messages.tell_of_money")
def tell_of_money(happened: PaymentReturned) -> None:
    """What was paid for something that was given back."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "why": "", "code": "money_back"}
        event_id = f"{happened.redemption_id}:money"
        tell(happened.person_id, Topic.REWARD_GIVEN_BACK, details, event_id=event_id, now=clock.now())


@listens_to(BadgeEarned, name="messages.tell_of_badge")
def tell_of_badge(happened: BadgeEarned) -> None:
    details = {"badge": happened.badge, "reason": happened.reason}
    tell(happened.person_id, Topic.BADGE_EARNED, details, event_id=happened.held_id, now=clock.now())


@listens_to(BadgeTakenBack, name="messages.take_badge_back")
def take_badge_back(happened: BadgeTakenBack) -> None:
    """What earned it counts no more, and that was told already: the line about the badge goes, and no more is said."""
    take_back(happened.person_id, happened.held_id)


@listens_to(ThanksGiven, name="messages.tell_of_thanks")
def tell_of_thanks(happened: ThanksGiven) -> None:
    thanks = db.session.get(Thanks, happened.thanks_id)
    if thanks is None or thanks.removed_at is not None:
        return
    [line] = shown([thanks])
    details = {"by": line.giver, "text": thanks.text, "public": thanks.is_public, "as_staff": thanks.as_staff}
    tell(thanks.to_id, Topic.THANKS_RECEIVED, details, event_id=thanks.id, now=clock.now())


@listens_to(ThanksTakenBack, name="messages.take_thanks_back")
def take_thanks_back(happened: ThanksTakenBack) -> None:
    take_back(happened.person_id, happened.thanks_id)


@listens_to(ThanksRemoved, name="messages.tell_of_removed_thanks")
def tell_of_removed_thanks(happened: ThanksRemoved) -> None:
    """The words go out of the inbox; both read why. Who removed it is the team, not a name."""
    thanks = db.session.get(Thanks, happened.thanks_id)
    if thanks is None or thanks.removed_at is None:
        return
    take_back(thanks.to_id, thanks.id)
    [line] = shown([thanks])
    for person_id, by_you, other in ((thanks.from_id, True, line.receiver), (thanks.to_id, False, line.giver)):
        details = {"by_you": by_you, "other": other, "reason": thanks.removed_why}
        tell(person_id, Topic.THANKS_REMOVED, details, event_id=f"{thanks.id}:removed", now=clock.now())


@listens_to(ThanksPutBack, name="messages.tell_of_thanks_again")
def tell_of_thanks_again(happened: ThanksPutBack) -> None:
    """As if nothing had been said of a removal; its receiver has the words again."""
    for person_id in (happened.from_id, happened.person_id):
        take_back(person_id, f"{happened.thanks_id}:removed")
    tell_of_thanks(ThanksGiven(happened.thanks_id, happened.person_id))


@listens_to(ThanksKept, name="messages.tell_of_kept_thanks")
def tell_of_kept_thanks(happened: ThanksKept) -> None:
    details = {"reason": happened.reason}
    tell(happened.person_id, Topic.THANKS_KEPT, details, event_id=f"{happened.thanks_id}:kept", now=clock.now())


@listens_to(TeamChanged, name="messages.tell_of_team")
def tell_of_team(happened: TeamChanged) -> None:
    details = {
        "team": happened.team, "what": happened.what, "before": happened.before, "reason": happened.reason
    }  # fmt: skip
    tell(happened.person_id, Topic.TEAM_CHANGED, details, event_id=happened.change_id, now=clock.now())


@listens_to(GuidelinePublished, name="messages.announce_guideline")
def announce_guideline(happened: GuidelinePublished) -> None:
    """Many people hear of it: a job of its own tells them, some at a time."""
    jobs.schedule(ANNOUNCE, happened.version_id, {"version": happened.version_id, "after": ""}, due_at=clock.now())
