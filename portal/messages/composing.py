"""From a notification to an e-mail: plain text and HTML, in the person's language and time zone, with a way out.

No secret is ever in a mail: not a reward's code, nothing that signs anybody in. The unsubscribe address can only
stop mail.
"""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from typing import Any

from flask import Flask, render_template, url_for
from flask_login import login_user

from portal.accounts.models import Person
from portal.messages.choosing import token_for
from portal.messages.models import Notification, OutgoingMail
from portal.messages.wording import wording_of

NAME_LENGTH_MAX = 80
SUBJECT_LENGTH_MAX = 150


class OneWord(BaseHeader):
    """A header that is one word, like an address, on one line however long it is.

    Python would encode what is longer than a line of mail, and no program that offers to stop mail decodes an address
    (RFC 2047 section 5 allows no encoded word there). Such a line may have 998 signs (RFC 5322 section 2.1.1).
    """

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        UniqueUnstructuredHeader.parse(value, kwds)

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", OneWord)
_POLICY = SMTP.clone(header_factory=_HEADERS)


class BadAddress(Exception):
    """The person's e-mail address can't stand in a header."""


def compose(app: Flask, mail: OutgoingMail, notification: Notification, person: Person) -> EmailMessage:
    """The message; the same row gives the same message. Raises BadAddress."""
    settings = app.config["SETTINGS"]
    sender_name, sender_address = parseaddr(settings.mail_from)
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.send_after)
    message["From"] = _address(sender_name, sender_address)
    message["To"] = _address(person.display_name, person.email or "")
    # A request as this person would make it, so that language and time zone are theirs; in a context of its own, since
    # both are remembered there and must not reach the next person's mail.
    with app.app_context(), app.test_request_context(base_url=settings.public_url):
        login_user(person, force=True)
        wording = wording_of(mail.topic, notification.details)
        unsubscribe_url = settings.public_url + url_for("messages.unsubscribe", token=token_for(person.id, mail.topic))
        subject = header_text(wording.title, SUBJECT_LENGTH_MAX)
        values = {
            "subject": subject,
            "paragraphs": wording.paragraphs,
            "action_url": settings.public_url + wording.url,
            "action_label": wording.action,
            "unsubscribe_url": unsubscribe_url,
        }
        text, html = render_template("email/message.txt", **values), render_template("email/message.html", **values)
    message["Subject"] = subject
    message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(_storable(text).strip() + "\n")
    message.add_alternative(_storable(html), subtype="html")
    return message


def header_text(text: str, length_max: int) -> str:
    """`text` on one line, without anything that could end a header or reorder it on the screen."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in _storable(text))
    line = " ".join("".join(c for c in kept if unicodedata.category(c) != "Cf").split())
    return line if len(line) <= length_max else line[: length_max - 1].rstrip() + "…"


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=header_text(name, NAME_LENGTH_MAX), addr_spec=address)
    except (ValueError, IndexError, AttributeError) as error:  # the parser of addresses raises any of these
        raise BadAddress(address) from error
    except Exception as error:  # HeaderParseError is no ValueError in every version
        raise BadAddress(address) from error
