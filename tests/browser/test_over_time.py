"""One share's whole life: declared too late, mended, verified, deleted, missed, and its points taken back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from tests.browser.cast import GWEN, KIT_MISSION
from tests.browser.conftest import Comes
from tests.browser.fan import CHECKED_WITHIN_MS, Fan
from tests.browser.perch import Perch
from tests.browser.product import ROOT, Product
from tests.servers.process import wait_until

WORDS = "Needle, waxed thread and one plaster: my kit, unchanged since the goat ate the old one."


class Time:
    """Lets time pass for one share of a running product: what is due later is due now."""

    def __init__(self, product: Product, share_id: str) -> None:
        self._path, self._share = product.folder / "var" / "portal.db", share_id
        self._product = product

    def comes_to_the_next_look(self) -> None:
        self._write("UPDATE job SET due_at = ? WHERE kind = 'recheck_share' AND key = ?", _stored(timedelta()))

    def passes_the_grace(self) -> None:
        self._write("UPDATE share SET grace_until = ? WHERE id = ?", _stored(-timedelta(minutes=1)))
        self.comes_to_the_next_look()

    def works(self) -> None:
        """What the worker does by itself within two minutes; it may just be at it."""
        self._run("portal", "run-due")
        wait_until(lambda: not self._is_to_be_looked_at(), what="the look is over", deadline_seconds=60)

    def ledger_is_right(self) -> bool:
        return self._run("ledger", "audit") == 0

    def _is_to_be_looked_at(self) -> bool:
        due = "SELECT count(*) FROM job WHERE kind = 'recheck_share' AND key = ? AND due_at <= ?"
        with closing(sqlite3.connect(self._path, timeout=20)) as books:
            return books.execute(due, (self._share, _stored(timedelta()))).fetchone()[0] > 0

    def _write(self, statement: str, moment: str) -> None:
        with closing(sqlite3.connect(self._path, timeout=20)) as books, books:
            assert books.execute(statement, (moment, self._share)).rowcount == 1

    def _run(self, *words: str) -> int:
        environment = {**os.environ, **self._product.environment}
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words], cwd=ROOT, env=environment, check=False,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        return done.returncode


def test_a_share_is_mended_paid_missed_and_revoked(comes: Comes, phone: dict[str, Any]) -> None:
    gwen = comes(Fan, looks_everywhere=True, **phone)
    gwen.signs_in(GWEN.name)
    gwen.opens_mission(KIT_MISSION)
    gwen.claims_a_place()

    gwen.follows("Edit and check this caption")
    gwen.arrives(r"/claims/\w+/caption")
    field, verdict = gwen.page.get_by_label(gwen.words("Your caption")), gwen.page.locator("[data-verdict]")
    tag = field.input_value().rpartition("#")[2].split()[0]
    field.fill(f"{WORDS} #{tag}")
    expect(verdict).to_have_attribute("data-verdict", "missing")

    on_perch = Perch(gwen.context.new_page(), gwen.product.sandbox_url)
    on_perch.sign_in(GWEN.handle)
    address = on_perch.write(f"{WORDS} #{tag}")
    gwen.opens_mission(KIT_MISSION)
    gwen.opens_the_form_to_hand_in()
    gwen.hands_in(address)
    expect(gwen.page.get_by_text(gwen.words("The post needs a change"))).to_be_visible(timeout=CHECKED_WITHIN_MS)
    share_id = gwen.page.url.rstrip("/").rpartition("/")[2]
    time = Time(gwen.product, share_id)
    before, gone = gwen.counts_lines("+80"), gwen.counts_lines("−80")
    assert time.ledger_is_right()

    on_perch.edit(address, f"Ad: rewarded by Hollin Fell. {WORDS} #{tag}")
    gwen.visits(f"/shares/{share_id}")
    gwen.presses("I changed it, check again")
    gwen.sees_the_share_verified()
    assert gwen.counts_lines("+80") == before + 1
    assert time.ledger_is_right()

    on_perch.delete(address)
    time.comes_to_the_next_look()
    time.works()
    gwen.visits(f"/shares/{share_id}")
    gwen.sees("It is back, look again")
    gwen.looks_around()
    assert gwen.counts_lines("+80") == before + 1, "nothing is taken while it may come back"
    assert time.ledger_is_right()

    time.passes_the_grace()
    time.works()
    gwen.visits(f"/shares/{share_id}")
    gwen.sees("Its points were taken back")
    gwen.sees("We looked at it again, and there is no post at its address any more.")
    gwen.looks_around()
    assert gwen.counts_lines("−80") == gone + 1
    assert time.ledger_is_right()


def _stored(later: timedelta) -> str:
    """A moment as SQLite keeps it."""
    return (datetime.now(UTC) + later).strftime("%Y-%m-%d %H:%M:%S.%f")
