"""The bonus as the page of a share shows it: what is paid, what was counted, what comes next, and how we know."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _

from portal.kernel.formatting import day, moment, number, points
from portal.links import conversions
from portal.links.queries import link_of_claim
from portal.missions.bonus import OF_LINKS, Bonus, BonusMeasure
from portal.missions.bonus_words import bonus_figure, how_it_is_counted
from portal.missions.pay import season_extra
from portal.shares.bonuses import Figure, figure_of, paid_steps, terms_of
from portal.shares.models import Share, ShareState
from portal.shares.ports import review_desk


@dataclass(frozen=True)
class BonusShown:
    """Like "10 of 30 points", with the sentences under it."""

    heading: str
    sentences: list[str]


def bonus_of(share: Share) -> BonusShown | None:
    """None where its claim was promised none."""
    terms = terms_of(share)
    if terms is None or share.state in (ShareState.REJECTED, ShareState.WITHDRAWN):
        return None
    paid = sum(award.points_now for award in paid_steps(share))
    heading = _("Bonus so far: %(paid)s of %(cap)s", paid=number(paid), cap=points(terms.cap))
    return BonusShown(heading, [sentence for sentence in _sentences(share, terms, paid) if sentence])


def conversions_told(share: Share) -> str:
    """What the shop told of a link whose mission pays nothing for it; nothing where it told nothing."""
    link = link_of_claim(share.claim_id) if current_app.config["SETTINGS"].conversion_secrets else None
    count = conversions.count_of(link.id) if link else 0
    if not count or share.mission.bonus_measure == BonusMeasure.CONVERSIONS:
        return ""
    return _("So far: %(figure)s.", figure=bonus_figure(BonusMeasure.CONVERSIONS, count))


def _sentences(share: Share, terms: Bonus, paid: int) -> list[str]:
    if share.state == ShareState.REVOKED:
        return [_("It was taken back with the points of the post.")]
    if share.state == ShareState.SETTLED:
        over = [_counted(share, terms), _by_season(share, terms), _("The hold is over, and the bonus with it.")]
        return [*over, how_it_is_counted(terms)] if terms.measure is BonusMeasure.CONVERSIONS else over
    if share.state != ShareState.VERIFIED:
        return [_("It is counted once your post is verified."), how_it_is_counted(terms)]
    following = [_next(share, terms, paid), _by_season(share, terms)]
    return [_counted(share, terms), *following, how_it_is_counted(terms), _until(share, terms)]


def _counted(share: Share, terms: Bonus) -> str:
    figure = figure_of(share, terms.measure)
    if figure.count is None:
        return _("Nobody could tell yet how many there are.")
    said = bonus_figure(terms.measure, figure.count)
    if terms.measure in OF_LINKS:
        return _("So far: %(figure)s.", figure=said)
    return _at(figure, said)


def _at(figure: Figure, said: str) -> str:
    """Counts are those of a look, and say of which."""
    at = moment(figure.at, "short") if figure.at else ""
    return _("Seen first on %(moment)s, and the same since: %(figure)s.", moment=at, figure=said)


def _next(share: Share, terms: Bonus, paid: int) -> str:
    if share.missing_since is not None:
        return _("While the post is not as it was, no bonus is paid.")
    if review_desk().has_open_case(share):
        return _("A person is looking at this post. No bonus is paid before that.")
    following = terms.next_at(paid // terms.points)
    if following is None:
        return _("That is all of it. Thank you!")
    return _("%(points)s more at %(figure)s.", points=points(terms.points), figure=number(following))


def _by_season(share: Share, terms: Bonus) -> str:
    """What of each step the season's multiplier adds, as it was promised with the place."""
    extra = season_extra(share.mission.bonus_points, share.claim.bonus_percent)
    if not extra:
        return ""
    return _(
        "The season adds %(extra)s to each step: %(points)s in all.", extra=points(extra), points=points(terms.points)
    )


def _until(share: Share, terms: Bonus) -> str:
    if share.settles_at is None:
        return ""
    until = day(share.settles_at, "weekday")
    if terms.measure is BonusMeasure.CONVERSIONS:
        return _("We add it up whenever the shop tells us of one, until %(day)s.", day=until)
    return _("We add it up when we look at the post and once a day, until %(day)s.", day=until)
