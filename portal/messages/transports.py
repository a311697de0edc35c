"""How an e-mail leaves: into a folder, or over SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from config import ConfigurationError, Settings

TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Unreachable(Exception):
    """The server is away, or doesn't let us in. Nothing is wrong with the mail: it waits for as long as that lasts."""


class TryLater(Exception):
    """The server took the mail's details and asked to come back (4xx)."""


class Refused(Exception):
    """The server will never take this mail (5xx), or it can't be written down as one."""


class Transport(Protocol):
    def send(self, message: EmailMessage, *, name: str) -> None:
        """Hand the message over. `name` is the same each time that it is tried.

        Raises Unreachable, TryLater, Refused.
        """


@dataclass(frozen=True)
class Folder:
    """Files that the sandbox shows. Tried again, a mail lands in the same file."""

    path: Path

    def send(self, message: EmailMessage, *, name: str) -> None:
        """Raises Unreachable when the disk doesn't take it."""
        unfinished = self.path / f".{name}.part"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(message.as_bytes())
            unfinished.replace(self.path / f"{name}.eml")
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise Unreachable(str(error)) from error


@dataclass(frozen=True)
class Smtp:
    """A mail server. Falling over between its yes and our note of it sends a mail twice, under one Message-ID."""

    host: str
    port: int
    tls: str
    """"" for none, "starttls" or "implicit"."""
    user: str = ""
    password: str = ""

    def send(self, message: EmailMessage, *, name: str) -> None:
        """Raises Unreachable, TryLater, Refused."""
        try:
            with self._connect() as server:
                try:
                    server.send_message(message)
                except smtplib.SMTPRecipientsRefused as refusal:
                    code, reason = next(iter(refusal.recipients.values()))
                    raise _answered(code, reason) from refusal
                except smtplib.SMTPDataError as refusal:
                    raise _answered(refusal.smtp_code, refusal.smtp_error) from refusal
                except (smtplib.SMTPNotSupportedError, UnicodeError) as refusal:
                    raise Refused(str(refusal)) from refusal  # an address that this server can't spell
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _answered(code: int, reason: bytes | str) -> Exception:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return (Refused if code >= 500 else TryLater)(f"{code} {words}")


def transport_for(settings: Settings) -> Transport:
    """What PORTAL_MAIL_URL names; the outbox folder where it is empty. Raises ConfigurationError."""
    if not settings.mail_url:
        return Folder(settings.outbox_folder)
    url = urlsplit(settings.mail_url)
    starttls = parse_qs(url.query).get("starttls", ["0"])[-1] not in ("0", "")
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in ("smtp", "smtps") or not url.hostname or port == -1:
        raise ConfigurationError(
            "PORTAL_MAIL_URL is wrong: it must look like smtp://user:password@host:587?starttls=1."
        )
    tls = "implicit" if url.scheme == "smtps" else "starttls" if starttls else ""
    usual = PORTS["smtp+starttls" if tls == "starttls" else url.scheme]
    return Smtp(url.hostname, port or usual, tls, unquote(url.username or ""), unquote(url.password or ""))
