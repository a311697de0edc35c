"""Perch in a browser: what everybody sees, and what its author does by hand."""

from __future__ import annotations

import html
import re

import pytest

from tests.sandbox.running import RunningSandbox, Visitor


@pytest.fixture
def maya(sandbox: RunningSandbox) -> Visitor:
    return sandbox.visitor().sign_in_to_perch("mayaonfoot")


def write(author: Visitor, text: str, visibility: str = "public") -> str:
    """Post by hand; returns the post's path."""
    author.open("/compose")
    answer = author.send("/compose", text=text, visibility=visibility)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def meta(page: str, name: str) -> str | None:
    found = re.search(rf'<meta property="{name}" content="([^"]*)"', page)
    return html.unescape(found[1]) if found else None


def test_a_post_is_written_edited_hidden_shown_and_deleted_by_hand(sandbox: RunningSandbox, maya: Visitor) -> None:
    path = write(maya, "First words")
    post_id = path.rpartition("/")[2]
    api, form = f"/api/v1/posts/{post_id}", f"/perch/posts/{post_id}"

    maya.open(f"{form}/edit")
    maya.send(f"{form}/edit", text="Second words")
    post = sandbox.get(api).json()
    assert post["text"] == "Second words"
    assert post["edited_at"] >= post["created_at"]

    maya.open(path)
    maya.send(f"{form}/visibility", visibility="private")
    assert sandbox.get(path).status_code == 403
    assert "Second words" in maya.open(path).text
    maya.send(f"{form}/visibility", visibility="public")
    assert sandbox.get(path).status_code == 200

    maya.open(f"{form}/delete")
    maya.send(f"{form}/delete")
    assert sandbox.get(path).status_code == 404
    assert sandbox.get(api).status_code == 410


def test_nobody_changes_what_somebody_else_wrote(sandbox: RunningSandbox, maya: Visitor) -> None:
    path = write(maya, "Mine alone")
    post_id = path.rpartition("/")[2]
    nils = sandbox.visitor().sign_in_to_perch("nilsontrails")
    nils.open("/compose")
    for action in ("edit", "visibility", "delete"):
        answer = nils.send(f"/perch/posts/{post_id}/{action}", text="Not yours", visibility="private")
        assert answer.status_code == 404
        nils.open("/compose")
    assert sandbox.get(f"/api/v1/posts/{post_id}").json()["text"] == "Mine alone"


def test_the_composer_is_filled_by_its_address_also_after_signing_in(sandbox: RunningSandbox) -> None:
    stranger = sandbox.visitor()
    text, url = "Ad: a day & a darn", "http://127.0.0.1:8000/l/abc?x=1&y=2"
    stranger.session.params = {}
    answer = stranger.session.get(f"{sandbox.url}/compose", params={"text": text, "url": url}, allow_redirects=False)
    page = stranger.follow(answer)
    back = html.unescape(re.search(r'name="next" value="([^"]+)"', page.text)[1])  # type: ignore[index]
    stranger.follow(stranger.send("/perch/sign-in", handle="mayaonfoot", next=back))
    written = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", stranger.page, re.DOTALL)
    assert written
    assert html.unescape(written[1]) == f"{text}\n\n{url}"
    assert sandbox.get("/api/v1/accounts/mayaonfoot").ok
    assert "a darn" not in sandbox.get("/@mayaonfoot").text, "filling the form publishes nothing"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_signing_in_never_leads_to_another_site(sandbox: RunningSandbox, elsewhere: str) -> None:
    visitor = sandbox.visitor()
    visitor.open("/perch/sign-in")
    answer = visitor.send("/perch/sign-in", handle="mayaonfoot", next=elsewhere)
    assert answer.headers["Location"] == "/perch"


def test_a_post_describes_itself_to_programs(sandbox: RunningSandbox) -> None:
    text = 'A "quoted" day\nand a second line ' + "with many words " * 40 + "until its #end"
    made = sandbox.seed_post(text, edited_at="2026-11-01T10:00:00Z", created_at="2026-10-14T09:12:00Z")
    page = sandbox.get(made["url"]).text
    assert meta(page, "og:title") == "Maya Okafor (@mayaonfoot) on Perch"
    assert meta(page, "og:description") == text
    assert meta(page, "og:url") == made["url"]
    assert meta(page, "article:published_time") == "2026-10-14T09:12:00.000Z"
    assert meta(page, "article:modified_time") == "2026-11-01T10:00:00.000Z"
    alternate = re.search(r'type="application/json\+oembed" href="|href="([^"]+)"[^>]*json\+oembed', page)
    link = re.search(r'<link rel="alternate" type="application/json\+oembed" href="([^"]+)"', page)
    assert alternate
    assert link
    assert sandbox.get(html.unescape(link[1])).json()["title"] == text


def test_the_mobile_spelling_shows_the_same_post(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("On the phone")
    answer = sandbox.get(f"/m/@mayaonfoot/{made['id']}")
    assert answer.status_code == 200
    assert f'<link rel="canonical" href="{made["url"]}">' in answer.text


def test_a_profile_shows_bio_and_followers(sandbox: RunningSandbox) -> None:
    sandbox.seed(accounts=[{"key": "k", "handle": "canary", "bio": "Code tm-0815 <i>", "followers": 12345}])
    page = sandbox.get("/@canary").text
    assert "Code tm-0815 &lt;i&gt;" in page
    assert "12,345" in page
    assert sandbox.get("/@nobody").status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        'https://example.org/"onmouseover=alert(1)',
        "javascript:alert(1)",
        "@<img src=x onerror=alert(1)>",
        "#<svg onload=alert(1)>",
    ],
)
def test_words_stay_words(sandbox: RunningSandbox, text: str) -> None:
    page = sandbox.get(sandbox.seed_post(text)["url"]).text
    body = page.partition('<div class="e-content"')[2].partition("</div>")[0]
    assert set(re.findall(r"<(\w+)", body)) <= {"a", "span"}
    assert all(link.startswith(("http", "/@")) for link in re.findall(r'href="([^"]*)"', body))
    assert "onmouseover" not in " ".join(re.findall(r"<[^>]*>", body))


@pytest.mark.parametrize(
    "text", ["Ünïcödé 🧵🪡 \u202eabc", "مرحبا بكم في الجبل", "x" * 10_000, "line\nbreak\n\nand more"]
)
def test_odd_words_come_back_unchanged(sandbox: RunningSandbox, maya: Visitor, text: str) -> None:
    post_id = write(maya, text).rpartition("/")[2]
    assert sandbox.get(f"/api/v1/posts/{post_id}").json()["text"] == text


def test_control_characters_and_carriage_returns_are_dropped(sandbox: RunningSandbox, maya: Visitor) -> None:
    post_id = write(maya, "a\x00b\r\nc\x1b").rpartition("/")[2]
    assert sandbox.get(f"/api/v1/posts/{post_id}").json()["text"] == "ab\nc"


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
def test_too_little_and_too_much_is_refused(sandbox: RunningSandbox, maya: Visitor, text: str) -> None:
    maya.open("/compose")
    assert maya.send("/compose", text=text, visibility="public").status_code == 422


def test_a_handle_belongs_to_one_account(sandbox: RunningSandbox) -> None:
    visitor = sandbox.visitor()
    visitor.open("/perch/sign-in")
    taken = visitor.send("/perch/accounts", handle="MAYAONFOOT", display_name="Not Maya")
    assert taken.status_code == 422
    assert "Not Maya" in taken.text
    visitor.open("/perch/sign-in")
    assert visitor.send("/perch/accounts", handle="@brandnew", display_name="Brand New").status_code == 303
    assert sandbox.get("/api/v1/accounts/brandnew").json()["display_name"] == "Brand New"


def test_a_timeline_has_pages(sandbox: RunningSandbox) -> None:
    posts = [
        {"key": str(n), "account": "mayaonfoot", "text": f"Day {n:02}", "created_at": f"2026-10-{n:02}T10:00:00Z"}
        for n in range(1, 26)
    ]
    sandbox.seed(posts=posts)
    first = sandbox.get("/@mayaonfoot").text
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    second = sandbox.get(f"/@mayaonfoot{older[1]}").text
    shown = re.findall(r"Day \d\d", first) + re.findall(r"Day \d\d", second)
    assert shown == [f"Day {n:02}" for n in range(25, 0, -1)]
    assert "?before=" not in second


def test_a_form_from_another_site_is_refused(sandbox: RunningSandbox, maya: Visitor) -> None:
    maya.open("/compose")
    sent = {"text": "Forged", "visibility": "public"}
    without = maya.session.post(f"{sandbox.url}/compose", data=sent)
    assert without.status_code == 400
    token = re.search(r'name="form_token" value="([^"]+)"', maya.page)
    assert token
    foreign = maya.session.post(
        f"{sandbox.url}/compose", data={**sent, "form_token": token[1]}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 400
    assert "Forged" not in sandbox.get("/@mayaonfoot").text


def test_every_answer_is_armoured(sandbox: RunningSandbox) -> None:
    for path in ("/", "/perch", "/@mayaonfoot", "/@nobody", "/switches", "/mail", "/oidc/account"):
        headers = sandbox.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff", path


def test_a_foreign_host_name_gets_nothing(sandbox: RunningSandbox) -> None:
    assert sandbox.get("/perch", headers={"Host": "rebound.example"}).status_code == 400
