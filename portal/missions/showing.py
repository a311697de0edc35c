"""Puts together what the board and a mission's page show, so that their templates hold content and order only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import url_for

from portal.accounts.models import AdvocacyRole, Person
from portal.accounts.queries import proved_handles
from portal.guidelines.queries import missing_acknowledgements
from portal.kernel import clock, rich_text
from portal.kernel.formatting import moment, points, takes
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext, once_a_language
from portal.links.queries import address_of, link_of_claim
from portal.missions import queries
from portal.missions.audience_models import PassReason
from portal.missions.board import DAYS_CHOICES, POINTS_CHOICES, Board, Card
from portal.missions.bonus_words import bonus_sentences, bonus_up_to
from portal.missions.eligibility import Eligibility, eligibility
from portal.missions.kind_words import HAND_IN, TAKES, has_to_post, is_on_network, musts_of
from portal.missions.kit import Kit, kit_for
from portal.missions.models import Claim, ClaimState, Mission, MissionKind
from portal.missions.pay import Pay
from portal.missions.ports import ClaimStatus, claim_status
from portal.missions.resting import RESTED, Load
from portal.missions.rules import Reason, is_open_to
from portal.missions.season_terms import season_sentences
from portal.missions.tier_terms import lowest_tier_name, pay_for, tier_sentences
from portal.missions.wording import KINDS, PASS_REASONS, ROLES, network_name, network_names, reason_sentence


@dataclass(frozen=True)
class MissionPage:
    """One mission as one person sees it."""

    brief: Any
    """Inert HTML."""
    reasons: list[Reason]
    sentences: list[str]
    """Why not, one for each reason."""
    claim: Claim | None
    """Live, else the last that ended."""
    status: ClaimStatus | None
    guideline_url: str
    """Where the guideline that is still to be read is; empty when none is."""
    kit: Kit
    musts: list[str]
    """What it takes, in words."""
    is_on_network: bool
    has_to_post: bool
    hand_in: str
    """The words of the button for handing in."""
    takes: str
    """The heading of `musts`."""
    pay: Pay
    facts: list[tuple[str, str]]
    season: list[str]
    """What its season adds to it; empty: nothing."""
    bonus: list[str]
    """What a bonus brings and how it is counted; empty without one."""
    tier: list[str]
    """What the reader's tier means here; empty where it changes nothing."""
    networks: str
    claim_until: datetime
    """Until when a place claimed now would be held."""
    load: Load = RESTED
    is_preview: bool = False

    @property
    def holds_place(self) -> bool:
        return self.claim is not None and self.claim.state in (ClaimState.ACTIVE, ClaimState.SUBMITTED)

    @property
    def can_submit(self) -> bool:
        return self.claim is not None and self.claim.state == ClaimState.ACTIVE

    @property
    def way_on(self) -> tuple[str, str, str] | None:
        """What takes away the first reason, if this person can: words, address, icon."""
        first = self.reasons[0] if self.reasons else None
        if first is Reason.NO_PROVED_HANDLE:
            return _("Add an account"), url_for("accounts.new_handle"), "at-sign"
        if first is Reason.TIER:
            return _("See your tier"), url_for("tiers.show"), "trophy"
        if first is Reason.ROLE:
            return _("Change your roles"), url_for("accounts.edit_profile"), "circle-user-round"
        return None

    @property
    def can_claim(self) -> bool:
        return not self.reasons

    @property
    def is_open(self) -> bool:
        return is_open_to(self.reasons)

    @property
    def pass_reasons(self) -> list[tuple[str, Any]]:
        """Why it may not be for somebody, each one tap."""
        return [(reason.value, PASS_REASONS[reason]) for reason in PassReason]


def mission_page(
    mission: Mission, person: Person, *, brand: str, sandbox_url: str, is_preview: bool = False
) -> MissionPage:
    """Everything about `mission` for `person`. As a preview, it shows what somebody who may claim would see."""
    now = clock.now()
    claim = None if is_preview else queries.latest_claim(person.id, mission.id)
    link = link_of_claim(claim.id) if claim and claim.ended_at is None else None
    found = Eligibility([], RESTED) if is_preview else eligibility(mission, person, now=now)
    pay = mission.pay if is_preview else pay_for(mission, person.id, claim)
    reasons = found.reasons
    return MissionPage(
        brief=rich_text.render(mission.brief),
        reasons=reasons,
        sentences=[_sentence(reason, mission, found.load, lowest_tier_name(mission, person.id)) for reason in reasons],
        claim=claim,
        status=claim_status([claim.id]).get(claim.id) if claim else None,
        guideline_url=_guideline_url(mission, person) if Reason.GUIDELINE in reasons else "",
        kit=kit_for(
            mission, person, brand=brand, link=address_of(link) if link else "",
            handles=proved_handles(person.id), sandbox_url=sandbox_url,
        ),
        musts=musts_of(mission),
        is_on_network=is_on_network(mission),
        has_to_post=has_to_post(mission),
        hand_in=str(HAND_IN[mission.kind]),
        takes=str(TAKES[mission.kind]),
        pay=pay,
        facts=_facts(mission, pay),
        bonus=bonus_sentences(mission, claim),
        tier=tier_sentences(mission, person, claim, now=now), season=season_sentences(mission, claim),
        networks=network_names(mission.platforms),
        claim_until=now + timedelta(hours=mission.deliver_hours),
        load=found.load,
        is_preview=is_preview,
    )  # fmt: skip


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
        choice("kind", _("Kind"), ("", _("Any kind")), *((kind.value, KINDS[kind]) for kind in OFFERED)),
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


OFFERED = tuple(MissionKind)
"""Kinds whose whole way works, from the form to the points."""


def picture_url(key: str | None) -> str:
    """The address of a stored picture; empty where there is none."""
    return url_for("kernel.show_file", key=key) if key else ""


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
        why_not="" if card.is_held or not told else _sentence(told[0], row, card.load, card.tier),
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


def _sentence(reason: Reason, mission: Any, load: Load, tier: str = "") -> str:
    return reason_sentence(
        reason, platforms=mission.platforms, roles=mission.roles, tracks=mission.tracks,
        opens_at=mission.opens_at, closes_at=mission.closes_at, load=load, tier=tier,
    )  # fmt: skip


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


def _facts(mission: Mission, pay: Pay) -> list[tuple[str, str]]:
    facts = [(_("Paid when verified"), points(pay.now))]
    if pay.held:
        still = ngettext("After %(num)d day still up", "After %(num)d days still up", mission.hold_days)
        later = ngettext("After %(num)d day", "After %(num)d days", mission.hold_days)
        after = still if is_on_network(mission) else later
        facts.append((after, points(pay.held)))
    facts.append((_("Takes"), takes(mission.minutes)))
    if mission.per_person_max > 1:
        facts.append((_("Each person"), _("up to %(num)d times", num=mission.per_person_max)))
    if mission.closes_at:
        facts.append((_("Mission ends"), moment(mission.closes_at, "short")))
    return facts


def _guideline_url(mission: Mission, person: Person) -> str:
    missing = missing_acknowledgements(person.id)
    if not missing:
        return ""
    back = url_for("missions.show", mission_id=mission.id)
    return url_for("guidelines.show", slug=missing[0].slug, next=back)
