"""Networks that no program of ours reads: their posts are understood, nothing is fetched, and a person decides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.accounts.ports import NotAProfile, ProfileUnreadable
from portal.kernel.fetcher import Fetcher, FetchPolicy
from portal.shares.platforms.reading import Trouble
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for
from tests.kernel.local_web import Internet
from tests.shares.conftest import NoMemory

POSTS = [
    ("https://www.instagram.com/p/DKx3Yz_a-1B/", "instagram", "terms"),
    ("https://www.instagram.com/share/reel/BAAx1yz_Q", "instagram", "terms"),
    ("https://www.threads.com/@ada.mends/post/DKx3Yz_a-1B", "threads", "terms"),
    ("https://www.facebook.com/ada.mends/posts/pfbid02aBcDeFgHiJk", "facebook", "terms"),
    ("https://www.facebook.com/share/p/1AbCdEfGh2/", "facebook", "terms"),
    ("https://www.linkedin.com/posts/ada-mends_wool-activity-7250000000000000000-aB1c", "linkedin", "no_api"),
    ("https://lnkd.in/eAbC12dE", "linkedin", "no_api"),
    ("https://www.snapchat.com/spotlight/W7_EDlXWTBiXAEEniNoMPwAAYdHVtZ3h5", "snapchat", "no_api"),
    ("https://whatsapp.com/channel/0029VaAbCdEfGhIjKlMnOp/123", "whatsapp", "members_only"),
    ("https://discord.com/channels/1250000000000000000/1250000000000000001/1250000000000000002", "discord",
     "members_only"),
]  # fmt: skip


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return Networks(settings_for(tmp_path_factory.mktemp("data"), sandbox=False), NoMemory())


@pytest.mark.parametrize(("typed", "platform", "why"), POSTS)
def test_its_posts_can_be_handed_in_and_nothing_is_asked_of_the_network(networks, typed, platform, why):
    internet = Internet({})
    fetcher = Fetcher(FetchPolicy(user_agent="tests"), resolver=lambda *_: ["93.184.216.34"], network=internet)

    found = networks.identify(typed)
    problem = networks.read_post(fetcher, found)

    assert found.platform == platform
    assert networks.reads(platform) is False
    assert (problem.trouble, problem.source, problem.detail) == (Trouble.NO_WAY, "none", why)
    assert problem.url == found.canonical
    assert problem.is_outage is False
    assert internet.called == []


def test_the_time_in_the_id_is_all_that_is_known_of_it(networks):
    found = networks.identify("https://www.linkedin.com/feed/update/urn:li:activity:7250000000000000000")
    assert found.posted_at.replace(microsecond=0) == datetime(2024, 10, 10, 4, 31, 38, tzinfo=UTC)


@pytest.mark.parametrize(
    ("platform", "typed", "name", "url"),
    [
        ("instagram", "@Ada.Mends", "ada.mends", "https://www.instagram.com/ada.mends/"),
        ("instagram", "ada.mends", "ada.mends", "https://www.instagram.com/ada.mends/"),
        ("instagram", "https://instagram.com/Ada.Mends?igsh=x", "ada.mends", "https://www.instagram.com/ada.mends/"),
        ("threads", "ada.mends", "ada.mends", "https://www.threads.com/@ada.mends"),
        ("facebook", "ada.mends", "ada.mends", "https://www.facebook.com/ada.mends"),
        ("facebook", "https://www.facebook.com/profile.php?id=100012345", "100012345",
         "https://www.facebook.com/100012345"),
        ("linkedin", "ada-mends", "ada-mends", "https://www.linkedin.com/in/ada-mends"),
        ("snapchat", "ada_mends", "ada_mends", "https://www.snapchat.com/@ada_mends"),
        ("discord", "https://discord.com/users/1250000000000000000", "1250000000000000000",
         "https://discord.com/users/1250000000000000000"),
    ],
)  # fmt: skip
def test_an_account_there_is_a_name_or_the_address_of_its_page(networks, platform, typed, name, url):
    found = networks.understand(platform, typed)
    assert (found.platform, found.host, found.name, found.profile_url) == (platform, "", name, url)


@pytest.mark.parametrize(
    ("platform", "typed", "reason"),
    [
        ("instagram", "", "not_a_handle"),
        ("instagram", "instagram.com", "not_a_handle"),
        ("instagram", "explore", "not_a_handle"),
        ("instagram", "https://www.instagram.com/p/DKx3Yz_a-1B/", "not_a_profile"),
        ("instagram", "https://x.com/ada", "other_network"),
        ("instagram", "https://instagram.com.example/ada", "other_network"),
        ("instagram", "https://notinstagram.com/ada", "other_network"),
        ("discord", "ada", "not_a_handle"),
        ("facebook", "ada and bo", "not_a_handle"),
    ],
)
def test_what_is_no_account_there_is_refused(networks, platform, typed, reason):
    with pytest.raises(NotAProfile) as refused:
        networks.understand(platform, typed)
    assert refused.value.reason_code == reason


def test_no_profile_is_read_there_either(networks):
    fetcher = Fetcher(FetchPolicy(user_agent="tests"), network=Internet({}))
    with pytest.raises(ProfileUnreadable, match="unsupported"):
        networks.read_profile(fetcher, "instagram", "", "ada.mends")
    assert not next(guide for guide in networks.guides() if guide.code == "instagram").can_prove_by_code
