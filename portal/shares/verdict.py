"""What the checks' findings mean for the share: one pure policy, in one place.

Each check has a rule: what follows when it did not pass, and when it could not tell. Staff set the rules for a mission
or for all; `ALLOWED` says how far. Unknown is never failed and never paid: it is asked again, then a person looks,
unless a rule only notes it. A failed check asks for a correction first; only what no correction can mend is declined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from portal.shares.checks.finding import Finding
from portal.shares.models import Outcome


class IfFailed(StrEnum):
    """What follows when a check did not pass."""

    DECLINE = "decline"
    FIX = "fix"
    PERSON = "person"
    NOTE = "note"


class IfUnknown(StrEnum):
    """What follows when a check could not tell, at last."""

    PERSON = "person"
    NOTE = "note"


@dataclass(frozen=True)
class Rule:
    """What one check decides."""

    failed: IfFailed = IfFailed.FIX
    unknown: IfUnknown = IfUnknown.PERSON


@dataclass(frozen=True)
class Sampling:
    """Whose shares a person looks at although every check is content. See `trust`."""

    first_reviewed: int = 0
    """So many shares of a newcomer are always looked at."""
    trusted_after: int = 3
    """So many verified shares make a good record."""
    review_others: bool = False
    """Everybody without a good record is looked at."""
    sample_percent: int = 0
    """How many of the shares of people with a good record are looked at."""


@dataclass(frozen=True)
class Policy:
    """Rules by check, in one version. `id` None: what the portal comes with."""

    id: str | None = None
    version: int = 0
    rules: Mapping[str, Rule] = field(default_factory=dict)
    sampling: Sampling = Sampling()

    def rule_of(self, check: str) -> Rule:
        """A check that came after this version has the rule that the portal comes with."""
        return self.rules.get(check) or DEFAULTS.get(check) or Rule()


_F, _U = IfFailed, IfUnknown
_FLAG = Rule(_F.PERSON, _U.NOTE)

DEFAULTS: Mapping[str, Rule] = {
    "accepted_form": Rule(_F.FIX, _U.NOTE),
    "handle_age": Rule(_F.PERSON),
    "followers": Rule(_F.PERSON),
    "fresh_content": _FLAG,
    "language": Rule(_F.PERSON),
    "not_used_before": Rule(_F.DECLINE),
    "text_not_repeated": _FLAG,
    "pictures_not_repeated": _FLAG,
    "not_posted_again": _FLAG,
    "brand_safe": Rule(_F.PERSON),
}
"""All others ask for a correction when they did not pass, and for a person when they could not tell."""

_MUST = (frozenset({_F.FIX, _F.PERSON}), frozenset({_U.PERSON}))
_ONLY_FLAG = (frozenset({_F.PERSON, _F.NOTE}), frozenset(_U))
_ANY = (frozenset(_F), frozenset(_U))

ALLOWED: Mapping[str, tuple[frozenset[IfFailed], frozenset[IfUnknown]]] = {
    "recognised": _MUST,
    "reachable": _MUST,
    "author": _MUST,
    "disclosed": _MUST,
    "not_used_before": (frozenset({_F.DECLINE}), frozenset({_U.PERSON})),
    "fresh_content": _ONLY_FLAG,
    "text_not_repeated": _ONLY_FLAG,
    "pictures_not_repeated": _ONLY_FLAG,
    "not_posted_again": _ONLY_FLAG,
}
"""What staff may choose: no post is paid that is nobody's, unseen or undisclosed; likeness never decides by itself."""

ALWAYS_A_PERSON = frozenset(
    {
        ("accepted_form", "about_not_told"), ("brand_safe", "doubtful_word"),
        ("not_used_before", "short_link_not_followed"),
    }
)  # fmt: skip
"""(check, reason) that a rule can't make harmless, nor a refusal: only somebody who looks can tell."""

UNREAD = "post_unreadable"
"""Reason of every check that had nothing to read: `reachable` says why, once."""


def allowed(check: str) -> tuple[frozenset[IfFailed], frozenset[IfUnknown]]:
    """What may follow, when `check` did not pass and when it could not tell."""
    return ALLOWED.get(check, _ANY)


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

BUILT_IN = Policy()
"""In force until staff save one of their own."""


def decide(findings: Mapping[str, Finding], *, tries: int, patience: Patience, policy: Policy = BUILT_IN) -> Verdict:
    """The verdict over all findings of one look. `tries`: how many were taken in this round, this one included."""
    failed = {code: if_failed(policy, code, each) for code, each in findings.items() if each.outcome == Outcome.FAILED}
    unknown = [
        code for code, each in findings.items()
        if each.outcome == Outcome.UNKNOWN and _asks_person(policy, code, each)
    ]  # fmt: skip
    for follows, answer in ((IfFailed.DECLINE, Answer.DECLINE), (IfFailed.FIX, Answer.ASK_FIX)):
        decisive = next((code for code in failed if failed[code] is follows), None)
        if decisive is not None:
            return Verdict(answer, f"{decisive}.{findings[decisive].reason_code}")
    flagged = IfFailed.PERSON in failed.values()
    if findings and not unknown and not flagged:
        return Verdict(Answer.VERIFY, "all_passed")
    if _asking_again_helps(findings, unknown) and tries < patience.tries_max:
        return Verdict(Answer.TRY_AGAIN, "could_not_tell")
    return Verdict(Answer.ASK_PERSON, "flagged" if flagged else "could_not_tell")


def if_failed(policy: Policy, check: str, finding: Finding) -> IfFailed:
    """What follows from a finding that did not pass."""
    if (check, finding.reason_code) in ALWAYS_A_PERSON:
        return IfFailed.PERSON
    return policy.rule_of(check).failed


def _asks_person(policy: Policy, check: str, finding: Finding) -> bool:
    if (check, finding.reason_code) in ALWAYS_A_PERSON:
        return True
    return policy.rule_of(check).unknown is IfUnknown.PERSON


SAME_NEXT_TIME = frozenset(
    {
        "only_pictures", "no_rules_for_place", "time_not_told", "time_in_future", "relation_not_told", "about_not_told",
        "age_not_told", "followers_not_told", "too_little_text", "media_not_told",
    }
)  # fmt: skip
"""Reasons of unknown that another look a minute later would only repeat."""
NOT_TOLD = frozenset({"text_not_told", "author_not_told", "id_not_told"})
"""The same, of what the network keeps to itself for as long as we read it by this means."""
NO_WAY = "no_way"
"""Why `reachable` is unknown where no program may read the post: then no check will know more next time."""


def _asking_again_helps(findings: Mapping[str, Finding], unknown: list[str]) -> bool:
    if "reachable" in unknown and findings["reachable"].reason_code == NO_WAY:
        return False
    return any(findings[code].reason_code not in SAME_NEXT_TIME | NOT_TOLD for code in unknown)
