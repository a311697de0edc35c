"""One person's history as a list of moments, newest first: pure, from rows that were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from portal.accounts.models import Handle, Person
from portal.people.queries import Work

STORY_MAX = 30

SHARE_TONES = {
    "verified": ("ok", "check"),
    "settled": ("ok", "shield-check"),
    "needs_review": ("wait", "search-check"),
    "needs_fix": ("warn", "pencil-line"),
    "rejected": ("bad", "x"),
    "revoked": ("bad", "undo-2"),
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline; `kind` and `state` give its word."""

    at: datetime
    tone: str
    icon: str
    title: str
    text: str
    kind: str = ""
    state: str = ""
    share_id: str = ""


def story_of(person: Person, work: Work, handles: Sequence[Handle]) -> list[Moment]:
    """What happened, as far as the rows tell."""
    moments = [Moment(person.joined_at, "", "user-plus", _("Joined"), "")]
    for share in work.shares:
        tone, icon = SHARE_TONES.get(share.state, ("", "send"))
        moments.append(
            Moment(share.state_changed_at, tone, icon, share.mission.title, share.url, "share", share.state, share.id)
        )
    moments += [
        Moment(claim.claimed_at, "", "ticket", claim.mission.title, "", "claim", claim.state) for claim in work.claims
    ]
    moments += [
        Moment(handle.proved_at, "ok", "badge-check", _("Proved @%(name)s", name=handle.name), "")
        for handle in handles
        if handle.proved_at is not None
    ]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)[:STORY_MAX]
