"""From a verdict to the share's next state: it is kept with its policy, and trust may ask for a second look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.shares.models import Share, ShareState
from portal.shares.noticing import SIGNALS, look_for_signals
from portal.shares.policies import keep_verdict
from portal.shares.records import second_look_at
from portal.shares.trust import Because
from portal.shares.verdict import Answer, Policy, Verdict

STATE_OF = {
    Answer.VERIFY: ShareState.VERIFIED,
    Answer.ASK_FIX: ShareState.NEEDS_FIX,
    Answer.ASK_PERSON: ShareState.NEEDS_REVIEW,
    Answer.DECLINE: ShareState.REJECTED,
}


def outcome(
    share: Share, verdict: Verdict, policy: Policy, checks: Sequence[str], *, now: datetime
) -> tuple[ShareState, str]:
    """Where the share goes and why, written down once for each round. `checks`: those that answered."""
    if verdict.answer is not Answer.VERIFY:
        keep_verdict(share, verdict, policy, checks, now=now)
        return STATE_OF[verdict.answer], verdict.reason_code
    look, record = second_look_at(share, policy, now=now)
    keep_verdict(
        share, verdict, policy, checks, now=now, because=look.because, draw=look.draw,
        verified_before=record.verified, sample_percent=policy.sampling.sample_percent,
    )  # fmt: skip
    if look_for_signals(share, now=now):
        return ShareState.NEEDS_REVIEW, SIGNALS
    if look.because is Because.CHECKS:
        return ShareState.VERIFIED, verdict.reason_code
    return ShareState.NEEDS_REVIEW, look.because.value
