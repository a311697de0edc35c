"""What a movement is called on a statement, and what its owner should know about it."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.kernel.formatting import day, points
from portal.points.explaining import Explained, reason_sentence
from portal.points.models import Kind
from portal.points.queries import Line, Waiting
from portal.points.rules import Expiry, ExpiryKind


def heading(line: Line, words: Explained | None) -> str:
    """One line about `line`: what happened, to what."""
    if words is None or not words.name:
        return _heading_without_name(line)
    match line.kind:
        case Kind.AWARD:
            return words.earned or _("Verified: %(name)s", name=words.name)
        case Kind.SETTLE:
            return _("Hold is over: %(name)s", name=words.name)
        case Kind.REVOKE:
            return words.taken_back or _("Taken back: %(name)s", name=words.name)
        case Kind.RESERVE | Kind.REDEEM:
            return _("Redeemed: %(name)s", name=words.name)
        case Kind.REFUND:
            return _("Given back: %(name)s", name=words.name)
        case _:
            return f"{_heading_without_name(line)}: {words.name}"


def _heading_without_name(line: Line) -> str:
    return {
        Kind.AWARD: _("Earned"),
        Kind.SETTLE: _("Hold is over"),
        Kind.REVOKE: _("Taken back"),
        Kind.RESERVE: _("Redeemed"),
        Kind.REDEEM: _("Redeemed"),
        Kind.REFUND: _("Given back"),
        Kind.EXPIRE: _("Expired"),
        Kind.ADJUST: _("Correction"),
        Kind.BUDGET: _("Budget"),
    }[line.kind]


def details(line: Line, words: Explained | None = None) -> list[str]:
    """The sentences under the heading: why, what waits, what was repaid or is owed."""
    sentences = [_because(line, words) if words else "", str(reason_sentence(line.reason))]
    if line.kind == Kind.AWARD and line.waiting > 0:
        sentences.append(_still_waiting(line))
    if line.kind == Kind.REVOKE and line.waiting < 0:
        sentences.append(_("%(points)s that waited are gone too.", points=points(-line.waiting)))
    if line.repaid > 0:
        sentences.append(_("%(points)s repaid what you owed.", points=points(line.repaid)))
    if line.repaid < 0:
        sentences.append(
            _("%(points)s were spent already: the next points you earn repay them.", points=points(-line.repaid))
        )
    return [sentence for sentence in sentences if sentence]


def _because(line: Line, words: Explained) -> str:
    is_undone = line.kind in (Kind.REVOKE, Kind.REFUND)
    return (words.when_undone if is_undone else "") or words.because


MONTH_NAMES = {
    1: _l("January"), 2: _l("February"), 3: _l("March"), 4: _l("April"), 5: _l("May"), 6: _l("June"), 7: _l("July"),
    8: _l("August"), 9: _l("September"), 10: _l("October"), 11: _l("November"), 12: _l("December"),
}  # fmt: skip


def kinds() -> dict[str, str]:
    """What the statement can be filtered by."""
    return {
        "earned": _("Earned"), "spent": _("Redeemed"), "given_back": _("Given back"), "taken_back": _("Taken back"),
        "expired": _("Expired"), "put_right": _("Correction"),
    }  # fmt: skip


def expiry_in_words(expiry: Expiry) -> str:
    """The rule in one sentence."""
    match expiry.kind:
        case ExpiryKind.NONE:
            return _("Points never expire.")
        case ExpiryKind.ROLLING:
            return ngettext(
                "Points last %(num)s month after they were earned.",
                "Points last %(num)s months after they were earned.",
                expiry.months,
            )
        case _:
            return ngettext(
                "Points expire at the end of %(day)s %(month)s, those that are younger than %(num)s month a year "
                "later.",
                "Points expire at the end of %(day)s %(month)s, those that are younger than %(num)s months a year "
                "later.",
                expiry.months, day=expiry.fixed_day, month=MONTH_NAMES[expiry.fixed_month],
            )  # fmt: skip


def waiting_detail(held: Sequence[Waiting]) -> str:
    """When the points that wait are looked at next; nothing where nobody knows."""
    days = [each.until for each in held if each.until is not None]
    if not days:
        return ""
    next_day = day(min(days), "short")
    return _("until %(day)s", day=next_day) if len(set(days)) == 1 else _("the next until %(day)s", day=next_day)


def _still_waiting(line: Line) -> str:
    amount = points(line.waiting)
    if line.held_until is None:
        return _("%(points)s were held back until a later look.", points=amount)
    until = day(line.held_until, "weekday")
    if line.points == 0:
        return _("%(points)s wait until %(day)s.", points=amount, day=until)
    return _("%(points)s more wait until %(day)s.", points=amount, day=until)
