"""Perch for programs: what its JSON and oEmbed say of a post in each of its states."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from tests.sandbox.running import RunningSandbox


def a_picture(size: tuple[int, int] = (40, 30)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


def test_a_post_says_who_wrote_what_when(sandbox: RunningSandbox) -> None:
    text = "Ad: mended at https://hollinfell.example/l/abc123. #trailmates"
    made = sandbox.seed_post(text, created_at="2026-10-14T09:12:00.250Z")
    post = sandbox.get(f"/api/v1/posts/{made['id']}").json()
    assert post == {
        "id": made["id"],
        "url": f"{sandbox.url}/@mayaonfoot/{made['id']}",
        "short_url": made["short_url"],
        "author": {
            "id": "a-maya",
            "handle": "mayaonfoot",
            "display_name": "Maya Okafor",
            "followers": 1840,
            "created_at": "2023-04-11T08:30:00.000Z",
        },
        "relation": "original",
        "about": None,
        "language": None,
        "paid_partnership": False,
        "counts": {"likes": 0, "replies": 0, "reposts": 0, "quotes": 0, "views": 0},
        "text": text,
        "links": ["https://hollinfell.example/l/abc123"],
        "media": [],
        "visibility": "public",
        "created_at": "2026-10-14T09:12:00.250Z",
        "edited_at": None,
    }


def test_an_id_carries_its_time_and_ids_sort_by_it(sandbox: RunningSandbox) -> None:
    moments = ["2026-10-14T09:12:00.250Z", "2021-01-01T00:00:00Z", "2026-10-14T09:12:00.251Z"]
    ids = [int(sandbox.seed_post(moment, created_at=moment)["id"]) for moment in moments]
    assert (ids[0] >> 22) + 1_600_000_000_000 == datetime(2026, 10, 14, 9, 12, 0, 250_000, UTC).timestamp() * 1000
    assert ids[1] < ids[0] < ids[2]


def test_an_account_keeps_its_id_when_its_handle_changes(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("Before")
    before = sandbox.get("/api/v1/accounts/mayaonfoot").json()
    maya = sandbox.visitor().sign_in_to_perch("mayaonfoot")
    maya.open("/perch/profile")
    maya.send("/perch/profile", handle="mayawalks", display_name="Maya Okafor", bio="code: tm-4711")

    after = sandbox.get("/api/v1/accounts/MayaWalks").json()
    assert after["id"] == before["id"]
    assert (after["handle"], after["bio"], after["followers"]) == ("mayawalks", "code: tm-4711", 1840)
    assert sandbox.get("/api/v1/accounts/mayaonfoot").status_code == 404
    assert sandbox.get(f"/api/v1/posts/{made['id']}").json()["author"]["handle"] == "mayawalks"
    old_address = sandbox.get(f"/@mayaonfoot/{made['id']}")
    assert (old_address.status_code, old_address.headers["Location"]) == (301, f"/@mayawalks/{made['id']}")


def test_a_private_post_needs_a_login_and_shows_nothing(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("For my eyes only", private=True)
    for path, status in [
        (f"/api/v1/posts/{made['id']}", 403),
        (f"/oembed?url={made['url']}", 401),
        (f"/@mayaonfoot/{made['id']}", 403),
        ("/@mayaonfoot", 200),
        ("/perch", 200),
    ]:
        answer = sandbox.get(path)
        assert answer.status_code == status, path
        assert "my eyes" not in answer.text, path
    assert sandbox.get(f"/api/v1/posts/{made['id']}").json() == {"error": "private"}


def test_a_deleted_post_is_gone_with_its_words_and_picture(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("Regretted", deleted=True)
    answer = sandbox.get(f"/api/v1/posts/{made['id']}")
    assert (answer.status_code, answer.json()) == (410, {"error": "gone"})
    assert sandbox.get(f"/@mayaonfoot/{made['id']}").status_code == 404
    assert sandbox.get(f"/oembed?url={made['url']}").status_code == 404
    assert "Regretted" not in sandbox.get("/@mayaonfoot").text


@pytest.mark.parametrize("path", ["/api/v1/posts/1", f"/api/v1/posts/{10**30}", "/api/v1/accounts/nobody"])
def test_what_never_was_is_not_found(sandbox: RunningSandbox, path: str) -> None:
    answer = sandbox.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})


def test_oembed_knows_every_spelling_of_a_post(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("<b>Bold</b> & true")
    spellings = [
        made["url"],
        made["short_url"],
        f"{sandbox.url}/m/@mayaonfoot/{made['id']}",
        f"{made['url']}?utm_source=x",
        f"{made['url']}/",
    ]
    for spelling in spellings:
        answer = sandbox.get("/oembed", params={"url": spelling, "format": "json"})
        assert answer.status_code == 200, spelling
        told = answer.json()
        assert told["author_url"] == f"{sandbox.url}/@mayaonfoot"
        assert (told["author_name"], told["title"], told["provider_name"]) == (
            "Maya Okafor",
            "<b>Bold</b> & true",
            "Perch",
        )
        assert "<b>" not in told["html"]
        assert "&lt;b&gt;" in told["html"]


@pytest.mark.parametrize("address", ["", "https://example.org/@mayaonfoot/1", "not an address", "http://[", "/@x"])
def test_oembed_says_404_of_what_is_no_post(sandbox: RunningSandbox, address: str) -> None:
    assert sandbox.get("/oembed", params={"url": address}).status_code == 404


def test_oembed_offers_json_only(sandbox: RunningSandbox) -> None:
    assert sandbox.get("/oembed", params={"url": "x", "format": "xml"}).status_code == 501


def test_a_short_link_leads_to_its_post(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("Short")
    answer = sandbox.get(made["short_url"])
    assert (answer.status_code, answer.headers["Location"]) == (302, made["url"])
    assert sandbox.get("/p/abcdefg").status_code == 404


def test_a_picture_is_made_anew(sandbox: RunningSandbox) -> None:
    maya = sandbox.visitor().sign_in_to_perch("mayaonfoot")
    maya.open("/compose")
    photo = BytesIO()
    image = Image.new("RGB", (60, 20), "olive")
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Canary camera"
    image.save(photo, "JPEG", exif=exif)
    answer = maya.send(
        "/compose",
        text="With a picture",
        alt="An olive rectangle",
        visibility="public",
        files={"picture": ("../../x.html", photo.getvalue(), "text/html")},
    )
    (media,) = sandbox.get(f"/api/v1/posts/{answer.headers['Location'].rpartition('/')[2]}").json()["media"]
    assert (media["alt"], media["width"], media["height"]) == ("An olive rectangle", 20, 60)
    kept = sandbox.get(media["url"])
    assert kept.headers["Content-Type"] == "image/jpeg"
    assert b"Canary" not in kept.content
    assert Image.open(BytesIO(kept.content)).size == (20, 60)


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff broken", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused_and_the_words_are_kept(sandbox: RunningSandbox, data: bytes) -> None:
    maya = sandbox.visitor().sign_in_to_perch("mayaonfoot")
    maya.open("/compose")
    answer = maya.send(
        "/compose", text="Words to keep", visibility="public", files={"picture": ("x.jpg", data, "image/jpeg")}
    )
    assert answer.status_code == 422
    assert "Words to keep" in answer.text
    assert "Words to keep" not in sandbox.get("/@mayaonfoot").text


def test_an_accounts_public_posts_are_listed_by_page(sandbox: RunningSandbox) -> None:
    for minute in range(42):
        sandbox.seed_post(f"Post {minute}", created_at=f"2026-10-14T09:{minute:02}:00Z")
    first = sandbox.get("/api/v1/accounts/mayaonfoot/posts").json()
    assert first["account_id"] == "a-maya"
    assert len(first["posts"]) == 40
    times = [post["created_at"] for post in first["posts"]]
    assert times == sorted(times, reverse=True)
    second = sandbox.get(f"/api/v1/accounts/mayaonfoot/posts?before={first['next']}").json()
    assert not {post["id"] for post in first["posts"]} & {post["id"] for post in second["posts"]}
    assert {post["visibility"] for post in first["posts"] + second["posts"]} == {"public"}
    assert sandbox.get("/api/v1/accounts/nobody/posts").status_code == 404
