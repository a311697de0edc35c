"""What the checks' findings mean for the share: one pure policy, in one place.

Unknown is never failed and never paid: it is asked again, then a person looks. A failed check asks for a correction
first; only what no correction can mend is declined at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from portal.shares.checks.finding import Finding
from portal.shares.models import Outcome

NO_CORRECTION_MENDS = frozenset({("not_used_before", "used_by_you"), ("not_used_before", "used_by_another")})
"""(check, reason) that decline a share: another address has to be handed in."""


class Answer(StrEnum):
    VERIFY = "verify"
    ASK_FIX = "ask_fix"
    ASK_PERSON = "ask_person"
    DECLINE = "decline"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True)
class Verdict:
    answer: Answer
    reason_code: str
    """The check that decided, or why a person is asked."""


@dataclass(frozen=True)
class Patience:
    """How often and how soon an unknown is asked again, and when a second look at what is gone counts."""

    pauses: tuple[timedelta, ...]
    second_look_after: timedelta

    def pause_after(self, tries: int) -> timedelta:
        """How long to wait after that many tries."""
        return self.pauses[min(tries, len(self.pauses)) - 1]

    @property
    def tries_max(self) -> int:
        return len(self.pauses) + 1


PATIENCE = Patience(tuple(timedelta(seconds=s) for s in (30, 120, 300)), timedelta(minutes=2))
SANDBOX_PATIENCE = Patience(tuple(timedelta(seconds=s) for s in (3, 8, 15)), timedelta(seconds=8))
"""People who try the portal out should not have to wait ten minutes to see what happens."""


def decide(findings: Mapping[str, Finding], *, tries: int, patience: Patience) -> Verdict:
    """The verdict over all findings of one look. `tries`: how many were taken in this round, this one included."""
    failed = {code: finding for code, finding in findings.items() if finding.outcome == Outcome.FAILED}
    unknown = [code for code, finding in findings.items() if finding.outcome == Outcome.UNKNOWN]
    for code, finding in failed.items():
        if (code, finding.reason_code) in NO_CORRECTION_MENDS:
            return Verdict(Answer.DECLINE, f"{code}.{finding.reason_code}")
    if failed:
        code = next(iter(failed))
        return Verdict(Answer.ASK_FIX, f"{code}.{failed[code].reason_code}")
    if not unknown and findings:
        return Verdict(Answer.VERIFY, "all_passed")
    if _asking_again_helps(findings, unknown) and tries < patience.tries_max:
        return Verdict(Answer.TRY_AGAIN, "could_not_tell")
    return Verdict(Answer.ASK_PERSON, "could_not_tell")


SAME_NEXT_TIME = frozenset({"only_pictures", "no_rules_for_place", "time_not_told", "time_in_future"})
"""Reasons of unknown that another look a minute later would only repeat."""
NO_WAY = "no_way"
"""Why `reachable` is unknown where no program may read the post: then no check will know more next time."""


def _asking_again_helps(findings: Mapping[str, Finding], unknown: list[str]) -> bool:
    if "reachable" in unknown and findings["reachable"].reason_code == NO_WAY:
        return False
    return any(findings[code].reason_code not in SAME_NEXT_TIME for code in unknown)
