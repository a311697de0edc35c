"""Each network in each state, over real HTTP: what its documented answers mean (see `replay`)."""

from __future__ import annotations

import pytest

from portal.accounts.ports import ProfileUnreadable
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.reading import Post, Problem
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for
from tests.kernel.authority import Authority
from tests.shares.platforms.replay import STATES, all_expected, exchanges_in, replaying

NETWORKS = {each.name: each for each in all_expected()}
CASES = [
    (name, state) for name, each in NETWORKS.items() for state in each.states if "absent" not in each.states[state]
]
SAYS_NOTHING_OF_THE_POST = ("rate_limit", "server_error", "slow", "truncated", "huge")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def networks_of(expected, tmp_path):
    told = expected.told
    return Networks(
        settings_for(tmp_path, sandbox=False, **told.get("settings", {})), KnownHosts(dict(told.get("software", {})))
    )


def test_every_network_that_is_read_has_its_answers_here(tmp_path):
    keys = {key: value for each in NETWORKS.values() for key, value in each.told.get("settings", {}).items()}
    networks = Networks(settings_for(tmp_path, sandbox=False, **keys), KnownHosts({}))
    read = {about.code for about in networks.about() if networks.reads(about.code)}
    assert read - NETWORKS.keys() == set(), "each network that is read needs a folder with answers in every state"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_state_is_there_or_its_absence_is_explained(name):
    states = NETWORKS[name].states
    assert set(STATES) <= set(states)
    assert all(each["absent"] for each in states.values() if "absent" in each)
    files = {file.stem for file in NETWORKS[name].folder.glob("*.http")} - {"profile"}
    assert files <= {state for state, each in states.items() if "absent" not in each}


@pytest.mark.parametrize(("name", "state"), CASES)
def test_a_network_in_a_state(name, state, authority, tmp_path):
    expected = NETWORKS[name]
    wanted = expected.states[state]
    networks = networks_of(expected, tmp_path)
    found = networks.identify(wanted.get("url", expected.told["url"]))
    with replaying(expected.exchanges(state), authority) as replay:
        reading = networks.read_post(replay.fetcher, found)
    assert replay.unexpected == []
    assert replay.asked
    if "trouble" in wanted:
        assert_problem(reading, wanted)
    else:
        assert_post(reading, wanted)
        assert reading.platform == found.platform, "a share is of the network that it was handed in for"
    if state in SAYS_NOTHING_OF_THE_POST:
        assert isinstance(reading, Problem)
        assert reading.trouble not in ("gone", "not_public"), "trouble of the network's is held against the post"


def assert_problem(reading, wanted):
    assert isinstance(reading, Problem), reading
    for field in ("trouble", "detail", "retry_after_seconds"):
        if field in wanted:
            assert getattr(reading, field) == wanted[field], (field, reading)


def assert_post(reading, wanted):
    assert isinstance(reading, Post), reading
    seen = reading.as_evidence()
    assert {field: seen[field] for field in wanted["post"]} == wanted["post"]
    assert {field: reading.how(field).certainty for field in wanted.get("certainty", {})} == wanted.get("certainty", {})
    unknown = [field for field in wanted.get("unknown", []) if reading.knows(field)]
    assert unknown == [], "these are not to be known"


@pytest.mark.parametrize("name", [name for name, each in NETWORKS.items() if "profile" in each.told])
def test_a_profile_is_read(name, authority, tmp_path):
    expected = NETWORKS[name]
    wanted = expected.told["profile"]
    networks = networks_of(expected, tmp_path)
    address = networks.understand(wanted.get("platform", name), wanted["typed"])
    with replaying(exchanges_in(expected.folder / "profile.http"), authority) as replay:
        profile = networks.read_profile(replay.fetcher, address.platform, address.host, address.name)
    assert {field: getattr(profile, field) for field in wanted["read"]} == wanted["read"]
    with replaying([], authority) as nobody, pytest.raises(ProfileUnreadable):
        networks.read_profile(nobody.fetcher, address.platform, address.host, address.name)
    by_them = expected.states["success"].get("post", {})
    if by_them.get("author_id"):
        assert by_them["author_id"] == profile.external_id, "who is proved and who posted are named by the same id"
        assert by_them["author_name"] == address.name
