"""Networks replayed: a real server, over real TLS and HTTP, that answers as a network's documentation shows.

A network is tested by its folder here and nothing else (`test_replayed.py` finds it). The folder holds

* `<state>.http` for each state that the network answers in its own way: the exchanges of that state, as

      # Source: where these answers are documented, and what was changed (names, ids).
      GET https://api.social.example/posts/42?fields=text
      Authorization: Bearer operators-key

      HTTP/1.1 200
      Content-Type: application/json

      {"id": "42"}
      ###
      GET https://…

  Lines between the request line and the blank one are headers that the request must carry. A request's query is
  compared without its order; a request's body, which follows the headers after a blank line, as it is. An answer's
  `Content-Length` and `Connection` are added. `{{n*text}}` in a body stands for n times the text.

* `expected.json`: `url`, the post's address; `settings`, what the operator has set (keys, origins); `software`, what
  is known to run where; `states`, for every one of STATES what reading gives then, by one of

      {"post": {…fields as in Post.as_evidence…}, "certainty": {"posted_at": "claimed", …}}
      {"trouble": "gone"}      with `detail` or `retry_after_seconds` where they matter
      {"absent": "why this network has no such state, or why it looks like another one"}

  A state may name a `url` of its own, and `states` may name more states than STATES. DAMAGED are made of
  `success.http` where the folder has no file for them: each exchange with a 2xx answer, beginning with the one
  numbered `damaged_from` (0 where it is not given), is broken in that way. `profile`: what `read_profile` gives for
  `typed`, from `profile.http`.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpcore

from portal.kernel.fetcher import Fetcher, FetchPolicy
from tests.kernel.authority import Authority

STATES = (
    "success", "private", "deleted", "renamed", "age_gate", "login_wall", "consent", "rate_limit", "server_error",
    "slow", "truncated", "wrong_charset", "huge",
)  # fmt: skip
SLOW_SECONDS = 0.5
BODY_BYTES_MAX = 200_000
PUBLIC = "93.184.216.34"
_SEPARATOR = re.compile(r"^###.*\n?", re.M)
_REPEATED = re.compile(r"\{\{(\d+)\*(.*?)\}\}")


@dataclass(frozen=True)
class Exchange:
    """One request, and what is answered."""

    method: str
    url: str
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wanted_headers: dict[str, str] = field(default_factory=dict)
    wanted_body: str = ""
    withheld_bytes: int = 0
    """How much of the body is never sent, though it was announced."""
    slowly: bool = False

    def fits(self, method: str, url: str, headers: dict[str, str], body: str) -> bool:
        carried = {name.lower(): value for name, value in headers.items()}
        return (
            method == self.method
            and _parts(url) == _parts(self.url)
            and all(carried.get(name.lower()) == value for name, value in self.wanted_headers.items())
            and (not self.wanted_body or self.wanted_body == body)
        )


def _parts(url: str) -> tuple[Any, ...]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower(), parts.path or "/", sorted(parse_qsl(parts.query, keep_blank_values=True))


def exchanges_in(file: Path) -> list[Exchange]:
    """All exchanges of an `.http` file. Raises ValueError where it is not written as agreed."""
    found = [_exchange(part, file.name) for part in _SEPARATOR.split(file.read_text()) if part.strip()]
    if not found:
        raise ValueError(f"{file} has no exchange")
    return found


def _exchange(text: str, name: str) -> Exchange:
    request, line, answer = re.split(r"^(HTTP/1\.1 .*)\n", text, maxsplit=1, flags=re.M)
    asked, _, wanted_body = request.strip().partition("\n\n")
    lines = [each for each in asked.splitlines() if not each.startswith("#")]
    method, _, url = lines[0].partition(" ")
    head, _, body = answer.partition("\n\n")
    if not urlsplit(url).netloc:
        raise ValueError(f"{name}: {lines[0]!r} is no request line")
    body = _REPEATED.sub(lambda found: found[2] * int(found[1]), body.strip("\n"))
    return Exchange(
        method, url, int(line.split()[1]), body.encode(), _headers(head.splitlines()), _headers(lines[1:]),
        wanted_body.strip(),
    )  # fmt: skip


def _headers(lines: list[str]) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines if line.strip())}


def _with(exchange: Exchange, **headers: str) -> dict[str, str]:
    """Its headers less those of its content, and these."""
    kept = {name: value for name, value in exchange.headers.items() if not name.lower().startswith("content-")}
    return kept | {name.replace("_", "-"): value for name, value in headers.items()}


def _consent(exchange: Exchange) -> Exchange:
    words = b"<!doctype html><title>Before you continue</title><p>We value your privacy</p><button>Accept</button>"
    return replace(exchange, body=words, headers=_with(exchange, Content_Type="text/html; charset=utf-8"))


def _login_wall(exchange: Exchange) -> Exchange:
    words = b'{"error": "This needs an account."}'
    return replace(exchange, status=401, body=words, headers=_with(exchange, Content_Type="application/json"))


def _huge(exchange: Exchange) -> Exchange:
    return replace(exchange, body=exchange.body + b" " * (BODY_BYTES_MAX + 1))


def _wrong_charset(exchange: Exchange) -> Exchange:
    """Words in UTF-16, announced as UTF-8."""
    return replace(exchange, body=exchange.body.decode().encode("utf-16-le"))


def _limited(exchange: Exchange, status: int, retry_after: str) -> Exchange:
    return replace(exchange, status=status, body=b"", headers=_with(exchange, Retry_After=retry_after))


DAMAGED: dict[str, Callable[[Exchange], Exchange]] = {
    "login_wall": _login_wall,
    "consent": _consent,
    "rate_limit": lambda each: _limited(each, 429, "17"),
    "server_error": lambda each: _limited(each, 503, "5"),
    "slow": lambda each: replace(each, slowly=True),
    "truncated": lambda each: replace(each, withheld_bytes=len(each.body) // 2),
    "wrong_charset": _wrong_charset,
    "huge": _huge,
}


def exchanges_of(folder: Path, state: str, *, damaged_from: int = 0) -> list[Exchange]:
    """What the network in `folder` answers in `state`."""
    own = folder / f"{state}.http"
    if own.exists():
        return exchanges_in(own)
    damage = DAMAGED[state]
    return [
        damage(each) if number >= damaged_from and 200 <= each.status < 300 else each
        for number, each in enumerate(exchanges_in(folder / "success.http"))
    ]


class Replay:
    """A running server that is every host named in its exchanges, and the fetcher that finds it there.

    `asked` are all requests as "GET https://host/path", `unexpected` those that no exchange answers: they get a 404,
    except for robots.txt, which is missing everywhere unless an exchange has it.
    """

    def __init__(self, exchanges: list[Exchange], fetcher: Fetcher) -> None:
        self.exchanges, self.fetcher = exchanges, fetcher
        self.asked: list[str] = []
        self.unexpected: list[str] = []

    def answer_to(self, method: str, url: str, headers: dict[str, str], body: str) -> Exchange:
        self.asked.append(f"{method} {url}")
        for exchange in self.exchanges:
            if exchange.fits(method, url, headers, body):
                return exchange
        if urlsplit(url).path != "/robots.txt":
            self.unexpected.append(f"{method} {url}")
        return Exchange(method, url, 404, b"nothing is replayed here", {"Content-Type": "text/plain"})


@contextmanager
def replaying(exchanges: list[Exchange], authority: Authority, *, seconds: float = 30.0) -> Iterator[Replay]:
    """Serve until the block ends. `seconds` is what one fetch may take; where an answer is slow, SLOW_SECONDS."""
    hosts = {urlsplit(each.url).hostname for each in exchanges}
    ports: dict[int, int] = {}
    fetcher = Fetcher(
        FetchPolicy(
            user_agent="AmbassadorPortal/tests (+https://portal.example/about-our-requests)",
            total_seconds=SLOW_SECONDS if any(each.slowly for each in exchanges) else seconds,
            body_bytes_max=BODY_BYTES_MAX,
            gap_seconds=0,
        ),
        resolver=lambda name: [PUBLIC] if name in hosts else _nobody(name),
        network=_ToHere(ports),
        tls=authority.believed(),
    )
    replay = Replay(exchanges, fetcher)
    with _serving(replay, "http") as plain, _serving(replay, "https", authority.server_context()) as secure:
        ports.update({80: plain, 443: secure})
        yield replay


def _nobody(name: str) -> list[str]:
    raise OSError(f"nobody is called {name}")


class _ToHere(httpcore.NetworkBackend):
    """Whoever is called at a port of the web is the server on loopback."""

    def __init__(self, ports: dict[int, int]) -> None:
        self._ports = ports

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        assert host == PUBLIC, f"{host} was called"
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self._ports[port], timeout)


@contextmanager
def _serving(replay: Replay, scheme: str, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            url = f"{scheme}://{self.headers['Host']}{self.path}"
            self.close_connection = True
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):  # the fetcher has seen enough
                self._send(replay.answer_to(self.command, url, dict(self.headers), body))

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  as http.server calls them

        def _send(self, exchange):
            self.send_response(exchange.status)
            for name, value in exchange.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(exchange.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            whole = exchange.body[: len(exchange.body) - exchange.withheld_bytes]
            if exchange.slowly:
                self._drip(whole)
            self.wfile.write(whole)

        def _drip(self, body):
            ends_at = time.monotonic() + 2 * SLOW_SECONDS
            for position in range(len(body)):
                if time.monotonic() > ends_at:
                    return
                self.wfile.write(body[position : position + 1])
                self.wfile.flush()
                time.sleep(0.05)

        def log_message(self, *args):
            pass

    server = _Server(("127.0.0.1", 0), Handler, tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, at, handler, tls):
        super().__init__(at, handler)
        self._tls = tls

    def finish_request(self, request, client_address):
        """In the request's own thread: a client that dawdles in the handshake keeps nobody waiting."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with suppress(ssl.SSLError, ConnectionError), self._tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request, client_address):
        """A client that has gone is none."""


@dataclass(frozen=True)
class Expected:
    """A network's `expected.json`."""

    folder: Path
    told: dict[str, Any]

    @property
    def name(self) -> str:
        """The network, as "x"; "x/key" where it is asked with a key."""
        return self.folder.relative_to(Path(__file__).parent).as_posix()

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        return self.told["states"]

    def exchanges(self, state: str) -> list[Exchange]:
        return exchanges_of(self.folder, state, damaged_from=self.told.get("damaged_from", 0))


def all_expected() -> list[Expected]:
    """Each network's folder that has answers to replay, by name, and its `key` for those to an operator's key."""
    here = Path(__file__).parent
    found = sorted([*here.glob("*/expected.json"), *here.glob("*/key/expected.json")])
    return [Expected(file.parent, json.loads(file.read_text())) for file in found]
