"""The board in words: its filters as links and lists to choose from, its missions as cards."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import url_for

from portal.accounts.models import AdvocacyRole
from portal.kernel.formatting import moment, points, takes
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext, once_a_language
from portal.missions.board import DAYS_CHOICES, POINTS_CHOICES, Board, Card
from portal.missions.bonus_words import bonus_up_to
from portal.missions.claim_models import ClaimState
from portal.missions.models import MissionKind
from portal.missions.rules import Reason
from portal.missions.showing import picture_url, why_not
from portal.missions.wording import KINDS, ROLES, network_name, network_names

Options = tuple[tuple[str, str], ...]


class Choice(NamedTuple):
    """A filter as a list to choose from, as the template's macro takes it."""

    name: str
    label: str
    options: Options
    """Values with their words."""
    chosen: str


class MissionCard(NamedTuple):
    """A mission in words, as the card's macro takes it."""

    title: str
    url: str
    points: int
    meta: Options
    """Icons with their words."""
    image_url: str
    image_alt: str
    foot: str
    claim_state: str
    """Of the reader's live claim; empty without one."""
    why_not: str
    rest: str


def board_choices(board: Board) -> dict[str, Any]:
    """The filters as links and options, each keeping the others; cards as the macro takes them."""
    filters = board.filters
    networks = [("", _("All networks"))] + [(code, network_name(code)) for code in board.platforms]
    kind, role, points_min, days_max, sort = _choices()
    return {
        "networks": [
            {
                "label": label,
                "url": url_for("missions.board", **filters.as_args(platform=code)),
                "current": filters.platform == code,
                "icon": f"net:{code}" if code else "sparkles",
            }
            for code, label in networks
        ],
        "selects": [
            kind._replace(chosen=filters.kind),
            role._replace(chosen=filters.role),
            points_min._replace(chosen=str(filters.points_min or "")),
            days_max._replace(chosen=str(filters.days_max or "")),
        ],
        "sort": sort._replace(chosen=filters.sort),
        "cards": [_card(card) for card in board.cards],
        "clear_url": url_for("missions.board", **filters.as_args(platform="", kind="", role="", points="", days="")),
        "lede": _lede(board),
        "passed_url": url_for("missions.board", passed=1) if board.passed_count else "",
    }


@once_a_language
def _choices() -> tuple[Choice, ...]:
    """The filters in words, with nothing chosen: kind, role, points, days, and the order."""

    def choice(name: str, label: str, *options: tuple[str, Any]) -> Choice:
        return Choice(name, label, tuple((value, str(words)) for value, words in options), "")

    return (
        choice("kind", _("Kind"), ("", _("Any kind")), *((kind.value, KINDS[kind]) for kind in MissionKind)),
        choice("role", _("Role"), ("", _("Any role")), *((role.value, ROLES[role]) for role in AdvocacyRole)),
        choice(
            "points", _("Points"), ("", _("Any number of points")),
            *((str(least), _("%(points)s or more", points=points(least))) for least in POINTS_CHOICES),
        ),
        choice(
            "days", _("Time left"), ("", _("Any time left")),
            *((str(days), ngettext("Ends in %(num)d day", "Ends in %(num)d days", days)) for days in DAYS_CHOICES),
        ),
        choice(
            "sort", _("Sort by"),
            ("fit", _("Best fit first")), ("ending", _("Ending first")), ("points", _("Most points")),
        ),
    )  # fmt: skip


def _card(card: Card) -> MissionCard:
    row = card.row
    mark = f"net:{row.platforms[0]}" if row.platforms else "globe"
    meta = [(mark, network_names(row.platforms)), ("clock", takes(row.minutes))]
    if card.pay.bonus_cap:
        meta.append(("trending-up", bonus_up_to(card.pay.bonus_cap)))
    if row.closes_at:
        meta.append(("hourglass", _("Ends %(moment)s", moment=moment(row.closes_at, "short"))))
    told = [reason for reason in card.reasons if reason is not Reason.ALREADY_CLAIMED]
    return MissionCard(
        title=row.title,
        url=url_for("missions.show", mission_id=row.id),
        points=card.points,
        meta=tuple(meta),
        image_url=picture_url(row.image_file),
        image_alt=row.image_alt,
        foot=(
            _("Held until %(moment)s", moment=moment(card.held_until, "short"))
            if card.held_until
            else _places(card.places_left, row.places_total)
        ),
        claim_state=_claim_state(card),
        why_not="" if card.is_held or not told else why_not(told[0], row, card.load, card.tier),
        rest=_rest(card),
    )


def _claim_state(card: Card) -> str:
    """Of the reader's live claim; empty without one."""
    if not card.is_held:
        return ""
    return ClaimState.ACTIVE if card.held_until else ClaimState.SUBMITTED


def _rest(card: Card) -> str:
    """Advice, where nothing forbids: the audience has just seen us."""
    if card.is_held or card.load.stopped_until or not card.load.advised_until:
        return ""
    return _("Your followers have just seen us. Rested on %(moment)s.", moment=moment(card.load.advised_until, "short"))


def _lede(board: Board) -> str:
    if board.filters.passed:
        return _("You put these aside. Bring back whichever you like after all.")
    open_ = ngettext("One is open to you", "%(num)d are open to you", board.open_count)
    if board.open_count == 0 and board.held_count == 0 and board.within_reach_count:
        return ngettext(
            "One is open to you once you have proved an account that you post from.",
            "%(num)d are open to you once you have proved an account that you post from.",
            board.within_reach_count,
        )
    if board.open_count == 0:
        open_ = _("None is open to you just now")
    if board.held_count == 0:
        return _("%(open)s.", open=open_)
    held = ngettext("you hold a place in one", "you hold places in %(num)d", board.held_count)
    return _("%(open)s and %(held)s.", open=open_, held=held)


def _places(left: int, total: int) -> str:
    if left <= 0:
        return _("No places left")
    return _("%(left)d of %(total)d places left", left=left, total=total)
