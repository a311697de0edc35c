"""A view that reads before it writes holds up nobody while it reads, and believes nothing that it read before."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, update

from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.missions import claims
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.errors import ClaimMoved
from portal.shares.models import Share
from tests.accounts.factories import a_fan
from tests.missions.factories import a_claim
from tests.shares.factories import perch_id, perch_url


def test_only_its_unit_of_work_takes_the_write_lock(sqlite_app: Flask, client_of) -> None:
    fan = a_fan()
    claim_id = a_claim(person=fan).id
    browser, sent = client_of(fan), []

    def note(_connection, _cursor, statement, *_rest) -> None:
        sent.append(" ".join(statement.split()))

    event.listen(db.engine, "before_cursor_execute", note)
    answer = browser.post(f"/claims/{claim_id}/share", data={"url": perch_url(perch_id())})
    event.remove(db.engine, "before_cursor_execute", note)

    assert answer.status_code == 303
    locked = sent.index("BEGIN IMMEDIATE")
    assert sent[locked - 1] == "COMMIT", "what was read is over"
    before, under = sent[:locked], sent[locked + 1 :]
    assert sum("FROM login_session" in statement for statement in before) == 1
    assert not [statement for statement in under if "login_session" in statement or "FROM person" in statement]
    assert [statement.split()[2] for statement in under if statement.startswith("INSERT")] == [
        "share", "share_change", "claim_change", "job",
    ]  # fmt: skip
    assert len([statement for statement in under if statement.startswith("SELECT")]) <= 3
    assert not [statement for statement in before if statement.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_other_unsafe_requests_take_it_at_once(sqlite_app: Flask, client_of) -> None:
    fan = a_fan()
    claim_id = a_claim(person=fan).id
    browser, sent = client_of(fan), []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _u, statement, *_rest: sent.append(statement))
    browser.post(f"/claims/{claim_id}/draft", data={"url": "https://perch.example/@ada/1"})
    assert sent[0] == "BEGIN IMMEDIATE"
    db.engine.dispose()


@pytest.mark.parametrize("meanwhile", [ClaimState.RELEASED, ClaimState.EXPIRED, ClaimState.FULFILLED])
def test_a_claim_that_ended_since_it_was_read_takes_nothing(app: Flask, now, meanwhile: ClaimState) -> None:
    claim = a_claim(person=a_fan())
    claim_id = claim.id
    with unit_of_work():
        assert claim.state == ClaimState.ACTIVE
        db.session.execute(
            update(Claim)
            .where(Claim.id == claim_id)
            .values(state=meanwhile, ended_at=now)
            .execution_options(synchronize_session=False)
        )
        with pytest.raises(ClaimMoved):
            claims.stop_clock(claim, now=now)
    assert db.session.query(Share).count() == 0


def test_a_claim_whose_clock_another_request_stopped_stays_stopped(app: Flask, now) -> None:
    claim = a_claim(person=a_fan())
    claim_id = claim.id
    with unit_of_work():
        assert claim.state == ClaimState.ACTIVE
        db.session.execute(
            update(Claim)
            .where(Claim.id == claim_id)
            .values(state=ClaimState.SUBMITTED, clock_stopped_at=now)
            .execution_options(synchronize_session=False)
        )
        claims.stop_clock(claim, now=now)
        assert (claim.state, claim.clock_stopped_at) == (ClaimState.SUBMITTED, now)
