"""Rich text is inert: nothing that people type can run, load or send, and nothing they type is lost."""

import sys
from html.parser import HTMLParser
from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.rich_texts import ORDINARY, WORST
from portal.kernel.rich_text import (
    BLOCKS_MAX,
    BRACKETS_MAX,
    BYTES_MAX,
    CELLS_MAX,
    CLEANER_VERSION,
    DEPTH_MAX,
    MARKS_MAX,
    RichTextRefused,
    check,
    clean,
    nesting_depth,
    plain,
    render,
)

# Written down here once more, so that a change of the module's own list is noticed.
TAGS = {
    *("a", "br", "code", "del", "em", "s", "strong"),
    *("blockquote", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {"a": {"href", "title", "rel"}, "ol": {"start"}}
SCHEMES = ("http:", "https:", "mailto:")

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=`javascript:alert(1)`>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math href='javascript:alert(1)'>x</math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='javascript:1'>x</a>",
    "<a href='vbscript:1'>x</a>",
    "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='/logout'>x</a>",
    "<a href='https://a.example' onclick=alert(1) style=color:red id=x class=y target=_blank>x</a>",
    "<a href='https://a.example' rel='opener'>x</a>",
    "<form action='https://evil.example'><input name=csrf_token><button>x</button></form>",
    "<iframe src='https://evil.example'></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<object data='x.swf'></object><embed src='x.swf'>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<textarea><script>alert(1)</script></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><p title='</xmp><script>alert(1)</script>'>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<h1 id=location>x</h1><p name=body>x</p>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](vbscript:1)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](//evil.example)",
    "[x](/account/delete)",
    "[x](file:///etc/passwd)",
    "[x](https://a.example \"\\\" onmouseover=alert(1) x=\\\"\")",
    "[x](https://a.example/'onmouseover='alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<https://a.example/\"onmouseover=alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "```html\" onload=alert(1)\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "a\x00b<scr\x00ipt>alert(1)</script>",
    "‮<script>alert(1)</script>",
    "<" * 300 + "img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]  # fmt: skip


class Inspector(HTMLParser):
    """Reads HTML as a browser's parser would start to, and notes everything that is not on the list."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.strangers, self.text = [], ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.strangers.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()):
                self.strangers.append((tag, name))
            if name == "href" and not value.lower().startswith(SCHEMES):
                self.strangers.append(value)
        if tag == "a" and "href" in dict(attrs) and dict(attrs)["rel"] != "noopener nofollow ugc":
            self.strangers.append(("a", "rel"))

    def handle_comment(self, data):
        self.strangers.append(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment

    def handle_data(self, data):
        self.text += data


def assert_inert(html):
    assert Inspector(html).strangers == []


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_outside_the_list_survives(vector):
    for html in (render(vector), clean(vector), render(f"> - {vector}"), render(f"**x {vector} y**")):
        assert_inert(html)


@pytest.mark.parametrize("vector", VECTORS)
def test_cleaning_twice_changes_nothing_more(vector):
    for once in (render(vector), clean(vector)):
        assert clean(str(once)) == once


html_like = st.lists(
    st.one_of(
        st.sampled_from(VECTORS),
        st.sampled_from(["<a href='https://a.example'>", "</a>", "<p>", "</p>", "<li>", "<table>", "<td>"]),
        st.sampled_from(["<!--", "-->", "**", "> ", "- "]),
        st.sampled_from(["`", "[", "](", ")", "\n\n", "&", "&#", "<", ">", '"', "'"]),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(html_like)
def test_no_mixture_gets_past(text):
    assert_inert(render(text))
    assert_inert(clean(text))
    plain(text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["https://a.example/x", "javascript:1", "a", "<b>", "*", "_", "\n", "1. ", "- "])).map(
        "".join
    )
)
def test_rendered_text_is_stable_under_cleaning(text):
    once = render(text)
    assert clean(str(once)) == once


def test_typed_tags_are_shown_as_text_not_lost():
    text = "<script>alert(1)</script> and <marquee>fun</marquee> & <b>bold</b>"
    assert Inspector(render(text)).text.strip() == text
    assert Inspector(clean("<foo>kept</foo>")).text == "<foo>kept</foo>"


def test_formatting_is_kept():
    html = render("# Tone\n\nBe *kind* and **clear**, ~~loud~~.\n\n3. three\n4. four\n\n> quote\n\n`code`")
    for part in ("<h2>Tone</h2>", "<em>kind</em>", "<strong>clear</strong>", "<s>loud</s>", '<ol start="3">',
                 "<blockquote>", "<code>code</code>"):  # fmt: skip
        assert part in html
    assert "<h1" not in html


def test_links_say_what_they_are():
    html = render("[us](https://brand.example/?a=1&b=2) or <mailto:team@brand.example>")
    assert '<a href="https://brand.example/?a=1&amp;b=2" rel="noopener nofollow ugc">us</a>' in html
    assert '<a href="mailto:team@brand.example" rel="noopener nofollow ugc">' in html


def test_a_picture_becomes_a_link_that_nobody_follows_unasked():
    html = render("![our cat](https://pictures.example/cat.png)")
    assert "<img" not in html
    assert ">our cat</a>" in html


@pytest.mark.parametrize(
    ("text", "reason_code"),
    [
        ("a" * (BYTES_MAX + 1), "too_long"),
        ("ü" * (BYTES_MAX // 2 + 1), "too_long"),
        (">" * (DEPTH_MAX + 1) + " x", "too_deep"),
        ("a|b\n-|-\n" + "a|b\n" * CELLS_MAX, "too_many_cells"),
        ("> - a|b\n>   -|-\n" + ">   a|b\n" * CELLS_MAX, "too_many_cells"),
        ("|".join("a" * 100) + "\n" + "|".join("-" * 100) + "\n" + "|\n" * 20, "too_many_cells"),
        ("- " * (DEPTH_MAX + 1) + "x", "too_deep"),
        ("> 1. " * DEPTH_MAX + "x", "too_deep"),
        ("[" * (DEPTH_MAX + 1), "too_deep"),
        ("[\n" * (DEPTH_MAX + 1), "too_deep"),
        ("\n".join(" " * (2 * level) + "- x" for level in range(DEPTH_MAX + 2)), "too_deep"),
        ("\t" * (DEPTH_MAX + 1) + "x", "too_deep"),
    ],
)
def test_hostile_size_is_refused_before_anything_is_parsed(text, reason_code, monkeypatch):
    monkeypatch.setattr("portal.kernel.rich_text._parser", lambda: pytest.fail("it was parsed"))
    for read in (check, render, plain):
        with pytest.raises(RichTextRefused) as refusal:
            read(text)
        assert refusal.value.reason_code == reason_code


def test_what_is_just_allowed_is_rendered():
    check("a" * BYTES_MAX)
    assert_inert(render(">" * (DEPTH_MAX - 1) + " x"))
    assert nesting_depth("ordinary\n\n- text\n  - with [a](b) list") <= 4


def calls_of(work):
    """How many Python calls `work` makes: a measure of effort that no busy machine changes."""
    count = 0

    def on_event(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "**a ",
        "_a __b",
        "[a](",
        "![a](",
        "`a``",
        "<a ",
        "&#",
        "a\n",
        "|a",
        "> a\n",
        "- a\n",
        "\\[",
        "<!--",
        "~~a ",
    ],
)
def test_effort_grows_with_length_not_with_its_square(unit):
    small, large = (unit * (size // len(unit)) for size in (1000, 8000))
    render("warm up"), plain("warm up")
    effort = []
    for text in (small, large):
        try:
            check(text)
        except RichTextRefused:
            return  # refused before any effort was made
        effort.append(calls_of(lambda text=text: render(text)))
    assert effort[1] < 16 * effort[0]


def test_the_cache_knows_which_cleaner_made_it():
    for package in ("markdown-it-py", "bleach", "nh3"):
        assert version(package) in CLEANER_VERSION


def test_plain_text_reads_well_in_a_mail():
    text = (
        "# Hello **you**\n\nRead [the guide](https://brand.example/guide), or <https://brand.example>.\n\n"
        "1. one\n   - inner\n2. two\n\n> said\n> so\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "```\nx < 1\n```\n<b>&"
    )
    assert plain(text) == (
        "Hello you\n\nRead the guide (https://brand.example/guide), or https://brand.example.\n\n"
        "1. one\n   - inner\n2. two\n\n> said\n> so\n\na | b\n1 | 2\n\nx < 1\n\n<b>&"
    )


def shown_text(html):
    """What a reader sees of `html`, without its tags."""
    seen = []
    parser = HTMLParser()
    parser.handle_data = seen.append
    parser.feed(html)
    parser.close()
    return "".join(seen)


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n" * (BLOCKS_MAX + 1),
        ("> " * 60 + "a & <b>\n\n") * (BLOCKS_MAX // 60 + 1),
        "- *a*\n" * (BLOCKS_MAX + 1),
        "*a* " * (MARKS_MAX // 2 + 1),
    ],
)
def test_text_of_more_blocks_than_anybody_writes_is_shown_as_typed(text):
    html = render(text)
    assert html.startswith("<pre><code>")
    assert shown_text(html) == text
    assert plain(text) == text.strip("\n")
    assert_inert(html)


def test_text_of_many_blocks_is_still_formatted():
    assert render("- *a*\n" * (BLOCKS_MAX // 2)).count("<em>a</em>") == BLOCKS_MAX // 2
    letter = "\n".join(["> " * 3 + "they wrote this line"] * (BLOCKS_MAX // 2))
    assert render(letter).count("<blockquote>") == 3


def test_brackets_that_nobody_closes_stay_text_and_disturb_no_other_paragraph():
    many = "[" * (BRACKETS_MAX + 1) + "a](https://a.example)"
    html = render(f"{many}\n\n[b](https://b.example)")
    assert many in shown_text(html)
    assert "https://a.example" not in hrefs_of(html)
    assert "https://b.example" in hrefs_of(html)
    few = "[" * (BRACKETS_MAX - 1) + "[a](https://a.example)"
    assert "https://a.example" in hrefs_of(render(few))


def hrefs_of(html):
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda _tag, attributes: found.extend(
        value for name, value in attributes if name == "href"
    )
    parser.feed(html)
    return found


@pytest.mark.parametrize("name", ["brackets, the most", "nested quotes, the most"])
def test_the_worst_takes_no_more_than_some_times_ordinary_markup(name):
    """In calls, which no busy machine changes; `make bench` measures time."""
    render("warm up")
    usual = calls_of(lambda: render(f"{name}{ORDINARY[len(name) :]}"))
    assert calls_of(lambda: render(f"w{WORST[name][1:]}")) <= 5 * usual
