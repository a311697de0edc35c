"""Notifications in words. They are stored as a topic with details, and said in the reader's language when shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.kernel.formatting import moment, number, points
from portal.messages import points_wording, recognition_wording, rewards_wording
from portal.messages.saying import Wording
from portal.messages.topics import Topic
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
                "Bring it back by %(moment)s, then press “It is back, look again” on its page, and nothing "
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
        (_why_revoked(details), *_owed(details), *_said(details)),
        _share_page(details),
        _("See what happened"),
        "undo-2",
        "bad",
    )


def _owed(details: Details) -> tuple[str, ...]:
    """What had been spent already, where anything had."""
    debt = int(details.get("owed", 0))
    return (_("You owe %(points)s: the next ones you earn repay them.", points=points(debt)),) if debt else ()


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
    Topic.WELCOME_TAKEN_BACK: points_wording.welcome_taken_back,
    Topic.POINTS_EXPIRE_SOON: points_wording.expire_soon,
    Topic.POINTS_EXPIRED: points_wording.expired,
    Topic.POINTS_ADJUSTED: points_wording.adjusted,
    Topic.CLAIM_EXPIRES_SOON: _claim_expires_soon,
    Topic.CLAIM_EXPIRED: _claim_expired,
    Topic.LOGIN_ENDING: _login_ending,
    Topic.REWARD_READY: rewards_wording.reward_ready,
    Topic.REWARD_SENT: rewards_wording.reward_sent,
    Topic.REWARD_GIVEN_BACK: rewards_wording.reward_given_back,
    Topic.PROBLEM_ANSWERED: rewards_wording.problem_answered,
    Topic.LOW_STOCK: rewards_wording.low_stock,
    Topic.REWARD_HELD: rewards_wording.reward_held,
    Topic.HOLD_MISSED: rewards_wording.hold_missed,
    Topic.LINE_CLOSED: rewards_wording.line_closed,
    Topic.WISH_WITHIN_REACH: rewards_wording.wish_within_reach,
    Topic.GUIDELINE_PUBLISHED: _guideline_published,
    Topic.TIER_RAISED: recognition_wording.tier_raised,
    Topic.TIER_GRACE: recognition_wording.tier_grace,
    Topic.TIER_EASED: recognition_wording.tier_eased,
    Topic.BADGE_EARNED: recognition_wording.badge_earned,
    Topic.THANKS_RECEIVED: recognition_wording.thanks_received,
    Topic.THANKS_REMOVED: recognition_wording.thanks_removed,
    Topic.THANKS_KEPT: recognition_wording.thanks_kept,
    Topic.TEAM_CHANGED: recognition_wording.team_changed,
}
