"""A season may pay more than its missions say: promised when a place is taken, reserved, paid, explained."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import IntegrityError

from portal.campaigns.planning import change_season
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.board import Filters, board
from portal.missions.claim_models import Claim
from portal.missions.claims import BudgetGone
from portal.missions.models import Mission
from portal.points.audit import audit_ledger
from portal.points.tier_rules import Level, Plan
from portal.shares import bonuses
from portal.shares.models import ShareState
from tests.accounts.factories import a_marketer
from tests.campaigns.factories import a_campaign, a_season_plan
from tests.campaigns.test_seasons import typed
from tests.missions.factories import a_claim, a_mission, a_ready_fan
from tests.missions.test_bonus import VISITORS
from tests.points.factories import an_award
from tests.points.test_tiers import tiers_are_set
from tests.shares.factories import a_share
from tests.shares.test_bonus import held, pay, season, visited

pytestmark = pytest.mark.usefixtures("app", "now")


def a_generous_mission(percent: int = 150, budget: int = 1_000, **columns) -> Mission:
    """80 now, 40 held, a bonus of 5 for every 10 visitors up to 30; the season pays `percent` of it."""
    return a_mission(a_campaign(points_budget=budget, points_percent=percent), **{**VISITORS, **columns})


def test_a_claim_is_promised_and_reserves_what_the_season_adds() -> None:
    claim = a_claim(a_generous_mission())
    assert (claim.season_extra, claim.bonus_cap, claim.bonus_percent) == (60, 42, 150)  # six steps of 7, rounded down
    assert (claim.points, claim.points_reserved) == (180, 222)
    assert (claim.points_now, claim.points - claim.points_now) == (80, 100)  # what is added waits with the held part


def test_what_was_promised_is_paid_whatever_the_season_says_later() -> None:
    mission = a_generous_mission()
    share = a_share(a_claim(mission), state=ShareState.VERIFIED)
    with unit_of_work():
        mission.campaign.points_percent = 100
    visited(share, 25)
    assert pay(share) == 14
    assert (held(share), season(share)) == ((94, 0), (1_000 - 222, 28))
    assert bonuses.terms_of(share).points == 7
    assert a_claim(mission).season_extra == 0
    assert audit_ledger()["violations"] == []


@pytest.mark.parametrize("percent", [150, 100])
def test_a_bonus_says_what_the_season_added_to_each_step(client_of, percent: int) -> None:
    share = a_share(a_claim(a_generous_mission(percent)), state=ShareState.VERIFIED)
    visited(share, 25)
    pay(share)
    browser, is_more = client_of(share.person), percent > 100
    page, statement = browser.get(f"/shares/{share.id}").text, browser.get("/points").text
    assert ("The season adds 2 points to each step: 7 points in all." in page) == is_more
    assert ("The season adds" in page) == is_more
    said = "Your post reached 20 visitors of your link."
    assert said in statement
    assert (f"{said} The season added 2 points to it." in statement) == is_more
    assert ("The season added" in statement) == is_more


def test_without_a_held_part_it_is_paid_at_once() -> None:
    mission = a_generous_mission(points_held=0, bonus_measure="", bonus_points=0, bonus_step=0, bonus_cap=0)
    assert (a_claim(mission).points_now, a_claim(mission).points) == (120, 120)


def test_a_place_that_the_season_cannot_pay_whole_is_not_given() -> None:
    mission = a_generous_mission(budget=221)
    with pytest.raises(BudgetGone):
        a_claim(mission)
    assert db.session.query(Claim).count() == 0


@pytest.mark.parametrize("percent", [99, 301, 0, -100])
def test_a_season_never_pays_less_and_never_more_than_three_times(percent: int) -> None:
    campaign = a_campaign()
    with pytest.raises(IntegrityError), unit_of_work():
        campaign.points_percent = percent


def test_staff_set_it_with_a_reason_and_it_is_in_the_trail(client_of) -> None:
    marketer = a_marketer()
    campaign = a_campaign(actor=marketer)
    fields = typed(points_percent="150", why="Last week of the season", version=str(campaign.lock_version))
    assert client_of(marketer).post(f"/staff/seasons/{campaign.id}", data=fields).status_code == 303
    db.session.refresh(campaign)
    assert campaign.points_percent == 150
    entry = db.session.query(AuditEntry).filter_by(action="season.changed").one()
    assert (entry.before["points_percent"], entry.after["points_percent"]) == ("100", "150")
    assert entry.why == "Last week of the season"
    page = client_of(marketer).get(f"/staff/seasons/{campaign.id}").text
    assert "150 points" in page
    refused = client_of(marketer).post(f"/staff/seasons/{campaign.id}", data={**fields, "points_percent": "400"})
    assert (refused.status_code, "from 100 to 300 percent" in refused.text) == (422, True)


def test_the_fan_reads_it_before_and_after_and_on_the_statement(client_of) -> None:
    mission = a_generous_mission()
    share = a_share(a_claim(mission), state=ShareState.VERIFIED)
    other = a_share(a_claim(a_generous_mission(100)), state=ShareState.VERIFIED)
    reader = client_of(other.person).get(f"/missions/{mission.id}").text
    assert "pays 150% at present: 60 points of it come from that" in reader
    assert "7 points more for every 10 visitors of your link, up to 42 points more" in reader
    assert "The season added 60 points to it." in client_of(share.person).get("/points").text


def shown(page: str) -> set[str]:
    """Every figure of points on a page that stands for a payment."""
    return set(re.findall(r"<span>([0-9,]+) points?</span>", page))


def test_cards_and_pages_say_what_a_fan_really_gets(client_of, client) -> None:
    """Before a claim what the season pays now with what the reader's tier adds; afterwards what was promised."""
    tiers_are_set(Plan(12, 30, (Level(1, "Silver", 1, 0, 10),)))
    mission, fan = a_generous_mission(), a_ready_fan()
    an_award(fan, points_now=5)  # and so in the tier
    reader = client_of(fan)
    card = board(fan, Filters(), now=clock.now()).cards[0]
    assert (card.points, card.pay.bonus_cap) == (192, 42)  # 120, half as many again, and a tenth of the 120
    for page in ("/missions", "/home", f"/missions/{mission.id}"):
        assert "192" in shown(reader.get(page).text), page
        assert "120" not in shown(reader.get(page).text), page
    assert "180" in shown(client.get("/").text)  # a stranger has no tier
    assert board(fan, Filters(points_min=200), now=clock.now()).cards == []
    claim = a_claim(mission, fan)
    with unit_of_work():
        mission.campaign.points_percent = 100
    assert claim.points == board(fan, Filters(), now=clock.now()).cards[0].points == 192
    for page in (f"/missions/{mission.id}", "/missions", f"/claims/{claim.id}/share"):
        assert "192" in shown(reader.get(page).text), page
    assert "7 points more for every 10 visitors" in reader.get(f"/missions/{mission.id}").text


def test_a_tier_adds_on_a_card_no_more_than_the_season_has_left() -> None:
    tiers_are_set(Plan(12, 30, (Level(1, "Silver", 1, 0, 50),)))
    mission, fan = a_generous_mission(budget=230), a_ready_fan()
    an_award(fan, points_now=5)
    (card,) = (card for card in board(fan, Filters(), now=clock.now()).cards if card.row.id == mission.id)
    assert card.points == a_claim(mission, fan).points == 188


def test_a_change_of_the_plan_keeps_it() -> None:
    marketer = a_marketer()
    campaign = a_campaign(actor=marketer, points_percent=200)
    with unit_of_work():
        plan = a_season_plan(name=campaign.name, points_percent=campaign.points_percent, points_budget=20_000)
        change_season(
            campaign, plan, seen_version=campaign.lock_version, actor=marketer, why="More points", now=clock.now()
        )
    assert campaign.points_percent == 200
