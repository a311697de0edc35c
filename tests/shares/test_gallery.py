"""Works that may be used: who made them, for what, until when; and gone when they may not be used any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import deciding, gallery
from portal.shares.handed_in_models import HandedPicture, UsePermission
from portal.shares.handing_in import hand_in_files
from portal.shares.models import Share, ShareState
from portal.shares.transitions import move_share
from portal.shares.use_permission import take_permission_back
from tests.accounts.factories import a_fan, a_marketer, a_moderator, a_person
from tests.missions.factories import a_claim
from tests.shares.factories import a_files_mission, a_picture

pytestmark = pytest.mark.usefixtures("now")


def a_work(person: Person | None = None, *, title: str = "Draw a patch", seed: int = 1, verified: bool = True) -> Any:
    """A picture that was handed in with permission for twelve months."""
    person = person or a_person("Ada Fell")
    claim = a_claim(a_files_mission(title=title), person)
    picture = a_picture(person, claim=claim, seed=seed, alt="A yellow patch")
    with unit_of_work():
        share = hand_in_files(claim, person=person, wording="for our website", months=12, now=clock.now())
    if verified:
        moderator = a_moderator()
        with unit_of_work():
            share = db.session.get_one(Share, share.id)
            deciding.verify(share, actor=moderator, now=clock.now(), reason_code="as_asked")
    return db.session.get_one(HandedPicture, picture.id)


def test_a_work_is_shown_with_who_what_for_and_until_when(app: Any, client_of: Any) -> None:
    work = a_work()
    browser = client_of(a_marketer())
    page = browser.get("/staff/gallery").text
    for words in ("Ada Fell", "Draw a patch", "A yellow patch", "for our website", "14 October 2027"):
        assert words in page
    address = f"/staff/gallery/{work.id}"
    assert f'href="{address}"' in page
    whole, small = browser.get(address), browser.get(f"{address}?size=small")
    assert (whole.status_code, whole.mimetype, small.status_code) == (200, "image/webp", 200)
    assert whole.headers["Cache-Control"] == "private, no-store"
    assert "attachment" in browser.get(f"{address}?download=1").headers["Content-Disposition"]


def taken_back(work: HandedPicture) -> None:
    take_permission_back(db.session.get_one(UsePermission, work.share_id), now=clock.now())


def revoked(work: HandedPicture) -> None:
    share = db.session.get_one(Share, work.share_id)
    move_share(share, ShareState.REVOKED, actor_id=None, now=clock.now(), reason_code="decided")


@pytest.mark.parametrize("happens", [taken_back, revoked])
def test_what_may_not_be_used_any_more_is_gone_at_once(sqlite_app: Any, client_of: Any, happens: Any) -> None:
    work, browser = a_work(), client_of(a_marketer())
    address = f"/staff/gallery/{work.id}"
    assert browser.get(address).status_code == 200
    with unit_of_work():
        happens(work)
    assert address not in browser.get("/staff/gallery").text
    for query in ("", "?size=small", "?download=1"):
        assert browser.get(address + query).status_code == 404


def test_a_permission_ends_with_its_time(sqlite_app: Any, client_of: Any) -> None:
    work = a_work()
    clock.advance(timedelta(days=364))
    assert gallery.usable_picture(work.id, now=clock.now()) is not None
    clock.advance(timedelta(days=1))
    assert gallery.usable_picture(work.id, now=clock.now()) is None


def test_what_nobody_verified_is_not_in_it(sqlite_app: Any, client_of: Any) -> None:
    work, waiting = a_work(verified=False), a_picture(a_fan(), seed=2)
    browser = client_of(a_marketer())
    page = browser.get("/staff/gallery").text
    assert "No works yet" in page
    for picture in (work, waiting):
        assert picture.id not in page
        assert browser.get(f"/staff/gallery/{picture.id}").status_code == 404


def test_many_works_come_in_pages(sqlite_app: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "PAGE_LENGTH", 2)
    works = [a_work(a_fan(), seed=seed) for seed in range(1, 4)]
    browser = client_of(a_marketer())
    first = browser.get("/staff/gallery").text
    assert [work.id in first for work in works] == [False, True, True]
    cursor = gallery.gallery(None, now=clock.now()).page.next_cursor
    second = browser.get("/staff/gallery", query_string={"after": cursor}).text
    assert [work.id in second for work in works] == [True, False, False]


def test_only_who_plans_missions_sees_it(sqlite_app: Any, client_of: Any) -> None:
    work = a_work()
    for person in (a_fan(), a_moderator()):
        browser = client_of(person)
        for address in ("/staff/gallery", f"/staff/gallery/{work.id}"):
            assert browser.get(address).status_code == 403
