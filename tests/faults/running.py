"""A portal in processes of its own, beside an app in this process that looks into the same database.

A test makes people and missions through the app, acts over HTTP, breaks processes, and looks through the app again at
what is there afterwards.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any, Self

import requests
from flask import Flask

from portal import create_app
from portal.accounts.models import Person
from portal.extensions import db, limiter
from portal.kernel import jobs
from tests.accounts.factories import a_fan, a_proved_handle
from tests.conftest import TEST_SECRET, settings_for
from tests.servers.process import HOST, Process, free_port, is_listening, wait_until

ROOT = Path(__file__).resolve().parents[2]
POST_TEXT = "Ad: my mended jacket #MendedWithHollin"
"""Fits what `tests.missions.factories.a_mission` asks for."""

_numbers = count(1)


class RunningPortal:
    """Server, embedded or separate worker, and sandbox, over one database; `settings` are those of `config`."""

    def __init__(self, folder: Path, *, separate_worker: bool = False, **settings: Any) -> None:
        port, sandbox_port = free_port(), free_port()
        self.url, self.sandbox_url = f"http://{HOST}:{port}", f"http://{HOST}:{sandbox_port}"
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        values = {
            "public_url": self.url,
            "sandbox_url": self.sandbox_url,
            "fetch_allow": [self.sandbox_url],
            "embedded_worker": not separate_worker,
            **settings,
        }
        self.app = _app_beside(folder, values)
        environment = {
            "PORTAL_ENV": "test",
            "PORTAL_SECRET_KEYS": TEST_SECRET,
            "PORTAL_SANDBOX": "true",
            "PORTAL_DATA": str(folder),
            "PORTAL_LOG_LEVEL": "warning",
            **{f"PORTAL_{name.upper()}": _as_variable(value) for name, value in values.items()},
        }
        self.server = Process(
            [sys.executable, "-m", "portal.serving", "--port", str(port), "--no-demo"],
            log=folder / "server.log", ready_line=f"Ready: {self.url}", deadline_seconds=90, cwd=ROOT,
            environment=environment,
        )  # fmt: skip
        self.worker = Process(
            [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "worker"],
            log=folder / "worker.log", ready_line="worker ready", deadline_seconds=60, cwd=ROOT,
            environment=environment,
        )  # fmt: skip
        self.port, self.sandbox_port = port, sandbox_port
        self._separate_worker = separate_worker
        self._environment = environment

    def start(self) -> Self:
        self.server.start()
        if self._separate_worker:
            self.worker.start()
        return self

    def stop(self) -> None:
        """Ask every process that was started to end, and see that none is left."""
        for process in (self.worker, self.server):
            if process.was_started:
                process.stop()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def another_worker(self) -> Process:
        """One more worker process, not started yet."""
        return Process(
            self.worker.command, log=self.folder / f"worker-{next(_numbers)}.log", ready_line="worker ready",
            deadline_seconds=60, cwd=ROOT, environment=self._environment,
        )  # fmt: skip

    def web_workers(self) -> list[int]:
        """Pids of the server's web processes."""
        return [pid for pid in children_of(self.server.pid) if "spawn_main" in command_of(pid)]

    def kill_a_web_worker(self) -> None:
        """kill -9, as the kernel does when memory runs out, of the one that lives longest.

        A worker that dies within seconds of its start, twice, is a loop to granian: the server ends, and whoever
        watches over it starts it anew (`test_the_server_killed_while_people_redeem`).
        """
        wait_until(lambda: bool(self.web_workers()), what="a worker to kill", deadline_seconds=60)
        os.kill(min(self.web_workers(), key=began_at), signal.SIGKILL)

    def is_quiet(self) -> bool:
        """Nobody listens any more, neither for the portal nor for the sandbox."""
        return not is_listening(self.port) and not is_listening(self.sandbox_port)

    def wait_until_ready(self, *, deadline_seconds: float = 60) -> None:
        wait_until(lambda: self.status_of("/readyz") == 200, what="ready again", deadline_seconds=deadline_seconds)

    def status_of(self, path: str) -> int:
        """What a stranger gets; 0 when nobody answers."""
        try:
            return requests.get(self.url + path, timeout=20, allow_redirects=False).status_code
        except requests.ConnectionError:
            return 0

    # Perch, over HTTP like everything that the portal knows of it

    def a_poster(self) -> Person:
        """A fan with an account on Perch that is theirs."""
        handle = f"poster{next(_numbers)}"
        made = self._perch("/api/v1/seed", {"accounts": [{"key": handle, "handle": handle}]})
        person = a_fan(handle)
        a_proved_handle(person, name=handle, external_id=made["accounts"][0]["id"])
        return person

    def publish(self, person: Person, text: str = POST_TEXT) -> str:
        """A public post by somebody whom `a_poster` made; its address."""
        post = {"key": f"post-{next(_numbers)}", "account": person.display_name, "text": text}
        return str(self._perch("/api/v1/seed", {"posts": [post]})["posts"][0]["url"])

    def switch_perch(self, mode: str, *, target: str = "perch", seconds: float = 0) -> None:
        """Make Perch misbehave, or behave again with `normal`."""
        self._perch("/switches", {"mode": mode, "target": target, "seconds": seconds})

    def _perch(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(self.sandbox_url + path, json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else None


def _app_beside(folder: Path, values: dict[str, Any]) -> Flask:
    app = create_app(settings_for(folder, **values))
    jobs.hint_with(app, None)  # what a test writes by itself is found by the sweep, like anything that lost its hint
    limiter.enabled = False
    return app


def _as_variable(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def children_of(pid: int) -> list[int]:
    """Pids of the living processes whose parent is `pid`."""
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z":
            children.append(int(folder.name))
    return children


def began_at(pid: int) -> int:
    """When `pid` began, in clock ticks since the machine did: field 22 of proc(5)."""
    return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])


def command_of(pid: int) -> str:
    """The command line of `pid`; empty when it is gone."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive_in_group(group: int) -> list[str]:
    """Command lines of the living processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            found.append(command_of(int(folder.name)))
    return found
