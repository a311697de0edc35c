"""A share on a closed network, from handing in to the verdict: what is told decides, what is not goes to a person."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from flask import Flask

from portal.accounts.handles import confirm_by_staff
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import queries
from portal.shares.models import Outcome, Share, ShareState
from portal.shares.submitting import submit_share
from tests.accounts.factories import a_fan, a_handle, a_moderator
from tests.kernel.authority import Authority
from tests.missions.factories import a_claim, a_mission
from tests.shares.platforms.replay import Exchange, replaying

pytestmark = pytest.mark.usefixtures("now")

CAPTION = "Ad: my mended jacket #MendedWithHollin"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def judged(app: Flask, authority, url: str, platform: str, exchanges: list[Exchange]) -> Share:
    """A share of a fan whose account there a moderator confirmed, after one look."""
    fan = a_fan()
    handle, moderator = a_handle(fan, platform=platform, name="ada_mends"), a_moderator()
    with unit_of_work():
        confirm_by_staff(handle, actor=moderator, reason="wrote to us from there", now=clock.now())
    claim = a_claim(a_mission(platforms=[platform]), fan)
    with unit_of_work():
        share = submit_share(claim, person=fan, typed_url=url, now=clock.now())
    before = app.extensions["portal_fetcher"]
    with replaying(exchanges, authority) as replay:
        app.extensions["portal_fetcher"] = replay.fetcher
        jobs.run_due()
    app.extensions["portal_fetcher"] = before
    assert replay.unexpected == []
    db.session.refresh(share)
    return share


def test_on_tiktok_what_anybody_is_told_is_enough(sqlite_app: Flask, authority) -> None:
    url = f"https://www.tiktok.com/@ada_mends/video/{(int(clock.now().timestamp()) + 60 << 32) + 1}"
    told = {"title": CAPTION, "author_url": "https://www.tiktok.com/@ada_mends", "author_name": "Ada"}
    asked = f"https://www.tiktok.com/oembed?url={quote(url, safe='')}"

    share = judged(sqlite_app, authority, url, "tiktok", [Exchange("GET", asked, 200, json.dumps(told).encode(), JSON)])

    assert (share.state, share.reason_code) == (ShareState.VERIFIED, "all_passed")
    seen = queries.latest_evidence(share)
    assert (seen.source, seen.body["text"]) == ("tiktok_oembed", CAPTION)
    assert seen.body["told"]["posted_at"] == {"source": "id", "certainty": "derived"}


def test_on_youtube_the_description_is_not_told_so_a_person_looks(sqlite_app: Flask, authority) -> None:
    url = "https://www.youtube.com/watch?v=aB3dE6gH9kL"
    told = {"title": "Mending a jacket", "author_url": "https://www.youtube.com/@ada_mends", "author_name": "Ada"}
    asked = f"https://www.youtube.com/oembed?url={quote(url, safe='')}&format=json"

    share = judged(
        sqlite_app, authority, url, "youtube", [Exchange("GET", asked, 200, json.dumps(told).encode(), JSON)]
    )

    assert (share.state, share.reason_code) == (ShareState.NEEDS_REVIEW, "could_not_tell")
    found = {result.check: (result.outcome, result.reason_code) for result in queries.latest_checks(share)}
    assert found["author"] == (Outcome.PASSED, "yours")
    assert found["link_or_tag"] == found["disclosed"] == (Outcome.UNKNOWN, "text_not_told")
    assert found["posted_after_claim"] == (Outcome.UNKNOWN, "time_not_told")


def test_a_video_that_may_not_be_embedded_is_not_missing(sqlite_app: Flask, authority) -> None:
    url = "https://www.youtube.com/watch?v=aB3dE6gH9kL"
    asked = f"https://www.youtube.com/oembed?url={quote(url, safe='')}&format=json"

    share = judged(sqlite_app, authority, url, "youtube", [Exchange("GET", asked, 401, b"Unauthorized")])

    assert (share.state, share.reason_code) == (ShareState.NEEDS_REVIEW, "could_not_tell")
    assert Outcome.FAILED not in {result.outcome for result in queries.latest_checks(share)}
