"""A real SMTP server in a thread: it keeps what it accepts and refuses what it is told to."""

import email
import email.policy
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Literal, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.servers.process import HOST, free_port, wait_until

Step = Literal["RCPT", "DATA"]


@dataclass(frozen=True)
class Letter:
    """One accepted message with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    def text(self) -> str:
        """The plain-text part."""
        return self._part("plain")

    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"no text/{kind} part in {self.message['Subject']!r}"
        return cast("str", part.get_content())


class SmtpServer:
    """`login=(user, password)` makes it demand exactly these; without it anybody may send."""

    def __init__(self, *, login: tuple[str, str] | None = None) -> None:
        self.login = login
        self.port = free_port()
        self.messages: list[Letter] = []
        self._answers: dict[Step, deque[str]] = {"RCPT": deque(), "DATA": deque()}
        self._controller = Controller(
            self, hostname=HOST, port=self.port, auth_require_tls=False, authenticator=self._authenticate
        )

    @property
    def url(self) -> str:
        who = f"{self.login[0]}:{self.login[1]}@" if self.login else ""
        return f"smtp://{who}{HOST}:{self.port}"

    def start(self) -> "SmtpServer":
        self._controller.start()
        return self

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    def answer_next(self, reply: str, *, to: Step = "DATA") -> None:
        """Refuse the next message, or its next recipient, with a `reply` such as "451 try later"."""
        self._answers[to].append(reply)

    def clear(self) -> None:
        """Forget the messages and the answers that were ordered."""
        self.messages.clear()
        for answers in self._answers.values():
            answers.clear()

    def wait_for(self, count: int, *, deadline_seconds: float = 60) -> list[Letter]:
        """The messages, once there are `count`. Raises TimeoutError."""
        wait_until(lambda: len(self.messages) >= count, what=f"{count} messages", deadline_seconds=deadline_seconds)
        return self.messages

    def _authenticate(self, *asked: Any) -> AuthResult:
        data = asked[-1]  # after server, session, envelope and mechanism
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login.decode(), data.password.decode()) == self.login, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """aiosmtpd's hook for the sender."""
        if self.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """aiosmtpd's hook for one recipient."""
        if self._answers["RCPT"]:
            return self._answers["RCPT"].popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """aiosmtpd's hook for a whole message."""
        if self._answers["DATA"]:
            return self._answers["DATA"].popleft()
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(Letter(envelope.mail_from, tuple(envelope.rcpt_tos), message))
        return "250 OK"
