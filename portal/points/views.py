"""Everybody's own statement: what they have, what waits, and every movement with its reason."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel.access import Permission, allow
from portal.kernel.csv_text import Cell, csv_bytes
from portal.points import queries, wording
from portal.points.explaining import explained

bp = Blueprint("points", __name__, url_prefix="/points")

ENTRY_NUMBER_MAX = 2**63 - 1


@bp.get("")
@allow(Permission.TAKE_PART)
def statement() -> ResponseReturnValue:
    page = queries.statement(current_user.id, before=_cursor(request.args.get("before")))
    waiting = queries.waiting(current_user.id)
    words = explained([line.cause for line in page.lines] + [held.cause for held in waiting])
    return render_template(
        "points/statement.html",
        balances=queries.balances(current_user.id),
        waiting=[(held, words.get(held.cause)) for held in waiting],
        waiting_detail=wording.waiting_detail(waiting),
        rows=[
            {
                "line": line,
                "heading": wording.heading(line, words.get(line.cause)),
                "details": wording.details(line, words.get(line.cause)),
                "words": words.get(line.cause),
            }
            for line in page.lines
        ],
        older=page.before,
        is_first="before" not in request.args,
    )


@bp.get("/statement.csv")
@allow(Permission.TAKE_PART)
def statement_csv() -> ResponseReturnValue:
    """All of it as a table, for the person's own records."""
    lines = list(queries.whole_statement(current_user.id))
    words = explained(line.cause for line in lines)
    head = [_("Date"), _("What"), _("Points"), _("Balance"), _("Reference")]
    rows: list[list[Cell]] = [
        [line.at, wording.heading(line, words.get(line.cause)), line.points, line.balance, str(line.cause)]
        for line in lines
    ]
    return Response(
        csv_bytes([head, *rows]),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="points.csv"'},
    )


def _cursor(typed: str | None) -> int | None:
    """The entry number to go on from; a made-up one gives the first page."""
    if typed is None or not typed.isascii() or not typed.isdigit():
        return None
    return min(int(typed[:19]), ENTRY_NUMBER_MAX)
