"""Notifications about points that time or staff moved, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.kernel.formatting import day, last_day_before, number, points
from portal.messages.saying import Wording

Details = Mapping[str, Any]


def expire_soon(details: Details) -> Wording:
    """How much, until when, and what it would buy; the last day that is theirs, not the moment after."""
    count = int(details["points"])
    first, last = (_last_day(details[name]) for name in ("first_at", "last_at"))
    if first == last:
        when = _("You can spend them until the end of %(day)s.", day=first)
    else:
        when = _("You can spend the first of them until the end of %(first)s, the last until %(last)s.",
                 first=first, last=last)  # fmt: skip
    buys = (
        (_("What you have is enough for “%(reward)s”. The oldest points are spent first.", reward=details["reward"]),)
        if details.get("reward")
        else (_("The oldest points are spent first."),)
    )
    last_time = (_("This is the second and last reminder."),) if details["notice"] == 2 else ()
    url = (
        url_for("rewards.show", reward_id=details["reward_id"]) if details.get("reward_id")
        else url_for("rewards.catalogue")
    )  # fmt: skip
    title = ngettext("%(count)s point expires soon", "%(count)s points expire soon", count, count=number(count))
    return Wording(title, (when, *buys, *last_time), url, _("See what it buys"), "hourglass", "warn")


def expired(details: Details) -> Wording:
    count = int(details["points"])
    return Wording(
        ngettext("%(count)s point expired", "%(count)s points expired", count, count=number(count)),
        (_("They were not spent in time. Your points page says what expires next."),),
        url_for("points.statement"), _("See your points"), "hourglass", "wait",
    )  # fmt: skip


def adjusted(details: Details) -> Wording:
    """With the reason as staff typed it for this person."""
    count = int(details["points"])
    title = (
        _("Put right: %(points)s more", points=points(count))
        if count > 0
        else _("Put right: %(points)s less", points=points(-count))
    )
    said = _("The team wrote: “%(reason)s”", reason=details["reason"])
    return Wording(title, (said,), url_for("points.statement"), _("See your points"), "scale", "info")


def _last_day(over_at: str) -> str:
    return day(last_day_before(datetime.fromisoformat(over_at)))


def welcome_taken_back(details: Details) -> Wording:
    """To who came by an invitation: why, and that nothing else is lost."""
    count, owed = int(details["points"]), int(details["owed"])
    why = _("Nothing that you shared first stands any more, or a person decided that the invitation does not count.")
    debt = (_("You had spent some of them: %(points)s are owed, and what you earn next repays them.",
              points=points(owed)),) if owed else ()  # fmt: skip
    return Wording(
        ngettext("%(count)s point of welcome taken back", "%(count)s points of welcome taken back", count,
                 count=number(count)),
        (why, *debt, _("You still take part as before, and what you share from now on counts.")),
        url_for("points.statement"), _("See your points"), "undo-2", "warn",
    )  # fmt: skip
