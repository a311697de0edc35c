"""The data files: whole, dated, with their sources; an operator's own before them; what is wrong is said by name."""

import shutil

import pytest

from config import ConfigurationError, Settings
from portal import create_app
from portal.shares.disclosure.judging import Verdict, judge
from portal.shares.disclosure.loading import SHIPPED, BadRules, rulebook
from portal.shares.disclosure.phrases import BadPhrase, any_of

OWN = """
place = "NZ"
name = "New Zealand"
languages = ["en"]
[front]
en = "Ad: "
[[accepted]]
language = "en"
words = ["ad", "paid mahi"]
source = "ASA NZ, influencer guide"
read_on = 2026-11-02
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "places").mkdir()
    (tmp_path / "languages").mkdir()
    return tmp_path


def test_every_place_and_every_member_of_the_union_has_rules():
    book = rulebook()
    for code in ("US", "GB", "UK", "uk", "DE", "FR", "ES", "IT", "NL", "BE", "BR", "JP", "KR", "EU", "AT", "PL", "PT"):
        place = book.place(code)
        for language in place.languages:
            found = judge(f"{place.front(language)}warm 123", [code], book, language=language)
            assert found.verdict is Verdict.CLEAR, (code, language, found)
    assert book.place("NZ") is None


def test_an_operators_folder_adds_a_place_and_replaces_another(folder):
    (folder / "places" / "nz.toml").write_text(OWN)
    (folder / "places" / "gb.toml").write_text(OWN.replace('"NZ"', '"GB"').replace('"ad", ', '"advert", "ad", '))
    book = rulebook(folder)
    assert judge("Paid mahi with @fell", ["NZ"], book).rule == "R-TERM"
    assert judge("Paid mahi with @fell", ["GB"], book).rule == "R-TERM"
    assert judge("Paid mahi with @fell", ["US"], book).verdict is not Verdict.CLEAR
    assert "UK" not in book.also


WRONG = [
    ("", "needs place, a text"),
    (OWN.replace("read_on = 2026-11-02", ""), "accepted 1: needs the day"),
    (OWN.replace('source = "ASA NZ, influencer guide"', 'source = " "'), "accepted 1: needs its source"),
    (OWN.replace('words = ["ad", "paid mahi"]', "words = []"), "accepted 1: needs words"),
    (OWN.replace('"paid mahi"', '""'), "must be a list of words, none of them empty"),
    (OWN.replace("[[accepted]]", "[[acepted]]"), "has “acepted”, which means nothing here"),
    (OWN.replace('en = "Ad: "', 'en = "Hello: "'), "holds none of the accepted words"),
    (OWN.replace('en = "Ad: "', 'de = "Ad: "'), "needs a beginning for captions in “en”"),
    (
        OWN + '\n[[sentences]]\nlanguage="en"\nphrases=["(a|b"]\nsource="x"\nread_on=2026-11-02',
        "brackets that don't fit",
    ),
    (
        OWN + '\n[[sentences]]\nlanguage="en"\nphrases=["{x} y"]\nsource="x"\nread_on=2026-11-02',
        "no name that a phrase",
    ),
    ("place = ", "can't be read"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_what_is_wrong_is_said_with_the_file_and_the_entry(folder, text, why):
    (folder / "places" / "nz.toml").write_text(text)
    with pytest.raises(BadRules) as problem:
        rulebook(folder)
    assert why in str(problem.value)
    assert "nz.toml" in str(problem.value)


def test_a_folder_that_is_none_and_a_file_at_the_wrong_place_are_said(folder):
    with pytest.raises(BadRules, match="is no folder"):
        rulebook(folder / "missing")
    shutil.copy(SHIPPED / "places" / "gb.toml", folder / "gb.toml")
    with pytest.raises(BadRules, match="belongs into"):
        rulebook(folder)


def test_wrong_rules_stop_the_start_with_a_sentence(folder):
    (folder / "places" / "nz.toml").write_text("place = ")
    with pytest.raises(ConfigurationError, match=r"PORTAL_DISCLOSURE_FOLDER.*nz\.toml"):
        create_app(Settings(disclosure_folder=folder, data=folder / "data"))


def test_phrases_need_no_regular_expressions():
    found = any_of(["not [really ]an (ad|advert)", "{who} gave me ... free", "gratis*"], named={}, together=False)
    for text in (
        "not an ad",
        "not  really an advert",
        "fell gave me this sock free",
        "gratisprobe",
        "gave gave me free",
    ):
        assert found.search(text), text
    for text in ("not an adverb", "not any ad", "fell gave me this. free", "ungratis"):
        assert not found.search(text), text
    for phrase in ("", " a", "a)", "[a]", "{nobody}", "*"):
        with pytest.raises(BadPhrase):
            any_of([phrase], named={}, together=False)
