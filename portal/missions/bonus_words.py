"""A bonus in words: what is counted, what it brings, and until when."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.kernel.formatting import number, points
from portal.missions.bonus import Bonus, BonusMeasure
from portal.missions.claim_models import Claim
from portal.missions.models import Mission

M = BonusMeasure

MEASURES = {
    M.NOTHING: _l("No bonus"),
    M.VISITORS: _l("Visitors of the fan’s link"),
    M.CONVERSIONS: _l("Purchases and sign-ups through that link"),
    M.LIKES: _l("Likes"),
    M.COMMENTS: _l("Comments"),
    M.REACTIONS: _l("Likes and comments together"),
}


def bonus_figure(measure: BonusMeasure, count: int) -> str:
    """Like "23 visitors of your link"."""
    said = number(count)
    if measure is M.VISITORS:
        return ngettext("%(count)s visitor of your link", "%(count)s visitors of your link", count, count=said)
    if measure is M.CONVERSIONS:
        return ngettext(
            "%(count)s purchase or sign-up through your link", "%(count)s purchases or sign-ups through your link",
            count, count=said,
        )  # fmt: skip
    if measure is M.LIKES:
        return ngettext("%(count)s like", "%(count)s likes", count, count=said)
    if measure is M.COMMENTS:
        return ngettext("%(count)s comment", "%(count)s comments", count, count=said)
    return ngettext("%(count)s like or comment", "%(count)s likes and comments", count, count=said)


def bonus_reached(measure: str, count: int) -> str:
    """Why a step was paid; nothing for a mission that has no bonus any more."""
    if not measure:
        return ""
    return _("Your post reached %(figure)s.", figure=bonus_figure(M(measure), count))


def bonus_was_for(measure: str, count: int) -> str:
    """What a step that was taken back had been paid for: by now there may be fewer."""
    return _("It had been given for %(figure)s.", figure=bonus_figure(M(measure), count)) if measure else ""


def bonus_up_to(cap: int) -> str:
    """On a card."""
    return _("Up to %(points)s more", points=points(cap))


def bonus_sentences(mission: Mission, claim: Claim | None = None) -> list[str]:
    """What somebody reads before they claim: what it brings, the cap, and how it is counted.

    Whoever holds a place by `claim` reads what they were promised with it.
    """
    held = claim is not None and claim.ended_at is None
    bonus = Bonus.of(mission, cap=claim.bonus_cap, percent=claim.bonus_percent) if claim and held else mission.bonus
    if bonus is None:
        return []
    what = bonus_figure(bonus.measure, bonus.step)
    return [
        _("%(points)s more for every %(figure)s, up to %(cap)s more.", points=points(bonus.points), figure=what,
          cap=points(bonus.cap)),
        _days(mission.hold_days),
        how_it_is_counted(bonus),
    ]  # fmt: skip


def _days(days: int) -> str:
    return ngettext(
        "It is counted for %(num)d day after your post is verified.",
        "It is counted for %(num)d days after your post is verified.",
        days,
    )


def how_it_is_counted(bonus: Bonus) -> str:
    """Where the figure comes from."""
    if bonus.measure is M.VISITORS:
        return _("A visitor counts once a day. Your own clicks and those of programs don’t count.")
    if bonus.measure is M.CONVERSIONS:
        return _("The shop tells us how many, never who. What is cancelled or returned later is taken back.")
    return _("What anybody can see under your post counts. Where the network doesn’t tell, there is no bonus.")


def cost_of_place(mission: Mission) -> str:
    """For staff: what one place and all places can cost the season."""
    return _(
        "One place costs the season at most %(one)s, all of them at most %(all)s.",
        one=points(mission.points_most), all=points(mission.points_most * mission.places_total),
    )  # fmt: skip
