"""What a country's post needs, case by case."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from portal.rewards.addresses import Address, problems, rules

KENDAL = Address("Ada Nwosu", "4 Example Row", "", "LA9 4QH", "Kendal", "", "GB")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {}),
        ({"postcode": "la9 4qh"}, {}),
        ({"postcode": " LA9  4QH "}, {}),
        ({"postcode": "LA9"}, {"postcode": "not_a_postcode"}),
        ({"postcode": ""}, {"postcode": "missing"}),
        ({"name": " "}, {"name": "missing"}),
        ({"line1": "", "city": ""}, {"line1": "missing", "city": "missing"}),
        ({"country": "DE", "postcode": "26133"}, {}),
        ({"country": "DE", "postcode": "2613"}, {"postcode": "not_a_postcode"}),
        ({"country": "DE", "postcode": "261333"}, {"postcode": "not_a_postcode"}),
        ({"country": "US", "postcode": "95014"}, {"region": "missing"}),
        ({"country": "US", "postcode": "95014-1234", "region": "CA"}, {}),
        ({"country": "HK", "postcode": ""}, {}),
    ],
)
def test_what_is_wrong_with_an_address(changes: dict[str, str], found: dict[str, str]) -> None:
    assert problems(replace(KENDAL, **changes)) == found


def test_each_countrys_example_is_a_postcode_of_it() -> None:
    assert len(rules()) > 20
    assert [c for c, rule in rules().items() if not re.fullmatch(rule.postcode, rule.example)] == []


def test_an_address_comes_back_as_it_was_and_reads_like_a_label() -> None:
    odd = replace(KENDAL, name="Zoë “Z” O’Hara", region="Cumbria")
    assert Address.from_text(odd.as_text()) == odd
    assert odd.lines("United Kingdom") == [
        "Zoë “Z” O’Hara", "4 Example Row", "LA9 4QH Kendal, Cumbria", "UNITED KINGDOM",
    ]  # fmt: skip
