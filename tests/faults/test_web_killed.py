"""Web processes, the server and the database die while people redeem: what was answered is there, once (P-28, P-31)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.base import new_id
from portal.points.queries import balances
from portal.rewards.models import Redemption
from tests.faults.crowd import Answer, Client, sign_in
from tests.faults.proof import stock_is_right, the_ledger_is_right
from tests.faults.running import RunningPortal
from tests.rewards.factories import a_person_with_points, a_reward
from tests.servers.postgres import PostgresServer
from tests.servers.process import wait_until
from tests.servers.redis import RedisServer

FANS, EACH = 6, 5
PRICE = 10

pytestmark = pytest.mark.faults

MakePortal = Callable[..., RunningPortal]


class Rush:
    """Some fans redeem, each several times one after the other, pressing again until they get an answer."""

    def __init__(self, portal: RunningPortal) -> None:
        self.reward = a_reward(codes=FANS * EACH + 5, price_points=PRICE, per_person_max=EACH)
        self.reward_id = self.reward.id
        self.fans = [a_person_with_points(EACH * PRICE).id for _ in range(FANS)]
        self.clients = [sign_in(portal.app, portal.url, db.session.get_one(Person, fan)) for fan in self.fans]
        self.answers: list[Answer] = []
        self._kept = threading.Lock()
        db.session.commit()

    def run_while(self, breaking: Callable[[], None]) -> None:
        with ThreadPoolExecutor(FANS) as pool:
            running = [pool.submit(self._redeem, client) for client in self.clients]
            breaking()
            for each in running:
                each.result()

    def _redeem(self, client: Client) -> None:
        for _ in range(EACH):
            path, key = f"/rewards/{self.reward_id}/redeem", new_id()
            answer = client.post_until_answered(path, within_seconds=100, idempotency_key=key, price_points=PRICE)
            with self._kept:
                self.answers.append(answer)

    def wait_for(self, answers: int) -> None:
        wait_until(lambda: len(self.answers) >= answers, what=f"{answers} answers", deadline_seconds=100)

    def all_is_there_once(self) -> None:
        assert [answer.status for answer in self.answers] == [303] * (FANS * EACH)
        told = [answer.location.rpartition("/")[2] for answer in self.answers]
        assert len(set(told)) == len(told)
        assert stock_is_right(self.reward) == FANS * EACH
        kept = set(db.session.scalars(select(Redemption.id).where(Redemption.reward_id == self.reward_id)))
        assert kept == set(told)
        assert all(balances(fan).available == 0 for fan in self.fans)
        the_ledger_is_right()


def test_web_workers_killed_while_people_redeem(make_portal: MakePortal) -> None:
    portal = make_portal()
    rush = Rush(portal)

    def break_it() -> None:
        for answers in (3, 10, 17):
            rush.wait_for(answers)
            portal.kill_a_web_worker()

    rush.run_while(break_it)
    rush.all_is_there_once()


def test_the_server_killed_while_people_redeem(make_portal: MakePortal) -> None:
    portal = make_portal()
    rush = Rush(portal)

    def break_it() -> None:
        rush.wait_for(5)
        portal.server.kill()
        portal.server.start()

    rush.run_while(break_it)
    rush.all_is_there_once()


def test_the_database_killed_while_people_redeem(
    make_postgres: Callable[..., PostgresServer], make_portal: MakePortal
) -> None:
    database = make_postgres(durable=True)
    portal = make_portal(database_url=database.create_database())
    rush = Rush(portal)

    def break_it() -> None:
        rush.wait_for(5)
        database.kill()
        away = Client(portal.url).get("/readyz")
        assert (away.status, away.retry_after) == (503, "10")
        assert "<html" in away.text
        database.start()
        portal.wait_until_ready()  # unaided
        db.engine.dispose()

    rush.run_while(break_it)
    rush.all_is_there_once()


def test_without_redis_nothing_is_written_uncounted(tmp_path: Path, make_portal: MakePortal) -> None:
    redis = RedisServer(log=tmp_path / "redis.log").start()
    try:
        portal = make_portal(redis_url=redis.url)
        fan = a_person_with_points(PRICE)
        reward = a_reward(price_points=PRICE)
        client, path = sign_in(portal.app, portal.url, fan), f"/rewards/{reward.id}/redeem"
        redis.process.kill()
        refused = client.post(path, idempotency_key=new_id(), price_points=PRICE)
        assert (refused.status, refused.retry_after) == (503, "10")
        assert "<html" in refused.text
        assert client.get(f"/rewards/{reward.id}").status == 200  # reading goes on
        assert stock_is_right(reward) == 0
        redis.start()
        assert client.post(path, idempotency_key=new_id(), price_points=PRICE).status == 303
        assert stock_is_right(reward) == 1
    finally:
        redis.stop()
