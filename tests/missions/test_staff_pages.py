"""Staff create, look at, change and move missions; what they may not do stays undone."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import AuditEntry
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.errors import StepNotPossible
from portal.missions.managing import STEPS, open_mission
from portal.missions.models import KitImage, Mission, MissionState
from portal.missions.staff import STEP_VERBS
from tests.accounts.factories import a_fan, a_marketer, a_moderator
from tests.campaigns.factories import a_campaign
from tests.missions.factories import a_claim, a_mission

ClientOf = Callable[[Person], FlaskClient]


def typed(season_id: str, **changes: Any) -> MultiDict[str, str]:
    """A mission's form as a browser sends it; a change to None leaves the field out."""
    values: dict[str, Any] = {
        "idempotency_key": "key-1",
        "campaign_id": season_id,
        "kind": "share",
        "accepts": "original",
        "title": "Show a mended thing you love",
        "summary": "One thing you repaired.",
        "brief": "Show **one thing**.",
        "do": "Use your own photo\n\n  Show the wear  ",
        "dont": "Name other makers",
        "captions-0-text": "What have you kept going?",
        "captions-0-locale": "en",
        "captions-1-text": "",
        "captions-1-locale": "de",
        "platforms": ["perch", "mastodon"],
        "tracks": [],
        "roles": ["sharer"],
        "minutes": "15",
        "places_total": "40",
        "per_person_max": "1",
        "deliver_hours": "72",
        "points_now": "80",
        "points_held": "40",
        "hold_days": "7",
        "required_tag": "#MendedWithHollin",
        "link_target": "https://shop.example/repairs",
        "link_or_tag": "y",
        "jurisdiction": "",
        "opens_at": "2026-10-20T09:00",
        "closes_at": "2026-11-20T18:00",
        **changes,
    }
    return MultiDict({name: value for name, value in values.items() if value is not None})


def saved(mission: Mission) -> Mission:
    db.session.expire_all()
    found = db.session.get(Mission, mission.id)
    assert found is not None
    return found


def actions(mission: Mission) -> list[tuple[str, str]]:
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_id == mission.id).order_by(AuditEntry.number)
    )
    return [(entry.action, entry.why) for entry in entries]


def a_png(side: int = 40) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "PNG")
    file.seek(0)
    return file


def test_created_mission_is_a_draft_with_all_that_was_typed(app: Flask, now: datetime, client_of: ClientOf) -> None:
    season, marketer = a_campaign(), a_marketer(time_zone="Europe/Berlin")
    client = client_of(marketer)

    answer = client.post("/staff/missions/new", data=typed(season.id))

    mission = db.session.scalars(select(Mission)).one()
    assert (answer.status_code, answer.location) == (303, f"/staff/missions/{mission.id}")
    assert mission.state == MissionState.DRAFT
    assert mission.do == ["Use your own photo", "Show the wear"]
    assert mission.platforms == ["perch", "mastodon"]
    assert (mission.tracks, mission.roles) == ([], ["sharer"])
    assert [(caption.text, caption.locale) for caption in mission.captions] == [("What have you kept going?", "en")]
    assert mission.opens_at == datetime(2026, 10, 20, 7, 0, tzinfo=UTC)  # nine o'clock in Berlin's summer
    assert mission.closes_at == datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # six o'clock in its winter
    assert actions(mission) == [("mission.created", "created")]
    assert "What have you kept going?" in client.get(answer.location).text


def test_whose_advertising_rules_count_is_chosen_by_the_name_of_the_country(app: Flask, client_of: ClientOf) -> None:
    page = client_of(a_marketer()).get("/staff/missions/new").text
    assert '<option value="DE">Germany</option>' in page


def test_form_sent_twice_makes_one_mission(app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign()
    client = client_of(a_marketer())

    answers = [client.post("/staff/missions/new", data=typed(season.id)) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert db.session.scalar(select(func.count()).select_from(Mission)) == 1


WRONG = [
    ({"title": " "}, "Give the mission a title"),
    ({"brief": ""}, "Write the brief"),
    ({"places_total": "0"}, "Type a whole number from 1"),
    ({"places_total": "many"}, "Type a whole number from 1"),
    ({"points_now": "-1"}, "Type a whole number from 0"),
    ({"required_tag": "no tag"}, "A tag is one word"),
    ({"link_target": "javascript:alert(1)"}, "Type a whole web address"),
    ({"link_target": "https://"}, "Type a whole web address"),
    ({"closes_at": "2026-10-20T09:00"}, "has to close after it opens"),
    ({"hold_days": "0"}, "need a hold of at least one day"),
    ({"kind": "barter"}, "Not a valid choice"),
    ({"platforms": ["myspace"]}, "is not a valid choice"),
    ({"campaign_id": "nonsense"}, "Not a valid choice"),
    ({"brief": "> " * 200 + "deep"}, "100 levels"),
    ({"do": "\n".join(["line"] * 13)}, "Twelve lines"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_wrong_entry_is_told_at_its_field_and_nothing_typed_is_lost(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, changes: dict, sentence: str
) -> None:
    season = a_campaign()

    answer = client_of(a_marketer()).post(
        "/staff/missions/new", data=typed(season.id, summary="Typed & kept", **changes)
    )

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Typed &amp; kept" in answer.text
    assert 'value="2026-10-20T09:00"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Mission)) == 0


def test_fields_that_are_not_in_the_form_are_ignored(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign()

    client_of(a_marketer()).post(
        "/staff/missions/new", data=typed(season.id, state="open", places_taken="3", created_by_id="x")
    )

    mission = db.session.scalars(select(Mission)).one()
    assert (mission.state, mission.places_taken) == (MissionState.DRAFT, 0)


def edit_of(mission: Mission, **changes: Any) -> MultiDict[str, str]:
    """What a browser sends when the edit page of a factory's mission is saved with `changes`."""
    return typed(
        mission.campaign_id,
        **{
            "version": str(mission.lock_version), "title": mission.title, "summary": mission.summary,
            "brief": mission.brief, "platforms": mission.platforms, "roles": [], "places_total": "5",
            "opens_at": None, "closes_at": None, "captions-0-text": "", **changes,
        },
    )  # fmt: skip


def test_edit_saves_and_counts_the_version(app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()

    answer = client_of(a_marketer()).post(
        f"/staff/missions/{mission.id}/edit", data=edit_of(mission, title="New title")
    )

    assert answer.status_code == 303
    assert (saved(mission).title, saved(mission).lock_version) == ("New title", 2)
    assert actions(mission) == [("mission.changed", "edited")]


def test_second_editor_gets_a_conflict_and_keeps_the_text(app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()
    first, second = client_of(a_marketer()), client_of(a_marketer())
    seen = edit_of(mission, title="Second’s title")
    first.post(f"/staff/missions/{mission.id}/edit", data=edit_of(mission, title="First’s title"))

    answer = second.post(f"/staff/missions/{mission.id}/edit", data=seen)

    assert answer.status_code == 409
    assert "Somebody else changed this mission" in answer.text
    assert "Second’s title" in answer.text
    assert saved(mission).title == "First’s title"


def test_places_never_fall_below_those_taken(app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()
    for _each in range(3):
        a_claim(mission)
    client = client_of(a_marketer())

    refused = client.post(f"/staff/missions/{mission.id}/edit", data=edit_of(mission, places_total="2"))
    allowed = client.post(f"/staff/missions/{mission.id}/edit", data=edit_of(mission, places_total="3"))

    assert refused.status_code == 422
    assert "3 places are taken" in refused.text
    assert allowed.status_code == 303
    assert saved(mission).places_total == 3


PROMISES = [
    {"points_now": "10"}, {"points_held": "400"}, {"hold_days": "30"}, {"required_tag": "#Other"},
    {"link_target": "https://shop.example/other"}, {"link_or_tag": None}, {"kind": "create"},
]  # fmt: skip


@pytest.mark.parametrize("changes", PROMISES)
def test_what_was_promised_to_a_claim_stays(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, changes: dict
) -> None:
    mission = a_mission()
    client = client_of(a_marketer())
    assert client.post(f"/staff/missions/{mission.id}/edit", data=edit_of(mission, **changes)).status_code == 303

    claimed = a_mission()
    a_claim(claimed)
    before = (claimed.points, claimed.required_tag, claimed.lock_version)
    refused = client.post(f"/staff/missions/{claimed.id}/edit", data=edit_of(claimed, **changes))

    assert refused.status_code == 409
    assert "as they were promised" in refused.text
    claimed = saved(claimed)
    assert (claimed.points, claimed.required_tag, claimed.lock_version) == before


def test_every_step_from_every_state(sqlite_app: Flask, now: datetime) -> None:
    """The table of steps, tried whole: what it names works, anything else is refused and changes nothing."""
    season, marketer = a_campaign(), a_marketer()
    for start in MissionState:
        for to in MissionState:
            mission = a_mission(season, state=start, opens_at=now + timedelta(days=1))
            try:
                with unit_of_work():
                    STEP_VERBS[to](mission, actor=marketer, why="tried", now=now)
            except StepNotPossible:
                assert to not in STEPS[start], (start, to)
                assert saved(mission).state == start
                assert actions(mission) == []
            else:
                assert to in STEPS[start], (start, to)
                assert saved(mission).state == to
                assert actions(mission) == [(f"mission.{to}", "tried")]


def test_step_needs_a_reason(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()

    answer = client_of(a_marketer()).post(f"/staff/missions/{mission.id}/state", data={"to": "closed", "why": "  "})

    assert answer.status_code == 422
    assert "Say in a few words why" in answer.text
    assert saved(mission).state == MissionState.OPEN


def test_step_twice_is_a_conflict(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()
    client = client_of(a_marketer())

    answers = [
        client.post(f"/staff/missions/{mission.id}/state", data={"to": "paused", "why": "Broken check"})
        for _click in range(2)
    ]

    assert [answer.status_code for answer in answers] == [303, 409]
    assert actions(mission) == [("mission.paused", "Broken check")]


def test_unknown_step_is_refused(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()

    answer = client_of(a_marketer()).post(f"/staff/missions/{mission.id}/state", data={"to": "won", "why": "x"})

    assert answer.status_code == 400


def test_mission_whose_end_has_passed_does_not_open(app: Flask, now: datetime) -> None:
    mission = a_mission(state="draft", opens_at=now - timedelta(days=2), closes_at=now)

    with pytest.raises(StepNotPossible), unit_of_work():
        open_mission(mission, actor=None, why="tried", now=now)

    assert saved(mission).state == MissionState.DRAFT


def test_preview_is_what_a_fan_sees_and_claims_nothing(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission(state="draft", captions=("What have you kept going?",))

    page = client_of(a_marketer()).get(f"/staff/missions/{mission.id}").text

    assert "This is what a fan sees" in page
    assert "What have you kept going?" in page
    assert f"/missions/{mission.id}/claim" not in page


def test_picture_is_remade_described_and_downloadable(app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()
    client = client_of(a_marketer())

    answer = client.post(
        f"/staff/missions/{mission.id}/pictures",
        data={"file": (a_png(), "../../evil.png"), "alt": "A teal patch", "use": "kit"},
    )

    assert answer.status_code == 303
    image = db.session.scalars(select(KitImage)).one()
    assert image.alt == "A teal patch"
    assert image.file.startswith("missions/")
    assert "evil" not in image.file
    file = client.get(f"/files/{image.file}?download=1")
    assert (file.status_code, file.mimetype) == (200, "image/webp")
    assert 'alt="A teal patch"' in client.get(f"/missions/{mission.id}").text


def test_cover_goes_on_card_and_page(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    mission = a_mission()
    client = client_of(a_marketer())

    client.post(
        f"/staff/missions/{mission.id}/pictures",
        data={"file": (a_png(), "a.png"), "alt": "A teal patch", "use": "cover"},
    )

    assert f'src="/files/{saved(mission).image_file}' in client.get("/missions").text


BAD_PICTURES = [
    ({"alt": "x", "use": "kit"}, "Choose a picture."),
    ({"file": (io.BytesIO(b"<svg onload=alert(1)>"), "a.svg"), "alt": "x", "use": "kit"}, "SVG"),
    ({"file": (io.BytesIO(b"not a picture"), "a.png"), "alt": "x", "use": "kit"}, "not a picture we can read"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD_PICTURES)
def test_bad_picture_is_refused_in_words(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, data: dict, sentence: str
) -> None:
    mission = a_mission()

    answer = client_of(a_marketer()).post(f"/staff/missions/{mission.id}/pictures", data=dict(data))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalar(select(func.count()).select_from(KitImage)) == 0


def test_picture_without_words_is_refused(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    answer = client_of(a_marketer()).post(
        f"/staff/missions/{a_mission().id}/pictures", data={"file": (a_png(), "a.png"), "alt": " ", "use": "kit"}
    )

    assert answer.status_code == 422
    assert "Describe the picture" in answer.text


def test_list_counts_states(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign()
    a_mission(season, title="Open one")
    a_mission(season, title="Draft one", state="draft")
    client = client_of(a_marketer())

    everything, drafts = client.get("/staff/missions").text, client.get("/staff/missions?state=draft").text

    assert "Open one" in everything
    assert "Draft one" in everything
    assert "Draft one" in drafts
    assert "Open one" not in drafts


@pytest.mark.parametrize("who", [a_fan, a_moderator])
def test_only_who_manages_missions_gets_in(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, who: Callable[[], Person]
) -> None:
    mission = a_mission()
    client = client_of(who())

    assert client.get("/staff/missions").status_code == 403
    assert client.get(f"/staff/missions/{mission.id}").status_code == 403
    answer = client.post(f"/staff/missions/{mission.id}/state", data={"to": "closed", "why": "x"})
    assert answer.status_code == 403
    assert saved(mission).state == MissionState.OPEN


ASKS = {
    "required_words": "mended\n\n never thrown away ",
    "required_mentions": "@hollinfell",
    "language": "de",
    "media": "either",
    "original_work": "y",
    "posted_from": "opening",
    "handle_days_min": "30",
    "followers_min": "10",
}


def test_what_a_post_must_hold_is_kept_and_read_by_fans_before_they_claim(sqlite_app: Flask, client_of: ClientOf):
    staff = client_of(a_marketer())
    answer = staff.post("/staff/missions/new", data=typed(a_campaign().id, **ASKS))
    assert answer.status_code == 303
    mission = db.session.scalars(select(Mission)).one()
    assert (mission.required_words, mission.required_mentions) == (["mended", "never thrown away"], ["@hollinfell"])
    assert (mission.language, mission.media, mission.posted_from) == ("de", "either", "opening")
    assert (mission.original_work, mission.handle_days_min, mission.followers_min) == (True, 30, 10)
    page = staff.get(answer.location).text
    for sentence in (
        "It says “mended”, “never thrown away”.",
        "It mentions @hollinfell.",
        "It is written in German.",
        "It shows a picture or a film.",
        "The account is at least 30 days old.",
        "At least 10 people follow the account.",
    ):
        assert sentence in page


def test_a_mission_that_asks_for_nothing_more_says_nothing_more(sqlite_app: Flask, client_of: ClientOf):
    staff = client_of(a_marketer())
    answer = staff.post("/staff/missions/new", data=typed(a_campaign().id))
    mission = db.session.scalars(select(Mission)).one()
    assert (mission.required_words, mission.language, mission.media, mission.handle_days_min) == ([], "", "", 0)
    assert "It is written in" not in staff.get(answer.location).text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("required_mentions", "hollinfell", "A mention is one word that starts with @"),
        ("handle_days_min", "-1", "Type a whole number from 0 to 3650."),
        ("followers_min", "many", "Not a valid integer value."),
        ("media", "hologram", "Not a valid choice"),
        ("language", "xx", "Not a valid choice"),
    ],
)
def test_an_ask_that_makes_no_sense_is_refused_and_stays_typed(
    sqlite_app: Flask, client_of: ClientOf, field: str, value: str, sentence: str
):
    answer = client_of(a_marketer()).post("/staff/missions/new", data=typed(a_campaign().id, **{field: value}))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(Mission)).all() == []


def test_what_a_post_must_hold_stays_as_promised_while_places_are_taken(sqlite_app: Flask, client_of: ClientOf):
    claim = a_claim()
    mission = claim.mission
    data = typed(mission.campaign_id, version=str(mission.lock_version), followers_min="5000")
    assert client_of(a_marketer()).post(f"/staff/missions/{mission.id}/edit", data=data).status_code == 409
    assert db.session.get_one(Mission, mission.id).followers_min == 0


def test_staff_are_warned_where_nobody_can_disclose(sqlite_app: Flask, client_of: ClientOf) -> None:
    marketer = client_of(a_marketer())
    warning = "Does our post say that it is advertising?"
    for accepts, warned in ((["repost"], True), (["original", "repost"], False), (["quote"], False)):
        mission = a_mission(accepts=accepts)
        assert (warning in marketer.get(f"/staff/missions/{mission.id}").text) is warned, accepts
