"""What a mission's season changes about it: what it pays on top, as long as the season says so."""

from __future__ import annotations

from flask_babel import gettext as _

from portal.kernel.formatting import number, points
from portal.missions.claim_models import Claim
from portal.missions.models import Mission


def season_sentences(mission: Mission, claim: Claim | None) -> list[str]:
    """On the mission's page: what whoever takes a place now gets, or what the reader was promised."""
    if claim is not None and claim.ended_at is None:
        extra = claim.season_extra
        told = _("%(points)s of it come from the season: that was promised to you.", points=points(extra))
        return [told] if extra else []
    if mission.campaign.points_percent == 100:
        return []
    return [
        _(
            "“%(season)s” pays %(percent)s%% at present: %(points)s of it come from that. Its bonus grows with it.",
            season=mission.campaign.name, percent=number(mission.campaign.points_percent),
            points=points(mission.season_extra),
        )
        if mission.bonus
        else _(
            "“%(season)s” pays %(percent)s%% at present: %(points)s of it come from that.",
            season=mission.campaign.name, percent=number(mission.campaign.points_percent),
            points=points(mission.season_extra),
        )
    ]  # fmt: skip
