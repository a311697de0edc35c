"""A movement of points before it is booked: its parts, what makes it sound, and the digest of its content. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

PERSON_PARTS = ("available", "debt", "pending", "reserved")
CAMPAIGN_PARTS = ("budget", "reserved")
PROGRAM_PARTS = ("expired", "issued", "redeemed", "written_off")

PARTS = {"person": PERSON_PARTS, "campaign": CAMPAIGN_PARTS}


@dataclass(frozen=True, order=True)
class Cause:
    """What made points move: a kind of thing and its public id, so that the ledger knows no room above it."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True, order=True)
class Posting:
    """One account's part: `points` above zero are added to it, below zero taken from it."""

    account: str
    points: int


class NotAMovement(ValueError):
    """These postings can't be booked; a mistake in the calling verb, never of a person."""


def person_account(person_id: str, part: str) -> str:
    """The name of one of a person's accounts. Raises NotAMovement for a part that persons don't have."""
    return _account("person", person_id, part)


def campaign_account(campaign_id: str, part: str) -> str:
    """The name of one of a campaign's accounts. Raises NotAMovement for a part that campaigns don't have."""
    return _account("campaign", campaign_id, part)


def program_account(part: str) -> str:
    """The name of one of the programme's own accounts, where points come from and end."""
    if part not in PROGRAM_PARTS:
        raise NotAMovement(f"The programme has no account {part!r}.")
    return f"program/{part}"


def _account(owner_kind: str, owner_id: str, part: str) -> str:
    if part not in PARTS[owner_kind] or not owner_id or "/" in owner_id:
        raise NotAMovement(f"There is no account {owner_kind}/{owner_id}/{part}.")
    return f"{owner_kind}/{owner_id}/{part}"


def accounts_beside(account: str) -> list[str]:
    """Every account of the owner of `account`, itself included. Raises NotAMovement for a name nobody could have."""
    match account.split("/"):
        case ["program", part] if part in PROGRAM_PARTS:
            return [account]
        case [owner_kind, owner_id, part] if part in PARTS.get(owner_kind, ()) and owner_id:
            return [f"{owner_kind}/{owner_id}/{each}" for each in PARTS[owner_kind]]
    raise NotAMovement(f"There is no account {account!r}.")


def allows(account: str, points: int) -> bool:
    """May `account` hold as many? People and campaigns spend only what they have; a debt is never more than repaid."""
    if is_programmes(account):
        return True
    return points <= 0 if is_debt(account) else points >= 0


def is_programmes(account: str) -> bool:
    """The programme's own accounts may be anything."""
    return account.startswith("program/")


def is_debt(account: str) -> bool:
    """A debt's balance is zero or below: what somebody owes."""
    return account.startswith("person/") and account.endswith("/debt")


def sound(postings: Iterable[Posting]) -> list[Posting]:
    """The postings that move something, sorted by account. Raises NotAMovement unless they balance.

    Postings of nothing are left out, so that a verb may state all its parts. An account appears once: twice would make
    its balance after the movement ambiguous.
    """
    moving = sorted(posting for posting in postings if posting.points != 0)
    names = [posting.account for posting in moving]
    if len(moving) < 2:
        raise NotAMovement("A movement has at least two sides.")
    if len(set(names)) != len(names):
        raise NotAMovement(f"An account appears twice: {names}.")
    if sum(posting.points for posting in moving) != 0:
        raise NotAMovement(f"What is taken and what is given differ: {moving}.")
    return moving


def digest(kind: str, cause: Cause, reason: str, postings: Sequence[Posting]) -> str:
    """What tells the same movement, asked for again, from another one under its key."""
    content = [kind, cause.kind, cause.id, reason, [[each.account, each.points] for each in sorted(postings)]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def group_of(account: str) -> str:
    """An account's name without whose it is: `person/available`, `campaign/budget`, `program/issued`."""
    parts = account.split("/")
    return f"{parts[0]}/{parts[-1]}"


class Totals:
    """Adds movements up by kind and group of accounts: what the programme's books are made of."""

    def __init__(self) -> None:
        self._points: Counter[tuple[str, str]] = Counter()
        self._movements: Counter[tuple[str, str]] = Counter()

    def add(self, movement: dict[str, Any]) -> None:
        """Takes a movement as it is sealed."""
        groups = set()
        for account, points, _after in movement["postings"]:
            key = (movement["kind"], group_of(account))
            self._points[key] += points
            groups.add(key)
        self._movements.update(groups)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "account_group": group, "points": self._points[kind, group], "movements": movements}
            for (kind, group), movements in sorted(self._movements.items())
        ]
