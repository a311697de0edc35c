"""Cases for the tests of every room, opened by the transition that opens them in life. Each function commits."""

from __future__ import annotations

from typing import Any

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.desk import open_case_of
from portal.moderation.models import Case, Decision, Verdict
from portal.moderation.reasons import AS_ASKED
from portal.moderation.reviewing import decide
from portal.shares.appealing import appeal
from portal.shares.models import Outcome, Share, ShareState
from tests.shares.factories import a_share

UNSURE = {"disclosed": Outcome.UNKNOWN}
"""What the checks could not tell about a share that needs a person."""

A_REASON = {
    Verdict.VERIFY: AS_ASKED,
    Verdict.ASK_CHANGE: "clearer_disclosure",
    Verdict.DECLINE: "another_subject",
}


def a_case(share: Share | None = None, **about: Any) -> Case:
    """An open case of a share that the checks could not tell about; `about` as `a_share` takes it."""
    share = share or a_share(state=ShareState.NEEDS_REVIEW, **{"outcomes": UNSURE, **about})
    case = open_case_of(share.id)
    assert case is not None
    return case


def a_decision(
    case: Case | None = None, *, moderator: Person, verdict: Verdict = Verdict.VERIFY, message: str = ""
) -> Decision:
    """A decision on `case`, made now."""
    case = case or a_case()
    with unit_of_work():
        return decide(
            case, moderator=moderator, verdict=verdict, reason_code=A_REASON[verdict], message=message,
            seen_version=case.lock_version, now=clock.now(),
        )  # fmt: skip


def an_appeal(*, declined_by: Person, text: str = "It says so in its second word.", **about: Any) -> Case:
    """The open case of an appeal against `declined_by`'s decision."""
    decision = a_decision(a_case(**about), moderator=declined_by, verdict=Verdict.DECLINE)
    share = decision.case.share
    assert share is not None
    with unit_of_work():
        appeal(share, person=share.person, text=text, now=clock.now())
    return a_case(share)
