"""npm's `@atproto/dev-env`: a real Bluesky, made of a directory, a data server (PDS) and an AppView.

    server = AtprotoServer(log=…, postgres=postgres_server, redis=redis_server).start()
    ada = server.add_account("ada")                  # ada.test, with a password and a session
    made = server.post(ada, "Ad: mended")            # made.uri, made.key
    server.catch_up()                                # now the AppView shows it

`pds_url` also offers AT Protocol OAuth (client ids at http://localhost are allowed). Handles end with `.test`. The
servers answer at `localhost`, which is what their own documents name them by.
"""

import itertools
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tests.servers.postgres import PostgresServer
from tests.servers.process import HOST, Process, free_port
from tests.servers.redis import RedisServer

_FOLDER = Path(__file__).parent / "atproto"
_TIMEOUT_SECONDS = 30
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Account:
    """A person on the data server; the token speaks for them."""

    did: str
    handle: str
    password: str
    token: str


@dataclass(frozen=True)
class Record:
    """Something an account keeps: a post, a like …"""

    uri: str
    cid: str

    @property
    def key(self) -> str:
        return self.uri.rpartition("/")[2]

    @property
    def reference(self) -> dict[str, str]:
        return {"uri": self.uri, "cid": self.cid}


class AtprotoServer:
    """`postgres` and `redis` must run; it takes a database of its own."""

    def __init__(self, *, log: Path, postgres: PostgresServer, redis: RedisServer) -> None:
        node = shutil.which("node")
        if node is None or not (_FOLDER / "node_modules").exists():
            raise RuntimeError("The tests' Bluesky is not installed. Run: npm ci --prefix tests/servers/atproto")
        ports = {name: free_port() for name in ("controlPort", "plcPort", "pdsPort", "appviewPort")}
        self._control_url = f"http://{HOST}:{ports['controlPort']}"
        self.plc_url, self.pds_url, self.appview_url = (
            f"http://localhost:{ports[name]}" for name in ("plcPort", "pdsPort", "appviewPort")
        )
        self.process = Process(
            [node, "server.js", json.dumps(ports)],
            log=log,
            ready_line="ready",
            ready_port=ports["controlPort"],
            deadline_seconds=90,
            environment={
                "DB_POSTGRES_URL": postgres.create_database().replace("postgresql+psycopg://", "postgresql://"),
                "DB_POSTGRES_SCHEMA": "portal_tests",
                "REDIS_HOST": f"{HOST}:{redis.port}",
                "LOG_ENABLED": "0",
            },
            cwd=_FOLDER,
        )

    def start(self) -> "AtprotoServer":
        self.process.start()
        return self

    def stop(self) -> None:
        self.process.stop()

    def catch_up(self) -> None:
        """Return once the AppView has seen everything."""
        requests.post(f"{self._control_url}/caught-up", timeout=_TIMEOUT_SECONDS).raise_for_status()

    def add_account(self, name: str) -> Account:
        """A new person called `name`.test, whose profile exists."""
        password = f"correct-horse-{next(_NUMBERS)}"
        made = self._send(
            "com.atproto.server.createAccount",
            {"handle": f"{name}.test", "email": f"{name}@mail.test", "password": password},
        )
        account = Account(made["did"], made["handle"], password, made["accessJwt"])
        self.set_profile(account, "")
        return account

    def set_profile(self, account: Account, description: str, *, labels: tuple[str, ...] = ()) -> None:
        """What the profile says, and the labels that people give themselves, like `!no-unauthenticated`."""
        profile: dict[str, Any] = {"displayName": account.handle.partition(".")[0], "description": description}
        if labels:
            values = [{"val": label} for label in labels]
            profile["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
        self._put(account, "app.bsky.actor.profile", "self", profile)

    def rename(self, account: Account, name: str) -> str:
        """Give the account another handle, and return it."""
        handle = f"{name}.test"
        self._send("com.atproto.identity.updateHandle", {"handle": handle}, account)
        return handle

    def post(self, account: Account, text: str, **more: Any) -> Record:
        """Publish; `more` are further fields of `app.bsky.feed.post`."""
        return self._create(account, "app.bsky.feed.post", {"text": text, "createdAt": _now(), **more})

    def quote(self, account: Account, text: str, quoted: Record) -> Record:
        return self.post(account, text, embed={"$type": "app.bsky.embed.record", "record": quoted.reference})

    def reply(self, account: Account, text: str, to: Record) -> Record:
        return self.post(account, text, reply={"root": to.reference, "parent": to.reference})

    def like(self, account: Account, liked: Record) -> Record:
        return self._create(account, "app.bsky.feed.like", {"subject": liked.reference, "createdAt": _now()})

    def repost(self, account: Account, passed_on: Record) -> Record:
        return self._create(account, "app.bsky.feed.repost", {"subject": passed_on.reference, "createdAt": _now()})

    def delete(self, account: Account, record: Record) -> None:
        _, _, _, collection, key = record.uri.split("/")
        asked = {"repo": account.did, "collection": collection, "rkey": key}
        self._send("com.atproto.repo.deleteRecord", asked, account)

    def _create(self, account: Account, collection: str, record: dict[str, Any]) -> Record:
        asked = {"repo": account.did, "collection": collection, "record": {"$type": collection, **record}}
        made = self._send("com.atproto.repo.createRecord", asked, account)
        return Record(made["uri"], made["cid"])

    def _put(self, account: Account, collection: str, key: str, record: dict[str, Any]) -> None:
        asked = {"repo": account.did, "collection": collection, "rkey": key, "record": {"$type": collection, **record}}
        self._send("com.atproto.repo.putRecord", asked, account)

    def _send(self, method: str, content: dict[str, Any], account: Account | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {account.token}"} if account else {}
        url = f"{self.pds_url}/xrpc/{method}"
        answer = requests.post(url, json=content, headers=headers, timeout=_TIMEOUT_SECONDS)
        if not answer.ok:
            raise AssertionError(f"{method}: {answer.status_code} {answer.text[:500]}")
        result: dict[str, Any] = answer.json() if answer.content else {}
        return result


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
