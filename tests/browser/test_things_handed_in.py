"""What is handed in without a post: a report of an evening, and pictures with the permission to use them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.browser.cast import GWEN, PATCH_MISSION, TABLE_MISSION
from tests.browser.conftest import Comes
from tests.browser.fan import Fan


def a_photo(colour: str) -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


class Maker(Fan):
    def adds_a_picture(self, colour: str, alt: str) -> None:
        """By the script: the page stays, with all that was typed, and asks what the picture shows."""
        address = self.page.url
        self.page.locator("input[type=file]").set_input_files(a_photo(colour))
        self.presses("Add it")
        described = self.page.get_by_label(self.words("What picture %(number)s shows", number=1))
        expect(described).to_be_focused()
        described.fill(alt)
        assert self.page.url == address


def test_a_report_and_a_drawing_go_before_a_person(comes: Comes, phone: dict[str, Any]) -> None:
    gwen = comes(Maker, looks_everywhere=True, **phone)
    gwen.signs_in(GWEN.name)
    gwen.opens_mission(TABLE_MISSION)
    gwen.claims_a_place()
    gwen.opens_the_form_to_hand_in()
    story = gwen.page.get_by_label(gwen.words("How was it?"))
    story.fill("Nine neighbours, eleven jumpers, and one umbrella that nobody could save.")
    gwen.adds_a_picture("#7a5c3e", "A long table with jumpers and tins of thread")
    gwen.presses("Hand in the report")
    gwen.sees("Say on which day it was.")
    gwen.looks_around()
    expect(story).to_have_value("Nine neighbours, eleven jumpers, and one umbrella that nobody could save.")
    expect(gwen.page.locator("#pictures img")).to_have_count(1)
    gwen.page.get_by_label(gwen.words("When was it?")).fill(datetime.now(UTC).date().isoformat())
    gwen.page.get_by_label(gwen.words("How many people came?")).fill("9")
    gwen.page.get_by_label(gwen.words("Where was it?")).fill("The church hall in Kendal")
    gwen.page.get_by_label(gwen.words("Everybody who can be recognised agreed")).check()
    gwen.presses("Hand in the report")
    gwen.arrives_at_the_share()
    gwen.sees("A person will look")
    gwen.looks_around()

    gwen.opens_mission(PATCH_MISSION)
    gwen.claims_a_place()
    gwen.opens_the_form_to_hand_in()
    gwen.follows("Pictures")
    gwen.adds_a_picture("#2e5d50", "A green leaf, its veins drawn as stitches")
    gwen.page.locator("input[name=agreed]").check()
    gwen.presses("Hand in the pictures")
    gwen.arrives_at_the_share()
    gwen.sees("A person will look")
    gwen.looks_around()
