"""Real HTTP servers on loopback, and a network that lets public addresses lead to them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A running server: `port`, and every request it got as (path, headers)."""

    port: int
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


@contextmanager
def a_site(pages: dict[str, Answer], tls=None) -> Iterator[Site]:
    """Serve `pages` by path until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            site.requests.append((self.path, dict(self.headers)))
            self.close_connection = True
            with suppress(BrokenPipeError, ConnectionResetError):  # the fetcher has seen enough
                pages[self.path.partition("?")[0]](self)

        do_POST = do_GET  # noqa: N815  as http.server calls it

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page(body: bytes = b"<p>hello</p>", status: int = 200, **headers: str) -> Answer:
    """A plain answer; header names are written with underscores."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        named = {"content_type": "text/html"} | headers
        for name, value in named.items():
            if value:
                request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def redirect(location: str, status: int = 302) -> Answer:
    return page(b"", status, location=location)


class Internet(httpcore.NetworkBackend):
    """Leads `address` to a local port if `routes` names it, refuses the rest; remembers who was called."""

    def __init__(self, routes: dict[str, int]) -> None:
        self.routes = routes
        self.called: list[tuple[str, int]] = []

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.called.append((host, port))
        if host not in self.routes:
            raise httpcore.ConnectError(f"nobody is at {host}")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.routes[host], timeout)
