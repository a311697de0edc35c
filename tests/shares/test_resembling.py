"""What resembles another share is found across people and seasons, flagged for a person, and refused by nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import jobs as share_jobs
from portal.shares import prints
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from portal.shares.likeness import sketch
from portal.shares.models import Evidence, ShareState
from portal.shares.picture_likeness import hash_picture
from portal.shares.submitting import submit_share, withdraw
from tests.accounts.factories import a_manager, a_person, a_proved_handle
from tests.campaigns.factories import a_campaign
from tests.kernel.local_web import page
from tests.missions.factories import a_mission
from tests.shares.factories import a_share
from tests.shares.looking import hand_in, reasons, run_until_decided
from tests.shares.test_picture_likeness import a_scene, saved

S = ShareState
STORY = "Ad: nine winters old, twice re-proofed, and since last week with a new zip sewn in by hand #MendedWithHollin"
NEARLY = "Ad: nine winters old, twice re-proofed, and since last month with a new zip sewn in by hand #MendedWithHollin"
OTHER = "Ad: my grandad's jumper had lost both elbows, so I learned to darn from an old book #MendedWithHollin"


@pytest.fixture
def bo():
    person = a_person("Bo Marsh")
    a_proved_handle(person, name="bo", external_id="id-bo")
    return person


def publish_bo(perch, words, **changes):
    return perch.publish(words, handle="bo", account="id-bo", **changes)


@pytest.mark.usefixtures("app", "now")
def test_a_text_that_somebody_else_had_in_another_season_is_put_before_a_person(perch, ada, bo):
    first = run_until_decided(hand_in(ada, perch.publish(STORY), a_mission(a_campaign())))
    assert first.state == S.VERIFIED
    copy = run_until_decided(hand_in(bo, publish_bo(perch, NEARLY), a_mission(a_campaign())))
    assert (copy.state, copy.reason_code) == (S.NEEDS_REVIEW, "flagged")
    assert reasons(copy)["text_not_repeated"] == "like_another"
    assert run_until_decided(hand_in(bo, publish_bo(perch, OTHER))).state == S.VERIFIED


@pytest.mark.usefixtures("sqlite_app", "now")
def test_the_share_kits_own_words_are_no_copy(perch, ada, bo):
    kit = "Nine winters old, twice re-proofed, and since last week with a new zip sewn in by hand"
    mission = a_mission(captions=(kit,))
    for person, handle in ((ada, "ada"), (bo, "bo")):
        url = perch.publish(STORY, handle=handle, account=f"id-{handle}")
        share = run_until_decided(hand_in(person, url, mission))
        assert share.state == S.VERIFIED
        assert reasons(share)["text_not_repeated"] == "from_the_kit"


@pytest.mark.usefixtures("sqlite_app", "now")
def test_two_who_pass_the_same_post_on_do_not_copy_each_other(perch, ada, bo):
    mission = a_mission(accepts=["repost"])
    about = {"id": "7", "url": "http://perch.example/@brand/7", "text": STORY}
    for person, handle in ((ada, "ada"), (bo, "bo")):
        url = perch.publish("", handle=handle, account=f"id-{handle}", relation="repost", about=about)
        share = run_until_decided(hand_in(person, url, mission))
        assert share.state == S.VERIFIED
        assert "text_not_repeated" not in reasons(share)


@pytest.mark.usefixtures("sqlite_app", "now")
def test_few_words_beside_disclosure_and_tag_are_no_copy(perch, ada, bo):
    line = "Ad: Hollin Fell rewards me for this post. Love it! #MendedWithHollin"
    assert run_until_decided(hand_in(ada, perch.publish(line))).state == S.VERIFIED
    assert run_until_decided(hand_in(bo, publish_bo(perch, line))).state == S.VERIFIED


def a_picture(perch, seed, kind="WEBP", mirrored=False):
    from PIL import ImageOps

    scene = ImageOps.mirror(a_scene(seed)) if mirrored else a_scene(seed).resize((300, 225))
    path = f"/media/{seed}-{kind}-{mirrored}"
    perch._pages[path] = page(saved(scene, kind), content_type=f"image/{kind.lower()}")
    return [{"url": perch.url + path, "alt": "a mended thing"}]


@pytest.mark.usefixtures("app", "now")
def test_a_picture_that_somebody_else_showed_is_found_mirrored_and_in_another_format(perch, ada, bo):
    first = run_until_decided(hand_in(ada, perch.publish(STORY, media=a_picture(perch, 1))))
    assert (first.state, reasons(first)["pictures_not_repeated"]) == (S.VERIFIED, "like_no_other")
    copy = run_until_decided(hand_in(bo, publish_bo(perch, OTHER, media=a_picture(perch, 1, "PNG", mirrored=True))))
    assert (copy.state, reasons(copy)["pictures_not_repeated"]) == (S.NEEDS_REVIEW, "like_another")
    own = run_until_decided(
        hand_in(bo, publish_bo(perch, "Ad: a pan with a new handle #MendedWithHollin", media=a_picture(perch, 2)))
    )
    assert own.state == S.VERIFIED


@pytest.mark.usefixtures("sqlite_app", "now")
def test_a_picture_that_cannot_be_fetched_stops_nobody(perch, ada):
    broken = [{"url": perch.url + "/media/nothing-there", "alt": ""}, {"url": "http://10.0.0.1/a.png", "alt": ""}]
    perch._pages["/media/nothing-there"] = page(b"no picture", content_type="image/png")
    share = run_until_decided(hand_in(ada, perch.publish(STORY, media=broken)))
    assert (share.state, reasons(share)["pictures_not_repeated"]) == (S.VERIFIED, "pictures_not_seen")


@pytest.mark.usefixtures("sqlite_app", "now")
def test_what_was_paid_deleted_and_posted_again_is_put_before_a_person(perch, ada):
    url = perch.publish(STORY)
    first = run_until_decided(hand_in(ada, url))
    assert first.state == S.VERIFIED
    perch.delete(url)
    with unit_of_work():
        db.session.add(
            Evidence(
                share_id=first.id, round=1, seen_at=clock.now() + timedelta(hours=1), source="perch_api", status="gone",
                digest="0" * 64, body={},
            )
        )  # fmt: skip
    clock.advance(timedelta(hours=2))
    again = run_until_decided(hand_in(ada, perch.publish(STORY)))
    assert (again.state, reasons(again)["not_posted_again"]) == (S.NEEDS_REVIEW, "posted_again")


@pytest.mark.usefixtures("sqlite_app", "now")
def test_who_took_an_unpaid_share_back_may_post_the_same_words_again(perch, ada):
    share = hand_in(ada, perch.publish(STORY))
    with unit_of_work():
        plan = share_jobs._begin(share.id, now=clock.now())
    sight = share_jobs.checking.look(plan, a_fetcher())
    with unit_of_work():
        share_jobs.checking.keep_prints(share, sight, now=clock.now())
        withdraw(share, person=ada, now=clock.now())
    with unit_of_work():
        again = submit_share(share.claim, person=ada, typed_url=perch.publish(STORY), now=clock.now())
    run_until_decided(again)
    assert again.state == S.VERIFIED


@pytest.mark.usefixtures("app", "now")
def test_the_index_finds_one_among_many_copies_without_reading_them_all():
    """However many share a band, only the newest few of it are read, along the primary key."""
    shares = [a_share() for _ in range(prints.NEWEST_A_BAND + 5)]
    with unit_of_work():
        for share in shares:
            prints.file_prints(share, sketch=sketch(STORY), pictures=[hash_picture(a_scene(4))], now=clock.now())
    found = prints.sketches_like(sketch(NEARLY), beside=shares[-1].id)
    assert len(found) == prints.NEWEST_A_BAND - 1
    assert all(likeness > 0.6 for likeness in found.values())
    assert set(prints.pictures_like(hash_picture(a_scene(4)))) == {s.id for s in shares[-prints.NEWEST_A_BAND :]}
    assert prints.sketches_like(sketch("")) == {}
    if db.engine.dialect.name == "sqlite":
        plan = db.session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT share_id FROM print_band WHERE kind = 'text' AND band = '0:1.2' "
                "ORDER BY share_id DESC LIMIT 20"
            )
        ).all()
        assert "SEARCH" in str(plan)
        assert "TEMP B-TREE" not in str(plan)


@pytest.mark.usefixtures("sqlite_app", "now")
def test_filing_again_replaces_what_was_filed():
    share = a_share()
    for words in (STORY, OTHER):
        with unit_of_work():
            prints.file_prints(share, sketch=sketch(words), pictures=[], now=clock.now())
    assert prints.sketches_like(sketch(OTHER)) == {share.id: 1.0}
    assert max(prints.sketches_like(sketch(STORY)).values(), default=0) < 0.5
    assert db.session.scalar(select(func.count()).select_from(prints.PrintBand)) == 16


@pytest.mark.usefixtures("sqlite_app", "now")
@pytest.mark.parametrize(
    ("severity", "state"), [(Severity.DOUBTFUL, S.NEEDS_REVIEW), (Severity.SERIOUS, S.NEEDS_REVIEW)]
)
def test_a_watched_word_puts_a_share_before_a_person(perch, ada, severity, state):
    manager = a_manager()
    with unit_of_work():
        watch_word("new zip", severity=severity, reason="Say closure.", actor=manager, now=clock.now())
    share = run_until_decided(hand_in(ada, perch.publish(STORY)))
    assert (share.state, reasons(share)["brand_safe"]) == (state, f"{severity}_word")


def a_fetcher():
    from flask import current_app

    return current_app.extensions["portal_fetcher"]
