"""A reader for the mail that the portal would have sent: the `.eml` files of one folder, at `/mail`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import nh3
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from portal.sandbox.browser import widen_csp
from portal.sandbox.clock import stamp
from portal.sandbox.perch.text import links_in
from portal.sandbox.settings import Settings

reader = Blueprint("mail", __name__, url_prefix="/mail")

_FILES_MAX = 500
_UNSUBSCRIBE_SECONDS = 5
_STYLES = {
    "background", "background-color", "border", "border-collapse", "border-radius", "color", "display",
    "font", "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height",
    "margin", "max-width", "padding", "text-align", "text-decoration", "vertical-align", "width",
}  # fmt: skip
_STYLED = (
    "a", "p", "div", "span", "table", "tbody", "tr", "td", "th", "h1", "h2", "h3", "ul", "ol",
    "li", "img", "strong", "em",
)  # fmt: skip


@dataclass(frozen=True)
class Letter:
    """One file, read. `unsubscribe` holds the web addresses of List-Unsubscribe; `one_click` is RFC 8058's."""

    name: str
    received_at: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str | None
    attachments: tuple[str, ...]
    unsubscribe: tuple[str, ...]
    one_click: bool


def settings() -> Settings:
    given: Settings = current_app.extensions["sandbox_settings"]
    return given


def _files() -> list[Path]:
    """Newest first."""
    folder = settings().mail_dir
    if folder is None or not folder.is_dir():
        return []
    dated: list[tuple[float, str, Path]] = []
    for path in folder.glob("*.eml"):
        try:
            dated.append((path.stat().st_mtime, path.name, path))
        except FileNotFoundError:
            continue  # the portal tidied it away while we looked
    return [path for _, _, path in sorted(dated, reverse=True)[:_FILES_MAX]]


def _read(path: Path) -> Letter:
    """The letter in a file; of a damaged one, at least its bytes."""
    data = path.read_bytes()
    received_at = stamp(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    try:
        return _parsed(path.name, data, received_at=received_at)
    except Exception:  # the standard library's parser has many: IndexError, AttributeError, UnboundLocalError, …
        return Letter(
            name=path.name,
            received_at=received_at,
            sender="",
            recipients=(),
            subject="(damaged message)",
            text=data.decode("utf-8", "replace"),
            html=None,
            attachments=(),
            unsubscribe=(),
            one_click=False,
        )


def _parsed(name: str, data: bytes, *, received_at: str) -> Letter:
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(data)
    unsubscribe = re.findall(r"<\s*(https?://[^>\s]+)\s*>", str(message.get("List-Unsubscribe", "")))
    return Letter(
        name=name,
        received_at=received_at,
        sender=str(message.get("From", "")),
        recipients=tuple(address for _, address in getaddresses([str(v) for v in message.get_all("To", [])])),
        subject=str(message.get("Subject", "")) or "(no subject)",
        text=_part(message, "plain") or "",
        html=_part(message, "html"),
        attachments=tuple(part.get_filename() or part.get_content_type() for part in message.iter_attachments()),
        unsubscribe=tuple(unsubscribe),
        one_click="one-click" in str(message.get("List-Unsubscribe-Post", "")).lower(),
    )


def _part(message: EmailMessage, kind: str) -> str | None:
    body = message.get_body(preferencelist=(kind,))
    if body is None:
        return None
    try:
        return str(body.get_content())
    except (LookupError, UnicodeDecodeError):  # a charset that nobody knows
        return body.get_payload(decode=True).decode("utf-8", "replace")  # type: ignore[union-attr]


def _letter(name: str) -> Letter:
    """Only names that the folder's own listing has: none leads elsewhere."""
    found = next((path for path in _files() if path.name == name), None)
    if found is None:
        abort(404, "There is no such message. Perhaps it was tidied away.")
    return _read(found)


@reader.get("")
def inbox() -> str:
    letters = [_read(path) for path in _files()]
    everybody = sorted({recipient for letter in letters for recipient in letter.recipients})
    wanted = request.args.get("to", "").strip()
    shown = [letter for letter in letters if not wanted or wanted in letter.recipients]
    return render_template(
        "mail/inbox.html",
        letters=shown,
        everybody=everybody,
        wanted=wanted,
        configured=settings().mail_dir is not None,
    )


@reader.get("/<name>")
def letter(name: str) -> str:
    widen_csp("frame-src", "'self'")
    found = _letter(name)
    return render_template("mail/letter.html", letter=found, links=list(dict.fromkeys(links_in(found.text))))


@reader.get("/<name>/html")
def html_part(name: str) -> Response:
    """For the frame: cleaned, and in a sandbox even when opened by itself. Links open outside."""
    found = _letter(name)
    if found.html is None:
        abort(404, "This message has no HTML part.")
    allowed = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    for tag in _STYLED:
        allowed.setdefault(tag, set()).add("style")
    cleaned = nh3.clean(
        found.html,
        attributes=allowed,
        filter_style_properties=_STYLES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "data"},
    )
    answer = make_response(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Message</title>'
        '<body style="margin: 16px; background: white; color: #222; font: 16px/1.5 system-ui, sans-serif">'
        f"{cleaned}"
    )
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data: {settings().portal_url};"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'self';"
        " sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return answer


@reader.post("/<name>/unsubscribe")
def unsubscribe(name: str) -> AnyResponse:
    """What a mail provider does for a reader who unsubscribes: RFC 8058 section 3.2, to the portal only."""
    found = _letter(name)
    addresses = [url for url in found.unsubscribe if _is_the_portals(url)]
    if not found.one_click or not addresses:
        abort(400, "This message offers no one-click unsubscribe.")
    try:
        with httpx.Client(trust_env=False, timeout=_UNSUBSCRIBE_SECONDS) as client:
            answer = client.post(addresses[0], data={"List-Unsubscribe": "One-Click"})
    except httpx.HTTPError:
        flash("Not unsubscribed: the portal does not answer. Try again when it runs.")
    else:
        done = "Unsubscribed" if answer.is_success else "Not unsubscribed"
        flash(f"{done}: the portal answered {answer.status_code}.")
    return redirect(url_for(".letter", name=name), 303)


def _is_the_portals(url: str) -> bool:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" == settings().portal_url
