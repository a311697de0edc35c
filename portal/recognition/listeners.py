"""What happens to shares, and what it means for badges."""

from __future__ import annotations

from portal.kernel import clock
from portal.kernel.events import listens_to
from portal.recognition.badging import weigh_badges
from portal.shares.events import (
    ShareDecisionUndone,
    ShareEvent,
    ShareRejected,
    ShareRevoked,
    ShareSettled,
    ShareVerified,
)


@listens_to(ShareVerified, ShareSettled, ShareRevoked, ShareRejected)
def weigh_after_share(happened: ShareEvent) -> None:
    weigh_badges(happened.person_id, now=clock.now())


@listens_to(ShareDecisionUndone)
def weigh_after_undo(happened: ShareDecisionUndone) -> None:
    weigh_badges(happened.person_id, now=clock.now())
