"""`python -m tests.browser.shots`: a picture of every page, on a phone and a desktop, light and dark, into var/shots.

Starts the product with its demo community over a folder of its own, signs in as its people at the sandbox, and prints
what is wrong with a page: another status than expected, an error in the console, content wider than the screen.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

import click
from flask import render_template
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from portal import create_app
from tests.browser import gatehouse
from tests.browser.product import Product
from tests.conftest import settings_for
from tests.servers.browser import chromium

FOLDER = Path("var/shots")
NOBODY = ""
NAMES = {
    "maya": "Maya Okafor", "teo": "Teo Brandt", "jonas": "Jonas Lindqvist", "greta": "Greta Holm",
    "dev": "Dev Malhotra", "imogen": "Imogen Hale", "robin": "Robin Ashe", "nils": "Nils Ekström",
    "gwen": "Gwen Pritchard", "ines": "Ines Carvalho",
}  # fmt: skip
ERRORS = (400, 403, 404, 409, 413, 429, 500, 503)
Scheme = Literal["light", "dark"]
TIMEOUT_MS = 15_000
ALL_PICTURES_LOADED = """() => Promise.all([...document.images].map(image => {
  image.loading = "eager";
  return image.decode().catch(() => undefined);
}))"""
"""Waited for by a promise: polling would need `eval`, which the portal's policy forbids."""


@dataclass(frozen=True)
class Shot:
    """A page: who looks, where they start, and which links they follow from there (CSS selectors, the first match)."""

    name: str
    who: str
    path: str
    follow: tuple[str, ...] = ()
    status: int = 200
    found: str = ""
    """What to ask the portal's database, whose answer stands in `path`: where no page of this person leads there."""
    in_sandbox: bool = False
    """It starts in the sandbox beside the portal."""


@dataclass(frozen=True)
class Errand:
    """What somebody redeems before the pictures are taken: its page shows them what the demo's people are past."""

    who: str
    reward: str
    typed: tuple[tuple[str, str], ...] = ()
    """What the form asks besides: labels and answers. A sort is ticked, anything else filled in."""


ERRANDS = (
    Errand("teo", "path repair"),
    Errand("nils", "repair table"),
    Errand(
        "gwen",
        "wool hat",
        (("Small", ""), ("Street and number", "4 Example Row"), ("Postcode", "LA9 4XX"), ("Town", "Kendal")),
    ),
    Errand("gwen", "fleece"),
    Errand("ines", "Contour lines"),
)


def _reward(words: str) -> str:
    return f"main .product:has-text('{words}') a[href^='/rewards/']"


def _redeemed(words: str) -> str:
    return f"main a[href^='/redemptions/']:has-text('{words}')"


WITH_SCREENSHOTS = """
SELECT review_case.id, handed_picture.id FROM review_case JOIN handed_picture USING (share_id)
JOIN share ON share.id = share_id
WHERE review_case.state = 'open' AND handed_picture.use = 'evidence' AND share.form = 'post'
ORDER BY review_case.id LIMIT 1
"""

SHOTS = (
    Shot("landing", NOBODY, "/"),
    Shot("sign-in", NOBODY, "/sign-in"),
    Shot("terms", NOBODY, "/terms"),
    Shot("join", "robin", "/join"),
    Shot("invited", NOBODY, "/invite/{}", found="SELECT code FROM invitation ORDER BY id LIMIT 1"),
    Shot("invited-to-team", "nils", "/teams/join/{}", found="SELECT code FROM team ORDER BY id LIMIT 1"),
    Shot("unsubscribe", NOBODY, "/mail", ("main a[href^='/mail/']", "a[href*='/unsubscribe/']"), in_sandbox=True),
    Shot("home", "maya", "/home"),
    Shot("missions", "maya", "/missions"),
    Shot("mission", "maya", "/missions", ("main a:has-text('mended'), main a:has-text('geflickt')",)),
    Shot("claims", "maya", "/claims"),
    Shot("submit", "maya", "/claims", ("a[href^='/claims/'][href$='/share']",)),
    Shot(
        "caption",
        "maya",
        "/claims",
        ("a[href^='/claims/'][href$='/share']", "main a[href^='/missions/']", "a[href*='/caption']"),
    ),
    Shot("share", "maya", "/claims", ("a[href^='/shares/']",)),
    Shot("share-verified", "maya", "/claims", ("a[href^='/shares/']:has-text('kit')",)),
    Shot("share-needs-fix", "teo", "/home", ("main a[href^='/shares/']",)),
    Shot("points", "maya", "/points"),
    Shot("points-filtered", "maya", "/points?kind=spent"),
    Shot("seals", NOBODY, "/ledger"),
    Shot("staff-books", "greta", "/staff/points/books"),
    Shot("staff-adjustments", "imogen", "/staff/points/adjustments"),
    Shot("staff-points-rules", "greta", "/staff/points/rules"),
    Shot("staff-person-points", "greta", "/staff/points/adjustments", ("main a[href^='/staff/points/people/']",)),
    Shot("staff-reward-costs", "greta", "/staff/reward-costs"),
    Shot("rewards", "maya", "/rewards"),
    Shot("reward", "maya", "/rewards", ("main .product a[href^='/rewards/']",)),
    Shot("redeem", "maya", "/rewards", ("main .product a[href^='/rewards/']", "a[href$='/redeem']")),
    Shot("reward-event", "maya", "/rewards", (_reward("repair table"),)),
    Shot("reward-cash", "maya", "/rewards", (_reward("fleece"),)),
    Shot("reward-gone", "maya", "/rewards", (_reward("Trousers"),)),
    Shot("redeem-cash", "maya", "/rewards", (_reward("fleece"), "a[href$='/redeem']")),
    Shot("redemption-donation", "teo", "/redemptions", (_redeemed("path repair"),)),
    Shot("receipt", "teo", "/redemptions", (_redeemed("path repair"), "a[href$='/receipt']")),
    Shot("redemption-ticket", "nils", "/redemptions", (_redeemed("repair table"),)),
    Shot("redemption-parcel", "gwen", "/redemptions", (_redeemed("wool hat"),)),
    Shot("redeem-address", "maya", "/rewards", (_reward("Picnic blanket"), "a[href$='/redeem']")),
    Shot("redemption-file", "ines", "/redemptions", (_redeemed("Contour lines"),)),
    Shot("redemption-payment", "gwen", "/redemptions", (_redeemed("fleece"),)),
    Shot("stripe-of-sandbox", NOBODY, "/till", in_sandbox=True),
    Shot("payment-in-sandbox", NOBODY, "/till", ("a[href*='/c/pay/']",), in_sandbox=True),
    Shot("redemptions", "maya", "/redemptions"),
    Shot("redemption", "maya", "/redemptions", ("main a[href^='/redemptions/']",)),
    Shot("wishes", "maya", "/rewards/wishes"),
    Shot("inbox", "maya", "/inbox"),
    Shot("profile", "maya", "/profile"),
    Shot("profile-edit", "maya", "/profile/edit"),
    Shot("audience", "maya", "/audience"),
    Shot("handle", "maya", "/profile", ("main a[href^='/profile/handles/']:not([href$='/new'])",)),
    Shot("handle-new", "maya", "/profile/handles/new"),
    Shot("sessions", "maya", "/profile/sessions"),
    Shot("identities", "maya", "/profile/identities"),
    Shot("message-choices", "maya", "/profile/messages"),
    Shot("guidelines", "maya", "/guidelines"),
    Shot("guideline", "maya", "/guidelines", ("main a[href^='/guidelines/']",)),
    Shot("guideline-needed", "maya", "/guidelines", ("main a[href^='/guidelines/']:has-text('Posting')",)),
    Shot("about-our-requests", NOBODY, "/about-our-requests"),
    Shot("no-permission", "maya", "/staff/review", status=403),
    Shot("missing", "maya", "/missions/nothing-here", status=404),
    Shot("review", "jonas", "/staff/review"),
    Shot("review-case", "jonas", "/staff/review", ("a[href^='/staff/review/']",)),
    Shot("review-appeal", "jonas", "/staff/review?kind=appeal", ("a[href^='/staff/review/']",)),
    Shot("review-screenshots", "jonas", "/staff/review/{}/screenshots/{}", found=WITH_SCREENSHOTS),
    Shot("verdicts", "greta", "/staff/verdicts"),
    Shot("verdict-policy", "greta", "/staff/verdicts/policy/all"),
    Shot("verdict-words", "greta", "/staff/verdicts/words"),
    Shot("verdict", "jonas", "/staff/review", ("a[href^='/staff/review/']", "a[href^='/staff/verdicts/shares/']")),
    Shot("signals", "greta", "/staff/signals"),
    Shot("signals-tried", "greta", "/staff/signals?try=new_account"),
    Shot("staff-audience", "dev", "/staff/audience"),
    Shot("staff-missions", "dev", "/staff/missions"),
    Shot("staff-mission", "dev", "/staff/missions", ("main a[href^='/staff/missions/']:not([href$='/new'])",)),
    Shot(
        "staff-answers",
        "dev",
        "/staff/missions",
        ("main a[href^='/staff/missions/']:has-text('zip')", "a[href$='/answers']"),
    ),
    Shot("staff-mission-new", "dev", "/staff/missions/new"),
    Shot("staff-seasons", "dev", "/staff/seasons"),
    Shot("staff-season-new", "dev", "/staff/seasons/new"),
    Shot(
        "staff-mission-edit", "dev", "/staff/missions", ("main th a[href^='/staff/missions/']", "main a[href$='/edit']")
    ),
    Shot("staff-season", "dev", "/staff/seasons", ("main th a[href^='/staff/seasons/']:not([href$='/progress'])",)),
    Shot("season-progress", "dev", "/staff/seasons", ("main a[href$='/progress']",)),
    Shot("staff-gallery", "dev", "/staff/gallery"),
    Shot("staff-guideline", "greta", "/staff/guidelines", ("main th a[href^='/staff/guidelines/']",)),
    Shot("staff-guideline-new", "greta", "/staff/guidelines/new"),
    Shot("staff-guidelines", "greta", "/staff/guidelines"),
    Shot("staff-rewards", "greta", "/staff/rewards"),
    Shot("staff-reward", "greta", "/staff/rewards", ("main a[href^='/staff/rewards/']:not([href$='/new'])",)),
    Shot("staff-reward-new", "greta", "/staff/rewards/new"),
    Shot("staff-orders", "greta", "/staff/orders"),
    Shot("staff-order", "greta", "/staff/orders", ("main th a[href^='/staff/orders/']",)),
    Shot("staff-order-parcel", "greta", "/staff/orders?kind=physical", ("main th a[href^='/staff/orders/']",)),
    Shot("staff-orders-found", "greta", "/staff/orders?q=repair"),
    Shot("staff-orders-not-found", "greta", "/staff/orders?q=nothing+of+ours"),
    Shot("staff-check-in", "greta", "/staff/check-in"),
    Shot("ticket-elsewhere", "maya", "/tickets/AAAAAAAAAA"),
    Shot("review-problems", "greta", "/staff/review?kind=problem"),
    Shot("tier", "maya", "/points/tiers"),
    Shot("leagues", "maya", "/leagues"),
    Shot("leagues-season", "maya", "/leagues/season"),
    Shot("badges", "maya", "/badges"),
    Shot("teams", "nils", "/teams"),
    Shot("team", "maya", "/teams/mine"),
    Shot("thanks", "maya", "/thanks"),
    Shot("thanks-own", "maya", "/thanks/mine"),
    Shot("thank", "maya", "/thanks", ("main a[href$='/answer']",)),
    Shot("staff-thanks", "greta", "/staff/thanks"),
    Shot(
        "staff-thank", "greta", "/staff/people", ("main a[href^='/staff/people/']", "a[href^='/staff/thanks/people/']")
    ),
    Shot("staff-teams", "greta", "/staff/teams"),
    Shot("staff-team", "greta", "/staff/teams", ("main a[href^='/staff/teams/']",)),
    Shot("staff-leagues", "greta", "/staff/leagues"),
    Shot("staff-league", "greta", "/staff/leagues", ("main a[href^='/staff/leagues/']",)),
    Shot("staff-badges", "greta", "/staff/badges"),
    Shot("staff-tiers", "greta", "/staff/tiers"),
    Shot("people", "greta", "/staff/people"),
    Shot("person", "imogen", "/staff/people", ("main a[href^='/staff/people/']",)),
    Shot("jobs", "imogen", "/staff/jobs"),
    *(Shot(f"error-{code}", NOBODY, f"/error-pages/{code}", status=code) for code in ERRORS),
)


class Photographer:
    """One browser over one running product."""

    def __init__(self, browser: Browser, product: Product, language: str, error_pages: dict[int, str]) -> None:
        self._browser, self._product, self._language = browser, product, language
        self._error_pages = error_pages
        self._signed_in: dict[str, Any] = {}

    def run(self, errand: Errand) -> None:
        """Redeem what the errand names, as its person would."""
        context = self._context(errand.who, {}, "light")
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        self._open(page, Shot("", errand.who, "/rewards", (_reward(errand.reward), "a[href$='/redeem']")))
        for label, answer in errand.typed:
            asked = page.get_by_label(label, exact=True)
            asked.fill(answer) if answer else asked.check()
        asking = page.url
        page.locator("main form .btn-primary").click()
        page.wait_for_url(lambda url: url != asking)
        context.close()

    def take(self, shots: Sequence[Shot], device: str, options: dict[str, Any], scheme: Scheme) -> Iterator[str]:
        """Photograph `shots`; yields a sentence for each thing that is wrong."""
        for who in dict.fromkeys(shot.who for shot in shots):
            context = self._context(who, options, scheme)
            for shot in (shot for shot in shots if shot.who == who):
                name = f"{shot.name}-{device}{'-dark' if scheme == 'dark' else ''}"
                for problem in self._photograph(context, shot, FOLDER / f"{name}.png"):
                    yield f"{name}: {problem}"
            context.close()

    def _photograph(self, context: BrowserContext, shot: Shot, file: Path) -> list[str]:
        page, problems = context.new_page(), []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda said: problems.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        try:
            status = self._open(page, shot)
            if status != shot.status:
                problems.append(f"status {status} instead of {shot.status} at {page.url}")
            elif status >= 400:
                problems.clear()  # the browser reports the status itself as an error
            page.evaluate(ALL_PICTURES_LOADED)
            page.screenshot(path=file, full_page=True)
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if too_wide > 0:
                problems.append(f"{too_wide} pixels wider than the screen")
        except Error as error:
            problems.append(error.message.splitlines()[0])
        finally:
            page.close()
        return problems

    def _open(self, page: Page, shot: Shot) -> int:
        start = self._product.sandbox_url if shot.in_sandbox else self._product.url
        answer = page.goto(start + shot.path.format(*self._ask(shot.found)))
        for selector in shot.follow:
            link = page.locator(selector).first.get_attribute("href")
            answer = page.goto(urljoin(page.url, link))
        assert answer is not None  # another document was opened
        return answer.status

    def _ask(self, question: str) -> tuple[Any, ...]:
        if not question:
            return ()
        with closing(database_of(self._product)) as database:
            row: tuple[Any, ...] = database.execute(question).fetchone()
            return row

    def _context(self, who: str, options: dict[str, Any], scheme: Scheme) -> BrowserContext:
        if who and who not in self._signed_in:
            self._signed_in[who] = self._sign_in(who)
        context = self._browser.new_context(
            **options, locale=self._language, color_scheme=scheme, reduced_motion="reduce",
            storage_state=self._signed_in.get(who),
        )  # fmt: skip
        context.route("**/error-pages/*", self._answer_with_error_page)
        return context

    def _sign_in(self, who: str) -> Any:
        context = self._browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(f"{self._product.url}/sign-in")
        page.get_by_role("button", name="Gatehouse").click()
        gatehouse.choose(page, NAMES[who])
        page.wait_for_url(f"{self._product.url}/**")
        state = context.storage_state()
        context.close()
        return state

    def _answer_with_error_page(self, route: Route) -> None:
        code = int(route.request.url.rpartition("/")[2])
        route.fulfill(status=code, content_type="text/html; charset=utf-8", body=self._error_pages[code])


def error_pages(folder: Path, language: str) -> dict[int, str]:
    """The error pages as the portal renders them; most can't be provoked from outside."""
    app = create_app(settings_for(folder / "errors"))
    pages = {}
    for code in ERRORS:
        with app.test_request_context("/", headers={"Accept-Language": language}):
            pages[code] = render_template(f"errors/{code}.html")
    return pages


def speak(product: Product, language: str) -> None:
    """Let everybody read the portal in `language`, whatever they chose."""
    with closing(database_of(product)) as database, database:
        database.execute("UPDATE person SET locale = ?", (language[:2],))


def database_of(product: Product) -> sqlite3.Connection:
    return sqlite3.connect(product.folder / "var" / "portal.db", timeout=20)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.shots", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="pages by name, such as home or review-case")
    parser.add_argument("--lang", choices=["en", "de"], help="read everything in this language")
    arguments = parser.parse_args()
    shots = [shot for shot in SHOTS if not arguments.only or shot.name in arguments.only]
    language = "de-DE" if arguments.lang == "de" else "en-GB"
    FOLDER.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as (playwright, browser):
        product = Product(Path(folder)).start()
        try:
            photographer = Photographer(browser, product, language, error_pages(Path(folder), language))
            for errand in ERRANDS:
                photographer.run(errand)
            if arguments.lang:
                speak(product, language)
            devices = {
                "phone": dict(playwright.devices["Pixel 7"]),
                "desktop": {"viewport": {"width": 1280, "height": 800}},
            }
            for device, options in devices.items():
                for scheme in ("light", "dark"):
                    problems += photographer.take(shots, device, options, scheme)  # type: ignore[arg-type]
        finally:
            product.stop()
    click.echo("\n".join([*problems, f"{len(shots) * 4} pictures in {FOLDER}, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
