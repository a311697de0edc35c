"""Points expire as a movement, told twice before, once, and never early, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification, OutgoingMail
from portal.points import awards, spending
from portal.points import jobs as points_jobs
from portal.points.audit import audit_ledger
from portal.points.expiring import (
    expire_points,
    next_to_expire,
    people_to_tell,
    people_with_due,
    people_with_points,
    soon_to_expire,
    tell_owner,
)
from portal.points.ledger import Cause
from portal.points.models import Kind, Lot, Transaction
from portal.points.programme import save_rules
from portal.points.queries import balances
from portal.points.rules import Expiry, ExpiryKind
from portal.rewards.stripe.port import Stripe
from tests.accounts.factories import a_fan, a_manager
from tests.points.factories import an_award
from tests.rewards.factories import a_cause, a_reward
from tests.rewards.stripe.factories import a_fleece

ClientOf = Callable[[Person], FlaskClient]
YEAR = Expiry(ExpiryKind.ROLLING, 12)
ENDS = datetime(2027, 10, 14, 23, tzinfo=UTC)
"""Of points earned on 14 October 2026: midnight in London, where it is summer."""


def set_rules(expiry: Expiry = YEAR, *, seen: int = 0, for_all: bool = False) -> None:
    with unit_of_work():
        save_rules(expiry, 500, seen_version=seen, for_all_points=for_all, actor=a_manager_of_rules(), why="Agreed",
                   now=clock.now())  # fmt: skip


def a_manager_of_rules() -> Person:
    found = db.session.scalar(select(Person).where(Person.display_name == "Greta Rules"))
    assert found is not None
    return found


@pytest.fixture
def ada(app: Flask, now: datetime) -> Person:
    a_manager("Greta Rules")
    set_rules()
    person = a_fan()
    an_award(person, points_now=100, cause=Cause("share", "one"))
    return person


def told(person: Person) -> int:
    with unit_of_work():
        return tell_owner(person.id, now=clock.now())


def expired(person: Person) -> int:
    with unit_of_work():
        return expire_points(person.id, now=clock.now())


def warn_twice(person: Person) -> None:
    with clock.frozen(ENDS - timedelta(days=30)):
        assert told(person) == 1
    with clock.frozen(ENDS - timedelta(days=7)):
        assert told(person) == 1


def test_told_twice_then_taken_once(app: Flask, ada: Person) -> None:
    with clock.frozen(ENDS - timedelta(days=31)):
        assert told(ada) == 0
        assert soon_to_expire(ada.id, now=clock.now()) is None
    assert soon_to_expire(ada.id, now=ENDS - timedelta(days=30)), "from the very moment of the first notice"
    warn_twice(ada)
    with clock.frozen(ENDS - timedelta(days=6)):
        assert told(ada) == 0, "no third notice"
    with clock.frozen(ENDS + timedelta(hours=1, minutes=59)):
        assert expired(ada) == 0, "a clock an hour ahead takes nothing early"
    with clock.frozen(ENDS + timedelta(hours=2)):
        assert expired(ada) == 100
        assert expired(ada) == 0
    with clock.frozen(ENDS + timedelta(hours=1)):
        assert expired(ada) == 0, "a clock that jumps back takes nothing twice"
    assert balances(ada.id).available == 0
    moved = db.session.scalars(select(Transaction).where(Transaction.kind == Kind.EXPIRE)).all()
    assert len(moved) == 1
    assert audit_ledger()["violations"] == []


def test_the_worker_does_all_of_it_by_itself(app: Flask, ada: Person) -> None:
    """Hour by hour it would be; here on the days that matter. Two notices, by page and by mail, then the movement."""
    for ahead in (31, 30, 29, 8, 7, 6, 0, -1, -2):
        with clock.frozen(ENDS - timedelta(days=ahead)):
            with unit_of_work():
                jobs.schedule("find_expiring_points", "recurring", due_at=clock.now())
            jobs.run_due()
    topics = db.session.scalars(select(Notification.topic).order_by(Notification.created_at, Notification.id)).all()
    assert [str(topic) for topic in topics] == ["points_expire_soon", "points_expire_soon", "points_expired"]
    mails = db.session.scalars(select(OutgoingMail.topic)).all()
    assert [str(topic) for topic in mails].count("points_expire_soon") == 2
    assert balances(ada.id).available == 0
    assert audit_ledger()["violations"] == []


def test_the_notice_names_something_that_its_reader_can_have_for_points_alone(sqlite_app: Flask, now: datetime) -> None:
    a_manager("Greta Rules")
    set_rules()
    fan = a_fan()
    an_award(fan, points_now=100)
    sqlite_app.extensions["portal_stripe"] = Stripe("sk_test_x", checkout="https://checkout.stripe.com")
    a_cause("Paths", price_points=70)
    a_reward("Elsewhere", price_points=80, countries=["JP"])
    a_fleece(price_points=90)
    with clock.frozen(ENDS - timedelta(days=30)):
        assert told(fan) == 1
        jobs.run_due()
    topic = Notification.topic == "points_expire_soon"
    assert [row.details["reward"] for row in db.session.scalars(select(Notification).where(topic))] == ["Paths"]


def test_nobody_loses_points_unwarned(app: Flask, ada: Person) -> None:
    """The worker was away for a year: the notices come first, and put the expiry off."""
    with clock.frozen(ENDS + timedelta(days=100)):
        assert expired(ada) == 0
        assert told(ada) == 1
        soon = next_to_expire(ada.id)
        assert soon is not None
        assert soon.at == clock.now() + timedelta(days=14)
    assert people_with_due(ENDS + timedelta(days=115), limit=5) == [], "told once, they lose nothing"
    with clock.frozen(ENDS + timedelta(days=108)):
        assert told(ada) == 1
    with clock.frozen(ENDS + timedelta(days=113)):
        assert expired(ada) == 0
    with clock.frozen(ENDS + timedelta(days=115)):
        assert expired(ada) == 100


def test_what_is_set_aside_does_not_expire_and_comes_back_for_a_month(app: Flask, ada: Person) -> None:
    order = Cause("redemption", "r")
    with unit_of_work():
        spending.reserve(order, ada.id, 60, now=clock.now())
    warn_twice(ada)
    with clock.frozen(ENDS + timedelta(days=3)):
        assert expired(ada) == 40
        assert balances(ada.id).reserved == 60
        with unit_of_work():
            spending.give_back(order, ada.id, 60, now=clock.now())
        assert expired(ada) == 0
        soon = next_to_expire(ada.id)
        assert soon is not None
        assert (soon.points, soon.at) == (60, clock.now() + timedelta(days=30))
        assert told(ada) == 1, "they are told anew"
    assert audit_ledger()["violations"] == []


def test_what_expired_is_not_owed_when_its_award_is_taken_back(app: Flask, ada: Person) -> None:
    paid = db.session.scalars(select(awards.Award)).one()
    warn_twice(ada)
    with clock.frozen(ENDS + timedelta(days=1)):
        assert expired(ada) == 100
        an_award(ada, points_now=30)
        with unit_of_work():
            awards.revoke(paid, now=clock.now(), reason="post_gone")
    held = balances(ada.id)
    assert (held.available, held.debt) == (30, 0)
    assert audit_ledger()["violations"] == []


def test_rules_hold_for_what_is_earned_from_then_on(app: Flask, now: datetime) -> None:
    a_manager("Greta Rules")
    old = a_fan()
    an_award(old, points_now=10)
    set_rules()
    an_award(old, points_now=5)
    assert sorted(db.session.scalars(select(Lot.expires_at)), key=str) == [ENDS, None]


def test_new_rules_for_all_points_take_nothing_sooner_than_promised(app: Flask, ada: Person) -> None:
    """Shorter rules leave the old promise; points that never expired get three months; none lets all last."""
    set_rules(Expiry(ExpiryKind.ROLLING, 1), seen=1, for_all=True)
    jobs.run_due()
    assert db.session.scalars(select(Lot.expires_at)).one() == ENDS
    set_rules(Expiry(), seen=2, for_all=True)
    jobs.run_due()
    assert db.session.scalars(select(Lot.expires_at)).one() is None
    set_rules(Expiry(ExpiryKind.ROLLING, 1), seen=3, for_all=True)
    jobs.run_due()
    assert db.session.scalars(select(Lot.expires_at)).one() == clock.now() + timedelta(days=92)


def test_whose_points_last_longer_by_new_rules_is_told_twice_anew(sqlite_app: Flask, ada: Person) -> None:
    warn_twice(ada)
    with clock.frozen(ENDS - timedelta(days=6)):
        set_rules(Expiry(ExpiryKind.ROLLING, 18), seen=1, for_all=True)
        jobs.run_due()
    later = db.session.scalars(select(Lot.expires_at)).one()
    assert later == datetime(2028, 4, 14, 23, tzinfo=UTC), "counted from when they were earned"
    with clock.frozen(later + timedelta(hours=2)):
        assert expired(ada) == 0, "nobody told them of this day"
    with clock.frozen(later - timedelta(days=30)):
        assert told(ada) == 1


def test_what_is_due_at_the_same_moment_as_what_expired_before_is_taken_too(sqlite_app: Flask, ada: Person) -> None:
    warn_twice(ada)
    with clock.frozen(ENDS + timedelta(hours=2)):
        assert expired(ada) == 100
        an_award(ada, points_now=30)
        with unit_of_work():
            lot = db.session.scalars(select(Lot).where(Lot.left > 0)).one()
            lot.expires_at, lot.warned = ENDS, 2
        assert expired(ada) == 30
    assert balances(ada.id).available == 0
    assert audit_ledger()["violations"] == []


def test_whoever_spent_all_of_it_is_told_nothing(sqlite_app: Flask, ada: Person) -> None:
    with unit_of_work():
        spending.reserve(Cause("redemption", "all"), ada.id, 100, now=clock.now())
    for ahead in (30, 7):
        with clock.frozen(ENDS - timedelta(days=ahead)):
            assert told(ada) == 0


def test_what_expired_at_two_moments_is_told_as_one_sum(sqlite_app: Flask, ada: Person) -> None:
    with clock.frozen(clock.now() + timedelta(days=1)):
        an_award(ada, points_now=10)
    warn_twice(ada)
    with clock.frozen(ENDS + timedelta(days=2)):
        assert expired(ada) == 110
    (event,) = db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind == "points.expired"))
    assert event.payload["points"] == 110
    assert len(db.session.scalars(select(Transaction).where(Transaction.kind == Kind.EXPIRE)).all()) == 2


def test_more_people_than_are_looked_at_at_once_are_told_and_lose_what_is_over(
    sqlite_app: Flask, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    fans = [ada, a_fan(), a_fan()]
    for fan in fans[1:]:
        an_award(fan, points_now=100)
    monkeypatch.setattr(points_jobs, "PEOPLE_AT_ONCE", 1)
    first, *others = sorted(fan.id for fan in fans)
    assert people_to_tell(ENDS, after=first, limit=5) == others, "one whose job fails keeps nobody waiting"
    assert people_with_points(after=first, limit=5) == others
    for ahead in (30, 7, -1):
        with clock.frozen(ENDS - timedelta(days=ahead)):
            if ahead < 0:
                assert people_with_due(clock.now(), after=first, limit=5) == others
            for kind in (points_jobs.TELL, points_jobs.EXPIRE):  # as each hour does
                with unit_of_work():
                    jobs.schedule(points_jobs.LOOK_AFTER, kind, {"kind": kind, "after": ""}, due_at=clock.now())
            jobs.run_due()
    assert [balances(fan.id).available for fan in fans] == [0, 0, 0]
    assert people_with_points(limit=5) == []
    told_of = select(OutboxEvent.payload).where(OutboxEvent.kind == "points.expire_soon")
    assert len(list(db.session.scalars(told_of))) == 6


def test_rules_that_change_nothing_for_points_tell_nobody_anew(app: Flask, ada: Person) -> None:
    """Else every change of the rules would put off what was told already."""
    with clock.frozen(ENDS - timedelta(days=30)):
        assert told(ada) == 1
        set_rules(Expiry(ExpiryKind.ROLLING, 1), seen=1, for_all=True)
        jobs.run_due()
        assert told(ada) == 0


def test_points_are_either_spent_or_expired_when_both_are_tried_at_once(app: Flask, ada: Person) -> None:
    warn_twice(ada)
    moment = ENDS + timedelta(days=1)
    outcomes: list[str] = []
    start, ada_id = threading.Barrier(2), ada.id

    def spend() -> None:
        with app.app_context():
            start.wait(20)
            try:
                with unit_of_work():
                    spending.reserve(Cause("redemption", "race"), ada_id, 100, now=moment)
                outcomes.append("spent")
            except spending.NotEnoughPoints:
                outcomes.append("too late")

    def expire() -> None:
        with app.app_context():
            start.wait(20)
            with unit_of_work():
                outcomes.append(f"expired {expire_points(ada_id, now=moment)}")

    both = [threading.Thread(target=work) for work in (spend, expire)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(outcomes) in (["expired 0", "spent"], ["expired 100", "too late"])
    db.session.commit()
    held = balances(ada.id)
    assert held.available == 0
    assert held.reserved in (0, 100)
    assert audit_ledger()["violations"] == []


def as_first_notice(person_id: str) -> int:
    return tell_owner(person_id, now=ENDS - timedelta(days=30))


def as_second_notice(person_id: str) -> int:
    return tell_owner(person_id, now=ENDS - timedelta(days=7))


def as_expiry(person_id: str) -> int:
    return expire_points(person_id, now=ENDS + timedelta(days=1))


@pytest.mark.parametrize(
    ("work", "notices_before", "done"), [(as_first_notice, 0, 1), (as_second_notice, 1, 1), (as_expiry, 2, 100)]
)
def test_two_workers_at_the_same_moment_tell_and_take_once(
    app: Flask, ada: Person, work: Callable[[str], int], notices_before: int, done: int
) -> None:
    """The first keeps its transaction open while the second is at it, which has to wait for what became of it."""
    for notice, ahead in ((1, 30), (2, 7)):
        if notices_before >= notice:
            with clock.frozen(ENDS - timedelta(days=ahead)):
                assert told(ada) == 1
    before = len(db.session.scalars(select(OutboxEvent)).all())
    first_is_at_it, second_is_done = threading.Event(), threading.Event()
    results, ada_id = dict[str, int](), ada.id
    db.session.commit()

    def first() -> None:
        with app.app_context(), unit_of_work():
            results["first"] = work(ada_id)
            db.session.flush()
            first_is_at_it.set()
            second_is_done.wait(0.5)  # which it is in vain, unless the second did not wait for the first

    def second() -> None:
        first_is_at_it.wait(20)
        with app.app_context(), unit_of_work():
            results["second"] = work(ada_id)
        second_is_done.set()

    both = [threading.Thread(target=each) for each in (first, second)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert results == {"first": done, "second": 0}
    db.session.rollback()
    assert len(db.session.scalars(select(OutboxEvent)).all()) == before + 1
    assert audit_ledger()["violations"] == []


def test_one_notice_speaks_of_a_week_not_of_every_day(app: Flask, ada: Person) -> None:
    for day in (1, 2, 3, 9):
        with clock.frozen(clock.now() + timedelta(days=day)):
            an_award(ada, points_now=10)
    with clock.frozen(ENDS - timedelta(days=30)):
        assert told(ada) == 1
    event = db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind == "points.expire_soon")).one()
    assert event.payload["points"] == 130
    first, last = (datetime.fromisoformat(event.payload[which]) for which in ("first_at", "last_at"))
    assert (first, last) == (ENDS, ENDS + timedelta(days=3))
    with clock.frozen(ENDS - timedelta(days=29)):
        assert told(ada) == 0


def test_the_statement_says_what_expires_next_and_what_did(app: Flask, ada: Person, client_of: ClientOf) -> None:
    page = client_of(ada).get("/points").text
    assert "Expire next" in page
    assert "14 October 2027" in page
    with unit_of_work():
        ada.time_zone = "Europe/Berlin"
    assert "14 October 2027" in client_of(ada).get("/points").text, "it ends at one in the morning there"
    warn_twice(ada)
    with clock.frozen(ENDS + timedelta(days=1)):
        expired(ada)
        page = client_of(ada).get("/points").text
    assert "Expired" in page
    assert "Expire next" not in page
