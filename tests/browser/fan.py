"""What fans do in the portal, from the first sign-in to the code of a reward."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser import gatehouse
from tests.browser.cast import DISCLOSED
from tests.browser.perch import Perch
from tests.browser.visitor import Visitor, reaches

GATEHOUSE, PERCH = "Gatehouse", "Perch"
CHECKED_WITHIN_MS = 120_000
"""A network that took seconds to answer, as on a busy machine, is given a rest of four times as many."""


class Fan(Visitor):
    """Somebody who shares. Pages on the way are looked at by who looks everywhere."""

    # Coming in

    def opens_the_front_page(self) -> None:
        self.visits("/")
        self.arrives(r"/$")

    def asks_to_sign_in(self) -> None:
        self.visits("/sign-in")
        self.arrives(r"/sign-in$")
        self.presses("Continue with %(provider)s", provider=GATEHOUSE)

    def signs_in(self, name: str) -> None:
        """Somebody who has joined long ago."""
        self.visits("/sign-in")
        self.presses("Continue with %(provider)s", provider=GATEHOUSE)
        gatehouse.choose(self.page, name)
        reaches(self.page, re.compile(re.escape(self.product.url)))
        expect(self.page.locator("main h1")).to_be_visible()

    def joins(self, country: str = "GB") -> None:
        """Answer what a newcomer is asked: age first, then who they are and what they agree to."""
        self.arrives(r"/join$")
        self.page.get_by_label(self.words("Where do you live?")).select_option(country)
        self.page.get_by_label(self.words.pattern("I am %(limit)s or older")).check()
        self.glances()
        self.presses("Continue")
        self.arrives(r"/join/you$")
        self.page.get_by_role("checkbox", name=self.words.start("Sharer")).check()
        self.page.get_by_label(self.words("I agree to the terms")).check()
        self.page.get_by_role("button", name=self.words.pattern("Join %(programme)s")).click()
        self.arrives(r"/home$")
        self.sees("Before your first mission")

    def signs_out(self) -> None:
        self.visits("/profile")
        self.glances()
        self.presses("Sign out")
        self.arrives(r"/sign-in$")

    # Accounts on networks

    def adds_account_on_perch(self, handle: str) -> str:
        """Name the account they post with; the code that will prove it."""
        self.visits("/profile")
        self.glances()
        self.follows("Add an account")
        self.arrives(r"/profile/handles/new$")
        self.page.get_by_role("radio", name=PERCH).check()
        self.page.get_by_role("textbox").fill(handle)
        self.presses("Add account")
        self.arrives(r"/profile/handles/\w+$")
        return self.page.locator("#proof-code").inner_text()

    def has_the_profile_read(self) -> None:
        """Ask the portal to look for the code, and wait for what it says."""
        self.presses("Look now")
        self.sees("Proved: this account is yours")
        self.glances()

    def comes_to_perch(self, handle: str) -> Perch:
        """In a tab of its own, signed in there."""
        perch = Perch(self.context.new_page(), self.product.sandbox_url)
        perch.sign_in(handle)
        return perch

    # The guideline

    def reads_and_acknowledges(self) -> None:
        """The guideline that is open."""
        self.arrives(r"/guidelines/[\w-]+")
        self.page.get_by_role("button", name=self.words.pattern("Acknowledge version %(number)s")).click()

    # Missions

    def opens_mission(self, title: str) -> None:
        """Look for it on the board."""
        self.visits("/missions")
        self.glances()
        self.page.get_by_role("link", name=title).first.click()
        self.arrives(r"/missions/\w+$")
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible()

    def claims_without_being_offered_a_place(self) -> None:
        """Send the claim of the mission that is open, as from a page that was opened before the rules changed."""
        with self.page.expect_navigation():
            self.page.evaluate(
                """() => {
                  const form = document.createElement("form");
                  form.method = "post";
                  form.action = location.pathname + "/claim";
                  form.append(document.querySelector("[name=csrf_token]")?.cloneNode() ?? headersToken());
                  document.body.append(form);
                  form.submit();
                  function headersToken() {
                    const field = document.createElement("input");
                    field.name = "csrf_token";
                    field.value = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
                    return field;
                  }
                }"""
            )

    def claims_a_place(self) -> None:
        """On the mission that is open."""
        self.presses("Claim a place")
        self.holds_a_place()

    def holds_a_place(self) -> None:
        self.arrives(r"/missions/\w+#kit$")
        expect(self._way_to_hand_in()).to_be_visible()

    def enters(self, target: Locator) -> None:
        """Go where a link leads, by whatever this person has at hand."""
        target.click()

    def _way_to_hand_in(self) -> Locator:
        """Its words say what this mission's kind takes."""
        return self.page.locator("main a[href^='/claims/'][href$='/share']").locator("visible=true").first

    def opens_composer_from_share_kit(self) -> Perch:
        """The network's own composer in a tab of its own, filled in."""
        composer = self.page.get_by_role("link", name=self.words.pattern("Open in %(network)s as %(account)s")).first
        with self.context.expect_page() as opened:
            composer.click()
        tab = opened.value
        tab.wait_for_load_state()
        return Perch(tab, self.product.sandbox_url)

    # Shares

    def writes_for_the_mission(self, handle: str, words: str) -> str:
        """On Perch, with the disclosure and all that the mission that is open asks for; the address of the post."""
        link = self.page.locator("#kit-link")
        return self.comes_to_perch(handle).write(f"{DISCLOSED} {words} {link.inner_text() if link.count() else ''}")

    def opens_the_form_to_hand_in(self) -> None:
        """From the mission that is open."""
        self.enters(self._way_to_hand_in())
        self.arrives(r"/claims/\w+/share$")

    def types_address(self, url: str) -> None:
        self.address_field().fill(url)

    def address_field(self) -> Locator:
        return self.page.locator("#url")

    def hands_in(self, url: str) -> None:
        """Paste the address of a post; with scripts, see at once what it was recognised as; submit it."""
        self.types_address(url)
        if self.scripts:
            expect(self.page.locator("#recognised")).to_contain_text("@")
        self.presses("Submit the share")
        self.arrives_at_the_share()

    def hands_in_what_the_kit_proposes(self) -> None:
        """Post the caption of the share kit as it is, and hand in its address."""
        address = self.opens_composer_from_share_kit().publish()
        self.opens_the_form_to_hand_in()
        self.hands_in(address)

    def arrives_at_the_share(self) -> None:
        reaches(self.page, re.compile(r"/shares/\w+$"))

    def sees_the_share_verified(self) -> None:
        """Watch the checks until they have passed."""
        verified = self.page.get_by_text(self.words.pattern("Verified: %(points)s")).locator("visible=true").first
        expect(verified).to_be_visible(timeout=CHECKED_WITHIN_MS)
        expect(self.page.locator("#checks [data-s=ok]").first).to_be_attached()
        expect(self.page.locator("#checks [data-s=bad], #checks [data-s=warn]")).to_have_count(0)

    def opens_my_share(self, mission: str) -> None:
        """What became of what they handed in for it."""
        self.visits("/claims")
        self.glances()
        place = self.page.get_by_role("listitem").filter(has_text=mission).first
        place.locator("a[href*='/shares/']").click()
        self.arrives(r"/shares/\w+$")

    # Points and rewards

    def reads_statement(self) -> str:
        """The newest line."""
        self.visits("/points")
        self.glances()
        return self.page.locator("table tbody tr").first.inner_text()

    def counts_lines(self, points: str) -> int:
        """How many lines of the statement move that many points."""
        self.visits("/points")
        return self.page.locator("table tbody tr").filter(has_text=points).count()

    def takes_away_statement(self, to: Path) -> Path:
        """With its proofs."""
        self.visits("/points")
        return self.takes_away("Statement with proofs (JSON)", to)

    def reads_how_it_is_proved(self) -> None:
        self.page.get_by_role("link", name=self.words("How to check that nothing was changed")).click()
        self.arrives(r"/ledger$")
        self.glances()

    def takes_away(self, link: str, to: Path) -> Path:
        """Downloads what the link gives."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=self.words(link)).click()
        download.value.save_as(to)
        return to

    def opens_reward(self, name: str) -> None:
        self.visits("/rewards")
        self.glances()
        self.page.get_by_role("link", name=name).first.click()
        self.arrives(r"/rewards/\w+$")

    def redeems(self) -> None:
        """The reward that is open, after a last look at price and balance."""
        self.follows("Get it")
        self.arrives(r"/rewards/\w+/redeem$")
        self.page.get_by_role("button", name=self.words.pattern("Redeem %(points)s")).click()
        self.arrives(r"/redemptions/\w+$")

    def reveals_the_code(self) -> str:
        self.presses("Show my code")
        code = self.page.locator("#reward-code")
        expect(code).to_be_visible()
        self.glances()
        return code.inner_text()

    # Company

    def shows_a_badge(self) -> str:
        """Make a page of one of theirs; its path."""
        self.visits("/badges")
        self.glances()
        self.presses("Make a page to share")
        self.arrives(r"/badges$")
        return self.page.locator("[id^=address-]").first.inner_text().removeprefix(self.product.url)

    def chooses_about_boards(self, *, shown: bool, pseudonym: str = "") -> None:
        """To be on them or not, and by which name."""
        self.visits("/leagues")
        self.page.get_by_label(self.words.start("Show me in leagues")).set_checked(shown)
        self.page.get_by_label(self.words.start("Another name for the boards")).fill(pseudonym)
        self.presses("Save my choice")
        self.arrives(r"/leagues$")

    def thanks_somebody_of_the_league(self, words: str) -> str:
        """In public; the name on the board of who was thanked."""
        self.page.locator("main a[href^='/thanks/to/league/']").first.click()
        self.arrives(r"/thanks/to/league/\d+$")
        name = self.page.locator("h1").inner_text().removeprefix(self.words("Thank %(name)s", name=""))
        self.page.get_by_label(self.words.start("What for")).fill(words)
        self.page.get_by_role("radio", name=self.words.start("Everybody, on the wall")).check()
        self.presses("Send thanks")
        self.arrives(r"/thanks$")
        return name

    def joins_a_team(self, name: str) -> None:
        """One that is open to anybody."""
        self.visits("/teams")
        self.glances()
        self.presses("Join %(team)s", team=name)
        self.arrives(r"/teams/mine$")
