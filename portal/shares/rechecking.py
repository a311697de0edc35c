"""What a later look at a verified share means: settled, due again, in grace, revoked, or back.

Only what was seen counts. An outage, a login wall or a rate limit says nothing about the post, so it never takes
anything back; it pays nothing either, except where a person verified a post that no look could read in the first place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import current_app

from portal.extensions import db
from portal.kernel import events
from portal.shares import bonuses, checking, queries
from portal.shares.checking import Plan, Sight
from portal.shares.checks.finding import Finding
from portal.shares.edits import BY_PHRASE, decided_on, is_by_edit
from portal.shares.events import SharePostBack, SharePostMissing
from portal.shares.keeping_evidence import body_of, keep_evidence
from portal.shares.models import Outcome, Share, ShareState
from portal.shares.noticing import SIGNALS, look_for_signals
from portal.shares.platforms.reading import Post
from portal.shares.ports import review_desk
from portal.shares.recheck_rows import grace, look_at, plan_next_look
from portal.shares.transitions import move_share, note_back, note_missing
from portal.shares.verdict import NO_WAY, IfFailed, Policy, if_failed

WATCHED = (ShareState.VERIFIED, ShareState.SETTLED, ShareState.REVOKED)
PAUSE_AFTER_UNKNOWN = timedelta(hours=1)
UNEDITED = ("recognised", "reachable")
"""What nobody has to edit to break it."""
PAUSE_FOR_PERSON = timedelta(hours=6)
"""Between two looks at a share that waits for a person."""
HELD_PROMISES = ("recognised", "reachable", "author", "link_or_tag", "mentions", "words", "media", "disclosed")
"""Checks that must still hold as long as a share is watched; the others were about the moment of submission."""
NEVER_SAID = tuple(BY_PHRASE)
"""Checks of words that must not be edited into it either; where their rule asks for a person, a person weighs them."""
FLAGGED = "flagged"


def conclude_look(share: Share, plan: Plan, sight: Sight, *, now: datetime) -> None:
    """Write down what was seen of a share in one of the states `WATCHED`, and move on. The share's row is held."""
    keep_evidence(share, sight, now=now)
    checking.note_health(plan.context.identified, sight, now=now)
    findings = checking.findings_after(plan, sight, share, now=now)
    broken, flagged = broken_promise(share, plan, sight, findings)
    if broken is not None:
        _broken(share, f"{broken}.{findings[broken].reason_code}", now=now)
    elif findings["reachable"].outcome == Outcome.PASSED:
        _stands(share, flagged=flagged, now=now)
    else:
        _could_not_tell(share, sight, findings["reachable"], now=now)
    db.session.flush()


def broken_promise(
    share: Share, plan: Plan, sight: Sight, findings: Mapping[str, Finding]
) -> tuple[str | None, bool]:  # fmt: skip
    """The first check that held when the share was verified and fails now; and is there an edit for a person to weigh?

    What failed before and was accepted by a person is not held against it, nor what a rule of ours alone has changed.
    """
    if findings["reachable"].reason_code == "gone_once":
        return "reachable", False
    against = _against(share, plan, sight, findings)
    weighed = [code for code in against if _is_for_a_person(share, plan.policy, code, findings[code])]
    return next((code for code in against if code not in weighed), None), bool(weighed)


def end_hold(share: Share, *, now: datetime, reason_code: str) -> None:
    """The hold is over: what was held is paid, with the last steps of the bonus."""
    bonuses.pay(share, now=now)
    move_share(share, ShareState.SETTLED, actor_id=None, now=now, reason_code=reason_code)
    plan_next_look(share, now=now)


def pay_for_clicks(share: Share, *, now: datetime) -> None:
    """Between two looks at the post: what its link brought is paid, unless a person has to weigh it first."""
    if not _waits_for_person(share, now=now):
        bonuses.pay(share, now=now)


def _held(share: Share) -> set[str]:
    return {result.check for result in queries.latest_checks(share) if result.outcome == Outcome.PASSED}


def _against(share: Share, plan: Plan, sight: Sight, findings: Mapping[str, Finding]) -> list[str]:
    """What fails now and did not when it was verified, because of what was done to the post."""
    then = {result.check: result.outcome for result in queries.latest_checks(share)}
    held = [code for code in HELD_PROMISES if code == "reachable" or then.get(code) == Outcome.PASSED]
    held += [code for code in NEVER_SAID if then.get(code) != Outcome.FAILED]
    failed = [code for code in held if code in findings and findings[code].outcome == Outcome.FAILED]
    if not isinstance(sight.reading, Post):
        return failed
    before, now = decided_on(share), body_of(sight.reading, sight.links_expanded)
    return [
        code for code in failed
        if code in UNEDITED or (
            if_failed(plan.policy, code, findings[code]) is not IfFailed.NOTE
            and is_by_edit(code, findings[code], before, now)
        )
    ]  # fmt: skip


def _is_for_a_person(share: Share, policy: Policy, code: str, finding: Finding) -> bool:
    """A word may be harmless. What is revoked comes back by looks alone, so there nobody is asked."""
    asks = code in NEVER_SAID and if_failed(policy, code, finding) is IfFailed.PERSON
    return asks and share.state != ShareState.REVOKED


def _stands(share: Share, *, flagged: bool, now: datetime) -> None:
    """The post is what was paid for."""
    if share.missing_since is not None:
        events.record(
            SharePostBack(
                share_id=share.id, person_id=share.person_id, mission_id=share.mission_id,
                missing_since=share.missing_since.isoformat(),
            )
        )  # fmt: skip
        share.missing_since = share.missing_code = share.grace_until = None
        note_back(share, now=now)
    if queries.taken_back_by_person(share):
        plan_next_look(share, now=now)  # what a person decided is for a person to change
    elif share.state == ShareState.REVOKED:
        move_share(share, ShareState.VERIFIED, actor_id=None, now=now, reason_code="still_there")
    elif _waits_for_person(share, flagged=flagged, now=now):
        look_at(share, now + PAUSE_FOR_PERSON)
    elif _hold_is_over(share, now):
        end_hold(share, now=now, reason_code="still_there")
    else:
        db.session.flush()
        bonuses.pay(share, now=now)
        plan_next_look(share, now=now)


def _could_not_tell(share: Share, sight: Sight, reachable: Finding, *, now: datetime) -> None:
    """Asked again, sooner than planned; where no look can ever tell, what a person saw when they verified it holds.

    A revoked one stays revoked: nothing shows that the post is back.
    """
    never_readable = "reachable" not in _held(share) and not checking.is_outage(sight)
    if reachable.reason_code != NO_WAY and not never_readable:
        look_at(share, now + PAUSE_AFTER_UNKNOWN)
    elif _waits_for_person(share, now=now):
        look_at(share, now + PAUSE_FOR_PERSON)
    elif _hold_is_over(share, now):
        end_hold(share, now=now, reason_code="a_person_saw_it")
    else:
        plan_next_look(share, now=now)


def _broken(share: Share, reason_code: str, *, now: datetime) -> None:
    """First a notice and time to bring it back, then the points are taken back."""
    if share.state == ShareState.REVOKED:
        plan_next_look(share, now=now)
        return
    if share.grace_until is not None and share.grace_until <= now:
        move_share(share, ShareState.REVOKED, actor_id=None, now=now, reason_code=reason_code)
        review_desk().drop_case(share, now=now)
        plan_next_look(share, now=now)
        return
    if share.missing_since is None:
        share.missing_since, share.grace_until = now, now + grace()
        note_missing(share, reason_code, now=now)
        events.record(
            SharePostMissing(
                share_id=share.id, person_id=share.person_id, mission_id=share.mission_id, reason_code=reason_code
            )
        )
    share.missing_code = reason_code
    look_at(share, share.grace_until or now)


def _waits_for_person(share: Share, *, flagged: bool = False, now: datetime) -> bool:
    """While its points are held, is something so unusual, or edited so, that a person weighs it first?

    It stays paid meanwhile.
    """
    if share.state != ShareState.VERIFIED or not (look_for_signals(share, now=now) or flagged):
        return False
    due_at = now + timedelta(hours=current_app.config["SETTINGS"].decision_hours)
    review_desk().open_case(share, why=FLAGGED if flagged else SIGNALS, due_at=due_at, appeal_text=None, now=now)
    return True


def _hold_is_over(share: Share, now: datetime) -> bool:
    return share.state == ShareState.VERIFIED and share.settles_at is not None and share.settles_at <= now
