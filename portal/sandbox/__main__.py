"""`python -m portal.sandbox`: one process, one port, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from portal.sandbox.app import create_app
from portal.sandbox.settings import Settings

_WAITING_MAX = 128  # connections that the kernel holds while we start


class QuietRequests(WSGIRequestHandler):
    """Errors go to stderr, ordinary requests nowhere: the portal's own log is what somebody wants to read."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def origin(text: str) -> str:
    """argparse type: `http://host:port`, a path or trailing slash is refused or removed."""
    parts = urlsplit(text.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not an origin such as http://127.0.0.1:8000")
    return f"{parts.scheme}://{parts.netloc}"


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox", description="Development only.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder for this sandbox's database, keys and pictures"
    )
    parser.add_argument("--mail-dir", type=Path, help="folder with the .eml files that the mail reader shows")
    parser.add_argument("--portal-url", type=origin, default="http://127.0.0.1:8000")
    parser.add_argument("--url", type=origin, help="this sandbox's public origin; http://HOST:PORT if not given")
    parser.add_argument(
        "--client-origin",
        type=origin,
        action="append",
        default=[],
        help="a further origin that sign-ins may return to",
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when standard input does: nobody is left who started us"
    )
    return parser.parse_args(arguments)


def listen(host: str, port: int) -> socket.socket:
    """A socket that already accepts connections. Raises OSError, e.g. when the port is taken."""
    return socket.create_server((host, port), backlog=_WAITING_MAX)


def stop_on_signal(server: BaseWSGIServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this very thread runs
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def stop_at_end_of_input(server: BaseWSGIServer) -> None:
    """A parent that dies by SIGKILL can tell nobody, but the pipe it held closes by itself."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        server.shutdown()

    threading.Thread(target=wait, daemon=True).start()


def main() -> int:
    asked = read_arguments()
    try:
        listening = listen(asked.host, asked.port)
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else problem
        sys.stderr.write(f"sandbox: cannot listen on {asked.host}:{asked.port}: {reason}\n")
        return 1
    port = listening.getsockname()[1]
    url = asked.url or f"http://{asked.host}:{port}"
    app = create_app(
        Settings(
            url=url,
            data=asked.data,
            portal_url=asked.portal_url,
            mail_dir=asked.mail_dir,
            client_origins=tuple(asked.client_origin),
        )
    )
    server = make_server(asked.host, port, app, threaded=True, request_handler=QuietRequests, fd=listening.fileno())
    stop_on_signal(server)
    if asked.exit_with_parent:
        stop_at_end_of_input(server)
    click.echo(f"sandbox ready on {url}")  # who started us waits for this line
    server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
