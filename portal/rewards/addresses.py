"""Postal addresses: what a country's post needs, and what is wrong with one that was typed. Pure, but for reading its
table once."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("countries.toml")


@dataclass(frozen=True)
class Address:
    """As it is written on a parcel; `region` is a state or province, `country` an ISO 3166-1 code."""

    name: str
    line1: str
    line2: str
    postcode: str
    city: str
    region: str
    country: str

    def as_text(self) -> str:
        """What is sealed."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Address:
        return cls(**json.loads(text))

    def lines(self, country_name: str) -> list[str]:
        """As it stands on the parcel, top to bottom; the region behind the town."""
        town = " ".join(part for part in (self.postcode, self.city) if part)
        behind = f"{town}, {self.region}" if self.region else town
        return [line for line in (self.name, self.line1, self.line2, behind, country_name.upper()) if line]


@dataclass(frozen=True)
class Rule:
    """What a country's post needs."""

    postcode: str = ""
    """A regular expression for the whole of it; empty: any, or none."""
    example: str = ""
    region: bool = False


@cache
def rules() -> dict[str, Rule]:
    """By country."""
    return {country: Rule(**rule) for country, rule in tomllib.loads(TABLE.read_text("utf-8")).items()}


def rule_of(country: str) -> Rule:
    return rules().get(country, Rule())


def tidy_postcode(postcode: str) -> str:
    """In capitals, blanks at its ends and doubled ones gone, as patterns and labels want it."""
    return " ".join(postcode.upper().split())


def problems(address: Address) -> dict[str, str]:
    """Field and code of what is wrong with it: `missing`, or `not_a_postcode`."""
    rule = rule_of(address.country)
    needed = ["name", "line1", "city", *(["postcode"] if rule.postcode else []), *(["region"] if rule.region else [])]
    found = {field: "missing" for field in needed if not getattr(address, field).strip()}
    if rule.postcode and "postcode" not in found and not re.fullmatch(rule.postcode, tidy_postcode(address.postcode)):
        found["postcode"] = "not_a_postcode"
    return found
