"""The door for webhooks: what Stripe signed is heard once; anybody else learns nothing (PROMISES P-18)."""

from __future__ import annotations

import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from stripe import WebhookSignature

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.rewards import payment_views
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.stripe import SANDBOX_SECRET
from portal.rewards.stripe.hearing import HeardMeanwhile
from portal.rewards.stripe.models import StripeEvent
from portal.rewards.stripe.port import Stripe
from tests.rewards.stripe.factories import a_fleece, redeemed
from tests.rewards.stripe.telling import Telling


def heard() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(StripeEvent)) or 0


def an_event(**changes: Any) -> dict[str, Any]:
    about = {"id": "cs_test_1", "object": "checkout.session", "client_reference_id": "somebody-else's"}
    event = {
        "id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": "checkout.session.completed",
        "created": int(clock.now().timestamp()), "livemode": False, "data": {"object": about},
    }  # fmt: skip
    return {**event, **changes}


def test_a_signed_event_is_written_down_once_and_answered_at_once(app: Flask, stripe: Telling) -> None:
    event = an_event()
    assert [stripe.post(event).get_json() for _ in range(3)] == [{"heard": True}, {"heard": False}, {"heard": False}]
    assert heard() == 1
    assert stripe.server.requests() == []  # the answer did not wait for Stripe


def test_what_nobody_signed_is_refused_and_changes_nothing(sqlite_app: Flask, stripe: Telling) -> None:
    event = an_event()
    for secret, signature in (("whsec_wrong", None), (SANDBOX_SECRET, ""), (SANDBOX_SECRET, "t=1,v1=00")):
        answer = stripe.post(event, secret=secret, signature=signature)
        assert answer.status_code == 400
        assert event["id"] not in answer.text
    assert heard() == 0


def test_an_old_one_is_refused(sqlite_app: Flask, stripe: Telling) -> None:
    event = an_event()
    old = int((clock.now() - timedelta(seconds=301)).timestamp())
    signature = WebhookSignature.generate_signature_header(json.dumps(event), SANDBOX_SECRET, timestamp=old)
    assert stripe.post(event, signature=str(signature)).status_code == 400


@pytest.mark.parametrize(
    "event",
    [
        [], {}, {"id": "evt_1"}, {"id": 7, "type": "x", "data": {}}, {"data": {"object": []}},
        an_event(id="evt\n1"), an_event(id="e" * 300), an_event(created="soon"), an_event(created=10**30),
        an_event(data={"object": {"id": {"a": 1}}}), an_event(data=None),
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused(sqlite_app: Flask, stripe: Telling, event: Any) -> None:
    assert stripe.post(event).status_code == 400
    assert heard() == 0


def test_events_of_another_mode_kind_or_program_do_nothing(sqlite_app: Flask, stripe: Telling) -> None:
    assert stripe.post(an_event(livemode=True)).get_json() == {"heard": False}
    assert stripe.post(an_event(type="customer.created")).get_json() == {"heard": False}
    assert heard() == 0
    assert stripe.post(an_event()).get_json() == {"heard": True}
    jobs.run_due()
    assert jobs.failed_jobs() == []
    assert db.session.scalars(select(StripeEvent.handled_at)).one() is not None


def test_what_was_only_tried_out_means_nothing_to_a_live_account(sqlite_app: Flask, stripe: Telling) -> None:
    before = sqlite_app.extensions["portal_stripe"]
    sqlite_app.extensions["portal_stripe"] = Stripe("sk_live_1", checkout="https://checkout.stripe.com")
    assert stripe.post(an_event()).get_json() == {"heard": False}
    assert stripe.post(an_event(livemode=True)).get_json() == {"heard": True}
    sqlite_app.extensions["portal_stripe"] = before


def test_who_writes_an_event_down_a_moment_later_has_heard_it_before(
    sqlite_app: Flask, stripe: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(_event: object, *, now: object) -> bool:
        raise HeardMeanwhile

    monkeypatch.setattr(payment_views, "hear", too_late)
    answer = stripe.post(an_event())
    assert (answer.status_code, answer.get_json()) == (200, {"heard": False})


def test_a_form_or_a_large_body_is_no_webhook(sqlite_app: Flask, stripe: Telling) -> None:
    client = sqlite_app.test_client()
    assert client.post("/webhooks/stripe", data={"a": "b"}).status_code == 400
    assert client.post("/webhooks/stripe", data=b"x" * 300_000, content_type="application/json").status_code == 413
    assert client.get("/webhooks/stripe").status_code == 404


def test_where_stripe_is_not_set_up_there_is_no_door(
    sqlite_app: Flask, stripe: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = sqlite_app.config["SETTINGS"].model_copy(update={"sandbox": False})
    monkeypatch.setitem(sqlite_app.config, "SETTINGS", without)
    assert stripe.post(an_event()).status_code == 404


def test_the_same_event_told_many_times_at_once_is_heard_once(app: Flask, stripe: Telling) -> None:
    mine_id = redeemed(a_fleece()).id
    stripe.pay(mine_id)
    (event,) = stripe.events()
    db.session.remove()
    ready = threading.Barrier(6)

    def tell() -> tuple[int, bool]:
        with app.app_context():
            ready.wait(20)
            answer = stripe.post(event)
            return answer.status_code, answer.status_code == 200 and answer.get_json()["heard"]

    with ThreadPoolExecutor(6) as pool:
        answers = [each.result() for each in [pool.submit(tell) for _ in range(6)]]
    assert {status for status, _was_new in answers} == {200}
    assert [was_new for _status, was_new in answers].count(True) == 1
    jobs.run_due()
    assert heard() == 1
    assert db.session.get_one(Redemption, mine_id).state == RedemptionState.FULFILLED


def test_events_are_forgotten_after_sixty_days(sqlite_app: Flask, stripe: Telling) -> None:
    stripe.post(an_event())
    jobs.keep_recurring_scheduled()
    stripe.pass_time(days=59)
    jobs.run_due()
    assert heard() == 1
    stripe.pass_time(days=2)
    jobs.run_due()
    assert heard() == 0
