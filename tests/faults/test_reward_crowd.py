"""The last code, the last of each sort, the last places and everybody's last points, wanted by many real clients at
once over HTTP from the web processes of one portal (issue 5; PROMISES P-22, P-24)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel.base import new_id
from portal.points.queries import balances
from portal.rewards.fulfilment.code import codes_in_pool
from portal.rewards.kind_models import Parcel, Ticket
from portal.rewards.models import Redemption, Reward
from portal.rewards.variants import variants_of
from tests.faults.crowd import Answer, Client, sign_in, statuses
from tests.faults.proof import the_ledger_is_right
from tests.faults.running import RunningPortal
from tests.rewards.factories import ADDRESS, a_person_with_points, a_reward, a_thing, an_experience

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

POINTS_OF_EACH, PRICE = 100, 60
"""Enough for one thing and not for two: whoever wins one is refused the others for want of points."""

Wanted = tuple[str, dict[str, str]]


def go_shopping(client: Client, things: Sequence[Wanted], *, ready: threading.Barrier) -> list[Answer]:
    """Ask for each thing, one after the other, the first when everybody is there."""
    barriers = [ready, *[None] * (len(things) - 1)]
    return [
        client.post(f"/rewards/{reward}/redeem", ready=barrier, idempotency_key=new_id(), price_points=PRICE, **details)
        for (reward, details), barrier in zip(things, barriers, strict=True)
    ]


@pytest.mark.parametrize("many", [pytest.param(16, id="16"), pytest.param(200, id="200", marks=pytest.mark.soak)])
def test_the_last_of_everything_goes_to_exactly_as_many_as_there_are(portal: RunningPortal, many: int) -> None:
    kit, evening = a_reward(codes=2, price_points=PRICE), an_experience(places=2, price_points=PRICE)
    hat = a_thing(stock={"M": 1, "L": 1}, price_points=PRICE)
    medium, large = [each.id for each in variants_of(hat.id)]
    people = [a_person_with_points(POINTS_OF_EACH) for _ in range(many)]
    clients = [sign_in(portal.app, portal.url, person) for person in people]
    things: list[Wanted] = [
        (kit.id, {}), (hat.id, {**ADDRESS, "variant": medium}), (evening.id, {}),
        (hat.id, {**ADDRESS, "variant": large}),
    ]  # fmt: skip
    ready = threading.Barrier(many)
    shoppers = [
        partial(go_shopping, client, things[number % 4 :] + things[: number % 4], ready=ready)
        for number, client in enumerate(clients)
    ]
    db.session.commit()
    with ThreadPoolExecutor(many) as pool:
        answers = [answer for shopper in [pool.submit(each) for each in shoppers] for answer in shopper.result()]

    assert statuses(answers) == {303: 6, 409: 4 * many - 6}
    db.session.commit()
    had = db.session.scalars(select(Redemption).where(Redemption.person_id.in_([person.id for person in people]))).all()
    assert len({mine.person_id for mine in had}) == len(had) == 6
    for reward in (kit, hat, evening):
        assert db.session.get_one(Reward, reward.id, populate_existing=True).stock == 0
        assert sum(mine.reward_id == reward.id for mine in had) == 2
    assert [each.stock for each in variants_of(hat.id)] == [0, 0]
    assert codes_in_pool(kit.id) == (0, 2)
    ids = [mine.id for mine in had]
    for kept in (Parcel, Ticket):
        assert db.session.scalar(select(func.count()).where(kept.redemption_id.in_(ids))) == 2
    winners = {mine.person_id for mine in had}
    for person in people:
        spent = PRICE if person.id in winners else 0
        left = balances(person.id)
        assert left.available == POINTS_OF_EACH - spent
    the_ledger_is_right()
