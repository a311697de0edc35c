"""Screenshots of what no program may read: taken in for the person who looks, and for nobody else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.files import PRIVATE_FOLDER, FileMissing
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.desk import open_case_of
from portal.shares import screenshots
from portal.shares.handed_in_models import AlikePicture, HandedPicture, PictureUse, WordsBeside
from portal.shares.models import Share, ShareState
from tests.accounts.factories import a_marketer, a_moderator, a_person
from tests.fixtures.at_once import all_at_once
from tests.kernel.test_images import png_header
from tests.moderation.factories import a_case
from tests.moderation.test_console import answer
from tests.shares.factories import a_share, an_unread_share, picture_bytes

pytestmark = pytest.mark.usefixtures("now")

OFFER = "Help us see it: add a screenshot"


@pytest.fixture
def ada(request: pytest.FixtureRequest) -> Any:
    request.getfixturevalue("app" if "app" in request.fixturenames else "sqlite_app")
    return a_person("Ada Fell")


@pytest.fixture
def share(ada: Any) -> Share:
    return an_unread_share(ada)


@pytest.fixture
def browser(client_of: Any, ada: Any) -> Any:
    return client_of(ada)


def add(browser: Any, share_id: str, data: bytes | None = None, **typed: Any) -> Any:
    file = {"file": (io.BytesIO(data), "screen.png")} if data is not None else {}
    return browser.post(f"/shares/{share_id}/screenshots", data={**file, **typed})


def add_raw(browser: Any, share_id: str, data: bytes) -> Any:
    """A large one, without the temporary file that the test client would leave open."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = head + data + b"\r\n--edge--\r\n"
    return browser.post(
        f"/shares/{share_id}/screenshots", input_stream=io.BytesIO(body), content_length=len(body),
        content_type="multipart/form-data; boundary=edge",
    )  # fmt: skip


def kept() -> list[HandedPicture]:
    return list(db.session.query(HandedPicture).order_by(HandedPicture.id))


def test_one_is_taken_in_with_words_and_nothing_else_changes(sqlite_app, browser, share):
    before = (share.state, share.decide_by, share.lock_version, share.state_changed_at)
    version = open_case_of(share.id).lock_version
    page = browser.get(f"/shares/{share.id}").text
    assert OFFER in page
    assert "(optional)" in page

    clock.advance(timedelta(minutes=5))
    done = add(browser, share.id, picture_bytes(1), alt="My post, with its first line", words="It is a reel.")

    assert done.status_code == 303
    (picture,) = kept()
    assert (picture.use, picture.share_id, picture.alt) == (
        PictureUse.EVIDENCE, share.id, "My post, with its first line",
    )  # fmt: skip
    page = browser.get(done.location).text
    assert "My post, with its first line" in page
    assert "It is a reel.</textarea>" in page
    db.session.refresh(share)
    assert (share.state, share.decide_by, share.lock_version, share.state_changed_at) == before
    assert open_case_of(share.id).lock_version == version


def test_it_is_offered_only_while_a_person_looks_at_what_we_cannot_read(sqlite_app, browser, ada):
    read = a_share(person=ada, state=ShareState.NEEDS_REVIEW)
    assert OFFER not in browser.get(f"/shares/{read.id}").text
    for state in (ShareState.CHECKING, ShareState.NEEDS_FIX, ShareState.VERIFIED, ShareState.REJECTED):
        other = a_share(person=ada, state=state)
        assert OFFER not in browser.get(f"/shares/{other.id}").text
        refused = add(browser, other.id, picture_bytes(1), words="Look")
        assert refused.status_code == 409
        assert "does not wait for a screenshot any more" in refused.text
    assert kept() == []
    assert db.session.query(WordsBeside).count() == 0


def test_a_moderator_asks_for_one_and_the_share_comes_back_with_it(sqlite_app, browser, share, client_of):
    case = a_case(share)
    moderator = client_of(a_moderator())
    asked = moderator.post(
        f"/staff/review/{case.id}/decision", data=answer(case, "ask_change", reason_code="add_screenshot")
    )
    assert asked.status_code == 303
    page = browser.get(f"/shares/{share.id}").text
    assert "A screenshot, please" in page
    assert "We could not see the post ourselves." in page
    assert OFFER in page

    assert add(browser, share.id, picture_bytes(1)).status_code == 303
    db.session.refresh(share)
    assert share.state == ShareState.NEEDS_FIX
    assert "I added it, look again" in browser.get(f"/shares/{share.id}").text
    assert browser.post(f"/shares/{share.id}/check-again").status_code == 303
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == ShareState.NEEDS_REVIEW
    case = open_case_of(share.id)
    assert f"/staff/pictures/{kept()[0].id}" in moderator.get(f"/staff/review/{case.id}").text


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (SVG, "Drawings in SVG"),
        (b"", "This file is empty"),
        (b"GIF89a<script>alert(1)</script>", "not a picture we can read"),
        (png_header(30_000, 30_000), "more than 40 megapixels"),
        (png_header(12_001, 10), "more than 40 megapixels"),
        (b"%PDF-1.7 hello", "not a picture we can read"),
        (picture_bytes(1)[:200], "damaged"),
        (b"\0" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
    ids=["svg", "empty", "polyglot", "bomb", "long-side", "pdf", "broken", "huge"],
)
def test_what_is_no_picture_is_refused_with_what_to_do(sqlite_app, browser, share, data, sentence):
    refused = add_raw(browser, share.id, data)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert kept() == []


def test_more_than_a_request_may_carry_is_refused(sqlite_app, browser, share):
    assert add_raw(browser, share.id, b"\0" * (13 * 1024 * 1024)).status_code == 413
    assert kept() == []


def test_refused_keeps_what_was_typed(sqlite_app, browser, share):
    refused = add(browser, share.id, SVG, alt="My post", words="The link is in the first comment.")
    assert refused.status_code == 422
    assert 'value="My post"' in refused.text
    assert "The link is in the first comment.</textarea>" in refused.text
    too_long = add(browser, share.id, None, words="x" * 501)
    assert too_long.status_code == 422
    assert "Keep it below 500 letters." in too_long.text
    assert "x" * 501 in too_long.text


def test_nothing_at_all_is_said_so_and_words_alone_are_taken(sqlite_app, browser, share):
    nothing = add(browser, share.id, None, words="  ")
    assert nothing.status_code == 422
    assert "Choose a screenshot, or write a sentence." in nothing.text
    assert add(browser, share.id, None, words="It is a story, gone tomorrow.").status_code == 303
    assert screenshots.words_of(share) == "It is a story, gone tomorrow."
    assert add(browser, share.id, picture_bytes(1)).status_code == 303  # without that field at all
    assert screenshots.words_of(share) == "It is a story, gone tomorrow."
    assert add(browser, share.id, None, words="").status_code == 303
    assert db.session.query(WordsBeside).count() == 0


def test_place_camera_and_what_rides_along_are_gone(sqlite_app, browser, share):
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ada"
    exif.get_ifd(0x8825)[2] = (54.0, 19.0, 1.0)
    add(browser, share.id, picture_bytes(1, format_="JPEG", exif=exif) + b"<?php echo 1;")
    (picture,) = kept()
    for size in ("", "?size=small"):
        body = browser.get(f"/pictures/{picture.id}{size}")
        assert body.headers["Content-Type"] == "image/webp"
        assert body.headers["Cache-Control"] == "private, no-store"
        assert "sandbox" in body.headers["Content-Security-Policy"]
        assert b"Camera of Ada" not in body.data
        assert b"<?php" not in body.data
        assert not Image.open(io.BytesIO(body.data)).getexif()


def test_only_so_many_and_the_same_one_once(sqlite_app, browser, share):
    folder = sqlite_app.config["SETTINGS"].data_folder
    before = len(list(folder.rglob(f"{PRIVATE_FOLDER}/*.webp")))
    for seed in range(screenshots.SCREENSHOTS_MAX):
        assert add(browser, share.id, picture_bytes(seed)).status_code == 303
    assert add(browser, share.id, picture_bytes(0)).status_code == 303  # there already
    refused = add(browser, share.id, picture_bytes(99), words="One more")
    assert refused.status_code == 422
    assert "Four screenshots are the most" in refused.text
    assert "One more</textarea>" in refused.text
    assert len(kept()) == screenshots.SCREENSHOTS_MAX
    stored = len(list(folder.rglob(f"{PRIVATE_FOLDER}/*.webp"))) - before
    assert stored == 2 * screenshots.SCREENSHOTS_MAX  # refused and repeated ones left no file behind


def test_of_many_at_once_no_more_than_the_limit_are_kept(app, client_of, share, ada):
    share_id = share.id
    browsers = [client_of(ada) for _ in range(screenshots.SCREENSHOTS_MAX + 2)]
    db.session.remove()
    answers = all_at_once(app, [lambda b=b, s=s: add(b, share_id, picture_bytes(s)) for s, b in enumerate(browsers)])
    assert sorted(each.status_code for each in answers) == [303] * 4 + [422] * 2
    assert len(kept()) == screenshots.SCREENSHOTS_MAX


def test_a_stranger_can_neither_add_nor_see_nor_take_out(sqlite_app, browser, share, client_of):
    add(browser, share.id, picture_bytes(1), words="For the reviewer")
    (picture,) = kept()
    stranger, marketer, moderator = client_of(a_person()), client_of(a_marketer()), client_of(a_moderator())
    for other in (stranger, moderator):
        assert add(other, share.id, picture_bytes(2), words="Mine").status_code == 404
        assert other.get(f"/pictures/{picture.id}").status_code == 404
        assert other.post(f"/shares/{share.id}/screenshots/{picture.id}/remove").status_code == 404
        assert other.post(f"/pictures/{picture.id}/remove").status_code == 404
    for key in (picture.file, picture.thumbnail):
        assert stranger.get(f"/files/{key}").status_code == 404
    assert stranger.get(f"/staff/pictures/{picture.id}").status_code == 403
    assert marketer.get(f"/staff/pictures/{picture.id}").status_code == 403
    assert moderator.get(f"/staff/pictures/{picture.id}").status_code == 200
    assert sqlite_app.test_client().get(f"/pictures/{picture.id}").status_code in (302, 303, 401)
    assert len(kept()) == 1
    assert screenshots.words_of(share) == "For the reviewer"


def test_a_picture_of_another_share_is_not_taken_out_by_this_one(sqlite_app, browser, share, ada):
    other = an_unread_share(ada, code="DZz9yx8WvUt")
    add(browser, other.id, picture_bytes(1))
    (picture,) = kept()
    assert browser.post(f"/shares/{share.id}/screenshots/{picture.id}/remove").status_code == 404
    assert browser.post(f"/pictures/{picture.id}/remove").status_code == 404  # that one is for pictures of a form
    assert len(kept()) == 1


def test_it_can_be_taken_out_until_somebody_decided_on_it(sqlite_app, browser, share, client_of):
    add(browser, share.id, picture_bytes(1))
    add(browser, share.id, picture_bytes(2))
    first, second = kept()
    file = first.file
    out = browser.post(f"/shares/{share.id}/screenshots/{first.id}/remove", data={"words": "Typed meanwhile"})
    assert out.status_code == 303
    assert [each.id for each in kept()] == [second.id]
    with pytest.raises(FileMissing):
        sqlite_app.extensions["portal_files"].get(file)
    assert screenshots.words_of(share) == "Typed meanwhile"

    clock.advance(timedelta(hours=1))
    case = a_case(share)
    client_of(a_moderator()).post(f"/staff/review/{case.id}/decision", data=answer(case, "decline"))
    for _twice in range(2):
        refused = browser.post(f"/shares/{share.id}/screenshots/{second.id}/remove")
        assert refused.status_code == 409
        assert "A decision was made on this screenshot" in refused.text
        if share.state == ShareState.REJECTED:
            browser.post(f"/shares/{share.id}/appeal", data={"text": "Look at the second line."})
    assert [each.id for each in kept()] == [second.id]
    clock.advance(timedelta(hours=1))
    for seed in range(10, 10 + screenshots.SCREENSHOTS_MAX):  # the appeal has room of its own
        assert add(browser, share.id, picture_bytes(seed)).status_code == 303


def test_taken_back_nothing_of_it_is_kept(sqlite_app, browser, share):
    add(browser, share.id, picture_bytes(1), words="Look here")
    assert browser.post(f"/shares/{share.id}/withdraw").status_code == 303
    assert kept() == []
    assert db.session.query(WordsBeside).count() == 0


def test_erasing_a_person_takes_files_words_and_flags_along(sqlite_app, browser, share, ada, client_of):
    bo = a_person("Bo Hale")
    other = an_unread_share(bo, code="DZz9yx8WvUt")
    add(client_of(bo), other.id, picture_bytes(1))
    add(browser, share.id, picture_bytes(1), words="Look here")
    files = [key for each in kept() if each.person_id == ada.id for key in (each.file, each.thumbnail)]
    assert db.session.query(AlikePicture).count() == 1
    db.session.commit()
    with unit_of_work():
        screenshots.forget_person(ada.id)
    assert [each.person_id for each in kept()] == [bo.id]
    assert db.session.query(WordsBeside).count() == db.session.query(AlikePicture).count() == 0
    for key in files:
        with pytest.raises(FileMissing):
            sqlite_app.extensions["portal_files"].get(key)
