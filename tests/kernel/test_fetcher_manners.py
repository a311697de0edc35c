"""Taking turns at a host: few at once, with a pause, and nobody waits for ever or fills the memory."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from portal.kernel.fetcher import Fetched, FetchFailed
from portal.kernel.fetcher.manners import HOSTS_REMEMBERED_MAX, HostTurns
from portal.kernel.fetcher.transport import Deadline


def test_no_more_than_agreed_ask_a_host_at_once_and_others_are_not_delayed():
    turns, inside, two_are_in, leave = HostTurns(at_once=2, gap_seconds=0), [], threading.Event(), threading.Event()
    lock, most = threading.Lock(), []

    def ask(_number):
        with turns.turn("social.example", Deadline(60)):
            with lock:
                inside.append(1)
                most.append(len(inside))
            if most[-1] == 2:
                two_are_in.set()
            leave.wait(60)
            with lock:
                inside.pop()

    with ThreadPoolExecutor(6) as pool:
        asking = [pool.submit(ask, number) for number in range(6)]
        assert two_are_in.wait(60)
        with turns.turn("other.example", Deadline(60)):
            assert not any(each.done() for each in asking), "whoever asks elsewhere has not waited for them"
        with pytest.raises(FetchFailed, match="busy"), turns.turn("social.example", Deadline(0.05)):
            pass
        leave.set()
        for each in asking:
            each.result()
    assert max(most) == 2


def test_between_two_starts_there_is_the_pause_that_we_or_the_host_want():
    turns = HostTurns(at_once=2, gap_seconds=0.05)
    starts, began = [], time.monotonic()
    for wish in (0.0, 0.15, 0.0):
        with turns.turn("social.example", Deadline(10), gap_seconds=wish):
            starts.append(time.monotonic())
    assert starts[1] - began >= 0.05
    assert starts[2] - began >= 0.05 + 0.15


def test_a_turn_that_does_not_come_in_time_is_our_own_trouble():
    turns = HostTurns(at_once=1, gap_seconds=0)
    with (
        turns.turn("social.example", Deadline(10)),
        pytest.raises(FetchFailed, match="busy"),
        turns.turn("social.example", Deadline(0.05)),
    ):
        pass
    with turns.turn("social.example", Deadline(0.5)):
        pass  # the place of one that gave up or failed is free again


def test_an_error_gives_the_turn_back():
    turns = HostTurns(at_once=1, gap_seconds=0)
    for _ in range(3):
        with pytest.raises(KeyError), turns.turn("social.example", Deadline(0.5)):
            raise KeyError


def test_any_number_of_hosts_is_forgotten_again():
    turns = HostTurns(at_once=1, gap_seconds=0)
    with turns.turn("busy.example", Deadline(1)):
        for number in range(HOSTS_REMEMBERED_MAX + 300):
            with turns.turn(f"{number}.example", Deadline(1)):
                pass
        assert len(turns._hosts) <= HOSTS_REMEMBERED_MAX
        with pytest.raises(FetchFailed, match="busy"), turns.turn("busy.example", Deadline(0.02)):
            pass  # one that is being asked is never forgotten


def wait_of(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(429, "https://x.example/", named, b"", ()).retry_after_seconds


def test_a_limit_tells_in_its_own_way_when_it_ends():
    in_a_minute = time.time() + 60
    assert wait_of(retry_after="17", x_ratelimit_reset="600") == 17
    assert wait_of(x_ratelimit_reset="600.5") == 600
    assert 55 <= wait_of(ratelimit_reset=f"{in_a_minute:.0f}") <= 61
    assert 55 <= wait_of(x_ratelimit_reset=datetime.fromtimestamp(in_a_minute, UTC).isoformat()) <= 61
    assert wait_of(x_ratelimit_reset="9e99") == 24 * 3600
    for nonsense in ("soon", "nan", "inf", "-5", ""):
        assert wait_of(x_ratelimit_reset=nonsense) in (None, 0)
    assert Fetched(200, "https://x.example/", {"x-ratelimit-reset": "600"}, b"", ()).retry_after_seconds is None
