"""Causes that lie in this room itself, in words: points that expired, points that staff put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.extensions import db
from portal.points import adjusting, expiring
from portal.points.adjustment_models import Adjustment
from portal.points.explaining import Explained, explains, explains_reasons

explains_reasons(
    {
        "expired": _l("They were not spent in time; you were told twice before."),
        "adjusted": _l("Put right by hand."),
    }
)


@explains(expiring.CAUSE)
def expiries_explained(cause_ids: Sequence[str]) -> Mapping[str, Explained]:
    """The reason says it all."""
    return {cause_id: Explained("") for cause_id in cause_ids}


@explains(adjusting.CAUSE)
def adjustments_explained(adjustment_ids: Sequence[str]) -> Mapping[str, Explained]:
    """What the manager wrote, in one query."""
    rows = db.session.execute(select(Adjustment.id, Adjustment.reason).where(Adjustment.id.in_(adjustment_ids)))
    return {
        adjustment_id: Explained("", because=_("The team wrote: “%(reason)s”", reason=reason))
        for adjustment_id, reason in rows
    }
