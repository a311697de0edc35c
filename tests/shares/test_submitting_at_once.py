"""Submissions that arrive together: the database decides, and nobody gets an error page."""

from __future__ import annotations

import io
from pathlib import Path

from portal.extensions import db
from portal.kernel.audit import AuditEntry
from portal.kernel.events import OutboxEvent
from portal.missions.claim_models import Claim, ClaimState
from portal.moderation.models import Case
from portal.shares.handed_in_models import HandedPicture
from portal.shares.models import Share, ShareChange, ShareState
from tests.accounts.factories import a_handle, a_manager, a_person
from tests.fixtures.at_once import all_at_once
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import a_share, an_unread_share, perch_id, perch_url, picture_bytes

TIMES = 8


def test_the_same_submission_many_times_at_once_is_one_share(app, client_of):
    ada = a_person()
    claim = a_claim(person=ada)
    path, url = f"/claims/{claim.id}/share", perch_url(perch_id())
    browsers = [client_of(ada) for _ in range(TIMES)]
    db.session.remove()
    answers = all_at_once(app, [lambda b=b: b.post(path, data={"url": url}) for b in browsers])
    assert [answer.status_code for answer in answers] == [303] * TIMES
    assert len({answer.location for answer in answers}) == 1
    assert db.session.query(Share).count() == 1


def test_one_post_by_many_people_at_once_counts_for_one_of_them(app, client_of):
    mission = a_mission(places_total=TIMES)
    people = [a_person() for _ in range(TIMES)]
    claims = [a_claim(mission, person) for person in people]
    url = perch_url(perch_id())
    paths = [f"/claims/{claim.id}/share" for claim in claims]
    browsers = [client_of(person) for person in people]
    calls = [lambda b=b, p=p: b.post(p, data={"url": url}) for b, p in zip(browsers, paths, strict=True)]
    db.session.remove()
    answers = all_at_once(app, calls)
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * (TIMES - 1)
    assert db.session.query(Share).count() == 1
    assert db.session.query(Claim).filter_by(state=ClaimState.SUBMITTED).count() == 1


def test_an_appeal_sent_many_times_at_once_is_one(app, client_of):
    ada = a_person()
    share = a_share(state=ShareState.REJECTED, person=ada)
    path, browsers = f"/shares/{share.id}/appeal", [client_of(ada) for _ in range(TIMES)]
    share_id = share.id
    db.session.remove()
    answers = all_at_once(app, [lambda b=b: b.post(path, data={"text": "It is there."}) for b in browsers])
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * (TIMES - 1)
    assert db.session.query(ShareChange).filter_by(share_id=share_id, reason_code="appealed").count() == 1
    assert db.session.query(Case).filter_by(share_id=share_id).count() == 1


def test_screenshots_added_at_once_are_four_and_leave_no_file_behind(app, client_of):
    ada = a_person()
    share = an_unread_share(ada)
    path, browsers = f"/shares/{share.id}/screenshots", [client_of(ada) for _ in range(6)]
    share_id, folder = share.id, Path(app.config["SETTINGS"].data_folder)
    files_before = set(folder.rglob("*.webp"))
    db.session.remove()

    def add(browser, seed):
        return browser.post(path, data={"file": (io.BytesIO(picture_bytes(seed)), "shot.png")})

    answers = all_at_once(app, [lambda b=b, s=s: add(b, s) for s, b in enumerate(browsers, 1)])
    assert sorted(answer.status_code for answer in answers) == [303] * 4 + [422] * 2
    assert db.session.query(HandedPicture).filter_by(share_id=share_id).count() == 4
    assert len(set(folder.rglob("*.webp")) - files_before) == 8, "two of each, none of the refused"


def test_an_account_that_many_of_the_staff_confirm_at_once_is_confirmed_once(app, client_of):
    handle = a_handle(a_person(), platform="instagram", name="ada")
    handle_id, path = handle.id, f"/staff/people/{handle.person_id}/handles/{handle.id}/confirm"
    browsers = [client_of(a_manager()) for _ in range(TIMES)]
    db.session.remove()
    answers = all_at_once(app, [lambda b=b: b.post(path, data={f"{handle_id}-reason": "We met."}) for b in browsers])
    assert [answer.status_code for answer in answers] == [303] * TIMES
    assert db.session.query(AuditEntry).filter_by(action="handle.confirmed", subject_id=handle_id).count() == 1
    assert db.session.query(OutboxEvent).filter_by(kind="handle.proved").count() == 1
