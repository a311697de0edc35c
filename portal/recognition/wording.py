"""Why something of recognition was refused, in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.kernel.formatting import moment
from portal.recognition.naming import NameRefused
from portal.recognition.teaming import TeamRefused
from portal.recognition.thanking import ThanksRefused

NAME_REFUSALS = {
    "says_nothing": _l("A name needs a letter or a digit."),
    "too_short": _l("Take a name of two letters or more."),
    "brand": _l("This sounds as if the brand itself spoke. Take a name without it."),
    "staff": _l("This sounds like one of the team. Take a name that nobody can mistake for staff."),
    "like_short_name": _l("This looks like somebody’s short name. Take one that is nobody’s, like “Blue Heron”."),
    "somebody": _l("Somebody here is really called that, or it looks the same. Take another."),
    "taken": _l("This name is taken, or looks like one that is. Take another."),
}


def name_refused(refused: NameRefused) -> str:
    """For the field in which it was typed."""
    if refused.reason_code == "watched":
        return str(_l("“%(word)s” can’t stand here: %(reason)s", **refused.details))
    return str(NAME_REFUSALS[refused.reason_code])


THANKS_REFUSALS = {
    "yourself": _l("Nobody thanks themselves here. Somebody else surely will."),
    "not_here": _l("They don’t take part at the moment. Nothing was sent."),
    "not_wanted": _l("They asked us that you send them no more thanks. Nothing was sent."),
    "not_publicly": _l("They don’t want to be on boards or walls. You can thank them so that only they read it."),
    "you_are_hidden": _l("You are on no board, so that your thanks can’t stand on the wall. Only they can read it."),
    "too_short": _l("Say what you thank them for: one sentence is plenty."),
    "too_long": _l("Between 5 and 280 letters."),
    "address": _l("Leave addresses and links out. Thanks are words."),
}


def thanks_refused(refused: ThanksRefused) -> str:
    """What to do instead."""
    if refused.reason_code == "watched":
        return str(_l("“%(word)s” can’t stand here: %(reason)s", **refused.details))
    if refused.reason_code == "again" and refused.wait_until is not None:
        return str(_l("You thanked them within the last week. From %(day)s on you can again.",
                      day=moment(refused.wait_until)))  # fmt: skip
    if refused.reason_code == "many" and refused.wait_until is not None:
        return str(_l("That is a lot of thanks for one day. From %(day)s on you can send the next.",
                      day=moment(refused.wait_until)))  # fmt: skip
    return str(THANKS_REFUSALS[refused.reason_code])


TEAM_REFUSALS = {
    "in_a_team": _l("You are in a team already. Leave it first; what you brought stays with it."),
    "hidden": _l("You chose to be on no board, and teams stand on one. Show yourself in “Your league” first."),
    "staff": _l("Whoever decides about others’ shares competes with nobody, in no team either."),
    "full": _l("This team is full. Join another, or found one."),
    "closed": _l("This team is closed. Join another, or found one."),
    "by_invitation": _l("This team is by invitation. Ask one of its members for theirs."),
    "late": _l("It is too long ago. Ask one of its members for their invitation."),
}


def team_refused(refused: TeamRefused) -> str:
    """What to do instead."""
    return str(TEAM_REFUSALS[refused.reason_code])
