"""A bonus for purchases and sign-ups: paid as the shop tells them, taken back as it takes them back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.links.conversions import News, Told, hear
from portal.links.queries import link_of_claim
from portal.messages.models import Notification
from portal.messages.topics import Topic
from portal.points import spending
from portal.points.ledger import Cause
from portal.points.models import Transaction
from portal.shares.models import Share, ShareState
from portal.shares.rechecking import end_hold
from tests.shares.test_bonus import a_paid_share, claim_of, held, problems, season

pytestmark = pytest.mark.usefixtures("app", "now")

CONVERSIONS = {"bonus_measure": "conversions", "bonus_points": 10, "bonus_step": 2, "bonus_cap": 30}


def tell(share: Share, event_id: str, news: News = News.CONVERSION) -> None:
    link = link_of_claim(share.claim_id)
    with unit_of_work():
        hear(Told(news, event_id, link.code, clock.now()), now=clock.now())
    jobs.run_due()
    db.session.expire_all()


def test_each_step_is_paid_as_the_shop_tells_it_up_to_the_cap() -> None:
    share = a_paid_share(**CONVERSIONS)
    paid = []
    for number in range(9):
        tell(share, f"order-{number}")
        paid.append(held(share)[0] - 80)
    assert paid == [0, 10, 10, 20, 20, 30, 30, 30, 30]
    assert claim_of(share).bonus_left == 0
    assert problems() == []


def test_what_is_returned_goes_back_and_may_be_earned_again() -> None:
    share = a_paid_share(**CONVERSIONS)
    for number in range(4):
        tell(share, f"order-{number}")
    tell(share, "order-0", News.TAKEN_BACK)
    assert (held(share), claim_of(share).bonus_left) == ((90, 0), 20)
    tell(share, "order-0", News.TAKEN_BACK)
    tell(share, "order-9")
    assert (held(share), claim_of(share).bonus_left) == ((100, 0), 10)
    assert problems() == []
    told = db.session.scalars(select(Notification.topic).order_by(Notification.id)).all()
    assert [topic for topic in told if topic.startswith("bonus")] == [
        Topic.BONUS_PAID, Topic.BONUS_PAID, Topic.BONUS_TAKEN_BACK, Topic.BONUS_PAID
    ]  # fmt: skip
    reasons = db.session.scalars(select(Transaction.reason).where(Transaction.kind == "revoke")).all()
    assert reasons == ["conversions_undone"]


def test_a_return_after_the_hold_takes_its_step_and_what_was_spent_is_owed() -> None:
    share = a_paid_share(**CONVERSIONS)
    for number in range(2):
        tell(share, f"order-{number}")
    with unit_of_work():
        end_hold(share, now=clock.now(), reason_code="hold_over")
        spending.reserve(Cause("test", "all"), share.person_id, 130, now=clock.now())
    assert (held(share), season(share)) == ((0, 0), (870, 0))
    tell(share, "order-1", News.TAKEN_BACK)
    assert (held(share), season(share), claim_of(share).bonus_left) == ((0, 10), (880, 0), 0)
    tell(share, "order-2")  # after the hold nothing more is earned
    assert held(share) == (0, 10)
    assert problems() == []


def test_a_share_that_does_not_count_earns_nothing_and_loses_nothing() -> None:
    share = a_paid_share(**CONVERSIONS)
    for number in range(2):
        tell(share, f"order-{number}")
    with unit_of_work():
        share.state = ShareState.REVOKED
    tell(share, "order-0", News.TAKEN_BACK)
    assert held(share) == (90, 0)


def test_the_fan_reads_what_was_counted_and_why_on_page_and_statement(client_of) -> None:
    share = a_paid_share(**CONVERSIONS)
    for number in range(2):
        tell(share, f"order-{number}")
    tell(share, "order-1", News.TAKEN_BACK)
    page = client_of(share.person).get(f"/shares/{share.id}").text
    assert "1 purchase or sign-up through your link" in page
    assert "never who" in page
    assert "whenever the shop tells us of one" in page
    assert "once a day" not in page
    statement = client_of(share.person).get("/points").text
    assert "Your post reached 2 purchases or sign-ups through your link." in statement
    back = statement.partition("Bonus taken back")[2].partition("</th>")[0]
    assert "It had been given for 2 purchases or sign-ups through your link." in back
    assert "Purchases or sign-ups were cancelled or returned." in back
    assert "Your post reached" not in back, "it does no longer"
