"""The sandbox as a process: it says when it is ready, keeps what it has, and ends when asked."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

START = [sys.executable, "-m", "portal.sandbox", "--host", "127.0.0.1"]
ROOT = Path(__file__).parents[2]


@contextmanager
def started(data: Path, *arguments: str, end_with: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """Run a sandbox on a free port; yields its origin, and demands that it ends quietly and at once."""
    command = [*START, "--port", "0", "--data", str(data), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            ready = process.stdout.readline()
            assert ready.startswith("sandbox ready on http://127.0.0.1:"), process.stderr
            yield ready.removeprefix("sandbox ready on ").strip()
        finally:
            process.send_signal(end_with)
            _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_what_was_posted_is_there_after_a_restart(tmp_path: Path, ending: signal.Signals) -> None:
    post = {"key": "k", "account": "mayaonfoot", "text": "Still here"}
    with started(tmp_path, end_with=ending) as url:
        made = requests.post(f"{url}/api/v1/seed", json={"posts": [post]}, timeout=60).json()["posts"][0]
        key = requests.get(f"{url}/oidc/jwks.json", timeout=60).json()
    with started(tmp_path) as url:
        assert requests.get(f"{url}/api/v1/posts/{made['id']}", timeout=60).json()["text"] == "Still here"
        assert requests.get(f"{url}/oidc/jwks.json", timeout=60).json() == key


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    with started(tmp_path):
        pass
    for name in ("signing-key.json", "session.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name


def test_it_ends_at_once_while_an_answer_is_slow(tmp_path: Path) -> None:
    with started(tmp_path) as url:
        requests.post(f"{url}/switches", json={"mode": "slow", "seconds": 60}, timeout=60)
        host, _, port = url.removeprefix("http://").partition(":")
        waiting = socket.create_connection((host, int(port)))
        waiting.sendall(b"GET /perch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        # an answer to a later question shows that the first one was taken up
        assert requests.get(f"{url}/switches", timeout=60).ok
    waiting.close()


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    command = [*START, "--port", "0", "--data", str(tmp_path), "--exit-with-parent"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().startswith("sandbox ready on ")
        assert process.poll() is None
        process.stdin.close()  # as the kernel does for a parent that was killed
        try:
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()  # or this test would wait for it for ever


def test_its_public_address_may_differ_from_where_it_listens(tmp_path: Path) -> None:
    data = str(tmp_path)
    with subprocess.Popen(
        [*START, "--port", "0", "--data", data, "--url", "http://perch.localhost:8001/"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "sandbox ready on http://perch.localhost:8001\n"
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*START, "--port", port, "--data", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == f"sandbox: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_wrong_origin_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*START, "--data", str(tmp_path), "--portal-url", "http://127.0.0.1:8000/path"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "is not an origin" in done.stderr
