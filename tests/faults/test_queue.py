"""The queue is a hint: over each of its three stores a job runs, and one that the queue forgot is found (P-31)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from tests.faults.running import RunningPortal
from tests.faults.test_worker_killed import hand_in, it_was_paid_once, wait_until_verified
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.faults

MakePortal = Callable[..., RunningPortal]


def forget_on_disk(portal: RunningPortal) -> None:
    for file in portal.folder.glob("queue.db*"):
        file.unlink()


@pytest.mark.parametrize("store", ["sqlite", "postgresql", "redis"])
def test_a_job_runs_and_one_that_the_queue_forgot_is_found(
    store: str, make_portal: MakePortal, request: pytest.FixtureRequest
) -> None:
    url, forget = "", forget_on_disk
    if store == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.create_database()

        def forget(_portal: RunningPortal) -> None:
            server.drop(url)
            server.create_database(name=url.rpartition("/")[2])

    elif store == "redis":
        url = request.getfixturevalue("redis_server").url

        def forget(_portal: RunningPortal) -> None:
            with redis.Redis.from_url(url) as connection:
                connection.flushall()

    portal = make_portal(separate_worker=True, queue_url=url)
    share_id = hand_in(portal, slow=False)
    wait_until_verified(share_id)
    it_was_paid_once(share_id)

    portal.worker.stop()
    forgotten = hand_in(portal, slow=False)
    if store != "redis":
        portal.server.stop()  # nothing holds the file or the database any more
        forget(portal)
        portal.server.start()
    else:
        forget(portal)
    portal.worker.start()  # sweeps at its start, then every minute
    wait_until_verified(forgotten)
    it_was_paid_once(forgotten)
