"""The small scripts in a real browser, each against a page of its own; the files are those that are served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

STATIC = Path(__file__).parents[2] / "static"
ORIGIN = "https://portal.test"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'"
FORM = (
    '<div class="app"><form method="post" action="/saved" data-draft="note" data-once><input name="text" id="text">'
    '<input type="password" name="word" id="word"><button type="submit">Save</button></form></div>'
)


class Site:
    """Pages by path, behind the portal's policy; counts what is posted to each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pages: dict[str, str] = {}
        self.posted: list[str] = []
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
            return
        if route.request.method == "POST":
            self.posted.append(path)
        body = self.pages.get(path, "")
        head = '<!DOCTYPE html><html lang="en"><link rel="icon" href="/static/img/mark.svg"><title>t</title>'
        route.fulfill(body=head + body, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    def show(self, path: str, body: str, *scripts: str) -> None:
        self.pages[path] = self.body(body, *scripts)
        self.page.goto(ORIGIN + path)

    @staticmethod
    def body(markup: str, *scripts: str) -> str:
        return markup + "".join(f'<script type="module" src="/static/js/{name}.js"></script>' for name in scripts)


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    site = Site(context.new_page())
    yield site
    assert site.complaints == []
    context.close()


def test_a_double_click_sends_a_form_once(site: Site) -> None:
    site.show("/form", FORM, "once")
    site.page.locator("button").dblclick()
    site.page.wait_for_url("**/saved")
    assert site.posted == ["/saved"]


def test_what_was_typed_comes_back_but_never_a_password(site: Site) -> None:
    site.show("/form", FORM, "drafts")
    site.page.fill("#text", "half a story")
    site.page.fill("#word", "secret")
    site.page.reload()
    expect(site.page.locator("#text")).to_have_value("half a story")
    expect(site.page.locator("#word")).to_have_value("")
    assert "secret" not in site.page.evaluate("JSON.stringify(localStorage)")


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ('<div class="app">Saved</div>', False),
        ('<div data-keep-drafts><div class="app">It broke</div></div>', True),
        ("<main>Sign in, please</main>", True),
        (FORM.replace('id="text"', 'id="text" aria-invalid="true"'), True),
    ],
    ids=["saved", "error page", "sign-in page", "refused"],
)
def test_a_draft_is_forgotten_only_when_it_was_saved(site: Site, answer: str, kept: bool) -> None:
    site.show("/form", FORM, "drafts")
    site.page.fill("#text", "half a story")
    site.pages["/saved"] = site.body(answer, "drafts")
    site.page.locator("button").click()
    site.page.wait_for_url("**/saved")
    site.page.goto(ORIGIN + "/form")
    expect(site.page.locator("#text")).to_have_value("half a story" if kept else "")


def test_a_page_that_is_not_ours_forgets_no_draft(site: Site) -> None:
    site.show("/form", FORM, "drafts")
    site.page.fill("#text", "half a story")
    site.pages["/saved"] = "Bad gateway"
    site.page.locator("button").click()
    site.page.wait_for_url("**/saved")
    site.page.goto(ORIGIN + "/form")
    expect(site.page.locator("#text")).to_have_value("half a story")


def test_a_newer_saved_text_wins_over_a_draft(site: Site) -> None:
    site.show("/form", FORM, "drafts")
    site.page.fill("#text", "old draft")
    site.show("/form", FORM.replace('id="text"', 'id="text" value="saved elsewhere"'), "drafts")
    expect(site.page.locator("#text")).to_have_value("saved elsewhere")


def test_signing_out_forgets_every_draft(site: Site) -> None:
    leave = '<form method="post" action="/out" data-forget-drafts><button id="out">Out</button></form>'
    site.show("/form", FORM + leave, "drafts")
    site.page.fill("#text", "half a story")
    site.page.locator("#out").click()
    site.page.wait_for_url("**/out")
    assert site.page.evaluate("localStorage.length") == 0


def test_all_boxes_of_a_form_are_chosen_and_none_again_and_typed_text_stays(site: Site) -> None:
    boxes = "".join(f'<input type="checkbox" name="order" value="{number}">' for number in range(3))
    other = '<input type="checkbox" name="back" id="back"><textarea id="why"></textarea>'
    links = '<a href="/all" data-choose="order">All</a><a href="/none" data-choose="order" data-choose-none>None</a>'
    site.show("/orders", f"<form>{links}{boxes}{other}</form>", "choose")
    chosen = site.page.locator("[name=order]:checked")
    site.page.locator("#why").fill("Lost at sea")
    site.page.get_by_role("link", name="All").click()
    expect(chosen).to_have_count(3)
    expect(site.page.locator("#back")).not_to_be_checked()
    site.page.get_by_role("link", name="None").click()
    expect(chosen).to_have_count(0)
    expect(site.page.locator("#why")).to_have_value("Lost at sea")
    assert site.page.url == ORIGIN + "/orders"


def test_a_text_is_copied_and_said_so(site: Site) -> None:
    button = '<button data-copy="text" data-copied="Copied" hidden><span>Copy</span></button>'
    site.show("/copy", f'<p id="text">Ad: mine</p>{button}', "copy")
    site.page.locator("button").click()
    expect(site.page.locator("button")).to_have_text("Copied")
    assert site.page.evaluate("navigator.clipboard.readText()") == "Ad: mine"


def test_a_button_prints_the_page_light_whatever_the_screen_shows(site: Site) -> None:
    site.page.add_init_script("window.print = () => { window.printed = true; }")
    sheets = "".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in ("tokens", "utilities"))
    site.show("/print", f'{sheets}<button data-print hidden>Print</button><p class="only-print">Ada</p>', "print")
    site.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect(site.page.locator("p")).to_be_hidden()
    site.page.locator("button").click()
    assert site.page.evaluate("window.printed")
    site.page.emulate_media(media="print")
    expect(site.page.locator("p")).to_be_visible()
    assert site.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    site.page.emulate_media(media="screen")


def test_a_chosen_theme_is_kept(site: Site) -> None:
    switch = '<script src="/static/js/theme.js"></script><button data-theme-choice="dark">Dark</button>'
    site.show("/theme", switch)
    site.page.locator("button").click()
    site.page.reload()
    assert site.page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(site.page.locator("button")).to_have_attribute("aria-pressed", "true")


def test_a_toast_leaves_by_itself_but_not_under_the_focus(site: Site) -> None:
    site.page.clock.install()
    toasts = '<div data-toasts role="status"><div class="toast">Saved <button>Undo</button></div></div>'
    site.show("/toast", toasts, "toasts")
    site.page.clock.run_for(200)
    site.page.locator(".toast button").focus()
    site.page.clock.run_for(20_000)
    expect(site.page.locator(".toast")).to_be_visible()
    site.page.evaluate("document.activeElement.blur()")
    site.page.clock.run_for(8_100)
    expect(site.page.locator(".toast")).to_have_count(0)


def test_the_time_left_counts_down_in_whole_minutes(site: Site) -> None:
    site.page.clock.install(time="2026-10-14T08:00:00Z")
    site.show("/time", '<time datetime="2026-10-14T10:05:30Z" data-until>2 hrs 5 mins</time>', "countdown")
    site.page.clock.run_for(60_000)
    expect(site.page.locator("time")).to_have_text("2 hrs 4 mins")


CONSOLE = """
<ol data-list><li><a href="#one" aria-current="true">One</a></li><li><a href="#two">Two</a></li></ol>
<form method="post" action="/verified"><button data-key="a" type="submit"><span>Verify</span></button></form>
<textarea id="message"></textarea>
<select data-key-digits id="reason"><option>first</option><option>second</option></select>
<label><input type="checkbox" data-keys-switch checked>Keys</label>"""


def test_keys_press_their_buttons(site: Site) -> None:
    site.show("/console", CONSOLE, "keys")
    expect(site.page.locator("[data-key=a]")).to_have_attribute("aria-keyshortcuts", "A")
    site.page.keyboard.press("2")
    expect(site.page.locator("#reason")).to_have_value("second")
    site.page.keyboard.press("j")
    site.page.wait_for_url("**/console#two")
    site.page.keyboard.press("a")
    site.page.wait_for_url("**/verified")
    assert site.posted == ["/verified"]


def test_a_key_that_opens_an_answer_goes_there_and_help_lists_the_reasons(site: Site) -> None:
    answer = '<details><summary data-key="d">Decline</summary><input id="words"></details>'
    listing = (
        '<button type="button" data-open="keys-help">All keys</button><dl data-keys-list data-digits="Reason"></dl>'
    )
    site.show("/answer", CONSOLE + answer + listing, "keys")
    site.page.keyboard.press("d")
    expect(site.page.locator("summary")).to_be_focused()
    site.page.keyboard.press("1")
    expect(site.page.locator("#reason")).to_have_value("first")
    site.page.keyboard.press("Tab")
    expect(site.page.locator("#words")).to_be_focused()
    site.page.get_by_role("button", name="All keys").click()
    expect(site.page.locator("dt", has_text="Reason")).to_have_count(1)


def test_keys_rest_while_typing_and_can_be_switched_off(site: Site) -> None:
    site.show("/console", CONSOLE, "keys")
    site.page.locator("#message").press_sequentially("a j a")
    expect(site.page.locator("#message")).to_have_value("a j a")
    site.page.locator("[data-keys-switch]").uncheck()
    site.page.keyboard.press("a")
    site.page.locator("body").press("a")
    assert site.page.locator("[data-key=a]").get_attribute("aria-keyshortcuts") is None
    assert site.posted == []
    assert site.page.url == ORIGIN + "/console"
