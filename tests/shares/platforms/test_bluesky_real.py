"""Bluesky, against the real thing: what its data server accepts and its AppView then tells anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.ports import ProfileUnreadable
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.reading import Certainty, Post, Relation, Trouble
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for
from tests.shares.conftest import fetcher_for


@pytest.fixture
def bluesky(atproto_server, tmp_path):
    """(server, read, networks, fetcher)"""
    networks = Networks(settings_for(tmp_path, bluesky_appview_url=atproto_server.appview_url), KnownHosts({}))
    fetcher = fetcher_for(atproto_server.appview_url, seconds=20)

    def read(actor, record):
        atproto_server.catch_up()
        return networks.read_post(fetcher, networks.identify(f"https://bsky.app/profile/{actor}/post/{record.key}"))

    return atproto_server, read, networks, fetcher


def test_a_post_is_read_with_its_author_text_link_counts_and_time(bluesky):
    server, read, *_ = bluesky
    ada, ben = server.add_account("ada-reads"), server.add_account("ben-likes")
    text = "Ad: mended, see portal.example/l/x"
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://portal.example/l/x23"}
    made = server.post(
        ada, text, langs=["de"], createdAt="2019-01-01T00:00:00.000Z",
        facets=[{"index": {"byteStart": 16, "byteEnd": 34}, "features": [link]}],
    )  # fmt: skip
    server.like(ben, made)
    server.repost(ben, made)
    server.reply(ben, "How?", made)
    server.quote(ben, "Like this", made)
    post = read(ada.handle, made)
    assert isinstance(post, Post), post
    assert (post.author_id, post.author_name, post.text) == (ada.did, "ada-reads.test", text)
    assert (post.links, post.language, post.is_public) == (("https://portal.example/l/x23",), "de", True)
    assert (post.counts.likes, post.counts.comments, post.counts.shares) == (1, 1, 2)
    assert datetime.now(UTC) - post.posted_at < timedelta(minutes=5), "the client's clock is not believed"
    assert post.how("posted_at").certainty is Certainty.TOLD
    assert (post.author_followers, post.relation) == (0, Relation.ORIGINAL)
    assert post.post_key == f"bluesky:{ada.did}:{made.key}"


def test_quotes_and_replies_name_what_they_are_about(bluesky):
    server, read, *_ = bluesky
    brand, ada = server.add_account("brand-posts"), server.add_account("ada-quotes")
    original = server.post(brand, "Mend it.")
    quote, reply = server.quote(ada, "Ad: yes, do", original), server.reply(ada, "Ad: I did", original)
    about = f"bluesky:{brand.did}:{original.key}"
    for record, relation in ((quote, Relation.QUOTE), (reply, Relation.REPLY)):
        post = read(ada.did, record)
        assert (post.relation, post.about_key) == (relation, about)
        assert post.about_url == f"https://bsky.app/profile/{brand.did}/post/{original.key}"


def test_a_deleted_post_is_gone(bluesky):
    server, read, *_ = bluesky
    ada = server.add_account("ada-deletes")
    made = server.post(ada, "soon gone")
    assert isinstance(read(ada.handle, made), Post)
    server.delete(ada, made)
    assert read(ada.handle, made).trouble is Trouble.GONE


def test_a_new_handle_leaves_the_account_and_the_post_the_same(bluesky):
    server, read, networks, fetcher = bluesky
    ada = server.add_account("ada-moves")
    made = server.post(ada, "hello")
    before = read(ada.handle, made)
    server.rename(ada, "ada-moved")
    after = networks.read_post(fetcher, networks.identify(before.url))
    server.catch_up()
    after = networks.read_post(fetcher, networks.identify(before.url))
    assert (after.author_id, after.post_key, after.url) == (before.author_id, before.post_key, before.url)
    assert after.author_name == "ada-moved.test"
    assert networks.read_profile(fetcher, "bluesky", "", "ada-moved.test").external_id == ada.did


def test_who_wants_to_be_shown_to_members_only_is_not_public(bluesky):
    server, read, *_ = bluesky
    ada = server.add_account("ada-shy")
    server.set_profile(ada, "shy", labels=("!no-unauthenticated",))
    post = read(ada.handle, server.post(ada, "for members"))
    assert isinstance(post, Post)
    assert post.is_public is False


def test_a_profile_carries_the_code_that_proves_it(bluesky):
    server, _read, networks, fetcher = bluesky
    ada = server.add_account("ada-proves")
    server.set_profile(ada, "I mend. tm-4F7K2")
    server.catch_up()
    address = networks.understand("bluesky", "@Ada-Proves.test")
    profile = networks.read_profile(fetcher, "bluesky", address.host, address.name)
    assert (profile.external_id, profile.name, profile.followers) == (ada.did, "ada-proves.test", 0)
    assert "tm-4F7K2" in profile.text
    with pytest.raises(ProfileUnreadable, match="not_found"):
        networks.read_profile(fetcher, "bluesky", "", "nobody-here.test")
