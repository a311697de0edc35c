"""A worker process dies by `kill -9` while Stripe does what it was asked for: one code is made, once (P-23, P-27)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.kernel.base import new_id
from portal.points.queries import balances
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.stripe.models import CodeState, PromotionGiven
from tests.faults.crowd import sign_in
from tests.faults.proof import the_ledger_is_right
from tests.faults.running import RunningPortal
from tests.faults.test_worker_killed import end_leases
from tests.rewards.factories import a_person_with_points
from tests.rewards.stripe.factories import a_promotion
from tests.servers.postgres import PostgresServer
from tests.servers.process import wait_until
from tests.servers.stripe import KEY, StripeServer

pytestmark = pytest.mark.faults

MADE = "/v1/promotion_codes"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return {"database_url": server.create_database()}


def state_of(redemption_id: str) -> str:
    db.session.commit()
    return db.session.scalars(select(Redemption.state).where(Redemption.id == redemption_id)).one()


def test_a_worker_killed_while_stripe_makes_the_code(
    make_portal: Callable[..., RunningPortal], stripe_server: StripeServer, database: dict[str, Any]
) -> None:
    at_stripe = {"stripe_key": KEY, "stripe_webhook_secret": "whsec_of_the_tests", "stripe_api": stripe_server.url,
                 "stripe_checkout": stripe_server.url}  # fmt: skip
    portal = make_portal(separate_worker=True, **at_stripe, **database)
    person, reward = a_person_with_points(100), a_promotion(price_points=100)
    stripe_server.fail(MADE, "act_then_hang", seconds=20)
    answer = sign_in(portal.app, portal.url, person).post(
        f"/rewards/{reward.id}/redeem", idempotency_key=new_id(), price_points=100
    )
    assert answer.status == 303
    order = answer.location.rpartition("/")[2]
    wait_until(
        lambda: len(stripe_server.requests(MADE, "POST")) == 1, what="Stripe makes the code", deadline_seconds=60
    )
    portal.worker.kill()
    assert state_of(order) == RedemptionState.APPROVED  # nothing is lost: Stripe has the code and we don't know it

    end_leases()
    portal.worker.start()
    wait_until(lambda: state_of(order) == RedemptionState.FULFILLED, what="the code is theirs", deadline_seconds=90)
    made = [each for each in stripe_server.all_of(MADE) if each["metadata"]["redemption"] == order]
    assert [code["active"] for code in made] == [True]
    given = db.session.get_one(PromotionGiven, order)
    assert (given.state, given.promotion_id) == (CodeState.WORKS, made[0]["id"])
    assert balances(person.id).available == 0
    the_ledger_is_right()
