"""Points put right by hand: with a reason the person reads, above a limit by two people, never below zero."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.points import adjusting, awards, programme, spending
from portal.points.adjustment_models import Adjustment
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause, balance
from portal.points.queries import balances
from portal.points.rules import Expiry
from tests.accounts.factories import a_fan, a_manager, a_moderator, an_admin
from tests.points.factories import an_award

ClientOf = Callable[[Person], FlaskClient]


@pytest.fixture
def ada(app: Flask, now: datetime) -> Person:
    person = a_fan("Ada Lindqvist")
    an_award(person, points_now=100)
    return person


def adjust(person: Person, points: int, actor: Person, reason: str = "The event was cancelled") -> Adjustment:
    with unit_of_work():
        return adjusting.adjust(person, points, reason=reason, actor=actor, now=clock.now())


def agree(asked: Adjustment, actor: Person) -> Adjustment:
    with unit_of_work():
        return adjusting.agree(asked, actor=actor, now=clock.now())


def test_below_the_limit_one_manager_is_enough_and_the_person_reads_why(
    app: Flask, ada: Person, client_of: ClientOf
) -> None:
    adjust(ada, 40, a_manager())
    adjust(ada, -15, a_manager(), "Counted twice")
    assert balances(ada.id).available == 125
    assert balance("program/written_off") == 15
    jobs.run_due()
    topics = [str(topic) for topic in db.session.scalars(select(Notification.topic))]
    assert topics.count("points_adjusted") == 2
    page = client_of(ada).get("/points").text
    assert "The event was cancelled" in page
    assert "Counted twice" in page
    assert "Counted twice" in client_of(ada).get("/inbox").text
    assert audit_ledger()["violations"] == []


def test_adding_repays_a_debt_first(app: Flask, ada: Person) -> None:
    paid = db.session.scalars(select(awards.Award)).one()
    with unit_of_work():
        spending.reserve(Cause("redemption", "r"), ada.id, 70, now=clock.now())
        awards.revoke(paid, now=clock.now(), reason="post_gone")
    assert balances(ada.id).debt == 70
    adjust(ada, 100, a_manager())
    assert (balances(ada.id).debt, balances(ada.id).available) == (0, 30)
    assert audit_ledger()["violations"] == []


def test_above_the_limit_nothing_moves_until_somebody_else_agrees(app: Flask, ada: Person) -> None:
    first, second = a_manager("First"), an_admin("Second")
    asked = adjust(ada, 501, first)
    assert balances(ada.id).available == 100
    with pytest.raises(adjusting.SamePerson):
        agree(asked, first)
    agree(asked, second)
    assert balances(ada.id).available == 601
    with pytest.raises(adjusting.AlreadyDecided):
        agree(asked, an_admin("Third"))
    assert balances(ada.id).available == 601
    mine = AuditEntry.subject_kind == "points_adjustment"
    actions = db.session.execute(select(AuditEntry.action, AuditEntry.actor_id).where(mine).order_by(AuditEntry.number))
    assert [tuple(row) for row in actions] == [
        ("points.adjustment_requested", first.id), ("points.adjusted", second.id),
    ]  # fmt: skip


def test_many_small_ones_are_a_large_one(sqlite_app: Flask, now: datetime) -> None:
    """Whoever could add 500 alone would else add them every minute."""
    ada, bo, gil, other = a_fan(), a_fan(), a_manager(), a_manager()
    assert [adjust(ada, points, gil).state for points in (490, 10, 1, -1)] == ["booked", "booked"] + ["requested"] * 2
    assert adjust(bo, 500, gil).state == "booked"
    assert adjust(ada, 500, other).state == "booked"
    clock.advance(timedelta(days=31))
    assert adjust(ada, 500, gil).state == "booked"


def test_taking_counts_against_the_limit_as_adding_does(sqlite_app: Flask, now: datetime) -> None:
    """What was added before doesn't make room for taking more alone."""
    ada, bo, gil = a_fan(), a_fan(), a_manager()
    for person in (ada, bo):
        an_award(person, points_now=1_000)
    assert [adjust(ada, points, gil).state for points in (100, -400, -1)] == ["booked", "booked", "requested"]
    assert adjust(bo, -501, gil).state == "requested"
    assert (balances(ada.id).available, balances(bo.id).available) == (700, 1_000)


@pytest.mark.parametrize("state", [PersonState.REMOVED, PersonState.ERASED])
def test_nobody_adjusts_the_points_of_who_is_gone(sqlite_app: Flask, now: datetime, state: PersonState) -> None:
    ada, greta = a_fan(), a_manager()
    with unit_of_work():
        ada.state = state
    with pytest.raises(adjusting.PersonGone):
        adjust(ada, 10, greta)


def set_limit(alone_max: int, actor: Person) -> None:
    with unit_of_work():
        programme.save_rules(
            Expiry(), alone_max, seen_version=programme.rules_now().version, for_all_points=False, actor=actor,
            why="Less paper", now=clock.now(),
        )  # fmt: skip


def test_whoever_raises_the_limit_is_no_second_person(app: Flask, now: datetime) -> None:
    """One manager alone would else write down a million, and book it."""
    ada, greta, colleague = a_fan(), a_manager("Greta"), a_manager("Colleague")
    set_limit(100_000, greta)
    assert adjust(ada, 501, greta).state == "requested"
    assert adjust(ada, 501, colleague).state == "booked"
    set_limit(100_001, greta)
    assert adjust(ada, 501, greta).state == "requested", "a second time is no second person either"
    set_limit(600, colleague)
    assert adjust(a_fan(), 501, greta).state == "booked"
    set_limit(100, greta)
    assert adjust(a_fan(), 101, greta).state == "requested", "a limit that they lowered themselves holds"


def test_nobody_adjusts_their_own_points_or_decides_about_them(app: Flask, now: datetime, client_of: ClientOf) -> None:
    greta, colleague = a_manager("Greta"), a_manager("Colleague")
    with pytest.raises(adjusting.OwnAccount):
        adjust(greta, 10, greta)
    asked = adjust(greta, 5_000, colleague)
    with pytest.raises(adjusting.OwnAccount):
        agree(asked, greta)
    form = {f"{asked.id}-answer": "I would rather keep them"}
    assert client_of(greta).post(f"/staff/points/adjustments/{asked.id}/refuse", data=form).status_code == 409
    assert db.session.get_one(Adjustment, asked.id).state == "requested"


def test_the_menu_counts_what_one_can_decide_oneself(sqlite_app: Flask, now: datetime) -> None:
    greta, colleague, third = a_manager("Greta"), a_manager("Colleague"), an_admin("Third")
    adjust(greta, 5_000, colleague)
    counting = adjusting.counting_theirs(frozenset())
    counts = [db.session.scalar(counting, {"looking_id": who.id}) for who in (greta, colleague, third)]
    assert counts == [0, 0, 1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE points_adjustment SET decided_by_id = requested_by_id",
        "UPDATE points_adjustment SET requested_by_id = person_id",
        "UPDATE points_adjustment SET decided_by_id = person_id",
        "UPDATE points_adjustment SET transaction_id = NULL",
    ],
)
def test_the_table_itself_holds_two_people_and_never_ones_own(app: Flask, ada: Person, change: str) -> None:
    agree(adjust(ada, 900, a_manager()), an_admin())
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(text(change))


def test_taking_stops_at_zero(app: Flask, ada: Person) -> None:
    with pytest.raises(adjusting.NotEnoughToTake) as refusal:
        adjust(ada, -101, a_manager())
    assert "100" in str(refusal.value.sentence)
    asked = None
    with pytest.raises(adjusting.NotEnoughToTake):
        asked = adjust(ada, -600, a_manager())
    assert asked is None
    adjust(ada, -100, a_manager())
    assert balances(ada.id).available == 0
    assert audit_ledger()["violations"] == []


def test_what_was_spent_meanwhile_can_not_be_taken_any_more(app: Flask, ada: Person) -> None:
    an_award(ada, points_now=600)
    asked = adjust(ada, -650, a_manager())
    with unit_of_work():
        spending.reserve(Cause("redemption", "r"), ada.id, 100, now=clock.now())
    with pytest.raises(adjusting.NotEnoughToTake):
        agree(asked, an_admin())
    assert db.session.get_one(Adjustment, asked.id).state == "requested"
    assert audit_ledger()["violations"] == []


def test_nobody_gets_points_who_was_removed_since_they_were_asked_for(app: Flask, ada: Person) -> None:
    asked, one, two = adjust(ada, 700, a_manager()), an_admin("One"), an_admin("Two")
    with unit_of_work():
        db.session.get_one(Person, ada.id).state = PersonState.REMOVED
    with pytest.raises(adjusting.PersonGone):
        agree(asked, one)
    assert (balances(ada.id).available, db.session.get_one(Adjustment, asked.id).state) == (100, "requested")
    with unit_of_work():
        adjusting.refuse(asked, answer="They are gone", actor=two, now=clock.now())


def test_who_is_removed_while_somebody_waits_for_their_accounts_gets_nothing(
    sqlite_app: Flask, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever held them before us has done it, and our session does not know yet."""
    hold = adjusting.ledger.hold

    def removed_meanwhile(accounts: list[str]) -> dict[str, int]:
        gone = update(Person).where(Person.id == ada.id).values(state=PersonState.REMOVED)
        db.session.execute(gone.execution_options(synchronize_session=False))
        return hold(accounts)

    manager = a_manager()
    monkeypatch.setattr(adjusting.ledger, "hold", removed_meanwhile)
    with pytest.raises(adjusting.PersonGone):
        adjust(ada, 40, manager)
    assert balances(ada.id).available == 100


def test_what_erasing_took_away_is_decided_already(app: Flask, ada: Person) -> None:
    asked, colleague = adjust(ada, 700, a_manager()), an_admin()

    def erased_meanwhile(decide: Callable[..., Adjustment]) -> None:
        with unit_of_work():
            mine = db.session.get_one(Adjustment, asked.id)
            gone = delete(Adjustment).where(Adjustment.id == mine.id)
            db.session.execute(gone.execution_options(synchronize_session=False))
            decide(mine, actor=colleague, now=clock.now())

    for decide in (adjusting.agree, partial(adjusting.refuse, answer="No")):
        with pytest.raises(adjusting.AlreadyDecided):
            erased_meanwhile(decide)


def test_two_who_agree_at_once_book_it_once(app: Flask, ada: Person) -> None:
    asked_id = adjust(ada, 700, a_manager()).id
    agreeing = [an_admin("One").id, an_admin("Two").id]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def work(actor_id: str) -> None:
        with app.app_context():
            start.wait(20)
            try:
                with unit_of_work():
                    adjusting.agree(
                        db.session.get_one(Adjustment, asked_id), actor=db.session.get_one(Person, actor_id),
                        now=clock.now(),
                    )  # fmt: skip
                outcomes.append("booked")
            except adjusting.AlreadyDecided:
                outcomes.append("too late")

    both = [threading.Thread(target=work, args=(actor_id,)) for actor_id in agreeing]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(outcomes) == ["booked", "too late"]
    db.session.commit()
    assert balances(ada.id).available == 800


def test_a_manager_walks_through_it_on_the_pages(app: Flask, ada: Person, client_of: ClientOf) -> None:
    first, second = client_of(a_manager("Greta")), client_of(an_admin("Imogen"))
    path = f"/staff/points/people/{ada.id}"
    assert "Put points right" in first.get(path).text
    refused = first.post(f"{path}/adjust", data={"points": "0", "reason": ""})
    assert refused.status_code == 422
    assert "Zero points change nothing" in refused.text
    assert first.post(f"{path}/adjust", data={"points": "-999", "reason": "Too many"}).status_code == 409

    form = {"points": "600", "reason": "For the festival", "idempotency_key": "once"}
    for _ in range(2):
        assert first.post(f"{path}/adjust", data=form).location.endswith("/staff/points/adjustments")
    asked = db.session.scalars(select(Adjustment)).one()
    assert "You asked for this one" in first.get("/staff/points/adjustments").text
    assert first.post(f"/staff/points/adjustments/{asked.id}/agree").status_code == 409
    assert second.post(f"/staff/points/adjustments/{asked.id}/refuse").status_code == 422
    assert second.post(f"/staff/points/adjustments/{asked.id}/agree").status_code == 303
    assert balances(ada.id).available == 700
    assert "For the festival" in second.get("/staff/points/adjustments").text
    assert second.post(f"{path}/statement.csv").text.count("Correction") == 1
    exported = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "points.statement_exported")).one()
    assert exported.subject_id == ada.id


def test_refused_with_an_answer_nothing_is_booked(app: Flask, ada: Person, client_of: ClientOf) -> None:
    asked = adjust(ada, 5_000, a_manager())
    form = {f"{asked.id}-answer": "That was last year"}
    assert client_of(an_admin()).post(f"/staff/points/adjustments/{asked.id}/refuse", data=form).status_code == 303
    assert balances(ada.id).available == 100
    assert db.session.get_one(Adjustment, asked.id).answer == "That was last year"
    refused = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "points.adjustment_refused")).one()
    assert (refused.subject_id, refused.why) == (asked.id, "That was last year")


def test_moderators_and_fans_stay_outside(app: Flask, ada: Person, client_of: ClientOf) -> None:
    for person in (ada, a_moderator()):
        browser = client_of(person)
        for path in ("/staff/points/rules", "/staff/points/adjustments", f"/staff/points/people/{ada.id}"):
            assert browser.get(path).status_code == 403


def test_rules_are_saved_as_versions_and_a_stale_form_is_told(app: Flask, now: datetime, client_of: ClientOf) -> None:
    browser = client_of(a_manager("Greta"))
    form = {
        "expiry_kind": "rolling", "expiry_months": "12", "fixed_month": "12", "fixed_day": "31", "alone_max": "200",
        "why": "Agreed with the brand", "seen_version": "0",
    }  # fmt: skip
    assert browser.post("/staff/points/rules", data={**form, "expiry_months": "0"}).status_code == 422
    assert browser.post("/staff/points/rules", data=form).status_code == 303
    page = browser.get("/staff/points/rules").text
    assert "Points last 12 months" in page
    assert "Agreed with the brand" in page
    stale = browser.post("/staff/points/rules", data={**form, "alone_max": "9"})
    assert stale.status_code == 409
    assert "A colleague changed the rules meanwhile" in stale.text
    clock.advance(timedelta(minutes=1))
    assert browser.post("/staff/points/rules", data={**form, "alone_max": "9", "seen_version": "1"}).status_code == 303


def test_a_number_that_no_computer_holds_is_a_mistake_at_its_field(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    browser, ada, endless = client_of(a_manager()), a_fan(), "9" * 400
    adjusted = browser.post(f"/staff/points/people/{ada.id}/adjust", data={"points": endless, "reason": "A slip"})
    assert (adjusted.status_code, endless in adjusted.text) == (422, True)
    ruled = browser.post("/staff/points/rules", data={"expiry_kind": "none", "alone_max": endless, "why": "So"})
    assert (ruled.status_code, endless in ruled.text) == (422, True)
    tiers = browser.post("/staff/tiers", data={"window_months": endless, "grace_days": "30", "why": "So"})
    assert (tiers.status_code, endless in tiers.text) == (422, True)
