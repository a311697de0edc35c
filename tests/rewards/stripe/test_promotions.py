"""Promotion codes: made at Stripe once, for one redemption; switched off where the points went back."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.points.audit import audit_ledger
from portal.points.queries import balances
from portal.rewards import promoting, redeeming, steps
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.jobs import fulfil_redemption
from portal.rewards.models import Redemption, RedemptionState, RedemptionStep, RewardKind
from portal.rewards.refusals import CancellationRefused
from portal.rewards.stripe import terms
from portal.rewards.stripe.models import CodeState, PromotionGiven
from portal.rewards.stripe.port import PromotionCode
from portal.rewards.stripe.terms import Gives
from tests.accounts.factories import a_marketer
from tests.rewards.factories import a_person_with_points
from tests.rewards.stripe.factories import a_promotion, redeemed
from tests.rewards.stripe.telling import Telling

CODES = "/v1/promotion_codes"
S, C = RedemptionState, CodeState


def state_of(redemption_id: str) -> tuple[str, str]:
    db.session.rollback()
    given = db.session.get_one(PromotionGiven, redemption_id)
    return db.session.get_one(Redemption, redemption_id).state, given.state


def cancel(redemption: Redemption) -> None:
    with unit_of_work():
        redeeming.cancel(db.session.get_one(Redemption, redemption.id), now=clock.now())


def test_a_redemption_makes_a_code_that_works_once(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    assert state_of(mine.id) == (S.APPROVED, C.WANTED)
    assert stripe.server.requests() == []
    jobs.run_due()
    assert state_of(mine.id) == (S.FULFILLED, C.WORKS)
    (made,) = stripe.server.all_of(CODES)
    assert (made["max_redemptions"], made["metadata"], made["customer"]) == (1, {"redemption": mine.id}, None)
    assert made["expires_at"] == int(clock.now().timestamp()) + 90 * 86400
    assert stripe.server.ask("GET", f"/v1/coupons/{made['promotion']['coupon']}")["percent_off"] == 20
    assert promoting.code_of(mine.id) == made["code"]
    keys = [each["idempotency_key"] for each in stripe.server.requests(CODES, "POST")]
    assert keys == [f"promotion:{mine.id}"]

    stripe.server.use_promotion_code(made["id"])
    with pytest.raises(requests.HTTPError):
        stripe.server.use_promotion_code(made["id"])
    assert balances(mine.person_id).available == 0
    assert audit_ledger()["violations"] == []


def test_the_code_is_sealed_at_rest(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    jobs.run_due()
    code = promoting.code_of(mine.id)
    given = db.session.get_one(PromotionGiven, mine.id)
    assert code not in given.sealed
    assert code not in given.digest


def test_codes_of_one_reward_share_a_coupon_and_new_terms_make_a_new_one(sqlite_app: Flask, stripe: Telling) -> None:
    reward, staff = a_promotion(), a_marketer()
    redeemed(reward)
    redeemed(reward)
    jobs.run_due()
    with unit_of_work():
        new = Gives(None, 500, None, valid_days=30, for_customer=False)
        terms.set_promotion(reward, new, currency="gbp", actor=staff)
    redeemed(reward)
    jobs.run_due()
    with unit_of_work():
        other = Gives(30, None, None, valid_days=30, for_customer=False)
        terms.set_promotion(reward, other, currency="gbp", actor=staff)
    redeemed(reward)
    jobs.run_due()
    coupons = [each["promotion"]["coupon"] for each in reversed(stripe.server.all_of(CODES))]
    assert coupons[0] == coupons[1] != coupons[2]
    gives = [stripe.server.ask("GET", f"/v1/coupons/{coupon}") for coupon in coupons]
    assert [(each["percent_off"], each["amount_off"]) for each in gives] == [
        (20, None), (20, None), (None, 500), (30, None),
    ]  # fmt: skip
    assert len(stripe.server.all_of("/v1/coupons")) == 3


def test_a_coupon_of_the_brands_own_is_used_as_it_is(sqlite_app: Flask, stripe: Telling) -> None:
    coupon = stripe.server.add_coupon(id="WINTER", percent_off=15, max_redemptions=2)
    redeemed(a_promotion(coupon_id=coupon))
    jobs.run_due()
    assert [each["promotion"]["coupon"] for each in stripe.server.all_of(CODES)] == ["WINTER"]
    assert len(stripe.server.all_of("/v1/coupons")) == 1


@pytest.mark.parametrize(("known", "is_theirs"), [(1, True), (0, False), (2, False)])
def test_it_is_for_the_one_customer_that_stripe_knows(
    sqlite_app: Flask, stripe: Telling, known: int, is_theirs: bool
) -> None:
    ada = a_person_with_points(100)
    with unit_of_work():
        ada.email = "ada@example.org"
    customers = [stripe.server.add_customer(email="ada@example.org") for _ in range(known)]
    stripe.server.add_customer(email="bo@example.org")
    redeemed(a_promotion(for_customer=True), ada)
    jobs.run_due()
    (made,) = stripe.server.all_of(CODES)
    assert made["customer"] == (customers[0] if is_theirs else None)


def test_a_code_for_anybody_tells_stripe_nobodys_address(sqlite_app: Flask, stripe: Telling) -> None:
    ada = a_person_with_points(100)
    with unit_of_work():
        ada.email = "ada@example.org"
    stripe.server.add_customer(email="ada@example.org")
    mine = redeemed(a_promotion(), ada)
    with pytest.raises(LookupError):
        promoting.code_of(mine.id)  # it does not work yet, so nobody is shown it
    jobs.run_due()
    assert [each["customer"] for each in stripe.server.all_of(CODES)] == [None]
    assert stripe.server.requests("/v1/customers", "GET") == []


def test_what_stripe_refuses_gives_points_back_and_says_why(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion(coupon_id="GONE"))
    jobs.run_due()
    assert state_of(mine.id)[0] == S.FAILED
    assert balances(mine.person_id).available == 100
    said = fulfilment_of(RewardKind.PROMOTION).status(db.session.get_one(Redemption, mine.id))
    assert "could not make this code" in said
    step = db.session.scalars(select(RedemptionStep).order_by(RedemptionStep.id.desc())).first()
    assert step is not None
    assert (step.code, step.to_state) == ("stripe_refused", "failed")
    stripe.pass_time(minutes=2)
    jobs.run_due()
    assert state_of(mine.id) == (S.FAILED, C.OFF)
    assert audit_ledger()["violations"] == []


LOST: list[dict[str, Any]] = [
    {"mode": "act_then_drop"}, {"mode": "act_then_hang", "seconds": 2}, {"mode": "drop"},
    *[{"mode": "status", "status": status} for status in (500, 429, 401)],
]  # fmt: skip


@pytest.mark.parametrize("trouble", LOST)
@pytest.mark.parametrize("keys_are_kept", [True, False])
def test_a_lost_answer_makes_no_second_code(
    sqlite_app: Flask, stripe: Telling, trouble: dict[str, Any], keys_are_kept: bool
) -> None:
    mine = redeemed(a_promotion())
    stripe.server.fail(CODES, **trouble)
    with stripe.losing_patience():
        jobs.run_due()
    assert state_of(mine.id) == (S.APPROVED, C.WANTED)
    if not keys_are_kept:
        stripe.server.forget_idempotency_keys()
    stripe.pass_time(minutes=5)
    jobs.run_due()
    assert state_of(mine.id) == (S.FULFILLED, C.WORKS)
    (made,) = stripe.server.all_of(CODES)
    assert made["code"] == promoting.code_of(mine.id)


def test_undone_before_it_was_seen_the_code_works_no_more(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    jobs.run_due()
    cancel(mine)
    assert balances(mine.person_id).available == 100
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    (made,) = stripe.server.all_of(CODES)
    assert made["active"] is False
    with pytest.raises(requests.HTTPError):
        stripe.server.use_promotion_code(made["id"])


def test_undone_while_stripe_is_silent_whatever_it_made_is_switched_off(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    stripe.server.fail(CODES, "act_then_drop")
    jobs.run_due()
    cancel(mine)
    jobs.run_due()
    stripe.pass_time(minutes=1)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    assert [each["active"] for each in stripe.server.all_of(CODES)] == [False]


def code_by_hand(stripe: Telling, redemption: Redemption, **fields: Any) -> None:
    """A code with the very letters of the redemption's, made at Stripe without our hearing of it."""
    given = db.session.get_one(PromotionGiven, redemption.id)
    coupon = stripe.server.add_coupon(percent_off=15)
    wanted = {"type": "coupon", "coupon": coupon}
    stripe.server.ask("POST", CODES, promotion=wanted, code=promoting.box().open(given.sealed), **fields)


def test_a_request_that_arrives_after_all_leaves_no_code_that_works(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    stripe.server.fail(CODES, "drop")
    jobs.run_due()
    cancel(mine)
    jobs.run_due()
    code_by_hand(stripe, mine, metadata={"redemption": mine.id})
    stripe.pass_time(minutes=1)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    assert [each["active"] for each in stripe.server.all_of(CODES)] == [False]


def test_a_code_of_the_brands_own_is_not_switched_off_with_ours(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    stripe.server.fail(CODES, "drop")
    jobs.run_due()
    code_by_hand(stripe, mine)
    cancel(mine)
    stripe.pass_time(minutes=1)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    assert [each["active"] for each in stripe.server.all_of(CODES)] == [True]


def test_undone_while_the_worker_is_at_it(app: Flask, stripe: Telling) -> None:
    """The worker comes back with a code for what was given back meanwhile."""
    mine = redeemed(a_promotion())
    lease = jobs.Lease("j", redeeming.FULFIL, mine.id, {}, 1, 1, "t", last_try=False)
    record = fulfil_redemption(lease)
    assert record is not None
    cancel(mine)
    with unit_of_work():
        record()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF_DUE)
    stripe.pass_time(minutes=1)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    assert [each["active"] for each in stripe.server.all_of(CODES)] == [False]
    assert balances(mine.person_id).available == 100


def test_a_code_that_was_used_before_staff_gave_the_points_back_is_told(app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    jobs.run_due()
    with unit_of_work():
        redeeming.reveal(mine, now=clock.now())
    stripe.server.use_promotion_code(stripe.server.all_of(CODES)[0]["id"])
    with unit_of_work():
        steps.move(
            db.session.get_one(Redemption, mine.id), S.CANCELLED, actor_id=None, now=clock.now(), message="Asked for"
        )
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.USED)
    codes = list(db.session.scalars(select(RedemptionStep.code).order_by(RedemptionStep.id)))
    assert codes[-1] == "code_was_used"


def test_a_seen_code_can_not_be_given_back_by_its_owner(sqlite_app: Flask, stripe: Telling) -> None:
    mine = redeemed(a_promotion())
    jobs.run_due()
    with unit_of_work():
        redeeming.reveal(mine, now=clock.now())
    with pytest.raises(CancellationRefused):
        cancel(mine)


def test_a_code_that_is_switched_off_stays_so_whatever_a_late_answer_says(sqlite_app: Flask, stripe: Telling) -> None:
    """Two workers may switch one code off; the slower one's answer is older than what is written down."""
    mine = redeemed(a_promotion())
    jobs.run_due()
    cancel(mine)
    jobs.run_due()
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    steps_before = list(db.session.scalars(select(RedemptionStep.code).order_by(RedemptionStep.id)))
    used = PromotionCode("promo_late", "X", is_active=False, times_used=1, reference=mine.id, expires_at=None)
    with unit_of_work():
        promoting.switched_off(mine.id, used, now=clock.now())
    assert state_of(mine.id) == (S.CANCELLED, C.OFF)
    assert list(db.session.scalars(select(RedemptionStep.code).order_by(RedemptionStep.id))) == steps_before
