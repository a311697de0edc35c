"""Two people act at the same moment, each in a request of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.extensions import db
from portal.moderation.models import Case, Verdict
from portal.points.audit import audit_ledger
from portal.points.queries import balances
from portal.shares.models import Share, ShareState
from tests.accounts.factories import a_moderator
from tests.moderation.factories import A_REASON, a_case

ROUNDS = 3


def at_once(app: Flask, *requests: Callable[[], int]) -> list[int]:
    """The statuses of requests that are sent together."""
    together = Barrier(len(requests))

    def send(request: Callable[[], int]) -> int:
        with app.app_context():
            together.wait(timeout=10)
            return request()

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(send, requests))


def answering(browser: FlaskClient, case_id: str, version: int, verdict: Verdict) -> Callable[[], int]:
    data = {"verdict": verdict.value, "reason_code": A_REASON[verdict], "seen_version": version}
    return lambda: browser.post(f"/staff/review/{case_id}/decision", data=data).status_code


@pytest.mark.parametrize("others", [Verdict.DECLINE, Verdict.VERIFY])
def test_of_two_moderators_one_decides_and_the_other_is_told(app: Flask, client_of, others: Verdict) -> None:
    ines, jonas = client_of(a_moderator()), client_of(a_moderator())
    for _round in range(ROUNDS):
        case = a_case()
        case_id, person_id, version = case.id, case.person_id, case.lock_version
        db.session.rollback()

        statuses = at_once(
            app,
            answering(ines, case_id, version, Verdict.VERIFY),
            answering(jonas, case_id, version, others),
        )

        db.session.rollback()
        assert sorted(statuses) == [303, 409]
        decided = db.session.get_one(Case, case_id)
        db.session.refresh(decided)
        assert len(decided.decisions) == 1
        paid = decided.decisions[0].verdict == Verdict.VERIFY
        assert balances(person_id).available == (80 if paid else 0)
    assert audit_ledger()["violations"] == []


def test_a_fan_who_takes_it_back_meanwhile_and_the_moderator_never_both_win(app: Flask, client_of) -> None:
    moderator = client_of(a_moderator())
    for _round in range(ROUNDS):
        case = a_case()
        assert case.share is not None
        fan = client_of(case.person)
        case_id, person_id, share_id, version = case.id, case.person_id, case.share.id, case.lock_version
        db.session.rollback()

        decided, taken_back = at_once(
            app,
            answering(moderator, case_id, version, Verdict.VERIFY),
            lambda: fan.post(f"/shares/{share_id}/withdraw").status_code,  # noqa: B023  sent within this round
        )

        db.session.rollback()
        share = db.session.get_one(Share, share_id)
        db.session.refresh(share)
        assert {decided, taken_back} <= {303, 409}
        assert share.state in (ShareState.VERIFIED, ShareState.WITHDRAWN)
        assert balances(person_id).available == (80 if share.state == ShareState.VERIFIED else 0)
        assert (decided == 303) == (share.state == ShareState.VERIFIED)
    assert audit_ledger()["violations"] == []
