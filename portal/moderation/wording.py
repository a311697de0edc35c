"""The queue in staff's words: why a person is needed, what the checks ask, what happened before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.kernel.formatting import number, points
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext, once_a_language
from portal.missions.wording import network_name
from portal.moderation.models import CaseKind, Verdict
from portal.moderation.reasons import sentences
from portal.moderation.standing import COUNTED_MAX
from portal.shares.asked_words import STAFF_LABELS
from portal.shares.models import ShareState
from portal.shares.transitions import BACK
from portal.shares.wording import reason_sentence

S = ShareState

WHY: Mapping[str, LazyString] = {
    "could_not_tell": _l("The checks could not tell"),
    "appealed": _l("Appeal"),
    "checks_broke": _l("The checks stumbled"),
    "network_gone": _l("A network that we can’t read"),
    "flagged": _l("Something to look at"),
    "newcomer": _l("One of their first shares"),
    "no_record": _l("No good record yet"),
    "sampled": _l("Sample of trusted people"),
    "signals": _l("Unusual in several ways"),
    "pictures_to_look_at": _l("Pictures to look at"),
    "pictures_seen_before": _l("A picture like one from before"),
    "report_to_read": _l("A report to read"),
    "comment_to_look_up": _l("A comment to look up"),
    "second_account": _l("Perhaps a second account"),
    "order_problem": _l("Something is wrong with an order"),
}

SAID: Mapping[str, LazyString] = {
    "answered": _l("The answers arrived."),
    "newcomer_joined_in": _l("Somebody they invited got their first share verified."),
    "newcomer_share_gone": _l("Nothing that the invited person shared stands any more."),
}
"""Reasons that fans read about themselves, as staff read them."""

CHECKS: Mapping[str, LazyString] = {**STAFF_LABELS, "new_pictures": _l("New pictures")}

OUTCOMES: Mapping[str, LazyString] = {"unknown": _l("could not tell"), "failed": _l("not passed")}

VERDICTS: Mapping[Verdict, LazyString] = {
    Verdict.VERIFY: _l("Verified"),
    Verdict.DECLINE: _l("Declined"),
    Verdict.ASK_CHANGE: _l("Asked for a change"),
}

HAPPENED: Mapping[str, tuple[str, str, LazyString]] = {
    S.RECEIVED: ("", "link", _l("Handed in")),
    S.CHECKING: ("", "list-checks", _l("The checks began")),
    S.VERIFIED: ("ok", "check", _l("Verified")),
    S.NEEDS_FIX: ("warn", "pencil-line", _l("Asked for a change")),
    S.NEEDS_REVIEW: ("wait", "search-check", _l("Put before a person")),
    S.REJECTED: ("bad", "x", _l("Declined")),
    S.SETTLED: ("ok", "shield-check", _l("Settled")),
    S.REVOKED: ("bad", "undo-2", _l("Points taken back")),
    S.WITHDRAWN: ("", "undo-2", _l("Taken back by the fan")),
}
"""By state: tone, icon and title of its entry in the history."""


def why_words(why: str) -> str:
    return _whys().get(why) or _("A person is needed")


def whys() -> tuple[tuple[str, str], ...]:
    """All of them, to choose from."""
    return tuple(_whys().items())


@once_a_language
def _whys() -> Mapping[str, str]:
    return {why: str(words) for why, words in WHY.items()}


def check_words(check: str) -> str:
    return str(CHECKS.get(check, check))


def row_words(kind: str, why: str, platform: str | None, doubts: Sequence[tuple[str, str]]) -> str:
    """One line of the queue: the network, and what it is about."""
    if kind == CaseKind.APPEAL or why not in ("could_not_tell", "flagged") or not doubts:
        about = why_words("appealed" if kind == CaseKind.APPEAL else why)
    elif len(doubts) == 1:
        check, outcome = doubts[0]
        about = _("%(check)s: %(outcome)s", check=check_words(check), outcome=OUTCOMES[outcome])
    elif failed := next((check for check, outcome in doubts if outcome == "failed"), ""):
        first = _("%(check)s: %(outcome)s", check=check_words(failed), outcome=OUTCOMES["failed"])
        about = _("%(first)s, and %(count)s more", first=first, count=number(len(doubts) - 1))
    else:
        about = ngettext(
            "%(count)s check could not tell", "%(count)s checks could not tell", len(doubts), count=number(len(doubts))
        )
    return f"{network_name(platform)} · {about}" if platform else about


def counted(count: int) -> str:
    """A count as it is shown: it stops at a limit."""
    return f"{number(count)}+" if count >= COUNTED_MAX else number(count)


def done_words(verdict: str, name: str, *, points_now: int, was_paid: bool = False) -> str:
    """What the toast says; `was_paid`: the share counted already, and a person weighed it afterwards."""
    if was_paid:
        return (
            _("Left as it is: %(name)s", name=name) if verdict == Verdict.VERIFY
            else _("Points taken back: %(name)s", name=name)
        )  # fmt: skip
    if verdict == Verdict.VERIFY:
        return _("Verified: %(name)s, %(points)s", name=name, points=points(points_now))
    if verdict == Verdict.DECLINE:
        return _("Declined: %(name)s", name=name)
    return _("Asked for a change: %(name)s", name=name)


def _reason(code: str) -> str:
    """In staff's words; what a person answered stands as the fan reads it."""
    if code in WHY or code in SAID:
        return "" if code == "appealed" else str(WHY.get(code) or SAID[code])
    told = reason_sentence(code)
    return f"“{told}”" if told and code in sentences() else told


def _noted(change: Any) -> tuple[str, str, LazyString]:
    if change.reason_code == BACK:
        return "ok", "eye", _l("Back as it was, in time")
    return "warn", "triangle-alert", _l("Not as it was: the fan was told and got time")


def happened(change: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """An entry of the history, from a change of the share's state."""
    tone, icon, title = _noted(change) if change.is_noted_by_a_look else HAPPENED[change.to_state]
    if change.reason_code == "appealed":
        title = _l("Appealed")
    who = names.get(change.actor_id or "")
    text = f"“{change.message}”" if change.message else _reason(change.reason_code or "")
    return {"tone": tone, "icon": icon, "at": change.at, "title": f"{title} · {who}" if who else title, "text": text}
