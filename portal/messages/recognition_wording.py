"""What is told of badges, tiers, thanks and teams, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.kernel.formatting import moment, number, points
from portal.messages.saying import Wording
from portal.recognition.badges import all_badges

Details = Mapping[str, Any]


def badge_earned(details: Details) -> Wording:
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


def thanks_received(details: Details) -> Wording:
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


def thanks_removed(details: Details) -> Wording:
    heading = (
        _("Your thanks to %(name)s was taken down", name=details["other"]) if details["by_you"]
        else _("A thanks from %(name)s was taken down", name=details["other"])
    )  # fmt: skip
    return Wording(
        heading, (_("Why: %(reason)s", reason=details["reason"]),), url_for("thanks.mine"), _("See your thanks"),
        "ban", "info",
    )  # fmt: skip


def thanks_kept(details: Details) -> Wording:
    return Wording(
        _("We looked at the thanks that you reported"),
        (
            _("It stays as it is, hidden from the wall. Why: %(reason)s", reason=details["reason"]),
            _("Whoever wrote it can send you no more."),
        ),
        url_for("thanks.mine"), _("See your thanks"), "flag", "info",
    )  # fmt: skip


def team_changed(details: Details) -> Wording:
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


def tier_raised(details: Details) -> Wording:
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


def tier_grace(details: Details) -> Wording:
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


def tier_eased(details: Details) -> Wording:
    title = _("You are in “%(tier)s” now", tier=details["tier"]) if details["tier"] else _("Your tier takes a rest")
    said = _("Nothing is taken: your points and rewards are as they were.")
    if details["next_tier"]:
        way = _(
            "%(points)s bring you to “%(tier)s”, whenever you like.",
            points=points(int(details["points_to_next"])), tier=details["next_tier"],
        )  # fmt: skip
        said = f"{said} {way}"
    return Wording(title, (said,), url_for("tiers.show"), _("See your tier"), "trophy", "info")
