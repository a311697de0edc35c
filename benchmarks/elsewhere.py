"""`python -m benchmarks.elsewhere PORT…`: small Mastodon servers, one a port, in a process of their own.

Each has a post under every id, by the account that the id ends with. Asked for SILENCE, one accepts whatever comes from
then on and never answers.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PEOPLE = 1_000
SILENCE = "/silence"
TEXT = "Ad: my mended jacket #MendedWithHollin"
POSTS = "/api/v1/statuses/"


class Elsewhere(ThreadingHTTPServer):
    daemon_threads = True
    silent = False


class Handler(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        if self.path == SILENCE:
            self.server.silent = True
        elif self.server.silent:
            time.sleep(3600)
        body = json.dumps(_post(int(self.path.removeprefix(POSTS)), self.headers["Host"])
                          if self.path.startswith(POSTS) else {}).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


def _post(post_id: int, host: str) -> dict[str, Any]:
    number = post_id % PEOPLE
    made = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime((post_id >> 16) / 1000))
    return {
        "id": str(post_id), "url": f"http://{host}/@member{number}/{post_id}", "content": f"<p>{TEXT}</p>",
        "created_at": made, "edited_at": None, "visibility": "public", "language": "en", "spoiler_text": "",
        "media_attachments": [], "favourites_count": 3, "replies_count": 1, "reblogs_count": 0, "card": None,
        "account": {
            "id": str(number), "username": f"member{number}", "acct": f"member{number}", "followers_count": 12,
            "created_at": "2020-01-01T00:00:00.000Z",
        },
    }  # fmt: skip


def main() -> None:
    servers = [Elsewhere(("127.0.0.1", int(port)), Handler) for port in sys.argv[1:]]
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


if __name__ == "__main__":
    main()
