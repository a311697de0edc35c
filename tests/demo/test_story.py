"""The story as it is written: whole, various, and about nobody who exists."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from portal.demo import around, company, story
from portal.demo.loading import SIGNS_IN
from portal.demo.timing import BRAND_ZONE, first_thursday
from portal.missions.models import MissionKind
from portal.missions.rating import RATINGS_BEFORE_TELLING
from portal.recognition.name_rules import refused_by_itself
from portal.recognition.thanks_rules import refused_text
from portal.sandbox.people import DEMO_PEOPLE
from portal.shares.models import ShareState

PICTURE_BYTES_MAX = 40 * 1024
REAL_NETWORKS = re.compile(
    r"\b(instagram|facebook|tiktok|twitter|linkedin|youtube|mastodon\.social|bluesky|threads\.net|reddit)\b",
    re.IGNORECASE,
)


def test_community_has_the_size_it_is_meant_to_have():
    assert (len(story.members()), len(story.tasks()), len(story.prizes())) == (43, 14, 11)
    assert len(story.shares()) >= 150


def test_something_is_handed_in_for_a_mission_of_every_kind():
    kinds = {task.key: task.kind for task in story.tasks()}
    told = {kinds[one.task] for one in [*story.shares(), *around.things()]}
    brought = {MissionKind.REFER for member in story.members() if member.came_by}
    assert told | brought == set(MissionKind)
    assert {one.relation for one in story.shares() if kinds[one.task] == "share"} == {"", "quote", "repost"}


def test_enough_people_rate_two_missions_so_that_staff_are_told():
    said = Counter(one.task for one in around.ratings())
    assert len([task for task, times in said.items() if times >= RATINGS_BEFORE_TELLING]) == 2


def test_there_is_a_mission_of_every_kind():
    assert {task.kind for task in story.tasks()} == {str(kind) for kind in MissionKind}


def test_no_two_people_and_no_two_posts_are_the_same():
    members, texts = story.members(), [told.text for told in story.shares() if told.text]
    assert len({member.key for member in members}) == len({member.handle for member in members}) == len(members)
    assert len(set(texts)) == len(texts) > 140


def test_every_state_is_told():
    told = Counter("needs_review" if one.end == "review" else one.end for one in story.shares())
    assert set(told) == {str(state) for state in ShareState}


def test_nobody_hands_in_twice_for_a_mission_that_takes_one():
    limits = {task.key: task.per_person for task in story.tasks()}
    handed_in = Counter((told.by, told.task) for told in [*story.shares(), *around.things()])
    assert [who for who, times in handed_in.items() if times > limits[who[1]]] == []


def test_sandbox_people_are_told_under_the_handles_they_have_there():
    handles = {person.subject: person.handle for person in DEMO_PEOPLE}
    told = {member.key: member.handle for member in story.members() if member.key in SIGNS_IN}
    assert told == {subject: handle for subject, handle in handles.items() if subject != "robin"}


def test_all_hosts_are_invented_and_no_real_network_is_named():
    written = "\n".join(path.read_text(encoding="utf-8") for path in story.DATA.rglob("*") if path.is_file())
    hosts = re.findall(r"@[a-z0-9]+@([a-z.]+)|https?://([a-z0-9.]+)", written)
    mastodon_hosts = [member.mastodon.partition("@")[2] for member in story.members() if member.mastodon]
    assert {one or other for one, other in hosts if not (one or other).endswith(".example")} == {"www.pinterest.com"}
    assert mastodon_hosts
    assert all(host.endswith(".example") for host in mastodon_hosts)
    assert REAL_NETWORKS.findall(written) == []


def test_pictures_are_small_and_each_one_in_use_is_described():
    used = {told.picture for told in [*story.shares(), *around.things()] if told.picture} | {
        name for task in story.tasks() for name in task.kit
    }
    assert used <= set(story.alt_texts())
    assert all(thing.alt for thing in around.things() if thing.picture)
    for path in story.PICTURES.glob("*.webp"):
        assert path.stat().st_size <= PICTURE_BYTES_MAX, path.name
        assert Image.open(io.BytesIO(path.read_bytes())).width <= 1280
    for shown in [*story.tasks(), *story.prizes()]:
        assert (story.PICTURES / f"{shown.picture}.webp").exists()
        assert shown.alt


def test_thanks_and_names_of_the_story_would_be_taken_from_anybody():
    said, staff = company.thanked(), {member.key for member in story.members() if member.staff}
    assert [refused_text(each.text) for each in said] == [None] * len(said)
    assert any(each.by in staff for each in said)
    assert any(not each.public for each in said)
    brands = ("Hollin Fell", "Trailmates")
    for named in company.names():
        assert refused_by_itself(named.name, brands=brands, as_person=True) is None
    for team in company.teams():
        assert refused_by_itself(team.name, brands=brands, as_person=False) is None
        assert not staff & set(team.members)


@pytest.mark.parametrize("day", range(1, 31))
def test_the_evening_at_the_repair_table_is_on_a_first_thursday(day):
    now = datetime(2026, 10, day, 23, 30, tzinfo=UTC)
    evening = first_thursday(now, days=4).astimezone(BRAND_ZONE)
    assert (evening.weekday(), evening.hour, evening.minute, evening.day <= 7) == (3, 18, 30, True)
    assert timedelta(days=4) <= evening - now < timedelta(days=40)
