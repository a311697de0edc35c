"""What the points room asks about shares: which mission a movement of points was for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.extensions import db
from portal.kernel.formatting import points
from portal.missions.bonus_words import bonus_reached, bonus_was_for
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.missions.pay import season_extra
from portal.points.explaining import Explained, explains, explains_reasons
from portal.shares import welcoming
from portal.shares.bonuses import CAUSE, read_cause
from portal.shares.handed_in_models import Newcomer
from portal.shares.models import Share

explains_reasons(
    {
        "post_gone": _l("The post was gone, hidden or changed."),
        "decision_undone": _l("A decision was taken back."),
        "conversions_undone": _l("Purchases or sign-ups were cancelled or returned."),
        "newcomer_gone": _l("Nothing that the person you invited shared stands any more."),
        welcoming.REASON: _l("The invitation does not count any more."),
        "decided": _l("A person decided that it does not count."),
    }
)


@explains(welcoming.CAUSE)
def welcomes_explained(person_ids: Sequence[str]) -> Mapping[str, Explained]:
    """The mission by which somebody was invited, in one query."""
    rows = db.session.execute(
        select(Newcomer.person_id, Mission.title).join(Share, Share.id == Newcomer.share_id)
        .join(Mission, Mission.id == Share.mission_id).where(Newcomer.person_id.in_(person_ids))
    )  # fmt: skip
    return {
        person_id: Explained(
            title, url_for("missions.my_claims"), _("Your shares"),
            _("You came by an invitation, and your first share was verified."),
            earned=_("Welcome: %(mission)s", mission=title),
            taken_back=_("Welcome taken back: %(mission)s", mission=title),
            staff_url=url_for("people.show", person_id=person_id),
        )
        for person_id, title in rows
    }  # fmt: skip


@explains("share")
def shares_explained(share_ids: Sequence[str]) -> Mapping[str, Explained]:
    """Title and page of each, in one query."""
    rows = db.session.execute(
        select(Share.id, Mission.title, Claim.tier_extra, Claim.season_extra)
        .join(Mission, Mission.id == Share.mission_id).join(Claim, Claim.id == Share.claim_id)
        .where(Share.id.in_(share_ids))
    )  # fmt: skip
    return {
        share_id: Explained(
            title, url_for("shares.show", share_id=share_id), _("Share and checks"),
            " ".join(_what_was_added(by_tier, by_season)),
            staff_url=url_for("shares_staff.explain", share_id=share_id),
        )
        for share_id, title, by_tier, by_season in rows
    }  # fmt: skip


def _what_was_added(by_tier: int, by_season: int) -> list[str]:
    added = [_("Your tier added %(points)s to it.", points=points(by_tier))] if by_tier else []
    return [*added, _("The season added %(points)s to it.", points=points(by_season))] if by_season else added


@explains(CAUSE)
def bonuses_explained(cause_ids: Sequence[str]) -> Mapping[str, Explained]:
    """Mission, page, what was reached and what the season added to it, in one query."""
    steps = {cause_id: read_cause(cause_id) for cause_id in cause_ids}
    rows = db.session.execute(
        select(Share.id, Mission, Claim.bonus_percent)
        .join(Mission, Mission.id == Share.mission_id).join(Claim, Claim.id == Share.claim_id)
        .where(Share.id.in_({share_id for share_id, _step in steps.values()}))
    )  # fmt: skip
    known: dict[str, tuple[Mission, int]] = {share_id: (mission, percent) for share_id, mission, percent in rows}
    return {
        cause_id: Explained(
            mission.title, url_for("shares.show", share_id=share_id), _("Share and checks"),
            _why_paid(mission, step, percent),
            when_undone=bonus_was_for(mission.bonus_measure, step * mission.bonus_step),
            earned=_("Bonus: %(mission)s", mission=mission.title),
            taken_back=_("Bonus taken back: %(mission)s", mission=mission.title),
            staff_url=url_for("shares_staff.explain", share_id=share_id),
        )
        for cause_id, (share_id, step) in steps.items()
        if share_id in known
        for mission, percent in (known[share_id],)
    }  # fmt: skip


def _why_paid(mission: Mission, step: int, percent: int) -> str:
    reached = bonus_reached(mission.bonus_measure, step * mission.bonus_step)
    by_season = season_extra(mission.bonus_points, percent) if reached else 0
    return " ".join([reached, *_what_was_added(0, by_season)])
