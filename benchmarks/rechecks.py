"""Looks at verified shares: how many a core takes, what a long queue costs, and one server in ten that is down.

The workers are those of the product, threads that run what the jobs hint at; a heap stands in for Huey. The servers are
small ones in a process of their own, so that the CPU that is counted is the portal's.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count, pairwise
from statistics import median
from urllib.request import urlopen

from flask import Flask
from sqlalchemy import func, select

from benchmarks.elsewhere import SILENCE
from benchmarks.figures import Figure
from benchmarks.stage import Stage
from benchmarks.watched import add_watched
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.fetcher import Fetcher, FetchPolicy
from portal.kernel.jobs import lanes
from portal.kernel.unit_of_work import end_reading
from portal.shares.kept_answers import StoredAnswers
from portal.shares.models import Evidence, Share
from tests.servers.process import Process, free_port

PROMISE = "rechecks"
WATCHED_FEW = 100
WATCHED_MANY = 100_000
SERVERS = 10
LOOKS = 300
"""In each of two stretches: all servers answer, and the last of them is silent."""
WARM_UP_LOOKS = 40
COMPLETE = 2_000
"""Shares with results and evidence: three times as many as are looked at, since a lane may get ahead of the others."""
FINDS = 100
"""Searches for the next look in a round."""
WAIT_SECONDS = 2.0
"""How long the portal waits for a server here. Who stood behind the silent one would pause that long."""
STRETCH_SECONDS_MAX = 60.0


@dataclass
class Looks:
    """What one stretch was: its length, the CPU of its workers, and when each server was looked at."""

    seconds: float
    cpu_seconds: float
    ends: dict[str, list[float]]

    def count(self, *servers: str) -> int:
        return sum(len(self.ends[server]) for server in servers)

    def longest_pause(self, *servers: str) -> float:
        """Of one of them, in seconds, from the beginning to the end of the stretch."""
        return max(
            after - before
            for server in servers
            for before, after in pairwise([0.0, *self.ends[server], self.seconds])
        )  # fmt: skip


def measure(stage: Stage, closing: ExitStack, *, rounds: int) -> Iterator[Figure]:
    """The figures; `closing` ends the servers."""
    hosts = [f"127.0.0.1:{free_port()}" for _ in range(SERVERS)]
    _serve(stage, hosts, closing)
    origins = [f"http://{host}" for host in hosts]
    few, many = stage.copy("few-watched", fetch_allow=origins), stage.copy("watched", fetch_allow=origins)
    add_watched(few, hosts, WATCHED_FEW, complete=0)
    lane_of_job = add_watched(many, hosts, WATCHED_MANY, complete=COMPLETE)
    *others, last = sorted(set(lane_of_job.values()), key=lambda lane: hosts.index(lane.partition(":")[2]))
    found = {"many": list[float](), "few": list[float]()}
    for turn in range(rounds + 1):
        for name, app in (("many", many), ("few", few)):
            seconds = _find_seconds(app, last)
            if turn:  # the first warms up
                found[name].append(seconds)
    ratio = median(found["many"]) / median(found["few"])
    yield Figure(
        PROMISE, f"next look with {WATCHED_MANY:,} waiting, of {WATCHED_FEW}: CPU", ratio, 1.5,
        detail=f"{median(found['many']) * 1000:.2f} ms, {median(found['few']) * 1000:.2f} ms: for all {SERVERS} "
        "servers, and once more for one of them",
    )  # fmt: skip
    many.extensions["portal_fetcher"] = _patient_for_seconds(origins)
    workers = many.config["SETTINGS"].queue_workers
    _take(many, lane_of_job, WARM_UP_LOOKS, (*others, last), workers)
    usual = _take(many, lane_of_job, LOOKS, (*others, last), workers)
    yield Figure(
        PROMISE, "looks a second of a core's CPU", usual.count(*others, last) / usual.cpu_seconds,
        detail=f"{usual.cpu_seconds / usual.count(*others, last) * 1000:.1f} ms each, {workers} workers",
    )  # fmt: skip
    urlopen(f"{origins[-1]}{SILENCE}", timeout=WAIT_SECONDS).close()
    silent = _take(many, lane_of_job, LOOKS, others, workers)
    yield Figure(
        PROMISE, "one server in ten silent: longest pause of another, seconds", silent.longest_pause(*others),
        WAIT_SECONDS,
        detail=f"while all answered {usual.longest_pause(*others):.2f} s; tries at the silent one that waited "
        f"{WAIT_SECONDS:g} s: {silent.count(last)}; looks at the others a second "
        f"{silent.count(*others) / silent.seconds:.0f}, before {usual.count(*others) / usual.seconds:.0f}",
    )  # fmt: skip


def _serve(stage: Stage, hosts: list[str], closing: ExitStack) -> None:
    ports = [host.partition(":")[2] for host in hosts]
    process = Process(
        [sys.executable, "-m", "benchmarks.elsewhere", *ports], log=stage.folder / "elsewhere.log",
        ready_port=int(ports[-1]), deadline_seconds=60,
    )  # fmt: skip
    process.start()
    closing.callback(process.stop)


def _patient_for_seconds(origins: list[str]) -> Fetcher:
    fetcher = Fetcher(
        FetchPolicy(user_agent="benchmark", allow_origins=frozenset(origins), total_seconds=WAIT_SECONDS)
    )  # fmt: skip
    fetcher.remember_with(StoredAnswers())
    return fetcher


def _find_seconds(app: Flask, lane: str) -> float:
    """CPU of finding what is next: as the sweep does it, and as a worker that goes on in its lane."""
    with app.app_context():
        began = time.process_time()
        for _ in range(FINDS):
            if len(jobs.due_jobs()) < SERVERS or lanes.next_in(lane, clock.now()) is None:
                raise RuntimeError("Nothing is due.")
            end_reading()
        return (time.process_time() - began) / FINDS


def _take(app: Flask, lane_of_job: dict[str, str], wanted: int, servers: tuple[str, ...] | list[str],
          workers: int) -> Looks:  # fmt: skip
    """Let the workers look until `wanted` looks at `servers` are done. Raises RuntimeError when they are not read."""
    hints: queue.PriorityQueue[tuple[float, int, str]] = queue.PriorityQueue()
    numbers, over, began = count(), threading.Event(), time.monotonic()
    looks = Looks(0.0, 0.0, {lane: [] for lane in lane_of_job.values()})
    lock = threading.Lock()

    def hint(job_id: str, delay_seconds: float, _urgent: bool) -> None:
        hints.put((time.monotonic() + delay_seconds, next(numbers), job_id))

    def work() -> None:
        while not over.is_set():
            with app.app_context():
                job_id = _next_of(hints)
                lane = lane_of_job.get(job_id)
                if not job_id or not jobs.run_job(job_id) or lane is None:
                    continue
            with lock:
                looks.ends[lane].append(time.monotonic() - began)
                if looks.count(*servers) >= wanted:
                    over.set()
        with lock:
            looks.cpu_seconds += time.thread_time()

    before = _read(app)
    with app.app_context():
        for job_id in jobs.due_jobs():
            if job_id in lane_of_job:
                hint(job_id, 0.0, False)
    _together(app, work, workers, over, hint)
    looks.seconds = max(end for lane in servers for end in looks.ends[lane])
    read = _read(app) - before  # those of posts that are no more what was paid for don't count
    if looks.count(*servers) < wanted or read < looks.count(*servers):
        raise RuntimeError(f"{looks.count(*servers)} looks of {wanted}, {read} of them read the post.")
    return looks


def _together(app: Flask, work: Callable[[], None], workers: int, over: threading.Event, hint: jobs.Hint) -> None:
    """Run them side by side until they are done, or take too long."""
    threads = [threading.Thread(target=work) for _ in range(workers)]
    jobs.hint_with(app, hint)
    try:
        for thread in threads:
            thread.start()
        over.wait(STRETCH_SECONDS_MAX)
    finally:
        over.set()
        for thread in threads:
            thread.join()
        jobs.hint_with(app, None)


def _next_of(hints: queue.PriorityQueue[tuple[float, int, str]]) -> str:
    """The job that is hinted at next, once it may begin; empty while there is none."""
    try:
        at, number, job_id = hints.get(timeout=0.05)
    except queue.Empty:
        return ""
    if at <= time.monotonic():
        return job_id
    hints.put((at, number, job_id))
    time.sleep(0.01)
    return ""


def _read(app: Flask) -> int:
    """Looks that read the post and found it as it was paid for, so far."""
    with app.app_context():
        found = db.session.scalar(
            select(func.count()).select_from(Evidence).join(Share, Share.id == Evidence.share_id)
            .where(Evidence.status == "readable", Share.missing_since.is_(None))
        )  # fmt: skip
        db.session.remove()
    return int(found or 0)
