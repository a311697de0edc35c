"""What an address leads to, offline: the same post under every spelling, never two posts under one key."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.ports import NotAProfile
from portal.accounts.wording import not_a_profile
from portal.shares.platforms import mastodon
from portal.shares.platforms.reading import Kind
from portal.shares.platforms.registry import Networks, NotAPost
from tests.conftest import settings_for
from tests.shares.conftest import NoMemory

PERCH = "http://127.0.0.1:8001"
POST_ID = 2**60 + 12345


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return Networks(settings_for(tmp_path_factory.mktemp("data")), NoMemory({"social.example": "mastodon"}))


@pytest.mark.parametrize(
    "path",
    [
        f"/@ada/{POST_ID}", f"/@Ada/{POST_ID}", f"/m/@ada/{POST_ID}", f"/@ada/{POST_ID}/", f"//@ada//{POST_ID}",
        f"/@ada/{POST_ID}?utm_source=x&igsh=y", f"/@ada/{POST_ID}#top", f"/@bea/../@ada/{POST_ID}",
        f"/../@ada/./{POST_ID}/%2E",
    ],
)  # fmt: skip
def test_a_perch_post_has_one_key_under_every_spelling(networks, path):
    found = networks.identify(PERCH + path)
    assert (found.platform, found.kind, found.author) == ("perch", Kind.POST, "ada")
    assert found.canonical == f"{PERCH}/@ada/{POST_ID}"
    assert found.post_key == f"perch:{POST_ID}"


def test_the_time_of_a_perch_post_is_in_its_id(networks):
    milliseconds = int(datetime(2026, 10, 14, 9, 20, tzinfo=UTC).timestamp() * 1000)
    found = networks.identify(f"{PERCH}/@ada/{(milliseconds - 1_600_000_000_000) << 22}")
    assert found.posted_at == datetime(2026, 10, 14, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "canonical", "author"),
    [
        ("/@Ada/114477182939300001", "/@Ada/114477182939300001", "Ada@social.example"),
        ("/users/Ada/statuses/114477182939300001", "/@Ada/114477182939300001", "Ada@social.example"),
        ("/web/@Ada/114477182939300001#x", "/@Ada/114477182939300001", "Ada@social.example"),
        ("/@ada@home.example/112360601113200001", "/@ada@home.example/112360601113200001", "ada@home.example"),
        ("/@ada@social.example/112360601113200001", "/@ada/112360601113200001", "ada@social.example"),
    ],
)
def test_mastodon_posts_are_known_by_their_shape(networks, typed, canonical, author):
    found = networks.identify(f"http://social.example{typed}")
    assert (found.platform, found.kind, found.host) == ("mastodon", Kind.POST, "social.example")
    assert (found.canonical, found.author) == (f"https://social.example{canonical}", author)


def test_mastodon_ids_carry_their_time_since_2017():
    assert mastodon.time_of(114477182939300001).replace(microsecond=0) == datetime(2025, 5, 9, 9, 33, 6, tzinfo=UTC)
    assert mastodon.time_of(1234567) is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (f"{PERCH}/@ada", "profile"),
        (f"{PERCH}/m/@ada", "profile"),
        (f"{PERCH}/compose?text=hello", "share_dialog"),
        (f"{PERCH}/perch/sign-in", "sign_in"),
        (f"{PERCH}/search?q=boots", "search"),
        (f"{PERCH}/@ada/not-a-number", "not_a_post"),
        ("https://social.example/@ada", "profile"),
        ("https://social.example/@ada@home.example", "profile"),
        ("https://social.example/share?text=hello", "share_dialog"),
        ("https://social.example/auth/sign_in", "sign_in"),
        ("https://social.example/bookmarks", "not_a_post"),
        ("https://elsewhere.example/", "unknown_page"),
        ("https://www.instagram.com/ada.mends/", "profile"),
        ("https://l.facebook.com/l.php?u=x", "redirector"),
        ("https://notreddit.com/r/mending/comments/1ab2cd3/", "unknown_page"),
        ("https://x.com.example/ada/status/20", "unknown_page"),
        ("https://www.google.com/url?q=https://social.example/@ada/1", "redirector"),
        ("https://login.example/?next=https://social.example/@ada/1", "unknown_page"),
        ("http://127.0.0.1:8000/l/Ab3dE6g8", "own_link"),
        ("@ada", "handle_only"),
    ],
)
def test_what_is_no_post_gets_its_own_reason(networks, typed, reason):
    with pytest.raises(NotAPost) as refused:
        networks.identify(typed)
    assert refused.value.reason_code == reason


def test_perch_exists_only_where_the_sandbox_does(tmp_path):
    assert Networks(settings_for(tmp_path, sandbox=False), NoMemory()).knows("perch") is False


names = st.from_regex(r"[A-Za-z0-9_]{2,12}", fullmatch=True)
ids = st.integers(min_value=0, max_value=2**63 - 1)
hosts = st.sampled_from(["social.example", "home.example", "fedi.test.example"])


@given(name=names, post_id=ids)
def test_the_canonical_address_of_a_perch_post_is_its_own_canonical_address(networks, name, post_id):
    found = networks.identify(f"{PERCH}/@{name}/{post_id}")
    again = networks.identify(found.canonical)
    assert again == found


@given(host=hosts, name=names, post_id=ids)
def test_the_canonical_address_of_a_mastodon_post_is_its_own_canonical_address(networks, host, name, post_id):
    found = networks.identify(f"https://{host}/users/{name}/statuses/{post_id}")
    assert networks.identify(found.canonical) == found


@given(one=st.tuples(hosts, ids), other=st.tuples(hosts, ids), name=names)
def test_two_posts_never_have_one_key(networks, one, other, name):
    first, second = (networks.identify(f"https://{host}/@{name}/{post_id}") for host, post_id in (one, other))
    assert (first.post_key == second.post_key) == (one == other)


def test_two_networks_never_have_one_key(networks):
    assert (
        networks.identify(f"{PERCH}/@ada/12").post_key != networks.identify("https://social.example/@ada/12").post_key
    )


@pytest.mark.parametrize(
    ("platform", "typed", "host", "name"),
    [
        ("perch", "@Ada", "", "ada"),
        ("perch", "ada", "", "ada"),
        ("perch", f"{PERCH}/@ada", "", "ada"),
        ("mastodon", "@Ada@Social.Example", "social.example", "ada"),
        ("mastodon", "ada@social.example", "social.example", "ada"),
        ("mastodon", "https://social.example/@Ada", "social.example", "ada"),
        ("mastodon", "https://social.example/@ada@home.example", "home.example", "ada"),
    ],
)
def test_handles_are_understood_as_people_type_them(networks, platform, typed, host, name):
    found = networks.understand(platform, typed)
    assert (found.platform, found.host, found.name) == (platform, host, name)


@pytest.mark.parametrize(
    ("platform", "typed", "reason"),
    [
        ("perch", "a b", "not_a_handle"),
        ("perch", "ada.fell", "not_a_handle"),
        ("perch", f"{PERCH}/@ada/12", "not_a_profile"),
        ("perch", "https://social.example/@ada", "other_network"),
        ("mastodon", "@ada", "server_missing"),
        ("mastodon", "@ada@instagram.com", "other_network"),
        ("mastodon", "@ada@127.0.0.1", "not_a_handle"),
        ("mastodon", "https://social.example/@ada/12", "not_a_profile"),
        ("web", "@ada", "not_a_handle"),
        ("nowhere", "@ada", "unsupported"),
    ],
)
def test_what_is_no_account_is_refused_with_its_reason(networks, platform, typed, reason):
    with pytest.raises(NotAProfile) as refused:
        networks.understand(platform, typed)
    assert refused.value.reason_code == reason


def test_a_name_without_its_server_is_told_to_name_it(networks):
    with pytest.raises(NotAProfile) as refused:
        networks.understand("mastodon", "@ada")
    assert "Name the server" in str(not_a_profile(refused.value.reason_code))
