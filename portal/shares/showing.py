"""A share as its page shows it: checks, what was seen, the timeline, the points. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.formatting import day, moment, number, points
from portal.points.models import Award
from portal.shares import queries, wording
from portal.shares.appealing import may_appeal
from portal.shares.asked import asked_of
from portal.shares.bonus_page import BonusShown, bonus_of, conversions_told
from portal.shares.checks.running import all_checks, checks_asked
from portal.shares.looks import Looks, looks_of
from portal.shares.models import Evidence, Outcome, Share, ShareChange, ShareForm, ShareState
from portal.shares.policies import rules_from, verdict_of
from portal.shares.ports import review_desk
from portal.shares.recheck_rows import is_looked_at_now
from portal.shares.transitions import BACK, MISSING, UNDONE
from portal.shares.verdict import BUILT_IN, UNREAD, IfFailed, Policy

S = ShareState
RUNNING = (S.RECEIVED, S.CHECKING)
BEFORE_VERIFIED = (S.RECEIVED, S.CHECKING, S.NEEDS_FIX, S.NEEDS_REVIEW)


@dataclass(frozen=True)
class CheckLine:
    label: str
    outcome: str
    sentence: str
    seen: str
    unread: bool = False
    """It had nothing to read."""
    to_mend: bool = False
    """It did not pass, and a correction of the post would mend that."""


@dataclass(frozen=True)
class Shown:
    """Everything that the page of a share needs."""

    share: Share
    checks: list[CheckLine]
    done: int
    evidence: Evidence | None
    looks: Looks
    timeline: list[dict[str, Any]]
    award: Award | None
    bonus: BonusShown | None
    conversions: str
    """What came of its link, where no bonus says it; empty: nothing."""
    running: bool
    weighed: bool
    """Does a person look at a share that counts already, or at an appeal for one that was taken back?"""
    looking: bool
    """Did the fan ask for a look at a verified post, and it is being taken?"""
    can_check_again: bool
    can_withdraw: bool
    can_appeal: bool
    taken_back_by_person: bool
    corrected: str
    """The text with the disclosure put right, where the post lacks one."""

    @property
    def looks_again(self) -> bool:
        """Has every check answered, some of them that they could not tell, so that another look is due?"""
        return self.running and bool(self.checks) and self.done == len(self.checks)

    @property
    def to_mend(self) -> list[str]:
        """What the checks ask to be changed, while it can be."""
        return [line.sentence for line in self.checks if line.to_mend]

    @property
    def post(self) -> dict[str, Any] | None:
        """What was read, while its body is kept and there is a text in it."""
        body = self.evidence.seen if self.evidence else None
        return body if body and "text" in body else None


def shown(share: Share) -> Shown:
    """Gather it; eight short queries, whatever the share's age."""
    checks = check_lines(share)
    award = db.session.get(Award, share.award_id) if share.award_id else None
    return Shown(
        share=share, checks=checks, done=sum(line.outcome not in ("running", "waiting") for line in checks),
        evidence=queries.latest_evidence(share), looks=looks_of(share), timeline=_timeline(share, award), award=award,
        bonus=bonus_of(share), conversions=conversions_told(share), running=share.state in RUNNING,
        weighed=share.state in (S.VERIFIED, S.REVOKED) and review_desk().has_open_case(share),
        looking=_is_looked_at(share), can_check_again=_can_check_again(share),
        can_withdraw=share.state in BEFORE_VERIFIED, can_appeal=may_appeal(share),
        taken_back_by_person=queries.taken_back_by_person(share),
        corrected=_corrected(share),
    )  # fmt: skip


def _corrected(share: Share) -> str:
    if share.state != S.NEEDS_FIX:
        return ""
    found = (result.details for result in queries.latest_checks(share) if result.check == "disclosed")
    return next((str(details.get("corrected", "")) for details in found), "")


def _is_looked_at(share: Share) -> bool:
    """A look that nobody waits for says nothing on the page."""
    asked_for = share.missing_since is not None or share.state == S.REVOKED
    return asked_for and is_looked_at_now(share, now=clock.now())


def _can_check_again(share: Share) -> bool:
    """A look helps where the post was mended or is back; against a person's decision there is the appeal."""
    if share.form != ShareForm.POST:
        return False
    if share.missing_since is not None or share.state == S.NEEDS_FIX:
        return True
    return share.state == S.REVOKED and not queries.taken_back_by_person(share)


def check_lines(share: Share) -> list[CheckLine]:
    """One line per check: its result, or that it is at work, or that it waits for the one before."""
    results = {result.check: result for result in queries.latest_checks(share)}
    lines: list[CheckLine] = []
    kept = verdict_of(share)
    rules = Policy(rules=rules_from(kept.rules)) if kept else BUILT_IN
    at_work = share.state in RUNNING and share.form == ShareForm.POST
    asked = {check.code for check in checks_asked(asked_of(share))} if at_work else set()
    was_read = any(check.needs_reading for check in all_checks() if check.code in results)
    of_posts = [check.code for check in all_checks()]
    for code in [*of_posts, *(code for code in results if code not in of_posts)]:
        result = results.get(code)
        label = wording.check_label(code)
        if result is not None:
            sentence = wording.check_sentence(code, result.reason_code, result.details)
            mends = result.outcome == Outcome.FAILED and rules.rule_of(code).failed is IfFailed.FIX
            seen, unread = wording.seen_by(code, result.details), result.reason_code == UNREAD
            lines.append(CheckLine(label, result.outcome, sentence, seen, unread, mends))
        elif at_work and not was_read and code in asked:
            running = not any(line.outcome == "running" for line in lines)
            lines.append(CheckLine(label, "running" if running else "waiting", "", ""))
    return lines


def _timeline(share: Share, award: Award | None) -> list[dict[str, Any]]:
    changes = list(queries.changes_of(share))
    names = _names_of({change.actor_id for change in changes if change.actor_id})
    entries = [*_planned(share, award), *_missing(share, changes)]
    for change in changes:
        if share.form == ShareForm.POST or change.to_state != S.CHECKING:
            entries.append(_entry(share, change, names))
        if change.moved and change.to_state == S.VERIFIED and award is not None and award.points_now:
            given = _("%(points)s given", points=points(award.points_now))
            mission = _("Mission “%(title)s”.", title=share.mission.title)
            entries.append(_line("points", "coins", change.at, given, mission))
    return [*entries, _line("", "ticket", share.claim.claimed_at, _("You claimed a place"))]


def _missing(share: Share, changes: Sequence[ShareChange]) -> list[dict[str, Any]]:
    """That a verified post is missing, where that was found before histories kept it."""
    noted = any(change.at == share.missing_since for change in changes if change.is_noted_by_a_look)
    if share.missing_since is None or noted:
        return []
    return [_found_missing(share, share.missing_since, share.missing_code)]


def _found_missing(share: Share, at: datetime, code: str | None) -> dict[str, Any]:
    """What a look found, and until when the post can come back, or that it could."""
    told = _("You got a message and time to bring it back.")
    if share.grace_until is not None and share.missing_since == at:
        told = _("Its points stay if it is back by %(moment)s.", moment=moment(share.grace_until))
    text = f"{wording.missing_sentence(code)} {told}"
    return _line("warn", "triangle-alert", at, _("A look found it not as it was"), text)


def _planned(share: Share, award: Award | None) -> list[dict[str, Any]]:
    if share.state == S.VERIFIED and share.settles_at is not None and award is not None:
        held = award.points_held
        if share.form != ShareForm.POST:
            return _end_of_hold(share.settles_at, held) if held else []
        text = (
            _("If the post is still public, %(points)s more.", points=points(held)) if held
            else _("We look whether the post is still public.")
        )  # fmt: skip
        when = _("%(day)s, planned", day=day(share.settles_at, "weekday"))
        return [_line("wait", "calendar-clock", when, _("Second look"), text) | {"planned": True}]
    return []


def _end_of_hold(at: datetime, held: int) -> list[dict[str, Any]]:
    when = _("%(day)s, planned", day=day(at, "weekday"))
    title = _("%(points)s more", points=points(held))
    return [_line("wait", "calendar-clock", when, title, _("The hold is over then.")) | {"planned": True}]


def _line(tone: str, icon: str, at: datetime | str, title: str, text: str = "") -> dict[str, Any]:
    """One entry, as the timeline macro takes it."""
    return {"tone": tone, "icon": icon, "at": at, "title": title, "text": text}


_TITLES = {
    S.RECEIVED: ("", "link"),
    S.CHECKING: ("", "list-checks"),
    S.VERIFIED: ("ok", "check"),
    S.NEEDS_FIX: ("warn", "pencil-line"),
    S.NEEDS_REVIEW: ("wait", "search-check"),
    S.REJECTED: ("bad", "x"),
    S.SETTLED: ("ok", "shield-check"),
    S.REVOKED: ("bad", "undo-2"),
    S.WITHDRAWN: ("", "undo-2"),
}


def _entry(share: Share, change: ShareChange, names: dict[str, str]) -> dict[str, Any]:
    if change.is_noted_by_a_look:
        return _noted(share, change)
    tone, icon = _TITLES[S(change.to_state)]
    quoted = f"“{change.message}”" if change.message else ""
    reason = wording.reason_sentence(change.reason_code)
    if change.to_state == S.REVOKED and share.form == ShareForm.POST and change.actor_id is None:
        reason = wording.missing_sentence(change.reason_code)
    text = " ".join(part for part in (reason, quoted) if part)
    if change.to_state == S.RECEIVED:
        text = share.typed_url
    return _line(tone, icon, change.at, _title(share, change, names), text)


def _noted(share: Share, change: ShareChange) -> dict[str, Any]:
    code = change.reason_code or ""
    if code == BACK:
        return _line("ok", "eye", change.at, _("A look found it back as it was"), _("Nothing was taken."))
    return _found_missing(share, change.at, code.removeprefix(MISSING))


_RECEIVED = {
    ShareForm.COMMENT: _l("You told us of your comment"),
    ShareForm.FILES: _l("You handed in pictures"),
    ShareForm.REPORT: _l("You handed in a report"),
    ShareForm.ANSWERS: _l("You answered the questions"),
    ShareForm.NEWCOMER: _l("Somebody you invited had their first share verified"),
}
_OTHER_TITLES = {
    S.RECEIVED: "",
    S.VERIFIED: _l("It counts"),
    S.SETTLED: _l("The hold is over"),
    S.REVOKED: _l("Its points were taken back"),
}


def _title(share: Share, change: ShareChange, names: dict[str, str]) -> str:
    to, by_staff = S(change.to_state), change.actor_id not in (None, share.person_id)
    if change.reason_code == "appealed":
        return _("You appealed")
    if by_staff:
        who = names.get(str(change.actor_id), _("A moderator"))
        if change.reason_code == UNDONE:
            return _("%(who)s took the decision back", who=who)
        if change.from_state == change.to_state:
            return _("%(who)s looked and left it as it is", who=who)
        return {
            S.VERIFIED: _("%(who)s verified it", who=who),
            S.NEEDS_FIX: _("%(who)s asks for a change", who=who),
            S.REJECTED: _("%(who)s declined it", who=who),
            S.REVOKED: _("%(who)s took its points back", who=who),
        }.get(to, _("%(who)s took the decision back", who=who))
    if share.form != ShareForm.POST and to in _OTHER_TITLES:
        return str(_RECEIVED[ShareForm(share.form)] if to is S.RECEIVED else _OTHER_TITLES[to])
    return {
        S.RECEIVED: _("You submitted the address"),
        S.CHECKING: _("The checks began") if change.from_state == S.RECEIVED else _("You asked for another look"),
        S.VERIFIED: _("The checks verified it"),
        S.NEEDS_FIX: _("The checks ask for a change"),
        S.NEEDS_REVIEW: _("A person will look"),
        S.REJECTED: _("Declined"),
        S.SETTLED: _("Second look: all is well"),
        S.REVOKED: _("Its points were taken back"),
        S.WITHDRAWN: _("You took it back"),
    }[to]


def _names_of(ids: set[str]) -> dict[str, str]:
    """First names of those who decided: fans see a person, not a surname."""
    if not ids:
        return {}
    rows = db.session.execute(select(Person.id, Person.display_name).where(Person.id.in_(ids)))
    return {person_id: name.split()[0] for person_id, name in rows if name.split()}


def verdict_line(lines: list[CheckLine]) -> str:
    """How many of the checks passed, failed and could not tell."""
    counts = {outcome: sum(line.outcome == outcome for line in lines) for outcome in Outcome}
    passed, failed, unknown = (counts[each] for each in (Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN))
    parts = [ngettext("%(count)s check passed", "%(count)s checks passed", passed, count=number(passed))]
    if failed:
        parts.append(ngettext("%(count)s did not", "%(count)s did not", failed, count=number(failed)))
    if unknown:
        parts.append(ngettext("%(count)s could not tell", "%(count)s could not tell", unknown, count=number(unknown)))
    return ", ".join(parts)


def decides_late(share: Share, now: datetime) -> bool:
    """Is the promised moment of a decision over?"""
    return share.decide_by is not None and share.decide_by < now
