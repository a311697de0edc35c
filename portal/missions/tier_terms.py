"""What a person's tier changes about a mission: how soon they may claim it, what it pays on top, whom it is for."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from portal.accounts.models import Person
from portal.kernel.formatting import moment, points
from portal.missions.claim_models import Claim
from portal.missions.models import Mission, MissionState
from portal.missions.pay import Pay, with_tier
from portal.points import budgets, ledger
from portal.points.postings import campaign_account
from portal.points.tiers import stands


def extra_to_reserve(mission: Mission, person_id: str) -> int:
    """What the tier adds to this mission's points, as far as its season still has them beside the place itself.

    Holds the season's account, so that what is left now is left when it is reserved.
    """
    extra = stands(person_id).extra_on(mission.points)
    if not extra:
        return 0
    ledger.hold([campaign_account(mission.campaign_id, "budget")])
    pay = mission.pay
    return with_tier(pay, extra, budgets.left(mission.campaign_id)).points - pay.points


def pay_for(mission: Mission, person_id: str, claim: Claim | None) -> Pay:
    """What a place pays this person: as promised with the one they hold, else as of now."""
    if claim is not None and claim.ended_at is None:
        return claim.pay
    extra = stands(person_id).extra_on(mission.points)
    return with_tier(mission.pay, extra, budgets.left(mission.campaign_id)) if extra else mission.pay


def lowest_tier_name(mission: Mission, person_id: str) -> str:
    """The tier that a mission is for; empty for everybody's."""
    plan = stands(person_id).plan
    level = plan.level(mission.lowest_tier) if plan else None
    return level.name if level else ""


def tier_sentences(mission: Mission, person: Person, claim: Claim | None, *, now: datetime) -> list[str]:
    """What the reader's tier means on this mission's page."""
    here, told = stands(person.id), []
    lowest = lowest_tier_name(mission, person.id)
    if lowest:
        told.append(_("For people from the tier “%(tier)s” on.", tier=lowest))
    if claim is not None and claim.ended_at is None:
        if claim.tier_extra:
            told.append(_("%(points)s of it come from your tier.", points=points(claim.tier_extra)))
        return told
    if here.level is None:
        return told
    extra = here.extra_on(mission.points)
    if extra:
        told.append(
            _(
                "%(points)s of it come from your tier “%(tier)s”, as long as the season has them.",
                tier=here.level.name, points=points(extra),
            )
        )  # fmt: skip
    if mission.state == MissionState.SCHEDULED and mission.opens_at and here.early:
        told.append(
            _(
                "Your tier “%(tier)s” lets you in early: from %(moment)s on.",
                tier=here.level.name, moment=moment(mission.opens_at - here.early),
            )
        )  # fmt: skip
    return told
