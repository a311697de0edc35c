"""Policies, verdicts and samples in staff's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from portal.kernel.formatting import number
from portal.shares import wording
from portal.shares.asked_words import STAFF_LABELS
from portal.shares.checks.running import all_checks
from portal.shares.models import CheckResult, Outcome
from portal.shares.policies import ShareVerdict, rules_from
from portal.shares.policy_form import IF_FAILED, IF_UNKNOWN
from portal.shares.policy_preview import Preview
from portal.shares.trust import DRAWS, Because, Found
from portal.shares.verdict import Answer

ANSWERS: Mapping[Answer, LazyString] = {
    Answer.VERIFY: _l("verified"),
    Answer.ASK_FIX: _l("needs a fix"),
    Answer.ASK_PERSON: _l("a person looks"),
    Answer.DECLINE: _l("declined"),
}
TONES = {Answer.VERIFY: "ok", Answer.ASK_FIX: "warn", Answer.ASK_PERSON: "wait", Answer.DECLINE: "bad"}

WORD_REFUSED: Mapping[str, LazyString] = {
    "watched_already": _l("This is on the list already."),
    "says_nothing": _l("There is no letter in it. Type a word or phrase."),
    "too_long": _l("Its signs are read as more than 240 letters. Type a shorter phrase."),
}

_GROUPS: Sequence[tuple[LazyString, tuple[str, ...]]] = (
    (_l("The post and whose it is"), ("recognised", "reachable", "accepted_form", "in_conversation", "author",
        "handle_age", "followers")),
    (_l("When"), ("posted_after_claim", "fresh_content", "not_posted_again")),
    (
        _l("What is in it"),
        ("disclosed", "link_or_tag", "mentions", "words", "language", "media", "original_work", "no_forbidden_claims",
         "brand_safe"),
    ),
    (_l("What it resembles"), ("not_used_before", "text_not_repeated", "pictures_not_repeated")),
)  # fmt: skip


def groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """The checks as the form shows them: heading, then code and label of each. One that nobody grouped comes last."""
    known = {check.code for check in all_checks()}
    grouped = {code for _heading, codes in _GROUPS for code in codes}
    shown = [(str(heading), [(c, staff_label(c)) for c in codes if c in known]) for heading, codes in _GROUPS]
    rest = [(check.code, staff_label(check.code)) for check in all_checks() if check.code not in grouped]
    return [*shown, (_("Also"), rest)] if rest else shown


def staff_label(check: str) -> str:
    return str(STAFF_LABELS.get(check) or wording.check_label(check))


def counts(shown: Preview) -> list[tuple[str, str]]:
    """How many of the past shares would end how: tone, and the number with its words."""
    return [(TONES[answer], _counted(answer, shown.counts[answer])) for answer in ANSWERS if shown.counts.get(answer)]


def _counted(answer: Answer, count: int) -> str:
    shown = {"count": number(count)}
    return {
        Answer.VERIFY: ngettext("%(count)s verified", "%(count)s verified", count, **shown),
        Answer.ASK_FIX: ngettext("%(count)s needs a fix", "%(count)s need a fix", count, **shown),
        Answer.ASK_PERSON: ngettext("a person looks at %(count)s", "a person looks at %(count)s", count, **shown),
        Answer.DECLINE: ngettext("%(count)s declined", "%(count)s declined", count, **shown),
    }[answer]


def rule_lines(results: Sequence[CheckResult], rules: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Each check with what it found and what its rule made of that."""
    by_check = rules_from(rules)
    lines = []
    for result in results:
        rule, follows = by_check.get(result.check), ""
        if rule is not None and result.outcome == Outcome.FAILED:
            follows = _("Rule: if it did not pass, %(follows)s.", follows=IF_FAILED[rule.failed])
        elif rule is not None and result.outcome == Outcome.UNKNOWN:
            follows = _("Rule: if it can’t tell, %(follows)s.", follows=IF_UNKNOWN[rule.unknown])
        sentence = wording.check_sentence(result.check, result.reason_code, result.details)
        lines.append(
            {"label": staff_label(result.check), "outcome": result.outcome, "sentence": f"{sentence} {follows}".strip(),
             "seen": wording.seen_by(result.check, result.details)}
        )  # fmt: skip
    return lines


def verdict_sentence(kept: ShareVerdict) -> str:
    """What the checks decided, and by which version."""
    answer = ANSWERS[Answer(kept.answer)]
    if kept.policy is None:
        return _("The checks’ verdict: %(answer)s, by the rules that the portal comes with.", answer=answer)
    of = kept.policy.mission.title if kept.policy.mission else _("all missions")
    return _(
        "The checks’ verdict: %(answer)s, by version %(number)s of the policy of %(of)s.", answer=answer,
        number=number(kept.policy.version), of=of,
    )  # fmt: skip


def because_sentence(kept: ShareVerdict) -> str:
    """Why a person looked although every check was content; empty where none did."""
    verified = number(kept.verified_before)
    if kept.because == Because.SAMPLED:
        return _(
            "Sampled: with %(verified)s verified shares and a good record, number %(draw)s of %(draws)s was drawn, and "
            "those below %(limit)s are looked at.", verified=verified, draw=number(kept.draw or 0),
            draws=number(DRAWS), limit=number(kept.sample_percent * DRAWS // 100),
        )  # fmt: skip
    if kept.because == Because.NEWCOMER:
        return _("A newcomer’s share: %(verified)s were verified before.", verified=verified)
    if kept.because == Because.NO_RECORD:
        return _("Somebody without a good record: %(verified)s were verified before.", verified=verified)
    if kept.draw is not None and kept.sample_percent:
        return _(
            "Not sampled: number %(draw)s of %(draws)s was drawn, and those below %(limit)s are looked at.",
            draw=number(kept.draw), draws=number(DRAWS), limit=number(kept.sample_percent * DRAWS // 100),
        )  # fmt: skip
    return ""


def found_sentence(found: Found) -> str:
    """The error that sampling found, with how sure it is."""
    if not found.sampled:
        return _("Nobody was sampled in the last 90 days.")
    if not found.decided:
        return ngettext(
            "%(count)s was sampled in the last 90 days and waits for an answer.",
            "%(count)s were sampled in the last 90 days and wait for an answer.",
            found.sampled, count=number(found.sampled),
        )  # fmt: skip
    low, high = found.range_percent
    return _(
        "%(overturned)s of %(decided)s sampled in the last 90 days were not verified by the person who looked: between "
        "%(low)s%% and %(high)s%% of what the checks alone verify, with 95%% confidence.",
        overturned=number(found.overturned), decided=number(found.decided), low=number(round(low)),
        high=number(round(high)),
    )  # fmt: skip


def word_refusal(reason_code: str) -> str:
    return str(WORD_REFUSED[reason_code])
