"""Points plus cash on a phone, and what is gone while somebody confirms."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import FLEECE_REWARD, GWEN, INES, LAST_REWARD, MAYA, PARCEL_REWARD, SAM
from tests.browser.conftest import Comes
from tests.browser.fan import Fan
from tests.browser.shopper import Shopper, loses_webhooks

AMOUNT = "£10.60"


def test_points_plus_cash_on_a_phone(comes: Comes, phone: dict[str, Any]) -> None:
    ines = comes(Shopper, **phone)
    ines.signs_in(INES.name)
    loses_webhooks(ines.page, ines.product.sandbox_url, lost=True)
    ines.opens_reward(FLEECE_REWARD)
    ines.confirms_and_goes_to_pay(AMOUNT)
    ines.goes_back_without_paying()
    ines.sees("Held for you")
    ines.looks_around()
    ines.page.get_by_role("button", name=ines.words("Pay %(amount)s", amount=AMOUNT)).click()

    ines.pays()
    ines.sees("We are waiting for the payment")  # nobody has told the portal, and the way back proves nothing
    ines.looks_around()
    expect(ines.button("Show my code")).to_have_count(0)
    waiting = ines.page.url
    loses_webhooks(ines.page, ines.product.sandbox_url, lost=False)
    ines.page.goto(waiting)
    assert ines.waits_for_the_code().startswith("FLEECE-")
    ines.looks_around()


def test_paying_without_scripts(comes: Comes, phone: dict[str, Any]) -> None:
    maya = comes(Shopper, **phone, java_script_enabled=False)
    maya.signs_in(MAYA.name)
    maya.opens_reward(FLEECE_REWARD)
    maya.confirms_and_goes_to_pay(AMOUNT)
    maya.pays()
    assert maya.waits_for_the_code().startswith("FLEECE-")


def test_a_bad_address_is_said_beside_its_field_and_nothing_typed_is_lost(comes: Comes, phone: dict[str, Any]) -> None:
    gwen = comes(Fan, **phone)
    gwen.signs_in(GWEN.name)
    gwen.opens_reward(PARCEL_REWARD)
    gwen.follows("Get it")
    gwen.arrives(r"/rewards/\w+/redeem$")
    page = gwen.page
    page.get_by_label("Small", exact=True).check()
    for field, typed in {"line1": "4 Example Row", "postcode": "nowhere", "city": "Kendal"}.items():
        page.locator(f"#{field}").fill(typed)
    page.locator("#country").select_option("GB")
    redeem = page.get_by_role("button", name=gwen.words.pattern("Redeem %(points)s"))
    redeem.click()
    gwen.sees("This is no postcode of that country. Write it like %(example)s.", example="LA9 4QH")
    expect(page.locator("#postcode")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#line1")).to_have_value("4 Example Row")
    gwen.looks_around()

    page.locator("#postcode").fill("LA9 4QH")
    redeem.click()
    gwen.arrives(r"/redemptions/\w+$")
    gwen.sees("It waits to be packed. We tell you when it is on its way.")


def test_sold_out_while_confirming(comes: Comes, phone: dict[str, Any], desktop: dict[str, Any]) -> None:
    slow, quick = comes(Fan, **phone), comes(Fan, **desktop)
    for each, member in ((slow, SAM), (quick, INES)):
        each.signs_in(member.name)
        each.opens_reward(LAST_REWARD)
        each.follows("Get it")
        each.arrives(r"/rewards/\w+/redeem$")
    quick.page.get_by_role("button", name=quick.words.pattern("Redeem %(points)s")).click()
    quick.arrives(r"/redemptions/\w+$")
    slow.page.get_by_role("button", name=slow.words.pattern("Redeem %(points)s")).click()
    slow.sees("Somebody was faster")
    slow.sees("The last one is gone and your points are still yours. Have a look at the other rewards.")
    expect(slow.page.get_by_role("button", name=slow.words.pattern("Redeem %(points)s"))).to_have_count(0)
    slow.looks_around()
