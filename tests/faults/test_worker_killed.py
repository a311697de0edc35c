"""The worker dies, hangs or is asked to end in the middle of a check: it is decided once and paid once (P-23, P-28)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.jobs import Job, JobState
from portal.kernel.unit_of_work import unit_of_work
from portal.points.models import Award
from portal.points.queries import balances
from portal.shares.models import Share, ShareChange, ShareState
from portal.shares.submitting import CHECK
from tests.faults.crowd import sign_in
from tests.faults.proof import the_ledger_is_right
from tests.faults.running import RunningPortal, alive_in_group
from tests.missions.factories import a_claim, a_mission
from tests.servers.postgres import PostgresServer
from tests.servers.process import wait_until

SLOW_SECONDS = 9
"""How long Perch keeps a worker waiting, unless it is switched back before. A worker gives up after ten."""

pytestmark = pytest.mark.faults

MakePortal = Callable[..., RunningPortal]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return {"database_url": server.create_database()}


def hand_in(portal: RunningPortal, *, slow: bool) -> str:
    """A fan hands a good post in; the share's id."""
    fan = portal.a_poster()
    claim = a_claim(a_mission(), fan)
    url = portal.publish(fan)
    if slow:
        portal.switch_perch("slow", seconds=SLOW_SECONDS)
    answer = sign_in(portal.app, portal.url, fan).post(f"/claims/{claim.id}/share", url=url)
    assert answer.status == 303
    return answer.location.rpartition("/")[2]


def state_of(share_id: str) -> str:
    db.session.commit()
    return db.session.scalars(select(Share.state).where(Share.id == share_id)).one()


def lease_of(share_id: str) -> str | None:
    db.session.commit()
    return db.session.scalars(select(Job.lease_token).where(Job.kind == CHECK, Job.key == share_id)).one_or_none()


def wait_until_somebody_reads(share_id: str) -> None:
    """A worker has the job and is out at Perch, which answers late."""
    wait_until(
        lambda: lease_of(share_id) is not None and state_of(share_id) == ShareState.CHECKING,
        what="in the middle of a check", deadline_seconds=60,
    )  # fmt: skip


def wait_until_nothing_else_is_done(share_id: str = "") -> None:
    """The worker's recurring work is behind it: frozen in the middle of that it would keep SQLite's one writer."""

    def is_quiet() -> bool:
        db.session.commit()
        others = select(func.count()).select_from(Job).where(Job.key != share_id)
        made = db.session.scalar(others.where(Job.key == "recurring")) or 0
        due = db.session.scalar(others.where(Job.state == JobState.WAITING, Job.due_at <= clock.now())) or 0
        return made > 0 and due == 0

    wait_until(is_quiet, what="nothing else to do", deadline_seconds=60)


def end_leases() -> None:
    """As if so much time had passed that nobody holds a job any more."""
    with unit_of_work():
        db.session.execute(update(Job).values(leased_until=clock.now() - timedelta(seconds=1)))


def wait_until_verified(share_id: str) -> None:
    wait_until(lambda: state_of(share_id) == ShareState.VERIFIED, what="verified", deadline_seconds=60)


def it_was_paid_once(share_id: str) -> None:
    share = db.session.get_one(Share, share_id)
    fan = db.session.get_one(Person, share.person_id)
    assert (balances(fan.id).available, balances(fan.id).pending) == (80, 40)
    assert len(db.session.scalars(select(Award).where(Award.person_id == fan.id)).all()) == 1
    steps = db.session.scalars(
        select(ShareChange.to_state).where(ShareChange.share_id == share_id).order_by(ShareChange.id)
    ).all()
    assert steps == [ShareState.RECEIVED, ShareState.CHECKING, ShareState.VERIFIED]
    the_ledger_is_right()


def test_a_worker_killed_in_the_middle_of_a_check(make_portal: MakePortal, database: dict[str, Any]) -> None:
    portal = make_portal(separate_worker=True, **database)
    share_id = hand_in(portal, slow=True)
    wait_until_somebody_reads(share_id)
    portal.worker.kill()
    assert state_of(share_id) == ShareState.CHECKING  # nothing is lost, and nothing was decided
    assert lease_of(share_id) is not None

    portal.switch_perch("normal")
    held = lease_of(share_id)
    portal.worker.start()  # its queue knows nothing of the job any more: the sweep finds the row
    wait_until_verified(hand_in(portal, slow=False))
    assert lease_of(share_id) == held  # but not while the first one might still be at it

    portal.worker.stop()
    end_leases()
    portal.worker.start()
    wait_until_verified(share_id)
    it_was_paid_once(share_id)
    assert lease_of(share_id) is None


def test_a_worker_that_outlives_its_lease_records_nothing(make_portal: MakePortal) -> None:
    portal = make_portal(separate_worker=True)
    wait_until_nothing_else_is_done()
    share_id = hand_in(portal, slow=True)
    wait_until_somebody_reads(share_id)
    wait_until_nothing_else_is_done(share_id)
    os.kill(portal.worker.pid, signal.SIGSTOP)
    first_lease = lease_of(share_id)
    portal.switch_perch("normal")
    end_leases()
    with portal.another_worker():
        wait_until_verified(share_id)
        os.kill(portal.worker.pid, signal.SIGCONT)
        wait_until(
            lambda: "job_lease_lost" in portal.worker.log or "job_failed" in portal.worker.log,
            what="the first worker comes back with what it read", deadline_seconds=60,
        )  # fmt: skip
    assert "job_lease_lost" in portal.worker.log
    assert first_lease is not None
    it_was_paid_once(share_id)


def test_a_worker_asked_to_end_finishes_what_it_is_at(make_portal: MakePortal) -> None:
    portal = make_portal(separate_worker=True)
    share_id = hand_in(portal, slow=True)
    wait_until_somebody_reads(share_id)
    assert portal.worker.stop(patience_seconds=120, once_asked=partial(portal.switch_perch, "normal")) == 0
    assert state_of(share_id) == ShareState.VERIFIED
    it_was_paid_once(share_id)


def test_a_server_asked_to_end_lets_its_worker_finish_and_leaves_nobody_behind(make_portal: MakePortal) -> None:
    portal = make_portal()
    share_id = hand_in(portal, slow=True)
    wait_until_somebody_reads(share_id)
    group = portal.server.pid
    assert portal.server.stop(patience_seconds=120, once_asked=partial(portal.switch_perch, "normal")) == 0
    assert state_of(share_id) == ShareState.VERIFIED
    leaves_nobody_behind(portal, group)

    portal.server.start()  # at once: its ports and its pid file are free
    wait_until_verified(hand_in(portal, slow=False))
    it_was_paid_once(share_id)


def leaves_nobody_behind(portal: RunningPortal, group: int) -> None:
    wait_until(lambda: not alive_in_group(group), what=f"nobody of {group} is left", deadline_seconds=60)
    wait_until(portal.is_quiet, what="nobody listens", deadline_seconds=60)


def test_a_server_killed_in_the_middle_of_a_check_starts_again_at_once(make_portal: MakePortal) -> None:
    portal = make_portal()
    share_id = hand_in(portal, slow=True)
    wait_until_somebody_reads(share_id)
    group = portal.server.pid
    portal.server.kill()
    leaves_nobody_behind(portal, group)

    end_leases()
    portal.server.start()
    wait_until_verified(share_id)
    it_was_paid_once(share_id)
