"""Everybody's own statement: what they have, what waits, and every movement with its reason."""

from __future__ import annotations

import json
from functools import partial

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.limits import limit_reading
from portal.points.proving import provable_statement
from portal.points.statement_page import asked_by, statement_csv_answer, statement_values

bp = Blueprint("points", __name__, url_prefix="/points")


@bp.get("")
@allow(Permission.TAKE_PART)
def statement() -> ResponseReturnValue:
    return render_template(
        "points/statement.html", here=partial(url_for, ".statement"), **statement_values(current_user, request.args)
    )


@bp.get("/statement.csv")
@allow(Permission.TAKE_PART)
def statement_csv() -> ResponseReturnValue:
    """All of it, or what was filtered, as a table for the person's own records."""
    return statement_csv_answer(current_user, request.args)


@bp.get("/statement.json")
@allow(Permission.TAKE_PART)
@limit_reading
@limiter.limit("30 per hour")
def statement_json() -> ResponseReturnValue:
    """All of it, or of one month, with the proof of each sealed movement."""
    month = asked_by(current_user, request.args).month
    file = provable_statement(
        current_user.id, programme=current_app.config["SETTINGS"].programme_name, now=clock.now(),
        within=month.span if month else None,
    )  # fmt: skip
    return Response(
        json.dumps(file, ensure_ascii=False, indent=1),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="points{f"-{month}" if month else ""}.json"'},
    )
