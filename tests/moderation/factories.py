"""Cases for the tests of every room, opened by the transition that opens them in life. Each function commits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.desk import open_case_of
from portal.moderation.models import Case, Decision, Verdict
from portal.moderation.reasons import AS_ASKED
from portal.moderation.reviewing import decide
from portal.moderation.standing import counting_open
from portal.shares.appealing import appeal
from portal.shares.models import Outcome, Share, ShareState
from tests.shares.factories import a_share

UNSURE = {"disclosed": Outcome.UNKNOWN}
"""What the checks could not tell about a share that needs a person."""

A_REASON = {
    Verdict.VERIFY: AS_ASKED,
    Verdict.ASK_CHANGE: "clearer_disclosure",
    Verdict.DECLINE: "another_subject",
}


def open_count(person: Person) -> int:
    """How many cases the navigation says wait for this person."""
    return db.session.execute(counting_open(person.permissions), {"now": clock.now()}).scalar_one()


def a_case(share: Share | None = None, **about: Any) -> Case:
    """An open case of a share that the checks could not tell about; `about` as `a_share` takes it."""
    share = share or a_share(state=ShareState.NEEDS_REVIEW, **{"outcomes": UNSURE, **about})
    case = open_case_of(share.id)
    assert case is not None
    return case


def a_decision(
    case: Case | None = None, *, moderator: Person, verdict: Verdict = Verdict.VERIFY, message: str = ""
) -> Decision:
    """A decision on `case`, made now."""
    case = case or a_case()
    with unit_of_work():
        return decide(
            case, moderator=moderator, verdict=verdict, reason_code=A_REASON[verdict], message=message,
            seen_version=case.lock_version, now=clock.now(),
        )  # fmt: skip


def an_appeal(*, declined_by: Person, text: str = "It says so in its second word.", **about: Any) -> Case:
    """The open case of an appeal against `declined_by`'s decision."""
    decision = a_decision(a_case(**about), moderator=declined_by, verdict=Verdict.DECLINE)
    share = decision.case.share
    assert share is not None
    with unit_of_work():
        appeal(share, person=share.person, text=text, now=clock.now())
    return a_case(share)


def many_cases(count: int) -> list[str]:
    """One case and as many more of shares that are alike, due a minute apart; their ids in the order of the queue."""
    case = a_case()
    share = case.share
    assert share is not None
    with unit_of_work():
        columns = {column.name: getattr(share, column.name) for column in share.__table__.columns}
        claim = {column.name: getattr(share.claim, column.name) for column in share.claim.__table__.columns}
        person = {column.name: getattr(case.person, column.name) for column in Person.__table__.columns}
        opened = {column.name: getattr(case, column.name) for column in Case.__table__.columns}
        people, claims, shares, cases = [], [], [], []
        for number in range(count):
            ids = [new_id() for _row in range(4)]
            at = case.due_at + timedelta(minutes=number + 1)
            people.append(person | {"id": ids[0], "display_name": f"Fan {number}"})
            claims.append(claim | {"id": ids[1], "person_id": ids[0]})
            shares.append(
                columns | {"id": ids[2], "claim_id": ids[1], "person_id": ids[0], "post_key": f"perch:{ids[2]}"}
            )
            cases.append(
                opened | {"id": ids[3], "share_id": ids[2], "person_id": ids[0], "due_at": at, "ranked_at": at}
            )
        for table, rows in (
            (Person, people), (type(share.claim), claims), (type(share), shares), (Case, cases),
        ):  # fmt: skip
            db.session.execute(insert(table.__table__), rows)
    return [case.id, *(row["id"] for row in cases)]
