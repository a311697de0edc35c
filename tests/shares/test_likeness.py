"""Captions that are nearly the same, and captions that only speak of the same thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.shares.likeness import NEARLY_THE_SAME, SKETCH_LENGTH, likeness, normalised, shingles, sketch

MENDED = "Ad: Hollin Fell mended my old jacket instead of selling me a new one, and the zip runs like on its first day."

NEARLY = [
    (MENDED, MENDED.replace("old", "tired")),
    (MENDED, MENDED.upper() + " ❤️❤️"),
    (MENDED + " https://trail.example/r/abc12", "So good! " + MENDED + " https://trail.example/r/zz9"),
    (MENDED + " @hollinfell", MENDED.replace(",", " –")),
    ("Ａｄ: my jacket, mended in a day", "ad my jacket mended in a day"),
    ("Werbung: Meine geflickte Jacke hält wieder dicht", "Werbung: Meine geflickte Jacke hält endlich wieder dicht"),
    ("【PR】直したジャケットで雨の山へ行ってきました", "【PR】直したジャケットで雨の山へ行ってきました！最高"),
    ("[광고] 고친 재킷을 입고 비 오는 산에 다녀왔어요", "[광고] 고친 재킷 입고 비 오는 산에 다녀왔어요 ✨"),
    ("We mended it", "we  mended\nit!"),
    ("short", "Short."),
]

APART = [
    (MENDED, "Ad: Hollin Fell lends tents by the week, so we took the big one up the ridge before the rain came."),
    (MENDED, "Ad: a wet Sunday, a flask of tea and the patch kit by Hollin Fell. My daughter chose the yellow thread."),
    ("【PR】直したジャケットで雨の山へ行ってきました", "【PR】週末は友だちとキャンプ。新しいテントが気持ちいい"),
    ("[광고] 고친 재킷을 입고 비 오는 산에 다녀왔어요", "[광고] 주말에 친구와 캠핑, 새 텐트가 정말 편해요"),
    ("Rain.", "Sun."),
    ("", MENDED),
    ("", ""),
    ("🔥🔥🔥", "🔥🔥🔥"),
    ("https://trail.example/r/abc12 @hollinfell", "https://trail.example/r/abc12 @hollinfell"),
]


@pytest.mark.parametrize(("a", "b"), NEARLY)
def test_a_changed_word_a_heart_or_another_link_leave_it_nearly_the_same(a, b):
    assert likeness(a, b) >= NEARLY_THE_SAME


@pytest.mark.parametrize(("a", "b"), APART)
def test_the_same_subject_in_other_words_is_not_alike(a, b):
    assert likeness(a, b) < NEARLY_THE_SAME / 2


def test_words_are_what_counts():
    assert normalised("Ｌｏｏｋ\u200b, @maya.fell@social.example: www.trail.example/r/1 #Mended ❤️") == "look mended"
    assert shingles("ab") == {"ab"}
    assert shingles("고친 옷") == {"고친", "옷"}


FIRST_THREE = [567901306, 936313862, 164689393]
WORDS = st.lists(
    st.sampled_from(["ridge", "rain", "mended", "jacket", "zip", "雨の山", "고친 재킷", "été"]), max_size=30
)


@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_likeness_is_a_share_and_the_same_both_ways(a, b):
    assert 0 <= likeness(a, b) == likeness(b, a) <= 1
    assert likeness(a, a) == (1 if a else 0)


@given(st.text(max_size=200))
def test_any_text_has_one_normal_form_and_a_sketch_of_known_size(text):
    assert normalised(normalised(text)) == normalised(text)
    numbers = sketch(text)
    assert len(numbers) == (SKETCH_LENGTH if normalised(text) else 0)
    assert all(0 <= each < 2**31 for each in numbers)


def test_a_sketch_never_changes_because_stored_ones_are_compared_with_it():
    assert sketch("We mended it")[:3] == FIRST_THREE


@pytest.mark.parametrize(("a", "b"), NEARLY[:8] + APART[:4])
def test_sketches_agree_about_as_often_as_texts_are_alike(a, b):
    agreeing = sum(one == other for one, other in zip(sketch(a), sketch(b), strict=True)) / SKETCH_LENGTH
    assert agreeing == pytest.approx(likeness(a, b), abs=0.3)
