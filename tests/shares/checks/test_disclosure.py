"""The rules of disclosure, each with a caption that it is for; the captions are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.shares.checks import disclosed
from portal.shares.checks.disclosure import Verdict, judge, normalise, rules_for
from portal.shares.models import Outcome
from tests.shares.checks.contexts import a_context, a_post, asked

LONG = "We walked the ridge before the rain came, and nobody said a word until the hut. " * 3

CASES = [
    # place, platform, caption, verdict, rule
    ("GB", "perch", "Ad: my mended jacket", "clear", "R-TERM"),
    ("GB", "perch", "#AD my mended jacket", "clear", "R-TERM"),
    ("GB", "perch", "＃ＡＤ my mended jacket", "clear", "R-TERM"),
    ("GB", "perch", "a\u200bd: my mended jacket", "clear", "R-TERM"),
    ("GB", "perch", "My mended jacket (advertisement)", "clear", "R-TERM"),
    ("GB", "perch", "#ad #repair #wool #sunday my jacket", "clear", "R-TERM"),
    ("DE", "perch", "Werbung | meine geflickte Jacke", "clear", "R-TERM"),
    ("FR", "perch", "Publicité : ma veste réparée", "clear", "R-TERM"),
    ("KR", "perch", "[광고] 고친 재킷", "clear", "R-TERM"),
    ("JP", "perch", "【PR】直したジャケット", "clear", "R-TERM"),
    ("US", "perch", "#HollinFellAmbassador my jacket", "clear", "R-TERM"),
    ("GB", "perch", "Rewarded by Hollin Fell: my jacket", "clear", "R-SENTENCE"),
    ("US", "perch", "Hollin Fell gave me this jacket for free", "clear", "R-SENTENCE"),
    ("GB", "instagram", LONG + "#ad", "weak", "R-FOLD"),
    ("GB", "perch", "my jacket #repair #wool #ad #sunday #slow", "weak", "R-RUN"),
    ("DE", "perch", "#ad meine geflickte Jacke", "weak", "R-LANG"),
    ("GB", "perch", "#hollinfellad my jacket", "weak", "R-JOIN"),
    ("GB", "perch", "a.d. my jacket", "weak", "R-JOIN"),
    ("GB", "perch", "Thanks Hollin Fell for the jacket", "weak", "R-AMBIG"),
    ("GB", "perch", "#gifted my jacket", "weak", "R-AMBIG"),
    ("GB", "perch", "disclosure is in my bio", "weak", "R-PROFILE"),
    ("GB", "perch", "#ad but really this is not an ad", "weak", "R-CONTRA"),
    ("GB", "perch", "This is not an ad, I just love it", "missing", "R-NEG"),
    ("GB", "perch", "#notanad just love", "missing", "R-NEG"),
    ("DE", "perch", "Keine Werbung, nur Liebe", "missing", "R-NEG"),
    ("GB", "perch", "I adore this #roadtrip", "missing", "R-SUBSTR"),
    ("KR", "perch", "광고문을 읽었다", "missing", "R-SUBSTR"),
    ("JP", "perch", "SPRING の散歩", "missing", "R-SUBSTR"),
    ("GB", "perch", "Use my code FELL20 on it", "missing", "R-BRAND"),
    ("GB", "perch", "So good, @hollinfell", "missing", "R-BRAND"),
    ("GB", "perch", "A wet Sunday.", "missing", "R-NONE"),
    ("GB", "perch", "See https://shop.example/ad?x=ad", "missing", "R-BRAND"),
    ("GB", "perch", "", "missing", "R-NONE"),
]


@pytest.mark.parametrize(("place", "platform", "caption", "verdict", "rule"), CASES)
def test_each_rule(place, platform, caption, verdict, rule):
    found = judge(caption, rules_for(place), platform=platform, brand="Hollin Fell")
    assert (found.verdict, found.rule) == (verdict, rule)


@given(st.text(max_size=300))
def test_any_text_is_judged_and_normalising_twice_changes_nothing(caption):
    assert judge(caption, rules_for("GB")).verdict in Verdict
    assert normalise(normalise(caption)) == normalise(caption)


@given(st.text(alphabet="abcdefghij klmnop.,!", max_size=200))
def test_a_caption_that_opens_with_the_suggested_line_is_clear(rest):
    for place in ("GB", "US", "DE", "FR", "BE", "NL", "ES", "IT", "BR", "JP", "KR"):
        rules = rules_for(place)
        line = rules.suggestion(brand="Hollin Fell")
        assert judge(f"{line}\n{rest}", rules, platform="instagram").verdict is Verdict.CLEAR, place


@pytest.mark.parametrize(
    ("text", "place", "outcome", "reason"),
    [
        ("Ad: my jacket", "GB", Outcome.PASSED, "clear"),
        ("my jacket", "GB", Outcome.FAILED, "missing"),
        ("#gifted jacket", "GB", Outcome.FAILED, "weak"),
        ("Ad: my jacket", "PT", Outcome.UNKNOWN, "no_rules_for_place"),
        ("  ", "GB", Outcome.UNKNOWN, "only_pictures"),
    ],
)
def test_the_check_passes_what_is_clear_and_helps_to_mend_the_rest(text, place, outcome, reason):
    finding = disclosed.check(a_context(reading=a_post(text=text), asked=asked(place=place)))
    assert (finding.outcome, finding.reason_code) == (outcome, reason)
    assert ("suggestion" in finding.details) == (outcome is Outcome.FAILED)
