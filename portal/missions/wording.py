"""Reasons, kinds and choices in words. A reason is a code until a page shows it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from portal.accounts.models import AdvocacyRole, Track
from portal.accounts.ports import network_names as network_names_by_code
from portal.kernel.formatting import moment
from portal.kernel.locale import gettext as _
from portal.missions.audience_models import Liking, PassReason
from portal.missions.models import Accepts, MissionKind, QuestionKind
from portal.missions.resting import RESTED, Load
from portal.missions.rules import Reason

KINDS = {
    MissionKind.SHARE: _l("Share"),
    MissionKind.CREATE: _l("Create"),
    MissionKind.ENGAGE: _l("Join in"),
    MissionKind.REFER: _l("Invite"),
    MissionKind.HOST: _l("Host"),
    MissionKind.FEEDBACK: _l("Give feedback"),
}

ACCEPTS = {
    Accepts.ORIGINAL: _l("A post in their own words"),
    Accepts.QUOTE: _l("A quote of our post, with words of their own"),
    Accepts.REPOST: _l("A repost of our post"),
}

QUESTION_KINDS = {
    QuestionKind.TEXT: _l("Words of their own"),
    QuestionKind.CHOICE: _l("One of several answers"),
    QuestionKind.SCALE: _l("1 to 5"),
}

ROLES = {
    AdvocacyRole.SHARER: _l("Sharers"),
    AdvocacyRole.ENGAGER: _l("Engagers"),
    AdvocacyRole.CREATOR: _l("Creators"),
    AdvocacyRole.HOST: _l("Hosts"),
}

TRACKS = {
    Track.AMBASSADOR: _l("Ambassadors"),
    Track.EMPLOYEE: _l("Employees"),
    Track.LEADER: _l("Leaders"),
}


PASS_REASONS = {
    PassReason.NOT_MY_TOPIC: _l("Not my topic"),
    PassReason.NOT_MY_FOLLOWERS: _l("Not for my followers"),
    PassReason.NOT_MY_STYLE: _l("Not how I speak"),
    PassReason.TOO_MUCH_WORK: _l("Too much work"),
    PassReason.TOO_OFTEN: _l("I posted enough lately"),
}

LIKINGS = {
    Liking.YES: _l("Yes, they would"),
    Liking.UNSURE: _l("Hard to say"),
    Liking.NO: _l("No, rather not"),
}


def network_name(platform: str) -> str:
    """A network's own name, or what the reader's language calls a page that is on none."""
    return network_names_by_code().get(platform, platform.capitalize())


def network_names(platforms: list[str]) -> str:
    """ "Mastodon, Perch"; "Any network" for a mission that leaves it open."""
    return ", ".join(network_name(platform) for platform in platforms) or _("Any network")


def reason_sentence(
    reason: Reason,
    *,
    platforms: list[str] | None = None,
    roles: list[str] | None = None,
    tracks: list[str] | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    load: Load = RESTED,
    tier: str = "",
) -> str:
    """Why not, in a sentence that says what to do where there is something to do."""
    if reason is Reason.NOT_OPEN_YET and opens_at:
        return _("Opens on %(moment)s.", moment=moment(opens_at))
    if reason is Reason.CLOSED and closes_at:
        return _("This mission ended on %(moment)s.", moment=moment(closes_at))
    if reason is Reason.ROLE:
        wanted = ", ".join(str(ROLES[AdvocacyRole(role)]) for role in roles or [])
        return _("This mission is for: %(roles)s. Add that role to your profile and you can claim it.", roles=wanted)
    if reason is Reason.TRACK:
        wanted = ", ".join(str(TRACKS[Track(track)]) for track in tracks or [])
        return _("This mission is for: %(tracks)s.", tracks=wanted)
    if reason is Reason.TIER and tier:
        return _("This mission is for people from the tier “%(tier)s” on.", tier=tier)
    if reason is Reason.AUDIENCE_RESTS and load.stopped_until:
        return _(
            "Your followers saw enough of us for now. They are rested on %(moment)s, and you can claim then.",
            moment=moment(load.stopped_until),
        )
    if reason is Reason.NO_PROVED_HANDLE and platforms:
        return _(
            "First prove that an account on one of these is yours: %(networks)s.", networks=network_names(platforms)
        )
    return str(_SENTENCES[reason])


_SENTENCES = {
    Reason.ALREADY_CLAIMED: _l("You hold a place in this mission."),
    Reason.LIMIT_REACHED: _l("You have done this mission as often as one person can."),
    Reason.PERSON_PAUSED: _l("Your account is paused. Places are for people who take part now."),
    Reason.CLOSED: _l("This mission has ended."),
    Reason.NOT_OPEN_YET: _l("This mission is not open yet."),
    Reason.PAUSED: _l("This mission is paused. Look again in a few days."),
    Reason.FULL: _l("All places are taken. One may come free: people have limited time to hand in."),
    Reason.BUDGET_GONE: _l("This season has no points left for another place. More may come free: look again soon."),
    Reason.TRACK: _l("This mission is for another group."),
    Reason.TIER: _l("This mission is for people in a higher tier."),
    Reason.ROLE: _l("This mission is for another role."),
    Reason.NO_PROVED_HANDLE: _l("First prove that an account on a network is yours."),
    Reason.AUDIENCE_RESTS: _l("Your followers saw enough of us for now. Let them rest a little."),
    Reason.GUIDELINE: _l("Before your first claim, read the guideline and confirm that you did."),
}
