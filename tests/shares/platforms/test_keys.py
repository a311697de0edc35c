"""Operators' keys: what they switch on, that a token is asked for once, and that neither is ever told to anybody."""

from __future__ import annotations

import logging

import pytest

from portal.shares.platforms import keyed
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.reading import Post
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for
from tests.kernel.authority import Authority
from tests.shares.platforms.replay import all_expected, replaying

KEYED = {each.folder.parent.name if each.folder.name == "key" else each.name: each for each in all_expected()
         if set(each.told.get("settings", {})) & {
             "x_bearer_token", "youtube_api_key", "reddit_client_secret", "twitch_client_secret", "tumblr_api_key",
             "flickr_api_key",
         }}  # fmt: skip
SECRETS = ("operators-", "app-token", "b3BlcmF0b3Jz")
"""How keys, tokens and their base 64 begin in the replayed exchanges."""
BY_CODE = {"x", "youtube", "reddit", "twitch", "tumblr"}
"""Networks whose interface gives the words of a profile."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def networks_with(expected, tmp_path) -> Networks:
    return Networks(settings_for(tmp_path, sandbox=False, **expected.told["settings"]), KnownHosts({}))


def test_these_networks_take_a_key():
    assert set(KEYED) == {"x", "youtube", "reddit", "twitch", "tumblr", "flickr"}


@pytest.mark.parametrize("name", KEYED)
def test_no_problem_no_evidence_and_no_log_has_the_key(name, authority, tmp_path, caplog):
    expected = KEYED[name]
    networks = networks_with(expected, tmp_path)
    caplog.set_level(logging.DEBUG)
    for state, wanted in expected.states.items():
        if "absent" in wanted or state == "slow":
            continue
        with replaying(expected.exchanges(state), authority) as replay:
            reading = networks.read_post(replay.fetcher, networks.identify(wanted.get("url", expected.told["url"])))
        told = f"{reading!r}{reading.as_evidence() if isinstance(reading, Post) else ''}{caplog.text}{vars(networks)!r}"
        assert not [secret for secret in SECRETS if secret in told], state


@pytest.mark.parametrize("name", KEYED)
def test_a_key_switches_on_the_proof_by_a_code_in_the_profile(name, tmp_path):
    expected = KEYED[name]
    with_key = {guide.code: guide for guide in networks_with(expected, tmp_path).guides()}
    without = {guide.code: guide for guide in Networks(settings_for(tmp_path, sandbox=False), KnownHosts({})).guides()}
    assert with_key[name].can_prove_by_code == (name in BY_CODE)
    assert without[name].can_prove_by_code is False


@pytest.mark.parametrize("name", ["reddit", "twitch"])
def test_an_apps_token_is_asked_for_once_and_again_when_it_ends(name, authority, tmp_path, monkeypatch):
    expected = KEYED[name]
    networks = networks_with(expected, tmp_path)
    found = networks.identify(expected.told["url"])
    with replaying(expected.exchanges("success"), authority) as replay:
        assert isinstance(networks.read_post(replay.fetcher, found), Post)
        assert isinstance(networks.read_post(replay.fetcher, found), Post)
        assert len([asked for asked in replay.asked if asked.startswith("POST")]) == 1
        now = keyed.time.monotonic()
        monkeypatch.setattr(keyed.time, "monotonic", lambda: now + 90 * 24 * 3600)
        assert isinstance(networks.read_post(replay.fetcher, found), Post)
        assert len([asked for asked in replay.asked if asked.startswith("POST")]) == 2


def test_a_token_that_is_refused_is_forgotten_and_asked_for_once_more(authority, tmp_path):
    expected = KEYED["twitch"]
    networks = networks_with(expected, tmp_path)
    with replaying(expected.exchanges("login_wall"), authority) as replay:
        networks.read_post(replay.fetcher, networks.identify(expected.told["url"]))
    assert [asked.split()[0] for asked in replay.asked] == ["POST", "GET", "POST", "GET"]


@pytest.mark.parametrize("setting", ["x_bearer_token", "youtube_api_key", "tumblr_api_key", "flickr_api_key"])
def test_settings_don_t_show_a_key(setting, tmp_path):
    settings = settings_for(tmp_path, **{setting: "operators-key"})
    assert "operators-key" not in f"{settings!r}{settings.model_dump()!r}"


def test_an_operator_leaves_a_network_to_people_whatever_could_be_read(tmp_path):
    networks = Networks(settings_for(tmp_path, sandbox=False, networks_by_person=["reddit"]), KnownHosts({}))
    assert networks.reads("reddit") is False
    assert networks.knows("reddit")
    assert networks.reads("tiktok")
