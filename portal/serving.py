"""Starts all that a machine needs: migrations, web processes, the embedded worker, in development the sandbox.

`python -m portal.serving` is what `make run` and the container run. The worker lives in the server's parent process,
since web workers come and go.
"""

from __future__ import annotations

import argparse
import fcntl
import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import click
import flask_migrate
import requests
from flask import Flask
from granian import Granian
from granian.constants import Interfaces

import config
from portal import create_app
from portal.demo.loading import load_once
from portal.extensions import db
from portal.kernel.queue import make_consumer

READY_WITHIN_SECONDS = 60.0
SANDBOX_STOPS_WITHIN_SECONDS = 5.0
SANDBOX_CONVERSION_SECRET = "sandbox-shop-tells-of-conversions"  # of no use but with the sandbox
"""What the sandbox's little shop signs with (`portal/sandbox/settings.py`)."""


def main() -> None:
    """Parse the command line and serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m portal.serving", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the portal answers (default 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind to (default 127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="don't load the demo data")
    parser.add_argument("--migrate-only", action="store_true", help="bring the database up to date and stop")
    arguments = parser.parse_args()
    # A forked web worker would inherit the embedded worker's SQLite connections with their locks: it would believe that
    # it holds them too, wait for ever for one that nobody frees, or read what is being overwritten.
    multiprocessing.set_start_method("spawn")
    try:
        _serve(arguments)
    except config.ConfigurationError as problem:
        sys.exit(str(problem))


def _serve(arguments: argparse.Namespace) -> None:
    development = os.environ.get("PORTAL_ENV", "development") == "development"
    if development:
        _default_to_one_machine(arguments.host, arguments.port)
    settings = config.load()
    _refuse_taken_port(arguments.host, arguments.port)
    if settings.sandbox:
        _refuse_taken_port("127.0.0.1", _port_of(settings.sandbox_url))
    run_folder = settings.data_folder / "run"
    run_folder.mkdir(parents=True, exist_ok=True)
    pid_file = (run_folder / "portal.pid").open("a+")
    _refuse_taken_folder(pid_file, settings.data_folder)
    metrics_folder = run_folder / "metrics"
    shutil.rmtree(metrics_folder, ignore_errors=True)
    metrics_folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_folder)

    app = _migrate(settings)
    if arguments.migrate_only:
        return
    pid_file.truncate(0)
    pid_file.write(str(os.getpid()))
    pid_file.flush()
    sandbox = _start_sandbox(settings, arguments) if settings.sandbox else None
    try:
        people = ""
        if settings.sandbox and not arguments.no_demo:
            people = load_once(app)
        _serve_web(app, settings, arguments, people)
    finally:
        if sandbox is not None:
            _stop(sandbox)
        Path(pid_file.name).unlink(missing_ok=True)


def _default_to_one_machine(host: str, port: int) -> None:
    """What nobody set gets the value that makes one machine work without keys or internet."""
    sandbox_url = os.environ.setdefault("PORTAL_SANDBOX_URL", f"http://127.0.0.1:{port + 1}")
    os.environ.setdefault("PORTAL_PUBLIC_URL", f"http://{host}:{port}")
    os.environ.setdefault("PORTAL_SANDBOX", "true")
    os.environ.setdefault("PORTAL_FETCH_ALLOW", sandbox_url)
    os.environ.setdefault("PORTAL_CONVERSION_SECRET", SANDBOX_CONVERSION_SECRET)
    os.environ.setdefault("PORTAL_LOG_FORMAT", "text")
    os.environ.setdefault("PORTAL_LOG_LEVEL", "warning")
    if "PORTAL_SECRET_KEYS" not in os.environ:
        # A secret of this machine's own: even a development portal that is put online by mistake has no known key.
        kept = Path(os.environ.get("PORTAL_DATA", "var")) / "secret"
        kept.parent.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(32))
        os.environ["PORTAL_SECRET_KEYS"] = kept.read_text().strip()


def _migrate(settings: config.Settings) -> Flask:
    """Bring the database up to date; the app that did it."""
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
    return app


def _port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise config.ConfigurationError(
                f"Port {port} is taken: stop what uses it, or choose another with `make run PORT=…`."
            ) from None


def _refuse_taken_folder(pid_file: IO[str], folder: Path) -> None:
    """Two servers over one folder would share a queue's file, a spool and a sandbox with two addresses.

    The lock ends with the process, also when it is killed."""
    try:
        fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid_file.seek(0)
        raise config.ConfigurationError(
            f"PORTAL_DATA is taken: the portal is running over {folder} already (process {pid_file.read()})."
        ) from None


def _start_sandbox(settings: config.Settings, arguments: argparse.Namespace) -> subprocess.Popen[str]:
    """The sandbox, in a process that ends when this one does. Raises ConfigurationError if it can't start."""
    command = [
        sys.executable, "-m", "portal.sandbox", "--port", str(_port_of(settings.sandbox_url)),
        "--data", str(settings.data_folder / "sandbox"), "--mail-dir", str(settings.outbox_folder),
        "--portal-url", settings.public_url, "--exit-with-parent",
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603  # every word of the command is ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None  # a pipe, as asked for
    line = process.stdout.readline()
    if "ready" not in line:
        raise config.ConfigurationError(f"The sandbox at PORTAL_SANDBOX_URL did not start: {line.strip()}")
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(SANDBOX_STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _serve_web(app: Flask, settings: config.Settings, arguments: argparse.Namespace, people: str) -> None:
    server = Granian(
        "wsgi:app", address=arguments.host, port=arguments.port, interface=Interfaces.WSGI,
        workers=settings.web_workers, blocking_threads=settings.web_threads, respawn_failed_workers=True,
        workers_kill_timeout=10, log_enabled=settings.log_level == "debug", websockets=False,
    )  # fmt: skip
    if settings.embedded_worker:
        start, stop = make_consumer(app.extensions["portal_queue"], workers=settings.queue_workers)
        server.on_startup(start)
        server.on_shutdown(stop)
    server.on_startup(lambda: _say_when_ready(settings, arguments, people))
    try:
        server.serve(target_loader=_load_in_web_worker, wrap_loader=False)
    except RuntimeError:
        # The port was free when we looked; loading the demo took a while since.
        _refuse_taken_port(arguments.host, arguments.port)
        raise


def _load_in_web_worker() -> Any:
    """The app, in a process that ends with the server even when that was killed: it must not keep the port taken."""
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    from wsgi import app

    return app


def _end_with_the_server() -> None:
    server = multiprocessing.parent_process()
    assert server is not None  # a web worker has one
    server.join()
    os._exit(1)


def _say_when_ready(settings: config.Settings, arguments: argparse.Namespace, people: str) -> None:
    threading.Thread(target=_wait_and_say, args=(settings, arguments, people), daemon=True).start()


def _wait_and_say(settings: config.Settings, arguments: argparse.Namespace, people: str) -> None:
    if not _wait_until(lambda: _answers(f"http://{arguments.host}:{arguments.port}/readyz")):
        click.echo("The portal did not get ready within a minute.", err=True)
        os.kill(os.getpid(), signal.SIGTERM)
        return
    lines = ["", f"Ready: {settings.public_url}"]
    if settings.sandbox:
        lines += [f"Sandbox (sign-in, the social network Perch, e-mail): {settings.sandbox_url}", people]
    lines += ["Stop with Ctrl-C.", ""]
    click.echo("\n".join(lines))


def _wait_until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


if __name__ == "__main__":
    main()
