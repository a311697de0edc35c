"""The mail reader shows what lies in the folder, and nothing that a message brings along comes alive."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.sandbox.running import RunningSandbox

UNSUBSCRIBE = "http://127.0.0.1:9/unsubscribe/abc"


def a_letter(
    folder: Path, name: str, *, to: str = "maya.okafor@example.org", age_seconds: int = 0, **changes: str
) -> None:
    message = EmailMessage()
    message["From"] = "Trailmates <hello@hollinfell.example>"
    message["To"] = to
    message["Subject"] = changes.get("subject", "Verified: 120 points ✓")
    message["List-Unsubscribe"] = f"<{UNSUBSCRIBE}>, <mailto:stop@hollinfell.example>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(changes.get("text", "Your share was verified: http://127.0.0.1:9/shares/1"))
    if "html" in changes:
        message.add_alternative(changes["html"], subtype="html")
    path = folder / name
    path.write_bytes(message.as_bytes())
    stat = path.stat()
    os.utime(path, (stat.st_atime, stat.st_mtime - age_seconds))


def test_letters_are_listed_newest_first_and_by_recipient(sandbox: RunningSandbox, mail_dir: Path) -> None:
    a_letter(mail_dir, "b.eml", subject="Older", age_seconds=60)
    a_letter(mail_dir, "a.eml", subject="Newer", to="Nils <nils@example.org>")
    page = sandbox.get("/mail").text
    assert page.index("Newer") < page.index("Older")
    only_nils = sandbox.get("/mail?to=nils@example.org").text
    assert "Newer" in only_nils
    assert "Older" not in only_nils


def test_a_letter_shows_text_links_and_how_to_unsubscribe(sandbox: RunningSandbox, mail_dir: Path) -> None:
    a_letter(mail_dir, "a.eml", html="<p>Hello <a href='http://127.0.0.1:9/x'>there</a></p>")
    page = sandbox.get("/mail/a.eml").text
    assert "Verified: 120 points ✓" in page
    assert 'href="http://127.0.0.1:9/shares/1"' in page
    assert f'href="{UNSUBSCRIBE}"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_the_html_part_is_cleaned_and_boxed_in(sandbox: RunningSandbox, mail_dir: Path) -> None:
    hostile = (
        "<p style='color: red; position: fixed'>Words</p><script>alert(1)</script><img src=x onerror=alert(1)>"
        "<form action='https://evil.example'><input></form><a href='javascript:alert(1)'>x</a>"
        "<meta http-equiv=refresh content='0;url=https://evil.example'><iframe src='https://evil.example'></iframe>"
    )
    a_letter(mail_dir, "a.eml", html=hostile)
    answer = sandbox.get("/mail/a.eml/html")
    for gone in (
        "alert(1)</script",
        "onerror",
        "<form",
        "javascript:",
        "refresh",
        "<iframe",
        "position",
        "evil.example",
    ):
        assert gone not in answer.text, gone
    assert "Words" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize("name", ["..%2Fsandbox%2Fsession.key", "secret.txt", "%2e%2e/sandbox/session.key", "none.eml"])
def test_only_letters_of_the_folder_are_read(sandbox: RunningSandbox, mail_dir: Path, name: str) -> None:
    (mail_dir / "secret.txt").write_text("canary")
    answer = sandbox.get(f"/mail/{name}")
    assert answer.status_code == 404
    assert "canary" not in answer.text


def test_a_damaged_letter_does_not_hide_the_others(sandbox: RunningSandbox, mail_dir: Path) -> None:
    (mail_dir / "broken.eml").write_bytes(
        b"Content-Type: text/html; charset=no-such\nSubject: =?x?q?\n\n\xff\x00<p>odd"
    )
    (mail_dir / "empty.eml").write_bytes(b"")
    (mail_dir / "unparsable.eml").write_bytes(b'To: "a\nFrom: (\nSubject: =?utf-8?q?\n\nStill readable')
    a_letter(mail_dir, "a.eml")
    assert "Verified: 120 points" in sandbox.get("/mail").text
    assert sandbox.get("/mail/broken.eml").status_code == 200
    assert sandbox.get("/mail/empty.eml").status_code == 200
    assert "Still readable" in sandbox.get("/mail/unparsable.eml").text


def test_one_click_unsubscribe_says_when_the_portal_does_not_answer(sandbox: RunningSandbox, mail_dir: Path) -> None:
    a_letter(mail_dir, "a.eml")
    visitor = sandbox.visitor()
    visitor.open("/mail/a.eml")
    page = visitor.follow(visitor.send("/mail/a.eml/unsubscribe"))
    assert "the portal does not answer" in page.text


def test_without_mail_the_page_says_what_will_be_there(sandbox: RunningSandbox) -> None:
    assert "No mail yet" in sandbox.get("/mail").text
