"""What a page says of itself; and that no page, whatever its author wants, costs time or raises."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.shares.platforms.html_text import harmless
from portal.shares.platforms.page_facts import LENGTH_MAX, facts_of
from portal.shares.platforms.telegram_reading import LENGTH_MAX as WIDGET_LENGTH_MAX
from portal.shares.platforms.telegram_reading import _Widget
from portal.shares.platforms.walls import LITTLE, wall_before

URL = "https://blog.example/a/b?c=1"
PIECES = [
    "<", "<!--", "<!-->", "<script", "<script></script>", "</", "</a ", "<?", "&", "&#", "<div>", "<article>a", "<nav>",
    "<a href=x>", "<base href=../a>", "\n", "<title>a</title>", "İ<script>", "<br>a\n ", "<svg", "<![CDATA[", "<xmp><",
    "<script type=ld+json>{}</script>", "<meta name=a content=b>", '<div class="tgme_widget_message_text">a',
]  # fmt: skip
SHELLS = [
    "<a {}>", '<a href="{}', "<title>{}", '<script type="application/ld+json">{}</script>', "&#{}", "&#x{}",
    '<div class="tgme_widget_message_text {}">', '<a style="{}">',
]  # fmt: skip
FILLINGS = ["a ", 'a="', "a='b' ", 'a=b"', "/", "=", " ", "[", "1", "9", "url(http://"]


@pytest.mark.parametrize("piece", [*PIECES, *(shell.format(each * 3_000) for shell in SHELLS for each in FILLINGS)])
def test_no_page_takes_long_or_breaks_the_reader(piece):
    page = (piece * (LENGTH_MAX // len(piece) + 1))[:LENGTH_MAX]
    started = time.process_time()
    facts_of(page, URL)
    widget = _Widget()
    widget.feed(harmless(page[:WIDGET_LENGTH_MAX]))
    widget.close()
    assert widget.texts
    assert time.process_time() - started < 5


@given(st.text(alphabet=st.sampled_from(list("<>/!-&#;=\"' abcdefghiscrptml[]{}:,")), max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_page(text):
    facts = facts_of(text, URL)
    assert wall_before(facts, URL) in ("", "consent", "age_gate", "login")
    assert all(link.startswith(("http://", "https://")) for link in facts.links)


def test_the_first_of_each_counts_and_addresses_are_made_whole():
    facts = facts_of(
        """<html lang="de"><head><base href="/x/"><title> Ada
        mends </title><link rel="nofollow canonical" href="../a"><meta property="og:title" content="one">
        <meta property="og:title" content="two"></head><body><main>Words <a href="y">y</a><a href="mailto:a@b">m</a>
        <article>Own &amp; words<br>more</article></main><nav>Menu</nav>""",
        URL,
    )
    assert (facts.language, facts.canonical, facts.headline) == ("de", "https://blog.example/a", "one")
    assert (facts.text, facts.has_article) == ("Own & words\nmore", True)
    assert facts.title.split() == ["Ada", "mends"]


@pytest.mark.parametrize(
    ("data", "published"),
    [
        ('{"@type": "BlogPosting", "datePublished": "2026-10-14"}', "2026-10-14"),
        ('[{"@type": "Person"}, {"@type": ["Thing", "Article"], "datePublished": "2026-10-14"}]', "2026-10-14"),
        ('{"@graph": [{"@type": "WebSite"}, {"@type": "NewsArticle", "datePublished": "2026-10-14"}]}', "2026-10-14"),
        ('{"@type": "BlogPosting", "datePublished": 5}', ""),
        ('{"@type": "Person", "datePublished": "2026-10-14"}', ""),
        ('{"@graph": {"@type": "Article"}}', ""),
        ("{broken", ""), ("null", ""), ("[[[1]]]", ""), ('"text"', ""),
    ],
)  # fmt: skip
def test_structured_data_is_taken_where_it_is_an_article(data, published):
    assert facts_of(f'<script type="application/ld+json">{data}</script>', URL).published == published


def test_a_long_page_that_mentions_cookies_is_no_wall():
    words = "We value your privacy. " + "Wool and words. " * (LITTLE // 16 + 1)
    assert wall_before(facts_of(f"<p>{words}", URL), URL) == ""
    assert wall_before(facts_of("<p>We value your privacy.", URL), URL) == "consent"
    assert wall_before(facts_of("<article>We value your privacy.</article>", URL), URL) == ""
