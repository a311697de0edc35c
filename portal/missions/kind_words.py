"""What a mission asks for, in the words of its kind: what it takes, what to press when it is done."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from portal.kernel.formatting import either, points
from portal.missions.asks import asks_in_words
from portal.missions.models import Accepts, Mission, MissionKind
from portal.missions.rules import needs_account
from portal.missions.wording import network_name

K = MissionKind

HAND_IN: Mapping[str, LazyString] = {
    K.SHARE: _l("I have posted it"),
    K.CREATE: _l("I have made it"),
    K.ENGAGE: _l("I have answered"),
    K.REFER: _l("Invite somebody"),
    K.HOST: _l("Report on it"),
    K.FEEDBACK: _l("Answer the questions"),
}
"""On the button that leads to what is handed in."""

TAKES: Mapping[str, LazyString] = {
    K.SHARE: _l("What your post needs"),
    K.CREATE: _l("What it takes"),
    K.ENGAGE: _l("What your answer needs"),
    K.REFER: _l("What it takes"),
    K.HOST: _l("What it takes"),
    K.FEEDBACK: _l("What it takes"),
}


def is_on_network(mission: Mission) -> bool:
    """Is something posted for it, so that a kit and a disclosure are of use?"""
    return mission.kind in (K.SHARE, K.CREATE, K.ENGAGE)


def has_to_post(mission: Mission) -> bool:
    return needs_account(mission.kind, takes_files=mission.takes_files)


def musts_of(mission: Mission) -> list[str]:
    """One sentence for each thing that it takes."""
    if mission.kind == K.REFER:
        return _musts_of_invitation(mission)
    if mission.kind == K.HOST:
        return [
            _("People met because of you, and you tell us when, where and how many came."),
            _("Pictures only with the consent of everybody who can be recognised."),
        ]
    if mission.kind == K.FEEDBACK:
        count = len(mission.questions)
        return [
            ngettext("You answer %(num)d question.", "You answer %(num)d questions.", count),
            _("Your answers are private: nobody sees your name beside them."),
        ]
    first = _accepted(mission) + _files(mission)
    return first + _musts_of_post(mission)


def _accepted(mission: Mission) -> list[str]:
    """What counts, where it is not simply a post in one's own words."""
    if mission.kind != K.SHARE or mission.accepts == [Accepts.ORIGINAL]:
        return []
    told = {
        Accepts.ORIGINAL: _("a post in your own words"),
        Accepts.QUOTE: _("a quote of our post with words of your own"),
        Accepts.REPOST: _("a repost of our post"),
    }
    what = [told[Accepts(each)] for each in mission.accepts]
    if len(what) == 1:
        return [_("This counts: %(what)s.", what=what[0])]
    return [_("Any of these counts: %(what)s.", what=", ".join(what))]


def _files(mission: Mission) -> list[str]:
    if not mission.takes_files:
        return []
    return [
        _("A public post, or pictures that you hand in here with permission to use them. What follows is for a post.")
    ]


def _musts_of_post(mission: Mission) -> list[str]:
    musts = [] if _takes(mission) == [Accepts.REPOST] else [_disclosure(mission)]
    link, tag = bool(mission.link_target), mission.required_tag
    if link and tag and mission.link_or_tag:
        musts.append(_("Your own link, or %(tag)s. Both are welcome.", tag=tag))
    else:
        musts += [_("Your own link. You get it with your place.")] if link else []
        musts += [_("%(tag)s, written just like that.", tag=tag)] if tag else []
    musts += asks_in_words(mission)
    if mission.platforms:
        networks = either(network_name(platform) for platform in mission.platforms)
        musts.append(_("It is on %(networks)s, from an account that you proved.", networks=networks))
    if mission.hold_days:
        musts.append(
            ngettext(
                "It is public and stays up for at least %(num)d day.",
                "It is public and stays up for at least %(num)d days.",
                mission.hold_days,
            )
        )
    return musts


def _disclosure(mission: Mission) -> str:
    if Accepts.REPOST in _takes(mission):
        return _("In a post or quote of your own: a first line that says you are rewarded, before anything else.")
    return _("A first line that says you are rewarded, before anything else.")


def _takes(mission: Mission) -> list[str]:
    return mission.accepts if mission.kind == K.SHARE else []


def _musts_of_invitation(mission: Mission) -> list[str]:
    musts = [
        _("You get an invite link with your place, and send it to somebody who would like it here."),
        _("It counts when they have joined and their first share is verified."),
    ]
    if mission.newcomer_points:
        musts.append(_("They get %(points)s too.", points=points(mission.newcomer_points)))
    return musts
