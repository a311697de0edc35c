"""Staff's pages of figures."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from portal.campaigns.queries import campaign_by_id
from portal.campaigns.wording import GOALS
from portal.insights.season_figures import season_figures
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.shares.models import ShareState

bp = Blueprint("insights", __name__, url_prefix="/staff/seasons")


@bp.get("/<campaign_id>/progress")
@allow(Permission.MANAGE_CAMPAIGNS)
def season(campaign_id: str) -> ResponseReturnValue:
    """How a season goes, and what each figure counts."""
    campaign, now = campaign_by_id(campaign_id) or abort(404), clock.now()
    figures = season_figures(campaign, now=now)
    return render_template(
        "insights/season.html", campaign=campaign, figures=figures, goals=GOALS, now=now,
        states=[state for state in ShareState if figures.shares.get(state)],
        shares_total=sum(figures.shares.values()), most=max((day.visitors for day in figures.latest), default=0),
    )  # fmt: skip
