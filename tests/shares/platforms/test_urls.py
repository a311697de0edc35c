"""Every form of address that each network has, as labelled in its folder; and what must hold for all of them."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.shares.platforms.directory import network_modules
from portal.shares.platforms.id_times import of_meta_code
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.pages import MEANINGS
from portal.shares.platforms.reading import Identified, Kind
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for

FOLDER = Path(__file__).parent
RUNS = {
    "social.example": "mastodon", "home.example": "mastodon", "video.example": "peertube", "forum.example": "lemmy",
    "talk.example": "discourse",
}  # fmt: skip
LABELLED = [
    json.loads(line) for file in sorted(FOLDER.glob("*/urls.jsonl")) for line in file.read_text("utf-8").splitlines()
]
LABELS = ("platform", "kind", "canonical", "post_id", "author", "posted_at", "reason")
"""As the fixtures have them: null where there is nothing."""


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return Networks(settings_for(tmp_path_factory.mktemp("data")), KnownHosts(RUNS))


def labels_of(found: Identified) -> dict[str, object]:
    """What was found, in the words of the fixtures."""
    named = {name: getattr(found, name) or None for name in LABELS}
    at = found.posted_at
    named |= {"kind": str(found.kind), "posted_at": at and at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if found.platform == "web":
        named |= {"platform": None, "canonical": None}
    if found.kind is Kind.SHORT:
        named["canonical"] = None
    return named


@pytest.mark.parametrize("network", sorted({file.parent.name for file in FOLDER.glob("*/urls.jsonl")}))
def test_every_labelled_address_is_understood(networks, network):
    lines = (FOLDER / network / "urls.jsonl").read_text("utf-8").splitlines()
    wrong = []
    for each in map(json.loads, lines):
        found = labels_of(networks.look_at(each["url"]))
        differs = {name: (each[name], found[name]) for name in LABELS if each[name] != found[name]}
        wrong += [(each["url"], differs)] if differs else []
    assert wrong == []


def test_every_network_has_labelled_addresses_of_each_kind():
    networks = {module.ABOUT.code for module in network_modules()} - {"perch", "web"}
    assert len(networks) >= 24
    shown = {(each["platform"], each["kind"]) for each in LABELLED}
    assert {(code, kind) for code in networks for kind in ("post", "profile", "other")} <= shown


def test_every_reason_has_a_meaning(networks):
    assert {each["reason"] for each in LABELLED if each["reason"]} <= MEANINGS.keys()


def test_spellings_of_one_post_have_one_key_and_different_posts_never(networks):
    posts: dict[str, set[str]] = {}
    for each in LABELLED:
        found = networks.look_at(each["url"])
        if found.kind is Kind.POST:
            posts.setdefault(found.post_key, set()).add(f"{each['platform']} {each['post_id']} {found.host}")
    assert len(posts) > 40
    assert {key: labelled for key, labelled in posts.items() if len(labelled) > 1} == {}


def test_a_peertube_video_has_one_key_under_both_of_its_ids(networks):
    by_uuid = networks.look_at("https://video.example/videos/watch/4d1c2f0e-7f43-4f5c-9a45-0d9a3f2b1c77")
    short = "awgBDaxtVfXXoLrjD2343p"
    by_short = networks.look_at(f"https://video.example/w/{short}")
    assert (by_uuid.post_key, by_short.post_id) == (by_short.post_key, short)


def test_a_private_instagram_post_is_the_post_without_its_key(networks):
    private = networks.look_at("https://www.instagram.com/p/DKx3Yz_a-1BAbCdEfGhIjKlMnOpQrStUvWxYz01/")
    assert private.post_key == networks.look_at("https://www.instagram.com/p/DKx3Yz_a-1B/").post_key


@pytest.mark.parametrize("code", ["short", "zzzzzzzzzzz", "AAAAAAAAA"])
def test_codes_that_carry_no_time_give_none(code):
    assert of_meta_code(code) is None


# What holds for every address


def assert_canonical(networks: Networks, found: Identified) -> None:
    again = networks.look_at(found.canonical)
    assert (again.platform, again.kind, again.canonical, again.post_id) == (
        found.platform, found.kind, found.canonical, found.post_id,
    )  # fmt: skip
    assert again.post_key == found.post_key


def test_canonical_addresses_are_their_own(networks):
    seen = 0
    for each in LABELLED:
        found = networks.look_at(each["url"])
        if found.canonical:
            assert_canonical(networks, found)
            seen += 1
    assert seen > 300


pieces = st.sampled_from(LABELLED).map(lambda each: each["url"])
digits = st.text(string.digits, min_size=1, max_size=20)
codes = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=40)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """A known form of address with another id, another name, another host, or something before and behind."""
    url = draw(pieces)
    parts = url.split("/")
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(parts) - 1))
        parts[place] = draw(st.one_of(digits, codes, st.just(""), st.just(".."), st.just("%2F"), pieces))
    url = "/".join(parts)
    tail = draw(st.sampled_from(["", "/", "?utm_source=x", "#x", "?v=aB3dE6-H_9k", "&x", "?id=27&story_fbid=3", " !"]))
    return url.upper() + tail if draw(st.integers(0, 9)) == 0 else url + tail


@given(url=addresses())
@settings(max_examples=2000, deadline=None)
def test_whatever_is_understood_has_a_canonical_form_that_stays(networks, url):
    found = networks.look_at(url)
    assert found.kind is Kind.POST or found.reason in MEANINGS
    assert (found.kind is Kind.POST) == bool(found.post_id)
    if found.kind in (Kind.POST, Kind.PROFILE):
        assert found.canonical
        assert_canonical(networks, found)


@given(urls=st.lists(addresses(), min_size=2, max_size=6))
@settings(max_examples=500, deadline=None)
def test_one_canonical_form_is_never_two_posts(networks, urls):
    posts = [found for found in map(networks.look_at, urls) if found.kind is Kind.POST]
    by_canonical = {found.canonical: (found.platform, found.post_id, found.post_key) for found in posts}
    for found in posts:
        assert by_canonical[found.canonical] == (found.platform, found.post_id, found.post_key)


FORMS = [
    ("https://x.com/ada/status/{}", st.integers(1, 10**19 - 1)),
    ("https://www.tiktok.com/@ada/video/{}", st.integers(10**5, 10**19)),
    ("https://www.reddit.com/comments/{}", st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=9)),
    ("https://www.youtube.com/watch?v={}", st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True)),
    ("https://www.instagram.com/p/{}/", st.from_regex(r"[A-Za-z0-9_-]{5,28}", fullmatch=True)),
    ("https://flic.kr/p/{}", st.from_regex(r"[2-9a-km-zA-HJ-NP-Z][1-9a-km-zA-HJ-NP-Z]{1,7}", fullmatch=True)),
    ("https://video.example/w/{}", st.from_regex(r"[2-9a-k][1-9a-km-zA-HJ-NP-Z]{20}", fullmatch=True)),
    ("https://bsky.app/profile/ada.example/post/{}", st.from_regex(r"3[2-7a-z]{12}", fullmatch=True)),
    ("https://clips.twitch.tv/{}", st.from_regex(r"[A-Z][A-Za-z]{5,12}-[A-Za-z0-9_-]{6}", fullmatch=True)),
    ("https://t.me/ada_mends/{}", st.integers(1, 10**9)),
]


@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_two_ids_are_two_posts(networks, data):
    form, ids = data.draw(st.sampled_from(FORMS))
    one, other = data.draw(ids), data.draw(ids)
    found = [networks.look_at(form.format(each)) for each in (one, other)]
    assert [each.kind for each in found] == [Kind.POST, Kind.POST]
    assert (found[0].canonical == found[1].canonical) == (str(one) == str(other))
    assert (found[0].post_key == found[1].post_key) == (str(one) == str(other))
