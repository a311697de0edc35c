"""The case of a post that we can't read: what the fan shows beside what is known, and flags that decide nothing."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.handles import confirm_by_staff
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.shares.handed_in_models import HandedPicture
from portal.shares.models import ShareState
from portal.shares.proof import verify
from tests.accounts.factories import a_handle, a_marketer, a_moderator, a_person
from tests.moderation.factories import a_case
from tests.shares.factories import an_unread_share, picture_bytes

pytestmark = pytest.mark.usefixtures("now")


def show(browser: Any, share_id: str, seed: int, **typed: Any) -> str:
    """Add a screenshot as its fan; gives its id."""
    file = (io.BytesIO(picture_bytes(seed, **typed.pop("form", {}))), "screen.png")
    assert browser.post(f"/shares/{share_id}/screenshots", data={"file": file, **typed}).status_code == 303
    return str(db.session.query(HandedPicture.id).order_by(HandedPicture.id.desc()).limit(1).scalar())


@pytest.fixture
def ada(request: pytest.FixtureRequest) -> Any:
    request.getfixturevalue("app" if "app" in request.fixturenames else "sqlite_app")
    person, moderator = a_person("Ada Fell"), a_moderator()
    handle = a_handle(person, platform="instagram", name="ada_mends")
    with unit_of_work():
        confirm_by_staff(handle, actor=moderator, reason="wrote to us", now=clock.now())
    return person


@pytest.fixture
def moderator(client_of: Any) -> Any:
    return client_of(a_moderator())


def test_the_case_lays_them_beside_what_is_known(sqlite_app, ada, client_of, moderator):
    share = an_unread_share(ada, required_tag="#MendedWithHollin")
    case = a_case(share)
    assert "Shown by the fan" not in moderator.get(f"/staff/review/{case.id}").text
    picture = show(client_of(ada), share.id, 1, alt="The caption", words="The link is below.")

    page = moderator.get(f"/staff/review/{case.id}").text

    shown = page[page.index("Shown by the fan") : page.index("We could not read the post")]
    for known in (
        f"/staff/pictures/{picture}", "The caption", "The link is below.", share.url, "Instagram", "@ada_mends",
        "Place claimed", "#MendedWithHollin", "rewards me for this post.", "Made, by its number",
    ):  # fmt: skip
        assert known in shown
    assert "Looks like a picture" not in shown


def test_large_it_can_be_enlarged_and_gone_through_without_a_script(sqlite_app, ada, client_of, moderator):
    share = an_unread_share(ada)
    case, browser = a_case(share), client_of(ada)
    first, second = show(browser, share.id, 1), show(browser, share.id, 2)
    address = f"/staff/review/{case.id}/screenshots"
    assert f'href="{address}/{first}" data-key="e"' in moderator.get(f"/staff/review/{case.id}").text
    page = moderator.get(f"{address}/{first}").text
    assert "Screenshot 1 of 2" in page
    assert f'href="{address}/{second}" rel="next"' in page
    assert share.url in page
    assert 'width="320"' in page
    assert 'width="640"' in moderator.get(f"{address}/{first}?zoom=200").text
    assert 'width="320"' in moderator.get(f"{address}/{first}?zoom=900000").text
    other = a_case(an_unread_share(code="DZz9yx8WvUt"))
    assert moderator.get(f"/staff/review/{other.id}/screenshots/{first}").status_code == 404
    for person in (ada, a_marketer()):
        assert client_of(person).get(f"{address}/{first}").status_code == 403


def test_a_picture_like_one_of_somebody_else_is_named_on_both_sides_and_decides_nothing(app, ada, client_of, moderator):
    bo = a_person("Bo Hale")
    theirs, mine = an_unread_share(bo, code="DZz9yx8WvUt"), an_unread_share(ada)
    their_case, my_case = a_case(theirs), a_case(mine)
    before = (mine.state, mine.decide_by, my_case.lock_version, my_case.due_at)
    show(client_of(bo), theirs.id, 5)
    show(client_of(ada), mine.id, 5, form={"size": (640, 480), "format_": "JPEG"})

    page = moderator.get(f"/staff/review/{my_case.id}").text
    assert "Looks like a picture that came with another share" in page
    assert f'href="/staff/review/{their_case.id}">Bo Hale' in page
    assert "proves nothing" in page
    page = moderator.get(f"/staff/review/{their_case.id}").text
    assert f'href="/staff/review/{my_case.id}">Ada Fell' in page

    for person, share in ((ada, mine), (bo, theirs)):
        assert "Looks like a picture" not in client_of(person).get(f"/shares/{share.id}").text
    db.session.refresh(mine)
    db.session.refresh(my_case)
    assert (mine.state, mine.decide_by, my_case.lock_version, my_case.due_at) == before


def test_a_declined_shares_picture_is_remembered_and_earlier_ones_are_at_hand(sqlite_app, ada, client_of, moderator):
    browser, first = client_of(ada), an_unread_share(ada)
    case = a_case(first)
    earlier = show(browser, first.id, 7)
    declined = {"verdict": "decline", "reason_code": "another_subject", "seen_version": case.lock_version}
    assert moderator.post(f"/staff/review/{case.id}/decision", data=declined).status_code == 303
    db.session.refresh(first)
    assert first.state == ShareState.REJECTED

    again = an_unread_share(ada, code="DZz9yx8WvUt")
    show(browser, again.id, 7)
    page = moderator.get(f"/staff/review/{a_case(again).id}").text
    assert "Earlier screenshots from this network" in page
    assert f"/staff/pictures/{earlier}" in page
    assert "their own, " in page


def test_the_proof_names_them_by_digest_and_not_where_they_lie(sqlite_app, ada, client_of, moderator):
    share = an_unread_share(ada)
    case = a_case(share)
    clock.advance(timedelta(minutes=1))
    picture = show(client_of(ada), share.id, 1, alt="The caption", words="The link is below.")
    proof = json.loads(moderator.post(f"/staff/review/{case.id}/proof").data)
    (named,) = proof["pictures"]
    file = moderator.get(f"/staff/pictures/{picture}?download=1").data
    assert named["digest"] == hashlib.sha256(file).hexdigest()
    assert (named["alt"], named["alike"]) == ("The caption", [])
    assert "file" not in named
    assert proof["words"][0]["text"] == "The link is below."
    assert verify(proof) == []
    named["digest"] = "0" * 64
    assert verify(proof) != []
