"""Notifications in words. They are stored as a topic with details, and said in the reader's language when shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.kernel.formatting import moment, number, points
from portal.messages import points_wording
from portal.messages.saying import Wording
from portal.messages.topics import Topic
from portal.recognition.badges import all_badges
from portal.rewards.wording import STEP_CODES
from portal.shares.models import ShareForm
from portal.shares.wording import missing_sentence

Details = Mapping[str, Any]


def wording_of(topic: str, details: Details) -> Wording:
    """Needs a request context, for the reader's language, time zone and the address."""
    return _CATALOGUE[Topic(topic)](details)


def _welcome(_details: Details) -> Wording:
    return Wording(
        _("Welcome, good to have you"),
        (_("Start with the guidelines, then pick a mission that fits you. What happens to your shares is told here."),),
        url_for("missions.board"),
        _("See the missions"),
        "sparkles",
        "ok",
    )


def _share_verified(details: Details) -> Wording:
    newcomer = _form(details) == ShareForm.NEWCOMER
    return Wording(
        _("Verified: %(mission)s", mission=details["mission"]),
        (
            *((_("Somebody you invited got their first share verified."),) if newcomer else ()),
            _earned(details),
            *_said(details),
        ),
        _share_page(details),
        _("See your share"),
        "check",
        "ok",
    )


def _earned(details: Details) -> str:
    """How much, when, and on what condition."""
    is_post = _form(details) == ShareForm.POST
    now, held = points(int(details["points_now"])), points(int(details["points_held"]))
    if not int(details["points_held"]):
        return _("You get %(now)s now.", now=now)
    if not int(details["points_now"]):
        if is_post:
            return _("You get %(held)s when the hold is over, if the post still stands.", held=held)
        return _("You get %(held)s when the hold is over, if it still counts then.", held=held)
    if is_post:
        return _(
            "You get %(now)s now and %(held)s when the hold is over, if the post still stands.", now=now, held=held
        )
    return _("You get %(now)s now and %(held)s when the hold is over, if it still counts then.", now=now, held=held)


def _share_needs_fix(details: Details) -> Wording:
    until = details.get("fix_until")
    time_left = (
        _("You have until %(moment)s.", moment=moment(datetime.fromisoformat(until)))
        if until
        else _("Its page says until when.")
    )
    asked = (
        _("Your share doesn’t count yet. Its page shows what to change, then check it again.")
        if _form(details) == ShareForm.POST
        else _("What you handed in doesn’t count yet. Its page shows what to change, then hand it in again.")
    )
    return Wording(
        _("One thing to change: %(mission)s", mission=details["mission"]),
        (asked, *_said(details), time_left),
        _share_page(details),
        _("See what to change"),
        "pencil-line",
        "warn",
    )


def _share_rejected(details: Details) -> Wording:
    return Wording(
        _("Declined: %(mission)s", mission=details["mission"]),
        (
            _("This share doesn’t count. Its page says why; if you see it differently, appeal there once."),
            *_said(details),
        ),
        _share_page(details),
        _("See why"),
        "x",
        "bad",
    )


def _post_missing(details: Details) -> Wording:
    return Wording(
        _("Your post is missing: %(mission)s", mission=details["mission"]),
        (
            missing_sentence(details.get("seen")),
            _(
                "Bring it back until %(moment)s, then press “It is back, look again” on its page, and nothing "
                "happens. After that its points are taken back.",
                moment=moment(datetime.fromisoformat(details["back_by"])),
            ),
        ),
        _share_page(details),
        _("See what we saw"),
        "triangle-alert",
        "warn",
    )


def _post_back(details: Details) -> Wording:
    return Wording(
        _("Your post is back: %(mission)s", mission=details["mission"]),
        (_("We looked again and it is as it was. Nothing is taken back."),),
        _share_page(details),
        _("See your share"),
        "shield-check",
        "ok",
    )


def _share_revoked(details: Details) -> Wording:
    return Wording(
        _("Points taken back: %(mission)s", mission=details["mission"]),
        (_why_revoked(details), *_said(details)),
        _share_page(details),
        _("See what happened"),
        "undo-2",
        "bad",
    )


def _why_revoked(details: Details) -> str:
    form = _form(details)
    if details.get("by_person"):
        return _("A person looked at it again and took its points back. Its page says why.")
    if form == ShareForm.POST:
        return _(
            "The post is gone or not as it was verified, so its points were taken back. Its page says what we saw."
        )
    if form == ShareForm.NEWCOMER:
        return _("Nothing that the person you invited shared stands any more, so its points were taken back.")
    return _("It doesn’t count any more, so its points were taken back. Its page says why.")


def _points_available(details: Details) -> Wording:
    amount = int(details["points"])
    return Wording(
        ngettext("%(count)s point is available", "%(count)s points are available", amount, count=number(amount)),
        (
            _(
                "The hold of your share for “%(mission)s” is over. You can spend what it held now.",
                mission=details["mission"],
            ),
        ),
        url_for("points.statement"),
        _("See your points"),
        "coins",
        "ok",
    )


def _bonus_taken_back(details: Details) -> Wording:
    amount = int(details["points"])
    return Wording(
        ngettext("%(count)s point of bonus taken back", "%(count)s points of bonus taken back", amount,
                 count=number(amount)),
        (
            _(
                "The shop says that purchases or sign-ups through your link for “%(mission)s” were cancelled or "
                "returned. Nothing is wrong with your post.",
                mission=details["mission"],
            ),
        ),
        _share_page(details),
        _("See how it is counted"),
        "undo-2",
        "warn",
    )  # fmt: skip


def _bonus_paid(details: Details) -> Wording:
    amount = int(details["points"])
    return Wording(
        ngettext("%(count)s point of bonus", "%(count)s points of bonus", amount, count=number(amount)),
        (
            _(
                "Your post for “%(mission)s” brought what its bonus is for. You can spend it now.",
                mission=details["mission"],
            ),
        ),
        _share_page(details),
        _("See how it is counted"),
        "coins",
        "ok",
    )


def _claim_expires_soon(details: Details) -> Wording:
    until = moment(datetime.fromisoformat(details["expires_at"]))
    return Wording(
        _("Your place runs out soon: %(mission)s", mission=details["mission"]),
        (_("You hold it until %(moment)s. Hand in by then what it asks for, or give the place back.", moment=until),),
        url_for("missions.show", mission_id=details["mission_id"]),
        _("Open the mission"),
        "hourglass",
        "warn",
    )


def _claim_expired(details: Details) -> Wording:
    return Wording(
        _("Your time ran out: %(mission)s", mission=details["mission"]),
        (_("Your place went back to the others. While there are places left, you can claim one again."),),
        url_for("missions.show", mission_id=details["mission_id"]),
        _("Open the mission"),
        "hourglass",
        "wait",
    )


def _reward_ready(details: Details) -> Wording:
    return Wording(
        _("Ready for you: %(reward)s", reward=details["reward"]),
        (_("Only you can see it, on its page, as often as you like."),),
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("Open your reward"),
        "gift",
        "ok",
    )


def _reward_sent(details: Details) -> Wording:
    named = (_("Carrier: %(carrier)s.", carrier=details["carrier"]),) if details["carrier"] else ()
    number = (_("Tracking number: %(number)s.", number=details["tracking"]),) if details["tracking"] else ()
    return Wording(
        _("On its way to you: %(reward)s", reward=details["reward"]),
        (*named, *number) or (_("It comes with the post."),),
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("See your order"),
        "package",
        "ok",
    )


def _wish_within_reach(details: Details) -> Wording:
    return Wording(
        _("Within reach: %(reward)s", reward=details["reward"]),
        (_("Your points suffice for something on your wish list. It stays there as long as you like."),),
        url_for("rewards.show", reward_id=details["reward_id"]),
        _("Have a look"),
        "gift",
        "ok",
    )


def _reward_held(details: Details) -> Wording:
    until = moment(datetime.fromisoformat(details["until"]))
    return Wording(
        _("Held for you: %(reward)s", reward=details["reward"]),
        (
            _(
                "You waited for it, and one is kept for you until %(moment)s. Then the next in line gets it.",
                moment=until,
            ),
        ),
        url_for("rewards.show", reward_id=details["reward_id"]),
        _("Get it"),
        "ticket",
        "ok",
    )


def _problem_answered(details: Details) -> Wording:
    return Wording(
        _("We looked at it: %(reward)s", reward=details["reward"]),
        (_("Staff wrote: “%(message)s”", message=details["why"]),),
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("See what happened"),
        "message-square",
        "info",
    )


def _low_stock(details: Details) -> Wording:
    return Wording(
        _("Runs out: %(reward)s", reward=details["reward"]),
        (ngettext("Only %(num)d is left in stock.", "Only %(num)d are left in stock.", details["left"]),),
        url_for("rewards_staff.show", reward_id=details["reward_id"]),
        _("Add to the stock"),
        "package",
        "warn",
    )


def _reward_given_back(details: Details) -> Wording:
    said = (_("Staff wrote: “%(message)s”", message=details["why"]),) if details["why"] else ()
    code = details.get("code", "")
    if code == "money_back":
        heading = _("Your payment is on its way back: %(reward)s", reward=details["reward"])
        text: tuple[str, ...] = (_("Banks take up to ten days to show it on your account."),)
    elif details.get("gift"):
        heading, text = _("A gift was taken back: %(reward)s", reward=details["reward"]), said
    else:
        heading = _("Your points are back: %(reward)s", reward=details["reward"])
        why = (f"{STEP_CODES[code]}.",) if code in STEP_CODES and not said else ()
        text = (*said, *why, _("Nothing was spent on it, and you can choose something else."))
    return Wording(
        heading,
        text,
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("See what happened"),
        "undo-2",
        "info",
    )


def _guideline_published(details: Details) -> Wording:
    title, version = details["guideline"], details["number"]
    if version == 1:
        heading = _("New guideline: %(title)s", title=title)
    else:
        heading = _("Changed: %(title)s, version %(number)s", title=title, number=version)
    asked = _("Please read it before you claim your next mission.") if details["asked"] else ""
    return Wording(
        heading,
        tuple(text for text in (details.get("what_changed", ""), asked) if text),
        url_for("guidelines.show", slug=details["slug"]),
        _("Read it"),
        "book-open",
        "info",
    )


def _badge_earned(details: Details) -> Wording:
    badge = all_badges().get(details["badge"])
    name = badge.name if badge else _("Badge")
    said = (
        _("What for: %(reason)s", reason=details["reason"]) if details["reason"] else str(badge.rule if badge else "")
    )
    return Wording(
        _("A badge for you: %(badge)s", badge=name),
        tuple(text for text in (said, _("Nobody sees it unless you show it.")) if text),
        url_for("badges.mine"),
        _("See your badges"),
        "badge-check",
        "ok",
    )


def _thanks_received(details: Details) -> Wording:
    name = _("%(name)s from the team", name=details["by"]) if details["as_staff"] else details["by"]
    where = (
        _("It stands on the wall. You can take it off there.") if details["public"] else _("Only you can read it.")
    )  # fmt: skip
    return Wording(
        _("%(name)s thanks you", name=name),
        (f"“{details['text']}”", where),
        url_for("thanks.mine"),
        _("See your thanks"),
        "hand-heart",
        "ok",
    )


def _thanks_removed(details: Details) -> Wording:
    heading = (
        _("Your thanks to %(name)s was taken down", name=details["other"]) if details["by_you"]
        else _("A thanks from %(name)s was taken down", name=details["other"])
    )  # fmt: skip
    return Wording(
        heading, (_("Why: %(reason)s", reason=details["reason"]),), url_for("thanks.mine"), _("See your thanks"),
        "ban", "info",
    )  # fmt: skip


def _thanks_kept(details: Details) -> Wording:
    return Wording(
        _("We looked at the thanks that you reported"),
        (
            _("It stays as it is, hidden from the wall. Why: %(reason)s", reason=details["reason"]),
            _("Whoever wrote it can send you no more."),
        ),
        url_for("thanks.mine"), _("See your thanks"), "flag", "info",
    )  # fmt: skip


def _team_changed(details: Details) -> Wording:
    team = details["team"]
    heading = {
        "renamed": _("Your team “%(before)s” is called “%(team)s” now", before=details["before"], team=team),
        "closed": _("Your team “%(team)s” was closed", team=team),
        "reopened": _("Your team “%(team)s” is there again", team=team),
    }[details["what"]]
    return Wording(
        heading, (_("The team of the programme did it. Why: %(reason)s", reason=details["reason"]),),
        url_for("teams.board"), _("See the teams"), "flag", "info",
    )  # fmt: skip


def _tier_raised(details: Details) -> Wording:
    hours, percent = int(details["early_hours"]), int(details["extra_percent"])
    brings = [
        ngettext("You can claim places %(num)d hour early.", "You can claim places %(num)d hours early.", hours)
        if hours
        else "",
        _("Missions pay you %(percent)s%% more.", percent=number(percent)) if percent else "",
    ]
    return Wording(
        _("You reached “%(tier)s”", tier=details["tier"]),
        (
            " ".join(
                [_("Thank you for what you did. Spending points won’t change it."), *[text for text in brings if text]]
            ),
        ),
        url_for("tiers.show"),
        _("See your tier"),
        "trophy",
        "ok",
    )


def _tier_grace(details: Details) -> Wording:
    until = moment(datetime.fromisoformat(details["until"]))
    return Wording(
        _("“%(tier)s” is kept for you", tier=details["tier"]),
        (
            _(
                "Some points are older than what counts by now. Your tier stays until %(moment)s; %(points)s by then "
                "keep it for longer. Resting is fine too: your points stay yours.",
                moment=until, points=points(int(details["points_missing"])),
            ),
        ),
        url_for("tiers.show"),
        _("See your tier"),
        "trophy",
        "info",
    )  # fmt: skip


def _tier_eased(details: Details) -> Wording:
    title = _("You are in “%(tier)s” now", tier=details["tier"]) if details["tier"] else _("Your tier takes a rest")
    said = _("Nothing is taken: your points and rewards are as they were.")
    if details["next_tier"]:
        way = _(
            "%(points)s bring you to “%(tier)s”, whenever you like.",
            points=points(int(details["points_to_next"])), tier=details["next_tier"],
        )  # fmt: skip
        said = f"{said} {way}"
    return Wording(title, (said,), url_for("tiers.show"), _("See your tier"), "trophy", "info")


def _said(details: Details) -> tuple[str, ...]:
    """What a moderator wrote to the fan, as they wrote it."""
    message = str(details.get("message") or "").strip()
    return (_("The moderator wrote: “%(message)s”", message=message),) if message else ()


def _login_ending(details: Details) -> Wording:
    network, account = details["network"], f"@{details['name']}"
    if details["lapses_at"]:
        title = _("Your %(network)s login lapses soon", network=network)
        said = _(
            "You let us read the posts of %(account)s with your own login. It holds until %(moment)s; connect it again "
            "if it should last.",
            account=account, moment=moment(datetime.fromisoformat(details["lapses_at"])),
        )  # fmt: skip
    else:
        title = _("Your %(network)s login has ended", network=network)
        said = _(
            "%(network)s no longer takes the login with which we read the posts of %(account)s. Connect it again if "
            "you like; until then they are read as anybody sees them, or by a person.",
            network=network, account=account,
        )  # fmt: skip
    page = url_for("accounts.show_handle", handle_id=details["handle_id"])
    return Wording(title, (said,), page, _("See your account"), "log-in", "warn")


def _form(details: Details) -> ShareForm:
    """What was handed in; what was told before this was kept was about posts."""
    return ShareForm(details.get("form", ShareForm.POST))


def _share_page(details: Details) -> str:
    return url_for("shares.show", share_id=details["share_id"])


_CATALOGUE: dict[Topic, Callable[[Details], Wording]] = {
    Topic.WELCOME: _welcome,
    Topic.SHARE_VERIFIED: _share_verified,
    Topic.SHARE_NEEDS_FIX: _share_needs_fix,
    Topic.SHARE_REJECTED: _share_rejected,
    Topic.POST_MISSING: _post_missing,
    Topic.POST_BACK: _post_back,
    Topic.SHARE_REVOKED: _share_revoked,
    Topic.POINTS_AVAILABLE: _points_available,
    Topic.BONUS_PAID: _bonus_paid,
    Topic.BONUS_TAKEN_BACK: _bonus_taken_back,
    Topic.POINTS_EXPIRE_SOON: points_wording.expire_soon,
    Topic.POINTS_EXPIRED: points_wording.expired,
    Topic.POINTS_ADJUSTED: points_wording.adjusted,
    Topic.CLAIM_EXPIRES_SOON: _claim_expires_soon,
    Topic.CLAIM_EXPIRED: _claim_expired,
    Topic.LOGIN_ENDING: _login_ending,
    Topic.REWARD_READY: _reward_ready,
    Topic.REWARD_SENT: _reward_sent,
    Topic.REWARD_GIVEN_BACK: _reward_given_back,
    Topic.PROBLEM_ANSWERED: _problem_answered,
    Topic.LOW_STOCK: _low_stock,
    Topic.REWARD_HELD: _reward_held,
    Topic.WISH_WITHIN_REACH: _wish_within_reach,
    Topic.GUIDELINE_PUBLISHED: _guideline_published,
    Topic.TIER_RAISED: _tier_raised,
    Topic.TIER_GRACE: _tier_grace,
    Topic.TIER_EASED: _tier_eased,
    Topic.BADGE_EARNED: _badge_earned,
    Topic.THANKS_RECEIVED: _thanks_received,
    Topic.THANKS_REMOVED: _thanks_removed,
    Topic.THANKS_KEPT: _thanks_kept,
    Topic.TEAM_CHANGED: _team_changed,
}
