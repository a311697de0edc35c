"""Puts together what a mission's page shows, so that its template holds content and order only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from portal.accounts.models import Person
from portal.accounts.queries import proved_handles
from portal.guidelines.queries import missing_acknowledgements
from portal.kernel import clock, rich_text
from portal.kernel.formatting import moment, points, takes
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.links.queries import address_of, link_of_claim
from portal.missions import queries
from portal.missions.audience_models import PassReason
from portal.missions.bonus_words import bonus_sentences
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.eligibility import Eligibility, eligibility
from portal.missions.kind_words import HAND_IN, TAKES, has_to_post, is_on_network, musts_of
from portal.missions.kit import Kit, kit_for
from portal.missions.models import Mission
from portal.missions.pay import Pay
from portal.missions.ports import ClaimStatus, claim_status
from portal.missions.resting import RESTED, Load
from portal.missions.rules import Reason, is_open_to
from portal.missions.season_terms import season_sentences
from portal.missions.tier_terms import lowest_tier_name, pay_for, tier_sentences
from portal.missions.wording import PASS_REASONS, network_names, reason_sentence


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
        sentences=[why_not(reason, mission, found.load, lowest_tier_name(mission, person.id)) for reason in reasons],
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


def picture_url(key: str | None) -> str:
    """The address of a stored picture; empty where there is none."""
    return url_for("kernel.show_file", key=key) if key else ""


def why_not(reason: Reason, mission: Any, load: Load, tier: str = "") -> str:
    """Why `mission`, or a row of the board, is not for this person now, in a sentence."""
    return reason_sentence(
        reason, platforms=mission.platforms, roles=mission.roles, tracks=mission.tracks,
        opens_at=mission.opens_at, closes_at=mission.closes_at, load=load, tier=tier,
    )  # fmt: skip


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
