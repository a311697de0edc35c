"""Everybody's own statement: what they have, what waits, and every movement with its reason."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.csv_text import Cell, csv_bytes
from portal.kernel.limits import limit_reading
from portal.points import queries, wording
from portal.points.explaining import explained
from portal.points.months import Month, months_between
from portal.points.ports import season_now
from portal.points.proving import provable_statement

bp = Blueprint("points", __name__, url_prefix="/points")

ENTRY_NUMBER_MAX = 2**63 - 1


@bp.get("")
@allow(Permission.TAKE_PART)
def statement() -> ResponseReturnValue:
    months = months_between(current_user.joined_at, clock.now())
    month = _chosen(months)
    within = month.span if month else None
    page = queries.statement(current_user.id, before=_cursor(request.args.get("before")), within=within)
    season = season_now()
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
        month=month,
        months=months if page.lines or month else [],
        opening=_opening(month, page),
        season=season,
        earned=queries.earned_in(current_user.id, season.campaign_id) if season else 0,
    )


@bp.get("/statement.csv")
@allow(Permission.TAKE_PART)
def statement_csv() -> ResponseReturnValue:
    """All of it, or of one month, as a table for the person's own records."""
    month = _chosen(months_between(current_user.joined_at, clock.now()))
    lines = list(queries.whole_statement(current_user.id, month.span if month else None))
    words = explained(line.cause for line in lines)
    head = [_("Date"), _("What"), _("Points"), _("Balance"), _("Reference")]
    rows: list[list[Cell]] = [
        [line.at, wording.heading(line, words.get(line.cause)), line.points, line.balance, str(line.cause)]
        for line in lines
    ]
    return Response(
        csv_bytes([head, *rows]),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="points{f"-{month}" if month else ""}.csv"'},
    )


@bp.get("/statement.json")
@allow(Permission.TAKE_PART)
@limit_reading
@limiter.limit("30 per hour")
def statement_json() -> ResponseReturnValue:
    """All of it, or of one month, with the proof of each sealed movement."""
    month = _chosen(months_between(current_user.joined_at, clock.now()))
    file = provable_statement(
        current_user.id, programme=current_app.config["SETTINGS"].programme_name, now=clock.now(),
        within=month.span if month else None,
    )  # fmt: skip
    return Response(
        json.dumps(file, ensure_ascii=False, indent=1),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="points{f"-{month}" if month else ""}.json"'},
    )


def _chosen(months: list[Month]) -> Month | None:
    """The month that was asked for; None, for all of them, where it is none that this person was here."""
    asked = request.args.get("month")
    return next((month for month in months if str(month) == asked), None)


def _opening(month: Month | None, page: queries.Statement) -> int | None:
    """What the person had when the month began, for its last page; None where no month was chosen or more follows."""
    if month is None or page.before is not None:
        return None
    if page.lines:
        return page.lines[-1].balance - page.lines[-1].points
    return queries.balance_at(current_user.id, month.span[0])


def _cursor(typed: str | None) -> int | None:
    """The entry number to go on from; a made-up one gives the first page."""
    if typed is None or not typed.isascii() or not typed.isdigit():
        return None
    return min(int(typed[:19]), ENTRY_NUMBER_MAX)
