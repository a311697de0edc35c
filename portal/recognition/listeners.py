"""What happens to shares, and what it means for badges and boards."""

from __future__ import annotations

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import listens_to
from portal.recognition.badging import weigh_badges
from portal.recognition.effect import weigh_outcome
from portal.shares.events import (
    ShareDecisionUndone,
    ShareEvent,
    ShareRejected,
    ShareRevoked,
    ShareSettled,
    ShareVerified,
)
from portal.shares.models import Share


@listens_to(ShareVerified, ShareSettled, ShareRevoked, ShareRejected, name="recognition.weigh_after_share")
def weigh_after_share(happened: ShareEvent) -> None:
    weigh_badges(happened.person_id, now=clock.now())
    _weigh_outcome(happened.share_id)


@listens_to(ShareDecisionUndone, name="recognition.weigh_after_undo")
def weigh_after_undo(happened: ShareDecisionUndone) -> None:
    weigh_badges(happened.person_id, now=clock.now())
    _weigh_outcome(happened.share_id)


def _weigh_outcome(share_id: str) -> None:
    share = db.session.get(Share, share_id)
    if share is not None:
        weigh_outcome(share, now=clock.now())
