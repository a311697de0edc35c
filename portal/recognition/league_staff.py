"""Staff's pages of leagues: to read, and to answer questions about them."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.typed import version_in
from portal.recognition import league_desk
from portal.recognition.league_rules import LEAGUE_MAX, WEIGHTS, first_day

bp = Blueprint("leagues_staff", __name__, url_prefix="/staff/leagues")


@bp.get("")
@allow(Permission.SEE_PEOPLE)
def index() -> ResponseReturnValue:
    """The leagues of a month; without one named, of this."""
    month = _month_typed() or first_day(clock.now().date())
    after = version_in(request.args.get("after"))
    leagues = league_desk.leagues_of(month, after=after)
    return render_template(
        "recognition/staff_leagues.html", month=month, months=league_desk.months(), leagues=leagues, weights=WEIGHTS,
        most=LEAGUE_MAX, dealing=league_desk.dealing_of(month), is_first=after == 0,
        next_after=leagues[-1].number if len(leagues) == league_desk.PAGE_LENGTH else 0,
    )  # fmt: skip


@bp.get("/<league_id>")
@allow(Permission.SEE_PEOPLE)
def show(league_id: str) -> ResponseReturnValue:
    """Who is in one league, and what they count."""
    league = league_desk.league(league_id) or abort(404)
    return render_template(
        "recognition/staff_league.html", league=league, seats=league_desk.seats_of(league_id), weights=WEIGHTS
    )


def _month_typed() -> date | None:
    """`2026-10`; None for anything else."""
    try:
        return date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return None
