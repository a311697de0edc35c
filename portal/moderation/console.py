"""What every page of the console has around its case: the list, the figures, the way back; and whose case it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import abort, url_for
from flask_babel import get_timezone, pgettext
from flask_login import current_user
from wtforms.fields import SelectChoice

from portal.kernel.formatting import iso, until
from portal.moderation import case_queries, rules, wording
from portal.moderation.forms import HandOverForm
from portal.moderation.kinds import kinds_of
from portal.moderation.models import Case, CaseKind
from portal.moderation.queries import Filter, Window
from portal.moderation.standing import standing
from portal.shares.guide import networks
from portal.shares.transitions import UNDO_WINDOW


def load_case(case_id: str) -> Case:
    """A case that the reader may decide by its kind; 404 for any other."""
    case = case_queries.case_by_id(case_id)
    if case is None or case.kind not in kinds_of(current_user):
        abort(404)
    return case


def load_share_case(case_id: str) -> Case:
    """One that is about a share."""
    case = load_case(case_id)
    return case if case.share is not None else abort(404)


def address(wanted: Filter, case_id: str | None) -> str:
    """Of a case, or of the queue when none is left, with the filter kept."""
    return url_for(".show", case_id=case_id, **wanted.args) if case_id else url_for(".queue", **wanted.args)


def form_to_hand_over(case: Case, **kwargs: Any) -> HandOverForm:
    form = HandOverForm(**kwargs)
    form.to.choices = [SelectChoice(row.id, row.display_name) for row in case_queries.colleagues(case, current_user)]
    return form


def around(wanted: Filter, window: Window, now: datetime, current: Case | None = None) -> dict[str, Any]:
    """What stands around the case on every page of the console."""
    midnight = now.astimezone(get_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "wanted": wanted,
        "window": window,
        "rows": _rows(wanted, window, now, current),
        "standing": standing(current_user, today_began=midnight.astimezone(UTC), now=now),
        "counted": wording.counted,
        "undoable": case_queries.undoable(current_user, window=UNDO_WINDOW, now=now),
        "whys": wording.whys(),
        "kinds": kinds_of(current_user),
        "networks": tuple(networks().names().items()),
    }


class Row(NamedTuple):
    """A line of the queue in words, as the template's macro takes it."""

    url: str
    name: str
    left_until: str
    left: str
    is_put_off: bool
    is_soon: bool
    why: str
    is_current: bool
    taker: str
    receiver: str
    is_theirs: bool


def _rows(wanted: Filter, window: Window, now: datetime, current: Case | None) -> list[Row]:
    doubts = case_queries.doubts([row.share_id for row in window.rows if row.share_id and row.kind == CaseKind.SHARE])
    current_id = current.id if current else None
    return [
        _row(row, wanted, now, doubts.get(row.share_id, []), is_current=row.id == current_id) for row in window.rows
    ]


def _row(case: Any, wanted: Filter, now: datetime, doubts: list[tuple[str, str]], *, is_current: bool) -> Row:
    me = current_user.id
    is_put_off = case.later_until is not None and case.later_until > now
    left_until = case.later_until if is_put_off else case.due_at
    is_taken = case.taken_until is not None and case.taken_until > now and case.taken_by_id != me
    return Row(
        url=url_for(".show", case_id=case.id, **wanted.args),
        name=case.name,
        left_until=iso(left_until),
        left=until(left_until),
        is_put_off=is_put_off,
        is_soon=case.due_at - now < rules.SOON,
        why=wording.row_words(case.kind, case.why, case.platform, doubts),
        is_current=is_current,
        taker=case.taker if is_taken else "",
        receiver=(case.receiver or "") if case.handed_to_id != me else pgettext("handed to", "you"),
        is_theirs=rules.why_not_theirs(me, person_id=case.person_id, not_for_id=case.not_for_id) is None,
    )
