"""Which clicks are unlike a person's: by what a browser would have sent, and by ranges of addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.links.data_centres import DataCentres
from portal.links.rules import is_unlike_a_browser

PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 7) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("agent", "headers", "odd"),
    [
        (PHONE, {}, True),
        (PHONE, {"Accept-Language": "de"}, False),
        (PHONE, {"Sec-Fetch-Mode": "navigate"}, False),
        (LAPTOP, {}, True),
        ("Mozilla/5.0 (Linux; Android 7) Chrome/70.0 Mobile Safari/537.36", {}, False),  # older than the promise
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_0) Version/15.0 Safari/604.1", {}, False),
    ],
)
def test_only_who_must_send_something_and_does_not_is_odd(agent: str, headers: dict[str, str], odd: bool) -> None:
    assert is_unlike_a_browser({"User-Agent": agent, **headers}) is odd


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("10.0.0.0", True), ("10.0.0.255", True), ("10.0.1.0", True), ("10.0.2.0", False), ("9.255.255.255", False),
        ("2001:db8::1", True), ("2001:db9::1", False), ("nonsense", False), ("", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_ranges_hold_what_they_say(address: str, held: bool) -> None:
    assert DataCentres(["10.0.0.0/24", "10.0.1.0/24", "2001:db8::/32"]).holds(address) is held


def test_a_file_of_ranges_is_read_and_a_wrong_line_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "ranges"
    file.write_text("# clouds\n203.0.113.0/24  # one\n\n")
    assert DataCentres.read(file).holds("203.0.113.9")
    file.write_text("not a range\n")
    with pytest.raises(ValueError, match="not a range"):
        DataCentres.read(file)
