"""Disclosure by place and language, captions put together, and each network's own composer."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from portal.accounts.models import Handle, Person
from portal.missions.composers import composers_for
from portal.missions.disclosure_texts import CAPTION_LANGUAGES, LANGUAGES_OF_PLACE, first_line
from portal.missions.kit import kit_for
from portal.missions.models import KitCaption, Mission
from portal.shares.caption_lengths import fold_of
from portal.shares.disclosure.judging import Verdict, judge
from portal.shares.disclosure.loading import rulebook

LINES = [
    # mission's place  fan's country  caption  line
    ("",               "GB",          "en",    "Ad: Fell rewards me for this post."),
    ("",               "DE",          "de",    "Werbung: Fell belohnt mich für diesen Beitrag."),
    ("",               "DE",          "en",    "Werbung (Ad): Fell rewards me for this post."),
    ("DE",             "GB",          "en",    "Werbung (Ad): Fell rewards me for this post."),
    ("GB",             "DE",          "de",    "Ad (Werbung): Fell belohnt mich für diesen Beitrag."),
    ("",               "BE",          "fr",    "Publicité: Fell me récompense pour cette publication."),
    ("",               "BE",          "nl",    "Reclame: Fell beloont mij voor dit bericht."),
    ("",               "NZ",          "en",    "Ad: Fell rewards me for this post."),
    ("",               "GB",          "xx",    "Ad: Fell rewards me for this post."),
]  # fmt: skip


@pytest.mark.parametrize(("place", "country", "language", "line"), LINES)
def test_first_line_fits_place_and_language(place: str, country: str, language: str, line: str) -> None:
    assert first_line(jurisdiction=place, country=country, language=language, brand="Fell") == line


def test_the_kit_knows_every_place_that_has_rules() -> None:
    book = rulebook()
    assert {*book.places, *book.members} - {"EU"} <= LANGUAGES_OF_PLACE.keys()


@pytest.mark.parametrize("language", CAPTION_LANGUAGES)
@pytest.mark.parametrize("place", [place for place in LANGUAGES_OF_PLACE if rulebook().place(place)])
def test_what_the_kit_suggests_passes_the_check_everywhere(place: str, language: str) -> None:
    line = first_line(jurisdiction=place, country="", language=language, brand="Hollin Fell")
    text = f"{line}\n\nMore words, #MendedWithHollin https://x.example/l/abc"

    for platform in ("perch", "mastodon", "instagram", "youtube"):
        judged = judge(text, [place], rulebook(), language=language, fold=fold_of(platform))
        assert judged.verdict is Verdict.CLEAR, (place, language, judged)


def a_mission(**columns: object) -> Mission:
    values = {"jurisdiction": "", "required_tag": "#Mended", "platforms": ["perch"], "images": [], **columns}
    return Mission(**values)


def a_handle(platform: str, host: str = "") -> Handle:
    return Handle(platform=platform, host=host, name="ada", profile_url=f"https://{host or 'perch.example'}/@ada")


FAN = Person(country="GB", locale="en")


def kit(mission: Mission, link: str = "https://p.example/l/abc", handles: tuple[Handle, ...] = ()) -> str:
    made = kit_for(mission, FAN, brand="Fell", link=link, handles=handles, sandbox_url="http://127.0.0.1:8001")
    return made.texts[0].text


def test_caption_holds_each_part_once() -> None:
    plain = a_mission(captions=[KitCaption(id="a", position=0, text="Look.", locale="en")])
    with_tag = a_mission(captions=[KitCaption(id="a", position=0, text="Look, #Mended.", locale="en")])

    assert kit(plain) == "Ad: Fell rewards me for this post.\n\nLook.\n\n#Mended https://p.example/l/abc"
    assert kit(with_tag) == "Ad: Fell rewards me for this post.\n\nLook, #Mended.\n\nhttps://p.example/l/abc"


def test_mission_without_captions_still_gives_a_start() -> None:
    assert kit(a_mission(captions=[], required_tag=""), link="") == "Ad: Fell rewards me for this post."


def test_only_accounts_that_the_mission_takes_get_a_composer() -> None:
    made = kit_for(
        a_mission(captions=[]), FAN, brand="Fell", link="", sandbox_url="http://127.0.0.1:8001",
        handles=[a_handle("perch"), a_handle("mastodon", "social.example"), a_handle("linkedin")],
    )  # fmt: skip

    assert [composer.platform for composer in made.texts[0].composers] == ["perch"]


def test_composers_fill_in_text_and_link_whatever_they_hold() -> None:
    text = "Ad: “50 % & more” #x\n\n🧵 مرحبا https://p.example/l/abc"
    handles = [a_handle("perch"), a_handle("mastodon", "social.example"), a_handle("linkedin")]

    perch, mastodon = composers_for(handles, text, "https://p.example/l/abc", sandbox_url="http://127.0.0.1:8001")

    there = urlsplit(perch.url)
    assert (there.scheme, there.netloc, there.path) == ("http", "127.0.0.1:8001", "/compose")
    assert parse_qs(there.query) == {"text": [text], "url": ["https://p.example/l/abc"]}
    there = urlsplit(mastodon.url)
    assert (there.scheme, there.netloc, there.path) == ("https", "social.example", "/share")
    assert parse_qs(there.query) == {"text": [text]}
    assert (perch.account, mastodon.account) == ("@ada", "@ada@social.example")
