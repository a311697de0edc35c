"""Perch around a post: quotes, reposts, answers, likes, the paid mark; and how the portal's reader takes them."""

from __future__ import annotations

import pytest

from portal.sandbox.perch.text import as_html
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.reading import Counts, Post, Relation
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for
from tests.sandbox.running import RunningSandbox, Visitor
from tests.shares.conftest import fetcher_for


@pytest.fixture
def maya(sandbox: RunningSandbox) -> Visitor:
    return sandbox.visitor().sign_in_to_perch("mayaonfoot")


@pytest.fixture
def nils(sandbox: RunningSandbox) -> Visitor:
    return sandbox.visitor().sign_in_to_perch("nilsontrails")


@pytest.fixture
def read(sandbox, tmp_path):
    networks = Networks(settings_for(tmp_path, sandbox_url=sandbox.url), KnownHosts({}))

    def read(path):
        url = path if path.startswith("http") else f"{sandbox.url}{path}"
        return networks.read_post(fetcher_for(sandbox.url), networks.identify(url))

    return read


def test_marks_are_found_in_what_was_written_not_in_what_escaping_made_of_it():
    shown = as_html("Don't \"toss\" <b>it</b> & #mend with @ada #it's")
    assert shown == (
        'Don&#39;t &#34;toss&#34; &lt;b&gt;it&lt;/b&gt; &amp; <span class="tag">#mend</span> with '
        '<a href="/@ada">@ada</a> <span class="tag">#it</span>&#39;s'
    )


def number_of(path: str) -> str:
    return path.rpartition("/")[2]


def test_a_quote_an_answer_and_a_repost_name_the_post_they_are_about(sandbox, maya, nils, read):
    made = sandbox.seed_post("Mend it with Hollin")
    paths = {}
    for relation in ("quote", "reply"):
        page = nils.open(f"/compose?{relation}={made['id']}").text
        assert "Mend it with Hollin" in page
        answer = nils.send(
            "/compose", text=f"Ad: my {relation}", visibility="public", relation=relation, about_id=made["id"]
        )
        paths[relation] = answer.headers["Location"]
    nils.open(f"/@mayaonfoot/{made['id']}")
    paths["repost"] = nils.send(f"/perch/posts/{made['id']}/repost").headers["Location"]
    assert nils.send(f"/perch/posts/{made['id']}/repost").headers["Location"] == paths["repost"], "once is enough"
    for relation, path in paths.items():
        post = read(path)
        assert isinstance(post, Post), post
        assert (post.relation, post.about_key, post.about_url) == (relation, f"perch:{made['id']}", made["url"])
        assert post.author_name == "nilsontrails"
        assert nils.open(path).status_code == 200
    assert read(paths["repost"]).text == "Mend it with Hollin"
    original = read(made["url"])
    assert (original.relation, original.about_key) == (Relation.ORIGINAL, "")
    assert original.counts == Counts(likes=0, comments=1, shares=2, views=0)


def test_what_is_about_a_deleted_post_stays_and_shows_nothing_of_it(sandbox, maya, nils, read):
    maya.open("/compose")
    path = maya.send("/compose", text="Soon gone", visibility="public").headers["Location"]
    nils.open(path)
    repost = nils.send(f"/perch/posts/{number_of(path)}/repost").headers["Location"]
    maya.open(f"/perch/posts/{number_of(path)}/delete")
    maya.send(f"/perch/posts/{number_of(path)}/delete")
    post = read(repost)
    assert (post.about_key, post.about_url, post.text) == (f"perch:{number_of(path)}", "", "")
    assert "Soon gone" not in nils.open(repost).text


def test_nothing_is_about_a_post_that_others_may_not_read(sandbox, maya, nils):
    maya.open("/compose")
    path = maya.send("/compose", text="Mine alone", visibility="private").headers["Location"]
    nils.open("/compose")
    asked = {"text": "x", "visibility": "public", "relation": "quote", "about_id": number_of(path)}
    refused = nils.send("/compose", **asked)
    assert refused.status_code == 422
    assert "Mine alone" not in nils.open(f"/compose?quote={number_of(path)}").text
    nils.open("/compose")
    assert nils.send(f"/perch/posts/{number_of(path)}/repost").status_code == 404
    nils.open("/compose")
    assert nils.send(f"/perch/posts/{number_of(path)}/like").status_code == 404


def test_likes_the_paid_mark_and_the_language_are_set_by_hand_and_read(sandbox, maya, nils, read):
    maya.open("/compose")
    path = maya.send("/compose", text="Anzeige: geflickt", visibility="public", language="de", paid="yes").headers[
        "Location"
    ]
    for fan in (maya, nils):
        fan.open(path)
        fan.send(f"/perch/posts/{number_of(path)}/like")
    post = read(path)
    assert (post.language, post.paid_label, post.counts.likes) == ("de", True, 2)
    assert "Paid partnership" in sandbox.get(path).text
    nils.open(path)
    nils.send(f"/perch/posts/{number_of(path)}/like")
    assert nils.send(f"/perch/posts/{number_of(path)}/paid", paid="no").status_code == 404, "only its author marks it"
    maya.open(path)
    maya.send(f"/perch/posts/{number_of(path)}/paid", paid="no")
    assert (read(path).paid_label, read(path).counts.likes) == (False, 1)


def test_a_demo_says_what_stands_around_its_posts(sandbox, read):
    asked = [
        {"key": "brand", "account": "mayaonfoot", "text": "Mend it", "likes": 40, "views": 900, "language": "en"},
        {
            "key": "quote",
            "account": "nilsontrails",
            "text": "Ad: yes",
            "relation": "quote",
            "about": "brand",
            "paid": True,
        },
        {"key": "repost", "account": "nilsontrails", "relation": "repost", "about": "brand"},
    ]
    for _ in range(2):
        told = sandbox.post_json("/api/v1/seed", {"posts": asked})
        assert told.status_code == 200, told.text
    brand, quote, repost = (read(each["url"]) for each in told.json()["posts"])
    assert brand.counts == Counts(likes=40, comments=0, shares=2, views=900)
    assert (brand.language, brand.author_followers, brand.author_since.year) == ("en", 1840, 2023)
    assert (quote.relation, quote.paid_label, quote.about_key) == (Relation.QUOTE, True, brand.post_key)
    assert (repost.relation, repost.text) == (Relation.REPOST, "Mend it")


@pytest.mark.parametrize(
    "wrong",
    [
        {"relation": "quote"}, {"relation": "quote", "about": "no-such-key"}, {"relation": "quote", "about": "123"},
        {"relation": "boost", "about": "123"}, {"likes": -1}, {"paid": "yes"}, {"language": "tlh"},
    ],
)  # fmt: skip
def test_a_mistake_around_a_post_leaves_nothing_behind(sandbox, wrong):
    told = sandbox.post_json("/api/v1/seed", {"posts": [{"key": "k", "account": "mayaonfoot", "text": "x", **wrong}]})
    assert told.status_code == 422, told.text
    again = sandbox.post_json("/api/v1/seed", {"posts": [{"key": "k", "account": "mayaonfoot", "text": "fine"}]})
    assert again.status_code == 200
