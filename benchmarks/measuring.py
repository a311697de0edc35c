"""What is measured for each promise of docs/promises.md, Speed, and how it is compared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from itertools import cycle
from statistics import median
from time import process_time

import brotli
from flask import Flask
from sqlalchemy import select

from benchmarks import ledger, rechecks, recognition
from benchmarks.bare import read_like
from benchmarks.figures import Figure
from benchmarks.load import Outcome, drive, memory_of, message
from benchmarks.pages import BROWSER, pages_of
from benchmarks.rich_texts import ORDINARY, WORST
from benchmarks.stage import SANDBOX_URL, Server, Stage
from benchmarks.world import WAITING_FEW, WAITING_MANY, Browser, post_url
from portal.extensions import db
from portal.kernel import rich_text
from portal.moderation.models import Case

WARM_UP_SECONDS = 1.0
DEEP_PAGE = 1000
PAGE_LENGTH = 30
QUERIES_MAX = 12
CROWD = 32
"""Clients of the submissions."""
CROWD_SECONDS = 4.0


class Bench:
    """Runs the comparisons on a stage; `closing` ends the servers."""

    def __init__(self, stage: Stage, closing: ExitStack, *, rounds: int, seconds: float) -> None:
        self._stage = stage
        self._world = stage.world
        self._rounds = rounds
        self._seconds = seconds
        self._closing = closing
        self._post_number = 0

    @cached_property
    def _portal(self) -> Server:
        """Started by whatever first asks it something: while it runs, PostgreSQL copies no database."""
        return self._start("portal", self._stage.usual)

    @cached_property
    def _bare(self) -> Server:
        return self._start("bare", self._stage.usual)

    def run(self, only: set[str]) -> list[Figure]:
        """All figures, or those of the promises named."""
        measured: dict[str, Callable[[], Iterator[Figure]]] = {
            "P-41": self._pages, "P-42": self._redirect, "P-43": self._history, "P-44": self._submitting,
            "P-45": self._long_queue, "P-46": self._rich_text, rechecks.PROMISE: self._rechecks,
            ledger.PROMISE: self._ledger, ledger.STATEMENT: self._statement,
        }  # fmt: skip
        figures = []
        for name, measure in measured.items():
            for figure in measure() if not only or name in only else ():
                print(
                    f"{figure.promise} {figure.what}: {figure.value:.2f} ({figure.detail})", file=sys.stderr, flush=True
                )
                figures.append(figure)
        return figures

    def _start(self, which: str, app: Flask) -> Server:
        server = self._stage.serve(which, app)
        self._closing.callback(server.process.stop)
        return server

    def _alternate(self, **stretches: Callable[[], Outcome]) -> dict[str, list[Outcome]]:
        """Each in turn, again and again, after one turn that doesn't count."""
        for stretch in stretches.values():
            stretch()
        outcomes: dict[str, list[Outcome]] = {name: [] for name in stretches}
        for _ in range(self._rounds):
            for name, stretch in stretches.items():
                outcomes[name].append(stretch())
        return outcomes

    def _get(self, server: Server, *messages: bytes, expect: int = 200) -> Callable[[], Outcome]:
        def stretch() -> Outcome:
            outcome = drive(server.port, server.pid, cycle(messages), seconds=self._seconds)
            _only(outcome, expect)
            return outcome

        return stretch

    def _pages(self) -> Iterator[Figure]:
        for name, page in pages_of(self._world).items():
            reading = read_like(self._stage.usual, page)
            both = self._alternate(
                portal=self._get(self._portal, message(page.path, page.headers)),
                bare=self._get(self._bare, message(f"/page/{name}", {"User-Agent": BROWSER})),
            )
            sent = self._stage.usual.test_client(use_cookies=False).get(page.path, headers=page.headers).data
            yield Figure(
                "P-41", f"{name}: CPU", _ratio(both, _cpu), page.cpu_limit,
                detail=f"{_of(both, 'portal', _cpu):.1f} ms, bare {_of(both, 'bare', _cpu):.1f} ms; "
                f"requests a second {_ratio(both, _rate):.2f}× ({_of(both, 'portal', _rate):.0f}); "
                f"{len(sent) / 1000:.0f} kB, compressed {len(brotli.compress(sent, quality=4)) / 1000:.1f} kB",
            )  # fmt: skip
            yield Figure("P-41", f"{name}: queries", len(reading.statements), QUERIES_MAX)
        yield Figure(
            "P-45", "memory of the server", memory_of(self._portal.pid) / memory_of(self._bare.pid),
            detail=f"{memory_of(self._portal.pid):.0f} MB; the bare app has the portal's code loaded too",
        )  # fmt: skip

    def _redirect(self) -> Iterator[Figure]:
        links = [message(f"/l/{code}", {"User-Agent": BROWSER}) for code in self._world.codes]
        before = self._clicks()
        both = self._alternate(
            portal=self._get(self._portal, *links, expect=302), bare=self._get(self._bare, *links, expect=302)
        )
        followed = sum(outcome.count for outcome in both["portal"])
        kept = self._clicks() - before
        yield Figure(
            "P-42", "redirect: requests a second", _ratio(both, _rate), 0.6, at_least=True,
            detail=f"{_of(both, 'portal', _rate):.0f}, bare {_of(both, 'bare', _rate):.0f}",
        )  # fmt: skip
        yield Figure(
            "P-42", "redirect: CPU", _ratio(both, _cpu), 1.7,
            detail=f"{_of(both, 'portal', _cpu):.2f} ms, bare {_of(both, 'bare', _cpu):.2f} ms",
        )  # fmt: skip
        yield Figure("P-42", "clicks kept of those followed", kept / followed, 1.0, at_least=True,
                     detail=f"{kept} lines, with those of the warm-up; {followed} measured")  # fmt: skip

    def _clicks(self) -> int:
        spool = self._stage.usual.extensions["portal_click_spool"]
        return sum(path.read_bytes().count(b"\n") for path in spool.files())

    def _history(self) -> Iterator[Figure]:
        for path in ("/points", "/rewards"):
            both = self._alternate(
                portal=self._get(self._portal, _message(path, self._world.long_history)),
                bare=self._get(self._portal, _message(path, self._world.short_history)),
            )
            yield Figure("P-43", f"{path} with 100 times the history: CPU", _ratio(both, _cpu), 1.3,
                         detail=f"{_of(both, 'portal', _cpu):.1f} ms, {_of(both, 'bare', _cpu):.1f} ms")  # fmt: skip
        yield from self._people()

    def _people(self) -> Iterator[Figure]:
        few, many = self._stage.copy("few-people"), self._stage.copy("many-people")
        for app, count in ((few, recognition.FEW), (many, recognition.MANY)):
            yield from recognition.add_people(app, count)
        few_server, many_server = self._start("portal", few), self._start("portal", many)
        for path in recognition.PAGES:
            page = _message(path, self._world.fan)
            both = self._alternate(portal=self._get(many_server, page), bare=self._get(few_server, page))
            yield Figure("P-43", f"{path} among {recognition.MANY:,} people, of {recognition.FEW:,}: CPU",
                         _ratio(both, _cpu), 1.3, detail=f"{_of(both, 'portal', _cpu):.1f} ms, "
                         f"{_of(both, 'bare', _cpu):.1f} ms")  # fmt: skip

    def _submitting(self) -> Iterator[Figure]:
        newcomers, veterans = self._hand_ins(self._world.newcomers), self._hand_ins(self._world.veterans)
        note = message("/notes", {"User-Agent": BROWSER}, {"url": "https://perch.example/@ada/1"})

        def crowd(server: Server, messages: Iterator[bytes], **how: float) -> Outcome:
            outcome = drive(server.port, server.pid, messages, **{"seconds": self._seconds, **how}, clients=CROWD)
            _only(outcome, 303)
            return outcome

        all_ = self._alternate(
            portal=lambda: crowd(self._portal, newcomers), bare=lambda: crowd(self._bare, cycle([note])),
            veterans=lambda: crowd(self._portal, veterans),
        )  # fmt: skip
        yield Figure("P-44", "submit: requests a second", _ratio(all_, _rate), 0.17, at_least=True,
                     detail=f"{_of(all_, 'portal', _rate):.0f}, bare {_of(all_, 'bare', _rate):.0f}")  # fmt: skip
        yield Figure(
            "P-44", "submit after 500 shares: CPU", _of(all_, "veterans", _cpu) / _of(all_, "portal", _cpu), 1.3,
            detail=f"{_of(all_, 'veterans', _cpu):.1f} ms, without any {_of(all_, 'portal', _cpu):.1f} ms",
        )  # fmt: skip
        half = crowd(self._portal, newcomers, seconds=CROWD_SECONDS, pace=_of(all_, "portal", _rate) / 2)
        yield Figure("P-44", "half capacity: p99 of the median", half.latency(0.99) / half.latency(0.5), 10.0,
                     detail=f"{half.latency(0.99) * 1000:.0f} ms, {half.latency(0.5) * 1000:.0f} ms, "
                     f"{half.per_second:.0f} a second")  # fmt: skip
        full = crowd(self._portal, newcomers, seconds=CROWD_SECONDS)
        yield Figure("P-44", "all-out: slowest, seconds", max(full.latencies), 2.0,
                     detail=f"{full.count} submitted, none refused")  # fmt: skip

    def _hand_ins(self, people: list[tuple[Browser, list[str]]]) -> Iterator[bytes]:
        """One person after the other, each with their next claim and a post that nobody handed in before."""
        for place in range(len(people[0][1])):
            for browser, claims in people:
                self._post_number += 1
                form = {"csrf_token": browser.csrf, "url": post_url(self._post_number, sandbox_url=SANDBOX_URL)}
                yield message(f"/claims/{claims[place]}/share", _headers(browser), form)

    def _long_queue(self) -> Iterator[Figure]:
        app = self._stage.long_queue()
        long_ = self._start("portal", app)
        asks = [
            message("/staff/review/start", _headers(browser), {"csrf_token": browser.csrf})
            for browser in self._world.colleagues
        ]

        def next_case(server: Server) -> Callable[[], Outcome]:
            def stretch() -> Outcome:
                outcome = drive(server.port, server.pid, asks * 2, seconds=60, clients=2)
                _only(outcome, 303)
                return outcome

            return stretch

        both = self._alternate(portal=next_case(long_), bare=next_case(self._portal))
        few = f"with {WAITING_MANY:,} waiting, of {WAITING_FEW}"
        yield Figure("P-45", f"next case {few}: time", _ratio(both, _median_latency), 1.5,
                     detail=f"{_of(both, 'portal', _median_latency):.1f} ms, "
                     f"{_of(both, 'bare', _median_latency):.1f} ms")  # fmt: skip
        first = _message("/staff/review", self._world.moderator)
        both = self._alternate(portal=self._get(long_, first), bare=self._get(self._portal, first))
        yield Figure("P-45", f"queue {few}: CPU", _ratio(both, _cpu), 1.5,
                     detail=f"{_of(both, 'portal', _cpu):.1f} ms, {_of(both, 'bare', _cpu):.1f} ms")  # fmt: skip
        deep = _message(f"/staff/review?after={_case_before_page(app, DEEP_PAGE)}", self._world.moderator)
        both = self._alternate(portal=self._get(long_, deep), bare=self._get(long_, first))
        yield Figure("P-43", "page 1,000 of the queue, of page 1: CPU", _ratio(both, _cpu), 1.2,
                     detail=f"{_of(both, 'portal', _cpu):.1f} ms, {_of(both, 'bare', _cpu):.1f} ms")  # fmt: skip

    def _rechecks(self) -> Iterator[Figure]:
        return rechecks.measure(self._stage, self._closing, rounds=self._rounds)

    def _ledger(self) -> Iterator[Figure]:
        return ledger.measure(self._stage, rounds=self._rounds)

    def _statement(self) -> Iterator[Figure]:
        return ledger.measure_statement(self._stage, rounds=self._rounds)

    def _rich_text(self) -> Iterator[Figure]:
        usual = median(_render_seconds(ORDINARY, turn) for turn in range(self._rounds))
        slowest = {name: median(_render_seconds(text, turn) for turn in range(self._rounds))
                   for name, text in WORST.items()}  # fmt: skip
        name = max(slowest, key=lambda each: slowest[each])
        yield Figure("P-46", f"hostile text ({name}): CPU", slowest[name] / usual, 5.0,
                     detail=f"{slowest[name] * 1000:.0f} ms, ordinary markup {usual * 1000:.0f} ms")  # fmt: skip


def _case_before_page(app: Flask, page: int) -> str:
    with app.app_context():
        waiting = select(Case.id).where(Case.state == "open").order_by(Case.ranked_at, Case.id)
        found = db.session.scalars(waiting.offset((page - 1) * PAGE_LENGTH - 1).limit(1)).one()
        db.session.remove()
        db.engine.dispose()
    return found


def _render_seconds(text: str, turn: int) -> float:
    """CPU seconds of one rendering; the turn makes it a text that nothing has remembered."""
    varied = f"{turn}{text[1:]}"
    began = process_time()
    rich_text.render(varied)
    return process_time() - began


def _headers(browser: Browser) -> dict[str, str]:
    return {"User-Agent": BROWSER, "Cookie": browser.cookie}


def _message(path: str, browser: Browser) -> bytes:
    return message(path, _headers(browser))


def _only(outcome: Outcome, status: int) -> None:
    if set(outcome.statuses) != {status}:
        raise RuntimeError(f"Expected {status} alone, got {outcome.statuses}")


def _cpu(outcome: Outcome) -> float:
    return outcome.cpu_ms


def _rate(outcome: Outcome) -> float:
    return outcome.per_second


def _median_latency(outcome: Outcome) -> float:
    return outcome.latency(0.5) * 1000


def _of(outcomes: dict[str, list[Outcome]], name: str, figure: Callable[[Outcome], float]) -> float:
    return median(figure(outcome) for outcome in outcomes[name])


def _ratio(outcomes: dict[str, list[Outcome]], figure: Callable[[Outcome], float]) -> float:
    """The portal's figure over the other's: the median over the rounds of what ran side by side."""
    pairs = zip(outcomes["portal"], outcomes["bare"], strict=True)
    return median(figure(portal) / figure(other) for portal, other in pairs)
