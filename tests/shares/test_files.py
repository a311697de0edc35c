"""Pictures that are handed in: remade, asked for with permission, looked at by a person, and nobody else's."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.files import PRIVATE_FOLDER, FileMissing
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim, ClaimState
from portal.moderation.models import Verdict
from portal.points.queries import balances
from portal.shares import pictures
from portal.shares.handed_in_models import HandedPicture, UsePermission
from portal.shares.models import Evidence, Share, ShareForm, ShareState
from portal.shares.queries import latest_checks
from tests.accounts.factories import a_marketer, a_moderator, a_person
from tests.kernel.test_images import png_header
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import a_files_mission, a_picture, picture_bytes

pytestmark = pytest.mark.usefixtures("sqlite_app", "now")


@pytest.fixture
def ada() -> Any:
    return a_person("Ada Fell")


@pytest.fixture
def claim(ada: Any) -> Claim:
    return a_claim(a_files_mission(), ada)


@pytest.fixture
def browser(client_of: Any, ada: Any) -> Any:
    return client_of(ada)


def upload(data: bytes, name: str = "holiday.png") -> Any:
    return (io.BytesIO(data), name)


def add(browser: Any, claim: Claim, data: bytes, **typed: Any) -> Any:
    return browser.post(f"/claims/{claim.id}/pictures?as=files", data={"file": upload(data), **typed})


def add_raw(browser: Any, claim: Claim, data: bytes) -> Any:
    """A large one, without the temporary file that the test client would leave open."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = head + data + b"\r\n--edge--\r\n"
    return browser.post(
        f"/claims/{claim.id}/pictures?as=files", input_stream=io.BytesIO(body), content_length=len(body),
        content_type="multipart/form-data; boundary=edge",
    )  # fmt: skip


def hand_in(browser: Any, claim: Claim, **typed: Any) -> Any:
    waiting = db.session.scalars(select(HandedPicture.id).where(HandedPicture.claim_id == claim.id))
    alts = {f"alt-{each}": "A jacket with a yellow patch" for each in waiting}
    return browser.post(f"/claims/{claim.id}/files", data={"agreed": "y", **alts, **typed})


def shares() -> list[Share]:
    return list(db.session.scalars(select(Share)))


def test_pictures_with_permission_go_to_a_person_and_are_paid_when_verified(browser, claim, ada, client_of):
    assert add(browser, claim, picture_bytes(1)).status_code == 303
    answer = hand_in(browser, claim)
    assert answer.status_code == 303
    (share,) = shares()
    assert (share.form, share.state, share.reason_code) == (
        ShareForm.FILES,
        ShareState.NEEDS_REVIEW,
        "pictures_to_look_at",
    )
    assert (share.url, share.platform) == ("", "")
    page = browser.get(answer.location).text
    assert "A person will look" in page
    assert "A jacket with a yellow patch" in page
    assert "Nobody handed these pictures in before." in page

    case = db.session.execute(db.text("SELECT id FROM review_case")).scalar_one()
    moderator = client_of(a_moderator())
    console = moderator.get(f"/staff/review/{case}").text
    assert "A jacket with a yellow patch" in console
    assert "our website" in console  # the words of the permission
    decided = moderator.post(
        f"/staff/review/{case}/decision",
        data={"verdict": Verdict.VERIFY, "reason_code": "as_asked", "seen_version": "1", "message": ""},
    )
    assert decided.status_code == 303
    assert shares()[0].state == ShareState.VERIFIED
    assert balances(ada.id).available == 80
    assert "It counts for" in browser.get(answer.location).text


def test_the_hold_of_pictures_ends_without_anything_being_read(claim, browser, ada, client_of):
    add(browser, claim, picture_bytes(1))
    hand_in(browser, claim)
    case = db.session.execute(db.text("SELECT id FROM review_case")).scalar_one()
    client_of(a_moderator()).post(
        f"/staff/review/{case}/decision",
        data={"verdict": "verify", "reason_code": "as_asked", "seen_version": "1"},
    )
    clock.advance(timedelta(days=8))
    jobs.run_due()
    assert shares()[0].state == ShareState.SETTLED
    assert balances(ada.id).available == 120
    assert db.session.query(Evidence).count() == 0


def test_permission_is_never_ticked_beforehand_and_nothing_is_taken_without_it(browser, claim):
    add(browser, claim, picture_bytes(1))
    page = browser.get(f"/claims/{claim.id}/share?as=files").text
    box = re.search(r'<input[^>]*name="agreed"[^>]*>', page)
    assert box is not None
    assert "checked" not in box[0]
    answer = hand_in(browser, claim, agreed="")
    assert answer.status_code == 422
    assert "Without your permission we can" in answer.text
    assert 'value="A jacket with a yellow patch"' in answer.text  # what was typed stays
    assert shares() == []
    assert db.session.query(UsePermission).count() == 0
    assert db.session.query(HandedPicture).count() == 1


def test_the_permission_is_kept_word_for_word_and_can_be_taken_back(browser, claim, client_of):
    add(browser, claim, picture_bytes(1))
    location = hand_in(browser, claim).location
    permission = db.session.query(UsePermission).one()
    assert "for 12 months, for this: our website." in permission.wording
    assert (permission.ends_at - permission.given_at).days in (365, 366)
    share_id = permission.share_id
    assert client_of(a_person()).post(f"/shares/{share_id}/permission/withdraw").status_code == 404
    for _twice in range(2):
        assert browser.post(f"/shares/{share_id}/permission/withdraw").status_code == 303
        clock.advance(timedelta(hours=1))
    permission = db.session.query(UsePermission).one()
    assert permission.withdrawn_at is not None
    assert permission.withdrawn_at == permission.given_at
    assert "Taken back" in browser.get(location).text


def test_a_picture_needs_a_description_and_what_was_added_is_not_lost(browser, claim):
    add(browser, claim, picture_bytes(1))
    answer = browser.post(f"/claims/{claim.id}/files", data={"agreed": "y"})
    assert answer.status_code == 422
    assert "Describe the picture in a sentence" in answer.text
    assert "There is one thing to fix" in answer.text
    assert answer.text.count('href="#alt-') == 1
    assert answer.text.count("data-alt ") == 1
    assert shares() == []


def test_a_picture_still_in_its_field_is_taken_in_with_the_rest(browser, claim):
    answer = browser.post(f"/claims/{claim.id}/files", data={"agreed": "y", "file": upload(picture_bytes(3))})
    assert answer.status_code == 422  # its description is asked for
    assert db.session.query(HandedPicture).count() == 1
    assert hand_in(browser, claim).status_code == 303


def test_nothing_at_all_is_refused(browser, claim):
    answer = browser.post(f"/claims/{claim.id}/files", data={"agreed": "y"})
    assert answer.status_code == 422
    assert "Add at least one picture." in answer.text
    assert shares() == []
    assert db.session.get_one(Claim, claim.id).state == ClaimState.ACTIVE


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (SVG, "Drawings in SVG"),
        (b"", ""),
        (b"GIF89a<script>alert(1)</script>", "not a picture we can read"),
        (png_header(30_000, 30_000), "more than 40 megapixels"),
        (b"%PDF-1.7 hello", "not a picture we can read"),
        (picture_bytes(1)[:200], "damaged"),
        (b"\0" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
    ids=["svg", "empty", "polyglot", "bomb", "pdf", "broken", "huge"],
)
def test_what_is_no_picture_is_refused_with_what_to_do(browser, claim, data, sentence):
    answer = add_raw(browser, claim, data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.query(HandedPicture).count() == 0


def test_more_than_a_request_may_carry_is_refused_and_nothing_is_stored(browser, claim):
    answer = add_raw(browser, claim, b"\0" * (13 * 1024 * 1024))
    assert answer.status_code == 413
    assert db.session.query(HandedPicture).count() == 0


def test_the_place_it_was_taken_is_not_kept(browser, claim):
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ada"
    exif.get_ifd(0x8825)[2] = (54.0, 19.0, 1.0)
    add(browser, claim, picture_bytes(1, format_="JPEG", exif=exif) + b"<?php echo 1;")
    picture = db.session.query(HandedPicture).one()
    body = browser.get(f"/pictures/{picture.id}")
    assert body.headers["Content-Type"] == "image/webp"
    assert b"Camera of Ada" not in body.data
    assert b"<?php" not in body.data
    assert not Image.open(io.BytesIO(body.data)).getexif()
    assert body.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_only_so_many_pictures_and_the_same_one_once(browser, claim, sqlite_app):
    folder = sqlite_app.config["SETTINGS"].data_folder
    before = len(list(folder.rglob(f"{PRIVATE_FOLDER}/*.webp")))
    for seed in range(pictures.PICTURES_MAX):
        assert add(browser, claim, picture_bytes(seed)).status_code == 303
    assert add(browser, claim, picture_bytes(0)).status_code == 303  # there already
    answer = add(browser, claim, picture_bytes(99))
    assert answer.status_code == 422
    assert "Eight pictures are the most" in answer.text
    assert db.session.query(HandedPicture).count() == pictures.PICTURES_MAX
    stored = len(list(folder.rglob(f"{PRIVATE_FOLDER}/*.webp"))) - before
    assert stored == 2 * pictures.PICTURES_MAX  # refused and repeated ones left no file behind


def test_a_picture_is_its_owners_alone_until_a_moderator_has_to_decide(browser, claim, ada, client_of):
    picture = a_picture(ada, claim=claim)
    stranger, moderator = client_of(a_person()), client_of(a_moderator())
    for other in (stranger, moderator):
        assert other.get(f"/pictures/{picture.id}").status_code == 404
        assert other.post(f"/pictures/{picture.id}/remove").status_code == 404
    assert moderator.get(f"/staff/pictures/{picture.id}").status_code == 404
    assert stranger.get(f"/files/{picture.file}").status_code == 404  # not by its key either
    assert stranger.get(f"/files/{picture.thumbnail}").status_code == 404
    hand_in(browser, claim)
    assert moderator.get(f"/staff/pictures/{picture.id}").status_code == 200
    kept = moderator.get(f"/staff/pictures/{picture.id}?download=1")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert stranger.get(f"/staff/pictures/{picture.id}").status_code == 403
    assert client_of(a_marketer()).get(f"/staff/pictures/{picture.id}").status_code == 403


def test_a_picture_taken_out_is_gone_with_its_files(browser, claim, ada, sqlite_app):
    picture = a_picture(ada, claim=claim)
    file = picture.file
    assert browser.post(f"/pictures/{picture.id}/remove?as=files").status_code == 303
    assert db.session.query(HandedPicture).count() == 0
    with pytest.raises(FileMissing):
        sqlite_app.extensions["portal_files"].get(file)


def test_while_a_person_looks_a_picture_stays(browser, claim, ada):
    picture = a_picture(ada, claim=claim)
    hand_in(browser, claim)
    assert browser.post(f"/pictures/{picture.id}/remove?as=files").status_code == 303
    assert db.session.query(HandedPicture).count() == 1


def test_a_picture_like_one_of_somebody_else_is_shown_to_the_moderator(browser, claim, client_of):
    first = a_person()
    other_claim = a_claim(claim.mission, first)
    add(client_of(first), other_claim, picture_bytes(5))
    hand_in(client_of(first), other_claim)
    add(browser, claim, picture_bytes(5, size=(640, 480), format_="JPEG"))
    location = hand_in(browser, claim).location
    share = db.session.get_one(Share, location.rpartition("/")[2])
    assert share.reason_code == "pictures_seen_before"
    (result,) = latest_checks(share)
    assert (result.outcome, result.reason_code) == ("unknown", "seen_before")
    case = db.session.execute(db.text("SELECT id FROM review_case WHERE share_id = :id"), {"id": share.id}).scalar_one()
    page = client_of(a_moderator()).get(f"/staff/review/{case}").text
    assert "Handed in before" in page
    assert "By somebody else" in page
    assert "Handed in before" not in browser.get(location).text


def test_asked_for_a_change_the_pictures_can_be_changed_and_handed_in_again(browser, claim, ada, client_of):
    first = a_picture(ada, claim=claim, seed=1)
    location = hand_in(browser, claim).location
    case = db.session.execute(db.text("SELECT id FROM review_case")).scalar_one()
    client_of(a_moderator()).post(
        f"/staff/review/{case}/decision",
        data={"verdict": "ask_change", "reason_code": "other_pictures", "seen_version": "1", "message": "The patch!"},
    )
    page = browser.get(location).text
    assert "Change it and hand it in again" in page
    assert "check again" not in page.lower()
    form = browser.get(f"/claims/{claim.id}/share")
    assert form.status_code == 200
    assert "The patch!" in form.text
    assert browser.post(f"/pictures/{first.id}/remove?as=files").status_code == 303
    add(browser, claim, picture_bytes(2))
    assert hand_in(browser, claim).location == location
    share = shares()[0]
    assert share.state == ShareState.NEEDS_REVIEW
    assert len(pictures.pictures_of(share.id)) == 1
    assert db.session.execute(db.text("SELECT count(*) FROM review_case WHERE state = 'open'")).scalar_one() == 1


def test_taken_back_the_pictures_wait_with_the_place(browser, claim, ada):
    picture = a_picture(ada, claim=claim)
    location = hand_in(browser, claim).location
    assert browser.post(f"{location}/withdraw").status_code == 303
    assert db.session.get_one(HandedPicture, picture.id).share_id is None
    again = hand_in(browser, claim)
    assert again.status_code == 303
    assert again.location != location


def test_a_mission_that_takes_no_files_has_no_form_for_them(browser, ada):
    plain = a_claim(a_mission(kind="create"), ada)
    assert browser.post(f"/claims/{plain.id}/files", data={"agreed": "y"}).status_code == 404
    assert add(browser, plain, picture_bytes(1)).status_code == 404
    assert "Address of your post" in browser.get(f"/claims/{plain.id}/share?as=files").text


def test_whoever_is_paused_hands_in_nothing(browser, claim, ada):
    a_picture(ada, claim=claim)
    with unit_of_work():
        ada.state = "paused"
    answer = hand_in(browser, claim)
    assert answer.status_code == 403
    assert shares() == []
