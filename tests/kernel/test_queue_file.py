"""The queue in a file: hints are kept and found by another process, without waiting for the disk at each."""

from __future__ import annotations

from pathlib import Path

from portal.kernel.queue import PATIENT, URGENT, open_queue


def test_hints_are_found_by_another_process_and_urgent_ones_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    ours, theirs = open_queue(url), open_queue(url)
    for words, priority in ((b"can wait", PATIENT), (b"cannot", URGENT)):
        ours.storage.enqueue(words, priority)
    assert [theirs.storage.dequeue() for _each in range(3)] == [b"cannot", b"can wait", None]
    for queue in (ours, theirs):
        queue.storage.close()


def test_its_file_stays_whole_at_power_loss_and_nobody_waits_for_the_disk(tmp_path: Path) -> None:
    storage = open_queue(f"sqlite:///{tmp_path / 'queue.db'}").storage
    journal, synchronous = (
        storage.sql(f"PRAGMA {name}", results=True)[0][0] for name in ("journal_mode", "synchronous")
    )  # fmt: skip
    assert (journal, synchronous) == ("wal", 1)
    storage.close()
