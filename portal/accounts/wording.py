"""Words for codes that are stored or come from elsewhere."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.accounts.models import AdvocacyRole, ProofMethod, Track
from portal.kernel.access import Role

ADVOCACY_ROLES: dict[AdvocacyRole, LazyString] = {
    AdvocacyRole.SHARER: _l("Sharer"),
    AdvocacyRole.ENGAGER: _l("Engager"),
    AdvocacyRole.CREATOR: _l("Creator"),
    AdvocacyRole.HOST: _l("Local host"),
}

ADVOCACY_MEANINGS: dict[AdvocacyRole, LazyString] = {
    AdvocacyRole.SHARER: _l("I post about things I use on my own account."),
    AdvocacyRole.ENGAGER: _l("I answer questions and welcome people. No posts needed."),
    AdvocacyRole.CREATOR: _l("I make photos, films or drawings that others may share."),
    AdvocacyRole.HOST: _l("I bring people together: repair evenings, walks, swaps."),
}

ADVOCACY_ICONS: dict[AdvocacyRole, str] = {
    AdvocacyRole.SHARER: "megaphone",
    AdvocacyRole.ENGAGER: "message-circle",
    AdvocacyRole.CREATOR: "camera",
    AdvocacyRole.HOST: "map-pin",
}

STAFF_ROLES: dict[Role, LazyString] = {
    Role.MODERATOR: _l("Moderator"),
    Role.MANAGER: _l("Manager"),
    Role.MARKETER: _l("Marketer"),
    Role.ADMIN: _l("Administrator"),
}

STAFF_MEANINGS: dict[Role, LazyString] = {
    Role.MODERATOR: _l("decides shares that the checks could not"),
    Role.MANAGER: _l("looks after people, points, guidelines and rewards"),
    Role.MARKETER: _l("plans seasons, missions and rewards, and sees no personal data"),
    Role.ADMIN: _l("may do everything, and grants roles"),
}

TRACKS: dict[Track, LazyString] = {
    Track.AMBASSADOR: _l("Ambassador"),
    Track.EMPLOYEE: _l("Employee"),
    Track.LEADER: _l("Leader"),
}

PROOF_METHODS: dict[ProofMethod, LazyString] = {
    ProofMethod.LOGIN: _l("signed in through that network"),
    ProofMethod.CODE: _l("code read in the profile"),
    ProofMethod.MODERATOR: _l("confirmed by staff"),
}

PROOF_PROBLEMS: dict[str, LazyString] = {
    "code_missing": _l("We read the profile, and the code is not in it yet. Save the profile there, then look again."),
    "not_found": _l("We found no account with that name. Check how it is spelled, or remove it and add it again."),
    "not_public": _l("The profile can’t be seen without signing in there. Make it public while we look."),
    "unreachable": _l("The network did not answer. That is not your fault: look again in a few minutes."),
    "rate_limited": _l("The network asks us to wait before we look again. Try once more in a few minutes."),
    "unsupported": _l(
        "We may not read profiles on this network. Write to us from that account, and a person will confirm it."
    ),
    "proved_elsewhere": _l(
        "Somebody else here has already proved that this account is theirs. If it is yours, write to us and we will "
        "look."
    ),
}

NOT_PROFILES: dict[str, LazyString] = {
    "empty": _l("Type the name of your account, or its address."),
    "server_missing": _l("Name the server too, like @ada@social.example."),
    "other_network": _l("That address belongs to another network. Choose that network, or type another address."),
    "not_a_profile": _l("That address is not a profile. Open your own profile there and copy its address."),
}
"""By the reason code of `ports.NotAProfile`; any other gets a general sentence."""

NETWORK_FORMS: dict[str, dict[str, LazyString]] = {
    "handle": {
        "label": _l("Your handle"),
        "hint": _l("For example ada.example.com. Of ada.bsky.social, ada is enough."),
        "lede": _l("You sign in where your account lives, and come straight back. The same step proves that the "
                   "account is yours."),
        "learns": _l("We learn your handle and its number. We can’t read or post anything, and keep no key to your "
                     "account."),
    },
    "server": {
        "label": _l("Your server"),
        "hint": _l("For example social.example, or your whole handle @ada@social.example."),
        "lede": _l("You sign in on your own server, and come straight back. The same step proves that the account is "
                   "yours."),
        "learns": _l("We learn your handle, its number and your name there. We can’t read or post anything, and keep "
                     "no key to your account."),
    },
}  # fmt: skip
"""What the page before a network's server says, by what it asks for."""

LOGINS: dict[str, dict[str, LazyString]] = {
    "mastodon": {
        "reads": _l("The posts you hand in, on a server that shows nothing without a login."),
        "never": _l("Direct messages, notifications, whom you follow. We can’t post, change or delete anything."),
        "end": _l("It holds until you disconnect it, here or in your server’s settings."),
    },
    "tiktok": {
        "reads": _l("Your name there and, of the public videos you hand in: caption, time and counts."),
        "never": _l("Private videos, messages, followers. We can’t post, change or delete anything."),
        "end": _l("It holds for a year at a time. You can disconnect it here, or in TikTok under Apps and services."),
    },
    "instagram": {
        "reads": _l("Your name there and, of the posts you hand in: caption, link, time and counts. Instagram offers "
                    "this for business and creator accounts only."),
        "never": _l("Messages, stories, followers. We can’t post, change or delete anything."),
        "end": _l("It holds for sixty days at a time, and we renew it. Instagram lets nobody but you end it: we forget "
                  "the key, and you remove the app in Instagram under Apps and websites."),
    },
    "threads": {
        "reads": _l("Your name there and, of the posts you hand in: text, link and time."),
        "never": _l("Messages, followers, what others post. We can’t post, change or delete anything."),
        "end": _l("It holds for sixty days at a time, and we renew it. Threads lets nobody but you end it: we forget "
                  "the key, and you remove the app in Threads under Website permissions."),
    },
    "x": {
        "reads": _l("Your name there and, of the posts you hand in: text, time, links and counts."),
        "never": _l("Direct messages, bookmarks, followers. We can’t post, change or delete anything."),
        "end": _l("It holds for six months at a time, and we renew it. You can disconnect it here, or in X under Apps "
                  "and sessions."),
    },
}  # fmt: skip
"""Of each network whose login can be lent: what is read with it, what never, and when it ends."""

NOT_FOUND_THERE: dict[str, LazyString] = {
    "no_handle": _l("That is no handle. It looks like a web address: ada.example.com."),
    "unknown_handle": _l("We found no account with that handle. Check how it is spelled."),
    "handle_not_claimed": _l(
        "That handle and its account don’t name each other. Check the handle in the settings there, then try again."
    ),
    "no_server": _l("That is no server’s name. Type it as in your browser, like social.example."),
    "not_mastodon": _l("No Mastodon server answers at that name. Check how it is spelled."),
    "apps_refused": _l("That server does not let this portal sign people in. Use another way."),
    "unreachable": _l("That server does not answer. Check the name, or try again in a few minutes."),
    "untrusted": _l("That server’s answer makes no sense to us, so we stopped there. Nothing has changed."),
}
"""By the reason code of `networks.calling.NotFoundThere`, and of servers that can't be used."""


def not_found_there(reason_code: str) -> LazyString:
    """Why what was typed leads nowhere, and what to do."""
    return NOT_FOUND_THERE.get(reason_code, NOT_FOUND_THERE["untrusted"])


def proof_problem(reason_code: str) -> LazyString:
    """Why the last look proved nothing, and what to do."""
    return PROOF_PROBLEMS.get(reason_code, PROOF_PROBLEMS["unreachable"])


def not_a_profile(reason_code: str) -> LazyString:
    """What to type instead."""
    return NOT_PROFILES.get(reason_code, _l("We don’t recognise an account in that. Type it like the example above."))
