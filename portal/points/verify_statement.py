"""Check a statement of points against the published seals of the ledger.

    python3 verify_statement.py STATEMENT.json [--roots ROOTS.json] [--head HEX]

Needs Python 3.9 or later and nothing else: no network, no database, no part of the portal. The portal seals with the
functions below, so there is one description of what is hashed. All hashes are SHA-256, written in hexadecimal.

What is sealed. A movement's *body* is canonical JSON (UTF-8, keys sorted, no blanks) of its id, kind, cause, reason,
moment and postings; each posting is [account, points, balance after], the balance only of people's own accounts, and
people's ids are replaced by numbers. Its *blind* is the hash of a random salt of 32 bytes and the people's ids. The
data of its leaf is hash(body) followed by blind: who knows neither salt nor blind can't guess a movement from its leaf.

A day's tree is that of RFC 6962, 2.1: a leaf is hash(00 ‖ data), a node hash(01 ‖ left ‖ right), the root of a day
without movements hash(""). The chain links the days: hash(02 ‖ chain of the day before ‖ day as text ‖ number of
movements in 8 bytes ‖ root); before the first day it is 64 zeros.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Iterable, Sequence  # noqa: UP035  # as Python 3.9 knows them

STATEMENT_FORMAT = "points-statement/1"
ROOTS_FORMAT = "ledger-roots/1"
GENESIS = "0" * 64


class NotAStatement(Exception):
    """The file is none of ours, or cut off; the message says how."""


def canonical(value: Any) -> bytes:
    """The one way to write `value` as JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def people_in(movement: dict[str, Any]) -> list[str]:
    """The ids of the people whose accounts it moves, sorted."""
    parts = [str(account).split("/") for account, _points, _after in movement["postings"]]
    return sorted({part[1] for part in parts if part[0] == "person"})


def body_of(movement: dict[str, Any]) -> bytes:
    """What the seal says of a movement without saying whose it is."""
    numbers = {person: str(number) for number, person in enumerate(people_in(movement), 1)}
    postings = []
    for account, points, after in movement["postings"]:
        owner, _slash, rest = str(account).partition("/")
        if owner == "person":
            person, _slash, part = rest.partition("/")
            postings.append(["person/" + numbers[person] + "/" + part, points, after])
        else:
            postings.append([account, points, None])
    said = {name: movement[name] for name in ("id", "kind", "cause", "reason", "posted_at")}
    return canonical({**said, "postings": sorted(postings)})


def blind_of(salt: str, people: Sequence[str]) -> str:
    """Whose movement it is, hidden by its salt."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(list(people))).hexdigest()


def leaf_of(movement: dict[str, Any], blind: str) -> bytes:
    """The movement's leaf in the tree of its day."""
    return hash_leaf(hashlib.sha256(body_of(movement)).digest() + bytes.fromhex(blind))


def hash_leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_path(leaf: bytes, position: int, size: int, path: Iterable[bytes]) -> bytes | None:
    """The root that `path` leads to from the leaf at `position` of `size`; None for a path that fits no such tree.

    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= position < size:
        return None
    place, last, reached = position, size - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            reached = hash_node(beside, reached)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            reached = hash_node(reached, beside)
        place, last = place >> 1, last >> 1
    return reached if last == 0 else None


def chain(previous: str, day: str, size: int, root: str) -> str:
    """The chain's value with this day."""
    linked = b"\x02" + bytes.fromhex(previous) + day.encode() + size.to_bytes(8, "big") + bytes.fromhex(root)
    return hashlib.sha256(linked).hexdigest()


def broken_links(seals: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong with a row of seals by themselves, in sentences."""
    wrong = []
    before: dict[str, Any] | None = None
    for seal in seals:
        if seal["chain"] != chain(seal["previous"], seal["day"], seal["movements"], seal["root"]):
            wrong.append(f"The seal of {seal['day']} does not fit its own chain value.")
        if before is not None and (seal["previous"] != before["chain"] or seal["number"] != before["number"] + 1):
            wrong.append(f"The seal of {seal['day']} does not follow the one of {before['day']}.")
        if seal["number"] == 1 and seal["previous"] != GENESIS:
            wrong.append("The first seal follows something.")
        before = seal
    return wrong


def check(
    statement: dict[str, Any], roots: dict[str, Any] | None = None, head: str = ""
) -> tuple[list[str], list[str]]:
    """What was found in order, and what was not, in sentences. Raises NotAStatement.

    `roots`: the seals as saved from the public page. `head`: a chain value that somebody noted.
    """
    if statement.get("format") != STATEMENT_FORMAT:
        raise NotAStatement("This file is not a statement of points.")
    try:
        return _check(statement, roots, head)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise NotAStatement(f"The file is damaged: {type(error).__name__} {error}") from None


def _check(statement: dict[str, Any], roots: dict[str, Any] | None, head: str) -> tuple[list[str], list[str]]:
    seals, person = statement["seals"], statement["person"]
    wrong = broken_links(seals)
    by_day = {seal["day"]: seal for seal in seals}
    proved, unproved = 0, []
    balances: dict[str, int] = {}
    for movement in statement["movements"]:
        wrong += _not_following(movement, person, balances, whole=statement["whole"])
        day = movement["posted_at"][:10]
        if movement.get("proof") is not None and _is_proved(movement, by_day):
            proved += 1
        elif movement.get("proof") is not None:
            wrong.append(f"Movement {movement['id']} of {day} is not what was sealed.")
        elif day <= max(by_day, default=""):
            wrong.append(f"Movement {movement['id']} of {day} has no proof, though its day is sealed.")
        else:
            unproved.append(day)
    wrong += _other_balances(statement, balances)
    wrong += _unlike_published(seals, roots, head)
    fine = [f"{proved} movements are in the sealed days, unchanged.", *_without_proof(unproved, roots)]
    fine.append(f"Balance: {statement['balances']['available']} points to spend.")
    if roots is not None or head:
        fine.append("The seals are those that you gave to compare with.")
    elif seals:
        last = seals[-1]
        fine.append(f"Compare with the public page: {last['day']} has the chain value {last['chain']}.")
    return fine, wrong


def _other_balances(statement: dict[str, Any], balances: dict[str, int]) -> list[str]:
    """Those that its movements don't end at; a whole statement begins at nothing."""
    wrong = []
    for part in ("available", "pending", "reserved", "debt"):
        said = statement["balances"][part]
        found = balances.get(f"person/{statement['person']}/{part}", 0 if statement["whole"] else None)
        if found is not None and said != found:
            wrong.append(f"The balance of {part} is said to be {said}, the movements end at {found}.")
    return wrong


def _without_proof(days: Sequence[str], roots: dict[str, Any] | None) -> list[str]:
    """Of which days movements are whose proof the file can't have: it was taken before they were sealed."""
    sealed_since = max((seal["day"] for seal in roots["seals"]), default="") if roots else ""
    late = sum(day <= sealed_since for day in days)
    said = []
    if late:
        said.append(f"{late} have no proof in this file, though their day is sealed by now: take the statement anew.")
    if len(days) > late:
        said.append(f"{len(days) - late} are too new to be proved: their day is sealed soon after midnight, UTC.")
    return said


def _is_proved(movement: dict[str, Any], by_day: dict[str, Any]) -> bool:
    proof = movement["proof"]
    seal = by_day.get(proof["day"])
    if seal is None or not movement["posted_at"].startswith(proof["day"]):
        return False
    leaf = leaf_of(movement, blind_of(proof["salt"], people_in(movement)))
    path = [bytes.fromhex(each) for each in proof["path"]]
    reached = root_by_path(leaf, proof["position"], seal["movements"], path)
    return reached is not None and reached.hex() == seal["root"]


def _not_following(movement: dict[str, Any], person: str, balances: dict[str, int], *, whole: bool) -> list[str]:
    """Each balance is the one before it and the points between: no movement is missing."""
    wrong = []
    for account, points, after in movement["postings"]:
        if not account.startswith(f"person/{person}/"):
            continue
        before = balances.get(account, 0 if whole else after - points)
        if before + points != after:
            wrong.append(f"Something is missing before movement {movement['id']}: {account} had {before}.")
        balances[account] = after
    return wrong


def _unlike_published(seals: Sequence[dict[str, Any]], roots: dict[str, Any] | None, head: str) -> list[str]:
    wrong = []
    if roots is not None:
        if roots.get("format") != ROOTS_FORMAT:
            raise NotAStatement("The file of roots is not one of the public page.")
        wrong += broken_links(roots["seals"])
        published = {seal["day"]: seal["chain"] for seal in roots["seals"]}
        for seal in seals:
            if published.get(seal["day"]) != seal["chain"]:
                wrong.append(f"The seal of {seal['day']} is not the published one.")
    if head and head.lower() not in {seal["chain"] for seal in seals}:
        wrong.append("None of the file's seals has the chain value that you noted.")
    return wrong


def run(path: str, roots_path: str | None, head: str) -> tuple[int, list[str]]:
    """Exit status and lines: 0 all is proved, 1 something is not, 2 a file can't be read."""
    try:
        statement, roots = _load(path), _load(roots_path) if roots_path else None
        fine, wrong = check(statement, roots, head)
    except NotAStatement as error:
        return 2, [str(error)]
    if wrong:
        return 1, ["NOT PROVED", *wrong]
    return 0, ["PROVED", *fine]


def _load(path: str) -> dict[str, Any]:
    try:
        loaded = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise NotAStatement(f"{path} can't be read: {error}") from None
    if not isinstance(loaded, dict):
        raise NotAStatement(f"{path} is not a file of ours.")
    return loaded


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a statement of points against the published seals.")
    parser.add_argument("statement")
    parser.add_argument("--roots", help="the seals, as saved from the public page")
    parser.add_argument("--head", default="", help="a chain value of the public page that you noted")
    asked = parser.parse_args()
    status, lines = run(asked.statement, asked.roots, asked.head)
    sys.stdout.write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
