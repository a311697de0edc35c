"""What is told of rewards and orders, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.kernel.formatting import moment
from portal.messages.saying import Wording
from portal.rewards.wording import STEP_CODES

Details = Mapping[str, Any]


def reward_ready(details: Details) -> Wording:
    title = _("Ready for you: %(reward)s", reward=details["reward"])
    why: tuple[str, ...] = ()
    if details.get("given"):
        title = _("A gift for you: %(reward)s", reward=details["reward"])
        why = (_("The team wrote: “%(reason)s”", reason=details["given"]),)
    return Wording(
        title,
        (*why, _("It is on its page, which only you can open, as often as you like.")),
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("Open your reward"),
        "gift",
        "ok",
    )


def reward_sent(details: Details) -> Wording:
    """It left, with who brings it, or another number is right; or it came back, with what staff wrote."""
    if "came_back" in details:
        return Wording(
            _("It came back to us: %(reward)s", reward=details["reward"]),
            (
                _("Staff wrote: “%(message)s”", message=details["came_back"]),
                _("We look at what to do next, and tell you."),
            ),
            url_for("rewards.redemption", redemption_id=details["redemption_id"]),
            _("See your order"),
            "package",
            "warn",
        )
    named = (_("Carrier: %(carrier)s.", carrier=details["carrier"]),) if details["carrier"] else ()
    number = (_("Tracking number: %(number)s.", number=details["tracking"]),) if details["tracking"] else ()
    title = _("On its way to you: %(reward)s", reward=details["reward"])
    if details.get("changed"):
        title = _("Another tracking number: %(reward)s", reward=details["reward"])
    return Wording(
        title,
        (*named, *number) or (_("It comes with the post."),),
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("See your order"),
        "package",
        "ok",
    )


def wish_within_reach(details: Details) -> Wording:
    return Wording(
        _("Within reach: %(reward)s", reward=details["reward"]),
        (_("Your points suffice for something on your wish list. It stays there as long as you like."),),
        url_for("rewards.show", reward_id=details["reward_id"]),
        _("Have a look"),
        "gift",
        "ok",
    )


def reward_held(details: Details) -> Wording:
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


def hold_missed(details: Details) -> Wording:
    return Wording(
        _("No longer kept for you: %(reward)s", reward=details["reward"]),
        (
            _("The day for which one was kept for you is over, so it goes to whoever is next. It cost you nothing."),
            _("Do you still want it? Its page says whether one is left, or lets you stand in line again."),
        ),
        url_for("rewards.show", reward_id=details["reward_id"]),
        _("Have a look"),
        "hourglass",
        "info",
    )


def line_closed(details: Details) -> Wording:
    return Wording(
        _("No longer offered: %(reward)s", reward=details["reward"]),
        (_("You waited for it. It has left the catalogue for good, so nobody waits for it any more."),),
        url_for("rewards.catalogue"),
        _("See what else there is"),
        "gift",
        "info",
    )


def problem_answered(details: Details) -> Wording:
    return Wording(
        _("We looked at it: %(reward)s", reward=details["reward"]),
        (_("Staff wrote: “%(message)s”", message=details["why"]),),
        url_for("rewards.redemption", redemption_id=details["redemption_id"]),
        _("See what happened"),
        "message-square",
        "info",
    )


def low_stock(details: Details) -> Wording:
    left = details["left"]
    if "sort" in details:
        return _sort_gone(details)
    return Wording(
        _("Runs out: %(reward)s", reward=details["reward"])
        if left
        else _("Gone: %(reward)s", reward=details["reward"]),
        (
            ngettext("Only %(num)d is left in stock.", "Only %(num)d are left in stock.", left)
            if left
            else _("None is left. Until there are more, people can only stand in line for it."),
        ),
        url_for("rewards_staff.show", reward_id=details["reward_id"]),
        _("Add to the stock"),
        "package",
        "warn",
    )


def _sort_gone(details: Details) -> Wording:
    gone = _("None of “%(sort)s” is left; there are others.", sort=details["sort"])
    return Wording(
        _("Gone in one sort: %(reward)s", reward=details["reward"]),
        (gone, _("Until there are more, people can only stand in line for it.")),
        url_for("rewards_staff.show", reward_id=details["reward_id"]),
        _("Add to the stock"),
        "package",
        "warn",
    )


def reward_given_back(details: Details) -> Wording:
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
