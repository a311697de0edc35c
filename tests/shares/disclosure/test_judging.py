"""Verdicts on labelled captions, and what must hold for any caption: the project's own, and a sample from elsewhere."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.shares.caption_lengths import Fold, fold_of
from portal.shares.disclosure.judging import Verdict, judge
from portal.shares.disclosure.loading import rulebook
from portal.shares.disclosure.mending import mended
from portal.shares.disclosure.seeing import plain, see
from tests.shares.disclosure.captions import CAPTIONS, LINES, Labelled

BOOK = rulebook()
SAMPLE = Path(__file__).parents[4] / "shared" / "platforms" / "captions_visible.jsonl"
PLACES = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "BR", "JP", "KR")


def judged(one: Labelled):
    return judge(one.caption, [one.place], BOOK, language=one.language, fold=fold_of(one.platform))


@pytest.mark.parametrize("one", CAPTIONS, ids=lambda one: f"{one.rule}-{one.place}-{one.caption[-30:]!a}")
def test_own_captions(one):
    found = judged(one)
    assert (found.verdict, found.rule) == (one.verdict, one.rule)


def test_every_rule_and_every_place_has_captions():
    assert len(LINES) == 13
    assert set(PLACES) <= {one.place for one in CAPTIONS}
    assert len(CAPTIONS) >= 300


def test_agreement_with_the_labelled_sample(capsys):
    if not SAMPLE.is_file():
        pytest.skip(f"the labelled sample is not at {SAMPLE}")
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    differ = []
    for row in rows:
        one = Labelled(row["jurisdiction"], row["lang"], row["platform"], row["caption"], row["verdict"], row["rule"])
        found = judged(one)
        if (found.verdict, found.rule) != (one.verdict, one.rule):
            differ.append(f"{row['id']}: {found.verdict} {found.rule}, labelled {one.verdict} {one.rule}")
    with capsys.disabled():
        agreed = len(rows) - len(differ)
        sys.stdout.write(f"\n  disclosure: {agreed} of {len(rows)} labelled captions agree, verdict and rule\n")
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize(
    "one", [one for one in CAPTIONS if one.verdict != "clear"], ids=lambda one: f"{one.caption[-30:]!a}"
)
def test_what_is_suggested_is_clear(one):
    said = {"language": one.language, "fold": fold_of(one.platform)}
    suggestion = mended(one.caption, judged(one), [one.place], BOOK, **said)
    assert judge(suggestion, [one.place], BOOK, **said).verdict is Verdict.CLEAR


ODD = st.sampled_from(
    ["#ad", "not an ad", "Werbung", "keine Werbung", "#a", "#b", "#c", "@fell", "a.d", "pas une pub", "광고 아님", "🧦",
     "\n", ". ", "https://a.example/ad", "thanks @fell", "#felladhoc", "no", "ad", "nicht", "PR", "広告ではない", "is"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(ODD, max_size=12).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(
    TEXTS,
    st.sampled_from([*PLACES, "AT", "EU"]),
    st.sampled_from(["", "en", "de", "ja"]),
    st.sampled_from([0, 20, 125]),
)
def test_any_caption_is_judged_and_its_suggestion_is_clear(caption, place, language, signs):
    said = {"language": language, "fold": Fold(signs, 3)}
    found = judge(caption, [place], BOOK, **said)
    assert (found.verdict is Verdict.CLEAR) == (found.rule in ("R-TERM", "R-SENTENCE"))
    assert found.source
    again = judge(mended(caption, found, [place], BOOK, **said), [place], BOOK, **said)
    assert again.verdict is Verdict.CLEAR


@given(st.text(max_size=200))
def test_one_form_of_each_letter(text):
    assert plain(plain(text)) == plain(text)
    seen = see(text)
    assert plain(seen.written((0, len(seen.text)))) == plain(text)


def test_the_strictest_of_several_places_counts_and_one_edit_serves_them_all():
    caption = "Ad: hut socks by @wollgarn"
    assert judge(caption, ["GB"], BOOK).verdict is Verdict.CLEAR
    both = judge(caption, ["GB", "DE"], BOOK)
    assert (both.verdict, both.rule, both.place) == (Verdict.WEAK, "R-LANG", "DE")
    assert judge(mended(caption, both, ["GB", "DE"], BOOK), ["GB", "DE"], BOOK).verdict is Verdict.CLEAR
    assert judge(caption, ["GB", "XX"], BOOK) is None
    assert judge(caption, [], BOOK) is None


@pytest.mark.parametrize(
    ("place", "caption", "rule"),
    [
        ("DE", "Calze portate ad Anna", "R-NONE"),
        ("DE", "Portata ad @wollgarn", "R-BRAND"),
        ("FR", "Merci pr tout", "R-NONE"),
        ("DE", "Warme Socken, ad: Wollgarn", "R-LANG"),
        ("DE", "ad by wollgarn", "R-LANG"),
        ("DE", "Warme Socken #ad", "R-LANG"),
        ("US", "new yarn 협찬", "R-LANG"),
        ("DE", "Neue Wolle 협찬 hier", "R-LANG"),
        ("KR", "털실 広告", "R-LANG"),
    ],
)
def test_a_short_word_of_another_language_counts_where_it_can_be_no_other_word(place, caption, rule):
    assert judge(caption, [place], BOOK).rule == rule


MENDED = [
    ("US", "instagram", "warm toes #socks #wool #ad #hut", "#ad warm toes #socks #wool #hut"),
    ("US", "x", "warm toes", "Ad: warm toes"),
    ("US", "x", "This isn't an ad, my toes are warm", "Ad: my toes are warm"),
    ("GB", "x", "Sponsored by @wollgarn: warm toes", "Ad: Sponsored by @wollgarn: warm toes"),
    ("DE", "x", "#ad warme Zehen", "#Werbung warme Zehen"),
    ("KR", "x", "털실 양말", "[광고] 털실 양말"),
    ("US", "x", "#ad #notanad warm toes", "#ad warm toes"),
]


@pytest.mark.parametrize(("place", "platform", "caption", "suggestion"), MENDED)
def test_the_smallest_edit(place, platform, caption, suggestion):
    said = {"fold": fold_of(platform)}
    assert mended(caption, judge(caption, [place], BOOK, **said), [place], BOOK, **said) == suggestion


def test_a_brand_that_is_known_is_seen_without_a_handle_and_glued():
    assert judge("Hollin Fell boots", ["GB"], BOOK, brand="Hollin Fell").rule == "R-BRAND"
    assert judge("#adhollinfell boots", ["GB"], BOOK, brand="Hollin Fell").rule == "R-JOIN"
