"""What goes wrong for people: nothing typed is lost, nothing is done twice, and every refusal says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Route, expect

from tests.browser import gatehouse
from tests.browser.cast import DEV, KIT_MISSION, RUTH, SAM, TEO, THREAD_REWARD, WALK_MISSION
from tests.browser.conftest import Comes
from tests.browser.fan import Fan

TOO_LARGE_BYTES = 50 * 1024 * 1024


def test_what_was_typed_survives_a_wrong_address_and_a_tunnel(comes: Comes, phone: dict[str, Any]) -> None:
    sam = comes(Fan, **phone)
    sam.signs_in(SAM.name)
    sam.comes_to_perch(SAM.handle)
    sam.page.bring_to_front()
    sam.opens_mission(KIT_MISSION)
    sam.claims_a_place()
    address = sam.opens_composer_from_share_kit().publish()
    sam.opens_the_form_to_hand_in()

    sam.types_address("https://example.org/nothing-like-a-post")
    sam.presses("Submit the share")
    expect(sam.address_field()).to_have_attribute("aria-invalid", "true")
    expect(sam.address_field()).to_have_value("https://example.org/nothing-like-a-post")
    sam.looks_around()

    sam.types_address(address)
    with sam.offline(), pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        sam.page.reload()
    sam.visits("/claims")
    sam.follows("I have posted it")
    sam.arrives(r"/claims/\w+/share$")
    expect(sam.address_field()).to_have_value(address)

    sam.presses("Submit the share")
    sam.arrives_at_the_share()
    sam.sees_the_share_verified()


def test_an_age_that_is_told_while_the_question_is_on_its_way_stays(comes: Comes, phone: dict[str, Any]) -> None:
    """On a slow network the answer about the country comes when the next one has been given."""
    quinn = comes(Fan, "de", **phone)
    quinn.opens_the_front_page()
    quinn.asks_to_sign_in()
    gatehouse.make_account(quinn.page, "Quinn Eilig", "quinn.eilig@example.org", language="de-DE")
    quinn.arrives(r"/join$")
    on_their_way: list[Route] = []
    quinn.page.route("**/join/age?*", lambda asked: on_their_way.append(asked))
    old_enough = quinn.page.get_by_label(quinn.words.pattern("I am %(limit)s or older"))
    quinn.page.get_by_label(quinn.words("Where do you live?")).select_option("NL")
    old_enough.check()
    with quinn.page.expect_response("**/join/age?*"):
        on_their_way.pop().continue_()
    quinn.page.wait_for_function("!document.querySelector('.htmx-request')")
    expect(old_enough).to_be_checked()
    quinn.presses("Continue")
    quinn.arrives(r"/join/you$")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_clicking_twice_does_everything_once(comes: Comes, desktop: dict[str, Any], scripts: bool) -> None:
    who, earned = RUTH if scripts else TEO, "+60"
    words = (
        "Rain in both boots, and nothing to blame but me. #WettestWalk"
        if scripts
        else ("Four hours of drizzle between Otley and home; the panniers stayed dry, the rider did not. #WettestWalk")
    )
    ruth = comes(Fan, **desktop, java_script_enabled=scripts)
    ruth.signs_in(who.name)
    earned_before, spent_before = ruth.counts_lines(earned), ruth.counts_lines("−80")

    ruth.opens_mission(WALK_MISSION)
    ruth.button("Claim a place").first.dblclick()
    ruth.holds_a_place()
    address = ruth.writes_for_the_mission(who.handle, words)
    ruth.page.bring_to_front()
    ruth.opens_the_form_to_hand_in()
    ruth.types_address(address)
    ruth.button("Submit the share").dblclick()
    ruth.arrives_at_the_share()
    ruth.sees_the_share_verified()

    ruth.opens_reward(THREAD_REWARD)
    ruth.follows("Get it")
    ruth.arrives(r"/rewards/\w+/redeem$")
    ruth.page.get_by_role("button", name=ruth.words.pattern("Redeem %(points)s")).dblclick()
    ruth.arrives(r"/redemptions/\w+$")
    assert ruth.counts_lines(earned) == earned_before + 1
    assert ruth.counts_lines("−80") == spent_before + 1


def test_a_picture_of_50_mb_is_refused_with_a_page(comes: Comes, desktop: dict[str, Any], tmp_path: Path) -> None:
    picture = tmp_path / "panorama.png"
    picture.write_bytes(b"\x89PNG" + bytes(TOO_LARGE_BYTES))
    dev = comes(Fan, **desktop)
    dev.signs_in(DEV.name)
    dev.visits("/staff/missions")
    dev.page.get_by_role("link", name=KIT_MISSION).first.click()
    dev.page.locator("input[type=file]").first.set_input_files(picture)
    dev.presses("Add picture")
    dev.sees("That was too big to send")
    dev.looks_around()


def test_pages_that_are_not_there_or_not_for_everybody_say_so(comes: Comes, phone: dict[str, Any]) -> None:
    sam = comes(Fan, **phone)
    assert sam.visits("/no-such-page").status == 404
    sam.looks_around()
    sam.signs_in(SAM.name)
    for path, status in (("/missions/no-such-mission", 404), ("/shares/00000000000000000000000000", 404)):
        assert sam.visits(path).status == status
        sam.looks_around()
    assert sam.visits("/staff/review").status == 403
    sam.looks_around()
