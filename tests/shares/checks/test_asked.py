"""The checks on what a mission asks, the flags and staff's lists, each as a table of cases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.shares.checks import (
    accepted_form,
    brand_safe,
    followers,
    fresh_content,
    handle_age,
    in_conversation,
    language,
    media,
    mentions,
    no_forbidden_claims,
    not_posted_again,
    original_work,
    pictures_not_repeated,
    posted_after_claim,
    text_not_repeated,
    words,
)
from portal.shares.checks.finding import BrandWord, Finding, ForbiddenClaim
from portal.shares.checks.history import History, Resembling
from portal.shares.checks.running import all_checks
from portal.shares.models import Outcome
from portal.shares.platforms.reading import Certainty, Media, MediaKind, Relation, Told, Trouble
from tests.shares.checks.contexts import CLAIMED, NOW, a_context, a_post, a_problem, asked

P, F, U = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
IMAGE = Media("https://perch.example/1.webp", "a mended elbow")
FILM = Media("https://v.example/1", kind=MediaKind.VIDEO)
BRAND = "perch:brand"
NOT_TOLD = {"text": Told("page"), "media": Told("page")}
"""A reader that knows text and media, and nothing else."""


def said(finding: Finding | None) -> tuple[Outcome, str] | None:
    return (finding.outcome, finding.reason_code) if finding else None


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.code)
def test_nothing_that_could_not_be_read_passes_or_fails(check):
    """Whatever a mission asks: an outage is nobody's fault and nobody's pay."""
    everything = asked(
        accepts=("original",), is_answer=True, words=("mended",), mentions=("@hollinfell",), language="en",
        media="image", original_work=True, handle_days_min=30, followers_min=5,
        brand_words=(BrandWord("casino", "serious", "no"),),
        forbidden_claims=(ForbiddenClaim("lasts for ever", "Voice"),),
    )  # fmt: skip
    finding = check.ask(a_context(reading=a_problem(Trouble.UNREACHABLE), asked=everything))
    assert finding is None or finding.outcome is (P if check.code in ("recognised", "not_used_before") else U)


@pytest.mark.parametrize(
    ("relation", "about", "accepts", "brand_posts", "expected"),
    [
        (Relation.ORIGINAL, "",      ("original",),          (),       (P, "is_original")),
        (Relation.ORIGINAL, "",      ("quote", "repost"),    (BRAND,), (F, "no_original")),
        (Relation.QUOTE,    BRAND,   ("original",),          (),       (F, "no_quote")),
        (Relation.QUOTE,    BRAND,   ("quote",),             (BRAND,), (P, "is_quote")),
        (Relation.QUOTE,    "x:1",   ("quote",),             (BRAND,), (F, "another_post")),
        (Relation.QUOTE,    "x:1",   ("original", "quote"),  (),       (P, "is_quote")),
        (Relation.QUOTE,    "",      ("quote",),             (BRAND,), (U, "about_not_told")),
        (Relation.REPOST,   BRAND,   ("repost",),            (BRAND,), (P, "is_repost")),
        (Relation.REPOST,   "x:1",   ("repost",),            (BRAND,), (F, "another_post")),
        (Relation.REPOST,   BRAND,   ("original", "quote"),  (BRAND,), (F, "no_repost")),
        (Relation.REPLY,    BRAND,   ("original", "quote"),  (BRAND,), (F, "no_reply")),
    ],
)  # fmt: skip
def test_accepted_form(relation, about, accepts, brand_posts, expected):
    context = a_context(
        reading=a_post(relation=relation, about_key=about), asked=asked(accepts=accepts, brand_posts=brand_posts)
    )
    assert said(accepted_form.check(context)) == expected


@pytest.mark.parametrize(
    ("relation", "about", "conversations", "expected"),
    [
        (Relation.REPLY,    BRAND, (),       (P, "is_answer")),
        (Relation.REPLY,    BRAND, (BRAND,), (P, "is_answer")),
        (Relation.REPLY,    "x:1", (BRAND,), (U, "another_post")),
        (Relation.REPLY,    "",    (BRAND,), (U, "another_post")),
        (Relation.ORIGINAL, "",    (),       (F, "no_answer")),
        (Relation.QUOTE,    BRAND, (BRAND,), (F, "no_answer")),
    ],
)  # fmt: skip
def test_in_conversation(relation, about, conversations, expected):
    told = asked(is_answer=True, conversations=conversations)
    context = a_context(reading=a_post(relation=relation, about_key=about), asked=told)
    assert said(in_conversation.check(context)) == expected


def test_an_answer_whose_relation_nobody_told_is_unknown():
    context = a_context(reading=a_post(told=NOT_TOLD), asked=asked(is_answer=True))
    assert said(in_conversation.check(context)) == (U, "relation_not_told")


@pytest.mark.parametrize(
    ("accepts", "reason"), [(("original", "quote"), "relation_not_told"), (("repost",), "about_not_told")]
)
def test_a_form_that_nobody_told_is_unknown(accepts, reason):
    context = a_context(reading=a_post(told=NOT_TOLD), asked=asked(accepts=accepts))
    assert said(accepted_form.check(context)) == (U, reason)


@pytest.mark.parametrize(
    ("since", "days", "expected"),
    [
        (NOW - timedelta(days=30),            30, (P, "old_enough")),
        (NOW - timedelta(days=29, hours=23),  30, (F, "too_young")),
        (NOW + timedelta(days=1),             1,  (F, "too_young")),
        (None,                                30, (U, "age_not_told")),
    ],
)  # fmt: skip
def test_handle_age(since, days, expected):
    context = a_context(reading=a_post(author_since=since), asked=asked(handle_days_min=days))
    assert said(handle_age.check(context)) == expected


@pytest.mark.parametrize(
    ("count", "least", "expected"),
    [
        (10,   10, (P, "enough")),
        (9,    10, (F, "too_few")),
        (0,    1,  (F, "too_few")),
        (None, 10, (U, "followers_not_told")),
    ],
)  # fmt: skip
def test_followers(count, least, expected):
    context = a_context(reading=a_post(author_followers=count), asked=asked(followers_min=least))
    assert said(followers.check(context)) == expected


OPENED = CLAIMED - timedelta(days=2)


@pytest.mark.parametrize(
    ("posted_at", "opening", "expected"),
    [
        (CLAIMED + timedelta(minutes=1),   OPENED,                      (P, "after_claim")),
        (CLAIMED - timedelta(days=1),      OPENED,                      (P, "after_opening")),
        (OPENED - timedelta(minutes=9),    OPENED,                      (P, "after_opening")),
        (OPENED - timedelta(minutes=11),   OPENED,                      (F, "older_than_opening")),
        (CLAIMED - timedelta(days=1),      CLAIMED + timedelta(days=1), (F, "older_than_claim")),
        (CLAIMED - timedelta(days=1),      None,                        (F, "older_than_claim")),
        (CLAIMED + timedelta(minutes=1),   CLAIMED + timedelta(days=1), (P, "after_claim")),
    ],
)  # fmt: skip
def test_the_window_begins_with_the_claim_or_with_the_opening(posted_at, opening, expected):
    context = a_context(reading=a_post(posted_at=posted_at), asked=asked(posted_from=opening))
    assert said(posted_after_claim.check(context)) == expected


def test_a_time_that_only_the_author_wrote_down_says_so():
    told = {"posted_at": Told("page", Certainty.CLAIMED)}
    assert said(posted_after_claim.check(a_context(reading=a_post(told=told)))) == (P, "time_as_written")


@pytest.mark.parametrize(
    ("text", "links", "expanded", "expected"),
    [
        ("with @HollinFell and @ada",      (), (),                                       (P, "mentioned")),
        ("with @hollinfellshop",           (), (),                                       (F, "not_mentioned")),
        ("mail me@hollinfell",             (), (),                                       (F, "not_mentioned")),
        ("with friends", ("https://perch.example/@HollinFell",), (),                     (P, "mentioned")),
        ("with friends", ("https://a.example/x",), ("https://pic.example/hollinfell/",), (P, "mentioned")),
        ("with friends", ("https://perch.example/@hollinfell/42",), (),                  (F, "not_mentioned")),
        ("",                               (), (),                                       (U, "only_pictures")),
    ],
)  # fmt: skip
def test_mentions(text, links, expanded, expected):
    context = a_context(
        reading=a_post(text=text, links=links), links_expanded=expanded, asked=asked(mentions=("@hollinfell",))
    )
    assert said(mentions.check(context)) == expected


@pytest.mark.parametrize(
    ("text", "media_shown", "wanted", "expected"),
    [
        ("My MENDED coat",         (),       ("mended",),              (P, "said")),
        ("ｍｅｎｄｅｄ!",              (),       ("mended",),              (P, "said")),
        ("never  thrown\naway",    (),       ("never thrown away",),   (P, "said")),
        ("unmended",               (),       ("mended",),              (F, "not_said")),
        ("mended",                 (),       ("mended", "twice"),      (F, "not_said")),
        ("look",                   (IMAGE,), ("mended elbow",),        (P, "said")),
        ("",                       (FILM,),  ("mended",),              (U, "only_pictures")),
        ("直したコート",              (),       ("直した",),                (P, "said")),
        ("don’t bin it",           (),       ("don't bin it",),        (P, "said")),
    ],
)  # fmt: skip
def test_words(text, media_shown, wanted, expected):
    context = a_context(reading=a_post(text=text, media=media_shown), asked=asked(words=wanted))
    assert said(words.check(context)) == expected


GERMAN = "Meine alte Jacke ist geflickt und hält den Regen wieder ab"
ENGLISH = "My old jacket is mended and keeps the rain out again"


@pytest.mark.parametrize(
    ("text", "declared", "wanted", "expected"),
    [
        (GERMAN,  "de",    "de", (P, "declared")),
        (GERMAN,  "de-at", "de", (P, "declared")),
        (GERMAN,  "",      "de", (P, "written")),
        (GERMAN,  "en",    "de", (P, "written")),
        (ENGLISH, "en",    "de", (F, "declared_otherwise")),
        (ENGLISH, "",      "de", (F, "written_otherwise")),
        ("Wow!",  "",      "de", (U, "too_little_text")),
        ("Wow!",  "en",    "de", (F, "declared_otherwise")),
        ("hei",   "nb",    "no", (P, "declared")),
        ("#MendedWithHollin https://a.example/mended-with-hollin-fell @hollinfell", "", "de", (U, "too_little_text")),
    ],
)  # fmt: skip
def test_language(text, declared, wanted, expected):
    context = a_context(reading=a_post(text=text, language=declared), asked=asked(language=wanted))
    assert said(language.check(context)) == expected


@pytest.mark.parametrize(
    ("shown", "told", "wanted", "expected"),
    [
        ((IMAGE,), {},                    "image",  (P, "shown")),
        ((FILM,),  {},                    "image",  (F, "not_shown")),
        ((FILM,),  {},                    "video",  (P, "shown")),
        ((FILM,),  {},                    "either", (P, "shown")),
        ((),       {},                    "either", (F, "not_shown")),
        ((),       {"text": Told("page")}, "image", (U, "media_not_told")),
    ],
)  # fmt: skip
def test_media(shown, told, wanted, expected):
    context = a_context(reading=a_post(media=shown, told=told), asked=asked(media=wanted))
    assert said(media.check(context)) == expected


def like(*, mine=False, paid=True, gone=False, percent=90) -> Resembling:
    return Resembling("another-share", mine, percent, paid, gone)


@pytest.mark.parametrize(
    ("relation", "kit", "pictures", "expected"),
    [
        (Relation.ORIGINAL, {},                     {},                                       (P, "their_own")),
        (Relation.QUOTE,    {},                     {},                                       (F, "another_post")),
        (Relation.ORIGINAL, {"kit_percent": 61},    {},                                       (F, "kit_caption")),
        (Relation.ORIGINAL, {"kit_percent": 60},    {},                                       (P, "their_own")),
        (Relation.ORIGINAL, {"kit_pictures": 1},    {"pictures_shown": 1, "pictures_seen": 1}, (F, "kit_picture")),
        (Relation.ORIGINAL, {}, {"pictures_shown": 2, "pictures_seen": 1},                    (U, "pictures_not_seen")),
    ],
)  # fmt: skip
def test_original_work(relation, kit, pictures, expected):
    context = a_context(
        reading=a_post(relation=relation), history=History(**kit, **pictures), asked=asked(original_work=True)
    )
    assert said(original_work.check(context)) == expected


@pytest.mark.parametrize(
    ("history", "fresh", "text", "again"),
    [
        ({},                                                 (P, "new"), (P, "like_no_other"), (P, "first_time")),
        ({"texts": (like(),)},                               (P, "new"), (F, "like_another"),  (P, "first_time")),
        ({"texts": (like(mine=True),)},          (F, "own_text_again"),  (P, "like_no_other"), (P, "first_time")),
        ({"texts": (like(mine=True, gone=True),)},           (P, "new"), (P, "like_no_other"), (F, "posted_again")),
        # Whoever was asked to post anew, unpaid, may use the same words.
        ({"texts": (like(mine=True, paid=False, gone=True),)}, (P, "new"), (P, "like_no_other"), (P, "first_time")),
        ({"texts": (like(mine=True, paid=False),)},          (P, "new"), (P, "like_no_other"), (P, "first_time")),
        ({"texts": (like(),), "kit_percent": 80},            (P, "new"), (P, "from_the_kit"),  (P, "first_time")),
        ({"texts": (like(),), "own_letters": 29},            (P, "new"), None,                 (P, "first_time")),
        ({"texts": (like(),), "own_letters": 30},            (P, "new"), (F, "like_another"),  (P, "first_time")),
        ({"pictures": (like(mine=True),)},     (F, "own_picture_again"), (P, "like_no_other"), (P, "first_time")),
        ({"pictures": (like(mine=True, gone=True),)},        (P, "new"), (P, "like_no_other"), (F, "posted_again")),
    ],
)  # fmt: skip
def test_what_resembles_other_shares(history, fresh, text, again):
    context = a_context(history=History(**{"own_letters": 60, **history}))
    assert said(fresh_content.check(context)) == fresh
    assert said(text_not_repeated.check(context)) == text
    assert said(not_posted_again.check(context)) == again


def test_a_quote_of_ones_own_older_share_is_not_new():
    quote = a_post(relation=Relation.QUOTE, about_key="perch:7")
    assert said(fresh_content.check(a_context(reading=quote, history=History(own_posts=frozenset({"perch:7"}))))) == (
        F, "own_post_again",
    )  # fmt: skip
    assert said(fresh_content.check(a_context(reading=quote))) == (P, "new")
    own_words = a_post(relation=Relation.ORIGINAL, about_key="perch:7")  # with a card that leads to it
    known = a_context(reading=own_words, history=History(own_posts=frozenset({"perch:7"})))
    assert said(fresh_content.check(known)) == (P, "new")


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ({},                                                                     None),
        ({"pictures_shown": 1, "pictures_seen": 1},                              (P, "like_no_other")),
        ({"pictures_shown": 1, "pictures_seen": 1, "kit_pictures": 1},           (P, "kit_picture")),
        ({"pictures_shown": 2, "pictures_seen": 1},                              (U, "pictures_not_seen")),
        ({"pictures_shown": 2, "pictures_seen": 1, "pictures": (like(),)},       (F, "like_another")),
        ({"pictures_shown": 1, "pictures_seen": 1, "pictures": (like(mine=True),)}, (P, "like_no_other")),
    ],
)  # fmt: skip
def test_pictures_not_repeated(history, expected):
    assert said(pictures_not_repeated.check(a_context(history=History(**history)))) == expected


WATCHED = (BrandWord("raffle", "doubtful", "It may be gambling."), BrandWord("online casino", "serious", "Betting."))


@pytest.mark.parametrize(
    ("text", "links", "expected"),
    [
        ("my mended coat",                         (),                            (P, "nothing_found")),
        ("a Raffle for friends",                   (),                            (F, "doubtful_word")),
        ("a raffle in the online  CASINO",         (),                            (F, "serious_word")),
        ("rafflesia is a flower",                  (),                            (P, "nothing_found")),
        ("look here",                ("https://raffle.example/x",),               (F, "doubtful_word")),
        ("o\u200bnline casino",                    (),                            (F, "serious_word")),
    ],
)  # fmt: skip
def test_brand_safe(text, links, expected):
    context = a_context(reading=a_post(text=text, links=links), asked=asked(brand_words=WATCHED))
    assert said(brand_safe.check(context)) == expected


def test_a_word_is_found_where_a_short_link_leads_and_in_what_a_picture_shows():
    followed = a_context(asked=asked(brand_words=WATCHED), links_expanded=("https://raffle.example/win",))
    assert said(brand_safe.check(followed)) == (F, "doubtful_word")
    shown = a_post(media=(Media("https://perch.example/1.webp", "A label: lasts for ever"),))
    claims = asked(forbidden_claims=(ForbiddenClaim("lasts for ever", "How we speak"),))
    assert said(no_forbidden_claims.check(a_context(reading=shown, asked=claims))) == (F, "claimed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It lasts for ever.", (F, "claimed")),
        ("It LASTS FOR\nEVER!", (F, "claimed")),
        ("It lasts for everybody.", (P, "not_claimed")),
        ("It lasts.", (P, "not_claimed")),
    ],
)
def test_no_forbidden_claims(text, expected):
    claims = (ForbiddenClaim("lasts for ever", "How we speak"),)
    context = a_context(reading=a_post(text=text), asked=asked(forbidden_claims=claims))
    finding = no_forbidden_claims.check(context)
    assert said(finding) == expected
    assert finding.outcome is P or finding.details["guideline"] == "How we speak"
